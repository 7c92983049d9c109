package engine

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// parameterSchema is the JSON schema of a revision's parameters.
type parameterSchema struct {
	raw      []byte
	compiled *jsonschema.Schema
	document map[string]any
}

// messages words what has no wording of its own; one language, whatever the locale.
var messages = message.NewPrinter(language.English)

func newParameterSchema(raw []byte) (*parameterSchema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	// A schema that fetches another would mean something else tomorrow.
	compiler.UseLoader(jsonschema.SchemeURLLoader{})
	if err := compiler.AddResource(schemaFile, document); err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	compiled, err := compiler.Compile(schemaFile)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	schema := &parameterSchema{raw: raw, compiled: compiled}
	if err := utiljson.Unmarshal(raw, &schema.document); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if schema.document["type"] != "object" || schema.document["additionalProperties"] != false {
		return nil, fmt.Errorf("compile: the schema must have \"type\": \"object\" and \"additionalProperties\": false, so that a misspelt parameter is an error")
	}
	return schema, nil
}

// ValidateParameters checks the JSON text of a Store's parameters. Each error
// has the path of the offending parameter below path. No text is an empty object.
func (r *Revision) ValidateParameters(raw []byte, path *field.Path) field.ErrorList {
	return r.parameters.validate(raw, path)
}

func (s *parameterSchema) validate(raw []byte, path *field.Path) field.ErrorList {
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return field.ErrorList{field.Invalid(path, string(raw), "must be JSON")}
	}
	object, isObject := instance.(map[string]any)
	if !isObject {
		return field.ErrorList{field.TypeInvalid(path, string(raw), "must be an object")}
	}
	err = s.compiled.Validate(object)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return field.ErrorList{field.InternalError(path, err)}
	}
	errs := fieldErrors(invalid, object, path)
	slices.SortStableFunc(errs, func(a, b *field.Error) int { return bytes.Compare([]byte(a.Field), []byte(b.Field)) })
	return errs
}

// fieldErrors returns one error for each leaf of a validation error.
func fieldErrors(invalid *jsonschema.ValidationError, object map[string]any, path *field.Path) field.ErrorList {
	if len(invalid.Causes) > 0 {
		var errs field.ErrorList
		for _, cause := range invalid.Causes {
			errs = append(errs, fieldErrors(cause, object, path)...)
		}
		return errs
	}
	at, value := locate(path, object, invalid.InstanceLocation)
	switch reason := invalid.ErrorKind.(type) {
	case *kind.Required:
		var errs field.ErrorList
		for _, name := range reason.Missing {
			errs = append(errs, field.Required(at.Child(name), ""))
		}
		return errs
	case *kind.AdditionalProperties:
		var errs field.ErrorList
		for _, name := range reason.Properties {
			errs = append(errs, field.Forbidden(at.Child(name), "the engine has no such parameter"))
		}
		return errs
	case *kind.Enum:
		supported := make([]string, 0, len(reason.Want))
		for _, want := range reason.Want {
			supported = append(supported, fmt.Sprint(want))
		}
		return field.ErrorList{field.NotSupported(at, fmt.Sprint(reason.Got), supported)}
	case *kind.Type:
		return field.ErrorList{field.TypeInvalid(at, value, reason.LocalizedString(messages))}
	default:
		return field.ErrorList{field.Invalid(at, value, reason.LocalizedString(messages))}
	}
}

// locate walks from the parameters to the offending one, for its path and value.
func locate(path *field.Path, value any, location []string) (*field.Path, any) {
	for _, step := range location {
		switch container := value.(type) {
		case map[string]any:
			path, value = path.Child(step), container[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index < 0 || index >= len(container) {
				return path, value
			}
			path, value = path.Index(index), container[index]
		}
	}
	return path, value
}

// withDefaults decodes parameters and fills in the schema's defaults.
func (s *parameterSchema) withDefaults(raw []byte) (map[string]any, error) {
	parameters := map[string]any{}
	if len(raw) > 0 {
		if err := utiljson.Unmarshal(raw, &parameters); err != nil {
			return nil, fmt.Errorf("decode parameters: %w", err)
		}
	}
	return parameters, fillDefaults(s.document, parameters)
}

func fillDefaults(schema map[string]any, object map[string]any) error {
	properties, _ := schema["properties"].(map[string]any)
	for name, property := range properties {
		property, isSchema := property.(map[string]any)
		if !isSchema {
			continue
		}
		if _, given := object[name]; !given {
			if value, has := property["default"]; has {
				copied, err := copyJSON(value)
				if err != nil {
					return fmt.Errorf("copy the default of %s: %w", name, err)
				}
				object[name] = copied
			}
		}
		if child, isObject := object[name].(map[string]any); isObject {
			if err := fillDefaults(property, child); err != nil {
				return err
			}
		}
	}
	return nil
}

// hasString tells whether the schema declares a parameter of type string at its top.
func (s *parameterSchema) hasString(name string) bool {
	properties, _ := s.document["properties"].(map[string]any)
	property, _ := properties[name].(map[string]any)
	return property["type"] == "string"
}
