package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
	"platform.example.io/stores/test/controlplane"
)

const (
	// planted is written into a Secret by hand.
	planted = "planted-by-hand-4d3c2b1a"
	// misplaced is what somebody gives as a parameter that does not exist.
	misplaced = "misplaced-password-9f8e7d6c"
	// witness is in a Store, and so in the log of a server that logs all it sends.
	witness = "Witness of the log"
)

// TestNoSecretIsTold lets the platform say all that it can, log at the highest
// verbosity and audit every body, and looks for the values of a shop's Secrets in
// everything that was said.
func TestNoSecretIsTold(t *testing.T) {
	t.Parallel()
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	policy := filepath.Join(t.TempDir(), "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: RequestResponse}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	audit := filepath.Join(t.TempDir(), "audit.log")
	options.PlatformConfig = withExisting(t, options.PlatformConfig)
	options.PlatformArgs = []string{"-v=10", "--audit-policy-file=" + policy, "--audit-log-path=" + audit}
	options.Nodes = 1
	own := controlplane.Start(t, options)
	admin := kubernetes.NewForConfigOrDie(own.RESTConfig())
	shops := versioned.NewForConfigOrDie(own.RESTConfig()).PlatformV1alpha1().Stores()

	engines := []string{"woocommerce", "medusa"}
	values := []string{planted, misplaced}
	for _, engine := range engines {
		values = append(values, liveThrough(t, admin, shops, engine)...)
	}
	// Another process begins by reading all Secrets.
	own.Kill(t, controlplane.Platform)
	own.WaitReady(t)
	for _, engine := range engines {
		values = append(values, untilMadeAnew(t, admin, engine))
	}
	if len(values) < 15 {
		t.Fatalf("there are %d values to look for only", len(values))
	}

	told := map[string][]byte{"metrics": metricsOf(t, own)}
	for _, pattern := range []string{filepath.Join(filepath.Dir(own.LogPath("supervisor")), "*"), audit} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("found no log %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			told[file] = append(text, undumped(text)...)
		}
	}
	if !bytes.Contains(told[own.LogPath(controlplane.Platform)], []byte(witness)) || !bytes.Contains(told[audit], []byte(witness)) {
		t.Errorf("the logs do not tell of %q: they are not as talkative as this test needs them", witness)
	}
	for _, resource := range []string{"stores", "namespaces", "events", "events.events.k8s.io", "configmaps", "pods", "deployments,statefulsets,jobs,cronjobs", "leases", "serviceaccounts"} {
		stdout, stderr, err := own.Kubectl(t, "get", resource, "--all-namespaces", "--show-managed-fields", "--output=json")
		if err != nil {
			t.Fatalf("get %s: %v: %s", resource, err, stderr)
		}
		told[resource] = []byte(stdout)
	}
	for where, text := range told {
		for _, value := range values {
			if where == audit && value == misplaced {
				// Who audits bodies has what users send; the chart audits none.
				continue
			}
			for form, written := range map[string]string{
				"itself": value, "in base64": base64.StdEncoding.EncodeToString([]byte(value)), "in hexadecimal": hex.EncodeToString([]byte(value)),
			} {
				if bytes.Contains(text, []byte(written)) {
					t.Errorf("%s tells a secret value (%s), which begins with %q", where, form, value[:4])
				}
			}
		}
	}
}

// liveThrough takes a shop through what touches its Secrets, and returns the
// values that were made for it.
func liveThrough(t *testing.T, admin kubernetes.Interface, shops storesclient.StoreInterface, engine string) []string {
	t.Helper()
	name := "told-" + engine
	refused := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{
		Engine: engine, Parameters: &v1alpha1.JSONObject{Raw: []byte(`{"adminPassword":"` + misplaced + `"}`)},
	}}
	if _, err := shops.Create(t.Context(), refused, metav1.CreateOptions{}); !apierrors.IsInvalid(err) || strings.Contains(err.Error(), misplaced) {
		t.Errorf("an unknown parameter gives %v, want it to be invalid and not repeated", err)
	}
	ordered := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: engine, DisplayName: witness}}
	if _, err := shops.Create(t.Context(), ordered, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	var values []string
	if engine == "medusa" {
		values = []string{"existing-3e1c5b7a9d", "existing-8f6d4b2c0e"}
		tokens := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "tokens"}, StringData: map[string]string{"JWT_SECRET": values[0], "COOKIE_SECRET": values[1]}}
		if _, err := admin.CoreV1().Secrets(v1alpha1.NamespacePrefix+name).Create(t.Context(), tokens, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, name+" is ready", func(ctx context.Context) error {
		store, err := shops.Get(ctx, name, metav1.GetOptions{})
		if err == nil && store.Status.Phase != v1alpha1.StoreReady {
			err = fmt.Errorf("its status is %+v", store.Status)
		}
		return err
	})
	secrets, err := admin.CoreV1().Secrets(v1alpha1.NamespacePrefix+name).List(t.Context(), metav1.ListOptions{LabelSelector: v1alpha1.LabelStore})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets.Items {
		for key, value := range secret.Data {
			if key != "name" && key != "username" {
				values = append(values, string(value))
			}
		}
	}
	for secret, patch := range map[string]string{
		"admin":    `{"stringData":{"password":"` + planted + `"}}`,
		"database": `{"data":{"password":null}}`,
	} {
		if _, err := admin.CoreV1().Secrets(v1alpha1.NamespacePrefix+name).Patch(t.Context(), secret, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// withExisting returns a configuration that leaves a Secret of Medusa to others.
func withExisting(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "platform.yaml")
	if err := os.WriteFile(path, append(text, "\nsecrets: {medusa: {tokens: {source: Existing}}}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// untilMadeAnew waits until the lost key is there again, and returns its value.
func untilMadeAnew(t *testing.T, admin kubernetes.Interface, engine string) (value string) {
	t.Helper()
	eventually(t, "the lost key of "+engine+" is made anew", func(ctx context.Context) error {
		secret, err := admin.CoreV1().Secrets(v1alpha1.NamespacePrefix+"told-"+engine).Get(ctx, "database", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if value = string(secret.Data["password"]); value == "" {
			return errors.New("it is not there")
		}
		return nil
	})
	return value
}

func metricsOf(t *testing.T, own *controlplane.Cluster) []byte {
	t.Helper()
	config, err := own.ServerConfig(controlplane.Platform)
	if err != nil {
		t.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(config).RESTClient()
	var text []byte
	eventually(t, "the metrics tell that a store was looked at", func(ctx context.Context) (err error) {
		if text, err = client.Get().AbsPath("/metrics").DoRaw(ctx); err == nil && !bytes.Contains(text, []byte("provisioner_reconcile_duration")) {
			err = errors.New("they do not")
		}
		return err
	})
	return text
}

var dumpLine = regexp.MustCompile(`(?m)^\s*[0-9a-f]{8}  [0-9a-f ]+\|(.+)\|$`)

// undumped puts together the text that is in hexadecimal dumps, as client-go logs
// what is sent in protobuf.
func undumped(text []byte) []byte {
	var joined []byte
	for _, line := range dumpLine.FindAllSubmatch(text, -1) {
		joined = append(joined, line[1]...)
	}
	return joined
}
