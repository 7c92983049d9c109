// Package cgroup makes one control group for the containers of a node, and takes
// it away again.
//
// Duties: the group in every hierarchy the machine has, of version 1 or 2.
// Danger: control groups are not private to a namespace. What is made here is
// seen by the whole host, so it has one name, and Remove leaves nothing of it.
package cgroup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	mountInfo = "/proc/self/mountinfo"
	// Version 2 has one hierarchy, here.
	unified = "/sys/fs/cgroup"
)

// needed are the controllers by which a kubelet and runc limit containers.
var needed = []string{"cpu", "cpuset", "memory", "pids"}

// Hierarchy is a mounted tree of control groups.
type Hierarchy struct {
	Dir string
	// Controllers are those of version 1; version 2 lists them in a file.
	Controllers []string
	Version     int
}

// appendix is the version 2 tree of a machine that uses version 1.
const appendix = 0

// Hierarchies returns those a node uses: the one of version 2, or all of version 1.
func Hierarchies() ([]Hierarchy, error) {
	data, err := os.ReadFile(mountInfo)
	if err != nil {
		return nil, fmt.Errorf("list mounts: %w", err)
	}
	return parse(string(data)), nil
}

// parse reads mountinfo, proc(5). Where version 2 is mounted at the root of
// control groups it is the only one; elsewhere it is an appendix of version 1:
// nothing is limited by it, and yet runc makes groups there.
func parse(mounts string) []Hierarchy {
	var found []Hierarchy
	for line := range strings.Lines(mounts) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 3 {
			continue
		}
		dir := left[4]
		switch {
		case right[0] == "cgroup2" && dir == unified:
			return []Hierarchy{{Dir: dir, Version: 2}}
		case right[0] == "cgroup2":
			found = append(found, Hierarchy{Dir: dir, Version: appendix})
		case right[0] == "cgroup":
			found = append(found, Hierarchy{Dir: dir, Version: 1, Controllers: strings.Split(right[2], ",")})
		}
	}
	return found
}

// Missing names the controllers a node needs that no hierarchy offers.
func Missing(hierarchies []Hierarchy) []string {
	var offered []string
	for _, hierarchy := range hierarchies {
		offered = append(offered, hierarchy.Controllers...)
		if hierarchy.Version == 2 {
			data, _ := os.ReadFile(filepath.Join(hierarchy.Dir, "cgroup.controllers")) // absent: it offers none
			offered = append(offered, strings.Fields(string(data))...)
		}
	}
	return slices.DeleteFunc(slices.Clone(needed), func(name string) bool { return slices.Contains(offered, name) })
}

// Ensure makes the group called name in every hierarchy.
func Ensure(name string) error {
	hierarchies, err := Hierarchies()
	if err != nil {
		return err
	}
	for _, hierarchy := range hierarchies {
		dir := filepath.Join(hierarchy.Dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make control group: %w", err)
		}
		if err := setUp(dir, hierarchy); err != nil {
			return err
		}
	}
	return nil
}

// setUp makes a group that takes processes and hands its controllers on. It weighs as
// much as it has processors to offer: otherwise all containers together would
// weigh as much as one process of the host.
func setUp(dir string, hierarchy Hierarchy) error {
	switch {
	case hierarchy.Version == 2:
		if err := enable(dir); err != nil {
			return err
		}
		return weigh(dir, "cpu.weight", min(100*runtime.NumCPU(), 10000))
	case slices.Contains(hierarchy.Controllers, "cpuset"):
		return inherit(dir, "cpuset.cpus", "cpuset.mems")
	case slices.Contains(hierarchy.Controllers, "cpu"):
		return weigh(dir, "cpu.shares", 1024*runtime.NumCPU())
	}
	return nil
}

func weigh(dir, file string, weight int) error {
	if err := os.WriteFile(filepath.Join(dir, file), []byte(strconv.Itoa(weight)), 0); err != nil {
		return fmt.Errorf("weigh control group: %w", err)
	}
	return nil
}

// inherit copies settings without which a version 1 group takes no process.
func inherit(dir string, files ...string) error {
	for _, file := range files {
		value, err := os.ReadFile(filepath.Join(filepath.Dir(dir), file))
		if err != nil {
			return fmt.Errorf("read control group setting: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), bytes.TrimSpace(value), 0); err != nil {
			return fmt.Errorf("set up control group: %w", err)
		}
	}
	return nil
}

// enable hands the needed controllers of version 2 on to the groups below dir.
func enable(dir string) error {
	wanted := []byte("+" + strings.Join(needed, " +"))
	if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), wanted, 0); err != nil {
		return fmt.Errorf("enable controllers (the root group must offer them below: cgroup.subtree_control): %w", err)
	}
	return nil
}

// Remove removes the group called name, and those below it, from every
// hierarchy. It waits for processes that have been killed to be gone.
func Remove(ctx context.Context, name string) error {
	hierarchies, err := Hierarchies()
	if err != nil {
		return err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var left []error
		for _, hierarchy := range hierarchies {
			left = append(left, removeTree(filepath.Join(hierarchy.Dir, name)))
		}
		err := errors.Join(left...)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("remove control group %s: %w", name, err)
		case <-tick.C:
		}
	}
}

// removeTree removes the directories from the leaves up; their files are the kernel's.
func removeTree(dir string) error {
	var dirs []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone while we looked
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, path := range slices.Backward(dirs) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
