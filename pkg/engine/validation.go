package engine

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// engineKinds are the kinds that an engine may declare. All are namespaced, and
// none gives rights, opens the network or holds a secret.
var engineKinds = []Kind{
	{"v1", "ConfigMap"}, {"v1", "Service"},
	{"apps/v1", "Deployment"}, {"apps/v1", "StatefulSet"},
	{"batch/v1", "Job"}, {"batch/v1", "CronJob"},
	{"policy/v1", "PodDisruptionBudget"},
	{"autoscaling/v2", "HorizontalPodAutoscaler"},
}

// foundationKinds are the kinds that only the platform's own chart renders.
var foundationKinds = []Kind{
	{"v1", "ServiceAccount"}, {"v1", "LimitRange"}, {"v1", "ResourceQuota"}, {"v1", "PersistentVolumeClaim"},
	{"networking.k8s.io/v1", "NetworkPolicy"}, {"networking.k8s.io/v1", "Ingress"},
	{"gateway.networking.k8s.io/v1", "HTTPRoute"},
}

// storageQuota are the resources whose quota follows from the volumes.
var storageQuota = sets.New(corev1.ResourceRequestsStorage, corev1.ResourcePersistentVolumeClaims)

// validate returns everything that is wrong with a definition.
func (d *Definition) validate(parameters *parameterSchema) field.ErrorList {
	var errs field.ErrorList
	if d.DisplayName == "" {
		errs = append(errs, field.Required(field.NewPath("displayName"), ""))
	}
	for _, message := range utilvalidation.IsValidPortNum(int(d.Port)) {
		errs = append(errs, field.Invalid(field.NewPath("port"), d.Port, message))
	}
	if !strings.HasPrefix(d.AdminPath, "/") {
		errs = append(errs, field.Invalid(field.NewPath("adminPath"), d.AdminPath, "must begin with /"))
	}
	if levels := []string{"baseline", "restricted"}; !slices.Contains(levels, d.PodSecurity) {
		errs = append(errs, field.NotSupported(field.NewPath("podSecurity"), d.PodSecurity, levels))
	}
	errs = append(errs, d.Storefront.validate(field.NewPath("storefront"))...)
	errs = append(errs, d.validateVersions(field.NewPath("versions"))...)
	errs = append(errs, d.validateVolumes(field.NewPath("volumes"))...)
	errs = append(errs, d.validatePlans(field.NewPath("plans"))...)
	errs = append(errs, d.validateSecrets(field.NewPath("secrets"), parameters)...)
	return append(errs, d.validateKinds(field.NewPath("kinds"))...)
}

func (d *Definition) validateVersions(path *field.Path) field.ErrorList {
	if len(d.Versions) == 0 {
		return field.ErrorList{field.Required(path, "")}
	}
	var errs field.ErrorList
	seen := sets.New[string]()
	for i, version := range d.Versions {
		at := path.Index(i)
		errs = append(errs, uniqueName(at.Child("name"), version.Name, seen, versionName)...)
		if len(version.Images) == 0 {
			errs = append(errs, field.Required(at.Child("images"), ""))
		}
		for _, name := range slices.Sorted(maps.Keys(version.Images)) {
			image := version.Images[name]
			if image.Repository == "" {
				errs = append(errs, field.Required(at.Child("images").Key(name).Child("repository"), ""))
			}
			if image.Tag == "" || image.Tag == "latest" {
				errs = append(errs, field.Invalid(at.Child("images").Key(name).Child("tag"), image.Tag, "must be one that does not move"))
			}
		}
	}
	if !seen.Has(d.DefaultVersion) {
		errs = append(errs, field.NotSupported(field.NewPath("defaultVersion"), d.DefaultVersion, sets.List(seen)))
	}
	return errs
}

func (d *Definition) validateVolumes(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[string]()
	for i, volume := range d.Volumes {
		errs = append(errs, uniqueName(path.Index(i).Child("name"), volume.Name, seen, utilvalidation.IsDNS1123Label)...)
		errs = append(errs, validLabel(path.Index(i).Child("component"), volume.Component)...)
	}
	return errs
}

