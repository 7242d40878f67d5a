/* lower/slide.c: sliding windows: what an earlier iteration computed is not computed again.
 *
 *     realize f                               f is stored outside the loop over y, computed inside,
 *       for y in [0, h)                       and its readers need rows y-1 .. y+1 of it
 *         produce f for rows [y-1, y+1]
 *
 * In iteration y the rows up to (y-1)+1 are there already, so production starts at
 *
 *     select(y <= 0, y - 1, likely(max(y - 1, (y - 1) + 1 + 1)))
 *
 * that is at y + 1 except in the first iteration. The dimension that slides along loop v must
 * (1) be the only one whose region depends on v, and depend on no loop inside v's; it may depend on
 *     loops outside of v's, along which then nothing slides: each of their iterations begins anew;
 * (2) begin and end no earlier in each iteration than in the one before; or no later: such a window
 *     moves backwards, and production ends where the iteration before began;
 * (3) be pure in every update of f: updates run on the new rows only.
 * What is stored beyond the region of one iteration must not be what another one left: not in front of a window that moves
 * backwards, and not in other dimensions, where loops inside v's may have passed. (Of a Func without updates it is the same again.)
 * The bounds of loops inside v's must be the same in every iteration of v, and guards around the
 * production may cut off only the last iterations of v. How what a C function answers about its region
 * moves with v is not known: nothing slides along it.
 *
 * If the window has a constant height, only that many rows of f need storage: fold.c does it. Rows
 * kept are those of the current window, so the outermost loop that slides is the one to fold. With
 * fold_storage() the schedule says which dimension and how many rows: where nothing slides any
 * dimension will do, as every iteration computes all it needs.
 *
 * lo and hi are the whole of what readers need: a producer of a sliding Func that slides itself reasons
 * about what its reader would need without sliding, which moves as (2) asks and contains what is used.
 */
#include "path.h"

#include <string.h>

enum { MAX_WINDOW = 1024 }; /* rows worth folding */

typedef struct slider {
    low *L;
    cb_context *c;
    const path *p;
    low_func *f;
    const facts *facts;
    const ir **lo, **hi; /* expanded: in terms of loop variables and what is outside the storage */
    uint32_t first;      /* index in the path of the first item inside the storage */
    bool back;           /* the window found last moves backwards */
} slider;

static bool is_slidable(ir_loop_kind k) { return k == LOOP_SERIAL || k == LOOP_UNROLL; }

typedef struct questions {
    const slider *s;
    ir_sym v;
    bool depends;
} questions;

static bool look_at_question(void *env, const ir *n)
{
    questions *Q = env;
    uint64_t at;
    if (n->op == IR_VAR && !Q->depends && map_get(&Q->s->p->asked, n->u.sym, &at)) {
        const ir *question = (const ir *)(uintptr_t)at;
        Q->depends = ir_uses(Q->s->c, question, Q->v);
        ir_visit(Q->s->c, question, look_at_question, Q);
    }
    return !Q->depends;
}

/* Does e have answers of C functions to a question that depends on v? How they move with v is not known. */
static bool is_answered_by(const slider *s, const ir *e, ir_sym v)
{
    questions Q = {s, v, false};
    if (s->p->asked.n)
        ir_visit(s->c, e, look_at_question, &Q);
    return Q.depends;
}

static bool mentions(slider *s, const ir *e, ir_sym v) { return ir_uses(s->c, e, v) || is_answered_by(s, e, v); }

/* Does e mention a loop inside loop `at` of the path? */
static bool mentions_inner(slider *s, const ir *e, uint32_t at)
{
    for (uint32_t i = at + 1; i < s->p->items.n; i++)
        if (s->p->items.at[i].site.stage && mentions(s, e, s->p->items.at[i].sym))
            return true;
    return false;
}

/* The one dimension that depends on v; -1 when there is none or several. */
static int dependent_dim(slider *s, ir_sym v)
{
    int found = -1;
    for (uint32_t d = 0; d < s->f->rank; d++) {
        if (!mentions(s, s->lo[d], v) && !mentions(s, s->hi[d], v))
            continue;
        if (found >= 0)
            return -1;
        found = (int)d;
    }
    return found;
}

static bool never_decreases(slider *s, const ir *e, ir_sym v)
{
    monotone m = is_answered_by(s, e, v) ? MONO_UNKNOWN : monotone_in(s->c, e, v, s->facts);
    return m == MONO_CONSTANT || m == MONO_INCREASING;
}

