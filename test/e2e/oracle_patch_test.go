package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// patch patches in each of the ways that there are, well and badly.
func (o *oracle) patch(t *testing.T) {
	o.both(t, request{method: http.MethodPost, body: object("patch", `"labels":{"a":"1"},"finalizers":["oracle.example.io/a","oracle.example.io/b"]`), want: http.StatusCreated})
	operations := "[" + strings.Repeat(`{"op":"add","path":"/metadata/labels/b","value":"1"},`, 10_000) + `{"op":"remove","path":"/metadata/labels/b"}]`
	o.each(t, request{method: http.MethodPatch}, []request{
		{name: "merge", content: mergePatch, path: "/patch", body: `{"metadata":{"labels":{"b":"2"}}}`, want: http.StatusOK},
		{name: "merge of nothing", content: mergePatch, path: "/patch", body: `{}`, want: http.StatusOK},
		{name: "merge of null", content: mergePatch, path: "/patch", body: `null`},
		{name: "merge of a list", content: mergePatch, path: "/patch", body: `[]`},
		{name: "merge of no JSON", content: mergePatch, path: "/patch", body: `{`, want: http.StatusBadRequest},
		{name: "merge of an empty body", content: mergePatch, path: "/patch"},
		{name: "merge of a wrong type", content: mergePatch, path: "/patch", body: `{"metadata":{"labels":1}}`},
		{name: "merge of an unknown field", content: mergePatch, path: "/patch", body: `{"metadata":{"colour":"red"}}`, want: http.StatusOK},
		{name: "merge of an unknown field, strict", content: mergePatch, path: "/patch?fieldValidation=Strict", body: `{"metadata":{"colour":"red"}}`},
		{name: "merge of an unknown field, warn", content: mergePatch, path: "/patch?fieldValidation=Warn", body: `{"metadata":{"colour":"red"}}`, want: http.StatusOK},
		{name: "merge of a field twice, strict", content: mergePatch, path: "/patch?fieldValidation=Strict", body: `{"metadata":{"labels":{"a":"1"},"labels":{"a":"1"}}}`},
		{name: "merge at a stale version", content: mergePatch, path: "/patch", body: `{"metadata":{"resourceVersion":"1"}}`, want: http.StatusConflict},
		{name: "merge with a version no number", content: mergePatch, path: "/patch", body: `{"metadata":{"resourceVersion":"abc"}}`},
		{name: "merge of another uid", content: mergePatch, path: "/patch", body: `{"metadata":{"uid":"00000000-0000-0000-0000-000000000000"}}`},
		{name: "merge of another name", content: mergePatch, path: "/patch", body: `{"metadata":{"name":"other"}}`, want: http.StatusBadRequest},
		{name: "merge of a namespace", content: mergePatch, path: "/patch", body: `{"metadata":{"namespace":"default"}}`},
		{name: "merge of another kind", content: mergePatch, path: "/patch", body: `{"kind":"Secret"}`},
		{name: "merge of another version", content: mergePatch, path: "/patch", body: `{"apiVersion":"v1"}`},
		{name: "merge of the creation", content: mergePatch, path: "/patch", body: `{"metadata":{"creationTimestamp":"2020-01-01T00:00:00Z"}}`},
		{name: "merge of a deletion time", content: mergePatch, path: "/patch", body: `{"metadata":{"deletionTimestamp":"2020-01-01T00:00:00Z"}}`},
		{name: "merge by force", content: mergePatch, path: "/patch?force=true", body: `{}`, want: http.StatusUnprocessableEntity},
		{name: "merge, dry for some", content: mergePatch, path: "/patch?dryRun=Some", body: `{}`, want: http.StatusUnprocessableEntity},
		{name: "merge into what is missing", content: mergePatch, path: "/missing", body: `{}`, want: http.StatusNotFound},

		{name: "json", content: jsonPatch, path: "/patch", body: `[{"op":"test","path":"/metadata/labels/a","value":"1"},{"op":"add","path":"/metadata/labels/c","value":"3"}]`, want: http.StatusOK},
		{name: "json in the middle", content: jsonPatch, path: "/patch", body: `[{"op":"add","path":"/metadata/finalizers/1","value":"oracle.example.io/c"},{"op":"move","from":"/metadata/finalizers/0","path":"/metadata/finalizers/2"}]`, want: http.StatusOK},
		{name: "json of nothing", content: jsonPatch, path: "/patch", body: `[]`, want: http.StatusOK},
		{name: "json whose test fails", content: jsonPatch, path: "/patch", body: `[{"op":"test","path":"/metadata/labels/a","value":"9"}]`, want: http.StatusUnprocessableEntity},
		{name: "json of no path", content: jsonPatch, path: "/patch", body: `[{"op":"remove","path":"/metadata/annotations/none"}]`, want: http.StatusUnprocessableEntity},
		{name: "json of no operation", content: jsonPatch, path: "/patch", body: `[{"op":"paint","path":"/metadata/labels/a"}]`, want: http.StatusUnprocessableEntity},
		{name: "json of an object", content: jsonPatch, path: "/patch", body: `{}`, want: http.StatusBadRequest},
		{name: "json of too much", content: jsonPatch, path: "/patch", body: operations, want: http.StatusRequestEntityTooLarge},
		{name: "json of an unknown field, strict", content: jsonPatch, path: "/patch?fieldValidation=Strict", body: `[{"op":"add","path":"/spec/colour","value":"red"}]`},
		{name: "json into what is missing", content: jsonPatch, path: "/missing", body: `[]`, want: http.StatusNotFound},

		{name: "strategic", content: strategicPatch, path: "/patch", body: `{"metadata":{"labels":{"d":"4"},"finalizers":["oracle.example.io/d"]}}`, want: http.StatusOK},
		{name: "strategic removal", content: strategicPatch, path: "/patch", body: `{"metadata":{"$deleteFromPrimitiveList/finalizers":["oracle.example.io/d"]}}`, want: http.StatusOK},
		{name: "strategic replacement", content: strategicPatch, path: "/patch", body: `{"metadata":{"labels":{"$patch":"replace","a":"1"}}}`, want: http.StatusOK},
		{name: "strategic directive that is none", content: strategicPatch, path: "/patch", body: `{"metadata":{"labels":{"$patch":"paint"}}}`},
		{name: "strategic of no JSON", content: strategicPatch, path: "/patch", body: `{`},
		{name: "strategic of an unknown field", content: strategicPatch, path: "/patch", body: `{"metadata":{"colour":"red"}}`},
		{name: "strategic of an unknown field, strict", content: strategicPatch, path: "/patch?fieldValidation=Strict", body: `{"metadata":{"colour":"red"}}`},
		{name: "strategic owner", content: strategicPatch, path: "/patch?dryRun=All", body: `{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"x","uid":"x"}]}}`, want: http.StatusOK},
		{name: "strategic owner removed", content: strategicPatch, path: "/patch?dryRun=All", body: `{"metadata":{"ownerReferences":[{"uid":"x","$patch":"delete"}]}}`, want: http.StatusOK},

		{name: "of no type", content: "application/json", path: "/patch", body: `{}`, want: http.StatusUnsupportedMediaType},
		{name: "of another type", content: "application/xml", path: "/patch", body: `{}`, want: http.StatusUnsupportedMediaType},
		{name: "with a character set", content: mergePatch + "; charset=utf-8", path: "/patch", body: `{}`},
		{name: "of the collection", content: mergePatch, body: `{}`, want: http.StatusMethodNotAllowed},
	})
	got, want := o.stores.ask(t, request{path: "/patch"}), o.builtIn.ask(t, request{path: "/patch"})
	sameMetadata(t, want.body, got.body)
	o.both(t, request{method: http.MethodPatch, path: "/patch", content: mergePatch, body: `{"metadata":{"finalizers":null}}`, want: http.StatusOK})
}

