# The libraries export only cb_ names, never end the process, and keep no mutable state but what is documented.
B=${B:-build}
bad=0
complain() { echo "$1:"; echo "$2" | sed 's/^/  /'; bad=1; }

for lib in "$B"/libcarbide.a "$B"/libcarbide_runtime.a "$B"/libcarbide_imageio.a "$B"/libcarbide_runtime.so; do
    [ -f "$lib" ] || { echo "$lib was not built"; exit 1; }
    case $lib in *.so) dynamic=-D ;; *) dynamic= ;; esac
    found=$(nm $dynamic -g --defined-only "$lib" | awk 'NF == 3 && $3 !~ /^cb_/ {print $3}')
    [ -z "$found" ] || complain "$lib exports" "$found"
    # driver/apart.c ends the processes that it started, by _exit inside and by kill from outside, and no other does
    apart='^$'
    [ "$lib" = "$B/libcarbide.a" ] && [ -z "$(find "$B"/obj/*/ -name '*.o' ! -path '*/obj/tests/*' ! -path '*/obj/tools/*' \
        ! -path '*/driver/apart.o' -exec nm -u {} + | grep -xE ' *U (_exit|kill)')" ] && apart='_exit|kill'
    found=$(nm $dynamic -u "$lib" | awk '$1 == "U" {print $2}' | sed 's/@.*//' |
        grep -xE '_?exit|_Exit|quick_exit|abort|__assert_fail|raise|kill|err|errx|__stack_chk_guard_fail' | grep -vxE "$apart")
    [ -z "$found" ] || complain "$lib can end the process" "$found"
done

# Mutable data by section: constants with addresses (.data.rel.ro) are not counted. Allowed: the runtime's default
# environment and the loop in it that a thread takes part in, the thread's current scope, and the once of LLVM's own registration of targets,
# which LLVM does not
# guard itself.
[ -z "$SANITIZED" ] || exit $bad # sanitizers add data of their own
allowed='runtime/threads.o:pool|runtime/threads.o:current|runtime/blocks.o:blocks|codegen/llvm_compat.o:once\.[0-9]*|dsl/scope.o:current_scope'
found=$(find "$B"/obj -path "$B/obj/tests" -prune -o -name '*.o' -print | sort | while read -r o; do
    case $o in */tools/mkrules.o|*/tools/genmain.o|*/tools/carbide.o) continue ;; esac
    objdump -t "$o" | awk -v o="${o#"$B"/obj/}" '
        {for (i = 2; i < NF; i++) if ($i ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && $i !~ /^\.data\.rel\.ro/ &&
            $NF !~ /^\./) {print o ":" $NF; next}}'
done | grep -vxE "$allowed")
[ -z "$found" ] || complain "mutable global data" "$found"
exit $bad
