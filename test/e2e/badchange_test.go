package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

func TestRefusedChange(t *testing.T) {
	t.Parallel()
	order(t, "change-neighbour", suspended, func(s *v1alpha1.Store) { s.Spec.Hosts = []string{"neighbour.example.com"} })
	order(t, "change", suspended, func(s *v1alpha1.Store) {
		s.Spec.Storage = []v1alpha1.VolumeStorage{{Name: "database", VolumeSize: ptr.To(resource.MustParse("10Gi")), StorageClassName: ptr.To("standard")}}
	})
	want := untilSettled(t, "change")
	for _, c := range []struct {
		name, patch, reason string
		want                refusal
	}{
		{name: "engine", patch: `{"spec":{"engine":"medusa"}}`, want: invalid("FieldValueInvalid spec.engine"), reason: "data cannot be carried over"},
		{name: "no engine", patch: `{"spec":{"engine":null}}`, want: invalid("FieldValueInvalid spec.engine", "FieldValueRequired spec.engine"), reason: "that changes it too"},
		{name: "version", patch: `{"spec":{"version":"1.0"}}`, want: invalid("FieldValueNotSupported spec.version"), reason: "the engine does not have it"},
		{name: "plan", patch: `{"spec":{"plan":"free"}}`, want: invalid("FieldValueNotSupported spec.plan"), reason: "the engine does not have it"},
		{name: "host", patch: `{"spec":{"hosts":["ok.example.com","neighbour.example.com"]}}`, want: invalid("FieldValueInvalid spec.hosts[1]"), reason: "another store's"},
		{name: "smaller", patch: `{"spec":{"storage":[{"name":"database","size":"5Gi","storageClassName":"standard"}]}}`, want: invalid("FieldValueForbidden spec.storage[0].size"), reason: "volumes only grow"},
		{name: "default size", patch: `{"spec":{"storage":[{"name":"database","storageClassName":"standard"}]}}`, want: invalid("FieldValueForbidden spec.storage[0].size"), reason: "the plan's may be smaller"},
		{name: "class", patch: `{"spec":{"storage":[{"name":"database","size":"10Gi","storageClassName":"fast"}]}}`, want: invalid("FieldValueForbidden spec.storage[0].storageClassName"), reason: "a claim cannot move"},
		{name: "no volumes", patch: `{"spec":{"storage":null}}`, want: invalid("FieldValueForbidden spec.storage[database]"), reason: "that would forget size and class"},
		{name: "parameters", patch: `{"spec":{"parameters":{"currency":"euro"}}}`, want: invalid("FieldValueInvalid spec.parameters.currency"), reason: "the engine's schema"},
		{name: "name", patch: `{"metadata":{"name":"changed"}}`, want: refusal{http.StatusBadRequest, metav1.StatusReasonBadRequest, nil}, reason: "the URL names another"},
		{name: "uid", patch: `{"metadata":{"uid":"00000000-0000-0000-0000-000000000000"}}`, want: invalid("FieldValueInvalid metadata.uid"), reason: "immutable, as of built-in resources"},
		{name: "stale version", patch: `{"metadata":{"resourceVersion":"1"},"spec":{"displayName":"Late"}}`, want: refusal{http.StatusConflict, metav1.StatusReasonConflict, nil}, reason: "a precondition"},
		{name: "label", patch: `{"metadata":{"labels":{"no label":"x"}}}`, want: invalid("FieldValueInvalid metadata.labels"), reason: "no label key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := tryMerge(t, "change", c.patch)
			expect(t, err, c.want)
			if diff := cmp.Diff(want, get(t, "change")); diff != "" {
				t.Errorf("%s, and yet (-before +after):\n%s", c.reason, diff)
			}
		})
	}
}

