package server

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/cbor"
	"k8s.io/apiserver/pkg/features"
	utilfeature "k8s.io/apiserver/pkg/util/feature"

	"platform.example.io/stores/pkg/apis/stores/install"
)

var (
	// Scheme knows every type that the server serves.
	Scheme = runtime.NewScheme()
	// Codecs encode and decode the types of Scheme: JSON, YAML and protobuf.
	Codecs = serializer.NewCodecFactory(Scheme)
)

// ServingCodecs are the formats of everything that is served outside of an API
// group, such as discovery and errors. They follow the CBORServingAndStorage
// feature gate, as upstream's formats for the groups do, so they are right only
// once the flags have been read.
func ServingCodecs() serializer.CodecFactory {
	if utilfeature.DefaultFeatureGate.Enabled(features.CBORServingAndStorage) {
		return serializer.NewCodecFactory(Scheme, serializer.WithSerializer(cbor.NewSerializerInfo))
	}
	return Codecs
}

func init() {
	install.Install(Scheme)
	// Options and errors of the API machinery are unversioned.
	metav1.AddToGroupVersion(Scheme, schema.GroupVersion{Version: "v1"})
	Scheme.AddUnversionedTypes(schema.GroupVersion{Version: "v1"},
		&metav1.Status{},
		&metav1.APIVersions{},
		&metav1.APIGroupList{},
		&metav1.APIGroup{},
		&metav1.APIResourceList{},
	)
}
