/* lower/facts.c: what is known about symbols and conditions, and constant ranges that follow.
 *
 *     0 <= x <= 7, y = 4*k        so   x*4 + y + 1   is 1 modulo 4, and   x*4 + 3   in [3, 31]
 *
 * Facts form a chain, innermost first. Each object also holds the answers given under it; adding a
 * fact drops them, so facts are stated before questions are asked. Conditions are kept in two ways:
 * as they stand (an equal condition is then known) and, when they compare integers, as forms >= 0.
 */
#include "simp.h"

facts *facts_new(cb_context *c, const facts *outer)
{
    facts *f = NEW(c->a, facts);
    f->c = c;
    f->outer = outer;
    f->any = outer && outer->any;
    f->mask = outer ? outer->mask : 0;
    f->serial = outer ? outer->serial : 0;
    f->cache = NEW(c->a, simp_cache);
    return f;
}

const facts *simp_facts(cb_context *c, const facts *f)
{
    if (f) return f;
    if (!c->lower) c->lower = facts_new(c, NULL);
    return c->lower;
}

static void changed(facts *f)
{
    f->any = true;
    map_clear(&f->cache->simple);
    map_clear(&f->cache->ranges);
    map_clear(&f->cache->syms);
}

static const sym_fact *find_symbol(const facts *f, ir_sym s)
{
    for (; f && f->any; f = f->outer) {
        uint64_t v;
        if (map_get(&f->syms, s, &v)) return (const sym_fact *)(uintptr_t)v;
    }
    return NULL;
}

const sym_fact *facts_symbol(const facts *f, ir_sym s)
{
    uint64_t v;
    if (!f || !f->any) return NULL;
    if (map_get(&f->cache->syms, s, &v)) return (const sym_fact *)(uintptr_t)v;
    const sym_fact *x = find_symbol(f, s);
    map_put(f->c->a, &f->cache->syms, s, (uint64_t)(uintptr_t)x);
    return x;
}

int facts_known(const facts *f, const ir *cond)
{
    for (; f && f->any; f = f->outer) {
        uint64_t v;
        if (f->known.n && map_get(&f->known, (uint64_t)(uintptr_t)cond, &v)) return (int)v;
    }
    return -1;
}

static const_range unknown_range(void)
{
    return (const_range){.modulus = 1};
}

/* The fact about s in f itself, beginning with what is known outside. */
static sym_fact *own_fact(facts *f, ir_sym s)
{
    uint64_t v;
    if (map_get(&f->syms, s, &v)) return (sym_fact *)(uintptr_t)v;
    const sym_fact *old = find_symbol(f->outer, s);
    sym_fact *x = NEW(f->c->a, sym_fact);
    if (old)
        *x = *old;
    else
        x->range = unknown_range();
    map_put(f->c->a, &f->syms, s, (uint64_t)(uintptr_t)x);
    x->serial = ++f->serial;
    f->mask |= (uint64_t)1 << (s & 63);
    return x;
}

static void at_least(const_range *r, int64_t lo)
{
    if (!r->has_lo || r->lo < lo) r->lo = lo;
    r->has_lo = true;
}

static void at_most(const_range *r, int64_t hi)
{
    if (!r->has_hi || r->hi > hi) r->hi = hi;
    r->has_hi = true;
}

static void assume_nonneg(facts *f, const lin *L);

void facts_range(facts *f, ir_sym s, const ir *lo, const ir *hi)
{
    const_range a = lo ? simp_range(f, lo) : unknown_range();
    const_range b = hi ? simp_range(f, hi) : unknown_range();
    if (lo) lo = simp(f, lo);
    if (hi) hi = simp(f, hi);
    sym_fact *x = own_fact(f, s);
    if (lo) x->lo = lo;
    if (hi) x->hi = hi;
    if (a.has_lo) at_least(&x->range, a.lo);
    if (b.has_hi) at_most(&x->range, b.hi);
    lin L; /* there is such an s */
    if (lo && hi && type_no_overflow(lo->type) && lin_diff(&L, hi, lo, true) && L.n)
        assume_nonneg(f, &L);
    changed(f);
}

void facts_let(facts *f, ir_sym s, const ir *value, bool replace)
{
    sym_fact *x = own_fact(f, s);
    const_range r = simp_range(f, value);
    *x = (sym_fact){.lo = value, .hi = value, .named = !replace, .serial = x->serial, .range = r};
    changed(f);
}

