package install

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/equality"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
	storesfuzzer "platform.example.io/stores/pkg/apis/stores/fuzzer"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/apis/stores/validation"
)

// The formats in which a request may come, by number; the last is protobuf
// without its envelope, which a fuzzer keeps whole more often.
var formats = []string{runtime.ContentTypeJSON, runtime.ContentTypeYAML, runtime.ContentTypeProtobuf, "message"}

// manifests are those that seed the fuzzer.
var manifests = []string{
	`{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{"name":"acme"},"spec":{"engine":"woocommerce"}}`,
	`{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{"name":"acme","annotations":{"a":"ü<>"},"labels":{"a":"b"},
"finalizers":["example.com/backup"],"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"x","uid":"y"}],
"managedFields":[{"manager":"kubectl","operation":"Apply","apiVersion":"platform.example.io/v1alpha1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]},
"spec":{"engine":"medusa","version":"2","plan":"starter","displayName":"Acme","hosts":["shop.example.com"],"suspend":true,"deletionProtection":true,
"storage":[{"name":"database","size":"10Gi","storageClassName":"fast"}],"parameters":{"currency":"EUR","n":1e400,"o":{"b":1,"a":[null]}}},
"status":{"phase":"Ready","observedGeneration":-1,"conditions":[{"type":"Ready","status":"True","reason":"Ready","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}],"adminSecretRef":{"name":"a","namespace":"b"}}}`,
	`{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{"name":"acme"},"spec":{"engine":"x","engine":"y","bogus":1,"storage":[{"size":"1e9E"},{"name":"a","size":-1}],"parameters":[1]}}`,
	`{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{"generateName":"a-"},"spec":{"engine":"x","hosts":["a.b","a.b","10.0.0.1","::1"],"parameters":null}}`,
	`{"apiVersion":"platform.example.io/v1alpha1","kind":"Engine","metadata":{"name":"x"},"spec":{"volumes":[{"name":"a","defaultSizes":{"b":"1Gi"}}]}}`,
	`{"apiVersion":"platform.example.io/__internal","kind":"Store"}`,
	"apiVersion: platform.example.io/v1alpha1\nkind: Store\nmetadata: &a {name: acme}\nspec: {engine: woocommerce, parameters: {? a : !!float 1, <<: *a}}\n",
	"null", "[]", "---\n", "{", "",
}

// FuzzDefaultsValidationConversion takes a request's body the way of a create: it
// is decoded, defaulted, converted and validated. What was valid is the same in
// every format.
func FuzzDefaultsValidationConversion(f *testing.F) {
	scheme := newScheme()
	codecs := serializer.NewCodecFactory(scheme)
	for _, manifest := range manifests {
		f.Add([]byte(manifest), byte(0))
		f.Add([]byte(manifest), byte(1))
	}
	proto, _ := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), runtime.ContentTypeProtobuf)
	filler := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, storesfuzzer.Funcs), rand.NewSource(1), codecs)
	for range 5 {
		store := &stores.Store{}
		filler.Fill(store)
		store.Name, store.Namespace, store.Spec.Engine = "acme", "", "woocommerce"
		encoded, err := runtime.Encode(codecs.EncoderForVersion(proto.Serializer, v1alpha1.SchemeGroupVersion), store)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded, byte(2))
	}
	for _, seed := range protobufSeeds(f) {
		f.Add(seed, byte(3))
	}
	f.Fuzz(func(t *testing.T, body []byte, format byte) {
		body = body[:min(len(body), 64<<10)] // what is longer costs time and shows nothing else
		versioned := decode(t, codecs, formats[int(format)%len(formats)], body)
		if versioned == nil {
			return
		}
		checkDefaults(t, scheme, versioned)
		if err := scheme.Convert(versioned, &stores.Store{}, nil); err != nil {
			return // free-form JSON that is none
		}
		internal := &stores.Store{}
		if err := scheme.Convert(versioned.DeepCopy(), internal, nil); err != nil {
			t.Fatalf("a store converts once and not twice: %v", err)
		}
		if valid(t, scheme, versioned, internal) {
			checkRoundTrip(t, scheme, codecs, versioned, internal)
		}
	})
}

// protobufSeeds are messages that no JSON can say.
func protobufSeeds(f *testing.F) [][]byte {
	var seeds [][]byte
	for _, change := range []func(*v1alpha1.Store){
		func(*v1alpha1.Store) {},
		func(s *v1alpha1.Store) { s.Spec.DisplayName = "\xff" },
		func(s *v1alpha1.Store) { s.Annotations = map[string]string{"a": "\xff"} },
		func(s *v1alpha1.Store) {
			s.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "A", Name: "\xff", UID: "\xff"}}
		},
		func(s *v1alpha1.Store) {
			s.Spec.Parameters = &v1alpha1.JSONObject{Raw: []byte("{\"a\":\"\xff\u2028<\"}")}
		},
		func(s *v1alpha1.Store) { s.Spec.Parameters = &v1alpha1.JSONObject{Raw: []byte("no JSON")} },
		func(s *v1alpha1.Store) { s.Spec.Parameters = &v1alpha1.JSONObject{} },
		func(s *v1alpha1.Store) {
			late := metav1.Unix(1<<50, 0)
			s.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "\xff", Operation: "Apply", Time: &late, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1("{")}}
		},
	} {
		store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "acme"}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce"}}
		change(store)
		message, err := store.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, message)
	}
	return seeds
}

