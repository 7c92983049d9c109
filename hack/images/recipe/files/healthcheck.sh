#!/bin/sh
# As in the official image: exits 0 when MariaDB takes connections and InnoDB works.
set -eu
[ "$(MYSQL_PWD="$MARIADB_ROOT_PASSWORD" mariadb --no-defaults --user=root --skip-column-names --batch \
    --execute="select support in ('YES', 'DEFAULT') from information_schema.engines where engine = 'InnoDB'")" = 1 ]
