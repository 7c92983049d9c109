package nsstorage

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// Codec maps the objects of one resource to namespaces and back. It is made of
// pure functions: no client, no clock.
//
// NamespaceName must preserve order: if key a sorts before key b, so do their
// namespaces. Paging relies on it to continue a list where it stopped.
type Codec interface {
	// Selector narrows what is listed and watched upstream. It may select more
	// than what Key accepts.
	Selector() labels.Selector

	// NamespaceName returns the name of the namespace that holds the object with
	// the key, which is a path below the resource's prefix.
	NamespaceName(key string) (string, error)

	// Key returns the key of the object that the namespace holds, and false when
	// the namespace is not ours. What is not ours does not exist for clients.
	Key(namespace *corev1.Namespace) (string, bool)

	// FormerKey returns the key of the object that the namespace held if it was
	// ever ours, told by its name alone. A watch reports with it the end of an
	// object whose namespace lost its label.
	FormerKey(namespace *corev1.Namespace) (string, bool)

	// Fence returns the name and the labels of a namespace that Selector selects
	// and Key never accepts, for reads that wait until the watch has caught up.
	Fence() (name string, labels map[string]string)

	// Encode returns everything that the object with the key writes on its new
	// namespace.
	Encode(key string, object runtime.Object) (Image, error)

	// Diff returns what an update writes, and false when the two objects are
	// stored alike. Parts that did not change, or that could not be decoded, are
	// left out and so stay byte for byte.
	Diff(stored, updated runtime.Object) (Image, bool, error)

	// Decode fills the object from its namespace. It never fails: a part that
	// cannot be decoded is left empty and reported on the object itself.
	Decode(namespace *corev1.Namespace, into runtime.Object)
}

// Image is what an object writes on its namespace.
type Image struct {
	// Labels are the namespace's labels that the codec owns.
	Labels map[string]string
	// Annotations are the namespace's annotations that the codec owns.
	Annotations map[string]string
}

// apply writes the image onto a namespace.
func (i Image) apply(namespace *corev1.Namespace) {
	namespace.Labels = i.Labels
	namespace.Annotations = i.Annotations
}
