package debian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Archive is Debian's, as this machine's apt is configured to reach it. What was
// fetched stays in Directory.
type Archive struct {
	Directory string
}

// Package is a package in the archive.
type Package struct {
	Name, Version, Architecture string
}

// file is how apt names the package's file.
func (p Package) file() string {
	return p.Name + "_" + strings.ReplaceAll(p.Version, ":", "%3a") + "_" + p.Architecture + ".deb"
}

// Update fetches the lists of packages. Resolve does it, too, where there are none.
func (a *Archive) Update(ctx context.Context) error {
	for _, directory := range []string{"lists/partial", "cache/archives/partial", "packages"} {
		if err := os.MkdirAll(filepath.Join(a.Directory, directory), 0o755); err != nil {
			return fmt.Errorf("make directory for apt: %w", err)
		}
	}
	// As if nothing were installed: what this machine has is not in an image.
	if err := os.WriteFile(filepath.Join(a.Directory, "status"), nil, 0o644); err != nil {
		return fmt.Errorf("prepare apt: %w", err)
	}
	_, err := a.apt(ctx, "update")
	return err
}

// chosen is a line of what apt would do: `Inst libc6 (2.36-9 Debian:12/oldstable [amd64])`.
var chosen = regexp.MustCompile(`(?m)^Inst (\S+) \((\S+) .*\[([a-z0-9]+)\]\)`)

// Resolve returns the packages of these names and all that they depend on.
func (a *Archive) Resolve(ctx context.Context, names []string) ([]Package, error) {
	if _, err := os.Stat(filepath.Join(a.Directory, "status")); errors.Is(err, fs.ErrNotExist) {
		if err := a.Update(ctx); err != nil {
			return nil, err
		}
	}
	out, err := a.apt(ctx, append([]string{"install", "--simulate", "--no-install-recommends"}, names...)...)
	if err != nil {
		return nil, err
	}
	var packages []Package
	for _, line := range chosen.FindAllStringSubmatch(out, -1) {
		packages = append(packages, Package{Name: line[1], Version: line[2], Architecture: line[3]})
	}
	if len(packages) < len(names) {
		return nil, fmt.Errorf("resolve packages: apt chose %d of %s", len(packages), strings.Join(names, ", "))
	}
	return packages, nil
}

// Download returns the files of packages, fetching those that are not there yet.
// apt verifies them.
func (a *Archive) Download(ctx context.Context, packages []Package) ([]string, error) {
	var paths, wanted []string
	for _, p := range packages {
		path := filepath.Join(a.Directory, "packages", p.file())
		paths = append(paths, path)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			wanted = append(wanted, p.Name+"="+p.Version)
		}
	}
	if len(wanted) == 0 {
		return paths, nil
	}
	if _, err := a.apt(ctx, append([]string{"download"}, wanted...)...); err != nil {
		return nil, fmt.Errorf("%w\nIf packages have moved since their lists were fetched, `make images REFRESH=1` fetches new ones", err)
	}
	return paths, nil
}

func (a *Archive) apt(ctx context.Context, args ...string) (string, error) {
	directory, err := filepath.Abs(a.Directory)
	if err != nil {
		return "", fmt.Errorf("find directory of apt: %w", err)
	}
	options := []string{
		"--quiet", "--assume-yes",
		"--option", "Dir::State::lists=" + filepath.Join(directory, "lists"),
		"--option", "Dir::State::status=" + filepath.Join(directory, "status"),
		"--option", "Dir::Cache=" + filepath.Join(directory, "cache"),
		// It could not read below a private directory.
		"--option", "APT::Sandbox::User=",
		"--option", "APT::Get::List-Cleanup=false",
		// Hooks of this machine are for its own packages.
		"--option", "APT::Update::Post-Invoke-Success::=", "--option", "Acquire::Languages=none",
	}
	command := exec.CommandContext(ctx, "apt-get", append(options, args...)...)
	command.Dir = filepath.Join(directory, "packages")
	command.Env = append(os.Environ(), "LC_ALL=C")
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("run apt-get %s: %w\n%s", args[0], err, strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}
