package e2e

import (
	"net/http"
	"strings"
	"testing"
)

const (
	mergePatch     = "application/merge-patch+json"
	jsonPatch      = "application/json-patch+json"
	strategicPatch = "application/strategic-merge-patch+json"
	applyPatch     = "application/apply-patch+yaml"
)

// create makes objects that can and that cannot be made.
func (o *oracle) create(t *testing.T) {
	long := strings.Repeat("f", 200)
	o.each(t, request{method: http.MethodPost}, []request{
		{name: "again", body: object("oracle-a"), want: http.StatusConflict},
		{name: "again, dry", path: "?dryRun=All", body: object("oracle-a"), want: http.StatusConflict},
		{name: "dry", path: "?dryRun=All", body: object("create-dry"), want: http.StatusCreated},
		{name: "dry, for some", path: "?dryRun=Some", body: object("create-dry"), want: http.StatusUnprocessableEntity},
		{name: "version", body: object("create-a", `"resourceVersion":"1"`)},
		{name: "version, dry", path: "?dryRun=All", body: object("create-a", `"resourceVersion":"1"`)},
		{name: "version no number", body: object("create-a", `"resourceVersion":"abc"`)},
		{name: "namespace", body: object("create-b", `"namespace":"default"`), want: http.StatusCreated},
		{name: "in a namespace", path: "//apis/platform.example.io/v1alpha1/namespaces/default/stores", body: object("create-b"), want: http.StatusNotFound},
		{name: "uid", path: "?dryRun=All", body: object("create-c", `"uid":"mine"`), want: http.StatusCreated},
		{name: "finalizer twice", path: "?dryRun=All", body: object("create-d", `"finalizers":["a.example/b","a.example/b"]`)},
		{name: "owner without a uid", body: object("create-d", `"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"x"}]`), want: http.StatusUnprocessableEntity},
		{name: "two controllers", body: object("create-d", `"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"x","uid":"1","controller":true},{"apiVersion":"v1","kind":"ConfigMap","name":"y","uid":"2","controller":true}]`), want: http.StatusUnprocessableEntity},
		{name: "label", body: object("create-d", `"labels":{"no label":"x"}`), want: http.StatusUnprocessableEntity},
		{name: "label value", body: object("create-d", `"labels":{"a":"no value"}`), want: http.StatusUnprocessableEntity},
		{name: "annotation", body: object("create-d", `"annotations":{"no key":"x"}`), want: http.StatusUnprocessableEntity},
		{name: "generation", path: "?dryRun=All", body: object("create-d", `"generation":9`), want: http.StatusCreated},
		{name: "other kind", body: strings.Replace(object("create-e"), `"kind":"Store"`, `"kind":"Secret"`, 1), want: http.StatusBadRequest},
		{name: "other version", body: strings.Replace(object("create-e"), "/v1alpha1", "/v9", 1), want: http.StatusBadRequest},
		{name: "no kind", path: "?dryRun=All", body: strings.Replace(object("create-e"), `"kind":"Store",`, "", 1), want: http.StatusCreated},
		{name: "nothing", want: http.StatusBadRequest},
		{name: "null", body: "null"},
		{name: "list", body: "[]", want: http.StatusBadRequest},
		{name: "no JSON", body: "{", want: http.StatusBadRequest},
		{name: "wrong type", body: strings.Replace(object("create-f"), `"medusa"`, `["medusa"]`, 1)},
		{name: "yaml", content: "application/yaml", path: "?dryRun=All", body: object("create-f"), want: http.StatusCreated},
		{name: "xml", content: "application/xml", body: object("create-f"), want: http.StatusUnsupportedMediaType},
		{name: "patch type", content: mergePatch, body: object("create-f"), want: http.StatusUnsupportedMediaType},
		{name: "unknown field", path: "?dryRun=All", body: object("create-f", `"colour":"red"`), want: http.StatusCreated},
		{name: "unknown field, strict", path: "?fieldValidation=Strict", body: object("create-f", `"colour":"red"`), want: http.StatusBadRequest},
		{name: "unknown field, warn", path: "?dryRun=All&fieldValidation=Warn", body: object("create-f", `"colour":"red","size":1`), want: http.StatusCreated},
		{name: "unknown field, ignore", path: "?dryRun=All&fieldValidation=Ignore", body: object("create-f", `"colour":"red"`), want: http.StatusCreated},
		{name: "unknown field, else", path: "?fieldValidation=Else", body: object("create-f"), want: http.StatusUnprocessableEntity},
		{name: "field twice, strict", path: "?fieldValidation=Strict", body: object("create-f", `"name":"create-f"`), want: http.StatusBadRequest},
		{name: "field twice, warn", path: "?dryRun=All&fieldValidation=Warn", body: object("create-f", `"name":"create-f"`), want: http.StatusCreated},
		{name: "long manager", path: "?fieldManager=" + long, body: object("create-f"), want: http.StatusUnprocessableEntity},
		{name: "manager that cannot be printed", path: "?fieldManager=a%07b", body: object("create-f"), want: http.StatusUnprocessableEntity},
		{name: "version in the query", path: "?dryRun=All&resourceVersion=1", body: object("create-f"), want: http.StatusCreated},
		{name: "no name", body: `{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","spec":{"engine":"medusa"}}`, want: http.StatusUnprocessableEntity},
		{name: "generated name", path: "?dryRun=All", body: `{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{"generateName":"oracle-"},"spec":{"engine":"medusa"}}`, want: http.StatusCreated},
	})
}

