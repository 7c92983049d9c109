package storefront

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"platform.example.io/stores/pkg/health"
)

// serve runs a shop, and returns the address of what stands for its Service.
func serve(t *testing.T, shop http.Handler) netip.AddrPort {
	t.Helper()
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}

// speak runs a shop that answers each connection with whatever it likes, until the
// one who asks hangs up.
func speak(t *testing.T, answer func(net.Conn)) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					answer(conn)
				}
			}()
		}
	}()
	return netip.MustParseAddrPort(listener.Addr().String())
}

func hold(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func drip(conn net.Conn, text string) {
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
	}
}

func target(address netip.AddrPort) Target {
	return Target{
		Store: "acme", Headers: map[string]string{"x-key": "none", "user-agent": "forged"}, Address: address, Scheme: "https", Path: "/products?limit=1", Statuses: []int{200},
		Hosts: []string{"acme.shops.example", "shop.example.com:8443"},
	}
}

func reply(status int, location string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(status)
	}
}

// hop answers its first page with a redirect, and every other as told.
func hop(location string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "acme.shops.example" && r.URL.Path == "/products" {
			reply(http.StatusFound, location)(w, r)
			return
		}
		w.WriteHeader(status)
	}
}

func TestAsk(t *testing.T) {
	closed := func(t *testing.T) netip.AddrPort {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		return netip.MustParseAddrPort(listener.Addr().String())
	}
	shop := func(handler http.HandlerFunc) func(*testing.T) netip.AddrPort {
		return func(t *testing.T) netip.AddrPort { return serve(t, handler) }
	}
	raw := func(answer func(net.Conn)) func(*testing.T) netip.AddrPort {
		return func(t *testing.T) netip.AddrPort { return speak(t, answer) }
	}
	const head = "HTTP/1.1 200 OK\r\n"
	tests := []struct {
		name, reason string
		shop         func(*testing.T) netip.AddrPort
		want         health.Answer
	}{
		{"good", "it sells", shop(reply(200, "")), health.Answer{Outcome: health.Answered}},
		{"error", "it does not sell", shop(reply(502, "")), health.Answer{Outcome: health.Unexpected, Status: 502}},
		{"not found", "the plugin is missing, for example", shop(reply(404, "")), health.Answer{Outcome: health.Unexpected, Status: 404}},
		{"another success", "a page that is empty on purpose is none", shop(reply(204, "")), health.Answer{Outcome: health.Unexpected, Status: 204}},
		{"password", "who is not logged in cannot buy", shop(reply(401, "")), health.Answer{Outcome: health.Refused, Status: 401}},
		{"firewall", "it keeps out who asks", shop(reply(403, "")), health.Answer{Outcome: health.Refused, Status: 403}},
		{"too often", "it keeps out who asks so often", shop(reply(429, "")), health.Answer{Outcome: health.Refused, Status: 429}},

		{"own page", "a shop may move its pages", shop(hop("/other", 200)), health.Answer{Outcome: health.Answered}},
		{"own page that fails", "what counts is the page that a customer sees", shop(hop("/other", 500)), health.Answer{Outcome: health.Unexpected, Status: 500}},
		{"own address", "also by a whole URL, in any case and with the scheme's port", shop(hop("https://ACME.shops.example:443/other", 200)), health.Answer{Outcome: health.Answered}},
		{"other own host", "a merchant may prefer a host of his own", shop(hop("https://shop.example.com:8443/products", 200)), health.Answer{Outcome: health.Answered}},
		{"elsewhere", "customers would leave", shop(hop("https://other.example/x", 200)),
			health.Answer{Outcome: health.Redirected, Status: 302, Location: "https://other.example"}},
		{"metadata service", "nothing a shop says chooses whom we ask", shop(hop("http://169.254.169.254/latest", 200)),
			health.Answer{Outcome: health.Redirected, Status: 302, Location: "http://169.254.169.254"}},
		{"without a scheme", "that is a host, too", shop(hop("//other.example/x", 200)),
			health.Answer{Outcome: health.Redirected, Status: 302, Location: "https://other.example"}},
		{"user of own host", "the host is what comes after it", shop(hop("https://acme.shops.example@other.example/", 200)),
			health.Answer{Outcome: health.Redirected, Status: 302, Location: "https://other.example"}},
		{"other scheme", "nobody serves the store there", shop(hop("http://acme.shops.example/products", 200)),
			health.Answer{Outcome: health.Redirected, Status: 302, Location: "http://acme.shops.example"}},
		{"other port", "that of the pod, for example, which no customer reaches", shop(hop("https://acme.shops.example:8080/products", 200)),
			health.Answer{Outcome: health.Redirected, Status: 302, Location: "https://acme.shops.example:8080"}},
		{"no URL", "what it says ends up in a status", shop(hop("javascript:alert(1)", 200)),
			health.Answer{Outcome: health.Redirected, Status: 302, Location: "nowhere"}},
		{"no name", "what it says ends up in a status", shop(hop("https://<b>x/", 200)),
			health.Answer{Outcome: health.Redirected, Status: 302, Location: "another place"}},
		{"nowhere", "a browser shows nothing", shop(reply(302, "")), health.Answer{Outcome: health.Redirected, Status: 302, Location: "nowhere"}},
		{"itself", "a browser gives up", shop(reply(301, "/products?limit=1")), health.Answer{Outcome: health.Redirected, Status: 301}},
		{"ever on", "so it does after many pages", shop(func(w http.ResponseWriter, r *http.Request) { reply(302, r.URL.Path+"x")(w, r) }),
			health.Answer{Outcome: health.Redirected}},

		{"nobody", "there is no pod behind the Service", closed, health.Answer{Outcome: health.Unconnected}},
		{"silent", "a customer does not wait for ever", raw(hold), health.Answer{Outcome: health.Silent}},
		{"slow page", "nor for the rest of a page", raw(func(c net.Conn) { _, _ = io.WriteString(c, head+"Content-Length: 9\r\n\r\nx"); hold(c) }),
			health.Answer{Outcome: health.Silent}},
		{"endless header", "it may cost little memory only", raw(func(c net.Conn) { _, _ = io.WriteString(c, head); drip(c, "X-A: "+strings.Repeat("a", 999)+"\r\n") }),
			health.Answer{Outcome: health.Garbled}},
		{"endless page", "nor more than the beginning of a page", raw(func(c net.Conn) { _, _ = io.WriteString(c, head+"\r\n"); drip(c, strings.Repeat("a", 999)) }),
			health.Answer{Outcome: health.Answered}},
		{"half a page", "it was not served", raw(func(c net.Conn) { _, _ = io.WriteString(c, head+"Content-Length: 9\r\n\r\nx") }),
			health.Answer{Outcome: health.Garbled}},
		{"no HTTP", "a database behind the port, say", raw(func(c net.Conn) { _, _ = io.WriteString(c, "-ERR\r\n\r\n") }), health.Answer{Outcome: health.Garbled}},
		{"hangs up", "it crashed", raw(func(net.Conn) {}), health.Answer{Outcome: health.Garbled}},
		{"TLS", "the Service speaks HTTP; who ends TLS is in front of it", func(t *testing.T) netip.AddrPort {
			server := httptest.NewTLSServer(reply(200, ""))
			t.Cleanup(server.Close)
			server.Config.ErrorLog = nil
			return netip.MustParseAddrPort(server.Listener.Addr().String())
		}, health.Answer{Outcome: health.Unexpected, Status: 400}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAsker(nil)
			if tt.want.Outcome == health.Silent {
				a.timeout = 100 * time.Millisecond
			}
			address := tt.shop(t)
			got := a.ask(t.Context(), target(address))
			// A busy machine may not even connect in so short a time.
			for got.Outcome == health.Unconnected && tt.want.Outcome == health.Silent && a.timeout < patience {
				a.timeout *= 2
				got = a.ask(t.Context(), target(address))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ask, because %s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// TestAsksTheServiceOnly has a shop redirect among its own hosts and elsewhere, with
// a proxy in the environment, and looks whom that made us connect to and what for.
func TestAsksTheServiceOnly(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://192.0.2.1:3128")
	}
	var asked []string
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, fmt.Sprintf("%s %s%s as %s by %s", r.Method, r.Host, r.RequestURI, r.Header.Get("X-Forwarded-Proto"), r.UserAgent()))
		switch {
		case r.Header.Get("X-Key") != "none":
			t.Errorf("the engine's header is not sent: %v", r.Header)
		case len(r.Cookies()) > 0 || r.Header.Get("Authorization") != "" || r.Referer() != "":
			t.Errorf("a request tells of another: %v", r.Header)
		case r.Host == "acme.shops.example":
			w.Header().Set("Set-Cookie", "session=1")
			reply(307, "https://shop.example.com:8443//other.example/a?b")(w, r)
		default:
			reply(307, "https://other.example/")(w, r)
		}
	}))
	var dialled []string
	a := newAsker(func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
	got := a.ask(t.Context(), target(address))
	if want := (health.Answer{Outcome: health.Redirected, Status: 307, Location: "https://other.example"}); got != want {
		t.Errorf("ask = %+v, want %+v", got, want)
	}
	wantAsked := []string{
		"GET acme.shops.example/products?limit=1 as https by store-platform",
		"GET shop.example.com:8443//other.example/a?b as https by store-platform",
	}
	if diff := cmp.Diff(wantAsked, asked); diff != "" {
		t.Errorf("what was asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{address.String(), address.String()}, dialled); diff != "" {
		t.Errorf("who was asked (-want +got):\n%s", diff)
	}
}

// TestConnectionsThatHang tells a network that swallows packets from a shop that thinks.
func TestConnectionsThatHang(t *testing.T) {
	var hung atomic.Bool
	a := newAsker(func(ctx context.Context, _, _ string) (net.Conn, error) {
		hung.Store(true)
		<-ctx.Done()
		return nil, errors.New("no route")
	})
	a.timeout = 50 * time.Millisecond
	got := a.ask(t.Context(), target(netip.MustParseAddrPort("192.0.2.7:80")))
	if want := (health.Answer{Outcome: health.Unconnected}); got != want || !hung.Load() {
		t.Errorf("ask = %+v, want %+v", got, want)
	}
}
