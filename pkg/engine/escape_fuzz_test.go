package engine_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// careless is a chart that does with parameters what no chart should: it writes
// them into YAML as they are, where a text can end the value, the object and the
// document. What is inside the walls then is the walls' merit alone.
const careless = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  labels: {app.kubernetes.io/component: application}
data:
  text: {{ .Values.parameters.text }}
---
{{ .Values.parameters.document }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: careless
  labels: {app.kubernetes.io/component: application}
spec:
  selector:
    matchLabels: {app.kubernetes.io/component: application}
  template:
    metadata:
      labels: {app.kubernetes.io/component: application}
    spec:
      serviceAccountName: store
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      {{ .Values.parameters.pod }}
      containers:
        - name: app
          image: probe
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 10m, memory: 16Mi}}
          {{ .Values.parameters.container }}
`

const carelessSchema = `{"type": "object", "additionalProperties": false, "properties": {
  "text": {"type": "string", "default": "harmless"}, "document": {"type": "string", "default": ""},
  "pod": {"type": "string", "default": "hostname: harmless"}, "container": {"type": "string", "default": "env: []"}
}}`

// podSeeds and containerSeeds are what somebody who wants out would write.
var (
	podSeeds = []string{
		"hostname: harmless", "hostNetwork: true", "hostPID: true", "hostIPC: true", "hostUsers: false", "nodeName: control-plane",
		"serviceAccountName: default", "serviceAccount: default", "automountServiceAccountToken: true", "hostNetwork: !!bool true",
		"? hostNetwork\n      : true", `"host\u004eetwork": true`, "hostNetwork: yes", "HostNetwork: true", "<<: {hostNetwork: true}",
		"x: &a {hostPath: {path: /}}\n      volumes: [{name: v, <<: *a}]", "volumes: [{name: v, hostPath: {path: /}}]",
		"volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: token}}]}}]", "volumes: [{name: v, secret: {secretName: other}}]",
		"volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]", "volumes: [{name: v, nfs: {server: s, path: /}}]",
		"volumes: [{name: v, csi: {driver: secrets-store.csi.k8s.io}}]", "volumes: [{name: v, emptyDir: {}}]", "runtimeClassName: host",
		"initContainers: [{name: i, image: i, securityContext: {privileged: true}}]", "ephemeralContainers: [{name: e, image: e}]",
		"imagePullSecrets: [{name: other}]", "resourceClaims: [{name: gpu, resourceClaimName: gpu}]", "priorityClassName: system-node-critical",
		"tolerations: [{operator: Exists}]", "hostAliases: [{ip: 10.0.0.1, hostnames: [database]}]",
	}
	containerSeeds = []string{
		"env: []", "securityContext: {privileged: true}", "stdin: true\n        - name: b\n          image: b\n          securityContext: {privileged: true}",
		"stdin: true\n      hostNetwork: true", "ports: [{containerPort: 80, hostPort: 80}]", "envFrom: [{secretRef: {name: other}}]",
		"env: [{name: a, valueFrom: {secretKeyRef: {name: other, key: a}}}]", "env: [{name: a, valueFrom: {secretKeyRef: {name: admin, key: password}}}]",
		"volumeDevices: [{name: v, devicePath: /dev/sda}]", "stdin: true\n        - {name: b, image: b, securityContext: {capabilities: {add: [SYS_ADMIN]}}}",
		"stdin: true\n        - {name: b, image: b, securityContext: {procMount: Unmasked}}", "securityContext: {allowPrivilegeEscalation: true}",
	}
	textSeeds = []string{
		"harmless", `"`, "a: b", "x\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: stolen}", "{{ .Release }}", "!!binary x", "*anchor",
		"x\nmetadata: {namespace: kube-system}", "x\n  other: y\nmetadata:\n  name: settings\n  namespace: kube-system", "<no value>", "\u2028---\u2028", "\x00",
		"x\n...\n---\nkind: Namespace", "x\n--- # end\napiVersion: v1\nkind: Pod", "x\r\n---\r\nkind: Pod\r\napiVersion: v1\r\nmetadata: {name: a}",
	}
	documentSeeds = []string{
		"", "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]", "[]", "null", "~", "{}", "kind: Pod",
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: other, labels: {app.kubernetes.io/component: application}}",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, labels: {app.kubernetes.io/component: application}}",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: kube-system, labels: {app.kubernetes.io/component: application}}",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, labels: {app.kubernetes.io/component: application, platform.example.io/store: other}}",
		"apiVersion: v1\nkind: Service\nmetadata: {name: s, labels: {app.kubernetes.io/component: application}}\nspec: {type: ExternalName, externalName: kubernetes.default}",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {kind: ClusterRole, name: cluster-admin}",
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c, labels: {app.kubernetes.io/component: application}}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {hostPID: true}}}}}",
	}
	parameterSeeds = []string{
		`{}`, `{"storeAddress":{"street":"x\n      hostNetwork: true","city":"\"","postcode":"{{ fail \"x\" }}"}}`,
		`{"regionName":"x\n---\nkind: Namespace"}`, `{"adminEmail":"\"a\\n---\"@example.com"}`, `{"storefrontOrigins":["https://a\n","https://b"]}`,
		`{"currency":"EUR\n"}`, `{"country":"DE","__proto__":{}}`, `{"adminEmail":"a@example.com","adminEmail":"b"}`, `{"sampleProducts":"true"}`, `{"locale":null}`,
	}
)

