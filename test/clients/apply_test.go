package clients

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	applystores "platform.example.io/stores/pkg/generated/applyconfiguration/stores/v1alpha1"
)

// by applies as one field manager.
func by(manager string) metav1.ApplyOptions { return metav1.ApplyOptions{FieldManager: manager} }

// applying is a suspended store with more of a spec, as client-go applies it.
func applying(name string, change func(*applystores.StoreSpecApplyConfiguration)) *applystores.StoreApplyConfiguration {
	spec := applystores.StoreSpec().WithEngine("woocommerce").WithSuspend(true)
	change(spec)
	return applystores.Store(name).WithSpec(spec)
}

// conflicts are the fields of a refused apply, each with who owns it.
func conflicts(t testing.TB, err error) (found []string) {
	t.Helper()
	var refused apierrors.APIStatus
	if !apierrors.IsConflict(err) || !errors.As(err, &refused) {
		t.Fatalf("got %v, want a conflict", err)
	}
	for _, cause := range refused.Status().Details.Causes {
		if cause.Type != metav1.CauseTypeFieldManagerConflict {
			t.Errorf("a cause is %+v", cause)
		}
		found = append(found, cause.Field+": "+cause.Message)
	}
	slices.Sort(found)
	return found
}

// TestApply shares a store between two managers by the generated
// applyconfigurations, and a third that is kubectl.
func TestApply(t *testing.T) {
	t.Parallel()
	const name = "apply"
	newStore(t, name)
	apply := func(manager string, force bool, change func(*applystores.StoreSpecApplyConfiguration)) (*v1alpha1.Store, error) {
		options := by(manager)
		options.Force = force
		return stores.Apply(t.Context(), applying(name, change), options)
	}
	must := func(store *v1alpha1.Store, err error) *v1alpha1.Store {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	alices := func(s *applystores.StoreSpecApplyConfiguration) {
		s.WithDisplayName("Alice's").WithHosts("alice.example.com")
	}
	created := must(apply("alice", false, alices))
	if created.Generation != 1 || created.Spec.Plan == "" {
		t.Errorf("apply created %+v", created)
	}
	if again := must(apply("alice", false, alices)); again.Generation != 1 {
		t.Errorf("the same applied again makes generation %d", again.Generation)
	}

	// Two may own one field as long as they agree.
	must(apply("bob", false, func(s *applystores.StoreSpecApplyConfiguration) {
		s.WithDisplayName("Alice's").WithHosts("bob.example.com")
	}))
	if diff := cmp.Diff([]string{"alice.example.com", "bob.example.com"}, get(t, name).Spec.Hosts); diff != "" {
		t.Errorf("hosts of two managers (-want +got):\n%s", diff)
	}

	// When they do not, the one that came later hears of which field and whose.
	bobs := func(s *applystores.StoreSpecApplyConfiguration) {
		s.WithDisplayName("Bob's").WithHosts("bob.example.com")
	}
	_, err := apply("bob", false, bobs)
	if diff := cmp.Diff([]string{`.spec.displayName: conflict with "alice"`}, conflicts(t, err)); diff != "" {
		t.Errorf("conflicts (-want +got):\n%s", diff)
	}
	stdout, stderr, code := pinned.exits(t, manifest(name, "displayName: Carol's"), "apply", "--server-side", "--field-manager=carol", "--filename=-")
	if code != 1 || !strings.Contains(stderr, ".spec.displayName") || !strings.Contains(stderr, `"alice"`) || !strings.Contains(stderr, `"bob"`) {
		t.Errorf("kubectl apply of a conflict exits with %d: %s%s", code, stdout, stderr)
	}

	// By force the field becomes one's own alone.
	forced := must(apply("bob", true, bobs))
	if forced.Spec.DisplayName != "Bob's" {
		t.Errorf("after a forced apply displayName is %q", forced.Spec.DisplayName)
	}
	_, err = apply("alice", false, alices)
	if diff := cmp.Diff([]string{`.spec.displayName: conflict with "bob"`}, conflicts(t, err)); diff != "" {
		t.Errorf("conflicts after force (-want +got):\n%s", diff)
	}

	// What a manager gives up goes if nobody else owns it.
	left := must(apply("bob", false, func(s *applystores.StoreSpecApplyConfiguration) {}))
	if diff := cmp.Diff([]string{"alice.example.com"}, left.Spec.Hosts); diff != "" || left.Spec.DisplayName != "" {
		t.Errorf("bob gave up his fields, and left displayName %q and hosts (-want +got):\n%s", left.Spec.DisplayName, diff)
	}
	if left.Spec.Engine != "woocommerce" || left.Spec.Plan != created.Spec.Plan || left.Spec.Version != created.Spec.Version {
		t.Errorf("giving up fields changed what was chosen on create: %+v", left.Spec)
	}
}

// TestApplyStatus keeps status and spec apart, whoever applies: each subresource
// has owners of its own.
func TestApplyStatus(t *testing.T) {
	t.Parallel()
	const name = "apply-status"
	newStore(t, name)
	condition := func() *applystores.StoreStatusApplyConfiguration {
		return applystores.StoreStatus().WithConditions(metav1ac.Condition().WithType("Reviewed").WithStatus(metav1.ConditionTrue).
			WithReason("ByHand").WithMessage("").WithLastTransitionTime(metav1.Unix(1780000000, 0)))
	}
	// Whatever an apply of the store says of its status is not heard.
	whole := applying(name, func(s *applystores.StoreSpecApplyConfiguration) { s.WithDisplayName("Applied") }).WithStatus(condition())
	if _, err := stores.Apply(t.Context(), whole, by("owner")); err != nil {
		t.Fatal(err)
	}
	untilSettled(t, name)
	// Nor what an apply of the status says of the spec.
	report := applying(name, func(s *applystores.StoreSpecApplyConfiguration) { s.WithDisplayName("Reported") }).WithStatus(condition())
	if _, err := stores.ApplyStatus(t.Context(), report, by("reviewer")); err != nil {
		t.Fatal(err)
	}
	got := get(t, name)
	if got.Spec.DisplayName != "Applied" || got.Generation != 1 {
		t.Errorf("an apply of the status made displayName %q and generation %d", got.Spec.DisplayName, got.Generation)
	}
	owners := map[string][]string{}
	for _, entry := range got.ManagedFields {
		where := entry.Subresource
		for _, part := range []string{`"f:spec"`, `"f:status"`} {
			if strings.Contains(entry.FieldsV1.GetRawString(), part) {
				where += part
			}
		}
		owners[entry.Manager] = append(owners[entry.Manager], where)
	}
	for manager, want := range map[string][]string{"owner": {`"f:spec"`}, "reviewer": {`status"f:status"`}} {
		if diff := cmp.Diff(want, owners[manager]); diff != "" {
			t.Errorf("fields of %s (-want +got):\n%s", manager, diff)
		}
	}
	// The provisioner's report is a third party's: it neither takes the condition nor loses its own.
	types := []string{}
	for _, condition := range got.Status.Conditions {
		types = append(types, condition.Type)
	}
	for _, want := range []string{"Reviewed", v1alpha1.ConditionReady} {
		if !slices.Contains(types, want) {
			t.Errorf("conditions are %v, without %s", types, want)
		}
	}
	contested := applystores.Store(name).WithStatus(applystores.StoreStatus().WithURL("http://elsewhere.example.com"))
	_, err := stores.ApplyStatus(t.Context(), contested, by("reviewer"))
	found := conflicts(t, err)
	if len(found) != 1 || !strings.HasPrefix(found[0], `.status.url: conflict with "`) {
		t.Errorf("the provisioner's own field, applied by another: %v", found)
	}
	// A reviewer who has no more to say takes the condition back.
	if _, err := stores.ApplyStatus(t.Context(), applystores.Store(name), by("reviewer")); err != nil {
		t.Fatal(err)
	}
	for _, condition := range get(t, name).Status.Conditions {
		if condition.Type == "Reviewed" {
			t.Errorf("the condition that its only owner gave up is still there: %+v", condition)
		}
	}
}
