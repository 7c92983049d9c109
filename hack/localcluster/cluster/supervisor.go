package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/process"
)

// startTimeout bounds the whole start, so that a cluster that cannot come up
// says so. A busy two-core machine needs some twenty seconds, and a minute or two
// where real nodes are given the images of shops.
const startTimeout = 10 * time.Minute

// ErrUp says that the cluster runs already.
var ErrUp = errors.New("the cluster is already up")

// Run starts the cluster, calls ready, keeps the cluster running until ctx ends
// and stops it. report receives a line for people about each thing that happens.
func Run(ctx context.Context, options Options, report func(format string, args ...any), ready func()) error {
	if err := options.Validate(); err != nil {
		return err
	}
	layout, err := NewLayout(options.Dir)
	if err != nil {
		return err
	}
	if err := layout.create(); err != nil {
		return err
	}
	lock, err := process.TryLock(layout.supervisorLock())
	if errors.Is(err, process.ErrLocked) {
		return ErrUp
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := sweep(ctx, layout); err != nil {
		return err
	}
	self, err := process.Identify(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Write(layout.PID(supervisorName)); err != nil {
		return err
	}
	defer os.Remove(layout.PID(supervisorName))

	if options.RealNodes > 0 {
		if err := checkMachine(layout, options, report); err != nil {
			return err
		}
	}
	blueprint, err := newBlueprint(layout, options)
	if err != nil {
		return err
	}
	defer blueprint.ports.release()
	if err := blueprint.state.save(layout); err != nil {
		return err
	}
	s := &supervisor{blueprint: blueprint, spawner: process.NewSpawner(), report: report}
	defer s.spawner.Close()
	defer s.stop()
	starting, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("not up after %s", startTimeout))
	defer cancel()
	if err := s.start(starting); err != nil {
		if cause := context.Cause(starting); cause != nil {
			return errors.Join(cause, err)
		}
		return err
	}
	if len(s.blueprint.nodes) > 0 {
		s.watchMachines(ctx)
	}
	ready()
	<-ctx.Done()
	return nil
}

type supervisor struct {
	blueprint *blueprint
	spawner   *process.Spawner
	machinery machinery // empty without real nodes
	keepers   []*keeper // in the order of their start
	report    func(format string, args ...any)
}

// start is the life of a cluster until it is ready, in order.
func (s *supervisor) start(ctx context.Context) error {
	began := time.Now()
	if len(s.blueprint.nodes) > 0 {
		if err := s.machinery.startAll(s.blueprint, s.spawner); err != nil {
			return err
		}
		s.report("%d machines are up (%s)", len(s.blueprint.nodes), since(began))
	}
	var loaded <-chan error
	for i, next := range s.waves() {
		if err := s.startTogether(ctx, next); err != nil {
			return err
		}
		if i == 0 {
			loaded = s.startLoading(ctx)
		}
	}
	if err := <-loaded; err != nil {
		return err
	}
	if err := s.furnish(ctx); err != nil {
		return err
	}
	s.report("up in %s", since(began))
	return nil
}

// waves groups the components: those of one wave need only earlier ones. The
// platform comes after the cluster is furnished and is in none.
func (s *supervisor) waves() [][]Component {
	upstream := slices.DeleteFunc(slices.Clone(s.blueprint.state.Components), isPlatform)
	// etcd and container runtimes, then kube-apiserver, then everything that works through it.
	server := slices.IndexFunc(upstream, func(c Component) bool { return c.Name == component.KubeAPIServer })
	return [][]Component{upstream[:server], upstream[server : server+1], upstream[server+1:]}
}

func isPlatform(c Component) bool { return c.Name == PlatformName }

// startTogether starts components and waits until all of them are healthy.
func (s *supervisor) startTogether(ctx context.Context, components []Component) error {
	began := time.Now()
	first := len(s.keepers)
	for _, component := range components {
		if err := s.launch(component); err != nil {
			return err
		}
	}
	for _, keeper := range s.keepers[first:] {
		if err := keeper.awaitHealthy(ctx); err != nil {
			return err
		}
		s.report("%s is ready (%s)", keeper.component.Name, since(began))
	}
	return nil
}

func (s *supervisor) launch(component Component) error {
	if err := rotate(component.LogFile); err != nil {
		return err
	}
	spawner := s.spawner
	if len(s.machinery.machines) > 0 {
		spawner = s.machinery.of(component).Spawner
	}
	keeper, err := keep(component, spawner, s.report)
	if err != nil {
		return err
	}
	s.keepers = append(s.keepers, keeper)
	return nil
}

func (s *supervisor) stop() {
	if len(s.blueprint.nodes) > 0 {
		s.stopMachines()
		return
	}
	for _, keeper := range slices.Backward(s.keepers) {
		keeper.stop()
		s.report("%s stopped", keeper.component.Name)
	}
}

// rotate keeps one earlier log, so that what went wrong last time can still be
// read after the cluster was started again.
func rotate(log string) error {
	if err := os.Rename(log, log+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rotate log: %w", err)
	}
	return nil
}

// sweep kills what an earlier supervisor left behind. The kernel does this when
// that supervisor ends; here we wait for it, and see to what slipped through.
func sweep(ctx context.Context, layout Layout) (err error) {
	defer func() {
		// Empty by then; without real nodes there is none.
		err = errors.Join(err, clearGroup(ctx, layout.controlGroup()))
	}()
	files, err := filepath.Glob(layout.run("*.pid"))
	if err != nil {
		return fmt.Errorf("list pid files: %w", err)
	}
	for _, file := range files {
		identity, err := process.ReadIdentity(file)
		if err != nil {
			// A half-written file names nobody.
			identity = process.Identity{}
		}
		switch err := identity.Signal(os.Kill); {
		case errors.Is(err, process.ErrGone):
		case err != nil:
			return err
		default:
			if err := identity.Gone(ctx); err != nil {
				return err
			}
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove pid file: %w", err)
		}
	}
	return nil
}

func since(began time.Time) time.Duration { return time.Since(began).Round(10 * time.Millisecond) }
