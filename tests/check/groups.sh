#!/bin/sh
# tests/check/groups.txt: every group of behaviour has tests, and the tests it names exist and are run.
bad=0 rows=0
while read -r row; do
    case $row in ''|'#'*) continue ;; esac
    rows=$((rows + 1))
    group=${row%% |*} tests=${row#*| }
    [ "${group%% *}" = $rows ] || { echo "groups.txt: expected group $rows, not: $group"; bad=1; }
    case $tests in later:*) continue ;; esac
    found=0
    # shellcheck disable=SC2086
    set -- $tests
    while [ $# -gt 0 ]; do
        if [ "$1" = error ]; then
            shift
            [ -f "tests/errors/$1.err" ] || { echo "group ${group%% *}: there is no tests/errors/$1.err"; bad=1; }
        else
            file=tests/unit/${1%%:*}.c name=${1#*:}
            if ! grep -q -e "^static void $name(" -e "^RIG_TEST($name)" "$file" 2>/dev/null; then
                echo "group ${group%% *}: there is no test $1"; bad=1
            elif [ "$(grep -cw "$name" "$file")" -lt 2 ]; then
                echo "group ${group%% *}: $1 is never run"; bad=1
            fi
        fi
        found=$((found + 1))
        shift
    done
    [ $found -gt 0 ] || { echo "group ${group%% *} has no test"; bad=1; }
done <tests/check/groups.txt
[ $rows = 42 ] || { echo "groups.txt has $rows groups"; bad=1; }
exit $bad
