package nsstorage

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

var annotationOf = map[string]string{"metadata": annotationMetadata, "spec": annotationSpec, "status": annotationStatus}

// FuzzDecode holds the law that decoding never fails, whatever a namespace says,
// and that what could not be decoded is reported and never written.
func FuzzDecode(f *testing.F) {
	codec := newTestCodec(f)
	fresh := namespaceOf(f, codec, newTestStore())
	stamped := fresh.DeepCopy()
	update(f, codec, stamped, func(s *stores.Store) {
		s.Spec.DisplayName, s.Status.URL, s.Annotations["note"] = "Acme", "http://acme", "second"
	})
	other := newTestStore()
	other.Name = "other"
	swapped := namespaceOf(f, codec, other)
	add := func(name, label, uid, spec, status, metadata string) {
		f.Add(name, label, uid, "7", int64(0), int64(0), spec, status, metadata)
	}
	addOf := func(name, label, uid string, n *corev1.Namespace) {
		add(name, label, uid, n.Annotations[annotationSpec], n.Annotations[annotationStatus], n.Annotations[annotationMetadata])
	}
	addOf("store-acme", "acme", string(namespaceUID), fresh)
	addOf("store-acme", "acme", string(namespaceUID), stamped)
	addOf("store-acme", "acme", string(namespaceUID), swapped)     // of another store
	addOf("store-acme", "acme", string(otherNamespaceID), stamped) // of an earlier store of this name
	addOf("kube-system", "acme", "", fresh)
	add("store-acme", "acme", "x", "", "", "")
	add("store-", "", "", "null", "[]", `{"metadata":null}`)
	add("store-acme", "other", "\xff", `{"apiVersion":"v1","kind":"Store","metadata":{"name":"acme"}}`, `{"kind":"Store"}`, `{"metadata":{"managedFields":[{"fieldsV1":3}]}}`)
	f.Add("store-acme", "acme", string(namespaceUID), "", int64(1)<<50, int64(-1)<<50,
		fresh.Annotations[annotationSpec], strings.Replace(fresh.Annotations[annotationStatus], `"phase"`, `"readyTime":"12026-01-01T00:00:00Z","phase"`, 1), "{}")
	f.Fuzz(func(t *testing.T, name, label, uid, version string, created, deleted int64, spec, status, metadata string) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: types.UID(uid), ResourceVersion: version, CreationTimestamp: metav1.Unix(created, 0),
			Labels:      map[string]string{labelStore: label},
			Annotations: map[string]string{annotationSpec: spec, annotationStatus: status, annotationMetadata: metadata},
		}}
		if deleted != 0 {
			at := metav1.Unix(deleted, 0)
			namespace.DeletionTimestamp = &at
		}
		key, owned := codec.Key(namespace)
		if want := label != "" && name == "store-"+label; owned != want {
			t.Fatalf("namespace %q with label %q is ours: %t, want %t", name, label, owned, want)
		}
		if back, err := codec.NamespaceName(key); owned && !strings.Contains(label, "/") && (err != nil || back != name) {
			t.Fatalf("the key %q of namespace %q leads to %q, %v", key, name, back, err)
		}
		store := decodeStore(codec, namespace)
		checkIdentity(t, store, namespace)
		checkCanBeServed(t, codec, store)
		checkDamage(t, store, namespace)
		checkNothingIsLost(t, codec, store)
		if len(store.Damage) == 0 && owned {
			checkWrittenAgain(t, codec, namespace, store)
		}
	})
}

func checkIdentity(t *testing.T, store *stores.Store, namespace *corev1.Namespace) {
	t.Helper()
	if "store-"+store.Name != namespace.Name && strings.HasPrefix(namespace.Name, "store-") ||
		store.ResourceVersion != namespace.ResourceVersion || store.UID != storeUID(namespace.UID) ||
		store.UID == namespace.UID || !store.CreationTimestamp.Equal(&namespace.CreationTimestamp) || store.Status.Namespace != namespace.Name {
		t.Fatalf("annotations changed the identity of a store: %+v", store.ObjectMeta)
	}
	if namespace.DeletionTimestamp != nil && (len(store.Finalizers) > 0 || store.Status.Phase != stores.StoreTerminating) {
		t.Fatalf("the store of a terminating namespace is %s with finalizers %v", store.Status.Phase, store.Finalizers)
	}
	if store.Status.Phase == "" {
		t.Fatal("the store has no phase")
	}
}

