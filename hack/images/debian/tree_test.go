package debian

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestUnpackMergesUsr: packages still name /lib and /bin, which are below /usr.
func TestUnpackMergesUsr(t *testing.T) {
	var stream bytes.Buffer
	writer := tar.NewWriter(&stream)
	for _, header := range []*tar.Header{
		{Typeflag: tar.TypeDir, Name: "./lib/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "./lib/libx.so.1.2", Mode: 0o644, Size: 1},
		{Typeflag: tar.TypeSymlink, Name: "./usr/lib/libx.so.1", Linkname: "libx.so.1.2"},
		{Typeflag: tar.TypeLink, Name: "./bin/tool", Linkname: "./lib/libx.so.1.2"},
		{Typeflag: tar.TypeReg, Name: "./../escape", Mode: 0o644, Size: 1},
	} {
		if err := writer.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write(bytes.Repeat([]byte("x"), int(header.Size))); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	root := filepath.Join(outside, "root")
	if err := unpackStream(root, tar.NewReader(&stream)); err != nil {
		t.Fatalf("unpack: %v", err)
	}
	for _, name := range []string{"usr/lib/libx.so.1.2", "usr/lib/libx.so.1", "usr/bin/tool", "escape"} {
		if data, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(data) != "x" {
			t.Errorf("%s holds %q, %v", name, data, err)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("a package wrote outside of its root: %v, %v", left, err)
	}
}

func TestPackageFiles(t *testing.T) {
	p := Package{Name: "libc6", Version: "1:2.36-9+deb12u9", Architecture: "amd64"}
	if want := "libc6_1%3a2.36-9+deb12u9_amd64.deb"; p.file() != want {
		t.Errorf("apt calls the file %s, not %s", want, p.file())
	}
	line := "Inst libc6 (2.36-9+deb12u9 Debian:12.9/oldstable, Debian-Security:12/oldstable-security [amd64]) []\n"
	if match := chosen.FindStringSubmatch(line); len(match) != 4 || match[1] != "libc6" || match[2] != "2.36-9+deb12u9" || match[3] != "amd64" {
		t.Errorf("apt's line %q is read as %q", line, match)
	}
}

func TestTextsNeedNoLibraries(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"script": "#!/bin/sh\n", "empty": "", "short": "\x7fE"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if needed, err := Libraries(root, []string{"/script", "/empty", "/short"}); err != nil || len(needed) > 0 {
		t.Errorf("files that are no programs need %v, %v", needed, err)
	}
}
