# Layers use only what is below them; support, ir, dsl and lower know no LLVM, no CUDA, no threads; the runtime
# knows nothing but its public header; the compiler library never includes the short words of dsl.h.
bad=0
complain() { echo "$1:"; echo "$2" | sed 's/^/  /'; bad=1; }

# below LAYER...: folders whose headers a layer may include.
check() {
    layer=$1; shift
    [ -d "$layer" ] || return 0
    pattern=$(printf '%s|' "$layer" "$@"); pattern=${pattern%|}
    found=$(grep -nE '^ *# *include +"\.\./' "$layer"/*.[ch] 2>/dev/null | grep -vE "\"\.\./($pattern)/")
    [ -z "$found" ] || complain "$layer includes a layer it stands below" "$found"
}
check support
check ir support
check dsl ir support
check lower dsl ir support
check codegen lower dsl ir support
check driver codegen lower dsl ir support
check runtime

found=$(grep -nEi '# *include *[<"](llvm|cuda|nvrtc|ffi|pthread|threads|png|jpeglib|semaphore)' \
    support/*.[ch] ir/*.[ch] dsl/*.[ch] lower/*.[ch] lower/*.rules 2>/dev/null)
[ -z "$found" ] || complain "a layer that builds with a C compiler alone includes" "$found"

found=$(grep -nE '# *include' runtime/*.[ch] | grep -E '"' | grep -v '"env.h"')
[ -z "$found" ] || complain "the runtime includes something of the tree" "$found"
found=$(grep -nE '# *include *<carbide' runtime/*.[ch] | grep -v '<carbide/runtime.h>')
[ -z "$found" ] || complain "the runtime includes more than carbide/runtime.h" "$found"

found=$(grep -nE '# *include *[<"]carbide/dsl\.h' support/*.[ch] ir/*.[ch] dsl/*.[ch] lower/*.[ch] \
    codegen/*.[ch] driver/*.[ch] tools/*.[ch] 2>/dev/null)
[ -z "$found" ] || complain "the library includes dsl.h" "$found"

found=$(grep -nE '# *include *"' apps/*/*.[ch] 2>/dev/null | grep -vE '"[a-z0-9_]+\.h"')
[ -z "$found" ] || complain "an app includes more than include/ and what its generators made" "$found"
exit $bad
