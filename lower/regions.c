/* lower/regions.c: which part of every Func and Input a call needs, whatever the schedule.
 *
 * The region required of an Input is part of a pipeline's meaning: it follows from the definitions
 * and from the region of the outputs, never from loops. So it is computed on the definitions alone,
 * from consumers to producers, over the whole region of each:
 *
 *     g(x) = in(x - 1) + in(x + 1)        out over [m, n]:   g over  [m, n + 2]
 *     out(x) = g(x) * g(x + 2)                               in over [m - 1, n + 3]
 *
 * A stage is looked at as the plainest nest that computes it: its reduction loops around a PROVIDE
 * under its `where`, with the pure Vars bound to the region of the Func. An update that writes or
 * reads its own Func outside what consumers asked for widens that region.
 */
#include "lower.h"

#include <string.h>

ir_sym low_buffer(low *L, low_func *f, uint32_t v)
{
    cb_context *c = L->ctx;
    if (!f->buffer)
        f->buffer = NEW_ARRAY(c->a, ir_sym, f->nvalues);
    if (!f->buffer[v]) {
        const char *name = f->nvalues == 1 ? f->name : arena_printf(c->a, "%s.%u", f->name, v);
        f->buffer[v] = ir_sym_new(c, ctx_string(c, name), SYM_BUFFER, f->types[v], f);
    }
    return f->buffer[v];
}

/* A field of f's buffer, or the constant that the program says it is: that is checked before anything is computed. */
static const ir *field_of(low *L, low_func *f, ir_buffer_field what, uint32_t d)
{
    int64_t k;
    const ir *rule = f->rule ? f->rule[3 * d + (uint32_t)what] : NULL;
    return rule && ir_as_int(rule, &k) ? ir_i32(L->ctx, k) : ir_field(L->ctx, low_buffer(L, f, 0), what, d);
}

const ir *low_arg_min(low *L, low_func *f, uint32_t d) { return field_of(L, f, FIELD_MIN, d); }

const ir *low_arg_max(low *L, low_func *f, uint32_t d)
{
    const ir *extent = field_of(L, f, FIELD_EXTENT, d);
    return ir_addi(L->ctx, ir_add(L->ctx, low_arg_min(L, f, d), extent), -1);
}

/* n, and evaluations of the expressions that inlining made unused. */
static const ir *with_unused(const low_stage *s, const ir *n, uint32_t from, uint32_t to)
{
    cb_context *c = s->f->L->ctx;
    ir_info none = {0};
    for (uint32_t i = from; i < to; i++)
        n = ir_block2(c, n, ir_stmt(c, IR_EVALUATE, &none, &s->unused.at[i], 1));
    return n;
}

/* The plainest statement that computes a stage, its pure Vars left free. */
static const ir *stage_stmt(const low_stage *s)
{
    cb_context *c = s->f->L->ctx;
    const low_func *f = s->f;
    const ir *n = ir_provide(c, f->sym, s->lhs, f->rank, s->values, f->nvalues, ir_bool(c, true));
    n = ir_block2(c, s->effects, n);
    n = with_unused(s, n, 0, s->nguarded);
    if (s->where && !ir_is_true(s->where))
        n = ir_if(c, s->where, n, NULL);
    n = ir_block2(c, s->where_effects, n);
    n = with_unused(s, n, s->nguarded, s->unused.n);
    for (uint32_t k = 0; k < s->nrvars; k++)
        n = ir_for(c, s->rvars[k], LOOP_SERIAL, s->rmin[k], s->rextent[k], n);
    n = ir_block2(c, s->bound_effects, n);
    return n;
}

/* The pure Vars of a stage range over the region of its Func. */
static interval_env *stage_env(const low_stage *s, const box *region)
{
    interval_env *E = interval_env_new(s->f->L->ctx, s->f->L, NULL);
    for (uint32_t d = 0; d < s->f->rank; d++)
        if (s->args && s->args[d])
            interval_bind(E, s->args[d], region->dim[d].lo, region->dim[d].hi);
    return E;
}

void low_name_stage(box *b, const low_stage *s)
{
    for (uint32_t d = 0; d < b->rank; d++) {
        if (b->dim[d].lo_from.access && !b->dim[d].lo_from.stage)
            b->dim[d].lo_from.stage = s;
        if (b->dim[d].hi_from.access && !b->dim[d].hi_from.stage)
            b->dim[d].hi_from.stage = s;
    }
}

static bool same_box(const box *a, const box *b)
{
    if (a->empty != b->empty)
        return false;
    for (uint32_t d = 0; d < a->rank; d++)
        if (a->dim[d].lo != b->dim[d].lo || a->dim[d].hi != b->dim[d].hi)
            return false;
    return true;
}

