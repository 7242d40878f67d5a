/* Constant extents: found through lets, bounded under a guard, refused with a located message. */
#include "low_fixture.h"

/* let n = size; kind v in [a, n] { out[v] = v } */
static const ir *nest(fixture *f, ir_loop_kind kind, ir_sym out, ir_sym a, const ir *size)
{
    cb_context *c = f->c;
    ir_sym v = fx_loop(f, "v"), n = fx_let(f, "n", T_I32);
    const ir *body = fx_store(f, out, ir_var(c, v), ir_var(c, v));
    ir_info info = {.sym = v, .kind = kind, .loc = {"s.sched", 3, 0}, .text = "vectorize(v)"};
    body = ir_stmt(c, IR_FOR, &info, (const ir *const[]){ir_var(c, a), ir_var(c, n), body}, 3);
    return ir_let_stmt(c, n, size, body);
}

static const ir *loop_in(const ir *n)
{
    while (n->op == IR_LET_STMT)
        n = n->arg[1];
    assert_int_equal(n->op, IR_FOR);
    return n;
}

static void through_lets(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = fx_buffer(f, "out", T_I32), a = fx_param(f, "a", T_I32);
    ir_sym lo = fx_let(f, "lo", T_I32), hi = fx_let(f, "hi", T_I32);
    const ir *size = ir_addi(c, ir_sub(c, ir_var(c, hi), ir_var(c, lo)), 1);
    const ir *n = nest(f, LOOP_VECTOR, out, a, size);
    n = ir_let_stmt(c, hi, ir_addi(c, ir_var(c, lo), 7), n);
    f->L->body = ir_let_stmt(c, lo, ir_muli(c, ir_var(c, a), 8), n);
    low_const_extents(f->L);
    const ir *l = loop_in(f->L->body);
    assert_true(ir_is_int(for_extent(l), 8));
    assert_int_equal(l->u.info->kind, LOOP_VECTOR);
    assert_int_equal(l->u.info->loc.line, 3);
    assert_int_equal(for_body(l)->op, IR_STORE); /* no guard */
    assert_string_equal(f->messages, "");
}

static void upper_bound(fixture *f)
{
    cb_context *c = f->c;
    ir_sym out = fx_buffer(f, "out", T_I32), a = fx_param(f, "a", T_I32);
    ir_sym w = fx_param(f, "w", T_I32);
    const ir *left = ir_sub(c, ir_var(c, w), ir_var(c, a));
    f->L->body = nest(f, LOOP_UNROLL, out, a, ir_min(c, left, ir_i32(c, 5)));
    low_const_extents(f->L);
    const ir *l = loop_in(f->L->body);
    assert_true(ir_is_int(for_extent(l), 5));
    assert_int_equal(for_body(l)->op, IR_IF);
    assert_int_equal(for_body(l)->arg[0]->op, IR_LIKELY);
    assert_null(ir_verify(c, f->L->body, NULL));
    for (int width = 0; width < 9; width++) {
        int32_t got[16] = {0};
        flat_machine m = {.c = c};
        flat_bind_memory(&m, out, (flat_memory){T_I32, (unsigned char *)got, 16, NULL});
        flat_bind_int(&m, a, 2);
        flat_bind_int(&m, w, 2 + width);
        assert_int_equal(flat_run(&m, f->L->body), 0);
        for (int i = 0; i < 16; i++)
            assert_int_equal(got[i], i >= 2 && i < 2 + (width < 5 ? width : 5) ? i : 0);
    }
}

static void refused(fixture *f)
{
    ir_sym out = fx_buffer(f, "out", T_I32), a = fx_param(f, "a", T_I32);
    ir_sym w = fx_param(f, "w", T_I32);
    f->L->body = nest(f, LOOP_VECTOR, out, a, ir_var(f->c, w));
    low_const_extents(f->L);
    assert_int_equal(f->c->diags.errors, 1);
    assert_non_null(strstr(f->messages, "s.sched:3: error[not-constant]: the vectorized loop 'v' "
                                        "has no constant extent"));
    assert_non_null(strstr(f->messages, "vectorize(v)"));
    assert_non_null(strstr(f->messages, "help: "));
    assert_int_equal(loop_in(f->L->body)->u.info->kind, LOOP_SERIAL);
}

static void too_long(fixture *f)
{
    ir_sym out = fx_buffer(f, "out", T_I32), a = fx_param(f, "a", T_I32);
    f->L->body = nest(f, LOOP_UNROLL, out, a, ir_i32(f->c, 100000));
    low_const_extents(f->L);
    assert_non_null(strstr(f->messages, "s.sched:3: error[loop-too-long]: the unrolled loop 'v' "
                                        "has 100000 iterations"));
}

static void others_stay(fixture *f)
{
    ir_sym out = fx_buffer(f, "out", T_I32), a = fx_param(f, "a", T_I32);
    const ir *n = nest(f, LOOP_SERIAL, out, a, ir_var(f->c, fx_param(f, "w", T_I32)));
    f->L->body = n;
    low_const_extents(f->L);
    assert_ptr_equal(f->L->body, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(through_lets), FIXTURE_TEST(upper_bound), FIXTURE_TEST(refused),
        FIXTURE_TEST(too_long),     FIXTURE_TEST(others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
