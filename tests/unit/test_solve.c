/* tests/unit/test_solve.c: solved conditions hold inside their interval (and, when linear, only
 * there), and how expressions move with a symbol.
 */
#include "../../lower/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct fixture {
    cb_context *c;
    ir_sym sx, sy, sn;
    const ir *x, *y, *n;
} fixture;

static int set_up(void **state)
{
    fixture *T = calloc(1, sizeof *T);
    cb_context *c = T->c = ctx_new(NULL);
    T->sx = ir_sym_new(c, "x", SYM_LOOP, T_I32, NULL);
    T->sy = ir_sym_new(c, "y", SYM_LOOP, T_I32, NULL);
    T->sn = ir_sym_new(c, "n", SYM_PARAM, T_I32, NULL);
    T->x = ir_var(c, T->sx);
    T->y = ir_var(c, T->sy);
    T->n = ir_var(c, T->sn);
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

static const char *solution(fixture *T, const ir *cond, const facts *f)
{
    const ir *lo, *hi;
    if (!solve_for(T->c, cond, T->sx, f, &lo, &hi)) return "none";
    const char *a = lo ? ir_text(T->c, lo) : "?";
    return arena_printf(T->c->a, "[%s, %s]", a, hi ? ir_text(T->c, hi) : "?");
}

#define SOLVED(cond, want) assert_string_equal(solution(T, (cond), NULL), (want))

static void conditions(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    const ir *x = T->x, *y = T->y, *n = T->n;
    SOLVED(ir_lt(c, x, n), "[?, n - 1]");
    SOLVED(ir_likely(c, ir_le(c, ir_addi(c, ir_muli(c, x, 3), 1), n)), "[?, (n - 1)/3]");
    SOLVED(ir_le(c, n, ir_muli(c, x, 3)), "[-((-n)/3), ?]");
    SOLVED(ir_and(c, ir_le(c, ir_i32(c, 0), x), ir_lt(c, x, n)), "[0, n - 1]");
    SOLVED(ir_eq(c, x, n), "[n, n]");
    SOLVED(ir_lt(c, y, n), "none");
    SOLVED(ir_and(c, ir_lt(c, x, n), ir_lt(c, y, n)), "none");
    SOLVED(ir_or(c, ir_lt(c, x, n), ir_lt(c, y, n)), "none");
    SOLVED(ir_lt(c, ir_min(c, x, y), n), "[?, n - 1]");
    SOLVED(ir_lt(c, ir_max(c, x, y), n), "none");
    SOLVED(ir_lt(c, ir_max(c, x, ir_addi(c, x, -3)), n), "[?, n - 1]");
    SOLVED(ir_lt(c, n, ir_max(c, x, y)), "[n + 1, ?]");
    SOLVED(ir_le(c, ir_div(c, x, ir_i32(c, 8)), n), "[?, n*8 + 7]");
    SOLVED(ir_lt(c, n, ir_div(c, x, ir_i32(c, 8))), "[n*8 + 8, ?]");
    SOLVED(ir_lt(c, ir_mod(c, x, ir_i32(c, 8)), n), "none");
    SOLVED(ir_lt(c, ir_cast(c, T_I64, x), ir_cast(c, T_I64, n)), "[?, n - 1]");
    facts *F = facts_new(c, NULL);
    facts_assume(F, ir_lt(c, y, n));
    assert_string_equal(solution(T, ir_lt(c, ir_max(c, x, y), n), F), "[?, n - 1]");
}

static void movement(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    const ir *x = T->x, *y = T->y;
#define MOVES(e, m) assert_int_equal(monotone_in(c, (e), T->sx, NULL), (m))
    MOVES(y, MONO_CONSTANT);
    MOVES(ir_add(c, ir_muli(c, x, 3), y), MONO_INCREASING);
    MOVES(ir_sub(c, y, x), MONO_DECREASING);
    MOVES(ir_sub(c, x, x), MONO_CONSTANT);
    MOVES(ir_muli(c, x, -2), MONO_DECREASING);
    MOVES(ir_mul(c, x, y), MONO_UNKNOWN);
    MOVES(ir_div(c, x, ir_i32(c, 4)), MONO_INCREASING);
    MOVES(ir_mod(c, x, ir_i32(c, 4)), MONO_UNKNOWN);
    MOVES(ir_max(c, ir_min(c, ir_addi(c, x, -1), y), ir_i32(c, 0)), MONO_INCREASING);
    MOVES(ir_min(c, x, ir_sub(c, y, x)), MONO_UNKNOWN);
    MOVES(ir_select(c, ir_lt(c, y, ir_i32(c, 3)), x, ir_addi(c, x, 1)), MONO_INCREASING);
    MOVES(ir_lt(c, x, y), MONO_DECREASING);
    MOVES(ir_cast(c, T_I64, x), MONO_INCREASING);
    MOVES(ir_cast(c, T_U8, x), MONO_UNKNOWN);
    facts *F = facts_new(c, NULL);
    facts_range(F, T->sy, ir_i32(c, 0), NULL);
    assert_int_equal(monotone_in(c, ir_mul(c, x, y), T->sx, F), MONO_INCREASING);
}

/* ---- random conditions ----------------------------------------------------------------------- */

static uint64_t seed = 3;
static uint64_t random_bits(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return seed >> 24;
}

static const ir *random_index(fixture *T, int depth)
{
    cb_context *c = T->c;
    const ir *leaf[3] = {T->x, T->y, T->n};
    uint64_t r = random_bits();
    if (depth == 0) return r & 3 ? leaf[(r >> 8) % 3] : ir_i32(c, (int64_t)(r >> 8) % 9 - 4);
    const ir *a = random_index(T, depth - 1), *b = random_index(T, depth - 1);
    switch ((r >> 8) % 6) {
    case 0: return ir_min(c, a, b);
    case 1: return ir_max(c, a, b);
    case 2: return ir_muli(c, a, (int64_t)(r >> 16) % 7 - 3);
    case 3: return ir_div(c, a, ir_i32(c, (int64_t)(r >> 16) % 5 + 1));
    case 4: return ir_sub(c, a, b);
    default: return ir_add(c, a, b);
    }
}

static const ir *random_cond(fixture *T, int depth)
{
    uint64_t r = random_bits();
    if (depth && r % 3 == 0) {
        const ir *a = random_cond(T, depth - 1), *b = random_cond(T, depth - 1);
        return r & 64 ? ir_and(T->c, a, b) : ir_or(T->c, a, b);
    }
    static const ir_op ops[] = {IR_LT, IR_LE, IR_LT, IR_EQ, IR_NE};
    return ir_bin(T->c, ops[(r >> 8) % 5], random_index(T, 2), random_index(T, 2));
}

static bool value_in(void *env, ir_sym s, ir_value *out)
{
    const int64_t *v = env;
    out->i = v[s];
    return true;
}

static void random_conditions(void **state)
{
    fixture *T = *state;
    int solved = 0;
    for (int round = 0; round < 4000; round++) {
        const ir *cond = random_cond(T, 2), *lo, *hi;
        if (!solve_for(T->c, cond, T->sx, NULL, &lo, &hi)) continue;
        solved++;
        for (int k = 0; k < 30; k++) {
            int64_t v[16] = {0};
            bool over = false;
            ir_value a = {.i = -1000}, b = {.i = 1000}, holds;
            v[T->sx] = (int64_t)(random_bits() % 41) - 20;
            v[T->sy] = (int64_t)(random_bits() % 41) - 20;
            v[T->sn] = (int64_t)(random_bits() % 41) - 20;
            if (lo) assert_true(ir_eval(T->c, lo, value_in, v, &a, &over));
            if (hi) assert_true(ir_eval(T->c, hi, value_in, v, &b, &over));
            assert_true(ir_eval(T->c, cond, value_in, v, &holds, &over));
            if (over || v[T->sx] < a.i || v[T->sx] > b.i || holds.i) continue;
            print_error("%s: %s, but x %d y %d n %d\n", ir_text(T->c, cond),
                        solution(T, cond, NULL), (int)v[T->sx], (int)v[T->sy], (int)v[T->sn]);
            fail_msg("false inside its solution");
        }
    }
    assert_true(solved > 400);
}

/* One linear comparison: outside the interval it is false. */
static void linear_is_exact(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    for (int coef = -5; coef <= 5; coef++)
        for (int k = -7; k <= 7; k++) {
            const ir *cond = ir_le(c, ir_addi(c, ir_muli(c, T->x, coef), k), T->n), *lo, *hi;
            if (!solve_for(c, cond, T->sx, NULL, &lo, &hi)) {
                assert_int_equal(coef, 0);
                continue;
            }
            for (int x = -6; x <= 6; x++)
                for (int n = -9; n <= 9; n++) {
                    int64_t v[16] = {0};
                    bool over = false;
                    ir_value a = {.i = -1000}, b = {.i = 1000};
                    v[T->sx] = x;
                    v[T->sn] = n;
                    if (lo) assert_true(ir_eval(c, lo, value_in, v, &a, &over));
                    if (hi) assert_true(ir_eval(c, hi, value_in, v, &b, &over));
                    assert_int_equal(x >= a.i && x <= b.i, coef * x + k <= n);
                }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),
        cmocka_unit_test(movement),
        cmocka_unit_test(random_conditions),
        cmocka_unit_test(linear_is_exact),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
