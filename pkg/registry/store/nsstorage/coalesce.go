package nsstorage

import (
	"context"
	"sync"
)

// coalescer lets callers who want the same answer share it. Whoever calls gets
// the result of a run that began after the call, so what was true before the
// call is seen by it: reads stay linearizable. One run is under way at a time,
// and all who call meanwhile share the next.
type coalescer[T any] struct {
	// run computes the answer. It ends by itself: no caller's context is its own,
	// because the others would lose their answer with it.
	run func() (T, error)

	mu      sync.Mutex
	running bool
	next    *flight[T] // collects callers while another is under way
}

type flight[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// do returns the answer of a run that began after this call.
func (c *coalescer[T]) do(ctx context.Context) (T, error) {
	mine := c.join()
	select {
	case <-mine.done:
		return mine.value, mine.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (c *coalescer[T]) join() *flight[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = &flight[T]{done: make(chan struct{})}
	}
	mine := c.next
	if !c.running {
		c.running = true
		go c.fly()
	}
	return mine
}

// fly runs until nobody waits.
func (c *coalescer[T]) fly() {
	for {
		c.mu.Lock()
		now := c.next
		c.next = nil
		c.running = now != nil
		c.mu.Unlock()
		if now == nil {
			return
		}
		now.value, now.err = c.run()
		close(now.done)
	}
}
