/* dsl/resolve_loops.c: the loops of one stage. A stage begins with its natural loops, outermost
 * first:
 *
 *     f(x, y) = ...                 y, x
 *     f(x, r.y) += ... r.x ...      x, r.y, r.x      (pure Vars that occur, then the domain)
 *
 * and each directive replaces, names, moves or marks some of them:
 *
 *     split(x, xo, xi, 8)    y, xo, xi
 *     reorder(xi, y, xo)     xo, y, xi
 *     vectorize(xi)          xo, y, xi (vector)
 *
 * tile, and vectorize and unroll with a count, are taken apart into these first. What keeps a
 * schedule from changing the result:
 *
 *   - Reduction loops, and loops made from them, are reordered, parallel or vector only where no
 *     dependence forbids it, or the update is an associative operation (races.c). Pure loops of an
 *     update carry no dependence: anywhere.
 *   - A guard (the default tail) is right everywhere. shift_inwards computes elements twice: pure
 *     definitions only; updates blend. A tail that stores beyond the end (round_up, predicate_loads,
 *     round_up_and_blend) needs a loop that ends where its own rounding ends: a dimension of the
 *     Func, an outer loop of another such tail, or a loop of constant extent that the factor
 *     divides; and an update that does not use what may be there as a coordinate.
 */
#include "assoc.h"
#include "sched.h"

#include <string.h>

/* ---- natural loops --------------------------------------------------------------------------- */

static uint32_t add_dim(resolver *R, stage_plan *s, loop_plan l)
{
    vec_push(R->c->a, &s->dims_all, l);
    return s->dims_all.n - 1;
}

void stage_initial_loops(resolver *R, stage_plan *s)
{
    const cb_func_s *f = s->func;
    const definition *d = s->def;
    if (d->kind == DEF_EXTERN)
        return; /* its loops are the C function's own */
    for (uint32_t i = 0; d->dom && i < d->dom->ndims; i++)
        add_dim(
            R, s,
            (loop_plan){
                .name = d->dom->dims[i].name, .is_rvar = true, .pure_dim = -1, .rdom_dim = (int)i});
    for (uint32_t i = 0; i < f->rank; i++) {
        ir_sym var = d->kind == DEF_UPDATE ? d->pure_dim[i] : f->args[i];
        if (!var)
            continue;
        add_dim(R, s,
                (loop_plan){.name = ir_sym_name(R->c, var), .pure_dim = (int)i, .rdom_dim = -1});
    }
    for (uint32_t i = s->dims_all.n; i-- > 0;)
        vec_push(R->c->a, &s->loops, i);
}

int loop_position(const stage_plan *s, uint32_t dim)
{
    for (uint32_t i = 0; i < s->loops.n; i++)
        if (s->loops.at[i] == dim)
            return (int)i;
    return -1;
}

/* ---- looking up loops ------------------------------------------------------------------------ */

static bool answers_to(const stage_plan *s, const loop_plan *l, const char *name)
{
    if (strcmp(l->name, name) == 0)
        return true;
    /* the only dimension of a domain is known by the domain's name as well */
    const rdom *r = s->def->dom;
    return l->rdom_dim >= 0 && r->ndims == 1 && strcmp(r->name, name) == 0;
}

bool has_loop(const stage_plan *s, const char *name)
{
    for (uint32_t i = 0; i < s->loops.n; i++)
        if (answers_to(s, &s->dims_all.at[s->loops.at[i]], name))
            return true;
    return false;
}

/* What became of a loop that is no more: a note at the directive that replaced it. */
static void note_replaced(resolver *R, diag *g, const stage_plan *s, const char *name)
{
    for (uint32_t i = s->splits.n; i-- > 0;) {
        const split_plan *p = &s->splits.at[i];
        bool gone = answers_to(s, &s->dims_all.at[p->old], name);
        if (p->kind == SPLIT_FUSE)
            gone = answers_to(s, &s->dims_all.at[p->outer], name) ||
                   answers_to(s, &s->dims_all.at[p->inner], name);
        if (!gone)
            continue;
        sched_note_at(R, g, p->from);
        return;
    }
}