/* What updates touch of their own Func. In a dimension where the update is pure that is the region
 * itself; the others may depend on it, so the stages are looked at until nothing changes. */
void low_widen_by_updates(low *L, low_func *f, box *region)
{
    cb_context *c = L->ctx;
    box **last = NEW_ARRAY(c->a, box *, f->nstages);
    bool changed = f->nstages > 1;
    for (uint32_t round = 0; changed && round <= f->rank; round++) {
        changed = false;
        for (uint32_t k = f->nstages; k-- > 1;) {
            const low_stage *s = f->stages[k].written ? f->stages[k].written : &f->stages[k];
            interval_env *E = stage_env(s, region);
            box *t = boxes_touched(E, stage_stmt(s), f->sym, f->rank, true, true);
            for (uint32_t d = 0; d < f->rank && !t->empty; d++)
                if (s->args && s->args[d])
                    t->dim[d] = region->dim[d];
            if (t->empty || (last[k] && same_box(t, last[k])))
                continue;
            low_name_stage(t, s);
            box_hull(c, region, t, NULL);
            last[k] = t;
            changed = true;
        }
    }
}

typedef struct callees {
    low *L;
    map found; /* symbol -> low_func */
} callees;

static bool find_callee(void *env, const ir *n)
{
    callees *w = env;
    uint64_t f;
    if (n->op == IR_CALL && map_get(&w->L->func_of, n->u.ref.sym, &f))
        map_put(w->L->ctx->a, &w->found, n->u.ref.sym, f);
    if (n->op == IR_EXTERN_STAGE) {
        const low_func *by = ir_symbol_of(w->L->ctx, n->u.info->sym)->aux;
        const low_stage *s = &by->stages[0];
        for (uint32_t i = 0; i < s->ngiven; i++)
            if (low_given(s, i))
                map_put(w->L->ctx->a, &w->found, low_given(s, i)->sym, (uint64_t)(uintptr_t)low_given(s, i));
    }
    return true;
}

static box *box_of(low *L, map *boxes, low_func *f)
{
    box *b = map_getp(boxes, f);
    if (!b) {
        b = box_new(L->ctx, f->rank);
        b->empty = true;
        map_putp(L->ctx->a, boxes, f, b);
    }
    return b;
}

static void add_reads(low *L, map *boxes, const low_stage *s, const box *region, const ir *query)
{
    const ir *n = query ? low_extern_over(s, query, region) : stage_stmt(s);
    callees w = {.L = L};
    ir_visit(L->ctx, n, find_callee, &w);
    interval_env *E = stage_env(s, region);
    for (uint32_t i = 0; i < w.found.n; i++) {
        low_func *g = (low_func *)(uintptr_t)w.found.entry[i].val;
        if (g == s->f)
            continue; /* low_widen_by_updates saw to it */
        box *t = boxes_touched(E, n, g->sym, g->rank, true, false);
        if (t->empty)
            continue;
        low_name_stage(t, s);
        box_hull(L->ctx, box_of(L, boxes, g), t, NULL);
    }
}

bool low_any_tail(const low_func *f, bool (*is)(tail))
{
    for (uint32_t j = 0; j < f->nstages; j++)
        for (uint32_t n = 0; n < f->stages[j].nleaves; n++) {
            const stage_plan *leaf = f->stages[j].leaf[n]->plan;
            for (uint32_t s = 0; s < leaf->splits.n; s++)
                if (is(leaf->splits.at[s].tail))
                    return true;
        }
    return false;
}

bool low_widens(const low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++) {
        const low_func *f = L->funcs.at[i];
        if (f->plan && !f->inlined && (f->plan->bounds.n || low_any_tail(f, tail_goes_beyond)))
            return true;
    }
    return false;
}

void low_whole_regions(low *L, map *boxes)
{
    for (uint32_t i = 0; i < L->outputs.n; i++) {
        low_func *f = L->outputs.at[i];
        if (map_getp(boxes, f))
            continue;
        box *b = box_of(L, boxes, f);
        b->empty = false;
        for (uint32_t d = 0; d < f->rank; d++) {
            b->dim[d].lo = low_arg_min(L, f, d);
            b->dim[d].hi = low_arg_max(L, f, d);
        }
    }
    for (uint32_t i = 0; i < L->inputs.n; i++)
        box_of(L, boxes, L->inputs.at[i]);
    for (uint32_t i = 0; i < L->tables.n; i++)
        box_of(L, boxes, L->tables.at[i]);
    for (uint32_t i = L->funcs.n; i-- > 0;) { /* consumers first: each is complete when reached */
        low_func *f = L->funcs.at[i];
        if (f->inlined)
            continue;
        box *region = box_of(L, boxes, f);
        if (region->empty)
            continue;
        low_widen_by_updates(L, f, region);
        const ir *query = NULL;
        if (low_is_extern(f)) {
            if (low_unbounded(L, f, region))
                guard_fail(&L->ctx->esc);
            query = low_query(&f->stages[0], region);
            low_query_region(&f->stages[0], query, region);
        }
        for (uint32_t k = 0; k < f->nstages; k++)
            add_reads(L, boxes, &f->stages[k], region, query);
    }
}