// update replaces an object by one that may replace it, and by others.
func (o *oracle) update(t *testing.T) {
	o.each(t, request{method: http.MethodPut}, []request{
		{name: "missing", path: "/missing", body: object("missing"), want: http.StatusNotFound},
		{name: "missing at a version", path: "/missing", body: object("missing", `"resourceVersion":"1"`)},
		{name: "missing with a uid", path: "/missing", body: object("missing", `"uid":"x"`)},
		{name: "other name", path: "/oracle-a", body: object("oracle-b"), want: http.StatusBadRequest},
		{name: "no name", path: "/oracle-a", body: strings.Replace(object("x"), `"name":"x"`, "", 1)},
		{name: "stale", path: "/oracle-a", body: object("oracle-a", `"resourceVersion":"1"`), want: http.StatusConflict},
		{name: "of the future", path: "/oracle-a", body: object("oracle-a", `"resourceVersion":"$FUTURE"`), want: http.StatusConflict},
		{name: "version no number", path: "/oracle-a", body: object("oracle-a", `"resourceVersion":"abc"`)},
		{name: "version 0", path: "/oracle-a", body: object("oracle-a", `"resourceVersion":"0"`)},
		{name: "other uid", path: "/oracle-a", body: object("oracle-a", `"uid":"00000000-0000-0000-0000-000000000000"`), want: http.StatusConflict},
		{name: "stale and other uid", path: "/oracle-a", body: object("oracle-a", `"resourceVersion":"1","uid":"00000000-0000-0000-0000-000000000000"`), want: http.StatusConflict},
		{name: "without a version", path: "/oracle-d", body: object("oracle-d", `"labels":{"all":"yes","half":"second","name":"oracle-d","updated":"yes"}`), want: http.StatusOK},
		{name: "without a version, dry", path: "/oracle-d?dryRun=All", body: object("oracle-d"), want: http.StatusOK},
		{name: "namespace", path: "/oracle-d", body: object("oracle-d", `"namespace":"default"`)},
		{name: "deletion time", path: "/oracle-d?dryRun=All", body: object("oracle-d", `"deletionTimestamp":"2026-01-01T00:00:00Z"`)},
		{name: "other kind", path: "/oracle-d", body: strings.Replace(object("oracle-d"), `"kind":"Store"`, `"kind":"Secret"`, 1), want: http.StatusBadRequest},
		{name: "unknown field, strict", path: "/oracle-d?fieldValidation=Strict", body: object("oracle-d", `"colour":"red"`), want: http.StatusBadRequest},
		{name: "unknown field, warn", path: "/oracle-d?dryRun=All&fieldValidation=Warn", body: object("oracle-d", `"colour":"red"`), want: http.StatusOK},
		{name: "nothing", path: "/oracle-d", want: http.StatusBadRequest},
		{name: "xml", path: "/oracle-d", content: "application/xml", body: "<a/>", want: http.StatusUnsupportedMediaType},
	})
}

