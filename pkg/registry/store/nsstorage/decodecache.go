package nsstorage

import (
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// decodeCache remembers the newest decoded object of each key, so that a list or
// an event of an unchanged namespace decodes nothing. A namespace's uid and
// resourceVersion name its content exactly, so an entry can never be stale.
//
// It holds one object a live namespace: an entry goes when its namespace is seen
// to go, by the watch or by a deletion.
type decodeCache struct {
	mu      sync.RWMutex
	entries map[string]decodedObject
}

type decodedObject struct {
	uid     types.UID
	version string
	object  runtime.Object
}

func newDecodeCache() *decodeCache {
	return &decodeCache{entries: map[string]decodedObject{}}
}

func (c *decodeCache) get(key string, namespace *corev1.Namespace) (runtime.Object, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	entry, ok := c.entries[key]
	if !ok || entry.uid != namespace.UID || entry.version != namespace.ResourceVersion {
		return nil, false
	}
	return entry.object, true
}

func (c *decodeCache) put(key string, namespace *corev1.Namespace, object runtime.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[key] = decodedObject{uid: namespace.UID, version: namespace.ResourceVersion, object: object}
}

// has tells whether an object with the key is known to exist.
func (c *decodeCache) has(key string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, ok := c.entries[key]
	return ok
}

func (c *decodeCache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
}

// countAfter counts the objects below the prefix whose keys come after the key:
// an estimate of what a list that stopped there has left, as good as the watch
// is fresh.
func (c *decodeCache) countAfter(prefix, key string) int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var count int64
	for candidate := range c.entries {
		if candidate > key && strings.HasPrefix(candidate, prefix) {
			count++
		}
	}
	return count
}
