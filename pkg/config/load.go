package config

import (
	"errors"
	"fmt"
	"os"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Load reads, defaults and validates the configuration in a file of YAML or
// JSON. Unknown and repeated fields are errors, so that a misspelt setting is
// not silently a default.
func Load(path string) (*PlatformConfiguration, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read platform configuration: %w", err)
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("load platform configuration %s: %w", path, err)
	}
	return c, nil
}

// Parse does what Load does, with the text of the file.
func Parse(data []byte) (*PlatformConfiguration, error) {
	c := &PlatformConfiguration{}
	if err := decode(data, c); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	// SetDefaults fills these in for a configuration made in code; a file must say what it is.
	if c.APIVersion != APIVersion || c.Kind != Kind {
		return nil, fmt.Errorf("decode: apiVersion %q and kind %q must be %q and %q", c.APIVersion, c.Kind, APIVersion, Kind)
	}
	SetDefaults(c)
	if errs := c.Validate(); len(errs) > 0 {
		return nil, fmt.Errorf("validate: %w", errs.ToAggregate())
	}
	return c, nil
}

// decode refuses fields that are unknown, repeated or of another case:
// baseDomain is a field, basedomain is not.
func decode(data []byte, c *PlatformConfiguration) error {
	text, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return err
	}
	strict, err := kjson.UnmarshalStrict(text, c)
	return errors.Join(append(strict, err)...)
}
