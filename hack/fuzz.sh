#!/usr/bin/env bash
# Fuzzes every target of the root module, one after the other: fuzz.sh DURATION
# An input that fails is kept in the package's testdata/fuzz: commit it.
set -o errexit -o nounset -o pipefail

duration=$1
cd "$(dirname "${BASH_SOURCE[0]}")/.."
found=0
while IFS=: read -r file _ declaration; do
    target="${declaration#func }"
    target="${target%%(*}"
    echo "== ${target} in $(dirname "${file}"), ${duration}"
    go test "./$(dirname "${file}")" -run='^$' -fuzz="^${target}\$" -fuzztime="${duration}" </dev/null
    found=$((found + 1))
done < <(grep --recursive --line-number --include='*_test.go' '^func Fuzz' internal pkg test || true)
if ((found == 0)); then
    echo "no fuzz target found" >&2
    exit 1
fi
