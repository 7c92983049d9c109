package storefront

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"platform.example.io/stores/pkg/health"
)

// What one shop may cost: it decides of its answers itself.
const (
	answerTimeout = 10 * time.Second
	maxHeader     = 64 << 10
	maxBody       = 256 << 10
	maxRedirects  = 5
)

const userAgent = "store-platform"

// Dial connects to an address, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// asker asks shops.
type asker struct {
	transport *http.Transport
	timeout   time.Duration
}

func newAsker(dial Dial) *asker {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &asker{
		timeout: answerTimeout,
		// Not the default transport: that asks the environment for a proxy.
		transport: &http.Transport{
			DialContext:            dial,
			DisableKeepAlives:      true, // each answer is that of a new customer
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeader,
		},
	}
}

// page is what is asked for.
type page struct{ host, path string }

// ask asks a shop once, and after its redirects to itself. It never fails: that
// there is no answer is one.
func (a *asker) ask(ctx context.Context, target Target) health.Answer {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	next := page{target.Hosts[0], target.Path}
	for range 1 + maxRedirects {
		response, err := a.get(ctx, target, next)
		if err != nil {
			return health.Answer{Outcome: outcomeOf(err)}
		}
		answer := judge(ctx, response, target)
		status := response.StatusCode
		location := response.Header.Get("Location")
		_ = response.Body.Close() // what is left of it is nobody's loss
		if !redirects(status) || answer.Outcome == health.Answered {
			return answer
		}
		onward, elsewhere, ok := follow(target, next, location)
		if !ok {
			return health.Answer{Outcome: health.Redirected, Status: status, Location: elsewhere}
		}
		next = onward
	}
	return health.Answer{Outcome: health.Redirected}
}

// unconnectedError is a failure before there was a connection.
type unconnectedError struct{ error }

func (e *unconnectedError) Unwrap() error { return e.error }

func (a *asker) get(ctx context.Context, target Target, wanted page) (*http.Response, error) {
	at, err := url.ParseRequestURI(wanted.path)
	if err != nil {
		return nil, err
	}
	at.Scheme, at.Host = "http", target.Address.String()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	header := http.Header{"Accept": {"*/*"}}
	for name, value := range target.Headers {
		header.Set(name, value)
	}
	header.Set("User-Agent", userAgent)
	header.Set("X-Forwarded-Proto", target.Scheme)
	header.Set("X-Forwarded-Host", wanted.host)
	request := (&http.Request{
		Method: http.MethodGet, URL: at, Host: wanted.host, Header: header, ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	response, err := a.transport.RoundTrip(request)
	if err != nil && !connected.Load() {
		return nil, &unconnectedError{err}
	}
	return response, err
}

// judge reads an answer.
func judge(ctx context.Context, response *http.Response, target Target) health.Answer {
	answer := health.Answer{Outcome: health.Unexpected, Status: response.StatusCode}
	switch {
	case slices.Contains(target.Statuses, response.StatusCode):
		// A page that breaks off has not been served.
		if _, err := io.CopyN(io.Discard, response.Body, maxBody); err != nil && !errors.Is(err, io.EOF) {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return health.Answer{Outcome: outcomeOf(err)}
		}
		answer.Outcome, answer.Status = health.Answered, 0
	case response.StatusCode == http.StatusUnauthorized, response.StatusCode == http.StatusForbidden,
		response.StatusCode == http.StatusTooManyRequests:
		answer.Outcome = health.Refused
	}
	return answer
}

// outcomeOf tells why there is no whole answer.
func outcomeOf(err error) health.Outcome {
	var unconnected *unconnectedError
	var network net.Error
	switch {
	case errors.As(err, &unconnected):
		return health.Unconnected
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return health.Silent
	}
	return health.Garbled
}
