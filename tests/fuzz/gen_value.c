/* tests/fuzz/gen_value.c: values: one table of operations for integers, one for floats.
 *
 * i32 and i64 products have one small factor, so that few cases overflow. Floats that are compared or
 * converted to integers are exact: small dyadic fractions.
 */
#include <string.h>

#include "gen.h"

const cb_type gen_types[GEN_TYPES] = {{CB_UINT, 8, 1},  {CB_INT, 8, 1},  {CB_UINT, 16, 1}, {CB_INT, 16, 1},  {CB_INT, 32, 1},
                                      {CB_UINT, 32, 1}, {CB_INT, 64, 1}, {CB_UINT, 64, 1}, {CB_FLOAT, 32, 1}, {CB_FLOAT, 64, 1},
                                      {CB_FLOAT, 16, 1}, {CB_BFLOAT, 16, 1}};

/* A Func or input is of floats three times in ten. */
cb_type gen_type(rng *r) { return chance(r, 30) ? gen_types[GEN_INTS + pick(r, GEN_FLOATS)] : gen_types[pick(r, GEN_INTS)]; }

static bool is_wide(cb_type t) { return type_no_overflow(t); }
static cb_type any_int(gen *g) { return gen_types[pick(g->r, GEN_INTS)]; }
static cb_type narrow_int(gen *g) { return gen_types[pick(g->r, 4)]; }
static cb_type any_float(gen *g) { return gen_types[GEN_INTS + pick(g->r, GEN_FLOATS)]; }

/* ---- leaves ---------------------------------------------------------------------------------------- */

static fx *leaf(gen *g, cb_type t, int depth)
{
    int k = pick(g->r, 100);
    fx *e;
    if (g->self && k < 30)
        e = gen_self_read(g);
    else if (g->func > 0 && k < 62)
        e = gen_call(g, chance(g->r, 60) ? g->func - 1 : pick(g->r, g->func), depth);
    else if (k < 85)
        e = gen_input_read(g, depth);
    else if (k < 92 && g->k->func[g->func].rank)
        e = gen_variable(g, 0);
    else if (k < 95 && g->k->has_param)
        e = gen_node(g, FX_PARAM, T_I32, 0);
    else
        return gen_small_literal(g, t);
    if (type_is_float(e->t) && !type_is_float(t)) /* not exact in general: leave floats alone */
        return gen_small_literal(g, t);
    return gen_cast(g, t, e);
}

/* A float made of small integers by exact steps. */
static fx *exact_float(gen *g, cb_type t)
{
    fx *a = gen_cast(g, t, gen_value(g, gen_types[pick(g->r, 2)], 0));
    if (chance(g->r, 50))
        a = gen_op2(g, FX_INFIX, t, "*", a, gen_literal(g, t, (1 + pick(g->r, 8)) / 4.0));
    if (chance(g->r, 50))
        a = gen_op2(g, FX_INFIX, t, chance(g->r, 50) ? "+" : "-", a, gen_small_literal(g, t));
    return a;
}

/* ---- makers that many rows share -------------------------------------------------------------------- */

/* a op b */
static fx *infix(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    return gen_op2(g, FX_INFIX, t, row->name, a, gen_value(g, t, depth - 1));
}

/* word(a), word(a, b) */
static fx *prefix(gen *g, const gen_row *row, cb_type t, int depth)
{
    return gen_op1(g, FX_PREFIX, t, row->name, gen_value(g, t, depth - 1));
}
static fx *word_2(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    return gen_op2(g, FX_WORD, t, row->name, a, gen_value(g, t, depth - 1));
}

/* ---- conditions ------------------------------------------------------------------------------------- */

static fx *both(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_condition(g, depth - 1);
    return gen_op2(g, FX_INFIX, t, row->name, a, gen_condition(g, depth - 1));
}

static fx *negated(gen *g, const gen_row *row, cb_type t, int depth)
{
    return gen_op1(g, FX_PREFIX, t, row->name, gen_condition(g, depth - 1));
}

static fx *compared(gen *g, const gen_row *row, cb_type t, int depth)
{
    cb_type of = any_int(g);
    int d = depth > 0 ? depth - 1 : 0;
    if (chance(g->r, 25)) {
        of = any_float(g);
        fx *a = exact_float(g, of);
        return gen_op2(g, FX_INFIX, t, row->name, a, exact_float(g, of));
    }
    fx *a = gen_value(g, of, d);
    return gen_op2(g, FX_INFIX, t, row->name, a, gen_value(g, of, d));
}

