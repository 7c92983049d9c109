package node

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"platform.example.io/stores/hack/localcluster/image"
)

const (
	pause = "localhost/pause:local"
	// Busybox is the image of a whole small userland, for helpers and tests.
	Busybox = "localhost/busybox:local"
	// nobody is a user without a name: restricted pods must not be root.
	nobody = "65532"
)

// Programs of a node, as they are called in the directory of its binaries.
func Programs() []string {
	return []string{
		"containerd", "containerd-shim-runc-v2", "ctr", "bridge", "host-local", "loopback",
		"pause", "fetch", "coredns", "local-path-provisioner", "skipper",
	}
}

// Images are those of a cluster's own pods, made of programs in binaries and of
// the static busybox of this machine.
func Images(binaries, busybox string) ([]image.Image, error) {
	images := []image.Image{{
		Reference:  pause,
		Files:      []image.File{{Path: "/pause", Source: filepath.Join(binaries, "pause")}},
		Entrypoint: []string{"/pause"},
		User:       nobody,
	}}
	for _, name := range []string{"coredns", "skipper", "local-path-provisioner"} {
		images = append(images, image.Image{
			Reference:  "localhost/" + name + ":local",
			Files:      []image.File{{Path: "/bin/" + name, Source: filepath.Join(binaries, name)}},
			Entrypoint: []string{"/bin/" + name},
			User:       nobody,
		})
	}
	userland, err := userland(busybox, filepath.Join(binaries, "fetch"))
	if err != nil {
		return nil, err
	}
	return append(images, userland), nil
}

// userland is busybox under all its names, and fetch.
func userland(busybox, fetch string) (image.Image, error) {
	applets, err := exec.Command(busybox, "--list").Output()
	if err != nil {
		return image.Image{}, fmt.Errorf("ask busybox what it can do: %w", err)
	}
	made := image.Image{
		Reference:  Busybox,
		Files:      []image.File{{Path: "/bin/busybox", Source: busybox}, {Path: "/bin/fetch", Source: fetch}},
		Entrypoint: []string{"/bin/sh"},
		User:       nobody,
	}
	for _, name := range strings.Fields(string(applets)) {
		if name != "busybox" {
			made.Files = append(made.Files, image.File{Path: "/bin/" + name, Link: "busybox"})
		}
	}
	return made, nil
}
