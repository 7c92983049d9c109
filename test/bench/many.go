package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/test/controlplane"
)

// keepMany makes suspended stores and reports what it costs to have them: the
// memory of our server and of the provisioner, a process of its own as in
// production, and the requests of both while nothing happens.
func (p *provisioning) keepMany(ctx context.Context, out io.Writer) (err error) {
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	provisioner, err := p.startProvisioner(ctx, give)
	if err != nil {
		return err
	}
	defer func() {
		if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
			err = cause
		}
		err = errors.Join(err, provisioner.stop())
	}()
	seen := newReadiness()
	if err := seen.watchStores(ctx, p.stores); err != nil {
		return err
	}
	spec, _, err := p.spec()
	if err != nil {
		return err
	}
	spec.Suspend = true
	p.say("making %d suspended stores", p.flags.many)
	began := time.Now()
	err = parallel(ctx, func(yield func(string) bool) {
		for n := range p.flags.many {
			if !yield(fmt.Sprintf("many-%05d", n)) {
				return
			}
		}
	}, func(ctx context.Context, name string) error {
		store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
		if _, err := p.stores.PlatformV1alpha1().Stores().Create(ctx, store, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("create store: %w", err)
		}
		return seen.await(ctx, name, []string{partSuspended})
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	p.say("made in %s", took.Round(time.Second))
	return p.weighMany(ctx, out, provisioner.pid, took)
}

func (p *provisioning) weighMany(ctx context.Context, out io.Writer, provisioner int, took time.Duration) error {
	p.count = p.flags.many
	server, err := p.weighOne(ctx, controlplane.Platform)
	if err != nil {
		return fmt.Errorf("weigh %s: %w", controlplane.Platform, err)
	}
	own := memory{Server: "provisioner", Count: p.count}
	if own.RSS, err = settledRSS(ctx, provisioner); err != nil {
		return err
	}
	if own.Peak, err = processMemory(provisioner, "VmHWM"); err != nil {
		return err
	}
	p.say("counting requests for %s", p.flags.idle)
	from := time.Now()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.flags.idle):
	}
	calls, err := p.audit.since(from, time.Now())
	if err != nil {
		return err
	}
	maps.DeleteFunc(calls, func(made call, _ int) bool { return made.user != accountOfServer && made.user != accountOfProvisioner })
	total := 0
	for _, times := range calls {
		total += times
	}
	minutes := p.flags.idle.Minutes()
	fmt.Fprintf(out, "%d suspended stores, made in %.0f s (%.1f a second, %d at once).\n", p.count, took.Seconds(), float64(p.count)/took.Seconds(), writers)
	fmt.Fprintf(out, "memory of %s: %.0f MB resident (peak %.0f, heap %.0f)\n", server.Server, server.RSS, server.Peak, server.Heap)
	fmt.Fprintf(out, "memory of the provisioner: %.0f MB resident (peak %.0f)\n", own.RSS, own.Peak)
	fmt.Fprintf(out, "API calls a minute while nothing happens: %.0f\n", float64(total)/minutes)
	printCalls(out, "API calls a minute", calls, minutes)
	return nil
}

// startProvisioner runs the provisioner with its own account. If it ends before it
// is stopped, nobody makes shops any more: give is told why.
func (p *provisioning) startProvisioner(ctx context.Context, give context.CancelCauseFunc) (*process, error) {
	const groups = "system:serviceaccounts"
	if _, err := p.cluster.User(accountOfProvisioner, groups, groups+":store-platform", "system:authenticated"); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(p.temporary, "provisioner.log"))
	if err != nil {
		return nil, fmt.Errorf("make log: %w", err)
	}
	defer log.Close() // the process has its own
	command := exec.CommandContext(ctx, p.flags.server, "provisioner", "--config="+p.flags.config, "--secure-port=0",
		"--kubeconfig="+filepath.Join(p.cluster.Dir(), accountOfProvisioner+".kubeconfig"))
	command.Stdout, command.Stderr = log, log
	// It goes when this process does, however that ends; to the kernel that is
	// when the thread goes that started it, so that one stays.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		err := command.Start()
		started <- err
		if err == nil {
			ending := command.Wait()
			said, _ := os.ReadFile(log.Name())
			give(fmt.Errorf("the provisioner ended: %v: %s", ending, lastLine(string(said))))
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start the provisioner: %w", err)
	}
	return &process{pid: command.Process.Pid, stop: func() error {
		if err := command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop the provisioner: %w", err)
		}
		<-ended
		return nil
	}}, nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// process is one that was started here.
type process struct {
	pid  int
	stop func() error
}
