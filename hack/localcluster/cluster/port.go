package cluster

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// Ports lie below the range that the kernel gives to outgoing connections
// (32768 and up). A port from that range could be taken by a passing connection
// in the moment between a component's death and its restart.
const firstPort, lastPort = 20000, 32000

// ports hands out loopback ports that nobody listens on, the same ones as last
// time where it can, so that kubeconfigs and bookmarks outlive a restart.
//
// Between the choice of a port and the start of the component that listens there
// pass seconds, in which another cluster of this machine could choose the same
// one. So each port is claimed for as long as its cluster lives, by the UDP
// socket of the same number, which no component uses and which the kernel gives
// back whatever becomes of us.
type ports struct {
	last   map[string]int
	given  map[string]int
	claims []net.PacketConn
}

func newPorts(last map[string]int) *ports {
	return &ports{last: last, given: map[string]int{}}
}

func (p *ports) take(name string) (int, error) {
	if port := p.last[name]; port != 0 && p.claim(port) {
		p.given[name] = port
		return port, nil
	}
	for range 1000 {
		if port := firstPort + rand.IntN(lastPort-firstPort); p.claim(port) {
			p.given[name] = port
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port for %s between %d and %d: none found", name, firstPort, lastPort)
}

func (p *ports) claim(port int) bool {
	claim, err := net.ListenPacket("udp", address(port))
	if err != nil {
		return false
	}
	listener, err := net.Listen("tcp", address(port))
	if err != nil {
		_ = claim.Close()
		return false
	}
	p.claims = append(p.claims, claim)
	return listener.Close() == nil
}

// release gives the ports back to others.
func (p *ports) release() {
	for _, claim := range p.claims {
		_ = claim.Close()
	}
	p.claims = nil
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

func https(port int, path string) string { return "https://" + address(port) + path }
