#!/bin/sh
# Starts PostgreSQL as the official image does, as far as shops use it: the first
# start makes the cluster, the user and the database that the environment names.
set -eu

fail() { printf 'postgres: %s\n' "$1" >&2; exit 1; }
# from_file NAME: the value of NAME, or what the file has that NAME_FILE names.
from_file() {
    eval "value=\${$1:-} file=\${$1_FILE:-}"
    [ -z "$value" ] || [ -z "$file" ] || fail "both $1 and $1_FILE are set"
    [ -z "$file" ] || value=$(cat "$file")
    printf %s "$value"
}

case "${1:-postgres}" in
-*) set -- postgres "$@" ;;
esac
[ "${1:-postgres}" = postgres ] || exec "$@"
[ $# -eq 0 ] || shift

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password=$(from_file POSTGRES_PASSWORD) user=$(from_file POSTGRES_USER) database=$(from_file POSTGRES_DB)
    user=${user:-postgres} database=${database:-${user:-postgres}}
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
