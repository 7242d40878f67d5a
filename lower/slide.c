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
 * (1) be the only one whose region depends on v, and depend on no other loop between storage and
 *     production; then iterations of those other loops see the same rows at the same v;
 * (2) begin and end no earlier in each iteration than in the one before;
 * (3) be pure in every update of f: updates run on the new rows only.
 * The bounds of v's loop must be the same in every iteration of the other loops between, those of loops
 * inside v's in every iteration of v, and guards around the production may cut off only the last
 * iterations of v.
 *
 * If the window has a constant height, only that many rows of f need storage: fold.c does it. Rows
 * kept are those of the current window, so the outermost loop that slides is the one to fold.
 *
 * lo and hi are the whole of what readers need: a producer of a sliding Func that slides itself reasons
 * about what its reader would need without sliding, which moves as (2) asks and contains what is used.
 */
#include "path.h"

enum { MAX_WINDOW = 1024 }; /* rows worth folding */

typedef struct slider {
    low *L;
    cb_context *c;
    const path *p;
    low_func *f;
    const facts *facts;
    const ir **lo, **hi; /* expanded: in terms of loop variables and what is outside the storage */
    map between;         /* variables of loops between storage and production */
    uint32_t first;      /* index in the path of the first item inside the storage */
} slider;

static bool is_slidable(ir_loop_kind k) { return k == LOOP_SERIAL || k == LOOP_UNROLL; }

static bool mentions(slider *s, const ir *e, ir_sym v) { return ir_uses(s->c, e, v); }

/* Does e mention a loop between other than v? */
static bool mentions_other(slider *s, const ir *e, ir_sym v)
{
    for (uint32_t i = 0; i < s->between.n; i++)
        if (s->between.entry[i].key != v && mentions(s, e, (ir_sym)s->between.entry[i].key))
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
    monotone m = monotone_in(s->c, e, v, s->facts);
    return m == MONO_CONSTANT || m == MONO_INCREASING;
}

static bool never_increases(slider *s, const ir *e, ir_sym v)
{
    monotone m = monotone_in(s->c, e, v, s->facts);
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
    if (mentions_other(s, path_expand(s->c, s->p, l->min), l->sym) ||
        mentions_other(s, path_expand(s->c, s->p, l->extent), l->sym))
        return -1;
    int d = dependent_dim(s, l->sym);
    if (d < 0 || !pure_everywhere(s->f, (uint32_t)d))
        return -1;
    if (mentions_other(s, s->lo[d], l->sym) || mentions_other(s, s->hi[d], l->sym))
        return -1;
    if (!never_decreases(s, s->lo[d], l->sym) || !never_decreases(s, s->hi[d], l->sym))
        return -1;
    return guards_allow(s, at, l->sym) && inner_loops_allow(s, at, l->sym) ? d : -1;
}

/* ---- folding ------------------------------------------------------------------------------------------------- */

/* Is a final loop of the stage, of this kind, made from dimension d of the Func? */
static bool has_loop_of(slider *s, const low_stage *st, ir_loop_kind kind, uint32_t d)
{
    const stage_plan *p = st->plan;
    bool *made = NEW_ARRAY(s->c->a, bool, p->dims_all.n);
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
    for (uint32_t i = 0; i < p->loops.n; i++)
        if (made[p->loops.at[i]] && p->dims_all.at[p->loops.at[i]].kind == kind)
            return true;
    return false;
}

/* May the storage of dimension d be a circular buffer? Not when production widens its region, and not when it makes
 * dense vectors along d. */
static bool is_foldable(slider *s, uint32_t d)
{
    if (low_is_extern(s->f) || low_given_to_c(s->f))
        return false; /* a C function sees a buffer, which has no fold in it */
    for (uint32_t k = 0; k < s->f->nstages; k++)
        for (uint32_t n = 0; n < s->f->stages[k].nleaves; n++) {
            const low_stage *st = s->f->stages[k].leaf[n];
            for (uint32_t i = 0; i < st->plan->splits.n; i++)
                if (st->plan->splits.at[i].tail == TAIL_ROUND_UP)
                    return false;
            if (has_loop_of(s, st, LOOP_VECTOR, d))
                return false;
        }
    return true;
}

static void decide_fold(slider *s, uint32_t d)
{
    cb_context *c = s->c;
    const ir *height = simplify(c, ir_addi(c, ir_sub(c, s->hi[d], s->lo[d]), 1), s->facts);
    const_range r = range_of(c, height, s->facts);
    if (!r.has_hi || r.hi < 1 || r.hi > MAX_WINDOW || !is_foldable(s, d))
        return;
    int64_t rows = 1;
    while (rows < r.hi)
        rows *= 2;
    s->f->fold_dim = d;
    s->f->fold_factor = rows;
}

/* ---- the window ------------------------------------------------------------------------------------------------ */

static void find_between(slider *s)
{
    const path *p = s->p;
    s->first = 0;
    for (uint32_t i = 0; i < p->items.n && s->f->store.stage; i++)
        if (p->items.at[i].site.stage && stored_at(s->f, p->items.at[i].site))
            s->first = i + 1;
    for (uint32_t i = s->first; i < p->items.n; i++)
        if (p->items.at[i].site.stage)
            map_put(s->c->a, &s->between, p->items.at[i].sym, 0);
}

/* What the iteration of v before this one left as the end of dimension d, plus one. */
static const ir *after_previous(slider *s, uint32_t d, ir_sym v)
{
    cb_context *c = s->c;
    const ir *before = ir_addi(c, ir_var(c, v), -1);
    return ir_addi(c, ir_substitute1(c, s->hi[d], v, before), PLANTED(c, SLIDE_START) ? 2 : 1);
}

bool slide_region(low *L, const path *p, low_func *f, const ir **lo, const ir *const *hi, const facts *fs)
{
    cb_context *c = L->ctx;
    slider s = {.L = L, .c = c, .p = p, .f = f, .facts = fs};
    s.lo = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    s.hi = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    for (uint32_t d = 0; d < f->rank; d++) {
        s.lo[d] = simplify(c, path_expand(c, p, lo[d]), fs);
        s.hi[d] = simplify(c, path_expand(c, p, hi[d]), fs);
    }
    find_between(&s);
    bool slides = false;
    for (uint32_t i = s.first; i < p->items.n; i++) {
        int d = sliding_dim(&s, i);
        if (d < 0)
            continue;
        const path_item *l = &p->items.at[i];
        const ir *next = after_previous(&s, (uint32_t)d, l->sym);
        if (!slides)
            decide_fold(&s, (uint32_t)d);
        slides = true;
        if (can_prove(c, ir_le(c, next, s.lo[d]), fs))
            continue; /* nothing is shared with the iteration before */
        const ir *steady = simplify(c, ir_max(c, s.lo[d], next), fs);
        const ir *is_first = ir_le(c, ir_var(c, l->sym), l->min);
        lo[d] = ir_select(c, is_first, lo[d], ir_likely(c, steady));
    }
    return slides;
}
