// Command images makes the container images that shops run on a real node, without
// a registry and without a container runtime: from Debian's packages and npm's,
// as files for `ctr images import`. `make images` runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"platform.example.io/stores/hack/images/debian"
	"platform.example.io/stores/hack/images/recipe"
)

func main() {
	out := flag.String("out", ".local/images", "directory to write the images to")
	source := flag.String("source", "images", "directory of the images' own files")
	refresh := flag.Bool("refresh", false, "make all of them again, from the newest packages")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: images [flags] [NAME...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, *out, *source, *refresh, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, source string, refresh bool, names []string) error {
	recipes, err := choose(names)
	if err != nil {
		return err
	}
	for _, program := range []string{"apt-get", "dpkg-deb", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("find %s: images are made on Debian, with Node and npm: %w", program, err)
		}
	}
	work := filepath.Join(out, "work")
	if err := os.MkdirAll(work, 0o755); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	builder := &recipe.Builder{Source: source, Work: work, Debian: debian.Archive{Directory: filepath.Join(work, "apt")}}
	if refresh {
		if err := builder.Debian.Update(ctx); err != nil {
			return err
		}
	}
	for _, r := range recipes {
		if err := build(ctx, builder, r, out, refresh); err != nil {
			return fmt.Errorf("make image %s: %w", r.Name, err)
		}
	}
	return recipe.WriteReplacements(filepath.Join(out, "replacements.yaml"))
}

func choose(names []string) ([]recipe.Recipe, error) {
	if len(names) == 0 {
		return recipe.All, nil
	}
	var chosen []recipe.Recipe
	for _, name := range names {
		at := slices.IndexFunc(recipe.All, func(r recipe.Recipe) bool { return r.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("make image %s: there is no recipe of that name; without names all are made", name)
		}
		chosen = append(chosen, recipe.All[at])
	}
	return chosen, nil
}

// build makes one image, unless it is there and made of the same.
func build(ctx context.Context, builder *recipe.Builder, r recipe.Recipe, out string, refresh bool) error {
	path, keyPath := filepath.Join(out, r.Name+".tar"), filepath.Join(out, r.Name+".key")
	key, err := r.Key(builder.Source)
	if err != nil {
		return err
	}
	if made, err := os.ReadFile(keyPath); err == nil && string(made) == key && !refresh {
		if info, err := os.Stat(path); err == nil {
			report(r, info.Size(), "current")
			return nil
		}
	}
	started := time.Now()
	builder.Say = func(format string, args ...any) {
		fmt.Printf("%-13s %s\n", r.Name, fmt.Sprintf(format, args...))
	}
	image, err := r.Build(ctx, builder)
	if err != nil {
		return err
	}
	if err := image.Write(path, r.Reference); err != nil {
		return err
	}
	if err := os.WriteFile(keyPath, []byte(key), 0o644); err != nil {
		return fmt.Errorf("remember what it was made of: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read size: %w", err)
	}
	report(r, info.Size(), fmt.Sprintf("made in %.0f s", time.Since(started).Seconds()))
	return nil
}

func report(r recipe.Recipe, size int64, how string) {
	fmt.Printf("%-13s %4d MB  %s  (%s)\n", r.Name, size/1_000_000, r.Reference, how)
}
