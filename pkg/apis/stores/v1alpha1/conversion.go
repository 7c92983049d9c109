package v1alpha1

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"

	"platform.example.io/stores/pkg/apis/stores"
)

func init() {
	localSchemeBuilder.Register(addFieldLabelConversions)
}

// addFieldLabelConversions admits the fields by which Stores and Engines can be
// selected; any other is a bad request.
func addFieldLabelConversions(scheme *runtime.Scheme) error {
	for kind, fields := range map[string][]string{
		"Store":  {"metadata.name", "spec.engine", "spec.plan", "status.phase"},
		"Engine": {"metadata.name"},
	} {
		allowed := map[string]bool{}
		for _, field := range fields {
			allowed[field] = true
		}
		convert := func(label, value string) (string, string, error) {
			if !allowed[label] {
				return "", "", fmt.Errorf("field label not supported: %s (supported: %v)", label, fields)
			}
			return label, value, nil
		}
		if err := scheme.AddFieldLabelConversionFunc(SchemeGroupVersion.WithKind(kind), convert); err != nil {
			return err
		}
	}
	return nil
}

// Convert_v1alpha1_JSONObject_To_stores_JSONObject refuses what is not JSON, so
// that decoding fails. Protobuf carries the text as bytes and would take any; the
// field manager, which comes before validation, panics over them.
//
//lint:ignore ST1003 conversion-gen finds it by this name
func Convert_v1alpha1_JSONObject_To_stores_JSONObject(in *JSONObject, out *stores.JSONObject, s conversion.Scope) error {
	if len(in.Raw) > 0 && !json.Valid(in.Raw) {
		return errors.New("decode free-form JSON: the text is not JSON")
	}
	return autoConvert_v1alpha1_JSONObject_To_stores_JSONObject(in, out, s)
}
