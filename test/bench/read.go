package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// list is what is asked for of a collection.
type list struct {
	version  string // resourceVersion
	limit    int
	as       string // Table or PartialObjectMetadataList
	identity bool   // uncompressed
	parallel int    // so many at once
}

func (l list) request(v variant) request {
	query := url.Values{}
	if l.version != "" {
		query.Set("resourceVersion", l.version)
	}
	if l.limit > 0 {
		query.Set("limit", strconv.Itoa(l.limit))
	}
	accept := v.encoding.mediaType()
	if l.as != "" {
		accept += ";as=" + l.as + ";v=v1;g=meta.k8s.io"
	}
	return request{path: v.kind.list(query), accept: accept, identity: l.identity}
}

// lists prepares the sampling of lists, and looks once whether each holds all
// that it should: nothing is faster than an answer that is not complete.
func lists(l list) func(context.Context, *bench) (sampler, func(context.Context) error, error) {
	return func(ctx context.Context, b *bench) (sampler, func(context.Context) error, error) {
		want := b.count
		if l.limit > 0 {
			want = min(want, l.limit)
		}
		for _, k := range kinds {
			if err := b.checkLength(ctx, l.request(variant{k, asJSON}), want); err != nil {
				return nil, nil, err
			}
		}
		one := func(ctx context.Context, v variant, _ int) (sample, error) {
			return b.user.measure(ctx, l.request(v))
		}
		if l.parallel > 0 {
			return together(l.parallel, one), nothing, nil
		}
		return one, nothing, nil
	}
}

func nothing(context.Context) error { return nil }

func (b *bench) checkLength(ctx context.Context, r request, want int) error {
	var got struct {
		Items []json.RawMessage `json:"items"`
		Rows  []json.RawMessage `json:"rows"`
	}
	if err := b.user.json(ctx, r, &got); err != nil {
		return err
	}
	if length := len(got.Items) + len(got.Rows); length != want {
		return fmt.Errorf("check list: %s has %d objects, want %d", r.path, length, want)
	}
	return nil
}

// together takes several samples at once as one: from the start of the first to
// the end of the last.
func together(parallel int, take sampler) sampler {
	return func(ctx context.Context, v variant, i int) (sample, error) {
		samples, errs := make([]sample, parallel), make([]error, parallel)
		var all sync.WaitGroup
		began := time.Now()
		for n := range parallel {
			all.Go(func() { samples[n], errs[n] = take(ctx, v, i) })
		}
		all.Wait()
		total := sample{took: time.Since(began)}
		for n := range parallel {
			if errs[n] != nil {
				return sample{}, errs[n]
			}
			total.wire += samples[n].wire
		}
		return total, nil
	}
}

// gets prepares the sampling of single objects.
func gets(version string) func(context.Context, *bench) (sampler, func(context.Context) error, error) {
	query := ""
	if version != "" {
		query = "?resourceVersion=" + version
	}
	return func(_ context.Context, b *bench) (sampler, func(context.Context) error, error) {
		return func(ctx context.Context, v variant, i int) (sample, error) {
			return b.user.measure(ctx, request{
				path:   v.kind.object(b.shop(i)) + query,
				accept: v.encoding.mediaType(),
			})
		}, nothing, nil
	}
}

// shop walks through the shops that stay, far from one to the next.
func (b *bench) shop(i int) string {
	const stride = 7919 // a prime larger than any step between neighbours matters
	return shopName(i * stride % b.count)
}
