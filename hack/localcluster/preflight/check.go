package preflight

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"platform.example.io/stores/hack/localcluster/cgroup"
	"platform.example.io/stores/hack/localcluster/machine"
)

const (
	debian = "on Debian and Ubuntu `apt-get install runc nftables busybox-static`"
	// A kubelet calls its disk full below this, and evicts every pod.
	diskNeeded = 4 << 30
	// Control plane and node without a shop; each shop adds what its plan says.
	memoryNeeded = 3 << 30
)

// Checks returns what a real node needs whose state lies in dir and whose own
// programs are those in binaries.
func Checks(dir, binaries string, programs []string) []Check {
	return []Check{
		{Name: "root", Look: root, Remedy: "run it as root (sudo make up NODES=real), in a container only if that is privileged"},
		{Name: "programs", Look: func() (string, error) { return built(binaries, programs) }, Remedy: "build them: `make realnode`"},
		{Name: "runc", Look: found("runc", "--version"), Remedy: debian},
		{Name: "nft", Look: found("nft", "--version"), Remedy: debian},
		{Name: "mount", Look: found("mount", "--version"), Remedy: "install util-linux"},
		{Name: "busybox", Look: busybox, Remedy: debian},
		{Name: "namespaces", Look: namespaces, Remedy: "allow unshare(2): a container needs --privileged, and seccomp must not forbid it"},
		{Name: "control groups", Look: groups, Remedy: "mount the hierarchies of version 1, or version 2 at /sys/fs/cgroup with these controllers, and writable"},
		{Name: "overlayfs", Look: func() (string, error) { return overlayfs(dir) }, Remedy: "`modprobe overlay`, and a directory on a disk of its own file system (ext4, xfs), not in a container's layer"},
		{Name: "bridge filter", Look: bridgeFilter, Remedy: "`modprobe br_netfilter`"},
		{Name: "packet filter", Look: packetFilter, Remedy: "`modprobe nf_tables nft_chain_nat nft_masq nft_reject`"},
		{Name: "disk", Look: func() (string, error) { return disk(dir) }, Remedy: "free some: a full disk makes a node evict its pods"},
		{Name: "memory", Look: memory, Remedy: "stop what else runs: the node would kill containers"},
	}
}

func root() (string, error) {
	if os.Geteuid() != 0 {
		return "", fmt.Errorf("user %d is not root", os.Geteuid())
	}
	return "yes", nil
}

func built(dir string, programs []string) (string, error) {
	var missing []string
	for _, name := range programs {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("not in %s: %s", dir, strings.Join(missing, ", "))
	}
	return dir, nil
}

func found(name string, args ...string) func() (string, error) {
	return func() (string, error) {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", err
		}
		out, err := exec.Command(path, args...).Output()
		if err != nil {
			return "", fmt.Errorf("run %s: %w", path, err)
		}
		first, _, _ := strings.Cut(string(out), "\n")
		return path + ", " + first, nil
	}
}

// Busybox returns the static busybox of this machine, which images are made of.
func Busybox() (string, error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

func busybox() (string, error) {
	path, err := Busybox()
	if err != nil {
		return "", err
	}
	if static, err := isStatic(path); err != nil {
		return "", err
	} else if !static {
		return "", fmt.Errorf("%s needs shared libraries, and has none in an image", path)
	}
	return path, nil
}

// namespaces starts a program in every kind of namespace a machine has.
func namespaces() (string, error) {
	command := exec.Command("/proc/self/exe", "preflight", "--help")
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
	}
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("start a process in new namespaces: %w", err)
	}
	return "mount, network, process, IPC, host name", nil
}

func groups() (string, error) {
	hierarchies, err := cgroup.Hierarchies()
	if err != nil {
		return "", err
	}
	if len(hierarchies) == 0 {
		return "", errors.New("none is mounted")
	}
	if missing := cgroup.Missing(hierarchies); len(missing) > 0 {
		return "", fmt.Errorf("these controllers are missing: %s", strings.Join(missing, ", "))
	}
	for _, hierarchy := range hierarchies {
		if err := unix.Access(hierarchy.Dir, unix.W_OK); err != nil {
			return "", fmt.Errorf("write to %s: %w", hierarchy.Dir, err)
		}
	}
	return fmt.Sprintf("version %d", hierarchies[0].Version), nil
}

func overlayfs(dir string) (string, error) {
	if err := machine.Visible(dir); err != nil {
		return "", err
	}
	known, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(known), "\toverlay\n") {
		return "", errors.New("the kernel does not know it")
	}
	stat, err := statfs(dir)
	if err != nil {
		return "", err
	}
	if stat.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return "", fmt.Errorf("%s is itself on one, and they do not stack", dir)
	}
	return "yes", nil
}

func bridgeFilter() (string, error) {
	const setting = "/proc/sys/net/bridge/bridge-nf-call-iptables"
	if _, err := os.Stat(setting); err != nil {
		return "", err
	}
	return "yes", nil
}

// packetFilter only looks.
func packetFilter() (string, error) {
	if out, err := exec.Command("nft", "list", "tables").CombinedOutput(); err != nil {
		return "", fmt.Errorf("nft list tables: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return "nftables", nil
}
