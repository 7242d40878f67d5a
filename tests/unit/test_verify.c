/* tests/unit/test_verify.c: `verify` finds what differs, and nothing where nothing does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../driver/commands.h"
#include "../../dsl/front.h"

#include <carbide/dsl.h>

static void keep(void *user, const cb_message *m)
{
    char *all = user;
    strncat(all, m->rendered, 4095 - strlen(all));
}

static bool verified(cb_pipeline p, cb_callable code)
{
    guard g;
    volatile bool ok = false;
    FILE *sink = tmpfile();
    assert_non_null(sink);
    command_options o = {.out = sink, .rounds = 4};
    assert_true(schedule_resolve(p.p));
    if (guard_enter(&g, &p.p->ctx->esc)) {
        ok = verify_code(p.p, code, &o);
        guard_leave(&g, &p.p->ctx->esc);
    }
    fclose(sink);
    return ok;
}

/* One program of two Inputs' worth of shapes, in variants. */
enum variant { RIGHT, WRONG_VALUE, WRONG_REGION, ONE_POINT, VARIANTS };

static cb_pipeline make_program(enum variant v)
{
    cb_pipeline p = {NULL};
    Local () {
        Vars(x, y);
        Input(in, u16, 2);
        Output(out, u16, 2);
        Param(k, u16, 3, 1, 9);
        if (v == RIGHT)
            define(out(x, y) = in(x - 1, y) + in(x + 1, y) * k);
        if (v == WRONG_VALUE)
            define(out(x, y) = in(x - 1, y) + in(x + 1, y) * k + 1);
        if (v == WRONG_REGION)
            define(out(x, y) = in(x - 1, y) + in(x, y) * k);
        if (v == ONE_POINT)
            define(out(x, y) =
                       in(x - 1, y) + in(x + 1, y) * k + select(x == 5 && y == 2, u16(1), u16(0)));
        schedule(out, split(y, "yo", "yi", 4), vectorize(x, 16));
        p = cb_pipeline_of("out", 1, &out, CB_HERE);
    }
    return p;
}

static void test_variants(void **state)
{
    (void)state;
    for (int v = 0; v < VARIANTS; v++) {
        char messages[4096] = "";
        cb_context *c = cb_context_new(
            &(cb_options){.size = sizeof(cb_options), .sink = keep, .sink_user = messages});
        Carbide (c) {
            cb_pipeline right = make_program(RIGHT), other = make_program((enum variant)v);
            assert_non_null(right.p);
            if (!other.p)
                fail_msg("%s", messages);
            cb_callable code = cb_compile_pipeline(other, "host", CB_HERE);
            if (!code.p)
                fail_msg("%s", messages);
            bool ok = verified(right, code);
            cb_callable_free(code);
            if (ok != (v == RIGHT))
                fail_msg("variant %d: %s", v, messages);
            if (v == WRONG_VALUE)
                assert_non_null(strstr(messages, "the interpreter says"));
            if (v == ONE_POINT)
                assert_non_null(strstr(messages, "out(5, 2) is "));
        }
        cb_context_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_variants)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
