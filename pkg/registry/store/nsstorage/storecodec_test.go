package nsstorage

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores"
	storesfuzzer "platform.example.io/stores/pkg/apis/stores/fuzzer"
	"platform.example.io/stores/pkg/apis/stores/install"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

const (
	testPrefix       = "/platform.example.io/stores"
	namespaceUID     = types.UID("5a4f0b1e-6f0c-4a52-9b1f-0d1f6d7c2a11")
	otherNamespaceID = types.UID("9d1b7c90-22d7-4f0e-8f4d-3f6c0a5b7e42")
)

// lenientRevision is one of which the pods need the level baseline.
const lenientRevision = "lenient"

func newTestScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return scheme
}

func newTestCodec(t testing.TB) *StoreCodec {
	t.Helper()
	codec, err := NewStoreCodec(testPrefix, newTestScheme(), func(engine, revision string) (string, bool) {
		if revision == lenientRevision {
			return "baseline", true
		}
		return "restricted", engine == "woocommerce"
	})
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func newTestStore() *stores.Store {
	return &stores.Store{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "acme",
			Generation:  1,
			Labels:      map[string]string{"team": "blue", "pod-security.kubernetes.io/enforce": "privileged"},
			Annotations: map[string]string{"note": "first"},
			Finalizers:  []string{"example.com/backup"},
		},
		Spec: stores.StoreSpec{
			Engine:     "woocommerce",
			Version:    "9.4",
			Plan:       "starter",
			Hosts:      []string{"shop.example.com"},
			Parameters: &stores.JSONObject{Raw: []byte(`{"currency":"EUR"}`)},
		},
		Status: stores.StoreStatus{Phase: stores.StorePending, Creator: "alice"},
	}
}

// namespaceOf is the namespace as kube-apiserver has it once it is created.
func namespaceOf(t testing.TB, codec *StoreCodec, store *stores.Store) *corev1.Namespace {
	t.Helper()
	image, err := codec.Encode(testPrefix+"/"+store.Name, store)
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "store-" + store.Name, UID: namespaceUID, ResourceVersion: "7",
	}}
	image.apply(namespace)
	return namespace
}

// update applies a diff as the merge patch does.
func update(t testing.TB, codec *StoreCodec, namespace *corev1.Namespace, change func(*stores.Store)) {
	t.Helper()
	stored := decodeStore(codec, namespace)
	updated := stored.DeepCopy()
	change(updated)
	image, _, err := codec.Diff(stored, updated)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range image.Labels {
		namespace.Labels[key] = value
	}
	for key, value := range image.Annotations {
		namespace.Annotations[key] = value
	}
}

func decodeStore(codec *StoreCodec, namespace *corev1.Namespace) *stores.Store {
	store := &stores.Store{}
	codec.Decode(namespace, store)
	return store
}

func TestCodecRoundTripsRandomStores(t *testing.T) {
	codec := newTestCodec(t)
	scheme := newTestScheme()
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	filler := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, storesfuzzer.Funcs), rand.NewSource(seed), serializer.NewCodecFactory(scheme))
	for range 500 {
		store := &stores.Store{}
		filler.Fill(store)
		store.Name = "acme"
		store.Namespace = ""
		//lint:ignore SA1019 the filler fills it, and nothing stores it
		store.SelfLink = ""
		store.Status.Phase = stores.StoreReady
		image, err := codec.Encode(testPrefix+"/"+store.Name, store)
		if apierrors.IsInvalid(err) {
			continue // larger than a namespace can hold
		}
		if err != nil {
			t.Fatal(err)
		}
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: "store-acme", UID: namespaceUID,
			ResourceVersion: store.ResourceVersion, CreationTimestamp: store.CreationTimestamp,
		}}
		image.apply(namespace)
		got := decodeStore(codec, namespace)

		want := store.DeepCopy()
		want.UID = storeUID(namespaceUID)
		want.Status.Namespace = "store-acme"
		if want.DeletionTimestamp != nil {
			want.Status.Phase = stores.StoreTerminating
		}
		if !equality.Semantic.DeepEqual(want, got) {
			t.Fatalf("the store changed on its way through a namespace (-want +got):\n%s", cmp.Diff(want, got))
		}
		if _, changed, err := codec.Diff(got, got.DeepCopy()); err != nil || changed {
			t.Fatalf("a store differs from itself: changed=%t err=%v", changed, err)
		}
	}
}

func TestCodecKeepsUsersLabelsOffTheNamespace(t *testing.T) {
	codec := newTestCodec(t)
	namespace := namespaceOf(t, codec, newTestStore())
	want := map[string]string{
		"platform.example.io/store":          "acme",
		"platform.example.io/engine":         "woocommerce",
		"platform.example.io/phase":          "Pending",
		"app.kubernetes.io/managed-by":       "store-platform",
		"pod-security.kubernetes.io/enforce": "restricted",
	}
	if diff := cmp.Diff(want, namespace.Labels); diff != "" {
		t.Errorf("labels of the namespace (-want +got):\n%s", diff)
	}
	if got := decodeStore(codec, namespace).Labels["pod-security.kubernetes.io/enforce"]; got != "privileged" {
		t.Errorf("the store's own label is %q, want it kept on the store", got)
	}
}

