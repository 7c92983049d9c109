package command

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"platform.example.io/stores/hack/localcluster/cluster"
	"platform.example.io/stores/hack/localcluster/component"
)

const defaultDir = ".local"

func addDir(command *cobra.Command, dir *string) {
	command.Flags().StringVar(dir, "dir", defaultDir, "directory of the cluster")
}

func addOptions(command *cobra.Command, options *cluster.Options) {
	addDir(command, &options.Dir)
	flags := command.Flags()
	flags.StringSliceVar(&options.Components, "components", component.All(), "what to start")
	flags.BoolVar(&options.Bare, "bare", false,
		"let kube-apiserver write nothing by itself, so that only requests move the resource version")
	flags.IntVar(&options.Nodes, "nodes", 2, "number of simulated nodes")
	flags.StringArrayVar(&options.KubeAPIServerArgs, "kube-apiserver-arg", nil, "argument added to kube-apiserver's (repeatable)")
	flags.StringArrayVar(&options.Manifests, "manifest", nil, "file of objects to apply before the platform starts (repeatable)")
	flags.StringVar(&options.Platform.Binary, "platform", "", "executable of the aggregated API server to run")
	flags.StringVar(&options.Platform.Config, "platform-config", "", "its configuration file")
	flags.StringArrayVar(&options.Platform.Args, "platform-arg", nil, "argument added to its arguments (repeatable)")
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
