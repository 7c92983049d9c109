package provisioner

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// TestVolumeThatCannotGrow orders a larger plan for a shop whose volumes are of a class
// that lets none grow: first before they are there, then it takes the order back, and
// then the class allows it.
func TestVolumeThatCannotGrow(t *testing.T) {
	b := newBench(t)
	const name, class = "fixed", "fixed"
	classes := b.kube.StorageV1().StorageClasses()
	if _, err := classes.Create(t.Context(), &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: class}, Provisioner: "kubernetes.io/no-provisioner",
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := classes.Delete(context.Background(), class, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	platform := unasked()
	platform.Storage.ClassName = class
	platform.Provisioning.MaxBackoff.Duration = time.Second // nothing tells that a class changed
	b.provision(func(o *Options) { o.Platform = platform })
	b.order(name, nil)
	b.condition(name, v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonClaimPending)

	// The size of a claim without a volume is immutable: it is left until there is one.
	b.edit(name, func(s *v1alpha1.StoreSpec) { s.Plan = "business" })
	b.applied(name)

	cannotGrow := func() {
		t.Helper()
		store := b.condition(name, v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, v1alpha1.ReasonStorageCannotGrow)
		b.condition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonStorageCannotGrow)
		const want = "its storage class fixed does not allow it; set its size in spec.storage to 5Gi, or "
		if applied := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionResourcesApplied); !strings.Contains(applied.Message, want) {
			t.Errorf("message %q does not say %q", applied.Message, want)
		}
	}
	for _, volume := range []string{"fixed-1", "fixed-2"} {
		b.volume(volume, class)
	}
	cannotGrow()
	present := ptr.To(resource.MustParse("5Gi"))
	b.edit(name, func(s *v1alpha1.StoreSpec) {
		s.Storage = []v1alpha1.VolumeStorage{{Name: "database", VolumeSize: present}, {Name: "content", VolumeSize: present}}
	})
	b.ready(name)

	b.edit(name, func(s *v1alpha1.StoreSpec) { s.Storage = nil })
	cannotGrow()
	allow := []byte(`{"allowVolumeExpansion":true}`)
	if _, err := classes.Patch(t.Context(), class, "application/merge-patch+json", allow, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	b.ready(name)
	claim, err := b.kube.CoreV1().PersistentVolumeClaims("store-"+name).Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil || claim.Spec.Resources.Requests[corev1.ResourceStorage].Equal(*present) {
		t.Errorf("the claim did not grow (%v)", err)
	}
}

// TestGrowthIsNoTrouble has the volumes of a shop that serves grow: the quota that
// measures them grows just before, and nobody is to be alarmed by that.
func TestGrowthIsNoTrouble(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	const name = "grows"
	b.order(name, nil)
	store := b.ready(name)
	statuses, err := b.stores.PlatformV1alpha1().Stores().Watch(t.Context(), metav1.ListOptions{
		FieldSelector: "metadata.name=" + name, ResourceVersion: store.ResourceVersion,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer statuses.Stop()
	for _, size := range []string{"12Gi", "14Gi", "16Gi"} {
		size := resource.MustParse(size)
		b.edit(name, func(s *v1alpha1.StoreSpec) {
			s.Storage = []v1alpha1.VolumeStorage{{Name: "database", VolumeSize: &size}, {Name: "content", VolumeSize: &size}}
		})
		store = b.ready(name)
	}
	for event := range statuses.ResultChan() {
		seen, ok := event.Object.(*v1alpha1.Store)
		if !ok {
			t.Fatalf("watch ended: %v", event.Object)
		}
		if stalled := meta.FindStatusCondition(seen.Status.Conditions, v1alpha1.ConditionStalled); stalled != nil && stalled.Status == metav1.ConditionTrue {
			t.Fatalf("a volume that grows stalls the store: %s: %s", stalled.Reason, stalled.Message)
		}
		if seen.ResourceVersion == store.ResourceVersion {
			break
		}
	}
}
