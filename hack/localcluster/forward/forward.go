// Package forward shows a machine's listeners on the host's loopback.
//
// Duties: to accept connections on an address of 127.0.0.1 and to join each with
// one that is dialled inside. Danger: whoever may use the host's loopback may
// use what is forwarded; nothing is forwarded that does not ask for a
// certificate, except the shops, which are there to be visited.
package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// dialTimeout is short: what is dialled is on this kernel.
const dialTimeout = 5 * time.Second

// Dial opens a connection where the connections go.
type Dial func(ctx context.Context) (net.Conn, error)

// Forwarder forwards one address.
type Forwarder struct {
	listener net.Listener
	dial     Dial
	stop     context.CancelFunc
	serving  sync.WaitGroup
}

// Listen forwards connections to address until Close.
func Listen(address string, dial Dial) (*Forwarder, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on the host: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &Forwarder{listener: listener, dial: dial, stop: stop}
	f.serving.Go(func() { f.accept(ctx) })
	return f, nil
}

// Close ends the listener and every connection.
func (f *Forwarder) Close() {
	f.stop()
	_ = f.listener.Close() // accept says that it is closed
	f.serving.Wait()
}

func (f *Forwarder) accept(ctx context.Context) {
	for {
		outer, err := f.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // that one connection is lost; its client has been told
		}
		f.serving.Go(func() { f.serve(ctx, outer) })
	}
}

func (f *Forwarder) serve(ctx context.Context, outer net.Conn) {
	defer outer.Close()
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	inner, err := f.dial(dialing)
	cancel()
	if err != nil {
		return // the client sees its connection end, as with a server that is not there
	}
	defer inner.Close()
	closing := context.AfterFunc(ctx, func() {
		outer.Close()
		inner.Close()
	})
	defer closing()
	var ways sync.WaitGroup
	ways.Go(func() { pass(inner, outer) })
	ways.Go(func() { pass(outer, inner) })
	ways.Wait()
}

// pass copies until one side ends, and hands that end on: a client that has sent
// all of its request may still wait for the answer.
func pass(to, from net.Conn) {
	_, err := io.Copy(to, from)
	half, ok := to.(interface{ CloseWrite() error })
	if err == nil && ok && half.CloseWrite() == nil {
		return
	}
	to.Close()
	from.Close()
}
