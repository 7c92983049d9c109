// Package archive writes container images as `docker save` does: tar files that
// `ctr images import` and `docker load` read. The same content gives the same bytes.
package archive
