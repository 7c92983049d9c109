package lifecycle

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
)

// podPrefix is what the addresses of pods begin with.
var podPrefix string

// claimAddresses finds addresses for Services and pods that no other run of these
// tests has, and holds them until what it returns is closed. They are loopback, so
// that connections to both arrive; two runs on one machine share it.
func claimAddresses() (serviceRange string, held io.Closer, err error) {
	for first := 80; first < 127; first += 2 {
		pods := fmt.Sprintf("127.%d", first+1)
		// No pod gets this one. The Services' port is 443: better to say at once that it
		// is not allowed than to fail by a timeout.
		held, err = net.Listen("tcp", pods+".255.254:443")
		switch {
		case err == nil:
			podPrefix = pods
			return fmt.Sprintf("127.%d.0.0/16", first), held, nil
		case !errors.Is(err, syscall.EADDRINUSE):
			return "", nil, fmt.Errorf("listen on port 443 of a loopback address: %w\nRun as root, or allow it: sysctl -w net.ipv4.ip_unprivileged_port_start=443", err)
		}
	}
	return "", nil, fmt.Errorf("all addresses are taken by other runs of these tests: %w", err)
}
