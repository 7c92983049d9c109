#!/usr/bin/env bash
# Fuzzes every target of the root module, one after the other: fuzz.sh DURATION
# An input that fails is kept in the package's testdata/fuzz: commit it. TARGET,
# a regular expression, picks some of them.
set -o errexit -o nounset -o pipefail

duration=$1
pick="${TARGET:-.}"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Other modules below have targets of their own, if any.
targets=()
while read -r directory; do
    while IFS=: read -r _ declaration; do
        target="${declaration#func }"
        target="${target%%(*}"
        if [[ "${target}" =~ ${pick} ]]; then targets+=("${directory} ${target}"); fi
    done < <(grep --no-filename --line-number '^func Fuzz' "${directory}"/*_test.go || true)
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' ./...)
if ((${#targets[@]} == 0)); then
    echo "no fuzz target found" >&2
    exit 1
fi

number=0
for line in "${targets[@]}"; do
    read -r directory target <<<"${line}"
    number=$((number + 1))
    echo "== ${number} of ${#targets[@]}: ${target} in .${directory#"${PWD}"}, ${duration}"
    # By default a minute goes into making each new input shorter, for most of the time there is.
    go test "${directory}" -run='^$' -fuzz="^${target}\$" -fuzztime="${duration}" -fuzzminimizetime=2s </dev/null
done