// apply applies, as two managers who agree and who do not.
func (o *oracle) apply(t *testing.T) {
	labelled := func(name, labels string, more ...string) string {
		return object(name, append([]string{`"labels":` + labels}, more...)...)
	}
	o.each(t, request{method: http.MethodPatch, content: applyPatch}, []request{
		{name: "anonymous", path: "/applied", body: labelled("applied", `{"a":"1"}`), want: http.StatusUnprocessableEntity},
		{name: "dry", path: "/applied?fieldManager=one&dryRun=All", body: labelled("applied", `{"a":"1"}`), want: http.StatusCreated},
		{name: "first", path: "/applied?fieldManager=one", body: labelled("applied", `{"a":"1"}`), want: http.StatusCreated},
		{name: "again", path: "/applied?fieldManager=one", body: labelled("applied", `{"a":"1"}`), want: http.StatusOK},
		{name: "agreeing", path: "/applied?fieldManager=two", body: labelled("applied", `{"a":"1","b":"2"}`), want: http.StatusOK},
		{name: "conflict", path: "/applied?fieldManager=two", body: labelled("applied", `{"a":"2"}`), want: http.StatusConflict},
		{name: "two conflicts", path: "/applied?fieldManager=three", body: labelled("applied", `{"a":"3","b":"3"}`), want: http.StatusConflict},
		{name: "force", path: "/applied?fieldManager=two&force=true", body: labelled("applied", `{"a":"2"}`), want: http.StatusOK},
		{name: "yaml", path: "/applied?fieldManager=one", body: "apiVersion: platform.example.io/v1alpha1\nkind: Store\nmetadata: {name: applied, labels: {c: '3'}}\n", want: http.StatusOK},
		{name: "managed fields", path: "/applied?fieldManager=one", body: labelled("applied", `{"a":"1"}`, `"managedFields":[{}]`), want: http.StatusBadRequest},
		{name: "stale", path: "/applied?fieldManager=two", body: labelled("applied", `{"a":"2"}`, `"resourceVersion":"1"`), want: http.StatusConflict},
		{name: "other name", path: "/applied?fieldManager=one", body: labelled("other", `{}`), want: http.StatusBadRequest},
		{name: "other kind", path: "/applied?fieldManager=one", body: `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"applied"}}`, want: http.StatusBadRequest},
		{name: "no kind", path: "/applied?fieldManager=one", body: `{"metadata":{"name":"applied"}}`, want: http.StatusBadRequest},
		{name: "empty", path: "/applied?fieldManager=one", want: http.StatusBadRequest},
		{name: "no yaml", path: "/applied?fieldManager=one", body: "{", want: http.StatusBadRequest},
		{name: "unknown field", path: "/applied?fieldManager=one", body: labelled("applied", `{}`, `"colour":"red"`)},
		{name: "unknown field, strict", path: "/applied?fieldManager=one&fieldValidation=Strict", body: labelled("applied", `{}`, `"colour":"red"`)},
		{name: "wrong type", path: "/applied?fieldManager=one", body: labelled("applied", `[]`)},
		{name: "field twice, strict", path: "/applied?fieldManager=one&fieldValidation=Strict", body: labelled("applied", `{}`, `"labels":{}`)},
		{name: "missing at a version", path: "/applied-missing?fieldManager=one", body: labelled("applied-missing", `{}`, `"resourceVersion":"1"`)},
		{name: "missing with a uid", path: "/applied-missing?fieldManager=one", body: labelled("applied-missing", `{}`, `"uid":"x"`)},
	})
	got, want := o.stores.ask(t, request{path: "/applied"}), o.builtIn.ask(t, request{path: "/applied"})
	sameMetadata(t, want.body, got.body)
}

