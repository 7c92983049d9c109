package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/util/cert"
)

func TestDashboardOptions(t *testing.T) {
	tests := []struct {
		name    string
		options func(*DashboardOptions)
		want    string
		reason  string
	}{
		{"page only", func(o *DashboardOptions) { o.PageOnly = true }, "", "it needs no API"},
		{"a server", func(o *DashboardOptions) { o.Server = "https://kubernetes.example:6443" }, "", "with the system's authorities"},
		{"both", func(o *DashboardOptions) { o.PageOnly, o.Server = true, "https://kubernetes.example" }, "no meaning with --page-only", "one of them is a mistake"},
		{"no port", func(o *DashboardOptions) { o.PageOnly, o.Serving.BindPort = true, 0 }, "cannot be turned off", "it would serve nothing"},
		{"plain HTTP", func(o *DashboardOptions) { o.Server = "http://kubernetes.example" }, "must be an https URL", "tokens travel there"},
		{"a user in the URL", func(o *DashboardOptions) { o.Server = "https://me:secret@kubernetes.example" }, "must be an https URL", "it has no identity"},
		{"no pod", func(*DashboardOptions) {}, "does not run in a pod", "where is it?"},
		{"no authority", func(o *DashboardOptions) { o.Server, o.Authority = "https://kubernetes.example", "missing.crt" }, "missing.crt", "trust is not guessed"},
		{"an empty authority", func(o *DashboardOptions) {
			o.Server, o.Authority = "https://kubernetes.example", filepath.Join(t.TempDir(), "empty.crt")
			if err := os.WriteFile(o.Authority, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "has no certificate", "it would trust nobody, or everybody"},
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			options := NewDashboardOptions()
			test.options(options)
			err := options.Validate()
			if err == nil {
				_, err = options.handlerOptions()
			}
			if got := errorText(err); test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("the error is %q, want %q: %s", got, test.want, test.reason)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestDashboardInAPod(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")
	options := NewDashboardOptions()
	certificate, _, err := cert.GenerateSelfSignedCertKey("kubernetes", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	options.Authority = filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(options.Authority, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	served, err := options.handlerOptions()
	if err != nil {
		t.Fatal(err)
	}
	if served.API.String() != "https://[fd00::1]:443" || served.Roots == nil {
		t.Errorf("it fronts %s with authorities %v", served.API, served.Roots)
	}
}
