package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"
)

var (
	policy = Policy{
		Hosts:    []string{"store-apiserver.store-platform.svc"},
		Lifetime: 90 * 24 * time.Hour, AuthorityLifetime: 5 * 365 * 24 * time.Hour,
	}
	begin = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
)

func advanced(t *testing.T, m material, trusted []*x509.Certificate, now time.Time) (material, bool) {
	t.Helper()
	next, changed, err := m.advance(policy, trusted, now)
	if err != nil {
		t.Fatal(err)
	}
	data, err := next.encode()
	if err != nil {
		t.Fatal(err)
	}
	return decode(data), changed
}

// TestTwelveYears looks once a day at what is there, and has kube-apiserver trust
// it a day later: whatever is served, then, is valid and trusted by then.
func TestTwelveYears(t *testing.T) {
	var m material
	var trusted []*x509.Certificate
	certificates, authorities := map[string]bool{}, map[string]bool{}
	for day := range 12 * 365 {
		now := begin.AddDate(0, 0, day)
		m, _ = advanced(t, m, trusted, now)
		signer := m.signer(m.serving)
		if signer == nil || expired(m.serving.Leaf, now) || expired(signer, now) {
			t.Fatalf("on day %d the certificate or what signed it is no good", day)
		}
		if day > 0 && !has(trusted, signer) {
			t.Fatalf("on day %d a certificate is there that kube-apiserver does not trust yet", day)
		}
		if len(m.authorities) > 2 {
			t.Fatalf("on day %d there are %d authorities", day, len(m.authorities))
		}
		certificates[string(m.serving.Leaf.Raw)], authorities[string(m.authorities[0].Raw)] = true, true
		trusted, _ = m.trust(trusted, now)
	}
	// Sixty days each, or less before an authority ends; three years and four months each.
	if len(certificates) < 72 || len(certificates) > 80 || len(authorities) != 4 {
		t.Errorf("there were %d certificates and %d authorities", len(certificates), len(authorities))
	}
}

// TestAdvance damages what is there, and looks at the next step.
func TestAdvance(t *testing.T) {
	first, _ := advanced(t, material{}, nil, begin)
	other, _ := advanced(t, material{}, nil, begin)
	grown := begin.Add(2*policy.AuthorityLifetime/3 + time.Hour)
	for _, c := range []struct {
		name, reason           string
		from                   material
		trusted                []*x509.Certificate
		now                    time.Time
		changed, authority, re bool
	}{
		{name: "settled", reason: "nothing is due", from: first, trusted: first.authorities, now: begin},
		{name: "a third is left", reason: "it is renewed in time", from: first, trusted: first.authorities, now: begin.Add(61 * 24 * time.Hour), changed: true, re: true},
		{name: "a third is left, and nobody trusts us", reason: "what would be signed could not be served either", from: first, now: begin.Add(61 * 24 * time.Hour)},
		{name: "no pair", reason: "somebody emptied the Secret", from: material{authorities: first.authorities, authorityKey: first.authorityKey}, now: begin, changed: true, re: true},
		{name: "another's pair", reason: "it is none of what is trusted", from: material{authorities: first.authorities, authorityKey: first.authorityKey, serving: other.serving}, trusted: first.authorities, now: begin, changed: true, re: true},
		{name: "no key", reason: "an authority that cannot sign has a successor", from: material{authorities: first.authorities, serving: first.serving}, trusted: first.authorities, now: begin, changed: true, authority: true},
		{name: "nothing", reason: "the Secret is new, or was emptied", from: material{}, now: begin, changed: true, authority: true, re: true},
		{name: "an old authority", reason: "its successor is trusted before it signs", from: first, trusted: first.authorities, now: grown, changed: true, authority: true, re: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			next, changed := advanced(t, c.from, c.trusted, c.now)
			if changed != c.changed {
				t.Errorf("something is to be written: %t, want %t: %s", changed, c.changed, c.reason)
			}
			if made := len(c.from.authorities) == 0 || !next.authorities[0].Equal(c.from.authorities[0]); made != c.authority {
				t.Errorf("another authority: %t, want %t: %s", made, c.authority, c.reason)
			}
			if renewed := c.from.serving == nil || !next.serving.Leaf.Equal(c.from.serving.Leaf); renewed != c.re {
				t.Errorf("another certificate: %t, want %t: %s", renewed, c.re, c.reason)
			}
			if next.serving.Leaf.VerifyHostname(policy.Hosts[0]) != nil {
				t.Errorf("it is for %v", next.serving.Leaf.DNSNames)
			}
		})
	}
}

// TestHosts renews a certificate for other names.
func TestHosts(t *testing.T) {
	m, _ := advanced(t, material{}, nil, begin)
	renamed := policy
	renamed.Hosts = []string{"store-apiserver.elsewhere.svc"}
	next, changed, err := m.advance(renamed, m.authorities, begin)
	if err != nil || !changed || next.serving.Leaf.VerifyHostname("store-apiserver.elsewhere.svc") != nil {
		t.Errorf("changed: %t, for %v, %v", changed, next.serving.Leaf.DNSNames, err)
	}
}

// TestStrangersStayTrusted wants what other replicas may serve yet to stay trusted for
// a while, and then no more.
func TestStrangersStayTrusted(t *testing.T) {
	m, _ := advanced(t, material{}, nil, begin)
	stranger, _ := advanced(t, material{}, nil, begin.Add(-time.Hour))
	wanted, changed := m.trust(stranger.authorities, begin.Add(time.Minute))
	if !changed || len(wanted) != 2 || !has(wanted, stranger.authorities[0]) {
		t.Errorf("%d are trusted, changed: %t", len(wanted), changed)
	}
	if wanted, changed = m.trust(wanted, begin.Add(2*time.Minute)); changed || len(wanted) != 2 {
		t.Errorf("%d are trusted, changed again: %t", len(wanted), changed)
	}
	if wanted, changed = m.trust(wanted, begin.Add(2*time.Hour)); !changed || len(wanted) != 1 || !has(wanted, m.authorities[0]) {
		t.Errorf("after hours %d are trusted, changed: %t", len(wanted), changed)
	}
}

// TestDamage reads what anybody may have written into the Secret.
func TestDamage(t *testing.T) {
	m, _ := advanced(t, material{}, nil, begin)
	other, _ := advanced(t, material{}, nil, begin)
	whole, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	strange, err := other.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{keyAuthorities, keyAuthorityKey, keyCertificate, keyKey} {
		for name, value := range map[string][]byte{"missing": nil, "garbage": []byte("-----BEGIN"), "another's": strange[key]} {
			data := map[string][]byte{}
			for k, v := range whole {
				data[k] = v
			}
			data[key] = value
			next, _ := advanced(t, decode(data), nil, begin)
			if next.signer(next.serving) == nil || next.authorityKey == nil {
				t.Errorf("with %s %s there is nothing to serve with", name, key)
			}
			if _, err := tls.X509KeyPair(mustEncode(t, next)[keyCertificate], mustEncode(t, next)[keyKey]); err != nil {
				t.Errorf("with %s %s: %v", name, key, err)
			}
		}
	}
}

func mustEncode(t *testing.T, m material) map[string][]byte {
	t.Helper()
	data, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}
