package provisioner

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"platform.example.io/stores/pkg/provisioner/metric"
)

// errFenced is a write that was not sent.
var errFenced = errors.New("withhold a write: the lease could have passed to another provisioner")

// fence keeps a provisioner that may have lost its lease from writing. Each
// renewal moves it; where it stands is reckoned from before the renewal was sent,
// and so lies before the moment at which a successor may begin, which reckons
// from after it has seen the renewal.
//
// Time is monotonic, and looked at before every write: a process that was
// stopped, and goes on when its lease is another's, writes nothing more.
type fence struct {
	now func() time.Time

	mu    sync.Mutex
	until time.Time // zero while this provisioner does not lead
	alarm *time.Timer
}

func newFence() *fence { return &fence{now: time.Now} }

// open begins a term; expired is called when no renewal has moved the fence in time.
func (f *fence) open(until time.Time, expired func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.until = until
	f.alarm = time.AfterFunc(until.Sub(f.now()), expired)
}

// move takes note of a renewal. A fence that has closed stays closed.
func (f *fence) move(until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if f.alarm == nil || !now.Before(f.until) || !f.alarm.Stop() {
		return
	}
	f.until = until
	f.alarm.Reset(until.Sub(now))
}

// close ends a term.
func (f *fence) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.until = time.Time{}
	if f.alarm != nil {
		f.alarm.Stop()
		f.alarm = nil
	}
}

func (f *fence) closed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.now().Before(f.until)
}

// wrap withholds writes while the fence is closed.
func (f *fence) wrap(next http.RoundTripper) http.RoundTripper {
	return &fencedTransport{fence: f, next: next}
}

type fencedTransport struct {
	fence *fence
	next  http.RoundTripper
}

// RoundTrip sends what only reads, and writes while the fence is open.
func (t *fencedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet && request.Method != http.MethodHead && t.fence.closed() {
		metric.FencedWrite()
		if request.Body != nil {
			_ = request.Body.Close() // as a RoundTripper must, also when it fails
		}
		return nil, errFenced
	}
	return t.next.RoundTrip(request)
}

// WrappedRoundTripper lets client-go look at what is inside.
func (t *fencedTransport) WrappedRoundTripper() http.RoundTripper { return t.next }