static fx *classified(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)depth;
    return gen_op1(g, FX_WORD, t, row->name, exact_float(g, any_float(g)));
}

static const gen_row comparisons[] = {
    {"<", 1, ANY, compared}, {"<=", 1, ANY, compared}, {">", 1, ANY, compared}, {">=", 1, ANY, compared},
    {"==", 1, ANY, compared}, {"!=", 1, ANY, compared},
    {"is_inf", 1, ANY, classified}, {"is_finite", 1, ANY, classified},
};
static const gen_row logic[] = {{"&&", 12, ANY, both}, {"||", 12, ANY, both}, {"!", 10, ANY, negated}};

fx *gen_condition(gen *g, int depth)
{
    if (depth > 0 && chance(g->r, 34))
        return GEN_ONE_OF(g, logic, T_BOOL, depth);
    return GEN_ONE_OF(g, comparisons, T_BOOL, depth);
}

/* ---- integers ---------------------------------------------------------------------------------------- */

static fx *times(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    bool small = is_wide(t) || type_is_float(t);
    return gen_op2(g, FX_INFIX, t, row->name, a, small ? gen_small_literal(g, t) : gen_value(g, t, depth - 1));
}

static fx *divided(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    fx *b = chance(g->r, 60) ? gen_literal(g, t, 1 + pick(g->r, 16)) : gen_value(g, t, depth - 1);
    return gen_op2(g, FX_INFIX, t, row->name, a, b);
}

static fx *divided_tz(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    return gen_op2(g, FX_WORD, t, row->name, a, gen_literal(g, t, 1 + pick(g->r, 9)));
}

static fx *shifted(gen *g, const gen_row *row, cb_type t, int depth)
{
    int n = pick(g->r, 12) - 2; /* sometimes the other way, sometimes beyond the width */
    bool wide = is_wide(t);
    if (wide && n > 3)
        n = 3;
    fx *by = chance(g->r, 60) ? gen_literal(g, T_I32, wide && n < 0 ? 0 : n)
                              : gen_cast(g, T_I32, gen_value(g, gen_types[pick(g->r, 2)], 0));
    if (wide && by->kind != FX_LIT)
        by = gen_op2(g, FX_WORD, T_I32, "max", by, gen_literal(g, T_I32, 0));
    return gen_op2(g, FX_INFIX, t, row->name, gen_value(g, t, depth - 1), by);
}

static fx *choice(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *c = gen_condition(g, depth - 1), *a = gen_value(g, t, depth - 1);
    return gen_op3(g, t, row->name, c, a, gen_value(g, t, depth - 1));
}

fx *gen_clamped(gen *g, cb_type t, int depth)
{
    fx *e = gen_value(g, t, depth - 1), *lo = gen_literal(g, t, pick(g->r, 5));
    return gen_op3(g, t, "clamp", e, lo, gen_literal(g, t, 5 + pick(g->r, 100)));
}
static fx *clamped(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    return gen_clamped(g, t, depth);
}

static fx *absolute(gen *g, const gen_row *row, cb_type t, int depth) /* of a signed type it is unsigned */
{
    if (type_is_float(t))
        return gen_op1(g, FX_WORD, t, row->name, gen_value(g, t, depth - 1));
    cb_type s = {CB_INT, t.bits, 1};
    return gen_cast(g, t, gen_op1(g, FX_WORD, (cb_type){CB_UINT, t.bits, 1}, row->name, gen_value(g, s, depth - 1)));
}

static fx *float_to_int(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    (void)depth;
    return gen_cast(g, t, exact_float(g, any_float(g)));
}

static fx *saturated(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    char name[16];
    const char *word = arena_printf(g->k->a, "%s_sat", type_name(t, name));
    return gen_op1(g, FX_WORD, t, word, gen_value(g, any_int(g), depth - 1));
}

static fx *bool_to_int(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    return gen_cast(g, t, gen_condition(g, depth - 1));
}

static fx *int_to_int(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    return gen_cast(g, t, gen_value(g, any_int(g), depth - 1));
}

/* ---- fixed point ------------------------------------------------------------------------------------- */

static cb_type half_of(cb_type t) { return (cb_type){t.code, (uint8_t)(t.bits > 8 ? t.bits / 2 : 8), 1}; }

static fx *shift_count(gen *g, int most)
{
    return chance(g->r, 60) ? gen_literal(g, T_I32, pick(g->r, most + 3) - 2) : gen_value(g, gen_types[pick(g->r, 2)], 0);
}

