package faults

import (
	"context"
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
)

// patience bounds every wait. It is only used up by what is broken: after many
// kills the namespace controller alone may be minutes away from its next attempt.
const patience = 6 * time.Minute

// final is an error that no further attempt can heal.
type final struct{ error }

// try checks until it holds.
func try(ctx context.Context, every time.Duration, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, every, patience, true, func(ctx context.Context) (bool, error) {
		// What the end of the time cut off says less than the attempt before.
		if err := check(ctx); ctx.Err() == nil || last == nil {
			last = err
		}
		var over *final
		if errors.As(last, &over) || apierrors.IsInvalid(last) || apierrors.IsBadRequest(last) {
			return false, errors.New("no further attempt heals that")
		}
		return last == nil, nil
	})
	if err != nil {
		return errors.Join(err, last)
	}
	return nil
}

func eventually(t testing.TB, what string, check func(context.Context) error) {
	t.Helper()
	if err := try(context.WithoutCancel(t.Context()), 50*time.Millisecond, check); err != nil {
		t.Fatalf("wait until %s: %v", what, err)
	}
}

// insist is eventually for goroutines other than the test's.
func insist(t testing.TB, what string, check func(context.Context) error) {
	if err := try(t.Context(), 100*time.Millisecond, check); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}
