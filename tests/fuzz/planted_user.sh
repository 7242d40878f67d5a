#!/bin/sh
# tests/fuzz/planted_user.sh: does the `fuzz` command of a user's generator find bugs of ir/planted.def, make them
# small, and does the counterexample it leaves show them again?
#
#   tests/fuzz/planted_user.sh build/plant/gen/blur/blur.gen      by make test-planted
#
# Only bugs that the program of the generator can meet; for one target, so that the same schedules are tried on every machine.

gen=$1
[ -x "$gen" ] || { echo "usage: $0 GENERATOR, from make PLANT=1"; exit 2; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/carbide-planted.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0
bad() { failed=$((failed + 1)); echo "$*"; sed 's/^/  /' "$dir/out"; }

n=0
for id in $(sed -n 's/^BUG(\([A-Z_]*\),.*/\1/p' ir/planted.def); do
    n=$((n + 1))
    most=2 # directives that the smallest schedule has
    seed=0
    case $id in
    FOLD_SMALL) seed=1 ;; # with 0 it is found first in storage kept for a part of a loop, which takes three
    LOOP_EXTENT | FUSE_SWAP | BOUNDS_MAX | SLIDE_START | PARTITION_STEADY | PARALLEL_LAST) ;;
    VECTOR_PREDICATE) seed=4 ;; # with 0 it is found first by a row of storage written beside, which takes three directives
    *) continue ;;
    esac
    "$gen" fuzz --planted=$n --seed=$seed --cases=200 --jobs=2 target=x86-64-linux-sse41 -o "$dir" >"$dir/out" 2>&1 && { bad "$id was not found"; continue; }
    sched=$dir/blur.counterexample.sched
    trial=$(sed -n "s/^#   .*'--trial=\\(.*\\)'\$/\1/p" "$sched")
    target=$(sed -n 's/^#   .* target=\([^ ]*\) .*/\1/p' "$sched")
    directives=$(grep -v '^#' "$sched" | sed 's/([^)]*)/\n/g' | grep -c '[a-z_]$')
    [ -n "$trial" ] && [ "$directives" -le $most ] || bad "$id: not small: $directives directives"
    # wrong results of uninitialised memory may be right by chance
    for turn in 1 2 3 4 5; do
        "$gen" verify --planted=$n --no-files target="$target" schedule="$sched" --trial="$trial" >"$dir/out" 2>&1
        again=$?
        [ $again = 0 ] || break
    done
    [ $again = 1 ] || { bad "$id: not shown again"; continue; }
    "$gen" verify --no-files target="$target" schedule="$sched" --trial="$trial" >"$dir/out" 2>&1 || { bad "$id: fails without it"; continue; }
    printf '%-17s %s directives, %s\n' "$id" "$directives" "$trial"
    passed=$((passed + 1))
done
echo "$passed passed, $failed failed"
[ $passed -gt 0 ] && [ $failed = 0 ]
