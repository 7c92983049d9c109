package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func example(t *testing.T) Image {
	t.Helper()
	source := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(source, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return Image{
		Reference:  "localhost/example:local",
		Files:      []File{{Path: "/bin/program", Source: source}, {Path: "/bin/alias", Link: "program"}},
		Entrypoint: []string{"/bin/program"},
		User:       "65532",
	}
}

func write(t *testing.T, image Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := image.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func entries(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	found := map[string]string{}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = header.Linkname + string(content)
	}
}

func TestWrite(t *testing.T) {
	image := example(t)
	archive := entries(t, write(t, image))
	var index []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal([]byte(archive["manifest.json"]), &index); err != nil {
		t.Fatal(err)
	}
	if len(index) != 1 || len(index[0].Layers) != 1 || !cmp.Equal(index[0].RepoTags, []string{image.Reference}) {
		t.Fatalf("the index is %+v", index)
	}
	layer := archive[index[0].Layers[0]]
	var configuration struct {
		Config struct {
			Entrypoint []string
			User       string
		}
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal([]byte(archive[index[0].Config]), &configuration); err != nil {
		t.Fatal(err)
	}
	if want := []string{fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(layer)))}; !cmp.Equal(configuration.RootFS.DiffIDs, want) {
		t.Errorf("the layer is called %v, and is %v", configuration.RootFS.DiffIDs, want)
	}
	if configuration.Config.User != "65532" || !cmp.Equal(configuration.Config.Entrypoint, image.Entrypoint) {
		t.Errorf("a container runs %+v", configuration.Config)
	}
	want := map[string]string{"tmp/": "", "bin/program": "#!/bin/sh\n", "bin/alias": "program"}
	if diff := cmp.Diff(want, entries(t, []byte(layer))); diff != "" {
		t.Errorf("the layer's files (-want +got):\n%s", diff)
	}
}

func TestSameFilesGiveTheSameImage(t *testing.T) {
	image := example(t)
	if !bytes.Equal(write(t, image), write(t, image)) {
		t.Error("two archives differ")
	}
}

func TestSignatureFollowsTheSources(t *testing.T) {
	image := example(t)
	sign := func() string {
		signature, err := image.Signature()
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	before := sign()
	if again := sign(); again != before {
		t.Error("it changes by itself")
	}
	if err := os.Chtimes(image.Files[0].Source, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	rebuilt := sign()
	image.User = "0"
	if rebuilt == before || sign() == rebuilt {
		t.Error("a rebuilt program, or another user, gives the same signature")
	}
}
