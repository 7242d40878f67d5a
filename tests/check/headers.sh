# Every header compiles alone; public ones with gcc and clang, warnings as errors, and those that a caller of
# compiled pipelines needs also as C++.
warn="-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Werror"
bad=0
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
try() { # NAME COMMAND...
    name=$1; shift
    "$@" >"$t/log" 2>&1 || { echo "$name:"; sed 's/^/  /' "$t/log"; bad=1; }
}

for h in include/*.h include/carbide/*.h; do
    [ -f "$h" ] || continue
    # undef.h takes words away and needs them to be there.
    printf '#include "%s"\n#include "%s"\nint main(void) { return 0; }\n' "$PWD/$h" "$PWD/$h" >"$t/a.c"
    for cc in ${CC:-gcc} $CLANG; do
        try "$h with $cc" $cc -std=c11 $warn -Iinclude -fsyntax-only "$t/a.c"
    done
done
for h in support/*.h ir/*.h dsl/*.h lower/*.h codegen/*.h driver/*.h tools/*.h; do
    [ -f "$h" ] || continue
    printf '#include "%s"\nextern int unused;\n' "$PWD/$h" >"$t/a.c"
    try "$h" ${CC:-gcc} -std=c11 $warn -Iinclude $LLVM_CFLAGS -fsyntax-only "$t/a.c"
done
if command -v g++ >/dev/null 2>&1; then
    for h in runtime imageio; do
        [ -f include/carbide/$h.h ] || continue
        printf '#include <carbide/%s.h>\nint main() { return cb_error_text(0) == nullptr; }\n' $h >"$t/a.cpp"
        [ $h = runtime ] || sed -i 's/cb_error_text(0) == nullptr/0/' "$t/a.cpp"
        try "$h.h as C++" g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only "$t/a.cpp"
    done
fi
exit $bad
