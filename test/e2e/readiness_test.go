package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"platform.example.io/stores/test/controlplane"
)

// TestReadyMeansReady kills the server and asks it, as kube-apiserver does, from
// the moment that its successor calls itself ready. A server that is ready too
// early takes everybody for anonymous (403), or has no list yet (429).
func TestReadyMeansReady(t *testing.T) {
	t.Parallel()
	own := bare(t, controlplane.Etcd, controlplane.KubeAPIServer)
	proxy := frontProxy(t, own)
	for round := range 5 {
		before := pid(t, own)
		own.Kill(t, controlplane.Platform)
		untilReadyz(t, proxy)
		var answers sync.Map
		var asked sync.WaitGroup
		for i := range 30 {
			path := []string{"/stores", "/stores?resourceVersion=0", "/engines"}[i%3]
			asked.Go(func() {
				status, err := proxy.get(t.Context(), "/apis/platform.example.io/v1alpha1"+path)
				if err != nil || status != http.StatusOK {
					answers.Store(fmt.Sprintf("%s: %d %v", path, status, err), true)
				}
			})
		}
		asked.Wait()
		answers.Range(func(answer, _ any) bool {
			t.Errorf("in round %d a server that was ready answers %s", round, answer)
			return true
		})
		if after := pid(t, own); after == before {
			t.Errorf("the server still has process id %d: this round tested nothing", before)
		}
	}
	// Nobody but the proxy may say who somebody is.
	proxy.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: proxy.authority, MinVersion: tls.VersionTLS12}}}
	if status, err := proxy.get(t.Context(), "/apis/platform.example.io/v1alpha1/stores"); err != nil || status != http.StatusForbidden {
		t.Errorf("somebody who only says that they are an administrator gets %d, %v, want 403", status, err)
	}
}

func pid(t testing.TB, own *controlplane.Cluster) int {
	t.Helper()
	id, err := own.PID(controlplane.Platform)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// proxied asks the platform's server directly, the way kube-apiserver does.
type proxied struct {
	client    *http.Client
	base      string
	authority *x509.CertPool
}

func frontProxy(t testing.TB, own *controlplane.Cluster) *proxied {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(own.Dir(), "run", "cluster.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Components []struct {
			Name   string
			Health struct{ URL, CAFile string }
		}
	}
	if err := json.Unmarshal(data, &state); err != nil {
		t.Fatal(err)
	}
	pki := filepath.Join(own.Dir(), "pki")
	identity, err := tls.LoadX509KeyPair(filepath.Join(pki, "front-proxy-client.crt"), filepath.Join(pki, "front-proxy-client.key"))
	if err != nil {
		t.Fatal(err)
	}
	p := &proxied{authority: x509.NewCertPool()}
	for _, component := range state.Components {
		if component.Name != controlplane.Platform {
			continue
		}
		authority, err := os.ReadFile(component.Health.CAFile)
		if err != nil {
			t.Fatal(err)
		}
		p.authority.AppendCertsFromPEM(authority)
		p.base, _, _ = strings.Cut(component.Health.URL, "/readyz")
	}
	if p.base == "" {
		t.Fatal("the cluster has no platform")
	}
	p.client = &http.Client{Transport: &http.Transport{
		// No connection outlives the server that it led to.
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: p.authority, Certificates: []tls.Certificate{identity}, MinVersion: tls.VersionTLS12},
	}}
	return p
}

func (p *proxied) get(ctx context.Context, path string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("X-Remote-User", "e2e-operator")
	request.Header.Set("X-Remote-Group", "system:masters")
	response, err := p.client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// untilReadyz asks as fast as it can: what is tested begins with the first yes.
func untilReadyz(t testing.TB, p *proxied) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		status, err := p.get(ctx, "/readyz")
		last = errors.Join(err, fmt.Errorf("it answers %d", status))
		return status == http.StatusOK, nil
	})
	if err != nil {
		t.Fatalf("wait until the server is ready: %v", errors.Join(err, last))
	}
}
