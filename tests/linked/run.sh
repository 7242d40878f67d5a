# A pipeline compiled ahead of time is linked with its C functions: the object leaves them undefined, the header
# declares them, and the program computes what plain C does. The generator, linked with them as well, verifies.
B=${B:-build}
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "$1"; [ -f "$t/log" ] && sed 's/^/  /' "$t/log"; }
LIBS=${LIBS:-$(sed -n 's/^LLVM_LIBS := //p; s/^FFI_LIBS := //p' "$B/config.mk" config.mk 2>/dev/null | tr '\n' ' ')}
flags="-std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -I$t $SANITIZED"
gen() { # NAME SOURCES...
    name=$1; shift
    # shellcheck disable=SC2086
    ${CC:-cc} $flags -rdynamic "$@" "$B/libcarbide_gen.a" "$B/libcarbide.a" "$B/libcarbide_runtime.a" $LIBS \
        -lpthread -lm -o "$t/$name" >"$t/log" 2>&1
}
gen tone.gen tests/linked/tone.c || { bad "the generator is not built"; echo "0 passed, 1 failed"; exit 1; }
for schedule in "" "schedule=cpu"; do
    # shellcheck disable=SC2086
    "$t/tone.gen" -o "$t" -e object,header target=host $schedule >"$t/log" 2>&1 || { bad "tone.gen failed"; continue; }
    undefined=$(nm -u "$t/tone.o" | sed -n 's/^ *U \(tone_.*\)/\1/p' | sort | tr '\n' ' ')
    [ "$undefined" = "tone_blur tone_is_dark tone_response tone_tick " ] && ok || bad "undefined: $undefined"
    # shellcheck disable=SC2086
    ${CC:-cc} $flags tests/linked/caller.c tests/linked/functions.c "$t/tone.o" "$B/libcarbide_runtime.a" -lpthread -lm \
        -o "$t/main" >"$t/log" 2>&1 && ok || bad "linking failed"
    "$t/main" >"$t/log" 2>&1 && grep -q '^linked$' "$t/log" && ok || bad "main $schedule failed"
done
# shellcheck disable=SC2086
${CC:-cc} $flags tests/linked/caller.c "$t/tone.o" "$B/libcarbide_runtime.a" -lpthread -lm -o "$t/none" >"$t/log" 2>&1
grep -q 'undefined.*tone_blur' "$t/log" && ok || bad "it links without its functions"
"$B/carbide" run "$t/tone.o" in=random --size=8x8 out=x.png >"$t/log" 2>&1 && bad "it runs without its functions"
grep -q 'error\[jit-load\].*tone_blur' "$t/log" && grep -q 'help: the object calls C functions' "$t/log" && ok ||
    bad "the missing functions are not told"
"$t/tone.gen" verify -o "$t" >"$t/log" 2>&1 && bad "verified without its functions"
grep -q 'error\[no-such-function\].*tone_' "$t/log" && ok || bad "the missing functions are not named"
gen full.gen tests/linked/tone.c tests/linked/functions.c && ok || bad "the generator with its functions is not built"
"$t/full.gen" verify schedule=cpu -o "$t" >"$t/log" 2>&1 && grep -q 'regions agree' "$t/log" && ok || bad "verify"
"$t/full.gen" fuzz --cases=20 -o "$t" >"$t/log" 2>&1 && ok || bad "fuzz"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
