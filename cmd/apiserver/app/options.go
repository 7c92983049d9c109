package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/util/compatibility"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"

	"platform.example.io/stores/pkg/certificate"
	"platform.example.io/stores/pkg/generated/openapi"
	"platform.example.io/stores/pkg/registry/store/nsstorage"
	"platform.example.io/stores/pkg/server"
)

// Where the provisioner runs.
const (
	provisionerInProcess = "in-process"
	provisionerOff       = "off"
)

// Options are the flags of `apiserver`.
type Options struct {
	// Generic are the options of the generic API server.
	Generic *genericoptions.RecommendedOptions
	// ServerRun are its timeouts and limits.
	ServerRun *genericoptions.ServerRunOptions
	// Logs configure logging.
	Logs *logs.Options
	// Platform locates the configuration file.
	Platform PlatformOptions
	// Provisioner configures the provisioner in this process.
	Provisioner ProvisionerOptions
	// ProvisionerMode is `in-process` or `off`.
	ProvisionerMode string
	// ConsistentReads is `read-through` or `fence`.
	ConsistentReads string
	// Certificate is a serving certificate that the server keeps itself.
	Certificate *CertificateOptions

	// given are the flags as they were parsed: some have no meaning beside others.
	given *pflag.FlagSet
}

// NewOptions returns the default options.
func NewOptions() *Options {
	generic := genericoptions.NewRecommendedOptions("", nil)
	// There is no etcd: a Store is a namespace.
	generic.Etcd = nil
	generic.SecureServing.BindPort = 8443
	serverRun := genericoptions.NewServerRunOptions()
	// Without it a stopping server waits a minute for watches that nobody ends:
	// the garbage collector always has one.
	serverRun.ShutdownWatchTerminationGracePeriod = 5 * time.Second
	return &Options{
		Generic:         generic,
		ServerRun:       serverRun,
		Logs:            logs.NewOptions(),
		Provisioner:     *NewProvisionerOptions(),
		ProvisionerMode: provisionerInProcess,
		ConsistentReads: string(nsstorage.ReadThrough),
		Certificate:     NewCertificateOptions(),
	}
}

// Flags returns the flags by section.
func (o *Options) Flags() cliflag.NamedFlagSets {
	sections := cliflag.NamedFlagSets{}
	platform := sections.FlagSet("platform")
	o.given = platform
	o.Platform.addFlags(platform)
	platform.StringVar(&o.ProvisionerMode, "provisioner", o.ProvisionerMode,
		"Where stores are provisioned: 'in-process' here, or 'off' when `apiserver provisioner` runs elsewhere.")
	platform.StringVar(&o.Provisioner.Kubeconfig, "provisioner-kubeconfig", o.Provisioner.Kubeconfig,
		"Kubeconfig of the account that provisions in-process. Defaults to the account of --kubeconfig.")
	o.Provisioner.addElectionFlags(platform)
	platform.StringVar(&o.ConsistentReads, "consistent-reads", o.ConsistentReads,
		"How lists without a resourceVersion are answered: 'read-through' lists namespaces each time, 'fence' writes to a namespace of its own "+
			"and then lists from memory, which is faster from some hundred stores on (docs/performance.md).")
	o.Certificate.addFlags(platform)
	o.ServerRun.AddUniversalFlags(sections.FlagSet("server"))
	o.Generic.AddFlags(sections.FlagSet("generic"))
	logsapi.AddFlags(o.Logs, sections.FlagSet("logs"))
	return sections
}

