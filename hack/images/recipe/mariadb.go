package recipe

import (
	"context"
	_ "embed"

	"platform.example.io/stores/hack/images/archive"
)

var (
	//go:embed files/mariadb.sh
	mariadbEntrypoint []byte
	//go:embed files/healthcheck.sh
	mariadbHealthcheck []byte
)

// mariadb is MariaDB 10.11, in place of the official image of a newer one.
var mariadb = Recipe{
	Name: "mariadb", Reference: "localhost/mariadb:10.11-debian", Replaces: "docker.io/library/mariadb:11.8.8",
	build: func(ctx context.Context, b *Builder) (*archive.Image, error) {
		layer, err := b.layer(ctx, "mariadb", programs{
			packages: []string{"mariadb-server-core", "mariadb-client-core"}, alone: []string{"mariadb-client"},
			keep: []string{
				"/usr/sbin/mariadbd", "/usr/bin/mariadb", "/usr/bin/mariadb-admin", "/usr/bin/mariadb-dump", "/usr/bin/mariadb-check", "/usr/share/mysql",
			},
			drop: []string{"/usr/share/mysql/[a-z]*_test_*"},
		})
		if err != nil {
			return nil, err
		}
		addEntrypoint(layer, mariadbEntrypoint)
		layer.File("/usr/local/bin/healthcheck.sh", mariadbHealthcheck, true)
		layer.Directory("/var/lib/mysql", true)
		layer.Directory("/run/mysqld", true)
		return &archive.Image{Layers: []*archive.Layer{layer}, Config: archive.Config{
			User: "999:999", Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"mariadbd"},
			Env: []string{
				"PATH=/usr/local/bin:/usr/bin:/usr/sbin", "LANG=C.UTF-8", "MYSQL_UNIX_PORT=/run/mysqld/mysqld.sock",
			},
			ExposedPorts: map[string]struct{}{"3306/tcp": {}},
		}}, nil
	},
}
