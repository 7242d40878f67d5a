#!/bin/sh
# tests/fuzz/slice.sh: a fixed part of the random tester, the same in every run, and the cases that found
# something once (corpus/). More: make fuzz CASES=20000 SEED=1.

fuzz=${B:-build}/tests/fuzz cases=900
[ -n "$SANITIZED" ] && cases=100
dir=$(mktemp -d "${TMPDIR:-/tmp}/carbide-fuzz.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

"$fuzz" tests/fuzz/corpus/*.case && "$fuzz" --seed 21 --cases $cases --jobs 2 || exit 1

# A run in pieces, stopped and resumed, in one process or two, is the same run: its ledger says so.
"$fuzz" --seed 22 --cases 30 --piece 20 --only-o0 --ledger "$dir/a" >"$dir/out" &&
"$fuzz" --seed 22 --cases 60 --piece 20 --only-o0 --ledger "$dir/a" --jobs 2 >"$dir/out" &&
"$fuzz" --seed 22 --cases 60 --piece 20 --only-o0 --ledger "$dir/b" >"$dir/out" || { cat "$dir/out"; exit 1; }
grep -v ' 22 20 10 ' "$dir/a" | grep '^run' >"$dir/runs.a"
grep '^run' "$dir/b" >"$dir/runs.b"
cmp "$dir/runs.a" "$dir/runs.b" || { cat "$dir/a"; exit 1; }
"$fuzz" --summary "$dir/b" "$dir/b" | grep '^60 cases'
