package e2e

import (
	"context"
	"errors"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestPolicyOfNamespaces has the cluster's policies judge the namespace that a
// store is: what they refuse is refused in the words of a Store, and nothing of
// it happens.
func TestPolicyOfNamespaces(t *testing.T) {
	t.Parallel()
	validatingPolicy(t, kube, "e2e-ruled", `
matchConstraints:
  resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE, DELETE], resources: [namespaces]}]
matchConditions:
  - {name: only-ours, expression: "request.name.startsWith('store-ruled-')"}
validations:
  - {expression: "request.operation != 'CREATE' || request.name != 'store-ruled-invalid'", message: no such namespace, reason: Invalid}
  - {expression: "request.operation != 'CREATE' || request.name != 'store-ruled-forbidden'", messageExpression: "'namespace \"' + request.name + '\" is not wanted by ' + request.userInfo.username", reason: Forbidden}
  - {expression: "request.operation != 'UPDATE' || !object.metadata.?annotations[?'platform.example.io/spec'].orValue('').contains('Unchangeable')", message: unchangeable, reason: Forbidden}
  - {expression: "request.operation != 'DELETE' || oldObject.metadata.?annotations[?'platform.example.io/spec'].orValue('').contains('Deletable')", message: not deletable, reason: Forbidden}
`, `validationActions: [Deny]`)
	probe := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store-ruled-invalid"}}
	eventually(t, "the policy is in force", func(ctx context.Context) error {
		_, err := kube.CoreV1().Namespaces().Create(ctx, probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil {
			return errors.New("nobody objects")
		}
		return nil
	})
	invalidCode := refusal{http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, nil}
	create := func(name string) error {
		store := newStore(t, name)
		store.Spec.Suspend = true
		_, err := stores.Create(t.Context(), store, metav1.CreateOptions{})
		return err
	}
	expectPolicy(t, create("ruled-invalid"), invalidCode, "no such namespace")
	expectPolicy(t, create("ruled-forbidden"), refusedByPolicy, `stores.platform.example.io "ruled-forbidden" is not wanted by system:serviceaccount:store-platform:store-apiserver`)
	for _, name := range []string{"ruled-invalid", "ruled-forbidden"} {
		if _, err := stores.Get(t.Context(), name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("a store that was refused is there, or get gives %v", err)
		}
	}
	if err := create("ruled-one"); err != nil {
		t.Fatal(err)
	}
	untilSettled(t, "ruled-one")
	_, err := tryMerge(t, "ruled-one", `{"spec":{"displayName":"Unchangeable"}}`)
	expectPolicy(t, err, refusedByPolicy, "unchangeable")
	expectPolicy(t, stores.Delete(t.Context(), "ruled-one", metav1.DeleteOptions{}), refusedByPolicy, "not deletable")
	expectPolicy(t, stores.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "metadata.name=ruled-one"}), refusedByPolicy, "not deletable")
	// With a finalizer the deletion is noted, and the namespace is judged when the
	// last one goes: who removes it is told.
	merge(t, "ruled-one", `{"metadata":{"finalizers":["`+testFinalizer+`"]}}`)
	if err := stores.Delete(t.Context(), "ruled-one", metav1.DeleteOptions{}); err != nil {
		t.Errorf("a deletion that is only noted is refused: %v", err)
	}
	_, err = tryMerge(t, "ruled-one", `{"metadata":{"finalizers":null}}`)
	expectPolicy(t, err, refusedByPolicy, "not deletable")
	if store := get(t, "ruled-one"); len(store.Finalizers) != 1 || store.DeletionTimestamp == nil {
		t.Errorf("the finalizer of a store that may not go is gone: %+v", store.ObjectMeta)
	}
	merge(t, "ruled-one", `{"spec":{"displayName":"Deletable"}}`)
	merge(t, "ruled-one", `{"metadata":{"finalizers":null}}`)
	untilGone(t, "ruled-one")
}

// TestWebhookOfNamespaces sees that a store makes, changes and deletes its
// namespace once each, by our account, and that a dry run makes none.
func TestWebhookOfNamespaces(t *testing.T) {
	t.Parallel()
	h := newHook(t, nil)
	h.validating(t, "e2e-namespaces", `rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, DELETE], resources: [namespaces]}]
matchConditions: [{name: only-ours, expression: "request.name.startsWith('store-once-')"}]`)
	eventually(t, "the webhook is asked", func(ctx context.Context) error {
		probe := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store-once-probe"}}
		_, err := kube.CoreV1().Namespaces().Create(ctx, probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil && len(h.questions("store-once-probe")) == 0 {
			return errors.New("nobody asks it")
		}
		return err
	})
	if err := try(t.Context(), stores, "once-dry"); err != nil {
		t.Fatal(err)
	}
	if asked := h.questions("store-once-dry"); len(asked) > 0 {
		t.Errorf("a dry run asks about a namespace: %v", asked)
	}
	order(t, "once-real", func(s *v1alpha1.Store) { s.Spec.Suspend = true })
	if err := stores.Delete(t.Context(), "once-real", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	untilGone(t, "once-real")
	creates, deletes := 0, 0
	for _, question := range h.questions("store-once-real") {
		switch question[:6] {
		case "CREATE":
			creates++
		case "DELETE":
			deletes++
		}
	}
	if creates != 1 || deletes < 1 {
		t.Errorf("the namespace was created %d times and deleted %d times: %v", creates, deletes, h.questions("store-once-real"))
	}
}
