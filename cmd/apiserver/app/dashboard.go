package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/klog/v2"

	"platform.example.io/stores/web"
)

const (
	// dashboardPort is the dashboard's port unless told otherwise.
	dashboardPort = 8445
	// podAuthority is where a pod finds the authority of kube-apiserver. Its token lies beside it and is never read.
	podAuthority = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
)

// DashboardOptions are the flags of `apiserver dashboard`.
type DashboardOptions struct {
	// Serving is where it listens.
	Serving *genericoptions.SecureServingOptions
	// Logs configure logging.
	Logs *logs.Options
	// PageOnly serves the page and passes nothing on.
	PageOnly bool
	// Server is kube-apiserver's URL; empty for the one of the pod's cluster.
	Server string
	// Authority is the file with the authority of kube-apiserver.
	Authority string
}

// NewDashboardOptions returns the default options.
func NewDashboardOptions() *DashboardOptions {
	serving := genericoptions.NewSecureServingOptions()
	serving.BindPort = dashboardPort
	serving.Required = true // a port of 0 would serve nothing
	// In memory: the image's file system is read-only.
	serving.ServerCert.CertDirectory = ""
	serving.ServerCert.PairName = "store-dashboard"
	return &DashboardOptions{Serving: serving, Logs: logs.NewOptions()}
}

// Flags returns the flags by section.
func (o *DashboardOptions) Flags() cliflag.NamedFlagSets {
	sections := cliflag.NamedFlagSets{}
	dashboard := sections.FlagSet("dashboard")
	dashboard.BoolVar(&o.PageOnly, "page-only", o.PageOnly,
		"Serve the page alone, for kube-apiserver's service proxy: the page then calls the API at the address it was loaded from.")
	dashboard.StringVar(&o.Server, "api-server", o.Server, "URL of kube-apiserver, to which the page's requests go with their own token. Defaults to that of the pod's cluster.")
	dashboard.StringVar(&o.Authority, "certificate-authority", o.Authority, "File with the authority of kube-apiserver's certificate. Defaults to the pod's, or to the system's with --api-server.")
	o.Serving.AddFlags(sections.FlagSet("serving"))
	logsapi.AddFlags(o.Logs, sections.FlagSet("logs"))
	return sections
}

// Validate returns everything that is wrong with the options.
func (o *DashboardOptions) Validate() error {
	errs := o.Serving.Validate()
	if o.PageOnly && (o.Server != "" || o.Authority != "") {
		errs = append(errs, errors.New("--api-server and --certificate-authority have no meaning with --page-only"))
	}
	if o.Server != "" {
		if server, err := url.Parse(o.Server); err != nil || server.Scheme != "https" || server.Host == "" || server.User != nil || server.RawQuery != "" {
			// Tokens travel there.
			errs = append(errs, fmt.Errorf("--api-server must be an https URL, not %q", o.Server))
		}
	}
	return utilerrors.NewAggregate(errs)
}

// Run serves until the context ends.
func (o *DashboardOptions) Run(ctx context.Context) error {
	if err := o.Validate(); err != nil {
		return err
	}
	options, err := o.handlerOptions()
	if err != nil {
		return err
	}
	handler, err := web.NewHandler(options)
	if err != nil {
		return err
	}
	if err := o.Serving.MaybeDefaultWithSelfSignedCerts("localhost", nil, nil); err != nil {
		return fmt.Errorf("make a self-signed certificate: %w", err)
	}
	var info *genericapiserver.SecureServingInfo
	if err := o.Serving.ApplyTo(&info); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	stopped, _, err := info.Serve(handler, shutdownTimeout, ctx.Done())
	if err != nil {
		return fmt.Errorf("serve the dashboard: %w", err)
	}
	<-stopped
	return nil
}

func (o *DashboardOptions) handlerOptions() (web.Options, error) {
	page, built, err := web.Page()
	if err != nil {
		return web.Options{}, err
	}
	if !built {
		klog.Warning("the dashboard was not built with this binary: a placeholder is served")
	}
	options := web.Options{Page: page}
	if o.PageOnly {
		return options, nil
	}
	server, authority := o.Server, o.Authority
	if server == "" {
		host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
		if host == "" || port == "" {
			return web.Options{}, errors.New("find kube-apiserver: this process does not run in a pod; set --api-server, or --page-only")
		}
		server = "https://" + net.JoinHostPort(host, port)
		if authority == "" {
			authority = podAuthority
		}
	}
	if options.API, err = url.Parse(server); err != nil {
		return web.Options{}, fmt.Errorf("parse --api-server: %w", err)
	}
	if authority != "" {
		certificates, err := os.ReadFile(authority)
		if err != nil {
			return web.Options{}, fmt.Errorf("read the authority of kube-apiserver: %w", err)
		}
		options.Roots = x509.NewCertPool()
		if !options.Roots.AppendCertsFromPEM(certificates) {
			return web.Options{}, fmt.Errorf("read the authority of kube-apiserver: %s has no certificate", authority)
		}
	}
	return options, nil
}
