package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"platform.example.io/stores/hack/localcluster/machine"
	"platform.example.io/stores/hack/localcluster/node"
	"platform.example.io/stores/hack/localcluster/pki"
	"platform.example.io/stores/hack/localcluster/preflight"
)

// archive is an image that a node's container runtime can load.
type archive struct {
	name string
	// signature changes when the image does.
	signature string
	write     func(io.Writer) error
}

// archives are the images of the cluster's own pods and those it was given.
func (b *blueprint) archives() ([]archive, error) {
	busybox, err := preflight.Busybox()
	if err != nil {
		return nil, err
	}
	images, err := node.Images(b.nodes[0].Binaries, busybox)
	if err != nil {
		return nil, err
	}
	var all []archive
	for _, image := range images {
		signature, err := image.Signature()
		if err != nil {
			return nil, err
		}
		all = append(all, archive{name: image.Reference, signature: signature, write: image.Write})
	}
	for _, file := range b.options.Images {
		given, err := archiveFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, given)
	}
	return all, nil
}

func archiveFile(path string) (archive, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return archive{}, fmt.Errorf("find image archive: %w", err)
	}
	return archive{
		name:      path,
		signature: fmt.Sprintf("%d %d", stat.Size(), stat.ModTime().UnixNano()),
		write: func(out io.Writer) error {
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			defer file.Close()
			_, err = io.Copy(out, file)
			return err
		},
	}, nil
}

// load puts the images into every node, unless they are there from last time.
func (s *supervisor) load(ctx context.Context) error {
	archives, err := s.blueprint.archives()
	if err != nil {
		return err
	}
	for i, n := range s.blueprint.nodes {
		began := time.Now()
		loaded, err := loadMissing(ctx, s.machinery.machines[i], n, archives, s.blueprint.layout)
		if err != nil {
			return fmt.Errorf("load images into node %s: %w", n.Name(), err)
		}
		if loaded > 0 {
			s.report("%d images are loaded into node %s (%s)", loaded, n.Name(), since(began))
		}
	}
	return nil
}

// startLoading loads the images while the rest of the cluster starts.
func (s *supervisor) startLoading(ctx context.Context) <-chan error {
	loaded := make(chan error, 1)
	if len(s.blueprint.nodes) == 0 {
		close(loaded)
		return loaded
	}
	go func() { loaded <- s.load(ctx) }()
	return loaded
}

func loadMissing(ctx context.Context, inside *machine.Machine, n node.Node, archives []archive, layout Layout) (count int, err error) {
	// Beside the images: who removes those removes the record of them.
	record := filepath.Join(layout.node(n.Name()), "containerd", "loaded.json")
	there := map[string]string{}
	data, err := os.ReadFile(record)
	if err == nil {
		err = json.Unmarshal(data, &there)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read what is loaded: %w", err)
	}
	for _, a := range archives {
		if there[a.name] == a.signature {
			continue
		}
		if err := importImage(ctx, inside, n, a); err != nil {
			return count, fmt.Errorf("%s: %w", a.name, err)
		}
		count++
		there[a.name] = a.signature
		data, err := json.Marshal(there)
		if err != nil {
			return count, fmt.Errorf("record what is loaded: %w", err)
		}
		if err := pki.WriteFile(record, data); err != nil {
			return count, err
		}
	}
	return count, nil
}

func importImage(ctx context.Context, inside *machine.Machine, n node.Node, a archive) error {
	var said strings.Builder
	command := exec.CommandContext(ctx, filepath.Join(n.Binaries, "ctr"), n.ImportArgs()...)
	command.Env, command.Stdout, command.Stderr = environment(), &said, &said
	input, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := inside.Spawner.Start(command); err != nil {
		return fmt.Errorf("start ctr: %w", err)
	}
	written := a.write(input)
	closed := input.Close()
	// What ctr says explains why it stopped reading.
	if err := command.Wait(); err != nil {
		return fmt.Errorf("ctr: %w: %s", err, said.String())
	}
	return errors.Join(written, closed)
}
