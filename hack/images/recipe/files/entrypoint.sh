# shellcheck shell=sh
# What mariadb.sh and postgres.sh share. They source it with the server's program in $server, and
# are left with the arguments of the server; a command that is not the server is run as it is.

fail() { printf '%s: %s\n' "$server" "$1" >&2; exit 1; }

# from_file NAME: the value of NAME, or the content of the file that NAME_FILE names. Assign one
# result a line: of several assignments in one, only the last one's failure ends the script.
from_file() {
    eval "value=\${$1:-} file=\${$1_FILE:-}"
    [ -z "$value" ] || [ -z "$file" ] || fail "both $1 and $1_FILE are set; set one of them"
    [ -z "$file" ] || value=$(cat "$file")
    printf %s "$value"
}

case "${1:-$server}" in
-*) ;;
"$server") [ $# -eq 0 ] || shift ;;
*) exec "$@" ;;
esac
