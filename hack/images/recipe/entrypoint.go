package recipe

import (
	_ "embed"

	"platform.example.io/stores/hack/images/archive"
)

//go:embed files/entrypoint.sh
var entrypointLibrary []byte

// addEntrypoint adds the script that starts a database, and what such scripts share.
func addEntrypoint(layer *archive.Layer, script []byte) {
	layer.File("/usr/local/lib/entrypoint.sh", entrypointLibrary, false)
	layer.File("/usr/local/bin/docker-entrypoint.sh", script, true)
}
