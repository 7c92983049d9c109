package serializer

import (
	"bytes"
	"errors"
)

// jsonFormat is that of upstream's lists of typed objects: the items come last.
type jsonFormat struct{}

var (
	jsonOpen  = []byte(`"items":[`)
	jsonClose = []byte("]}\n")
	comma     = []byte(",")
)

var errNotJSON = errors.New("the list is not encoded as lists are in JSON")

func (jsonFormat) split(list []byte) (envelope, []byte, error) {
	// What comes before is a kind, an apiVersion and metadata, in none of which the
	// opening can occur: quotes in values are escaped.
	open := bytes.Index(list, jsonOpen)
	if open < 0 || !bytes.HasSuffix(list, jsonClose) {
		return envelope{}, nil, errNotJSON
	}
	from, to := open+len(jsonOpen), len(list)-len(jsonClose)
	return envelope{head: list[:from], tail: list[to:]}, list[from:to], nil
}

func (jsonFormat) join(w *blockWriter, around envelope, items []item) error {
	w.add(around.head)
	// What differs from list to list is a block of its own.
	if err := w.flush(); err != nil {
		return err
	}
	for i, item := range items {
		w.add(item.bytes)
		if i < len(items)-1 {
			w.add(comma)
		}
		if err := w.end(item); err != nil {
			return err
		}
	}
	w.add(around.tail)
	return nil
}
