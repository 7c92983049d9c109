package nsstorage

import (
	"bytes"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// encodings are the bytes of one object at one version, by who encoded them.
type encodings struct {
	mu      sync.Mutex
	encoded []encoding // two at most, in practice: JSON and protobuf
	used    bool       // since the last call of idle
}

type encoding struct {
	by    runtime.Identifier
	bytes []byte
}

func (e *encodings) get(by runtime.Identifier) ([]byte, bool) {
	for _, encoding := range e.encoded {
		if encoding.by == by {
			return encoding.bytes, true
		}
	}
	return nil, false
}

// idle drops the bytes that nobody asked for since it was called before: they are
// twice what the object itself takes, and a platform at rest needs none.
func (e *encodings) idle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.used {
		e.encoded = nil
	}
	e.used = false
}

// Encoded returns what encode returns for the object, which this storage must
// have returned as an item of a list and nobody may have changed since: then its
// uid and resourceVersion name its content exactly. The identifier stands for
// everything that encode does. The bytes are kept for as long as this is the
// object's newest version and lists ask for them; the caller must not modify them.
//
// Encoding is most of what a long list costs, and between two lists few objects
// change.
func (s *Storage) Encoded(object metav1.Object, by runtime.Identifier, encode func() ([]byte, error)) ([]byte, error) {
	entry, ok := s.newest(object)
	if !ok {
		return encode()
	}
	entry.mu.Lock()
	defer entry.mu.Unlock()
	entry.used = true
	if kept, ok := entry.get(by); ok {
		return kept, nil
	}
	encoded, err := encode()
	if err != nil {
		return nil, err
	}
	encoded = bytes.Clone(encoded) // without the room it was written in
	entry.encoded = append(entry.encoded, encoding{by: by, bytes: encoded})
	return encoded, nil
}

// newest returns what is remembered of a cluster-scoped object, if that is the
// very object at the very version.
func (s *Storage) newest(object metav1.Object) (*decodedObject, bool) {
	name, err := s.locate(strings.TrimSuffix(s.prefix, "/") + "/" + object.GetName())
	if err != nil {
		return nil, false
	}
	entry, ok := s.decoded.newest(name)
	if !ok || entry.version != object.GetResourceVersion() {
		return nil, false
	}
	remembered, err := meta.Accessor(entry.object)
	if err != nil || remembered.GetUID() != object.GetUID() {
		return nil, false
	}
	return entry, true
}
