#!/usr/bin/env bash
# Builds one binary and shows how far it is: build.sh MODULE PACKAGE OUT LDFLAGS EXPECTED
set -o errexit -o nounset -o pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
module=$1 package=$2 out="${root}/$3" ldflags=$4 expected=$5

cd "${root}/${module}"
mkdir -p "$(dirname "${out}")"
total="$(go list -deps "${package}" | wc -l)"

# Built as tests are (no -trimpath), so that both share the build cache.
# -v names each package as its compilation begins; packages that were compiled before are not
# named. What is no package path is an error to show.
go build -v -ldflags "${ldflags}" -o "${out}" "${package}" 2>&1 |
    awk -v name="$(basename "${out}")" -v total="${total}" -v expected="${expected}" '
        /^[A-Za-z0-9][A-Za-z0-9._~\/-]*$/ {
            if (++built == 25)
                printf "Building %s, up to %d packages: %s the first time, seconds later.\n", name, total, expected
            if (built % 250 == 0)
                printf "  %s: %d packages compiled\n", name, built
            fflush(); next
        }
        { print; fflush() }
        END { if (built >= 25) printf "  %s: done, %d packages compiled; linked\n", name, built }'
