package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// The files of a revision that are the platform's rather than Helm's.
const (
	definitionFile = "engine.yaml"
	schemaFile     = "parameters.schema.json"
)

// loadRevision reads one `<engine>/<revision>` directory.
func loadRevision(tree fs.FS, directory string, foundation *loadedChart) (*Revision, error) {
	loaded, err := loadChart(tree, directory)
	if err != nil {
		return nil, err
	}
	revision := &Revision{
		Name:       path.Base(directory),
		Engine:     path.Base(path.Dir(directory)),
		chart:      loaded,
		foundation: foundation,
	}
	data, found := loaded.file(definitionFile)
	if !found {
		return nil, fmt.Errorf("read %s: %w", definitionFile, fs.ErrNotExist)
	}
	if err := decodeStrict(data, &revision.Definition); err != nil {
		return nil, fmt.Errorf("decode %s: %w", definitionFile, err)
	}
	schema, found := loaded.file(schemaFile)
	if !found {
		return nil, fmt.Errorf("read %s: %w", schemaFile, fs.ErrNotExist)
	}
	if revision.parameters, err = newParameterSchema(schema); err != nil {
		return nil, fmt.Errorf("read %s: %w", schemaFile, err)
	}
	setDefaults(&revision.Definition)
	errs := validateNames(revision.Engine, revision.Name, loaded.Name())
	errs = append(errs, revision.Definition.validate(revision.parameters)...)
	if len(errs) > 0 {
		return nil, &DefinitionError{Errors: errs}
	}
	return revision, nil
}

func setDefaults(d *Definition) {
	if d.PodSecurity == "" {
		d.PodSecurity = "restricted"
	}
	for i := range d.Volumes {
		if d.Volumes[i].Component == "" {
			d.Volumes[i].Component = ComponentApplication
		}
	}
	for i := range d.Secrets {
		for j := range d.Secrets[i].Keys {
			if key := &d.Secrets[i].Keys[j]; key.Length > 0 && key.Alphabet == "" {
				key.Alphabet = Alphanumeric
			}
		}
	}
}

// decodeStrict decodes YAML and refuses unknown and repeated fields, in the case
// they are written in.
func decodeStrict(data []byte, into any) error {
	text, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return err
	}
	strict, err := kjson.UnmarshalStrict(text, into)
	if err != nil {
		return err
	}
	return errors.Join(strict...)
}

// copyJSON returns what a value is as JSON: maps, slices, strings, int64,
// float64, bool and nil, owned by the caller.
func copyJSON(value any) (any, error) {
	text, err := utiljson.Marshal(value)
	if err != nil {
		return nil, err
	}
	var copied any
	return copied, utiljson.Unmarshal(text, &copied)
}

func validateNames(engine, revision, chart string) field.ErrorList {
	errs := validLabel(field.NewPath("directory"), engine)
	if !revisionName.MatchString(revision) {
		errs = append(errs, field.Invalid(field.NewPath("directory"), revision, "a revision is called r1, r2 and so on"))
	}
	if chart != engine {
		errs = append(errs, field.Invalid(field.NewPath("Chart.yaml", "name"), chart, "must be the name of the engine's directory"))
	}
	return errs
}
