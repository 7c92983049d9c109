package app

import (
	"strings"
	"testing"
	"time"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

func TestCertificateOptions(t *testing.T) {
	for _, test := range []struct {
		name    string
		options func(*Options)
		want    string
		reason  string
	}{
		{"none", func(o *Options) { o.Certificate.Secret = "" }, "", "files, or a certificate of the moment"},
		{"kept", func(*Options) {}, "", "that is all it needs"},
		{"no namespace", func(o *Options) { o.Certificate.Secret = "serving" }, "must be namespace/name", "it is in no namespace by itself"},
		{"no host", func(o *Options) { o.Certificate.Policy.Hosts = nil }, "--serving-certificate-hosts", "kube-apiserver asks for one"},
		{"files, too", func(o *Options) { o.Generic.SecureServing.ServerCert.CertKey.CertFile = "tls.crt" }, "two sources", "one of them would be ignored"},
		{"too short", func(o *Options) { o.Certificate.Policy.Lifetime = time.Second }, "at least 15s", "it would run out before it was trusted"},
		{"authority too short", func(o *Options) { o.Certificate.Policy.AuthorityLifetime = o.Certificate.Policy.Lifetime }, "twice", "each renewal would need a new one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := NewOptions()
			options.Certificate.Secret, options.Certificate.Policy.Hosts = "store-platform/serving", []string{"store-apiserver.store-platform.svc"}
			test.options(options)
			got := errorText(utilerrors.NewAggregate(options.Certificate.validate(options.Generic.SecureServing)))
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("the error is %q, want %q: %s", got, test.want, test.reason)
			}
		})
	}
}
