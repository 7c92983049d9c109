package nsstorage

import (
	"errors"
	"fmt"
	"path"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/storage"
)

// interpret turns an error about a namespace into one about the object with the
// key. Codes, reasons and retry hints are kept; the namespace is not mentioned,
// because the client asked for no namespace.
func (s *Storage) interpret(err error, key string) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return storage.NewInternalError(fmt.Errorf("reach the cluster's API for %s: %w", s.resource.String(), err))
	}
	switch {
	case apierrors.IsNotFound(err):
		return storage.NewKeyNotFoundError(key, 0)
	case apierrors.IsInvalid(err) && onlyAnnotations(status.Status()):
		return tooLarge(path.Base(key), field.NewPath("metadata"))
	}
	rewritten := status.Status()
	name := path.Base(key)
	rewritten.Message = s.inOurWords(rewritten.Message, key)
	if rewritten.Details != nil {
		details := *rewritten.Details
		details.Group, details.Kind, details.Name, details.UID = s.resource.Group, s.resource.Resource, name, ""
		rewritten.Details = &details
	}
	return &apierrors.StatusError{ErrStatus: rewritten}
}

// onlyAnnotations is true when the size of annotations is all that is wrong:
// the sum of ours and somebody else's is over the limit.
func onlyAnnotations(status metav1.Status) bool {
	if status.Details == nil || len(status.Details.Causes) == 0 {
		return false
	}
	for _, cause := range status.Details.Causes {
		if cause.Field != "metadata.annotations" || cause.Type != metav1.CauseType(field.ErrorTypeTooLong) {
			return false
		}
	}
	return true
}

// inOurWords replaces the namespace by the object in a message for people.
func (s *Storage) inOurWords(message, key string) string {
	name, err := s.codec.NamespaceName(key)
	if err != nil {
		return message
	}
	object := fmt.Sprintf("%s %q", s.resource.String(), path.Base(key))
	return strings.NewReplacer(
		fmt.Sprintf("namespaces %q", name), object,
		fmt.Sprintf("Namespace %q", name), object,
		fmt.Sprintf("namespace %q", name), object,
	).Replace(message)
}

// taken says that the namespace which the object needs belongs to somebody
// else. It is a status error of our own: the storage error for an existing key
// makes server-side apply retry for ever, since the key can never be read.
func (s *Storage) taken(key string) error {
	err := apierrors.NewAlreadyExists(s.resource, path.Base(key))
	err.ErrStatus.Message = fmt.Sprintf(
		"%s %q cannot be created: the cluster already has a namespace of that name which does not belong to a store, and nothing is adopted; choose another name",
		s.resource.String(), path.Base(key))
	return err
}
