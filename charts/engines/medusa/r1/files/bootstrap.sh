#!/bin/sh
# Sets the shop up. Each step looks before it acts, so that the script can be run
# again at any time; a step that fails ends it, and the Job tries again.
set -eu

cd /srv/medusa
step() { doing=$1; printf '==> %s\n' "$doing"; }
# What the Store tells of a failed attempt, where the step has not said it better.
last_words=/dev/termination-log
trap '[ $? -eq 0 ] || [ -s $last_words ] || printf "could not %s" "$doing" > $last_words' EXIT

step "reach the database"
node setup/database.js
step "migrate the database"
node_modules/.bin/medusa db:migrate --execute-safe-links
step "set the shop up"
node_modules/.bin/medusa exec ./setup/setup.js
step "see that the running shop sells"
node setup/verify.js
echo "==> done"
