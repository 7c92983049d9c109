package web

import (
	"bufio"
	"compress/gzip"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const stores = "/apis/platform.example.io/v1alpha1/stores"

var somePage = fstest.MapFS{
	"index.html":       {Data: []byte("<!doctype html>" + strings.Repeat("page ", 100))},
	"assets/a-1.js":    {Data: []byte("export {}")},
	"assets/i-1.woff2": {Data: []byte("font")},
}

// front starts a handler before an API server that a test plays.
func front(t *testing.T, api http.HandlerFunc) *httptest.Server {
	t.Helper()
	options := Options{Page: somePage}
	if api != nil {
		upstream := httptest.NewTLSServer(api)
		t.Cleanup(upstream.Close)
		address, err := url.Parse(upstream.URL)
		if err != nil {
			t.Fatal(err)
		}
		options.API, options.Roots = address, x509.NewCertPool()
		options.Roots.AddCert(upstream.Certificate())
	}
	handler, err := NewHandler(options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func do(t *testing.T, server *httptest.Server, method, path string, header map[string]string, body io.Reader) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := (&http.Transport{DisableCompression: true}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(content)
}

func TestTheCallersTokenIsAllThatSpeaksForThem(t *testing.T) {
	var got http.Header
	server := front(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		if r.TLS == nil || len(r.TLS.PeerCertificates) > 0 {
			t.Error("the dashboard shows a certificate of its own")
		}
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Retry-After", "7")
	})
	response, _ := do(t, server, "GET", stores, map[string]string{
		"Authorization": "Bearer mine", "Accept": "application/json", "User-Agent": "page", "Cookie": "session=1",
		"X-Remote-User": "system:admin", "X-Remote-Group": "system:masters", "X-Remote-Extra-Scopes": "all",
		"X-Forwarded-User": "admin", "Forwarded": "for=1.2.3.4", "X-Forwarded-For": "1.2.3.4",
	}, nil)
	want := http.Header{"Authorization": {"Bearer mine"}, "Accept": {"application/json"}, "User-Agent": {"page"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers that reach kube-apiserver (-want +got):\n%s", diff)
	}
	if cookies, wait := response.Header.Get("Set-Cookie"), response.Header.Get("Retry-After"); cookies != "" || wait != "7" {
		t.Errorf("the answer has cookies %q, Retry-After %q", cookies, wait)
	}
}

func TestRefusals(t *testing.T) {
	reached := false
	server := front(t, func(http.ResponseWriter, *http.Request) { reached = true })
	const bearer = "Bearer mine"
	tests := []struct {
		name, method, path string
		header             map[string]string
		code               int
		reason             string
	}{
		{"no token", "GET", stores, nil, 401, "this server is nobody"},
		{"an empty token", "GET", stores, map[string]string{"Authorization": "Bearer "}, 401, "the same"},
		{"a password", "GET", stores, map[string]string{"Authorization": "Basic YTpi"}, 401, "tokens only"},
		{"impersonation", "GET", stores, map[string]string{"Authorization": bearer, "Impersonate-User": "root"}, 403, "even whoever may do it does it elsewhere"},
		{"impersonated extra", "GET", stores, map[string]string{"Authorization": bearer, "Impersonate-Extra-Scopes": "x"}, 403, "the same"},
		{"another path", "GET", "/api/v1/secrets", map[string]string{"Authorization": bearer}, 403, "not the page's business"},
		{"the root of the API", "GET", "/apis", map[string]string{"Authorization": bearer}, 403, "not the page's business"},
		{"an upgrade", "GET", stores, map[string]string{"Authorization": bearer, "Connection": "Upgrade", "Upgrade": "websocket"}, 403, "nothing that passes needs one"},
		{"another site's form", "POST", stores, map[string]string{"Authorization": bearer, "Sec-Fetch-Site": "cross-site"}, 403, "a login proxy's cookie goes with it"},
		{"another origin", "POST", stores, map[string]string{"Authorization": bearer, "Origin": "https://evil.example"}, 403, "the same, of an old browser"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, body := do(t, server, test.method, test.path, test.header, nil)
			if response.StatusCode != test.code || reached {
				t.Errorf("answered %d, reached kube-apiserver: %v, want %d: %s", response.StatusCode, reached, test.code, test.reason)
			}
			var status metav1.Status
			if err := json.Unmarshal([]byte(body), &status); err != nil || int(status.Code) != test.code {
				t.Errorf("the body is no Status of code %d: %s", test.code, body)
			}
		})
	}
}

func TestWritesPassOnWhole(t *testing.T) {
	server := front(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the request was too large
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), body)
	})
	header := map[string]string{"Authorization": "Bearer mine", "Content-Type": "application/merge-patch+json"}
	response, body := do(t, server, "PATCH", stores+"/acme?dryRun=All", header, strings.NewReader("{}"))
	if want := "PATCH " + stores + "/acme?dryRun=All application/merge-patch+json {}"; response.StatusCode != 422 || body != want {
		t.Errorf("answered %d %q, want 422 %q", response.StatusCode, body, want)
	}
	if response, _ := do(t, server, "POST", stores, header, strings.NewReader(strings.Repeat("x", maxBody+1))); response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body that is too large is answered by %d", response.StatusCode)
	}
}

