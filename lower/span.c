/* lower/span.c: constant bounds of a difference that has a min or max in it.
 *
 *     min(m + n - 1, m + xo*8 + 7) - (m + xo*8) + 1      at most 8
 *
 * As a sum it has no bound, but it is the smaller of n - xo*8 and 8: each choice is tried in place of
 * the min, and where it occurs once, linearly, one bounded choice bounds the whole from above.
 */
#include "lower.h"

enum { MAX_CHOICES = 6 };

static bool find_choice(void *env, const ir *n)
{
    const ir **found = env;
    if (!*found && (n->op == IR_MIN || n->op == IR_MAX) && type_eq(n->type, T_I32))
        *found = n;
    return !*found;
}

typedef struct replacer {
    const ir *what, *by;
} replacer;

static const ir *replace(ir_mapper *m, const ir *n)
{
    const replacer *r = m->env;
    return n == r->what ? r->by : ir_map(m, n);
}

static const ir *with(cb_context *c, const ir *e, const ir *what, const ir *by)
{
    replacer r = {what, by};
    ir_mapper m = {.ctx = c, .fn = replace, .env = &r};
    return ir_apply(&m, e);
}

/* The bound of min(a, b) is the smaller of theirs, of max(a, b) the larger, if both have one. */
static bool join(bool smaller, bool has_a, int64_t a, bool has_b, int64_t b, int64_t *out)
{
    if (smaller ? !has_a && !has_b : !has_a || !has_b)
        return false;
    bool first = !has_b || (has_a && (smaller ? a <= b : a >= b));
    *out = first ? a : b;
    return true;
}

static const_range span_of(cb_context *c, const ir *e, const facts *f, int depth)
{
    e = simplify(c, e, f);
    const_range r = range_of(c, e, f);
    const ir *n = NULL, *rest;
    int64_t coef, bound;
    if (depth <= 0 || (r.has_hi && r.has_lo) || !type_eq(e->type, T_I32))
        return r;
    ir_visit(c, e, find_choice, &n);
    if (!n)
        return r;
    ir_sym s = ir_sym_new(c, "choice", SYM_LET, T_I32, NULL);
    const ir *open = with(c, e, n, ir_var(c, s));
    if (!linear_in(c, open, s, &coef, &rest) || !coef)
        return r;
    const_range a = span_of(c, ir_substitute1(c, open, s, n->arg[0]), f, depth - 1);
    const_range b = span_of(c, ir_substitute1(c, open, s, n->arg[1]), f, depth - 1);
    bool smaller = (n->op == IR_MIN) == (coef > 0); /* e is the smaller of the two */
    if (!r.has_hi && join(smaller, a.has_hi, a.hi, b.has_hi, b.hi, &bound)) {
        r.has_hi = true;
        r.hi = bound;
    }
    if (!r.has_lo && (smaller ? a.has_lo && b.has_lo : a.has_lo || b.has_lo)) {
        bool first = !b.has_lo || (a.has_lo && (smaller ? a.lo <= b.lo : a.lo >= b.lo));
        r.has_lo = true;
        r.lo = first ? a.lo : b.lo;
    }
    return r;
}

const_range low_span(cb_context *c, const ir *e, const facts *f) { return span_of(c, e, f, MAX_CHOICES); }
