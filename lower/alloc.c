/* lower/alloc.c: pass `alloc`: how large the storage of every Func is.
 *
 *     realize f([yo*32 - 1, min(32, h - yo*32) + 2])     =>    realize f([yo*32 - 1, 34])
 *
 * Bounds inference left the region that must be computed. Production with round_up goes beyond it, so
 * the storage of such a Func is the box its nest touches; so is that of one whose updates run over an aligned or promised
 * dimension, f(r.x, ...) with r.x made a dimension by rfactor() say; and that of a Func stored further out than it is
 * computed, when a reader is widened in every iteration there: the whole region of the reader, widened once, is less.
 * Small storage whose extents have a constant bound gets the bound: constant strides, and room on the stack.
 * bound_storage() is such a bound, proved here or checked when the pipeline runs.
 */
#include "path.h"

#include <string.h>

enum { SMALL_BYTES = 64 * 1024 };

typedef struct sizer {
    low *L;
    cb_context *c;
    path path;
    facts *facts;
    map widened; /* Funcs that compute more than is read of them, or are read by one that does */
} sizer;

/* Updates read f itself, so what is read beyond counts too. */
static bool rounds_up(const low_func *f) { return low_any_tail(f, tail_goes_beyond); }

/* Updates may run further than they are needed, and write there by coordinates that are no dimension of their own. */
static bool is_promised_update(const low_func *f) { return f->plan->bounds.n && f->nstages > 1; }

static bool is_aligned(const low_func *f)
{
    for (uint32_t i = 0; i < f->plan->bounds.n; i++)
        if (f->plan->bounds.at[i].modulus)
            return true;
    return false;
}

/* Readers come after what they read. */
static void find_widened(sizer *z)
{
    for (uint32_t i = z->L->funcs.n; i-- > 0;) {
        low_func *f = z->L->funcs.at[i];
        bool wide = rounds_up(f) || is_aligned(f);
        for (uint32_t k = 0; k < f->readers.n && !wide; k++)
            wide = map_getp(&z->widened, f->readers.at[k]->f) != NULL;
        if (wide)
            map_putp(z->c->a, &z->widened, f, f);
    }
}

static bool stored_elsewhere(const low_func *f)
{
    for (uint32_t i = 0; i < f->ncomputes; i++)
        if (!stored_at(f, f->computes[i]))
            return true;
    return false;
}

/* Ends that cannot be read off the loops, as C functions or data answer inside them how far these go: the region that was worked out
 * for all of them contains what readers touch, tails included, and f itself goes beyond it by no more than its own tails do. */
static void end_by_region(sizer *z, const low_func *f, const ir *const *args, box *b)
{
    cb_context *c = z->c;
    map region = {0};
    const box *own = low_own_reach(z->L, f);
    for (uint32_t d = 0; d < f->rank; d++) {
        const ir *max = ir_addi(c, ir_add(c, args[2 * d], args[2 * d + 1]), -1);
        map_put(c->a, &region, f->region_min[d], (uint64_t)(uintptr_t)args[2 * d]);
        map_put(c->a, &region, f->region_max[d], (uint64_t)(uintptr_t)max);
    }
    for (uint32_t d = 0; d < f->rank && !own->empty; d++) {
        interval *v = &b->dim[d];
        const interval *o = &own->dim[d];
        if (!v->lo && o->lo)
            v->lo = ir_substitute(c, o->lo, &region);
        if (!v->hi && o->hi)
            v->hi = ir_substitute(c, o->hi, &region);
    }
}

/* Includes what the body of the REALIZE touches. */
static void include_touched(sizer *z, const low_func *f, const ir *n, const ir **args)
{
    cb_context *c = z->c;
    interval_env *E = interval_env_new(c, z->L, NULL);
    box *b = boxes_touched(E, realize_body(n), f->sym, f->rank, true, true);
    if (b->empty)
        return;
    end_by_region(z, f, args, b);
    if (low_unbounded(z->L, f, b))
        guard_fail(&c->esc);
    for (uint32_t d = 0; d < f->rank; d++) {
        const ir *max = ir_addi(c, ir_add(c, args[2 * d], args[2 * d + 1]), -1);
        args[2 * d] = simplify(c, ir_min(c, args[2 * d], b->dim[d].lo), z->facts);
        max = ir_max(c, max, b->dim[d].hi);
        args[2 * d + 1] = simplify(c, ir_addi(c, ir_sub(c, max, args[2 * d]), 1), z->facts);
    }
}

/* Replaces extents by constant bounds when the whole stays small. */
static void bound_extents(sizer *z, const low_func *f, const ir **args)
{
    cb_context *c = z->c;
    int64_t *most = NEW_ARRAY(c->a, int64_t, f->rank + 1);
    double bytes = type_bytes(f->types[0]);
    for (uint32_t d = 0; d < f->rank; d++) {
        const ir *extent = simplify(c, path_expand(c, &z->path, args[2 * d + 1]), z->facts);
        const_range r = low_span(c, extent, z->facts);
        if (!r.has_hi)
            return;
        most[d] = r.hi < 0 ? 0 : r.hi;
        bytes *= (double)most[d];
    }
    if (bytes > SMALL_BYTES)
        return;
    for (uint32_t d = 0; d < f->rank; d++)
        args[2 * d + 1] = ir_i32(c, most[d]);
}

