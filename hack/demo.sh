#!/usr/bin/env bash
# Two shops from nothing: starts the local control plane, orders a WooCommerce
# and a Medusa store, shows them coming up, and says what to type next. Stopping
# it with Ctrl-C stops the watching only; the shops go on coming up.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export KUBECONFIG=.local/kubeconfig
kubectl=.local/bin/kubectl
manifests=(examples/woocommerce.yaml examples/medusa.yaml)
deadline=$((SECONDS + ${DEMO_TIMEOUT:-300}))

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

next() {
    local store=$1
    cat <<EOF

  export KUBECONFIG=\$PWD/.local/kubeconfig PATH=\$PWD/.local/bin:\$PATH

  # watch them; what one says of itself; what can be said in its spec
  kubectl get stores -w
  kubectl describe store ${store}
  kubectl explain store.spec

  # the merchant's login
  kubectl -n store-${store} get secret "\$(kubectl get store ${store} -o jsonpath='{.status.adminSecretRef.name}')" \\
      -o go-template='{{range \$k, \$v := .data}}{{\$k}}: {{base64decode \$v}}{{"\\n"}}{{end}}'

  # leaves nothing of it behind
  kubectl delete store ${store}

  # stops everything
  make down

EOF
}

say "1. A control plane with the platform on it"
hack/up.sh
trap 'echo; echo "Stopped watching. The stores go on: .local/bin/kubectl --kubeconfig .local/kubeconfig get stores -w; make down stops them."; exit 130' INT TERM

say "2. Two orders: ${manifests[*]}"
for manifest in "${manifests[@]}"; do
    "${kubectl}" apply -f "${manifest}"
done
mapfile -t stores < <(for manifest in "${manifests[@]}"; do "${kubectl}" get -f "${manifest}" -o name; done)

say "3. They come up (simulated nodes: pods become ready, no container runs)"
shown=""
while true; do
    # Printed when something but the age changed.
    table="$("${kubectl}" get "${stores[@]}")"
    state="$("${kubectl}" get "${stores[@]}" --no-headers | awk '{ $NF = ""; print }')"
    if [[ "${state}" != "${shown}" ]]; then
        printf '%s\n\n' "${table}"
        shown="${state}"
    fi
    if "${kubectl}" wait --for=condition=Ready "${stores[@]}" --timeout=1s >/dev/null 2>&1; then
        break
    fi
    if ((SECONDS >= deadline)); then
        echo "The stores are not ready in time. What is missing:" >&2
        "${kubectl}" get "${stores[@]}" -o go-template='{{range .items}}{{.metadata.name}}:{{"\n"}}{{range .status.conditions}}  {{.type}}={{.status}} {{.reason}}: {{.message}}{{"\n"}}{{end}}{{end}}' >&2
        exit 1
    fi
done
"${kubectl}" get "${stores[@]}"

name="${stores[0]##*/}"
say "4. What store ${name} is made of: the namespace store-${name}"
"${kubectl}" -n "store-${name}" get statefulsets,deployments,jobs,pods,services,ingresses,persistentvolumeclaims,secrets,networkpolicies

say "5. Yours to try"
next "${name}"
