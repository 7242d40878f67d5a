/* tests/unit/test_rules.c: both sides of every rule of simplify.rules have one value, for random
 * operands of every type of the rule's class, as scalars and as vectors, none left out; the engine uses the
 * rule soundly; and wrong rules planted here, on every type, are noticed.
 */
#include "../../lower/lower.h"
#include "../../lower/rules.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NAMES = 12, LANES = 4 };

typedef struct rule_values {
    unsigned lanes;
    const ir *expr[NAMES];
    int64_t number[NAMES];
    cb_type type[NAMES];
} rule_values;

typedef struct rule_row {
    int line;
    const char *text;
    bool (*applies)(cb_type t);
    int nnames;
    const char *kinds; /* a letter per name, see mkrules.c */
    const ir *(*lhs)(cb_context *c, const rule_values *v);
    const ir *(*rhs)(cb_context *c, const rule_values *v);
    bool (*cond)(const rule_values *v);
} rule_row;

#define RULE_BIN(op, a, b) ir_bin(c, op, a, b)
#define RULE_UN(op, a) ir_un(c, op, a)
#define RULE_SELECT(a, b, d) ir_select(c, a, b, d)
#define RULE_CAST(t, a) ir_cast(c, t, a)
#define RULE_BROADCAST(a, n) ir_broadcast(c, a, (unsigned)(n))
#define RULE_RAMP(a, b, n) ir_ramp(c, a, b, (unsigned)(n))
#define RULE_NUMBER(t, v) ir_const(c, t, (double)(v))
#define RULES_TABLE
#include "simplify_rules.inc"

/* ---- values of vectors, lane by lane --------------------------------------------------------- */

typedef struct assignment {
    ir_value value[NAMES][LANES];
    ir_sym sym[NAMES];
    int n;
} assignment;

static ir_value eval_lane(const assignment *A, const ir *e, unsigned lane, bool *overflow)
{
    ir_value v = {0}, arg[3];
    cb_type type[3];
    if (e->op == IR_VAR) {
        for (int i = 0; i < A->n; i++)
            if (A->sym[i] == e->u.sym) return A->value[i][lane];
        fail_msg("a symbol without a value");
    }
    if (e->op == IR_INT || e->op == IR_FLOAT) {
        v.i = e->u.i;
        if (e->op == IR_FLOAT) v.f = e->u.f;
        return v;
    }
    if (e->op == IR_BROADCAST)
        return eval_lane(A, e->arg[0], lane % e->arg[0]->type.lanes, overflow);
    if (e->op == IR_RAMP) { /* base + step*stride */
        unsigned base = e->arg[0]->type.lanes;
        cb_type t = type_scalar(e->type), two[2] = {t, t};
        ir_value step = {.i = lane / base},
                 both[2] = {step, eval_lane(A, e->arg[1], lane % base, overflow)}, p;
        assert_true(value_eval(IR_MUL, t, two, both, &p, overflow));
        both[0] = eval_lane(A, e->arg[0], lane % base, overflow);
        both[1] = p;
        assert_true(value_eval(IR_ADD, t, two, both, &v, overflow));
        return v;
    }
    for (uint32_t i = 0; i < e->nargs; i++) {
        type[i] = type_scalar(e->arg[i]->type);
        arg[i] = eval_lane(A, e->arg[i], lane, overflow);
    }
    assert_true(value_eval((ir_op)e->op, type_scalar(e->type), type, arg, &v, overflow));
    return v;
}

static bool same_value(cb_type t, ir_value a, ir_value b)
{
    if (!type_is_float(t)) return a.i == b.i;
    return a.f == b.f || (isnan(a.f) && isnan(b.f));
}

/* ---- random operands ------------------------------------------------------------------------- */

static uint64_t seed = 1;

