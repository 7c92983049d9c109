package app

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/pflag"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericfilters "k8s.io/apiserver/pkg/server/filters"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/apiserver/pkg/server/mux"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/component-base/metrics/legacyregistry"

	"platform.example.io/stores/pkg/certificate"
)

// operationPort is the provisioner's port unless told otherwise: the next to the
// API server's.
const operationPort = 8444

// OperationOptions are how operators look at a provisioner: health for everybody,
// metrics for whom kube-apiserver says may have them. As with Kubernetes' own
// controllers the certificate is self-signed unless there is one, and a
// provisioner goes on provisioning when nobody can be authenticated.
type OperationOptions struct {
	serving        *genericoptions.SecureServingOptions
	authentication *genericoptions.DelegatingAuthenticationOptions
	authorization  *genericoptions.DelegatingAuthorizationOptions
}

// NewOperationOptions returns the default options.
func NewOperationOptions() *OperationOptions {
	serving := genericoptions.NewSecureServingOptions()
	serving.BindPort = operationPort
	// In memory: the image's file system is read-only.
	serving.ServerCert.CertDirectory = ""
	serving.ServerCert.PairName = "store-provisioner"
	authentication := genericoptions.NewDelegatingAuthenticationOptions()
	authentication.TolerateInClusterLookupFailure = true
	return &OperationOptions{
		serving:        serving,
		authentication: authentication,
		authorization:  genericoptions.NewDelegatingAuthorizationOptions(),
	}
}

func (o *OperationOptions) addFlags(flags *pflag.FlagSet) {
	o.serving.AddFlags(flags)
	o.authentication.AddFlags(flags)
	o.authorization.AddFlags(flags)
}

func (o *OperationOptions) validate() []error {
	errs := o.serving.Validate()
	errs = append(errs, o.authentication.Validate()...)
	return append(errs, o.authorization.Validate()...)
}

// prober is what health is asked of.
type prober interface{ Ready() error }

// operation is a port that is served.
type operation struct {
	end     chan struct{}
	stopped <-chan struct{}
}

// start serves until it is stopped. The account that provisions also asks who
// somebody is, unless flags name another.
func (o *OperationOptions) start(kubeconfig string, p prober) (*operation, error) {
	if o.serving.BindPort == 0 {
		return &operation{}, nil
	}
	if o.authentication.RemoteKubeConfigFile == "" {
		o.authentication.RemoteKubeConfigFile = kubeconfig
	}
	if o.authorization.RemoteKubeConfigFile == "" {
		o.authorization.RemoteKubeConfigFile = kubeconfig
	}
	given := o.serving.ServerCert.CertKey.CertFile != ""
	if err := o.serving.MaybeDefaultWithSelfSignedCerts("localhost", nil, nil); err != nil {
		return nil, fmt.Errorf("make a self-signed certificate: %w", err)
	}
	var info *genericapiserver.SecureServingInfo
	if err := o.serving.ApplyTo(&info); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if given { // one of its own is trusted by nobody, and anew at each start
		certificate.Report(info.Cert)
	}
	var authentication genericapiserver.AuthenticationInfo
	if err := o.authentication.ApplyTo(&authentication, info, nil); err != nil {
		return nil, fmt.Errorf("set up authentication: %w", err)
	}
	var authorization genericapiserver.AuthorizationInfo
	if err := o.authorization.ApplyTo(&authorization); err != nil {
		return nil, fmt.Errorf("set up authorization: %w", err)
	}
	served := &operation{end: make(chan struct{})}
	handler := guard(pages(p), authentication, authorization)
	stopped, _, err := info.Serve(handler, shutdownTimeout, served.end)
	if err != nil {
		return nil, fmt.Errorf("serve health and metrics: %w", err)
	}
	served.stopped = stopped
	return served, nil
}

// shutdownTimeout is how long a request may take that is under way at the end.
const shutdownTimeout = 5 * time.Second

func (o *operation) stop() {
	if o.end != nil {
		close(o.end)
		<-o.stopped
	}
}

// pages are what is served.
func pages(p prober) http.Handler {
	pages := mux.NewPathRecorderMux("store-provisioner")
	healthz.InstallHandler(pages)
	healthz.InstallLivezHandler(pages)
	// Who stands by is as ready as who leads: it is what a rollout waits for.
	healthz.InstallReadyzHandler(pages, healthz.PingHealthz,
		healthz.NamedCheck("caches", func(*http.Request) error { return p.Ready() }))
	pages.Handle("/metrics", legacyregistry.Handler())
	return pages
}

// guard asks who somebody is and what they may do. Refusals are the Status objects
// that clients of Kubernetes read.
func guard(handler http.Handler, authentication genericapiserver.AuthenticationInfo, authorization genericapiserver.AuthorizationInfo) http.Handler {
	resolver := &apirequest.RequestInfoFactory{}
	handler = genericapifilters.WithAuthorization(handler, authorization.Authorizer, scheme.Codecs)
	handler = genericapifilters.WithAuthentication(handler, authentication.Authenticator, genericapifilters.Unauthorized(scheme.Codecs), nil, nil)
	handler = genericapifilters.WithRequestInfo(handler, resolver)
	handler = genericapifilters.WithCacheControl(handler)
	handler = genericfilters.WithHTTPLogging(handler)
	return genericfilters.WithPanicRecovery(handler, resolver)
}
