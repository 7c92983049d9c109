package recipe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"platform.example.io/stores/hack/images/archive"
	"platform.example.io/stores/hack/images/debian"
)

// Builder makes images in a directory.
type Builder struct {
	// Source is the directory of the images' own files, `images` of the repository.
	Source string
	// Work is the directory for what is fetched, and kept.
	Work string
	// Debian is where programs come from.
	Debian debian.Archive
	// Say reports progress.
	Say func(format string, args ...any)
}

// programs are parts of Debian packages.
type programs struct {
	// packages are taken with what they depend on, alone without it.
	packages, alone []string
	// unwanted are packages on which only dropped files depend: large ones, to
	// fetch which takes long.
	unwanted []string
	// more are files that no package has, by their paths in the image.
	more map[string]string
	// keep are files and directories in the packages; drop is what is left out
	// below them, as path.Match has it.
	keep, drop []string
}

// tools are for scripts, probes, and whoever looks into a container.
var tools = strings.Fields(`sh ash awk basename cat chmod chown cp cut date dirname echo env expr false find grep
	gzip head hostname id kill ln ls mkdir mktemp mv nc printf ps pwd readlink rm rmdir sed seq sha256sum sleep sort
	stat tail tar tee test touch tr true uname uniq vi wc wget which xargs`)

// users are those that the images run as; programs want to know their own name.
const users = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/srv:/bin/sh\nservice:x:999:999::/tmp:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n"
const groups = "root:x:0:\nwww-data:x:33:\nservice:x:999:\nnode:x:1000:\n"

// layer makes a layer of programs, their libraries, a shell and what every
// system has.
func (b *Builder) layer(ctx context.Context, name string, wanted programs) (*archive.Layer, error) {
	libraries, err := debian.LibraryDirectory()
	if err != nil {
		return nil, err
	}
	wanted.packages = append([]string{"busybox", "libgcc-s1"}, wanted.packages...)
	// The C library loads libgcc_s by itself, when a thread is cancelled.
	wanted.keep = append([]string{"/usr/bin/busybox", libraries + "/libgcc_s.so.1"}, wanted.keep...)
	packages, err := b.fetch(ctx, wanted)
	if err != nil {
		return nil, err
	}
	root := filepath.Join(b.Work, name)
	if err := errors.Join(os.RemoveAll(root), debian.Unpack(ctx, root, packages)); err != nil {
		return nil, err
	}
	for at, source := range wanted.more {
		file := filepath.Join(root, at)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.Link(source, file)); err != nil {
			return nil, fmt.Errorf("add %s: %w", at, err)
		}
		wanted.keep = append(wanted.keep, at)
	}
	layer := &archive.Layer{}
	furnish(layer)
	kept, err := keep(layer, root, wanted)
	if err != nil {
		return nil, err
	}
	needed, err := debian.Libraries(root, kept)
	if err != nil {
		return nil, err
	}
	for _, library := range needed {
		if err := layer.Copy(library, filepath.Join(root, library)); err != nil {
			return nil, err
		}
	}
	return layer, nil
}

func (b *Builder) fetch(ctx context.Context, wanted programs) ([]string, error) {
	packages, err := b.Debian.Resolve(ctx, wanted.packages)
	if err != nil {
		return nil, err
	}
	if len(wanted.alone) > 0 {
		all, err := b.Debian.Resolve(ctx, wanted.alone)
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			if slices.Contains(wanted.alone, p.Name) {
				packages = append(packages, p)
			}
		}
	}
	packages = slices.DeleteFunc(packages, func(p debian.Package) bool { return slices.Contains(wanted.unwanted, p.Name) })
	b.Say("%d Debian packages", len(packages))
	return b.Debian.Download(ctx, packages)
}

// furnish makes what programs expect of any system.
func furnish(layer *archive.Layer) {
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		layer.Directory("/usr/"+name, false)
		layer.Link("/"+name, "usr/"+name)
	}
	for _, tool := range tools {
		layer.Link("/usr/bin/"+tool, "busybox")
	}
	for _, name := range []string{"/tmp", "/run", "/var/tmp"} {
		layer.Directory(name, true)
	}
	layer.Link("/var/run", "../run")
	layer.File("/etc/passwd", []byte(users), false)
	layer.File("/etc/group", []byte(groups), false)
	layer.File("/etc/nsswitch.conf", []byte("passwd: files\ngroup: files\nhosts: files dns\n"), false)
}

// keep copies what is wanted into the layer and returns the paths of its files.
func keep(layer *archive.Layer, root string, wanted programs) ([]string, error) {
	var files []string
	for _, name := range wanted.keep {
		wants := func(below string, directory bool) bool {
			at := path.Join(name, below)
			for _, pattern := range wanted.drop {
				if matched, err := path.Match(pattern, at); err != nil || matched {
					return false
				}
			}
			if !directory {
				files = append(files, at)
			}
			return true
		}
		source := filepath.Join(root, name)
		if info, err := os.Lstat(source); err != nil {
			return nil, fmt.Errorf("keep %s: none of the packages has it", name)
		} else if !info.IsDir() {
			files = append(files, name)
		}
		if err := layer.CopyTree(name, source, wants); err != nil {
			return nil, err
		}
	}
	return files, nil
}
