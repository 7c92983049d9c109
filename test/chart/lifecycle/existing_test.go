package lifecycle

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// TestExistingCertificate is the life of an installation whose certificate somebody
// else makes and replaces.
func TestExistingCertificate(t *testing.T) {
	begin(t)
	first, second := newIssuer(t), newIssuer(t)

	step(t, "it is installed", func(t *testing.T) {
		space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
		if _, err := kube.CoreV1().Namespaces().Create(t.Context(), space, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
		if _, err := kube.CoreV1().Secrets(namespace).Create(t.Context(), first.issue(t), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		install(t, existing(first))
		served(t)
		serving(t)
	})
	// As docs/operations.md has it.
	step(t, "the certificate is replaced under load", func(t *testing.T) {
		clients := startLoad(t, "existing-certificate")
		replace(t, first)
		reported(t)
		clients.check(t)
	})
	step(t, "the issuer is replaced under load", func(t *testing.T) {
		clients := startLoad(t, "existing-issuer")
		upgrade(t, existing(first, second))
		replace(t, second)
		upgrade(t, existing(second))
		serving(t)
		clients.check(t)
	})
	step(t, "it is rolled back under load", func(t *testing.T) {
		clients := startLoad(t, "existing-rollback")
		rollback(t, "2")
		served(t)
		serving(t)
		clients.check(t)
	})
	step(t, "it takes to a certificate of its own, and back, under load", func(t *testing.T) {
		clients := startLoad(t, "existing-change")
		upgrade(t, current())
		served(t)
		serving(t)
		// As docs/operations.md has it.
		upgrade(t, append(existing(second), "--force-conflicts"))
		served(t)
		serving(t)
		clients.check(t)
	})
	step(t, "it is removed", func(t *testing.T) {
		before := len(deletions(t))
		uninstall(t)
		removed(t, before)
		if _, err := kube.CoreV1().Secrets(namespace).Get(t.Context(), existingSecret, metav1.GetOptions{}); err != nil {
			t.Errorf("the certificate was not Helm's to remove: %v", err)
		}
	})
}

const existingSecret = "our-certificate"

// existing is the chart with the certificate in existingSecret, and issuers to trust.
func existing(trusted ...issuer) []string {
	var bundle []byte
	for _, one := range trusted {
		bundle = append(bundle, one.pem...)
	}
	return append(current(), "--set", "servingCertificate.mode=Existing,servingCertificate.secretName="+existingSecret+
		",servingCertificate.caBundle="+base64.StdEncoding.EncodeToString(bundle))
}

// replace writes another certificate, and waits until it is served.
func replace(t *testing.T, by issuer) {
	t.Helper()
	before := serving(t)
	if _, err := kube.CoreV1().Secrets(namespace).Update(t.Context(), by.issue(t), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	replaced(t, before)
}

// issuer is somebody's authority.
type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	made := issuer{key: newKey(t)}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Somebody's authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	made.certificate = sign(t, template, template, made.key, made.key)
	made.pem = encode(t, made.certificate)
	return made
}

// issue makes a certificate for the API server, and the Secret that it is handed over in.
func (i issuer) issue(t *testing.T) *corev1.Secret {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		DNSNames: []string{"store-apiserver." + namespace + ".svc"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	encodedKey, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		t.Fatal(err)
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: existingSecret, Namespace: namespace},
		Type:       corev1.SecretTypeTLS,
		Data: map[string][]byte{
			corev1.TLSCertKey: encode(t, sign(t, template, i.certificate, key, i.key)), corev1.TLSPrivateKeyKey: encodedKey,
		},
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = serial, time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func encode(t *testing.T, certificate *x509.Certificate) []byte {
	t.Helper()
	encoded, err := cert.EncodeCertificates(certificate)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
