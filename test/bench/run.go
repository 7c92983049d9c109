package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"k8s.io/client-go/kubernetes"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"platform.example.io/stores/test/controlplane"
)

// bench is a run.
type bench struct {
	options  options
	progress io.Writer
	began    time.Time

	cluster *controlplane.Cluster
	// temporary is its directory, if that goes with it.
	temporary string
	// user is an ordinary one, whose rights cost what rights cost; admin fills
	// and empties the control plane; kube does so with namespaces, in protobuf.
	user, admin *client
	kube        corev1client.NamespaceInterface
	// servers are the components themselves, for what they tell of themselves.
	servers map[string]*client

	content *content
	count   int // objects of each kind
	status  statusAnnotation
	// generation is the last one written by a status patch.
	generation atomic.Int64
	// sampled is how many rounds the figure under way had.
	sampled int

	report *report
}

// fenceFlag turns our server to mode B.
const fenceFlag = "--consistent-reads"

// run is a whole run in order.
func run(ctx context.Context, o options, progress io.Writer) (report *report, err error) {
	b := &bench{options: o, progress: progress, began: time.Now(), report: newReport(o)}
	b.generation.Store(time.Now().Unix()) // ever new, and of one length
	defer func() { err = errors.Join(err, b.stop()) }()
	if err := b.start(ctx); err != nil {
		return nil, err
	}
	if err := b.weigh(ctx, "fresh"); err != nil {
		return nil, err
	}
	for _, count := range o.counts {
		if err := b.populate(ctx, count); err != nil {
			return nil, err
		}
		if err := b.inMode(ctx, false); err != nil {
			return nil, err
		}
		if err := b.inMode(ctx, true); err != nil {
			return nil, err
		}
	}
	b.say("done")
	return b.report, nil
}

// inMode measures with a server that has just started, so that neither the
// filling of the control plane nor another mode is in its memory.
func (b *bench) inMode(ctx context.Context, fence bool) error {
	if !b.wantsAny(fence) && (fence || !b.options.wants(memoryFigure)) {
		return nil
	}
	args, suffix := b.options.serverArgs, ""
	if fence {
		args, suffix = append([]string{fenceFlag + "=fence"}, args...), "-fence"
	}
	if err := b.restartServer(ctx, args); err != nil {
		return err
	}
	if err := b.weigh(ctx, "fresh"+suffix); err != nil {
		return err
	}
	if err := b.measureAll(ctx, fence); err != nil {
		return err
	}
	if !b.wantsAny(fence) {
		return nil
	}
	return b.weigh(ctx, "after-load"+suffix)
}

// say tells of progress.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%7s  %s\n", time.Since(b.began).Round(100*time.Millisecond), fmt.Sprintf(format, args...))
}

// connect makes the clients.
func (b *bench) connect() error {
	user, err := b.cluster.User(userName)
	if err != nil {
		return err
	}
	if b.user, err = newClient(user); err != nil {
		return err
	}
	admin := b.cluster.RESTConfig()
	if b.admin, err = newClient(admin); err != nil {
		return err
	}
	admin.ContentType, admin.AcceptContentTypes = typeProtobuf, typeProtobuf
	kube, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	b.kube = kube.CoreV1().Namespaces()
	b.servers = map[string]*client{}
	for _, server := range []string{controlplane.Platform, controlplane.KubeAPIServer} {
		config, err := b.cluster.ServerConfig(server)
		if err != nil {
			return err
		}
		if b.servers[server], err = newClient(config); err != nil {
			return err
		}
	}
	return nil
}
