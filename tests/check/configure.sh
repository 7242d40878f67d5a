# configure: help, unknown options and values, LLVM too old, no tools, its own build directory.
bad=0
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
refuses() { # TEXT ARGUMENTS...: must fail and say TEXT
    text=$1; shift
    if ./configure --builddir="$t/b" "$@" >"$t/out" 2>&1; then echo "accepted: $*"; bad=1
    elif ! grep -qF -- "$text" "$t/out"; then echo "$*: expected '$text' in:"; sed 's/^/  /' "$t/out"; bad=1; fi
}

./configure --help >"$t/help" || bad=1
for o in --prefix --libdir --with-llvm --with-cuda --enable-debug --enable-sanitizers --install-deps --builddir; do
    grep -q -- "$o" "$t/help" || { echo "--help does not mention $o"; bad=1; }
done
refuses "unknown option '--frobnicate'" --frobnicate
refuses "unknown option 'FOO=1'" FOO=1
refuses "unknown sanitizer 'memory'" --enable-sanitizers=memory
refuses "exclude each other" --enable-sanitizers=thread,address
refuses "must be an absolute path" --prefix=here
refuses "no directory" --with-cuda="$t/nowhere"
refuses "LLVM 19 to 22 not found" --with-llvm="$t/nowhere"
refuses "cannot build a program" CC="$t/no-such-compiler"
printf '#!/bin/sh\necho 14.0.6\n' >"$t/llvm-config"; chmod +x "$t/llvm-config"
refuses "is version 14.0.6" --with-llvm="$t/llvm-config"
grep -q "llvm-22-dev" "$t/out" || { echo "no package named for LLVM"; bad=1; }

# --install-deps, with a package manager that has nothing installed: refused without root, and the packages named.
if command -v apt-get >/dev/null 2>&1; then
    mkdir "$t/bin"
    printf '#!/bin/sh\nexit 1\n' >"$t/bin/dpkg-query"
    printf '#!/bin/sh\necho 1000\n' >"$t/bin/id"
    chmod +x "$t/bin/dpkg-query" "$t/bin/id"
    (PATH=$t/bin:$PATH; refuses "--install-deps needs root" --install-deps; exit $bad) || bad=1
    grep -q "Packages to install:.*libffi-dev.*llvm-22-dev" "$t/out" || { echo "packages not named"; cat "$t/out"; bad=1; }
fi

./configure --builddir="$t/b" --prefix="$t/p" ${LLVM_MAJOR:+--with-llvm=$LLVM_MAJOR} >"$t/out" 2>&1 || { cat "$t/out"; exit 1; }
[ -f "$t/b/config.mk" ] && [ -f "$t/b/config.log" ] || { echo "config.mk or config.log missing"; bad=1; }
grep -q "^prefix := $t/p" "$t/b/config.mk" || { echo "prefix not recorded"; bad=1; }
grep -q LLVM "$t/out" || { echo "no summary"; bad=1; }
exit $bad
