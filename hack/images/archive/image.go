package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Config is how containers of an image are started, unless they say otherwise.
// The fields are those of the image specification.
type Config struct {
	User         string              `json:"User,omitempty"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts,omitempty"`
	Env          []string            `json:"Env,omitempty"`
	Entrypoint   []string            `json:"Entrypoint,omitempty"`
	Cmd          []string            `json:"Cmd,omitempty"`
	WorkingDir   string              `json:"WorkingDir,omitempty"`
	StopSignal   string              `json:"StopSignal,omitempty"`
	Labels       map[string]string   `json:"Labels,omitempty"`
}

// Image is a container image.
type Image struct {
	Config Config
	// Layers from the lowest up.
	Layers []*Layer
}

// specification is the image's own description, which its digest is of.
type specification struct {
	Architecture string    `json:"architecture"`
	OS           string    `json:"os"`
	Created      time.Time `json:"created"`
	Config       Config    `json:"config"`
	RootFS       rootFS    `json:"rootfs"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type manifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// Write writes the image to a file under the name of reference. The file is
// there when it is whole.
func (i *Image) Write(path, reference string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".image-")
	if err != nil {
		return fmt.Errorf("write image: %w", err)
	}
	if err = errors.Join(i.write(file, reference), file.Chmod(0o644), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write image %s: %w", reference, err), os.Remove(file.Name()))
	}
	return nil
}

func (i *Image) write(to io.Writer, reference string) error {
	spec := specification{
		Architecture: runtime.GOARCH, OS: "linux", Created: time.Unix(0, 0).UTC(),
		Config: i.Config, RootFS: rootFS{Type: "layers"},
	}
	listed := manifest{RepoTags: []string{reference}}
	stream := tar.NewWriter(to)
	for _, layer := range i.Layers {
		size, digest, err := layer.measure()
		if err != nil {
			return err
		}
		name := digest + "/layer.tar"
		if err := stream.WriteHeader(header(name, size)); err != nil {
			return err
		}
		if err := layer.write(stream); err != nil {
			return err
		}
		spec.RootFS.DiffIDs = append(spec.RootFS.DiffIDs, "sha256:"+digest)
		listed.Layers = append(listed.Layers, name)
	}
	config, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(config)
	listed.Config = hex.EncodeToString(digest[:]) + ".json"
	index, err := json.Marshal([]manifest{listed})
	if err != nil {
		return err
	}
	return errors.Join(add(stream, listed.Config, config), add(stream, "manifest.json", index), stream.Close())
}

func add(stream *tar.Writer, name string, data []byte) error {
	if err := stream.WriteHeader(header(name, int64(len(data)))); err != nil {
		return err
	}
	_, err := stream.Write(data)
	return err
}

func header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: size, ModTime: time.Unix(0, 0)}
}
