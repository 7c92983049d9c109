#!/usr/bin/env bash
# Looks for known vulnerabilities in what each module calls: vuln.sh [--where-reachable] MODULE...
# It asks vuln.go.dev. Where that does not answer, it fails; with --where-reachable it
# says so and ends well, so that `make verify` can be run without a network.
set -o errexit -o nounset -o pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
database=${GOVULNDB:-https://vuln.go.dev}
if [[ "$1" == --where-reachable ]]; then
    shift
    if ! curl --silent --fail --location --max-time 15 --output /dev/null "${database}/index/db.json"; then
        echo "not looked for: ${database} does not answer; \`make vuln\` insists on it"
        exit
    fi
fi
(cd "${root}/hack/tools" && go build -o "${root}/.local/bin/govulncheck" golang.org/x/vuln/cmd/govulncheck)
for module in "$@"; do
    echo "== vulnerabilities of ${module}"
    (cd "${root}/${module}" && "${root}/.local/bin/govulncheck" ./...)
done