// Validate returns everything that is wrong with the options.
func (o *Options) Validate() error {
	errs := o.Generic.Validate()
	errs = append(errs, o.ServerRun.Validate()...)
	errs = append(errs, o.Certificate.validate(o.Generic.SecureServing)...)
	if o.ProvisionerMode != provisionerInProcess && o.ProvisionerMode != provisionerOff {
		errs = append(errs, fmt.Errorf("--provisioner must be %q or %q, not %q", provisionerInProcess, provisionerOff, o.ProvisionerMode))
	}
	if reads := nsstorage.ConsistentReads(o.ConsistentReads); reads != nsstorage.ReadThrough && reads != nsstorage.Fence {
		errs = append(errs, fmt.Errorf("--consistent-reads must be %q or %q, not %q", nsstorage.ReadThrough, nsstorage.Fence, o.ConsistentReads))
	}
	if o.ProvisionerMode == provisionerOff && o.Provisioner.Kubeconfig != "" {
		errs = append(errs, errors.New("--provisioner-kubeconfig has no meaning with --provisioner=off"))
	}
	if o.ProvisionerMode == provisionerOff {
		errs = append(errs, o.meaningless()...)
	} else {
		errs = append(errs, o.Provisioner.validateElection()...)
	}
	return utilerrors.NewAggregate(errs)
}

// meaningless are the flags that were given and ask of this process what another does.
func (o *Options) meaningless() []error {
	var errs []error
	for _, name := range electionFlags {
		if o.given != nil && o.given.Changed(name) {
			errs = append(errs, fmt.Errorf("--%s has no meaning with --provisioner=off; give it to `apiserver provisioner`", name))
		}
	}
	return errs
}

// Run serves until the context ends.
func (o *Options) Run(ctx context.Context) error {
	if err := o.ServerRun.Complete(); err != nil {
		return fmt.Errorf("complete options: %w", err)
	}
	if err := o.Validate(); err != nil {
		return err
	}
	config, err := o.Config()
	if err != nil {
		return err
	}
	s, err := server.New(config)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// Config turns the options into a server configuration.
func (o *Options) Config() (*server.Config, error) {
	platform, engines, err := o.Platform.load()
	if err != nil {
		return nil, err
	}
	if err := o.Certificate.applyTo(o.Generic.SecureServing, o.Generic.CoreAPI.CoreAPIKubeconfigPath); err != nil {
		return nil, err
	}
	generic, err := o.genericConfig()
	if err != nil {
		return nil, err
	}
	config := &server.Config{Generic: generic, Engines: engines, Platform: platform, ConsistentReads: nsstorage.ConsistentReads(o.ConsistentReads)}
	if o.ProvisionerMode == provisionerInProcess {
		if o.Provisioner.Kubeconfig == "" {
			o.Provisioner.Kubeconfig = o.Generic.CoreAPI.CoreAPIKubeconfigPath
		}
		provisioner, err := o.Provisioner.build(platform, engines, generic.TracerProvider)
		if err != nil {
			return nil, err
		}
		config.Provisioner = provisioner.Run
	}
	return config, nil
}

func (o *Options) genericConfig() (*genericapiserver.RecommendedConfig, error) {
	config := genericapiserver.NewRecommendedConfig(server.ServingCodecs())
	config.EffectiveVersion = compatibility.DefaultBuildEffectiveVersion()
	config.FeatureGate = utilfeature.DefaultFeatureGate
	namer := openapinamer.NewDefinitionNamer(server.Scheme)
	config.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(openapi.GetOpenAPIDefinitions, namer)
	config.OpenAPIConfig.Info.Title = "stores.platform.example.io"
	config.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(openapi.GetOpenAPIDefinitions, namer)
	config.OpenAPIV3Config.Info.Title = "stores.platform.example.io"
	if err := o.ServerRun.ApplyTo(&config.Config); err != nil {
		return nil, fmt.Errorf("apply server options: %w", err)
	}
	withoutAdmission := *o.Generic
	withoutAdmission.Admission = nil
	if err := withoutAdmission.ApplyTo(config); err != nil {
		return nil, fmt.Errorf("apply generic options: %w", err)
	}
	certificate.Report(config.SecureServing.Cert)
	if err := server.ApplyAdmission(o.Generic.Admission, config); err != nil {
		return nil, err
	}
	return config, nil
}
