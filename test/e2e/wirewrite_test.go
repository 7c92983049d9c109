package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/runtime/serializer/streaming"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/pkg/generated/clientset/versioned/scheme"
	"platform.example.io/stores/test/controlplane"
)

// TestWriteFormats creates the same store from a body of every format.
func TestWriteFormats(t *testing.T) {
	t.Parallel()
	for name, mediaType := range map[string]string{"json": inJSON, "yaml": inYAML, "protobuf": inProtobuf} {
		store := newStore(t, "wire-"+name)
		everyField(store)
		post := exchange{method: http.MethodPost, path: storesPath, contentType: mediaType, accept: mediaType, body: encode(t, mediaType, v1alpha1.SchemeGroupVersion, store)}
		status, contentType, body := post.do(t, cluster.RESTConfig())
		if status != http.StatusCreated || contentType != mediaType {
			t.Fatalf("create in %s: %d %s: %q", name, status, contentType, body)
		}
		created := decode[*v1alpha1.Store](t, body)
		for what, got := range map[string]*v1alpha1.Store{"created": created, "read": get(t, store.Name)} {
			if diff := cmp.Diff([]any{store.Labels, store.Annotations, store.Spec}, []any{got.Labels, got.Annotations, got.Spec}); diff != "" {
				t.Errorf("what a user set in %s, as %s (-want +got):\n%s", name, what, diff)
			}
		}
		if status, _, body := post.do(t, cluster.RESTConfig()); status != http.StatusConflict || decode[*metav1.Status](t, body).Reason != metav1.StatusReasonAlreadyExists {
			t.Errorf("a second create in %s: %d %q", name, status, body)
		}

		path := storesPath + "/" + store.Name
		eventually(t, "an update in "+name+" meets no other writer", func(context.Context) error {
			current := get(t, store.Name)
			current.Spec.DisplayName = "Updated"
			put := exchange{method: http.MethodPut, path: path, contentType: mediaType, accept: mediaType, body: encode(t, mediaType, v1alpha1.SchemeGroupVersion, current)}
			status, _, body := put.do(t, cluster.RESTConfig())
			if status != http.StatusOK {
				return fmt.Errorf("status %d: %q", status, body)
			}
			if got := decode[*v1alpha1.Store](t, body).Spec; cmp.Diff(current.Spec, got) != "" {
				t.Errorf("update in %s (-want +got):\n%s", name, cmp.Diff(current.Spec, got))
			}
			return nil
		})

		remove := exchange{method: http.MethodDelete, path: path, contentType: mediaType, accept: mediaType}
		remove.body = encode(t, mediaType, metav1.Unversioned, &metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("another")})
		if status, contentType, body := remove.do(t, cluster.RESTConfig()); status != http.StatusConflict || contentType != mediaType {
			t.Errorf("delete of another uid in %s: %d %s: %q", name, status, contentType, body)
		}
		remove.body = encode(t, mediaType, metav1.Unversioned, &metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(created.UID))})
		if status, contentType, body := remove.do(t, cluster.RESTConfig()); status != http.StatusOK || contentType != mediaType {
			t.Errorf("delete in %s: %d %s: %q", name, status, contentType, body)
		}
		untilGone(t, store.Name)
	}
}

