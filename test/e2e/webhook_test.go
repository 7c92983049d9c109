package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionreviewv1 "k8s.io/api/admission/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

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
	// Who writes beside the provisioner may have to try again, and the webhook is asked
	// anew: each write waits until that has nothing more to write.
	untilSettled(t, "hooked")
	refused := refusal{http.StatusTeapot, "", nil}
	expectPolicy(t, patch(`{"spec":{"displayName":"Teapot"}}`), refused, "short and stout")
	expectPolicy(t, patch(`{"spec":{"displayName":"Teapot"}}`, metav1.DryRunAll), refused, "short and stout")
	if err := patch(`{"spec":{"displayName":"Kept"}}`); err != nil {
		t.Fatal(err)
	}
	settled := untilSettled(t, "hooked")
	kept := refusal{http.StatusBadRequest, "", nil} // by a webhook that gives no code
	expectPolicy(t, client.Delete(t.Context(), "hooked", metav1.DeleteOptions{}), kept, "it is kept")
	expectPolicy(t, client.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "e2e-policy=webhook"}), kept, "it is kept")
	if _, err := stores.Patch(t.Context(), "hooked", types.MergePatchType, []byte(`{"status":{"adminURL":"x"}}`), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	until(t, "hooked", "has its own address again", func(s *v1alpha1.Store) bool { return s.Status.AdminURL == settled.Status.AdminURL })
	if err := patch(`{"spec":{"displayName":"Free"}}`); err != nil {
		t.Fatal(err)
	}
	untilSettled(t, "hooked")
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
