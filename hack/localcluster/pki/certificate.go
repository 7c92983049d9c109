package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"slices"
	"time"
)

// Request says whom a certificate names and what it may be used for.
type Request struct {
	// CommonName is the user name of a client, or the name of a server.
	CommonName string
	// Organizations are the groups of a client.
	Organizations []string
	// Hosts are the DNS names and addresses of a server.
	Hosts []string
	// Usages are what the certificate is for: client, server or both.
	Usages []x509.ExtKeyUsage
}

// Client requests a certificate for a user in groups.
func Client(user string, groups ...string) Request {
	return Request{CommonName: user, Organizations: groups, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
}

// Server requests a certificate for a server that is reached by hosts.
func Server(name string, hosts ...string) Request {
	return Request{CommonName: name, Hosts: hosts, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
}

// Ensure returns the files of a certificate called name that fulfils request,
// made now if the stored one does not.
func (a *Authority) Ensure(name string, request Request) (Pair, error) {
	pair := pairIn(a.dir, name)
	if cert, _, err := pair.read(); err == nil && a.fulfils(cert, request) {
		return pair, nil
	}
	der, key, err := a.issue(request)
	if err != nil {
		return Pair{}, fmt.Errorf("issue certificate %s: %w", name, err)
	}
	if err := pair.write(der, key); err != nil {
		return Pair{}, fmt.Errorf("write certificate %s: %w", name, err)
	}
	return pair, nil
}

// Issue signs a certificate that is kept nowhere, and returns it with its key as PEM.
func (a *Authority) Issue(request Request) (certPEM, keyPEM []byte, err error) {
	der, key, err := a.issue(request)
	if err != nil {
		return nil, nil, fmt.Errorf("issue certificate for %s: %w", request.CommonName, err)
	}
	keyPEM, err = encodeKey(key)
	return encodeCertificate(der), keyPEM, err
}

func (a *Authority) issue(request Request) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate key: %w", err)
	}
	now := time.Now()
	names, addresses := splitHosts(request.Hosts)
	der, err := sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: request.CommonName, Organization: request.Organizations},
		DNSNames:    names,
		IPAddresses: addresses,
		NotBefore:   now.Add(-clockSkew),
		NotAfter:    now.Add(certificateLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: request.Usages,
	}, a.cert, key, a.key)
	return der, key, err
}

func (a *Authority) fulfils(cert *x509.Certificate, request Request) bool {
	names, addresses := splitHosts(request.Hosts)
	return time.Until(cert.NotAfter) > renewBefore &&
		cert.CheckSignatureFrom(a.cert) == nil &&
		cert.Subject.CommonName == request.CommonName &&
		// A set: its order in the certificate is that of its encoding.
		slices.Equal(slices.Sorted(slices.Values(cert.Subject.Organization)), slices.Sorted(slices.Values(request.Organizations))) &&
		slices.Equal(cert.DNSNames, names) &&
		slices.EqualFunc(cert.IPAddresses, addresses, net.IP.Equal) &&
		slices.Equal(cert.ExtKeyUsage, request.Usages)
}

func splitHosts(hosts []string) (names []string, addresses []net.IP) {
	for _, host := range hosts {
		if address := net.ParseIP(host); address != nil {
			addresses = append(addresses, address)
		} else {
			names = append(names, host)
		}
	}
	return names, addresses
}
