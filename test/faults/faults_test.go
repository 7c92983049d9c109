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
	"testing"
	"time"

	"platform.example.io/stores/test/controlplane"
)

var (
	seeds  = flag.Int("seeds", 0, "run so many seeds, from -seed on")
	seed   = flag.Uint64("seed", 0, "the first seed; alone, the one to replay")
	logs   = flag.String("logs", "", "directory that keeps the whole logs of our processes, of the last seed")
	stores = flag.Int("stores", 60, "stores of each seed; without -seeds and -seed a short run has fewer")
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
	code := m.Run()
	if ran > 0 {
		fmt.Printf("seeds %d clean %d\n", ran, clean)
	}
	os.Exit(code)
}

var ran, clean int

func TestFaults(t *testing.T) {
	first, count, size := uint64(shortSeed), 1, shortStores
	if *seeds > 0 || *seed > 0 {
		first, count, size = max(*seed, 1), max(*seeds, 1), *stores
	}
	for i := range count {
		number := first + uint64(i)
		fmt.Printf("seed %d: %d stores; replay with: go test ./test/faults -count=1 -run '^TestFaults$' -v -timeout 0 -seed %d -stores %d\n", number, size, number, size)
		ran++
		began, verdict := time.Now(), "not clean"
		if t.Run(fmt.Sprint("seed-", number), func(t *testing.T) { survive(t, number, size) }) {
			clean++
			verdict = "clean"
		}
		fmt.Printf("seed %d: %s after %s\n", number, verdict, time.Since(began).Round(time.Second))
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