static bool never_increases(slider *s, const ir *e, ir_sym v)
{
    monotone m = is_answered_by(s, e, v) ? MONO_UNKNOWN : monotone_in(s->c, e, v, s->facts);
    return m == MONO_CONSTANT || m == MONO_DECREASING;
}

/* Once false for some v, false for all later ones? */
static bool cuts_the_end(slider *s, const ir *cond, ir_sym v)
{
    if (!mentions(s, cond, v))
        return true;
    switch ((int)cond->op) {
    case IR_LIKELY:
        return cuts_the_end(s, cond->arg[0], v);
    case IR_AND:
        return cuts_the_end(s, cond->arg[0], v) && cuts_the_end(s, cond->arg[1], v);
    case IR_LT:
    case IR_LE:
        return never_decreases(s, cond->arg[0], v) && never_increases(s, cond->arg[1], v);
    default:
        return false;
    }
}

/* Loops inside v must run the same for every v: what they left in iteration v - 1 is what is looked for. */
static bool inner_loops_allow(slider *s, uint32_t loop, ir_sym v)
{
    for (uint32_t i = loop + 1; i < s->p->items.n; i++) {
        const path_item *l = &s->p->items.at[i];
        if (l->site.stage && (mentions(s, path_expand(s->c, s->p, l->min), v) ||
                              mentions(s, path_expand(s->c, s->p, l->extent), v)))
            return false;
    }
    return true;
}

static bool guards_allow(slider *s, uint32_t loop, ir_sym v)
{
    for (uint32_t i = loop + 1; i < s->p->items.n; i++) {
        const ir *cond = s->p->items.at[i].cond;
        if (cond && !cuts_the_end(s, path_expand(s->c, s->p, cond), v))
            return false;
    }
    return true;
}

static bool pure_everywhere(const low_func *f, uint32_t d)
{
    for (uint32_t k = 1; k < f->nstages; k++)
        if (!f->stages[k].args[d] && !PLANTED(f->L->ctx, SLIDE_UPDATE))
            return false;
    return true;
}

/* The dimension that may slide along loop `at` of the path, or -1. */
static int sliding_dim(slider *s, uint32_t at)
{
    const path_item *l = &s->p->items.at[at];
    if (!l->site.stage || !is_slidable(l->kind))
        return -1;
    int d = dependent_dim(s, l->sym);
    if (d < 0 || !pure_everywhere(s->f, (uint32_t)d))
        return -1;
    if (mentions_inner(s, s->lo[d], at) || mentions_inner(s, s->hi[d], at))
        return -1;
    s->back = false;
    if (!never_decreases(s, s->lo[d], l->sym) || !never_decreases(s, s->hi[d], l->sym)) {
        s->back = true;
        if (!never_increases(s, s->lo[d], l->sym) || !never_increases(s, s->hi[d], l->sym))
            return -1;
    }
    return guards_allow(s, at, l->sym) && inner_loops_allow(s, at, l->sym) ? d : -1;
}

/* ---- folding ------------------------------------------------------------------------------------------------- */

/* Which loops that ever were are made from dimension d of the Func? */
static bool *made_from(slider *s, const low_stage *st, uint32_t d)
{
    const stage_plan *p = st->plan;
    bool *made = NEW_ARRAY(s->c->a, bool, p->dims_all.n + 1);
    for (uint32_t i = 0; i < p->dims_all.n; i++)
        made[i] = p->dims_all.at[i].pure_dim == (int)d;
    for (uint32_t i = 0; i < p->splits.n; i++) {
        const split_plan *sp = &p->splits.at[i];
        if (sp->kind == SPLIT_FUSE)
            made[sp->old] = made[sp->outer] || made[sp->inner];
        else
            made[sp->outer] = made[sp->old];
        if (sp->kind == SPLIT_SPLIT)
            made[sp->inner] = made[sp->old];
    }
    return made;
}

/* A split that stores beyond the region in dimension d, or NULL. */
static const split_plan *beyond_in(slider *s, uint32_t d)
{
    for (uint32_t k = 0; k < s->f->nstages; k++)
        for (uint32_t n = 0; n < s->f->stages[k].nleaves; n++) {
            const low_stage *st = s->f->stages[k].leaf[n];
            const bool *made = made_from(s, st, d);
            for (uint32_t i = 0; i < st->plan->splits.n; i++)
                if (tail_writes_beyond(st->plan->splits.at[i].tail) && made[st->plan->splits.at[i].old])
                    return &st->plan->splits.at[i];
        }
    return NULL;
}

