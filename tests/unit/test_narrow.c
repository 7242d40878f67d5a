/* tests/unit/test_narrow.c: a nest asks once, before it begins, whether there is a whole vector, and does the same in both programs. */
#include "nest_fixture.h"

typedef struct wanted {
    ir_op op;
    ir_loop_kind kind; /* of FOR */
    int found;
} wanted;

static bool find(void *env, const ir *n)
{
    wanted *W = env;
    W->found += n->op == W->op && (n->op != IR_FOR || n->u.info->kind == W->kind);
    return true;
}

static int count(cb_context *c, const ir *n, ir_op op, ir_loop_kind kind)
{
    wanted W = {op, kind, 0};
    ir_visit(c, n, find, &W);
    return W.found;
}

static void one_question(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    const ir *before = nf_guarded_vectors(f, ir_i32(c, 6), true);
    f->L->body = before;
    low_narrow(f->L);
    const ir *after = f->L->body;
    nf_verify(f, after);
    assert_int_equal(after->op, IR_IF);
    assert_int_equal(count(c, after->arg[1], IR_FOR, LOOP_VECTOR), 1);
    assert_int_equal(count(c, after->arg[1], IR_IF, 0), 0);
    assert_int_equal(count(c, after->arg[2], IR_FOR, LOOP_VECTOR), 0);
    assert_int_equal(count(c, after->arg[2], IR_FOR, LOOP_SERIAL), 2);
    for (int w = 0; w < 12; w++) nf_compare(f, before, after, w, 0);
}

/* A tail depends on the loop around: masked pieces are needed anyway. */
static void tails_stay(void **state)
{
    NEST_FIXTURE(f)
    const ir *before = nf_guarded_vectors(f, ir_i32(f->c, 6), false);
    f->L->body = before;
    low_narrow(f->L);
    assert_ptr_equal(f->L->body, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_question, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(tails_stay, nf_setup, nf_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
