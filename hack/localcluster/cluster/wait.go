package cluster

import (
	"context"
	"os"
	"strings"
	"time"
)

// poll asks done every interval until it says yes or fails, or ctx ends.
func poll(ctx context.Context, interval time.Duration, done func() (bool, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// tail returns the last n bytes of a file, from the start of a line, for error
// messages; nothing where it cannot be read.
func tail(path string, n int) string {
	data, err := os.ReadFile(path)
	if err != nil || len(data) <= n {
		return string(data)
	}
	_, rest, _ := strings.Cut(string(data[len(data)-n:]), "\n")
	return rest
}
