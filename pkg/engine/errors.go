package engine

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// InvalidStoreError says that a Store asks for what its engine's revision does
// not have. The owner of the Store can correct it.
type InvalidStoreError struct {
	// Errors are the offending fields.
	Errors field.ErrorList
}

// Error implements error. It goes to logs, events and conditions: of parameters
// it names what is wrong without the value. Errors has the values, for the user who set them.
func (e *InvalidStoreError) Error() string {
	var reported field.ErrorList
	for _, err := range e.Errors {
		reported = append(reported, withoutValue(err))
	}
	return fmt.Sprintf("store does not fit its engine: %v", reported.ToAggregate())
}

// withoutValue leaves out a parameter's value, and the schema's wording, which
// quotes it.
func withoutValue(err *field.Error) *field.Error {
	switch {
	case err.Field != parametersPath.String() && !strings.HasPrefix(err.Field, parametersPath.String()+"."):
		return err
	case err.Type == field.ErrorTypeRequired, err.Type == field.ErrorTypeForbidden:
		return err
	}
	return field.Invalid(field.NewPath(err.Field), field.OmitValueType{}, "does not fit the engine's schema of parameters")
}

// DefinitionError says that an engine.yaml is wrong. The author of the engine
// can correct it.
type DefinitionError struct {
	// Errors are the offending fields.
	Errors field.ErrorList
}

// Error implements error.
func (e *DefinitionError) Error() string {
	return fmt.Sprintf("engine definition is invalid: %v", e.Errors.ToAggregate())
}

// DuplicateRevisionError says that a revision is installed twice.
type DuplicateRevisionError struct {
	// Engine is the name of the engine.
	Engine string
	// Revision is the name of the revision.
	Revision string
}

// Error implements error.
func (e *DuplicateRevisionError) Error() string {
	return fmt.Sprintf("engine %s has revision %s already; a published revision never changes, add a new one", e.Engine, e.Revision)
}

// TemplateError says that a chart could not be rendered, or rendered something
// that is not an object. The author of the engine can correct it.
type TemplateError struct {
	// Chart is the chart's name.
	Chart string
	// Template is the file that rendered it, where that is known.
	Template string
	// Err is the cause.
	Err error
}

// Error implements error.
func (e *TemplateError) Error() string {
	if e.Template == "" {
		return fmt.Sprintf("render chart %s: %v", e.Chart, e.Err)
	}
	return fmt.Sprintf("render chart %s: %s: %v", e.Chart, e.Template, e.Err)
}

// Unwrap returns the cause.
func (e *TemplateError) Unwrap() error { return e.Err }

// ViolationError says that a chart rendered what no engine may. Nothing of the
// rendering is used. The author of the engine can correct it.
type ViolationError struct {
	// Rule is the name of the rule; docs/engines.md lists them.
	Rule string
	// Object is the kind and name of the offending object.
	Object string
	// Detail says what is wrong with it.
	Detail string
	// Reason says why there is such a rule.
	Reason string
}

// Error implements error.
func (e *ViolationError) Error() string {
	return fmt.Sprintf("engine breaks rule %q: %s: %s (%s)", e.Rule, e.Object, e.Detail, e.Reason)
}
