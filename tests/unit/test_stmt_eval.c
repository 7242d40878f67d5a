/* tests/unit/test_stmt_eval.c: the runner of flat IR says what it should, and nothing gets past it.
 */
#include "nest_fixture.h"

static const ir *store_all(nest_fixture *f, ir_sym b, const ir *value)
{
    cb_context *c = f->c;
    unsigned n = value->type.lanes;
    const ir *index = n == 1 ? ir_i64(c, 0) : ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), n);
    return ir_store(c, b, 0, index, value, ir_broadcast(c, ir_bool(c, true), n));
}

/* Lanes of vectors: nested ramps, broadcasts, shuffles, reductions. */
static void vectors(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    const ir *ramp = ir_ramp(c, ir_ramp(c, ir_i32(c, 1), ir_i32(c, 2), 3),
                             ir_broadcast(c, ir_i32(c, 10), 3), 2); /* 1 3 5 11 13 15 */
    const ir *twice = ir_broadcast(c, ir_ramp(c, ir_i32(c, 7), ir_i32(c, 1), 3), 2);
    const ir *parts[] = {ramp, twice};
    const ir *mixed = ir_shuffle(c, parts, 2, (const int32_t[]){5, 0, 6, 10}, 4);
    const ir *sums = ir_reduce(c, IR_ADD, ramp, 2), *max = ir_reduce(c, IR_MAX, mixed, 1);
    struct {
        const ir *value;
        int32_t want[6];
    } rows[] = {
        {ramp, {1, 3, 5, 11, 13, 15}}, {twice, {7, 8, 9, 7, 8, 9}}, {mixed, {15, 1, 7, 8}},
        {sums, {9, 39}},               {max, {15}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        stmt_eval *E = stmt_eval_new(c);
        int32_t *out = stmt_eval_array(E, f->out, T_I32, 16);
        assert_int_equal(stmt_eval_run(E, store_all(f, f->out, rows[i].value)), 0);
        for (unsigned l = 0; l < rows[i].value->type.lanes; l++)
            assert_int_equal(out[l], rows[i].want[l]);
        stmt_eval_free(E);
    }
}

/* Every type goes to memory and comes back. */
static void memory(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    const cb_type types[] = {T_BOOL, T_I8,  T_U8,  T_I16, T_U16, T_I32,
                             T_U32,  T_I64, T_U64, T_F32, T_F64};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        cb_type t = types[i];
        int64_t v = type_is_float(t)  ? -5
                    : type_is_bool(t) ? 1
                    : type_min(t)     ? type_min(t)
                                      : type_max(t);
        char memory[8] = {0};
        ir_value in = {.i = v};
        if (type_is_float(t)) in.f = -5.5;
        stmt_eval_poke(t, memory, in);
        ir_value out = stmt_eval_peek(t, memory);
        if (type_is_float(t)) assert_true(out.f == -5.5);
        else assert_int_equal(out.i, v);
    }
    static const double halves[] = {
        0, 1, -2.5, 65504, 6.103515625e-05, 5.9604644775390625e-08, -0.333251953125};
    for (size_t i = 0; i < COUNT_OF(halves); i++)
        assert_true(stmt_eval_half(stmt_eval_half_bits(halves[i], T_F16), T_F16) == halves[i]);
    assert_int_equal(stmt_eval_half_bits(1, T_F16), 0x3c00);
    assert_int_equal(stmt_eval_half_bits(65504, T_F16), 0x7bff);
    assert_int_equal(stmt_eval_half_bits(1, T_BF16), 0x3f80);
    assert_true(stmt_eval_half(0xc0a0, T_BF16) == -5);
    (void)c;
}

static int run(nest_fixture *f, const ir *body, char *why)
{
    stmt_eval *E = stmt_eval_new(f->c);
    stmt_eval_array(E, f->in, T_I32, 4);
    stmt_eval_array(E, f->out, T_I32, 4);
    int code = stmt_eval_run(E, body);
    memcpy(why, E->why, sizeof E->why);
    stmt_eval_free(E);
    return code;
}

