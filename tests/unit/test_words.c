/* Words of the language that have a sign in equations: both make the same expression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../dsl/front.h"

#include <carbide/dsl.h>

static void same(Expr a, Expr b)
{
    assert_non_null(a.p);
    assert_non_null(b.p);
    assert_false(ir_is_poison(a.p->node));
    assert_ptr_equal(a.p->node, b.p->node);
}

static void words_and_signs(void **state)
{
    (void)state;
    cb_context *c = cb_context_new(NULL);
    Carbide(c)
    {
        Vars(x, y);
        RDom(r, (0, 4), (0, 5));
        Funcs(pair);
        define(pair(x) = (x, x * 2));
        same(gt(x, y), E(x > y));
        same(ge(x, y), E(x >= y));
        same(either(gt(x, 1), ge(y, 2)), E(x > 1 || y >= 2));
        same(negate(gt(x, y)), E(!(x > y)));
        same(rvar(r, 1), E(r.y));
        same(element(at(pair, x), 1), E(pair(x)[1]));
    }
    assert_true(cb_ok(c));
    cb_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
