package web

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

// passedHeaders are all that reaches kube-apiserver of a request's headers. What
// names a user in another way than a token is not among them.
var passedHeaders = []string{"Accept", "Accept-Encoding", "Authorization", "Content-Type", "User-Agent"}

// returnedHeaders are all that reaches the page of an answer's headers.
var returnedHeaders = []string{
	"Content-Type", "Content-Encoding", "Content-Length", "Vary", "Date", "Retry-After", "Warning", "Audit-Id",
	"X-Kubernetes-Pf-Flowschema-Uid", "X-Kubernetes-Pf-Prioritylevel-Uid",
}

// maxBody is kube-apiserver's own bound for a request.
const maxBody = 3 << 20

// newProxy passes what is allowed on to kube-apiserver. Its connection trusts
// that server and carries no certificate and no token but the caller's.
func newProxy(api *url.URL, roots *x509.CertPool) http.Handler {
	forward := &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(api)
			request.Out.Host = api.Host
			request.Out.Header = only(request.Out.Header, passedHeaders)
		},
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: 10 * time.Second,
			IdleConnTimeout:     90 * time.Second,
			// What the browser accepts is passed on; nothing is unpacked on the way.
			DisableCompression: true,
		},
		// A watch's event must not wait for the next one.
		FlushInterval: -1,
		ModifyResponse: func(response *http.Response) error {
			response.Header = only(response.Header, returnedHeaders)
			response.Header.Set("Cache-Control", "no-store")
			response.Header.Set("X-Content-Type-Options", "nosniff")
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				refuse(w, http.StatusRequestEntityTooLarge, metav1.StatusReasonRequestEntityTooLarge, "the request is too large")
				return
			}
			if r.Context().Err() == nil {
				klog.ErrorS(err, "A request could not be passed on", "method", r.Method, "path", r.URL.Path)
			}
			refuse(w, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "kube-apiserver does not answer")
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !judge(w, r) {
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		forward.ServeHTTP(w, r)
	})
}

// judge answers what is not passed on, and tells whether the request is.
func judge(w http.ResponseWriter, r *http.Request) bool {
	for name := range r.Header {
		if strings.HasPrefix(name, "Impersonate-") {
			refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden, "the dashboard does not forward impersonation")
			return false
		}
	}
	switch {
	case r.Header.Get("Upgrade") != "" || !allowed(r.Method, r.URL):
		refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden, "the dashboard does not pass "+r.Method+" "+r.URL.Path+" on")
		return false
	case !hasBearer(r.Header["Authorization"]):
		refuse(w, http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized: sign in with a token")
		return false
	}
	return true
}

func hasBearer(headers []string) bool {
	if len(headers) != 1 {
		return false
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	return ok && strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(token) != ""
}

func only(header http.Header, names []string) http.Header {
	kept := http.Header{}
	for _, name := range names {
		if values, ok := header[http.CanonicalHeaderKey(name)]; ok {
			kept[http.CanonicalHeaderKey(name)] = values
		}
	}
	return kept
}

// refuse answers in the API's own form, which the page reads like any other.
func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	// Nobody is left to tell where this fails.
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Message: message, Reason: reason, Code: int32(code),
	})
}
