package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSummarise(t *testing.T) {
	of := func(ms ...int) (samples []sample) {
		for _, n := range ms {
			samples = append(samples, sample{took: time.Duration(n) * time.Millisecond, wire: int64(n * 10)})
		}
		return samples
	}
	for _, c := range []struct {
		name, reason string
		samples      []sample
		want         summary
	}{
		{name: "none", reason: "nothing was measured, which is not an error here"},
		{name: "one", samples: of(7), want: summary{Median: 7, Min: 7, P90: 7, Samples: 1, Wire: 70}, reason: "everything is that one"},
		{name: "odd", samples: of(9, 1, 5), want: summary{Median: 5, Min: 1, P90: 9, Samples: 3, Wire: 50}, reason: "the middle one, whatever their order"},
		{name: "even", samples: of(4, 1, 2, 100), want: summary{Median: 3, Min: 1, P90: 100, Samples: 4, Wire: 40}, reason: "between the two in the middle, and one straggler does not move it"},
		{
			name: "ten", samples: of(10, 9, 8, 7, 6, 5, 4, 3, 2, 1),
			want: summary{Median: 5.5, Min: 1, P90: 9, Samples: 10, Wire: 60}, reason: "nine of ten are not above the 90th percentile",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, summarise(c.samples)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
