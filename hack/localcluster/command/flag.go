package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"platform.example.io/stores/hack/localcluster/cluster"
	"platform.example.io/stores/hack/localcluster/component"
)

const (
	defaultDir = ".local"
	realNodes  = "real"
)

func addDir(command *cobra.Command, dir *string) {
	command.Flags().StringVar(dir, "dir", defaultDir, "directory of the cluster")
}

func addNodeBinaries(command *cobra.Command, dir *string) {
	command.Flags().StringVar(dir, "node-binaries", besideSelf("node"), "directory of the programs of real nodes")
}

func addOptions(command *cobra.Command, options *cluster.Options) {
	addDir(command, &options.Dir)
	flags := command.Flags()
	flags.StringSliceVar(&options.Components, "components", component.All(), "what to start")
	flags.BoolVar(&options.Bare, "bare", false,
		"let kube-apiserver write nothing by itself, so that only requests move the resource version")
	options.Nodes = 2
	flags.Var((*nodes)(options), "nodes", "number of simulated nodes; or real, or real:N, for nodes that run containers (root on Linux)")
	addNodeBinaries(command, &options.NodeBinaries)
	flags.StringArrayVar(&options.Images, "image", nil, "container image that real nodes are to have, as docker save writes it (repeatable)")
	flags.IntVar(&options.IngressPort, "ingress-port", 8080, "port of loopback where the shops on real nodes are reached; 0 is any free one")
	flags.StringArrayVar(&options.KubeAPIServerArgs, "kube-apiserver-arg", nil, "argument added to kube-apiserver's (repeatable)")
	flags.StringArrayVar(&options.Manifests, "manifest", nil, "file of objects to apply before the platform starts (repeatable)")
	flags.StringVar(&options.Platform.Binary, "platform", "", "executable of the aggregated API server to run")
	flags.StringVar(&options.Platform.Config, "platform-config", "", "its configuration file")
	flags.StringArrayVar(&options.Platform.Args, "platform-arg", nil, "argument added to its arguments (repeatable)")
}

// nodes is the flag that says which nodes there are.
type nodes cluster.Options

// String is what Set would understand.
func (n *nodes) String() string {
	if n.RealNodes > 0 {
		return realNodes + ":" + strconv.Itoa(n.RealNodes)
	}
	return strconv.Itoa(n.Nodes)
}

// Set reads N, real or real:N.
func (n *nodes) Set(value string) error {
	kind, count, counted := strings.Cut(value, ":")
	if kind != realNodes {
		simulated, err := strconv.Atoi(value)
		if err != nil {
			return errors.New("must be a number of simulated nodes, real, or real:N")
		}
		n.Nodes, n.RealNodes = simulated, 0
		return nil
	}
	n.Nodes, n.RealNodes = 0, 1
	if !counted {
		return nil
	}
	number, err := strconv.Atoi(count)
	if err != nil || number < 1 {
		return fmt.Errorf("%q is not a number of real nodes: use real:2", count)
	}
	n.RealNodes = number
	return nil
}

// Type is shown by help.
func (n *nodes) Type() string { return "nodes" }

// besideSelf is a path beside the running binary.
func besideSelf(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name // the working directory is as good a guess
	}
	return filepath.Join(filepath.Dir(self), name)
}

// given returns the flags as they were given, for the same flags of another command.
func given(command *cobra.Command) []string {
	var args []string
	command.Flags().Visit(func(flag *pflag.Flag) {
		values := []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			args = append(args, "--"+flag.Name+"="+value)
		}
	})
	return args
}
