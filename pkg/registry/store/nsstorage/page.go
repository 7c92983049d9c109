package nsstorage

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A list of namespaces is read from the wire one by one, and of each only its
// identity, because almost every one was decoded before: decoding all of them
// was most of what a list cost us. The field numbers are those of the
// generated.proto files of k8s.io/apimachinery and k8s.io/api, which a stored
// API never changes; what is not known is skipped.
const (
	fieldUnknownRaw      = 2 // of k8s.io/apimachinery/pkg/runtime.Unknown
	fieldListMeta        = 1 // of k8s.io/api/core/v1.NamespaceList
	fieldListItems       = 2
	fieldObjectMeta      = 1 // of k8s.io/api/core/v1.Namespace
	fieldName            = 1 // of k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta
	fieldUID             = 5
	fieldResourceVersion = 6
)

// maxNamespace is more than any namespace has, whose parts etcd limits to 1.5 MB.
const maxNamespace = 16 << 20

// magic begins every Kubernetes object in protobuf.
var magic = []byte("k8s\x00")

// errNoList says that a response is no list of namespaces.
var errNoList = errors.New("the response is not a list of namespaces in protobuf")

// page reads one response to a list of namespaces.
type page struct {
	metav1.ListMeta
	body io.ReadCloser
	in   *bufio.Reader
	left uint64 // bytes of the list that were not read yet
	item []byte
	// pending is true when the item that opened the page was not handed out yet.
	pending bool
}

// openPage reads a page up to its first namespace.
func openPage(body io.ReadCloser) (*page, error) {
	p := &page{body: body, in: bufio.NewReaderSize(body, 64<<10)}
	if err := p.open(); err != nil {
		body.Close()
		return nil, fmt.Errorf("read list of namespaces: %w", err)
	}
	return p, nil
}

func (p *page) open() error {
	prefix := make([]byte, len(magic))
	if _, err := io.ReadFull(p.in, prefix); err != nil {
		return err
	}
	if !bytes.Equal(prefix, magic) {
		return errNoList
	}
	for p.left == 0 {
		number, size, err := p.header()
		switch {
		case err != nil:
			return err
		case number == fieldUnknownRaw:
			p.left = size
			if size == 0 {
				return nil
			}
		default:
			if _, err := io.CopyN(io.Discard, p.in, int64(size)); err != nil {
				return err
			}
		}
	}
	more, err := p.advance()
	p.pending = more
	return err
}

// next returns the next namespace's bytes, which are valid until the next call,
// and false after the last one.
func (p *page) next() ([]byte, bool, error) {
	if p.pending {
		p.pending = false
		return p.item, true, nil
	}
	more, err := p.advance()
	if err != nil {
		return nil, false, fmt.Errorf("read list of namespaces: %w", err)
	}
	if !more {
		// The envelope's end: a response that is read whole leaves its connection as
		// it was.
		_, _ = io.Copy(io.Discard, p.in)
	}
	return p.item, more, nil
}

// advance reads up to the end of the next namespace. The list's own metadata
// comes first: kube-apiserver writes fields in their order.
func (p *page) advance() (bool, error) {
	for p.left > 0 {
		number, size, err := p.header()
		if err != nil {
			return false, err
		}
		if size > p.left || size > maxNamespace {
			return false, io.ErrUnexpectedEOF
		}
		p.left -= size
		if uint64(cap(p.item)) < size {
			p.item = make([]byte, size, size+size/4)
		}
		p.item = p.item[:size]
		if _, err := io.ReadFull(p.in, p.item); err != nil {
			return false, err
		}
		switch number {
		case fieldListMeta:
			if err := p.ListMeta.Unmarshal(p.item); err != nil {
				return false, err
			}
		case fieldListItems:
			return true, nil
		}
	}
	return false, nil
}

// header reads the number and the size of a field, all of which have a size.
func (p *page) header() (protowire.Number, uint64, error) {
	tag, err := p.varint()
	if err != nil {
		return 0, 0, err
	}
	number, kind := protowire.DecodeTag(tag)
	if kind != protowire.BytesType {
		return 0, 0, errNoList
	}
	size, err := p.varint()
	return number, size, err
}

func (p *page) varint() (uint64, error) {
	value, err := binary.ReadUvarint(p.in)
	if err != nil {
		return 0, err
	}
	if p.left > 0 {
		p.left -= min(p.left, uint64(protowire.SizeVarint(value)))
	}
	return value, nil
}

// Close ends the response.
func (p *page) Close() error { return p.body.Close() }

// identity is what tells one content of a namespace from any other. It points
// into what it was read from.
type identity struct {
	name, uid, version []byte
}

// readIdentity reads the identity of an encoded namespace.
func readIdentity(namespace []byte) (identity, error) {
	id := identity{}
	metadata, err := firstField(namespace, fieldObjectMeta)
	if err != nil {
		return id, err
	}
	for len(metadata) > 0 {
		number, value, size, err := nextField(metadata)
		if err != nil {
			return id, err
		}
		switch number {
		case fieldName:
			id.name = value
		case fieldUID:
			id.uid = value
		case fieldResourceVersion:
			id.version = value
			return id, nil // what follows is long, and fields come in their order
		}
		metadata = metadata[size:]
	}
	return id, nil
}

// firstField returns the bytes of the first field with the number.
func firstField(message []byte, wanted protowire.Number) ([]byte, error) {
	for len(message) > 0 {
		number, value, size, err := nextField(message)
		if err != nil {
			return nil, err
		}
		if number == wanted {
			return value, nil
		}
		message = message[size:]
	}
	return nil, errNoList
}

// nextField reads a field: its number, its value if that is bytes, and the size
// of both.
func nextField(message []byte) (protowire.Number, []byte, int, error) {
	number, kind, head := protowire.ConsumeTag(message)
	if head < 0 {
		return 0, nil, 0, protowire.ParseError(head)
	}
	if kind == protowire.BytesType {
		value, size := protowire.ConsumeBytes(message[head:])
		if size < 0 {
			return 0, nil, 0, protowire.ParseError(size)
		}
		return number, value, head + size, nil
	}
	size := protowire.ConsumeFieldValue(number, kind, message[head:])
	if size < 0 {
		return 0, nil, 0, protowire.ParseError(size)
	}
	return number, nil, head + size, nil
}