static uint64_t random_bits(void)
{
    seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = seed;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Small numbers and the ends of the type are as likely as all others. */
static ir_value random_value(cb_type t)
{
    ir_value v = {0};
    uint64_t r = random_bits();
    if (type_is_float(t)) {
        static const double odd[] = {0,         1,   -1,   0.5, -2.5, INFINITY,
                                     -INFINITY, NAN, 1e30, 255, 256,  -0.0};
        v.f = value_round(t, r % 3 == 0 ? odd[(r >> 8) % COUNT_OF(odd)]
                                        : (double)(int64_t)(r >> 40) / 64 - 1000);
        return v;
    }
    switch (r % 4) {
    case 0: v.i = value_wrap(t, (int64_t)(r >> 8)); break;
    case 1:
        v.i = value_wrap(t, (r >> 8) % 2 ? type_min(t) + (int64_t)(r >> 9) % 3
                                         : type_max(t) - (int64_t)(r >> 9) % 3);
        break;
    default: v.i = value_wrap(t, (int64_t)((r >> 8) % 9) - (type_is_uint(t) ? 0 : 4)); break;
    }
    return v;
}

static const cb_type all_types[] = {
    {CB_UINT, 1, 1},    {CB_INT, 8, 1},    {CB_INT, 16, 1},  {CB_INT, 32, 1},  {CB_INT, 64, 1},
    {CB_UINT, 8, 1},    {CB_UINT, 16, 1},  {CB_UINT, 32, 1}, {CB_UINT, 64, 1}, {CB_FLOAT, 16, 1},
    {CB_BFLOAT, 16, 1}, {CB_FLOAT, 32, 1}, {CB_FLOAT, 64, 1}};

static bool has_vector(const rule_row *R)
{
    return strpbrk(R->kinds, "NXCBn") != NULL;
}

static void bind_name(cb_context *c, const rule_row *R, int i, cb_type t, assignment *A,
                      rule_values *V)
{
    char kind = R->kinds[i];
    bool inner = kind >= 'A' && kind <= 'Z';
    if (inner) kind = (char)(kind - 'A' + 'a');
    cb_type own = kind == 'b' ? T_BOOL : t;
    unsigned lanes = inner ? 1 : V->lanes;
    ir_value v = random_value(own);
    if (kind == 't') {
        V->type[i] = type_lanes(all_types[random_bits() % COUNT_OF(all_types)], 1);
    } else if (kind == 'n') {
        V->number[i] = LANES;
    } else if (kind == 'c') {
        if (type_is_float(own)) v.i = (int64_t)(random_bits() % 9) - 4;
        if (random_bits() % 4 == 0) /* a power of two, or all the bits below one */
            v.i = value_wrap(own, (int64_t)((UINT64_C(1) << random_bits() % 64) - random_bits() % 2));
        V->number[i] = v.i;
        V->expr[i] = ir_broadcast(c, ir_int(c, own, v.i), lanes);
    } else {
        A->sym[i] = ir_sym_new(c, "v", SYM_PARAM, type_lanes(own, lanes), NULL);
        for (unsigned k = 0; k < LANES; k++) A->value[i][k] = k < lanes ? random_value(own) : v;
        V->expr[i] = ir_var(c, A->sym[i]);
    }
}

/* A rule with a constant says nothing about floats; u64 constants above the largest i64 match no
 * rule. */
static bool bindable(const rule_row *R, cb_type t, const rule_values *V)
{
    for (int i = 0; i < R->nnames; i++) {
        if (R->kinds[i] != 'c') continue;
        if (type_is_float(t) || (type_is_uint(t) && t.bits == 64 && V->number[i] < 0)) return false;
    }
    return true;
}

/* May the rule be about type t at all? One with a constant is not about floats; the largest u64 is no
 * constant of a rule (rules.h); no mask of an i8 has all the bits of an integer type. */
static bool constant_allowed(const rule_row *R, cb_type t)
{
    if (strchr(R->kinds, 'c') && type_is_float(t)) return false;
    if (strstr(R->text, "is_largest") && type_eq(t, T_U64)) return false;
    return !(strstr(R->text, "covers(") && type_eq(t, T_I8));
}

/* min and max may give either operand when one is NaN. */
static bool nan_among(const assignment *A, const rule_row *R, cb_type t)
{
    if (!type_is_float(t)) return false;
    for (int i = 0; i < R->nnames; i++)
        for (unsigned k = 0; k < LANES; k++)
            if (R->kinds[i] == 'x' && isnan(A->value[i][k].f)) return true;
    return false;
}

static void show(cb_context *c, const rule_row *R, cb_type t, const ir *l, const ir *r,
                 const assignment *A)
{
    char name[16];
    print_error("simplify.rules:%d: %s\n  type %s: %s  becomes  %s\n", R->line, R->text,
                type_name(t, name), ir_text(c, l), ir_text(c, r));
    for (int i = 0; i < A->n; i++)
        if (A->sym[i])
            print_error("  #%d = %lld (%g)\n", i, (long long)A->value[i][0].i, A->value[i][0].f);
}

/* What one set of operands says of a rule. */
typedef enum verdict {
    NOT_APPLICABLE, /* the condition does not hold, or there is no such constant */
    NO_VALUE,       /* the left side overflows, or may be either operand: nothing is promised */
    AGREES,
    SIDES_DIFFER,
    ENGINE_DIFFERS /* what simplify makes of the left side has another value */
} verdict;

/* One rule, one type, one set of operands. Without the condition when `always`. */
static verdict try_once(cb_context *c, const rule_row *R, cb_type t, bool vector, bool always,
                        bool quiet)
{
    assignment A = {.n = R->nnames};
    rule_values V = {.lanes = vector ? LANES : 1};
    verdict found = NO_VALUE;
    for (int i = 0; i < R->nnames; i++) bind_name(c, R, i, t, &A, &V);
    if (!bindable(R, t, &V) || (!always && !R->cond(&V))) return NOT_APPLICABLE;
    bool minmax = strstr(R->text, "min") || strstr(R->text, "max");
    if (minmax && nan_among(&A, R, t)) return NO_VALUE;
    const ir *l = R->lhs(c, &V), *r = R->rhs(c, &V), *s = quiet ? l : simplify(c, l, NULL);
    assert_true(type_eq(l->type, r->type));
    for (unsigned lane = 0; lane < V.lanes; lane++) {
        bool over_l = false, over_r = false, over_s = false;
        ir_value a = eval_lane(&A, l, lane, &over_l), b = eval_lane(&A, r, lane, &over_r);
        if (over_l) continue;
        found = AGREES;
        bool sides = same_value(l->type, a, b);
        b = eval_lane(&A, s, lane, &over_s);
        bool engine = same_value(l->type, a, b);
        if (sides && engine) continue;
        if (!quiet) show(c, R, t, l, sides ? s : r, &A);
        return sides ? ENGINE_DIFFERS : SIDES_DIFFER;
    }
    return found;
}

/* Every rule on every type of its class. A type on which it is never compared is a hole in the test. */
static void every_rule(void **state)
{
    (void)state;
    int holes = 0;
    for (unsigned k = 0; k < COUNT_OF(rule_rows); k++) {
        const rule_row *R = &rule_rows[k];
        cb_context *c = ctx_new(NULL);
        for (unsigned i = 0; i < COUNT_OF(all_types); i++) {
            cb_type t = all_types[i];
            bool vector = has_vector(R);
            int compared = 0;
            if (!R->applies(t) || !constant_allowed(R, t)) continue;
            for (int n = 0; n < 20000 && (n < 120 || compared < 20); n++) {
                verdict v = try_once(c, R, t, vector || n % 4 == 0, false, false);
                if (v == SIDES_DIFFER) fail_msg("the two sides differ");
                if (v == ENGINE_DIFFERS) fail_msg("simplification changes the value");
                compared += v == AGREES;
            }
            if (compared) continue;
            char name[16];
            print_error("simplify.rules:%d: never compared on %s: %s\n", R->line, type_name(t, name),
                        R->text);
            holes++;
        }
        ctx_free(c);
    }
    assert_int_equal(holes, 0);
}

/* ---- planted: wrong rules, each of which must be caught ---------------------------------------- */

static const rule_row *right_one; /* the rule whose right side is spoiled */

/* The value next to the right one. */
static const ir *spoiled(cb_context *c, const rule_values *v)
{
    const ir *r = right_one->rhs(c, v);
    if (type_is_bool(r->type)) return ir_not(c, r);
    return ir_bin(c, IR_ADD, r, ir_const(c, r->type, 1));
}

static bool caught(const rule_row *R, cb_type t, bool always)
{
    cb_context *c = ctx_new(NULL);
    bool found = false;
    for (int n = 0; n < 20000 && !found; n++)
        found = try_once(c, R, t, has_vector(R), always, true) == SIDES_DIFFER;
    ctx_free(c);
    return found;
}

/* Every rule, on every type, with a right side that is one too large. */
static void spoiled_sides(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT_OF(rule_rows); k++) {
        rule_row wrong = *(right_one = &rule_rows[k]);
        wrong.rhs = spoiled;
        for (unsigned i = 0; i < COUNT_OF(all_types); i++) {
            char name[16];
            if (wrong.applies(all_types[i]) && constant_allowed(&wrong, all_types[i]) &&
                !caught(&wrong, all_types[i], false))
                fail_msg("%s: one too large, and not noticed on %s", wrong.text,
                         type_name(all_types[i], name));
        }
    }
}

