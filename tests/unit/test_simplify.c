/* tests/unit/test_simplify.c: expressions and statements before and after simplification, facts,
 * proofs. */
#include "../../lower/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    cb_context *c;
    ir_sym sx, sy, sz, sn, sp, su, sf;
    const ir *x, *y, *z, *n, *p, *u, *f; /* i32 x y z n, bool p, u8 u, f32 f */
} fixture;

static int set_up(void **state)
{
    fixture *T = calloc(1, sizeof *T);
    cb_context *c = T->c = ctx_new(NULL);
    T->sx = ir_sym_new(c, "x", SYM_VAR, T_I32, NULL);
    T->sy = ir_sym_new(c, "y", SYM_VAR, T_I32, NULL);
    T->sz = ir_sym_new(c, "z", SYM_VAR, T_I32, NULL);
    T->sn = ir_sym_new(c, "n", SYM_PARAM, T_I32, NULL);
    T->sp = ir_sym_new(c, "p", SYM_PARAM, T_BOOL, NULL);
    T->su = ir_sym_new(c, "u", SYM_PARAM, T_U8, NULL);
    T->sf = ir_sym_new(c, "f", SYM_PARAM, T_F32, NULL);
    T->x = ir_var(c, T->sx);
    T->y = ir_var(c, T->sy);
    T->z = ir_var(c, T->sz);
    T->n = ir_var(c, T->sn);
    T->p = ir_var(c, T->sp);
    T->u = ir_var(c, T->su);
    T->f = ir_var(c, T->sf);
    *state = T;
    return 0;
}

static int tear_down(void **state)
{
    fixture *T = *state;
    ctx_free(T->c);
    free(T);
    return 0;
}

#define GIVES(e, want) assert_string_equal(ir_text(T->c, simplify(T->c, (e), NULL)), (want))
#define GIVES_UNDER(F, e, want) assert_string_equal(ir_text(T->c, simplify(T->c, (e), (F))), (want))

static const ir *add(fixture *T, const ir *a, const ir *b) { return ir_add(T->c, a, b); }
static const ir *addi(fixture *T, const ir *a, int64_t k) { return ir_addi(T->c, a, k); }
static const ir *sub(fixture *T, const ir *a, const ir *b) { return ir_sub(T->c, a, b); }
static const ir *muli(fixture *T, const ir *a, int64_t k) { return ir_muli(T->c, a, k); }
static const ir *num(fixture *T, int64_t k) { return ir_i32(T->c, k); }
static const ir *min2(fixture *T, const ir *a, const ir *b) { return ir_min(T->c, a, b); }
static const ir *max2(fixture *T, const ir *a, const ir *b) { return ir_max(T->c, a, b); }
static const ir *divi(fixture *T, const ir *a, int64_t k)
{
    return ir_div(T->c, a, ir_int(T->c, a->type, k));
}
static const ir *modi(fixture *T, const ir *a, int64_t k)
{
    return ir_mod(T->c, a, ir_int(T->c, a->type, k));
}

/* A count of bits is any number up to the width, not a multiple of it. */
static void bit_counts(void **state)
{
    fixture *T = *state;
    static const ir_op counts[] = {IR_POPCOUNT, IR_CLZ, IR_CTZ};
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        const ir *e = ir_un(T->c, counts[i], T->x);
        assert_ptr_equal(simplify(T->c, modi(T, e, 64), NULL), e);
        assert_ptr_not_equal(simplify(T->c, modi(T, e, 16), NULL), num(T, 0));
        assert_int_equal(range_of(T->c, e, NULL).modulus, 1);
    }
}

