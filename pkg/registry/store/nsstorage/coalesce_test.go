package nsstorage

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// A caller must never get the answer of a run that began before it called: what
// was acknowledged in between would be missing.
func TestCoalescerAnswersWithLaterRuns(t *testing.T) {
	began, finish := make(chan int), make(chan struct{})
	run := 0
	c := &coalescer[int]{run: func() (int, error) {
		run++
		began <- run
		<-finish
		return run, nil
	}}
	answers := func(callers int) (wait func() []int) {
		var group sync.WaitGroup
		got := make([]int, callers)
		var joined sync.WaitGroup
		for i := range callers {
			joined.Add(1)
			flight := c.join()
			joined.Done()
			group.Go(func() {
				<-flight.done
				got[i] = flight.value
			})
		}
		joined.Wait()
		return func() []int { group.Wait(); return got }
	}
	first := answers(1)
	<-began
	second := answers(5) // while the first run is under way
	finish <- struct{}{}
	if got := first(); got[0] != 1 {
		t.Errorf("the first caller got the answer of run %d, want 1", got[0])
	}
	<-began
	third := answers(2) // while the second is
	finish <- struct{}{}
	for _, got := range second() {
		if got != 2 {
			t.Errorf("a caller during run 1 got the answer of run %d, want 2", got)
		}
	}
	<-began
	finish <- struct{}{}
	for _, got := range third() {
		if got != 3 {
			t.Errorf("a caller during run 2 got the answer of run %d, want 3", got)
		}
	}
}

func TestCoalescerLetsACallerGo(t *testing.T) {
	finish := make(chan struct{})
	c := &coalescer[int]{run: func() (int, error) {
		<-finish
		return 1, nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	waiting := c.join()
	cancel()
	if _, err := c.do(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want that of the caller's context", err)
	}
	close(finish)
	if <-waiting.done; waiting.value != 1 {
		t.Error("who stayed got no answer")
	}
}

func TestCoalescerSharesErrors(t *testing.T) {
	broken := errors.New("broken")
	c := &coalescer[int]{run: func() (int, error) { return 0, broken }}
	for range 3 { // it goes on after an error
		if _, err := c.do(t.Context()); !errors.Is(err, broken) {
			t.Errorf("got error %v, want %v", err, broken)
		}
	}
}
