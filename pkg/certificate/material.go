package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// The keys of the Secret.
const (
	// keyAuthorities are the certificates of all authorities that are trusted, the newest first.
	keyAuthorities = "ca.crt"
	// keyAuthorityKey is the newest authority's key.
	keyAuthorityKey = "ca.key"
	// keyCertificate is the serving certificate.
	keyCertificate = "tls.crt"
	// keyKey is its key.
	keyKey = "tls.key"
)

// material is the Secret's content. What cannot be read is as good as not there.
type material struct {
	authorities  []*x509.Certificate // the newest first
	authorityKey crypto.Signer       // of the newest; nil where there is none
	serving      *tls.Certificate    // nil where there is none
}

// decode reads a Secret. An authority without its key signs nothing more and is
// trusted still; a damaged pair is none.
func decode(data map[string][]byte) material {
	var m material
	m.authorities, _ = cert.ParseCertsPEM(data[keyAuthorities])
	if key, err := keyutil.ParsePrivateKeyPEM(data[keyAuthorityKey]); err == nil && len(m.authorities) > 0 {
		signer, ok := key.(crypto.Signer)
		if ok && samePublicKey(signer.Public(), m.authorities[0].PublicKey) {
			m.authorityKey = signer
		}
	}
	if pair, err := tls.X509KeyPair(data[keyCertificate], data[keyKey]); err == nil {
		m.serving = &pair
	}
	return m
}

func samePublicKey(a, b crypto.PublicKey) bool {
	comparable, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && comparable.Equal(b)
}

// encode is what decode reads.
func (m material) encode() (map[string][]byte, error) {
	authorityKey, err := keyutil.MarshalPrivateKeyToPEM(m.authorityKey)
	if err != nil {
		return nil, fmt.Errorf("encode the authority's key: %w", err)
	}
	key, err := keyutil.MarshalPrivateKeyToPEM(m.serving.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("encode the serving key: %w", err)
	}
	serving, err := cert.EncodeCertificates(m.serving.Leaf)
	if err != nil {
		return nil, fmt.Errorf("encode the serving certificate: %w", err)
	}
	authorities, err := cert.EncodeCertificates(m.authorities...)
	if err != nil {
		return nil, fmt.Errorf("encode the authorities: %w", err)
	}
	return map[string][]byte{
		keyAuthorities: authorities, keyAuthorityKey: authorityKey, keyCertificate: serving, keyKey: key,
	}, nil
}

// backdated lets a certificate be good for clocks that are a little behind.
const backdated = 5 * time.Minute

// newAuthority makes a self-signed authority.
func newAuthority(now time.Time, lifetime time.Duration) (*x509.Certificate, crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make the authority's key: %w", err)
	}
	template, err := template("store-apiserver-ca", now, now.Add(lifetime))
	if err != nil {
		return nil, nil, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	made, err := sign(template, template, key.Public(), key)
	return made, key, err
}

// newServing makes a certificate for hosts that does not outlive its authority.
func newServing(now time.Time, lifetime time.Duration, hosts []string, authority *x509.Certificate, authorityKey crypto.Signer) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the serving key: %w", err)
	}
	until := now.Add(lifetime)
	if authority.NotAfter.Before(until) {
		until = authority.NotAfter
	}
	template, err := template(hosts[0], now, until)
	if err != nil {
		return nil, err
	}
	template.DNSNames = hosts
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	made, err := sign(template, authority, key.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{made.Raw}, PrivateKey: key, Leaf: made}, nil
}

func template(name string, from, until time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: from.Add(-backdated).UTC(), NotAfter: until.UTC(),
	}, nil
}

func sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate of %s: %w", template.Subject.CommonName, err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("read what was signed: %w", err)
	}
	return made, nil
}

// has tells whether a certificate is among others.
func has(among []*x509.Certificate, one *x509.Certificate) bool {
	for _, other := range among {
		if bytes.Equal(other.Raw, one.Raw) {
			return true
		}
	}
	return false
}
