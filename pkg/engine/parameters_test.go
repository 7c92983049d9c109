package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestValidateParameters(t *testing.T) {
	type want map[string]field.ErrorType
	tests := []struct {
		name, reason, engine, raw string
		want                      want
	}{
		{"none", "everything has a default", "woocommerce", "", want{}},
		{"empty", "everything has a default", "medusa", "{}", want{}},
		{"good", "these are parameters", "woocommerce", `{"currency": "USD", "storeAddress": {"city": "Tuba"}}`, want{}},
		{"no JSON", "nothing can be read", "woocommerce", `{`, want{"spec.parameters": field.ErrorTypeInvalid}},
		{"a list", "parameters are an object", "woocommerce", `[]`, want{"spec.parameters": field.ErrorTypeTypeInvalid}},
		{"trailing text", "one object", "woocommerce", `{} {}`, want{"spec.parameters": field.ErrorTypeInvalid}},
		{"unknown", "a misspelt parameter would be ignored", "woocommerce", `{"curency": "USD"}`, want{"spec.parameters.curency": field.ErrorTypeForbidden}},
		{"unknown within", "also below the top", "woocommerce", `{"storeAddress": {"town": "x"}}`, want{"spec.parameters.storeAddress.town": field.ErrorTypeForbidden}},
		{"type", "a number is no text", "woocommerce", `{"currency": 1}`, want{"spec.parameters.currency": field.ErrorTypeTypeInvalid}},
		{"pattern", "currencies have three letters", "woocommerce", `{"currency": "euro"}`, want{"spec.parameters.currency": field.ErrorTypeInvalid}},
		{"choice", "the image has no other language", "woocommerce", `{"locale": "tlh"}`, want{"spec.parameters.locale": field.ErrorTypeNotSupported}},
		{"format", "formats are asserted", "woocommerce", `{"adminEmail": "nobody"}`, want{"spec.parameters.adminEmail": field.ErrorTypeInvalid}},
		{"item", "the path names the item", "medusa", `{"countries": ["de", "FRA"]}`, want{"spec.parameters.countries[1]": field.ErrorTypeInvalid}},
		{"several", "all errors are told at once", "medusa", `{"countries": [], "currency": "E", "colour": 1}`, want{
			"spec.parameters.countries": field.ErrorTypeInvalid, "spec.parameters.currency": field.ErrorTypeInvalid,
			"spec.parameters.colour": field.ErrorTypeForbidden}},
	}
	catalogue := embedded(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			known, _ := catalogue.Lookup(test.engine)
			got := want{}
			for _, err := range known.Latest().ValidateParameters([]byte(test.raw), field.NewPath("spec", "parameters")) {
				got[err.Field] = err.Type
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ValidateParameters(%s), because %s (-want +got):\n%s", test.raw, test.reason, diff)
			}
		})
	}
}

func TestValidateRequiredParameter(t *testing.T) {
	revision := writeEngine(t, map[string]string{"parameters.schema.json": `{
		"type": "object", "additionalProperties": false, "required": ["key"], "properties": {"key": {"type": "string"}}}`})
	errs := revision.ValidateParameters(nil, field.NewPath("spec", "parameters"))
	if len(errs) != 1 || errs[0].Type != field.ErrorTypeRequired || errs[0].Field != "spec.parameters.key" {
		t.Errorf("ValidateParameters of nothing: %v, want spec.parameters.key to be required", errs)
	}
}
