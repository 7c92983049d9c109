package engine_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

var update = flag.Bool("update", false, "write what is rendered to the golden files")

// TestRenderGolden renders each case of testdata/render: store.yaml with
// platform.yaml, or the default configuration, gives want.yaml or error.txt. A
// new case is a new folder.
func TestRenderGolden(t *testing.T) {
	catalogue := embedded(t)
	cases, err := filepath.Glob("testdata/render/*/store.yaml")
	if err != nil || len(cases) < 10 {
		t.Fatalf("found %d cases: %v", len(cases), err)
	}
	for _, path := range cases {
		directory := filepath.Dir(path)
		t.Run(filepath.Base(directory), func(t *testing.T) {
			in := readInput(t, directory)
			wantFile, got := "want.yaml", []byte(nil)
			release, err := render(catalogue, in)
			if err != nil {
				wantFile, got = "error.txt", []byte(err.Error()+"\n")
			} else {
				got = dump(t, release)
			}
			golden := filepath.Join(directory, wantFile)
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatalf("write golden file: %v", err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("read golden file; render it with -update and review it: %v", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s differs; -update accepts it (-want +got):\n%s", golden, diff)
			}
		})
	}
}

func embedded(t testing.TB) *engine.Catalogue {
	t.Helper()
	catalogue, err := engine.Embedded()
	if err != nil {
		t.Fatalf("load embedded engines: %v", err)
	}
	return catalogue
}

func readInput(t testing.TB, directory string) engine.Input {
	t.Helper()
	in := engine.Input{Store: &v1alpha1.Store{}, Platform: config.Default()}
	data, err := os.ReadFile(filepath.Join(directory, "store.yaml"))
	if err != nil {
		t.Fatalf("read store: %v", err)
	}
	if err := yaml.UnmarshalStrict(data, in.Store); err != nil {
		t.Fatalf("decode store: %v", err)
	}
	platform := filepath.Join(directory, "platform.yaml")
	if _, err := os.Stat(platform); errors.Is(err, fs.ErrNotExist) {
		return in
	}
	if in.Platform, err = config.Load(platform); err != nil {
		t.Fatalf("load platform: %v", err)
	}
	return in
}

func render(catalogue *engine.Catalogue, in engine.Input) (*engine.Release, error) {
	known, found := catalogue.Lookup(in.Store.Spec.Engine)
	if !found {
		return nil, errors.New("no such engine")
	}
	return known.Latest().Render(in)
}

// dump writes a release as a stream of YAML documents: what it has beside
// objects first, then the objects in order.
func dump(t testing.TB, release *engine.Release) []byte {
	t.Helper()
	documents := []any{map[string]any{
		"url": release.URL, "adminURL": release.AdminURL, "adminSecret": release.AdminSecret, "secrets": describeSecrets(release.Secrets),
	}}
	for _, object := range release.Objects {
		documents = append(documents, object.Object)
	}
	var out bytes.Buffer
	for _, document := range documents {
		text, err := yaml.Marshal(document)
		if err != nil {
			t.Fatalf("encode release: %v", err)
		}
		out.WriteString("---\n")
		out.Write(text)
	}
	return out.Bytes()
}

// describeSecrets says how each key is made, by its Secret and its name.
func describeSecrets(secrets []engine.Secret) []string {
	var lines []string
	for _, secret := range secrets {
		for _, key := range secret.Data {
			how := fmt.Sprintf("%d random, %s", key.Length, key.Alphabet)
			if made := key.Value + key.Format; made != "" {
				how = made
			}
			lines = append(lines, fmt.Sprintf("%s %s/%s: %s", secret.Component, secret.Name, key.Key, how))
		}
	}
	return lines
}
