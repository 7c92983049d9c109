package nsstorage

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/randfill/bytesource"

	"platform.example.io/stores/pkg/apis/stores"
	storesfuzzer "platform.example.io/stores/pkg/apis/stores/fuzzer"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/apis/stores/validation"
)

// padded is how much a Store is padded with, by number. The last ones make it
// as large as a namespace can hold, and larger; they are rare, because they take
// long.
func padded(number uint16) string {
	const large = 0xff00
	if number < large {
		return strings.Repeat("x", int(number%64))
	}
	return strings.Repeat("x", annotationsLimit/2+int(number-large)*1000)
}

// written are the phases that somebody stores; the others are derived.
var written = []stores.StorePhase{
	stores.StorePending, stores.StoreProvisioning, stores.StoreReady, stores.StoreDegraded, stores.StoreFailed, stores.StoreSuspended,
}

var engines = []string{"woocommerce", "medusa", "taken-away"}

// filler fills a Store from bytes: the same Store from the same bytes.
func filler(codecs serializer.CodecFactory, from []byte) *randfill.Filler {
	funcs := fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, storesfuzzer.Funcs)
	return fuzzer.FuzzerFor(funcs, bytesource.New(from), codecs)
}

// storeFrom is a Store that could reach the codec: with a valid name, a phase
// that is written, and labels that must not reach the namespace.
func storeFrom(codecs serializer.CodecFactory, name string, from []byte, text string, seconds int64, padding uint16) *stores.Store {
	store := &stores.Store{}
	filler(codecs, from).Fill(store)
	store.Name, store.Namespace = name, ""
	//lint:ignore SA1019 the filler fills it, and nothing stores it
	store.SelfLink = ""
	store.Spec.Engine = engines[int(padding)%len(engines)]
	store.Spec.DisplayName = text
	store.Status.Phase = written[int(padding)%len(written)]
	at := metav1.Unix(seconds, 0)
	store.Status.ReadyTime = &at
	for i := range store.ManagedFields {
		store.ManagedFields[i].Time = &at
	}
	store.Labels = map[string]string{labelPodSecurity: "privileged", "istio-injection": text}
	store.Annotations = map[string]string{annotationSpec: text, "padding": padded(padding)}
	return store
}

// served is what a reader must get of a Store that was written.
func served(written *stores.Store, namespace *corev1.Namespace) *stores.Store {
	want := written.DeepCopy()
	want.UID = storeUID(namespace.UID)
	want.ResourceVersion, want.CreationTimestamp = namespace.ResourceVersion, namespace.CreationTimestamp
	want.Status.Namespace = namespace.Name
	if want.DeletionTimestamp != nil {
		want.Status.Phase = stores.StoreTerminating
	}
	return want
}

// refused fails the test unless the error is a 422 that names one part of the
// Store, which is what a Store that cannot be stored must be answered with.
func refused(t *testing.T, store *stores.Store, err error) {
	t.Helper()
	status, ok := err.(apierrors.APIStatus)
	if !ok || !apierrors.IsInvalid(err) || status.Status().Details.Name != store.Name || len(status.Status().Details.Causes) != 1 {
		t.Fatalf("a store that cannot be stored gave %v, want Invalid with one cause", err)
	}
	if field := status.Status().Details.Causes[0].Field; !slices.Contains([]string{"spec", "status", "metadata"}, field) {
		t.Fatalf("a store that cannot be stored blames %q", field)
	}
}

// checkLabels fails the test when anything of a Store's own labels is on its
// namespace.
func checkLabels(t *testing.T, namespace *corev1.Namespace, store *stores.Store) {
	t.Helper()
	want := map[string]string{
		labelStore: store.Name, labelManagedBy: v1alpha1.ManagedBy,
		labelEngine: store.Spec.Engine, labelPhase: string(store.Status.Phase),
	}
	if store.Spec.Engine == "woocommerce" {
		want[labelPodSecurity] = "restricted"
	}
	if diff := cmp.Diff(want, namespace.Labels); diff != "" {
		t.Fatalf("labels of the namespace (-want +got):\n%s", diff)
	}
}

func checkServed(t *testing.T, codec *StoreCodec, namespace *corev1.Namespace, store *stores.Store) *stores.Store {
	t.Helper()
	got, want := decodeStore(codec, namespace), served(store, namespace)
	if !equality.Semantic.DeepEqual(want, got) {
		t.Fatalf("the store changed on its way through a namespace (-want +got):\n%s", cmp.Diff(want, got))
	}
	if _, changed, err := codec.Diff(got, got.DeepCopy()); err != nil || changed {
		t.Fatalf("a store differs from itself: changed=%t err=%v", changed, err)
	}
	return got
}

