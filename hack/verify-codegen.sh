#!/usr/bin/env bash
# Generated code is what the types generate. Works on a copy, so that it shows a
# difference without making one.
set -o errexit -o nounset -o pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
copy="$(mktemp -d)"
trap 'rm -rf "${copy}"' EXIT
tar --create --directory "${root}" --exclude=./.git --exclude=./.local --exclude=node_modules . |
    tar --extract --directory "${copy}"
# The generators that were built for the tree serve the copy too.
mkdir -p "${root}/.local/codegen" "${copy}/.local"
ln -s "${root}/.local/codegen" "${copy}/.local/codegen"
cp -r "${copy}/pkg" "${copy}/.local/pkg"

"${copy}/hack/update-codegen.sh" >"${copy}/.local/log" 2>&1 || {
    cat "${copy}/.local/log" >&2
    exit 1
}
if ! diff --recursive --unified "${copy}/.local/pkg" "${copy}/pkg"; then
    echo "generated code is not what the types generate: run 'make generate'" >&2
    exit 1
fi
