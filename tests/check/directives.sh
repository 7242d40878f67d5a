#!/bin/sh
# Every directive of directives.def has a word in dsl.h, is taken away by undef.h, and has an entry in the manual.
bad=0
for word in $(sed -n 's/^DIRECTIVE([A-Z_]*, *\([a-z_]*\),.*/\1/p' include/carbide/directives.def); do
    grep -q "^#define $word(" include/carbide/dsl.h || { echo "dsl.h has no word $word"; bad=1; }
    grep -q "^#undef $word\$" include/carbide/undef.h || { echo "undef.h leaves $word"; bad=1; }
    grep -q "^### $word(" docs/schedule.md || { echo "docs/schedule.md has no entry for $word"; bad=1; }
done
[ "$(grep -c '^DIRECTIVE(' include/carbide/directives.def)" -gt 10 ] || { echo "no directives found"; bad=1; }
exit $bad
