package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"platform.example.io/stores/hack/localcluster/cgroup"
	"platform.example.io/stores/hack/localcluster/forward"
	"platform.example.io/stores/hack/localcluster/machine"
	"platform.example.io/stores/hack/localcluster/node"
	"platform.example.io/stores/hack/localcluster/process"
)

// groupPatience is how long the kernel may take to remove killed processes.
const groupPatience = 20 * time.Second

// machinery is what real nodes live in: a machine for each, wired together, and
// the ways in from the host.
type machinery struct {
	machines   []*machine.Machine
	forwarders []*forward.Forwarder
	group      string
}

// startAll starts the machines of the nodes, and connects them.
func (m *machinery) startAll(b *blueprint, parent *process.Spawner) error {
	m.group = b.layout.controlGroup()
	if err := cgroup.Ensure(m.group); err != nil {
		return err
	}
	for _, n := range b.nodes {
		if err := cgroup.Ensure(n.ControlGroup); err != nil {
			return err
		}
		if err := m.start(b.layout, n, parent); err != nil {
			return err
		}
	}
	if err := m.connect(b.nodes); err != nil {
		return err
	}
	return m.open(b)
}

func (m *machinery) start(layout Layout, n node.Node, parent *process.Spawner) error {
	spec := machine.Spec{
		Name: n.Name(), State: layout.node(n.Name()), Volumes: layout.volumes(), Local: []string{serviceIPRange},
	}
	if n.Index == hub {
		spec.Bridge = n.Address() + "/24"
	}
	file := layout.Log(machineOf(n.Name()))
	if err := rotate(file); err != nil {
		return err
	}
	log, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open log of machine: %w", err)
	}
	defer log.Close() // the machine has its own
	started, err := machine.Start(parent, spec, log)
	if err != nil {
		return err
	}
	m.machines = append(m.machines, started)
	// Killing it is a node's loss of power.
	return started.Identity.Write(layout.PID(machineOf(n.Name())))
}

func machineOf(node string) string { return "machine-" + node }

// connect wires every machine to the first, and leads to the pods of each.
func (m *machinery) connect(nodes []node.Node) error {
	center := m.machines[0]
	for i, n := range nodes[1:] {
		if err := center.Connect(m.machines[i+1], n.Address()+"/24"); err != nil {
			return err
		}
	}
	for i, from := range m.machines {
		for j, to := range nodes {
			if i == j {
				continue
			}
			if err := from.Route(to.PodRange(), to.Address()); err != nil {
				return err
			}
		}
	}
	return nil
}

// open shows on the host's loopback what listens on the machines', port by port,
// and the ingress controller.
func (m *machinery) open(b *blueprint) error {
	for _, c := range b.state.Components {
		inside := m.of(c)
		if err := m.forward(c.Health.host(), inside, c.Health.host()); err != nil {
			return err
		}
	}
	return m.forward(b.state.Ingress, m.machines[0], net.JoinHostPort(node.Ingress, "80"))
}

func (m *machinery) forward(outside string, to *machine.Machine, inside string) error {
	forwarder, err := forward.Listen(outside, func(ctx context.Context) (net.Conn, error) {
		return to.Dial(ctx, "tcp", inside)
	})
	if err != nil {
		return err
	}
	m.forwarders = append(m.forwarders, forwarder)
	return nil
}

// of returns the machine of a component; the control plane is in the first.
func (m *machinery) of(c Component) *machine.Machine {
	for _, candidate := range m.machines {
		if candidate.Name() == c.Machine {
			return candidate
		}
	}
	return m.machines[0]
}

// kill ends the machines, and with them every process inside, at once.
func (m *machinery) kill() {
	for _, started := range m.machines {
		started.Stop()
	}
}

// clear removes what the machines leave on the host.
func (m *machinery) clear() error {
	for _, forwarder := range m.forwarders {
		forwarder.Close()
	}
	return clearGroup(context.Background(), m.group)
}

// watchMachines stops restarting the components of a machine that has ended: there is
// nowhere to start them. Without the first machine there is no cluster any more, and the
// components' deaths say so.
func (s *supervisor) watchMachines(ctx context.Context) {
	for _, lost := range s.machinery.machines[1:] {
		go func() {
			<-lost.Ended()
			if ctx.Err() != nil {
				return // as it should
			}
			for _, keeper := range s.keepers {
				if keeper.component.Machine == lost.Name() {
					keeper.letGo()
				}
			}
			s.report("node %s is lost, with everything on it", lost.Name())
		}()
	}
}

// stopMachines stops a cluster of real nodes: all of it at once, and not one component
// after the other. Nothing is lost by that: the kernel, which lives on, has what
// was written.
func (s *supervisor) stopMachines() {
	for _, keeper := range s.keepers {
		keeper.letGo()
	}
	s.machinery.kill()
	for _, keeper := range s.keepers {
		<-keeper.stopped
	}
	if err := s.machinery.clear(); err != nil {
		s.report("%v", err)
	}
	s.report("the machines and everything in them are gone")
}

func clearGroup(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, groupPatience, errors.New("its processes do not end"))
	defer cancel()
	return cgroup.Remove(ctx, name)
}