static void sums(void **state)
{
    fixture *T = *state;
    GIVES(sub(T, addi(T, T->x, 1), T->x), "1");
    GIVES(add(T, addi(T, T->x, 1), addi(T, T->y, 2)), "x + y + 3");
    GIVES(sub(T, muli(T, addi(T, T->x, 1), 8), muli(T, T->x, 8)), "8");
    GIVES(add(T, T->y, add(T, T->x, T->y)), "x + y*2");
    GIVES(sub(T, num(T, 3), T->x), "3 - x");
    GIVES(add(T, muli(T, T->x, 4), muli(T, T->y, 4)), "(x + y)*4");
    GIVES(sub(T, muli(T, T->x, 4), muli(T, T->y, 4)), "(x - y)*4");
    GIVES(sub(T, min2(T, addi(T, T->x, 1), addi(T, T->y, 1)), min2(T, T->x, T->y)), "1");
    GIVES(sub(T, max2(T, addi(T, T->x, 3), T->y), max2(T, addi(T, T->y, -2), addi(T, T->x, 1))),
          "2");
    GIVES(ir_mul(T->c, muli(T, T->x, 2), muli(T, T->y, 3)), "x*y*6");
    GIVES(sub(T, ir_mul(T->c, T->x, T->y), ir_mul(T->c, T->y, T->x)), "0");
    GIVES(add(T, muli(T, divi(T, T->x, 8), 8), modi(T, T->x, 8)), "x");
}

static void wrapping_types_keep_their_order(void **state)
{
    fixture *T = *state;
    const ir *u1 = ir_addi(T->c, T->u, 1);
    GIVES(sub(T, u1, T->u), "1");
    GIVES(ir_lt(T->c, T->u, u1), "u < u + 1"); /* false for 255 */
    GIVES(ir_max(T->c, T->u, u1), "max(u, u + 1)");
    GIVES(ir_le(T->c, T->u, ir_int(T->c, T_U8, 255)), "true");
}

/* The count of a shift may have another type than what is shifted. */
static void shifts(void **state)
{
    fixture *T = *state;
    const ir *zero = ir_int(T->c, T_U8, 0);
    assert_ptr_equal(simplify(T->c, ir_bin(T->c, IR_SHL, zero, T->x), NULL), zero);
    assert_ptr_equal(simplify(T->c, ir_bin(T->c, IR_SHR, T->u, ir_i32(T->c, 0)), NULL), T->u);
}

static void quotients(void **state)
{
    fixture *T = *state;
    GIVES(divi(T, add(T, muli(T, T->x, 8), T->y), 8), "x + y/8");
    GIVES(modi(T, add(T, muli(T, T->x, 8), T->y), 8), "y%8");
    GIVES(divi(T, addi(T, T->x, 19), 8), "(x + 3)/8 + 2");
    GIVES(divi(T, muli(T, T->x, 4), 8), "x/2");
    GIVES(divi(T, divi(T, T->x, 4), 2), "x/8");
    GIVES(modi(T, muli(T, T->x, 4), 8), "x%2*4");
    GIVES(divi(T, T->x, 1), "x");
    GIVES(divi(T, T->x, 0), "0");
    GIVES(modi(T, T->x, 0), "x");
    GIVES(divi(T, T->x, -4), "-(x/4)");
    facts *F = facts_new(T->c, NULL);
    facts_range(F, T->sy, num(T, 0), num(T, 7));
    facts_align(F, T->sz, 8, 3);
    GIVES_UNDER(F, divi(T, add(T, muli(T, T->x, 8), T->y), 8), "x");
    GIVES_UNDER(F, modi(T, add(T, muli(T, T->x, 8), T->y), 8), "y");
    GIVES_UNDER(F, modi(T, T->z, 4), "3");
}

static void extremes(void **state)
{
    fixture *T = *state;
    GIVES(max2(T, addi(T, T->x, 3), T->x), "x + 3");
    GIVES(min2(T, min2(T, T->x, T->y), addi(T, T->x, 2)), "min(x, y)");
    GIVES(max2(T, max2(T, addi(T, T->x, 3), T->y), addi(T, T->x, 5)), "max(y, x + 5)");
    GIVES(min2(T, add(T, T->x, T->y), add(T, T->x, T->z)), "x + min(y, z)");
    GIVES(min2(T, min2(T, T->x, num(T, 9)), num(T, 4)), "min(x, 4)");
    GIVES(max2(T, min2(T, T->x, num(T, 4)), num(T, 9)), "9");
    GIVES(max2(T, T->x, min2(T, T->x, T->y)), "x");
    GIVES(min2(T, T->f->type.bits ? T->x : T->y, T->x), "x");
}

