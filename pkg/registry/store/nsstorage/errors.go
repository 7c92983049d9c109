package nsstorage

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/klog/v2"
)

var (
	// errStale asks the caller to read again and retry.
	errStale = errors.New("the suggested object is stale")
	// errRefused says that whoever reads a stream wants no more of it.
	errRefused = errors.New("the reader is gone")
)

// interpret turns an error about a namespace into one about the object with the
// key. Codes, reasons and retry hints are kept; the namespace is not mentioned,
// because the client asked for no namespace, and neither is how we reach it.
func (s *Storage) interpret(ctx context.Context, err error, key string) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return s.unreachable(ctx, err, key)
	}
	switch {
	case apierrors.IsNotFound(err):
		return storage.NewKeyNotFoundError(key, 0)
	case apierrors.IsUnauthorized(err):
		return s.misconfigured(ctx, err)
	case apierrors.IsInvalid(err) && onlyAnnotations(status.Status()):
		return tooLarge(path.Base(key), field.NewPath("metadata"), annotationsLimit)
	}
	rewritten := status.Status()
	rewritten.Message = s.inOurWords(rewritten.Message, key)
	if rewritten.Details != nil {
		details := *rewritten.Details
		details.Group, details.Kind, details.Name, details.UID = s.resource.Group, s.resource.Resource, path.Base(key), ""
		rewritten.Details = &details
	}
	return &apierrors.StatusError{ErrStatus: rewritten}
}

// interpretRead is interpret for requests that no admission judges: what is
// forbidden is forbidden to our own account, not to the client.
func (s *Storage) interpretRead(ctx context.Context, err error, key string) error {
	if apierrors.IsForbidden(err) {
		return s.misconfigured(ctx, err)
	}
	return s.interpret(ctx, err, key)
}

// unreachable is for errors that kube-apiserver did not answer.
func (s *Storage) unreachable(ctx context.Context, err error, key string) error {
	if ctx.Err() != nil {
		return storage.NewTimeoutError(key, "the request did not complete in time")
	}
	klog.FromContext(ctx).Error(err, "Could not reach kube-apiserver", "resource", s.resource)
	return apierrors.NewServiceUnavailable("the cluster's API cannot be reached at the moment; try again")
}

// misconfigured is for what our own account may not do.
func (s *Storage) misconfigured(ctx context.Context, err error) error {
	klog.FromContext(ctx).Error(err, "The API server's account lacks a permission on namespaces", "resource", s.resource)
	return apierrors.NewInternalError(errors.New("the platform's API server lacks a permission it needs; its log says which"))
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

// inOurWords names the object instead of the namespace in a message for people,
// which may come from somebody's admission webhook.
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
