package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"platform.example.io/stores/charts"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
)

// probeDefinition is the smallest engine.yaml, with all the kinds that an
// engine may declare.
const probeDefinition = `
displayName: Probe
port: 8080
storefront: {path: /products, statuses: [200]}
adminPath: /admin
adminSecret: admin
versions:
  - {name: "1", images: {application: {repository: probe, tag: "1"}}}
defaultVersion: "1"
plans:
  - name: small
    components:
      application:
        resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 100m, memory: 32Mi}}
    volumes: {data: 1Gi}
defaultPlan: small
volumes:
  - {name: data}
secrets:
  - {name: admin, component: application, keys: [{key: username, value: admin}, {key: password, length: 32}]}
kinds:
  - {apiVersion: v1, kind: ConfigMap}
  - {apiVersion: v1, kind: Service}
  - {apiVersion: apps/v1, kind: Deployment}
  - {apiVersion: apps/v1, kind: StatefulSet}
  - {apiVersion: batch/v1, kind: Job}
  - {apiVersion: batch/v1, kind: CronJob}
`

const probeSchema = `{"type": "object", "additionalProperties": false, "properties": {
  "text": {"type": "string", "default": "a text"},
  "count": {"type": "integer"}
}}`

// engineDirectory writes engine `probe`, revision r1, with files added or
// replaced, into a directory of engines.
func engineDirectory(t testing.TB, files map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	all := map[string]string{
		"Chart.yaml":             "apiVersion: v2\nname: probe\nversion: 1.0.0\n",
		"engine.yaml":            probeDefinition,
		"parameters.schema.json": probeSchema,
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		path := filepath.Join(directory, "probe", "r1", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatalf("make directory: %v", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatalf("write file: %v", err)
		}
	}
	return directory
}

// writeEngine loads what engineDirectory writes.
func writeEngine(t testing.TB, files map[string]string) *engine.Revision {
	t.Helper()
	catalogue, err := engine.Load(charts.Files, engineDirectory(t, files))
	if err != nil {
		t.Fatalf("load engines: %v", err)
	}
	probe, found := catalogue.Lookup("probe")
	if !found {
		t.Fatal("the directory's engine is not in the catalogue")
	}
	return probe.Latest()
}

func probeStore() *v1alpha1.Store {
	return &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: "acme"},
		Spec:       v1alpha1.StoreSpec{Engine: "probe", Version: "1", Plan: "small"},
	}
}

func copyTree(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatalf("copy files: %v", err)
	}
}

// scheme has the types of everything that is rendered by default.
var scheme = func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}()
