#!/usr/bin/env bash
# A shop that sells, from nothing: starts a cluster with a real node, orders a
# Medusa store, waits until it is Ready and places an order there as a customer would.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export KUBECONFIG=.local/kubeconfig
kubectl=.local/bin/kubectl
store=globex
local_only=(--connect-to ::127.0.0.1:8080) # whatever the names resolve to

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
for program in curl jq; do
    command -v "${program}" >/dev/null || { echo "This needs ${program}; on Debian: apt-get install ${program}" >&2; exit 1; }
done
[[ -e .local/images/medusa.tar ]] || { echo "There is no Medusa image for the node to run: make images" >&2; exit 1; }

say "1. A control plane and a real node, with the platform on it"
hack/up.sh

say "2. An order for a shop, with a few products to begin with"
began=${SECONDS}
"${kubectl}" apply -f - <<EOF
apiVersion: platform.example.io/v1alpha1
kind: Store
metadata:
  name: ${store}
spec:
  engine: medusa
  displayName: Globex
  parameters:
    sampleCatalogue: true
EOF

say "3. It comes up"
"${kubectl}" get store "${store}" --watch --output-watch-events=false &
watch=$!
trap 'kill "${watch}" 2>/dev/null || true' EXIT
if ! "${kubectl}" wait --for=condition=Ready "store/${store}" --timeout="${DEMO_TIMEOUT:-900}s" >/dev/null; then
    echo "The store is not ready in time. What it says of itself:" >&2
    "${kubectl}" describe store "${store}" >&2
    exit 1
fi
kill "${watch}"
ready=$((SECONDS - began))
url="$("${kubectl}" get store "${store}" -o jsonpath='{.status.url}')"
echo "${url} is ready after ${ready} s"

say "4. A customer's order"
# The ingress controller learns of the shop's pod a moment after the platform.
curl --silent --show-error --fail --output /dev/null --retry 60 --retry-all-errors --retry-delay 1 "${local_only[@]}" "${url}/health"
secret="$("${kubectl}" get store "${store}" -o jsonpath='{.status.adminSecretRef.name}')"
of_secret() { "${kubectl}" -n "store-${store}" get secret "${secret}" -o "go-template={{index .data \"$1\" | base64decode}}"; }
key="$(of_secret password | hack/publishable-key.sh "${url}" "$(of_secret username)" "${local_only[@]}")"
placed="$(hack/order.sh "${url}" "${key}" "${local_only[@]}" | tee /dev/stderr | sed -n 's/^order \([^ ]*\) placed at .*/\1/p')"

say "5. Yours to try: open ${url} (docs/realnodes.md), see what there is (make status), stop it all (make down)"
echo "order ${placed} placed at ${url} after $((SECONDS - began)) s"
