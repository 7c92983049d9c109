package nsstorage

import (
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// decodeCache remembers the newest decoded object of each namespace, so that a
// list or an event of an unchanged namespace decodes nothing. A namespace's uid
// and resourceVersion name its content exactly, so an entry can never be stale.
//
// It holds one object a live namespace: an entry goes when the watch sees the
// namespace go.
type decodeCache struct {
	mu      sync.RWMutex
	entries map[types.UID]decodedObject
}

type decodedObject struct {
	key     string
	version string
	object  runtime.Object
}

func newDecodeCache() *decodeCache {
	return &decodeCache{entries: map[types.UID]decodedObject{}}
}

func (c *decodeCache) get(namespace *corev1.Namespace) (runtime.Object, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	entry, ok := c.entries[namespace.UID]
	if !ok || entry.version != namespace.ResourceVersion {
		return nil, false
	}
	return entry.object, true
}

func (c *decodeCache) put(key string, namespace *corev1.Namespace, object runtime.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[namespace.UID] = decodedObject{key: key, version: namespace.ResourceVersion, object: object}
}

func (c *decodeCache) forget(namespace *corev1.Namespace) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, namespace.UID)
}

// countAfter counts the objects below the prefix whose keys come after the key:
// an estimate of what a list that stopped there has left, as good as the watch
// is fresh.
func (c *decodeCache) countAfter(prefix, key string) int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var count int64
	for _, entry := range c.entries {
		if entry.key > key && strings.HasPrefix(entry.key, prefix) {
			count++
		}
	}
	return count
}
