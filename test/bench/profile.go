package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

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
	profiled := make(chan error, 1)
	go func() { profiled <- b.fetchProfiles(ctx, file, b.options.profileTime) }()
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
	errs := []error{<-profiled}
	cancel()
	errs = append(errs, <-asked)
	for server, file := range profileFiles(file) {
		errs = append(errs, b.fetch(ctx, server, "/debug/pprof/heap?gc=1", file+".heap"))
	}
	return errors.Join(errs...)
}

// profileFiles are where the profiles of the servers go.
func profileFiles(file string) map[string]string {
	return map[string]string{controlplane.Platform: file, controlplane.KubeAPIServer: file + ".kube-apiserver"}
}

// fetchProfiles takes CPU profiles of both servers at once.
func (b *bench) fetchProfiles(ctx context.Context, file string, length time.Duration) error {
	seconds := max(1, int(length.Seconds()))
	files := profileFiles(file)
	profiled := make(chan error, len(files))
	for server, file := range files {
		go func() {
			profiled <- b.fetch(ctx, server, fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds), file)
		}()
	}
	var errs []error
	for range files {
		errs = append(errs, <-profiled)
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
