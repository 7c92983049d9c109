package main

import (
	"math"
	"slices"
	"time"
)

// summary is what a report says of samples.
type summary struct {
	Median  float64 `json:"medianMs"`
	Min     float64 `json:"minMs"`
	P90     float64 `json:"p90Ms"`
	Samples int     `json:"samples"`
	// Wire is the median size of the answer as it came, in bytes.
	Wire int64 `json:"wireBytes"`
}

func summarise(samples []sample) summary {
	if len(samples) == 0 {
		return summary{}
	}
	took, wire := make([]time.Duration, 0, len(samples)), make([]int64, 0, len(samples))
	for _, s := range samples {
		took, wire = append(took, s.took), append(wire, s.wire)
	}
	slices.Sort(took)
	slices.Sort(wire)
	return summary{
		Median:  (milliseconds(took[(len(took)-1)/2]) + milliseconds(took[len(took)/2])) / 2,
		Min:     milliseconds(took[0]),
		P90:     milliseconds(quantile(took, 0.9)),
		Samples: len(samples),
		Wire:    wire[len(wire)/2],
	}
}

// quantile is the smallest value that so much of the sorted values do not exceed.
func quantile[T any](sorted []T, share float64) T {
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
