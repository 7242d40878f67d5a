/* lower/prefetch.c: pass `prefetch`: fetches what a later iteration reads.
 *
 *     for y in [0, h)                                    out: prefetch(in, y, 2), vectorize(x, 16)
 *       produce g: ... in(x, y + 1) ...
 *       for x in [0, w/16)                            =>   for x in [0, w/16)
 *         vectorized v in [0, 16): out(x*16 + v, y)          if y + 2 < h
 *                                                              for line in (x's share of w/16): prefetch in(16*line, y + 2 + 1)
 *                                                            vectorized v in [0, 16): out(x*16 + v, y)
 *
 * The region that the body of the loop reads is that of all nests inside, as they are computed there: of a window that slides its
 * new rows only. Of a region that moves along one dimension the part that comes with the iteration is fetched, the rest
 * was before. A line of the cache is asked for once. They are shared out evenly among the iterations of the loops inside, so
 * that memory works while these compute, and is not asked for everything at once.
 *
 * loops.c marks the place, a PREFETCH of (variable of the loop, distance) with the number of its directive. A fetch has no effect but on time.
 *
 * needs: regions. breaks: nothing. */
#include "lower.h"

enum { LINE = 64 /* bytes */, FEW = 8 };

bool low_any_prefetch(const low *L) { return L->prefetches.n > 0; }

typedef struct fetch {
    low *L;
    const low_func *f;
    const ir *mark;
    ir_sym loop;
    const ir *first, *trips; /* its min and extent */
    const box *region;      /* what is to be fetched */
    const ir *index, *times; /* the iteration of the loops so far, and their number, i64 */
} fetch;

/* ---- what to fetch --------------------------------------------------------------------------- */

static const ir *moved(const fetch *F, const ir *e, int64_t by)
{
    cb_context *c = F->L->ctx;
    return simplify(c, ir_substitute1(c, e, F->loop, ir_addi(c, ir_var(c, F->loop), by)), NULL);
}

/* The end of a region in an iteration that is not the first: windows that slide are filled in that one. */
static const ir *later(const fetch *F, const ir *e)
{
    cb_context *c = F->L->ctx;
    facts *f = facts_new(c, NULL);
    facts_range(f, F->loop, ir_addi(c, F->first, 1), NULL);
    return simplify(c, e, f);
}

/* The region of the iteration `ahead` later, without what the one before that has of it. */
static const box *new_part(const fetch *F, const box *now, int64_t ahead)
{
    cb_context *c = F->L->ctx;
    box *b = box_copy(c, now);
    uint32_t moving = 0, along = 0;
    for (uint32_t d = 0; d < b->rank; d++) {
        const ir *lo = later(F, now->dim[d].lo), *hi = later(F, now->dim[d].hi);
        b->dim[d].lo = moved(F, lo, ahead);
        b->dim[d].hi = moved(F, hi, ahead);
        if (!ir_uses(c, lo, F->loop) && !ir_uses(c, hi, F->loop)) continue;
        moving++;
        along = d;
    }
    if (moving != 1) return b;
    interval *v = &b->dim[along];
    const interval *whole = &now->dim[along];
    const ir *before = moved(F, whole->hi, ahead - 1), *after = moved(F, whole->lo, ahead - 1);
    if (monotone_in(c, later(F, whole->lo), F->loop, NULL) == MONO_INCREASING)
        v->lo = simplify(c, ir_max(c, v->lo, ir_addi(c, before, 1)), NULL);
    else if (monotone_in(c, later(F, whole->hi), F->loop, NULL) == MONO_DECREASING)
        v->hi = simplify(c, ir_min(c, v->hi, ir_addi(c, after, -1)), NULL);
    return b;
}

static void refuse(low *L, const prefetch_plan *p, bool read)
{
    const cb_func_s *f = p->of;
    const directive *d = p->from;
    diag *g = low_refuse(L, DIAG_NOTHING_TO_FETCH, d,
                         read ? "which elements of '%s' the loop reads depends on data" : "nothing of '%s' is read in the loop", f->name);
    diag_note(&L->ctx->diags, g, f->loc, "'%s' is declared here", f->name);
    diag_help(&L->ctx->diags, g, read ? "leave it out: what is not known cannot be fetched ahead"
                                      : "name a loop around the place where it is read, and the input or stored Func that is read there");
    low_moves(L, g, d, 0);
    diag_end(&L->ctx->diags, g);
}

/* NULL after a report. */
static const box *region_ahead(const fetch *F, const ir *body, const low_prefetch_mark *p)
{
    static const box nothing = {.empty = true};
    const box *now = &nothing;
    if (F->f) now = boxes_read(interval_env_new(F->L->ctx, F->L, NULL), body, F->f->sym, F->f->rank);
    bool known = true;
    for (uint32_t d = 0; d < now->rank && !now->empty; d++) known = known && now->dim[d].lo && now->dim[d].hi;
    if (!now->empty && known) return new_part(F, now, p->plan->ahead);
    refuse(F->L, p->plan, !now->empty);
    return NULL;
}

/* ---- fetching -------------------------------------------------------------------------------- */

static uint32_t innermost_dim(const low_func *f) { return f->plan && f->plan->storage_order ? f->plan->storage_order[0] : 0; }

/* Elements of the widest value in a line. */
static int64_t per_line(const low_func *f)
{
    unsigned bytes = 1;
    for (uint32_t v = 0; v < f->nvalues; v++)
        bytes = type_bytes(f->types[v]) > bytes ? type_bytes(f->types[v]) : bytes;
    return bytes < LINE ? LINE / bytes : 1;
}

