#!/usr/bin/env bash
# Prints the publishable key that storefronts of a Medusa shop send:
#
#   hack/publishable-key.sh URL ADMIN_EMAIL [CURL OPTIONS...] < PASSWORD
#
# The login is in the Secret that the Store's status.adminSecretRef names. Needs curl and jq.
set -o errexit -o nounset -o pipefail

if (($# < 2)); then
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
url=${1%/} email=$2
shift 2
IFS= read -r password || [[ -n "${password}" ]]

ask() { curl --silent --show-error --fail-with-body --max-time 60 --header 'content-type: application/json' "$@"; }
# Neither the password nor the token is an argument of a process: others see those.
token=$(jq -n --arg email "${email}" --rawfile password <(printf %s "${password}") '{$email, $password}' |
    ask "$@" --data @- "${url}/auth/user/emailpass" | jq --exit-status --raw-output .token)
ask "$@" --header @<(printf 'authorization: Bearer %s\n' "${token}") \
    "${url}/admin/api-keys?type=publishable&limit=1000" |
    jq --exit-status --raw-output '[.api_keys[] | select(.revoked_at == null)] | (map(select(.title == "Storefront")) + .)[0].token'
