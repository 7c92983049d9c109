package nsstorage

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
)

// FuzzPage reads what no kube-apiserver would write: it may fail, and must end.
// What is a list, encoded as kube-apiserver does, is read item by item.
func FuzzPage(f *testing.F) {
	f.Add(namespaces(f, metav1.ListMeta{ResourceVersion: "7", Continue: "c"}, numbered(2, 3)...))
	f.Add([]byte("k8s\x00\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	list := corev1.NamespaceList{ListMeta: metav1.ListMeta{ResourceVersion: "7"}, Items: numbered(3, 5)}
	encoded, err := list.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, response []byte) {
		_ = readAll(response)

		list := corev1.NamespaceList{}
		if list.Unmarshal(response) != nil {
			return
		}
		raw, err := list.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		envelope, err := (&runtime.Unknown{Raw: raw}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		page, err := openPage(io.NopCloser(bytes.NewReader(append([]byte("k8s\x00"), envelope...))))
		if err != nil {
			t.Fatalf("a list is not read: %v", err)
		}
		if page.ListMeta.String() != list.ListMeta.String() {
			t.Fatalf("the list's metadata is %v, want %v", page.ListMeta, list.ListMeta)
		}
		for i := range list.Items {
			item, more, err := page.next()
			want, marshalErr := list.Items[i].Marshal()
			if err != nil || marshalErr != nil || !more || !bytes.Equal(want, item) {
				t.Fatalf("item %d of %d is %q, %t, %v; want %q", i, len(list.Items), item, more, err, want)
			}
		}
		if _, more, err := page.next(); more || err != nil {
			t.Fatalf("after %d items there is more: %t, %v", len(list.Items), more, err)
		}
	})
}

// FuzzIdentity compares the identity that is read from an encoded namespace with
// that of the namespace decoded. Where fields come in another order or twice,
// which kube-apiserver never does, they may differ.
func FuzzIdentity(f *testing.F) {
	for _, namespace := range append(numbered(3, 10), corev1.Namespace{}, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "\xff"}}) {
		encoded, err := namespace.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Add([]byte("\x0a\x00\x0a\x03\x0a\x01a"))         // metadata twice
	f.Add([]byte("\x0a\x06\x32\x01\x37\x0a\x01a"))     // the name behind the version
	f.Add([]byte("\x0a\x83\x00\x0a\x01a"))             // a length that is longer than it needs be
	f.Add([]byte("\x0a\x07\x98\x06\x01\x0a\x01\x61b")) // a field that nobody knows
	f.Fuzz(func(t *testing.T, encoded []byte) {
		id, err := readIdentity(encoded)
		namespace := corev1.Namespace{}
		if namespace.Unmarshal(encoded) != nil {
			return
		}
		if metadata, first := firstField(encoded, fieldObjectMeta); err == nil && first == nil && ascending(encoded) && ascending(metadata) {
			checkSame(t, id, &namespace)
		}
		canonical, marshalErr := namespace.Marshal()
		if marshalErr != nil {
			t.Fatal(marshalErr)
		}
		if id, err = readIdentity(canonical); err != nil {
			t.Fatalf("the identity of a namespace is not read: %v", err)
		}
		checkSame(t, id, &namespace)
	})
}

func checkSame(t *testing.T, id identity, namespace *corev1.Namespace) {
	t.Helper()
	if string(id.name) != namespace.Name || string(id.uid) != string(namespace.UID) || string(id.version) != namespace.ResourceVersion {
		t.Fatalf("identity %q %q %q, want %q %q %q", id.name, id.uid, id.version, namespace.Name, namespace.UID, namespace.ResourceVersion)
	}
}

// ascending is true when each field comes behind those with lower numbers. Only
// those that matter here must come once.
func ascending(message []byte) bool {
	last := protowire.Number(0)
	for len(message) > 0 {
		number, _, size, err := nextField(message)
		if err != nil || number < last || number == last && number <= fieldResourceVersion {
			return false
		}
		last = number
		message = message[size:]
	}
	return true
}

// FuzzContinue gives tokens that no server made to a list: it is refused, or goes
// on among the namespaces of stores.
func FuzzContinue(f *testing.F) {
	prefix := testPrefix + "/"
	for _, key := range []string{"acme", "acme\x00", "a/b", "../../secrets/x", "\x00", "ä", "store-acme"} {
		token, err := storage.EncodeContinue(prefix+key, prefix, 7)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(token, "")
	}
	f.Add("", "0")
	f.Add("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiLyJ9", "5")
	f.Add("not a token", "-1")
	s := &Storage{codec: newTestCodec(f), versioner: storage.APIObjectVersioner{}, prefix: testPrefix}
	f.Fuzz(func(t *testing.T, token, version string) {
		opts := storage.ListOptions{
			Recursive: true, ResourceVersion: version, Predicate: storage.SelectionPredicate{Limit: 1, Continue: token},
		}
		at, start, err := storage.ValidateListOptions(prefix, s.versioner, opts)
		if err != nil {
			return
		}
		options, err := s.upstream(query{prefix: prefix, start: start, version: at, opts: opts})
		if err != nil || options.Continue == "" {
			return
		}
		key, _, err := storage.DecodeContinue(options.Continue, "/")
		name := strings.TrimPrefix(key, "/")
		if err != nil || !strings.HasPrefix(name, "store-") || strings.Contains(name, "/") {
			t.Fatalf("the list goes on at namespace %q, %v", key, err)
		}
	})
}
