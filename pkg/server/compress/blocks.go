package compress

import (
	"bytes"
	"compress/flate"
	"hash/maphash"
	"io"
	"sync"

	"k8s.io/utils/lru"
)

const (
	// remembered is how many blocks are, the longest unused of which goes first. A
	// block of 32 stores takes about ten kilobytes compressed.
	remembered = 2048
	// What is shorter than shortest gains little, and what is longer than longest
	// was not written with a memory in mind.
	shortest, longest = 4 << 10, 1 << 20
)

// blocks compresses, and remembers what it compressed by its content.
type blocks struct {
	seeds   [2]maphash.Seed
	kept    *lru.Cache // key → []byte
	writers sync.Pool  // of *flate.Writer
}

// key names a block's content: 128 bits of hashes whose seeds nobody knows, so
// that two contents are not mistaken for each other, by accident or on purpose.
type key struct {
	first, second uint64
	length        int
}

func newBlocks() *blocks {
	return &blocks{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		kept:  lru.New(remembered),
	}
}

// compressed returns the block as deflated bytes that end at a byte, so that the
// next block's follow. The caller must not modify them.
func (b *blocks) compressed(block []byte) []byte {
	if len(block) < shortest || len(block) > longest {
		return b.deflate(block)
	}
	name := key{maphash.Bytes(b.seeds[0], block), maphash.Bytes(b.seeds[1], block), len(block)}
	if kept, ok := b.kept.Get(name); ok {
		return kept.([]byte)
	}
	deflated := bytes.Clone(b.deflate(block)) // without the room to grow
	b.kept.Add(name, deflated)
	return deflated
}

func (b *blocks) deflate(block []byte) []byte {
	var out bytes.Buffer
	w, ok := b.writers.Get().(*flate.Writer)
	if ok {
		w.Reset(&out)
	} else {
		// The level is upstream's; it is valid, and a buffer takes everything.
		w, _ = flate.NewWriter(&out, flate.BestSpeed)
	}
	_, _ = w.Write(block)
	_ = w.Flush()
	w.Reset(io.Discard) // or the pool would keep what was written
	b.writers.Put(w)
	return out.Bytes()
}
