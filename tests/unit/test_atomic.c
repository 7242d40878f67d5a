/* Parallel and vector reductions: atomic, by what they compute and by what code they become. Values are
 * compared with the interpreter, which knows nothing of schedules, each time. */
#include "count.h"

/* out(y) = sum over r of a(r, y)*b(r): a dot product per row */
static pipeline *dot(cb_context *c)
{
    pipeline *p = NULL;
    Carbide(c)
    {
        Input(a, i16, 2);
        Output(out, i32, 1);
        Param(n, i32, 37);
        Vars(y);
        RDom(r, (0, n));
        define(out(y) = 0);
        define(out(y) += i32(a(r, y)) * i32(a(r, y + 1)));
        p = pipeline_new(c, "dot", (cb_func_s *[]){out.p}, 1);
    }
    return p;
}

#define DOT(h, ...) count_run(&(count_case){.make = dot, .out = {{-1, h, 0}}, __VA_ARGS__})

static void dot_product(void **state)
{
    (void)state;
    counted k = DOT(3, .schedule = "out.update 0 split(r, ro, ri, 8), vectorize(ri), atomic()\n");
    count_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dot_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
