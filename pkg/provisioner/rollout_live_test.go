package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// upToDate waits until a store is ready and has arrived at a revision.
func (b *bench) upToDate(name, revision string) *v1alpha1.Store {
	b.t.Helper()
	store := b.condition(name, v1alpha1.ConditionUpToDate, metav1.ConditionTrue, health.ReasonCurrent)
	if store.Status.EngineRevision != revision || !meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionReady) {
		b.t.Fatalf("store %s is up to date at %s: %+v; want it ready at %s", name, store.Status.EngineRevision, store.Status, revision)
	}
	return store
}

// old orders stores of an engine's first revision, with a provisioner that has no other.
func (b *bench) old(engine string, names []string) {
	b.t.Helper()
	before := b.provision(func(o *Options) { o.Catalogue = b.revisions(engine) })
	for _, name := range names {
		b.order(name, func(s *v1alpha1.Store) { s.Spec.Engine = engine })
	}
	for _, name := range names {
		b.ready(name)
		b.upToDate(name, "r1")
	}
	before.stop()
}

func named(prefix string) []string {
	var names []string
	for _, letter := range "abcdef" {
		names = append(names, prefix+"-"+string(letter))
	}
	return names
}

// TestRollout has a platform upgrade bring a new revision, with a change that the
// API server refuses to make in place, another bootstrap Job and one Secret more,
// and restarts the provisioner in the midst of it.
func TestRollout(t *testing.T) {
	b := newBench(t)
	const kind = "rolled"
	names := named("roll")
	b.old(kind, names)
	passwords := map[string]map[string][]byte{}
	for _, name := range names {
		passwords[name] = b.secret("store-"+name, "database").Data
	}
	recorded := b.watchMoves(kind)
	second := []edit{
		annotated(`revision.example.com/two: "yes"`),
		{"templates/database.yaml", "  serviceName: database\n", "  serviceName: database\n  podManagementPolicy: Parallel\n"},
		{"engine.yaml", "\nsecrets:\n", "\nsecrets:\n  - name: token\n    component: application\n    keys: [{key: token, length: 32}]\n"},
	}
	upgraded := func(o *Options) { o.Catalogue = b.revisions(kind, second) }
	first := b.provision(upgraded)
	b.eventually("a store at r2", func(ctx context.Context) (bool, string) {
		stores, err := b.stores.PlatformV1alpha1().Stores().List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err.Error()
		}
		for _, store := range stores.Items {
			if store.Spec.Engine == kind && store.Status.EngineRevision == "r2" {
				return true, ""
			}
		}
		return false, fmt.Sprintf("%d stores", len(stores.Items))
	})
	first.stop()
	// Events are told as well as may be: the last of a provisioner may die with it.
	untold := map[string]bool{}
	for _, name := range names {
		store, err := b.stores.PlatformV1alpha1().Stores().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		untold[name] = store.Status.EngineRevision == "r2"
	}
	b.provision(upgraded)
	for _, name := range names {
		store := b.eventuallyAt(name, "r2")
		if !untold[name] {
			b.told(store, "RevisionChanged")
		}
		b.isSecond(name)
		if diff := cmp.Diff(passwords[name], b.secret("store-"+name, "database").Data); diff != "" {
			t.Errorf("store %s has other passwords than before", name)
		}
	}
	recorded.stop()
	if recorded.most < 1 || recorded.most > 2 {
		t.Errorf("%d stores were moved at once, want one or two", recorded.most)
	}
}

// isSecond checks that a shop is of the second revision of TestRollout, all of it.
func (b *bench) isSecond(name string) {
	b.t.Helper()
	namespace := "store-" + name
	for _, pod := range b.pods(namespace, "application") {
		if pod.DeletionTimestamp == nil && pod.Annotations["revision.example.com/two"] != "yes" {
			b.t.Errorf("store %s is called up to date and pod %s is of the revision before", name, pod.Name)
		}
	}
	set, err := b.kube.AppsV1().StatefulSets(namespace).Get(b.t.Context(), "database", metav1.GetOptions{})
	if err != nil || set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement {
		b.t.Errorf("the StatefulSet of store %s is %s (%v), and was not made anew", name, set.Spec.PodManagementPolicy, err)
	}
	jobs, err := b.kube.BatchV1().Jobs(namespace).List(b.t.Context(), metav1.ListOptions{LabelSelector: labelComponent + "=bootstrap"})
	if err != nil || len(jobs.Items) != 1 || jobs.Items[0].Spec.Template.Annotations["revision.example.com/two"] != "yes" {
		b.t.Errorf("store %s has %d bootstrap Jobs (%v), want the second revision's", name, len(jobs.Items), err)
	}
	if len(b.secret(namespace, "token").Data["token"]) == 0 {
		b.t.Errorf("store %s lacks the Secret that came with the revision", name)
	}
}

