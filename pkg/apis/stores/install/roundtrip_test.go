package install

import (
	"fmt"
	"math/rand"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/apitesting/roundtrip"
	"k8s.io/apimachinery/pkg/api/resource"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/sets"

	storesfuzzer "platform.example.io/stores/pkg/apis/stores/fuzzer"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	Install(scheme)
	return scheme
}

// TestRoundTrip loses nothing on the way from the internal types through every
// version in JSON, YAML and protobuf, and back.
func TestRoundTrip(t *testing.T) {
	scheme := newScheme()
	codecs := serializer.NewCodecFactory(scheme)
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	filler := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, storesfuzzer.Funcs), rand.NewSource(seed), codecs)
	roundtrip.RoundTripTypes(t, scheme, codecs, filler, nil)
}

// TestRoundTripToUnstructured loses nothing on the way through JSON and CBOR and
// the maps that dynamic clients work with, and both formats make the same maps.
func TestRoundTripToUnstructured(t *testing.T) {
	scheme := newScheme()
	// The machinery's own kinds, such as Status and the options, have no internal form.
	external := sets.New[schema.GroupVersionKind]()
	for kind := range scheme.AllKnownTypes() {
		if !scheme.Recognizes(kind.GroupKind().WithVersion(runtime.APIVersionInternal)) {
			external.Insert(kind)
		}
	}
	roundtrip.RoundtripToUnstructured(t, scheme, storesfuzzer.Funcs, nil, external)
}

// TestCompatibility compares the bytes of an object in which every field is set
// with those that were served before: a field that changed its JSON name or its
// protobuf number would be lost between an old client and a new server. Fields
// may be added; UPDATE_COMPATIBILITY_FIXTURE_DATA=true then rewrites the files.
func TestCompatibility(t *testing.T) {
	options := roundtrip.NewCompatibilityTestOptions(newScheme())
	for _, kind := range []string{"Store", "StoreList", "Engine", "EngineList"} {
		options.Kinds = append(options.Kinds, v1alpha1.SchemeGroupVersion.WithKind(kind))
	}
	options.FillFuncs = map[reflect.Type]roundtrip.FillFunc{
		reflect.TypeFor[*v1alpha1.JSONObject](): func(name string, number int, object any) {
			object.(*v1alpha1.JSONObject).Raw = fmt.Appendf(nil, `{%q:%d}`, name, number)
		},
		reflect.TypeFor[*resource.Quantity](): func(_ string, number int, object any) {
			*object.(*resource.Quantity) = resource.MustParse(fmt.Sprintf("%dGi", number))
		},
	}
	options.Complete(t).Run(t)
}