static const char *reach_of(sizer *z, const ir *const *args, uint32_t d)
{
    return low_reach_text(z->L, args[2 * d], ir_addi(z->c, ir_add(z->c, args[2 * d], args[2 * d + 1]), -1));
}

static void refuse_bound(sizer *z, const low_func *f, uint32_t d, int64_t least, const char *reach)
{
    const directive *from = f->plan->storage[d].bound_from;
    diag *g = low_refuse(z->L, DIAG_STORAGE_BOUND, from,
                        "the storage of '%s' has at least %lld elements of dimension %s, but "
                        "bound_storage() promised %lld",
                        f->name, (long long)least, from->arg[0].name,
                        (long long)f->plan->storage[d].bound);
    low_note_accesses(z->L, g, f, arena_printf(z->c->a, "%s in dimension %s", reach, from->arg[0].name));
    diag_help(&z->c->diags, g, "promise %lld or more, or leave it out", (long long)least);
    low_moves(z->L, g, from, least);
    diag_end(&z->c->diags, g);
}

/* Extents that bound_storage() promises; checks of what is not proved. A folded dimension has its own size. */
static const ir *promise_extents(sizer *z, const low_func *f, const ir **args)
{
    cb_context *c = z->c;
    const ir *checks = NULL;
    for (uint32_t d = 0; d < f->rank; d++) {
        int64_t most = f->plan->storage[d].bound;
        if (!most || (f->fold_factor && f->fold_dim == d))
            continue;
        const ir *extent = args[2 * d + 1];
        const_range r = low_span(c, path_expand(c, &z->path, extent), z->facts);
        if (r.has_lo && r.lo > most)
            refuse_bound(z, f, d, r.lo, reach_of(z, args, d));
        args[2 * d + 1] = ir_i32(c, most);
        if (r.has_hi && r.hi <= most)
            continue;
        const ir *args_of[] = {ir_string(c, f->name), extent,
                               ir_string(c, ir_sym_name(c, f->stages[0].args[d])), args[2 * d],
                               ir_addi(c, ir_add(c, args[2 * d], extent), -1),
                               ir_string(c, low_for_accesses(z->L, f)), ir_i32(c, most)};
        checks = ir_block2(c, checks, ir_assert(c, ir_le(c, extent, ir_i32(c, most)), CB_ERR_CONSTRAINT,
            "the storage of '%s' needs %d elements of %s, %d to %d%s, but bound_storage() promised %d", args_of, 7));
    }
    return checks;
}

static const ir *size(sizer *z, const ir *n);

static const ir *size_realize(sizer *z, const ir *n)
{
    const low_func *f = ir_symbol_of(z->c, n->u.info->sym)->aux;
    const ir **args = arena_copy(z->c->a, n->arg, sizeof *args * n->nargs);
    bool wide = rounds_up(f) || is_promised_update(f) || (stored_elsewhere(f) && map_getp(&z->widened, f));
    if (wide && !PLANTED(z->c, ALLOC_ROUND))
        include_touched(z, f, n, args);
    const ir *checks = promise_extents(z, f, args);
    bound_extents(z, f, args);
    args[n->nargs - 1] = size(z, realize_body(n));
    return ir_block2(z->c, checks, ir_with_args(z->c, n, args));
}

static const ir *size_for(sizer *z, const ir *n)
{
    cb_context *c = z->c;
    facts *outer = z->facts;
    z->facts = facts_new(c, outer);
    facts_range(z->facts, for_sym(n), for_min(n), ir_addi(c, ir_add(c, for_min(n), for_extent(n)), -1));
    const ir *body = size(z, for_body(n));
    z->facts = outer;
    return ir_with_args(c, n, (const ir *[]){for_min(n), for_extent(n), body});
}

static const ir *size(sizer *z, const ir *n)
{
    if (!ir_is_stmt(n))
        return n;
    if (n->op == IR_FOR)
        return size_for(z, n);
    if (n->op == IR_REALIZE)
        return size_realize(z, n);
    if (n->op == IR_LET_STMT)
        map_put(z->c->a, &z->path.expand, n->u.info->sym,
                (uint64_t)(uintptr_t)path_expand(z->c, &z->path, n->arg[0]));
    const ir **args = NEW_ARRAY(z->c->a, const ir *, n->nargs + 1);
    for (uint32_t i = 0; i < n->nargs; i++)
        args[i] = size(z, n->arg[i]);
    return ir_with_args(z->c, n, args);
}

void low_alloc_bounds(low *L)
{
    sizer z = {.L = L, .c = L->ctx, .facts = facts_new(L->ctx, NULL)};
    find_widened(&z);
    L->body = size(&z, L->body);
}
