package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"platform.example.io/stores/test/controlplane"
)

// profileFigure takes profiles of both servers while ours is asked for a figure
// over and over, if one of the figure's rows is to be profiled.
func (b *bench) profileFigure(ctx context.Context, f *figure, take sampler) error {
	for _, v := range f.variants {
		file, ok := b.options.profiles[f.row(b.count, v.encoding)]
		if !ok || v.kind != storeKind {
			continue
		}
		b.say("profiling %s into %s", f.row(b.count, v.encoding), file)
		if err := b.profile(ctx, v, take, file); err != nil {
			return fmt.Errorf("profile %s: %w", f.row(b.count, v.encoding), err)
		}
	}
	return nil
}

func (b *bench) profile(ctx context.Context, v variant, take sampler, file string) error {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	seconds := max(1, int(b.options.profileTime.Seconds()))
	servers := map[string]string{controlplane.Platform: file, controlplane.KubeAPIServer: file + ".kube-apiserver"}
	profiled := make(chan error, len(servers))
	for server, file := range servers {
		go func() {
			profiled <- b.fetch(ctx, server, fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds), file)
		}()
	}
	asked := make(chan error, 1)
	go func() {
		defer close(asked)
		for i := b.sampled; asking.Err() == nil; i++ {
			if _, err := take(asking, v, i); err != nil && asking.Err() == nil {
				asked <- err
				return
			}
		}
	}()
	var errs []error
	for range servers {
		errs = append(errs, <-profiled)
	}
	cancel()
	errs = append(errs, <-asked)
	for server, file := range servers {
		errs = append(errs, b.fetch(ctx, server, "/debug/pprof/heap?gc=1", file+".heap"))
	}
	return errors.Join(errs...)
}

// fetch writes what a server answers to a file.
func (b *bench) fetch(ctx context.Context, server, path, file string) error {
	response, err := b.servers[server].do(ctx, request{path: path, accept: "*/*", identity: true})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("make profile: %w", err)
	}
	_, err = io.Copy(out, response.Body)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return nil
}
