package provisioner

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// enqueue has a store looked at: soon if it is on its way, in its turn if it is
// only watched over. Nothing happens while another provisioner leads; a term of
// office begins with all stores.
func (p *Provisioner) enqueue(name string) {
	queue := p.queue.Load()
	if queue == nil {
		return
	}
	if store, found := p.caches.store(name); found && urgent(store) {
		queue.addUrgent(name)
		return
	}
	queue.Add(name)
}

// enqueueAfter has a store looked at when so much time has passed, if nothing has
// it looked at before.
func (p *Provisioner) enqueueAfter(name string, wait time.Duration) {
	if queue := p.queue.Load(); queue != nil {
		queue.AddAfter(name, wait)
	}
}

// urgent tells whether somebody waits for the store.
func urgent(store *v1alpha1.Store) bool {
	return store.DeletionTimestamp != nil || store.Status.ObservedGeneration != store.Generation ||
		meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionReconciling)
}

// storeHandler hears of stores.
type storeHandler struct{ p *Provisioner }

func (h storeHandler) OnAdd(obj any, _ bool) { h.changed(nil, obj) }

func (h storeHandler) OnUpdate(before, after any) { h.changed(before, after) }

func (h storeHandler) OnDelete(obj any) {
	if gone, ok := untombed(obj).(*v1alpha1.Store); ok {
		h.p.progress.Forget(gone)
		h.p.forget(gone.Name)
		h.p.enqueue(gone.Name)
		h.p.enqueueRivals(gone, wantedHosts(gone))
		h.p.turned(gone, nil)
	}
}

func (h storeHandler) changed(before, after any) {
	store, ok := after.(*v1alpha1.Store)
	if !ok {
		return
	}
	h.p.progress.See(h.p.clock.Now(), store)
	h.p.enqueue(store.Name)
	var hadHosts []string
	if before, ok := before.(*v1alpha1.Store); ok {
		h.p.turned(before, store)
		hadHosts = wantedHosts(before)
	}
	// Those it let go somebody else may have now. Those it came with it may take from
	// a younger store: one that was repaired does, and of two that were written at the
	// same time one does.
	if hosts := wantedHosts(store); !slices.Equal(hadHosts, hosts) {
		h.p.enqueueRivals(store, slices.Concat(hadHosts, hosts))
	}
}

// forget drops what is remembered of a store that is gone.
func (p *Provisioner) forget(store string) {
	p.recent.forget(storeKey(store))
	p.vouched.forget(store)
	p.pace.forget(store)
	p.forgetStorefront(store)
}

// enqueueRivals has the other stores that want the hosts looked at: who has them may
// be another now.
func (p *Provisioner) enqueueRivals(store *v1alpha1.Store, hosts []string) {
	for _, host := range hosts {
		for _, rival := range p.caches.storesWanting(host) {
			if rival.Name != store.Name {
				p.enqueue(rival.Name)
			}
		}
	}
}

// objectHandler hears of the objects of one kind.
type objectHandler struct {
	p    *Provisioner
	kind schema.GroupKind
}

func (h objectHandler) OnAdd(obj any, _ bool) { h.changed(obj) }

func (h objectHandler) OnUpdate(_, after any) { h.changed(after) }

func (h objectHandler) OnDelete(obj any) {
	obj = untombed(obj)
	if object, ok := obj.(metav1.Object); ok {
		h.p.recent.forget(objectKey{h.kind, object.GetNamespace(), object.GetName()})
	}
	h.changed(obj)
}

// changed believes a label only where the namespace agrees: anybody may put one
// on an object elsewhere.
func (h objectHandler) changed(obj any) {
	object, ok := obj.(metav1.Object)
	if !ok {
		return
	}
	name := object.GetLabels()[v1alpha1.LabelStore]
	if name != "" && object.GetNamespace() == v1alpha1.NamespacePrefix+name {
		h.p.enqueue(name)
	}
}

// refused hears of Events that tell of pods that could not be created.
func (p *Provisioner) refused(obj any) {
	event, ok := obj.(*corev1.Event)
	if !ok {
		return
	}
	if name, ok := storeOf(event.Namespace); ok {
		if _, found := p.caches.store(name); found {
			p.enqueue(name)
		}
	}
}

func untombed(obj any) any {
	if tombstone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
		return tombstone.Obj
	}
	return obj
}
