package nsstorage

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// The keys of the mapping. docs/api.md describes them for operators; no other
// package reads them.
const (
	labelStore       = v1alpha1.LabelStore
	labelManagedBy   = v1alpha1.LabelManagedBy
	labelEngine      = "platform.example.io/engine"
	labelPhase       = "platform.example.io/phase"
	labelPodSecurity = "pod-security.kubernetes.io/enforce"

	annotationSpec     = "platform.example.io/spec"
	annotationStatus   = "platform.example.io/status"
	annotationMetadata = "platform.example.io/metadata"

	// fenceNamespace is no namespace of a Store: those begin with
	// v1alpha1.NamespacePrefix.
	fenceNamespace = "platform-example-io-fence"
)

// StoreCodec maps Stores to namespaces.
type StoreCodec struct {
	prefix      string
	scheme      *runtime.Scheme
	podSecurity func(engine, revision string) (string, bool)
	selector    labels.Selector
}

var _ Codec = &StoreCodec{}

// NewStoreCodec returns the codec of Stores whose keys begin with the prefix
// ("/…/"). The scheme must know every version in which stored fragments may be
// written. podSecurity returns the Pod Security level that the revision of an engine
// needs which a Store runs, empty for none yet; where that is not installed the
// namespace keeps the level it has.
func NewStoreCodec(prefix string, scheme *runtime.Scheme, podSecurity func(engine, revision string) (string, bool)) (*StoreCodec, error) {
	exists, err := labels.NewRequirement(labelStore, selection.Exists, nil)
	if err != nil {
		return nil, fmt.Errorf("build the selector of store namespaces: %w", err)
	}
	return &StoreCodec{
		prefix:      strings.TrimSuffix(prefix, "/") + "/",
		scheme:      scheme,
		podSecurity: podSecurity,
		selector:    labels.NewSelector().Add(*exists),
	}, nil
}

// Selector selects the namespaces that carry a store label.
func (c *StoreCodec) Selector() labels.Selector { return c.selector }

// NamespaceName returns the namespace of the Store with the key.
func (c *StoreCodec) NamespaceName(key string) (string, error) {
	name, ok := strings.CutPrefix(key, c.prefix)
	if !ok || strings.Contains(name, "/") {
		return "", fmt.Errorf("locate store: key %q is not directly below %q", key, c.prefix)
	}
	return v1alpha1.NamespacePrefix + name, nil
}

// Key returns the key of the Store that the namespace holds. A namespace whose
// label does not agree with its name is not ours: a label alone must not make
// somebody's namespace deletable through this API under another name.
func (c *StoreCodec) Key(namespace *corev1.Namespace) (string, bool) {
	name, ok := storeName(namespace)
	return c.prefix + name, ok
}

// FormerKey returns the key that the namespace's name alone stands for.
func (c *StoreCodec) FormerKey(namespace *corev1.Namespace) (string, bool) {
	name, ok := strings.CutPrefix(namespace.Name, v1alpha1.NamespacePrefix)
	return c.prefix + name, ok && name != ""
}

// Fence returns a namespace whose label is no possible name of a Store, which is
// lower case.
func (c *StoreCodec) Fence() (string, map[string]string) {
	return fenceNamespace, map[string]string{labelStore: "FENCE", labelManagedBy: v1alpha1.ManagedBy}
}

func storeName(namespace *corev1.Namespace) (string, bool) {
	name, ok := strings.CutPrefix(namespace.Name, v1alpha1.NamespacePrefix)
	return name, ok && name != "" && namespace.Labels[labelStore] == name
}

// Strip takes from a namespace what a Store is stored in, for those who keep many
// namespaces and know nothing of Stores.
func Strip(namespace *corev1.Namespace) {
	for annotation := range encoders {
		delete(namespace.Annotations, annotation)
	}
}

// storeUID derives a Store's uid from its namespace's. The two must differ,
// because the garbage collector keys its graph by uid alone.
func storeUID(namespace types.UID) types.UID {
	space, err := uuid.Parse(string(namespace))
	if err != nil {
		// Not a UUID: every kube-apiserver makes one, but nothing promises it.
		space = uuid.NewSHA1(uuid.NameSpaceOID, []byte(namespace))
	}
	return types.UID(uuid.NewSHA1(space, []byte("stores.platform.example.io")).String())
}

// Encode returns the labels and annotations of a new Store, whose key its name
// says already. The uid that the
// registry gave it is left out: the stored one will derive from the namespace.
func (c *StoreCodec) Encode(_ string, object runtime.Object) (Image, error) {
	store, ok := object.(*stores.Store)
	if !ok {
		return Image{}, fmt.Errorf("encode store: unexpected type %T", object)
	}
	image := Image{Labels: c.labels(store), Annotations: map[string]string{}}
	for annotation, encode := range encoders {
		text, err := encode(store, "")
		if err != nil {
			return Image{}, fmt.Errorf("encode store: %w", err)
		}
		image.Annotations[annotation] = text
	}
	if err := checkReadable(store.Name, image); err != nil {
		return Image{}, err
	}
	return image, checkSize(store.Name, image.Annotations[annotationSpec], image.Annotations[annotationMetadata])
}

