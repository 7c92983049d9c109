package preflight

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// statfs looks at the file system of dir, or of what is there of its path.
func statfs(dir string) (unix.Statfs_t, error) {
	for {
		var stat unix.Statfs_t
		err := unix.Statfs(dir, &stat)
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return stat, err
		}
		dir = filepath.Dir(dir)
	}
}

func disk(dir string) (string, error) {
	stat, err := statfs(dir)
	if err != nil {
		return "", err
	}
	free := stat.Bavail * uint64(stat.Bsize)
	if free < diskNeeded {
		return "", fmt.Errorf("%s free for %s, and %s are needed", gibibytes(free), dir, gibibytes(diskNeeded))
	}
	return gibibytes(free) + " free", nil
}

func memory() (string, error) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		var kibibytes uint64
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &kibibytes); err != nil {
			continue // another line
		}
		if available := kibibytes << 10; available < memoryNeeded {
			return "", fmt.Errorf("%s available, and %s are needed", gibibytes(available), gibibytes(memoryNeeded))
		}
		return gibibytes(kibibytes<<10) + " available", nil
	}
	return "", errors.New("/proc/meminfo does not say what is available")
}

func gibibytes(bytes uint64) string { return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30)) }

// isStatic reports whether a program runs without an interpreter that loads libraries.
func isStatic(path string) (bool, error) {
	file, err := elf.Open(path)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", path, err)
	}
	defer file.Close()
	return !slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }), nil
}
