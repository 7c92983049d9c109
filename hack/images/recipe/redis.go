package recipe

import (
	"context"

	"platform.example.io/stores/hack/images/archive"
)

// redis is Redis 7.0.
var redis = Recipe{
	Name: "redis", Reference: "localhost/redis:7.0-debian", Replaces: "docker.io/library/redis:7.4.5",
	build: func(ctx context.Context, b *Builder) (*archive.Image, error) {
		layer, err := b.layer(ctx, "redis", programs{
			packages: []string{"redis-tools", "redis-server"},
			unwanted: []string{"perl-modules-5.36", "libperl5.36", "perl-base", "perl", "dpkg"},
			// The server is a link to the former of the two: one program has both names.
			keep: []string{"/usr/bin/redis-check-rdb", "/usr/bin/redis-server", "/usr/bin/redis-cli"},
		})
		if err != nil {
			return nil, err
		}
		return &archive.Image{Layers: []*archive.Layer{layer}, Config: archive.Config{
			User: "999:999", Cmd: []string{"redis-server"}, WorkingDir: "/tmp",
			Env:          []string{"PATH=/usr/local/bin:/usr/bin"},
			ExposedPorts: map[string]struct{}{"6379/tcp": {}},
		}}, nil
	},
}
