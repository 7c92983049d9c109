#!/usr/bin/env bash
# Writes the platform's configuration for real nodes, and prints where: with the
# images that were made on this machine in place of published ones, which a
# cluster without a way out cannot pull.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
config=.local/platform-real.yaml replacements=.local/images/replacements.yaml
mkdir -p .local
cp hack/platform-real.yaml "${config}"
if [[ -e "${replacements}" ]]; then
    sed -n '/^image:/,$p' "${replacements}" >>"${config}"
fi
echo "${config}"
