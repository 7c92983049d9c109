package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"
)

// watch notes when the objects that are added to a collection are seen.
type watch struct {
	body io.Closer
	mu   sync.Mutex
	seen map[string]time.Time
	// changed is closed, and replaced, when something was seen or the stream ended.
	changed chan struct{}
	err     error
}

// watch begins where the collection is now.
func (b *bench) watch(ctx context.Context, k *kind) (*watch, error) {
	var now struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := b.user.json(ctx, request{path: k.list(url.Values{"limit": {"1"}})}, &now); err != nil {
		return nil, err
	}
	response, err := b.user.do(ctx, request{path: k.list(url.Values{
		"watch":               {"true"},
		"allowWatchBookmarks": {"true"},
		"resourceVersion":     {now.Metadata.ResourceVersion},
	}), identity: true})
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	w := &watch{body: response.Body, seen: map[string]time.Time{}, changed: make(chan struct{})}
	go w.run(response.Body)
	return w, nil
}

func (w *watch) run(stream io.Reader) {
	decoder := json.NewDecoder(stream)
	for {
		var event struct {
			Type   string `json:"type"`
			Object struct {
				Message  string `json:"message"`
				Metadata struct {
					Name string `json:"name"`
				} `json:"metadata"`
			} `json:"object"`
		}
		err := decoder.Decode(&event)
		at := time.Now()
		if err == nil && event.Type == "ERROR" {
			err = fmt.Errorf("watch ended: %s", event.Object.Message)
		}
		w.mu.Lock()
		if w.err = err; err == nil && event.Type == "ADDED" {
			w.seen[event.Object.Metadata.Name] = at
		}
		close(w.changed)
		w.changed = make(chan struct{})
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await returns when an object was seen.
func (w *watch) await(ctx context.Context, name string) (time.Time, error) {
	for {
		w.mu.Lock()
		at, ok := w.seen[name]
		changed, err := w.changed, w.err
		w.mu.Unlock()
		switch {
		case ok:
			return at, nil
		case err != nil:
			return time.Time{}, fmt.Errorf("wait for the event of %s: %w", name, err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("wait for the event of %s: %w", name, ctx.Err())
		}
	}
}

func (w *watch) stop() { _ = w.body.Close() } // nothing is left to read
