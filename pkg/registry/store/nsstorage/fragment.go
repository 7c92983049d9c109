package nsstorage

import (
	"encoding/json"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	kjson "sigs.k8s.io/json"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// A fragment is one annotation's value: a piece of the Store, written as the
// manifest a person would write, in the storage version.
//
// Its apiVersion lets a later platform read it; its name and uid are the stamp
// by which a fragment that was copied from another namespace is noticed. A new
// Store's fragments carry no uid, because the namespace has none before it
// exists; the first update of each adds it.
type fragment struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        fragmentMetadata      `json:"metadata"`
	Creator         string                `json:"creator,omitempty"`
	Spec            *v1alpha1.StoreSpec   `json:"spec,omitempty"`
	Status          *v1alpha1.StoreStatus `json:"status,omitempty"`
}

// fragmentMetadata is the stamp and, in the metadata fragment alone, what a
// Store's metadata has beyond its namespace's own.
type fragmentMetadata struct {
	Name string    `json:"name"`
	UID  types.UID `json:"uid,omitempty"`

	GenerateName               string                      `json:"generateName,omitempty"`
	Generation                 int64                       `json:"generation,omitempty"`
	Labels                     map[string]string           `json:"labels,omitempty"`
	Annotations                map[string]string           `json:"annotations,omitempty"`
	Finalizers                 []string                    `json:"finalizers,omitempty"`
	OwnerReferences            []metav1.OwnerReference     `json:"ownerReferences,omitempty"`
	DeletionTimestamp          *metav1.Time                `json:"deletionTimestamp,omitempty"`
	DeletionGracePeriodSeconds *int64                      `json:"deletionGracePeriodSeconds,omitempty"`
	ManagedFields              []metav1.ManagedFieldsEntry `json:"managedFields,omitempty"`
}

// storageVersion is the version in which fragments are written.
var storageVersion = v1alpha1.SchemeGroupVersion

const storeKind = "Store"

var errMissing = errors.New("it is missing")

func newFragment(name string, uid types.UID) fragment {
	return fragment{
		TypeMeta: metav1.TypeMeta{APIVersion: storageVersion.String(), Kind: storeKind},
		Metadata: fragmentMetadata{Name: name, UID: uid},
	}
}

func (f fragment) encode() (string, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("encode stored fragment: %w", err)
	}
	return string(text), nil
}

func specFragment(store *stores.Store, uid types.UID) (string, error) {
	f := newFragment(store.Name, uid)
	f.Spec = &v1alpha1.StoreSpec{}
	if err := v1alpha1.Convert_stores_StoreSpec_To_v1alpha1_StoreSpec(&store.Spec, f.Spec, nil); err != nil {
		return "", fmt.Errorf("convert spec: %w", err)
	}
	return f.encode()
}

func statusFragment(store *stores.Store, uid types.UID) (string, error) {
	f := newFragment(store.Name, uid)
	f.Status = &v1alpha1.StoreStatus{}
	status := storedStatus(store)
	if err := v1alpha1.Convert_stores_StoreStatus_To_v1alpha1_StoreStatus(&status, f.Status, nil); err != nil {
		return "", fmt.Errorf("convert status: %w", err)
	}
	return f.encode()
}

func metadataFragment(store *stores.Store, uid types.UID) (string, error) {
	f := newFragment(store.Name, uid)
	f.Creator = store.Status.Creator
	f.Metadata = storedMetadata(store)
	f.Metadata.Name, f.Metadata.UID = store.Name, uid
	return f.encode()
}

// storedMetadata is the part of a Store's metadata that its namespace cannot
// hold, without the stamp.
func storedMetadata(store *stores.Store) fragmentMetadata {
	return fragmentMetadata{
		GenerateName:               store.GenerateName,
		Generation:                 store.Generation,
		Labels:                     store.Labels,
		Annotations:                store.Annotations,
		Finalizers:                 store.Finalizers,
		OwnerReferences:            store.OwnerReferences,
		DeletionTimestamp:          store.DeletionTimestamp,
		DeletionGracePeriodSeconds: store.DeletionGracePeriodSeconds,
		ManagedFields:              store.ManagedFields,
	}
}

// restore puts decoded metadata back on a Store.
func (m fragmentMetadata) restore(store *stores.Store) {
	store.GenerateName = m.GenerateName
	store.Generation = m.Generation
	store.Labels = m.Labels
	store.Annotations = m.Annotations
	store.Finalizers = m.Finalizers
	store.OwnerReferences = m.OwnerReferences
	store.DeletionTimestamp = m.DeletionTimestamp
	store.DeletionGracePeriodSeconds = m.DeletionGracePeriodSeconds
	store.ManagedFields = m.ManagedFields
}

// decodeVersioned reads the spec or status part of a fragment, in whatever
// registered version it was written, into an internal Store.
func decodeVersioned(scheme *runtime.Scheme, text string, name string, uid types.UID) (*stores.Store, error) {
	if text == "" {
		return nil, errMissing
	}
	var header fragment
	if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &struct {
		*metav1.TypeMeta `json:",inline"`
		Metadata         *fragmentMetadata `json:"metadata"`
	}{&header.TypeMeta, &header.Metadata}); err != nil {
		return nil, fmt.Errorf("it is not valid JSON: %w", err)
	}
	if err := header.checkStamp(name, uid); err != nil {
		return nil, err
	}
	gvk := schema.FromAPIVersionAndKind(header.APIVersion, header.Kind)
	versioned, err := scheme.New(gvk)
	if err != nil {
		return nil, fmt.Errorf("this platform does not know %s %s, which may come from a newer one", header.APIVersion, header.Kind)
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), versioned); err != nil {
		return nil, fmt.Errorf("it does not fit %s: %w", header.APIVersion, err)
	}
	internal := &stores.Store{}
	if err := scheme.Convert(versioned, internal, nil); err != nil {
		return nil, fmt.Errorf("convert from %s: %w", header.APIVersion, err)
	}
	return internal, nil
}

// decodeMetadata reads the metadata fragment. Object metadata has one form in
// every version of the API.
func decodeMetadata(text string, name string, uid types.UID) (*fragment, error) {
	if text == "" {
		return nil, errMissing
	}
	f := &fragment{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), f); err != nil {
		return nil, fmt.Errorf("it is not valid JSON: %w", err)
	}
	if err := f.checkStamp(name, uid); err != nil {
		return nil, err
	}
	return f, nil
}

// checkStamp refuses a fragment that belongs to another Store, or to an
// earlier Store of the same name.
func (f fragment) checkStamp(name string, uid types.UID) error {
	switch {
	case f.Kind != storeKind:
		return fmt.Errorf("it holds a %q, not a Store", f.Kind)
	case f.Metadata.Name != name:
		return fmt.Errorf("it belongs to the store %q", f.Metadata.Name)
	case f.Metadata.UID != "" && f.Metadata.UID != uid:
		return fmt.Errorf("it belongs to another store of this name, with uid %s", f.Metadata.UID)
	default:
		return nil
	}
}
