package e2e

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	admissionreviewv1 "k8s.io/api/admission/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// hook is a real admission webhook: a server with a certificate of its own, that
// remembers what it was asked.
type hook struct {
	server *httptest.Server
	judge  func(*admissionreviewv1.AdmissionRequest) *admissionreviewv1.AdmissionResponse

	mu    sync.Mutex
	asked []*admissionreviewv1.AdmissionRequest
}

// newHook starts a webhook that judges; nil allows everything.
func newHook(t testing.TB, judge func(*admissionreviewv1.AdmissionRequest) *admissionreviewv1.AdmissionResponse) *hook {
	t.Helper()
	h := &hook{judge: judge}
	h.server = httptest.NewTLSServer(h)
	t.Cleanup(h.server.Close)
	return h
}

// ServeHTTP answers a review.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admissionreviewv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, fmt.Sprint("no review: ", err), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	h.asked = append(h.asked, review.Request)
	h.mu.Unlock()
	response := &admissionreviewv1.AdmissionResponse{Allowed: true}
	if h.judge != nil {
		response = h.judge(review.Request)
	}
	response.UID = review.Request.UID
	review.Request, review.Response = nil, response
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) // whoever asked has gone
}

// questions returns what the webhook was asked about a store, in short.
func (h *hook) questions(name string) (found []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.asked {
		// In a collection the name is the object's only.
		if r.Name != name && !(r.Name == "" && strings.Contains(string(r.OldObject.Raw), `"name":"`+name+`"`)) {
			continue
		}
		has := func(raw []byte) string {
			var store v1alpha1.Store
			if len(raw) == 0 || string(raw) == "null" {
				return "nothing"
			}
			if err := json.Unmarshal(raw, &store); err != nil {
				return err.Error()
			}
			return store.Kind + " " + store.Spec.DisplayName
		}
		resource := r.Resource.Resource
		if r.SubResource != "" {
			resource += "/" + r.SubResource
		}
		found = append(found, fmt.Sprintf("%s %s %s in %q by %s, dry: %v, from %s to %s",
			r.Operation, r.Resource.Group+"/"+r.Resource.Version, resource, r.Namespace, r.UserInfo.Username, *r.DryRun, has(r.OldObject.Raw), has(r.Object.Raw)))
	}
	return found
}

// clientConfig is how the server reaches the webhook, by a URL.
func (h *hook) clientConfig() admissionv1.WebhookClientConfig {
	return admissionv1.WebhookClientConfig{
		URL:      ptr.To(h.server.URL + "/review"),
		CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.server.Certificate().Raw}),
	}
}

// validating installs the webhook, from the YAML of what is not where it is.
func (h *hook) validating(t testing.TB, name, webhook string, changes ...func(*admissionv1.ValidatingWebhook)) {
	t.Helper()
	w := admissionv1.ValidatingWebhook{Name: name + ".example.io", ClientConfig: h.clientConfig(),
		SideEffects: ptr.To(admissionv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"}}
	fromYAML(t, webhook, &w)
	for _, change := range changes {
		change(&w)
	}
	configuration := &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Webhooks: []admissionv1.ValidatingWebhook{w},
	}
	client := kube.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	if _, err := client.Create(t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// mutating installs the webhook as one that changes what is written.
func (h *hook) mutating(t testing.TB, name, webhook string) {
	t.Helper()
	w := admissionv1.MutatingWebhook{Name: name + ".example.io", ClientConfig: h.clientConfig(),
		SideEffects: ptr.To(admissionv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"}}
	fromYAML(t, webhook, &w)
	configuration := &admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Webhooks: []admissionv1.MutatingWebhook{w},
	}
	client := kube.AdmissionregistrationV1().MutatingWebhookConfigurations()
	if _, err := client.Create(t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func denied(code int32, message string) *admissionreviewv1.AdmissionResponse {
	return &admissionreviewv1.AdmissionResponse{Result: &metav1.Status{Code: code, Message: message}}
}

// untilAsked waits until the server knows of the webhook.
func untilAsked(t testing.TB, h *hook, changes ...func(*v1alpha1.Store)) {
	t.Helper()
	eventually(t, "the webhook is asked", func(ctx context.Context) error {
		_ = try(ctx, stores, "hook-probe", changes...) // what comes of it is not the question
		if len(h.questions("hook-probe")) == 0 {
			return errors.New("nobody asks it")
		}
		return nil
	})
}