// TestBadBodies sends what no format allows, and what only protobuf can say: its
// parameters are bytes, which need not be JSON.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	parameters := func(text string) []byte {
		store := newStore(t, "wire-bad")
		store.Spec.Suspend = true
		store.Spec.Parameters = &v1alpha1.JSONObject{Raw: []byte(text)}
		return encode(t, inProtobuf, v1alpha1.SchemeGroupVersion, store)
	}
	good := parameters(`{}`)
	for _, c := range []struct {
		name, reason, contentType string
		body                      []byte
		status                    int
	}{
		{"unknown type", "nobody can decode it", "text/html", good, http.StatusUnsupportedMediaType},
		{"cbor", "its gate is alpha, and off", inCBOR, encode(t, inCBOR, v1alpha1.SchemeGroupVersion, newStore(t, "wire-bad")), http.StatusUnsupportedMediaType},
		{"protobuf without the prefix", "it is not an object of Kubernetes", inProtobuf, good[4:], http.StatusBadRequest},
		{"protobuf cut short", "it is not complete", inProtobuf, good[:len(good)/2], http.StatusBadRequest},
		{"protobuf said to be JSON", "the content type is believed", inJSON, good, http.StatusBadRequest},
		{"parameters that are no JSON", "no reader of JSON could be answered", inProtobuf, parameters(`{"currency":`), http.StatusBadRequest},
		{"parameters that are a list", "they must be an object", inProtobuf, parameters(`[1]`), http.StatusUnprocessableEntity},
		{"parameters with a tail", "what is not understood is not dropped", inProtobuf, parameters(`{} }`), http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, contentType, body := exchange{method: http.MethodPost, path: storesPath, contentType: c.contentType, accept: inJSON, body: c.body}.do(t, cluster.RESTConfig())
			if status != c.status || contentType != inJSON {
				t.Errorf("status %d in %s, want %d (%s): %q", status, contentType, c.status, c.reason, body)
			}
		})
	}
	for _, nothing := range []string{"", "null", " null "} {
		status, _, body := exchange{method: http.MethodPost, path: storesPath + "?dryRun=All", contentType: inProtobuf, accept: inProtobuf, body: parameters(nothing)}.do(t, cluster.RESTConfig())
		if status != http.StatusCreated {
			t.Fatalf("parameters %q: %d %q", nothing, status, body)
		}
		if got := decode[*v1alpha1.Store](t, body).Spec.Parameters; got != nil {
			t.Errorf("parameters %q are served as %q, want none, as from JSON", nothing, got.Raw)
		}
	}
}

// TestMetadataAndTables asks for the forms that the garbage collector and
// kubectl work with.
func TestMetadataAndTables(t *testing.T) {
	t.Parallel()
	order(t, "wire-metadata", everyField)
	want := untilSettled(t, "wire-metadata")
	const as = ";v=v1;g=meta.k8s.io;as="
	read := func(suffix, accept string) (contentType string, body []byte) {
		t.Helper()
		status, contentType, body := exchange{method: http.MethodGet, path: storesPath + suffix, accept: accept}.do(t, cluster.RESTConfig())
		if status != http.StatusOK {
			t.Fatalf("%s: %d %q", accept, status, body)
		}
		return contentType, body
	}
	for _, mediaType := range []string{inJSON, inYAML, inProtobuf} {
		contentType, body := read("/wire-metadata", mediaType+as+"PartialObjectMetadata")
		if diff := cmp.Diff(want.ObjectMeta, decode[*metav1.PartialObjectMetadata](t, body).ObjectMeta); diff != "" || contentType != mediaType {
			t.Errorf("metadata in %s comes in %s (-want +got):\n%s", mediaType, contentType, diff)
		}
		contentType, body = read("?labelSelector=wire-metadata", mediaType+as+"PartialObjectMetadataList")
		list := decode[*metav1.PartialObjectMetadataList](t, body)
		if contentType != mediaType || len(list.Items) != 1 || list.Items[0].UID != want.UID {
			t.Errorf("a list of metadata in %s comes in %s: %v", mediaType, contentType, list)
		}
	}
	contentType, body := read("?labelSelector=wire-metadata", inProtobuf+as+"Table,"+inJSON+as+"Table")
	if table := decode[*metav1.Table](t, body); contentType != inJSON || len(table.Rows) != 1 || table.Rows[0].Cells[0] != "wire-metadata" {
		t.Errorf("a table in protobuf or JSON comes in %s: %v", contentType, table)
	}
	if got := kubectl(t, "get", "stores", "--selector=wire-metadata", "--no-headers", "--output=custom-columns=:spec.displayName"); got != want.Spec.DisplayName+"\n" {
		t.Errorf("kubectl shows %q", got)
	}
}

