package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/client-go/tools/clientcmd"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/certificate"
)

// CertificateOptions are the flags of a serving certificate that the API server
// keeps itself, in place of files.
type CertificateOptions struct {
	// Secret is `namespace/name` of the Secret that holds it; empty for none.
	Secret string
	// Policy says for which hosts it is, and how long it and its authority are valid.
	Policy certificate.Policy
}

const (
	certificateLifetime = 90 * 24 * time.Hour
	authorityLifetime   = 5 * 365 * 24 * time.Hour
	// shortestLifetime leaves a renewal the time that it takes to be trusted.
	shortestLifetime = 15 * time.Second
)

// NewCertificateOptions returns the default options.
func NewCertificateOptions() *CertificateOptions {
	return &CertificateOptions{Policy: certificate.Policy{Lifetime: certificateLifetime, AuthorityLifetime: authorityLifetime}}
}

func (o *CertificateOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.Secret, "serving-certificate-secret", o.Secret,
		"Secret, as namespace/name, in which the API server keeps a serving certificate that it makes and renews itself, "+
			"and makes the APIService trust. The Secret must exist. Use it instead of --tls-cert-file.")
	flags.StringSliceVar(&o.Policy.Hosts, "serving-certificate-hosts", o.Policy.Hosts,
		"Host names of the certificate in --serving-certificate-secret. kube-apiserver connects to <service>.<namespace>.svc.")
	flags.DurationVar(&o.Policy.Lifetime, "serving-certificate-lifetime", o.Policy.Lifetime,
		"How long the certificate in --serving-certificate-secret is valid. It is renewed when a third of that is left.")
	flags.DurationVar(&o.Policy.AuthorityLifetime, "serving-certificate-authority-lifetime", o.Policy.AuthorityLifetime,
		"How long the authority that signs that certificate is valid. A new one is trusted beside it when a third of that is left.")
}

// validate returns what is wrong with the options, beside those of serving.
func (o *CertificateOptions) validate(serving *genericoptions.SecureServingOptionsWithLoopback) []error {
	if o.Secret == "" {
		return nil
	}
	var errs []error
	if serving.ServerCert.CertKey.CertFile != "" || serving.ServerCert.CertKey.KeyFile != "" {
		errs = append(errs, errors.New("--serving-certificate-secret and --tls-cert-file are two sources of one certificate: set one of them"))
	}
	if namespace, name, found := strings.Cut(o.Secret, "/"); !found || namespace == "" || name == "" || strings.Contains(name, "/") {
		errs = append(errs, fmt.Errorf("--serving-certificate-secret must be namespace/name, not %q", o.Secret))
	}
	if len(o.Policy.Hosts) == 0 {
		errs = append(errs, errors.New("--serving-certificate-secret needs --serving-certificate-hosts: kube-apiserver connects to <service>.<namespace>.svc"))
	}
	if o.Policy.Lifetime < shortestLifetime {
		errs = append(errs, fmt.Errorf("--serving-certificate-lifetime must be at least %s", shortestLifetime))
	}
	if o.Policy.AuthorityLifetime < 2*o.Policy.Lifetime {
		errs = append(errs, errors.New("--serving-certificate-authority-lifetime must be at least twice --serving-certificate-lifetime"))
	}
	return errs
}

// applyTo has serving use the certificate, where there is one.
func (o *CertificateOptions) applyTo(serving *genericoptions.SecureServingOptionsWithLoopback, kubeconfig string) error {
	if o.Secret == "" {
		if err := serving.MaybeDefaultWithSelfSignedCerts("localhost", nil, nil); err != nil {
			return fmt.Errorf("make a self-signed certificate: %w", err)
		}
		return nil
	}
	account, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("load the API server's account: %w", err)
	}
	namespace, name, _ := strings.Cut(o.Secret, "/")
	keeper, err := certificate.NewKeeper(certificate.Options{
		Config: account, Namespace: namespace, Secret: name, Policy: o.Policy,
		APIService: v1alpha1.SchemeGroupVersion.Version + "." + v1alpha1.SchemeGroupVersion.Group,
	})
	if err != nil {
		return err
	}
	serving.ServerCert.GeneratedCert = keeper
	return nil
}
