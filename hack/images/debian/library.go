package debian

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// triplets are the names of the directories of libraries, by Go's name of the architecture.
var triplets = map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}

// LibraryDirectory is where Debian keeps the libraries of this machine's architecture.
func LibraryDirectory() (string, error) {
	triplet, known := triplets[runtime.GOARCH]
	if !known {
		return "", fmt.Errorf("find libraries: no Debian for %s is known here", runtime.GOARCH)
	}
	return "/usr/lib/" + triplet, nil
}

// Libraries returns the paths in a tree of all shared libraries, links among
// them, that files of the tree are linked with, directly or through others. What is
// no program or library has none.
func Libraries(root string, files []string) ([]string, error) {
	directory, err := LibraryDirectory()
	if err != nil {
		return nil, err
	}
	search := &librarySearch{root: root, found: map[string]bool{}, directories: []string{directory, "/usr/lib"}}
	for _, file := range files {
		info, err := os.Lstat(filepath.Join(root, file))
		if err != nil {
			return nil, fmt.Errorf("find libraries: %w", err)
		}
		if !info.Mode().IsRegular() {
			continue
		}
		if err := search.visit(file); err != nil {
			return nil, err
		}
	}
	return search.order, nil
}

type librarySearch struct {
	root        string
	directories []string
	found       map[string]bool
	order       []string
}

func (s *librarySearch) visit(file string) error {
	if linked, err := hasMagic(filepath.Join(s.root, file)); err != nil || !linked {
		return err
	}
	program, err := elf.Open(filepath.Join(s.root, file))
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	defer program.Close()
	needed, err := program.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("read libraries of %s: %w", file, err)
	}
	own, err := runPaths(program, file)
	if err != nil {
		return fmt.Errorf("read libraries of %s: %w", file, err)
	}
	loader, err := interpreter(program)
	if err != nil {
		return fmt.Errorf("read loader of %s: %w", file, err)
	}
	if loader != "" {
		// The kernel looks for it in this place and no other.
		if err := s.add(path.Base(loader), []string{usr(path.Dir(loader))}); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	for _, name := range needed {
		if err := s.add(name, append(own, s.directories...)); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// hasMagic tells whether a file begins as programs and libraries do.
func hasMagic(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	magic := make([]byte, len(elf.ELFMAG))
	if _, err := io.ReadFull(file, magic); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return string(magic) == elf.ELFMAG, nil
}

func (s *librarySearch) add(name string, directories []string) error {
	for _, directory := range directories {
		at := path.Join(directory, name)
		if _, err := os.Lstat(filepath.Join(s.root, at)); err != nil {
			continue
		}
		return s.follow(at)
	}
	return fmt.Errorf("needs library %s, which none of the packages has", name)
}

// follow adds a library and, where it is a link, what it leads to.
func (s *librarySearch) follow(at string) error {
	if s.found[at] {
		return nil
	}
	s.found[at] = true
	s.order = append(s.order, at)
	target, err := os.Readlink(filepath.Join(s.root, at))
	if err != nil {
		return s.visit(at) // no link
	}
	if !path.IsAbs(target) {
		target = path.Join(path.Dir(at), target)
	}
	return s.follow(usr(target))
}

func runPaths(program *elf.File, file string) ([]string, error) {
	var paths []string
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		values, err := program.DynString(tag)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			for _, directory := range strings.Split(value, ":") {
				paths = append(paths, usr(path.Clean(strings.ReplaceAll(directory, "$ORIGIN", path.Dir(file)))))
			}
		}
	}
	return paths, nil
}

// interpreter is the loader that the kernel starts for a program.
func interpreter(program *elf.File) (string, error) {
	for _, segment := range program.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		name, err := io.ReadAll(segment.Open())
		return strings.TrimRight(string(name), "\x00"), err
	}
	return "", nil
}
