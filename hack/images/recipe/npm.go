package recipe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// install puts what a package-lock.json in a directory of the images' names into a
// directory of its own and returns that. Other files of the images are copied, too.
// What was installed from the same lock stays.
func (b *Builder) install(ctx context.Context, source string, files ...string) (string, error) {
	directory := filepath.Join(b.Work, "npm", source)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	for _, file := range append([]string{source + "/package.json", source + "/package-lock.json"}, files...) {
		data, err := os.ReadFile(filepath.Join(b.Source, file))
		if err != nil {
			return "", fmt.Errorf("read what is installed: %w", err)
		}
		if err := os.WriteFile(filepath.Join(directory, filepath.Base(file)), data, 0o644); err != nil {
			return "", fmt.Errorf("copy what is installed: %w", err)
		}
	}
	return directory, once(directory, "node_modules", []string{"package-lock.json"}, func() error {
		b.Say("npm ci (a minute or two)")
		// Scripts of packages are programs of others; none of these packages needs its own.
		return command(ctx, directory, nil, "npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
	})
}

// once makes a directory below another one, unless it was made of files there
// that are the same still.
func once(directory, name string, of []string, work func() error) error {
	hash := sha256.New()
	for _, file := range of {
		data, err := os.ReadFile(filepath.Join(directory, file))
		if err != nil {
			return fmt.Errorf("read what %s is made of: %w", name, err)
		}
		fmt.Fprintf(hash, "%x\n", sha256.Sum256(data))
	}
	key, remembered := hex.EncodeToString(hash.Sum(nil)), filepath.Join(directory, name+".key")
	before, err := os.ReadFile(remembered)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read what %s was made of: %w", name, err)
	}
	if string(before) == key {
		return nil
	}
	if err := errors.Join(os.RemoveAll(remembered), os.RemoveAll(filepath.Join(directory, name))); err != nil {
		return fmt.Errorf("remove what was made before: %w", err)
	}
	if err := work(); err != nil {
		return err
	}
	if err := os.WriteFile(remembered, []byte(key), 0o644); err != nil {
		return fmt.Errorf("remember what %s was made of: %w", name, err)
	}
	return nil
}

// command runs a program; what it says is shown when it fails.
func command(ctx context.Context, directory string, environment []string, program string, args ...string) error {
	process := exec.CommandContext(ctx, program, args...)
	process.Dir = directory
	process.Env = append(os.Environ(), environment...)
	var said bytes.Buffer
	process.Stdout, process.Stderr = &said, &said
	if err := process.Run(); err != nil {
		return fmt.Errorf("run %s: %w\n%s", strings.Join(append([]string{program}, args...), " "), err, strings.TrimSpace(said.String()))
	}
	return nil
}