uint32_t find_loop(resolver *R, const directive *d, uint32_t arg, const stage_plan *s)
{
    const char *name = d->arg[arg].name;
    const char **names = NEW_ARRAY(R->c->a, const char *, s->loops.n + 1);
    uint32_t at = UINT32_MAX;
    for (uint32_t i = 0; i < s->loops.n; i++) {
        const loop_plan *l = &s->dims_all.at[s->loops.at[i]];
        names[i] = l->name;
        if (!answers_to(s, l, name))
            continue;
        if (at != UINT32_MAX) {
            diag *g =
                sched_report(R, DIAG_AMBIGUOUS_NAME, d, (int)arg,
                             "'%s' has two loops that answer to '%s'", stage_text(R, s), name);
            sched_note(R, g, "loops of '%s', outermost first: %s", stage_text(R, s),
                       loops_text(R, s));
            sched_end_help(R, g, "give them different names when they are made");
            return UINT32_MAX;
        }
        at = s->loops.at[i];
    }
    if (at != UINT32_MAX)
        return at;
    diag *g = sched_report(R, DIAG_NO_SUCH_LOOP, d, (int)arg, "'%s' has no loop '%s'",
                           stage_text(R, s), name);
    sched_note(R, g, "loops of '%s', outermost first: %s", stage_text(R, s), loops_text(R, s));
    note_replaced(R, g, s, name);
    if (s->def->kind == DEF_EXTERN)
        sched_help(R, g, "a C function has loops of its own; schedule those of Funcs that read it");
    else if (text_nearest(name, names, s->loops.n))
        sched_did_you_mean(R, g, name, names, s->loops.n);
    else
        sched_hint(R, "name one of these loops");
    sched_end(R, g);
    return UINT32_MAX;
}

/* Is `name` free for a new loop, those of `gone` not counting? */
static bool name_free(resolver *R, const directive *d, int arg, const stage_plan *s,
                      const char *name, const uint32_t gone[2])
{
    for (uint32_t i = 0; i < s->loops.n; i++) {
        uint32_t dim = s->loops.at[i];
        if (dim == gone[0] || dim == gone[1] || !answers_to(s, &s->dims_all.at[dim], name))
            continue;
        diag *g = sched_report(R, DIAG_LOOP_NAME_IN_USE, d, arg, "'%s' has a loop '%s' already",
                               stage_text(R, s), name);
        sched_note(R, g, "loops of '%s', outermost first: %s", stage_text(R, s), loops_text(R, s));
        sched_help(R, g, "a new loop needs a new name, or the name of the loop it replaces");
        sched_end(R, g);
        return false;
    }
    return true;
}

/* A loop that has a kind is finished: it cannot be split, fused or given another kind. */
static bool still_plain(resolver *R, const directive *d, int arg, const stage_plan *s, uint32_t dim)
{
    const loop_plan *l = &s->dims_all.at[dim];
    if (!l->from)
        return true;
    static const char *const kinds[] = {
        [LOOP_SERIAL] = "serial",        [LOOP_PARALLEL] = "parallel",
        [LOOP_VECTOR] = "a vector loop", [LOOP_UNROLL] = "unrolled",
        [LOOP_GPU_BLOCK] = "a GPU loop", [LOOP_GPU_THREAD] = "a GPU loop",
        [LOOP_GPU_LANE] = "a GPU loop"};
    diag *g = sched_report(R, DIAG_LOOP_HAS_KIND, d, arg, "loop '%s' is %s already", l->name,
                           kinds[l->kind]);
    sched_note_at(R, g, l->from);
    sched_help(R, g, "split, fuse and rename loops first, then give each one kind");
    sched_end(R, g);
    return false;
}

/* ---- sizes that are known -------------------------------------------------------------------- */

static int64_t natural_extent(const resolver *R, const stage_plan *s, const loop_plan *l)
{
    int64_t extent;
    bool aligned = false;
    if (l->rdom_dim >= 0)
        return plan_constant(R->c, s, s->def->dom->dims[l->rdom_dim].extent, &extent) ? extent : -1;
    const func_plan *f =
        R->p->plans.n > func_index(R, s->func) ? R->p->plans.at[func_index(R, s->func)] : NULL;
    for (uint32_t i = 0; f && i < f->bounds.n; i++) {
        const bound_plan *b = &f->bounds.at[i];
        if ((int)b->dim == l->pure_dim && b->extent && ir_as_int(b->extent, &extent))
            return extent;
        aligned |= (int)b->dim == l->pure_dim && b->modulus;
    }
    if (l->pure_dim >= 0 && !aligned && pipeline_is_output(R->p, s->func) &&
        buffer_fixed(s->func, (uint32_t)l->pure_dim, 1, &extent))
        return extent; /* set_extent */
    return l->pure_dim >= 0 ? plan_pure_extent(R->p, s, (uint32_t)l->pure_dim) : -1;
}

