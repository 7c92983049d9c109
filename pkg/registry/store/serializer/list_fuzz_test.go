package serializer

import (
	"bytes"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	runtimeserializer "k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/randfill/bytesource"

	"platform.example.io/stores/pkg/apis/stores"
	storesfuzzer "platform.example.io/stores/pkg/apis/stores/fuzzer"
)

// FuzzSplit takes apart what is no list: it is refused, or put together again as
// it was, as far as lengths are written in their shortest form.
func FuzzSplit(f *testing.F) {
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		for _, object := range []*stores.StoreList{list(), list("a"), list("a", "b")} {
			f.Add(encode(f, codecs(), mediaType, object))
		}
	}
	f.Add([]byte(`"items":[]}` + "\n"))
	f.Add([]byte(`{"items":[` + "\n" + `]}`))
	f.Add([]byte("k8s\x00\x12\x00"))
	f.Add([]byte("k8s\x00\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Add([]byte("k8s\x00\x12\x02\x10\x01"))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		for name, format := range map[string]format{"JSON": jsonFormat{}, "protobuf": protobufFormat{}} {
			around, one, err := format.split(encoded)
			if err != nil {
				continue
			}
			joined := join(t, format, around, one)
			if name == "JSON" && !bytes.Equal(encoded, joined) {
				t.Fatalf("the JSON %q became %q", encoded, joined)
			}
			if again, other, err := format.split(joined); err != nil || !bytes.Equal(one, other) ||
				!bytes.Equal(around.metadata, again.metadata) || !bytes.Equal(joined, join(t, format, again, other)) {
				t.Fatalf("what was put together as %s cannot be taken apart: %v\n%q\n%q", name, err, encoded, joined)
			}
		}
	})
}

func join(t *testing.T, format format, around envelope, one []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	blocks := &blockWriter{w: &out}
	var items []item
	if len(one) > 0 {
		items = append(items, item{bytes: one, endsBlock: true})
	}
	if err := format.join(blocks, around, items); err != nil {
		t.Fatal(err)
	}
	if err := blocks.flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// FuzzList encodes lists of any stores, twice: both times what clients get is
// byte for byte what upstream sends.
func FuzzList(f *testing.F) {
	f.Add([]byte(""), "", "acme", "", uint8(1), int64(0))
	f.Add([]byte("some"), `tok"items":[en`, "a", "]}\n", uint8(3), int64(5))
	f.Add(bytes.Repeat([]byte("\xff\x00"), 300), "\xff", "\u2028<>&", `","items":[`, uint8(40), int64(-1))
	upstream := codecs()
	f.Fuzz(func(t *testing.T, from []byte, token, name, text string, count uint8, remaining int64) {
		filler := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, storesfuzzer.Funcs), bytesource.New(from), upstream.(runtimeserializer.CodecFactory))
		stored := &stores.StoreList{ListMeta: metav1.ListMeta{ResourceVersion: token, Continue: token}, Items: []stores.Store{}}
		if remaining != 0 {
			stored.RemainingItemCount = &remaining
		}
		for i := range int(count % 50) {
			store := stores.Store{}
			if i < 4 { // filling is slow, and more of the same finds no more
				filler.Fill(&store)
			}
			store.Name, store.UID, store.ResourceVersion = fmt.Sprint(name, i), types.UID(fmt.Sprint(i)), "7"
			store.Spec.DisplayName, store.Annotations = text, map[string]string{"note": text}
			stored.Items = append(stored.Items, store)
		}
		ours := New(upstream, &memory{bytes: map[string][]byte{}})
		for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
			want := encode(t, upstream, mediaType, stored)
			for _, look := range []string{"first", "second"} {
				if got := encode(t, ours, mediaType, stored); !bytes.Equal(want, got) {
					t.Fatalf("%s at the %s look:\nwant %.300q\ngot  %.300q", mediaType, look, want, got)
				}
			}
		}
	})
}
