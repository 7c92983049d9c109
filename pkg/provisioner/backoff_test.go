package provisioner

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"platform.example.io/stores/pkg/config"
)

func TestBackoff(t *testing.T) {
	type failure struct{ at, wait time.Duration }
	tests := []struct {
		name   string
		reason string
		fails  []failure
	}{
		{
			name: "doubles", reason: "what keeps failing is tried ever more slowly",
			fails: []failure{{0, 1 * time.Second}, {1 * time.Second, 2 * time.Second}, {3 * time.Second, 4 * time.Second}},
		},
		{
			name: "has an end", reason: "a cause that goes after a day is noticed within the longest wait",
			fails: []failure{{0, 1 * time.Second}, {time.Minute, 2 * time.Second}, {2 * time.Minute, 4 * time.Second}, {3 * time.Minute, 8 * time.Second},
				{4 * time.Minute, 10 * time.Second}, {5 * time.Minute, 10 * time.Second}},
		},
		{
			name: "events", reason: "attempts that events bring about before their time do not lengthen the wait",
			fails: []failure{{0, 1 * time.Second}, {100 * time.Millisecond, 900 * time.Millisecond}, {200 * time.Millisecond, 800 * time.Millisecond},
				{900 * time.Millisecond, 100 * time.Millisecond}, {1 * time.Second, 2 * time.Second}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
			clock := clocktesting.NewFakeClock(start)
			b := newBackoff(clock, config.Provisioning{
				MinBackoff: metav1.Duration{Duration: time.Second}, MaxBackoff: metav1.Duration{Duration: 10 * time.Second}, StoresPerSecond: 20,
			})
			var got []failure
			for _, f := range tt.fails {
				clock.SetTime(start.Add(f.at))
				got = append(got, failure{f.at, b.When("acme")})
			}
			if !slices.Equal(got, tt.fails) {
				t.Errorf("got %v, want %v: %s", got, tt.fails, tt.reason)
			}
			if tries := b.NumRequeues("acme"); tries != len(tt.fails) {
				t.Errorf("%d failures are counted, want %d", tries, len(tt.fails))
			}
			b.Forget("acme")
			if wait := b.When("acme"); wait != time.Second {
				t.Errorf("after a success the first failure waits %s", wait)
			}
		})
	}
}

// TestFailingStoreStarvesNoOther has one store fail again and again because events
// bring it up before its time, as a shop's crashing pods do. Another that fails once
// is tried again as soon as if it were alone.
func TestFailingStoreStarvesNoOther(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC))
	pace := config.Default().Provisioning
	limiter := newBackoff(clock, pace)
	for range 100 * pace.StoresPerSecond {
		limiter.When("noisy")
	}
	if wait := limiter.When("quiet"); wait != pace.MinBackoff.Duration {
		t.Errorf("a store that failed once waits %s, want %s: attempts that events brought about are no retries", wait, pace.MinBackoff.Duration)
	}
}

// TestRetriesArePaced has more stores fail at once than may be tried again in a second.
func TestRetriesArePaced(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC))
	pace := config.Default().Provisioning
	limiter := newBackoff(clock, pace)
	var last time.Duration
	for at := range (retriesAtOnce + 20) * pace.StoresPerSecond {
		last = limiter.When(fmt.Sprint("store-", at))
	}
	if want := 20 * time.Second; last != want {
		t.Errorf("the last waits %s, want %s", last, want)
	}
}
