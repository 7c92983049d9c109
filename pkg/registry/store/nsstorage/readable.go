package nsstorage

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"platform.example.io/stores/pkg/apis/stores"
)

// checkReadable refuses to write what could not be read again, naming the part
// of the Store that is to blame. JSON does not hold all that protobuf brings: a
// time after the year 9999, in managed fields for example, is written in a form
// that nobody reads, and would have made the Store Invalid.
func checkReadable(name string, image Image) error {
	for _, part := range []struct{ name, annotation string }{
		{"spec", annotationSpec}, {"status", annotationStatus}, {"metadata", annotationMetadata},
	} {
		text, ok := image.Annotations[part.annotation]
		if !ok {
			continue
		}
		if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &fragment{}); err != nil {
			return apierrors.NewInvalid(stores.Kind(storeKind), name, field.ErrorList{
				field.Invalid(field.NewPath(part.name), "", "cannot be stored, because it could not be read again: "+err.Error()),
			})
		}
	}
	return nil
}
