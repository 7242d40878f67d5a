#!/bin/sh
# How many mistakes have a golden text, and does every code have one? The codes of support/diag.def that no test can
# reach from a program are named here: loop-too-long is loop-too-large found late, by lower/extents.c, which has unit tests.
unreachable='internal|out-of-memory|loop-too-long'
cases=$(ls tests/errors/*.err | wc -l)
shown=$(sed -n 's/.*error\[\([a-z0-9-]*\)\].*/\1/p; s/.*warning\[\([a-z0-9-]*\)\].*/\1/p' tests/errors/*.err | sort -u)
all=$(sed -n 's/^DIAG([A-Z0-9_]*, *"\([a-z0-9-]*\)".*/\1/p' support/diag.def | sort)
missing=$(echo "$all" | grep -vxE "$unreachable" | grep -vxF "$shown")
echo "$cases golden cases, $(echo "$shown" | wc -l) of $(echo "$all" | wc -l) codes"
[ -z "$missing" ] || { echo "codes without a golden case:"; echo "$missing" | sed 's/^/  /'; exit 1; }
