/* Naming common subexpressions: where names go, what is left alone, and the same values. */
#include "low_fixture.h"

typedef struct lets {
    const ir *at[16];
    int n;
} lets;
static bool find_let(void *env, const ir *n)
{
    lets *l = env;
    if (n->op == IR_LET_STMT)
        l->at[l->n++] = n;
    return true;
}

/* for y { for x { g[(y - a)*s + x] = x; h[(y - a)*s + x] = y } } */
static void index_arithmetic(fixture *f)
{
    cb_context *c = f->c;
    ir_sym g = fx_buffer(f, "g", T_I32), h = fx_buffer(f, "h", T_I32);
    ir_sym a = fx_param(f, "a", T_I32), s = fx_param(f, "s", T_I64);
    ir_sym x = fx_loop(f, "x"), y = fx_loop(f, "y");
    const ir *vx = ir_var(c, x), *vy = ir_var(c, y);
    const ir *row = ir_mul(c, fx_i64(f, ir_sub(c, vy, ir_var(c, a))), ir_var(c, s));
    const ir *at = ir_add(c, row, fx_i64(f, vx));
    const ir *n = ir_block2(c, fx_store(f, g, at, vx), fx_store(f, h, at, vy));
    n = ir_for(c, x, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 8), n);
    const ir *before = ir_for(c, y, LOOP_SERIAL, ir_var(c, a), ir_i32(c, 3), n);
    f->L->body = before;
    low_cse(f->L);
    assert_null(ir_verify(c, f->L->body, NULL));

    lets l = {0};
    ir_visit(c, f->L->body, find_let, &l);
    assert_int_equal(l.n, 2);
    assert_ptr_equal(l.at[0]->arg[0], row); /* in y's body */
    assert_ptr_equal(for_body(f->L->body), l.at[0]);
    assert_int_equal(l.at[0]->arg[1]->op, IR_FOR);
    assert_ptr_equal(for_body(l.at[0]->arg[1]), l.at[1]); /* t + x, in x's */
    assert_ptr_equal(l.at[1]->arg[0]->arg[0], ir_var(c, l.at[0]->u.info->sym));

    int32_t got[2][2][24];
    int work[2];
    for (int k = 0; k < 2; k++) {
        flat_machine m = {.c = c};
        flat_bind_memory(&m, g, (flat_memory){T_I32, (unsigned char *)got[k][0], 24, NULL});
        flat_bind_memory(&m, h, (flat_memory){T_I32, (unsigned char *)got[k][1], 24, NULL});
        flat_bind_int(&m, a, 10);
        flat_bind_int(&m, s, 8);
        assert_int_equal(flat_run(&m, k ? f->L->body : before), 0);
        work[k] = m.evaluated;
    }
    assert_memory_equal(got[0], got[1], sizeof got[0]);
    assert_true(work[1] * 3 < work[0] * 2);
}

static void loads_and_divisions_stay(fixture *f)
{
    cb_context *c = f->c;
    ir_sym g = fx_buffer(f, "g", T_I32), out = fx_buffer(f, "out", T_I32);
    ir_sym p = fx_param(f, "p", T_I32), q = fx_param(f, "q", T_I32), x = fx_loop(f, "x");
    const ir *load = fx_load(f, g, ir_i32(c, 0));
    const ir *quotient = ir_div(c, ir_var(c, p), ir_var(c, q));
    const ir *value = ir_mul(c, load, quotient);
    const ir *n =
        ir_block2(c, fx_store(f, g, ir_i32(c, 0), value), fx_store(f, out, ir_var(c, x), value));
    const ir *cond = ir_ne(c, ir_var(c, q), ir_i32(c, 0));
    n = ir_for(c, x, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 4), ir_if(c, cond, n, NULL));
    f->L->body = n;
    low_cse(f->L);
    assert_int_equal(flat_count(c, f->L->body, IR_LET_STMT), 1); /* q != 0 leaves the loop */
    assert_ptr_equal(f->L->body->arg[0], cond);
}