void facts_align(facts *f, ir_sym s, int64_t modulus, int64_t remainder)
{
    if (modulus <= 1) return;
    sym_fact *x = own_fact(f, s);
    x->range.modulus = modulus;
    x->range.remainder = floor_mod(remainder, modulus);
    changed(f);
}

static void assume_nonneg(facts *f, const lin *L)
{
    condition *g = NEW(f->c->a, condition);
    lin *own = &g->form;
    *own = *L;
    lin_tighten(own);
    for (uint32_t i = 0; i < own->n; i++) g->mask |= atom_mask(own->t[i].atom);
    f->nonneg_mask |= g->mask;
    f->mask |= g->mask;
    vec_push(f->c->a, &f->nonneg, g);
    if (own->n != 1 || own->t[0].atom->op != IR_VAR) return;
    sym_fact *x = own_fact(f, own->t[0].atom->u.sym);
    if (own->t[0].coef == 1) at_least(&x->range, -own->k);
    if (own->t[0].coef == -1) at_most(&x->range, own->k);
}

void facts_assume(facts *f, const ir *cond)
{
    cond = simp(f, cond);
    if (ir_is_true(cond) || ir_is_false(cond)) return;
    const ir *work[64];
    uint32_t n = 0;
    work[n++] = cond;
    while (n) {
        const ir *w = without_likely(work[--n]);
        if (w->op == IR_AND && n + 2 <= COUNT_OF(work)) {
            work[n++] = w->arg[0];
            work[n++] = w->arg[1];
        }
        map_put(f->c->a, &f->known, (uint64_t)(uintptr_t)w, 1);
        const ir *not_w = simp_un(simp_facts(f->c, NULL), IR_NOT, w);
        map_put(f->c->a, &f->known, (uint64_t)(uintptr_t)not_w, 0);
        lin L;
        if (compare_as_lin(w, &L)) {
            assume_nonneg(f, &L);
        } else if (w->op == IR_EQ && type_no_overflow(w->arg[0]->type) &&
                   lin_diff(&L, w->arg[0], w->arg[1], true)) {
            assume_nonneg(f, &L);
            if (lin_scale(&L, -1)) assume_nonneg(f, &L);
        }
    }
    changed(f);
}

/* ---- constant ranges ------------------------------------------------------------------------- */

static const_range exactly(int64_t v)
{
    return (const_range){
        .has_lo = true, .has_hi = true, .lo = v, .hi = v, .modulus = 0, .remainder = v};
}

/* The values of a type that are worth knowing: those of 32-bit signed and wider are not. */
static const_range type_range(cb_type t)
{
    const_range r = unknown_range();
    if (!type_is_integer(t) && !type_is_bool(t)) return r;
    if (t.bits <= 16 || (type_is_uint(t) && t.bits <= 32)) {
        at_least(&r, type_min(type_scalar(t)));
        at_most(&r, type_max(type_scalar(t)));
    } else if (type_is_uint(t)) {
        /* as bits in an int64 a u64 has no order; only its absence of bounds is safe */
        return r;
    }
    return r;
}

static bool fits(const const_range *r, cb_type t)
{
    if (type_no_overflow(t)) return true; /* by promise */
    t = type_scalar(t);
    if (type_is_uint(t) && t.bits == 64) return r->has_lo && r->lo >= 0 && r->has_hi;
    return r->has_lo && r->has_hi && r->lo >= type_min(t) && r->hi <= type_max(t);
}

/* r as the result of arithmetic in t: what it says when nothing wraps. */
static const_range in_type(const_range r, cb_type t)
{
    return fits(&r, t) ? r : type_range(t);
}

static void congruent(const_range *r, int64_t modulus, int64_t remainder)
{
    r->modulus = modulus;
    r->remainder = modulus ? floor_mod(remainder, modulus) : remainder;
}

