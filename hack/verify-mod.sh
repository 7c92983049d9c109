#!/usr/bin/env bash
# go.mod and go.sum are what `go mod tidy` makes of them: verify-mod.sh MODULE...
set -o errexit -o nounset -o pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
failed=0
for module in "$@"; do
    if ! (cd "${root}/${module}" && go mod tidy -diff); then
        echo "module ${module} is not tidy: run 'go mod tidy' in it" >&2
        failed=1
    fi
done
exit "${failed}"
