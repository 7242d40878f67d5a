#!/bin/sh
# The pass table of ARCHITECTURE.md is what `carbide list-passes` prints. UPDATE=1 writes it there.
B=${B:-build}
said=$(mktemp) && new=$(mktemp) || exit 1
trap 'rm -f "$said" "$new"' EXIT
"$B/carbide" list-passes >"$said" || exit 1
[ "$(wc -l <"$said")" -gt 10 ] || { echo "list-passes lists too little"; exit 1; }
awk -v table="$said" '
    /^## / { in_passes = $0 == "## Passes" }
    in_passes && /^```/ { fence++; print; if (fence == 1) while ((getline line < table) > 0) print line; next }
    in_passes && fence == 1 { next }
    { print }' ARCHITECTURE.md >"$new"
if [ -n "$UPDATE" ]; then cat "$new" >ARCHITECTURE.md; fi
diff ARCHITECTURE.md "$new" || { echo "run: make && UPDATE=1 sh tests/check/passes.sh"; exit 1; }
