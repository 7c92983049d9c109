package web

import (
	"crypto/x509"
	"io/fs"
	"net/http"
	"net/url"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Options say what is served.
type Options struct {
	// Page are the files of the page.
	Page fs.FS
	// API is kube-apiserver's address. Without it the page alone is served, for the
	// service proxy of kube-apiserver, where the page finds the API at its origin.
	API *url.URL
	// Roots are the authorities that kube-apiserver's certificate may be of; nil are the system's.
	Roots *x509.CertPool
}

// NewHandler serves the page, the API as far as the page needs it, and health.
func NewHandler(options Options) (http.Handler, error) {
	page, err := newStatic(options.Page)
	if err != nil {
		return nil, err
	}
	var api http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound, "this server serves only the page: open it through kube-apiserver, or start it with --api-server")
	})
	if options.API != nil {
		// Where a login proxy makes the token of a cookie, another site's form must not write.
		protection := http.NewCrossOriginProtection()
		protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden, "the dashboard does not forward requests of other sites")
		}))
		api = protection.Handler(newProxy(options.API, options.Roots))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/healthz", r.URL.Path == "/livez", r.URL.Path == "/readyz":
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write([]byte("ok")) // who asked has gone
		case isAPI(r.URL.Path):
			api.ServeHTTP(w, r)
		default:
			page.ServeHTTP(w, r)
		}
	}), nil
}
