#!/usr/bin/env bash
# Renders artifacts/apiservice from charts/store-platform. `make verify` runs it
# and demands that nothing changed.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
go run ./hack/renderchart
