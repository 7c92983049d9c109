#!/usr/bin/env bash
# Starts the local control plane with the platform on it. Says so, and does
# nothing, where it is up.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec .local/bin/localcluster up --dir .local \
    --platform .local/bin/apiserver \
    --platform-config hack/platform.yaml \
    --manifest artifacts/apiservice/namespace.yaml \
    --manifest artifacts/apiservice/rbac.yaml