static void comparisons(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    GIVES(ir_lt(c, T->x, addi(T, T->x, 1)), "true");
    GIVES(ir_le(c, addi(T, T->x, 3), addi(T, T->y, 5)), "x <= y + 2");
    GIVES(ir_lt(c, addi(T, T->x, 3), addi(T, T->y, 3)), "x < y");
    GIVES(ir_le(c, muli(T, T->x, 8), num(T, 15)), "x <= 1");
    GIVES(ir_eq(c, muli(T, T->x, 2), addi(T, muli(T, T->y, 2), 1)), "false");
    GIVES(ir_eq(c, addi(T, T->x, 1), num(T, 4)), "x == 3");
    GIVES(ir_not(c, ir_lt(c, T->x, T->y)), "y <= x");
    GIVES(ir_not(c, ir_lt(c, T->f, ir_float(c, T_F32, 1))), "!(f < 1.0)"); /* NaN */
    GIVES(ir_le(c, min2(T, T->x, T->y), T->x), "true");
    GIVES(ir_lt(c, max2(T, T->x, T->y), T->y), "false");
    GIVES(ir_likely(c, ir_lt(c, T->x, addi(T, T->x, 1))), "true");
    GIVES(ir_and(c, ir_lt(c, T->x, num(T, 5)), ir_lt(c, T->x, num(T, 3))), "x <= 2");
    GIVES(ir_or(c, ir_lt(c, T->x, num(T, 5)), ir_le(c, num(T, 5), T->x)), "true");
    GIVES(ir_and(c, T->p, ir_not(c, T->p)), "false");
}

static void choices(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    GIVES(ir_select(c, T->p, T->x, T->x), "x");
    GIVES(ir_select(c, ir_not(c, T->p), T->x, T->y), "select(p, y, x)");
    GIVES(ir_select(c, ir_lt(c, T->x, addi(T, T->x, 1)), T->x, T->y), "x");
}

static void casts(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    const ir *wide = ir_cast(c, T_I64, addi(T, add(T, muli(T, T->x, 4), T->y), 3));
    const ir *by_hand =
        ir_add(c, ir_add(c, ir_muli(c, ir_cast(c, T_I64, T->x), 4), ir_cast(c, T_I64, T->y)),
               ir_i64(c, 3));
    assert_ptr_equal(simplify(c, wide, NULL), simplify(c, by_hand, NULL));
    assert_ptr_equal(simplify(c, ir_cast(c, T_U8, ir_cast(c, T_I32, T->u)), NULL), T->u);
    assert_ptr_equal(simplify(c, ir_cast(c, T_I64, ir_cast(c, T_I32, T->u)), NULL),
                     ir_cast(c, T_I64, T->u));
}

static void vectors(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    const ir *ramp = ir_ramp(c, T->x, num(T, 1), 8), *y8 = ir_broadcast(c, T->y, 8);
    assert_ptr_equal(simplify(c, ir_add(c, ramp, y8), NULL),
                     ir_ramp(c, add(T, T->x, T->y), num(T, 1), 8));
    assert_ptr_equal(simplify(c, ir_muli(c, ramp, 3), NULL),
                     ir_ramp(c, muli(T, T->x, 3), num(T, 3), 8));
    assert_ptr_equal(simplify(c, ir_min(c, ir_broadcast(c, T->x, 8), y8), NULL),
                     ir_broadcast(c, min2(T, T->x, T->y), 8));
    const ir *zero = ir_ramp(c, num(T, 0), num(T, 1), 8);
    assert_true(ir_is_true(simplify(c, ir_lt(c, zero, ir_int(c, type_lanes(T_I32, 8), 8)), NULL)));
    assert_true(ir_is_false(simplify(c, ir_lt(c, zero, ir_int(c, type_lanes(T_I32, 8), 0)), NULL)));
    assert_false(ir_is_true(simplify(c, ir_lt(c, zero, ir_int(c, type_lanes(T_I32, 8), 7)), NULL)));
    facts *F = facts_new(c, NULL);
    facts_range(F, T->sx, num(T, 0), addi(T, T->n, -8));
    /* quotients and remainders of ramps from a multiple, or next to one */
    const ir *from = ir_ramp(c, muli(T, T->x, 8), num(T, 1), 16), *eight = ir_broadcast(c, num(T, 8), 16);
    const ir *pairs = ir_ramp(c, ir_broadcast(c, T->x, 8), ir_broadcast(c, num(T, 1), 8), 2);
    assert_ptr_equal(simplify(c, ir_div(c, from, eight), NULL), pairs);
    assert_ptr_equal(simplify(c, ir_mod(c, from, eight), NULL), ir_broadcast(c, ir_ramp(c, num(T, 0), num(T, 1), 8), 2));
    from = ir_ramp(c, add(T, muli(T, T->x, 8), num(T, 4)), num(T, 1), 4);
    eight = ir_broadcast(c, num(T, 8), 4);
    assert_ptr_equal(simplify(c, ir_div(c, from, eight), NULL), ir_broadcast(c, T->x, 4));
    assert_ptr_equal(simplify(c, ir_mod(c, from, eight), NULL), ir_ramp(c, num(T, 4), num(T, 1), 4));
    from = ir_ramp(c, T->x, num(T, 1), 4);
    assert_int_equal(simplify(c, ir_div(c, from, eight), NULL)->op, IR_DIV);
    assert_true(can_prove(c, ir_lt(c, ramp, ir_broadcast(c, T->n, 8)), F));
}

