// Package serializer encodes lists of Stores from the bytes of their items.
//
// Duties. It is upstream's serializer in every respect but one: the items of a
// list are encoded once a version, by upstream's own encoder, and then copied.
// What clients get is byte for byte what upstream would send.
//
// Danger. It trusts that a listed Store is what storage read, unchanged: nothing
// between storage and here may modify the items of a list. What is no list of
// Stores, and what is encoded otherwise than in JSON or protobuf, it leaves alone.
package serializer

import (
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"platform.example.io/stores/pkg/apis/stores"
)

// Items remembers encoded Stores; see nsstorage.Storage.Encoded.
type Items interface {
	Encoded(object metav1.Object, by runtime.Identifier, encode func() ([]byte, error)) ([]byte, error)
}

// New returns the serializer, which encodes with another one what Items does not
// remember.
func New(upstream runtime.NegotiatedSerializer, items Items) runtime.NegotiatedSerializer {
	n := negotiated{NegotiatedSerializer: upstream, items: items, formats: map[runtime.Identifier]format{}}
	for _, info := range upstream.SupportedMediaTypes() {
		switch info.MediaType {
		case runtime.ContentTypeJSON:
			n.formats[info.Serializer.Identifier()] = jsonFormat{}
		case runtime.ContentTypeProtobuf:
			n.formats[info.Serializer.Identifier()] = protobufFormat{}
		}
	}
	return n
}

type negotiated struct {
	runtime.NegotiatedSerializer
	items   Items
	formats map[runtime.Identifier]format // by the serializer of a media type
}

// EncoderForVersion implements runtime.NegotiatedSerializer.
func (n negotiated) EncoderForVersion(serializer runtime.Encoder, gv runtime.GroupVersioner) runtime.Encoder {
	upstream := n.NegotiatedSerializer.EncoderForVersion(serializer, gv)
	format, ok := n.formats[serializer.Identifier()]
	if !ok {
		return upstream
	}
	return &encoder{Encoder: upstream, format: format, items: n.items}
}

// format takes an encoded list apart and puts one together.
type format interface {
	// split returns what is around the items of an encoded list, and the item if
	// the list has just one.
	split(list []byte) (envelope, []byte, error)
	// join writes the list of the items.
	join(w *blockWriter, around envelope, items []item) error
}

// envelope is an encoded list without its items.
type envelope struct {
	head     []byte
	metadata []byte // where it is not part of the head
	tail     []byte
}

// encoder encodes to one version in one format.
type encoder struct {
	runtime.Encoder
	format format
	items  Items
}

var _ runtime.EncoderWithAllocator = &encoder{}

// Encode implements runtime.Encoder.
func (e *encoder) Encode(object runtime.Object, w io.Writer) error {
	if list, ok := object.(*stores.StoreList); ok && len(list.Items) > 0 {
		return e.encodeList(list, w)
	}
	return e.Encoder.Encode(object, w)
}

// EncodeWithAllocator implements runtime.EncoderWithAllocator.
func (e *encoder) EncodeWithAllocator(object runtime.Object, w io.Writer, allocator runtime.MemoryAllocator) error {
	if list, ok := object.(*stores.StoreList); ok && len(list.Items) > 0 {
		return e.encodeList(list, w)
	}
	if upstream, ok := e.Encoder.(runtime.EncoderWithAllocator); ok {
		return upstream.EncodeWithAllocator(object, w, allocator)
	}
	return e.Encoder.Encode(object, w)
}

func (e *encoder) encodeList(list *stores.StoreList, w io.Writer) error {
	empty, err := runtime.Encode(e.Encoder, &stores.StoreList{ListMeta: list.ListMeta, Items: []stores.Store{}})
	if err != nil {
		return err
	}
	around, _, err := e.format.split(empty)
	if err != nil {
		return err
	}
	items := make([]item, len(list.Items))
	for i := range list.Items {
		store := &list.Items[i]
		bytes, err := e.encodeItem(store)
		if err != nil {
			return err
		}
		items[i] = item{bytes: bytes, endsBlock: endsBlock(store.Name)}
	}
	blocks := &blockWriter{w: w}
	if err := e.format.join(blocks, around, items); err != nil {
		return err
	}
	return blocks.flush()
}

// encodeItem returns the bytes of a Store inside a list.
func (e *encoder) encodeItem(store *stores.Store) ([]byte, error) {
	return e.items.Encoded(store, e.Identifier(), func() ([]byte, error) {
		list, err := runtime.Encode(e.Encoder, &stores.StoreList{Items: []stores.Store{*store}})
		if err != nil {
			return nil, err
		}
		_, item, err := e.format.split(list)
		return item, err
	})
}