var encoders = map[string]func(*stores.Store, types.UID) (string, error){
	annotationSpec:     specFragment,
	annotationStatus:   statusFragment,
	annotationMetadata: metadataFragment,
}

// Diff returns the fragments that differ, and with them all labels, so that a
// label somebody changed by hand is put right by the next write.
func (c *StoreCodec) Diff(stored, updated runtime.Object) (Image, bool, error) {
	before, ok := stored.(*stores.Store)
	if !ok {
		return Image{}, false, fmt.Errorf("compare stores: unexpected type %T", stored)
	}
	after, ok := updated.(*stores.Store)
	if !ok {
		return Image{}, false, fmt.Errorf("compare stores: unexpected type %T", updated)
	}
	changed := map[string]bool{
		annotationSpec:     !equality.Semantic.DeepEqual(before.Spec, after.Spec),
		annotationStatus:   !equality.Semantic.DeepEqual(storedStatus(before), storedStatus(after)),
		annotationMetadata: metadataChanged(before, after),
	}
	if err := keepDamage(before, after, changed); err != nil {
		return Image{}, false, err
	}
	image := Image{Annotations: map[string]string{}}
	for annotation, encode := range encoders {
		if !changed[annotation] {
			continue
		}
		text, err := encode(after, before.UID)
		if err != nil {
			return Image{}, false, fmt.Errorf("encode store: %w", err)
		}
		image.Annotations[annotation] = text
	}
	if len(image.Annotations) == 0 {
		return Image{}, false, nil
	}
	if err := checkReadable(after.Name, image); err != nil {
		return Image{}, false, err
	}
	image.Labels = c.labels(after)
	return image, true, checkGrowth(before, after, image)
}

// checkGrowth checks the size of what a user changed. Bookkeeping is never
// refused: a status or the removal of a finalizer must always be writable.
func checkGrowth(before, after *stores.Store, image Image) error {
	if status, ok := image.Annotations[annotationStatus]; ok {
		if err := checkStatusSize(after.Name, status); err != nil {
			return err
		}
	}
	quiet := after.DeepCopy()
	quiet.ManagedFields, quiet.Generation = before.ManagedFields, before.Generation
	quiet.Finalizers = before.Finalizers
	if _, ok := image.Annotations[annotationSpec]; !ok && !metadataChanged(before, quiet) {
		return nil
	}
	spec, err := specFragment(after, before.UID)
	if err != nil {
		return fmt.Errorf("encode store: %w", err)
	}
	metadata, err := metadataFragment(after, before.UID)
	if err != nil {
		return fmt.Errorf("encode store: %w", err)
	}
	return checkSize(after.Name, spec, metadata)
}

func metadataChanged(before, after *stores.Store) bool {
	return before.Status.Creator != after.Status.Creator ||
		!equality.Semantic.DeepEqual(storedMetadata(before), storedMetadata(after))
}

// labels are derived from the Store, never copied from it: a Store's own labels
// on its namespace could relax Pod Security or opt into a service mesh.
func (c *StoreCodec) labels(store *stores.Store) map[string]string {
	set := map[string]string{
		labelStore:     store.Name,
		labelManagedBy: v1alpha1.ManagedBy,
	}
	// An Invalid Store has neither; the labels it has stay for people to see.
	if store.Spec.Engine != "" {
		set[labelEngine] = store.Spec.Engine
		set[labelPhase] = string(store.Status.Phase)
		if level, ok := c.podSecurity(store.Spec.Engine, store.Status.EngineRevision); ok {
			set[labelPodSecurity] = level
		}
	}
	return set
}

// Decode fills a Store from its namespace.
func (c *StoreCodec) Decode(namespace *corev1.Namespace, into runtime.Object) {
	store := into.(*stores.Store)
	name, _ := storeName(namespace)
	uid := storeUID(namespace.UID)
	*store = stores.Store{}

	if f, err := decodeMetadata(namespace.Annotations[annotationMetadata], name, uid); err != nil {
		store.Damage = append(store.Damage, stores.Damage{Part: "metadata", Problem: err.Error()})
	} else {
		f.Metadata.restore(store)
		store.Status.Creator = f.Creator
	}
	if decoded, err := decodeVersioned(c.scheme, namespace.Annotations[annotationSpec], name, uid); err != nil {
		store.Damage = append(store.Damage, stores.Damage{Part: "spec", Problem: err.Error()})
	} else {
		store.Spec = decoded.Spec
	}
	if decoded, err := decodeVersioned(c.scheme, namespace.Annotations[annotationStatus], name, uid); err != nil {
		store.Damage = append(store.Damage, stores.Damage{Part: "status", Problem: err.Error()})
	} else {
		creator := store.Status.Creator
		store.Status = decoded.Status
		store.Status.Creator = creator
	}

	// What the namespace itself says wins over anything written in it.
	store.Name = name
	store.UID = uid
	store.ResourceVersion = namespace.ResourceVersion
	store.CreationTimestamp = namespace.CreationTimestamp
	if namespace.DeletionTimestamp != nil {
		store.DeletionTimestamp = namespace.DeletionTimestamp
		// Its content is being destroyed whatever a Store finalizer wished for.
		store.Finalizers = nil
	}
	store.Status.Namespace = namespace.Name
	overlay(store, namespace.CreationTimestamp)
}
