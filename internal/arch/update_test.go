package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// pins are the files that pin something, by who proposes what is newer.
var pins = map[string]string{"go.mod": "gomod", "package-lock.json": "npm", "Dockerfile": "docker"}

// TestPinsAreWatched wants somebody to say when what is pinned is old, which a
// vulnerability would otherwise have to do.
func TestPinsAreWatched(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".github/dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var watched struct {
		Updates []struct {
			Ecosystem   string   `json:"package-ecosystem"`
			Directories []string `json:"directories"`
		} `json:"updates"`
	}
	if err := yaml.Unmarshal(text, &watched); err != nil {
		t.Fatal(err)
	}
	directories := map[string][]string{}
	for _, update := range watched.Updates {
		directories[update.Ecosystem] = update.Directories
	}
	pinned := map[string][]string{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		at := "/" + filepath.ToSlash(relative)
		if entry.IsDir() {
			leftToPeople := strings.HasPrefix(at, "/images/medusa/") || strings.HasPrefix(at, "/test/clients/kubectl")
			if leftToPeople || entry.Name() == "node_modules" || at == "/.git" || at == "/.local" {
				return filepath.SkipDir
			}
			return nil
		}
		if ecosystem, is := pins[entry.Name()]; is {
			directory := filepath.ToSlash(filepath.Dir(at))
			pinned[ecosystem] = append(pinned[ecosystem], directory)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, ecosystem := range pins {
		slices.Sort(directories[ecosystem])
		slices.Sort(pinned[ecosystem])
		if !slices.Equal(directories[ecosystem], pinned[ecosystem]) {
			t.Errorf(".github/dependabot.yml watches %s in %v, and it is in %v", ecosystem, directories[ecosystem], pinned[ecosystem])
		}
	}
}
