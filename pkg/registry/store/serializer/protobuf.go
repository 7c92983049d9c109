package serializer

import (
	"bytes"
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// protobufFormat is that of upstream's lists in protobuf: a prefix, then a
// message that holds the kind and, as bytes, the list: metadata, then items.
type protobufFormat struct{}

const (
	protobufMagic = "k8s\x00"
	fieldRaw      = 2 // of k8s.io/apimachinery/pkg/runtime.Unknown
	fieldItems    = 2 // of every list
)

var errNotProtobuf = errors.New("the list is not encoded as lists are in protobuf")

func (protobufFormat) split(list []byte) (envelope, []byte, error) {
	message, ok := bytes.CutPrefix(list, []byte(protobufMagic))
	if !ok {
		return envelope{}, nil, errNotProtobuf
	}
	raw, start, end, err := find(message, fieldRaw)
	if err != nil || raw == nil {
		return envelope{}, nil, errors.Join(errNotProtobuf, err)
	}
	item, from, to, err := find(raw, fieldItems)
	if err != nil {
		return envelope{}, nil, errors.Join(errNotProtobuf, err)
	}
	if item == nil {
		from, to = len(raw), len(raw)
	}
	return envelope{
		head:     list[:len(protobufMagic)+start],
		metadata: raw[:from],
		tail:     message[end:],
	}, raw[from:to], nil
}

// join writes the items with their tags and lengths, as split returned them.
func (protobufFormat) join(w *blockWriter, around envelope, items []item) error {
	size := len(around.metadata)
	for _, item := range items {
		size += len(item.bytes)
	}
	length := protowire.AppendVarint(protowire.AppendTag(nil, fieldRaw, protowire.BytesType), uint64(size))
	w.add(around.head, length, around.metadata)
	// What differs from list to list is a block of its own.
	if err := w.flush(); err != nil {
		return err
	}
	for _, item := range items {
		w.add(item.bytes)
		if err := w.end(item); err != nil {
			return err
		}
	}
	w.add(around.tail)
	return nil
}

// find returns the value of the first field with the number, and where the field
// begins and ends; no value if there is none.
func find(message []byte, wanted protowire.Number) (value []byte, start, end int, err error) {
	for at := 0; at < len(message); {
		number, kind, head := protowire.ConsumeTag(message[at:])
		if head < 0 {
			return nil, 0, 0, protowire.ParseError(head)
		}
		size := protowire.ConsumeFieldValue(number, kind, message[at+head:])
		if size < 0 {
			return nil, 0, 0, protowire.ParseError(size)
		}
		if number == wanted && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message[at+head:])
			return value, at, at + head + size, nil
		}
		at += head + size
	}
	return nil, 0, 0, nil
}