func (d *Definition) validatePlans(path *field.Path) field.ErrorList {
	if len(d.Plans) == 0 {
		return field.ErrorList{field.Required(path, "")}
	}
	var errs field.ErrorList
	seen := sets.New[string]()
	for i, plan := range d.Plans {
		at := path.Index(i)
		errs = append(errs, uniqueName(at.Child("name"), plan.Name, seen, utilvalidation.IsDNS1123Label)...)
		if _, has := plan.Components[ComponentApplication]; !has {
			errs = append(errs, field.Required(at.Child("components").Key(ComponentApplication), "every shop has an application"))
		}
		for _, name := range slices.Sorted(maps.Keys(plan.Components)) {
			errs = append(errs, plan.Components[name].validate(at.Child("components").Key(name))...)
		}
		for _, volume := range d.Volumes {
			if size, has := plan.Volumes[volume.Name]; !has || size.Sign() <= 0 {
				errs = append(errs, field.Required(at.Child("volumes").Key(volume.Name), "every declared volume has a size in every plan"))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(plan.Volumes)) {
			if !slices.ContainsFunc(d.Volumes, func(v Volume) bool { return v.Name == name }) {
				errs = append(errs, field.Invalid(at.Child("volumes").Key(name), name, "is not a declared volume"))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(plan.Quota)) {
			if storageQuota.Has(name) {
				errs = append(errs, field.Forbidden(at.Child("quota").Key(string(name)), "it follows from the volumes"))
			}
		}
	}
	if !seen.Has(d.DefaultPlan) {
		errs = append(errs, field.NotSupported(field.NewPath("defaultPlan"), d.DefaultPlan, sets.List(seen)))
	}
	return errs
}

func (c Component) validate(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if c.Replicas != nil && *c.Replicas < 0 {
		errs = append(errs, field.Invalid(path.Child("replicas"), *c.Replicas, "must not be negative"))
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		request, requested := c.Resources.Requests[name]
		limit, limited := c.Resources.Limits[name]
		if !requested {
			errs = append(errs, field.Required(path.Child("resources", "requests").Key(string(name)), ""))
		}
		if !limited {
			errs = append(errs, field.Required(path.Child("resources", "limits").Key(string(name)), ""))
		}
		if requested && limited && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(path.Child("resources", "requests").Key(string(name)), request.String(), "must be at most the limit"))
		}
	}
	return errs
}

func (d *Definition) validateKinds(path *field.Path) field.ErrorList {
	if len(d.Kinds) == 0 {
		return field.ErrorList{field.Required(path, "")}
	}
	var supported []string
	for _, kind := range engineKinds {
		supported = append(supported, kind.APIVersion+" "+kind.Kind)
	}
	var errs field.ErrorList
	for i, kind := range d.Kinds {
		if !slices.Contains(engineKinds, kind) {
			errs = append(errs, field.NotSupported(path.Index(i), kind.APIVersion+" "+kind.Kind, supported))
		}
	}
	return errs
}

func uniqueName(path *field.Path, name string, seen sets.Set[string], check func(string) []string) field.ErrorList {
	var errs field.ErrorList
	for _, message := range check(name) {
		errs = append(errs, field.Invalid(path, name, message))
	}
	if seen.Has(name) {
		errs = append(errs, field.Duplicate(path, name))
	}
	seen.Insert(name)
	return errs
}

// versionName allows what an image tag and a label value allow.
func versionName(name string) []string {
	if name == "" {
		return []string{"must not be empty"}
	}
	return utilvalidation.IsValidLabelValue(name)
}

func validLabel(path *field.Path, name string) field.ErrorList {
	var errs field.ErrorList
	for _, message := range utilvalidation.IsDNS1123Label(name) {
		errs = append(errs, field.Invalid(path, name, message))
	}
	return errs
}
