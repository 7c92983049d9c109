#!/bin/sh
# Starts PostgreSQL as the official image does, as far as shops use it: the first
# start makes the cluster, the user and the database that the environment names.
set -eu

server=postgres
. /usr/local/lib/entrypoint.sh

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password=$(from_file POSTGRES_PASSWORD)
    user=$(from_file POSTGRES_USER)
    user=${user:-postgres}
    database=$(from_file POSTGRES_DB)
    database=${database:-$user}
    [ -n "$password" ] || fail "the environment has neither POSTGRES_PASSWORD nor POSTGRES_PASSWORD_FILE"
    # Made beside its place, and moved there when it is whole: a start that is
    # killed begins anew.
    new="$PGDATA.new"
    rm -rf "$new"
    umask 077
    printf '%s\n' "$password" > /tmp/password
    initdb --pgdata="$new" --username="$user" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-}
    rm /tmp/password
    printf 'host all all all scram-sha-256\n' >> "$new/pg_hba.conf"
    printf "listen_addresses = '*'\n" >> "$new/postgresql.conf"
    if [ "$database" != postgres ]; then
        printf 'create database "%s"\n' "$(printf %s "$database" | sed 's/"/""/g')" |
            postgres --single -j -D "$new" postgres
    fi
    [ ! -d "$PGDATA" ] || rmdir "$PGDATA" || fail "$PGDATA holds something, but no database"
    mv "$new" "$PGDATA"
fi
exec postgres -D "$PGDATA" "$@"
