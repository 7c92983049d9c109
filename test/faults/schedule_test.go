package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"platform.example.io/stores/test/controlplane"
)

// Ours, beside the components of a control plane.
const (
	ourServer      = "our server"
	ourProvisioner = "our provisioner"
)

var victims = []string{ourServer, ourProvisioner, controlplane.KubeAPIServer, controlplane.Etcd, controlplane.ControllerManager}

// kill is one death: when so many steps are done, who dies.
type kill struct {
	after  int
	victim string
	which  int // of several that are alike
}

// plan spreads deaths over a churn of so many steps: each victim dies once a
// round, in an order and at moments that the seed gives.
func plan(seed uint64, steps, rounds int) (kills []kill) {
	dice := rand.New(rand.NewPCG(seed, 0))
	for range rounds {
		for _, i := range dice.Perm(len(victims)) {
			kills = append(kills, kill{after: 1 + dice.IntN(steps*9/10), victim: victims[i], which: dice.IntN(1 << 16)})
		}
	}
	slices.SortStableFunc(kills, func(a, b kill) int { return a.after - b.after })
	return kills
}

// execute kills as planned while the churn goes on.
func execute(t testing.TB, p *platform, c *churn, kills []kill) {
	t.Helper()
	for _, k := range kills {
		eventually(t, fmt.Sprintf("%d steps are done", k.after), func(context.Context) error {
			if done := c.done.Load(); done < int64(k.after) {
				return fmt.Errorf("%d are", done)
			}
			return nil
		})
		t.Logf("after %d of %d steps: kill %s", c.done.Load(), length(c.scripts), k.victim)
		switch k.victim {
		case ourServer:
			p.servers[k.which%len(p.servers)].kill(t)
		case ourProvisioner:
			p.provisioners[k.which%len(p.provisioners)].kill(t)
		default:
			// Nobody can be killed who has not come back from the last time.
			p.own.WaitReady(t)
			p.own.Kill(t, k.victim)
			if k.victim != controlplane.ControllerManager {
				p.remind(t)
			}
		}
	}
}

// remind has the simulated nodes look at all their pods again. A kubelet tries for
// ever to say what it has done; kwok forgets a pod whose request etcd's death
// answered (shouldRetry in its pkg/kwok/controllers/utils.go), and the pod would
// stay as it is until kube-apiserver's next death.
func (p *platform) remind(t testing.TB) {
	t.Helper()
	p.own.WaitReady(t)
	p.own.Kill(t, controlplane.Kwok)
}
