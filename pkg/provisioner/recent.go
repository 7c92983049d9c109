package provisioner

import (
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// objectKey names an object; stores have no kind and no namespace here.
type objectKey struct {
	kind            schema.GroupKind
	namespace, name string
}

func storeKey(name string) objectKey { return objectKey{name: name} }

// recent remembers what the API server answered to our own writes until the
// caches have caught up, so that nothing is written twice because its echo is
// still under way.
type recent struct {
	mu      sync.Mutex
	written map[objectKey]writing
}

type writing struct {
	object metav1.Object
	at     time.Time
}

// recentKept bounds how long a write is believed that no cache confirms: the
// object may have been deleted between two lists.
const recentKept = 30 * time.Second

func newRecent() *recent { return &recent{written: map[objectKey]writing{}} }

func (r *recent) remember(now time.Time, key objectKey, object metav1.Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written[key] = writing{object, now}
}

func (r *recent) forget(key objectKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.written, key)
}

// newest returns the later of what a cache holds, nil for nothing, and what was
// written. It is nil when there is neither.
func (r *recent) newest(now time.Time, key objectKey, cached metav1.Object) metav1.Object {
	r.mu.Lock()
	defer r.mu.Unlock()
	written, found := r.written[key]
	if !found {
		return cached
	}
	if now.Sub(written.at) > recentKept || (cached != nil && !older(cached, written.object)) {
		delete(r.written, key)
		return cached
	}
	return written.object
}

func older(a, b metav1.Object) bool {
	order, err := resourceversion.CompareResourceVersion(a.GetResourceVersion(), b.GetResourceVersion())
	return err == nil && order < 0
}
