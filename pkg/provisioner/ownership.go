package provisioner

import (
	"encoding/json"
	"maps"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// annotationApplied is the digest of what was applied. Together with the field
// set that the API server keeps for our manager it tells, without a request,
// whether an object is as rendered: the digest that the values we applied are
// those we want, the field set that nobody has changed one of them since,
// because whoever changes a field takes it out of our set. The digest is in the
// set too, so that it cannot be forged unnoticed.
//
// Values are not compared: the API server defaults and normalises them, and an
// admission webhook may rewrite them, which would be fought for ever.
const annotationApplied = "platform.example.io/applied"

// fieldsOf returns the set of fields that the provisioner applied, in the form
// the API server keeps it; nil for an object it never applied.
func fieldsOf(obj metav1.Object) *metav1.FieldsV1 {
	for _, entry := range obj.GetManagedFields() {
		if entry.Manager == FieldManager && entry.Operation == metav1.ManagedFieldsOperationApply &&
			entry.Subresource == "" && entry.FieldsV1 != nil {
			return entry.FieldsV1
		}
	}
	return nil
}

// ours tells whether the provisioner made the object.
func ours(obj metav1.Object) bool { return fieldsOf(obj) != nil }

// asRendered tells whether the object is as it was rendered.
func (d *desired) asRendered(live metav1.Object) bool {
	if live == nil || live.GetDeletionTimestamp() != nil || live.GetAnnotations()[annotationApplied] != d.digest {
		return false
	}
	owned := fieldsOf(live)
	if owned == nil {
		return false
	}
	// Reading a set is most of what a look at a store costs, and sets seldom change.
	if known := d.covered.Load(); known != nil && (known == owned || known.Equal(*owned)) {
		return true
	}
	var set map[string]any
	if err := json.Unmarshal(owned.GetRawBytes(), &set); err != nil || !covers(set, d.claims) {
		return false
	}
	d.covered.Store(owned)
	return true
}

// claimed returns the fields of an object that somebody can own: all but those
// that say which object it is.
func claimed(object map[string]any) map[string]any {
	fields := maps.Clone(object)
	delete(fields, "apiVersion")
	delete(fields, "kind")
	if metadata, ok := fields["metadata"].(map[string]any); ok {
		metadata = maps.Clone(metadata)
		delete(metadata, "name")
		delete(metadata, "namespace")
		fields["metadata"] = metadata
	}
	return fields
}

// covers tells whether the set below one field covers its value. A set without
// members stands for the whole field.
func covers(set map[string]any, value any) bool {
	if len(set) == 0 {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		for field, value := range value {
			if value == nil {
				continue // applying null owns nothing
			}
			child, found := set["f:"+field].(map[string]any)
			if !found || !covers(child, value) {
				return false
			}
		}
	case []any:
		for _, item := range value {
			if !coversItem(set, item) {
				return false
			}
		}
	}
	return true
}

// coversItem looks an item of a list up: by its keys in a list of objects, by
// its value in a list that is a set.
func coversItem(set map[string]any, item any) bool {
	object, isObject := item.(map[string]any)
	if !isObject {
		encoded, err := json.Marshal(item)
		if err != nil {
			return false
		}
		_, found := set["v:"+string(encoded)]
		return found
	}
	for member, child := range set {
		keys, isKey := strings.CutPrefix(member, "k:")
		if !isKey || !hasKeys(object, keys) {
			continue
		}
		child, ok := child.(map[string]any)
		return ok && covers(child, item)
	}
	return false
}

// hasKeys tells whether an item is the one with these keys. A key that the item
// leaves out was defaulted, a port's protocol for example.
func hasKeys(item map[string]any, encoded string) bool {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(encoded), &keys); err != nil {
		return false
	}
	for key, want := range keys {
		value, given := item[key]
		if !given {
			continue
		}
		have, err := json.Marshal(value)
		if err != nil || string(have) != string(want) {
			return false
		}
	}
	return true
}
