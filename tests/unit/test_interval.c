/* tests/unit/test_interval.c: intervals of expressions, boxes touched by statements, and that both
 * include everything that occurs, tried on random programs.
 */
#include "../../lower/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    cb_context *c;
    ir_sym sx, sy, sn, sm, su, f, g;
    const ir *x, *y, *n, *m, *u;
    interval_env *E; /* x in [0, n - 1], y in [m, m + 7], u in [3, 9] */
} fixture;

static int set_up(void **state)
{
    fixture *T = calloc(1, sizeof *T);
    cb_context *c = T->c = ctx_new(NULL);
    T->sx = ir_sym_new(c, "x", SYM_LOOP, T_I32, NULL);
    T->sy = ir_sym_new(c, "y", SYM_LOOP, T_I32, NULL);
    T->sn = ir_sym_new(c, "n", SYM_PARAM, T_I32, NULL);
    T->sm = ir_sym_new(c, "m", SYM_PARAM, T_I32, NULL);
    T->su = ir_sym_new(c, "u", SYM_LOOP, T_U8, NULL);
    T->f = ir_sym_new(c, "f", SYM_FUNC, T_I32, NULL);
    T->g = ir_sym_new(c, "g", SYM_FUNC, T_I32, NULL);
    T->x = ir_var(c, T->sx);
    T->y = ir_var(c, T->sy);
    T->n = ir_var(c, T->sn);
    T->m = ir_var(c, T->sm);
    T->u = ir_var(c, T->su);
    T->E = interval_env_new(c, NULL, NULL);
    interval_bind(T->E, T->sx, ir_i32(c, 0), ir_addi(c, T->n, -1));
    interval_bind(T->E, T->sy, T->m, ir_addi(c, T->m, 7));
    interval_bind(T->E, T->su, ir_int(c, T_U8, 3), ir_int(c, T_U8, 9));
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

static const char *shown(fixture *T, const ir *e)
{
    return e ? ir_text(T->c, e) : "?";
}

static const char *bounds(fixture *T, interval i)
{
    return arena_printf(T->c->a, "[%s, %s]", shown(T, i.lo), shown(T, i.hi));
}

#define BOUNDS(e, want) assert_string_equal(bounds(T, interval_of(T->E, (e))), (want))

static void arithmetic(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    BOUNDS(T->n, "[n, n]");
    BOUNDS(ir_addi(c, T->x, 3), "[3, n + 2]");
    BOUNDS(ir_sub(c, T->x, T->x), "[0, 0]");
    BOUNDS(ir_sub(c, ir_muli(c, T->y, 2), T->m), "[m, m + 14]");
    BOUNDS(ir_sub(c, T->n, T->x), "[1, n]");
    BOUNDS(ir_div(c, T->y, ir_i32(c, 4)), "[m/4, (m + 7)/4]");
    BOUNDS(ir_mod(c, T->y, ir_i32(c, 4)), "[0, 3]");
    BOUNDS(ir_div(c, T->y, ir_i32(c, -4)), "[-((m + 7)/4), -(m/4)]");
    BOUNDS(ir_min(c, T->x, T->n), "[min(n, 0), n - 1]");
    BOUNDS(ir_max(c, ir_min(c, T->y, ir_i32(c, 9)), ir_i32(c, 0)),
           "[max(min(m, 9), 0), max(min(m + 7, 9), 0)]");
    BOUNDS(ir_mul(c, ir_mod(c, T->x, ir_i32(c, 3)), ir_mod(c, T->y, ir_i32(c, 5))), "[0, 8]");
    BOUNDS(ir_select(c, ir_lt(c, T->n, T->m), T->n, T->m), "[min(n, m), min(n, m)]");
    BOUNDS(ir_select(c, ir_lt(c, T->x, T->m), ir_i32(c, 1), T->n), "[min(n, 1), max(n, 1)]");
    BOUNDS(ir_likely(c, ir_addi(c, T->x, 1)), "[1, n]");
    BOUNDS(ir_promise(c, T->x, ir_i32(c, 2), ir_i32(c, 5)), "[2, min(n - 1, 5)]");
}

static void small_types(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    BOUNDS(ir_addi(c, T->u, 1), "[4, 10]");
    BOUNDS(ir_addi(c, T->u, 250), "[0, 255]"); /* may wrap */
    BOUNDS(ir_cast(c, T_I32, T->u), "[3, 9]");
    BOUNDS(ir_cast(c, T_U8, T->x), "[0, 255]");
    const ir *load = ir_call(c, T->g, 0, T_U8, &T->x, 1);
    BOUNDS(ir_cast(c, T_I32, load), "[0, 255]");
    BOUNDS(ir_call(c, T->g, 0, T_I32, &T->x, 1), "[?, ?]");
    /* a float may be NaN, which converts to 0 */
    const ir *f = ir_call(c, T->g, 0, T_F32, &T->x, 1);
    const ir *clamped = ir_max(c, ir_min(c, f, ir_float(c, T_F32, 9)), ir_float(c, T_F32, 5));
    BOUNDS(ir_cast(c, T_I32, clamped), "[0, 9]");
    BOUNDS(ir_max(c, ir_min(c, ir_cast(c, T_I32, f), ir_i32(c, 255)), ir_i32(c, 0)), "[0, 255]");
}

static const char *box_text(fixture *T, const box *b)
{
    text t;
    text_init(&t, T->c->a);
    if (b->empty) return "empty";
    for (uint32_t d = 0; d < b->rank; d++)
        text_printf(&t, "%s%s", d ? " " : "", bounds(T, b->dim[d]));
    return text_str(&t);
}

static const ir *call1(fixture *T, const ir *at) { return ir_call(T->c, T->f, 0, T_I32, &at, 1); }

static const ir *provide1(fixture *T, const ir *at, const ir *v)
{
    return ir_provide(T->c, T->g, &at, 1, &v, 1, ir_bool(T->c, true));
}

#define READS(s, want)                                                                             \
    assert_string_equal(                                                                           \
        box_text(T, boxes_touched(interval_env_new(T->c, NULL, NULL), (s), T->f, 1, true, false)), \
        (want))
#define WRITES(s, want)                                                                            \
    assert_string_equal(                                                                           \
        box_text(T, boxes_touched(interval_env_new(T->c, NULL, NULL), (s), T->g, 1, false, true)), \
        (want))

static void loops(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    const ir *at = ir_addi(c, T->x, 1),
             *body = provide1(T, T->x, ir_add(c, call1(T, ir_addi(c, T->x, -1)), call1(T, at)));
    const ir *s = ir_for(c, T->sx, LOOP_SERIAL, T->m, T->n, body);
    READS(s, "[m - 1, n + m]");
    WRITES(s, "[m, n + m - 1]");
    box *b = boxes_touched(interval_env_new(c, NULL, NULL), s, T->f, 1, true, false);
    assert_ptr_equal(b->dim[0].lo_from.access, call1(T, ir_addi(c, T->x, -1)));
    assert_ptr_equal(b->dim[0].hi_from.access, call1(T, at));
    READS(provide1(T, T->n, T->m), "empty");
}

/* x = xo*8 + xi with a guard: the let, the sum itself and the guard in one loop are all seen
 * through. */
static void split_loops(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    ir_sym xo = ir_sym_new(c, "xo", SYM_LOOP, T_I32, NULL),
           xi = ir_sym_new(c, "xi", SYM_LOOP, T_I32, NULL);
    const ir *sum = ir_add(c, ir_muli(c, ir_var(c, xo), 8), ir_var(c, xi));
    const ir *tiles = ir_div(c, ir_addi(c, T->n, 7), ir_i32(c, 8));
    const ir *body = provide1(T, T->x, call1(T, ir_addi(c, T->x, 2)));
    const ir *guarded = ir_if(c, ir_likely(c, ir_lt(c, T->x, T->n)), body, NULL);
    const ir *s = ir_let_stmt(c, T->sx, sum, guarded);
    s = ir_for(c, xo, LOOP_SERIAL, ir_i32(c, 0), tiles,
               ir_for(c, xi, LOOP_VECTOR, ir_i32(c, 0), ir_i32(c, 8), s));
    WRITES(s, "[0, n - 1]");
    READS(s, "[2, n + 1]");
    /* guard on the inner loop alone */
    const ir *inner = ir_if(c, ir_lt(c, ir_var(c, xi), ir_i32(c, 5)),
                            provide1(T, ir_var(c, xi), call1(T, ir_var(c, xi))), NULL);
    WRITES(ir_for(c, xi, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 8), inner), "[0, 4]");
    /* else: the opposite holds */
    inner = ir_if(c, ir_lt(c, ir_var(c, xi), ir_i32(c, 5)), provide1(T, T->n, T->n),
                  provide1(T, ir_var(c, xi), T->n));
    READS(inner, "empty");
    inner = ir_if(c, ir_lt(c, ir_var(c, xi), ir_i32(c, 5)),
                  ir_stmt(c, IR_EVALUATE, &(ir_info){0}, (const ir *[]){T->n}, 1),
                  provide1(T, ir_var(c, xi), T->n));
    WRITES(ir_for(c, xi, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 8), inner), "[5, 7]");
}

