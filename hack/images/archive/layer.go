package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Layer is a tree of files, by their paths in the image. The zero value is an
// empty one.
type Layer struct {
	entries map[string]entry
}

type entry struct {
	header tar.Header
	source string // of a file on disk
	data   []byte // of one that is not
}

// Directory makes a directory, which everybody may write to when it is open, as /tmp is.
func (l *Layer) Directory(name string, open bool) {
	mode := int64(0o755)
	if open {
		mode = 0o1777
	}
	l.put(name, entry{header: tar.Header{Typeflag: tar.TypeDir, Mode: mode}})
}

// File makes a file that everybody may read, and run if it is a program.
func (l *Layer) File(name string, data []byte, program bool) {
	l.put(name, entry{header: tar.Header{Typeflag: tar.TypeReg, Size: int64(len(data)), Mode: fileMode(program)}, data: data})
}

// Link makes a symbolic link.
func (l *Layer) Link(name, target string) {
	l.put(name, entry{header: tar.Header{Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777}})
}

// Copy takes a file, a link, or a directory without what is in it, from disk.
func (l *Layer) Copy(name, source string) error {
	info, err := os.Lstat(source)
	if err != nil {
		return fmt.Errorf("copy into image: %w", err)
	}
	switch info.Mode().Type() {
	case fs.ModeSymlink:
		target, err := os.Readlink(source)
		if err != nil {
			return fmt.Errorf("copy into image: %w", err)
		}
		l.Link(name, target)
	case fs.ModeDir:
		l.Directory(name, false)
	case 0:
		header := tar.Header{Typeflag: tar.TypeReg, Size: info.Size(), Mode: fileMode(info.Mode()&0o111 != 0)}
		l.put(name, entry{header: header, source: source})
	default:
		return fmt.Errorf("copy %s into image: it is no file, link or directory", source)
	}
	return nil
}

// CopyTree takes a directory from disk with everything below it that keep,
// asked with paths below it, wants. What is below an unwanted directory is not asked for.
func (l *Layer) CopyTree(name, source string, keep func(below string, directory bool) bool) error {
	return filepath.WalkDir(source, func(at string, found fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("copy into image: %w", err)
		}
		below, err := filepath.Rel(source, at)
		if err != nil {
			return fmt.Errorf("copy into image: %w", err)
		}
		if below != "." && !keep(filepath.ToSlash(below), found.IsDir()) {
			if found.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		return l.Copy(path.Join(name, filepath.ToSlash(below)), at)
	})
}

// Move gives a file or a directory, and all below it, another name.
func (l *Layer) Move(from, to string) {
	from, to = clean(from), clean(to)
	for _, name := range slices.Collect(maps.Keys(l.entries)) {
		if below, found := strings.CutPrefix(name, from); found && (below == "" || below[0] == '/') {
			moved := l.entries[name]
			delete(l.entries, name)
			l.put(to+below, moved)
		}
	}
}

// Has tells whether the layer has something of that name.
func (l *Layer) Has(name string) bool {
	_, found := l.entries[clean(name)]
	return found
}

func (l *Layer) put(name string, e entry) {
	if l.entries == nil {
		l.entries = map[string]entry{}
	}
	name = clean(name)
	e.header.Name = name
	if e.header.Typeflag == tar.TypeDir {
		e.header.Name += "/"
	}
	l.entries[name] = e
	// Where a runtime had to make the parents, their mode would be its choice.
	if parent := path.Dir(name); parent != "." && !l.Has(parent) {
		l.Directory(parent, false)
	}
}

// write writes the layer as a tar stream. Owner, times and order are always the same.
func (l *Layer) write(to io.Writer) error {
	stream := tar.NewWriter(to)
	for _, name := range slices.Sorted(maps.Keys(l.entries)) {
		if err := l.entries[name].write(stream); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return stream.Close()
}

// measure returns what a tar stream needs to know of the layer before it.
func (l *Layer) measure() (size int64, digest string, err error) {
	hash, counter := sha256.New(), counter(0)
	if err := l.write(io.MultiWriter(hash, &counter)); err != nil {
		return 0, "", err
	}
	return int64(counter), hex.EncodeToString(hash.Sum(nil)), nil
}

type counter int64

func (c *counter) Write(data []byte) (int, error) {
	*c += counter(len(data))
	return len(data), nil
}

func (e entry) write(stream *tar.Writer) error {
	header := e.header
	header.ModTime, header.Format = time.Unix(0, 0), tar.FormatPAX
	if err := stream.WriteHeader(&header); err != nil {
		return err
	}
	if e.source == "" {
		_, err := stream.Write(e.data)
		return err
	}
	file, err := os.Open(e.source)
	if err != nil {
		return err
	}
	_, err = io.Copy(stream, file)
	return errors.Join(err, file.Close())
}

func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

func fileMode(program bool) int64 {
	if program {
		return 0o755
	}
	return 0o644
}
