#!/bin/sh
# Keeps the application back until the bootstrap of this release has set the shop
# up: WordPress without its tables offers its installation page to everybody.
set -eu

marker="$STORE_ROOT/wp-content/.store-platform"
until [ -r "$marker" ] && [ "$(cat "$marker")" = "$STORE_RELEASE" ]; do
    echo "waiting for the bootstrap of $STORE_RELEASE"
    sleep 3
done
