// Package machine makes a private Linux machine out of namespaces: mounts,
// network, processes, IPC and host name of its own, on the kernel of this one.
//
// Duties: to start such a machine, to wire one to another, to start programs and
// open connections inside, and to end it. A machine is one process, the init of
// its process namespace: the kernel kills everything inside with it, whatever
// became of us. Danger: it needs root, and the kernel is shared. Whatever is not
// in a namespace (kernel-wide sysctls, cgroups, modules, files outside of what
// layMounts covers) is the host's, and nothing here may change it.
package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"platform.example.io/stores/hack/localcluster/process"
)

// Program is the name by which the init of a machine is called.
const Program = "machine-init"

// Spec says what a machine is like.
type Spec struct {
	// Name is its host name.
	Name string `json:"name"`
	// State is a directory of the host that the machine sees as Home.
	State string `json:"state"`
	// Volumes is a directory of the host that the machine sees as Volumes.
	Volumes string `json:"volumes"`
	// Bridge is the address (10.0.0.1/24) of a bridge that other machines are
	// wired to; empty where this machine is wired to another's.
	Bridge string `json:"bridge,omitempty"`
	// Local are ranges that are reached by way of this machine itself: a packet
	// filter inside rewrites their addresses, but only of packets that had a route.
	Local []string `json:"local,omitempty"`
}

// Machine is a running machine.
type Machine struct {
	// Spawner starts programs inside.
	Spawner *process.Spawner
	// Identity is that of its init.
	Identity process.Identity

	spec    Spec
	command *exec.Cmd
	network *os.File // its network namespace
	ended   chan struct{}
}

// Start starts a machine from parent and returns when its mounts and its network
// are in place.
func Start(parent *process.Spawner, spec Spec, log *os.File) (*Machine, error) {
	encoded, err := json.Marshal(spec)
	if err != nil {
		return nil, fmt.Errorf("encode machine: %w", err)
	}
	answer, reporter, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make machine pipe: %w", err)
	}
	defer answer.Close()
	command := &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       []string{Program, string(encoded)},
		Env:        []string{},
		Stdout:     log,
		Stderr:     log,
		ExtraFiles: []*os.File{reporter}, // becomes reportFD
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		},
	}
	err = parent.Start(command)
	reporter.Close() // the init's copy is the only one, so that its end is seen
	if err != nil {
		return nil, fmt.Errorf("start machine %s (namespaces need root): %w", spec.Name, err)
	}
	m := &Machine{spec: spec, command: command, ended: make(chan struct{})}
	go func() {
		_ = command.Wait() // it was killed, or said why it failed
		close(m.ended)
	}()
	if err := m.begin(answer); err != nil {
		m.Stop()
		return nil, fmt.Errorf("start machine %s: %w", spec.Name, err)
	}
	return m, nil
}

func (m *Machine) begin(answer io.Reader) error {
	said, err := io.ReadAll(answer)
	if err != nil {
		return fmt.Errorf("listen to its init: %w", err)
	}
	if line := strings.TrimSpace(string(said)); line != readyLine {
		return errors.New(line)
	}
	if m.Identity, err = process.Identify(m.command.Process.Pid); err != nil {
		return err
	}
	if m.network, err = os.Open(m.namespace("net")); err != nil {
		return fmt.Errorf("open its network: %w", err)
	}
	m.Spawner, err = process.NewSpawnerIn(m.enter)
	return err
}

// Stop kills everything inside and returns when nothing of it is left.
func (m *Machine) Stop() {
	_ = m.command.Process.Kill() // it may have ended already
	<-m.ended
	if m.Spawner != nil {
		m.Spawner.Close()
	}
	if m.network != nil {
		m.network.Close()
	}
}

// Ended is closed when the machine is no more, whoever ended it.
func (m *Machine) Ended() <-chan struct{} { return m.ended }

// Name is its host name.
func (m *Machine) Name() string { return m.spec.Name }

// Dial opens a connection from inside.
func (m *Machine) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var connection net.Conn
	err := inNetwork(m.network, func() (err error) {
		connection, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return connection, err
}

func (m *Machine) namespace(kind string) string {
	return fmt.Sprintf("/proc/%d/ns/%s", m.command.Process.Pid, kind)
}
