// Package image makes container images of files, without a registry and without
// a container engine.
//
// Duties: one layer, its configuration, and the archive that `ctr images import`
// and `docker load` read. The same files give the same image, byte for byte.
// Danger: there is nothing in an image but what is named: no libraries, no
// certificates, no user database. It is meant for static programs.
package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// Image says what an image consists of.
type Image struct {
	// Reference is its name and tag.
	Reference string
	// Files are its content, in the order given.
	Files []File
	// Entrypoint is what a container runs.
	Entrypoint []string
	// User is a number, or number:number; a kubelet refuses names where a pod must not be root.
	User string
}

// File is one entry of an image.
type File struct {
	// Path in the image, absolute.
	Path string
	// Source is the file of this machine that is copied there.
	Source string
	// Link is what the path is a symbolic link to, instead of a copy.
	Link string
}

// Signature changes when the image would. It looks at the sources, without reading them.
func (i Image) Signature() (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q", i)
	for _, file := range i.Files {
		if file.Link != "" {
			continue
		}
		stat, err := os.Stat(file.Source)
		if err != nil {
			return "", fmt.Errorf("make image %s: %w", i.Reference, err)
		}
		fmt.Fprintf(sum, "%d %d", stat.Size(), stat.ModTime().UnixNano())
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// Write writes the archive.
func (i Image) Write(out io.Writer) error {
	layer, err := os.CreateTemp("", "layer-*.tar")
	if err != nil {
		return fmt.Errorf("make image %s: %w", i.Reference, err)
	}
	defer os.Remove(layer.Name())
	defer layer.Close()
	sum := sha256.New()
	if err := i.writeLayer(io.MultiWriter(layer, sum)); err != nil {
		return fmt.Errorf("make image %s: %w", i.Reference, err)
	}
	if err := i.writeArchive(out, layer, fmt.Sprintf("sha256:%x", sum.Sum(nil))); err != nil {
		return fmt.Errorf("write image %s: %w", i.Reference, err)
	}
	return nil
}

func (i Image) writeLayer(out io.Writer) error {
	layer := tar.NewWriter(out)
	// A place for temporary files, as every program expects.
	if err := layer.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}); err != nil {
		return err
	}
	for _, file := range i.Files {
		if err := file.write(layer); err != nil {
			return err
		}
	}
	return layer.Close()
}

func (f File) write(layer *tar.Writer) error {
	header := &tar.Header{Name: strings.TrimPrefix(f.Path, "/"), Mode: 0o755}
	if f.Link != "" {
		header.Typeflag, header.Linkname = tar.TypeSymlink, f.Link
		return layer.WriteHeader(header)
	}
	source, err := os.Open(f.Source)
	if err != nil {
		return err
	}
	defer source.Close()
	stat, err := source.Stat()
	if err != nil {
		return err
	}
	header.Typeflag, header.Size = tar.TypeReg, stat.Size()
	if err := layer.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(layer, source)
	return err
}

func (i Image) writeArchive(out io.Writer, layer *os.File, digest string) error {
	configuration, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": i.Entrypoint, "User": i.User, "Env": []string{"PATH=/bin"}},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{digest}},
	})
	if err != nil {
		return err
	}
	index, err := json.Marshal([]map[string]any{{
		"Config": "config.json", "RepoTags": []string{i.Reference}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return err
	}
	size, err := layer.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = layer.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	archive := tar.NewWriter(out)
	for _, entry := range []struct {
		name    string
		size    int64
		content io.Reader
	}{
		{"config.json", int64(len(configuration)), bytes.NewReader(configuration)},
		{"layer.tar", size, layer},
		{"manifest.json", int64(len(index)), bytes.NewReader(index)},
	} {
		err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: entry.name, Size: entry.size, Mode: 0o644})
		if err != nil {
			return err
		}
		if written, err := io.Copy(archive, entry.content); err != nil {
			return err
		} else if written != entry.size {
			return errors.New("a source changed while it was read")
		}
	}
	return archive.Close()
}
