/* Trimming: what goes, and what must stay. */
#include "low_fixture.h"

static ir_sym out_buffer(fixture *f) { return fx_buffer(f, "out", T_I32); }

static void unused_lets(fixture *f)
{
    cb_context *c = f->c;
    ir_sym a = fx_let(f, "a", T_I32), b = fx_let(f, "b", T_I32), d = fx_let(f, "d", T_I32);
    ir_sym out = out_buffer(f), p = fx_param(f, "p", T_I32);
    const ir *n = fx_store(f, out, ir_var(c, a), ir_i32(c, 9));
    n = ir_let_stmt(c, d, ir_addi(c, ir_var(c, b), 1), n); /* the only user of b */
    n = ir_let_stmt(c, b, ir_muli(c, ir_var(c, p), 3), n);
    f->L->body = ir_let_stmt(c, a, ir_addi(c, ir_var(c, p), 2), n);
    low_trim(f->L);
    assert_int_equal(flat_count(c, f->L->body, IR_LET_STMT), 1);
    assert_int_equal(f->L->body->u.info->sym, a);
    assert_null(ir_verify(c, f->L->body, NULL));
}

static void dead_storage(fixture *f)
{
    cb_context *c = f->c;
    ir_sym g = fx_buffer(f, "g", T_I32), h = fx_buffer(f, "h", T_I32), out = out_buffer(f);
    ir_sym x = fx_loop(f, "x"), n_sym = fx_let(f, "n", T_I64);
    const ir *vx = ir_var(c, x);
    /* h reads g and nobody reads h: both go, with the loops that filled them. */
    const ir *fill = fx_store(f, g, vx, ir_muli(c, vx, 3));
    const ir *copy = fx_store(f, h, vx, fx_load(f, g, vx));
    fill = ir_for(c, x, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 4), ir_block2(c, fill, copy));
    const ir *n = ir_block2(c, fill, fx_store(f, out, ir_i32(c, 0), ir_i32(c, 1)));
    n = fx_allocate(f, g, ir_var(c, n_sym), fx_allocate(f, h, ir_i64(c, 4), n));
    f->L->body = ir_let_stmt(c, n_sym, fx_i64(f, ir_var(c, fx_param(f, "p", T_I32))), n);
    low_trim(f->L);
    assert_int_equal(f->L->body->op, IR_STORE);
    assert_int_equal(f->L->body->u.info->sym, out);
}

static void live_storage(fixture *f)
{
    cb_context *c = f->c;
    ir_sym g = fx_buffer(f, "g", T_I32), out = out_buffer(f);
    const ir *zero = ir_i32(c, 0);
    const ir *n = ir_block2(c, fx_store(f, g, zero, ir_i32(c, 5)),
                            fx_store(f, out, zero, fx_load(f, g, zero)));
    f->L->body = n = fx_allocate(f, g, ir_i64(c, 1), n);
    low_trim(f->L);
    assert_ptr_equal(f->L->body, n);
}

static void control(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = out_buffer(f), x = fx_loop(f, "x"), y = fx_loop(f, "y");
    const ir *p = ir_lt(c, ir_var(c, fx_param(f, "p", T_I32)), ir_i32(c, 3));
    const ir *store = fx_store(f, out, ir_i32(c, 0), ir_i32(c, 1));
    const ir *never = ir_for(c, x, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 0), store);
    const ir *idle = ir_for(c, y, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 5),
                            ir_stmt(c, IR_EVALUATE, &(ir_info){0}, &p, 1));
    const ir *holds = ir_assert(c, ir_bool(c, true), CB_ERR_REQUIREMENT, "m", NULL, 0);
    const ir *fails = ir_assert(c, ir_bool(c, false), CB_ERR_REQUIREMENT, "m", NULL, 0);
    const ir *parts[] = {
        never,
        idle,
        holds,
        ir_if(c, ir_bool(c, false), store, fails), /* becomes the assertion */
        ir_if(c, p, never, store),                 /* becomes if (!p) */
        ir_if(c, p, idle, never),                  /* nothing */
    };
    f->L->body = ir_block(c, parts, COUNT_OF(parts));
    low_trim(f->L);
    assert_int_equal(f->L->body->op, IR_BLOCK);
    assert_int_equal(f->L->body->nargs, 2);
    assert_ptr_equal(f->L->body->arg[0], fails);
    const ir *last = f->L->body->arg[1];
    assert_int_equal(last->op, IR_IF);
    assert_int_equal(last->nargs, 2);
    assert_ptr_equal(last->arg[0], ir_not(c, p));
    assert_int_equal(last->arg[1]->op, IR_STORE);
}

static void arguments_stay(fixture *f)
{
    ir_sym out = out_buffer(f); /* never loaded, but the caller's */
    const ir *n = fx_store(f, out, ir_i32(f->c, 0), ir_i32(f->c, 1));
    f->L->body = n;
    low_trim(f->L);
    assert_ptr_equal(f->L->body, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(unused_lets), FIXTURE_TEST(dead_storage),   FIXTURE_TEST(live_storage),
        FIXTURE_TEST(control),     FIXTURE_TEST(arguments_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
