package lifecycle

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/metrics/testutil"
)

// presented are the certificates that the replicas serve, by serial number. It
// connects to each of them as kube-apiserver does, and wants it to be trusted.
func presented(ctx context.Context, t testing.TB) (map[string]*x509.Certificate, error) {
	t.Helper()
	service, err := kube.CoreV1().Services(namespace).Get(ctx, "store-apiserver", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	encoded, err := base64.StdEncoding.DecodeString(kubectl(t, "get", "apiservice", apiService, "-o", "jsonpath={.spec.caBundle}"))
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(encoded) {
		return nil, errors.New("kube-apiserver trusts nobody")
	}
	certificates := map[string]*x509.Certificate{}
	for _, address := range node.ready(service) {
		dialer := tls.Dialer{Config: &tls.Config{RootCAs: trusted, ServerName: "store-apiserver." + namespace + ".svc"}}
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			t.Errorf("kube-apiserver would not have connected: %v", err)
			return nil, err
		}
		served := connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
		certificates[served.SerialNumber.String()] = served
		connection.Close()
	}
	if len(certificates) == 0 {
		return nil, errors.New("no replica is ready")
	}
	return certificates, nil
}

// replaced waits until none of the certificates of before is served any more.
func replaced(t testing.TB, before map[string]*x509.Certificate) {
	t.Helper()
	eventually(t, "every replica serves another certificate", func(ctx context.Context) error {
		now, err := presented(ctx, t)
		if err != nil {
			return err
		}
		for serial := range now {
			if before[serial] != nil {
				return fmt.Errorf("certificate %s is served still", serial)
			}
		}
		return nil
	})
}

// reported wants the metrics to say when the certificate runs out with which they are
// served.
func reported(t *testing.T) {
	t.Helper()
	config := rest.CopyConfig(cluster.RESTConfig())
	config.TLSClientConfig.CAFile, config.TLSClientConfig.CAData = "", nil
	config.TLSClientConfig.Insecure = true // by an address; who is trusted is asked elsewhere
	identity, err := rest.TLSConfigFor(config)
	if err != nil {
		t.Fatal(err)
	}
	// A connection from before shows the certificate of before.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: identity, DisableKeepAlives: true}}
	service, err := kube.CoreV1().Services(namespace).Get(t.Context(), "store-apiserver", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Get("https://" + net.JoinHostPort(service.Spec.ClusterIP, "443") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	families, err := testutil.TextToMetricFamilies(answer.Body)
	if err != nil {
		t.Fatalf("%s: %v", answer.Status, err)
	}
	family := families["store_platform_serving_certificate_not_after_timestamp_seconds"]
	if len(family.GetMetric()) != 1 {
		t.Fatalf("the metrics report %v, want one certificate", family)
	}
	is, want := family.GetMetric()[0].GetGauge().GetValue(), answer.TLS.PeerCertificates[0].NotAfter
	if is != float64(want.Unix()) {
		t.Errorf("the certificate runs out on %s, and the metrics say %v", want, is)
	}
}

// renewed waits until certificates of two authorities were renewed.
func renewed(t *testing.T) {
	t.Helper()
	certificates, authorities := map[string]bool{}, map[string]bool{}
	eventually(t, "certificates and what signs them are renewed", func(ctx context.Context) error {
		now, err := presented(ctx, t)
		if err != nil {
			return err
		}
		for serial, served := range now {
			certificates[serial], authorities[string(served.AuthorityKeyId)] = true, true
		}
		// The first of each was there before.
		if len(certificates) < 4 || len(authorities) < 3 {
			return fmt.Errorf("%d certificates and %d authorities so far", len(certificates), len(authorities))
		}
		return nil
	})
	t.Logf("%d certificates of %d authorities were served", len(certificates), len(authorities))
}