// delete deletes what may not be deleted, in every wrong way.
func (o *oracle) delete(t *testing.T) {
	held := []string{"held-a", "held-b", "held-c"}
	for _, name := range held {
		o.both(t, request{method: http.MethodPost, body: object(name, `"finalizers":["oracle.example.io/held"],"labels":{"held":"yes","name":"`+name+`"}`), want: http.StatusCreated})
	}
	options := func(more string) string { return `{"apiVersion":"v1","kind":"DeleteOptions",` + more + `}` }
	o.each(t, request{method: http.MethodDelete}, []request{
		{name: "missing", path: "/missing", want: http.StatusNotFound},
		{name: "missing at a version", path: "/missing", body: options(`"preconditions":{"resourceVersion":"1"}`), want: http.StatusNotFound},
		{name: "stale", path: "/oracle-a", body: options(`"preconditions":{"resourceVersion":"1"}`), want: http.StatusConflict},
		{name: "other uid", path: "/oracle-a", body: options(`"preconditions":{"uid":"00000000-0000-0000-0000-000000000000"}`), want: http.StatusConflict},
		{name: "stale, held", path: "/held-a", body: options(`"preconditions":{"resourceVersion":"1"}`), want: http.StatusConflict},
		{name: "other uid, held", path: "/held-a", body: options(`"preconditions":{"uid":"00000000-0000-0000-0000-000000000000"}`), want: http.StatusConflict},
		{name: "stale, dry", path: "/oracle-a?dryRun=All", body: options(`"preconditions":{"resourceVersion":"1"}`), want: http.StatusConflict},
		{name: "dry for some", path: "/oracle-a?dryRun=Some", want: http.StatusUnprocessableEntity},
		{name: "policy", path: "/oracle-a?propagationPolicy=Sometimes", want: http.StatusUnprocessableEntity},
		{name: "policy twice", path: "/oracle-a", body: options(`"propagationPolicy":"Orphan","orphanDependents":true`), want: http.StatusUnprocessableEntity},
		{name: "no options", path: "/oracle-a", body: "[]", want: http.StatusBadRequest},
		{name: "other options", path: "/oracle-a", body: `{"apiVersion":"v1","kind":"Secret"}`, want: http.StatusBadRequest},
		{name: "grace no number", path: "/oracle-a?gracePeriodSeconds=long", want: http.StatusBadRequest},
		{name: "xml", path: "/oracle-a", content: "application/xml", body: "<a/>"},
		{name: "held, dry", path: "/held-a?dryRun=All", want: http.StatusOK},
		{name: "held", path: "/held-a", want: http.StatusOK},
		{name: "held, again", path: "/held-a", want: http.StatusOK},
		{name: "many, unknown field", path: "?fieldSelector=spec.colour%3Dred", want: http.StatusBadRequest, own: true},
		{name: "many, bad label", path: "?labelSelector=a+b", want: http.StatusBadRequest},
		{name: "many, none", path: "?labelSelector=held%3Dno", want: http.StatusOK},
		{name: "many, policy", path: "?labelSelector=held%3Dno&propagationPolicy=Sometimes", want: http.StatusUnprocessableEntity},
		{name: "many, dry", path: "?labelSelector=held%3Dyes&dryRun=All", want: http.StatusOK},
		{name: "many, by field and label", path: "?labelSelector=held%3Dyes&fieldSelector=metadata.name%3Dheld-b", want: http.StatusOK},
		{name: "many, stale", path: "?labelSelector=held%3Dyes&fieldSelector=metadata.name%3Dheld-c", body: options(`"preconditions":{"resourceVersion":"1"}`), want: http.StatusConflict},
		{name: "many, with a limit", path: "?labelSelector=held%3Dyes&limit=1", want: http.StatusOK},
		{name: "many, with a version", path: "?labelSelector=held%3Dno&resourceVersion=$FUTURE"},
		{name: "many, with a bad token", path: "?labelSelector=held%3Dno&continue=garbage", want: http.StatusBadRequest},
		{name: "many, initial events", path: "?labelSelector=held%3Dno&sendInitialEvents=true", want: http.StatusUnprocessableEntity},
		{name: "create while it goes", method: http.MethodPost, body: object("held-a"), want: http.StatusConflict},
		{name: "new finalizer while it goes", method: http.MethodPatch, path: "/held-a", content: mergePatch, body: `{"metadata":{"finalizers":["oracle.example.io/held","oracle.example.io/more"]}}`, want: http.StatusUnprocessableEntity},
		{name: "label while it goes", method: http.MethodPatch, path: "/held-a", content: mergePatch, body: `{"metadata":{"labels":{"going":"yes"}}}`, want: http.StatusOK},
	})
	for _, name := range held {
		o.both(t, request{method: http.MethodPatch, path: "/" + name, content: mergePatch, body: `{"metadata":{"finalizers":null}}`, want: http.StatusOK})
	}
}
