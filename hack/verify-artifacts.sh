#!/usr/bin/env bash
# artifacts/apiservice is what charts/store-platform renders.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
rendered="$(mktemp -d)"
trap 'rm -rf "${rendered}"' EXIT
go run ./hack/renderchart -out "${rendered}"
if ! diff --recursive --unified artifacts/apiservice "${rendered}"; then
    echo "artifacts/apiservice is not what the chart renders: run 'make generate'" >&2
    exit 1
fi
