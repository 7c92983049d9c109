package faults

import (
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// proxy stands between one account of ours and kube-apiserver and spoils what
// passes. It has the account's credentials: whoever comes through it is that account.
type proxy struct {
	*httptest.Server
	seed    uint64
	on      atomic.Bool
	request atomic.Uint64
	forward *httputil.ReverseProxy
	counts  [faults]atomic.Int64
}

func newProxy(t testing.TB, account *rest.Config, seed uint64) *proxy {
	t.Helper()
	transport, err := rest.TransportFor(account)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(account.Host)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{seed: seed}
	p.forward = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		FlushInterval:  -1, // an event of a watch must not wait for the next
		ModifyResponse: p.spoil,
		ErrorLog:       log.New(io.Discard, "", 0),
		// A server that is away answers nothing, least of all 502.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.Server = httptest.NewUnstartedServer(p)
	p.EnableHTTP2 = true
	p.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.StartTLS()
	t.Cleanup(func() {
		for kind := range p.counts {
			t.Logf("%s: %d of %d requests", kindNames[kind], p.counts[kind].Load(), p.request.Load())
		}
		p.CloseClientConnections()
		p.Close()
	})
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := p.request.Add(1)
	if !p.on.Load() {
		p.forward.ServeHTTP(w, r)
		return
	}
	// What befalls the n-th request depends on the seed and on n alone.
	dice := rand.New(rand.NewPCG(p.seed, n))
	if r.URL.Query().Get("watch") == "true" {
		if dice.Float64() < watchFaults {
			p.counts[cutWatch].Add(1)
			r = withCut(r, 1+dice.IntN(longestWatch))
		}
		p.forward.ServeHTTP(w, r)
		return
	}
	kind, found := draw(dice, r.Method)
	if !found {
		p.forward.ServeHTTP(w, r)
		return
	}
	p.counts[kind].Add(1)
	switch kind {
	case conflict:
		answer(w, r, http.StatusConflict, "Conflict")
	case tooMany:
		w.Header().Set("Retry-After", "1")
		answer(w, r, http.StatusTooManyRequests, "TooManyRequests")
	case internal:
		answer(w, r, http.StatusInternalServerError, "InternalError")
	case dropBefore:
		panic(http.ErrAbortHandler)
	case dropAfter, timeout:
		// It is done, and whoever asked for it never hears so.
		p.forward.ServeHTTP(httptest.NewRecorder(), r)
		if kind == dropAfter {
			panic(http.ErrAbortHandler)
		}
		answer(w, r, http.StatusGatewayTimeout, "Timeout")
	case hang:
		p.forward.ServeHTTP(httptest.NewRecorder(), r)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	case delay:
		timer := time.NewTimer(time.Duration(1+dice.IntN(longestDelay)) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
		p.forward.ServeHTTP(w, r)
	}
}

// spoil arranges that a watch breaks off in its middle.
func (p *proxy) spoil(response *http.Response) error {
	if reads, ok := cutOf(response.Request); ok {
		response.Body = &cut{ReadCloser: response.Body, left: reads}
	}
	return nil
}

var errCut = errors.New("connection dropped")

// cut is a body that breaks off after so many reads, perhaps within an event.
type cut struct {
	io.ReadCloser
	left int
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left--; c.left < 0 {
		return 0, errCut
	}
	n, err := c.ReadCloser.Read(p)
	if c.left == 0 {
		n /= 2
	}
	return n, err
}