static fx *rounded_shift(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    return gen_op2(g, FX_WORD, t, row->name, a, shift_count(g, t.bits));
}

static fx *shifted_product(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1), *b = gen_value(g, t, depth - 1);
    return gen_op3(g, t, row->name, a, b, chance(g->r, 30) ? gen_literal(g, T_I32, t.bits - pick(g->r, 2)) : shift_count(g, 2 * t.bits));
}

static fx *apart(gen *g, const gen_row *row, cb_type t, int depth)
{
    cb_type u = t;
    fx *a = gen_value(g, t, depth - 1), *b = gen_value(g, t, depth - 1);
    if (t.code == CB_INT)
        u.code = CB_UINT;
    return gen_cast(g, t, gen_op2(g, FX_WORD, u, row->name, a, b));
}

/* Of half the width; signed and unsigned mixed at times. */
static fx *widened(gen *g, const gen_row *row, cb_type t, int depth)
{
    cb_type of = half_of(t), other = of, wide = of;
    wide.bits = (uint8_t)(2 * of.bits);
    if (!strcmp(row->name, "widening_sub"))
        wide.code = CB_INT;
    if (t.code == CB_INT && chance(g->r, 40))
        other.code = CB_UINT;
    fx *a = gen_value(g, other, depth - 1), *b = gen_value(g, of, depth - 1);
    return gen_cast(g, t, gen_op2(g, FX_WORD, wide, row->name, a, b));
}

static fx *widened_shift(gen *g, const gen_row *row, cb_type t, int depth)
{
    cb_type of = half_of(t), wide = {t.code, (uint8_t)(2 * of.bits), 1};
    fx *a = gen_value(g, of, depth - 1);
    return gen_cast(g, t, gen_op2(g, FX_WORD, wide, row->name, a, gen_literal(g, T_I32, pick(g->r, of.bits))));
}

/* n_sat(wide(a) + wide(b)), n_sat((wide(a)*wide(b) + half) >> k), abs(wide(a) - wide(b)): what codegen makes fixed point of. */
static fx *written_out(gen *g, const gen_row *row, cb_type t, int depth)
{
    char name[16];
    cb_type n = narrow_int(g), wide = {CB_INT, (uint8_t)(2 * n.bits), 1};
    int form = pick(g->r, 4);
    fx *a = gen_cast(g, wide, gen_value(g, n, depth - 1)), *b = gen_cast(g, wide, gen_value(g, n, depth - 1));
    (void)row;
    if (form == 3)
        return gen_cast(g, t, gen_op1(g, FX_WORD, (cb_type){CB_UINT, wide.bits, 1}, "abs", gen_op2(g, FX_INFIX, wide, "-", a, b)));
    fx *e = gen_op2(g, FX_INFIX, wide, form == 0 ? "+" : form == 1 ? "-" : "*", a, b);
    if (form == 2 && chance(g->r, 50))
        e = gen_op2(g, FX_INFIX, wide, "+", e, gen_literal(g, wide, n.bits == 16 ? 16384 : 64));
    if (form == 2)
        e = gen_op2(g, FX_INFIX, wide, ">>", e, gen_literal(g, T_I32, n.bits - 1));
    if (chance(g->r, 30)) /* held at one end */
        return gen_cast(g, t, gen_cast(g, n, gen_op2(g, FX_WORD, wide, "min", e, gen_literal(g, wide, (double)type_max(n)))));
    return gen_cast(g, t, gen_op1(g, FX_WORD, n, arena_printf(g->k->a, "%s_sat", type_name(n, name)), e));
}

/* A number that was narrow, a product of such, or a distance; it differs between points of a domain. */
fx *gen_widened(gen *g, cb_type t)
{
    static const cb_type bytes = {CB_UINT, 8, 1};
    int form = pick(g->r, 6);
    cb_type of[2] = {narrow_int(g), narrow_int(g)};
    fx *x[2];
    if (form == 0)
        of[0] = of[1] = bytes;
    for (int i = 0; i < 2; i++) {
        x[i] = gen_value(g, of[i], 1);
        if (g->nr)
            x[i] = gen_op2(g, FX_INFIX, of[i], "-", x[i], gen_cast(g, of[i], gen_node(g, FX_RVAR, T_I32, 0)));
    }
    if (form == 0)
        return gen_cast(g, t, gen_op2(g, FX_WORD, bytes, "absd", x[0], x[1]));
    if (form == 1)
        return gen_cast(g, t, x[0]);
    fx *b = form == 2 ? gen_small_literal(g, t) : gen_cast(g, t, x[1]);
    return gen_op2(g, FX_INFIX, t, "*", gen_cast(g, t, x[0]), b);
}