static void strict(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    char why[256];
    const ir *index = ir_ramp(c, ir_i64(c, 2), ir_i64(c, 1), 4); /* 2 3 4 5 of 4 elements */
    const ir *lanes = ir_ramp(c, ir_i32(c, 0), ir_i32(c, 1), 4);
    for (int on = 0; on < 5; on++) {
        const ir *pred = ir_lt(c, lanes, ir_broadcast(c, ir_i32(c, on), 4));
        const ir *load = ir_load(c, type_lanes(T_I32, 4), f->in, 0, index, pred);
        assert_int_equal(run(f, store_all(f, f->out, load), why), on > 2 ? -1 : 0);
        if (on > 2) assert_string_equal(why, "load of 'in' at 4, outside [0, 3]");
        const ir *store = ir_store(c, f->out, 0, index, lanes, pred);
        assert_int_equal(run(f, store, why), on > 2 ? -1 : 0);
    }
    ir_sym t = nf_sym(f, "t", SYM_BUFFER, T_I32);
    ir_info info = {.sym = t, .type = T_I32}, free_info = {.sym = t};
    const ir *yes = ir_bool(c, true), *one = nf_store(f, t, ir_i32(c, 1), ir_i32(c, 5));
    const ir *bodies[] = {nf_store(f, f->out, ir_i32(c, 0), nf_load(f, t, ir_i32(c, 1))),
                          nf_store(f, f->out, ir_i32(c, 0), nf_load(f, t, ir_i32(c, 2)))};
    for (int i = 0; i < 4; i++) {
        const ir *body = bodies[i & 1];
        if (i > 1) body = ir_block2(c, ir_stmt(c, IR_FREE, &free_info, NULL, 0), body);
        body = ir_block2(c, one, body);
        body = ir_stmt(c, IR_ALLOCATE, &info, (const ir *[]){ir_i64(c, 4), yes, body}, 3);
        assert_int_equal(run(f, body, why), i ? -1 : 0);
        if (i == 1) assert_string_equal(why, "load of 't' at 2, which was never written");
        if (i > 1) assert_string_equal(why, "load of 't' after it was freed");
    }
    ir_sym lost = nf_sym(f, "lost", SYM_LET, T_I32);
    assert_int_equal(run(f, nf_store(f, f->out, ir_i32(c, 0), ir_var(c, lost)), why), -1);
    assert_non_null(strstr(why, "'lost'"));
}

/* A parallel body sees what it captured and nothing else. */
static void captured(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    low_function fn = {.name = "body", .index = nf_sym(f, "y", SYM_LOOP, T_I32)};
    low_function *all[] = {&fn};
    const ir *y = ir_var(c, fn.index);
    fn.body = nf_store(f, f->out, y, ir_add(c, y, ir_var(c, f->w)));
    vec_push(c->a, &fn.captured, f->out);
    for (int with = 0; with < 2; with++) {
        if (with) vec_push(c->a, &fn.captured, f->w);
        const ir *args[] = {ir_i64(c, 1), ir_i64(c, 4), ir_var_typed(c, f->out, T_HANDLE),
                            ir_var(c, f->w)};
        ir_info info = {.index = 0};
        stmt_eval *E = stmt_eval_new(c);
        int32_t *out = stmt_eval_array(E, f->out, T_I32, 4);
        stmt_eval_int(E, f->w, 100);
        E->functions = all;
        E->nfunctions = 1;
        assert_int_equal(stmt_eval_run(E, ir_stmt(c, IR_PAR_CALL, &info, args, with ? 4 : 3)),
                         with ? 0 : -1);
        if (with) assert_true(out[0] == 0 && out[1] == 101 && out[3] == 103);
        stmt_eval_free(E);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vectors, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(memory, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(strict, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(captured, nf_setup, nf_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