/* Rules that look right, and a type on which each is wrong. */
#define X v->expr[0]
#define Y v->expr[1]
#define SIDES(id, l, r)                                                                            \
    static const ir *id##_lhs(cb_context *c, const rule_values *v) { (void)c; return l; }                 \
    static const ir *id##_rhs(cb_context *c, const rule_values *v) { (void)c; return r; }
SIDES(cancel, ir_mul(c, ir_div(c, X, Y), Y), X)
SIDES(split_quotient, ir_div(c, ir_add(c, X, Y), ir_int(c, X->type, 3)),
      ir_add(c, ir_div(c, X, ir_int(c, X->type, 3)), ir_div(c, Y, ir_int(c, X->type, 3))))
SIDES(no_wrap, ir_lt(c, X, ir_add(c, X, ir_int(c, X->type, 1))), ir_int(c, type_bool(X->type.lanes), 1))
SIDES(nan_equal, ir_eq(c, X, X), ir_int(c, type_bool(X->type.lanes), 1))
SIDES(infinite, ir_sub(c, X, X), ir_const(c, X->type, 0))
SIDES(shift_back, ir_bin(c, IR_SHR, ir_bin(c, IR_SHL, X, Y), Y), X)
SIDES(remainder, ir_lt(c, ir_mod(c, X, Y), Y), ir_int(c, type_bool(X->type.lanes), 1))
SIDES(average, ir_bin(c, IR_HALF_ADD, X, Y), ir_div(c, ir_add(c, X, Y), ir_int(c, X->type, 2)))
SIDES(reorder, ir_add(c, ir_add(c, X, Y), Y), ir_add(c, X, ir_add(c, Y, Y)))
#undef X
#undef Y

