package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/clock"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

func (b *bench) ready(name string) *v1alpha1.Store {
	b.t.Helper()
	return b.condition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, health.ReasonReady)
}

func (b *bench) phase(name string, want v1alpha1.StorePhase) *v1alpha1.Store {
	b.t.Helper()
	return b.until(name, "phase "+string(want), func(store *v1alpha1.Store) bool {
		return store.Status.Phase == want && store.Status.ObservedGeneration == store.Generation
	})
}

func (b *bench) pods(namespace, component string) []corev1.Pod {
	b.t.Helper()
	pods, err := b.kube.CoreV1().Pods(namespace).List(b.t.Context(), metav1.ListOptions{
		LabelSelector: labels.SelectorFromSet(labels.Set{labelComponent: component}).String()})
	if err != nil {
		b.t.Fatal(err)
	}
	return pods.Items
}

// configMap returns the name, which ends in a hash of the content, of a shop's ConfigMap.
func (b *bench) configMap(namespace, plain string) string {
	b.t.Helper()
	found, err := b.kube.CoreV1().ConfigMaps(namespace).List(b.t.Context(), metav1.ListOptions{LabelSelector: v1alpha1.LabelStore})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, configMap := range found.Items {
		if strings.HasPrefix(configMap.Name, plain+"-") {
			return configMap.Name
		}
	}
	b.t.Fatalf("namespace %s has no ConfigMap %s", namespace, plain)
	return ""
}

// TestSuspendAndResume keeps claims and Secrets through a rest.
func TestSuspendAndResume(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	b.order("rest", nil)
	first := b.ready("rest")
	const namespace = "store-rest"
	held := func() []string {
		var held []string
		claims, err := b.kube.CoreV1().PersistentVolumeClaims(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, claim := range claims.Items {
			held = append(held, "claim "+string(claim.UID))
		}
		secrets, err := b.kube.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets.Items {
			held = append(held, fmt.Sprintf("secret %s %v", secret.UID, secret.Data))
		}
		slices.Sort(held)
		return held
	}
	before := held()

	b.edit("rest", func(s *v1alpha1.StoreSpec) { s.Suspend = true })
	b.phase("rest", v1alpha1.StoreSuspended)
	if pods := slices.Concat(b.pods(namespace, "application"), b.pods(namespace, "database")); len(pods) > 0 {
		t.Errorf("%d pods run on", len(pods))
	}
	b.edit("rest", func(s *v1alpha1.StoreSpec) { s.Suspend = false })
	again := b.ready("rest")
	if diff := cmp.Diff(before, held()); diff != "" {
		t.Errorf("data was not kept (-before +after):\n%s", diff)
	}
	if !again.Status.ReadyTime.Equal(first.Status.ReadyTime) {
		t.Error("readyTime is when the store was ready first, and moved")
	}
}

// TestDegradedAndBack breaks a pod of a shop that is ready, and repairs it.
func TestDegradedAndBack(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	b.order("degrade", nil)
	b.ready("degrade")
	const namespace = "store-degrade"
	fail := func(why string) {
		t.Helper()
		for _, pod := range b.pods(namespace, "application") {
			if err := b.patch(t.Context(), corev1.SchemeGroupVersion.WithResource("pods"), namespace, pod.Name,
				`{"metadata":{"annotations":{"localcluster.example.io/fail":`+why+`}}}`); err != nil {
				t.Fatal(err)
			}
		}
	}
	fail(`"CrashLoopBackOff"`)
	store := b.phase("degrade", v1alpha1.StoreDegraded)
	b.condition("degrade", v1alpha1.ConditionApplicationReady, metav1.ConditionFalse, health.ReasonCrashLoop)
	b.condition("degrade", v1alpha1.ConditionReconciling, metav1.ConditionTrue, health.ReasonRecovering)
	b.told(store, "Degraded")
	fail(`null`)
	b.ready("degrade")
}

// told waits for an Event on a store.
func (b *bench) told(store *v1alpha1.Store, reason string) {
	b.t.Helper()
	b.eventually("Event "+reason, func(ctx context.Context) (bool, string) {
		events, err := b.kube.EventsV1().Events(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{FieldSelector: "regarding.uid=" + string(store.UID)})
		if err != nil {
			return false, err.Error()
		}
		var seen []string
		for _, event := range events.Items {
			seen = append(seen, event.Reason)
		}
		return slices.Contains(seen, reason), fmt.Sprint(seen)
	})
}

// TestTimeout has a store whose volumes never come, and then come.
func TestTimeout(t *testing.T) {
	b := newBench(t)
	platform := unasked()
	platform.Provisioning.Timeout.Duration = time.Second
	platform.Storage.ClassName = "late"
	b.provision(func(o *Options) { o.Platform = platform })
	store := b.order("late", nil)
	b.condition("late", v1alpha1.ConditionStalled, metav1.ConditionTrue, health.ReasonTimedOut)
	b.phase("late", v1alpha1.StoreFailed)
	b.condition("late", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonClaimPending)
	b.told(store, "ProvisioningFailed")

	for _, name := range []string{"late-1", "late-2"} {
		b.volume(name, "late")
	}
	b.ready("late")
}

// volume makes a volume that a claim of a class can have.
func (b *bench) volume(name, class string) {
	b.t.Helper()
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeSpec{
			StorageClassName:       class,
			AccessModes:            []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Capacity:               corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("5Gi")},
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/volumes/" + name}},
		},
	}
	if _, err := b.kube.CoreV1().PersistentVolumes().Create(b.t.Context(), volume, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := b.kube.CoreV1().PersistentVolumes().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			b.t.Error(err)
		}
	})
}