/* The first line of iteration number `index` when all have about as many: index*lines/times, by a product and a shift. */
static const ir *first_line(const fetch *F, const ir *lines, const ir *index)
{
    cb_context *c = F->L->ctx;
    const ir *one = ir_i64(c, 256), *all = ir_cast(c, T_I64, lines);
    const ir *step = ir_div(c, ir_addi(c, ir_add(c, ir_mul(c, all, one), F->times), -1), F->times);
    return ir_cast(c, T_I32, ir_min(c, ir_div(c, ir_mul(c, index, step), one), all));
}

/* for s in [lo, hi]: body; few are written one after the other. */
static const ir *over(const fetch *F, ir_sym s, const ir *lo, const ir *hi, const ir *body)
{
    cb_context *c = F->L->ctx;
    const ir *extent = simplify(c, ir_addi(c, ir_sub(c, hi, lo), 1), NULL);
    int64_t n;
    return ir_for(c, s, ir_as_int(extent, &n) && n >= 0 && n <= FEW ? LOOP_UNROLL : LOOP_SERIAL, lo, extent, body);
}

/* The share of one iteration: lines of every row, side by side. */
static const ir *fetch_share(const fetch *F)
{
    cb_context *c = F->L->ctx;
    const uint32_t rank = F->f->rank, row = innermost_dim(F->f);
    const ir **at = NEW_ARRAY(c->a, const ir *, rank + 1);
    ir_sym *sym = NEW_ARRAY(c->a, ir_sym, rank + 1);
    ir_info info = {.sym = F->f->sym, .loc = F->mark->u.info->loc};
    if (!rank) return ir_stmt(c, IR_PREFETCH, &info, NULL, 0);
    for (uint32_t d = 0; d < rank; d++) {
        sym[d] = ir_sym_new(c, d == row ? "line" : ir_sym_name(c, F->f->sym), SYM_LOOP, T_I32, NULL);
        at[d] = ir_var(c, sym[d]);
    }
    const interval *in_row = &F->region->dim[row];
    int64_t wide = per_line(F->f);
    const ir *lines = ir_div(c, ir_addi(c, ir_sub(c, in_row->hi, in_row->lo), wide), ir_i32(c, wide));
    const ir *from = first_line(F, lines, F->index), *to = first_line(F, lines, ir_addi(c, F->index, 1));
    at[row] = ir_add(c, in_row->lo, ir_mul(c, at[row], ir_i32(c, wide)));
    const ir *s = ir_stmt(c, IR_PREFETCH, &info, at, rank);
    for (uint32_t d = 0; d < rank; d++)
        if (d != row) s = over(F, sym[d], F->region->dim[d].lo, F->region->dim[d].hi, s);
    return ir_for(c, sym[row], LOOP_SERIAL, from, ir_sub(c, to, from), s);
}

/* Is there an iteration so much later? Then its region is one of those that were found to be in range. */
static const ir *comes_later(const fetch *F)
{
    cb_context *c = F->L->ctx;
    const ir *v = ir_cast(c, T_I64, ir_var(c, F->loop)), *end = ir_add(c, ir_cast(c, T_I64, F->first), ir_cast(c, T_I64, F->trips));
    return ir_lt(c, ir_add(c, v, ir_cast(c, T_I64, F->mark->arg[1])), end);
}

static const ir *place_fetch(ir_mapper *m, const ir *n)
{
    fetch *F = m->env;
    cb_context *c = m->ctx;
    if (n == F->mark) return F->region ? ir_if(c, comes_later(F), fetch_share(F), NULL) : NULL;
    if (n->op != IR_FOR || !F->region) return ir_is_stmt(n) ? ir_map(m, n) : n;
    const ir *index = F->index, *times = F->times;
    const ir *extent = ir_cast(c, T_I64, for_extent(n));
    F->index = ir_add(c, ir_mul(c, index, extent), ir_sub(c, ir_cast(c, T_I64, ir_var(c, for_sym(n))), ir_cast(c, T_I64, for_min(n))));
    F->times = ir_mul(c, times, extent);
    n = ir_map(m, n);
    F->index = index;
    F->times = times;
    return n;
}

typedef struct finder {
    ir_sym loop;
    const ir *found;
} finder;

static bool find_mark(void *env, const ir *n)
{
    finder *f = env;
    if (n->op == IR_PREFETCH && n->u.info->index && n->arg[0]->u.sym == f->loop) f->found = n;
    return !f->found && ir_is_stmt(n);
}

static const ir *fetch_for(ir_mapper *m, const ir *n)
{
    low *L = m->env;
    const ir *body = ir_apply(m, for_body(n));
    for (finder look = {.loop = for_sym(n)}; body; look.found = NULL) {
        ir_visit(L->ctx, body, find_mark, &look);
        if (!look.found) break;
        const low_prefetch_mark *p = &L->prefetches.at[look.found->u.info->index - 1];
        fetch F = {.L = L, .f = p->f, .mark = look.found, .loop = for_sym(n), .first = for_min(n), .trips = for_extent(n),
                   .index = ir_i64(L->ctx, 0), .times = ir_i64(L->ctx, 1)};
        F.region = region_ahead(&F, body, p);
        ir_mapper place = {.ctx = L->ctx, .fn = place_fetch, .env = &F};
        body = ir_apply(&place, body);
    }
    return ir_with_args(L->ctx, n, (const ir *[]){for_min(n), for_extent(n), body});
}

static const ir *fetch_stmt(ir_mapper *m, const ir *n)
{
    if (!ir_is_stmt(n)) return n;
    return n->op == IR_FOR ? fetch_for(m, n) : ir_map(m, n);
}

void low_prefetch(low *L)
{
    ir_mapper m = {.ctx = L->ctx, .fn = fetch_stmt, .env = L};
    L->body = ir_apply(&m, L->body);
}
