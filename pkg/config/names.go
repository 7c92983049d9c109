package config

import (
	"regexp"
	"slices"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// registryPattern is a registry host, its port and a path in it, as image
// references have them.
var registryPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)

func names(path *field.Path, check func(string) []string, name string) field.ErrorList {
	var errs field.ErrorList
	for _, message := range check(name) {
		errs = append(errs, field.Invalid(path, name, message))
	}
	return errs
}

func requiredName(path *field.Path, name string) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return names(path, utilvalidation.IsDNS1123Subdomain, name)
}

func optionalName(path *field.Path, name string) field.ErrorList {
	if name == "" {
		return nil
	}
	return names(path, utilvalidation.IsDNS1123Subdomain, name)
}

func oneOf[T ~string](path *field.Path, value T, supported ...T) field.ErrorList {
	if slices.Contains(supported, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, value, supported)}
}
