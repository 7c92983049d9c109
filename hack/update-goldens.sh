#!/usr/bin/env bash
# Rewrites the golden files of every test that has an -update flag. Review them
# like code: they are what the change does.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
grep --recursive --files-with-matches --include='*_test.go' 'flag.Bool("update"' internal pkg test |
    xargs --no-run-if-empty dirname | sort --unique |
    while read -r package; do
        go test "./${package}" -update
    done
