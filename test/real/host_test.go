package real

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// host is what a cluster of real nodes must leave alone.
type host struct {
	// Interfaces with their addresses, and Routes.
	Interfaces, Routes []string
	// PacketFilter is every table of nftables, which iptables' are too.
	PacketFilter string
	// Settings of the kernel that nodes change.
	Settings map[string]string
	// ControlGroups of ours, and Mounts.
	ControlGroups, Mounts []string
	// Places where the programs of a node write.
	Places map[string][]string
}

// settings that some program of a node is known to write.
var settings = []string{
	"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys",
	"kernel/keys/root_maxbytes", "net/ipv4/ip_forward", "net/netfilter/nf_conntrack_max",
	"net/netfilter/nf_conntrack_tcp_timeout_established", "net/bridge/bridge-nf-call-iptables",
}

// places are where the programs of a node write what one of ours names. Others of
// the host write there too, at any time.
var places = []string{"/run", "/run/lock", "/var/lib", "/var/log", "/etc", "/opt", "/usr/libexec"}

var ours = regexp.MustCompile(`^(cni|containerd|containers|kubelet|kubernetes|netns|node|pods|runc|sysctl|volumes|xtables.lock)$`)

// overlook forgets what our clusters did not do: settings that came with a module that
// the kernel loaded, and the end of a cluster that was there before.
func overlook(before, after *host) {
	for name := range after.Settings {
		if _, known := before.Settings[name]; !known {
			delete(after.Settings, name)
		}
	}
	var still []string
	for _, group := range before.ControlGroups {
		if slices.Contains(after.ControlGroups, group) {
			still = append(still, group)
		}
	}
	before.ControlGroups = still
}

func observeHost() (host, error) {
	h := host{Settings: map[string]string{}, Places: map[string][]string{}}
	interfaces, err := net.Interfaces()
	if err != nil {
		return h, fmt.Errorf("list interfaces: %w", err)
	}
	for _, one := range interfaces {
		addresses, err := one.Addrs()
		if err != nil {
			return h, fmt.Errorf("list addresses: %w", err)
		}
		h.Interfaces = append(h.Interfaces, fmt.Sprintf("%s %s %v", one.Name, one.Flags, addresses))
	}
	if h.Routes, err = lines("/proc/net/route"); err != nil {
		return h, err
	}
	// Counters move by themselves.
	rules, err := exec.Command("nft", "--stateless", "list", "ruleset").Output()
	if err != nil {
		return h, fmt.Errorf("list the packet filter: %w", err)
	}
	h.PacketFilter = string(rules)
	for _, name := range settings {
		value, err := os.ReadFile(filepath.Join("/proc/sys", name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return h, fmt.Errorf("read setting: %w", err)
		}
		h.Settings[name] = strings.TrimSpace(string(value))
	}
	for _, pattern := range []string{"/sys/fs/cgroup/*localcluster-*", "/sys/fs/cgroup/*/*localcluster-*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return h, fmt.Errorf("list control groups: %w", err)
		}
		h.ControlGroups = append(h.ControlGroups, found...)
	}
	for _, place := range places {
		entries, err := os.ReadDir(place)
		if err != nil && !os.IsNotExist(err) {
			return h, fmt.Errorf("list %s: %w", place, err)
		}
		h.Places[place] = names(entries)
	}
	mounts, err := lines("/proc/mounts")
	for _, mount := range mounts {
		if strings.Contains(mount, "containerd") || strings.Contains(mount, "kubelet") || strings.Contains(mount, "controlplane-") {
			h.Mounts = append(h.Mounts, mount)
		}
	}
	return h, err
}

func names(entries []fs.DirEntry) []string {
	var found []string
	for _, entry := range entries {
		if ours.MatchString(entry.Name()) {
			found = append(found, entry.Name())
		}
	}
	return found
}

func lines(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	found := strings.Split(strings.TrimSpace(string(data)), "\n")
	slices.Sort(found)
	return found, nil
}