// FuzzEscape renders whatever a user says, with the built-in engines and with the
// careless one: what comes out is inside the store, or nothing comes out.
func FuzzEscape(f *testing.F) {
	for _, seeds := range []struct {
		values []string
		add    func(string)
	}{
		{parameterSeeds, func(s string) { f.Add([]byte(s), "Acme", "", "env: []", "env: []") }},
		{textSeeds, func(s string) { f.Add([]byte("{}"), s, "", "hostname: a", "env: []") }},
		{append(documentSeeds, hostileDocuments(f)...), func(s string) { f.Add([]byte("{}"), "Acme", s, "hostname: a", "env: []") }},
		{podSeeds, func(s string) { f.Add([]byte("{}"), "Acme", "", s, "env: []") }},
		{containerSeeds, func(s string) { f.Add([]byte("{}"), "Acme", "", "hostname: a", s) }},
	} {
		for _, value := range seeds.values {
			seeds.add(value)
		}
	}
	builtIn, open := embedded(f), carelessEngine(f)
	f.Fuzz(func(t *testing.T, parameters []byte, text, document, pod, container string) {
		for _, name := range builtIn.Names() {
			in := readInput(t, "testdata/render/"+name+"-starter")
			in.Store.Spec.DisplayName, in.Store.Spec.Hosts = text, []string{text}
			in.Store.Spec.Parameters = &v1alpha1.JSONObject{Raw: parameters}
			known, _ := builtIn.Lookup(name)
			rendersInside(t, known.Latest(), in)
		}
		rendersInside(t, open, carelessInput(t, map[string]string{"text": text, "document": document, "pod": pod, "container": container}))
	})
}

// TestWhatIsHarmlessIsRendered keeps FuzzEscape from passing because nothing is
// ever rendered: each part that is harmless comes through the careless chart.
func TestWhatIsHarmlessIsRendered(t *testing.T) {
	open := carelessEngine(t)
	for _, c := range []struct{ name, parameter, text, reason string }{
		{name: "defaults", parameter: "text", text: "harmless", reason: "the chart itself is inside"},
		{name: "object", parameter: "document", text: documentSeeds[8], reason: "a ConfigMap is a kind that it declares"},
		{name: "volume", parameter: "pod", text: "volumes: [{name: v, emptyDir: {}}]", reason: "a volume of the pod's own"},
		{name: "declared claim", parameter: "pod", text: "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]", reason: "the engine declares it"},
		{name: "declared secret", parameter: "container", text: containerSeeds[7], reason: "the engine declares it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !rendersInside(t, open, carelessInput(t, map[string]string{c.parameter: c.text})) {
				t.Errorf("it is refused: %s", c.reason)
			}
		})
	}
}

func carelessEngine(t testing.TB) *engine.Revision {
	return writeEngine(t, map[string]string{"templates/careless.yaml": careless, "parameters.schema.json": carelessSchema})
}

func carelessInput(t testing.TB, parameters map[string]string) engine.Input {
	t.Helper()
	raw, err := json.Marshal(parameters)
	if err != nil {
		t.Fatalf("encode parameters: %v", err)
	}
	store := probeStore()
	store.Spec.Parameters = &v1alpha1.JSONObject{Raw: raw}
	return engine.Input{Store: store, Platform: config.Default()}
}

// rendersInside tells whether anything was rendered, and fails when it is outside.
// What is refused is refused by one of the types that callers tell apart.
func rendersInside(t testing.TB, revision *engine.Revision, in engine.Input) bool {
	t.Helper()
	release, err := revision.Render(in)
	if err == nil {
		checkInside(t, revision, release, in)
		return true
	}
	var (
		invalid   *engine.InvalidStoreError
		broken    *engine.TemplateError
		violation *engine.ViolationError
	)
	if release != nil || !errors.As(err, &invalid) && !errors.As(err, &broken) && !errors.As(err, &violation) {
		t.Fatalf("refused with %v, of type %T, and a release: %t", err, err, release != nil)
	}
	return false
}

// hostileDocuments are the templates of TestEnforcement, as texts of a user.
func hostileDocuments(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/hostile/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no hostile templates: %v", err)
	}
	var documents []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("read template: %v", err)
		}
		documents = append(documents, string(text))
	}
	return documents
}
