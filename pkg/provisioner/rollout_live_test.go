package provisioner

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"platform.example.io/stores/charts"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
)

// revisions installs an engine of a name that is WooCommerce as it is built in,
// and, for each of the texts, a later revision whose pods have it as an
// annotation more.
func (b *bench) revisions(name string, annotations ...string) *engine.Catalogue {
	b.t.Helper()
	directory := b.t.TempDir()
	for i, annotation := range append([]string{""}, annotations...) {
		to := filepath.Join(directory, name, fmt.Sprintf("r%d", i+1))
		if err := os.CopyFS(to, must(fs.Sub(charts.Files, "engines/woocommerce/r1"))); err != nil {
			b.t.Fatal(err)
		}
		if annotation == "" {
			continue
		}
		pod := filepath.Join(to, "templates/_pod.tpl")
		text := string(must(os.ReadFile(pod)))
		changed := strings.Replace(text, "\nannotations:\n", "\nannotations:\n  "+annotation+"\n", 1)
		if changed == text {
			b.t.Fatal("the chart has no annotations of pods to add to")
		}
		if err := os.WriteFile(pod, []byte(changed), 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	return must(engine.Load(charts.Files, directory))
}

// moves records how many of an engine's stores are being moved at once.
type moves struct {
	most int
	stop func()
}

// watchMoves records until stop is called, which waits for the last of what was seen.
func (b *bench) watchMoves(engine string) *moves {
	b.t.Helper()
	stores := b.stores.PlatformV1alpha1().Stores()
	seen, err := stores.List(b.t.Context(), metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	watched, err := stores.Watch(b.t.Context(), metav1.ListOptions{ResourceVersion: seen.ResourceVersion})
	if err != nil {
		b.t.Fatal(err)
	}
	m, done := &moves{}, make(chan struct{})
	go func() {
		defer close(done)
		moving := map[string]bool{}
		for event := range watched.ResultChan() {
			store, ok := event.Object.(*v1alpha1.Store)
			if !ok || store.Spec.Engine != engine {
				continue
			}
			delete(moving, store.Name)
			if event.Type != watch.Deleted && health.Moving(store) {
				moving[store.Name] = true
			}
			m.most = max(m.most, len(moving))
		}
	}()
	m.stop = func() { watched.Stop(); <-done }
	b.t.Cleanup(m.stop)
	return m
}

// upToDate waits until a store is ready and has arrived at a revision.
func (b *bench) upToDate(name, revision string) *v1alpha1.Store {
	b.t.Helper()
	store := b.condition(name, v1alpha1.ConditionUpToDate, metav1.ConditionTrue, ReasonCurrent)
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

// TestRollout has a platform upgrade bring a new revision, and restarts the
// provisioner in the midst of it.
func TestRollout(t *testing.T) {
	b := newBench(t)
	const kind = "rolled"
	names := named("roll")
	b.old(kind, names)
	recorded := b.watchMoves(kind)
	upgraded := func(o *Options) { o.Catalogue = b.revisions(kind, `revision.example.com/two: "yes"`) }
	first := b.provision(upgraded)
	b.eventually("a store at r2", func(ctx context.Context) (bool, string) {
		store, err := b.stores.PlatformV1alpha1().Stores().Get(ctx, names[0], metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		others, err := b.stores.PlatformV1alpha1().Stores().List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err.Error()
		}
		for _, other := range others.Items {
			if other.Spec.Engine == kind && other.Status.EngineRevision == "r2" {
				return true, ""
			}
		}
		return false, fmt.Sprintf("%+v", store.Status)
	})
	first.stop()
	b.provision(upgraded)
	for _, name := range names {
		store := b.eventuallyAt(name, "r2")
		b.told(store, "RevisionChanged")
		for _, pod := range b.pods("store-"+name, "application") {
			if pod.DeletionTimestamp == nil && pod.Annotations["revision.example.com/two"] != "yes" {
				t.Errorf("store %s is called up to date and pod %s is of the revision before", name, pod.Name)
			}
		}
	}
	recorded.stop()
	if recorded.most < 1 || recorded.most > 2 {
		t.Errorf("%d stores were moved at once, want one or two", recorded.most)
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
// go on as they are until somebody repairs it.
func TestRolloutPauses(t *testing.T) {
	b := newBench(t)
	const kind = "broken"
	names := named("pause")
	b.old(kind, names)
	recorded := b.watchMoves(kind)
	one := int32(1)
	p := b.provision(func(o *Options) {
		o.Catalogue = b.revisions(kind, `localcluster.example.io/fail: CrashLoopBackOff`)
		o.Platform.Provisioning.MaxConcurrentRollouts = &one
	})
	victim := b.paused(kind, names)
	for _, name := range names {
		if name == victim {
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
	// Somebody repairs each shop that is hit; one after the other they arrive.
	b.eventually("every store at r2", func(ctx context.Context) (bool, string) {
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
		return arrived == len(names), fmt.Sprintf("%d have arrived", arrived)
	})
	recorded.stop()
	if recorded.most != 1 {
		t.Errorf("%d stores were moved at once, want one", recorded.most)
	}
}

// paused waits until a rollout has come to rest, and returns the store that failed.
func (b *bench) paused(engine string, names []string) string {
	b.t.Helper()
	victim := ""
	b.eventually("a paused rollout of engine "+engine, func(ctx context.Context) (bool, string) {
		victim = ""
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
			case health.ReasonRolloutRunning:
				if store.Status.Phase == v1alpha1.StoreDegraded {
					victim = name
				}
			case ReasonRolloutPaused:
				paused = found.Message
			}
		}
		return victim != "" && strings.Contains(paused, "store "+victim+" failed on r2"), seen
	})
	return victim
}

// repair heals a shop's pods, which fails only while one is being replaced.
func (b *bench) repair(ctx context.Context, name string) {
	for _, component := range []string{"application", "database", "cache", "bootstrap"} {
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
