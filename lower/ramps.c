/* lower/ramps.c: quotients and remainders of ramps whose beginning is known to be a multiple, or next to one.
 *
 *     ramp(x*8, 1, 16)/8        ramp(broadcast(x, 8), 1, 2)          eight lanes x, eight lanes x + 1
 *     ramp(x*8, 1, 16)%8        broadcast(ramp(0, 1, 8), 2)
 *     ramp(x*8 + 2, 2, 3)/8     broadcast(x, 3)
 *
 * So f(x/8) is a load of two elements and a shuffle, and f(x%8) a load of eight, where lanes one by one would have been gathered.
 */
#include "simp.h"

enum { MOST_LANES = 1024 };

/* a[i] + first for n lanes, if that is a ramp, or a ramp of ramps; else NULL. */
static const ir *as_ramps(const facts *S, const ir *first, const int64_t *a, unsigned n)
{
    cb_context *c = S->c;
    cb_type t = first->type;
    for (unsigned p = n; p > 0; p--) { /* lanes of a ramp; the longest first */
        int64_t step = p > 1 ? a[1] - a[0] : 0, next = p < n ? a[p] - a[0] : 0;
        bool fits = n % p == 0;
        for (unsigned i = 0; i < n && fits; i++)
            fits = a[i] == a[0] + (int64_t)(i % p) * step + (int64_t)(i / p) * next;
        if (!fits || (p == 1 && n > 2))
            continue;
        const ir *begin = simp_bin(S, IR_ADD, first, ir_int(c, t, a[0]));
        const ir *inner = p > 1 ? simp_ramp(S, begin, ir_int(c, t, step), p) : begin;
        return p == n ? inner : simp_ramp(S, inner, ir_int(c, inner->type, next), n / p);
    }
    return NULL;
}

const ir *simp_divided_ramp(const facts *S, const ir *n)
{
    int64_t k, step, lane[MOST_LANES];
    const ir *ramp = n->nargs ? n->arg[0] : n, *base = ramp->nargs ? ramp->arg[0] : ramp;
    unsigned lanes = n->type.lanes;
    if ((n->op != IR_DIV && n->op != IR_MOD) || ramp->op != IR_RAMP || base->type.lanes != 1 || lanes > MOST_LANES ||
        !type_no_overflow(n->type) || !ir_as_int(n->arg[1], &k) || k < 2 || !ir_as_int(ramp->arg[1], &step))
        return n;
    const_range r = simp_range(S, base);
    if (r.modulus % k || step > INT32_MAX || step < INT32_MIN)
        return n;
    int64_t rest = floor_mod(r.remainder, k);
    for (unsigned i = 0; i < lanes; i++) {
        int64_t x = rest + (int64_t)i * step;
        lane[i] = n->op == IR_DIV ? floor_div(x, k) : floor_mod(x, k);
    }
    cb_type t = base->type;
    const ir *first = ir_int(S->c, t, 0);
    if (n->op == IR_DIV)
        first = simp_bin(S, IR_DIV, simp_bin(S, IR_SUB, base, ir_int(S->c, t, rest)), ir_int(S->c, t, k));
    const ir *all = as_ramps(S, first, lane, lanes);
    return all ? all : n;
}
