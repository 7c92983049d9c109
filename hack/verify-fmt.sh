#!/usr/bin/env bash
# Go is formatted as gofmt does, and every shell script parses.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=0
unformatted="$(find . -name '*.go' -not -path './.local/*' -not -path '*/node_modules/*' -print0 | xargs -0 gofmt -s -l)"
if [[ -n "${unformatted}" ]]; then
    printf 'not formatted (gofmt -s -w them):\n%s\n' "${unformatted}" >&2
    failed=1
fi
while IFS= read -r script; do
    bash -n "${script}" || failed=1
done < <(
    find hack test charts -name '*.sh' -not -path '*/node_modules/*'
    echo .ci/run
)
exit "${failed}"
