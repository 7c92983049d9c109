package faults

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What the proxy does to a request.
const (
	conflict   = iota // 409, as optimistic concurrency answers it
	tooMany           // 429 with Retry-After
	internal          // 500, nothing done
	timeout           // 504, done
	dropBefore        // no answer, nothing done
	dropAfter         // no answer, done
	delay             // a late answer
	cutWatch          // a watch that breaks off
	hang              // an answer that begins and never ends
	faults
)

var kindNames = [faults]string{"409", "429", "500", "504 though done", "dropped", "dropped though done", "late", "watch cut", "hung though done"}

const (
	// requestFaults is the part of all requests that something happens to, and
	// watchFaults that of the watches.
	requestFaults = 0.10
	watchFaults   = 0.5
	// hangs are rare, because each holds up a worker for half a minute.
	hangs = 0.0005
	// longestWatch is in reads, longestDelay in milliseconds.
	longestWatch = 60
	longestDelay = 2000
)

// draw says what happens to a request, if anything does.
func draw(dice *rand.Rand, method string) (kind int, found bool) {
	switch chance := dice.Float64(); {
	case chance < hangs:
		return hang, true
	case chance >= requestFaults:
		return 0, false
	}
	kind = dice.IntN(cutWatch)
	if kind == conflict && (method == http.MethodGet || method == http.MethodPost) {
		// A conflict of versions needs a version: no such request is answered so.
		kind = internal
	}
	return kind, true
}

func answer(w http.ResponseWriter, r *http.Request, code int32, reason metav1.StatusReason) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(code))
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason,
		Message: "injected into " + r.Method + " " + r.URL.Path,
	})
}

type cutKey struct{}

// withCut marks a request whose answer shall break off after so many reads.
func withCut(r *http.Request, reads int) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), cutKey{}, reads))
}

func cutOf(r *http.Request) (reads int, ok bool) {
	reads, ok = r.Context().Value(cutKey{}).(int)
	return reads, ok
}