// TestCodecKeepsTheLevelOfWhatRuns: a newer revision that is stricter must not keep
// the pods of a store from starting that was not moved to it yet.
func TestCodecKeepsTheLevelOfWhatRuns(t *testing.T) {
	codec := newTestCodec(t)
	store := newTestStore()
	store.Status.EngineRevision = lenientRevision
	updated := store.DeepCopy()
	updated.Status.Phase = stores.StoreDegraded
	image, changed, err := codec.Diff(store, updated)
	if err != nil || !changed {
		t.Fatalf("changed=%t err=%v", changed, err)
	}
	if level := image.Labels[labelPodSecurity]; level != "baseline" {
		t.Errorf("the namespace gets level %q, want that of the revision that runs", level)
	}
}

func TestCodecKeyAdoptsNothing(t *testing.T) {
	codec := newTestCodec(t)
	cases := []struct {
		name      string
		reason    string
		namespace metav1.ObjectMeta
		owned     bool
	}{
		{"ours", "label and name agree", metav1.ObjectMeta{Name: "store-acme", Labels: map[string]string{labelStore: "acme"}}, true},
		{"unlabelled", "a name alone makes nothing ours", metav1.ObjectMeta{Name: "store-acme"}, false},
		{"label of another store", "a forged label must not give a namespace to another store", metav1.ObjectMeta{Name: "store-acme", Labels: map[string]string{labelStore: "other"}}, false},
		{"foreign name", "kube-system with our label stays kube-system", metav1.ObjectMeta{Name: "kube-system", Labels: map[string]string{labelStore: "kube-system"}}, false},
		{"empty name", "the prefix alone names no store", metav1.ObjectMeta{Name: "store-", Labels: map[string]string{labelStore: ""}}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, owned := codec.Key(&corev1.Namespace{ObjectMeta: c.namespace}); owned != c.owned {
				t.Errorf("owned = %t, want %t: %s", owned, c.owned, c.reason)
			}
		})
	}
}

func TestDecodeReportsDamage(t *testing.T) {
	codec := newTestCodec(t)
	cases := []struct {
		name   string
		reason string
		change func(*corev1.Namespace)
		parts  []string
	}{
		{
			name: "spec is missing", reason: "somebody removed the annotation",
			change: func(n *corev1.Namespace) { delete(n.Annotations, annotationSpec) },
			parts:  []string{"spec"},
		},
		{
			name: "spec is not JSON", reason: "somebody edited it by hand",
			change: func(n *corev1.Namespace) { n.Annotations[annotationSpec] = `{"spec":` },
			parts:  []string{"spec"},
		},
		{
			name: "spec does not fit the type", reason: "hosts became a string",
			change: func(n *corev1.Namespace) {
				n.Annotations[annotationSpec] = strings.Replace(n.Annotations[annotationSpec], `["shop.example.com"]`, `"shop.example.com"`, 1)
			},
			parts: []string{"spec"},
		},
		{
			name: "spec of a newer version", reason: "after a rollback of the platform",
			change: func(n *corev1.Namespace) {
				n.Annotations[annotationSpec] = strings.Replace(n.Annotations[annotationSpec], "v1alpha1", "v9", 1)
			},
			parts: []string{"spec"},
		},
		{
			name: "spec swapped with another store", reason: "the stamp names the store",
			change: func(n *corev1.Namespace) {
				n.Annotations[annotationSpec] = strings.Replace(n.Annotations[annotationSpec], `"acme"`, `"other"`, 1)
			},
			parts: []string{"spec"},
		},
		{
			name: "everything copied from an earlier store of this name", reason: "the stamp carries the uid after the first update",
			change: func(n *corev1.Namespace) { n.UID = otherNamespaceID },
			parts:  []string{"metadata", "spec", "status"},
		},
		{
			name: "status is not an object", reason: "a damaged status damages the store",
			change: func(n *corev1.Namespace) { n.Annotations[annotationStatus] = `[]` },
			parts:  []string{"status"},
		},
		{
			name: "metadata is of another kind", reason: "a fragment must be a Store's",
			change: func(n *corev1.Namespace) {
				n.Annotations[annotationMetadata] = strings.Replace(n.Annotations[annotationMetadata], `"kind":"Store"`, `"kind":"Secret"`, 1)
			},
			parts: []string{"metadata"},
		},
		{
			name: "all annotations gone", reason: "only the label is left",
			change: func(n *corev1.Namespace) { n.Annotations = nil },
			parts:  []string{"metadata", "spec", "status"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			namespace := namespaceOf(t, codec, newTestStore())
			update(t, codec, namespace, func(s *stores.Store) { // stamp every part with the uid
				s.Spec.DisplayName, s.Status.URL, s.Annotations["note"] = "Acme", "http://acme", "second"
			})
			c.change(namespace)
			store := decodeStore(codec, namespace)

			var parts []string
			for _, damage := range store.Damage {
				parts = append(parts, damage.Part)
			}
			if diff := cmp.Diff(c.parts, parts); diff != "" {
				t.Fatalf("damaged parts, because %s (-want +got):\n%s", c.reason, diff)
			}
			if store.Status.Phase != stores.StoreInvalid {
				t.Errorf("phase is %q, want Invalid", store.Status.Phase)
			}
			if apimeta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionReady) || !apimeta.IsStatusConditionFalse(store.Status.Conditions, v1alpha1.ConditionValid) {
				t.Errorf("conditions do not say that the store is invalid: %v", store.Status.Conditions)
			}
			if store.Name != "acme" || store.UID != storeUID(namespace.UID) || store.ResourceVersion != "7" {
				t.Errorf("identity is lost: %s %s %s", store.Name, store.UID, store.ResourceVersion)
			}
		})
	}
}

