package provisioner

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// refuser answers the first request of a kind with a conflict that is none: nothing
// has changed, so that no event will have the store looked at again.
type refuser struct {
	chosen  func(request *http.Request, body string) bool
	refused atomic.Bool
}

func (r *refuser) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		var body []byte
		if request.Body != nil {
			var err error
			if body, err = io.ReadAll(request.Body); err != nil {
				return nil, err
			}
			request.Body = io.NopCloser(bytes.NewReader(body))
		}
		if !r.chosen(request, string(body)) || !r.refused.CompareAndSwap(false, true) {
			return next.RoundTrip(request)
		}
		const conflict = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409,"message":"refused by the test"}`
		return &http.Response{
			StatusCode: http.StatusConflict, ProtoMajor: 1, ProtoMinor: 1, Request: request,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(conflict)),
		}, nil
	})
}

// hanger has the answer to the first request of a kind begin and never end, on a
// connection that lives.
type hanger struct {
	chosen func(*http.Request) bool
	hung   atomic.Bool
}

func (h *hanger) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if !h.chosen(request) || !h.hung.CompareAndSwap(false, true) {
			return next.RoundTrip(request)
		}
		return &http.Response{
			StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: request,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: endless{request.Context()},
		}, nil
	})
}

type endless struct{ context.Context }

func (e endless) Read([]byte) (int, error) { <-e.Done(); return 0, e.Err() }

func (e endless) Close() error { return nil }

// TestAnswerThatNeverEnds has an apply and a status hang: a worker that waited for
// either would leave the store for good.
func TestAnswerThatNeverEnds(t *testing.T) {
	b := newBench(t)
	apply := &hanger{chosen: func(request *http.Request) bool {
		return request.Method == http.MethodPatch && strings.Contains(request.URL.Path, "/store-hung/services/")
	}}
	status := &hanger{chosen: func(request *http.Request) bool { return strings.HasSuffix(request.URL.Path, "/stores/hung/status") }}
	b.provision(func(o *Options) {
		o.RESTConfig.Wrap(apply.wrap)
		o.RESTConfig.Wrap(status.wrap)
		o.RequestTimeout = 2 * time.Second
	})
	b.order("hung", nil)
	b.ready("hung")
	if !apply.hung.Load() || !status.hung.Load() {
		t.Error("nothing hung: this tested nothing")
	}
}

// TestConflictIsTriedAgain refuses the status that says Ready, which is the last
// word on a store until its next resync, and the deletion of what was superseded.
func TestConflictIsTriedAgain(t *testing.T) {
	b := newBench(t)
	ready := &refuser{chosen: func(request *http.Request, body string) bool {
		return strings.HasSuffix(request.URL.Path, "/stores/refused/status") && strings.Contains(body, `"phase":"Ready"`)
	}}
	prune := &refuser{chosen: func(request *http.Request, _ string) bool {
		return request.Method == http.MethodDelete && strings.Contains(request.URL.Path, "/store-refused/configmaps/")
	}}
	b.provision(func(o *Options) {
		o.RESTConfig.Wrap(ready.wrap)
		o.RESTConfig.Wrap(prune.wrap)
	})
	b.order("refused", nil)
	b.ready("refused")
	if !ready.refused.Load() {
		t.Error("the status was not refused: this tested nothing")
	}

	settings := func(ctx context.Context) (names []string, err error) {
		found, err := b.kube.CoreV1().ConfigMaps("store-refused").List(ctx, metav1.ListOptions{LabelSelector: v1alpha1.LabelStore + "=refused"})
		if err != nil {
			return nil, err
		}
		for _, item := range found.Items {
			names = append(names, item.Name)
		}
		return names, nil
	}
	before, err := settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.edit("refused", func(spec *v1alpha1.StoreSpec) { spec.DisplayName = "Refused Once" })
	b.eventually("what was superseded is pruned", func(ctx context.Context) (bool, string) {
		now, err := settings(ctx)
		return err == nil && prune.refused.Load() && len(now) == len(before), fmt.Sprint(now, before, err)
	})
}
