package e2e

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/generated/clientset/versioned"
)

// warnings remembers the warnings of the server.
type warnings struct {
	mu   sync.Mutex
	seen []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _ string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, text)
}

func (w *warnings) have(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.seen, func(s string) bool { return strings.Contains(s, text) })
}

// TestPolicyActions has a policy warn and note instead of denying.
func TestPolicyActions(t *testing.T) {
	t.Parallel()
	validatingPolicy(t, kube, "e2e-actions", `
matchConstraints:
  resourceRules: `+onStores("CREATE")+`
  `+selects("actions")+`
validations:
  - {expression: "has(object.spec.displayName)", message: a shop should have a name}
auditAnnotations:
  - {key: plan, valueExpression: "'plan ' + object.spec.plan"}
`, `validationActions: [Warn, Audit]`)
	heard := &warnings{}
	config := rest.CopyConfig(cluster.RESTConfig())
	config.WarningHandler = heard
	client := versioned.NewForConfigOrDie(config).PlatformV1alpha1().Stores()
	by := policed("actions")
	eventually(t, "the policy warns", func(ctx context.Context) error {
		if err := try(ctx, client, "actions-probe", by); err != nil {
			return err
		}
		if !heard.have("a shop should have a name") {
			return errors.New("it does not")
		}
		return nil
	})
	store := newStore(t, "actions")
	by(store)
	if _, err := client.Create(t.Context(), store, metav1.CreateOptions{}); err != nil {
		t.Fatalf("what is only warned of is refused: %v", err)
	}
	auditedWith(t, "actions", "e2e-actions/plan", "plan starter")
	untilAudited(t, auditLog, "the failure", func(e auditEvent) bool {
		return e.ObjectRef.Name == "actions" && strings.Contains(e.Annotations["validation.policy.admission.k8s.io/validation_failure"], "a shop should have a name")
	})
}

// TestPolicyOfStatus matches the status as the resource of its own that it is.
func TestPolicyOfStatus(t *testing.T) {
	t.Parallel()
	validatingPolicy(t, kube, "e2e-of-status", `
matchConstraints:
  resourceRules: `+onStores("UPDATE", "stores/status")+`
  `+selects("status")+`
validations:
  - {expression: "!(has(object.status.adminURL) && object.status.adminURL == 'http://evil')", message: not there}
`, `validationActions: [Deny]`)
	validatingPolicy(t, kube, "e2e-not-of-status", `
matchConstraints:
  resourceRules: `+onStores("UPDATE")+`
  `+selects("status")+`
validations:
  - {expression: "!has(object.spec.displayName)", message: no names}
`, `validationActions: [Deny]`)
	order(t, "status-policed", policed("status"))
	untilSettled(t, "status-policed")
	evil := func(ctx context.Context, dryRun ...string) error {
		_, err := stores.Patch(ctx, "status-policed", types.MergePatchType, []byte(`{"spec":{"displayName":"x"},"status":{"adminURL":"http://evil"}}`), metav1.PatchOptions{DryRun: dryRun}, "status")
		return err
	}
	eventually(t, "both policies are in force", func(ctx context.Context) error {
		_, named := stores.Patch(ctx, "status-policed", types.MergePatchType, []byte(`{"spec":{"displayName":"x"}}`), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		if evil(ctx, metav1.DryRunAll) == nil || named == nil {
			return errors.New("somebody may")
		}
		return nil
	})
	expectPolicy(t, evil(t.Context()), refusal{http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, nil}, "not there")
	merge(t, "status-policed", `{"status":{"adminURL":"http://good"}}`, "status")
	_, err := tryMerge(t, "status-policed", `{"spec":{"displayName":"x"}}`)
	expectPolicy(t, err, refusal{http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, nil}, "no names")
	// A write to the store that carries a status is judged as a write to the store.
	merge(t, "status-policed", `{"metadata":{"labels":{"more":"yes"}},"status":{"adminURL":"http://evil"}}`)
}