static const_range range_scaled(const_range a, int64_t k)
{
    const_range r = unknown_range();
    int64_t v;
    if (k == 0) return exactly(0);
    if (k == INT64_MIN) return r;
    if ((k > 0 ? a.has_lo : a.has_hi) && !__builtin_mul_overflow(k > 0 ? a.lo : a.hi, k, &v))
        at_least(&r, v);
    if ((k > 0 ? a.has_hi : a.has_lo) && !__builtin_mul_overflow(k > 0 ? a.hi : a.lo, k, &v))
        at_most(&r, v);
    int64_t m, rem;
    if (!__builtin_mul_overflow(a.modulus, k < 0 ? -k : k, &m) &&
        !__builtin_mul_overflow(a.remainder, k, &rem))
        congruent(&r, m, rem);
    return r;
}

static const_range range_sum(const_range a, const_range b)
{
    const_range r = unknown_range();
    int64_t v;
    if (a.has_lo && b.has_lo && !__builtin_add_overflow(a.lo, b.lo, &v)) at_least(&r, v);
    if (a.has_hi && b.has_hi && !__builtin_add_overflow(a.hi, b.hi, &v)) at_most(&r, v);
    if (!__builtin_add_overflow(a.remainder, b.remainder, &v))
        congruent(&r, gcd64(a.modulus, b.modulus), v);
    return r;
}

static const_range range_union(const_range a, const_range b)
{
    const_range r = unknown_range();
    int64_t d;
    if (a.has_lo && b.has_lo) at_least(&r, a.lo < b.lo ? a.lo : b.lo);
    if (a.has_hi && b.has_hi) at_most(&r, a.hi > b.hi ? a.hi : b.hi);
    if (!__builtin_sub_overflow(a.remainder, b.remainder, &d))
        congruent(&r, gcd64(gcd64(a.modulus, b.modulus), d), a.remainder);
    return r;
}

static const_range range_min(const_range a, const_range b)
{
    const_range r = range_union(a, b);
    if (a.has_hi) at_most(&r, a.hi);
    if (b.has_hi) at_most(&r, b.hi);
    return r;
}

static const_range range_max(const_range a, const_range b)
{
    const_range r = range_union(a, b);
    if (a.has_lo) at_least(&r, a.lo);
    if (b.has_lo) at_least(&r, b.lo);
    return r;
}

static const_range range_product(const_range a, const_range b)
{
    if (a.modulus == 0) return range_scaled(b, a.remainder);
    if (b.modulus == 0) return range_scaled(a, b.remainder);
    const_range r = unknown_range();
    if (a.has_lo && a.has_hi && b.has_lo && b.has_hi) {
        int64_t p[4];
        if (!__builtin_mul_overflow(a.lo, b.lo, &p[0]) &&
            !__builtin_mul_overflow(a.lo, b.hi, &p[1]) &&
            !__builtin_mul_overflow(a.hi, b.lo, &p[2]) &&
            !__builtin_mul_overflow(a.hi, b.hi, &p[3])) {
            r = exactly(p[0]);
            for (int i = 1; i < 4; i++) r = range_union(r, exactly(p[i]));
            r.modulus = 1;
        }
    } else if (a.has_lo && a.lo >= 0 && b.has_lo && b.lo >= 0) {
        at_least(&r, 0);
    }
    int64_t m1, m2, m3, rem;
    r.modulus = 1;
    r.remainder = 0;
    if (!__builtin_mul_overflow(a.modulus, b.modulus, &m1) &&
        !__builtin_mul_overflow(a.modulus, b.remainder, &m2) &&
        !__builtin_mul_overflow(a.remainder, b.modulus, &m3) &&
        !__builtin_mul_overflow(a.remainder, b.remainder, &rem))
        congruent(&r, gcd64(gcd64(m1, m2), m3), rem);
    return r;
}

static const_range range_div(const_range a, int64_t c)
{
    const_range r = unknown_range();
    if (c <= 0) return r;
    if (a.has_lo) at_least(&r, floor_div(a.lo, c));
    if (a.has_hi) at_most(&r, floor_div(a.hi, c));
    if (a.modulus % c == 0) congruent(&r, a.modulus / c, floor_div(a.remainder, c));
    return r;
}

static const_range range_mod(const_range a, int64_t c)
{
    const_range r = unknown_range();
    if (c <= 0) return r;
    at_least(&r, 0);
    at_most(&r, c - 1);
    if (a.has_lo && a.has_hi && floor_div(a.lo, c) == floor_div(a.hi, c)) {
        at_least(&r, floor_mod(a.lo, c));
        at_most(&r, floor_mod(a.hi, c));
    }
    congruent(&r, gcd64(a.modulus, c), a.remainder);
    if (r.modulus == c) return exactly(floor_mod(a.remainder, c));
    return r;
}

