// Package pki makes the certificates of a local control plane and keeps them in
// files.
//
// Duties: certificate authorities, the certificates they sign, signing keys,
// and kubeconfigs that embed them. Everything is written once and found again
// at the next start, so that a kubeconfig handed out yesterday still works.
// Danger: the keys of every authority lie unencrypted beside the certificates,
// readable by their owner only. Whoever can read them is cluster administrator;
// nothing here is fit for a cluster that anybody relies on.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

const (
	authorityLifetime   = 10 * 365 * 24 * time.Hour
	certificateLifetime = 365 * 24 * time.Hour
	// A certificate with less than this left is made anew at the next start.
	renewBefore = 30 * 24 * time.Hour
	// Machines that share a volume may disagree about the time a little.
	clockSkew = 5 * time.Minute
)

// Authority signs certificates. Its own certificate and key are in CertFile and
// a key file beside it.
type Authority struct {
	// CertFile is the PEM file that verifiers trust.
	CertFile string

	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// OpenAuthority reads the authority called name from dir, or makes it.
func OpenAuthority(dir, name string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make certificate directory: %w", err)
	}
	pair := pairIn(dir, name)
	cert, key, err := pair.read()
	if err == nil && time.Until(cert.NotAfter) > renewBefore {
		return &Authority{CertFile: pair.CertFile, dir: dir, cert: cert, key: key}, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		// Replacing an authority silently would leave every kubeconfig that
		// was handed out useless, with an error that points nowhere.
		return nil, fmt.Errorf("read authority %s (remove %s to start anew): %w", name, filepath.Dir(dir), err)
	}

	key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate key of authority %s: %w", name, err)
	}
	now := time.Now()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "localcluster " + name},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(authorityLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := sign(template, template, key, key)
	if err != nil {
		return nil, fmt.Errorf("sign authority %s: %w", name, err)
	}
	if err := pair.write(der, key); err != nil {
		return nil, fmt.Errorf("write authority %s: %w", name, err)
	}
	cert, err = x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse authority %s: %w", name, err)
	}
	return &Authority{CertFile: pair.CertFile, dir: dir, cert: cert, key: key}, nil
}

func sign(template, parent *x509.Certificate, subject, signer *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("choose serial number: %w", err)
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, parent, &subject.PublicKey, signer)
}
