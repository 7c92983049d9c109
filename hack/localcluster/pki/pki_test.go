package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"platform.example.io/stores/hack/localcluster/pki"
)

func TestEnsure(t *testing.T) {
	server := pki.Server("server", "localhost", "127.0.0.1")
	groups := pki.Client("account", "zebras", "all", "some")
	tests := []struct {
		name   string
		first  pki.Request
		next   pki.Request
		same   bool
		reason string
	}{
		{name: "same server", first: server, next: server, same: true, reason: "written once, so that what was handed out stays valid"},
		{name: "same client", first: groups, next: groups, same: true, reason: "the order of groups means nothing"},
		{name: "other host", first: server, next: pki.Server("server", "localhost"), reason: "the stored one does not say what is asked for"},
		{name: "other name", first: server, next: pki.Server("other", "localhost", "127.0.0.1"), reason: "the stored one does not say what is asked for"},
		{name: "other use", first: server, next: pki.Client("server"), reason: "a server's certificate opens no door"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			serials := make([]string, 0, 2)
			for _, r := range []pki.Request{test.first, test.next} {
				// Opened again, as by the next start.
				authority, err := pki.OpenAuthority(dir, "ca")
				if err != nil {
					t.Fatal(err)
				}
				pair, err := authority.Ensure("leaf", r)
				if err != nil {
					t.Fatal(err)
				}
				serials = append(serials, verify(t, authority, pair).SerialNumber.String())
			}
			if got := serials[0] == serials[1]; got != test.same {
				t.Errorf("kept is %t, want %t: %s", got, test.same, test.reason)
			}
		})
	}
}

func TestDamagedAuthorityIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	authority, err := pki.OpenAuthority(dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(authority.CertFile, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pki.OpenAuthority(dir, "ca"); err == nil {
		t.Error("it was replaced; every kubeconfig signed by the old one would fail without a word why")
	}
}

func TestFilesAreTheirOwnersOnly(t *testing.T) {
	dir := t.TempDir()
	authority, err := pki.OpenAuthority(filepath.Join(dir, "pki"), "ca")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := pki.EnsureSigningKey(filepath.Join(dir, "pki"), "tokens"); err != nil {
		t.Fatal(err)
	}
	err = pki.UserKubeconfig(filepath.Join(dir, "kubeconfig"), "https://127.0.0.1:1", authority.CertFile, authority, "alice", "agency")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUserKubeconfigNamesUserAndGroups(t *testing.T) {
	dir := t.TempDir()
	authority, err := pki.OpenAuthority(dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "kubeconfig")
	if err := pki.UserKubeconfig(path, "https://127.0.0.1:1", authority.CertFile, authority, "alice", "agency"); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(config.CertData, config.KeyData)
	if err != nil {
		t.Fatal(err)
	}
	if got := pair.Leaf.Subject.String(); got != "CN=alice,O=agency" {
		t.Errorf("got subject %q", got)
	}
}

func TestSigningKeyIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	var keys [2]string
	for i := range keys {
		private, _, err := pki.EnsureSigningKey(dir, "tokens")
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(private)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = string(data)
	}
	if keys[0] != keys[1] {
		t.Error("the key was replaced; every token signed by the old one is void")
	}
}

func verify(t *testing.T, authority *pki.Authority, pair pki.Pair) *x509.Certificate {
	t.Helper()
	loaded, err := tls.LoadX509KeyPair(pair.CertFile, pair.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(authority.CertFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	if _, err := loaded.Leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	return loaded.Leaf
}
