package server_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	internalversionscheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme"
	internalversionvalidation "k8s.io/apimachinery/pkg/apis/meta/internalversion/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/storage"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	storeregistry "platform.example.io/stores/pkg/registry/store"
	"platform.example.io/stores/pkg/server"
)

// term is one condition of a field selector.
type term struct {
	field, value string
	differs      bool
}

// naiveTerms reads a field selector that escapes nothing. Terms that name no field
// and no value say nothing, of all resources.
func naiveTerms(selector string) []term {
	var terms []term
	for _, text := range strings.Split(selector, ",") {
		name, value, _ := strings.Cut(text, "=")
		name, differs := strings.CutSuffix(name, "!")
		if !differs {
			value = strings.TrimPrefix(value, "=")
		}
		if name != "" || value != "" {
			terms = append(terms, term{name, value, differs})
		}
	}
	return terms
}

// selectable are the fields of a Store that docs/api.md promises.
func selectable(store *stores.Store) map[string]string {
	return map[string]string{
		"metadata.name": store.Name,
		"spec.engine":   store.Spec.Engine,
		"spec.plan":     store.Spec.Plan,
		"status.phase":  string(store.Status.Phase),
	}
}

// options reads a query as the handlers of lists and watches do.
func options(query url.Values) (internalversion.ListOptions, error) {
	options := internalversion.ListOptions{}
	if err := internalversionscheme.ParameterCodec.DecodeParameters(query, metav1.SchemeGroupVersion, &options); err != nil {
		return options, apierrors.NewBadRequest(err.Error())
	}
	if errs := internalversionvalidation.ValidateListOptions(&options, true); len(errs) > 0 {
		return options, errs.ToAggregate()
	}
	if options.FieldSelector == nil {
		return options, nil
	}
	selector, err := options.FieldSelector.Transform(func(label, value string) (string, string, error) {
		return server.Scheme.ConvertFieldLabel(v1alpha1.SchemeGroupVersion.WithKind("Store"), label, value)
	})
	options.FieldSelector = selector
	return options, err
}

// FuzzSelectors gives any query to lists. A field selector that is accepted
// selects what a naive reading of it selects, by the fields that are promised
// and no others; a selector by name finds the store by its name alone.
func FuzzSelectors(f *testing.F) {
	for _, selector := range []string{
		"", "metadata.name=acme", "metadata.name==acme,spec.engine!=medusa", "status.phase=Ready,", "spec.plan=", "spec.plan!=,spec.engine=x",
		"spec.version=1", "metadata.namespace=", "metadata.name=acme,metadata.name=other", "metadata.name", "=", "!=", "a=b=c", `spec.plan=a\,b\=c\\`, `\`, "spec.engine =x", "metadata.name!==x",
	} {
		f.Add("team in (blue,red)", selector, "", "7", "acme", "medusa", "starter", "Ready")
	}
	for _, selector := range []string{"", "team", "!team", "team=blue", "team!=blue,x notin (a)", "a in ()", "team>5", "((", "=", "team=Ö", strings.Repeat("a", 64)} {
		f.Add(selector, "metadata.name=acme", "token", "", "acme", "", "", "")
	}
	f.Fuzz(func(t *testing.T, labelSelector, fieldSelector, token, version, name, engine, plan, phase string) {
		store := &stores.Store{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"team": engine}},
			Spec:       stores.StoreSpec{Engine: engine, Plan: plan},
			Status:     stores.StoreStatus{Phase: stores.StorePhase(phase)},
		}
		fieldsOf := selectable(store)
		options, err := options(url.Values{
			"labelSelector": {labelSelector}, "fieldSelector": {fieldSelector}, "continue": {token}, "resourceVersion": {version},
		})
		if err != nil {
			return
		}
		if options.Continue != token || options.ResourceVersion != version {
			t.Fatalf("the query's token and version became %q and %q", options.Continue, options.ResourceVersion)
		}
		label, field := labels.Everything(), fields.Everything()
		if options.LabelSelector != nil {
			label = options.LabelSelector
		}
		if options.FieldSelector != nil {
			field = options.FieldSelector
		}
		want := true
		for _, requirement := range field.Requirements() {
			value, ok := fieldsOf[requirement.Field]
			if !ok {
				t.Fatalf("the field selector %q is accepted, and %s is no field of stores", fieldSelector, requirement.Field)
			}
			want = want && (value == requirement.Value) == (requirement.Operator != "!=")
		}
		if !strings.Contains(fieldSelector, `\`) {
			if naive := selects(naiveTerms(fieldSelector), fieldsOf); naive != want {
				t.Fatalf("the field selector %q means %v", fieldSelector, field.Requirements())
			}
		}
		predicate := storage.SelectionPredicate{Label: label, Field: field, GetAttrs: storeregistry.Attributes}
		matched, err := predicate.Matches(store)
		if want = want && label.Matches(labels.Set(store.Labels)); err != nil || matched != want {
			t.Fatalf("the selectors %q and %q select %v: %t, %v; want %t", labelSelector, fieldSelector, fieldsOf, matched, err, want)
		}
		if single, ok := predicate.MatchesSingle(); ok && matched && single != name {
			t.Fatalf("the field selector %q is for the store %q alone, and selects %q", fieldSelector, single, name)
		}
	})
}

// selects judges a store by the terms, all of which must speak of its fields.
func selects(terms []term, fieldsOf map[string]string) bool {
	names := slices.Collect(maps.Keys(fieldsOf))
	return !slices.ContainsFunc(terms, func(t term) bool {
		return !slices.Contains(names, t.field) || (fieldsOf[t.field] == t.value) == t.differs
	})
}
