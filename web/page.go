// Package web serves the dashboard: a page that is built from web/app and put
// into the binary, and, where this server fronts the API itself, a narrow way
// from the page to kube-apiserver.
//
// Duties: the page with headers that forbid everything it does not need; passing
// on what the page asks of the API, with the caller's own bearer token. Dangers:
// this server has no identity and must never get one, or whoever reaches it acts
// as it; and what it passes on is a list of what is allowed, never of what is not.
package web

import (
	"embed"
	"fmt"
	"io/fs"
)

// The page is in dist once it was built; a build without Node has the
// placeholder alone, and compiles all the same.
//
//go:embed all:page
var embedded embed.FS

// Page returns the files of the dashboard: those that were built, or those that
// say how to build them. Built tells which.
func Page() (page fs.FS, built bool, err error) {
	folder := "page/placeholder"
	if _, err := fs.Stat(embedded, "page/dist/index.html"); err == nil {
		folder, built = "page/dist", true
	}
	page, err = fs.Sub(embedded, folder)
	if err != nil {
		return nil, false, fmt.Errorf("open %s: %w", folder, err)
	}
	return page, built, nil
}
