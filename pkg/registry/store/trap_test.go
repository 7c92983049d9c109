package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/test/controlplane"
)

// Each test is named after the trap of the mapping that it holds shut; docs/api.md
// lists the guarantees.

const finalizer = "example.com/backup"

// Upstream deletes, instead of storing, on any write that finds a deleting
// object without finalizers. A terminating namespace reads as one.
func TestTrap1StatusOfATerminatingStoreIsStored(t *testing.T) {
	r := newRegistry(t, cluster)
	name := r.mustCreate(t, newStore(uniqueName())).Name
	if _, _, err := r.delete(t, name, &metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.updateStatus(t, name, func(s *stores.Store) { s.Status.URL = "http://explained" }); err != nil {
		t.Fatalf("write the status that explains a hanging deletion: %v", err)
	}
	store := r.mustGet(t, name)
	if store.Status.URL != "http://explained" || store.Status.Phase != stores.StoreTerminating {
		t.Errorf("status is %+v, want what was written, of a terminating store", store.Status)
	}
	r.finalize(t, name)
	eventually(t, "the store is gone", func(context.Context) (bool, error) {
		_, err := r.get(t, name)
		return apierrors.IsNotFound(err), nil
	})
}

func TestTrap2FinalizersProtectTheNamespace(t *testing.T) {
	r := newRegistry(t, cluster)
	store := newStore(uniqueName())
	store.Finalizers = []string{finalizer}
	name := r.mustCreate(t, store).Name

	_, immediate, err := r.delete(t, name, &metav1.DeleteOptions{})
	if err != nil || immediate {
		t.Fatalf("delete with a finalizer: immediate=%t err=%v", immediate, err)
	}
	if namespace := r.namespace(t, name); namespace.DeletionTimestamp != nil {
		t.Fatal("the namespace, and with it the shop, is going while a finalizer holds the store")
	}
	if got := r.mustGet(t, name); got.DeletionTimestamp == nil || len(got.Finalizers) != 1 {
		t.Fatalf("the store reads %v %v, want deleting with its finalizer", got.DeletionTimestamp, got.Finalizers)
	}
	// A status write in between must not count as the last finalizer's removal.
	if _, err := r.updateStatus(t, name, func(s *stores.Store) { s.Status.URL = "http://held" }); err != nil {
		t.Fatal(err)
	}
	if namespace := r.namespace(t, name); namespace.DeletionTimestamp != nil {
		t.Fatal("a status write deleted the namespace")
	}
	if _, err := r.update(t, name, func(s *stores.Store) { s.Finalizers = nil }); err != nil {
		t.Fatal(err)
	}
	if namespace := r.namespace(t, name); namespace.DeletionTimestamp == nil {
		t.Fatal("the last finalizer is gone and the namespace is not being deleted")
	}
}

func TestTrap3DeleteTwiceAndCreateWhileTerminating(t *testing.T) {
	r := newRegistry(t, cluster)
	created := r.mustCreate(t, newStore(uniqueName()))
	name := created.Name

	stale := &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: ptr.To("1")}}
	if _, _, err := r.delete(t, name, stale); !apierrors.IsConflict(err) {
		t.Errorf("delete at another version gave %v, want Conflict", err)
	}
	other := &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: ptr.To(types.UID("other"))}}
	if _, _, err := r.delete(t, name, other); !apierrors.IsConflict(err) {
		t.Errorf("delete of another uid gave %v, want Conflict", err)
	}
	own := &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &created.UID}}
	for range 2 {
		if _, _, err := r.delete(t, name, own); err != nil {
			t.Fatalf("delete: %v", err)
		}
	}
	_, err := r.create(t, newStore(name))
	if !apierrors.IsAlreadyExists(err) || !strings.Contains(err.Error(), "object is being deleted") {
		t.Errorf("create while terminating gave %v, want AlreadyExists that says so", err)
	}
}

func TestTrap5DamageFailsNoList(t *testing.T) {
	r := newRegistry(t, cluster)
	healthy := r.mustCreate(t, newStore(uniqueName())).Name
	hurt := r.mustCreate(t, newStore(uniqueName())).Name
	patch := `{"metadata":{"annotations":{"platform.example.io/spec":"{"}}}`
	if _, err := r.kube.CoreV1().Namespaces().Patch(t.Context(), "store-"+hurt, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"", "0"} {
		eventually(t, "the list at version "+version+" shows the damage of one store", func(context.Context) (bool, error) {
			phases := map[string]stores.StorePhase{}
			for _, store := range r.list(t, &internalversion.ListOptions{ResourceVersion: version}).Items {
				phases[store.Name] = store.Status.Phase
			}
			return phases[healthy] == stores.StorePending && phases[hurt] == stores.StoreInvalid, nil
		})
	}
	if _, _, err := r.delete(t, hurt, &metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("deleting a store whose protection cannot be read gave %v, want Forbidden", err)
	}
}

