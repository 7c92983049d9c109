package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/test/controlplane"
)

// lone is `apiserver provisioner` as a process of its own.
type lone struct {
	process *exec.Cmd
	url     string
	admin   *http.Client // the cluster's administrator
	nobody  *http.Client
}

// startLone starts a provisioner with its own account beside API servers that have none.
func startLone(t *testing.T, own *controlplane.Cluster) *lone {
	t.Helper()
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(controlplane.FreePort(t))
	account := own.UserKubeconfig(t, "system:serviceaccount:store-platform:store-provisioner",
		"system:serviceaccounts", "system:serviceaccounts:store-platform", "system:authenticated")
	log, err := os.Create(filepath.Join(t.TempDir(), "provisioner.log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &lone{url: "https://" + net.JoinHostPort("127.0.0.1", port)}
	p.process = exec.Command(options.Platform, "provisioner", "--kubeconfig="+account, "--config="+options.PlatformConfig,
		"--bind-address=127.0.0.1", "--secure-port="+port, "-v=2")
	p.process.Stdout, p.process.Stderr = log, log
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.process.Process.Kill()
		_ = p.process.Wait()
		log.Close()
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("provisioner at %s:\n%s", p.url, text)
		}
	})
	// It vouches for itself: what is examined is whom it answers.
	identity, err := rest.TLSConfigFor(own.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	// A connection is whose certificate was asked for when it was made, and the
	// authorities of certificates are read after the provisioner is ready, which does
	// not wait for them: who is refused connects anew.
	trusting := func(certificates []tls.Certificate) *http.Client {
		return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, Certificates: certificates, MinVersion: tls.VersionTLS12}}}
	}
	p.nobody = trusting(nil)
	p.admin = trusting(identity.Certificates)
	if identity.GetClientCertificate != nil {
		certificate, err := identity.GetClientCertificate(&tls.CertificateRequestInfo{})
		if err != nil {
			t.Fatal(err)
		}
		p.admin = trusting([]tls.Certificate{*certificate})
	}
	reached(t, "the provisioner is ready", func(ctx context.Context) (bool, string) {
		status, body := p.get(ctx, p.nobody, "/readyz")
		return status == http.StatusOK, fmt.Sprintf("%d %s", status, body)
	})
	return p
}

func (p *lone) get(ctx context.Context, client *http.Client, path string) (status int, body string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// leads tells, from its metrics, whether it works on stores.
func (p *lone) leads(ctx context.Context) (bool, string) {
	status, body := p.get(ctx, p.admin, "/metrics")
	return status == http.StatusOK && strings.Contains(body, "\nstore_platform_provisioner_leader 1\n"), fmt.Sprint(status)
}

func reached(t *testing.T, what string, holds func(context.Context) (bool, string)) {
	t.Helper()
	var last string
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, patience, true, func(ctx context.Context) (done bool, err error) {
		done, last = holds(ctx)
		return done, nil
	})
	if err != nil {
		t.Fatalf("%s: %v; last seen: %s", what, err, last)
	}
}

// TestTakeover runs two provisioners with their flags' defaults, kills the one
// that leads and sees a store through with the other; then stops that one, and
// sees it hand over to a third. How long both take is printed.
func TestTakeover(t *testing.T) {
	t.Parallel()
	own := bare(t, controlplane.Etcd, controlplane.KubeAPIServer)
	client := versioned.NewForConfigOrDie(own.RESTConfig()).PlatformV1alpha1().Stores()
	leases := kubernetes.NewForConfigOrDie(own.RESTConfig()).CoordinationV1().Leases("store-platform")
	applied := func(name string) {
		t.Helper()
		_, err := client.Create(t.Context(), &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: v1alpha1.StoreSpec{Engine: "woocommerce"}}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		reached(t, "store "+name+" is taken up", func(ctx context.Context) (bool, string) {
			store, err := client.Get(ctx, name, metav1.GetOptions{})
			return err == nil && store.Status.ObservedGeneration > 0, fmt.Sprint(err)
		})
	}
	first := startLone(t, own)
	reached(t, "the first leads", first.leads)
	second := startLone(t, own)
	reached(t, "the second knows the administrator", func(ctx context.Context) (bool, string) {
		status, body := second.get(ctx, second.admin, "/metrics")
		return status == http.StatusOK, fmt.Sprintf("%d %s", status, body)
	})
	applied("before")
	// Its rights in the store's namespace may arrive after its first report.
	const one = `store_platform_provisioner_applies_total{kind="Deployment",result="applied"} 1`
	reached(t, "the first applies", func(ctx context.Context) (bool, string) {
		status, body := first.get(ctx, first.admin, "/metrics")
		return strings.Contains(body, one), fmt.Sprint(status)
	})

	t.Run("health and metrics", func(t *testing.T) {
		for _, c := range []struct {
			name, path, reason string
			of                 *lone
			client             *http.Client
			status             int
			body               string
		}{
			{name: "health", path: "/healthz", of: second, client: second.nobody, status: http.StatusOK, reason: "a kubelet has no account here"},
			{name: "liveness", path: "/livez", of: second, client: second.nobody, status: http.StatusOK, reason: "a kubelet has no account here"},
			{name: "readiness", path: "/readyz", of: second, client: second.nobody, status: http.StatusOK, reason: "who stands by is ready"},
			{name: "metrics of a stranger", path: "/metrics", of: second, client: second.nobody, status: http.StatusForbidden,
				body: `"kind":"Status"`, reason: "they tell of the business"},
			{name: "standby", path: "/metrics", of: second, client: second.admin, status: http.StatusOK, body: "store_platform_provisioner_leader 0\n", reason: "it does not lead"},
			{name: "applies", path: "/metrics", of: first, client: first.admin, status: http.StatusOK,
				body: one, reason: "one store has one Deployment"},
			{name: "queue", path: "/metrics", of: first, client: first.admin, status: http.StatusOK, body: `workqueue_depth{name="store_provisioner"`, reason: "who scales needs it"},
			{name: "lease", path: "/metrics", of: first, client: first.admin, status: http.StatusOK,
				body: `leader_election_master_status{name="store-provisioner"} 1`, reason: "the field's own metric says it, too"},
		} {
			t.Run(c.name, func(t *testing.T) {
				status, body := c.of.get(t.Context(), c.client, c.path)
				if status != c.status || !strings.Contains(body, c.body) {
					t.Errorf("%s is answered %d without %q: %s", c.path, status, c.body, c.reason)
				}
			})
		}
	})

	killed := time.Now()
	if err := first.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	reached(t, "the second leads", second.leads)
	t.Logf("takeover after SIGKILL: %s", time.Since(killed).Round(10*time.Millisecond))
	applied("between")

	third := startLone(t, own)
	stopped := time.Now()
	if err := second.process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	reached(t, "the third leads", third.leads)
	t.Logf("takeover after a stop: %s", time.Since(stopped).Round(10*time.Millisecond))
	applied("after")
	lease, err := leases.Get(t.Context(), "store-provisioner", metav1.GetOptions{})
	if err != nil || lease.Spec.LeaseTransitions == nil || *lease.Spec.LeaseTransitions < 2 {
		t.Errorf("the lease %v (%v) did not pass on twice", lease.Spec, err)
	}
}
