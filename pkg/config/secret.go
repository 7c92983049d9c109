package config

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Secret says where one Secret of an engine comes from, in every store of it.
type Secret struct {
	// Source is `Generated` or `Existing`. Defaults to `Generated`.
	Source SecretSource `json:"source,omitempty"`
}

// SecretSource is who makes and changes a Secret.
type SecretSource string

const (
	// SecretGenerated is made by the platform, in the store's namespace.
	SecretGenerated SecretSource = "Generated"
	// SecretExisting is another controller's, which puts it into the store's
	// namespace. The platform waits for it, reads it, and never writes it.
	SecretExisting SecretSource = "Existing"
)

// ExistingSecret tells whether a Secret of an engine is another controller's.
func (c *PlatformConfiguration) ExistingSecret(engine, name string) bool {
	return c.Secrets[engine][name].Source == SecretExisting
}

func setDefaultSecrets(secrets map[string]map[string]Secret) {
	for _, byName := range secrets {
		for name, secret := range byName {
			setDefault(&secret.Source, SecretGenerated)
			byName[name] = secret
		}
	}
}

// validateSecrets leaves the names to the catalogue, which knows the engines.
func (c *PlatformConfiguration) validateSecrets(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, engine := range slices.Sorted(maps.Keys(c.Secrets)) {
		for _, name := range slices.Sorted(maps.Keys(c.Secrets[engine])) {
			at := path.Key(engine).Key(name).Child("source")
			errs = append(errs, oneOf(at, c.Secrets[engine][name].Source, SecretGenerated, SecretExisting)...)
		}
	}
	return errs
}
