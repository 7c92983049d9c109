package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/charts"
	"platform.example.io/stores/pkg/engine"
)

func TestEmbedded(t *testing.T) {
	catalogue := embedded(t)
	if diff := cmp.Diff([]string{"medusa", "woocommerce"}, catalogue.Names()); diff != "" {
		t.Errorf("Names() (-want +got):\n%s", diff)
	}
	for _, name := range catalogue.Names() {
		known, _ := catalogue.Lookup(name)
		revision := known.Latest()
		if !revision.HasVersion(revision.Definition.DefaultVersion) || !revision.HasPlan(revision.Definition.DefaultPlan) {
			t.Errorf("engine %s has no default version or no default plan", name)
		}
		api := known.API()
		if api.Name != name || api.Spec.Revision != revision.Name || len(api.Spec.Volumes) != len(revision.Volumes()) ||
			len(api.Spec.Versions) != len(revision.Versions()) || len(api.Spec.Plans) != len(revision.Plans()) {
			t.Errorf("API() of engine %s leaves something out: %+v", name, api)
		}
		for _, volume := range api.Spec.Volumes {
			if len(volume.DefaultSizes) != len(api.Spec.Plans) {
				t.Errorf("API() of engine %s: volume %s has %d sizes for %d plans", name, volume.Name, len(volume.DefaultSizes), len(api.Spec.Plans))
			}
		}
		api.Spec.ParametersSchema.Raw[0] = 'x'
		if known.API().Spec.ParametersSchema.Raw[0] == 'x' {
			t.Errorf("API() of engine %s hands out its own schema", name)
		}
	}
	if _, found := catalogue.Lookup("magento"); found {
		t.Error("Lookup finds an engine that nobody installed")
	}
}

