#!/bin/sh
# The carbide command on the apps' generators and objects.
B=${B:-build}
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
passed=0 failed=0
bad() { failed=$((failed + 1)); echo "$1:"; sed 's/^/  /' "$t/out"; }
# says PATTERN COMMAND...: succeeds and its output has the pattern
says() {
    want=$1; shift
    if "$@" >"$t/out" 2>&1 && grep -q -- "$want" "$t/out"; then passed=$((passed + 1)); else bad "$*"; fi
}
# refuses PATTERN COMMAND...: fails with a report that has the pattern
refuses() {
    want=$1; shift
    "$@" >"$t/out" 2>&1; status=$?
    if [ $status -gt 0 ] && [ $status -lt 126 ] && grep -q -- "$want" "$t/out"; then passed=$((passed + 1))
    else bad "$* (status $status)"; fi
}
gen=$B/gen/blur/blur.gen obj=$B/gen/blur/blur.o
[ -x "$gen" ] && [ -f "$obj" ] || { echo "the apps are not built"; exit 77; }

says 'vectorized x.v in \[0, 31\]' "$B/carbide" nest "$gen"
says 'parallel yo' "$B/carbide" nest "$gen" schedule=apps/blur/blur.cpu.sched
says 'split(y, yo, yi, strip, guard), *# guard is the default tail' "$B/carbide" expand "$gen"
says 'split(y, yo, yi, strip), parallel(yo), vectorize(x, 32, shift_inwards)' "$B/carbide" schedule "$gen"
says 'likely' "$B/carbide" lower --until=loops "$gen" strip=64
says '^vectorize ' "$B/carbide" list-passes
refuses 'no-such-pass' "$B/carbide" lower "$gen" --until=loop
refuses 'bad-setting' "$B/carbide" nest "$gen" strip=63
says 'regions agree' "$B/carbide" verify "$gen" strip=8 -o "$t"
says '^blur: [0-9]* regions agree$' "$gen" verify --check="$t/blur.verify.cert"
says '"result": "agree", "agreed": 1,' "$gen" verify --json --no-files '--trial=out=-3:40,7:5 data=ramp:0'
refuses 'no output or parameter' "$gen" verify --trial=oot=0:4,0:3
says 'out of time' "$gen" verify --no-files --rounds=1000000 --time=0.5 --progress
says '^verify blur: [0-9]* of 10000[0-9]* regions, ' "$gen" verify --no-files --rounds=1000000 --time=1.5 --progress
says 'blur: 12 schedules, [0-9]* legal' "$B/carbide" fuzz "$gen" --cases=12 --jobs=2 -o "$t"
says '^cases 12$' cat "$t/blur.fuzz.cert"
says 'schedules' "$gen" fuzz --resume="$t/blur.fuzz.cert" --cases=4 -o "$t"
says '^cases 16$' cat "$t/blur.fuzz.cert"
says 'blur: 16 schedules' "$gen" verify --check="$t/blur.fuzz.cert" --jobs=2
sed 's/^seed 0$/seed 1/' "$t/blur.fuzz.cert" >"$t/forged.cert"
refuses 'changed or cut off' "$gen" verify --check="$t/forged.cert"

# what expand prints is a schedule that means the same
"$gen" expand >"$t/full.sched" && "$gen" nest >"$t/a" && "$gen" nest schedule="$t/full.sched" >"$t/b"
cp "$t/full.sched" "$t/out"
if cmp -s "$t/a" "$t/b"; then passed=$((passed + 1)); else bad "expand, read back"; fi

says 'median' "$B/carbide" run "$obj" in=random --size=64x48 --bench=3 "out=$t/r.png"
mkdir "$t/x.solo" && cp "$obj" "$t/x.solo" # a folder makes no library of an object
says 'median' "$B/carbide" run "$t/x.solo/blur.o" in=random --size=64x48 --bench=1 "out=$t/r.png"
says 'threads' "$B/carbide" run "$obj" "in=$t/r.png" "out=$t/s.png" --threads=1 --bench=1
refuses 'is no argument' "$B/carbide" run "$obj" inn=random
refuses 'cannot be read' "$B/carbide" run "$obj" "in=$t/nothing.png" out=x.png
refuses 'size of output' "$B/carbide" run "$obj" in=random
refuses 'not recognized\|could not be loaded' "$B/carbide" run Makefile
refuses 'there is no command' "$B/carbide" frobnicate
echo "$passed passed, $failed failed"
[ $failed = 0 ]
