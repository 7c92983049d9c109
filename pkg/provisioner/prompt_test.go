package provisioner

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// heldUp keeps what a watch brings from its reader while it is locked.
type heldUp struct {
	sync.RWMutex
	resource string
}

func (h *heldUp) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err == nil && request.URL.Query().Get("watch") == "true" && strings.HasSuffix(request.URL.Path, "/"+h.resource) {
			response.Body = &heldUpBody{response.Body, h}
		}
		return response, err
	})
}

type heldUpBody struct {
	io.ReadCloser
	by *heldUp
}

func (b *heldUpBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	b.by.RLock()
	defer b.by.RUnlock()
	return n, err
}

// TestReadyOnceTakenOn changes a shop while the watch of Deployments lags: what the
// cache shows then is the application of before, which was ready and says nothing
// of the change.
func TestReadyOnceTakenOn(t *testing.T) {
	b := newBench(t)
	deployments := &heldUp{resource: "deployments"}
	b.provision(func(o *Options) { o.RESTConfig.Wrap(deployments.wrap) })
	b.order("prompt", nil)
	b.ready("prompt")
	deployments.Lock()
	release := sync.OnceFunc(deployments.Unlock)
	t.Cleanup(release)
	b.edit("prompt", func(s *v1alpha1.StoreSpec) { s.Plan = "business" })
	applied := b.applied("prompt")
	b.condition("prompt", v1alpha1.ConditionApplicationReady, metav1.ConditionFalse, health.ReasonRollingOut)
	if applied.Status.Phase == v1alpha1.StoreReady {
		t.Errorf("the store was called ready at generation %d before anybody saw its application: %+v", applied.Generation, applied.Status)
	}
	release()
	b.ready("prompt")
}