/* ---- reports --------------------------------------------------------------------------------- */

/* Where the access stands in the text of its equation. The spans are kept on the nodes the user
 * wrote; the access is a copy of one, so it is found again by its text. NULL when inlining or
 * simplification has changed it. */
static const span *span_of(const low *L, const definition *def, const ir *access)
{
    const char *want = ir_text(L->ctx, access);
    for (uint32_t i = 0; i < def->spans.n; i++) {
        const span *s = &def->spans.at[i];
        if (s->node->op != IR_CALL)
            continue;
        const char *have = ir_text(L->pipe->ctx, s->node);
        size_t k = 0;
        while (have[k] && have[k] == want[k])
            k++;
        if (have[k] == want[k])
            return s;
    }
    return NULL;
}

enum { LONGEST_ACCESS = 72, MOST_ACCESSES = 3 };

/* The access as it was written, or as it is now; NULL: it is no single one. */
static const char *access_text(const low *L, const low_stage *s, const ir *access)
{
    if (!access || access->op != IR_CALL)
        return NULL;
    const definition *def = s ? s->plan->def : NULL;
    const span *at = def && def->text ? span_of(L, def, access) : NULL;
    const char *said = at ? arena_strndup(L->ctx->a, def->text + at->col, (size_t)at->width) : ir_text(L->ctx, access);
    if (strchr(said, '\n'))
        said = ir_text(L->ctx, access);
    return strlen(said) <= LONGEST_ACCESS ? said : arena_printf(L->ctx->a, "%.*s...", LONGEST_ACCESS - 3, said);
}

static const char *in_stage(const low *L, const low_stage *s)
{
    return s ? arena_printf(L->ctx->a, " in '%s'", s->f->name) : "";
}

const char *low_reach(const low *L, const interval *v)
{
    const char *lo = access_text(L, v->lo_from.stage, v->lo_from.access);
    const char *hi = access_text(L, v->hi_from.stage, v->hi_from.access);
    const low_stage *s = lo ? v->lo_from.stage : v->hi_from.stage;
    if (!lo && !hi)
        return "";
    if (!lo || !hi || (!strcmp(lo, hi) && s == v->hi_from.stage))
        return arena_printf(L->ctx->a, " by %s%s", lo ? lo : hi, in_stage(L, s));
    return arena_printf(L->ctx->a, " by %s%s and %s%s", lo, s == v->hi_from.stage ? "" : in_stage(L, s), hi,
                        in_stage(L, v->hi_from.stage));
}

typedef struct accesses {
    const low *L;
    const low_func *f;
    const low_stage *s;
    vec(const char *) said;
} accesses;

static bool add_access(void *env, const ir *n)
{
    accesses *A = env;
    if (n->op != IR_CALL || n->u.ref.sym != A->f->sym || A->said.n == MOST_ACCESSES)
        return true;
    const char *said = access_text(A->L, A->s, n);
    for (uint32_t i = 0; i < A->said.n; i++)
        if (!strcmp(A->said.at[i], said))
            return true;
    vec_push(A->L->ctx->a, &A->said, said);
    return true;
}

static const char *accesses_text(low *L, const low_func *f)
{
    text t;
    text_init(&t, L->ctx->a);
    for (uint32_t i = 0; i < f->readers.n; i++) {
        const low_stage *s = f->readers.at[i];
        accesses A = {.L = L, .f = f, .s = s};
        for (uint32_t v = 0; s->values && v < s->f->nvalues; v++)
            ir_visit(L->ctx, s->values[v], add_access, &A);
        for (uint32_t k = 0; k < A.said.n; k++)
            text_printf(&t, "%s%s", k ? ", " : t.n ? "; " : "", A.said.at[k]);
        if (A.said.n)
            text_put(&t, in_stage(L, s));
    }
    return t.n ? text_str(&t) : "";
}

const char *low_for_accesses(low *L, const low_func *f)
{
    const char *by = accesses_text(L, f);
    return *by ? arena_printf(L->ctx->a, ", for %s", by) : "";
}

void low_note_accesses(low *L, diag *g, const low_func *f, const char *where)
{
    const char *by = accesses_text(L, f);
    if (*by)
        diag_note(&L->ctx->diags, g, (cb_loc){0}, "it is read by %s, which may land %s", by, where);
}

