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

	"github.com/google/go-cmp/cmp"
	admissionreviewv1 "k8s.io/api/admission/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
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
		if r.Name != name {
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

// TestValidatingWebhook has a webhook see, and judge, everything that is done to
// a store, as the user does it.
func TestValidatingWebhook(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(r *admissionreviewv1.AdmissionRequest) *admissionreviewv1.AdmissionResponse {
		var store v1alpha1.Store
		subject := r.Object.Raw
		if r.Operation == admissionreviewv1.Delete {
			subject = r.OldObject.Raw
		}
		if err := json.Unmarshal(subject, &store); err != nil {
			return denied(http.StatusBadRequest, err.Error())
		}
		switch store.Spec.DisplayName {
		case "Teapot":
			return denied(http.StatusTeapot, "short and stout")
		case "Kept":
			if r.Operation == admissionreviewv1.Delete {
				return denied(0, "it is kept")
			}
		}
		return &admissionreviewv1.AdmissionResponse{Allowed: true, Warnings: []string{"seen by a webhook"}, AuditAnnotations: map[string]string{"seen": "yes"}}
	})
	by := policed("webhook")
	h.validating(t, "e2e-validating", "rules: "+onStores(`"*"`, "stores", "stores/status")+"\n"+selects("webhook")+`
matchConditions: [{name: not-the-provisioner, expression: "!request.userInfo.username.startsWith('system:serviceaccount:')"}]`)
	untilAsked(t, h, by)
	client := user(t, "e2e-hooked", "store-admin")
	eventually(t, "the user has rights", func(ctx context.Context) error { return try(ctx, client, "hooked-probe", by) })

	store := newStore(t, "hooked")
	by(store)
	if _, err := client.Create(t.Context(), store, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	patch := func(body string, dryRun ...string) error {
		_, err := client.Patch(t.Context(), "hooked", types.MergePatchType, []byte(body), metav1.PatchOptions{DryRun: dryRun})
		return err
	}
	refused := refusal{http.StatusTeapot, "", nil}
	expectPolicy(t, patch(`{"spec":{"displayName":"Teapot"}}`), refused, "short and stout")
	expectPolicy(t, patch(`{"spec":{"displayName":"Teapot"}}`, metav1.DryRunAll), refused, "short and stout")
	if err := patch(`{"spec":{"displayName":"Kept"}}`); err != nil {
		t.Fatal(err)
	}
	expectPolicy(t, client.Delete(t.Context(), "hooked", metav1.DeleteOptions{}), refusedByPolicy, "it is kept")
	expectPolicy(t, client.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "e2e-policy=webhook"}), refusedByPolicy, "it is kept")
	if _, err := stores.Patch(t.Context(), "hooked", types.MergePatchType, []byte(`{"status":{"adminURL":"x"}}`), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	if err := patch(`{"spec":{"displayName":"Free"}}`); err != nil {
		t.Fatal(err)
	}
	if err := client.Delete(t.Context(), "hooked", metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	const about = "platform.example.io/v1alpha1 stores"
	want := []string{
		`CREATE ` + about + ` in "" by e2e-hooked, dry: false, from nothing to Store `,
		`UPDATE ` + about + ` in "" by e2e-hooked, dry: false, from Store  to Store Teapot`,
		`UPDATE ` + about + ` in "" by e2e-hooked, dry: true, from Store  to Store Teapot`,
		`UPDATE ` + about + ` in "" by e2e-hooked, dry: false, from Store  to Store Kept`,
		`DELETE ` + about + ` in "" by e2e-hooked, dry: false, from Store Kept to nothing`,
		`DELETE ` + about + ` in "" by e2e-hooked, dry: false, from Store Kept to nothing`,
		`UPDATE ` + about + `/status in "" by localcluster-admin, dry: false, from Store Kept to Store Kept`,
		`UPDATE ` + about + ` in "" by e2e-hooked, dry: false, from Store Kept to Store Free`,
		`DELETE ` + about + ` in "" by e2e-hooked, dry: false, from Store Free to nothing`,
	}
	if diff := cmp.Diff(want, h.questions("hooked")); diff != "" {
		t.Errorf("the webhook was asked (-want +got):\n%s", diff)
	}
	auditedWith(t, "hooked", "e2e-validating.example.io/seen", "yes")
}

// TestWebhookThatFails has webhooks that cannot answer stop what they must, and
// let pass what they may.
func TestWebhookThatFails(t *testing.T) {
	t.Parallel()
	up := newHook(t, nil)
	down := newHook(t, nil)
	down.server.Close()
	slow := newHook(t, func(*admissionreviewv1.AdmissionRequest) *admissionreviewv1.AdmissionResponse {
		<-t.Context().Done()
		return denied(0, "too late")
	})
	failed := refusal{http.StatusInternalServerError, metav1.StatusReasonInternalError, nil}
	for _, c := range []struct {
		name, reason string
		hook         *hook
		webhook      string
		change       func(*admissionv1.ValidatingWebhook)
		passes       bool
	}{
		{name: "down", hook: down, webhook: "failurePolicy: Fail", reason: "nobody judged it"},
		{name: "down-ignored", hook: down, webhook: "failurePolicy: Ignore", passes: true, reason: "the policy says so"},
		{name: "slow", hook: slow, webhook: "failurePolicy: Fail\ntimeoutSeconds: 1", reason: "nobody waits for ever"},
		{name: "slow-ignored", hook: slow, webhook: "failurePolicy: Ignore\ntimeoutSeconds: 1", passes: true, reason: "the policy says so"},
		{name: "stranger", hook: up, webhook: "failurePolicy: Fail", change: func(w *admissionv1.ValidatingWebhook) { w.ClientConfig.CABundle = otherCertificate(t) }, reason: "the bundle vouches for somebody else"},
		{name: "service", hook: up, webhook: "failurePolicy: Fail\ntimeoutSeconds: 2", change: func(w *admissionv1.ValidatingWebhook) {
			w.ClientConfig.URL, w.ClientConfig.Service = nil, &admissionv1.ServiceReference{Namespace: "default", Name: "no-such-hook"}
		}, reason: "there is no such service"},
		{name: "condition", hook: up, webhook: "failurePolicy: Fail\nmatchConditions: [{name: breaks, expression: 'object.spec.none == 1'}]", reason: "a condition that cannot be judged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			by := policed("fails-" + c.name)
			c.hook.validating(t, "e2e-fails-"+c.name, "rules: "+onStores("CREATE")+"\n"+selects("fails-"+c.name)+"\n"+c.webhook, func(w *admissionv1.ValidatingWebhook) {
				if c.change != nil {
					c.change(w)
				}
			})
			// A second webhook, of the same configuration's age, shows when both are in force.
			if c.passes {
				witness := newHook(t, nil)
				witness.validating(t, "e2e-fails-"+c.name+"-witness", "rules: "+onStores("CREATE")+"\n"+selects("fails-"+c.name))
				untilAsked(t, witness, by)
				if err := try(t.Context(), stores, "hook-fails", by); err != nil {
					t.Errorf("%v, and yet: %s", err, c.reason)
				}
				return
			}
			untilDenied(t, stores, by)
			err := try(t.Context(), stores, "hook-fails", by)
			if c.name == "condition" {
				expectPolicy(t, err, refusedByPolicy, "")
				return
			}
			expectPolicy(t, err, failed, "failed calling webhook")
			if !strings.Contains(err.Error(), "e2e-fails-"+c.name+".example.io") {
				t.Errorf("the error does not say which webhook: %v", err)
			}
		})
	}
}

func otherCertificate(t testing.TB) []byte {
	t.Helper()
	return cluster.RESTConfig().CAData
}
