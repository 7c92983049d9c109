package debian

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Unpack unpacks package files into a directory, which is made. /bin, /sbin and
// /lib are below /usr there, as on every Debian since bookworm.
func Unpack(ctx context.Context, root string, packages []string) error {
	for _, file := range packages {
		if err := unpack(ctx, root, file); err != nil {
			return fmt.Errorf("unpack %s: %w", filepath.Base(file), err)
		}
	}
	return nil
}

func unpack(ctx context.Context, root, file string) (err error) {
	command := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", file)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	unpacking := unpackStream(root, tar.NewReader(out))
	if unpacking != nil {
		// It waits for a reader otherwise.
		return errors.Join(unpacking, command.Process.Kill(), ignoreKilled(command.Wait()))
	}
	return command.Wait()
}

func ignoreKilled(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

func unpackStream(root string, stream *tar.Reader) error {
	for {
		header, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(root, header, stream); err != nil {
			return err
		}
	}
}

func unpackEntry(root string, header *tar.Header, data io.Reader) error {
	at := filepath.Join(root, usr(path.Clean("/"+header.Name)))
	if header.Typeflag == tar.TypeDir {
		return os.MkdirAll(at, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeSymlink:
		return os.Symlink(header.Linkname, at)
	case tar.TypeLink:
		return os.Link(filepath.Join(root, usr(path.Clean("/"+header.Linkname))), at)
	case tar.TypeReg:
		file, err := os.OpenFile(at, os.O_CREATE|os.O_EXCL|os.O_WRONLY, header.FileInfo().Mode().Perm()|0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, data)
		return errors.Join(err, file.Close())
	default:
		return nil // a device or a pipe is nothing that a program is made of
	}
}

// usr is where a path of a package is on a system whose /usr is merged.
func usr(name string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	switch first {
	case "bin", "sbin", "lib", "lib64":
		return "/usr" + name
	default:
		return name
	}
}
