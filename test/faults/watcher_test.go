package faults

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/pkg/generated/informers/externalversions"
)

// watcher is an informer and what it told.
type watcher struct {
	informer cache.SharedIndexInformer
	mu       sync.Mutex
	live     map[string]string
	deleted  map[string]bool
	wrong    []error
}

func watchStores(t testing.TB, p *platform) *watcher {
	t.Helper()
	factory := externalversions.NewSharedInformerFactory(versioned.NewForConfigOrDie(p.own.RESTConfig()), 0)
	w := &watcher{informer: factory.Platform().V1alpha1().Stores().Informer(), live: map[string]string{}, deleted: map[string]bool{}}
	_, err := w.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { w.see(object.(*v1alpha1.Store)) },
		UpdateFunc: func(_, object any) { w.see(object.(*v1alpha1.Store)) },
		DeleteFunc: w.forget,
	})
	if err != nil {
		t.Fatal(err)
	}
	factory.Start(t.Context().Done())
	t.Cleanup(factory.Shutdown)
	if !cache.WaitForCacheSync(t.Context().Done(), w.informer.HasSynced) {
		t.Fatal("the informer never began")
	}
	return w
}

func (w *watcher) see(store *v1alpha1.Store) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deleted[string(store.UID)] {
		w.wrong = append(w.wrong, fmt.Errorf("%s came back after its delete was told", store.Name))
	}
	w.live[store.Name] = string(store.UID) + " " + store.ResourceVersion
}

func (w *watcher) forget(object any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	store := object.(*v1alpha1.Store)
	delete(w.live, store.Name)
	w.deleted[string(store.UID)] = true
}

func (w *watcher) held() map[string]string {
	found := map[string]string{}
	for _, object := range w.informer.GetStore().List() {
		store := object.(*v1alpha1.Store)
		found[store.Name] = string(store.UID) + " " + store.ResourceVersion
	}
	return found
}

func (w *watcher) told() (map[string]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.live), errors.Join(w.wrong...)
}
