# make install: a program outside the tree is built with what was installed, by carbide.mk and pkg-config: a
# generator, and a program that needs the runtime library, pthread and libm only. make uninstall leaves no file.
B=${B:-build}
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
[ -n "$SANITIZED" ] && { echo "built with sanitizers"; exit 77; }
die() { echo "$1"; [ -f "$t/log" ] && sed 's/^/  /' "$t/log"; exit 1; }

${MAKE:-make} B="$B" prefix="$t/p" libdir="$t/p/lib" install >"$t/log" 2>&1 || die "make install failed"
export PKG_CONFIG_PATH="$t/p/lib/pkgconfig"
mkdir "$t/user"
cat >"$t/user/twice.c" <<'END'
#include <carbide/dsl.h>
Generator(twice)
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Vars(x);
    define(out(x) = in(x)*2);
}
Schedule(twice, cpu)
{
    Stages(out);
    Vars(x, xo, xi);
    schedule(out, split(x, xo, xi, 16), parallel(xo), vectorize(xi));
}
END
cat >"$t/user/main.c" <<'END'
#include <stdio.h>
#include "twice.h"
int main(void)
{
    int32_t a[100], b[100];
    cb_dim da = {.extent = 100}, db = {.extent = 100};
    cb_buffer in, out;
    for (int i = 0; i < 100; i++)
        a[i] = i - 50;
    cb_buffer_init(&in, a, (cb_type){CB_INT, 32, 1}, 1, &da);
    cb_buffer_init(&out, b, (cb_type){CB_INT, 32, 1}, 1, &db);
    if (twice(NULL, &in, &out) != 0)
        return 1;
    for (int i = 0; i < 100; i++)
        if (b[i] != 2 * a[i])
            return 2;
    puts(twice_metadata.name);
    return 0;
}
END
cat >"$t/user/Makefile" <<'END'
all: main
include $(shell pkg-config --variable=mk carbide)
$(eval $(call carbide_generator,twice,twice.c))
main: main.c $(twice_OBJ)
	$(CC) -std=c11 -Wall -Wextra -Werror -Igen/twice $(shell pkg-config --cflags carbide-runtime) $^ -o $@ $(shell pkg-config --libs carbide-runtime)
END
${MAKE:-make} -C "$t/user" CC="${CC:-cc}" >"$t/log" 2>&1 || die "building a user's program failed"
rm -f "$t/log"
[ "$(LD_LIBRARY_PATH="$t/p/lib" "$t/user/main")" = twice ] || die "the user's program does not work"

# The static library: nothing else of Carbide, nor LLVM.
${CC:-cc} -std=c11 -I"$t/user/gen/twice" -I"$t/p/include" "$t/user/main.c" "$t/user/gen/twice/twice.o" -o "$t/static" \
    "$t/p/lib/libcarbide_runtime.a" -lpthread -lm >"$t/log" 2>&1 || die "linking with the runtime library alone failed"
[ "$("$t/static")" = twice ] || die "the program does not work with the static library"

# Programs that use the compiler itself need -lcarbide and what its .pc names.
cat >"$t/user/jit.c" <<'END'
#include <carbide.h>
int main(void)
{
    cb_context *c = cb_context_new(NULL);
    int bad = c == NULL || !cb_ok(c);
    cb_context_free(c);
    return bad;
}
END
${CC:-cc} -std=c11 $(pkg-config --cflags carbide) "$t/user/jit.c" -o "$t/jit" $(pkg-config --libs carbide) \
    >"$t/log" 2>&1 || die "linking with pkg-config --libs carbide failed"
LD_LIBRARY_PATH="$t/p/lib" "$t/jit" || die "a program with libcarbide does not run"

${MAKE:-make} B="$B" prefix="$t/p" libdir="$t/p/lib" uninstall >"$t/log" 2>&1 || die "make uninstall failed"
left=$(find "$t/p" ! -type d)
[ -z "$left" ] || die "make uninstall left: $left"