func checkCanBeServed(t *testing.T, codec *StoreCodec, store *stores.Store) {
	t.Helper()
	versioned := &v1alpha1.Store{}
	if err := codec.scheme.Convert(store, versioned, nil); err != nil {
		t.Fatalf("a decoded store cannot be served: %v", err)
	}
	if _, err := json.Marshal(versioned); err != nil {
		t.Fatalf("a decoded store cannot be served: %v", err)
	}
	if _, err := versioned.Marshal(); err != nil {
		t.Fatalf("a decoded store cannot be served: %v", err)
	}
}

// checkDamage judges the annotations with eyes of its own: what is no JSON, or
// is stamped for another store, must be reported, on the Store and to readers.
func checkDamage(t *testing.T, store *stores.Store, namespace *corev1.Namespace) {
	t.Helper()
	damaged := map[string]bool{}
	for _, part := range damagedParts(store) {
		damaged[part] = true
	}
	for part, annotation := range annotationOf {
		var stamp struct {
			Kind     any `json:"kind"`
			Metadata any `json:"metadata"`
		}
		text := namespace.Annotations[annotation]
		broken := json.Unmarshal([]byte(text), &stamp) != nil
		if fields, ok := stamp.Metadata.(map[string]any); ok {
			uid, _ := fields["uid"].(string)
			broken = broken || strings.Count(text, `"uid"`) == 1 && uid != "" && uid != string(store.UID)
		}
		if broken && !damaged[part] {
			t.Fatalf("the %s %q is not reported as damaged", part, text)
		}
	}
	if len(damaged) == 0 {
		return
	}
	valid := apimeta.IsStatusConditionFalse(store.Status.Conditions, v1alpha1.ConditionValid)
	if !valid || store.Status.Phase != stores.StoreInvalid && store.Status.Phase != stores.StoreTerminating {
		t.Fatalf("damage of %v does not show: phase %s, conditions %v", damaged, store.Status.Phase, store.Status.Conditions)
	}
}

// checkNothingIsLost changes everything there is to change: an update that would
// overwrite a damaged part with what a user wants is refused, one by the platform
// leaves it alone.
func checkNothingIsLost(t *testing.T, codec *StoreCodec, store *stores.Store) {
	t.Helper()
	if _, changed, err := codec.Diff(store, store.DeepCopy()); changed || err != nil {
		t.Fatalf("a decoded store differs from itself: changed=%t err=%v", changed, err)
	}
	changes := map[string]func(*stores.Store){
		"spec":     func(s *stores.Store) { s.Spec.DisplayName += "x" },
		"metadata": func(s *stores.Store) { s.Annotations = withNote(s.Annotations) },
		"status":   func(s *stores.Store) { s.Status.URL += "x" },
		"bookkeeping": func(s *stores.Store) {
			s.Generation++
			s.ManagedFields = append(s.ManagedFields, metav1.ManagedFieldsEntry{Manager: "x"})
		},
	}
	for name, change := range changes {
		updated := store.DeepCopy()
		change(updated)
		image, _, err := codec.Diff(store, updated)
		for _, part := range damagedParts(store) {
			if text, written := image.Annotations[annotationOf[part]]; written {
				t.Fatalf("a change of the %s overwrites the damaged %s with %s", name, part, text)
			}
			if name == part && part != "status" && !apierrors.IsInvalid(err) {
				t.Fatalf("a change of the damaged %s gives %v, want Invalid", part, err)
			}
		}
		if err != nil && !apierrors.IsInvalid(err) {
			t.Fatalf("a change of the %s fails: %v", name, err)
		}
	}
}

func withNote(annotations map[string]string) map[string]string {
	noted := map[string]string{"note": annotations["note"] + "x"}
	for key, value := range annotations {
		if key != "note" {
			noted[key] = value
		}
	}
	return noted
}

// checkWrittenAgain writes what was read. Somebody's hand may have written it
// otherwise than the platform does, so what is read then is what lasts.
func checkWrittenAgain(t *testing.T, codec *StoreCodec, namespace *corev1.Namespace, store *stores.Store) {
	t.Helper()
	first, err := codec.Encode(testPrefix+"/"+store.Name, store)
	if err != nil {
		refused(t, store, err)
		return
	}
	again := namespace.DeepCopy()
	first.apply(again)
	reread := decodeStore(codec, again)
	if len(reread.Damage) > 0 {
		t.Fatalf("what was read is damaged once it is written again: %v", reread.Damage)
	}
	second, err := codec.Encode(testPrefix+"/"+store.Name, reread)
	if err != nil || !maps.Equal(first.Annotations, second.Annotations) {
		// What a terminating namespace loses it loses at the first reading.
		t.Fatalf("what was written does not last: %v\n%v\n%v", err, first.Annotations, second.Annotations)
	}
}