/* Does production make dense vectors along d? */
static bool vectors_along(slider *s, uint32_t d)
{
    for (uint32_t k = 0; k < s->f->nstages; k++)
        for (uint32_t n = 0; n < s->f->stages[k].nleaves; n++) {
            const stage_plan *p = s->f->stages[k].leaf[n]->plan;
            const bool *made = made_from(s, s->f->stages[k].leaf[n], d);
            for (uint32_t i = 0; i < p->loops.n; i++)
                if (made[p->loops.at[i]] && p->dims_all.at[p->loops.at[i]].kind == LOOP_VECTOR)
                    return true;
        }
    return false;
}

static const_range height_of(slider *s, uint32_t d)
{
    return low_span(s->c, ir_addi(s->c, ir_sub(s->c, s->hi[d], s->lo[d]), 1), s->facts);
}

/* The schedule's own fold of f, or NULL. */
static const storage_plan *asked_fold(const low_func *f, uint32_t *dim)
{
    for (*dim = 0; *dim < f->rank; ++*dim)
        if (f->plan->storage[*dim].fold)
            return &f->plan->storage[*dim];
    return NULL;
}

static void decide_fold(slider *s, uint32_t d)
{
    const_range r = height_of(s, d);
    uint32_t other;
    if (low_is_extern(s->f) || low_given_to_c(s->f) || asked_fold(s->f, &other) || !r.has_hi || r.hi < 1 || r.hi > MAX_WINDOW || beyond_in(s, d) ||
        vectors_along(s, d))
        return;
    int64_t rows = 1, most = s->f->plan->storage[d].bound;
    while (rows < r.hi)
        rows *= 2;
    if (most && rows > most) {
        if (r.hi > most)
            return;
        rows = most;
    }
    s->f->fold_dim = d;
    s->f->fold_factor = rows;
}

static diag *refuse_fold(slider *s, const directive *from, const char *why)
{
    return low_refuse(s->L, DIAG_BAD_FOLD, from, "%s", why);
}

/* fold_storage(d, n): honoured, checked at run time by *check, or refused. `slid`: the dimension that slides in the
 * outermost loop, -1: none. */
static void fold_as_asked(slider *s, int slid, const ir *const *lo, const ir *const *hi, const ir **check)
{
    cb_context *c = s->c;
    diags *D = &c->diags;
    uint32_t d;
    const storage_plan *p = asked_fold(s->f, &d);
    if (!p)
        return;
    const directive *from = p->fold_from;
    const split_plan *beyond = beyond_in(s, d);
    const_range r = height_of(s, d);
    if (low_is_extern(s->f) || low_given_to_c(s->f)) {
        diag *g = refuse_fold(s, from, arena_printf(c->a, "a C function computes or reads '%s', which knows nothing of "
            "circular buffers", s->f->name));
        diag_help(D, g, "leave it out, or copy through a Func of its own");
        low_moves(s->L, g, from, 0);
        diag_end(D, g);
    } else if (beyond) {
        diag *g = refuse_fold(s, from, "production stores beyond the region in this dimension, where "
                              "other elements of the circular buffer lie");
        diag_note(D, g, beyond->from->loc, "by the tail %s", tail_names[beyond->tail]);
        diag_help(D, g, "use guard, predicate or shift_inwards there");
        low_moves(s->L, g, from, 0);
        diag_end(D, g);
    } else if (slid >= 0 && slid != (int)d) {
        const char *first = ir_sym_name(c, s->f->stages[0].args[slid]);
        diag *g = refuse_fold(s, from, arena_printf(c->a, "the window of '%s' slides along dimension %s "
            "in an outer loop, which keeps all of dimension %s", s->f->name, first, from->arg[0].name));
        diag_help(D, g, "fold dimension %s", first);
        low_moves(s->L, g, from, 0);
        diag_end(D, g);
    } else if (r.has_lo && r.lo > p->fold) {
        diag *g = refuse_fold(s, from, arena_printf(c->a, "at least %lld elements of '%s' are in use "
            "at a time", (long long)r.lo, s->f->name));
        low_note_accesses(s->L, g, s->f,
                          arena_printf(c->a, "%s in dimension %s", low_reach_text(s->L, lo[d], hi[d]), from->arg[0].name));
        diag_help(D, g, "keep %lld or more, or compute it in a loop further in", (long long)r.lo);
        low_moves(s->L, g, from, r.lo);
        diag_end(D, g);
    } else if (!r.has_hi || r.hi > p->fold) {
        const ir *height = ir_addi(c, ir_sub(c, hi[d], lo[d]), 1), *most = ir_i32(c, p->fold);
        const ir *args[] = {ir_string(c, s->f->name), height, ir_string(c, from->arg[0].name), lo[d], hi[d],
                            ir_string(c, low_for_accesses(s->L, s->f)), most};
        *check = ir_block2(c, *check, ir_assert(c, ir_le(c, height, most), CB_ERR_CONSTRAINT,
            "'%s' has %d elements of %s in use at a time, %d to %d%s, but fold_storage() keeps %d", args, 7));
    }
    s->f->fold_dim = d;
    s->f->fold_factor = p->fold;
}

