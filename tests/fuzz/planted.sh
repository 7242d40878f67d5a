#!/bin/sh
# tests/fuzz/planted.sh: does the random tester find every bug of ir/planted.def?
#
#   tests/fuzz/planted.sh build/plant/tests/fuzz [CASES [SEED...]]      by make test-planted
#
# A row for each bug: its pass, the first case that fails with it and not without it, its stream of cases, and how. Each is
# looked for in CASES cases (2000) of a SEED (1), and if that does not find it, of the next (3). All of them are in front of
# LLVM's optimiser, so code is made at O0. Two bugs are looked for at a time.

fuzz=$1 cases=${2:-2000}
[ $# -gt 2 ] && shift 2 && seeds=$* || seeds='1 3'
[ -x "$fuzz" ] || { echo "usage: $0 FUZZ [CASES [SEED]], FUZZ from make PLANT=1"; exit 2; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/carbide-planted.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

sed -n 's/^BUG(\([A-Z_]*\), *"\([a-z]*\)", *"\(.*\)")$/\1 \2 \3/p' ir/planted.def >"$dir/bugs"
count=$(wc -l <"$dir/bugs")

look_for() { # number id pass
    for seed in $seeds; do
        "$fuzz" --planted "$1" --cases "$cases" --seed "$seed" --only-o0 >"$dir/out.$1" 2>&1
        found=$(sed -n 's/^failed: --seed [0-9]* --case \([0-9]*\): /\1 /p' "$dir/out.$1" | sed 1q)
        [ -n "$found" ] && break
    done
    if [ -n "$found" ]; then printf '%-17s %-10s %6s %4s  %s\n' "$2" "$3" "${found%% *}" "$seed" "${found#* }"
    else printf '%-17s %-10s NOT FOUND in %s cases\n' "$2" "$3" "$cases"; fi >"$dir/row.$1"
}
every_second() { # first
    n=0
    while read -r id pass what; do
        n=$((n + 1))
        [ $((n % 2)) = "$1" ] && look_for $n "$id" "$pass"
    done <"$dir/bugs"
}
every_second 0 &
every_second 1
wait

printf '%-17s %-10s %6s %4s  %s\n' bug pass case seed verdict
i=0 missed=0
while [ $i -lt "$count" ]; do
    i=$((i + 1))
    cat "$dir/row.$i"
    grep -q 'NOT FOUND' "$dir/row.$i" && missed=$((missed + 1))
done
echo "$((count - missed)) passed, $missed failed"
[ "$count" -gt 0 ] && [ $missed = 0 ]
