// Package deadline gives every request of a Kubernetes client a time at which it
// has failed.
//
// client-go waits for ever for an answer whose head has come and whose rest has
// not: a connection that lives passes every check of its own while one stream of
// it is dead. rest.Config.Timeout bounds that and cuts watches off, too. Danger:
// what a request did that ran into its deadline is unknown, as ever.
package deadline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"k8s.io/client-go/transport"
)

// Within returns a wrapper for rest.Config.Wrap: an answer is whole within so
// much time of its request. A watch has as much more as it asked for
// (timeoutSeconds); one that asked for nothing is not bounded.
func Within(patience time.Duration) transport.WrapperFunc {
	return func(next http.RoundTripper) http.RoundTripper { return &bounded{patience: patience, next: next} }
}

type bounded struct {
	patience time.Duration
	next     http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	patience, found := b.patienceFor(request)
	if !found {
		return b.next.RoundTrip(request)
	}
	ctx, cancel := context.WithTimeout(request.Context(), patience)
	response, err := b.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, explain(err, patience)
	}
	response.Body = &body{ReadCloser: response.Body, ctx: ctx, patience: patience, cancel: cancel}
	return response, nil
}

// WrappedRoundTripper lets client-go look at what is inside.
func (b *bounded) WrappedRoundTripper() http.RoundTripper { return b.next }

func (b *bounded) patienceFor(request *http.Request) (time.Duration, bool) {
	query := request.URL.Query()
	if watches, err := strconv.ParseBool(query.Get("watch")); err != nil || !watches {
		return b.patience, true
	}
	seconds, err := strconv.Atoi(query.Get("timeoutSeconds"))
	if err != nil || seconds <= 0 {
		return 0, false
	}
	return time.Duration(seconds)*time.Second + b.patience, true
}

// body is an answer that is being read.
type body struct {
	io.ReadCloser
	ctx      context.Context // of its request
	patience time.Duration
	cancel   context.CancelFunc
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && b.ctx.Err() != nil {
		// Not the end of the answer, perhaps: over HTTP/1.1 and TLS a server that
		// sees its client go ends what it sent so far in good order, and net/http
		// may still read that from the connection it is closing.
		err = b.ctx.Err()
	}
	return n, explain(err, b.patience)
}

func (b *body) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func explain(err error, patience time.Duration) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("await the whole answer for %s: %w", patience, err)
	}
	return err
}
