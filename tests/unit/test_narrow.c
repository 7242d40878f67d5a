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

/* for o in [0, 6): vectorized v in [0, 8): if likely(guard) out[(o*8 + v)] = edge[...] */
static const ir *nest(nest_fixture *f, bool in_tail)
{
    cb_context *c = f->c;
    ir_sym o = nf_sym(f, "o", SYM_LOOP, T_I32), v = nf_sym(f, "v", SYM_LOOP, T_I32), x = nf_sym(f, "x", SYM_LET, T_I32);
    const ir *xv = ir_var(c, x), *guarded = in_tail ? xv : ir_var(c, v);
    const ir *s = nf_store(f, f->out, xv, nf_load(f, f->edge, ir_var(c, v)));
    s = ir_if(c, ir_likely(c, ir_lt(c, guarded, ir_var(c, f->w))), s, NULL);
    s = ir_let_stmt(c, x, ir_add(c, ir_muli(c, ir_var(c, o), 8), ir_var(c, v)), s);
    s = nf_loop(f, v, LOOP_VECTOR, ir_i32(c, 0), ir_i32(c, 8), s);
    return nf_loop(f, o, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 6), s);
}

static void one_question(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    const ir *before = nest(f, false);
    f->L->body = before;
    low_narrow(f->L);
    const ir *after = f->L->body;
    nf_verify(f, after);
    assert_int_equal(after->op, IR_IF);
    assert_int_equal(count(c, after->arg[1], IR_FOR, LOOP_VECTOR), 1);
    assert_int_equal(count(c, after->arg[1], IR_IF, 0), 0);
    assert_int_equal(count(c, after->arg[2], IR_FOR, LOOP_VECTOR), 0);
    assert_int_equal(count(c, after->arg[2], IR_FOR, LOOP_SERIAL), 2);
    for (int w = 0; w < 20; w++) nf_compare(f, before, after, w, 0);
}

/* A tail depends on the loop around: masked pieces are needed anyway. */
static void tails_stay(void **state)
{
    NEST_FIXTURE(f)
    const ir *before = nest(f, true);
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
