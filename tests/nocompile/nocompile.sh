# Misuse of the words that a C compiler must refuse, with words of ours or the compiler's that say why: each .c file here
# names them in its first line. accepted.c must compile without a warning in every mode.
cd tests/nocompile || exit 1
passed=0 failed=0
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
flags="-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Werror -I../../include -fsyntax-only"
bad() { failed=$((failed + 1)); echo "$1"; sed -n '1,5s/^/  /p' "$t/log"; }

for cc in ${CC:-gcc} $CLANG; do
    for mode in "" "-DCB_ISO" "-std=gnu17" "-std=c2x"; do
        if $cc $flags $mode accepted.c >"$t/log" 2>&1; then passed=$((passed + 1)); else bad "accepted.c with $cc $mode:"; fi
    done
    for f in *.c; do
        want=$(sed -n '1s,^/\* expect: \(.*\) \*/$,\1,p' "$f")
        [ -n "$want" ] || continue
        if $cc $flags "$f" >"$t/log" 2>&1; then bad "$f compiles with $cc"
        elif grep -Eq "$want" "$t/log"; then passed=$((passed + 1))
        else bad "$f with $cc: no '$want' in"; fi
    done
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