static void proofs(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    facts *F = facts_new(c, NULL);
    facts_range(F, T->sx, num(T, 0), addi(T, T->n, -1));
    assert_true(can_prove(c, ir_lt(c, T->x, T->n), F));
    assert_true(can_prove(c, ir_le(c, num(T, 1), T->n), F));
    assert_false(can_prove(c, ir_lt(c, addi(T, T->x, 1), T->n), F));
    assert_true(can_prove(c, ir_lt(c, min2(T, addi(T, T->x, 5), addi(T, T->n, -1)), T->n), F));
    assert_true(can_prove(c, ir_le(c, divi(T, T->x, 8), divi(T, addi(T, T->n, -1), 8)), F));
    assert_true(can_prove(c, ir_le(c, muli(T, divi(T, T->x, 8), 8), T->x), F));
    assert_true(can_prove(c, ir_le(c, modi(T, T->x, 8), T->x), F));
    assert_true(can_prove(c, ir_le(c, T->y, max2(T, T->y, T->z)), F));
    assert_false(can_prove(c, ir_lt(c, T->y, max2(T, T->y, T->z)), F));
    facts *G = facts_new(c, F);
    facts_assume(G, ir_lt(c, add(T, T->x, T->y), T->z));
    assert_true(can_prove(c, ir_lt(c, T->y, T->z), G));
    assert_false(can_prove(c, ir_lt(c, T->y, T->z), F));
    GIVES_UNDER(G, ir_lt(c, add(T, T->x, T->y), T->z), "true");
    facts *H = facts_new(c, NULL);
    facts_assume(H, T->p);
    GIVES_UNDER(H, ir_select(c, T->p, T->x, T->y), "x");
    GIVES_UNDER(H, ir_not(c, T->p), "false");
}

static void ranges(void **state)
{
    fixture *T = *state;
    facts *F = facts_new(T->c, NULL);
    facts_range(F, T->sx, num(T, 0), num(T, 7));
    const_range r = range_of(T->c, addi(T, add(T, T->x, muli(T, T->y, 8)), 1), F);
    assert_false(r.has_lo || r.has_hi);
    r = range_of(T->c, addi(T, muli(T, T->x, 4), 3), F);
    assert_true(r.has_lo && r.has_hi);
    assert_int_equal(r.lo, 3);
    assert_int_equal(r.hi, 31);
    assert_int_equal(r.modulus, 4);
    assert_int_equal(r.remainder, 3);
}

static void lets(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    ir_sym t = ir_sym_new(c, "t", SYM_LET, T_I32, NULL);
    const ir *v = ir_var(c, t);
    GIVES(ir_let(c, t, addi(T, T->x, 1), sub(T, v, T->x)), "1");
    GIVES(ir_let(c, t, ir_mul(c, T->x, T->y), num(T, 3)), "3");
}

static const ir *provide(fixture *T, ir_sym f, const ir *at, const ir *v)
{
    return ir_provide(T->c, f, &at, 1, &v, 1, ir_bool(T->c, true));
}