static fx *joined(gen *g, const gen_row *row, cb_type t, int depth)
{
    cb_type of = half_of(t), wide = {CB_UINT, (uint8_t)(2 * of.bits), 1};
    fx *a = gen_value(g, of, depth - 1), *b = gen_value(g, of, depth - 1);
    return gen_cast(g, t, gen_op2(g, FX_WORD, wide, row->name, a, b));
}

static fx *counted(gen *g, const gen_row *row, cb_type t, int depth)
{
    return gen_op1(g, FX_WORD, t, row->name, gen_value(g, t, depth - 1));
}

static fx *mixed(gen *g, const gen_row *row, cb_type t, int depth)
{
    static const cb_type weights[] = {{CB_UINT, 8, 1}, {CB_UINT, 16, 1}, {CB_UINT, 32, 1}};
    cb_type of = t.bits > 32 && !type_is_float(t) ? half_of(t) : t;
    fx *a = gen_value(g, of, depth - 1), *b = gen_value(g, of, depth - 1);
    fx *w = type_is_float(t) ? gen_literal(g, t, pick(g->r, 5) / 4.0) : gen_value(g, weights[pick(g->r, 3)], depth - 1);
    return gen_cast(g, t, gen_op3(g, of, row->name, a, b, w));
}

static fx *numbered(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *i = gen_value(g, any_int(g), depth - 1), *a = gen_value(g, t, depth - 1);
    return gen_op3(g, t, row->name, i, a, gen_value(g, t, depth - 1));
}

static fx *raised(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    return gen_op2(g, FX_WORD, t, row->name, a, gen_literal(g, T_I32, pick(g->r, type_is_float(t) ? 3 : 8)));
}

static const gen_row int_rows[] = {
    {"+", 11, ANY, infix},
    {"-", 7, ANY, infix},
    {"*", 8, ANY, times},
    {"/", 5, ANY, divided},
    {"%", 5, ANY, divided},
    {"div_toward_zero", 2, ANY, divided_tz},
    {"mod_toward_zero", 2, ANY, divided_tz},
    {"min", 5, ANY, word_2},
    {"max", 5, ANY, word_2},
    {"&", 3, ANY, infix},
    {"|", 3, ANY, infix},
    {"^", 3, ANY, infix},
    {"~", 3, ANY, prefix},
    {"<<", 3, IS_NARROW, shifted},
    {">>", 5, ANY, shifted},
    {"select", 10, ANY, choice},
    {"clamp", 4, ANY, clamped},
    {"abs", 4, ANY, absolute},
    {"float to integer", 3, ANY, float_to_int},
    {"saturating cast", 6, ANY, saturated},
    {"bool to integer", 2, ANY, bool_to_int},
    {"integer to integer", 5, ANY, int_to_int},
    {"saturating_add", 2, ANY, word_2},
    {"saturating_sub", 2, ANY, word_2},
    {"halving_add", 2, ANY, word_2},
    {"halving_sub", 2, ANY, word_2},
    {"rounding_halving_add", 2, ANY, word_2},
    {"rounding_shift_left", 2, ANY, rounded_shift},
    {"rounding_shift_right", 2, ANY, rounded_shift},
    {"mul_shift_right", 2, ANY, shifted_product},
    {"rounding_mul_shift_right", 2, ANY, shifted_product},
    {"absd", 2, ANY, apart},
    {"widening_add", 2, ANY, widened},
    {"widening_sub", 2, ANY, widened},
    {"widening_mul", 2, ANY, widened},
    {"widening_shift_left", 2, ANY, widened_shift},
    {"widening_shift_right", 2, ANY, widened_shift},
    {"concat_bits", 2, ANY, joined},
    {"fixed point written out", 8, ANY, written_out},
    {"popcount", 2, ANY, counted},
    {"count_leading_zeros", 2, ANY, counted},
    {"count_trailing_zeros", 2, ANY, counted},
    {"lerp", 2, ANY, mixed},
    {"mux", 2, ANY, numbered},
    {"ipow", 2, IS_NARROW, raised},
    {"sum", 2, ANY, gen_reduced},
    {"saturating_sum", 2, ANY, gen_reduced},
    {"product", 2, IS_NARROW, gen_reduced},
    {"maximum", 2, ANY, gen_reduced},
    {"minimum", 2, ANY, gen_reduced},
    {"argmax", 2, ANY, gen_reduced},
    {"argmin", 2, ANY, gen_reduced},
    {"random_uint", 1, IS_NARROW, gen_random},
    {"random_int", 1, IS_NARROW, gen_random},
    {"a C function", 6, ANY, gen_c_call},
    {"a table", 6, ANY, gen_table},
    {"print", 1, ANY, gen_effect},
    {"require", 1, ANY, gen_effect},
};

