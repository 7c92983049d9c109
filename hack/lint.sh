#!/usr/bin/env bash
# Vets every module and runs staticcheck, as hack/tools pins it: lint.sh MODULE...
# staticcheck.conf says which checks; a finding that is meant is silenced where
# it is, by a `//lint:ignore CHECK reason`.
set -o errexit -o nounset -o pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
(cd "${root}/hack/tools" && go build -o "${root}/.local/bin/staticcheck" honnef.co/go/tools/cmd/staticcheck)
for module in "$@"; do
    cd "${root}/${module}"
    # Nobody reviews what generators write; the compiler and go vet do.
    mapfile -t packages < <(go list ./... | grep --invert-match /pkg/generated/ || true)
    if ((${#packages[@]} == 0)); then
        continue # A module of tools has no packages of its own.
    fi
    echo "== lint ${module}"
    go vet ./...
    "${root}/.local/bin/staticcheck" "${packages[@]}"
done