static void statements(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    ir_sym f = ir_sym_new(c, "f", SYM_FUNC, T_I32, NULL),
           i = ir_sym_new(c, "i", SYM_LOOP, T_I32, NULL);
    const ir *v = ir_var(c, i);
    /* a guard that the loop's range decides goes, its else branch too */
    const ir *guarded = ir_if(c, ir_likely(c, ir_lt(c, v, T->n)), provide(T, f, v, num(T, 1)),
                              provide(T, f, v, num(T, 2)));
    const ir *s = simplify_stmt(c, ir_for(c, i, LOOP_SERIAL, num(T, 0), T->n, guarded), NULL);
    assert_int_equal(s->op, IR_FOR);
    assert_int_equal(for_body(s)->op, IR_PROVIDE);
    assert_true(ir_is_int(provide_values(for_body(s))[0], 1));
    /* no iterations, nothing; one iteration, no loop */
    assert_null(simplify_stmt(c, ir_for(c, i, LOOP_SERIAL, T->x, num(T, 0), guarded), NULL));
    s = simplify_stmt(
        c, ir_for(c, i, LOOP_SERIAL, T->x, num(T, 1), provide(T, f, v, addi(T, v, 1))), NULL);
    assert_int_equal(s->op, IR_PROVIDE);
    assert_ptr_equal(s->arg[0], T->x);
    /* a let nobody needs */
    ir_sym t = ir_sym_new(c, "t", SYM_LET, T_I32, NULL);
    s = simplify_stmt(c, ir_let_stmt(c, t, ir_mul(c, T->x, T->y), provide(T, f, T->x, num(T, 0))),
                      NULL);
    assert_int_equal(s->op, IR_PROVIDE);
    /* a quotient gives up the multiples that a let has, and keeps the let where that leaves more */
    const ir *named = ir_var(c, t);
    s = simplify_stmt(c, ir_let_stmt(c, t, add(T, muli(T, T->x, 2), T->y),
                                     ir_block2(c, provide(T, f, named, divi(T, named, 2)), provide(T, f, named, divi(T, named, 3)))), NULL);
    assert_int_equal(s->op, IR_LET_STMT);
    s = s->arg[1];
    assert_ptr_equal(provide_values(s->arg[0])[0], add(T, T->x, divi(T, T->y, 2)));
    assert_ptr_equal(provide_values(s->arg[1])[0]->op == IR_DIV ? provide_values(s->arg[1])[0]->arg[0] : NULL, named);
    /* a let that stays still tells its range */
    const ir *mod = modi(T, T->x, 8), *tv = ir_var(c, t);
    s = simplify_stmt(
        c,
        ir_let_stmt(c, t, mod,
                    provide(T, f, tv, ir_select(c, ir_lt(c, tv, num(T, 8)), num(T, 1), num(T, 2)))),
        NULL);
    assert_int_equal(s->op, IR_LET_STMT);
    assert_true(ir_is_int(provide_values(s->arg[1])[0], 1));
    /* what an assertion checked is known after it */
    const ir *check = ir_assert(c, ir_le(c, T->x, T->y), 1, "no", NULL, 0);
    s = simplify_stmt(
        c,
        ir_block2(c, check, ir_if(c, ir_lt(c, T->y, T->x), provide(T, f, T->x, num(T, 0)), NULL)),
        NULL);
    assert_int_equal(s->op, IR_ASSERT);
}

/* A sum of many terms takes time linear in their number and no deep recursion. */
static void long_sums(void **state)
{
    fixture *T = *state;
    const ir *e = T->x;
    for (int k = 0; k < 8000; k++) e = add(T, e, modi(T, T->y, k + 2));
    const ir *r = simplify(T->c, sub(T, addi(T, e, 5), e), NULL);
    assert_string_equal(ir_text(T->c, r), "5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(bit_counts),
        cmocka_unit_test(wrapping_types_keep_their_order),
        cmocka_unit_test(shifts),
        cmocka_unit_test(quotients),
        cmocka_unit_test(extremes),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(choices),
        cmocka_unit_test(casts),
        cmocka_unit_test(vectors),
        cmocka_unit_test(proofs),
        cmocka_unit_test(ranges),
        cmocka_unit_test(lets),
        cmocka_unit_test(statements),
        cmocka_unit_test(long_sums),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
