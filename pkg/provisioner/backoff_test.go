package provisioner

import (
	"slices"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
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
			b := newBackoff(clock, time.Second, 10*time.Second)
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