/* ---- floats ------------------------------------------------------------------------------------------- */

static fx *positive(gen *g, cb_type t, int depth)
{
    return gen_op2(g, FX_INFIX, t, "+", gen_op1(g, FX_WORD, t, "abs", gen_value(g, t, depth)), gen_literal(g, t, 1));
}

static fx *bounded(gen *g, cb_type t, int depth, int limit)
{
    return gen_op3(g, t, "clamp", gen_value(g, t, depth), gen_literal(g, t, -limit), gen_literal(g, t, limit));
}

static fx *over_positive(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    return gen_op2(g, FX_INFIX, t, row->name, a, positive(g, t, depth - 1));
}

/* Functions of what: something in [-3, 3], in [-1, 1], positive, or exact. */
static fx *of_bounded(gen *g, const gen_row *row, cb_type t, int depth)
{
    return gen_op1(g, FX_WORD, t, row->name, bounded(g, t, depth - 1, 3));
}
static fx *of_unit(gen *g, const gen_row *row, cb_type t, int depth)
{
    return gen_op1(g, FX_WORD, t, row->name, bounded(g, t, depth - 1, 1));
}
static fx *of_positive(gen *g, const gen_row *row, cb_type t, int depth)
{
    return gen_op1(g, FX_WORD, t, row->name, positive(g, t, depth - 1));
}
static fx *of_half(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *x = bounded(g, t, depth - 1, 1);
    return gen_op1(g, FX_WORD, t, row->name, gen_op2(g, FX_INFIX, t, "*", x, gen_literal(g, t, 0.5)));
}
static fx *of_exact(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)depth;
    return gen_op1(g, FX_WORD, t, row->name, exact_float(g, t));
}

static fx *power(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)depth;
    fx *x = positive(g, t, 0);
    return gen_op2(g, FX_WORD, t, row->name, x, gen_literal(g, t, pick(g->r, 3) + 0.5));
}
static fx *angle(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)depth;
    fx *y = bounded(g, t, 0, 3);
    return gen_op2(g, FX_WORD, t, row->name, y, positive(g, t, 0));
}
static fx *of_two_bounded(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)depth;
    fx *a = bounded(g, t, 0, 3);
    return gen_op2(g, FX_WORD, t, row->name, a, bounded(g, t, 0, 3));
}

/* Nothing but numbers, which are computed at once: no operation is left for strict. */
static bool is_number(const fx *e)
{
    bool number = e->kind == FX_LIT || e->kind == FX_INFIX || e->kind == FX_PREFIX || e->kind == FX_WORD || e->kind == FX_CAST;
    for (int i = 0; i < e->nkids && number; i++)
        number = is_number(e->kid[i]);
    return number && (e->kind == FX_LIT || e->nkids);
}

/* An operand for which no operation is left out. */
static fx *not_folded(fx *e)
{
    if (e->kind == FX_LIT)
        e->lit = 1.25;
    return e;
}

/* strict(x*y + z) and the like, where another order or a fused product shows in the last bits. */
static fx *strictly(gen *g, const gen_row *row, cb_type t, int depth)
{
    static const char *const ops[] = {"+", "-", "*", "/"};
    if (chance(g->r, 20)) { /* around more than one operation */
        fx *a = not_folded(gen_value(g, t, depth - 1));
        fx *b = not_folded(gen_value(g, t, 0));
        fx *product = gen_op2(g, FX_INFIX, t, "*", a, b);
        return is_number(product) ? product : gen_op1(g, FX_WORD, t, row->name, product);
    }
    fx *x = gen_value(g, t, chance(g->r, 30) ? depth - 1 : 0), *y = gen_value(g, t, 0);
    fx *inner = gen_op2(g, FX_INFIX, t, ops[pick(g->r, 4)], x, y);
    fx *outer = gen_op2(g, FX_INFIX, t, ops[pick(g->r, 2)], inner, not_folded(gen_value(g, t, 0)));
    return is_number(outer) ? outer : gen_op1(g, FX_WORD, t, row->name, outer);
}

