package e2e

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/cbor"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/generated/clientset/versioned/scheme"
)

const (
	storesPath = "/apis/platform.example.io/v1alpha1/stores"
	inJSON     = runtime.ContentTypeJSON
	inYAML     = runtime.ContentTypeYAML
	inProtobuf = runtime.ContentTypeProtobuf
	inCBOR     = runtime.ContentTypeCBOR
)

// formats are those of the generated client, and CBOR.
var formats = func() serializer.CodecFactory {
	known := runtime.NewScheme()
	utilruntime.Must(scheme.AddToScheme(known))
	utilruntime.Must(metav1.AddMetaToScheme(known))
	metav1.AddToGroupVersion(known, schema.GroupVersion{Version: "v1"})
	return serializer.NewCodecFactory(known, serializer.WithSerializer(cbor.NewSerializerInfo))
}()

// encode writes an object as a client would that sends this media type.
func encode(t testing.TB, mediaType string, version schema.GroupVersion, object runtime.Object) []byte {
	t.Helper()
	info, ok := runtime.SerializerInfoForMediaType(formats.SupportedMediaTypes(), mediaType)
	if !ok {
		t.Fatalf("no client sends %s", mediaType)
	}
	data, err := runtime.Encode(formats.EncoderForVersion(info.Serializer, version), object)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decode reads an object of any format; which one, the data says.
func decode[T runtime.Object](t testing.TB, data []byte) T {
	t.Helper()
	object, err := runtime.Decode(formats.UniversalDeserializer(), data)
	if err != nil {
		t.Fatalf("%v: %q", err, data)
	}
	typed, ok := object.(T)
	if !ok {
		t.Fatalf("got a %T, want a %T: %q", object, typed, data)
	}
	object.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // typed clients drop it
	return typed
}

// exchange sends a request as it is, without the client's own negotiation.
type exchange struct {
	method, path, contentType, accept string
	body                              []byte
}

func (e exchange) do(t testing.TB, config *rest.Config) (status int, contentType string, body []byte) {
	t.Helper()
	response := e.open(t, config)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), body
}

// open leaves the response's body to be read and closed.
func (e exchange) open(t testing.TB, config *rest.Config) *http.Response {
	t.Helper()
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), e.method, config.Host+e.path, bytes.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	if e.contentType != "" {
		request.Header.Set("Content-Type", e.contentType)
	}
	request.Header.Set("Accept", e.accept)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}
