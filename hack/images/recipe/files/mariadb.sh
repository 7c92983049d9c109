#!/bin/sh
# Starts MariaDB as the official image does, as far as shops use it: the first
# start makes the system tables, the users and the database that the environment names.
set -eu

server=mariadbd
. /usr/local/lib/entrypoint.sh

text() { printf "'%s'" "$(printf %s "$1" | sed 's/[\\'\'']/\\&/g')"; }
name() { printf '`%s`' "$(printf %s "$1" | sed 's/`/``/g')"; }
bootstrap() { mariadbd --no-defaults --bootstrap --datadir="$data" --log-warnings=0 --skip-log-bin "$@"; }

data=/var/lib/mysql
if [ ! -d "$data/mysql" ] || [ -e "$data/.initialising" ]; then
    root=$(from_file MARIADB_ROOT_PASSWORD)
    user=$(from_file MARIADB_USER)
    password=$(from_file MARIADB_PASSWORD)
    database=$(from_file MARIADB_DATABASE)
    [ -n "$root" ] || fail "the environment has neither MARIADB_ROOT_PASSWORD nor MARIADB_ROOT_PASSWORD_FILE"
    # A start that is killed in here leaves the mark, and the next begins anew.
    touch "$data/.initialising"
    find "$data" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .initialising -exec rm -rf {} +
    tables=/usr/share/mysql
    {
        # A line is a statement.
        echo 'create database mysql;'
        echo 'use mysql;'
        echo "set @auth_root_socket = NULL, @skip_auth_anonymous = 1;"
        cat "$tables/mysql_system_tables.sql" "$tables/mysql_performance_tables.sql" "$tables/mysql_system_tables_data.sql" \
            "$tables/fill_help_tables.sql" "$tables/maria_add_gis_sp_bootstrap.sql" "$tables/mysql_sys_schema.sql"
    } | bootstrap
    {
        echo 'flush privileges;'
        echo "set password for 'root'@'localhost' = password($(text "$root"));"
        echo "delete from mysql.global_priv where User = '' or User = 'root' and Host <> 'localhost';"
        [ -z "$database" ] || echo "create database $(name "$database");"
        if [ -n "$user" ]; then
            echo "create user $(text "$user")@'%' identified by $(text "$password");"
            [ -z "$database" ] || echo "grant all on $(name "$database").* to $(text "$user")@'%';"
        fi
    } | bootstrap
    rm "$data/.initialising"
fi
exec mariadbd --no-defaults --datadir="$data" --socket=/run/mysqld/mysqld.sock --bind-address='*' --tmpdir=/tmp "$@"
