package archive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample(t *testing.T) *Image {
	t.Helper()
	source := t.TempDir()
	for name, mode := range map[string]os.FileMode{"program": 0o700, "text": 0o600, "unwanted.map": 0o600} {
		if err := os.WriteFile(filepath.Join(source, name), []byte(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	layer := &Layer{}
	err := layer.CopyTree("/opt/shop", source, func(below string, _ bool) bool { return filepath.Ext(below) != ".map" })
	if err != nil {
		t.Fatalf("copy tree: %v", err)
	}
	layer.Link("/bin", "usr/bin")
	layer.Directory("/tmp", true)
	layer.File("/old/etc/config", []byte("a=b"), false)
	layer.Move("/old/etc", "/etc")
	return &Image{Config: Config{User: "1000:1000", Cmd: []string{"program"}}, Layers: []*Layer{layer}}
}

func TestLayersHoldWhatWasPut(t *testing.T) {
	var stream bytes.Buffer
	if err := sample(t).Layers[0].write(&stream); err != nil {
		t.Fatalf("write layer: %v", err)
	}
	type entry struct {
		Mode, UID int64
		Holds     string
	}
	got := map[string]entry{}
	for header, data := range entries(t, stream.Bytes()) {
		got[header.Name] = entry{header.Mode, int64(header.Uid), header.Linkname + string(data)}
	}
	want := map[string]entry{
		"bin": {0o777, 0, "usr/bin"}, "tmp/": {0o1777, 0, ""}, "etc/": {0o755, 0, ""}, "etc/config": {0o644, 0, "a=b"}, "old/": {0o755, 0, ""},
		"opt/": {0o755, 0, ""}, "opt/shop/": {0o755, 0, ""}, "opt/shop/program": {0o755, 0, "program"}, "opt/shop/text": {0o644, 0, "text"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the layer has other entries (-want +got):\n%s", diff)
	}
}

func TestImagesAreReproducible(t *testing.T) {
	var texts [2][]byte
	for n := range texts {
		path := filepath.Join(t.TempDir(), "image.tar")
		if err := sample(t).Write(path, "localhost/sample:1"); err != nil {
			t.Fatalf("write image: %v", err)
		}
		var err error
		if texts[n], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Error("the same image was written in two ways: what is current could not be told")
	}
}

// TestImagesAreWhatRuntimesRead follows the names in an archive as container
// runtimes do, and compares every digest.
func TestImagesAreWhatRuntimesRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := sample(t).Write(path, "localhost/sample:1"); err != nil {
		t.Fatalf("write image: %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for header, data := range entries(t, text) {
		files[header.Name] = data
	}
	var listed []manifest
	var spec specification
	if err := json.Unmarshal(files["manifest.json"], &listed); err != nil || len(listed) != 1 {
		t.Fatalf("read manifest: %v of %s", err, files["manifest.json"])
	}
	if err := json.Unmarshal(files[listed[0].Config], &spec); err != nil {
		t.Fatalf("read config %s: %v", listed[0].Config, err)
	}
	if diff := cmp.Diff([]string{"localhost/sample:1"}, listed[0].RepoTags); diff != "" {
		t.Errorf("the image has other names (-want +got):\n%s", diff)
	}
	if digest(files[listed[0].Config])+".json" != listed[0].Config {
		t.Errorf("config is called %s and is %s", listed[0].Config, digest(files[listed[0].Config]))
	}
	if len(listed[0].Layers) != 1 || spec.RootFS.DiffIDs[0] != "sha256:"+digest(files[listed[0].Layers[0]]) {
		t.Errorf("layers %v are not those of %v", listed[0].Layers, spec.RootFS.DiffIDs)
	}
	if spec.Config.User != "1000:1000" || spec.OS != "linux" {
		t.Errorf("the config reads %+v", spec)
	}
}

func TestImagesThatFailLeaveNothing(t *testing.T) {
	image, directory := sample(t), t.TempDir()
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.WriteFile(gone, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(image.Layers[0].Copy("/gone", gone), os.Remove(gone)); err != nil {
		t.Fatal(err)
	}
	if err := image.Write(filepath.Join(directory, "image.tar"), "localhost/sample:1"); err == nil {
		t.Fatal("an image without one of its files was written")
	}
	if left, err := os.ReadDir(directory); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func entries(t *testing.T, stream []byte) map[*tar.Header][]byte {
	t.Helper()
	found, reader := map[*tar.Header][]byte{}, tar.NewReader(bytes.NewReader(stream))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("read archive: %v", err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			t.Fatalf("read %s: %v", header.Name, err)
		}
		found[header] = data
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