// checkForeign puts fragments where they do not belong: into the namespace of
// another store, and into a later one of the same name. The second is noticed
// in the fragments that carry a uid, as all do once they were updated.
func checkForeign(t *testing.T, codec *StoreCodec, namespace *corev1.Namespace, stamped []string) {
	t.Helper()
	other := namespace.DeepCopy()
	other.Name, other.Labels[labelStore] = "store-other0", "other0"
	all := []string{"metadata", "spec", "status"}
	if got := damagedParts(decodeStore(codec, other)); !slices.Equal(all, got) {
		t.Fatalf("annotations of another store damage %v, want %v", got, all)
	}
	later := namespace.DeepCopy()
	later.UID = otherNamespaceID
	if got := damagedParts(decodeStore(codec, later)); !slices.Equal(stamped, got) {
		t.Fatalf("annotations of an earlier store of this name damage %v, want %v", got, stamped)
	}
}

func damagedParts(store *stores.Store) []string {
	parts := []string{}
	for _, damage := range store.Damage {
		parts = append(parts, damage.Part)
	}
	return parts
}

// FuzzCodecRoundTrip writes a Store, reads it, updates it to another one and
// reads that: nothing is lost but what the namespace itself says.
func FuzzCodecRoundTrip(f *testing.F) {
	codec := newTestCodec(f)
	codecs := serializer.NewCodecFactory(codec.scheme)
	for i, first := range []string{"", "a", "the first store", strings.Repeat("\x00", 200), strings.Repeat("\xff", 200)} {
		f.Add([]byte(first), []byte("the second"), "acme", "Käse & <more>", time.Now().Unix(), uint16(i), uint16(i*7))
	}
	f.Add([]byte("large"), []byte("b"), "a", "", int64(0), uint16(0xffff), uint16(1))
	f.Add([]byte("large"), []byte("larger"), "a", "", int64(0), uint16(0xff10), uint16(0xff30))
	f.Add([]byte("a"), []byte("grows"), strings.Repeat("a", 57), "\u2028", int64(-1), uint16(1), uint16(0xffff))
	f.Add([]byte("a"), []byte("later than JSON can say"), "acme", "x", int64(1)<<40, uint16(1), uint16(2))
	f.Add([]byte("a"), []byte("no text"), "acme", "\xff", int64(1), uint16(1), uint16(2))
	f.Fuzz(func(t *testing.T, first, second []byte, name, text string, seconds int64, padding, otherPadding uint16) {
		if len(validation.ValidateName(name, false)) > 0 || name == "other0" {
			name = "acme"
		}
		// Validation refuses what is not UTF-8; FuzzDefaultsValidationConversion holds it to that.
		text = strings.ToValidUTF8(text, "?")
		store := storeFrom(codecs, name, first, text, seconds, padding)
		image, err := codec.Encode(testPrefix+"/"+name, store)
		if err != nil {
			refused(t, store, err)
			return
		}
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: "store-" + name, UID: namespaceUID, ResourceVersion: "7", CreationTimestamp: metav1.Unix(1, 0),
		}}
		image.apply(namespace)
		checkLabels(t, namespace, store)
		stored := checkServed(t, codec, namespace, store)
		checkForeign(t, codec, namespace, []string{})

		updated := storeFrom(codecs, name, second, text, seconds+1, otherPadding)
		image, changed, err := codec.Diff(stored, updated)
		if err != nil {
			refused(t, updated, err)
			return
		}
		if !changed {
			t.Fatal("a store with another ready time does not differ")
		}
		stamped := []string{}
		for part, annotation := range annotationOf {
			if text, ok := image.Annotations[annotation]; ok {
				namespace.Annotations[annotation] = text
				stamped = append(stamped, part)
			}
		}
		slices.Sort(stamped)
		size := 0
		for _, text := range namespace.Annotations {
			size += len(text)
		}
		if size > annotationsLimit {
			t.Fatalf("the annotations have %d bytes, of which kube-apiserver takes %d", size, annotationsLimit)
		}
		delete(namespace.Labels, labelPodSecurity) // an installed engine's is written again
		for key, value := range image.Labels {
			namespace.Labels[key] = value
		}
		checkLabels(t, namespace, updated)
		checkServed(t, codec, namespace, updated)
		checkForeign(t, codec, namespace, stamped)
	})
}
