package recipe

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

const source = "../../../images"

// TestReplacementsAreOfTheEngines: a new tag in an engine.yaml leaves none of
// these images standing in for one that nobody runs any more.
func TestReplacementsAreOfTheEngines(t *testing.T) {
	engines, err := engine.Embedded()
	if err != nil {
		t.Fatalf("load engines: %v", err)
	}
	path := filepath.Join(t.TempDir(), "replacements.yaml")
	if err := WriteReplacements(path); err != nil {
		t.Fatal(err)
	}
	platform, err := config.Load(path)
	if err != nil {
		t.Fatalf("the platform does not take what is written for it: %v", err)
	}
	for _, r := range All {
		if r.Replaces != "" && platform.Image.Replacements[r.Replaces] != r.Reference {
			t.Errorf("%s is not replaced by %s", r.Replaces, r.Reference)
		}
		own := strings.TrimPrefix(r.Reference, "docker.io/library/")
		if !engines.HasImage(r.Replaces) && !engines.HasImage(own) {
			t.Errorf("image %s is in place of %q: no engine has either", r.Reference, r.Replaces)
		}
	}
}

// TestMedusaIsOfItsVersion: the tag says what npm installs.
func TestMedusaIsOfItsVersion(t *testing.T) {
	for _, version := range medusaReleases {
		text, err := os.ReadFile(filepath.Join(source, "medusa", version, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		var manifest struct{ Dependencies map[string]string }
		if err := json.Unmarshal(text, &manifest); err != nil {
			t.Fatal(err)
		}
		for name, got := range manifest.Dependencies {
			if got != version {
				t.Errorf("%s is %s, the image %s", name, got, version)
			}
		}
		if len(manifest.Dependencies) < 4 {
			t.Errorf("Medusa depends on %d packages only", len(manifest.Dependencies))
		}
	}
}

// TestEveryMedusaHasItsImage: a shop can be upgraded from the oldest version to the
// newest where images are made and not pulled.
func TestEveryMedusaHasItsImage(t *testing.T) {
	engines, err := engine.Embedded()
	if err != nil {
		t.Fatalf("load engines: %v", err)
	}
	shop, found := engines.Lookup("medusa")
	if !found {
		t.Fatal("there is no engine of that name")
	}
	if diff := cmp.Diff(shop.Latest().Versions(), medusaReleases); diff != "" {
		t.Errorf("the engine offers what has no image (-offered +made):\n%s", diff)
	}
}

func TestPackagesAlike(t *testing.T) {
	alike, err := packagesAlike([]string{"testdata/new-lock.json", "testdata/old-lock.json"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"same": true, "@scope/same": true}, alike); diff != "" {
		t.Error(diff)
	}
}

// TestMedusasShare: most of an older image is on the node already.
func TestMedusasShare(t *testing.T) {
	var locks []string
	for _, version := range medusaReleases {
		locks = append(locks, filepath.Join(source, "medusa", version, "package-lock.json"))
	}
	alike, err := packagesAlike(locks)
	if err != nil {
		t.Fatal(err)
	}
	all, err := lockedPackages(locks[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(alike) < len(all)*3/4 {
		t.Errorf("of %d packages only %d are those of the releases before: make their locks of the newest one's", len(all), len(alike))
	}
}

func TestKeysFollowTheFiles(t *testing.T) {
	directory := t.TempDir()
	r := Recipe{sources: []string{"shop"}}
	if err := os.MkdirAll(filepath.Join(directory, "shop/below"), 0o755); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, text := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(directory, "shop/below/file"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := r.Key(directory)
		if err != nil {
			t.Fatal(err)
		}
		seen[key] = true
	}
	if len(seen) != 2 {
		t.Error("an image is called current though a file it is made of has changed")
	}
}

func TestWhatRunsIsKept(t *testing.T) {
	for below, directory := range map[string]bool{
		"@medusajs/medusa": true, "@medusajs/medusa/dist/index.js": false, "@babel/runtime": true, "x/package.json": false, "x/vite": true, "x/LICENSE": false,
	} {
		if !runs(below, directory) {
			t.Errorf("%s is left out of the image", below)
		}
	}
	for below, directory := range map[string]bool{"@medusajs/dashboard": true, "vite": true, "x/index.js.map": false, "x/index.d.ts": false} {
		if runs(below, directory) {
			t.Errorf("%s is in the image, and nothing runs it", below)
		}
	}
}
