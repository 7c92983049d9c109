package compress

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/http"
)

// threshold is the length from which a response is compressed; upstream's.
const threshold = 128 << 10

// The parts of a gzip stream (RFC 1952) around its compressed blocks (RFC 1951).
var (
	gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}
	// lastBlock is empty, and the last.
	lastBlock = []byte{0x03, 0x00}
)

// writer is a response that is compressed once it is long.
type writer struct {
	http.ResponseWriter
	blocks *blocks

	status  int
	pending [][]byte // while it is not yet known whether it will be long
	size    uint32   // modulo 2^32, as gzip counts
	crc     uint32
	mode    mode
	err     error
}

type mode int

const (
	undecided mode = iota
	plain
	compressing
)

// Unwrap returns the response below, for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader keeps the status until it is known how the body goes out. What is
// no success is short, and goes as it is.
func (w *writer) WriteHeader(status int) {
	w.status = status
	if status != http.StatusOK {
		w.begin(plain)
	}
}

// Write implements io.Writer. What is written at once is a block.
func (w *writer) Write(block []byte) (int, error) {
	switch w.mode {
	case plain:
		return w.ResponseWriter.Write(block)
	case compressing:
		return len(block), w.compress(block)
	}
	w.pending = append(w.pending, bytes.Clone(block))
	w.size += uint32(len(block))
	if w.size > threshold {
		w.begin(compressing)
	}
	return len(block), w.err
}

// begin sends what was held back.
func (w *writer) begin(how mode) {
	w.mode = how
	if how == compressing {
		w.Header().Del("Content-Length")
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Add("Vary", "Accept-Encoding")
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
	}
	w.size = 0
	if how == compressing {
		w.send(gzipHeader)
	}
	for _, block := range w.pending {
		if how == compressing {
			w.err = w.compress(block)
		} else {
			w.send(block)
		}
	}
	w.pending = nil
}

func (w *writer) compress(block []byte) error {
	w.crc = crc32.Update(w.crc, crc32.IEEETable, block)
	w.size += uint32(len(block))
	w.send(w.blocks.compressed(block))
	return w.err
}

// send writes to the response, unless that failed before.
func (w *writer) send(bytes []byte) {
	if w.err == nil {
		_, w.err = w.ResponseWriter.Write(bytes)
	}
}

// finish ends the response.
func (w *writer) finish() {
	if w.mode == undecided && (w.status != 0 || len(w.pending) > 0) {
		w.begin(plain)
	}
	if w.mode == compressing {
		trailer := binary.LittleEndian.AppendUint32(lastBlock, w.crc)
		w.send(binary.LittleEndian.AppendUint32(trailer, w.size))
	}
}
