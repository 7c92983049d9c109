// Package debian takes programs out of Debian packages, with the libraries they
// are linked with, for images that hold nothing else. It installs nothing, runs
// none of the packages' scripts and needs no root.
package debian
