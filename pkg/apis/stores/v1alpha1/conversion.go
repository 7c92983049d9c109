package v1alpha1

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
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
