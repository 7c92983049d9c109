package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// root is the root of the repository, seen from this package's tests.
const root = "../.."

// listedPackage is what the tests read of `go list -json`.
type listedPackage struct {
	ImportPath   string
	Dir          string
	Doc          string
	Name         string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

var listOnce = sync.OnceValues(func() ([]listedPackage, error) {
	out, err := golist("-json=ImportPath,Dir,Doc,Name,GoFiles,Imports,TestImports,XTestImports", "./...")
	if err != nil {
		return nil, err
	}
	var packages []listedPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
})

// listPackages returns the packages of the root module.
func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	packages, err := listOnce()
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 10 {
		t.Fatalf("listed %d packages only: %s is not the root of the module", len(packages), root)
	}
	return packages
}

func golist(args ...string) ([]byte, error) {
	command := exec.Command("go", append([]string{"list"}, args...)...)
	command.Dir = root
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, errors.New("go list: " + err.Error() + "\n" + stderr.String())
	}
	return out, nil
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// sourceFile is a file of the repository, by its path below the root.
type sourceFile struct {
	path    string
	content []byte
}

// handwritten returns the repository's files of one extension, those of nested
// modules included and generated ones not.
func handwritten(t *testing.T, extension string) []sourceFile {
	t.Helper()
	ignored := []string{".git", ".local", "node_modules", "testdata", "dist"}
	var files []sourceFile
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains(ignored, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != extension {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if generated.Match(content) {
			return nil
		}
		files = append(files, sourceFile{path: strings.TrimPrefix(filepath.ToSlash(path), root+"/"), content: content})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("found no %s file: %s is not the root of the repository", extension, root)
	}
	return files
}
