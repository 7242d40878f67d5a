# Every app agrees with its plain C version, on its own checks and on a picture drawn by apps/scene; and every schedule with the
# interpreter, on as many regions as two seconds allow.
B=${B:-build}
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
passed=0 failed=0
pictures=$(grep -lE 'app_arguments|app_filter_main' apps/*/main.c | cut -d / -f 2) # the apps that filter a picture
try() {
    if "$@" >"$t/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "$*:"; sed 's/^/  /' "$t/log"; fi
}
for m in apps/*/main.c; do
    a=$(basename "$(dirname "$m")")
    [ "$a" = scene ] || try "$B/apps/$a"
done
for s in apps/*/*.sched; do
    a=$(basename "$(dirname "$s")")
    try "$B/gen/$a/$a.gen" verify --no-files --rounds=0 --time=2 "schedule=$s"
done
try "$B/apps/scene" "$t/scene.png" 201 133
try "$B/apps/scene" "$t/scene.jpg" 64 64
for a in $pictures; do
    for e in png jpg; do try "$B/apps/$a" "$t/scene.$e" "$t/$a.$e"; done
done
for a in $pictures; do
    if "$B/apps/$a" "$t/nothing.png" "$t/out.png" >"$t/log" 2>&1; then
        failed=$((failed + 1)); echo "$a: a missing picture was accepted"
    elif grep -q "nothing.png: cannot be opened" "$t/log"; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "$a: no proper message for a missing picture"; fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
