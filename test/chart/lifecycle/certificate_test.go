package lifecycle

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// renewed waits until certificates of two authorities were renewed. All the while it
// connects as kube-apiserver does, and wants whatever is served to be trusted.
func renewed(t *testing.T) {
	t.Helper()
	service, err := kube.CoreV1().Services(namespace).Get(t.Context(), "store-apiserver", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort(service.Spec.ClusterIP, "443")
	certificates, authorities := map[string]bool{}, map[string]bool{}
	eventually(t, "certificates and what signs them are renewed", func(ctx context.Context) error {
		encoded, err := base64.StdEncoding.DecodeString(kubectl(t, "get", "apiservice", apiService, "-o", "jsonpath={.spec.caBundle}"))
		if err != nil {
			return err
		}
		trusted := x509.NewCertPool()
		if !trusted.AppendCertsFromPEM(encoded) {
			return errors.New("kube-apiserver trusts nobody")
		}
		for range 4 { // two replicas, in turn
			dialer := tls.Dialer{Config: &tls.Config{RootCAs: trusted, ServerName: "store-apiserver." + namespace + ".svc"}}
			connection, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil {
				t.Errorf("kube-apiserver would not have connected: %v", err)
				return err
			}
			served := connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
			certificates[served.SerialNumber.String()], authorities[string(served.AuthorityKeyId)] = true, true
			connection.Close()
		}
		// The first of each was there before.
		if len(certificates) < 4 || len(authorities) < 3 {
			return fmt.Errorf("%d certificates and %d authorities so far", len(certificates), len(authorities))
		}
		return nil
	})
	t.Logf("%d certificates of %d authorities were served", len(certificates), len(authorities))
}
