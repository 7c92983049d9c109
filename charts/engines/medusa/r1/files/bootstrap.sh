#!/bin/sh
# Sets the shop up. Each step looks before it acts, so that the script can be run
# again at any time; a step that fails ends it, and the Job tries again.
set -eu

cd /srv/medusa
echo "==> wait for the database"
node setup/database.js
echo "==> migrate the database"
node_modules/.bin/medusa db:migrate --execute-safe-links
echo "==> set the shop up"
node_modules/.bin/medusa exec ./setup/setup.js
echo "==> verify the running shop"
node setup/verify.js
echo "==> done"
