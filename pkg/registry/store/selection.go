package store

import (
	"fmt"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"

	"platform.example.io/stores/pkg/apis/stores"
)

// Attributes returns the labels and fields by which a Store can be selected.
func Attributes(object runtime.Object) (labels.Set, fields.Set, error) {
	store, ok := object.(*stores.Store)
	if !ok {
		return nil, nil, fmt.Errorf("select stores: unexpected type %T", object)
	}
	set := generic.ObjectMetaFieldsSet(&store.ObjectMeta, false)
	set["spec.engine"] = store.Spec.Engine
	set["spec.plan"] = store.Spec.Plan
	set["status.phase"] = string(store.Status.Phase)
	return store.Labels, set, nil
}

func predicate(label labels.Selector, field fields.Selector) storage.SelectionPredicate {
	return storage.SelectionPredicate{Label: label, Field: field, GetAttrs: Attributes}
}
