package compress

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"testing"
)

const (
	// unit is what a length in a fuzzed sequence counts.
	unit = 1 << 10
	// longestAnswer is what a fuzzed sequence may come to: some times the
	// threshold, and little enough to try many.
	longestAnswer = 768 * unit
)

// FuzzBlocks writes any sequence of blocks, some of them twice, to a handler that
// remembers all it ever compressed: whoever unzips the answer, as one stream and
// nothing behind it, gets what was written.
func FuzzBlocks(f *testing.F) {
	f.Add([]byte("{}"), []byte{1, 2, 3}, uint8(200))
	f.Add([]byte(`{"name":"acme"}`), []byte{60, 0, 60, 4, 255, 255, 1}, uint8(0))
	f.Add([]byte{0, 255, 1, 254}, []byte{128, 0, 1, 128, 128}, uint8(200))
	f.Add([]byte{}, []byte{255, 255}, uint8(200))
	f.Add([]byte("x"), []byte{255, 255}, uint8(10))
	var blocks [][]byte
	var status int
	handler := Lists(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if status != 0 {
			w.WriteHeader(status)
		}
		for _, block := range blocks {
			reused := bytes.Clone(block)
			if n, err := w.Write(reused); err != nil || n != len(block) {
				panic(err)
			}
			clear(reused) // a writer may use its buffer again
		}
	}))
	f.Fuzz(func(t *testing.T, content, lengths []byte, code uint8) {
		content, lengths = content[:min(len(content), 8*unit)], lengths[:min(len(lengths), 40)]
		// Zero is a handler that sets no status; an odd one is an error.
		if status = int(code); status != 0 {
			status = 200 + status%2*210
		}
		blocks = nil
		rest := longestAnswer
		for i, length := range lengths {
			// An odd length makes the block end anywhere, an even one repeats earlier blocks.
			size := min(int(length)*unit+i*int(length%2), rest)
			rest -= size
			blocks = append(blocks, repeated(content, size))
		}
		whole := bytes.Join(blocks, nil)
		for _, look := range []string{"first", "second"} {
			response := serve(t, handler, "list", "gzip")
			body := io.Reader(response.Body)
			compressed := response.Header.Get("Content-Encoding") == "gzip"
			if want := len(whole) > threshold && status < 300; compressed != want {
				t.Fatalf("%d bytes with status %d are compressed: %t, want %t", len(whole), status, compressed, want)
			}
			if compressed {
				unzipped, err := gzip.NewReader(response.Body)
				if err != nil {
					t.Fatal(err)
				}
				unzipped.Multistream(false)
				body = unzipped
			}
			got, err := io.ReadAll(body)
			if err != nil || !bytes.Equal(whole, got) {
				t.Fatalf("at the %s look %d bytes became %d, %v", look, len(whole), len(got), err)
			}
			if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
				t.Fatalf("%d bytes follow the body, error %v", len(rest), err)
			}
		}
	})
}

// repeated is the content over and over, up to the size.
func repeated(content []byte, size int) []byte {
	if len(content) == 0 {
		return make([]byte, size)
	}
	return bytes.Repeat(content, size/len(content)+1)[:size]
}
