package machine

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// enter takes the calling thread into the machine; programs that it starts are
// born inside. The thread must be locked, and never serve anything else.
func (m *Machine) enter() error {
	// Threads share their view of the file system until one says otherwise, and
	// the kernel moves only one that shares it with nobody.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("leave the shared file system view: %w", err)
	}
	// The mounts last: the others are found by way of the host's /proc.
	for _, kind := range []struct {
		name string
		flag int
	}{
		{"ipc", unix.CLONE_NEWIPC},
		{"uts", unix.CLONE_NEWUTS},
		{"net", unix.CLONE_NEWNET},
		{"pid", unix.CLONE_NEWPID},
		{"mnt", unix.CLONE_NEWNS},
	} {
		file, err := os.Open(m.namespace(kind.name))
		if err != nil {
			return fmt.Errorf("open %s namespace: %w", kind.name, err)
		}
		err = unix.Setns(int(file.Fd()), kind.flag)
		file.Close()
		if err != nil {
			return fmt.Errorf("enter %s namespace: %w", kind.name, err)
		}
	}
	return nil
}

// inNetwork calls do on a thread of the network namespace. The thread ends with
// it: one that has been elsewhere must not serve the rest of the program.
func inNetwork(network *os.File, do func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Setns(int(network.Fd()), unix.CLONE_NEWNET); err != nil {
			result <- fmt.Errorf("enter network namespace: %w", err)
			return
		}
		result <- do()
	}()
	return <-result
}
