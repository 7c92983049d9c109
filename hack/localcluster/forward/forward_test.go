package forward

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
)

// answering starts a server that reads a whole request, then answers with it,
// and returns how to dial it.
func answering(t *testing.T) Dial {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		for {
			connection, err := server.Accept()
			if err != nil {
				return
			}
			request, _ := io.ReadAll(connection)
			_, _ = connection.Write(append([]byte("you said "), request...))
			connection.Close()
		}
	}()
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Addr().String())
	}
}

func listen(t *testing.T, dial Dial) (*Forwarder, net.Conn) {
	t.Helper()
	f, err := Listen("127.0.0.1:0", dial)
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", f.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return f, client
}

func TestHalfClosedConnectionGetsItsAnswer(t *testing.T) {
	f, client := listen(t, answering(t))
	defer f.Close()
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(client)
	if err != nil || string(got) != "you said hello" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestUnreachableTargetEndsTheConnection(t *testing.T) {
	f, client := listen(t, func(context.Context) (net.Conn, error) { return nil, errors.New("nobody there") })
	defer f.Close()
	if got, err := io.ReadAll(client); len(got) > 0 || (err != nil && errors.Is(err, io.EOF)) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestCloseEndsConnectionsUnderWay(t *testing.T) {
	f, client := listen(t, answering(t))
	f.Close()
	// The server still waits for the rest of the request.
	if got, _ := io.ReadAll(client); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}
