#!/usr/bin/env bash
# Starts the local control plane with the platform on it. Says so, and does
# nothing, where it is up. NODES=real gives it a node that runs containers, with
# the images of .local/images.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
nodes="${NODES:-2}" config=hack/platform.yaml arguments=()
if [[ "${nodes}" == real* ]]; then
    config="$(hack/real-config.sh)"
    for archive in .local/images/*.tar; do
        if [[ -e "${archive}" ]]; then arguments+=(--image "${archive}"); fi
    done
fi
exec .local/bin/localcluster up --dir .local --nodes "${nodes}" "${arguments[@]}" \
    --platform .local/bin/apiserver \
    --platform-config "${config}" \
    --manifest artifacts/apiservice/namespace.yaml \
    --manifest artifacts/apiservice/rbac.yaml
