package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestPagesOfAMovingList deletes, creates and relabels between pages; together
// they are the list as it was when the first was read, however often a token is used.
func TestPagesOfAMovingList(t *testing.T) {
	t.Parallel()
	labelled := func(store *v1alpha1.Store) { store.Labels = map[string]string{"e2e": "moving"} }
	var want []string
	for i := range 6 {
		name := fmt.Sprintf("moving-%d", i)
		order(t, name, suspended, labelled)
		want = append(want, name)
	}
	options := metav1.ListOptions{LabelSelector: "e2e=moving", Limit: 2}
	first, err := stores.List(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := stores.Delete(t.Context(), "moving-3", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	untilGone(t, "moving-3")
	order(t, "moving-2-new", suspended, labelled)
	order(t, "moving-9-new", suspended, labelled)
	merge(t, "moving-4", `{"metadata":{"labels":{"e2e":"moved"}}}`)
	merge(t, "moving-5", `{"spec":{"displayName":"Later"}}`)
	for round := range 2 {
		got, versions, page := namesOf(first), []string{first.ResourceVersion}, first
		for page.Continue != "" {
			options.Continue = page.Continue
			if page, err = stores.List(t.Context(), options); err != nil {
				t.Fatal(err)
			}
			got, versions = append(got, namesOf(page)...), append(versions, page.ResourceVersion)
			for _, store := range page.Items {
				if store.Name == "moving-5" && store.Spec.DisplayName != "" {
					t.Error("a page shows a change that came after the first")
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d (-want +got):\n%s", round, diff)
		}
		if len(slices.Compact(versions)) != 1 {
			t.Errorf("round %d is of versions %v, want one", round, versions)
		}
	}
	// Another selector on the way goes on where the token says, with what it selects.
	options.Continue, options.LabelSelector = first.Continue, "e2e=moved"
	page, err := stores.List(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if names := namesOf(page); len(names) != 0 {
		t.Errorf("at the first page's version nothing had moved, but %v", names)
	}
}

// TestDeleteMany deletes collections with stores in it that may not go yet.
func TestDeleteMany(t *testing.T) {
	t.Parallel()
	labelled := func(store *v1alpha1.Store) { store.Labels = map[string]string{"e2e": "many"} }
	order(t, "many-held", suspended, labelled, func(s *v1alpha1.Store) { s.Finalizers = []string{testFinalizer} })
	order(t, "many-medusa", suspended, labelled, func(s *v1alpha1.Store) { s.Spec.Engine = "medusa" })
	order(t, "many-protected", suspended, labelled, func(s *v1alpha1.Store) { s.Spec.DeletionProtection = true })
	order(t, "many-spared", suspended)
	remove := func(field string, changes ...func(*metav1.DeleteOptions)) error {
		options := metav1.DeleteOptions{}
		for _, change := range changes {
			change(&options)
		}
		return stores.DeleteCollection(t.Context(), options, metav1.ListOptions{LabelSelector: "e2e=many", FieldSelector: field})
	}
	going := func() (names []string) {
		list, err := stores.List(t.Context(), metav1.ListOptions{LabelSelector: "e2e=many"})
		if err != nil {
			t.Fatal(err)
		}
		for _, store := range list.Items {
			if store.DeletionTimestamp != nil {
				names = append(names, store.Name)
			}
		}
		return names
	}
	if err := remove("spec.engine=medusa", func(o *metav1.DeleteOptions) { o.DryRun = []string{metav1.DryRunAll} }); err != nil || len(going()) != 0 {
		t.Errorf("a dry run gives %v and deletes %v", err, going())
	}
	if err := refusedWith(http.StatusConflict, remove("spec.engine=medusa", func(o *metav1.DeleteOptions) { o.Preconditions = metav1.NewRVDeletionPrecondition("1").Preconditions })); err != nil || len(going()) != 0 {
		t.Errorf("preconditions that fail give %v and delete %v", err, going())
	}
	if err := remove("spec.engine=medusa", func(o *metav1.DeleteOptions) {
		foreground := metav1.DeletePropagationForeground
		o.PropagationPolicy = &foreground
	}); err != nil {
		t.Error(err)
	}
	untilGone(t, "many-medusa")
	// All are tried, and what is refused is told.
	expect(t, remove(""), refusedByPolicy)
	until(t, "many-held", "is going", func(s *v1alpha1.Store) bool { return s.DeletionTimestamp != nil })
	if err := remove("metadata.name!=many-protected"); err != nil {
		t.Errorf("to delete again what is going gives %v", err)
	}
	if diff := cmp.Diff([]string{"many-held"}, going()); diff != "" {
		t.Errorf("going (-want +got):\n%s", diff)
	}
	merge(t, "many-held", `{"metadata":{"finalizers":null}}`)
	untilGone(t, "many-held")
	merge(t, "many-protected", `{"spec":{"deletionProtection":false}}`)
	if err := remove(""); err != nil {
		t.Error(err)
	}
	untilGone(t, "many-protected")
	if spared := get(t, "many-spared"); spared.DeletionTimestamp != nil {
		t.Error("a store that was not selected is deleted")
	}
}
