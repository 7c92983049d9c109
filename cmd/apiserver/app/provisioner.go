package app

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/tools/clientcmd"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/provisioner"
)

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

// validateElection returns what is wrong with the flags of leader election.
func (o *ProvisionerOptions) validateElection() []error {
	if !o.LeaderElect {
		return nil
	}
	var errs []error
	for _, problem := range validation.IsDNS1123Label(o.LeaderElectNamespace) {
		errs = append(errs, fmt.Errorf("--leader-elect-namespace %q: %s", o.LeaderElectNamespace, problem))
	}
	return errs
}

// Run provisions until the context ends.
func (o *ProvisionerOptions) Run(ctx context.Context) error {
	if err := utilerrors.NewAggregate(o.validateElection()); err != nil {
		return err
	}
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