func (b *bench) eventuallyAt(name, revision string) *v1alpha1.Store {
	b.t.Helper()
	b.eventually("store "+name+" at revision "+revision, func(ctx context.Context) (bool, string) {
		store, err := b.stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		return store.Status.EngineRevision == revision, fmt.Sprintf("%+v", store.Status)
	})
	return b.upToDate(name, revision)
}

// TestRolloutPauses has a revision with which shops crash: one is hit, the others
// go on as they are. Who is deleted meanwhile, or repaired, lets the next one go.
func TestRolloutPauses(t *testing.T) {
	b := newBench(t)
	const kind = "broken"
	names := named("pause")
	b.old(kind, names)
	recorded := b.watchMoves(kind)
	one := int32(1)
	p := b.provision(func(o *Options) {
		o.Catalogue = b.revisions(kind, []edit{annotated(`localcluster.example.io/fail: CrashLoopBackOff`)})
		o.Platform.Provisioning.MaxConcurrentRollouts = &one
	})
	first := b.paused(kind, names)
	b.told(first, "RolloutFailed")
	for _, name := range names {
		if name == first.Name {
			continue
		}
		store := b.ready(name)
		if store.Status.EngineRevision != "r1" {
			t.Errorf("store %s is at %s while the rollout is paused", name, store.Status.EngineRevision)
		}
		if writes := writesOf(p.requests.about(name, 0)); len(writes) > 3 {
			t.Errorf("store %s was to be left alone and was written to: %v", name, writes)
		}
	}
	b.remove(first.Name)
	names = slices.DeleteFunc(names, func(name string) bool { return name == first.Name })
	b.paused(kind, names)

	// Somebody repairs each shop that is hit; one after the other they arrive.
	for before := range names {
		b.eventually(fmt.Sprintf("another store at r2 beside %d", before), func(ctx context.Context) (bool, string) {
			arrived := 0
			for _, name := range names {
				b.repair(ctx, name)
				store, err := b.stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
				if err != nil {
					return false, err.Error()
				}
				if store.Status.EngineRevision == "r2" && meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionUpToDate) {
					arrived++
				}
			}
			return arrived > before, fmt.Sprintf("%d have arrived", arrived)
		})
	}
	recorded.stop()
	if recorded.most != 1 {
		t.Errorf("%d stores were moved at once, want one", recorded.most)
	}
}

// TestRolloutLeavesWhatItCannotRender has a revision that no store can be rendered
// with: none is moved, and none is stopped.
func TestRolloutLeavesWhatItCannotRender(t *testing.T) {
	b := newBench(t)
	const kind, name = "unrenderable", "unrendered"
	b.old(kind, []string{name})
	b.provision(func(o *Options) {
		o.Catalogue = b.revisions(kind, []edit{{"templates/_pod.tpl", "  content: mounted\n", `{{ fail "not like this" }}`}})
	})
	store := b.condition(name, v1alpha1.ConditionUpToDate, metav1.ConditionFalse, health.ReasonRolloutWaiting)
	said := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionUpToDate).Message
	if !strings.Contains(said, "not like this") || store.Status.EngineRevision != "r1" || store.Status.Phase != v1alpha1.StoreReady {
		t.Errorf("store is %s at %s: %s; want it ready at r1, and told why", store.Status.Phase, store.Status.EngineRevision, said)
	}
}

// paused waits until a rollout has come to rest, and returns the store that failed.
func (b *bench) paused(engine string, names []string) *v1alpha1.Store {
	b.t.Helper()
	var victim *v1alpha1.Store
	b.eventually("a paused rollout of engine "+engine, func(ctx context.Context) (bool, string) {
		victim = nil
		paused, seen := "", ""
		for _, name := range names {
			store, err := b.stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return false, err.Error()
			}
			found := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionUpToDate)
			if found == nil {
				return false, name + " has no condition"
			}
			seen += fmt.Sprintf("%s %s %s: %s\n", name, store.Status.Phase, found.Reason, found.Message)
			switch found.Reason {
			case health.ReasonRolloutFailed:
				victim = store
			case health.ReasonRolloutPaused:
				paused += found.Message
			}
		}
		return victim != nil && strings.Contains(paused, "store "+victim.Name+" failed on r2"), seen
	})
	b.told(victim, "RolloutFailed")
	return victim
}

// repair heals a shop's pods, which fails only while one is being replaced.
func (b *bench) repair(ctx context.Context, name string) {
	for _, component := range []string{"application", "bootstrap"} {
		for _, pod := range b.pods("store-"+name, component) {
			if pod.Annotations["localcluster.example.io/fail"] == "" || pod.DeletionTimestamp != nil {
				continue
			}
			if err := b.patch(ctx, corev1.SchemeGroupVersion.WithResource("pods"), pod.Namespace, pod.Name,
				`{"metadata":{"annotations":{"localcluster.example.io/fail":null}}}`); err != nil {
				b.t.Logf("repair pod %s: %v", pod.Name, err)
			}
		}
	}
}
