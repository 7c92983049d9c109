package machine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// Home is where a machine sees its state. Short, because the paths of sockets may not be long.
	Home = "/run/node"
	// Volumes is where all machines see the same directory.
	Volumes = "/run/volumes"
)

// covered are the places of the host that a machine has its own of. A directory
// of the host that lies in one of them would not be seen inside.
var covered = []string{"/run", "/var/run", "/var/log", "/proc", "/sys", "/dev"}

// kernelSettings are what a kubelet demands of the kernel, and would change for
// every process of the host. A machine sees files of these contents in their
// place; the kernel keeps the host's values.
var kernelSettings = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// Visible says why a directory could not be seen from inside a machine, or nothing.
func Visible(dir string) error {
	for _, prefix := range covered {
		if dir == prefix || strings.HasPrefix(dir, prefix+"/") {
			return fmt.Errorf("%s lies in %s, of which a real node has its own: choose another directory", dir, prefix)
		}
	}
	return nil
}

// layMounts gives the machine places of its own where the programs of a node
// write, whatever they are told: none of it is seen on the host.
func layMounts(spec Spec) error {
	// First of all nothing may travel back to the host.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	for _, bound := range []struct{ from, to string }{
		{spec.State, Home},
		{spec.Volumes, Volumes},
		{filepath.Join(spec.State, "log"), "/var/log"},
	} {
		if err := bind(bound.from, bound.to); err != nil {
			return err
		}
	}
	// The host's directories stay visible in these, and what is written goes.
	for _, dir := range []string{"/var/lib", "/opt", "/etc"} {
		if err := overlay(dir); err != nil {
			return err
		}
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := pretendSettings(); err != nil {
		return err
	}
	// As on any node: what a container mounts may be asked for by another.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("share mounts: %w", err)
	}
	return nil
}

func bind(from, to string) error {
	for _, dir := range []string{from, to} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make mount point: %w", err)
		}
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount %s on %s: %w", from, to, err)
	}
	return nil
}

func overlay(dir string) error {
	scratch := filepath.Join("/run/overlay", dir)
	upper, work := filepath.Join(scratch, "upper"), filepath.Join(scratch, "work")
	for _, made := range []string{upper, work} {
		if err := os.MkdirAll(made, 0o755); err != nil {
			return fmt.Errorf("make overlay of %s: %w", dir, err)
		}
	}
	options := "lowerdir=" + dir + ",upperdir=" + upper + ",workdir=" + work
	if err := unix.Mount("overlay", dir, "overlay", 0, options); err != nil {
		return fmt.Errorf("mount overlay on %s: %w", dir, err)
	}
	return nil
}

func pretendSettings() error {
	for name, value := range kernelSettings {
		real := filepath.Join("/proc/sys", name)
		if _, err := os.Stat(real); errors.Is(err, os.ErrNotExist) {
			continue // a kernel without it; who needs it will say so
		}
		pretended := filepath.Join("/run/sysctl", name)
		if err := os.MkdirAll(filepath.Dir(pretended), 0o755); err != nil {
			return fmt.Errorf("make kernel setting %s: %w", name, err)
		}
		if err := os.WriteFile(pretended, []byte(value+"\n"), 0o644); err != nil {
			return fmt.Errorf("write kernel setting %s: %w", name, err)
		}
		if err := unix.Mount(pretended, real, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount kernel setting %s: %w", name, err)
		}
	}
	return nil
}