// Finalizers that cannot be read must not be taken for none.
func TestTrap5DamagedMetadataKeepsTheStore(t *testing.T) {
	r := newRegistry(t, cluster)
	store := newStore(uniqueName())
	store.Finalizers = []string{finalizer}
	name := r.mustCreate(t, store).Name
	patch := `{"metadata":{"annotations":{"platform.example.io/metadata":"{"}}}`
	if _, err := r.kube.CoreV1().Namespaces().Patch(t.Context(), "store-"+name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	_, _, err := r.delete(t, name, &metav1.DeleteOptions{})
	if !apierrors.IsForbidden(err) || r.namespace(t, name).DeletionTimestamp != nil {
		t.Errorf("deleting a store whose finalizers cannot be read gave %v, want Forbidden and its namespace untouched", err)
	}
}

func TestTrap6ForeignNamespaceIsNotAdopted(t *testing.T) {
	r := newRegistry(t, cluster)
	name := uniqueName()
	if _, err := r.kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store-" + name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.get(t, name); !apierrors.IsNotFound(err) {
		t.Errorf("get gave %v, want NotFound", err)
	}
	attempts := map[string]func() error{
		"create": func() error {
			_, err := r.create(t, newStore(name))
			return err
		},
		"dry-run create": func() error {
			_, err := r.Create(requestContext(t, "create", "", ""), newStore(name), rest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			return err
		},
		"server-side apply, which creates through an update": func() error {
			_, _, err := r.Update(requestContext(t, "patch", name, ""), name, rest.DefaultUpdatedObjectInfo(newStore(name)),
				rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, true, &metav1.UpdateOptions{})
			return err
		},
	}
	for attempt, try := range attempts {
		err := try()
		if !apierrors.IsAlreadyExists(err) {
			t.Errorf("%s gave %v, want AlreadyExists", attempt, err)
		} else if strings.Contains(err.Error(), "store-"+name) {
			t.Errorf("%s names the namespace: %v", attempt, err)
		}
	}
	if got := r.namespace(t, name).Labels["platform.example.io/store"]; got != "" {
		t.Errorf("the namespace was adopted: label %q", got)
	}
}

func TestTrap7WritersDoNotOverwriteEachOther(t *testing.T) {
	r := newRegistry(t, cluster)
	name := r.mustCreate(t, newStore(uniqueName())).Name
	const writers = 8
	var done sync.WaitGroup
	errs := make(chan error, 2*writers)
	for i := range writers {
		done.Go(func() {
			_, err := r.update(t, name, func(s *stores.Store) {
				if s.Labels == nil {
					s.Labels = map[string]string{}
				}
				s.Labels[fmt.Sprintf("writer-%d", i)] = "was-here"
			})
			errs <- err
		})
		done.Go(func() {
			patch := fmt.Sprintf(`{"metadata":{"annotations":{"example.com/third-party-%d":"was-here"},"labels":{"example.com/l%d":"x"}}}`, i, i)
			_, err := r.kube.CoreV1().Namespaces().Patch(t.Context(), "store-"+name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
			errs <- err
		})
	}
	done.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := len(r.mustGet(t, name).Labels); got != writers {
		t.Errorf("%d of %d labels of the store are left", got, writers)
	}
	namespace := r.namespace(t, name)
	for i := range writers {
		if namespace.Annotations[fmt.Sprintf("example.com/third-party-%d", i)] == "" || namespace.Labels[fmt.Sprintf("example.com/l%d", i)] == "" {
			t.Errorf("what another controller wrote on the namespace is gone: %d", i)
		}
	}
}

// A cached suggestion may be called a no-op only if it is what is stored.
func TestTrap7UpdateThatChangesNothingIsReadAgain(t *testing.T) {
	r := newRegistry(t, cluster)
	created := r.mustCreate(t, newStore(uniqueName()))
	updated, err := r.update(t, created.Name, func(*stores.Store) {})
	if err != nil || updated.ResourceVersion != created.ResourceVersion {
		t.Fatalf("an update that changes nothing moved version %s to %v, err %v", created.ResourceVersion, updated, err)
	}
	patch := `{"metadata":{"annotations":{"example.com/note":"x"}}}`
	namespace, err := r.kube.CoreV1().Namespaces().Patch(t.Context(), "store-"+created.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if updated, err = r.update(t, created.Name, func(*stores.Store) {}); err != nil || updated.ResourceVersion != namespace.ResourceVersion {
		t.Errorf("an update right after somebody's write answers version %v (err %v), want %s", updated, err, namespace.ResourceVersion)
	}
}

func TestTrap8RefusalOfAStaleSuggestionIsTheOriginalOne(t *testing.T) {
	r := newRegistry(t, cluster)
	name := r.mustCreate(t, newStore(uniqueName())).Name
	refusal := fmt.Errorf("refused")
	calls := 0
	_, _, err := r.Update(requestContext(t, "update", name, ""), name, rest.DefaultUpdatedObjectInfo(r.mustGet(t, name).DeepCopy()),
		rest.ValidateAllObjectFunc, func(context.Context, runtime.Object, runtime.Object) error {
			calls++
			return refusal
		}, false, &metav1.UpdateOptions{})
	if err != refusal || calls == 0 {
		t.Errorf("got %v after %d validations, want the validation's own error", err, calls)
	}
}

func TestTrap9ErrorsSpeakOfStores(t *testing.T) {
	r := newRegistry(t, cluster)
	missing := uniqueName()
	if _, err := r.get(t, missing); !apierrors.IsNotFound(err) || err.Error() != fmt.Sprintf("stores.platform.example.io %q not found", missing) {
		t.Errorf("get of nothing gave %v", err)
	}
	created := r.mustCreate(t, newStore(uniqueName()))
	if _, err := r.create(t, newStore(created.Name)); !apierrors.IsAlreadyExists(err) || err.Error() != fmt.Sprintf("stores.platform.example.io %q already exists", created.Name) {
		t.Errorf("second create gave %v", err)
	}
	_, _, err := r.Update(requestContext(t, "update", created.Name, ""), created.Name, rest.DefaultUpdatedObjectInfo(func() *stores.Store {
		stale := created.DeepCopy()
		stale.ResourceVersion = "1"
		return stale
	}()), rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{})
	if !apierrors.IsConflict(err) || !strings.HasPrefix(err.Error(), "Operation cannot be fulfilled on stores.platform.example.io") {
		t.Errorf("stale update gave %v", err)
	}
	// Somebody else's annotations and ours together are over the limit, which
	// only kube-apiserver can notice.
	patch, _ := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{"example.com/big": strings.Repeat("x", 250*1024)}}})
	if _, err := r.kube.CoreV1().Namespaces().Patch(t.Context(), "store-"+created.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = r.update(t, created.Name, func(s *stores.Store) {
		s.Annotations = map[string]string{"note": strings.Repeat("y", 20*1024)}
	})
	if !apierrors.IsInvalid(err) || strings.Contains(err.Error(), "store-") {
		t.Errorf("a store that grew too large gave %v, want Invalid in terms of the store", err)
	}
}

func TestTrap15UIDDerivesFromTheNamespace(t *testing.T) {
	r := newRegistry(t, cluster)
	created := r.mustCreate(t, newStore(uniqueName()))
	namespace := r.namespace(t, created.Name)
	if created.UID == namespace.UID || created.UID == "" {
		t.Fatalf("store uid %s, namespace uid %s: the garbage collector would take them for one object", created.UID, namespace.UID)
	}
	if got := r.mustGet(t, created.Name); got.UID != created.UID {
		t.Errorf("uid %s became %s", created.UID, got.UID)
	}
	updated, err := r.update(t, created.Name, func(s *stores.Store) { s.Spec.DisplayName = "Acme" })
	if err != nil || updated.UID != created.UID {
		t.Errorf("uid after an update is %v, err %v", updated, err)
	}
}

func TestTrap13KubeAPIServerComesBack(t *testing.T) {
	own := controlplane.Start(t, controlplane.Options{
		Components: []string{controlplane.Etcd, controlplane.KubeAPIServer},
		Bare:       true,
	})
	r := newRegistry(t, own)
	first := r.mustCreate(t, newStore(uniqueName()))
	eventually(t, "the cache has the store", func(context.Context) (bool, error) {
		return len(r.list(t, &internalversion.ListOptions{ResourceVersion: "0"}).Items) == 1, nil
	})
	w, err := r.Watch(requestContext(t, "watch", "", ""), &internalversion.ListOptions{ResourceVersion: first.ResourceVersion, Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()

	own.Kill(t, controlplane.KubeAPIServer)
	if got := len(r.list(t, &internalversion.ListOptions{ResourceVersion: "0"}).Items); got != 1 {
		t.Errorf("the cache serves %d stores while kube-apiserver is away, want 1", got)
	}
	own.WaitReady(t)

	second := newStore(uniqueName())
	eventually(t, "stores can be created again", func(context.Context) (bool, error) {
		_, err := r.create(t, newStore(second.Name))
		return err == nil || apierrors.IsAlreadyExists(err), nil // the answer to an earlier attempt was lost
	})
	event, open := <-w.ResultChan()
	if !open || event.Type != watch.Added || storeOf(t, event).Name != second.Name {
		t.Errorf("the watch did not resume where it stopped: open=%t event=%v", open, event)
	}
}
