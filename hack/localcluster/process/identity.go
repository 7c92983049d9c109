// Package process starts, names and ends processes without ever mistaking one
// for another.
//
// Duties: children that die with their parent, process identities that survive
// in a file, and signals that reach only the process that was meant. Danger: a
// process id is reused. A number read from a file says nothing by itself, so
// every signal goes through an Identity, which also knows when the process was born.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrGone says that the process an Identity names has ended.
var ErrGone = errors.New("process has ended")

// Identity names one process for ever: its id, and the boot and clock tick of
// its start, which no other process with that id shares.
type Identity struct {
	PID  int
	Born string
}

// Identify returns the identity of the live process with this id, or ErrGone.
func Identify(pid int) (Identity, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return Identity{}, ErrGone
	}
	if err != nil {
		return Identity{}, fmt.Errorf("read process status: %w", err)
	}
	// The program's name, in parentheses, may itself hold spaces and parentheses.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const state, startTime = 0, 19 // counted after the name: proc(5)
	if len(fields) <= startTime {
		return Identity{}, fmt.Errorf("read process status: %d fields after the name", len(fields))
	}
	if fields[state] == "Z" || fields[state] == "X" {
		// It runs no more, its parent just has not looked.
		return Identity{}, ErrGone
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Identity{}, fmt.Errorf("read boot id: %w", err)
	}
	return Identity{PID: pid, Born: strings.TrimSpace(string(boot)) + "/" + fields[startTime]}, nil
}

// Alive reports whether this very process still runs.
func (i Identity) Alive() bool {
	now, err := Identify(i.PID)
	return err == nil && now == i
}

// Signal sends sig to this very process, or returns ErrGone.
func (i Identity) Signal(sig os.Signal) error {
	// FindProcess pins the process (a pidfd), so that after the identity has
	// been checked the signal cannot reach a successor of the same id.
	handle, err := os.FindProcess(i.PID)
	if err != nil {
		return fmt.Errorf("find process %d: %w", i.PID, err)
	}
	defer handle.Release() //nolint:errcheck // frees memory only
	if !i.Alive() {
		return ErrGone
	}
	if err := handle.Signal(sig); errors.Is(err, os.ErrProcessDone) {
		return ErrGone
	} else if err != nil {
		return fmt.Errorf("signal process %d: %w", i.PID, err)
	}
	return nil
}

// Gone waits until this process has ended, whoever its parent is.
func (i Identity) Gone(ctx context.Context) error {
	fd, err := unix.PidfdOpen(i.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("watch process %d: %w", i.PID, err)
	}
	defer unix.Close(fd)
	const look = 200 * time.Millisecond // how late a cancelled context is noticed
	for i.Alive() {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("wait for process %d to end: %w", i.PID, err)
		}
		watched := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(watched, int(look.Milliseconds())); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("watch process %d: %w", i.PID, err)
		}
	}
	return nil
}

// Write records the identity in a file: the id on the first line, for people
// and scripts, and what tells it from a stranger's on the second.
func (i Identity) Write(path string) error {
	return os.WriteFile(path, fmt.Appendf(nil, "%d\n%s\n", i.PID, i.Born), 0o600)
}

// ReadIdentity reads what Write wrote. That the process lives is not implied.
func ReadIdentity(path string) (Identity, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Identity{}, fmt.Errorf("read pid file: %w", err)
	}
	first, second, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return Identity{}, fmt.Errorf("parse pid file %s: %w", path, err)
	}
	return Identity{PID: pid, Born: strings.TrimSpace(second)}, nil
}
