/* Outlining parallel loops: what is captured, nesting, and the same values. */
#include "low_fixture.h"

/* parallel y { let w = y*8; parallel/serial x { out[w + x] = in[x] + k } } */
static const ir *nest(fixture *f, ir_loop_kind inner, ir_sym out, ir_sym in, ir_sym k)
{
    cb_context *c = f->c;
    ir_sym x = fx_loop(f, "x"), y = fx_loop(f, "y"), w = fx_let(f, "w", T_I32);
    const ir *vx = ir_var(c, x);
    const ir *value = ir_add(c, fx_load(f, in, vx), ir_var(c, k));
    const ir *n = fx_store(f, out, ir_add(c, ir_var(c, w), vx), value);
    n = ir_for(c, x, inner, ir_i32(c, 0), ir_i32(c, 8), n);
    n = ir_let_stmt(c, w, ir_muli(c, ir_var(c, y), 8), n);
    return ir_for(c, y, LOOP_PARALLEL, ir_i32(c, 1), ir_var(c, k), n);
}

static void run(fixture *f, ir_sym out, ir_sym in, ir_sym k)
{
    int32_t src[8] = {3, 1, 4, 1, 5, 9, 2, 6}, dst[40] = {0};
    flat_machine m = {.c = f->c, .L = f->L};
    flat_bind_memory(&m, out, (flat_memory){T_I32, (unsigned char *)dst, 40, NULL});
    flat_bind_memory(&m, in, (flat_memory){T_I32, (unsigned char *)src, 8, NULL});
    flat_bind_int(&m, k, 4);
    assert_int_equal(flat_run(&m, f->L->body), 0);
    for (int i = 0; i < 40; i++)
        assert_int_equal(dst[i], i < 8 ? 0 : src[i % 8] + 4);
}

static void captures(fixture *f)
{
    ir_sym out = fx_buffer(f, "out", T_I32), in = fx_buffer(f, "in", T_I32);
    ir_sym k = fx_param(f, "k", T_I32);
    f->L->body = nest(f, LOOP_SERIAL, out, in, k);
    low_parallel(f->L);
    assert_int_equal(f->L->body->op, IR_PAR_CALL);
    assert_int_equal(f->L->functions.n, 1);
    low_function *g = f->L->functions.at[0];
    assert_string_equal(g->name, "p.parallel.0");
    assert_int_equal(g->captured.n, 3); /* no loop variable, no let of the body */
    assert_int_equal(g->captured.at[0], out);
    assert_int_equal(g->captured.at[1], in);
    assert_int_equal(g->captured.at[2], k);
    assert_int_equal(f->L->body->nargs, 5);
    assert_int_equal(f->L->body->arg[2]->type.code, CB_HANDLE);
    assert_null(ir_verify(f->c, f->L->body, NULL));
    run(f, out, in, k);
}

static void nested(fixture *f)
{
    ir_sym out = fx_buffer(f, "out", T_I32), in = fx_buffer(f, "in", T_I32);
    ir_sym k = fx_param(f, "k", T_I32);
    f->L->body = nest(f, LOOP_PARALLEL, out, in, k);
    low_parallel(f->L);
    assert_int_equal(f->L->functions.n, 2);
    assert_int_equal(f->L->functions.at[0]->captured.n, 4); /* w as well */
    assert_int_equal(f->L->functions.at[1]->captured.n, 3);
    assert_int_equal(flat_count(f->c, f->L->functions.at[1]->body, IR_PAR_CALL), 1);
    run(f, out, in, k);
}

static void own_storage_stays(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = fx_buffer(f, "out", T_I32), tmp = fx_buffer(f, "tmp", T_I32);
    ir_sym y = fx_loop(f, "y");
    const ir *zero = ir_i64(c, 0);
    const ir *n = ir_block2(c, fx_store(f, tmp, zero, ir_muli(c, ir_var(c, y), 7)),
                            fx_store(f, out, ir_var(c, y), fx_load(f, tmp, zero)));
    n = fx_allocate(f, tmp, ir_i64(c, 1), n);
    f->L->body = ir_for(c, y, LOOP_PARALLEL, ir_i32(c, 0), ir_i32(c, 3), n);
    low_parallel(f->L);
    assert_int_equal(f->L->functions.at[0]->captured.n, 1);
    assert_int_equal(f->L->functions.at[0]->captured.at[0], out);
    int32_t got[3];
    flat_machine m = {.c = c, .L = f->L};
    flat_bind_memory(&m, out, (flat_memory){T_I32, (unsigned char *)got, 3, NULL});
    assert_int_equal(flat_run(&m, f->L->body), 0);
    assert_int_equal(got[2], 14);
}

static void codes_come_back(fixture *f)
{
    cb_context *c = f->c;
    ir_sym y = fx_loop(f, "y");
    const ir *ok = ir_lt(c, ir_var(c, y), ir_i32(c, 2));
    f->L->body = ir_for(c, y, LOOP_PARALLEL, ir_i32(c, 0), ir_i32(c, 3),
                        ir_assert(c, ok, CB_ERR_REQUIREMENT, "no", NULL, 0));
    low_parallel(f->L);
    flat_machine m = {.c = c, .L = f->L};
    assert_int_equal(flat_run(&m, f->L->body), CB_ERR_REQUIREMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(captures),
        FIXTURE_TEST(nested),
        FIXTURE_TEST(own_storage_stays),
        FIXTURE_TEST(codes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
