package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const header = "apiVersion: config.platform.example.io/v1alpha1\nkind: PlatformConfiguration\n"

func TestParse(t *testing.T) {
	tests := []struct {
		name, reason, text string
		wantErr            bool
	}{
		{"nothing but its kind", "everything has a default", header, false},
		{"JSON", "JSON is YAML", `{"apiVersion":"config.platform.example.io/v1alpha1","kind":"PlatformConfiguration","baseDomain":"a.example"}`, false},
		{"no kind", "a file of something else must not be read as one of defaults", "baseDomain: a.example\n", true},
		{"another version", "its fields may mean something else", "apiVersion: config.platform.example.io/v1\nkind: PlatformConfiguration\n", true},
		{"unknown field", "a misspelt setting would silently be the default", header + "baseDomian: a.example\n", true},
		{"unknown field within", "also below the top", header + "routing: {class: nginx}\n", true},
		{"other case", "fields have one spelling", header + "basedomain: a.example\n", true},
		{"repeated field", "readers differ in which of the two they take", header + "port: 1\nport: 2\n", true},
		{"invalid", "what is read is validated", header + "scheme: ftp\n", true},
		{"no YAML", "nothing can be read", "{", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "platform.yaml")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatalf("write file: %v", err)
			}
			c, err := Load(path)
			if (err != nil) != test.wantErr || (c == nil) != test.wantErr {
				t.Errorf("Load() = %v, %v; want an error: %t, because %s", c, err, test.wantErr, test.reason)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "missing.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of no file: %v, want an error that says it does not exist", err)
	}
}

func TestDefaultsAreValid(t *testing.T) {
	c := Default()
	if errs := c.Validate(); len(errs) > 0 {
		t.Errorf("the default configuration is invalid: %v", errs)
	}
	again := Default()
	SetDefaults(again)
	if diff := cmp.Diff(c, again); diff != "" {
		t.Errorf("defaulting twice is not defaulting once:\n%s", diff)
	}
}

func TestDefaultsKeepEmptyLists(t *testing.T) {
	c, err := Parse([]byte(header + "reservedNames: []\nnetwork: {egressPorts: [], deniedCIDRs: []}\n"))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	if c.Reserved("api") || len(c.Network.EgressPorts) != 0 || len(c.Network.DeniedCIDRs) != 0 {
		t.Errorf("an empty list was defaulted: %v, %v, %v", c.ReservedNames, c.Network.EgressPorts, c.Network.DeniedCIDRs)
	}
}

