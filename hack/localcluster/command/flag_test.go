package command

import (
	"testing"

	"platform.example.io/stores/hack/localcluster/cluster"
)

func TestNodesFlag(t *testing.T) {
	tests := []struct {
		value           string
		simulated, real int
		again           string
		valid           bool
		reason          string
	}{
		{value: "3", simulated: 3, again: "3", valid: true, reason: "as it has always been"},
		{value: "real", real: 1, again: "real:1", valid: true, reason: "one is what most want"},
		{value: "real:2", real: 2, again: "real:2", valid: true, reason: "two, so that one can be lost"},
		{value: "real:0", reason: "a real cluster of no node is a mistake"},
		{value: "real:many", reason: "not a number"},
		{value: "virtual", reason: "not a kind of node"},
		{value: "", reason: "make NODES= is a mistake"},
	}
	for _, test := range tests {
		t.Run(test.value, func(t *testing.T) {
			options := cluster.Options{Nodes: 2}
			flag := (*nodes)(&options)
			if err := flag.Set(test.value); (err == nil) != test.valid {
				t.Fatalf("got error %v: %s", err, test.reason)
			}
			if !test.valid {
				return
			}
			if options.Nodes != test.simulated || options.RealNodes != test.real {
				t.Errorf("got %d simulated and %d real nodes: %s", options.Nodes, options.RealNodes, test.reason)
			}
			// `up` hands its flags to `run` in this form.
			if flag.String() != test.again {
				t.Errorf("it is handed on as %q, want %q", flag.String(), test.again)
			}
		})
	}
}