/* A let read from memory has an interval; a guard clamps it. */
static void guarded_lets(void **state)
{
    fixture *T = *state;
    cb_context *c = T->c;
    ir_sym t = ir_sym_new(c, "t", SYM_LET, T_I32, NULL);
    const ir *v = ir_var(c, t), *load = ir_call(c, T->g, 0, T_I32, &T->n, 1);
    const ir *cond = ir_and(c, ir_le(c, ir_i32(c, 0), v), ir_lt(c, v, T->m));
    const ir *s = ir_let_stmt(c, t, load,
                              ir_if(c, cond, provide1(T, T->n, call1(T, ir_muli(c, v, 2))), NULL));
    READS(s, "[0, m*2 - 2]");
    s = ir_let_stmt(c, t, load, provide1(T, T->n, call1(T, v)));
    READS(s, "[?, ?]");
}

/* ---- everything that happens lies inside ----------------------------------------------------- */

static uint64_t seed = 7;
static uint64_t random_bits(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return seed >> 24;
}

static const ir *random_index(cb_context *c, const ir *const *leaf, unsigned n, int depth)
{
    uint64_t r = random_bits();
    if (depth == 0 || r % 6 == 0)
        return r & 64 ? leaf[(r >> 8) % n] : ir_i32(c, (int64_t)(r >> 8) % 13 - 4);
    const ir *a = random_index(c, leaf, n, depth - 1), *b = random_index(c, leaf, n, depth - 1);
    const ir *k = ir_i32(c, (int64_t)(r >> 12) % 9 - 2);
    switch ((r >> 8) % 10) {
    case 0: return ir_min(c, a, b);
    case 1: return ir_max(c, a, b);
    case 2: return ir_mul(c, a, k);
    case 3: return ir_div(c, a, k);
    case 4: return ir_mod(c, a, k);
    case 5: return ir_select(c, ir_lt(c, a, b), a, ir_add(c, b, k));
    case 6: return ir_mul(c, a, b);
    case 7: return ir_mod(c, a, b);
    case 8: return ir_div(c, a, b);
    default: return r >> 30 & 1 ? ir_sub(c, a, b) : ir_add(c, a, b);
    }
}

