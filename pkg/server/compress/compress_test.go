package compress

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/endpoints/request"
)

// serve answers a request with the blocks, as a handler behind Lists.
func serve(t testing.TB, handler http.Handler, verb, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(
		request.WithRequestInfo(t.Context(), &request.RequestInfo{IsResourceRequest: true, Verb: verb}), http.MethodGet, "/", nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder.Result()
}

func writing(status int, blocks ...[]byte) http.Handler {
	return Lists(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Upstream", "would compress")
		}
		if status != 0 {
			w.WriteHeader(status)
		}
		for _, block := range blocks {
			reused := bytes.Clone(block)
			if _, err := w.Write(reused); err != nil {
				panic(err)
			}
			clear(reused) // a writer may use its buffer again
		}
	}))
}

// text is like JSON: long, and compressible.
func text(seed uint64, length int) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	var out strings.Builder
	for out.Len() < length {
		fmt.Fprintf(&out, `{"name":"store-%d","phase":"Ready"},`, random.IntN(1000))
	}
	return []byte(out.String()[:length])
}

func TestLists(t *testing.T) {
	long := [][]byte{text(1, 10), text(2, 60<<10), text(3, 100<<10), nil, text(2, 60<<10), text(4, 3<<20), text(5, 1)}
	tests := []struct {
		name       string
		reason     string
		verb       string
		accept     string
		status     int
		blocks     [][]byte
		compressed bool
	}{
		{name: "long", reason: "what this is for", verb: "list", accept: "gzip", status: 200, blocks: long, compressed: true},
		{name: "no status", reason: "a handler need not set one", verb: "list", accept: "gzip", blocks: long, compressed: true},
		{name: "among others", reason: "as browsers ask", verb: "list", accept: "deflate, gzip;q=1.0, br", status: 200, blocks: long, compressed: true},
		{name: "not asked for", reason: "curl does not by default", verb: "list", status: 200, blocks: long},
		{name: "other encoding", reason: "gzip is all there is", verb: "list", accept: "br", status: 200, blocks: long},
		{name: "short", reason: "it would gain nothing", verb: "list", accept: "gzip", status: 200, blocks: [][]byte{text(1, 1000), text(2, 1000)}},
		{name: "at the threshold", reason: "longer than it is what counts", verb: "list", accept: "gzip", status: 200, blocks: [][]byte{text(1, threshold)}},
		{name: "above the threshold", reason: "in one block", verb: "list", accept: "gzip", status: 200, blocks: [][]byte{text(1, threshold+1)}, compressed: true},
		{name: "error", reason: "errors are short, however they come", verb: "list", accept: "gzip", status: 410, blocks: [][]byte{text(1, 200<<10)}},
		{name: "empty", reason: "a handler that writes nothing", verb: "list", accept: "gzip", status: 204},
		{name: "watch", reason: "a stream must not be held back", verb: "watch", accept: "gzip", status: 200, blocks: long},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			handler := writing(tt.status, tt.blocks...)
			for _, look := range []string{"first", "second, remembered"} {
				response := serve(t, handler, tt.verb, tt.accept)
				if want := max(tt.status, 200); tt.status != 0 && response.StatusCode != want {
					t.Errorf("status %d, want %d", response.StatusCode, want)
				}
				body := io.Reader(response.Body)
				if got := response.Header.Get("Content-Encoding") == "gzip"; got != tt.compressed {
					t.Fatalf("%s: compressed %t, want %t", tt.reason, got, tt.compressed)
				}
				if tt.compressed {
					unzipped, err := gzip.NewReader(response.Body)
					if err != nil {
						t.Fatal(err)
					}
					unzipped.Multistream(false) // browsers read one
					body = unzipped
				}
				got, err := io.ReadAll(body)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(bytes.Join(tt.blocks, nil), got) {
					t.Errorf("%s: at the %s look the body is not what was written", tt.reason, look)
				}
				if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
					t.Errorf("%d bytes follow the body, error %v", len(rest), err)
				}
			}
		})
	}
}

func TestNobodyCompressesTwice(t *testing.T) {
	if response := serve(t, writing(200, text(1, 200<<10)), "list", "gzip"); response.Header.Get("Upstream") != "" {
		t.Error("the handler below was told that the client accepts gzip")
	}
}

func TestAPanicCutsTheResponseShort(t *testing.T) {
	handler := Lists(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(text(1, 200<<10)); err != nil {
			t.Error(err)
		}
		panic(http.ErrAbortHandler)
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := &request.RequestInfo{IsResourceRequest: true, Verb: "list"}
		handler.ServeHTTP(w, r.WithContext(request.WithRequestInfo(r.Context(), info)))
	}))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		return // cut before the header, which a reader sees as well
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("a response that was cut short was read to its end")
	}
}

func TestBlocksAreCompressedOnce(t *testing.T) {
	blocks := newBlocks()
	block := text(1, 100<<10)
	first, second := blocks.compressed(block), blocks.compressed(bytes.Clone(block))
	if &first[0] != &second[0] {
		t.Error("a block was compressed again")
	}
	changed := bytes.Clone(block)
	changed[50<<10]++
	if other := blocks.compressed(changed); &first[0] == &other[0] {
		t.Error("a changed block was taken for the old one")
	}
}

func BenchmarkLists(b *testing.B) {
	var blocks [][]byte
	for i := range 50 {
		blocks = append(blocks, text(uint64(i), 128<<10))
	}
	handler := writing(200, blocks...)
	b.SetBytes(50 * 128 << 10)
	for b.Loop() {
		serve(b, handler, "list", "gzip")
	}
}
