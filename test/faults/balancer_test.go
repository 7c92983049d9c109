package faults

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// balancer stands for the Service: it leads each connection of kube-apiserver to
// the next server that accepts one. A Service proper cannot lead to loopback,
// because EndpointSlices refuse its addresses.
type balancer struct {
	listener net.Listener
	backends []*backend
	next     atomic.Uint32
	mu       sync.Mutex
	open     map[net.Conn]bool
	closed   bool
}

type backend struct {
	address string
	// asked is how many bytes of requests it was sent since they were last counted.
	asked atomic.Int64
}

func newBalancer(t testing.TB, addresses ...string) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{listener: listener, open: map[net.Conn]bool{}}
	for _, address := range addresses {
		b.backends = append(b.backends, &backend{address: address})
	}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { b.lead(client) })
		}
	})
	t.Cleanup(func() {
		b.close()
		connections.Wait()
	})
	return b
}

func (b *balancer) port() int { return b.listener.Addr().(*net.TCPAddr).Port }

func (b *balancer) lead(client net.Conn) {
	defer client.Close()
	server, to, err := b.dial()
	if err != nil {
		return // as if nobody listened
	}
	defer server.Close()
	if !b.hold(client, server) {
		return
	}
	defer b.release(client, server)
	done := make(chan struct{}, 2)
	pass := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from) // a connection that ends is what is expected
		done <- struct{}{}
	}
	go pass(counted{server, &to.asked}, client)
	go pass(client, server)
	<-done
	// One side is gone; closing both ends the other direction.
	client.Close()
	server.Close()
	<-done
}

// counted counts what is written.
type counted struct {
	io.Writer
	bytes *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}

// busiest is the backend that was asked most since this was asked last, and how
// much each was.
func (b *balancer) busiest() (index int, asked []int64) {
	for i, backend := range b.backends {
		asked = append(asked, backend.asked.Swap(0))
		if asked[i] > asked[index] {
			index = i
		}
	}
	return index, asked
}

func (b *balancer) dial() (net.Conn, *backend, error) {
	err := errors.New("no backend")
	first := int(b.next.Add(1))
	for i := range b.backends {
		to := b.backends[(first+i)%len(b.backends)]
		var server net.Conn
		if server, err = net.Dial("tcp", to.address); err == nil {
			return server, to, nil
		}
	}
	return nil, nil, err
}

func (b *balancer) hold(connections ...net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, connection := range connections {
		b.open[connection] = true
	}
	return !b.closed
}

func (b *balancer) release(connections ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, connection := range connections {
		delete(b.open, connection)
	}
}

func (b *balancer) close() {
	b.listener.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for connection := range b.open {
		connection.Close()
	}
}
