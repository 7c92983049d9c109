// Package preflight says what a machine lacks to run a real node.
//
// Duties: to look at everything a real node needs before anything is started,
// to report all of it at once, and to say what to do. Danger: it never lets
// something pass that it could not look at; a node that does not come up says
// far less about the reason.
package preflight

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrLacking says that the machine cannot run a real node. What was written before says why.
var ErrLacking = errors.New("this machine cannot run a real node yet")

// Check is one thing that a real node needs.
type Check struct {
	// Name says what is looked at.
	Name string
	// Look returns what it found, or an error that says what is wrong.
	Look func() (found string, err error)
	// Remedy is what to do about it.
	Remedy string
}

// Run looks at everything and writes what it finds to out. Where something is
// missing it writes what to do, and returns ErrLacking.
func Run(out io.Writer, checks []Check) error {
	var remedies []string
	for _, check := range checks {
		found, err := check.Look()
		if err != nil {
			fmt.Fprintf(out, "  MISSING  %-16s %v\n", check.Name, err)
			remedies = append(remedies, check.Name+": "+check.Remedy)
			continue
		}
		fmt.Fprintf(out, "  ok       %-16s %s\n", check.Name, found)
	}
	if len(remedies) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\nWhat to do:\n  %s\n", strings.Join(remedies, "\n  "))
	fmt.Fprintf(out, "Simulated nodes need none of this: `make up` without NODES=real.\n")
	return ErrLacking
}
