#!/bin/sh
# tests/fuzz/slice.sh: a fixed part of the random tester, the same in every run, and the cases that found
# something once (corpus/). More: make fuzz CASES=20000 SEED=1.

fuzz=${B:-build}/tests/fuzz cases=900
[ -n "$SANITIZED" ] && cases=100
"$fuzz" tests/fuzz/corpus/*.case && "$fuzz" --seed 21 --cases $cases --jobs 2