int64_t times_extent(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return -1;
    return b && a > INT64_MAX / 2 / b ? INT64_MAX / 2 : a * b;
}

loop_size *loop_sizes(const resolver *R, const stage_plan *s)
{
    loop_size *z = NEW_ARRAY(R->c->a, loop_size, s->dims_all.n + 1);
    for (uint32_t i = 0; i < s->dims_all.n; i++) {
        const loop_plan *l = &s->dims_all.at[i];
        bool natural = l->pure_dim >= 0 || l->rdom_dim >= 0;
        z[i] = (loop_size){natural ? natural_extent(R, s, l) : -1, 1, l->pure_dim >= 0};
    }
    for (uint32_t i = 0; i < s->splits.n; i++) {
        const split_plan *p = &s->splits.at[i];
        loop_size old = z[p->old];
        switch (p->kind) {
        case SPLIT_SPLIT: {
            int64_t n = old.extent < 0 ? -1 : (old.extent + p->factor - 1) / p->factor;
            bool rounds = old.rounds && tail_writes_beyond(p->tail);
            z[p->outer] = (loop_size){n, times_extent(old.span, p->factor), rounds};
            z[p->inner] = (loop_size){p->factor, old.span, false};
            break;
        }
        case SPLIT_FUSE:
            z[p->old] =
                (loop_size){times_extent(z[p->outer].extent, z[p->inner].extent), z[p->inner].span, false};
            break;
        case SPLIT_RENAME: z[p->outer] = old; break;
        }
    }
    return z;
}

