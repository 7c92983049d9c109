// Package faults proves that the platform loses nothing while everything around
// it fails: servers die by SIGKILL, and what passes between us and kube-apiserver
// is refused, delayed or cut off.
//
// Each seed is a churn of stores on a control plane of its own. The seed gives
// what is done to which store, who is killed after which step, and what befalls
// the n-th request; the moments at which processes and goroutines meet are the
// machine's. Danger: nodes are simulated, so no container ever fails here.
package faults

import (
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"platform.example.io/stores/test/controlplane"
)

var (
	seeds  = flag.Int("seeds", 0, "run so many seeds, from -seed on")
	seed   = flag.Uint64("seed", 0, "the first seed; alone, the one to replay")
	logs   = flag.String("logs", "", "directory that keeps the whole logs of our processes, of each seed")
	stores = flag.Int("stores", 60, "stores of each seed; without -seeds and -seed a short run has fewer")
	atOnce = flag.Int("at-once", 1, "how many seeds run at once: each has a control plane, which needs about 1 GB and a core")
)

// What `make test` runs: one seed, always the same, so that a red run is a
// change's doing.
const (
	shortSeed   = 1
	shortStores = 8
)

// TestMain says last how many seeds were clean, after everything that a failure
// prints.
func TestMain(m *testing.M) {
	flag.Parse()
	// What runs at once is this test's to say; nothing else here is parallel.
	if err := flag.Set("test.parallel", fmt.Sprint(*atOnce)); err != nil {
		panic(err)
	}
	code := m.Run()
	if ran.Load() > 0 {
		fmt.Printf("seeds %d clean %d\n", ran.Load(), clean.Load())
	}
	os.Exit(code)
}

var ran, clean atomic.Int32

func TestFaults(t *testing.T) {
	first, count, size := uint64(shortSeed), 1, shortStores
	if *seeds > 0 || *seed > 0 {
		first, count, size = max(*seed, 1), max(*seeds, 1), *stores
	}
	for i := range count {
		number := first + uint64(i)
		t.Run(fmt.Sprint("seed-", number), func(t *testing.T) {
			t.Parallel()
			fmt.Printf("seed %d: %d stores; replay with: go test ./test/faults -count=1 -run '^TestFaults$' -v -timeout 0 -seed %d -stores %d\n", number, size, number, size)
			ran.Add(1)
			began := time.Now()
			t.Cleanup(func() {
				verdict := "not clean"
				if !t.Failed() {
					clean.Add(1)
					verdict = "clean"
				}
				fmt.Printf("seed %d: %s after %s\n", number, verdict, time.Since(began).Round(time.Second))
			})
			survive(t, number, size)
		})
	}
}

func survive(t *testing.T, seed uint64, size int) {
	p := start(t, shape{options: controlplane.Options{Nodes: 4}, servers: 1, provisioners: 2, faults: true, seed: seed})
	secrets := watchSecrets(t, p.own.RESTConfig())
	c := &churn{stores: p.stores, scripts: writeScripts(seed, size)}
	p.inject(true)
	promises := c.play(t, seed, func() { execute(t, p, c, plan(seed, length(c.scripts), 1+size/30)) })
	p.inject(false)
	if t.Failed() {
		return // what was not acknowledged promises nothing
	}
	p.own.WaitReady(t)
	p.served(t)
	kept(t, p, promises)
	converged(t, p, secrets, promises)
	kept(t, p, promises)
}
