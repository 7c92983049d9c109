package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// kept fails the test if anything acknowledged is not there. It waits for an answer
// only: what was acknowledged must be there in the first.
func kept(t testing.TB, p *platform, promises []*promise) {
	t.Helper()
	var list *v1alpha1.StoreList
	eventually(t, "stores are listed", func(ctx context.Context) (err error) {
		list, err = p.stores.List(ctx, metav1.ListOptions{})
		return err
	})
	found := map[string]*v1alpha1.Store{}
	for i := range list.Items {
		found[list.Items[i].Name] = &list.Items[i]
	}
	for _, promise := range promises {
		store := found[promise.name]
		delete(found, promise.name)
		switch {
		case promise.gone:
			if store != nil && store.DeletionTimestamp == nil {
				t.Errorf("%s was deleted, and lives", promise.name)
			}
		case store == nil:
			t.Errorf("%s was ordered, and is not there", promise.name)
		case store.DeletionTimestamp != nil:
			t.Errorf("%s is being deleted, and nobody asked for it", promise.name)
		case store.UID != promise.uid:
			t.Errorf("%s had uid %s, and has %s", promise.name, promise.uid, store.UID)
		case text(store.Spec) != text(promise.want):
			t.Errorf("%s has spec %s, acknowledged was %s", promise.name, text(store.Spec), text(promise.want))
		case store.Generation < promise.generation:
			t.Errorf("%s has generation %d, acknowledged was %d", promise.name, store.Generation, promise.generation)
		}
	}
	for name := range found {
		t.Errorf("%s is there, and nobody ordered it", name)
	}
}

// converged waits until everything is as the promises say.
func converged(t testing.TB, p *platform, secrets *sightings, promises []*promise) {
	t.Helper()
	kube := kubernetes.NewForConfigOrDie(p.own.RESTConfig())
	resources := namespaced(t, kube.Discovery())
	eventually(t, "everything is as was asked for", func(ctx context.Context) error {
		list, err := p.stores.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		exists, deleted := map[string]bool{}, map[string]bool{}
		for _, promise := range promises {
			exists[promise.name] = !promise.gone
			deleted[v1alpha1.NamespacePrefix+promise.name] = promise.gone
		}
		var problems []error
		for i := range list.Items {
			if store := &list.Items[i]; !exists[store.Name] {
				problems = append(problems, fmt.Errorf("%s still exists: %s", store.Name, conditions(store)))
			} else if err := unsettled(store); err != nil {
				problems = append(problems, err)
			}
		}
		namespaces, err := kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, namespace := range namespaces.Items {
			name, ours := strings.CutPrefix(namespace.Name, v1alpha1.NamespacePrefix)
			if ours && namespace.Name != platformNamespace && !exists[name] {
				problems = append(problems, fmt.Errorf("namespace %s still exists", namespace.Name))
			}
		}
		if len(problems) > 0 { // looking closer would only add to them
			return errors.Join(problems...)
		}
		if err := labels(ctx, p.own.RESTConfig(), resources, exists); err != nil {
			return err
		}
		for i := range list.Items {
			problems = append(problems, truthful(ctx, kube, &list.Items[i]))
		}
		all, err := kube.CoreV1().Secrets("").List(ctx, metav1.ListOptions{LabelSelector: v1alpha1.LabelStore})
		if err != nil {
			return err
		}
		for _, problem := range secrets.check(all.Items, deleted) {
			problems = append(problems, errors.New(problem))
		}
		return errors.Join(problems...)
	})
}

// unsettled says why a store is not as its spec says, by its own account.
func unsettled(store *v1alpha1.Store) error {
	status := store.Status
	phase, ready := v1alpha1.StoreReady, metav1.ConditionTrue
	if store.Spec.Suspend {
		phase, ready = v1alpha1.StoreSuspended, metav1.ConditionFalse
	}
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s (%s)", store.Name, fmt.Sprintf(format, args...), conditions(store))
	}
	if status.ObservedGeneration != store.Generation {
		return fail("generation %d of %d is observed", status.ObservedGeneration, store.Generation)
	}
	if status.Phase != phase {
		return fail("phase is %s, want %s", status.Phase, phase)
	}
	for condition, want := range map[string]metav1.ConditionStatus{
		v1alpha1.ConditionReady: ready, v1alpha1.ConditionReconciling: metav1.ConditionFalse, v1alpha1.ConditionStalled: metav1.ConditionFalse,
		v1alpha1.ConditionResourcesApplied: metav1.ConditionTrue,
	} {
		if found := meta.FindStatusCondition(status.Conditions, condition); found == nil || found.Status != want {
			return fail("%s is not %s", condition, want)
		}
	}
	for _, condition := range status.Conditions {
		if condition.ObservedGeneration != store.Generation {
			return fail("%s speaks of generation %d of %d", condition.Type, condition.ObservedGeneration, store.Generation)
		}
	}
	// A store that was suspended before it ran has never run any version.
	if !store.Spec.Suspend && status.EngineVersion != store.Spec.Version {
		return fail("it says it runs version %q, and %q is wanted", status.EngineVersion, store.Spec.Version)
	}
	return nil
}

func conditions(store *v1alpha1.Store) string {
	parts := []string{string(store.Status.Phase)}
	for _, condition := range store.Status.Conditions {
		if condition.Type == v1alpha1.ConditionReady || condition.Status == metav1.ConditionFalse {
			parts = append(parts, fmt.Sprintf("%s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message))
		}
	}
	return strings.Join(parts, "; ")
}