static const_range range_cast(const_range a, cb_type from, cb_type to)
{
    if (type_is_bool(to) || type_is_float(from) || !type_is_integer(to)) return type_range(to);
    /* modulo a power of two the value survives wrapping, but that is seldom of use */
    if (type_is_uint(from) && from.bits == 64 && !(a.has_lo && a.lo >= 0 && a.has_hi))
        return type_range(to);
    if (type_no_overflow(to) && from.bits > to.bits && !(a.has_lo && a.has_hi))
        return type_range(to);
    if (type_no_overflow(to))
        return a.has_lo && a.lo < type_min(type_scalar(to)) ? type_range(to)
               : a.has_hi && a.hi > type_max(type_scalar(to)) ? type_range(to) : a;
    return in_type(a, to);
}

static const_range range_ramp(const_range base, const_range stride, unsigned n)
{
    const_range steps = {
        .has_lo = true, .has_hi = true, .lo = 0, .hi = (int64_t)n - 1, .modulus = 1};
    return range_sum(base, range_product(stride, steps));
}

static const_range range_bits(const ir *n, const_range a, const_range b)
{
    if (!a.has_lo || a.lo < 0 || !a.has_hi || !b.has_lo || b.lo < 0 || !b.has_hi) {
        const_range r = type_range(n->type);
        if (n->op == IR_BIT_AND && type_is_integer(n->type) && n->type.bits < 64) {
            if (a.has_lo && a.lo >= 0 && a.has_hi) at_least(&r, 0), at_most(&r, a.hi);
            if (b.has_lo && b.lo >= 0 && b.has_hi) at_least(&r, 0), at_most(&r, b.hi);
        }
        return r;
    }
    const_range r = unknown_range();
    int64_t m = a.hi > b.hi ? a.hi : b.hi;
    at_least(&r, 0);
    if (n->op == IR_BIT_AND)
        m = a.hi < b.hi ? a.hi : b.hi;
    else
        for (int s = 1; s < 64; s *= 2) m |= m >> s; /* all bits below the highest */
    at_most(&r, m);
    return r;
}

static const_range range_shift(const ir *n, const_range a, const_range b)
{
    if (n->op == IR_SHR && b.modulus == 0 && b.remainder >= 0 && b.remainder < n->type.bits &&
        b.remainder < 62 && !(type_is_uint(n->type) && n->type.bits == 64))
        return range_div(a, (int64_t)1 << b.remainder);
    return type_range(n->type);
}

static const_range range_var(const facts *S, const ir *n)
{
    const_range r = type_range(n->type);
    const sym_fact *x = facts_symbol(S, n->u.sym);
    if (!x) return r;
    if (x->range.has_lo) at_least(&r, x->range.lo);
    if (x->range.has_hi) at_most(&r, x->range.hi);
    if (r.has_lo && r.has_hi && r.lo == r.hi) return exactly(r.lo);
    congruent(&r, x->range.modulus, x->range.remainder);
    return r;
}

