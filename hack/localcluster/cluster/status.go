package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"platform.example.io/stores/hack/localcluster/process"
)

// ErrUnhealthy says that not everything runs as it should.
var ErrUnhealthy = errors.New("the cluster is not healthy")

// Status prints what runs in dir, and returns ErrUnhealthy if that is not
// everything that should.
func Status(ctx context.Context, dir string, out io.Writer) error {
	layout, err := NewLayout(dir)
	if err != nil {
		return err
	}
	state, err := LoadState(layout)
	if err != nil {
		return err
	}
	if len(state.Components) == 0 {
		fmt.Fprintln(out, "there is no cluster in", layout.Dir)
		return ErrUnhealthy
	}
	healthy := true
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "COMPONENT\tPID\tADDRESS\tHEALTH")
	row := func(name, pidFile, address string, check func() error) {
		identity, err := process.ReadIdentity(pidFile)
		if err != nil || !identity.Alive() {
			healthy = false
			fmt.Fprintf(table, "%s\t-\t%s\tnot running\n", name, address)
			return
		}
		health := "ok"
		if err := check(); err != nil {
			healthy, health = false, err.Error()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", name, strconv.Itoa(identity.PID), address, health)
	}
	row(supervisorName, layout.PID(supervisorName), "-", func() error { return nil })
	for _, component := range state.Components {
		row(component.Name, component.PIDFile, component.Health.host(), func() error { return component.Health.Check(ctx) })
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nkubeconfig:", state.Kubeconfig)
	if state.Ingress != "" {
		fmt.Fprintf(out, "shops:      http://NAME.localtest.me:%s (without DNS: curl --resolve NAME.localtest.me:%[1]s:%s)\n",
			portOf(state.Ingress), loopback)
	}
	if !healthy {
		return ErrUnhealthy
	}
	return nil
}