func TestEventsOfAWatchDoNotWait(t *testing.T) {
	next := make(chan struct{})
	server := front(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-next:
			fmt.Fprintln(w, "second")
		case <-r.Context().Done():
		}
	})
	request, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+stores+"?watch=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer mine")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	if !lines.Scan() || lines.Text() != "first" {
		t.Fatalf("read %q: %v", lines.Text(), lines.Err())
	}
	close(next) // not before the first was read
	if !lines.Scan() || lines.Text() != "second" {
		t.Fatalf("read %q: %v", lines.Text(), lines.Err())
	}
}

func TestServerAway(t *testing.T) {
	handler, err := NewHandler(Options{Page: somePage, API: &url.URL{Scheme: "https", Host: "127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	response, body := do(t, server, "GET", stores, map[string]string{"Authorization": "Bearer mine"}, nil)
	var status metav1.Status
	if err := json.Unmarshal([]byte(body), &status); err != nil || response.StatusCode != 503 || status.Reason != metav1.StatusReasonServiceUnavailable {
		t.Errorf("answered %d %s", response.StatusCode, body)
	}
}

func TestPageOnly(t *testing.T) {
	server := front(t, nil)
	if response, body := do(t, server, "GET", stores, map[string]string{"Authorization": "Bearer mine"}, nil); response.StatusCode != 404 || !strings.Contains(body, "--api-server") {
		t.Errorf("the API is answered by %d %s", response.StatusCode, body)
	}
}

func TestStatic(t *testing.T) {
	server := front(t, nil)
	tests := []struct {
		name, method, path string
		code               int
		contentType, cache string
	}{
		{"the page", "GET", "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"by its name", "GET", "/index.html", 200, "text/html; charset=utf-8", "no-cache"},
		{"a part", "GET", "/assets/a-1.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"a font", "GET", "/assets/i-1.woff2", 200, "font/woff2", "public, max-age=31536000, immutable"},
		{"a look", "HEAD", "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"nothing", "GET", "/assets/../go.mod", 404, "text/plain; charset=utf-8", ""},
		{"a folder", "GET", "/assets/", 404, "text/plain; charset=utf-8", ""},
		{"a write", "POST", "/", 405, "text/plain; charset=utf-8", ""},
		{"health", "GET", "/healthz", 200, "text/plain; charset=utf-8", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, _ := do(t, server, test.method, test.path, nil, nil)
			got := []any{response.StatusCode, response.Header.Get("Content-Type"), response.Header.Get("Cache-Control")}
			if diff := cmp.Diff([]any{test.code, test.contentType, test.cache}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if test.name != "health" && response.Header.Get("Content-Security-Policy") != contentSecurityPolicy {
				t.Errorf("it has the policy %q", response.Header.Get("Content-Security-Policy"))
			}
		})
	}
}

func TestStaticIsCompressedAndKept(t *testing.T) {
	server := front(t, nil)
	plain, want := do(t, server, "GET", "/", nil, nil)
	zipped, body := do(t, server, "GET", "/", map[string]string{"Accept-Encoding": "br, gzip;q=0.8"}, nil)
	reader, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(reader)
	if err != nil || string(got) != want || zipped.Header.Get("Content-Encoding") != "gzip" || zipped.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("unpacked %q, %v, header %v", got, err, zipped.Header)
	}
	if refused, _ := do(t, server, "GET", "/", map[string]string{"Accept-Encoding": "gzip; q=0"}, nil); refused.Header.Get("Content-Encoding") != "" {
		t.Error("who refuses gzip gets it")
	}
	if again, _ := do(t, server, "GET", "/", map[string]string{"If-None-Match": plain.Header.Get("ETag")}, nil); again.StatusCode != http.StatusNotModified {
		t.Errorf("what the browser has is sent again: %d", again.StatusCode)
	}
}

func TestPageOfThisBuild(t *testing.T) {
	page, _, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewHandler(Options{Page: page}); err != nil {
		t.Error(err)
	}
	if _, err := NewHandler(Options{Page: fstest.MapFS{}}); err == nil {
		t.Error("a page without index.html is served")
	}
}

// TestPolicyOfTheFile holds the header to what kubectl proxy, which sends none, serves.
func TestPolicyOfTheFile(t *testing.T) {
	index, err := os.ReadFile("app/index.html")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`Content-Security-Policy" content="([^"]+)"`).FindSubmatch(index)
	if match == nil || string(match[1])+"; frame-ancestors 'none'" != contentSecurityPolicy {
		t.Errorf("app/index.html has the policy %s", match)
	}
}
