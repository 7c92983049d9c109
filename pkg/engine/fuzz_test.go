package engine_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
)

// FuzzUserText puts a user's text wherever a user has text, and looks at the
// rendering with its own eyes rather than with the package's rules: the objects
// are those of a harmless text, in the store's namespace, with the same pods.
func FuzzUserText(f *testing.F) {
	for _, text := range []string{
		"Acme", `"`, `'`, "a\nb: c", "---\nkind: Namespace", "{{ .Values }}", `{{ fail "x" }}`, "$(WORDPRESS_DB_PASSWORD)", "${HOME}",
		"`id`", "<no value>", "<no <no value>value>", "ünï💥", "\x00", "\u2028", "\x7f", "\u0085", "\ufeff", "\uffff", "#", "& * ! | > % @", "hostNetwork: true",
		"\n      hostNetwork: true\n", "HELM_ERR_STARTxHELM_ERR_END", strings.Repeat("x", 100), "\\", "\t", "null", "0x10", "~",
	} {
		f.Add(text)
	}
	catalogue := embedded(f)
	inputs := map[string]func(text string) map[string]any{
		"woocommerce": func(text string) map[string]any {
			return map[string]any{"storeAddress": map[string]any{"street": text, "city": text, "postcode": text}}
		},
		"medusa": func(text string) map[string]any { return map[string]any{"regionName": text} },
	}
	build := func(f testing.TB, name, text string) engine.Input {
		in := readInput(f, "testdata/render/"+name+"-starter")
		raw, err := json.Marshal(inputs[name](text))
		if err != nil {
			f.Fatalf("encode parameters: %v", err)
		}
		in.Store.Spec.DisplayName = text
		in.Store.Spec.Parameters = &v1alpha1.JSONObject{Raw: raw}
		return in
	}
	harmless := map[string]*engine.Release{}
	for name := range inputs {
		release, err := render(catalogue, build(f, name, "harmless"))
		if err != nil {
			f.Fatalf("render: %v", err)
		}
		harmless[name] = release
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name := range inputs {
			release, err := render(catalogue, build(t, name, text))
			var invalid *engine.InvalidStoreError
			if errors.As(err, &invalid) {
				continue // too long, say
			}
			if err != nil {
				t.Fatalf("%s: a user's text breaks the rendering: %v", name, err)
			}
			compareToHarmless(t, harmless[name], release)
			want := string([]rune(text)) // what JSON makes of bytes that are no text
			if want == "" {
				want = "acme"
				if name == "medusa" {
					want = "globex"
				}
			}
			if got := title(release); got != want {
				t.Fatalf("%s: the shop is called %q, want %q", name, got, want)
			}
		}
	})
}

// title is what the shop will call itself.
func title(release *engine.Release) string {
	for _, object := range release.Objects {
		if object.GetKind() == "ConfigMap" && strings.HasPrefix(object.GetName(), "settings-") {
			text, _, _ := unstructured.NestedString(object.Object, "data", "STORE_TITLE")
			return text
		}
	}
	return ""
}

// FuzzHosts does the same with hosts, which validation elsewhere keeps clean.
func FuzzHosts(f *testing.F) {
	for _, host := range []string{"shop.example", "", "*.example", "a\nb: c", `"`, "{{ . }}", "$(X)", "a,b", "http://x", "\x7f", "\u0085"} {
		f.Add(host)
	}
	catalogue := embedded(f)
	want := map[string]*engine.Release{}
	for _, name := range catalogue.Names() {
		in := readInput(f, "testdata/render/"+name+"-starter")
		in.Store.Spec.Hosts = []string{"harmless.example"}
		release, err := render(catalogue, in)
		if err != nil {
			f.Fatalf("render: %v", err)
		}
		want[name] = release
	}
	f.Fuzz(func(t *testing.T, host string) {
		for _, name := range catalogue.Names() {
			in := readInput(t, "testdata/render/"+name+"-starter")
			in.Store.Spec.Hosts = []string{host}
			release, err := render(catalogue, in)
			if err != nil {
				t.Fatalf("%s: a host breaks the rendering: %v", name, err)
			}
			compareToHarmless(t, want[name], release)
		}
	})
}

// FuzzParameters: whatever the JSON, it is refused or rendered, by type.
func FuzzParameters(f *testing.F) {
	for _, raw := range []string{"", "{}", "null", "[]", `{"currency":"USD"}`, `{"currency":{}}`, `{"countries":["de"]}`, `{"countries":[1e999]}`, `{"storeAddress":null}`} {
		f.Add([]byte(raw))
	}
	catalogue := embedded(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, name := range catalogue.Names() {
			in := readInput(t, "testdata/render/"+name+"-starter")
			in.Store.Spec.Parameters = &v1alpha1.JSONObject{Raw: raw}
			_, err := render(catalogue, in)
			var invalid *engine.InvalidStoreError
			if err != nil && !errors.As(err, &invalid) {
				t.Fatalf("%s: parameters break the rendering: %v", name, err)
			}
		}
	})
}

// compareToHarmless fails when a text changed more than texts may: the objects'
// names and kinds, their namespace, or anything about their pods but which
// settings they refer to.
func compareToHarmless(t *testing.T, want, got *engine.Release) {
	t.Helper()
	if len(want.Objects) != len(got.Objects) {
		t.Fatalf("%d objects, want %d", len(got.Objects), len(want.Objects))
	}
	for i, object := range got.Objects {
		other := want.Objects[i]
		name, otherName := plainName(object), plainName(other)
		if object.GroupVersionKind() != other.GroupVersionKind() || name != otherName || object.GetNamespace() != other.GetNamespace() {
			t.Fatalf("object %s %s/%s, want %s %s/%s", object.GetKind(), object.GetNamespace(), name, other.GetKind(), other.GetNamespace(), otherName)
		}
		if pods, otherPods := plain(got).Replace(podSpec(t, object)), plain(want).Replace(podSpec(t, other)); pods != otherPods {
			t.Fatalf("the pods of %s %s are others:\n%s", object.GetKind(), name, pods)
		}
	}
}

// plainName is an object's name without the hash of its content.
func plainName(object *unstructured.Unstructured) string {
	name := object.GetName()
	if kind := object.GetKind(); kind == "Job" || kind == "ConfigMap" {
		name = name[:strings.LastIndex(name, "-")]
	}
	return name
}

// plain takes the hashes off the names of a release's ConfigMaps.
func plain(release *engine.Release) *strings.Replacer {
	var names []string
	for _, object := range release.Objects {
		if object.GetKind() == "ConfigMap" {
			names = append(names, strconv.Quote(object.GetName()), strconv.Quote(plainName(object)))
		}
	}
	return strings.NewReplacer(names...)
}

// podSpec is the JSON of an object's pod spec, or nothing.
func podSpec(t *testing.T, object *unstructured.Unstructured) string {
	t.Helper()
	for _, path := range [][]string{{"spec", "template", "spec"}, {"spec", "jobTemplate", "spec", "template", "spec"}} {
		spec, found, err := unstructured.NestedMap(object.Object, path...)
		if err != nil || !found {
			continue
		}
		typed := corev1.PodSpec{}
		convert(t, spec, &typed)
		text, err := json.Marshal(typed)
		if err != nil {
			t.Fatalf("encode pod: %v", err)
		}
		return string(text)
	}
	return ""
}
