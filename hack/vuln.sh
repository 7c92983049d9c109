#!/usr/bin/env bash
# Looks for known vulnerabilities in what each module calls: vuln.sh MODULE...
# It asks vuln.go.dev, so it is no part of `make verify`, which needs no network.
set -o errexit -o nounset -o pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
(cd "${root}/hack/tools" && go build -o "${root}/.local/bin/govulncheck" golang.org/x/vuln/cmd/govulncheck)
for module in "$@"; do
    echo "== vulnerabilities of ${module}"
    (cd "${root}/${module}" && "${root}/.local/bin/govulncheck" ./...)
done
