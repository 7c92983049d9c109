package recipe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// packagesAlike are the packages of node_modules that all locks have in the same
// versions, with the same packages of their own.
func packagesAlike(locks []string) (map[string]bool, error) {
	var first map[string][]byte
	for at, lock := range locks {
		packages, err := lockedPackages(lock)
		if err != nil {
			return nil, err
		}
		if at == 0 {
			first = packages
			continue
		}
		maps.DeleteFunc(first, func(name string, locked []byte) bool { return !bytes.Equal(locked, packages[name]) })
	}
	alike := map[string]bool{}
	for name := range first {
		alike[name] = true
	}
	return alike, nil
}

// lockedPackages returns what a package-lock.json says of each package of
// node_modules and of those below it.
func lockedPackages(lock string) (map[string][]byte, error) {
	text, err := os.ReadFile(lock)
	if err != nil {
		return nil, fmt.Errorf("read what is installed: %w", err)
	}
	var content struct {
		Packages map[string]json.RawMessage `json:"packages"`
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("read %s: %w", lock, err)
	}
	packages := map[string][]byte{}
	for _, place := range slices.Sorted(maps.Keys(content.Packages)) {
		if below, found := strings.CutPrefix(place, "node_modules/"); found {
			name := packageOf(below)
			packages[name] = append(append(packages[name], place...), content.Packages[place]...)
		}
	}
	return packages, nil
}

// packageOf is the package that a path below node_modules is in.
func packageOf(below string) string {
	name, rest, _ := strings.Cut(below, "/")
	if strings.HasPrefix(name, "@") {
		inner, _, _ := strings.Cut(rest, "/")
		return name + "/" + inner
	}
	return name
}