const char *low_reach_text(low *L, const ir *lo, const ir *hi)
{
    cb_context *c = L->ctx;
    const char *from = lo ? ir_text(c, simplify(c, lo, NULL)) : NULL, *to = hi ? ir_text(c, simplify(c, hi, NULL)) : NULL;
    if (!from || !to)
        return from ? arena_printf(c->a, "from %s on", from) : to ? arena_printf(c->a, "up to %s", to) : "anywhere";
    return arena_printf(c->a, "from %s to %s", from, to);
}

/* Where the access stands, then where f is declared. */
static void note_access(low *L, diag *r, const low_func *f, const provenance *from)
{
    diags *D = &L->ctx->diags;
    const definition *def = from->stage ? from->stage->plan->def : NULL;
    const span *s = def && from->access && from->access->op == IR_CALL ? span_of(L, def, from->access) : NULL;
    if (s && def->text)
        diag_excerpt(D, r, def->text, s->col, s->width);
    else if (from->access)
        diag_note(D, r, (cb_loc){0}, "the access is %s", ir_text(L->ctx, from->access));
    diag_note(D, r, f->src->loc, "'%s' is declared here", f->name);
}

/* Begins a report about the access `from` of f: at the directive without which nothing would be wrong with it, else where it
 * stands. */
static diag *report_access(low *L, diag_code code, const low_func *f, const provenance *from, const directive *by, const char *what)
{
    diags *D = &L->ctx->diags;
    const definition *def = from->stage ? from->stage->plan->def : NULL;
    if (!by) {
        diag *r = low_error(L, code, def ? def->loc : f->src->loc, "%s", what);
        note_access(L, r, f, from);
        return r;
    }
    diag *r = low_refuse(L, code, by, "%s", what);
    const char *access = access_text(L, from->stage, from->access), *all = accesses_text(L, f);
    if (access && def)
        diag_note(D, r, def->loc, "the access is %s%s", access, in_stage(L, from->stage));
    else if (access || *all)
        diag_note(D, r, (cb_loc){0}, "the access is %s", *all ? all : access);
    diag_note(D, r, f->src->loc, "'%s' is declared here", f->name);
    return r;
}

void low_outside(low *L, const low_func *f, const box *b, uint32_t d)
{
    cb_context *c = L->ctx;
    int64_t min, extent;
    buffer_fixed(f->src, d, 0, &min);
    buffer_fixed(f->src, d, 1, &extent);
    const interval *v = &b->dim[d];
    bool below = can_prove(c, ir_lt(c, v->lo, ir_i32(c, min)), NULL);
    const provenance *from = below ? &v->lo_from : &v->hi_from;
    const directive *by = low_blame(L, DIAG_TABLE_BOUNDS);
    diag *r = report_access(L, DIAG_TABLE_BOUNDS, f, from, by,
                            arena_printf(c->a, "table '%s' is read from %s to %s in dimension %u, but has %lld to %lld only",
                                         f->name, ir_text(c, simplify(c, v->lo, NULL)), ir_text(c, simplify(c, v->hi, NULL)),
                                         d, (long long)min, (long long)(min + extent - 1)));
    diag_help(&c->diags, r, "limit the coordinate with clamp(), or give the table more elements");
    low_moves(L, r, by, extent);
    diag_end(&c->diags, r);
    guard_fail(&c->esc);
}

bool low_unbounded(low *L, const low_func *f, const box *b)
{
    for (uint32_t d = 0; d < b->rank && !b->empty; d++) {
        const interval *v = &b->dim[d];
        if (v->lo && v->hi)
            continue;
        const provenance *from = v->lo ? &v->hi_from : &v->lo_from;
        const char *end = v->lo ? "above" : v->hi ? "below" : "on either side";
        const directive *by = low_blame(L, DIAG_UNBOUNDED_ACCESS);
        diags *D = &L->ctx->diags;
        diag *r = report_access(L, DIAG_UNBOUNDED_ACCESS, f, from, by,
                                arena_printf(L->ctx->a, "%s'%s' is accessed without a bound %s in dimension %u",
                                             f->src->table ? "table " : f->is_input ? "input " : "", f->name, end, d));
        const char *access = access_text(L, from->stage, from->access);
        diag_note(D, r, (cb_loc){0}, "%s may land %s in dimension %u", access ? access : "the access",
                  low_reach_text(L, v->lo, v->hi), d);
        diag_help(D, r,
                  "limit the coordinate with clamp(), or read '%s' through a boundary "
                  "condition such as repeat_edge",
                  f->name);
        low_moves(L, r, by, 0);
        diag_end(D, r);
        return true;
    }
    return false;
}