static bool no_condition(const rule_values *v)
{
    (void)v;
    return true;
}

static void plausible_rules(void **state)
{
    (void)state;
#define WRONG(id, ...) {{0, #id, NULL, 2, "xx", id##_lhs, id##_rhs, no_condition}, {__VA_ARGS__}}
    static const struct {
        rule_row row;
        cb_type t;
    } wrong[] = {
        WRONG(cancel, CB_UINT, 8, 1),        WRONG(split_quotient, CB_INT, 32, 1),
        WRONG(no_wrap, CB_INT, 16, 1),       WRONG(no_wrap, CB_UINT, 64, 1),
        WRONG(nan_equal, CB_FLOAT, 16, 1),   WRONG(nan_equal, CB_BFLOAT, 16, 1),
        WRONG(infinite, CB_FLOAT, 32, 1),    WRONG(infinite, CB_FLOAT, 64, 1),
        WRONG(shift_back, CB_INT, 64, 1),    WRONG(remainder, CB_INT, 8, 1),
        WRONG(average, CB_UINT, 32, 1),      WRONG(reorder, CB_FLOAT, 16, 1),
    };
#undef WRONG
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (!caught(&wrong[i].row, wrong[i].t, false)) fail_msg("%s is not noticed", wrong[i].row.text);
}

/* A rule whose condition is left away is wrong, or the condition is about something else: that of
 * these many rules is about size or form, or refuses more than it must. */
static void dropped_conditions(void **state)
{
    (void)state;
    int needless = 0, needed = 0;
    for (unsigned k = 0; k < COUNT_OF(rule_rows); k++) {
        const rule_row *R = &rule_rows[k];
        bool found = false;
        if (!strstr(R->text, " if ")) continue;
        for (unsigned i = 0; i < COUNT_OF(all_types) && !found; i++)
            found = R->applies(all_types[i]) && caught(R, all_types[i], true);
        needed += found;
        needless += !found;
        if (!found) print_message("without its condition right all the same: %d: %s\n", R->line, R->text);
    }
    print_message("%d conditions are needed, %d not\n", needed, needless);
    assert_true(needed > 0 && needless * 10 <= needed);
}

/* ---- random expressions: simplified or not, one value ---------------------------------------- */

static const ir *random_expr(cb_context *c, cb_type t, const ir *const *vars, unsigned nvars,
                             int depth);

static const ir *random_cond(cb_context *c, cb_type t, const ir *const *vars, unsigned nvars,
                             int depth)
{
    static const ir_op compare[] = {IR_LT, IR_LE, IR_EQ, IR_NE};
    unsigned r = (unsigned)(random_bits() % 8);
    if (depth > 0 && r < 2)
        return ir_bin(c, r ? IR_AND : IR_OR, random_cond(c, t, vars, nvars, depth - 1),
                      random_cond(c, t, vars, nvars, depth - 1));
    if (depth > 0 && r == 2) return ir_not(c, random_cond(c, t, vars, nvars, depth - 1));
    if (depth > 0 && r == 3) return ir_likely(c, random_cond(c, t, vars, nvars, depth - 1));
    return ir_bin(c, compare[random_bits() % COUNT_OF(compare)],
                  random_expr(c, t, vars, nvars, depth - 1),
                  random_expr(c, t, vars, nvars, depth - 1));
}

