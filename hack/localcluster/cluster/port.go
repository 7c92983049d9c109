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
type ports struct {
	last  map[string]int
	given map[string]int
}

func newPorts(last map[string]int) *ports {
	return &ports{last: last, given: map[string]int{}}
}

func (p *ports) take(name string) (int, error) {
	if port := p.last[name]; port != 0 && p.free(port) {
		p.given[name] = port
		return port, nil
	}
	for range 1000 {
		if port := firstPort + rand.IntN(lastPort-firstPort); p.free(port) {
			p.given[name] = port
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port for %s between %d and %d: none found", name, firstPort, lastPort)
}

func (p *ports) free(port int) bool {
	for _, taken := range p.given {
		if taken == port {
			return false
		}
	}
	listener, err := net.Listen("tcp", address(port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

func https(port int, path string) string { return "https://" + address(port) + path }
