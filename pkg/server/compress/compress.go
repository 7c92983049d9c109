// Package compress compresses long lists and remembers what it compressed.
//
// Duties. It answers a list with gzip, as upstream does, where the client
// accepts that and the response is long. What the encoder writes at once is a
// block, compressed on its own and remembered by its content: an encoder that
// writes what did not change as it wrote it before has it compressed only once.
//
// It refuses to know what it compresses. Danger: it must stand between the
// handlers of the API and everything that judges their responses by their
// length, and nothing after it may compress again.
package compress

import (
	"net/http"
	"strings"

	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/features"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
)

// Lists returns a handler that answers with what next does, compressed if it is
// a long list and the client accepts gzip. Upstream's feature gate
// APIResponseCompression switches it off.
func Lists(next http.Handler) http.Handler {
	blocks := newBlocks()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isList(r) || !acceptsGzip(r) || !utilfeature.DefaultFeatureGate.Enabled(features.APIResponseCompression) {
			next.ServeHTTP(w, r)
			return
		}
		plain := r.Clone(r.Context())
		plain.Header.Del("Accept-Encoding") // upstream would compress by itself
		compressed := &writer{ResponseWriter: w, blocks: blocks}
		next.ServeHTTP(compressed, plain)
		// Not deferred: a handler that panics leaves a response which its reader must
		// see to be cut short.
		compressed.finish()
	})
}

func isList(r *http.Request) bool {
	info, ok := request.RequestInfoFrom(r.Context())
	return ok && info.IsResourceRequest && info.Verb == "list"
}

// acceptsGzip reads the header as upstream does: a quality of zero counts for
// nothing, since nobody sends one.
func acceptsGzip(r *http.Request) bool {
	for _, encoding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		if name, _, _ := strings.Cut(encoding, ";"); strings.TrimSpace(name) == "gzip" {
			return true
		}
	}
	return false
}
