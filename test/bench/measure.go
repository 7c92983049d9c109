package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// fewest is how many samples a figure has however long they take.
const fewest = 3

// outcome is what was measured of a variant, or why it was not.
type outcome struct {
	samples []sample
	missing string // why there are none, which is no fault
	failure string // why there are none, which is one
}

// measure takes the samples of a figure, one of each variant in turn.
func (b *bench) measure(ctx context.Context, f *figure) map[variant]*outcome {
	outcomes := map[variant]*outcome{}
	for _, v := range f.variants {
		outcomes[v] = &outcome{}
	}
	fail := func(err error) map[variant]*outcome {
		for _, o := range outcomes {
			o.samples, o.failure = nil, err.Error()
		}
		return outcomes
	}
	take, cleanUp, err := f.prepare(ctx, b)
	if err != nil {
		return fail(err)
	}
	b.sampleInTurn(ctx, f, take, outcomes)
	profiled := b.profileFigure(ctx, f, take)
	// Also when interrupted: what was made must not stay in a control plane that is kept.
	if err := errors.Join(profiled, cleanUp(context.WithoutCancel(ctx))); err != nil {
		return fail(err)
	}
	return outcomes
}

func (b *bench) sampleInTurn(ctx context.Context, f *figure, take sampler, outcomes map[variant]*outcome) {
	rounds := f.rounds
	if b.options.rounds > 0 {
		rounds = b.options.rounds
	}
	warm := min(f.warm, rounds)
	began := time.Now()
	for round := range warm + rounds {
		if round >= warm+fewest && time.Since(began) > b.options.budget {
			break
		}
		for turn := range f.variants {
			// Another begins each round, so that none always follows the same other,
			// and pays for the garbage it left.
			v := f.variants[(round+turn)%len(f.variants)]
			o := outcomes[v]
			if o.missing != "" || o.failure != "" {
				continue
			}
			taken, err := take(ctx, v, round)
			reason := notMeasured{}
			switch {
			case errors.As(err, &reason):
				o.missing = reason.reason
			case err != nil:
				o.samples, o.failure = nil, err.Error()
			case round >= warm:
				o.samples = append(o.samples, taken)
			}
		}
	}
	b.sampled = warm + rounds
}

// measureAll measures the figures of a mode, with the objects there are.
func (b *bench) measureAll(ctx context.Context, fence bool) error {
	for i := range figures {
		f := &figures[i]
		if f.fence != fence || !b.options.wants(f.name) {
			continue
		}
		began := time.Now()
		outcomes := b.measure(ctx, f)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("measure %s: %w", f.name, err)
		}
		b.report.add(f, b.count, outcomes)
		b.say("%-26s of %d: %s", f.name, b.count, time.Since(began).Round(100*time.Millisecond))
	}
	return nil
}

// wantsAny tells whether any figure of a mode is to be measured.
func (b *bench) wantsAny(fence bool) bool {
	for i := range figures {
		if figures[i].fence == fence && b.options.wants(figures[i].name) {
			return true
		}
	}
	return false
}