func TestLoadDirectory(t *testing.T) {
	tests := []struct {
		name, reason string
		files        map[string]string
		// wantField is the offending field, for a DefinitionError; otherwise wantErr
		// tells whether there is one.
		wantField string
		wantErr   bool
	}{
		{name: "smallest", reason: "a directory brings an engine without a rebuild"},
		{name: "no definition", reason: "a chart alone says not what can be ordered", files: map[string]string{"engine.yaml": ""}, wantField: "displayName"},
		{name: "unknown field", reason: "a misspelt field would be ignored", files: replaced("port: 8080", "prot: 8080"), wantErr: true},
		{name: "other case", reason: "fields have one spelling", files: replaced("port: 8080", "Port: 8080"), wantErr: true},
		{name: "repeated field", reason: "readers differ in which they take", files: replaced("port: 8080", "port: 8080\nport: 80"), wantErr: true},
		{name: "port", reason: "nothing could be routed to it", files: replaced("port: 8080", "port: 0"), wantField: "port"},
		{name: "admin path", reason: "it is put behind a URL", files: replaced("/admin", "admin"), wantField: "adminPath"},
		{name: "no storefront", reason: "nobody could say whether the shop sells", files: replaced("storefront: {path: /products, statuses: [200]}\n", ""), wantField: "storefront.path"},
		{name: "storefront elsewhere", reason: "a path that is an address would be asked there", files: replaced("path: /products", "path: //other.example/"), wantField: "storefront.path"},
		{name: "storefront of another scheme", reason: "the shop's address is the platform's to say", files: replaced("path: /products", "path: 'http://other.example/'"), wantField: "storefront.path"},
		{name: "storefront with a line", reason: "a second line would be a header", files: replaced("path: /products", `path: "/a HTTP/1.1\r\nX: y"`), wantField: "storefront.path"},
		{name: "storefront with a fragment", reason: "it is never sent", files: replaced("path: /products", `path: "/a#b"`), wantField: "storefront.path"},
		{name: "storefront without statuses", reason: "no answer would be a good one", files: replaced("statuses: [200]", "statuses: []"), wantField: "storefront.statuses"},
		{name: "storefront that redirects", reason: "an own redirect is followed, another is no shop", files: replaced("statuses: [200]", "statuses: [200, 302]"), wantField: "storefront.statuses[1]"},
		{name: "storefront that fails", reason: "a server's error is never a good answer", files: replaced("statuses: [200]", "statuses: [503]"), wantField: "storefront.statuses[0]"},
		{name: "storefront as another host", reason: "whom the shop is asked as is the platform's to say", files: replaced("statuses: [200]", "statuses: [200], headers: {host: other.example}"), wantField: "storefront.headers[host]"},
		{name: "storefront with a header of two lines", reason: "the second would be a header", files: replaced("statuses: [200]", `statuses: [200], headers: {a: "b\r\nc: d"}`), wantField: "storefront.headers[a]"},
		{name: "storefront with a header of no name", reason: "it would end the request", files: replaced("statuses: [200]", `statuses: [200], headers: {"a b": c}`), wantField: "storefront.headers[a b]"},
		{name: "default version", reason: "a Store without a version would be refused", files: replaced(`defaultVersion: "1"`, `defaultVersion: "2"`), wantField: "defaultVersion"},
		{name: "default plan", reason: "a Store without a plan would be refused", files: replaced("defaultPlan: small", "defaultPlan: big"), wantField: "defaultPlan"},
		{name: "latest", reason: "the tag moves, and the rendering would not say so", files: replaced(`tag: "1"`, "tag: latest"), wantField: "versions[0].images[application].tag"},
		{name: "no limits", reason: "the quota would refuse its pods", files: replaced("limits: {cpu: 100m, memory: 32Mi}", "limits: {cpu: 100m}"), wantField: "plans[0].components[application].resources.limits[memory]"},
		{name: "unsized volume", reason: "its claim would have no size", files: replaced("volumes: {data: 1Gi}", "volumes: {}"), wantField: "plans[0].volumes[data]"},
		{name: "undeclared volume", reason: "it would have no claim", files: replaced("volumes: {data: 1Gi}", "volumes: {data: 1Gi, more: 1Gi}"), wantField: "plans[0].volumes[more]"},
		{name: "storage quota", reason: "a volume could not grow", files: replaced("volumes: {data: 1Gi}", "volumes: {data: 1Gi}\n    quota: {requests.storage: 1Gi}"), wantField: "plans[0].quota[requests.storage]"},
		{name: "admin secret", reason: "nobody could log in", files: replaced("adminSecret: admin", "adminSecret: other"), wantField: "adminSecret"},
		{name: "admin password", reason: "nobody could log in", files: replaced("key: password", "key: passwort"), wantField: "adminSecret"},
		{name: "weak secret", reason: "it could be guessed", files: replaced("length: 32", "length: 8"), wantField: "secrets[0].keys[1].length"},
		{name: "alphabet", reason: "others break URLs", files: replaced("length: 32", "length: 32, alphabet: punctuation"), wantField: "secrets[0].keys[1].alphabet"},
		{name: "secret of two ways", reason: "one of the two would be ignored", files: replaced("length: 32", "length: 32, value: x"), wantField: "secrets[0].keys[1]"},
		{name: "secret format", reason: "it refers to what is made later", files: replaced("value: admin", `format: "$(password)"`), wantField: "secrets[0].keys[0].format"},
		{name: "replaceable login", reason: "the shop would keep the password before", files: replaced("{name: admin, component: application,", "{name: admin, component: application, replaceable: true,"), wantField: "secrets[0].replaceable"},
		{name: "secret format of a replaceable one", reason: "it would keep what was replaced", files: replaced("secrets:\n",
			"secrets:\n  - {name: session, component: application, replaceable: true, keys: [{key: key, length: 32}]}\n"+
				"  - {name: url, component: application, keys: [{key: url, format: 'x://$(session/key)'}]}\n"), wantField: "secrets[1].keys[0].format"},
		{name: "secret parameter", reason: "there is no such parameter", files: replaced("value: admin", "value: admin, parameter: email"), wantField: "secrets[0].keys[0].parameter"},
		{name: "kind", reason: "an engine may not give rights", files: replaced("{apiVersion: v1, kind: Service}", "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role}"), wantField: "kinds[1]"},
		{name: "level", reason: "privileged is no level for a shop", files: replaced("port: 8080", "port: 8080\npodSecurity: privileged"), wantField: "podSecurity"},
		{name: "chart name", reason: "the directory is the engine's name", files: map[string]string{"Chart.yaml": "apiVersion: v2\nname: other\nversion: 1.0.0\n"}, wantField: "Chart.yaml.name"},
		{name: "dependency", reason: "its objects would be nobody's", files: map[string]string{"Chart.yaml": "apiVersion: v2\nname: probe\nversion: 1.0.0\ndependencies: [{name: x, version: 1.0.0, repository: 'https://x.example'}]\n"}, wantErr: true},
		{name: "custom resource definition", reason: "it belongs to the cluster", files: map[string]string{"crds/x.yaml": "kind: CustomResourceDefinition\n"}, wantErr: true},
		{name: "open schema", reason: "a misspelt parameter would be ignored", files: map[string]string{"parameters.schema.json": `{"type": "object"}`}, wantErr: true},
		{name: "remote schema", reason: "it would mean something else tomorrow", files: map[string]string{"parameters.schema.json": `{"type": "object", "additionalProperties": false, "properties": {"a": {"$ref": "https://x.example/s.json"}}}`}, wantErr: true},
		{name: "no schema", reason: "a chart without parameters says so", files: map[string]string{"parameters.schema.json": "x"}, wantErr: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			catalogue, err := engine.Load(charts.Files, engineDirectory(t, test.files))
			if test.wantField == "" && !test.wantErr {
				if err != nil {
					t.Fatalf("Load: %v, because %s", err, test.reason)
				}
				if diff := cmp.Diff([]string{"medusa", "probe", "woocommerce"}, catalogue.Names()); diff != "" {
					t.Errorf("Names() (-want +got):\n%s", diff)
				}
				return
			}
			if err == nil {
				t.Fatalf("Load passed, want an error: %s", test.reason)
			}
			var invalid *engine.DefinitionError
			if errors.As(err, &invalid) != (test.wantField != "") {
				t.Fatalf("Load: %v, want a DefinitionError: %t", err, test.wantField != "")
			}
			if test.wantField != "" && !hasField(invalid.Errors, test.wantField) {
				t.Errorf("Load: %v, want an error of %s: %s", err, test.wantField, test.reason)
			}
		})
	}
}

