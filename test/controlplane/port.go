package controlplane

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// Ports of tests lie below the range that the kernel gives to outgoing connections
// and to whoever asks for any port (32768 and up).
const firstPort, lastPort = 20000, 32000

// FreePort returns a port of loopback that nobody listens on, for a program that a
// test starts, perhaps several times. Until the test ends no other test is given it
// and no cluster takes it: its UDP socket, which such a program does not use, stands
// for it, by the same rule by which localcluster takes its ports.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if claim, ok := claimPort(port); ok {
			t.Cleanup(func() { _ = claim.Close() })
			return port
		}
	}
	t.Fatalf("find a free port between %d and %d: none found", firstPort, lastPort)
	return 0
}

func claimPort(port int) (claim net.PacketConn, ok bool) {
	address := net.JoinHostPort("127.0.0.1", fmt.Sprint(port))
	claim, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, false
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		_ = claim.Close()
		return nil, false
	}
	return claim, listener.Close() == nil
}