// decode returns the Store in a body, or nothing. What the strict decoder takes
// the lax one takes for the same.
func decode(t *testing.T, codecs serializer.CodecFactory, format string, body []byte) *v1alpha1.Store {
	t.Helper()
	if format == "message" {
		store := &v1alpha1.Store{}
		if store.Unmarshal(body) != nil {
			return nil
		}
		return store
	}
	info, _ := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), format)
	lax, _, laxErr := info.Serializer.Decode(body, nil, nil)
	strict, _, strictErr := info.StrictSerializer.Decode(body, nil, nil)
	if strictErr == nil && (laxErr != nil || !equality.Semantic.DeepEqual(strict, lax)) {
		t.Fatalf("strictly read it is %v, else %v, %v", strict, lax, laxErr)
	}
	if strictErr != nil && laxErr == nil && !runtime.IsStrictDecodingError(strictErr) {
		t.Fatalf("strictness fails with %v, which no client is told as a warning", strictErr)
	}
	if laxErr != nil {
		return nil
	}
	store, ok := lax.(*v1alpha1.Store)
	if !ok {
		return nil
	}
	return store
}

func checkDefaults(t *testing.T, scheme *runtime.Scheme, store *v1alpha1.Store) {
	t.Helper()
	scheme.Default(store)
	again := store.DeepCopy()
	scheme.Default(again)
	if !equality.Semantic.DeepEqual(store, again) {
		t.Fatalf("defaults have defaults (-first +second):\n%s", cmp.Diff(store, again))
	}
}

// valid runs every validation there is, and tells whether the Store could be
// created. An update that changes nothing is always valid: what was stored stays
// writable.
func valid(t *testing.T, scheme *runtime.Scheme, versioned *v1alpha1.Store, internal *stores.Store) bool {
	t.Helper()
	create := validation.ValidateStore(internal)
	create = append(create, scheme.Validate(t.Context(), nil, versioned)...)
	changed := internal.DeepCopy()
	changed.Spec, changed.Status = stores.StoreSpec{}, stores.StoreStatus{}
	for _, errs := range []field.ErrorList{
		create,
		validation.ValidateStoreUpdate(internal, changed),
		validation.ValidateStoreStatusUpdate(internal, changed),
		scheme.ValidateUpdate(t.Context(), nil, versioned, &v1alpha1.Store{}),
	} {
		for _, err := range errs {
			if err.Field == "" || err.Field == "<nil>" || err.Type == "" || err.Type == field.ErrorTypeInternal {
				t.Fatalf("an error does not say what is wrong where: %#v", err)
			}
		}
	}
	unchanged := validation.ValidateStoreUpdate(internal, internal.DeepCopy())
	unchanged = append(unchanged, scheme.ValidateUpdate(t.Context(), nil, versioned, versioned.DeepCopy())...)
	unchanged = unchanged.Filter(func(err error) bool { return bytes.HasPrefix([]byte(err.Error()), []byte("metadata.")) }) // upstream's rules
	if len(unchanged) > 0 {
		t.Fatalf("an update that changes nothing is refused: %v", unchanged.ToAggregate())
	}
	return len(create) == 0
}

// checkRoundTrip sends a valid Store through every format and back.
func checkRoundTrip(t *testing.T, scheme *runtime.Scheme, codecs serializer.CodecFactory, versioned *v1alpha1.Store, internal *stores.Store) {
	t.Helper()
	back := &v1alpha1.Store{}
	if err := scheme.Convert(internal.DeepCopy(), back, nil); err != nil {
		t.Fatalf("a valid store cannot be converted back: %v", err)
	}
	back.TypeMeta = versioned.TypeMeta
	if !equality.Semantic.DeepEqual(versioned, back) {
		t.Fatalf("the store changed on its way through the internal type (-want +got):\n%s", cmp.Diff(versioned, back))
	}
	want := internal.DeepCopy()
	canonicalize(t, want, false)
	for _, format := range []string{runtime.ContentTypeJSON, runtime.ContentTypeYAML, runtime.ContentTypeProtobuf} {
		info, _ := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), format)
		encoded, err := runtime.Encode(codecs.EncoderForVersion(info.Serializer, v1alpha1.SchemeGroupVersion), want)
		if err != nil {
			t.Fatalf("a valid store cannot be encoded as %s: %v", format, err)
		}
		decoded, err := runtime.Decode(codecs.DecoderToVersion(info.StrictSerializer, stores.SchemeGroupVersion), encoded)
		if err != nil {
			t.Fatalf("a valid store cannot be read as %s: %v\n%q", format, err, encoded)
		}
		got, want := decoded.(*stores.Store), want.DeepCopy()
		// In YAML all numbers are machine numbers, of all resources.
		canonicalize(t, got, format == runtime.ContentTypeYAML)
		canonicalize(t, want, format == runtime.ContentTypeYAML)
		if !equality.Semantic.DeepEqual(want, got) {
			t.Fatalf("the store changed on its way through %s (-want +got):\n%s", format, cmp.Diff(want, got))
		}
	}
}

// canonicalize gives free-form JSON the one form that it is stored in, and drops
// what is not the user's: the kind, the status, and the metadata that the server
// sets.
func canonicalize(t *testing.T, store *stores.Store, machineNumbers bool) {
	t.Helper()
	store.TypeMeta, store.Status = metav1.TypeMeta{}, stores.StoreStatus{}
	store.UID, store.ResourceVersion, store.ManagedFields = "", "", nil
	store.CreationTimestamp, store.DeletionTimestamp = metav1.Time{}, nil
	//lint:ignore SA1019 a client can send it
	store.SelfLink = ""
	if store.Spec.Parameters == nil {
		return
	}
	raw := store.Spec.Parameters.Raw
	if len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		store.Spec.Parameters = nil
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if !machineNumbers {
		decoder.UseNumber()
	}
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("valid parameters are no JSON: %v", err)
	}
	canonical, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("valid parameters have no JSON: %v", err)
	}
	store.Spec.Parameters.Raw = canonical
}
