package store_test

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// A volume that no Store sized has the plan's size, and does not shrink either.
func TestFirstSizeBelowThePlanIsRefused(t *testing.T) {
	r := newRegistry(t, cluster)
	name := r.mustCreate(t, newStore(uniqueName())).Name
	size := func(quantity string) error {
		_, err := r.update(t, name, func(s *stores.Store) {
			s.Spec.Storage = []stores.VolumeStorage{{Name: "database", VolumeSize: ptr.To(resource.MustParse(quantity))}}
		})
		return err
	}
	if err := size("1Mi"); !apierrors.IsInvalid(err) {
		t.Errorf("a size below the plan's gave %v, want Invalid", err)
	}
	if err := size("500Gi"); err != nil {
		t.Errorf("a size above the plan's gave %v", err)
	}
}

// What a volume could not grow to can be taken back, or the store would be stuck.
func TestSizeThatCannotBeIsTakenBack(t *testing.T) {
	r := newRegistry(t, cluster)
	name := r.mustCreate(t, newStore(uniqueName())).Name
	order := func(plan, quantity string) error {
		_, err := r.update(t, name, func(s *stores.Store) {
			s.Spec.Plan = plan
			if quantity != "" {
				s.Spec.Storage = []stores.VolumeStorage{{Name: "database", VolumeSize: ptr.To(resource.MustParse(quantity))}}
			}
		})
		return err
	}
	say := func(reason string) {
		t.Helper()
		_, err := r.updateStatus(t, name, func(s *stores.Store) {
			meta.SetStatusCondition(&s.Status.Conditions, metav1.Condition{
				Type: v1alpha1.ConditionResourcesApplied, Status: metav1.ConditionFalse, Reason: reason, LastTransitionTime: metav1.Now(),
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := order("business", ""); err != nil {
		t.Fatalf("order a larger plan: %v", err)
	}
	if err := order("business", "5Gi"); !apierrors.IsInvalid(err) {
		t.Errorf("less than the plan's size gave %v while the volume may have grown to it, want Invalid", err)
	}
	say(v1alpha1.ReasonStorageCannotGrow)
	if err := order("business", "5Gi"); err != nil {
		t.Errorf("less than the plan's size gave %v though the volume cannot grow to it", err)
	}
	if err := order("business", "500Gi"); err != nil {
		t.Fatalf("order a larger volume: %v", err)
	}
	if err := order("business", "5Gi"); err != nil {
		t.Errorf("the size before gave %v though the volume cannot grow", err)
	}
	say("Applying")
	if err := order("business", "1Gi"); !apierrors.IsInvalid(err) {
		t.Errorf("a smaller volume gave %v, want Invalid: nothing says that it could not grow", err)
	}
}

func TestGeneratedNamesFitANamespace(t *testing.T) {
	r := newRegistry(t, cluster)
	store := newStore("")
	store.GenerateName = strings.Repeat("g", 55)
	created := r.mustCreate(t, store)
	if len(created.Name) != 57 {
		t.Errorf("the generated name %q has %d characters, want 57", created.Name, len(created.Name))
	}
}

// A spec that fills the namespace must leave room to report on the Store.
func TestThereIsAlwaysRoomForAStatus(t *testing.T) {
	r := newRegistry(t, cluster)
	store := newStore(uniqueName())
	store.Annotations = map[string]string{"note": strings.Repeat("x", 200*1024)}
	name := r.mustCreate(t, store).Name
	_, err := r.updateStatus(t, name, func(s *stores.Store) {
		s.Status.Conditions = []metav1.Condition{{
			Type: "Ready", Status: metav1.ConditionFalse, Reason: "Explained",
			Message: strings.Repeat("y", 20*1024), LastTransitionTime: metav1.Now(),
		}}
	})
	if err != nil {
		t.Errorf("the status of a large store gave %v", err)
	}
	store = newStore(uniqueName())
	store.Annotations = map[string]string{"note": strings.Repeat("x", 230*1024)}
	if _, err := r.create(t, store); !apierrors.IsInvalid(err) {
		t.Errorf("a store without room for a status gave %v, want Invalid", err)
	}
}
