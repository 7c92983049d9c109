package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"platform.example.io/stores/test/controlplane"
)

// memoryFigure is the name under which memory is asked for.
const memoryFigure = "memory"

// How memory comes to rest: the runtime gives pages back over some seconds.
const (
	restPoll     = 500 * time.Millisecond
	restReadings = 6
	restPatience = 20 * time.Second
)

// memory is what a server's process holds.
type memory struct {
	Name   string  `json:"name"`
	Server string  `json:"server"`
	Count  int     `json:"count"`
	RSS    float64 `json:"residentMB"`
	Heap   float64 `json:"heapInUseMB"`
	Peak   float64 `json:"peakResidentMB"`
}

// weigh records the memory of both servers at rest, after a collection.
func (b *bench) weigh(ctx context.Context, when string) error {
	if !b.options.wants(memoryFigure) {
		return nil
	}
	servers := []string{controlplane.Platform, controlplane.KubeAPIServer}
	found, errs := make([]memory, len(servers)), make([]error, len(servers))
	var all sync.WaitGroup
	for n, server := range servers {
		all.Go(func() { found[n], errs[n] = b.weighOne(ctx, server) })
	}
	all.Wait()
	for n, server := range servers {
		if errs[n] != nil {
			return fmt.Errorf("weigh %s: %w", server, errs[n])
		}
		m := found[n]
		m.Name = fmt.Sprintf("memory-%d-%s", b.count, when)
		b.report.Memory = append(b.report.Memory, m)
		b.say("%s %s: %.0f MB resident, %.0f MB heap", m.Name, server, m.RSS, m.Heap)
	}
	return nil
}

func (b *bench) weighOne(ctx context.Context, server string) (memory, error) {
	pid, err := b.cluster.PID(server)
	if err != nil {
		return memory{}, err
	}
	// A heap profile after a collection: the collection is what is wanted.
	response, err := b.servers[server].do(ctx, request{path: "/debug/pprof/heap?gc=1", accept: "*/*"})
	if err != nil {
		return memory{}, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	if err != nil {
		return memory{}, fmt.Errorf("collect garbage: %w", err)
	}
	m := memory{Server: server, Count: b.count}
	if m.RSS, err = settledRSS(ctx, pid); err != nil {
		return m, err
	}
	if m.Peak, err = processMemory(pid, "VmHWM"); err != nil {
		return m, err
	}
	// The kernel counts roughly: what was just seen may be more than it says the most was.
	m.Peak = max(m.Peak, m.RSS)
	m.Heap, err = b.heapInUse(ctx, server)
	return m, err
}

// settledRSS waits until the resident size stays as it is, or patience ends.
func settledRSS(ctx context.Context, pid int) (float64, error) {
	deadline := time.Now().Add(restPatience)
	ticks := time.NewTicker(restPoll)
	defer ticks.Stop()
	still, last := 0, 0.0
	for {
		now, err := processMemory(pid, "VmRSS")
		if err != nil {
			return 0, err
		}
		if now > last*0.99 && now < last*1.01 {
			still++
		} else {
			still, last = 0, now
		}
		if still >= restReadings || time.Now().After(deadline) {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-ticks.C:
		}
	}
}

// processMemory reads a size from /proc, in MB of a million bytes.
func processMemory(pid int, field string) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read process status: %w", err)
	}
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		name, value, _ := strings.Cut(scanner.Text(), ":")
		if name != field {
			continue
		}
		kilobytes, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 64)
		if err != nil {
			return 0, fmt.Errorf("read process status: %w", err)
		}
		return kilobytes * 1024 / 1e6, nil
	}
	return 0, fmt.Errorf("read process status: %s is not in it", field)
}

func (b *bench) heapInUse(ctx context.Context, server string) (float64, error) {
	response, err := b.servers[server].do(ctx, request{path: "/metrics", accept: "text/plain"})
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := decoded(response)
	if err != nil {
		return 0, err
	}
	const metric = "go_memstats_heap_inuse_bytes "
	for scanner := bufio.NewScanner(bytes.NewReader(body)); scanner.Scan(); {
		if value, ok := strings.CutPrefix(scanner.Text(), metric); ok {
			size, err := strconv.ParseFloat(value, 64)
			return size / 1e6, err
		}
	}
	return 0, fmt.Errorf("read metrics: %s is not among them", metric)
}