typedef struct values {
    ir_sym sym[4];
    int64_t v[4];
} values;

static bool value_in(void *env, ir_sym s, ir_value *out)
{
    values *V = env;
    for (int i = 0; i < 4; i++)
        if (V->sym[i] == s) {
            out->i = V->v[i];
            return true;
        }
    return false;
}

static int64_t eval(cb_context *c, const ir *e, values *V, bool *overflow)
{
    ir_value v = {0};
    assert_true(ir_eval(c, e, value_in, V, &v, overflow));
    return v.i;
}

static void random_inclusion(void **state)
{
    (void)state;
    for (int round = 0; round < 4000; round++) {
        cb_context *c = ctx_new(NULL);
        values V;
        const ir *leaf[4];
        for (int i = 0; i < 4; i++) { /* x, y move; n, m are points */
            V.sym[i] = ir_sym_new(c, "v", SYM_PARAM, T_I32, NULL);
            leaf[i] = ir_var(c, V.sym[i]);
        }
        interval_env *E = interval_env_new(c, NULL, NULL);
        const ir *last_x = ir_addi(c, leaf[2], 4), *last_y = ir_addi(c, leaf[3], 3);
        interval_bind(E, V.sym[0], leaf[2], last_x);
        interval_bind(E, V.sym[1], ir_i32(c, 0), last_y);
        const ir *e = random_index(c, leaf, 4, 4);
        interval i = interval_of(E, e);
        for (int k = 0; k < 60; k++) {
            V.v[2] = (int64_t)(random_bits() % 31) - 15;
            V.v[3] = (int64_t)(random_bits() % 12) - 3;
            V.v[0] = V.v[2] + (int64_t)(random_bits() % 5);
            V.v[1] = (int64_t)(random_bits() % (uint64_t)(V.v[3] + 4));
            bool over = false, over_b = false;
            int64_t v = eval(c, e, &V, &over);
            int64_t lo = i.lo ? eval(c, i.lo, &V, &over_b) : v,
                    hi = i.hi ? eval(c, i.hi, &V, &over_b) : v;
            if (over || over_b || (lo <= v && v <= hi)) continue;
            print_error("%s in [%s, %s]: %lld in [%lld, %lld], x %lld y %lld n %lld m %lld\n",
                        ir_text(c, e), i.lo ? ir_text(c, i.lo) : "?", i.hi ? ir_text(c, i.hi) : "?",
                        (long long)v, (long long)lo, (long long)hi, (long long)V.v[0],
                        (long long)V.v[1], (long long)V.v[2], (long long)V.v[3]);
            fail_msg("outside its interval");
        }
        ctx_free(c);
    }
}