/* ---- the window ------------------------------------------------------------------------------------------------ */

static void find_storage(slider *s)
{
    const path *p = s->p;
    s->first = 0;
    for (uint32_t i = 0; i < p->items.n && s->f->store.stage; i++)
        if (p->items.at[i].site.stage && stored_at(s->f, p->items.at[i].site))
            s->first = i + 1;
}

/* The first row that the iteration of v before this one did not leave; backwards: the last one. */
static const ir *not_left(slider *s, uint32_t d, ir_sym v)
{
    cb_context *c = s->c;
    const ir *before = ir_addi(c, ir_var(c, v), -1);
    int64_t off = PLANTED(c, SLIDE_START) ? 2 : 1;
    return ir_addi(c, ir_substitute1(c, s->back ? s->lo[d] : s->hi[d], v, before), s->back ? -off : off);
}

/* Begins (backwards: ends) dimension d where the iteration before ended (began), except in the first. */
static void shrink(slider *s, const path_item *l, uint32_t d, const ir **lo, const ir **hi)
{
    cb_context *c = s->c;
    const ir *next = not_left(s, d, l->sym), *is_first = ir_le(c, ir_var(c, l->sym), l->min);
    if (can_prove(c, s->back ? ir_le(c, s->hi[d], next) : ir_le(c, next, s->lo[d]), s->facts))
        return; /* nothing is shared with the iteration before */
    if (s->back) {
        const ir *steady = simplify(c, ir_min(c, s->hi[d], next), s->facts);
        hi[d] = ir_select(c, is_first, hi[d], ir_likely(c, steady));
    } else {
        const ir *steady = simplify(c, ir_max(c, s->lo[d], next), s->facts);
        lo[d] = ir_select(c, is_first, lo[d], ir_likely(c, steady));
    }
}

/* May an iteration store beyond its region, before updates have run there, what an earlier one left? */
static bool spoils(slider *s, uint32_t d)
{
    bool beyond = false;
    for (uint32_t e = 0; e < s->f->rank && s->f->nstages > 1; e++)
        beyond |= (e != d || s->back) && beyond_in(s, e);
    return beyond;
}

bool slide_region(low *L, const path *p, low_func *f, const ir **lo, const ir **hi, const facts *fs,
                  const ir **check)
{
    cb_context *c = L->ctx;
    slider s = {.L = L, .c = c, .p = p, .f = f, .facts = fs};
    s.lo = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    s.hi = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    for (uint32_t d = 0; d < f->rank; d++) {
        s.lo[d] = simplify(c, path_expand(c, p, lo[d]), fs);
        s.hi[d] = simplify(c, path_expand(c, p, hi[d]), fs);
    }
    find_storage(&s);
    int slid = -1;
    const ir **first = arena_copy(c->a, lo, sizeof *lo * f->rank), **last = arena_copy(c->a, hi, sizeof *hi * f->rank);
    for (uint32_t i = s.first; i < p->items.n; i++) {
        int d = sliding_dim(&s, i);
        if (d < 0 || spoils(&s, (uint32_t)d))
            continue;
        if (slid < 0) {
            slid = d;
            decide_fold(&s, (uint32_t)d);
        }
        shrink(&s, &p->items.at[i], (uint32_t)d, lo, hi);
    }
    fold_as_asked(&s, slid, first, last, check);
    return slid >= 0;
}
