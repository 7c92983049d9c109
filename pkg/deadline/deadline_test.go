package deadline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Real servers over HTTP/1.1 and HTTP/2 answer in part and then say nothing
// more, while their connections live.
func TestAnswersThatNeverEnd(t *testing.T) {
	const short, long = 50 * time.Millisecond, time.Hour
	for _, test := range []struct {
		name, reason string
		path         string
		patience     time.Duration
		head         bool // whether the server sends the head of its answer
		want         bool // whether the request fails by its deadline
	}{
		{name: "no head", path: "/api/v1/namespaces", patience: short, want: true, reason: "nothing comes at all"},
		{name: "no end", path: "/api/v1/namespaces", patience: short, head: true, want: true, reason: "the head alone proves nothing"},
		{name: "no watch", path: "/api/v1/namespaces?watch=false&timeoutSeconds=3600", patience: short, head: true, want: true, reason: "a list takes no more for what a watch would"},
		{name: "open watch", path: "/api/v1/namespaces?watch=true", patience: short, head: true, reason: "it asked for no end, and quiet is not dead"},
		{name: "watch", path: "/api/v1/namespaces?watch=true&timeoutSeconds=3600", patience: short, head: true, reason: "it may be quiet for as long as it asked"},
		{name: "dead watch", path: "/api/v1/namespaces?watch=1&timeoutSeconds=1", patience: short, head: true, want: true, reason: "the server should have ended it"},
		{name: "patient", path: "/api/v1/namespaces", patience: long, head: true, reason: "there is time left"},
	} {
		for _, http2 := range []bool{false, true} {
			t.Run(test.name+map[bool]string{false: "/http1", true: "/http2"}[http2], func(t *testing.T) {
				heard := make(chan struct{})
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if test.head {
						_, _ = io.WriteString(w, "{")
						w.(http.Flusher).Flush()
					}
					close(heard)
					<-r.Context().Done()
				}))
				server.EnableHTTP2 = http2
				server.StartTLS()
				defer server.Close()

				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				if !test.want {
					// What has no deadline ends by our own hand, after the server has done its part.
					go func() { <-heard; stop(errEnough) }()
				}
				err := ask(ctx, Within(test.patience)(server.Client().Transport), server.URL+test.path)
				if got := errors.Is(err, context.DeadlineExceeded); got != test.want {
					t.Errorf("error %v, want one of its deadline: %t (%s)", err, test.want, test.reason)
				}
				if test.want && !strings.Contains(fmt.Sprint(err), "await the whole answer") {
					t.Errorf("error %q does not say what was waited for", err)
				}
			})
		}
	}
}

// A server that saw its client go ended its answer in good order before the
// connection was closed: what came is not the whole answer.
func TestAnswersCutInGoodOrder(t *testing.T) {
	cut := roundTripper(func(request *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(endsWith{request.Context()})}, nil
	})
	if err := ask(t.Context(), Within(time.Millisecond)(cut), "https://localhost"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of its deadline", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ask(ctx, Within(time.Hour)(cut), "https://localhost"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of its caller", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// endsWith is an answer that ends, without an error, when its request does.
type endsWith struct{ ctx context.Context }

func (e endsWith) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, io.EOF
}

var errEnough = errors.New("seen enough")

func ask(ctx context.Context, transport http.RoundTripper, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	return err
}

func TestWholeAnswers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	defer server.Close()
	wrapped := Within(time.Hour)(server.Client().Transport)
	if err := ask(t.Context(), wrapped, server.URL); err != nil {
		t.Errorf("error %v, want none", err)
	}
	if inner, ok := wrapped.(interface{ WrappedRoundTripper() http.RoundTripper }); !ok || inner.WrappedRoundTripper() != server.Client().Transport {
		t.Error("client-go cannot look inside")
	}
}
