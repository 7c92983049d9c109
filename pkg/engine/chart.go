package engine

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// maxChartSize is more than any chart of ours and less than a mistake in a mount.
const maxChartSize = 4 << 20

// loadedChart is a Helm chart without dependencies. It is never written after
// loading, so that renderings may share it.
type loadedChart struct {
	*chart.Chart
}

// loadChart reads the chart in a directory of a file tree.
func loadChart(tree fs.FS, directory string) (*loadedChart, error) {
	files, err := readFiles(tree, directory)
	if err != nil {
		return nil, err
	}
	loaded, err := loader.LoadFiles(files)
	if err != nil {
		return nil, fmt.Errorf("load chart: %w", err)
	}
	if len(loaded.Metadata.Dependencies)+len(loaded.Dependencies()) > 0 {
		return nil, fmt.Errorf("load chart: it has dependencies, which could not be checked one by one")
	}
	if len(loaded.CRDObjects()) > 0 {
		return nil, fmt.Errorf("load chart: it has custom resource definitions, which do not belong to one store")
	}
	return &loadedChart{loaded}, nil
}

// readFiles reads a directory with paths relative to it. Links are followed,
// because a mounted ConfigMap consists of them; its own dot files are not read.
func readFiles(tree fs.FS, directory string) ([]*archive.BufferedFile, error) {
	var files []*archive.BufferedFile
	size := 0
	var read func(at string) error
	read = func(at string) error {
		entries, err := fs.ReadDir(tree, at)
		if err != nil {
			return fmt.Errorf("read chart: %w", err)
		}
		for _, entry := range entries {
			name := path.Join(at, entry.Name())
			if strings.HasPrefix(entry.Name(), ".") {
				continue
			}
			info, err := fs.Stat(tree, name)
			if err != nil {
				return fmt.Errorf("read chart: %w", err)
			}
			if info.IsDir() {
				if err := read(name); err != nil {
					return err
				}
				continue
			}
			if size += int(info.Size()); size > maxChartSize {
				return fmt.Errorf("read chart: it is larger than %d bytes", maxChartSize)
			}
			data, err := fs.ReadFile(tree, name)
			if err != nil {
				return fmt.Errorf("read chart: %w", err)
			}
			files = append(files, &archive.BufferedFile{Name: strings.TrimPrefix(name, directory+"/"), Data: data})
		}
		return nil
	}
	if err := read(directory); err != nil {
		return nil, err
	}
	return files, nil
}

// file returns a file of the chart that is no template.
func (c *loadedChart) file(name string) ([]byte, bool) {
	for _, file := range c.Files {
		if file.Name == name {
			return file.Data, true
		}
	}
	return nil, false
}
