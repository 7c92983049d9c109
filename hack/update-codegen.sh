#!/usr/bin/env bash
# Regenerates generated.*, zz_generated.* and pkg/generated from the API types.
# `make verify` runs it and demands that nothing changed.
set -o errexit -o nounset -o pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "${ROOT}"

MODULE="platform.example.io/stores"
BOILERPLATE="${ROOT}/hack/boilerplate.go.txt"
# The generators are built into the tree's own state folder, so that a run
# neither depends on nor changes what is installed on the machine.
export GOBIN="${ROOT}/.local/codegen"
mkdir -p "${GOBIN}"

# Only of what has been downloaded does go list know the folder.
go mod download k8s.io/code-generator k8s.io/apimachinery
CODEGEN="$(go list -m -f '{{.Dir}}' k8s.io/code-generator)"
# shellcheck source=/dev/null
source "${CODEGEN}/kube_codegen.sh"

# Protobuf comes first: later generators read the methods it writes. protoc is
# the one of hack/tools, so that Go is all it takes. go-to-protobuf wants the
# import path of every package to be a path below one directory, as in a GOPATH.
echo "Generating protobuf code for 1 target"
(cd "${CODEGEN}" && go install ./cmd/go-to-protobuf ./cmd/go-to-protobuf/protoc-gen-gogo)
(cd hack/tools && go install ./protoc golang.org/x/tools/cmd/goimports)
TREE="$(mktemp -d)"
trap 'rm -rf "${TREE}"' EXIT
mkdir -p "${TREE}/k8s.io" "${TREE}/github.com/gogo" "${TREE}/$(dirname "${MODULE}")"
ln -s "$(go list -m -f '{{.Dir}}' k8s.io/apimachinery)" "${TREE}/k8s.io/apimachinery"
ln -s "$(cd "${CODEGEN}" && go list -m -f '{{.Dir}}' github.com/gogo/protobuf)" "${TREE}/github.com/gogo/protobuf"
ln -s "${ROOT}" "${TREE}/${MODULE}"
APIMACHINERY=(util/intstr api/resource runtime/schema runtime apis/meta/v1)
PATH="${GOBIN}:${PATH}" go-to-protobuf \
    --go-header-file "${BOILERPLATE}" \
    --output-dir "${TREE}" \
    --apimachinery-packages "$(IFS=,; echo "${APIMACHINERY[*]/#/-k8s.io/apimachinery/pkg/}")" \
    --packages "${MODULE}/pkg/apis/stores/v1alpha1"

# validation-gen may not follow types into metav1: metav1.Condition names a
# validation function that only upstream's own run of the generator can see.
# Metadata is validated by the generic registry, conditions by hand.
readonly_packages=("${KUBE_CODEGEN_READONLY_PKGS[@]}")
KUBE_CODEGEN_READONLY_PKGS=(k8s.io/apimachinery/pkg/api/resource time)
kube::codegen::gen_helpers --boilerplate "${BOILERPLATE}" "${ROOT}/pkg/apis"

KUBE_CODEGEN_READONLY_PKGS=("${readonly_packages[@]}")

kube::codegen::gen_openapi \
    --boilerplate "${BOILERPLATE}" \
    --output-dir "${ROOT}/pkg/generated/openapi" \
    --output-pkg "${MODULE}/pkg/generated/openapi" \
    --output-model-name-file zz_generated.model_name.go \
    --extra-pkgs "k8s.io/apimachinery/pkg/api/resource" \
    --report-filename "${ROOT}/pkg/generated/openapi/violations.report" \
    --update-report \
    "${ROOT}/pkg/apis"

SCHEMA="${TREE}/models.json"
go run ./hack/openapischema >"${SCHEMA}"

kube::codegen::gen_client \
    --boilerplate "${BOILERPLATE}" \
    --output-dir "${ROOT}/pkg/generated" \
    --output-pkg "${MODULE}/pkg/generated" \
    --with-watch \
    --prefers-protobuf \
    --with-applyconfig \
    --applyconfig-openapi-schema "${SCHEMA}" \
    "${ROOT}/pkg/apis"
