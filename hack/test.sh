#!/usr/bin/env bash
# Runs the tests of the root module that start a control plane, or those that do
# not: test.sh cluster|unit GO-TEST-ARGUMENT...
set -o errexit -o nounset -o pipefail

kind=$1
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Whoever starts a control plane does it through the kit.
kit=platform.example.io/stores/test/controlplane
# Those of real nodes need root and have a target of their own: make test-real.
packages="$(go list -f '{{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}} {{join .XTestImports " "}} ' ./... |
    grep --invert-match '^platform.example.io/stores/test/real ' |
    awk -v kind="${kind}" -v kit=" ${kit} " '
        { cluster = index(" " $0, kit) > 0 }
        kind == "cluster" ? cluster : !cluster { print $1 }')"
if [[ -z "${packages}" ]]; then
    echo "found no package of kind ${kind}" >&2
    exit 1
fi

# The life of a release has a target of its own: make test-chart.
packages="$(grep --invert-match --line-regexp --fixed-strings platform.example.io/stores/test/chart/lifecycle <<<"${packages}")"

# The tests of upstream's storage suite are listed one by one: they are what the API promises.
if [[ "${kind}" == cluster ]]; then
    suite=platform.example.io/stores/pkg/registry/store/nsstorage/upstream
    log="$(mktemp)"
    trap 'rm -f "${log}"' EXIT
    if ! go test "$@" -v "${suite}" >"${log}" 2>&1; then
        cat "${log}"
        exit 1
    fi
    grep --text --extended-regexp '^ *--- (PASS|SKIP): TestUpstream[A-Za-z]+(/[A-Za-z]+)? |^ok' "${log}"
    packages="$(grep --invert-match --line-regexp --fixed-strings "${suite}" <<<"${packages}")"
fi
# Servers that are killed and started again and again leave nothing for others: the
# churn under faults runs when nothing else does.
alone=platform.example.io/stores/test/faults
together="$(grep --invert-match --line-regexp --fixed-strings "${alone}" <<<"${packages}")"
# shellcheck disable=SC2086 # Import paths hold no spaces.
go test "$@" ${together}
if [[ "${together}" != "${packages}" ]]; then
    go test "$@" "${alone}"
fi