int64_t *loop_extents(const resolver *R, const stage_plan *s)
{
    const loop_size *z = loop_sizes(R, s);
    int64_t *extent = NEW_ARRAY(R->c->a, int64_t, s->dims_all.n + 1);
    for (uint32_t i = 0; i < s->dims_all.n; i++)
        extent[i] = z[i].extent;
    return extent;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void put_loops(resolver *R, stage_plan *s, uint32_t at, uint32_t remove,
                      const uint32_t *with, uint32_t n)
{
    vec(uint32_t) out = {0};
    for (uint32_t i = 0; i < at; i++)
        vec_push(R->c->a, &out, s->loops.at[i]);
    for (uint32_t i = 0; i < n; i++)
        vec_push(R->c->a, &out, with[i]);
    for (uint32_t i = at + remove; i < s->loops.n; i++)
        vec_push(R->c->a, &out, s->loops.at[i]);
    s->loops.n = 0;
    for (uint32_t i = 0; i < out.n; i++)
        vec_push(R->c->a, &s->loops, out.at[i]);
}

/* Records d, every argument spelled out, as a step of the plan. */
void record_step(resolver *R, stage_plan *s, const directive *d)
{
    directive *step = directive_new(R->c, d->op, d->loc, d->nargs);
    for (uint32_t i = 0; i < d->nargs; i++)
        step->arg[i] = d->arg[i];
    step->excerpt = d->excerpt;
    step->origin = d->origin;
    vec_push(R->c->a, &s->steps, step);
}

static directive *derived(resolver *R, const directive *from, dir_op op, uint32_t nargs)
{
    directive *d = directive_new(R->c, op, from->loc, nargs);
    d->excerpt = from->excerpt;
    d->origin = from->origin ? from->origin : from;
    return d;
}

static dir_arg loop_arg(const char *name) { return (dir_arg){.kind = DARG_LOOP, .name = name}; }
static dir_arg new_arg(const char *name) { return (dir_arg){.kind = DARG_NEW, .name = name}; }

/* Does an expression read Func or Input `sym` (0: any)? */
typedef struct reader {
    ir_sym sym;
    bool found;
} reader;

static bool find_read(void *env, const ir *n)
{
    reader *r = env;
    r->found |= n->op == IR_CALL && (!r->sym || n->u.ref.sym == r->sym);
    return !r->found;
}

static bool reads(resolver *R, const ir *e, ir_sym sym)
{
    reader r = {sym, false};
    ir_visit(R->c, e, find_read, &r);
    return r.found;
}

typedef struct coordinates {
    resolver *R;
    ir_sym self;
    bool found;
} coordinates;

static bool find_self_inside(void *env, const ir *n)
{
    coordinates *k = env;
    for (uint32_t i = 0; n->op == IR_CALL && i < n->nargs; i++)
        k->found |= reads(k->R, n->arg[i], k->self);
    return !k->found;
}

/* NULL, or why elements beyond the end of an update cannot be computed as if they were inside:
 * nothing before gave them a value. */
static const char *beyond_fault(resolver *R, const stage_plan *s, tail t)
{
    const cb_func_s *f = s->func;
    const definition *d = s->def;
    coordinates k = {R, f->sym, false};
    for (uint32_t i = 0; i < f->nvalues; i++)
        ir_visit(R->c, d->values[i], find_self_inside, &k);
    for (uint32_t i = 0; d->dom && i < d->dom->where.n; i++)
        ir_visit(R->c, d->dom->where.at[i], find_self_inside, &k);
    for (uint32_t i = 0; i < f->rank; i++) {
        k.found |= reads(R, d->lhs[i], f->sym);
        if (t == TAIL_PREDICATE_LOADS && !d->pure_dim[i] && d->lhs[i]->op != IR_INT &&
            d->lhs[i]->op != IR_VAR)
            return "where it stores is computed, and may be anywhere for elements beyond the end";
    }
    return k.found ? "it reads at coordinates that depend on itself, which may be anything beyond "
                     "the end"
                   : NULL;
}

static tail refuse_tail(resolver *R, const directive *d, const char *why, const char *help)
{
    diag *g = sched_report(R, DIAG_ILLEGAL_TAIL, d, 4, "%s", why);
    sched_help(R, g, "%s", help);
    sched_end(R, g);
    return TAIL_COUNT;
}

/* The tail a split gets, never AUTO; TAIL_COUNT after a report. */
static tail choose_tail(resolver *R, const directive *d, const stage_plan *s, uint32_t old,
                        int64_t factor)
{
    cb_context *c = R->c;
    tail t = d->nargs > 4 ? d->arg[4].tail : TAIL_AUTO;
    const loop_plan *l = &s->dims_all.at[old];
    const loop_size *z = loop_sizes(R, s);
    bool update = s->update >= 0, blend = t == TAIL_SHIFT_BLEND || t == TAIL_ROUND_UP_BLEND;
    bool divides = z[old].extent >= 0 && l->pure_dim < 0 && z[old].extent % factor == 0;
    if (t == TAIL_AUTO)
        return TAIL_GUARD;
    if (t == TAIL_GUARD || t == TAIL_PREDICATE)
        return t;
    if (l->is_rvar)
        return refuse_tail(R, d,
                           arena_printf(c->a, "'%s' is a reduction loop: iterations beyond its end "
                                              "or done twice change the result", l->name),
                           "use guard or predicate");
    if (update && t == TAIL_SHIFT_INWARDS)
        return refuse_tail(R, d,
                           arena_printf(c->a, "'%s' is a loop of an update: elements updated twice "
                                              "change the result", l->name),
                           "use guard, predicate or shift_inwards_and_blend");
    if (blend && !update)
        return refuse_tail(R, d,
                           arena_printf(c->a, "'%s' is a loop of a pure definition: its elements "
                                              "have no value to blend with", l->name),
                           t == TAIL_SHIFT_BLEND ? "use shift_inwards" : "use round_up");
    const char *fault = update && t != TAIL_SHIFT_BLEND ? beyond_fault(R, s, t) : NULL;
    if (fault)
        return refuse_tail(R, d, arena_printf(c->a, "this computes elements of '%s' beyond the "
                                                    "end: %s", s->func->name, fault),
                           "use guard, predicate or shift_inwards_and_blend");
    if (!tail_writes_beyond(t) || z[old].rounds || divides)
        return t;
    return refuse_tail(
        R, d,
        arena_printf(c->a, "rounding up loop '%s' does not round up a dimension of '%s'", l->name,
                     s->func->name),
        arena_printf(c->a, update ? "use guard, predicate, predicate_stores or "
                                    "shift_inwards_and_blend; or %s on the split that made '%s' "
                                    "as well"
                                  : "use guard, predicate, predicate_stores or shift_inwards; or "
                                    "%s on the split that made '%s' as well",
                     tail_names[t], l->name));
}

/* split(old, outer, inner, factor[, tail]) */
static bool apply_split(resolver *R, stage_plan *s, const directive *d)
{
    int64_t factor;
    uint32_t old = find_loop(R, d, 0, s);
    if (old == UINT32_MAX || !still_plain(R, d, 0, s, old))
        return false;
    const uint32_t gone[2] = {old, old};
    const char *outer = d->arg[1].name, *inner = d->arg[2].name;
    if (!name_free(R, d, 1, s, outer, gone) || !name_free(R, d, 2, s, inner, gone))
        return false;
    if (strcmp(outer, inner) == 0) {
        sched_end_help(R, sched_report(R, DIAG_LOOP_NAME_IN_USE, d, 2,
                                       "the outer and the inner loop need different names"),
                       "one of them may keep the name of the loop that is split");
        return false;
    }
    if (!const_arg(R, d, 3, 1, &factor))
        return false;
    if (factor > INT32_MAX || times_extent(loop_sizes(R, s)[old].span, factor) > INT32_MAX) {
        diag *g = sched_report(R, DIAG_LOOP_TOO_LARGE, d, 3,
                               "one iteration of '%s' would span more than 2^31-1 elements", outer);
        sched_end_help(R, g, "split by smaller factors");
        return false;
    }
    tail t = choose_tail(R, d, s, old, factor);
    if (t == TAIL_COUNT)
        return false;

    directive *full = derived(R, d, DIR_SPLIT, 5);
    full->origin = d->origin;
    for (uint32_t i = 0; i < 4; i++)
        full->arg[i] = d->arg[i];
    full->arg[0].name = s->dims_all.at[old].name;
    full->arg[4] = (dir_arg){.kind = DARG_TAIL, .tail = t};
    record_step(R, s, full);

    bool rvar = s->dims_all.at[old].is_rvar;
    loop_plan l = {.is_rvar = rvar, .pure_dim = -1, .rdom_dim = -1};
    l.name = outer;
    uint32_t made[2];
    made[0] = add_dim(R, s, l);
    l.name = inner;
    made[1] = add_dim(R, s, l);
    split_plan p = {.kind = SPLIT_SPLIT,
                    .old = old,
                    .outer = made[0],
                    .inner = made[1],
                    .factor = factor,
                    .tail = t,
                    .from = d};
    vec_push(R->c->a, &s->splits, p);
    put_loops(R, s, (uint32_t)loop_position(s, old), 1, made, 2);
    return true;
}

/* fuse(outer, inner, fused) */
static bool apply_fuse(resolver *R, stage_plan *s, const directive *d)
{
    uint32_t outer = find_loop(R, d, 0, s);
    uint32_t inner = outer == UINT32_MAX ? outer : find_loop(R, d, 1, s);
    if (inner == UINT32_MAX || !still_plain(R, d, 0, s, outer) || !still_plain(R, d, 1, s, inner))
        return false;
    const uint32_t gone[2] = {outer, inner};
    int at = loop_position(s, outer);
    if (loop_position(s, inner) != at + 1) {
        diag *g = sched_report(R, DIAG_FUSE_NOT_ADJACENT, d, 1,
                               "loop '%s' does not stand directly inside loop '%s'",
                               s->dims_all.at[inner].name, s->dims_all.at[outer].name);
        sched_note(R, g, "loops of '%s', outermost first: %s", stage_text(R, s), loops_text(R, s));
        sched_help(R, g,
                   "name the outer loop first, then the one directly inside it; reorder() brings "
                   "them together");
        sched_end(R, g);
        return false;
    }
    if (!name_free(R, d, 2, s, d->arg[2].name, gone))
        return false;
    if (times_extent(loop_sizes(R, s)[outer].extent, loop_sizes(R, s)[inner].extent) > INT32_MAX) {
        sched_end_help(R, sched_report(R, DIAG_LOOP_TOO_LARGE, d, 2,
                                       "the fused loop would have more than 2^31-1 iterations"),
                       "split one of the loops and fuse a part of it");
        return false;
    }
    record_step(R, s, d);
    bool rvar = s->dims_all.at[outer].is_rvar || s->dims_all.at[inner].is_rvar;
    uint32_t fused = add_dim(
        R, s, (loop_plan){.name = d->arg[2].name, .is_rvar = rvar, .pure_dim = -1, .rdom_dim = -1});
    split_plan p = {.kind = SPLIT_FUSE,
                    .old = fused,
                    .outer = outer,
                    .inner = inner,
                    .factor = 1,
                    .tail = TAIL_GUARD,
                    .from = d};
    vec_push(R->c->a, &s->splits, p);
    put_loops(R, s, (uint32_t)at, 2, &fused, 1);
    return true;
}

/* rename(loop, new) */
static bool apply_rename(resolver *R, stage_plan *s, const directive *d)
{
    uint32_t old = find_loop(R, d, 0, s);
    if (old == UINT32_MAX)
        return false;
    const uint32_t gone[2] = {old, old};
    if (!name_free(R, d, 1, s, d->arg[1].name, gone))
        return false;
    record_step(R, s, d);
    loop_plan l = s->dims_all.at[old];
    l.name = d->arg[1].name;
    l.pure_dim = l.rdom_dim = -1;
    uint32_t made = add_dim(R, s, l);
    split_plan p = {.kind = SPLIT_RENAME,
                    .old = old,
                    .outer = made,
                    .inner = made,
                    .factor = 1,
                    .tail = TAIL_GUARD,
                    .from = d};
    vec_push(R->c->a, &s->splits, p);
    put_loops(R, s, (uint32_t)loop_position(s, old), 1, &made, 1);
    return true;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Do the reduction loops of `to` stand in the order of `from`? */
static bool same_rvar_order(const stage_plan *s, const uint32_t *from, const uint32_t *to,
                            uint32_t n)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!s->dims_all.at[from[i]].is_rvar)
            continue;
        while (!s->dims_all.at[to[k]].is_rvar)
            k++;
        if (to[k++] != from[i])
            return false;
    }
    return true;
}

