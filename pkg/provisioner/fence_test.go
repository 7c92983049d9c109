package provisioner

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// TestFence looks at the fence around one term, in time that only the test moves.
func TestFence(t *testing.T) {
	const deadline = 4 * time.Second
	tests := []struct {
		name, reason string
		renewals     []time.Duration // when each was sent, from the first
		look         time.Duration
		closed       bool
	}{
		{name: "held", reason: "the lease was renewed a moment ago", renewals: []time.Duration{0, time.Second}, look: 2 * time.Second},
		{name: "just held", reason: "up to the deadline nobody else can have it", renewals: []time.Duration{0, time.Second}, look: 5*time.Second - 1},
		{name: "silent", reason: "from the deadline on somebody may", renewals: []time.Duration{0, time.Second}, look: 5 * time.Second, closed: true},
		{name: "too late", reason: "the work was told to stop: a late renewal does not revive the term", renewals: []time.Duration{0, 5 * time.Second}, look: 6 * time.Second, closed: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				working, stop := context.WithCancel(t.Context())
				o := &office{fence: newFence(), stop: stop}
				defer o.close()
				if !o.fence.closed() {
					t.Fatal("a fence stands open before the lease was got")
				}
				start := time.Now()
				for _, sent := range tt.renewals {
					<-time.After(sent - time.Since(start))
					o.renewed(time.Now().Add(deadline))
				}
				<-time.After(tt.look - time.Since(start))
				synctest.Wait()
				if got := o.fence.closed(); got != tt.closed {
					t.Errorf("closed: %v, want %v: %s", got, tt.closed, tt.reason)
				}
				if stopped := working.Err() != nil; stopped != tt.closed {
					t.Errorf("told to stop: %v, want %v: %s", stopped, tt.closed, tt.reason)
				}
			})
		})
	}
}

// TestFencedTransport sends through a fence.
func TestFencedTransport(t *testing.T) {
	for _, tt := range []struct {
		name, reason, method string
		open, sent           bool
	}{
		{name: "write while leading", reason: "that is what a leader is for", method: http.MethodPatch, open: true, sent: true},
		{name: "write of a standby", reason: "another one leads", method: http.MethodPatch},
		{name: "delete of a standby", reason: "another one leads", method: http.MethodDelete},
		{name: "read of a standby", reason: "its caches are to be full when it takes over", method: http.MethodGet, sent: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFence()
			if tt.open {
				f.open(time.Now().Add(time.Hour), func() {})
				defer f.close()
			}
			sent := false
			transport := f.wrap(roundTripper(func(*http.Request) (*http.Response, error) {
				sent = true
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
			}))
			response, err := transport.RoundTrip(httptest.NewRequest(tt.method, "/", nil))
			if err == nil {
				response.Body.Close()
			}
			if sent != tt.sent || errors.Is(err, errFenced) == tt.sent {
				t.Errorf("sent: %v (%v), want %v: %s", sent, err, tt.sent, tt.reason)
			}
		})
	}
}

// memoryLock is a lock that counts as held by whoever wrote last.
type memoryLock struct {
	resourcelock.Interface
	record resourcelock.LeaderElectionRecord
}

func (l *memoryLock) Update(_ context.Context, record resourcelock.LeaderElectionRecord) error {
	l.record = record
	return nil
}

// TestReleaseWaitsForWork releases a lease while a worker is at it.
func TestReleaseWaitsForWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		working, stop := context.WithCancel(t.Context())
		o := &office{fence: newFence(), stop: stop}
		memory := &memoryLock{}
		lock := &fencedLock{Interface: memory, office: o, deadline: time.Hour}
		if err := lock.Update(t.Context(), resourcelock.LeaderElectionRecord{HolderIdentity: "me"}); err != nil {
			t.Fatal(err)
		}
		putDown := make(chan struct{})
		go o.work(func() { <-working.Done(); <-putDown })
		synctest.Wait()

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := lock.Update(short, resourcelock.LeaderElectionRecord{}); !errors.Is(err, context.DeadlineExceeded) || memory.record.HolderIdentity != "me" {
			t.Errorf("released beside a worker: %v, held by %q", err, memory.record.HolderIdentity)
		}
		if working.Err() == nil {
			t.Error("nobody told the worker to stop")
		}
		close(putDown)
		if err := lock.Update(t.Context(), resourcelock.LeaderElectionRecord{}); err != nil || memory.record.HolderIdentity != "" {
			t.Errorf("not released after the work: %v, held by %q", err, memory.record.HolderIdentity)
		}
		if !o.fence.closed() {
			t.Error("writes are let through after the release")
		}
		began := false
		o.work(func() { began = true })
		if began {
			t.Error("work begins after the release")
		}
	})
}
