package machine

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	bridgeName = "node0"
	uplinkName = "eth0"
)

// networkSettings are of a machine's own network namespace, as every node has them.
var networkSettings = map[string]string{
	"net/ipv4/ip_forward": "1",
	// Answers between pods of one bridge pass the packet filter too, which undoes
	// the rewriting of a Service's address.
	"net/bridge/bridge-nf-call-iptables":  "1",
	"net/bridge/bridge-nf-call-ip6tables": "1",
}

// layNetwork sets up the network namespace the calling process is in.
func layNetwork(spec Spec) error {
	for name, value := range networkSettings {
		if err := os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set loopback up: %w", err)
	}
	// Said at once, instead of a time-out: there is no way out of here.
	nowhere := &netlink.Route{Dst: everywhere(), Type: unix.RTN_UNREACHABLE, Priority: 4096}
	if err := netlink.RouteAdd(nowhere); err != nil {
		return fmt.Errorf("add default route: %w", err)
	}
	if spec.Bridge == "" {
		return nil
	}
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("add bridge: %w", err)
	}
	return raise(bridge, spec.Bridge, spec.Local)
}

// raise gives a link its address, sets it up, and leads local ranges to it.
func raise(link netlink.Link, cidr string, local []string) error {
	name := link.Attrs().Name
	address, err := netlink.ParseAddr(cidr)
	if err != nil {
		return fmt.Errorf("parse address of %s: %w", name, err)
	}
	if err := netlink.AddrAdd(link, address); err != nil {
		return fmt.Errorf("add address %s to %s: %w", cidr, name, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set %s up: %w", name, err)
	}
	for _, rangeOf := range local {
		_, destination, err := net.ParseCIDR(rangeOf)
		if err != nil {
			return fmt.Errorf("parse local range: %w", err)
		}
		route := &netlink.Route{Dst: destination, LinkIndex: link.Attrs().Index, Scope: netlink.SCOPE_LINK}
		if err := netlink.RouteAdd(route); err != nil {
			return fmt.Errorf("add route to %s: %w", rangeOf, err)
		}
	}
	return nil
}

func everywhere() *net.IPNet { return &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)} }