static const_range range_node(const facts *S, const ir *n)
{
    int64_t k;
    if (ir_as_int(n, &k))
        return type_is_uint(n->type) && n->type.bits == 64 && k < 0 ? unknown_range() : exactly(k);
    if (!type_is_integer(n->type)) return type_range(n->type);
    switch ((ir_op)n->op) {
    case IR_VAR: return range_var(S, n);
    case IR_ADD:
        return in_type(range_sum(simp_range(S, n->arg[0]), simp_range(S, n->arg[1])), n->type);
    case IR_SUB:
        return in_type(
            range_sum(simp_range(S, n->arg[0]), range_scaled(simp_range(S, n->arg[1]), -1)),
            n->type);
    case IR_MUL:
        return in_type(range_product(simp_range(S, n->arg[0]), simp_range(S, n->arg[1])), n->type);
    case IR_MIN: return range_min(simp_range(S, n->arg[0]), simp_range(S, n->arg[1]));
    case IR_MAX: return range_max(simp_range(S, n->arg[0]), simp_range(S, n->arg[1]));
    case IR_DIV:
        return ir_as_int(n->arg[1], &k) ? in_type(range_div(simp_range(S, n->arg[0]), k), n->type)
                                        : type_range(n->type);
    case IR_MOD:
        return ir_as_int(n->arg[1], &k) && k > 0 ? range_mod(simp_range(S, n->arg[0]), k)
                                                 : type_range(n->type);
    case IR_SELECT: return range_union(simp_range(S, n->arg[1]), simp_range(S, n->arg[2]));
    case IR_PLACES: {
        const_range r = simp_range(S, n->arg[0]);
        for (uint32_t i = 1; i < n->nargs; i++)
            r = range_union(r, simp_range(S, n->arg[i]));
        return r;
    }
    case IR_CAST: return range_cast(simp_range(S, n->arg[0]), n->arg[0]->type, n->type);
    case IR_LIKELY:
    case IR_PROMISE:
    case IR_BROADCAST: return simp_range(S, n->arg[0]);
    case IR_RAMP:
        return in_type(range_ramp(simp_range(S, n->arg[0]), simp_range(S, n->arg[1]),
                                  n->type.lanes / n->arg[0]->type.lanes), n->type);
    case IR_BIT_AND:
    case IR_BIT_OR:
    case IR_BIT_XOR: return range_bits(n, simp_range(S, n->arg[0]), simp_range(S, n->arg[1]));
    case IR_POPCOUNT: case IR_CLZ: case IR_CTZ: { /* anything between: no union, which would know multiples */
        const_range r = unknown_range();
        at_least(&r, 0);
        at_most(&r, n->type.bits);
        return r;
    }
    case IR_SHR:
    case IR_SHL: return range_shift(n, simp_range(S, n->arg[0]), simp_range(S, n->arg[1]));
    case IR_POISON: case IR_UNDEF: case IR_INT: case IR_FLOAT: case IR_STRING: case IR_DIV_TZ: case IR_MOD_TZ:
    case IR_ABS: case IR_EQ: case IR_NE: case IR_LT: case IR_LE: case IR_AND: case IR_OR:
    case IR_NOT: case IR_BIT_NOT: case IR_REINTERPRET: case IR_IS_NAN: case IR_FMA:
    case IR_SAT_ADD: case IR_SAT_SUB: case IR_HALF_ADD: case IR_HALF_SUB: case IR_HALF_ADD_UP:
    case IR_ABSD: case IR_ROUND_SHL: case IR_ROUND_SHR: case IR_MUL_SHR: case IR_ROUND_MUL_SHR:
    IR_MATH_CASES:
    IR_STRICT_CASES:
    case IR_QUERY: case IR_QUERY_DIM: case IR_CALL: case IR_LOAD: case IR_FIELD: case IR_SHUFFLE: case IR_REDUCE: case IR_LET: case IR_IMPURE: case IR_C_CALL:
        return type_range(n->type);
    IR_STATEMENT_CASES:
    case IR_OP_COUNT: break;
    }
    return type_range(n->type);
}

const_range simp_range(const facts *S, const ir *e)
{
    uint64_t v;
    if (e->nargs == 0) return range_node(S, e);
    if (map_get(&S->cache->ranges, (uint64_t)(uintptr_t)e, &v))
        return *(const const_range *)(uintptr_t)v;
    const_range r;
    if (S->cache->depth > 400) return type_range(e->type);
    S->cache->depth++;
    r = range_node(S, e);
    S->cache->depth--;
    map_putp(S->c->a, &S->cache->ranges, e, arena_copy(S->c->a, &r, sizeof r));
    return r;
}

const_range lin_range(const facts *S, const lin *L)
{
    const_range r = exactly(L->k);
    for (uint32_t i = 0; i < L->n; i++) {
        const_range x = simp_range(S, L->t[i].atom);
        if (L->type.bits == 64 && L->t[i].atom->type.bits == 32 &&
            type_is_int(L->t[i].atom->type)) { /* widened */
            at_least(&x, INT32_MIN);
            at_most(&x, INT32_MAX);
        }
        r = range_sum(r, range_scaled(x, L->t[i].coef));
    }
    return r;
}

const_range range_of(cb_context *c, const ir *e, const facts *f)
{
    f = simp_facts(c, f);
    return simp_range(f, simp(f, e));
}
