package nsstorage

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
)

const (
	// annotationsLimit is the size in bytes of all annotations of a namespace
	// together (k8s.io/apimachinery TotalAnnotationSizeLimitB).
	annotationsLimit = 256 * 1024
	// statusReserve is the part of it that users cannot fill, so that there is
	// always room to report on a Store and for the bookkeeping of later writes.
	statusReserve = 48 * 1024
)

// checkSize refuses what would leave no room for a status, naming the part of
// the Store that is to blame. The texts are those of its spec and metadata.
func checkSize(name, spec, metadata string) error {
	if len(spec)+len(metadata) <= annotationsLimit-statusReserve {
		return nil
	}
	path := field.NewPath("spec")
	if len(metadata) > len(spec) {
		path = field.NewPath("metadata")
	}
	return tooLarge(name, path, annotationsLimit-statusReserve)
}

// checkStatusSize refuses a status that needs more than what is kept for it.
func checkStatusSize(name, status string) error {
	if len(status) <= statusReserve {
		return nil
	}
	return tooLarge(name, field.NewPath("status"), statusReserve)
}

func tooLarge(name string, path *field.Path, limit int) error {
	return apierrors.NewInvalid(stores.Kind(storeKind), name, field.ErrorList{field.TooLong(path, "", limit)})
}
