package v1alpha1

import (
	"bytes"
	"fmt"

	openapicommon "k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// JSONObject is a free-form JSON object, kept as the text of the JSON.
//
// It exists because neither map[string]any (not deep-copyable by generated
// code, no protobuf) nor a raw message has an OpenAPI form that every client
// understands; this one is published as preserve-unknown-fields.
type JSONObject struct {
	// Raw is the JSON text. Semantic checks refuse anything but an object.
	Raw []byte `json:"-" protobuf:"bytes,1,opt,name=raw"`
}

// MarshalJSON returns the text as it is, or null when there is none.
func (j JSONObject) MarshalJSON() ([]byte, error) {
	if len(j.Raw) == 0 {
		return []byte("null"), nil
	}
	return j.Raw, nil
}

// UnmarshalJSON keeps a copy of the text. JSON null is kept as no text.
func (j *JSONObject) UnmarshalJSON(data []byte) error {
	if j == nil {
		return fmt.Errorf("unmarshal JSON into a nil JSONObject")
	}
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		j.Raw = nil
		return nil
	}
	j.Raw = bytes.Clone(data)
	return nil
}

// OpenAPIDefinition publishes the type as an object of unknown fields that is
// applied and owned as one value.
func (JSONObject) OpenAPIDefinition() openapicommon.OpenAPIDefinition {
	return openapicommon.OpenAPIDefinition{
		Schema: spec.Schema{
			SchemaProps: spec.SchemaProps{
				Description: "JSONObject is a free-form JSON object.",
				Type:        []string{"object"},
			},
			VendorExtensible: spec.VendorExtensible{
				Extensions: spec.Extensions{
					"x-kubernetes-preserve-unknown-fields": true,
					"x-kubernetes-map-type":                "atomic",
				},
			},
		},
	}
}
