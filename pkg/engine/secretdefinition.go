package engine

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/config"
)

// minSecretLength is 95 bits of the smaller alphabet.
const minSecretLength = 24

// hostReference is replaced by the store's default host in a key's value.
const hostReference = "$(host)"

// secrets resolves the declared Secrets for a Store. Only plain values change
// from Store to Store; random ones are made in the cluster.
func (r *Revision) secrets(values chartValues, platform *config.PlatformConfiguration) []Secret {
	secrets := make([]Secret, 0, len(r.Definition.Secrets))
	for _, definition := range r.Definition.Secrets {
		secret := Secret{
			Name: definition.Name, Component: definition.Component, Replaceable: definition.Replaceable,
			Existing: platform.ExistingSecret(r.Engine, definition.Name),
		}
		for _, key := range definition.Keys {
			value := strings.ReplaceAll(key.Value, hostReference, values.Host)
			if parameter, given := values.Parameters[key.Parameter].(string); given && parameter != "" {
				value = parameter
			}
			secret.Data = append(secret.Data, SecretKey{
				Key: key.Key, Length: key.Length, Alphabet: key.Alphabet, Value: value, Format: key.Format,
			})
		}
		secrets = append(secrets, secret)
	}
	return secrets
}

func (d *Definition) validateSecrets(path *field.Path, parameters *parameterSchema) field.ErrorList {
	var errs field.ErrorList
	made, lasting := map[string]sets.Set[string]{}, map[string]sets.Set[string]{}
	for i, secret := range d.Secrets {
		at := path.Index(i)
		if _, exists := made[secret.Name]; exists {
			errs = append(errs, field.Duplicate(at.Child("name"), secret.Name))
		}
		errs = append(errs, validLabel(at.Child("name"), secret.Name)...)
		errs = append(errs, validLabel(at.Child("component"), secret.Component)...)
		if len(secret.Keys) == 0 {
			errs = append(errs, field.Required(at.Child("keys"), ""))
		}
		if secret.Replaceable && secret.Name == d.AdminSecret {
			errs = append(errs, field.Invalid(at.Child("replaceable"), true, "the login of the merchant is in the shop's data"))
		}
		keys := sets.New[string]()
		made[secret.Name] = keys
		for j, key := range secret.Keys {
			errs = append(errs, key.validate(at.Child("keys").Index(j), keys, lasting, parameters)...)
			keys.Insert(key.Key)
		}
		if !secret.Replaceable {
			lasting[secret.Name] = keys
		}
	}
	admin, exists := made[d.AdminSecret]
	if !exists {
		return append(errs, field.NotSupported(field.NewPath("adminSecret"), d.AdminSecret, slices.Sorted(maps.Keys(made))))
	}
	if !admin.HasAll("username", "password") {
		errs = append(errs, field.Invalid(field.NewPath("adminSecret"), d.AdminSecret, "must have the keys username and password"))
	}
	return errs
}

// validate checks one key; own and made are the keys that are made before it, and
// that are not made anew without it.
func (k SecretKeyDefinition) validate(path *field.Path, own sets.Set[string], made map[string]sets.Set[string], parameters *parameterSchema) field.ErrorList {
	var errs field.ErrorList
	for _, message := range utilvalidation.IsConfigMapKey(k.Key) {
		errs = append(errs, field.Invalid(path.Child("key"), k.Key, message))
	}
	if own.Has(k.Key) {
		errs = append(errs, field.Duplicate(path.Child("key"), k.Key))
	}
	ways := 0
	for _, way := range []bool{k.Length != 0, k.Value != "", k.Format != ""} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		errs = append(errs, field.Invalid(path, k.Key, "exactly one of length, value and format must be set"))
	}
	if k.Length != 0 {
		if _, known := alphabets[k.Alphabet]; !known {
			errs = append(errs, field.NotSupported(path.Child("alphabet"), k.Alphabet, slices.Sorted(maps.Keys(alphabets))))
		}
		if k.Length < minSecretLength || k.Length > 256 {
			errs = append(errs, field.Invalid(path.Child("length"), k.Length, "must be between 24 and 256"))
		}
	}
	if k.Parameter != "" && (k.Value == "" || !parameters.hasString(k.Parameter)) {
		errs = append(errs, field.Invalid(path.Child("parameter"), k.Parameter, "must be a string of the parameters, with a value for where it is not given"))
	}
	for _, match := range reference.FindAllStringSubmatch(k.Format, -1) {
		secret, key := splitReference(match[1])
		known := own
		if secret != "" {
			known = made[secret]
		}
		if !known.Has(key) {
			errs = append(errs, field.Invalid(path.Child("format"), k.Format, match[0]+" is not made before it, or is of another Secret that is replaceable"))
		}
	}
	return errs
}
