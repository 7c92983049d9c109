package e2e

import (
	"context"
	"errors"
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
