package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// reportFD is where an init says readyLine, or why it failed.
	reportFD  = 3
	readyLine = "ready"
)

// Init is the first process of a machine. It returns only where the machine
// could not be made; otherwise it adopts orphans until it is killed.
func Init() int {
	report := os.NewFile(reportFD, "report")
	// Of a terminal's signals it wants none: it ends when its supervisor says so.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err := makeMachine(os.Args[1:]); err != nil {
		fmt.Fprintln(report, err)
		return 1
	}
	fmt.Fprintln(report, readyLine)
	report.Close()
	return adopt()
}

func makeMachine(args []string) error {
	if len(args) != 1 || os.Getpid() != 1 {
		return errors.New(Program + " is started by localcluster only, in namespaces of its own")
	}
	var spec Spec
	if err := json.Unmarshal([]byte(args[0]), &spec); err != nil {
		return fmt.Errorf("decode machine: %w", err)
	}
	if err := unix.Sethostname([]byte(spec.Name)); err != nil {
		return fmt.Errorf("set host name: %w", err)
	}
	if err := layMounts(spec); err != nil {
		return err
	}
	return layNetwork(spec)
}

// adopt reaps what loses its parent, the duty of every process 1: container
// shims detach themselves on purpose.
func adopt() int {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.ECHILD) {
			<-children // there is nobody to wait for until somebody comes
		}
	}
}
