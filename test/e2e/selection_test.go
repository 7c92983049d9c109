package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

func namesOf(list *v1alpha1.StoreList) []string {
	names := []string{}
	for _, store := range list.Items {
		names = append(names, store.Name)
	}
	return names
}

// TestFieldSelectors selects by every field of a Store that can be selected,
// from kube-apiserver, from the cache, in pages and at a version.
func TestFieldSelectors(t *testing.T) {
	t.Parallel()
	labelled := func(store *v1alpha1.Store) { store.Labels = map[string]string{"e2e": "fields"} }
	order(t, "fields-a", suspended, labelled, func(s *v1alpha1.Store) { s.Spec.Plan = "business" })
	order(t, "fields-b", suspended, labelled, func(s *v1alpha1.Store) { s.Spec.Engine = "medusa" })
	order(t, "fields-c", suspended, labelled, func(s *v1alpha1.Store) { s.Finalizers = []string{testFinalizer} })
	for _, name := range []string{"fields-a", "fields-b", "fields-c"} {
		untilSettled(t, name)
	}
	if err := stores.Delete(t.Context(), "fields-c", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	defer merge(t, "fields-c", `{"metadata":{"finalizers":null}}`)
	until(t, "fields-c", "says that it goes", func(s *v1alpha1.Store) bool { return s.Status.Phase == v1alpha1.StoreTerminating })
	eventually(t, "the cache has seen it", func(ctx context.Context) error {
		list, err := stores.List(ctx, metav1.ListOptions{ResourceVersion: "0", FieldSelector: "metadata.name=fields-c"})
		if err == nil && (len(list.Items) != 1 || list.Items[0].Status.Phase != v1alpha1.StoreTerminating) {
			return errors.New("it has not")
		}
		return err
	})
	all := []string{"fields-a", "fields-b", "fields-c"}
	for _, c := range []struct {
		field string
		want  []string
	}{
		{field: "", want: all},
		{field: "metadata.name=fields-b", want: []string{"fields-b"}},
		{field: "metadata.name==fields-b", want: []string{"fields-b"}},
		{field: "metadata.name!=fields-b", want: []string{"fields-a", "fields-c"}},
		{field: "metadata.name=fields-a,metadata.name=fields-b", want: []string{}},
		{field: "spec.engine=medusa", want: []string{"fields-b"}},
		{field: "spec.engine!=medusa", want: []string{"fields-a", "fields-c"}},
		{field: "spec.engine=", want: []string{}},
		{field: "spec.engine!=", want: all},
		{field: "spec.engine=Medusa", want: []string{}},
		{field: "spec.plan==business", want: []string{"fields-a"}},
		{field: "spec.plan!=business,spec.engine!=medusa", want: []string{"fields-c"}},
		{field: "status.phase=Terminating", want: []string{"fields-c"}},
		{field: "status.phase!=Terminating", want: []string{"fields-a", "fields-b"}},
		{field: "status.phase=Suspended,spec.plan=business,metadata.name=fields-a", want: []string{"fields-a"}},
	} {
		t.Run(c.field, func(t *testing.T) {
			current, err := stores.List(t.Context(), metav1.ListOptions{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			for how, options := range map[string]metav1.ListOptions{
				"newest":       {},
				"cached":       {ResourceVersion: "0"},
				"not older":    {ResourceVersion: current.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan},
				"exact":        {ResourceVersion: current.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact},
				"pages of one": {Limit: 1},
				"pages of two": {Limit: 2},
			} {
				options.FieldSelector, options.LabelSelector = c.field, "e2e=fields"
				got := []string{}
				for first := true; first || options.Continue != ""; first = false {
					page, err := stores.List(t.Context(), options)
					if err != nil {
						t.Fatalf("%s: %v", how, err)
					}
					got = append(got, namesOf(page)...)
					options.Continue = page.Continue
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", how, diff)
				}
			}
		})
	}
	for _, field := range []string{"spec.suspend=true", "status.url!=x", "metadata.namespace=default", "spec.engine", "spec.engine>medusa", "kind=Store"} {
		for what, do := range map[string]func(metav1.ListOptions) error{
			"list": func(o metav1.ListOptions) error { _, err := stores.List(t.Context(), o); return err },
			"watch": func(o metav1.ListOptions) error {
				w, err := stores.Watch(t.Context(), o)
				if err == nil {
					w.Stop()
				}
				return err
			},
			"delete": func(o metav1.ListOptions) error {
				o.LabelSelector = "e2e=nothing-has-this"
				return stores.DeleteCollection(t.Context(), metav1.DeleteOptions{}, o)
			},
		} {
			if err := do(metav1.ListOptions{FieldSelector: field}); !apierrors.IsBadRequest(err) {
				t.Errorf("a %s by %q gives %v, want a bad request", what, field, err)
			}
		}
	}
	_, err := stores.List(t.Context(), metav1.ListOptions{FieldSelector: "spec.suspend=true"})
	for _, field := range []string{"spec.suspend", "metadata.name", "spec.engine", "spec.plan", "status.phase"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("the refusal of spec.suspend does not speak of %s: %v", field, err)
		}
	}
}

// TestWatchOfAPhase watches the stores of a phase: one that reaches it is added
// and one that leaves it is deleted, with the version of the change.
func TestWatchOfAPhase(t *testing.T) {
	t.Parallel()
	labelled := func(store *v1alpha1.Store) { store.Labels = map[string]string{"e2e": "phase"} }
	w, err := stores.Watch(t.Context(), metav1.ListOptions{LabelSelector: "e2e=phase", FieldSelector: "status.phase=Suspended"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	next := func(kind watch.EventType) *v1alpha1.Store {
		t.Helper()
		for event := range w.ResultChan() {
			store, ok := event.Object.(*v1alpha1.Store)
			if !ok {
				t.Fatalf("%s of %v", event.Type, event.Object)
			}
			if event.Type == watch.Modified && kind != watch.Modified {
				continue // how often it is written while it is suspended is not the question
			}
			if event.Type != kind {
				t.Fatalf("%s of %s in phase %s, want %s", event.Type, store.Name, store.Status.Phase, kind)
			}
			return store
		}
		t.Fatal("the watch ended")
		return nil
	}
	created := order(t, "phase", suspended, labelled)
	if added := next(watch.Added); added.Status.Phase != v1alpha1.StoreSuspended || added.ResourceVersion == created.ResourceVersion {
		t.Errorf("added is a store of phase %s at version %s", added.Status.Phase, added.ResourceVersion)
	}
	merge(t, "phase", `{"spec":{"suspend":false}}`)
	left := next(watch.Deleted)
	if left.Status.Phase != v1alpha1.StoreSuspended || left.Name != "phase" {
		t.Errorf("what left the selection is told in phase %s, want as it was in it", left.Status.Phase)
	}
	if current := get(t, "phase"); current.DeletionTimestamp != nil {
		t.Error("a store that left a selection is being deleted")
	}
	merge(t, "phase", `{"spec":{"suspend":true}}`)
	next(watch.Added)
}

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
