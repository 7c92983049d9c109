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

// imagePattern is the reference of an image: a registry, a path in it, a tag and
// a digest. Its groups are the latter two.
var imagePattern = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?/)?` +
	`[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*` +
	`(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(@sha256:[0-9a-f]{64})?$`)

// fixedImage asks for a reference that is the same image tomorrow: shops must
// not differ by the day on which their pods were started.
func fixedImage(path *field.Path, reference string) field.ErrorList {
	parts := imagePattern.FindStringSubmatch(reference)
	if parts == nil {
		return field.ErrorList{field.Invalid(path, reference, "must be the reference of an image, such as registry.example.io/stores/postgres:17.6")}
	}
	if tag, digest := parts[1], parts[2]; digest == "" && (tag == "" || tag == "latest") {
		return field.ErrorList{field.Invalid(path, reference, "must have a tag that does not move, or a digest")}
	}
	return nil
}

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