/* Is it strict arithmetic, which is never rearranged? */
static bool has_order(const resolver *R, const ir *v)
{
    return ir_is_strict(R->p->strict ? ir_strict_op((ir_op)v->op, v->type) : (ir_op)v->op);
}

static bool refuse_order(resolver *R, const stage_plan *s, const directive *d, const uint32_t *to)
{
    text t;
    text_init(&t, R->c->a);
    for (uint32_t i = s->loops.n; i-- > 0;)
        if (s->dims_all.at[s->loops.at[i]].is_rvar)
            text_printf(&t, "%s%s", t.n ? ", " : "", s->dims_all.at[s->loops.at[i]].name);
    diag *g = sched_report(
        R, DIAG_REDUCTION_ORDER, d, -1,
        "this changes the order of reduction loops, and the result of '%s' may depend on it",
        stage_text(R, s));
    diag_note(&R->c->diags, g, s->def->loc, "the update is here");
    if (!R->dry && !R->c->diags.quiet)
        note_order(R, g, s, to);
    for (uint32_t i = 0; i < s->func->nvalues; i++)
        if (has_order(R, s->def->values[i])) {
            sched_note(R, g, "strict operations on floats are made in the order written");
            break;
        }
    sched_help(R, g, "keep this order, innermost first: %s", text_str(&t));
    sched_end(R, g);
    return false;
}

