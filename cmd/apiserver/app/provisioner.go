package app

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"

	"platform.example.io/stores/charts"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/provisioner"
)

// PlatformOptions locate the platform's configuration.
type PlatformOptions struct {
	// ConfigFile is the path of a PlatformConfiguration.
	ConfigFile string
}

func (o *PlatformOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.ConfigFile, "config", o.ConfigFile,
		"File with the PlatformConfiguration (docs/configuration.md). Without it all defaults hold, which suit a local cluster.")
}

// load reads the configuration and the engines it names.
func (o *PlatformOptions) load() (*config.PlatformConfiguration, *engine.Catalogue, error) {
	platform := config.Default()
	if o.ConfigFile != "" {
		var err error
		if platform, err = config.Load(o.ConfigFile); err != nil {
			return nil, nil, err
		}
	}
	engines, err := engine.Load(charts.Files, platform.EngineDirectory)
	if err != nil {
		return nil, nil, fmt.Errorf("load engines: %w", err)
	}
	return platform, engines, nil
}

// ProvisionerOptions are the flags of the provisioner.
type ProvisionerOptions struct {
	// Platform locates the configuration file, for the provisioner alone.
	Platform PlatformOptions
	// Logs configure logging, for the provisioner alone.
	Logs *logs.Options
	// Kubeconfig is the provisioner's account; empty for the pod's own.
	Kubeconfig string
	// LeaderElect lets several provisioners take turns.
	LeaderElect bool
	// LeaderElectNamespace is where the lease is.
	LeaderElectNamespace string
}

// NewProvisionerOptions returns the default options.
func NewProvisionerOptions() *ProvisionerOptions {
	return &ProvisionerOptions{
		Logs:                 logs.NewOptions(),
		LeaderElect:          true,
		LeaderElectNamespace: provisioner.DefaultLeaseNamespace,
	}
}

// Flags returns the flags of `apiserver provisioner` by section.
func (o *ProvisionerOptions) Flags() cliflag.NamedFlagSets {
	sections := cliflag.NamedFlagSets{}
	platform := sections.FlagSet("platform")
	o.Platform.addFlags(platform)
	platform.StringVar(&o.Kubeconfig, "kubeconfig", o.Kubeconfig, "Kubeconfig of the account that provisions. Defaults to the pod's own.")
	o.addElectionFlags(platform)
	logsapi.AddFlags(o.Logs, sections.FlagSet("logs"))
	return sections
}

func (o *ProvisionerOptions) addElectionFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.LeaderElect, "leader-elect", o.LeaderElect,
		"Provision only while holding the lease. Turn off only where there is one provisioner.")
	flags.StringVar(&o.LeaderElectNamespace, "leader-elect-namespace", o.LeaderElectNamespace, "Namespace of the lease.")
}

// Run provisions until the context ends.
func (o *ProvisionerOptions) Run(ctx context.Context) error {
	platform, engines, err := o.Platform.load()
	if err != nil {
		return err
	}
	p, err := o.build(platform, engines)
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

func (o *ProvisionerOptions) build(platform *config.PlatformConfiguration, engines *engine.Catalogue) (*provisioner.Provisioner, error) {
	account, err := clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("load the provisioner's account: %w", err)
	}
	options := provisioner.Options{RESTConfig: account, Platform: platform, Catalogue: engines}
	if o.LeaderElect {
		options.LeaderElection = &provisioner.LeaderElection{Namespace: o.LeaderElectNamespace}
	}
	return provisioner.New(options)
}
