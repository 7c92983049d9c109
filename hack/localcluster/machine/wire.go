package machine

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// Connect wires another machine to the bridge of this one, and gives it an address there.
func (m *Machine) Connect(other *Machine, address string) error {
	err := inNetwork(m.network, func() error {
		bridge, err := netlink.LinkByName(bridgeName)
		if err != nil {
			return fmt.Errorf("find bridge: %w", err)
		}
		near := netlink.LinkAttrs{Name: other.spec.Name, MasterIndex: bridge.Attrs().Index}
		wire := &netlink.Veth{LinkAttrs: near, PeerName: uplinkName, PeerNamespace: netlink.NsFd(int(other.network.Fd()))}
		if err := netlink.LinkAdd(wire); err != nil {
			return fmt.Errorf("add wire: %w", err)
		}
		if err := netlink.LinkSetUp(wire); err != nil {
			return fmt.Errorf("set wire up: %w", err)
		}
		return nil
	})
	if err == nil {
		err = inNetwork(other.network, func() error {
			uplink, err := netlink.LinkByName(uplinkName)
			if err != nil {
				return fmt.Errorf("find uplink: %w", err)
			}
			return raise(uplink, address, other.spec.Local)
		})
	}
	if err != nil {
		return fmt.Errorf("connect machine %s to %s: %w", other.spec.Name, m.spec.Name, err)
	}
	return nil
}

// Route leads a range to another machine's address.
func (m *Machine) Route(destination, via string) error {
	_, to, err := net.ParseCIDR(destination)
	if err != nil {
		return fmt.Errorf("parse route: %w", err)
	}
	return inNetwork(m.network, func() error {
		if err := netlink.RouteReplace(&netlink.Route{Dst: to, Gw: net.ParseIP(via)}); err != nil {
			return fmt.Errorf("lead %s by way of %s in machine %s: %w", destination, via, m.spec.Name, err)
		}
		return nil
	})
}
