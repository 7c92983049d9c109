package recipe

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Key changes when the image would: with this program, which holds the recipes,
// and with the files it is made of. It does not change with a new version of a
// Debian package.
func (r Recipe) Key(source string) (string, error) {
	hash := sha256.New()
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	paths := []string{program}
	for _, directory := range r.sources {
		err := filepath.WalkDir(filepath.Join(source, directory), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			return "", fmt.Errorf("list what it is made of: %w", err)
		}
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read what it is made of: %w", err)
		}
		fmt.Fprintf(hash, "%x\n", sha256.Sum256(data))
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// WriteReplacements writes the image.replacements of a platform that runs these
// images, as a PlatformConfiguration to merge with its own.
func WriteReplacements(path string) error {
	var text strings.Builder
	text.WriteString("apiVersion: config.platform.example.io/v1alpha1\nkind: PlatformConfiguration\nimage:\n  replacements:\n")
	for _, r := range All {
		if r.Replaces != "" {
			fmt.Fprintf(&text, "    %s: %s\n", r.Replaces, r.Reference)
		}
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("write replacements: %w", err)
	}
	return nil
}
