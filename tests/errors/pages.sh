#!/bin/sh
# docs/errors/ has a page for every code of support/diag.def, made of the cases here: what is wrong, what is said, what
# is right. Checks that the pages are those that this script makes, and that every code has a case or stands in
# `unreached`; every case begins with a sentence for its page. UPDATE=1 writes the pages.
cases=tests/errors pages=docs/errors bad=0
new=$(mktemp -d) || exit 1
trap 'rm -rf "$new"' EXIT

# show C FILE PART: a body without its frame; with the first part, what stands before it.
show() {
    awk -v part="$2" '
    /^#include "case.h"/ {state = "Mistake"; next}
    /^(Mistake|MistakeOutside|Fixed)$/ {state = $0 == "Fixed" ? "Fixed" : "Mistake"; body = 1; next}
    body && /^[{]$/ {next}
    body && /^}$/ {body = 0; next}
    state == part {if (body) sub(/^    /, ""); if (n || $0 != "") line[++n] = $0}
    END {while (n && line[n] == "") n--; for (i = 1; i <= n; i++) print line[i]}' "$1"
}
show_sched() {
    awk -v part="$2" '
    BEGIN {state = "Mistake"; head = 1}
    /^# Fixed:/ {state = "Fixed"; next}
    head && /^#/ {next}
    {head = 0}
    state == part && $0 != ""' "$1"
}
prose() {
    case $1 in
    *.c) sed -n 's|^/\* ||; s|^ \* ||; /\*\/$/{s| \*/$||; p; q;}; p' "$1" ;;
    *) sed -n '/^# /!q; s/^# //p' "$1" ;;
    esac
}
sentence() { echo "$(echo "$1" | cut -c1 | tr '[:lower:]' '[:upper:]')$(echo "$1" | cut -c2-)."; }

one_case() {
    name=$1
    if [ -f "$cases/$name.c" ]; then file=$cases/$name.c how=c show=show
    else file=$cases/$name.sched how= show=show_sched; fi
    words=$(prose "$file")
    [ -n "$words" ] || { echo "$file begins with no sentence" >&2; : >"$new/wordless"; }
    printf '%s\n' "$words"
    printf '\n```%s\n' "$how"; $show "$file" Mistake
    printf '```\n\n```\n'; cat "$cases/$name.err"
    printf '```\n\nInstead:\n\n```%s\n' "$how"; $show "$file" Fixed
    printf '```\n'
}

# name and code of each case: that of its first report, or, when it has none, a code its name begins with
made=$new/pages && mkdir "$made"
codes=$(sed -n 's/^DIAG([A-Z_]*, "\([a-z-]*\)".*/\1/p' support/diag.def)
awk -v codes="$codes" '
function flush() {
    for (i = 1; i <= n && code == ""; i++) if (index(name "-", known[i] "-") == 1) code = known[i]
    if (name != "") print name, code
}
BEGIN {n = split(codes, known, "\n")}
FNR == 1 {flush(); name = FILENAME; sub(/.*\//, "", name); sub(/[.]err$/, "", name); code = ""}
code == "" && match($0, /error\[[a-z-]*\]/) {code = substr($0, RSTART + 6, RLENGTH - 7)}
END {flush()}' "$cases"/*.err >"$new/codes"

{
    echo '# Messages of the compiler'
    echo
    cat <<'END'
Made from `tests/errors` by `UPDATE=1 sh tests/errors/pages.sh`: every example is a test.

Examples in C stand in a scope, `Carbide(ctx) { ... }`. Some words are of the tests: `array(u8, 640, 480)` is a zeroed
buffer, `run(f, 640, 480)` is `realize` without a use for the result, `call(f, ...)` compiles f and calls it with
buffers, `command(...)` is the command line of a generator program, `carbide_run(...)` that of `carbide run`. Schedules
as text are for the generator in `tests/errors/sample.c`.

END
    echo '| code | |'
    echo '|---|---|'
} >"$made/README.md"
for code in $codes; do
    brief=$(sed -n "s/^DIAG([A-Z_]*, \"$code\", \"\(.*\)\")\$/\1/p" support/diag.def)
    echo "| [$code]($code.md) | $brief |" >>"$made/README.md"
    others=$(sed -n "/^$code /d; s/ $code\$//p" "$new/codes")
    {
        printf '# %s\n\n%s\n\n' "$code" "$(sentence "$brief")"
        if grep -q "^$code $code\$" "$new/codes"; then
            one_case "$code"
            for name in $others; do printf '\n## %s\n\n' "$name"; one_case "$name"; done
        else
            sed -n "/^$code\$/,/^\$/p" "$cases/unreached" | sed -e 1d -e '/^$/d'
        fi
    } >"$made/$code.md"
    case $(grep -c "^$code $code\$" "$new/codes")$(grep -c "^$code\$" "$cases/unreached") in
    00) echo "$code: there is no case $cases/$code.c or .sched"; bad=1 ;;
    11) echo "$code has a case, and stands in $cases/unreached"; bad=1 ;;
    esac
done

if [ -n "$UPDATE" ]; then
    mkdir -p "$pages" && rm -f "$pages"/*.md && cp "$made"/*.md "$pages"
elif ! diff -r "$pages" "$made" >"$new/diff"; then
    echo "$pages is not what UPDATE=1 sh tests/errors/pages.sh makes:"
    head -n 40 "$new/diff"
    bad=1
fi
[ ! -e "$new/wordless" ] || bad=1
exit $bad
