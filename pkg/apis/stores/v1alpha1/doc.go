// Package v1alpha1 is the first published version of the stores API.
//
// It is the wire and the storage form: every field is documented for `kubectl
// explain`, and the annotations on a store's namespace hold its JSON.
//
// +k8s:openapi-gen=true
// +k8s:openapi-model-package=io.example.platform.v1alpha1
// +k8s:deepcopy-gen=package
// +k8s:protobuf-gen=package
// +k8s:conversion-gen=platform.example.io/stores/pkg/apis/stores
// +k8s:defaulter-gen=TypeMeta
// +k8s:validation-gen=TypesWithField=TypeMeta
// +k8s:validation-gen-input=platform.example.io/stores/pkg/apis/stores/v1alpha1
// +groupName=platform.example.io
package v1alpha1
