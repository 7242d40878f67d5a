#!/bin/sh
# Code that generators keep (driver/cache.c): the same bytes, only when the same is asked for, and never half a file.
B=${B:-build}
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
passed=0 failed=0
check() { # WHAT, then a command
    what=$1; shift
    if "$@" >"$t/out" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "$what:"; sed 's/^/  /' "$t/out"; fi
}
gen=$B/gen/blur/blur.gen
[ -x "$gen" ] || { echo "the apps are not built"; exit 77; }
dir=$t/kept
mkdir "$t/cold" "$t/warm"
export CARBIDE_CACHE
make_it() { "$gen" -o "$@"; } # DIR ARGUMENTS...
files() { ls "$dir" 2>/dev/null | wc -l; }
same() { cmp "$t/cold/blur.o" "$t/warm/blur.o"; }
has() { [ "$(files)" -eq "$1" ] || { ls -l "$dir"; false; }; }

CARBIDE_CACHE=
make_it "$t/cold"
check 'nobody asked for it' has 0
CARBIDE_CACHE=$dir
make_it "$t/warm"
check 'kept' has 1
check 'the same when it is made' same
cmp -s "$t/cold/blur.h" "$t/warm/blur.h"
check 'the header, too' [ $? -eq 0 ]

# That it is taken from the file is seen when somebody has changed the file.
file=$dir/$(ls "$dir")
end=$(wc -c <"$file")
cp "$file" "$t/good"
printf '~' | dd of="$file" bs=1 seek=$((end - 1)) conv=notrunc 2>/dev/null
make_it "$t/warm"
check 'taken' [ "$(tail -c 1 "$t/warm/blur.o")" = '~' ]
CARBIDE_TIME=1 "$gen" -o "$t/warm" 2>/dev/null
check 'made when passes are watched' same

# Half a file, another key at this place, no key at all.
damage() { # WHAT
    make_it "$t/warm"
    check "$1" same
    check "$1, mended" cmp "$file" "$t/good"
}
head -c $((end / 2)) "$t/good" >"$file"
damage 'cut off'
sed '2s/carbide/CARBIDE/' "$t/good" >"$file"
damage 'another key'
echo nothing >"$file"
damage 'not ours'

# What else code depends on.
others() { # N, ARGUMENTS...: one file more
    n=$1; shift
    make_it "$t/warm" "$@"
    check "kept apart: $*" has "$n"
}
others 2 strip=64
others 3 target=x86-64-linux-avx2
others 4 -n other
others 5 schedule=none
others 6 schedule=apps/blur/blur.best.sched
others 7 -e assembly
others 7 -e header,nest
sed 's/^/ /' apps/blur/blur.best.sched >"$t/again.sched"
others 7 schedule="$t/again.sched"

# No more than was asked for; nothing at all where nothing can be written.
CARBIDE_CACHE_MB=0 "$gen" -o "$t/warm" strip=16
check 'as much as is allowed' has 0
: >"$t/file"
CARBIDE_CACHE=$t/file
make_it "$t/warm"
check 'no directory' same
check 'goes on without' [ "$(cat "$t/file")" = '' ]

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
