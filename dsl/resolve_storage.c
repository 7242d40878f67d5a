/* dsl/resolve_storage.c: what a schedule says about the region and the storage of a Func:
 *
 *     f  bound(x, 0, 640), align_storage(x, 16), fold_storage(y, 4), store_in(stack)
 *
 * Each fills in the plan of the Func. What depends on regions, such as whether four rows are
 * enough, is found out by lowering: proved, checked when the pipeline runs, or refused.
 */
#include "sched.h"

#include <string.h>

/* The dimension that argument `arg` names; UINT32_MAX after a report. */
static uint32_t find_dim(resolver *R, const directive *d, uint32_t arg, const cb_func_s *f)
{
    const char **names = NEW_ARRAY(R->c->a, const char *, f->rank + 1);
    text t;
    text_init(&t, R->c->a);
    for (uint32_t i = 0; i < f->rank; i++) {
        names[i] = ir_sym_name(R->c, f->args[i]);
        if (strcmp(names[i], d->arg[arg].name) == 0)
            return i;
        text_printf(&t, "%s%s", i ? ", " : "", names[i]);
    }
    diag *g = sched_report(R, DIAG_NO_SUCH_DIM, d, (int)arg, "'%s' has no dimension '%s'", f->name,
                           d->arg[arg].name);
    sched_note(R, g, "its dimensions, by the Vars of its pure definition: %s",
               f->rank ? text_str(&t) : "none");
    sched_did_you_mean(R, g, d->arg[arg].name, names, f->rank);
    sched_end(R, g);
    return UINT32_MAX;
}

/* Innermost first: the named dimensions take the places they occupy together, in the order named.
 * */
static void apply_reorder_storage(resolver *R, func_plan *f, const directive *d)
{
    uint32_t rank = f->func->rank;
    bool *named = NEW_ARRAY(R->c->a, bool, rank + 1);
    uint32_t *dims = NEW_ARRAY(R->c->a, uint32_t, d->nargs);
    for (uint32_t i = 0; i < d->nargs; i++) {
        dims[i] = find_dim(R, d, i, f->func);
        if (dims[i] == UINT32_MAX)
            return;
        if (named[dims[i]]) {
            sched_end_help(R, sched_report(R, DIAG_BAD_REORDER, d, (int)i, "'%s' is named twice",
                                           d->arg[i].name),
                           "name each dimension once; those left out keep their places");
            return;
        }
        named[dims[i]] = true;
    }
    for (uint32_t i = 0, k = 0; i < rank; i++)
        if (named[f->storage_order[i]])
            f->storage_order[i] = dims[k++];
}

static void apply_store_in(resolver *R, func_plan *f, const directive *d)
{
    f->memory = d->arg[0].memory;
    f->memory_from = d;
    if (f->memory != MEM_SHARED)
        return;
    diag *g = sched_report(R, DIAG_BAD_MEMORY, d, 0,
                           "a Func computed on the host cannot be stored there");
    sched_hint(R, "one of: auto, heap, stack, register");
    sched_end(R, g);
}

/* Another promise about the same dimension, or NULL. */
static const bound_plan *other_bound(const func_plan *f, uint32_t dim, bool align)
{
    for (uint32_t i = 0; i < f->bounds.n; i++)
        if (f->bounds.at[i].dim == dim && (f->bounds.at[i].modulus != 0) == align)
            return &f->bounds.at[i];
    return NULL;
}

/* Do the constants of a bound and of an alignment of one dimension agree? */
static void check_aligned(resolver *R, const func_plan *f, const bound_plan *bound,
                          const bound_plan *align, const directive *d)
{
    int64_t min, extent;
    if (!bound || !align)
        return;
    bool bad = ir_as_int(bound->extent, &extent) && extent % align->modulus != 0;
    if (bound->min && !align->extent_only && ir_as_int(bound->min, &min))
        bad |= ((min % align->modulus) + align->modulus) % align->modulus != align->remainder;
    if (!bad)
        return;
    diag *g = sched_report(R, DIAG_CONTRADICTION, d, -1,
                           "the promised bounds of '%s' are not aligned so", f->func->name);
    sched_note_at(R, g, d == bound->from ? align->from : bound->from);
    sched_end_help(R, g, "promise a multiple, or keep one of the two");
}

static void apply_bound(resolver *R, func_plan *f, const directive *d)
{
    int64_t min, extent;
    bound_plan b = {.dim = find_dim(R, d, 0, f->func), .from = d};
    if (b.dim == UINT32_MAX)
        return;
    const bound_plan *other = other_bound(f, b.dim, false);
    if (other && !take_slot(R, &(const directive *){other->from}, d))
        return;
    uint32_t last = d->nargs - 1; /* bound_extent has no min */
    b.min = last == 2 ? value_arg(R, d, 1) : NULL;
    b.extent = last == 1 || b.min ? value_arg(R, d, last) : NULL;
    if (!b.extent)
        return;
    bool const_extent = ir_as_int(b.extent, &extent);
    if (const_extent && extent < 0) {
        sched_end_help(R, sched_report(R, DIAG_BAD_BOUND, d, (int)last, "an extent cannot be %lld",
                                       (long long)extent),
                       b.min ? "bound(dimension, smallest coordinate, number of coordinates)"
                             : "bound_extent(dimension, number of coordinates)");
        return;
    }
    if (const_extent && b.min && ir_as_int(b.min, &min) && min + extent > (int64_t)INT32_MAX + 1) {
        sched_end_help(R, sched_report(R, DIAG_BAD_BOUND, d, 2,
                                       "the last coordinate would be %lld, beyond 32 bits", (long long)(min + extent - 1)),
                       "bound(dimension, smallest coordinate, number of coordinates)");
        return;
    }
    check_aligned(R, f, &b, other_bound(f, b.dim, true), d);
    vec_push(R->c->a, &f->bounds, b);
}

