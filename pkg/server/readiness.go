package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
)

// addReadiness makes /readyz wait for what the generic server does not: without
// the watch cache lists answer 429, and without the request-header configuration
// every aggregated request is anonymous and answers 403.
func addReadiness(server *genericapiserver.GenericAPIServer, config *Config, caches *cacheReadiness) error {
	front := &frontProxyReadiness{config: config}
	err := server.AddReadyzChecks(
		healthz.NamedCheck("store-cache", func(*http.Request) error { return caches.check() }),
		healthz.NamedCheck("request-header-authentication", func(request *http.Request) error { return front.check(request.Context()) }),
	)
	if err != nil {
		return fmt.Errorf("add readiness checks: %w", err)
	}
	return nil
}

// cacheReadiness collects the checks of watch caches.
type cacheReadiness struct {
	mu     sync.Mutex
	checks []func() error
}

func (r *cacheReadiness) add(check func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, check)
}

func (r *cacheReadiness) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, check := range r.checks {
		errs = append(errs, check())
	}
	return errors.Join(errs...)
}

// frontProxyReadiness says whether kube-apiserver, as the front proxy, is
// believed when it says who asks. Three things arrive one after the other: the
// names of the headers, the authority of the proxy's certificate, and the TLS
// configuration that asks for certificates of that authority. A client gives no
// certificate that is not asked for (RFC 8446, 4.2.4), so that without the third
// the proxy is anonymous.
type frontProxyReadiness struct {
	config *Config
	mu     sync.Mutex
	// asked is the bundle of authorities that the server was seen to ask for.
	asked []byte
}

func (r *frontProxyReadiness) check(ctx context.Context) error {
	headers := r.config.Generic.Authentication.RequestHeaderConfig
	if headers == nil {
		return errors.New("no request-header configuration: kube-apiserver publishes it in kube-system/extension-apiserver-authentication, which this server must be allowed to read")
	}
	bundle := headers.CAContentProvider.CurrentCABundleContent()
	if len(bundle) == 0 || len(headers.UsernameHeaders.Value()) == 0 {
		return errors.New("the request-header configuration has not been read yet")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if bytes.Equal(r.asked, bundle) {
		return nil
	}
	wanted, err := cert.ParseCertsPEM(bundle)
	if err != nil {
		return fmt.Errorf("read the authorities of the front proxy: %w", err)
	}
	acceptable, err := acceptableAuthorities(ctx, r.config.Generic.LoopbackClientConfig)
	if err != nil {
		return fmt.Errorf("ask this server which certificates it accepts: %w", err)
	}
	for _, authority := range wanted {
		if !slices.ContainsFunc(acceptable, func(subject []byte) bool { return bytes.Equal(subject, authority.RawSubject) }) {
			return errors.New("the server does not ask for the certificate of the front proxy yet")
		}
	}
	r.asked = bundle
	return nil
}

// acceptableAuthorities are the subjects of the authorities whose certificates
// the server asks of a client that connects now.
func acceptableAuthorities(ctx context.Context, loopback *rest.Config) ([][]byte, error) {
	settings, err := rest.TLSConfigFor(loopback)
	if err != nil {
		return nil, err
	}
	address, err := url.Parse(loopback.Host)
	if err != nil {
		return nil, err
	}
	var acceptable [][]byte
	settings.GetClientCertificate = func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		acceptable = request.AcceptableCAs
		return &tls.Certificate{}, nil
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{}, Config: settings}
	connection, err := dialer.DialContext(ctx, "tcp", address.Host)
	if err != nil {
		return nil, err
	}
	return acceptable, connection.Close()
}
