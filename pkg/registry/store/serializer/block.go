package serializer

import (
	"hash/fnv"
	"io"
)

const (
	// blockItems is how many items a block has on average.
	blockItems = 32
	// blockLimit ends a block in any case. The room for it is reused.
	blockLimit = 512 << 10
)

// item is an encoded Store as a list holds it.
type item struct {
	bytes     []byte
	endsBlock bool
}

// endsBlock tells whether a block ends behind the Store of the name. Names alone
// decide, so that a change of one Store leaves all blocks but its own alone, as
// do creations and deletions: whoever compresses blocks has most of them already
// (pkg/server/compress).
func endsBlock(name string) bool {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	return hash.Sum32()%blockItems == 0
}

// blockWriter writes blocks at once. Small writes would cost a frame each.
type blockWriter struct {
	w     io.Writer
	block []byte
}

func (b *blockWriter) add(parts ...[]byte) {
	for _, part := range parts {
		b.block = append(b.block, part...)
	}
}

// end ends the block behind an item.
func (b *blockWriter) end(i item) error {
	if !i.endsBlock && len(b.block) < blockLimit {
		return nil
	}
	return b.flush()
}

func (b *blockWriter) flush() error {
	if len(b.block) == 0 {
		return nil
	}
	_, err := b.w.Write(b.block)
	b.block = b.block[:0]
	return err
}
