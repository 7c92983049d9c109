package nsstorage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

// namespaces encodes a list as kube-apiserver does.
func namespaces(t testing.TB, metadata metav1.ListMeta, items ...corev1.Namespace) []byte {
	t.Helper()
	serializer := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	encoder := scheme.Codecs.EncoderForVersion(serializer, corev1.SchemeGroupVersion)
	list, err := runtime.Encode(encoder, &corev1.NamespaceList{ListMeta: metadata, Items: items})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func numbered(count, size int) []corev1.Namespace {
	items := make([]corev1.Namespace, count)
	for i := range items {
		items[i] = corev1.Namespace{
			ObjectMeta: metav1.ObjectMeta{
				Name:            fmt.Sprintf("store-%d", i),
				GenerateName:    "store-",
				UID:             types.UID(fmt.Sprintf("uid-%d", i)),
				ResourceVersion: fmt.Sprint(i + 100),
				Labels:          map[string]string{labelStore: fmt.Sprint(i)},
				Annotations:     map[string]string{annotationSpec: strings.Repeat("x", size*i)},
			},
			Spec:   corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
			Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
		}
	}
	return items
}

func TestPageReadsWhatWasWritten(t *testing.T) {
	tests := []struct {
		name     string
		reason   string
		metadata metav1.ListMeta
		items    []corev1.Namespace
	}{
		{name: "empty", reason: "a platform without stores", metadata: metav1.ListMeta{ResourceVersion: "7"}},
		{name: "one", reason: "the item that opens the page is handed out", metadata: metav1.ListMeta{ResourceVersion: "7"}, items: numbered(1, 10)},
		{name: "many", reason: "items longer than the ones before", metadata: metav1.ListMeta{ResourceVersion: "7"}, items: numbered(200, 1000)},
		{
			name: "page", reason: "its token is known before its items",
			metadata: metav1.ListMeta{ResourceVersion: "7", Continue: "token"}, items: numbered(3, 1),
		},
		{name: "no metadata", reason: "its field is there and empty", items: numbered(2, 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page, err := openPage(io.NopCloser(bytes.NewReader(namespaces(t, tt.metadata, tt.items...))))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.metadata, page.ListMeta); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.reason, diff)
			}
			var got []corev1.Namespace
			for {
				encoded, more, err := page.next()
				if err != nil {
					t.Fatal(err)
				}
				if !more {
					break
				}
				namespace := corev1.Namespace{}
				if err := namespace.Unmarshal(encoded); err != nil {
					t.Fatal(err)
				}
				id, err := readIdentity(encoded)
				if err != nil {
					t.Fatal(err)
				}
				read := []string{string(id.name), string(id.uid), string(id.version)}
				if diff := cmp.Diff([]string{namespace.Name, string(namespace.UID), namespace.ResourceVersion}, read); diff != "" {
					t.Errorf("identity (-want +got)\n%s", diff)
				}
				got = append(got, namespace)
			}
			if diff := cmp.Diff(tt.items, got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.reason, diff)
			}
		})
	}
}

// A response that ends early must not pass for a shorter list: the stores that
// are missing would look deleted.
func TestPageIsNeverCutShort(t *testing.T) {
	whole := namespaces(t, metav1.ListMeta{ResourceVersion: "7"}, numbered(3, 20)...)
	// The last bytes belong to the envelope, behind the list.
	const behind = 4
	for cut := range len(whole) - behind {
		if err := readAll(whole[:cut]); err == nil {
			t.Fatalf("a list of %d bytes was read to its end after %d", len(whole), cut)
		}
	}
	if err := readAll(whole); err != nil {
		t.Fatal(err)
	}
}

func TestPageRefusesWhatIsNoList(t *testing.T) {
	for name, response := range map[string]string{
		"JSON":           `{"kind":"NamespaceList"}`,
		"other protobuf": "k8s\x00\x08\x01",
		"an error page":  "<html>",
	} {
		if err := readAll([]byte(response)); !errors.Is(err, errNoList) {
			t.Errorf("%s: got error %v, want %v", name, err, errNoList)
		}
	}
}

func readAll(response []byte) error {
	page, err := openPage(io.NopCloser(bytes.NewReader(response)))
	if err != nil {
		return err
	}
	for {
		encoded, more, err := page.next()
		if err != nil || !more {
			return err
		}
		if _, err := readIdentity(encoded); err != nil {
			return err
		}
	}
}
