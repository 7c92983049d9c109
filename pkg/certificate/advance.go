package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"time"
)

// Policy says for whom certificates are, and how long they are valid.
type Policy struct {
	// Hosts are the names that kube-apiserver knows the API server by.
	Hosts []string
	// Lifetime is that of a serving certificate. It is renewed when a third is left.
	Lifetime time.Duration
	// AuthorityLifetime is that of an authority. A new one is made when a third is left.
	AuthorityLifetime time.Duration
}

// due tells whether only a third of a certificate's life is left.
func due(certificate *x509.Certificate, now time.Time) bool {
	from := certificate.NotBefore.Add(backdated)
	return now.After(certificate.NotAfter.Add(-certificate.NotAfter.Sub(from) / 3))
}

func expired(certificate *x509.Certificate, now time.Time) bool {
	return now.After(certificate.NotAfter)
}

// advance is the next step from what there is: a new authority beside the old, a
// serving certificate of an authority that is trusted, or nothing. It is called
// again after each.
func (m material) advance(policy Policy, trusted []*x509.Certificate, now time.Time) (next material, changed bool, err error) {
	next = m
	next.authorities = slices.DeleteFunc(slices.Clone(m.authorities), func(c *x509.Certificate) bool { return expired(c, now) })
	changed = len(next.authorities) != len(m.authorities)
	if len(next.authorities) == 0 || next.authorityKey == nil || !has(next.authorities, m.authorities[0]) || due(next.authorities[0], now) {
		authority, key, err := newAuthority(now, policy.AuthorityLifetime)
		if err != nil {
			return m, false, err
		}
		next.authorities = slices.Insert(next.authorities, 0, authority)
		next.authorityKey = key
		changed = true
	}
	newest := next.authorities[0]
	usable := next.signer(next.serving) != nil && !expired(next.serving.Leaf, now) && covers(next.serving.Leaf, policy.Hosts)
	wanted := !usable || due(next.serving.Leaf, now) || next.signer(next.serving) != newest
	// Where there is nothing to serve there is nothing to wait for either.
	if wanted && (!usable || has(trusted, newest)) {
		if next.serving, err = newServing(now, policy.Lifetime, policy.Hosts, newest, next.authorityKey); err != nil {
			return m, false, err
		}
		changed = true
	}
	return next, changed, nil
}

// signer is the authority of a serving certificate, nil where it is none of these.
func (m material) signer(serving *tls.Certificate) *x509.Certificate {
	if serving == nil || serving.Leaf == nil {
		return nil
	}
	for _, authority := range m.authorities {
		if serving.Leaf.CheckSignatureFrom(authority) == nil {
			return authority
		}
	}
	return nil
}

func covers(certificate *x509.Certificate, hosts []string) bool {
	for _, host := range hosts {
		if certificate.VerifyHostname(host) != nil {
			return false
		}
	}
	return true
}

// strangersStay is how long an authority that is none of ours stays trusted after the
// serving certificate was renewed: replicas of before may serve what it signed.
const strangersStay = time.Hour

// trust is what the APIService's caBundle has to hold, given what it holds.
func (m material) trust(live []*x509.Certificate, now time.Time) (wanted []*x509.Certificate, changed bool) {
	wanted = slices.Clone(m.authorities)
	if m.serving != nil && now.Before(m.serving.Leaf.NotBefore.Add(backdated+strangersStay)) {
		for _, certificate := range live {
			if !has(wanted, certificate) && !expired(certificate, now) {
				wanted = append(wanted, certificate)
			}
		}
	}
	changed = len(wanted) != len(live) || slices.ContainsFunc(wanted, func(c *x509.Certificate) bool { return !has(live, c) })
	return wanted, changed
}