// replaced is the probe's engine.yaml with one thing changed.
func replaced(from, to string) map[string]string {
	if !strings.Contains(probeDefinition, from) {
		panic("the definition has no " + from)
	}
	return map[string]string{"engine.yaml": strings.Replace(probeDefinition, from, to, 1)}
}

func hasField(errs field.ErrorList, name string) bool {
	for _, err := range errs {
		if err.Field == name {
			return true
		}
	}
	return false
}

func TestLoadRevisions(t *testing.T) {
	directory := engineDirectory(t, nil)
	copyTree(t, directory+"/probe/r1", directory+"/probe/r2")
	copyTree(t, directory+"/probe/r1", directory+"/probe/r10")
	catalogue, err := engine.Load(charts.Files, directory)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	probe, _ := catalogue.Lookup("probe")
	if diff := cmp.Diff([]string{"r1", "r2", "r10"}, probe.Revisions()); diff != "" {
		t.Errorf("Revisions(), which are numbers (-want +got):\n%s", diff)
	}
	if probe.Latest().Name != "r10" {
		t.Errorf("Latest() is %s, want r10", probe.Latest().Name)
	}
	if _, found := probe.Revision("r3"); found {
		t.Error("Revision(r3) finds a revision that nobody installed")
	}

	copyTree(t, "../../charts/engines/medusa/r1", directory+"/medusa/r1")
	var duplicate *engine.DuplicateRevisionError
	if _, err := engine.Load(charts.Files, directory); !errors.As(err, &duplicate) || duplicate.Engine != "medusa" {
		t.Errorf("load of a revision that is built in: %v, want a DuplicateRevisionError", err)
	}
	if _, err := engine.Load(charts.Files, directory+"/missing"); err == nil {
		t.Error("load of a directory that is not there passed")
	}
}

func TestHasImage(t *testing.T) {
	catalogue := embedded(t)
	for reference, want := range map[string]bool{
		"docker.io/library/postgres:17.6": true,
		"store-medusa:2.21.2-r1":          true,
		"store-medusa:2.20.1-r1":          true,
		"library/postgres:17.6":           false,
		"docker.io/library/postgres":      false,
	} {
		if got := catalogue.HasImage(reference); got != want {
			t.Errorf("HasImage(%q) = %t, want %t: a replacement is for the image as engine.yaml has it", reference, got, want)
		}
	}
}

// TestPodSecurity has a newer revision that is stricter than the one before.
func TestPodSecurity(t *testing.T) {
	directory := engineDirectory(t, map[string]string{"engine.yaml": probeDefinition + "podSecurity: baseline\n"})
	copyTree(t, filepath.Join(directory, "probe", "r1"), filepath.Join(directory, "probe", "r2"))
	if err := os.WriteFile(filepath.Join(directory, "probe", "r2", "engine.yaml"), []byte(probeDefinition), 0o600); err != nil {
		t.Fatal(err)
	}
	catalogue, err := engine.Load(charts.Files, directory)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, reason, engine, running, want string
	}{
		{"new", "it will run the newest", "probe", "", "restricted"},
		{"on the older", "its pods must be able to start until it is moved", "probe", "r1", "baseline"},
		{"moved", "nothing needs more any longer", "probe", "r2", "restricted"},
		{"after a rollback", "nobody knows what it needs", "probe", "r3", ""},
		{"of no engine", "nobody knows what it needs", "gone", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if level, found := catalogue.PodSecurity(tt.engine, tt.running); level != tt.want || found != (tt.want != "") {
				t.Errorf("got %q (found: %t), want %q: %s", level, found, tt.want, tt.reason)
			}
		})
	}
}