func TestValidate(t *testing.T) {
	type want map[string]field.ErrorType
	tests := []struct {
		name, reason string
		text         string
		want         want
	}{
		{"domain", "hosts are made of it", "baseDomain: 'not a domain'", want{"baseDomain": field.ErrorTypeInvalid}},
		{"scheme and port", "all errors are told at once", "scheme: ftp\nport: 70000",
			want{"scheme": field.ErrorTypeNotSupported, "port": field.ErrorTypeInvalid}},
		{"reserved name", "no Store could have it anyway", "reservedNames: [ok, Not_OK]", want{"reservedNames[1]": field.ErrorTypeInvalid}},
		{"gateway", "an HTTPRoute needs a parent", "routing: {kind: Gateway}",
			want{"routing.gateway.name": field.ErrorTypeRequired, "routing.gateway.namespace": field.ErrorTypeRequired}},
		{"route annotations", "the HTTPRoute would be refused", "routing: {kind: Gateway, gateway: {name: a, namespace: b, annotations: {'not a key': x}}}",
			want{"routing.gateway.annotations": field.ErrorTypeInvalid}},
		{"routing kind", "there are two", "routing: {kind: Route}", want{"routing.kind": field.ErrorTypeNotSupported}},
		{"tls without https", "nobody would use the certificate", "tls: {secretName: wildcard}", want{"tls": field.ErrorTypeForbidden}},
		{"tls of two sources", "one of the two would be ignored", "scheme: https\ntls: {secretName: a, issuer: {name: b}}", want{"tls": field.ErrorTypeInvalid}},
		{"tls of no source", "there would be no certificate", "scheme: https\ntls: {}", want{"tls": field.ErrorTypeInvalid}},
		{"issuer", "it is looked up by name", "scheme: https\ntls: {issuer: {kind: Other, name: ''}}",
			want{"tls.issuer.kind": field.ErrorTypeNotSupported, "tls.issuer.name": field.ErrorTypeRequired}},
		{"registry", "image references are made of it", "image: {registry: 'https://x/', pullPolicy: Sometimes}",
			want{"image.registry": field.ErrorTypeInvalid, "image.pullPolicy": field.ErrorTypeNotSupported}},
		{"replacement", "no pod could be started, or each with another image",
			"image: {replacements: {'a/b:1': 'HTTP://x', 'a/b:2': x/y, 'a/b:3': 'x/y:latest', 'a/b': 'x/y:1', 'a/b:4': 'localhost:5000/x/y:1', 'a:5': 'x@sha256:" + strings.Repeat("0a", 32) + "'}}",
			want{"image.replacements": field.ErrorTypeInvalid, "image.replacements[a/b:1]": field.ErrorTypeInvalid,
				"image.replacements[a/b:2]": field.ErrorTypeInvalid, "image.replacements[a/b:3]": field.ErrorTypeInvalid}},
		{"secret", "it is generated, or it is another's", "secrets: {medusa: {tokens: {source: Existing}, cache: {source: Vault}, admin: {}}}",
			want{"secrets[medusa][cache].source": field.ErrorTypeNotSupported}},
		{"quota", "a quota below nothing", "quota: {pods: '-1'}", want{"quota[pods]": field.ErrorTypeInvalid}},
		{"limits", "the LimitRange would be refused", "limits: {default: {cpu: 1}, defaultRequest: {cpu: 2}}",
			want{"limits.defaultRequest[cpu]": field.ErrorTypeInvalid}},
		{"network", "the NetworkPolicy would be refused", "network: {egressPorts: [0], deniedCIDRs: [10.0.0.1/8, x]}",
			want{"network.egressPorts[0]": field.ErrorTypeInvalid, "network.deniedCIDRs[0]": field.ErrorTypeInvalid, "network.deniedCIDRs[1]": field.ErrorTypeInvalid}},
		{"prober", "the NetworkPolicy would be refused, and the shop never reached", "network: {prober: {namespace: Not_OK, podSelector: {matchLabels: {a b: c}}}}",
			want{"network.prober.namespace": field.ErrorTypeInvalid, "network.prober.podSelector.matchLabels": field.ErrorTypeInvalid}},
		{"probe", "it is asked or it is not", "storefrontProbe: Sometimes", want{"storefrontProbe": field.ErrorTypeNotSupported}},
		{"pace", "nothing would ever be done", "provisioning: {workers: -1, timeout: -1s, minBackoff: 1h, maxConcurrentRollouts: -1}",
			want{"provisioning.maxConcurrentRollouts": field.ErrorTypeInvalid, "provisioning.workers": field.ErrorTypeInvalid, "provisioning.timeout": field.ErrorTypeInvalid, "provisioning.minBackoff": field.ErrorTypeInvalid}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &PlatformConfiguration{}
			if err := decode([]byte(header+test.text+"\n"), c); err != nil {
				t.Fatalf("decode: %v", err)
			}
			SetDefaults(c)
			got := want{}
			for _, err := range c.Validate() {
				got[err.Field] = err.Type
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Validate(), because %s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

func TestURL(t *testing.T) {
	tests := []struct {
		name, reason string
		scheme       Scheme
		port         int32
		want         string
	}{
		{"plain", "the port of http goes without saying", HTTP, 0, "http://acme.localtest.me"},
		{"named own port", "so does it when it is named", HTTPS, 443, "https://acme.localtest.me"},
		{"other port", "browsers need it", HTTP, 8080, "http://acme.localtest.me:8080"},
		{"port of the other scheme", "it is not this scheme's", HTTPS, 80, "https://acme.localtest.me:80"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Default()
			c.Scheme, c.Port = test.scheme, test.port
			if got := c.URL(c.DefaultHost("acme")); got != test.want {
				t.Errorf("URL() = %q, want %q: %s", got, test.want, test.reason)
			}
		})
	}
}

func TestNames(t *testing.T) {
	c := Default()
	if !c.Reserved("www") || c.Reserved("acme") {
		t.Error("Reserved tells www from acme wrongly")
	}
	for host, want := range map[string]bool{
		"localtest.me": true, "a.localtest.me": true, "a.b.localtest.me": true,
		"notlocaltest.me": false, "localtest.me.example": false, "example.org": false,
	} {
		if got := c.UnderBaseDomain(host); got != want {
			t.Errorf("UnderBaseDomain(%q) = %t, want %t", host, got, want)
		}
	}
}