// TestPreconditions writes on top of what is no longer there.
func TestPreconditions(t *testing.T) {
	t.Parallel()
	conflict := refusal{http.StatusConflict, metav1.StatusReasonConflict, nil}
	missing := refusal{http.StatusNotFound, metav1.StatusReasonNotFound, nil}

	absent := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "precondition-absent"}, Spec: v1alpha1.StoreSpec{Engine: "medusa", Version: "2.21.2", Plan: "starter"}}
	_, err := stores.Update(t.Context(), absent, metav1.UpdateOptions{})
	expect(t, err, missing)
	if _, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-precondition-absent", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a PUT made a namespace, or got %v", err)
	}
	_, err = tryMerge(t, "precondition-absent", `{"spec":{"plan":"business"}}`)
	expect(t, err, missing)

	order(t, "precondition", suspended)
	stale := untilSettled(t, "precondition")
	merge(t, "precondition", `{"metadata":{"labels":{"moved":"on"}}}`)
	stale.Spec.DisplayName = "Late"
	_, err = stores.Update(t.Context(), stale, metav1.UpdateOptions{})
	expect(t, err, conflict)
	_, err = stores.UpdateStatus(t.Context(), stale, metav1.UpdateOptions{})
	expect(t, err, conflict)

	other := get(t, "precondition")
	other.UID, other.ResourceVersion = "00000000-0000-0000-0000-000000000000", ""
	_, err = stores.Update(t.Context(), other, metav1.UpdateOptions{})
	expect(t, err, conflict)

	namespace, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-precondition", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, preconditions := range []metav1.Preconditions{
		{ResourceVersion: &stale.ResourceVersion},
		{UID: &namespace.UID}, // the garbage collector tells objects apart by uid alone
		{UID: ptr.To(types.UID("00000000-0000-0000-0000-000000000000"))},
	} {
		expect(t, stores.Delete(t.Context(), "precondition", metav1.DeleteOptions{Preconditions: &preconditions}), conflict)
	}
	current := get(t, "precondition")
	if current.DeletionTimestamp != nil || current.Spec.DisplayName != "" {
		t.Errorf("a refused write changed the store: %+v", current)
	}
	// The Store's own uid is the one that counts, not its namespace's.
	err = stores.Delete(t.Context(), "precondition", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &current.UID, ResourceVersion: &current.ResourceVersion}})
	if err != nil {
		t.Errorf("preconditions that hold: %v", err)
	}
}

// TestDeletionProtection refuses to delete one protected store, and one of many.
func TestDeletionProtection(t *testing.T) {
	t.Parallel()
	protect := func(s *v1alpha1.Store) {
		s.Spec.DeletionProtection = true
		s.Labels = map[string]string{"e2e": "protected"}
	}
	order(t, "protected", suspended, protect)
	forbidden := refusal{http.StatusForbidden, metav1.StatusReasonForbidden, nil}
	expect(t, stores.Delete(t.Context(), "protected", metav1.DeleteOptions{}), forbidden)
	expect(t, stores.Delete(t.Context(), "protected", metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}), forbidden)
	expect(t, stores.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "e2e=protected"}), forbidden)
	for _, args := range [][]string{{"delete", "store", "protected"}, {"delete", "stores", "-l", "e2e=protected"}, {"delete", "store", "protected", "--force", "--grace-period=0"}} {
		if _, stderr, err := cluster.Kubectl(t, args...); err == nil || !strings.Contains(stderr, "Forbidden") || !strings.Contains(stderr, "deletionProtection") {
			t.Errorf("kubectl %v: %v, %q", args, err, stderr)
		}
	}
	if got := get(t, "protected"); got.DeletionTimestamp != nil {
		t.Error("a refused deletion began")
	}
	namespace, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-protected", metav1.GetOptions{})
	if err != nil || namespace.Status.Phase != corev1.NamespaceActive {
		t.Errorf("the namespace is %s, %v", namespace.Status.Phase, err)
	}
	merge(t, "protected", `{"spec":{"deletionProtection":false}}`)
	if err := stores.Delete(t.Context(), "protected", metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	untilGone(t, "protected")
}
