package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/hack/localcluster/agent"
	"platform.example.io/stores/hack/localcluster/component"
)

// retry is how long after the packet filter refused a ruleset it is asked again.
const retry = time.Second

// Main runs the enforcer of one node until it is told to end.
func Main() int {
	e := &enforcer{changed: make(chan struct{}, 1)}
	return agent.Agent{
		Name: component.PolicyEnforcer,
		AddFlags: func(flags *pflag.FlagSet) {
			flags.StringVar(&e.base.Node, "node", "", "the node whose pods are filtered")
			flags.StringSliceVar(&e.base.Nodes, "node-range", nil, "ranges of the nodes' own addresses")
		},
		Check: e.check,
		Run:   e.run,
	}.Main()
}

type enforcer struct {
	base     State
	informer informers.SharedInformerFactory
	changed  chan struct{}
	applied  atomic.Bool // the packet filter is as the API says
}

func (e *enforcer) check() error {
	if !e.applied.Load() {
		return errors.New("the packet filter is not as the API says")
	}
	return nil
}

func (e *enforcer) run(ctx context.Context, client kubernetes.Interface) error {
	e.informer = informers.NewSharedInformerFactory(client, 0)
	if err := e.watch(ctx); err != nil {
		return err
	}
	return e.keep(ctx)
}

func (e *enforcer) watch(ctx context.Context) error {
	core, networking := e.informer.Core().V1(), e.informer.Networking().V1()
	for _, informer := range []cache.SharedIndexInformer{
		core.Pods().Informer(), core.Namespaces().Informer(), networking.NetworkPolicies().Informer(),
	} {
		changed := func() {
			select {
			case e.changed <- struct{}{}:
			default: // it will look anyway
			}
		}
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { changed() },
			UpdateFunc: func(any, any) { changed() },
			DeleteFunc: func(any) { changed() },
		})
		if err != nil {
			return fmt.Errorf("watch: %w", err)
		}
	}
	e.informer.Start(ctx.Done())
	for kind, synced := range e.informer.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("watch %s: it was not listed", kind)
		}
	}
	return nil
}

// keep applies what the API says whenever that becomes another ruleset.
func (e *enforcer) keep(ctx context.Context) error {
	last := ""
	for {
		state, err := e.state()
		if err != nil {
			return err
		}
		var again <-chan time.Time
		if ruleset := Render(state); ruleset != last {
			if err := apply(ctx, ruleset); err != nil {
				e.applied.Store(false)
				fmt.Fprintf(os.Stderr, "%v\n%s", err, ruleset)
				again = time.After(retry)
			} else {
				last = ruleset
				e.applied.Store(true)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.changed:
		case <-again:
		}
	}
}

func (e *enforcer) state() (State, error) {
	state := e.base
	var failed [3]error
	state.Pods, failed[0] = e.informer.Core().V1().Pods().Lister().List(labels.Everything())
	state.Namespaces, failed[1] = e.informer.Core().V1().Namespaces().Lister().List(labels.Everything())
	state.Policies, failed[2] = e.informer.Networking().V1().NetworkPolicies().Lister().List(labels.Everything())
	return state, errors.Join(failed[:]...)
}

// apply replaces the table in one transaction: no packet passes between two rulesets.
func apply(ctx context.Context, ruleset string) error {
	command := exec.CommandContext(ctx, "nft", "-f", "-")
	command.Stdin = strings.NewReader(ruleset)
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Run(); err != nil {
		return fmt.Errorf("apply the ruleset: %w: %s", err, said.String())
	}
	return nil
}
