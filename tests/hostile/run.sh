#!/bin/sh
# tests/hostile/run.sh: mutated schedules, equations, command lines and certificates: refused or accepted, never an
# internal error, a crash or a hang. More: build/tests/hostile --cases 100000 --seed 2.

cases=1500
[ -n "$SANITIZED" ] && cases=200
"${B:-build}/tests/hostile" --seed 1 --cases $cases
