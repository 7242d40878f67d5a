# The sources: no file too long, nothing that only makes sense on one machine, no assert, shell scripts that parse.
bad=0
complain() { echo "$1:"; echo "$2" | sed 's/^/  /'; bad=1; }
sources=$(find configure Makefile carbide.mk .ci support ir dsl lower codegen runtime tools include apps tests docs \
    -type f 2>/dev/null | grep -v '/\.' | sort)

found=$(for f in $sources; do
    case $f in *.[ch]|*.cpp|*.sh|*.mk|*.def|configure|Makefile) n=$(wc -l <"$f"); [ "$n" -le 900 ] || echo "$f: $n lines" ;; esac
done)
[ -z "$found" ] || complain "files of more than 900 lines" "$found"

# Spelled so that this file does not find itself.
found=$(grep -nE "/(home|root|work|Users)/[a-z]|/tm""p/[A-Za-z]" $sources | grep -v 'TMPDIR:-/tmp')
[ -z "$found" ] || complain "paths of one machine" "$found"

found=$(grep -nE '\b(assert|abort|exit|quick_exit) ?\(' support/*.[ch] ir/*.[ch] dsl/*.[ch] lower/*.[ch] codegen/*.[ch] \
    runtime/*.[ch] 2>/dev/null | grep -vE '_Static_assert|/\*|^[^:]*:[0-9]+: \*|"')
[ -z "$found" ] || complain "calls that end the process" "$found"

found=$(for f in $sources; do
    case $f in configure|*.sh|tests/run|.ci/run) sh -n "$f" 2>&1 ;; esac
done)
[ -z "$found" ] || complain "shell syntax" "$found"

found=$(grep -nI "$(printf '\t')" $(echo "$sources" | grep -E '\.[ch]$') /dev/null)
[ -z "$found" ] || complain "tabs in C" "$found"
found=$(grep -nIE ' +$' $sources)
[ -z "$found" ] || complain "blanks at the end of a line" "$found"
exit $bad
