package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// churnPeriod is the time between two updates of a kind.
const churnPeriod = time.Second / 20

// churning samples while a writer updates twenty objects of each kind a second.
func churning(prepare func(context.Context, *bench) (sampler, func(context.Context) error, error)) func(context.Context, *bench) (sampler, func(context.Context) error, error) {
	return func(ctx context.Context, b *bench) (sampler, func(context.Context) error, error) {
		take, cleanUp, err := prepare(ctx, b)
		if err != nil {
			return nil, nil, err
		}
		writing, cancel := context.WithCancel(ctx)
		var writers sync.WaitGroup
		errs := make([]error, len(kinds))
		for n, k := range kinds {
			writers.Go(func() { errs[n] = b.churn(writing, k) })
		}
		return take, func(ctx context.Context) error {
			cancel()
			writers.Wait()
			return errors.Join(append(errs, cleanUp(ctx))...)
		}, nil
	}
}

// churn writes until the context ends.
func (b *bench) churn(ctx context.Context, k *kind) error {
	ticks := time.NewTicker(churnPeriod)
	defer ticks.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		if err := b.user.json(ctx, b.statusPatch(k, b.shop(i)), nil); err != nil && ctx.Err() == nil {
			return fmt.Errorf("update while lists are measured: %w", err)
		}
	}
}
