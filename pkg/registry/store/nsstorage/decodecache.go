package nsstorage

import (
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// decodeCache remembers the newest decoded object of each namespace, so that a
// list or an event of an unchanged namespace decodes nothing. A namespace's uid
// and resourceVersion name its content exactly, so an entry can never be stale.
//
// It holds one object a live namespace: an entry goes when its namespace is seen
// to go, by the watch or by a deletion.
type decodeCache struct {
	mu      sync.RWMutex
	entries map[string]*decodedObject // by the namespace's name
}

// decodedObject is an object and what is known of it without decoding it again.
type decodedObject struct {
	uid     string
	version string
	key     string
	object  runtime.Object
	encodings
}

func newDecodeCache() *decodeCache {
	return &decodeCache{entries: map[string]*decodedObject{}}
}

func (c *decodeCache) get(namespace *corev1.Namespace) (runtime.Object, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	entry, ok := c.entries[namespace.Name]
	if !ok || entry.uid != string(namespace.UID) || entry.version != namespace.ResourceVersion {
		return nil, false
	}
	return entry.object, true
}

// lookup is get for a namespace that was not decoded. It allocates nothing.
func (c *decodeCache) lookup(id identity) (*decodedObject, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	entry, ok := c.entries[string(id.name)]
	if !ok || entry.uid != string(id.uid) || entry.version != string(id.version) {
		return nil, false
	}
	return entry, true
}

func (c *decodeCache) put(key string, namespace *corev1.Namespace, object runtime.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[namespace.Name] = &decodedObject{
		uid:     string(namespace.UID),
		version: namespace.ResourceVersion,
		key:     key,
		object:  object,
	}
}

// newest returns the entry of the namespace, whatever its version.
func (c *decodeCache) newest(name string) (*decodedObject, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	entry, ok := c.entries[name]
	return entry, ok
}

func (c *decodeCache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, name)
}

// retain forgets all but the named, where they are older than the version: a
// younger one may have come after the names were read.
func (c *decodeCache) retain(names map[string]bool, version uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, entry := range c.entries {
		written, err := strconv.ParseUint(entry.version, 10, 64)
		if !names[name] && err == nil && written < version {
			delete(c.entries, name)
		}
	}
}

// idle drops the encoded bytes that nobody asked for of late.
func (c *decodeCache) idle() {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, entry := range c.entries {
		entry.idle()
	}
}

func (c *decodeCache) size() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.entries)
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

// remembers tells whether the namespace is known to hold the object with the key.
func (s *Storage) remembers(namespace, key string) bool {
	entry, ok := s.decoded.newest(namespace)
	return ok && entry.key == key
}

// forget drops what is remembered of the object with the key.
func (s *Storage) forget(key string) {
	if name, err := s.locate(key); err == nil {
		s.decoded.forget(name)
	}
}
