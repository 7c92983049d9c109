// Package program holds the programs that the localcluster binary can be:
// upstream's own main functions, linked together so that a control plane costs
// one link and one file.
//
// Duties: turn a program's name into its entry point, and nothing else; how the
// programs are configured and kept alive is package cluster's business. Danger:
// all of them share one process image, so their package-level state (feature
// gates, flag sets, metrics registries) is shared too. Exactly one entry point
// may therefore run per process.
package program

import (
	"os"

	"github.com/spf13/pflag"

	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/expand"
	"platform.example.io/stores/hack/localcluster/machine"
	"platform.example.io/stores/hack/localcluster/policy"
)

var programs = map[string]func() int{
	component.Etcd:              etcd,
	component.KubeAPIServer:     kubeAPIServer,
	component.ControllerManager: controllerManager,
	component.Scheduler:         scheduler,
	component.Kwok:              kwok,
	component.Kubelet:           kubelet,
	component.KubeProxy:         kubeProxy,
	component.Kubectl:           kubectl,
	component.PolicyEnforcer:    policy.Main,
	component.VolumeExpander:    expand.Main,
	machine.Program:             machine.Init,
}

// Known reports whether name is a linked program.
func Known(name string) bool {
	_, found := programs[name]
	return found
}

// Run becomes the named program, which must be Known, and returns its exit
// code. The programs read os.Args themselves, so it is replaced.
func Run(name string, args []string) int {
	os.Args = append([]string{name}, args...)
	return programs[name]()
}

// forgetFlags empties the global flag set, which cobra adds to every command.
// The Kubernetes components put a --version of their own there; a program that
// is not one of them does not expect it.
func forgetFlags() {
	pflag.CommandLine = pflag.NewFlagSet(os.Args[0], pflag.ExitOnError)
}
