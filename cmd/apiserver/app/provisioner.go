package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	oteltrace "go.opentelemetry.io/otel/trace"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	genericoptions "k8s.io/apiserver/pkg/server/options"
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
	// Operation is how operators look at it, for the provisioner alone.
	Operation *OperationOptions
	// Traces locate the tracing configuration, for the provisioner alone.
	Traces *genericoptions.TracingOptions
	// Kubeconfig is the provisioner's account; empty for the pod's own.
	Kubeconfig string
	// LeaderElect lets several provisioners take turns.
	LeaderElect bool
	// Election says how they do.
	Election provisioner.LeaderElection
}

// NewProvisionerOptions returns the default options.
func NewProvisionerOptions() *ProvisionerOptions {
	return &ProvisionerOptions{
		Logs:        logs.NewOptions(),
		Operation:   NewOperationOptions(),
		Traces:      genericoptions.NewTracingOptions(),
		LeaderElect: true,
		Election: provisioner.LeaderElection{
			Namespace:     provisioner.DefaultLeaseNamespace,
			LeaseDuration: provisioner.DefaultLeaseDuration,
			RenewDeadline: provisioner.DefaultRenewDeadline,
			RetryPeriod:   provisioner.DefaultRetryPeriod,
		},
	}
}

// Flags returns the flags of `apiserver provisioner` by section.
func (o *ProvisionerOptions) Flags() cliflag.NamedFlagSets {
	sections := cliflag.NamedFlagSets{}
	platform := sections.FlagSet("platform")
	o.Platform.addFlags(platform)
	platform.StringVar(&o.Kubeconfig, "kubeconfig", o.Kubeconfig, "Kubeconfig of the account that provisions. Defaults to the pod's own.")
	o.addElectionFlags(platform)
	operation := sections.FlagSet("operation")
	o.Operation.addFlags(operation)
	operation.StringVar(&o.Traces.ConfigFile, "tracing-config-file", o.Traces.ConfigFile,
		"File with the tracing configuration, of the form that an API server reads (docs/operations.md). Without it nothing is traced.")
	logsapi.AddFlags(o.Logs, sections.FlagSet("logs"))
	return sections
}

// electionFlags are the flags that addElectionFlags adds.
var electionFlags = []string{
	"leader-elect", "leader-elect-namespace", "leader-elect-lease-duration", "leader-elect-renew-deadline", "leader-elect-retry-period",
}

func (o *ProvisionerOptions) addElectionFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.LeaderElect, "leader-elect", o.LeaderElect,
		"Provision only while holding the lease. Turn off only where there is one provisioner.")
	flags.StringVar(&o.Election.Namespace, "leader-elect-namespace", o.Election.Namespace, "Namespace of the lease.")
	flags.DurationVar(&o.Election.LeaseDuration, "leader-elect-lease-duration", o.Election.LeaseDuration,
		"How long a leader that does not renew keeps the lease, in whole seconds. After a leader is killed nobody provisions for about that long.")
	flags.DurationVar(&o.Election.RenewDeadline, "leader-elect-renew-deadline", o.Election.RenewDeadline,
		"How long after its last renewal a leader has stopped writing. Less than the lease's duration.")
	flags.DurationVar(&o.Election.RetryPeriod, "leader-elect-retry-period", o.Election.RetryPeriod,
		"How long to wait between renewals, and between tries to get the lease.")
}

// validateElection returns what is wrong with the flags of leader election.
func (o *ProvisionerOptions) validateElection() []error {
	if !o.LeaderElect {
		return nil
	}
	var errs []error
	for _, problem := range validation.IsDNS1123Label(o.Election.Namespace) {
		errs = append(errs, fmt.Errorf("--leader-elect-namespace %q: %s", o.Election.Namespace, problem))
	}
	if err := o.Election.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("check --leader-elect-lease-duration, --leader-elect-renew-deadline and --leader-elect-retry-period: %w", err))
	}
	return errs
}

// Validate returns everything that is wrong with the options of `apiserver provisioner`.
func (o *ProvisionerOptions) Validate() error {
	errs := o.validateElection()
	errs = append(errs, o.Operation.validate()...)
	errs = append(errs, o.Traces.Validate()...)
	return utilerrors.NewAggregate(errs)
}

// Run provisions until the context ends.
func (o *ProvisionerOptions) Run(ctx context.Context) (err error) {
	if err := o.Validate(); err != nil {
		return err
	}
	platform, engines, err := o.Platform.load()
	if err != nil {
		return err
	}
	tracers, err := newTracerProvider(ctx, o.Traces.ConfigFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, flush(tracers)) }()
	p, err := o.build(platform, engines, tracers)
	if err != nil {
		return err
	}
	operation, err := o.Operation.start(o.Kubeconfig, p)
	if err != nil {
		return err
	}
	defer operation.stop()
	return p.Run(ctx)
}

func (o *ProvisionerOptions) build(platform *config.PlatformConfiguration, engines *engine.Catalogue, tracers oteltrace.TracerProvider) (*provisioner.Provisioner, error) {
	account, err := clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("load the provisioner's account: %w", err)
	}
	options := provisioner.Options{RESTConfig: account, Platform: platform, Catalogue: engines, TracerProvider: tracers}
	if o.LeaderElect {
		options.LeaderElection = &o.Election
	}
	return provisioner.New(options)
}