static void trivial_and_vectors_stay(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = fx_buffer(f, "out", T_I32), p = fx_param(f, "p", T_I32), x = fx_loop(f, "x");
    const ir *next = ir_addi(c, ir_var(c, p), 1);
    const ir *ramp = ir_ramp(c, fx_i64(f, ir_var(c, x)), ir_i64(c, 1), 4);
    const ir *value = ir_broadcast(c, next, 4);
    value = ir_mul(c, value, value);
    const ir *n = ir_store(c, out, 0, ramp, value, ir_broadcast(c, ir_bool(c, true), 4));
    n = ir_block2(c, n, fx_store(f, out, ir_var(c, x), next));
    f->L->body = n = ir_for(c, x, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 4), n);
    low_cse(f->L);
    assert_int_equal(flat_count(c, f->L->body, IR_LET_STMT), 0);
    assert_ptr_equal(f->L->body, n);
}

static void rebound_symbols(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = fx_buffer(f, "out", T_I32), p = fx_param(f, "p", T_I32);
    ir_sym x = fx_loop(f, "x"), t = fx_let(f, "t", T_I32);
    const ir *loops[2];
    for (int k = 0; k < 2; k++) { /* two copies that bind the same symbols, as partitioning makes */
        const ir *vx = ir_var(c, x), *vt = ir_var(c, t);
        const ir *twice = ir_mul(c, vt, vt);
        const ir *n = ir_block2(c, fx_store(f, out, vx, twice),
                                fx_store(f, out, ir_addi(c, vx, 8), ir_addi(c, twice, 1)));
        n = ir_let_stmt(c, t, ir_add(c, vx, ir_var(c, p)), n);
        loops[k] = ir_for(c, x, LOOP_SERIAL, ir_i32(c, 4 * k), ir_i32(c, 4), n);
    }
    const ir *before = ir_block2(c, loops[0], loops[1]);
    f->L->body = before;
    low_cse(f->L);
    assert_null(ir_verify(c, f->L->body, NULL));
    assert_int_equal(flat_count(c, f->L->body, IR_LET_STMT), 4);
    int32_t got[2][16];
    for (int k = 0; k < 2; k++) {
        flat_machine m = {.c = c};
        flat_bind_memory(&m, out, (flat_memory){T_I32, (unsigned char *)got[k], 16, NULL});
        flat_bind_int(&m, p, 3);
        assert_int_equal(flat_run(&m, k ? f->L->body : before), 0);
    }
    assert_memory_equal(got[0], got[1], sizeof got[0]);
}

static void expression_lets(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = fx_buffer(f, "out", T_I32), p = fx_param(f, "p", T_I32);
    ir_sym t = fx_let(f, "t", T_I32);
    const ir *vt = ir_var(c, t), *square = ir_mul(c, vt, vt);
    const ir *value =
        ir_let(c, t, ir_addi(c, ir_var(c, p), 5), ir_add(c, square, ir_mul(c, square, square)));
    f->L->body =
        ir_block2(c, fx_store(f, out, ir_i32(c, 0), value), fx_store(f, out, ir_i32(c, 1), value));
    low_cse(f->L);
    assert_int_equal(flat_count(c, f->L->body, IR_LET_STMT), 0); /* t is not bound outside */
    assert_null(ir_verify(c, f->L->body, NULL));
}

static void big_and_shared(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = fx_buffer(f, "out", T_I32), p = fx_param(f, "p", T_I32);
    const ir *e = ir_var(c, p);
    for (int i = 0; i < 200; i++) /* 2^200 paths */
        e = ir_bin(c, IR_BIT_XOR, ir_mul(c, e, e), ir_muli(c, e, 3));
    vec(const ir *) stores = {0};
    for (int i = 0; i < 100; i++)
        vec_push(c->a, &stores, fx_store(f, out, ir_i32(c, i), ir_addi(c, e, i)));
    f->L->body = ir_block(c, stores.at, stores.n);
    low_cse(f->L);
    assert_null(ir_verify(c, f->L->body, NULL));
    assert_int_equal(flat_count(c, f->L->body, IR_LET_STMT), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(index_arithmetic),         FIXTURE_TEST(loads_and_divisions_stay),
        FIXTURE_TEST(trivial_and_vectors_stay), FIXTURE_TEST(rebound_symbols),
        FIXTURE_TEST(expression_lets),          FIXTURE_TEST(big_and_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