// TestChange changes plan, size, version and hosts of a shop that is ready.
func TestChange(t *testing.T) {
	b := newBench(t)
	p := b.provision(nil)
	b.order("change", func(s *v1alpha1.Store) { s.Spec.Version = "10.8.0" })
	first := b.ready("change")
	const namespace = "store-change"
	if first.Status.EngineVersion != "10.8.0" {
		t.Errorf("engineVersion is %q", first.Status.EngineVersion)
	}
	size := resource.MustParse("30Gi")
	b.edit("change", func(s *v1alpha1.StoreSpec) {
		s.Version, s.Plan, s.Hosts = "10.9.4", "business", []string{"shop.example.com"}
		s.Storage = []v1alpha1.VolumeStorage{{Name: "database", VolumeSize: &size}}
	})
	changed := b.ready("change")
	if changed.Status.EngineVersion != "10.9.4" {
		t.Errorf("engineVersion is %q", changed.Status.EngineVersion)
	}
	checkAsRendered(t, p, changed)
	jobs, err := b.kube.BatchV1().Jobs(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: labelComponent + "=bootstrap"})
	if err != nil || len(jobs.Items) != 1 {
		t.Errorf("%d bootstrap Jobs are left (%v), want the new one", len(jobs.Items), err)
	}

	// Back to the smaller plan: the volumes stay as large as they are.
	b.edit("change", func(s *v1alpha1.StoreSpec) { s.Plan, s.Storage = "starter", nil })
	b.ready("change")
	claim, err := b.kube.CoreV1().PersistentVolumeClaims(namespace).Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil || claim.Spec.Resources.Requests.Storage().Cmp(size) != 0 {
		t.Errorf("the claim asks for %s (%v), want %s", claim.Spec.Resources.Requests.Storage(), err, size.String())
	}

	// And can be larger: the quota counts what they have, not what the plan would give them.
	size = resource.MustParse("31Gi")
	b.edit("change", func(s *v1alpha1.StoreSpec) {
		s.Storage = []v1alpha1.VolumeStorage{{Name: "database", VolumeSize: &size}}
	})
	b.ready("change")
	claim, err = b.kube.CoreV1().PersistentVolumeClaims(namespace).Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil || claim.Spec.Resources.Requests.Storage().Cmp(size) != 0 {
		t.Errorf("the claim asks for %s (%v), want %s", claim.Spec.Resources.Requests.Storage(), err, size.String())
	}
}

// TestHostConflict has two stores with one host: the older keeps it, and when it
// lets go the other has it.
func TestHostConflict(t *testing.T) {
	b := newBench(t)
	const host = "wanted.example.com"
	wanting := func(s *v1alpha1.Store) { s.Spec.Hosts = []string{host} }
	b.order("host-a", wanting)
	b.order("host-b", wanting)
	b.provision(nil)
	b.condition("host-b", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, health.ReasonHostConflict)
	b.condition("host-a", v1alpha1.ConditionRouteReady, metav1.ConditionTrue, health.ReasonReady)
	routed := func(name string) []string {
		t.Helper()
		ingress, err := b.kube.NetworkingV1().Ingresses("store-"+name).Get(t.Context(), "store", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var hosts []string
		for _, rule := range ingress.Spec.Rules {
			hosts = append(hosts, rule.Host)
		}
		return hosts
	}
	if diff := cmp.Diff([]string{"host-b.localtest.me"}, routed("host-b")); diff != "" {
		t.Errorf("hosts of the younger store (-want +got):\n%s", diff)
	}
	b.edit("host-a", func(s *v1alpha1.StoreSpec) { s.Hosts = nil })
	b.condition("host-b", v1alpha1.ConditionRouteReady, metav1.ConditionTrue, health.ReasonReady)
	b.eventually("the host goes to the other store", func(context.Context) (bool, string) {
		hosts := routed("host-b")
		return slices.Contains(hosts, host), fmt.Sprint(hosts)
	})
}

// lateClock is a clock some time ahead.
type lateClock struct {
	clock.RealClock
	ahead time.Duration
}

func (c lateClock) Now() time.Time                  { return c.RealClock.Now().Add(c.ahead) }
func (c lateClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// TestDeletionIsExplained holds a store by a finalizer for longer than patience.
func TestDeletionIsExplained(t *testing.T) {
	b := newBench(t)
	b.provision(func(o *Options) { o.Clock = lateClock{ahead: 2 * health.DeletionPatience} })
	store := b.order("going", func(s *v1alpha1.Store) { s.Finalizers = []string{"backup.example.io/last"} })
	b.applied("going")
	if err := b.stores.PlatformV1alpha1().Stores().Delete(t.Context(), "going", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.condition("going", v1alpha1.ConditionReady, metav1.ConditionFalse, health.ReasonFinalizersRemain)
	b.phase("going", v1alpha1.StoreTerminating)
	b.told(store, "DeletionStarted")
	if err := b.patch(t.Context(), v1alpha1.SchemeGroupVersion.WithResource("stores"), "", "going", `{"metadata":{"finalizers":null}}`); err != nil {
		t.Fatal(err)
	}
}
