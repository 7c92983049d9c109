package cluster

import (
	"io"
	"strings"

	"platform.example.io/stores/hack/localcluster/node"
	"platform.example.io/stores/hack/localcluster/preflight"
)

// Preflight writes what this machine has and lacks to run real nodes, and returns
// preflight.ErrLacking where it lacks something.
func Preflight(dir, binaries string, out io.Writer) error {
	layout, err := NewLayout(dir)
	if err != nil {
		return err
	}
	return preflight.Run(out, preflight.Checks(layout.Dir, binaries, node.Programs()))
}

// checkMachine reports only where something is lacking.
func checkMachine(layout Layout, options Options, report func(string, ...any)) error {
	var said strings.Builder
	err := Preflight(layout.Dir, options.NodeBinaries, &said)
	if err != nil {
		for line := range strings.Lines(said.String()) {
			report("%s", strings.TrimRight(line, "\n"))
		}
	}
	return err
}