static const ir *random_expr(cb_context *c, cb_type t, const ir *const *vars, unsigned nvars,
                             int depth)
{
    static const ir_op ops[] = {IR_ADD, IR_SUB, IR_MUL, IR_MIN, IR_MAX, IR_ADD,
                                IR_SUB, IR_MIN, IR_MAX, IR_DIV, IR_MOD,
                                IR_SAT_ADD, IR_SAT_SUB, IR_HALF_ADD, IR_HALF_SUB, IR_HALF_ADD_UP};
    uint64_t r = random_bits();
    if (depth <= 0 || r % 8 == 0) {
        if (r >> 8 & 1) return vars[(r >> 9) % nvars];
        return ir_int(c, t, (int64_t)((r >> 9) % 17) - (type_is_uint(t) ? 0 : 6));
    }
    const ir *a = random_expr(c, t, vars, nvars, depth - 1),
             *b = random_expr(c, t, vars, nvars, depth - 1);
    if (r % 8 == 1) return ir_select(c, random_cond(c, t, vars, nvars, depth - 1), a, b);
    ir_op op = ops[(r >> 8) % COUNT_OF(ops)];
    if (op == IR_MUL || ((op == IR_DIV || op == IR_MOD) && r >> 20 & 3))
        b = ir_int(c, t, (int64_t)((r >> 22) % 9) - (type_is_uint(t) ? 0 : 1));
    return ir_bin(c, op, a, b);
}

static void random_expressions(void **state)
{
    static const cb_type types[] = {{CB_INT, 32, 1}, {CB_INT, 32, 1}, {CB_INT, 64, 1},
                                    {CB_UINT, 8, 1}, {CB_INT, 8, 1},  {CB_UINT, 32, 1}};
    (void)state;
    for (int round = 0; round < 3000; round++) {
        cb_context *c = ctx_new(NULL);
        cb_type t = types[random_bits() % COUNT_OF(types)];
        const ir *vars[3];
        assignment A = {.n = 3};
        facts *F = facts_new(c, NULL);
        bool ranged = random_bits() & 1;
        for (int i = 0; i < 3; i++) {
            A.sym[i] = ir_sym_new(c, "v", SYM_PARAM, t, NULL);
            vars[i] = ir_var(c, A.sym[i]);
        }
        if (ranged) { /* 0 <= v0 <= 9, v0 <= v1 <= v0 + 5 */
            facts_range(F, A.sym[0], ir_int(c, t, 0), ir_int(c, t, 9));
            if (type_no_overflow(t)) facts_range(F, A.sym[1], vars[0], ir_addi(c, vars[0], 5));
        }
        bool cond = random_bits() & 1;
        const ir *e = cond ? random_cond(c, t, vars, 3, 4) : random_expr(c, t, vars, 3, 4);
        const ir *s = simplify(c, e, ranged ? F : NULL);
        assert_ptr_equal(simplify(c, s, ranged ? F : NULL), s);
        for (int n = 0; n < 30; n++) {
            bool over = false, over_s = false;
            for (int i = 0; i < 3; i++)
                A.value[i][0].i = value_wrap(t, (int64_t)(random_bits() % 41) - 20);
            if (ranged) {
                A.value[0][0].i = (int64_t)(random_bits() % 10);
                if (type_no_overflow(t))
                    A.value[1][0].i = A.value[0][0].i + (int64_t)(random_bits() % 6);
            }
            ir_value a = eval_lane(&A, e, 0, &over), b = eval_lane(&A, s, 0, &over_s);
            if (over || same_value(e->type, a, b)) continue;
            char name[16];
            print_error("%s: %s\n  became %s\n  values %lld %lld %lld\n", type_name(t, name),
                        ir_text(c, e), ir_text(c, s), (long long)A.value[0][0].i,
                        (long long)A.value[1][0].i, (long long)A.value[2][0].i);
            fail_msg("simplification changes the value");
        }
        ctx_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule),
        cmocka_unit_test(spoiled_sides),
        cmocka_unit_test(plausible_rules),
        cmocka_unit_test(dropped_conditions),
        cmocka_unit_test(random_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