static fx *int_to_float(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    return gen_cast(g, t, gen_value(g, narrow_int(g), depth - 1));
}

static fx *fused(gen *g, const gen_row *row, cb_type t, int depth)
{
    fx *a = gen_value(g, t, depth - 1);
    return gen_op3(g, t, row->name, a, gen_small_literal(g, t), gen_value(g, t, depth - 1));
}

static const gen_row float_rows[] = {
    {"+", 64, ANY, infix},
    {"-", 42, ANY, infix},
    {"*", 41, ANY, times},
    {"/", 24, ANY, over_positive},
    {"min", 20, ANY, word_2},
    {"max", 20, ANY, word_2},
    {"select", 48, ANY, choice},
    {"abs", 16, ANY, absolute},
    {"exp", 10, ANY, of_bounded},
    {"sin", 10, ANY, of_bounded},
    {"cos", 10, ANY, of_bounded},
    {"tan", 10, ANY, of_unit}, /* away from its poles */
    {"atan", 10, ANY, of_bounded},
    {"tanh", 10, ANY, of_bounded},
    {"sinh", 10, ANY, of_bounded},
    {"cosh", 10, ANY, of_bounded},
    {"sqrt", 10, ANY, of_positive},
    {"log", 10, ANY, of_positive},
    {"floor", 10, ANY, of_exact},
    {"ceil", 10, ANY, of_exact},
    {"round", 10, ANY, of_exact},
    {"trunc", 10, ANY, of_exact},
    {"fract", 10, ANY, of_exact},
    {"fma", 16, ANY, fused},
    {"absd", 8, ANY, apart},
    {"lerp", 8, ANY, mixed},
    {"ipow", 10, ANY, raised},
    {"pow", 10, ANY, power},
    {"atan2", 10, ANY, angle},
    {"hypot", 10, ANY, of_two_bounded},
    {"strict", 60, ANY, strictly},
    {"erf", 10, ANY, of_bounded},
    {"exp2", 10, ANY, of_bounded},
    {"expm1", 12, ANY, of_bounded},
    {"asinh", 10, ANY, of_bounded},
    {"fast_exp", 12, ANY, of_bounded},
    {"fast_sin", 10, ANY, of_bounded},
    {"fast_cos", 10, ANY, of_bounded},
    {"log2", 10, ANY, of_positive},
    {"log10", 10, ANY, of_positive},
    {"log1p", 10, ANY, of_positive},
    {"acosh", 10, ANY, of_positive},
    {"fast_log", 10, ANY, of_positive},
    {"fast_inverse", 14, ANY, of_positive},
    {"fast_inverse_sqrt", 10, ANY, of_positive},
    {"asin", 10, ANY, of_half},
    {"acos", 10, ANY, of_half},
    {"atanh", 14, ANY, of_half},
    {"fast_pow", 14, ANY, power},
    {"integer to float", 32, ANY, int_to_float},
    {"sum", 8, ANY, gen_reduced},
    {"maximum", 8, ANY, gen_reduced},
    {"minimum", 8, ANY, gen_reduced},
    {"random_float", 12, ANY, gen_random},
    {"a C function", 32, ANY, gen_c_call},
    {"a table", 32, ANY, gen_table},
    {"print", 6, ANY, gen_effect},
    {"require", 6, ANY, gen_effect},
};

/* ---- the whole ------------------------------------------------------------------------------------------ */

fx *gen_value(gen *g, cb_type t, int depth)
{
    if (depth <= 0 || chance(g->r, 15))
        return leaf(g, t, depth);
    return type_is_float(t) ? GEN_ONE_OF(g, float_rows, t, depth) : GEN_ONE_OF(g, int_rows, t, depth);
}

void gen_value_forms(void (*fn)(void *env, const char *name), void *env)
{
    static const struct {
        const gen_row *rows;
        size_t n;
    } tables[] = {{int_rows, COUNT_OF(int_rows)}, {float_rows, COUNT_OF(float_rows)},
                  {comparisons, COUNT_OF(comparisons)}, {logic, COUNT_OF(logic)}};
    for (size_t k = 0; k < COUNT_OF(tables); k++)
        for (size_t i = 0; i < tables[k].n; i++)
            fn(env, tables[k].rows[i].name);
}
