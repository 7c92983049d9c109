package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// contentSecurityPolicy is that of index.html, and what only a header can say.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'none'"

// pageHeaders are sent with every answer that is not the API's.
var pageHeaders = map[string]string{
	"Content-Security-Policy":      contentSecurityPolicy,
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

// file is one file of the page, ready to be sent.
type file struct {
	contentType, cache, etag string
	plain, zipped            []byte
}

// static serves files from memory. Their paths are the only ones there are: the
// page keeps its own address behind the #.
type static map[string]file

// contentTypes are given here, because mime asks the machine's own tables first.
var contentTypes = map[string]string{
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

func newStatic(page fs.FS) (static, error) {
	files := static{}
	err := fs.WalkDir(page, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(page, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		f, err := newFile(name, content)
		if err != nil {
			return err
		}
		files["/"+name] = f
		if name == "index.html" {
			files["/"] = f
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load the page: %w", err)
	}
	if _, ok := files["/"]; !ok {
		return nil, fmt.Errorf("load the page: it has no index.html")
	}
	return files, nil
}

func newFile(name string, content []byte) (file, error) {
	sum := sha256.Sum256(content)
	f := file{plain: content, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, cache: "no-cache"}
	extension := path.Ext(name)
	if f.contentType = contentTypes[extension]; f.contentType == "" {
		f.contentType = mime.TypeByExtension(extension)
	}
	if strings.HasPrefix(name, "assets/") {
		// The build puts a hash of the content in the names there.
		f.cache = "public, max-age=31536000, immutable"
	}
	if extension == ".woff2" {
		return f, nil // compressed as it is
	}
	var zipped bytes.Buffer
	writer, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return file{}, fmt.Errorf("compress %s: %w", name, err)
	}
	if _, err := writer.Write(content); err != nil {
		return file{}, fmt.Errorf("compress %s: %w", name, err)
	}
	if err := writer.Close(); err != nil {
		return file{}, fmt.Errorf("compress %s: %w", name, err)
	}
	f.zipped = zipped.Bytes()
	return f, nil
}

func (s static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for name, value := range pageHeaders {
		header.Set(name, value)
	}
	f, ok := s[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "the page is only read", http.StatusMethodNotAllowed)
		return
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", f.cache)
	header.Set("ETag", f.etag)
	content := f.plain
	if f.zipped != nil {
		header.Set("Vary", "Accept-Encoding")
		if r.Header.Get("Range") == "" && acceptsGzip(r.Header.Get("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			content = f.zipped
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip reads a list of encodings as far as browsers write them.
func acceptsGzip(accepted string) bool {
	for encoding := range strings.SplitSeq(accepted, ",") {
		name, quality, _ := strings.Cut(encoding, ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.ReplaceAll(quality, " ", "") != "q=0"
		}
	}
	return false
}
