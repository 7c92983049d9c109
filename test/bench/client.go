package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// client sends what client-go would send, over client-go's transport, and leaves
// the answer as it came off the wire: decoding it is the same work whoever
// answered, on the processors that the servers need.
type client struct {
	http *http.Client
	base string
}

func newClient(config *rest.Config) (*client, error) {
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	return &client{http: transport, base: strings.TrimSuffix(config.Host, "/")}, nil
}

// request is an HTTP request; the zero method is GET.
type request struct {
	method      string
	path        string // with the query
	accept      string
	identity    bool // the answer is not to be compressed
	contentType string
	body        []byte
}

const (
	typeJSON       = "application/json"
	typeProtobuf   = "application/vnd.kubernetes.protobuf"
	typeMergePatch = "application/merge-patch+json"
	typeApply      = "application/apply-patch+yaml"
)

// sample is one measured request.
type sample struct {
	took time.Duration
	wire int64 // bytes of the body, as they came
}

// statusError is an answer that is no success.
type statusError struct {
	code int
	what string
	text string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%s: status %d: %s", e.what, e.code, e.text)
}

// do sends a request and returns the response if it is a success.
func (c *client) do(ctx context.Context, r request) (*http.Response, error) {
	if r.method == "" {
		r.method = http.MethodGet
	}
	what := r.method + " " + r.path
	call, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("make request %s: %w", what, err)
	}
	call.Header.Set("Accept", r.accept)
	if r.accept == "" {
		call.Header.Set("Accept", typeJSON)
	}
	// What Go's transport asks for by itself. Asked for by name the answer is
	// left compressed, so that its bytes can be counted.
	call.Header.Set("Accept-Encoding", "gzip")
	if r.identity {
		call.Header.Set("Accept-Encoding", "identity")
	}
	if r.contentType != "" {
		call.Header.Set("Content-Type", r.contentType)
	}
	response, err := c.http.Do(call)
	if err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		defer response.Body.Close()
		body, err := decoded(response)
		if err != nil {
			body = []byte(err.Error())
		}
		return nil, &statusError{code: response.StatusCode, what: what, text: message(body)}
	}
	return response, nil
}

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// measure times a request from its first byte to the last one of the answer.
func (c *client) measure(ctx context.Context, r request) (sample, error) {
	began := time.Now()
	response, err := c.do(ctx, r)
	if err != nil {
		if refused := notServed(err, r); refused != nil {
			return sample{}, refused
		}
		return sample{}, err
	}
	defer response.Body.Close()
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	wire, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, response.Body, buffer[:])
	took := time.Since(began)
	if err != nil {
		return sample{}, fmt.Errorf("read answer to %s: %w", r.path, err)
	}
	if got := response.Header.Get("Content-Type"); strings.HasPrefix(r.accept, typeProtobuf) && !strings.HasPrefix(got, typeProtobuf) {
		return sample{}, notMeasured{fmt.Sprintf("asked for protobuf, the server answers %q", got)}
	}
	return sample{took: took, wire: wire}, nil
}

// notMeasured says why there can be no figure.
type notMeasured struct{ reason string }

func (n notMeasured) Error() string { return n.reason }

// notServed tells an encoding that is not served from a failure.
func notServed(err error, r request) error {
	status, ok := err.(*statusError)
	if ok && status.code == http.StatusNotAcceptable && strings.HasPrefix(r.accept, typeProtobuf) {
		return notMeasured{"the server does not serve protobuf (406)"}
	}
	return nil
}

// json sends a request that is not measured, and decodes the answer.
func (c *client) json(ctx context.Context, r request, into any) error {
	response, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := decoded(response)
	if err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("decode answer to %s: %w", r.path, err)
	}
	return nil
}

func decoded(response *http.Response) ([]byte, error) {
	reader := io.Reader(response.Body)
	if response.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(response.Body)
		if err != nil {
			return nil, fmt.Errorf("uncompress answer: %w", err)
		}
		reader = unzipped
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return body, nil
}

// message is what a Status object says, or the beginning of something else.
func message(body []byte) string {
	var status struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &status) == nil && status.Message != "" {
		return status.Message
	}
	return string(body[:min(len(body), 300)])
}