static void apply_align_bounds(resolver *R, func_plan *f, const directive *d)
{
    bound_plan b = {.dim = find_dim(R, d, 0, f->func), .from = d,
                    .extent_only = d->op == DIR_ALIGN_EXTENT};
    if (b.dim == UINT32_MAX)
        return;
    const bound_plan *other = other_bound(f, b.dim, true);
    if (other && !take_slot(R, &(const directive *){other->from}, d))
        return;
    if (!const_arg(R, d, 1, 1, &b.modulus))
        return;
    if (d->nargs > 2 && !const_arg(R, d, 2, 0, &b.remainder))
        return;
    if (b.remainder >= b.modulus) {
        diag *g =
            sched_report(R, DIAG_BAD_BOUND, d, 2, "the remainder must be below the modulus %lld",
                         (long long)b.modulus);
        sched_end_help(R, g, "align_bounds(dimension, modulus, remainder)");
        return;
    }
    check_aligned(R, f, other_bound(f, b.dim, false), &b, d);
    vec_push(R->c->a, &f->bounds, b);
}

/* ---- storage of one dimension ---------------------------------------------------------------- */

static void apply_dimension(resolver *R, func_plan *f, const directive *d)
{
    uint32_t dim = find_dim(R, d, 0, f->func);
    if (dim == UINT32_MAX)
        return;
    storage_plan *s = &f->storage[dim];
    bool fold = d->op == DIR_FOLD_STORAGE, align = d->op == DIR_ALIGN_STORAGE;
    int64_t *value = fold ? &s->fold : align ? &s->align : &s->bound;
    const directive **from = fold ? &s->fold_from : align ? &s->align_from : &s->bound_from;
    if (!take_slot(R, from, d) || !const_arg(R, d, 1, 1, value))
        return;
    for (uint32_t i = 0; fold && i < f->func->rank; i++) {
        if (i == dim || !f->storage[i].fold_from)
            continue;
        diag *g = sched_report(R, DIAG_CONTRADICTION, d, 0, "storage is folded in one dimension only");
        sched_note_at(R, g, f->storage[i].fold_from);
        sched_end_help(R, g, "fold the dimension along which the window moves in the outer loop");
    }
}

void check_storage(resolver *R, func_plan *f)
{
    for (uint32_t i = 0; i < f->func->rank; i++) {
        const storage_plan *s = &f->storage[i];
        if (!s->fold_from || !s->bound_from || s->fold <= s->bound)
            continue;
        diag *g = sched_report(R, DIAG_CONTRADICTION, s->fold_from, 1,
                               "a circular buffer of %lld is larger than the bound of its storage",
                               (long long)s->fold);
        sched_note_at(R, g, s->bound_from);
        sched_end_help(R, g, "leave out bound_storage: folding bounds the storage too");
    }
}

/* ---- estimates ------------------------------------------------------------------------------- */

static void add_estimate(resolver *R, const cb_func_s *f, uint32_t dim, const directive *d)
{
    estimate_plan e = {.func = f, .dim = dim, .from = d};
    for (uint32_t i = 0; i < R->p->estimates.n; i++) {
        const estimate_plan *o = &R->p->estimates.at[i];
        if (o->func == f && o->dim == dim && !take_slot(R, &(const directive *){o->from}, d))
            return;
    }
    if (!const_arg(R, d, 1, INT32_MIN, &e.min) || !const_arg(R, d, 2, 0, &e.extent))
        return;
    vec_push(R->c->a, &R->p->estimates, e);
}

void apply_input_estimate(resolver *R, const cb_func_s *f, const directive *d)
{
    text t;
    text_init(&t, R->c->a);
    for (uint32_t i = 0; i < f->rank; i++) {
        const char *name = arena_printf(R->c->a, "_%u", i);
        if (strcmp(d->arg[0].name, name) == 0) {
            add_estimate(R, f, i, d);
            return;
        }
        text_printf(&t, "%s%s", i ? ", " : "", name);
    }
    diag *g = sched_report(R, DIAG_NO_SUCH_DIM, d, 0, "input '%s' has no dimension '%s'", f->name,
                           d->arg[0].name);
    sched_note(R, g, "its dimensions, by number: %s", f->rank ? text_str(&t) : "none");
    sched_end_help(R, g, "an input has no Vars: its dimensions are _0, _1, ...");
}

/* ---- all of them ----------------------------------------------------------------------------- */

void apply_storage_directive(resolver *R, func_plan *f, const directive *d)
{
    uint32_t dim;
    switch ((int)d->op) {
    case DIR_STORE_IN: apply_store_in(R, f, d); return;
    case DIR_REORDER_STORAGE: apply_reorder_storage(R, f, d); return;
    case DIR_BOUND:
    case DIR_BOUND_EXTENT: apply_bound(R, f, d); return;
    case DIR_ALIGN_BOUNDS:
    case DIR_ALIGN_EXTENT: apply_align_bounds(R, f, d); return;
    case DIR_FOLD_STORAGE:
    case DIR_ALIGN_STORAGE:
    case DIR_BOUND_STORAGE: apply_dimension(R, f, d); return;
    case DIR_ESTIMATE:
        dim = find_dim(R, d, 0, f->func);
        if (dim != UINT32_MAX)
            add_estimate(R, f->func, dim, d);
        return;
    default: break;
    }
    diag_bug(&R->c->diags, "resolve", "'%s' is not about a whole Func", dir_table[d->op].word);
}