// TestWatchFrames reads a watch in protobuf frame by frame.
func TestWatchFrames(t *testing.T) {
	t.Parallel()
	order(t, "wire-watch", suspended, func(s *v1alpha1.Store) { s.Labels = map[string]string{"wire-watch": ""} })
	want := untilSettled(t, "wire-watch")
	response := exchange{method: http.MethodGet, accept: inProtobuf + ";stream=watch",
		path: storesPath + "?watch=true&labelSelector=wire-watch"}.open(t, cluster.RESTConfig())
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != inProtobuf+";stream=watch" {
		t.Fatalf("status %d in %s", response.StatusCode, got)
	}
	frames := streaming.NewDecoder(protobuf.LengthDelimitedFramer.NewFrameReader(response.Body), protobuf.NewRawSerializer(scheme.Scheme, scheme.Scheme))
	next := func() (string, *v1alpha1.Store) {
		t.Helper()
		event := &metav1.WatchEvent{}
		if _, _, err := frames.Decode(nil, event); err != nil {
			t.Fatal(err)
		}
		return event.Type, decode[*v1alpha1.Store](t, event.Object.Raw)
	}
	kind, store := next()
	if diff := cmp.Diff(want, store); diff != "" || kind != "ADDED" {
		t.Errorf("the first frame is %s (-want +got):\n%s", kind, diff)
	}
	yaml := exchange{method: http.MethodGet, path: storesPath + "?watch=true", accept: inYAML}
	if status, _, body := yaml.do(t, cluster.RESTConfig()); status != http.StatusNotAcceptable {
		t.Errorf("a watch in YAML answers %d, which has no frames: %q", status, body)
	}
	merge(t, "wire-watch", `{"spec":{"displayName":"Changed"}}`)
	if kind, store = next(); kind != "MODIFIED" || store.Spec.DisplayName != "Changed" {
		t.Errorf("the second frame is %s %v", kind, store)
	}
}

// TestCBOR switches the alpha feature on, on a server of its own.
func TestCBOR(t *testing.T) {
	t.Parallel()
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	options.Components, options.Nodes = []string{controlplane.Etcd, controlplane.KubeAPIServer}, controlplane.NoNodes
	options.PlatformArgs = []string{"--provisioner=off", "--provisioner-kubeconfig=", "--feature-gates=CBORServingAndStorage=true"}
	own := controlplane.Start(t, options)

	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "cbor"}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce"}}
	everyField(store)
	call := exchange{method: http.MethodPost, path: storesPath, contentType: inCBOR, accept: inCBOR, body: encode(t, inCBOR, v1alpha1.SchemeGroupVersion, store)}
	status, contentType, body := call.do(t, own.RESTConfig())
	if status != http.StatusCreated || contentType != inCBOR {
		t.Fatalf("create: %d %s %q", status, contentType, body)
	}
	created := decode[*v1alpha1.Store](t, body)
	read, err := versioned.NewForConfigOrDie(own.RESTConfig()).PlatformV1alpha1().Stores().Get(t.Context(), "cbor", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(created, read); diff != "" {
		t.Errorf("created in CBOR and read in protobuf (-CBOR +protobuf):\n%s", diff)
	}
	if diff := cmp.Diff(store.Spec, created.Spec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	patch := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": v1alpha1.SchemeGroupVersion.String(), "kind": "Store",
		"metadata": map[string]any{"name": "cbor", "labels": map[string]any{"applied": "yes"}},
	}}
	call = exchange{method: http.MethodPatch, path: storesPath + "/cbor?fieldManager=e2e&force=true", contentType: string(types.ApplyCBORPatchType), accept: inCBOR, body: encode(t, inCBOR, v1alpha1.SchemeGroupVersion, patch)}
	if status, contentType, body = call.do(t, own.RESTConfig()); status != http.StatusOK || contentType != inCBOR || decode[*v1alpha1.Store](t, body).Labels["applied"] != "yes" {
		t.Errorf("apply: %d %s %q", status, contentType, body)
	}
	call = exchange{method: http.MethodGet, path: "/apis/platform.example.io/v1alpha1", accept: inCBOR}
	if status, contentType, body = call.do(t, own.RESTConfig()); status != http.StatusOK || contentType != inCBOR {
		t.Errorf("discovery: %d %s %q", status, contentType, body)
	}
}
