// Package controlplane starts a real Kubernetes control plane for a test.
//
// Duties: one isolated cluster per Cluster value, identities for it, a kubectl
// for it, and the ways to hurt it that fault tests need. It drives the
// localcluster binary and knows nothing of how that works inside. Danger: it
// never skips. A test that needs a control plane and finds none fails and says
// what to build, because a green run that tested nothing is worse than a red one.
// However the test process ends, its clusters end with it.
package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// BinaryVariable is the environment variable that names the localcluster binary.
// Without it .local/bin/localcluster of this module is used.
const BinaryVariable = "LOCALCLUSTER_BIN"

// Components of a control plane, as Options.Components, PID, Kill and LogPath name them.
const (
	Etcd              = "etcd"
	KubeAPIServer     = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Kwok              = "kwok"
	// Platform is the aggregated API server, present if Options.Platform is set.
	Platform = "store-apiserver"
)

// Options say what a cluster consists of. The zero value is a whole control
// plane with two simulated nodes and no platform.
type Options struct {
	// Dir keeps the cluster's data after Stop, for a later Run. Empty means a
	// directory that goes with the cluster.
	Dir string
	// Components is what to start; empty means everything.
	Components []string
	// Bare keeps kube-apiserver from writing anything by itself once it is up,
	// so that only the test moves the resource version.
	Bare bool
	// Nodes is the number of simulated nodes; 0 means two, NoNodes none.
	Nodes int
	// RealNodes is the number of real nodes, which run containers and need root;
	// where there is one there are no simulated ones.
	RealNodes int
	// Images are the images that real nodes are to have, as docker save writes them.
	Images []string
	// KubeAPIServerArgs are added to kube-apiserver's arguments.
	KubeAPIServerArgs []string
	// Manifests are files of objects that are applied before the platform starts.
	Manifests []string
	// Platform is the executable of the aggregated API server; empty means none.
	Platform string
	// PlatformConfig is its configuration file, or empty.
	PlatformConfig string
	// PlatformArgs are added to its arguments.
	PlatformArgs []string
}

// NoNodes as Options.Nodes means a cluster without nodes.
const NoNodes = -1

func (o Options) args(dir string) []string {
	args := []string{"run", "--until-stdin-closes", "--report-fd=3", "--dir=" + dir}
	if len(o.Components) > 0 {
		args = append(args, "--components="+strings.Join(o.Components, ","))
	}
	if o.Bare {
		args = append(args, "--bare")
	}
	if o.RealNodes > 0 {
		// Any free port: somebody's own cluster may be up beside this one.
		args = append(args, "--nodes=real:"+strconv.Itoa(o.RealNodes), "--ingress-port=0")
	} else if o.Nodes != 0 {
		args = append(args, "--nodes="+strconv.Itoa(max(o.Nodes, 0)))
	}
	if o.Platform != "" {
		args = append(args, "--platform="+o.Platform)
	}
	if o.PlatformConfig != "" {
		args = append(args, "--platform-config="+o.PlatformConfig)
	}
	for flag, values := range map[string][]string{
		"--kube-apiserver-arg": o.KubeAPIServerArgs,
		"--manifest":           o.Manifests,
		"--image":              o.Images,
		"--platform-arg":       o.PlatformArgs,
	} {
		for _, value := range values {
			args = append(args, flag+"="+value)
		}
	}
	return args
}

// binary finds the localcluster binary.
func binary() (string, error) {
	path := os.Getenv(BinaryVariable)
	if path == "" {
		root, err := ModuleRoot()
		if err != nil {
			return "", err
		}
		path = filepath.Join(root, ".local", "bin", "localcluster")
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("find the control plane (build it with `make localcluster`, or set %s): %w", BinaryVariable, err)
	}
	return filepath.Abs(path)
}

// ModuleRoot returns the directory of the module that the test under way belongs to.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find module root: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("find module root: %w", err)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find module root: no go.mod in the working directory or above it")
		}
		dir = parent
	}
}
