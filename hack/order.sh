#!/usr/bin/env bash
# Orders the first product of a Medusa shop, as a storefront does for a customer:
#
#   hack/order.sh URL PUBLISHABLE_KEY [CURL OPTIONS...]
#
# The key is in the shop's admin under Settings, Publishable API Keys; hack/publishable-key.sh
# reads it from there. Options are for a host name that resolves nowhere: --connect-to ::127.0.0.1:8080
# Needs curl and jq.
set -o errexit -o nounset -o pipefail

if (($# < 2)); then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
url=${1%/} key=$2
shift 2
started=${SECONDS}

say() { printf '%-10s %s\n' "$1" "$2"; }
fail() { printf 'order.sh: %s\n' "$1" >&2; exit 1; }
for program in curl jq; do
    command -v "${program}" >/dev/null || fail "needs ${program}; on Debian: apt-get install ${program}"
done

# shop PATH [BODY] [-- CURL OPTIONS]: the answer of the store API, or its error.
options=("$@")
shop() {
    local path=$1 body=${2-}
    local request=(--silent --show-error --max-time 60 --write-out '\n%{http_code}'
        --header "x-publishable-api-key: ${key}" --header 'content-type: application/json')
    [[ -z "${body}" ]] || request+=(--data "${body}")
    local answer
    answer=$(curl "${request[@]}" "${options[@]}" "${url}/store/${path}") || fail "${url} does not answer"
    local status=${answer##*$'\n'} json=${answer%$'\n'*}
    [[ "${status}" == 200 ]] || fail "${url}/store/${path} answers ${status}: $(jq -r '.message? // .' <<<"${json}" 2>/dev/null || echo "${json}")"
    printf '%s\n' "${json}"
}
# pick FILTER <<<JSON: what the filter finds, which must be something.
pick() { jq --exit-status --raw-output "$1"; }

region=$(shop regions | jq -c '.regions[0] // empty')
[[ -n "${region}" ]] || fail "the shop has no region"
region_id=$(pick .id <<<"${region}") country=$(pick '.countries[0].iso_2' <<<"${region}")
say region "$(pick '"\(.name), \(.currency_code), delivered to \(.countries[0].display_name // .countries[0].iso_2)"' <<<"${region}")"

product=$(shop "products?limit=1&region_id=${region_id}&fields=*variants.calculated_price" | jq -c '.products[0] // empty')
[[ -n "${product}" ]] || fail "the shop has no product; order it with parameters.sampleCatalogue, or make one in its admin"
variant=$(pick '.variants[0].id' <<<"${product}")
say product "$(pick '"\(.title), \(.variants[0].calculated_price.calculated_amount) \(.variants[0].calculated_price.currency_code)"' <<<"${product}")"

address=$(jq -n --arg country "${country}" '{first_name: "Ada", last_name: "Lovelace", address_1: "1 Analytical Way",
    city: "Harbourtown", postal_code: "10115", country_code: $country, phone: "+4930123456"}')
cart=$(shop carts "$(jq -n --arg region "${region_id}" --argjson address "${address}" \
    '{region_id: $region, email: "ada@example.com", shipping_address: $address, billing_address: $address}')" | pick .cart.id)
say cart "${cart}"
shop "carts/${cart}/line-items" "$(jq -n --arg variant "${variant}" '{variant_id: $variant, quantity: 1}')" >/dev/null

delivery=$(shop "shipping-options?cart_id=${cart}" | jq -c '.shipping_options[0] // empty')
[[ -n "${delivery}" ]] || fail "nothing can be delivered to ${country}"
say delivery "$(pick '"\(.name), \(.amount)"' <<<"${delivery}")"
shop "carts/${cart}/shipping-methods" "$(jq -c '{option_id: .id}' <<<"${delivery}")" >/dev/null

payment=$(shop "payment-providers?region_id=${region_id}" | jq -r '.payment_providers[0].id // empty')
[[ -n "${payment}" ]] || fail "nothing can be paid in ${country}"
say payment "${payment}"
collection=$(shop payment-collections "$(jq -n --arg cart "${cart}" '{cart_id: $cart}')" | pick .payment_collection.id)
shop "payment-collections/${collection}/payment-sessions" "$(jq -n --arg provider "${payment}" '{provider_id: $provider}')" >/dev/null

# An order that cannot be completed is answered with 200, its cart and an error.
result=$(shop "carts/${cart}/complete" '{}')
[[ $(pick .type <<<"${result}") == order ]] || fail "the order was refused: $(jq -r '.error.message? // .' <<<"${result}")"
say order "number $(pick .order.display_id <<<"${result}"), total $(pick '"\(.order.total) \(.order.currency_code)"' <<<"${result}")"
echo "order $(pick .order.id <<<"${result}") placed at ${url} after $((SECONDS - started)) s"