/* for a in [0, m): for b in [n, n + 4): let t = (value): if (guard): g(n) = f(coordinate), all of
 * it run. */
static void random_boxes(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        cb_context *c = ctx_new(NULL);
        values V;
        const ir *leaf[5], *zero = ir_i32(c, 0);
        for (int i = 0; i < 4; i++) { /* loops a, b; parameters n, m */
            V.sym[i] = ir_sym_new(c, "v", i < 2 ? SYM_LOOP : SYM_PARAM, T_I32, NULL);
            leaf[i] = ir_var(c, V.sym[i]);
        }
        ir_sym t = ir_sym_new(c, "t", SYM_LET, T_I32, NULL),
               f = ir_sym_new(c, "f", SYM_FUNC, T_I32, NULL);
        leaf[4] = ir_var(c, t);
        const ir *value = random_index(c, leaf, 4, random_bits() % 2 ? 1 : 3);
        const ir *left = random_bits() % 2 ? leaf[4] : random_index(c, leaf, 5, 1);
        const ir *cond = ir_likely(c, ir_lt(c, left, random_index(c, leaf, 5, 1)));
        if (random_bits() % 2)
            cond = ir_and(c, cond, ir_le(c, random_index(c, leaf, 5, 1), leaf[random_bits() % 5]));
        const ir *coord = random_bits() % 2 ? ir_addi(c, leaf[4], 1) : random_index(c, leaf, 5, 2);
        const ir *call = ir_call(c, f, 0, T_I32, &coord, 1),
                 *idle = ir_stmt(c, IR_EVALUATE, &(ir_info){0}, &zero, 1);
        const ir *s = ir_provide(c, V.sym[3], &zero, 1, &call, 1, ir_bool(c, true));
        bool negated = random_bits() % 4 == 0;
        s = negated ? ir_if(c, cond, idle, s) : ir_if(c, cond, s, NULL);
        s = ir_let_stmt(c, t, value, s);
        s = ir_for(c, V.sym[1], LOOP_SERIAL, leaf[2], ir_i32(c, 4), s);
        s = ir_for(c, V.sym[0], LOOP_SERIAL, zero, leaf[3], s);
        box *b = boxes_touched(interval_env_new(c, NULL, NULL), s, f, 1, true, false);
        interval i = b->dim[0];
        coord = ir_substitute1(c, coord, t, value);
        cond = ir_substitute1(c, cond, t, value);
        for (int k = 0; k < 12; k++) {
            V.v[2] = (int64_t)(random_bits() % 21) - 10;
            V.v[3] = (int64_t)(random_bits() % 8);
            for (V.v[0] = 0; V.v[0] < V.v[3]; V.v[0]++)
                for (V.v[1] = V.v[2]; V.v[1] < V.v[2] + 4; V.v[1]++) {
                    bool over = false;
                    int64_t holds = eval(c, cond, &V, &over), at = eval(c, coord, &V, &over);
                    if (over || (holds != 0) == negated) continue;
                    int64_t lo = i.lo ? eval(c, i.lo, &V, &over) : at,
                            hi = i.hi ? eval(c, i.hi, &V, &over) : at;
                    if (lo <= at && at <= hi) continue;
                    text out;
                    text_init(&out, c->a);
                    ir_print(c, &out, s);
                    print_error("%s\n touches %lld, box [%s, %s] is [%lld, %lld]\n", text_str(&out),
                                (long long)at, i.lo ? ir_text(c, i.lo) : "?",
                                i.hi ? ir_text(c, i.hi) : "?", (long long)lo, (long long)hi);
                    fail_msg("outside its box");
                }
        }
        ctx_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic),   cmocka_unit_test(small_types),
        cmocka_unit_test(loops),        cmocka_unit_test(split_loops),
        cmocka_unit_test(guarded_lets), cmocka_unit_test(random_inclusion),
        cmocka_unit_test(random_boxes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
