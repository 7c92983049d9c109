package serializer

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	runtimeserializer "k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/install"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// memory remembers everything, and counts what it was asked to encode.
type memory struct {
	bytes   map[string][]byte
	encoded int
}

func (m *memory) Encoded(object metav1.Object, by runtime.Identifier, encode func() ([]byte, error)) ([]byte, error) {
	key := fmt.Sprint(object.GetUID(), object.GetResourceVersion(), by)
	if kept, ok := m.bytes[key]; ok {
		return kept, nil
	}
	m.encoded++
	encoded, err := encode()
	m.bytes[key] = encoded
	return encoded, err
}

func codecs() runtime.NegotiatedSerializer {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return runtimeserializer.NewCodecFactory(scheme)
}

func list(names ...string) *stores.StoreList {
	list := &stores.StoreList{ListMeta: metav1.ListMeta{ResourceVersion: "7"}, Items: []stores.Store{}}
	for i, name := range names {
		list.Items = append(list.Items, stores.Store{
			ObjectMeta: metav1.ObjectMeta{
				Name:            name,
				UID:             types.UID("uid-" + name),
				ResourceVersion: fmt.Sprint(100 + i),
				Labels:          map[string]string{"b": "2", "a": "1"},
				Annotations:     map[string]string{"note": `"items":[ <&> ü` + "]}\n"},
			},
			Spec: stores.StoreSpec{
				Engine:      "woocommerce",
				DisplayName: strings.Repeat("ä", i%7*1000),
				Parameters:  &stores.JSONObject{Raw: []byte(`{"currency":"EUR"}`)},
			},
			Status: stores.StoreStatus{Phase: stores.StoreReady, Conditions: []metav1.Condition{{Type: "Ready", Status: "True"}}},
		})
	}
	return list
}

func encode(t testing.TB, n runtime.NegotiatedSerializer, mediaType string, object runtime.Object) []byte {
	t.Helper()
	info, ok := runtime.SerializerInfoForMediaType(n.SupportedMediaTypes(), mediaType)
	if !ok {
		t.Fatalf("no serializer for %s", mediaType)
	}
	out, err := runtime.Encode(n.EncoderForVersion(info.Serializer, v1alpha1.SchemeGroupVersion), object)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestListsAreThoseOfUpstream(t *testing.T) {
	paged := list("a", "b")
	paged.Continue, paged.RemainingItemCount = `tok"items":[en`, ptr.To[int64](5)
	long := make([]string, 300)
	for i := range long {
		long[i] = fmt.Sprintf("store-%d", i)
	}
	tests := []struct {
		name   string
		reason string
		object runtime.Object
	}{
		{name: "empty", reason: "there is no item to remember", object: list()},
		{name: "no items", reason: "null is not an empty list", object: &stores.StoreList{}},
		{name: "one", reason: "no comma", object: list("a")},
		{name: "several", reason: "values that look like the end of the list", object: list("a", "b", "c")},
		{name: "page", reason: "metadata of its own, with what looks like the beginning of items", object: paged},
		{name: "long", reason: "more than one chunk", object: list(long...)},
		{name: "a store", reason: "single objects are upstream's affair", object: &list("a").Items[0]},
		{name: "status", reason: "so are errors", object: &metav1.Status{Status: metav1.StatusFailure, Message: "no"}},
	}
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeYAML, runtime.ContentTypeProtobuf} {
		upstream, items := codecs(), &memory{bytes: map[string][]byte{}}
		ours := New(upstream, items)
		for _, tt := range tests {
			t.Run(mediaType+"/"+tt.name, func(t *testing.T) {
				want := encode(t, upstream, mediaType, tt.object)
				for _, look := range []string{"first", "second"} {
					if got := encode(t, ours, mediaType, tt.object); !bytes.Equal(want, got) {
						t.Errorf("%s, at the %s look:\nwant %.300q\ngot  %.300q", tt.reason, look, want, got)
					}
				}
			})
		}
	}
}

func TestItemsAreEncodedOnce(t *testing.T) {
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		items := &memory{bytes: map[string][]byte{}}
		ours := New(codecs(), items)
		stored := list("a", "b", "c")
		encode(t, ours, mediaType, stored)
		if encode(t, ours, mediaType, stored); items.encoded != 3 {
			t.Errorf("%s: encoded %d items, want the 3 there are", mediaType, items.encoded)
		}
		stored.Items[1].ResourceVersion = "999"
		if encode(t, ours, mediaType, stored); items.encoded != 4 {
			t.Errorf("%s: encoded %d items, want one more after a change", mediaType, items.encoded)
		}
	}
}

func BenchmarkList(b *testing.B) {
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("store-%d", i)
	}
	stored := list(names...)
	for i := range stored.Items {
		stored.Items[i].Spec.DisplayName = "A shop"
	}
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		upstream := codecs()
		for name, serializer := range map[string]runtime.NegotiatedSerializer{
			"upstream": upstream,
			"ours":     New(upstream, &memory{bytes: map[string][]byte{}}),
		} {
			b.Run(mediaType+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					encode(b, serializer, mediaType, stored)
				}
			})
		}
	}
}
