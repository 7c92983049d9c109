package lifecycle

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestCertManager is the life of an installation whose certificates are cert-manager's.
func TestCertManager(t *testing.T) {
	startCertManager(t)
	begin(t)
	chart := append(current(), "--values", "testdata/values-certmanager.yaml")

	step(t, "it is installed", func(t *testing.T) {
		install(t, chart)
		served(t)
		published(t)
	})
	shops := map[string]shop{}
	step(t, "a store is ordered", func(t *testing.T) {
		order(t, "issued-one")
		shops["issued-one"] = ready(t, "issued-one")
	})
	step(t, "it is upgraded under load", func(t *testing.T) {
		clients := startLoad(t, "issued-upgrade")
		upgrade(t, append(chart, "--values", "testdata/values-another.yaml"))
		served(t)
		clients.check(t)
		published(t)
		unharmed(t, shops)
	})
	step(t, "certificates are renewed under load", func(t *testing.T) {
		clients := startLoad(t, "issued-renewal")
		before := serving(t)
		renew(t, "store-apiserver")
		replaced(t, before)
		reported(t)
		clients.check(t)
		published(t)
	})
	step(t, "what signs them is renewed under load", func(t *testing.T) {
		clients := startLoad(t, "issued-authority")
		before := serving(t)
		renew(t, "store-apiserver-ca")
		renew(t, "store-apiserver")
		replaced(t, before)
		clients.check(t)
		published(t)
	})
	step(t, "it is rolled back under load", func(t *testing.T) {
		clients := startLoad(t, "issued-rollback")
		rollback(t, "1")
		served(t)
		clients.check(t)
		published(t)
		unharmed(t, shops)
	})
	step(t, "it takes to a certificate of its own, and back, under load", func(t *testing.T) {
		clients := startLoad(t, "issued-change")
		upgrade(t, current())
		served(t)
		serving(t)
		upgrade(t, chart)
		served(t)
		published(t)
		clients.check(t)
	})
	step(t, "it is removed", func(t *testing.T) {
		before := len(deletions(t))
		uninstall(t)
		removed(t, before)
		unharmed(t, shops)
		eventually(t, "its certificates are gone", func(context.Context) error {
			if left := kubectl(t, "-n", namespace, "get", "certificates,issuers", "--output", "name"); left != "" {
				return fmt.Errorf("these are left: %s", left)
			}
			return nil
		})
	})
}

// startCertManager installs cert-manager's kinds, as released, and runs cert-manager
// until the test ends.
func startCertManager(t *testing.T) {
	t.Helper()
	module := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cert-manager/cert-manager")
	module.Dir = filepath.Join(root, "test", "clients", "certmanager")
	var words strings.Builder
	module.Stderr = &words
	out, err := module.Output()
	if err != nil {
		t.Fatalf("find cert-manager: %v\n%s", err, words.String())
	}
	kinds, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "deploy", "crds", "cert-manager.io_*.yaml"))
	if err != nil || len(kinds) == 0 {
		t.Fatalf("cert-manager's module has no kinds: %v", err)
	}
	for _, file := range kinds {
		kubectl(t, "apply", "--server-side", "--filename", file)
	}
	kubectl(t, "wait", "--for=condition=Established", "--timeout=1m", "crd/certificates.cert-manager.io", "crd/certificaterequests.cert-manager.io", "crd/issuers.cert-manager.io", "crd/clusterissuers.cert-manager.io")

	path := filepath.Join(t.TempDir(), "certmanager.log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(filepath.Join(root, ".local", "bin", "certmanager"), "--kubeconfig="+cluster.Kubeconfig())
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		if err := command.Wait(); err != nil {
			t.Errorf("cert-manager: %v", err)
		}
	}()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM) // fails where it has ended
		<-exited
		log.Close()
		if t.Failed() {
			t.Logf("cert-manager:\n%s", tail(path, 8<<10))
		}
	})
	// Kinds that are established are found by clients a moment later.
	eventually(t, "an issuer can be made", func(context.Context) error {
		_, stderr, err := cluster.Kubectl(t, "apply", "--filename", "testdata/issuer.yaml")
		if err != nil {
			return fmt.Errorf("%w: %s", err, stderr)
		}
		return nil
	})
	eventually(t, "cert-manager takes up an issuer", func(context.Context) error {
		select {
		case <-exited:
			t.Fatal("cert-manager has ended")
		default:
		}
		if status := kubectl(t, "get", "issuer/life-issuer", "--output", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`); status != "True" {
			return fmt.Errorf("its condition Ready is %q", status)
		}
		return nil
	})
}

// serving are the certificates that are served now.
func serving(t *testing.T) map[string]*x509.Certificate {
	t.Helper()
	now, err := presented(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// published wants kube-apiserver to trust what signed the certificate, beside which
// cert-manager may leave what it injected before, and whatever is served to be trusted.
func published(t *testing.T) {
	t.Helper()
	eventually(t, "the authority is published", func(ctx context.Context) error {
		secret, err := kube.CoreV1().Secrets(namespace).Get(ctx, "store-apiserver-tls", metav1.GetOptions{})
		if err != nil {
			return err
		}
		bundle, err := base64.StdEncoding.DecodeString(kubectl(t, "get", "apiservice", apiService, "-o", "jsonpath={.spec.caBundle}"))
		if err != nil {
			return err
		}
		authority := bytes.TrimSpace(secret.Data["ca.crt"])
		if len(authority) == 0 || !bytes.Contains(bundle, authority) {
			return errors.New("the certificate's authority is not in the caBundle")
		}
		return nil
	})
	serving(t)
}

// renew does as `cmctl renew` does, and waits until cert-manager has issued.
func renew(t *testing.T, certificate string) {
	t.Helper()
	before := revision(t, certificate)
	patch, err := json.Marshal([]any{map[string]any{"op": "add", "path": "/status/conditions/-", "value": metav1.Condition{
		Type: "Issuing", Status: metav1.ConditionTrue, Reason: "ManuallyTriggered", Message: "Renewed by hand",
		LastTransitionTime: metav1.Time{Time: time.Now()},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	kubectl(t, "-n", namespace, "patch", "certificate", certificate, "--subresource=status", "--type=json", "--patch", string(patch))
	eventually(t, certificate+" is issued again", func(context.Context) error {
		if now := revision(t, certificate); now == before {
			return fmt.Errorf("it is of revision %s still", now)
		}
		return nil
	})
}

func revision(t *testing.T, certificate string) string {
	t.Helper()
	return kubectl(t, "-n", namespace, "get", "certificate", certificate, "--output", "jsonpath={.status.revision}")
}