// sameMetadata demands that what was written of both objects' metadata, and who
// is said to have written it, is the same.
func sameMetadata(t *testing.T, builtIn, store []byte) {
	t.Helper()
	read := func(body []byte) (labels map[string]string, finalizers, managers []string) {
		var object metav1.PartialObjectMetadata
		if err := json.Unmarshal(body, &object); err != nil {
			t.Fatal(err)
		}
		for _, entry := range object.ManagedFields {
			var owned map[string]json.RawMessage
			if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &owned); err != nil {
				t.Fatal(err)
			}
			managers = append(managers, fmt.Sprint(entry.Manager, " ", entry.Operation, " ", string(owned["f:metadata"])))
		}
		slices.Sort(managers)
		return object.Labels, object.Finalizers, managers
	}
	wantLabels, wantFinalizers, wantManagers := read(builtIn)
	gotLabels, gotFinalizers, gotManagers := read(store)
	for _, diff := range []string{
		cmp.Diff(wantLabels, gotLabels), cmp.Diff(wantFinalizers, gotFinalizers), cmp.Diff(wantManagers, gotManagers),
	} {
		if diff != "" {
			t.Errorf("(-a built-in +a Store):\n%s", diff)
		}
	}
	if len(wantLabels) == 0 || len(wantManagers) == 0 {
		t.Error("nothing was written: this compares nothing")
	}
}
