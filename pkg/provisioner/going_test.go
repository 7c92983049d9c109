package provisioner

import (
	"context"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

const keeper = "backup.example.io/last"

// deleteBoth deletes a store, which a finalizer keeps, and its namespace. Served by
// the platform the two are one object; here they are two.
func (b *bench) deleteBoth(name string) {
	b.t.Helper()
	if err := b.stores.PlatformV1alpha1().Stores().Delete(b.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		b.t.Fatal(err)
	}
	if err := b.kube.CoreV1().Namespaces().Delete(b.t.Context(), v1alpha1.NamespacePrefix+name, metav1.DeleteOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) letGo(name string) {
	b.t.Helper()
	if err := b.patch(b.t.Context(), v1alpha1.SchemeGroupVersion.WithResource("stores"), "", name, `{"metadata":{"finalizers":null}}`); err != nil && !apierrors.IsNotFound(err) {
		b.t.Fatal(err)
	}
}

func (b *bench) namespaceGone(name string) {
	b.t.Helper()
	b.eventually("namespace of "+name+" is gone", func(ctx context.Context) (bool, string) {
		found, err := b.kube.CoreV1().Namespaces().Get(ctx, v1alpha1.NamespacePrefix+name, metav1.GetOptions{})
		if err != nil {
			return apierrors.IsNotFound(err), err.Error()
		}
		return false, string(found.Status.Phase)
	})
}

// TestDeletionThatHangs leaves something in a namespace that does not go, and says
// what and for whom it waits.
func TestDeletionThatHangs(t *testing.T) {
	b := newBench(t)
	b.provision(func(o *Options) { o.Clock = lateClock{ahead: 2 * health.DeletionPatience} })
	b.order("hangs", func(s *v1alpha1.Store) { s.Finalizers = []string{keeper} })
	b.applied("hangs")
	const namespace = "store-hangs"
	kept := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept", Finalizers: []string{keeper}}}
	if _, err := b.kube.CoreV1().ConfigMaps(namespace).Create(t.Context(), kept, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.deleteBoth("hangs")
	// The namespace of the CRD's store tells its changes to nobody: the store is touched.
	store := b.explained("hangs", health.ReasonContentRemains)
	condition := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady)
	if !strings.Contains(condition.Message, keeper) {
		t.Errorf("the message does not say whose finalizer it is: %s", condition.Message)
	}
	if err := b.patch(t.Context(), configMaps, namespace, "kept", `{"metadata":{"finalizers":null}}`); err != nil {
		t.Fatal(err)
	}
	b.namespaceGone("hangs")
	b.letGo("hangs")
}

// explained touches a store until the deletion of its namespace is explained.
func (b *bench) explained(name, reason string) *v1alpha1.Store {
	b.t.Helper()
	var store *v1alpha1.Store
	b.eventually("deletion of "+name+" is explained by "+reason, func(ctx context.Context) (bool, string) {
		found, err := b.stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		store = found
		if ready := meta.FindStatusCondition(found.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Reason == reason {
			return true, ""
		}
		touched := metav1.Now().UTC().Format("15-04-05.000000")
		err = b.patch(ctx, v1alpha1.SchemeGroupVersion.WithResource("stores"), "", name, `{"metadata":{"labels":{"touched":"`+touched+`"}}}`)
		if err != nil {
			return false, err.Error()
		}
		return false, found.Status.String()
	})
	return store
}

var apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}

// TestDeletionIsBlocked has an API service of the cluster be down, which stops
// every deletion of a namespace.
func TestDeletionIsBlocked(t *testing.T) {
	b := newBench(t)
	b.provision(func(o *Options) { o.Clock = lateClock{ahead: 2 * health.DeletionPatience} })
	b.order("blocked", func(s *v1alpha1.Store) { s.Finalizers = []string{keeper} })
	b.applied("blocked")
	down := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
		"metadata": map[string]any{"name": "v1.down.example.io"},
		"spec": map[string]any{
			"group": "down.example.io", "version": "v1", "groupPriorityMinimum": int64(100), "versionPriority": int64(100),
			"insecureSkipTLSVerify": true, "service": map[string]any{"name": "absent", "namespace": "default"},
		},
	}}
	if _, err := b.dyn.Resource(apiServices).Create(t.Context(), down, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	remove := func() {
		err := b.dyn.Resource(apiServices).Delete(context.WithoutCancel(t.Context()), down.GetName(), metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
	t.Cleanup(remove)
	b.eventually("discovery fails", func(context.Context) (bool, string) {
		_, err := b.kube.Discovery().ServerPreferredResources()
		return err != nil, "discovery is whole"
	})
	b.deleteBoth("blocked")
	b.explained("blocked", health.ReasonDeletionBlocked)
	b.condition("blocked", v1alpha1.ConditionStalled, metav1.ConditionTrue, health.ReasonDeletionBlocked)
	remove()
	b.namespaceGone("blocked")
	b.letGo("blocked")
}

// TestDeletedOnItsWay deletes one store that is being provisioned and one between
// the upgrade of its database and that of its application.
func TestDeletedOnItsWay(t *testing.T) {
	b := newBench(t)
	first := b.provision(nil)
	keep := func(s *v1alpha1.Store) { s.Finalizers, s.Spec.Version = []string{keeper}, "10.8.0" }
	b.order("halfway-up", keep)
	b.ready("halfway-up")
	b.refusePods("store-halfway-up", "bootstrap")
	b.edit("halfway-up", func(s *v1alpha1.StoreSpec) { s.Version = "10.9.4" })
	b.condition("halfway-up", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonWaitingForBootstrap)
	first.stop() // or the shop may be ready before its pods are refused
	b.order("halfway-in", keep)
	b.refusePods("store-halfway-in", "database")
	b.provision(nil)
	b.phase("halfway-in", v1alpha1.StoreProvisioning)
	for _, name := range []string{"halfway-up", "halfway-in"} {
		b.deleteBoth(name)
		b.condition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, health.ReasonTerminating)
		b.condition(name, v1alpha1.ConditionReconciling, metav1.ConditionTrue, health.ReasonTerminating)
	}
	for _, name := range []string{"halfway-up", "halfway-in"} {
		b.namespaceGone(name)
		b.letGo(name)
	}
}

// TestPodsThatStay has pods that cannot be deleted: a shop is told to be rolling
// out, or to be suspending, for as long as they run.
func TestPodsThatStay(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	b.order("staying", nil)
	b.ready("staying")
	stay := refusal{operation: admissionregistrationv1.Delete, resource: "pods"}
	allow := b.refuse("store-staying", stay)
	b.edit("staying", func(s *v1alpha1.StoreSpec) { s.Plan = "business" })
	b.condition("staying", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonRollingOut)
	allow()
	b.ready("staying")
	allow = b.refuse("store-staying", stay)
	b.edit("staying", func(s *v1alpha1.StoreSpec) { s.Suspend = true })
	b.condition("staying", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonSuspending)
	allow()
	b.condition("staying", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonSuspended)
	b.told(b.phase("staying", v1alpha1.StoreSuspended), "Suspended")
}

// TestPredecessorIsAwaited replaces a bootstrap Job whose pod does not go.
func TestPredecessorIsAwaited(t *testing.T) {
	b := newBench(t)
	const namespace = "store-predecessor"
	open := b.closeNodes()
	b.provision(nil)
	b.order("predecessor", func(s *v1alpha1.Store) { s.Spec.Version = "10.8.0" })
	b.condition("predecessor", v1alpha1.ConditionBootstrapComplete, metav1.ConditionFalse, health.ReasonUnschedulable)
	allow := b.refuse(namespace, refusal{operation: admissionregistrationv1.Delete, resource: "pods"})
	b.edit("predecessor", func(s *v1alpha1.StoreSpec) { s.Version = "10.9.4" })
	b.condition("predecessor", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonWaitingForPredecessor)
	allow()
	open()
	b.ready("predecessor")
}
