/* Unrolling: copies, fresh symbols, and the same values. */
#include "low_fixture.h"

/* for i in [a, 3] unrolled { let t = i*2; out[t] = t + i } */
static const ir *nest(fixture *f, ir_loop_kind kind, ir_sym out, const ir *min)
{
    ir_sym i = fx_loop(f, "i"), t = fx_let(f, "t", T_I32);
    const ir *vi = ir_var(f->c, i), *vt = ir_var(f->c, t);
    const ir *body =
        ir_let_stmt(f->c, t, ir_muli(f->c, vi, 2), fx_store(f, out, vt, ir_add(f->c, vt, vi)));
    return ir_for(f->c, i, kind, min, ir_i32(f->c, 3), body);
}

static void copies(fixture *f)
{
    ir_sym out = fx_buffer(f, "out", T_I32), a = fx_param(f, "a", T_I32);
    const ir *mins[] = {ir_i32(f->c, 1), ir_var(f->c, a), ir_muli(f->c, ir_var(f->c, a), 1)};
    mins[2] = ir_add(f->c, ir_var(f->c, a), ir_muli(f->c, ir_var(f->c, a), 0));
    for (int k = 0; k < 3; k++) {
        int32_t got[16] = {0};
        f->L->body = nest(f, LOOP_UNROLL, out, mins[k]);
        low_unroll(f->L);
        assert_int_equal(flat_count(f->c, f->L->body, IR_FOR), 0);
        assert_int_equal(flat_count(f->c, f->L->body, IR_STORE), 3);
        assert_null(ir_verify(f->c, f->L->body, NULL));
        flat_machine m = {.c = f->c};
        flat_bind_memory(&m, out, (flat_memory){T_I32, (unsigned char *)got, 16, NULL});
        flat_bind_int(&m, a, 1);
        assert_int_equal(flat_run(&m, f->L->body), 0);
        for (int i = 1; i < 4; i++)
            assert_int_equal(got[2 * i], 3 * i);
    }
}

typedef struct lets {
    ir_sym sym[8];
    int n;
} lets;
static bool find_let(void *env, const ir *n)
{
    lets *l = env;
    if (n->op == IR_LET_STMT)
        l->sym[l->n++] = n->u.info->sym;
    return true;
}

static void fresh_symbols(fixture *f)
{
    f->L->body = nest(f, LOOP_UNROLL, fx_buffer(f, "out", T_I32), ir_i32(f->c, 0));
    low_unroll(f->L);
    lets l = {0};
    ir_visit(f->c, f->L->body, find_let, &l);
    assert_int_equal(l.n, 3);
    assert_true(l.sym[0] != l.sym[1] && l.sym[1] != l.sym[2] && l.sym[0] != l.sym[2]);
}

static void inner_first(fixture *f)
{
    ir_sym out = fx_buffer(f, "out", T_I32), x = fx_loop(f, "x"), y = fx_loop(f, "y");
    const ir *at = ir_add(f->c, ir_muli(f->c, ir_var(f->c, y), 2), ir_var(f->c, x));
    const ir *n = ir_for(f->c, x, LOOP_UNROLL, ir_i32(f->c, 0), ir_i32(f->c, 2),
                         fx_store(f, out, at, ir_addi(f->c, at, 5)));
    n = ir_for(f->c, y, LOOP_UNROLL, ir_i32(f->c, 0), ir_i32(f->c, 2), n);
    f->L->body = n;
    low_unroll(f->L);
    assert_int_equal(flat_count(f->c, f->L->body, IR_STORE), 4);
    int32_t got[4];
    flat_machine m = {.c = f->c};
    flat_bind_memory(&m, out, (flat_memory){T_I32, (unsigned char *)got, 4, NULL});
    assert_int_equal(flat_run(&m, f->L->body), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(got[i], i + 5);
}

/* Serial loops become copies when they are short; not those with more iterations, loops inside, or a body that is not small. */
static void serial(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = fx_buffer(f, "out", T_I32), i = fx_loop(f, "i"), j = fx_loop(f, "j");
    f->L->body = nest(f, LOOP_SERIAL, out, ir_i32(c, 0));
    low_unroll(f->L);
    assert_int_equal(flat_count(c, f->L->body, IR_STORE), 3);
    assert_null(ir_verify(c, f->L->body, NULL));

    const ir *v = ir_var(c, i), *large = v;
    for (int k = 0; k < 30; k++)
        large = ir_add(c, ir_mul(c, large, v), ir_i32(c, k + 7));
    const ir *small = fx_store(f, out, v, v);
    const ir *stay[] = {
        ir_for(c, i, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 9), small),
        ir_for(c, i, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 3), fx_store(f, out, v, large)),
        ir_for(c, i, LOOP_PARALLEL, ir_i32(c, 0), ir_i32(c, 2), small),
        ir_for(c, j, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 2), ir_for(c, i, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 9), small)),
    };
    for (size_t k = 0; k < COUNT_OF(stay); k++) {
        f->L->body = stay[k];
        low_unroll(f->L);
        assert_ptr_equal(f->L->body, stay[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(copies),
        FIXTURE_TEST(fresh_symbols),
        FIXTURE_TEST(inner_first),
        FIXTURE_TEST(serial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