/* reorder(l, l, ...): innermost first, in the places they occupy together */
static bool apply_reorder(resolver *R, stage_plan *s, const directive *d)
{
    uint32_t n = s->loops.n, *dims = NEW_ARRAY(R->c->a, uint32_t, d->nargs),
             *out = NEW_ARRAY(R->c->a, uint32_t, n + 1);
    bool *named = NEW_ARRAY(R->c->a, bool, s->dims_all.n + 1);
    for (uint32_t i = 0; i < d->nargs; i++) {
        dims[i] = find_loop(R, d, i, s);
        if (dims[i] == UINT32_MAX)
            return false;
        if (named[dims[i]]) {
            sched_end_help(R, sched_report(R, DIAG_BAD_REORDER, d, (int)i,
                                           "loop '%s' is named twice", d->arg[i].name),
                           "name each loop once, innermost first; those left out keep their "
                           "places");
            return false;
        }
        named[dims[i]] = true;
    }
    for (uint32_t i = 0, k = d->nargs; i < n; i++)
        out[i] = named[s->loops.at[i]] ? dims[--k] : s->loops.at[i];
    if (!same_rvar_order(s, s->loops.at, out, n) && !order_may_become(R, s, out))
        return refuse_order(R, s, d, out);
    memcpy(s->loops.at, out, n * sizeof *out);
    record_step(R, s, d);
    return true;
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static bool apply_kind(resolver *R, stage_plan *s, const directive *d, ir_loop_kind kind)
{
    uint32_t dim = find_loop(R, d, 0, s);
    if (dim == UINT32_MAX || !still_plain(R, d, 0, s, dim))
        return false;
    loop_plan *l = &s->dims_all.at[dim];
    l->kind = kind;
    l->from = d;
    record_step(R, s, d);
    return true;
}

/* vectorize(x, 8, tail) = split(x, x, x.v, 8, tail), vectorize(x.v); likewise unroll and x.u */
static bool apply_counted(resolver *R, stage_plan *s, const directive *d, ir_loop_kind kind,
                          const char *suffix)
{
    if (d->nargs == 1)
        return apply_kind(R, s, d, kind);
    uint32_t old = find_loop(R, d, 0, s);
    if (old == UINT32_MAX)
        return false;
    const char *outer = s->dims_all.at[old].name;
    const char *inner = ctx_string(R->c, arena_printf(R->c->a, "%s.%s", outer, suffix));
    directive *split = derived(R, d, DIR_SPLIT, d->nargs + 2), *mark = derived(R, d, d->op, 1);
    split->arg[0] = d->arg[0];
    split->arg[1] = new_arg(outer);
    split->arg[2] = new_arg(inner);
    for (uint32_t i = 1; i < d->nargs; i++)
        split->arg[i + 2] = d->arg[i];
    mark->arg[0] = loop_arg(inner);
    return apply_split(R, s, split) && apply_kind(R, s, mark, kind);
}

/* tile(x, y, xo, yo, xi, yi, w, h[, tail]) = split both, reorder(xi, yi, xo, yo) */
static bool apply_tile(resolver *R, stage_plan *s, const directive *d)
{
    for (uint32_t k = 0; k < 2; k++) {
        directive *split = derived(R, d, DIR_SPLIT, d->nargs > 8 ? 5 : 4);
        split->arg[0] = d->arg[k];
        split->arg[1] = d->arg[2 + k];
        split->arg[2] = d->arg[4 + k];
        split->arg[3] = d->arg[6 + k];
        if (d->nargs > 8)
            split->arg[4] = d->arg[8];
        if (!apply_split(R, s, split))
            return false;
    }
    directive *order = derived(R, d, DIR_REORDER, 4);
    static const uint32_t from[4] = {4, 5, 2, 3};
    for (uint32_t i = 0; i < 4; i++)
        order->arg[i] = loop_arg(d->arg[from[i]].name);
    return apply_reorder(R, s, order);
}

/* rfactor(new, loop, dimension, ...): seen to before there were loops (rfactor.c) */
static bool apply_rfactor(resolver *R, stage_plan *s, const directive *d)
{
    for (uint32_t i = 0; i < R->made.n; i++)
        if (R->made.at[i].d == d) {
            record_step(R, s, d);
            return true;
        }
    diag *g = s->update < 0 ? sched_report(R, DIAG_NOT_ASSOCIATIVE, d, -1, "'%s' is no update", stage_text(R, s))
                            : sched_report(R, DIAG_CONTRADICTION, d, -1, "a branch cannot make a Func");
    sched_end_help(R, g, "give it to an update, outside of specialize()");
    return false;
}

/* atomic() of an update that no operation of dsl/assoc.def describes */
static bool refuse_atomic(resolver *R, stage_plan *s, const directive *d)
{
    bool several = s->update >= 0 && def_places(R->c, s->func, s->def) > 1;
    diag *g = sched_report(R, DIAG_NOT_ASSOCIATIVE, d, -1,
                           s->update < 0 ? "'%s' is no update: its elements are computed one by one"
                           : several     ? "'%s' writes several places at once, which is never taken as an associative operation"
                                         : "the update of '%s' is not known to be associative",
                           stage_text(R, s));
    diag_note(&R->c->diags, g, s->def->loc, "the definition is here");
    if (s->update >= 0 && !several)
        sched_note(R, g, "known are f op e, e free of f, with op one of + - * min max & | ^ && ||, of bool == and != "
                         "too, and the tuples listed in docs/schedule.md");
    sched_end_help(R, g, s->update < 0 ? "leave it out: loops of a pure definition may all be parallel and vector loops"
                         : several     ? "write the places by updates of their own, or by several values of one place"
                                       : "parallelize loops of pure Vars, or reduce into a Func with one more dimension");
    return false;
}

static bool refuse_twice(resolver *R, const directive *d, const directive *first)
{
    diag *g = sched_report(R, DIAG_DUPLICATE_DIRECTIVE, d, -1, "the stage has this directive already");
    sched_note_at(R, g, first);
    sched_end_help(R, g, "keep one of the two");
    return false;
}

/* stream_stores() */
static bool apply_stream_stores(resolver *R, stage_plan *s, const directive *d)
{
    if (s->stream)
        return refuse_twice(R, d, s->stream);
    s->stream = d;
    record_step(R, s, d);
    return true;
}

/* atomic() */
static bool apply_atomic(resolver *R, stage_plan *s, const directive *d)
{
    struct assoc form;
    if (s->atomic)
        return refuse_twice(R, d, s->atomic);
    if (!stage_assoc(R, s, &form))
        return refuse_atomic(R, s, d);
    s->atomic = d;
    record_step(R, s, d);
    return true;
}

/* partition(l, policy) */
static bool apply_partition(resolver *R, stage_plan *s, const directive *d)
{
    uint32_t dim = find_loop(R, d, 0, s);
    if (dim == UINT32_MAX)
        return false;
    loop_plan *l = &s->dims_all.at[dim];
    if (!take_slot(R, &l->partition_from, d))
        return false;
    l->partition = d->arg[1].policy;
    record_step(R, s, d);
    return true;
}

/* prefetch(f, l, ahead) */
static bool apply_prefetch(resolver *R, stage_plan *s, const directive *d)
{
    prefetch_plan p = {.of = func_arg(R, d, 0, true), .from = d};
    if (!p.of)
        return false;
    p.loop = find_loop(R, d, 1, s);
    if (p.loop == UINT32_MAX || !const_arg(R, d, 2, 1, &p.ahead))
        return false;
    for (uint32_t i = 0; i < s->prefetches.n; i++)
        if (s->prefetches.at[i].of == p.of && s->prefetches.at[i].loop == p.loop)
            return refuse_twice(R, d, s->prefetches.at[i].from);
    vec_push(R->c->a, &s->prefetches, p);
    record_step(R, s, d);
    return true;
}

/* unscheduled(): the only directive about the loops of its stage */
static bool apply_unscheduled(resolver *R, stage_plan *s, const directive *d)
{
    if (!take_slot(R, &s->left, d))
        return false;
    record_step(R, s, d);
    return true;
}

bool apply_stage_directive(resolver *R, stage_plan *s, const directive *d)
{
    if (s->fails) {
        diag *g = sched_report(R, DIAG_CONTRADICTION, d, -1,
                               "this would never have an effect: where no condition holds, '%s' "
                               "fails",
                               stage_text(R, s));
        sched_note_at(R, g, s->fails);
        sched_end_help(R, g, "write specialize_fail() last");
        return false;
    }
    switch (d->op) {
    case DIR_SPLIT: return apply_split(R, s, d);
    case DIR_FUSE: return apply_fuse(R, s, d);
    case DIR_RENAME: return apply_rename(R, s, d);
    case DIR_REORDER: return apply_reorder(R, s, d);
    case DIR_TILE: return apply_tile(R, s, d);
    case DIR_SERIAL: return apply_kind(R, s, d, LOOP_SERIAL);
    case DIR_PARALLEL: return apply_kind(R, s, d, LOOP_PARALLEL);
    case DIR_VECTORIZE: return apply_counted(R, s, d, LOOP_VECTOR, "v");
    case DIR_UNROLL: return apply_counted(R, s, d, LOOP_UNROLL, "u");
    case DIR_SPECIALIZE: return apply_specialize(R, s, d);
    case DIR_SPECIALIZE_FAIL: return apply_specialize_fail(R, s, d);
    case DIR_ATOMIC: return apply_atomic(R, s, d);
    case DIR_STREAM_STORES: return apply_stream_stores(R, s, d);
    case DIR_RFACTOR: return apply_rfactor(R, s, d);
    case DIR_PREFETCH: return apply_prefetch(R, s, d);
    case DIR_PARTITION: return apply_partition(R, s, d);
    case DIR_UNSCHEDULED: return apply_unscheduled(R, s, d);
    case DIR_COMPUTE_INLINE:
    case DIR_COMPUTE_ROOT:
    case DIR_COMPUTE_AT:
    case DIR_STORE_ROOT:
    case DIR_STORE_AT:
    case DIR_HOIST_STORAGE:
    case DIR_HOIST_STORAGE_ROOT:
    case DIR_FOLD_STORAGE:
    case DIR_STORE_IN:
    case DIR_REORDER_STORAGE:
    case DIR_ALIGN_STORAGE:
    case DIR_BOUND_STORAGE:
    case DIR_BOUND:
    case DIR_ALIGN_BOUNDS:
    case DIR_WRAP:
    case DIR_CLONE:
    case DIR_BOUND_EXTENT:
    case DIR_ALIGN_EXTENT:
    case DIR_ESTIMATE:
    case DIR_COUNT: break;
    }
    diag_bug(&R->c->diags, "resolve", "'%s' is not about loops", dir_table[d->op].word);
}
