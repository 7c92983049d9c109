package lifecycle

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// process is what stands for a pod.
type process struct {
	kubelet *kubelet
	pod     *corev1.Pod
	address string
	dir     string
	// projected are the files of each volume that follows what it is made of.
	projected map[string]map[string][]byte

	once  sync.Once
	ended chan struct{} // closed when the pod is to end
	ready atomic.Bool
	gone  atomic.Bool // it serves nobody any more
}

// end begins the pod's end: no new connections, then SIGTERM.
func (p *process) end() { p.once.Do(func() { close(p.ended) }) }

func (p *process) ending() bool {
	select {
	case <-p.ended:
		return true
	case <-p.kubelet.ctx.Done():
		return true
	default:
		return false
	}
}

func (p *process) serving() bool { return p.ready.Load() && !p.ending() }

func (p *process) logPath() string { return p.dir + ".log" }

// run keeps the process running until its pod ends, as a kubelet does.
func (p *process) run() {
	for restart := time.Second; !p.ending(); restart *= 2 {
		if err := p.runOnce(); err != nil && !p.ending() {
			p.kubelet.t.Logf("pod %s ended: %v", p.pod.Name, err)
		}
		select {
		case <-p.ended:
		case <-p.kubelet.ctx.Done():
		case <-time.After(restart): // as long as a kubelet waits, more or less
		}
	}
}

// runOnce runs the process once.
func (p *process) runOnce() error {
	command, err := p.command()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- command.Wait() }()
	defer p.ready.Store(false)
	probe := time.NewTicker(100 * time.Millisecond)
	defer probe.Stop()
	// Less often than a change is seen elsewhere: a kubelet takes its time too.
	refresh := time.NewTicker(3 * time.Second)
	defer refresh.Stop()
	ended := p.ended
	var killed <-chan time.Time
	for {
		select {
		case err := <-exited:
			return err
		case <-p.kubelet.ctx.Done():
			_ = command.Process.Kill()
			return <-exited
		case <-ended:
			ended = nil
			_ = command.Process.Signal(syscall.SIGTERM)
			killed = time.After(time.Duration(*p.pod.Spec.TerminationGracePeriodSeconds) * time.Second)
		case <-killed:
			_ = command.Process.Kill()
			p.kubelet.t.Errorf("pod %s did not end in its grace period", p.pod.Name)
		case <-probe.C:
			p.probe()
		case <-refresh.C:
			if err := p.refresh(); err != nil && !p.ending() {
				p.kubelet.t.Logf("pod %s keeps the files that it has: %v", p.pod.Name, err)
			}
		}
	}
}

var prober = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
	// As a kubelet's.
	TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
}}

// probe asks the readiness probe of the pod, and tells the node when it changed.
func (p *process) probe() {
	container := p.pod.Spec.Containers[0]
	url := fmt.Sprintf("https://%s:%d%s", p.address, container.Ports[0].ContainerPort, container.ReadinessProbe.HTTPGet.Path)
	answer, err := prober.Get(url)
	ready := err == nil && answer.StatusCode == http.StatusOK
	if err == nil {
		answer.Body.Close()
	}
	if ready == p.ready.Load() || p.ending() {
		return
	}
	if err := p.kubelet.tell(p.pod, ready); err != nil {
		p.kubelet.t.Logf("pod %s: tell that it is ready (%t): %v", p.pod.Name, ready, err)
		return
	}
	p.ready.Store(ready)
}

// command is the container's, its files and account given by path.
func (p *process) command() (*exec.Cmd, error) {
	ctx, cancel := context.WithTimeout(p.kubelet.ctx, 30*time.Second)
	defer cancel()
	paths, err := p.mount(ctx)
	if err != nil {
		return nil, fmt.Errorf("mount volumes: %w", err)
	}
	container := p.pod.Spec.Containers[0]
	args := make([]string, 0, len(container.Args)+4)
	for _, arg := range container.Args {
		for from, to := range paths {
			arg = strings.Replace(arg, from, to, 1)
		}
		args = append(args, arg)
	}
	args = append(args, "--bind-address="+p.address)
	if *p.pod.Spec.AutomountServiceAccountToken {
		account, err := p.account(ctx)
		if err != nil {
			return nil, fmt.Errorf("give the pod its account: %w", err)
		}
		args = append(args, "--kubeconfig="+account, "--authentication-kubeconfig="+account, "--authorization-kubeconfig="+account)
	}
	return exec.Command(filepath.Join(root, ".local", "bin", "apiserver"), args...), nil
}
