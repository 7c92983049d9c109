package engine

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// parametersPath is where a Store has its parameters.
var parametersPath = field.NewPath("spec", "parameters")

// validateStore returns where a Store asks for what the revision does not have.
func (r *Revision) validateStore(spec *v1alpha1.StoreSpec) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	if spec.Engine != r.Engine {
		errs = append(errs, field.NotSupported(path.Child("engine"), spec.Engine, []string{r.Engine}))
	}
	if !r.HasVersion(spec.Version) {
		errs = append(errs, field.NotSupported(path.Child("version"), spec.Version, r.Versions()))
	}
	if !r.HasPlan(spec.Plan) {
		errs = append(errs, field.NotSupported(path.Child("plan"), spec.Plan, r.Plans()))
	}
	for i, storage := range spec.Storage {
		if _, declared := r.Volume(storage.Name); !declared {
			errs = append(errs, field.NotSupported(path.Child("storage").Index(i).Child("name"), storage.Name, r.Volumes()))
		}
	}
	if spec.AdminCredentialsRotation != "" && !r.Definition.AdminRotation {
		errs = append(errs, field.Forbidden(path.Child("adminCredentialsRotation"), "engine "+r.Engine+" cannot change the password of a shop's admin; change it in the shop"))
	}
	var parameters []byte
	if spec.Parameters != nil {
		parameters = spec.Parameters.Raw
	}
	return append(errs, r.ValidateParameters(parameters, parametersPath)...)
}
