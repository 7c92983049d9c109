package engine

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/charts"
	"platform.example.io/stores/pkg/config"
)

// Catalogue is the set of installed engines. It does not change.
type Catalogue struct {
	engines map[string]*Engine
}

// revisionName is `r` and a number without leading zeroes, so that revisions
// have an order.
var revisionName = regexp.MustCompile(`^r([1-9][0-9]{0,5})$`)

// Embedded returns the engines that are built in.
func Embedded() (*Catalogue, error) {
	return Load(charts.Files, "")
}

// Load returns the engines of an embedded file tree, which holds `foundation`
// and `engines`, and those of a mounted directory, laid out as `engines` is.
// The directory may bring new engines and new revisions of embedded ones; a
// revision that exists in both is an error, because the Stores that recorded it
// mean one of the two.
func Load(embedded fs.FS, directory string) (*Catalogue, error) {
	foundation, err := loadChart(embedded, "foundation")
	if err != nil {
		return nil, fmt.Errorf("load foundation: %w", err)
	}
	catalogue := &Catalogue{engines: map[string]*Engine{}}
	builtin, err := fs.Sub(embedded, "engines")
	if err != nil {
		return nil, fmt.Errorf("open built-in engines: %w", err)
	}
	if err := catalogue.add(builtin, foundation); err != nil {
		return nil, fmt.Errorf("load built-in engines: %w", err)
	}
	if directory != "" {
		if err := catalogue.add(os.DirFS(directory), foundation); err != nil {
			return nil, fmt.Errorf("load engines of %s: %w", directory, err)
		}
	}
	for _, engine := range catalogue.engines {
		slices.SortFunc(engine.revisions, func(a, b *Revision) int {
			return cmp.Compare(revisionNumber(a.Name), revisionNumber(b.Name))
		})
	}
	return catalogue, nil
}

// Names are the names of the engines, sorted.
func (c *Catalogue) Names() []string {
	return slices.Sorted(maps.Keys(c.engines))
}

// Lookup returns the engine of a name.
func (c *Catalogue) Lookup(name string) (*Engine, bool) {
	engine, found := c.engines[name]
	return engine, found
}

// PodSecurity returns the Pod Security level that the namespace of a store needs: that
// of the revision which the store runs, or of the newest for one that runs none yet. A
// newer revision that is stricter says nothing of the pods of an older one, which
// must be able to start until the store is moved. It is false where the revision is
// not installed.
func (c *Catalogue) PodSecurity(engine, running string) (level string, found bool) {
	installed, found := c.engines[engine]
	if !found {
		return "", false
	}
	revision := installed.Latest()
	if running != "" {
		if revision, found = installed.Revision(running); !found {
			return "", false
		}
	}
	return revision.Definition.PodSecurity, true
}

// HasImage tells whether some engine names an image by this reference: what the
// replacements of a configuration are compared with.
func (c *Catalogue) HasImage(reference string) bool {
	for _, engine := range c.engines {
		for _, revision := range engine.revisions {
			for _, version := range revision.Definition.Versions {
				for _, image := range version.Images {
					if image.published() == reference {
						return true
					}
				}
			}
		}
	}
	return false
}

// CheckSecrets returns an error for each Secret of a configuration that no engine
// has. Otherwise a misspelt one would be generated although somebody else is to
// provide it.
func (c *Catalogue) CheckSecrets(platform *config.PlatformConfiguration) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("secrets")
	for _, name := range slices.Sorted(maps.Keys(platform.Secrets)) {
		engine, found := c.engines[name]
		if !found {
			errs = append(errs, field.NotSupported(path, name, c.Names()))
			continue
		}
		known := sets.New[string]()
		for _, revision := range engine.revisions {
			for _, secret := range revision.Definition.Secrets {
				known.Insert(secret.Name)
			}
		}
		for _, secret := range slices.Sorted(maps.Keys(platform.Secrets[name])) {
			if !known.Has(secret) {
				errs = append(errs, field.NotSupported(path.Key(name), secret, sets.List(known)))
			}
		}
	}
	return errs
}

// add loads every `<engine>/<revision>` of a tree. Names that begin with a dot
// are passed over: a mounted ConfigMap is full of them.
func (c *Catalogue) add(tree fs.FS, foundation *loadedChart) error {
	engines, err := directories(tree, ".")
	if err != nil {
		return err
	}
	for _, name := range engines {
		revisions, err := directories(tree, name)
		if err != nil {
			return err
		}
		for _, revision := range revisions {
			if err := c.addRevision(tree, foundation, name, revision); err != nil {
				return fmt.Errorf("load engine %s, revision %s: %w", name, revision, err)
			}
		}
	}
	return nil
}

func (c *Catalogue) addRevision(tree fs.FS, foundation *loadedChart, name, revision string) error {
	engine, found := c.engines[name]
	if !found {
		engine = &Engine{Name: name}
	}
	if _, exists := engine.Revision(revision); exists {
		return &DuplicateRevisionError{Engine: name, Revision: revision}
	}
	loaded, err := loadRevision(tree, path.Join(name, revision), foundation)
	if err != nil {
		return err
	}
	engine.revisions = append(engine.revisions, loaded)
	c.engines[name] = engine
	return nil
}

func directories(tree fs.FS, at string) ([]string, error) {
	entries, err := fs.ReadDir(tree, at)
	if err != nil {
		return nil, fmt.Errorf("list engines: %w", err)
	}
	var names []string
	for _, entry := range entries {
		// A mounted ConfigMap or a host path may hold links to directories.
		info, err := fs.Stat(tree, path.Join(at, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("list engines: %w", err)
		}
		if info.IsDir() && entry.Name()[0] != '.' {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

func revisionNumber(name string) int {
	match := revisionName.FindStringSubmatch(name)
	if match == nil {
		return 0
	}
	number, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}
	return number
}
