package recipe

import (
	"context"
	_ "embed"

	"platform.example.io/stores/hack/images/archive"
)

//go:embed files/postgres.sh
var postgresEntrypoint []byte

// postgres is PostgreSQL 15, in place of the official image of a newer one.
var postgres = Recipe{
	Name: "postgres", Reference: "localhost/postgres:15-debian", Replaces: "docker.io/library/postgres:17.6",
	build: func(ctx context.Context, b *Builder) (*archive.Image, error) {
		const server = "/usr/lib/postgresql/15"
		layer, err := b.layer(ctx, "postgres", programs{
			packages: []string{"postgresql-15", "libc-bin"},
			// Only what compiles queries to machine code is linked with LLVM; without
			// it PostgreSQL interprets them.
			unwanted: []string{"libllvm14", "libz3-4", "perl-modules-5.36", "libperl5.36", "locales", "libc-l10n"},
			keep:     []string{server + "/bin", server + "/lib", "/usr/share/postgresql/15", "/usr/share/zoneinfo", "/usr/lib/locale/C.utf8"},
			drop:     []string{server + "/lib/bitcode", server + "/lib/llvmjit*", "/usr/share/postgresql/15/man", "/usr/share/zoneinfo/right"},
		})
		if err != nil {
			return nil, err
		}
		addEntrypoint(layer, postgresEntrypoint)
		layer.Directory("/var/lib/postgresql/data", true)
		layer.Directory("/run/postgresql", true)
		return &archive.Image{Layers: []*archive.Layer{layer}, Config: archive.Config{
			User: "999:999", Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"postgres"},
			Env: []string{
				"PATH=/usr/local/bin:" + server + "/bin:/usr/bin", "PGDATA=/var/lib/postgresql/data", "LANG=C.UTF-8",
			},
			ExposedPorts: map[string]struct{}{"5432/tcp": {}},
			// The plain one waits for every client to leave.
			StopSignal: "SIGINT",
		}}, nil
	},
}
