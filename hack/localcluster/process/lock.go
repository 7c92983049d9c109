package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ErrLocked says that somebody else holds a lock.
var ErrLocked = errors.New("lock is held")

// Lock is a lock on a file. The kernel releases it when its holder ends, so it
// is never left behind.
type Lock struct{ file *os.File }

// TryLock takes the lock at path, or returns ErrLocked at once.
func TryLock(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("take lock %s: %w", path, err)
	}
	return &Lock{file: file}, nil
}

// WaitLock takes the lock at path as soon as it is free. It calls waiting once if it is not.
func WaitLock(ctx context.Context, path string, waiting func()) (*Lock, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for told := false; ; {
		lock, err := TryLock(path)
		if !errors.Is(err, ErrLocked) {
			return lock, err
		}
		if !told {
			waiting()
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for lock %s: %w", path, ctx.Err())
		case <-tick.C:
		}
	}
}

// Release gives the lock back.
func (l *Lock) Release() { l.file.Close() }
