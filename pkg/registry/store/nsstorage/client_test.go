package nsstorage

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// While kube-apiserver starts, stops or is full it answers in plain text, and
// says in a header alone when to come again.
func TestRetryHintsReachTheCaller(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		code         int
		is           func(error) bool
	}{
		{name: "full", reason: "priority and fairness refuses", code: http.StatusTooManyRequests, is: apierrors.IsTooManyRequests},
		{name: "stopping", reason: "no new requests are taken", code: http.StatusServiceUnavailable, is: apierrors.IsServiceUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header().Set("Retry-After", "2")
				http.Error(w, "come again", test.code)
			}))
			defer server.Close()
			namespaces, err := NewNamespaces(&rest.Config{Host: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			for what, request := range map[string]func() error{
				"get":    func() error { _, err := namespaces.Get(t.Context(), "a", metav1.GetOptions{}); return err },
				"stream": func() error { _, err := namespaces.ListStream(t.Context(), metav1.ListOptions{}); return err },
				"watch":  func() error { _, err := namespaces.Watch(t.Context(), metav1.ListOptions{}); return err },
			} {
				requests = 0
				err := request()
				if seconds, ok := apierrors.SuggestsClientDelay(err); !test.is(err) || !ok || seconds != 2 {
					t.Errorf("%s gave error %#v, which hints at %d seconds, want 2 (%s)", what, err, seconds, test.reason)
				}
				if strings.Contains(err.Error(), "namespaces") {
					t.Errorf("%s gave error %q, which names the mapping", what, err)
				}
				if requests != 1 {
					t.Errorf("%s was tried %d times behind the client's back", what, requests)
				}
			}
		})
	}
}