func TestDamagedPartsStayByteForByte(t *testing.T) {
	codec := newTestCodec(t)
	namespace := namespaceOf(t, codec, newTestStore())
	damagedSpec := `{"kind":"Store", "spec": {"engine": "woocom`
	namespace.Annotations[annotationSpec] = damagedSpec
	stored := decodeStore(codec, namespace)

	status := stored.DeepCopy()
	status.Status.URL = "http://acme.localtest.me"
	status.Finalizers = nil
	image, changed, err := codec.Diff(stored, status)
	if err != nil || !changed {
		t.Fatalf("status writes and finalizer removal must succeed on a damaged store: changed=%t err=%v", changed, err)
	}
	if text, ok := image.Annotations[annotationSpec]; ok {
		t.Errorf("the damaged spec would be overwritten by %s", text)
	}
	if strings.Contains(image.Annotations[annotationStatus], v1alpha1.ReasonStorageInvalid) || strings.Contains(image.Annotations[annotationStatus], "Invalid") {
		t.Errorf("what was derived from the damage is stored: %s", image.Annotations[annotationStatus])
	}

	spec := stored.DeepCopy()
	spec.Spec.Engine = "medusa"
	if _, _, err := codec.Diff(stored, spec); !apierrors.IsInvalid(err) {
		t.Errorf("overwriting a damaged spec gave %v, want Invalid", err)
	}

	repaired := namespace.DeepCopy()
	repaired.Annotations[annotationSpec] = namespaceOf(t, codec, newTestStore()).Annotations[annotationSpec]
	store := decodeStore(codec, repaired)
	if len(store.Damage) != 0 || store.Spec.Engine != "woocommerce" || store.Status.Phase != stores.StorePending {
		t.Errorf("a repaired store is %+v", store)
	}
}

func TestUnknownFieldsSurviveAStatusWrite(t *testing.T) {
	codec := newTestCodec(t)
	namespace := namespaceOf(t, codec, newTestStore())
	newer := strings.Replace(namespace.Annotations[annotationSpec], `"plan":`, `"fromTheFuture":true,"plan":`, 1)
	namespace.Annotations[annotationSpec] = newer
	update(t, codec, namespace, func(s *stores.Store) { s.Status.URL = "http://acme" })
	if got := namespace.Annotations[annotationSpec]; got != newer {
		t.Errorf("a status write after a platform rollback changed the spec to %s", got)
	}
}

func TestTerminatingNamespaceHasNoFinalizers(t *testing.T) {
	codec := newTestCodec(t)
	namespace := namespaceOf(t, codec, newTestStore())
	now := metav1.Now()
	namespace.DeletionTimestamp = &now
	store := decodeStore(codec, namespace)
	if len(store.Finalizers) != 0 || store.Status.Phase != stores.StoreTerminating || !store.DeletionTimestamp.Equal(&now) {
		t.Errorf("a store whose content is going reads %v %v %v", store.Finalizers, store.Status.Phase, store.DeletionTimestamp)
	}
}

func TestTooLargeNamesThePart(t *testing.T) {
	codec := newTestCodec(t)
	store := newTestStore()
	store.Spec.Parameters.Raw = fmt.Appendf(nil, `{"text":%q}`, strings.Repeat("x", annotationsLimit))
	_, err := codec.Encode(testPrefix+"/"+store.Name, store)
	status, ok := err.(apierrors.APIStatus)
	if !ok || !apierrors.IsInvalid(err) || len(status.Status().Details.Causes) != 1 || status.Status().Details.Causes[0].Field != "spec" {
		t.Errorf("a store larger than a namespace gave %v, want Invalid with field spec", err)
	}
}

func TestStoreUIDIsStableAndNotTheNamespaces(t *testing.T) {
	first := storeUID(namespaceUID)
	if first != storeUID(namespaceUID) || first == namespaceUID || first == storeUID(otherNamespaceID) {
		t.Errorf("uid %s of namespace %s", first, namespaceUID)
	}
}
