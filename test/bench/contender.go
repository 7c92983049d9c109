package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The contenders.
const (
	ours    = "stores"
	ceiling = "ceiling"
	helm    = "helm"
)

var contenderNames = []string{ours, ceiling, helm}

// contender is one way to get a shop.
type contender struct {
	name string
	// prefix and a shop's name are its namespace.
	prefix string
	// accounts are those whose requests are its own.
	accounts []string
	// provide orders a shop and returns when it is ready.
	provide func(ctx context.Context, shop string) error
}

// contenders makes those that are wanted.
func (p *provisioning) contenders(ctx context.Context) ([]*contender, error) {
	var contenders []*contender
	for _, name := range contenderNames {
		if p.flags.only != "" && p.flags.only != name {
			continue
		}
		made, err := map[string]func(context.Context) (*contender, error){
			ours: p.orderStores, ceiling: p.applyObjects, helm: p.installCharts,
		}[name](ctx)
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", name, err)
		}
		contenders = append(contenders, made)
	}
	return contenders, nil
}

// batch is what was measured of so many shops.
type batch struct {
	contender string
	parallel  int
	round     int
	took      time.Duration   // from the first order to the last shop that is ready
	each      []time.Duration // of every shop, ascending
	calls     map[call]int
}

// batchPatience bounds a batch, which takes that long only where something is broken.
const batchPatience = 15 * time.Minute

// measureBatch has a contender provide shops, so many at once, and clears them away.
func (p *provisioning) measureBatch(ctx context.Context, c *contender, parallel, round int) error {
	ctx, cancel := context.WithTimeout(ctx, batchPatience)
	defer cancel()
	count := p.flags.batch(parallel)
	p.say("%s: %d shops, %d at once, round %d", c.name, count, parallel, round+1)
	shops := make(chan string, count)
	prefix := fmt.Sprintf("%s%d-%d-", c.name[:1], parallel, round)
	for n := range count {
		shops <- fmt.Sprintf("%s%03d", prefix, n)
	}
	close(shops)
	profiled := p.profileBatch(ctx, c, parallel, round)
	found := batch{contender: c.name, parallel: parallel, round: round}
	var mu sync.Mutex
	var errs []error
	began := time.Now()
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for shop := range shops {
				ordered := time.Now()
				err := c.provide(ctx, shop)
				took := time.Since(ordered)
				mu.Lock()
				found.each, errs = append(found.each, took), append(errs, err)
				mu.Unlock()
				if err != nil {
					cancel()
					return
				}
			}
		})
	}
	workers.Wait()
	ended := time.Now()
	if err := errors.Join(append(errs, <-profiled)...); err != nil {
		return fmt.Errorf("%s, %d at once: %w", c.name, parallel, err)
	}
	found.took = ended.Sub(began)
	slices.Sort(found.each)
	all, err := p.audit.since(began, ended)
	if err != nil {
		return err
	}
	found.calls = map[call]int{}
	for made, times := range all {
		if slices.Contains(c.accounts, made.user) {
			found.calls[made] = times
		}
	}
	p.batches = append(p.batches, found)
	p.say("%s: %.2f shops/s", c.name, found.perSecond())
	return p.clear(ctx, c, prefix)
}

func (b *batch) perSecond() float64 { return float64(len(b.each)) / b.took.Seconds() }

// profileBatch takes the profiles that were asked for, of the last batch of ours.
func (p *provisioning) profileBatch(ctx context.Context, c *contender, parallel, round int) <-chan error {
	done := make(chan error, 1)
	last := p.flags.parallel[len(p.flags.parallel)-1]
	if p.flags.profile == "" || c.name != ours || parallel != last || round != p.flags.rounds-1 {
		done <- nil
		return done
	}
	go func() { done <- p.fetchProfiles(ctx, p.flags.profile, p.flags.profileTime) }()
	return done
}

// clear removes the shops of a batch and returns when all of them are gone, so
// that neither they nor their removal burden the next batch.
func (p *provisioning) clear(ctx context.Context, c *contender, prefix string) error {
	for ctx.Err() == nil {
		namespaces, err := p.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("list namespaces: %w", err)
		}
		left := 0
		for _, namespace := range namespaces.Items {
			shop, mine := strings.CutPrefix(namespace.Name, c.prefix)
			if !mine || !strings.HasPrefix(shop, prefix) {
				continue
			}
			left++
			if namespace.DeletionTimestamp != nil {
				continue
			}
			if err := p.remove(ctx, c, shop); err != nil && !apierrors.IsNotFound(err) {
				return fmt.Errorf("remove shop %s: %w", shop, err)
			}
		}
		if left == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(clearPoll):
		}
	}
	return fmt.Errorf("wait for the shops of %s to go: %w", c.name, ctx.Err())
}

const clearPoll = 500 * time.Millisecond

func (p *provisioning) remove(ctx context.Context, c *contender, shop string) error {
	if c.name == ours {
		return p.stores.PlatformV1alpha1().Stores().Delete(ctx, shop, metav1.DeleteOptions{})
	}
	return p.client.CoreV1().Namespaces().Delete(ctx, c.prefix+shop, metav1.DeleteOptions{})
}
