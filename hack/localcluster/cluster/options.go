package cluster

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"platform.example.io/stores/hack/localcluster/component"
)

// supervisorName names the supervisor's own pid and log files.
const supervisorName = "supervisor"

// mostRealNodes is what fits into the range of a node's index in its addresses,
// and more than one machine can bear.
const mostRealNodes = 9

// Options say what a cluster consists of.
type Options struct {
	// Dir is where the cluster keeps everything.
	Dir string
	// Components is the part of component.All that is started.
	Components []string
	// Bare turns off what kube-apiserver writes by itself once it is up, so
	// that the resource version moves only when a test moves it.
	Bare bool
	// Nodes is the number of simulated nodes.
	Nodes int
	// RealNodes is the number of real nodes, which run containers. Where there is
	// one there are no simulated ones.
	RealNodes int
	// NodeBinaries is the directory of the programs of real nodes.
	NodeBinaries string
	// Images are files of container images that real nodes are to have.
	Images []string
	// IngressPort is the port of the host's loopback where the shops on real nodes
	// are reached; 0 is any free one.
	IngressPort int
	// KubeAPIServerArgs are added to kube-apiserver's, and win over them.
	KubeAPIServerArgs []string
	// Manifests are files of objects that are applied before the platform starts.
	Manifests []string
	// Platform is the aggregated API server under development, if any.
	Platform Platform
}

// Platform says how the aggregated API server is run.
type Platform struct {
	// Binary is its executable; empty means that there is none.
	Binary string
	// Config is its configuration file, or empty.
	Config string
	// Args are added to its arguments.
	Args []string
}

// Validate returns everything that is wrong with the options.
func (o Options) Validate() error {
	var errs []error
	for _, name := range o.Components {
		if !slices.Contains(component.All(), name) {
			errs = append(errs, fmt.Errorf("unknown component %q: choose from %v", name, component.All()))
		}
	}
	for _, need := range []string{component.Etcd, component.KubeAPIServer} {
		if !o.has(need) {
			errs = append(errs, fmt.Errorf("component %s is needed by all others", need))
		}
	}
	if o.Nodes < 0 || o.RealNodes < 0 {
		errs = append(errs, fmt.Errorf("number of nodes is negative: %d", min(o.Nodes, o.RealNodes)))
	}
	errs = append(errs, o.validateReal()...)
	for _, file := range slices.Concat(o.Manifests, o.Images, []string{o.Platform.Binary, o.Platform.Config}) {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			errs = append(errs, fmt.Errorf("find file: %w", err))
		}
	}
	if o.Platform.Binary == "" && (o.Platform.Config != "" || len(o.Platform.Args) > 0) {
		errs = append(errs, errors.New("platform options are given without a platform binary"))
	}
	return errors.Join(errs...)
}

func (o Options) validateReal() []error {
	var errs []error
	switch {
	case o.RealNodes == 0 && len(o.Images) > 0:
		errs = append(errs, errors.New("images are given, and simulated nodes run none"))
	case o.RealNodes > mostRealNodes:
		errs = append(errs, fmt.Errorf("number of real nodes is %d: the most is %d", o.RealNodes, mostRealNodes))
	case o.RealNodes > 0 && !(o.has(component.ControllerManager) && o.has(component.Scheduler)):
		errs = append(errs, errors.New("real nodes need the whole control plane, and components are missing from it"))
	}
	return errs
}

func (o Options) has(name string) bool {
	// Real nodes and simulated ones do not mix: kwok would take the real ones over.
	return slices.Contains(o.Components, name) && !(name == component.Kwok && o.RealNodes > 0)
}
