/* lower/order.c: pass `order`: a private copy of the program, inlined Funcs substituted, the others in
 * the order in which they can be computed.
 *
 *     g(x) = in(x) * 2            (inlined)
 *     out(x) = g(x) + g(x + 1)    becomes   out(x) = in(x) * 2 + in(x + 1) * 2
 *
 * Everything is copied into the context of this compile, so that symbol numbers depend on the program
 * alone. Each definition gets variables of its own: a Var used by two definitions becomes two symbols.
 */
#include "lower.h"

enum { MOST_INLINED = 256 << 20 /* bytes of expressions when no more is inlined */ };

/* ---- copying ----------------------------------------------------------------------------------- */

static ir_sym copy_symbol(low *L, ir_sym s, ir_sym_kind kind, void *aux)
{
    const ir_symbol *from = ir_symbol_of(L->pipe->ctx, s);
    return ir_sym_new(L->ctx, from->name, kind, from->type, aux);
}

static low_func *copy_func(low *L, cb_func_s *src, map *syms)
{
    low_func *f = NEW(L->ctx->a, low_func);
    f->L = L;
    f->src = src;
    f->name = ctx_string(L->ctx, src->name);
    f->rank = src->rank;
    f->nvalues = src->nvalues;
    f->types = arena_copy(L->ctx->a, src->types, sizeof *src->types * src->nvalues);
    f->is_input = src->is_input;
    f->is_output = pipeline_is_output(L->pipe, src);
    f->plan = src->is_input ? NULL : pipeline_plan(L->pipe, src);
    f->inlined = f->plan && !f->is_output && f->plan->compute.kind == LEVEL_INLINE;
    f->sym = copy_symbol(L, src->sym, src->is_input ? SYM_IMAGE : SYM_FUNC, f);
    map_put(L->ctx->a, syms, src->sym, f->sym);
    map_put(L->ctx->a, &L->func_of, f->sym, (uint64_t)(uintptr_t)f);
    return f;
}

/* Gives `s` its own symbol in the lowering context and returns it. */
static ir_sym bind(low *L, map *syms, ir_sym s, ir_sym_kind kind)
{
    ir_sym fresh = copy_symbol(L, s, kind, NULL);
    map_put(L->ctx->a, syms, s, fresh);
    return fresh;
}

typedef struct binder {
    low *L;
    map *syms;
} binder;

/* Functions that are called for their effects keep what says which they are. */
static bool bind_function(void *env, const ir *n)
{
    binder *b = env;
    if ((n->op == IR_IMPURE || n->op == IR_C_CALL) && !map_get(b->syms, n->u.ref.sym, &(uint64_t){0})) {
        void *aux = ir_symbol_of(b->L->pipe->ctx, n->u.ref.sym)->aux;
        map_put(b->L->ctx->a, b->syms, n->u.ref.sym,
                copy_symbol(b->L, n->u.ref.sym, SYM_EXTERN, aux));
    }
    return true;
}

static const ir *import(low *L, map *syms, const ir *e)
{
    binder b = {L, syms};
    ir_visit(L->pipe->ctx, e, bind_function, &b);
    const ir *copy = ir_import(L->ctx, L->pipe->ctx, e, syms);
    return L->pipe->strict ? ir_strict(L->ctx, copy) : copy;
}

static void copy_domain(low *L, low_stage *s, const rdom *r, map *syms)
{
    arena *a = L->ctx->a;
    s->nrvars = r->ndims;
    s->rvars = NEW_ARRAY(a, ir_sym, r->ndims);
    s->rmin = NEW_ARRAY(a, const ir *, r->ndims);
    s->rextent = NEW_ARRAY(a, const ir *, r->ndims);
    for (uint32_t i = 0; i < r->ndims; i++)
        s->rvars[i] = bind(L, syms, r->dims[i].sym, SYM_RVAR);
    for (uint32_t i = 0; i < r->ndims; i++) {
        s->rmin[i] = import(L, syms, r->dims[i].min);
        s->rextent[i] = import(L, syms, r->dims[i].extent);
    }
    for (uint32_t i = 0; i < r->where.n; i++)
        s->where = ir_and(L->ctx, s->where, import(L, syms, r->where.at[i]));
}

/* Vars mean something else in each definition: what they meant in the one before is replaced in syms. */
static void copy_stage(low *L, low_func *f, low_stage *s, uint32_t index, const stage_plan *plan,
                       const definition *d, map *syms)
{
    arena *a = L->ctx->a;
    s->f = f;
    s->index = index;
    s->plan = plan;
    s->home = s;
    s->where = ir_bool(L->ctx, true);
    s->args = NEW_ARRAY(a, ir_sym, f->rank);
    for (uint32_t i = 0; i < f->rank; i++) {
        ir_sym var = d->kind != DEF_UPDATE ? f->src->args[i] : d->pure_dim[i];
        if (var)
            s->args[i] = bind(L, syms, var, SYM_VAR);
    }
    if (d->dom)
        copy_domain(L, s, d->dom, syms);
    s->lhs = NEW_ARRAY(a, const ir *, f->rank);
    s->values = NEW_ARRAY(a, const ir *, f->nvalues);
    for (uint32_t i = 0; i < f->rank; i++)
        s->lhs[i] = import(L, syms, d->lhs[i]);
    for (uint32_t i = 0; i < f->nvalues; i++)
        s->values[i] = import(L, syms, d->values[i]);
    s->ngiven = d->ngiven;
    s->given = NEW_ARRAY(a, const ir *, d->ngiven + 1);
    for (uint32_t i = 0; i < d->ngiven; i++)
        s->given[i] = import(L, syms, d->given[i]);
}

/* ---- inlining ---------------------------------------------------------------------------------- */

/* Definitions speak of an input's extents by the input; from here on they are fields of its buffer. */
static const ir *field_of_buffer(low *L, const ir *n)
{
    const ir_symbol *s = ir_symbol_of(L->ctx, n->u.ref.sym);
    if (s->kind != SYM_IMAGE && s->kind != SYM_FUNC)
        return n;
    low_func *f = s->aux;
    int64_t v;
    unsigned field = n->u.ref.index / 16, d = n->u.ref.index % 16;
    if (f->src->table && field <= FIELD_EXTENT && buffer_fixed(f->src, d, (int)field, &v))
        return ir_i32(L->ctx, v);
    return ir_field(L->ctx, low_buffer(L, f, 0), (ir_buffer_field)field, d);
}

static bool is_call(const ir *n) { return n->op == IR_CALL; }

static void note_unused(low_stage *s, const ir *e)
{
    if (ir_any(s->f->L->ctx, e, is_call))
        vec_push(s->f->L->ctx->a, &s->unused, e);
}

/* What the call n of f, now replaced by one of f's values, would have read besides. */
static void note_rest(ir_mapper *m, const low_func *f, const ir *n, const map *coords)
{
    low_stage *s = m->env;
    cb_context *c = s->f->L->ctx;
    const low_stage *def = &f->stages[0];
    for (uint32_t d = 0; d < f->rank; d++)
        if (!ir_uses(c, def->values[n->u.ref.index], def->args[d]))
            note_unused(s, n->arg[d]);
    for (uint32_t v = 0; v < f->nvalues; v++)
        if (v != n->u.ref.index)
            note_unused(s, ir_apply(m, ir_substitute(c, def->values[v], coords)));
}

/* Where each Func is read at several places of the next, what is inlined grows with every one. */
static void refuse_growth(low *L, const low_stage *s)
{
    const low_func *most = NULL;
    for (uint32_t i = 0; i < L->func_of.n; i++) {
        const low_func *f = (const low_func *)(uintptr_t)L->func_of.entry[i].val;
        if (f->inlined && (!most || f->substituted > most->substituted)) most = f;
    }
    diag *g = low_error(L, DIAG_INLINED_TOO_LARGE, s->plan->def->loc, "at '%s', what is inlined takes more than %d MiB", s->f->name, MOST_INLINED >> 20);
    if (most)
        diag_note(&L->ctx->diags, g, most->src->loc, "'%s' is substituted most often, %lld times so far", most->name, (long long)most->substituted);
    diag_help(&L->ctx->diags, g, "store what is read at several places: compute_root(), or compute_at(f, loop)");
    diag_end(&L->ctx->diags, g);
    guard_fail(&L->ctx->esc);
}

/* A definition is put in as it was written, and calls in it are replaced there: in a chain of inlined
 * Funcs each is copied once. Were they replaced in the definition first, the last would copy all. */
static const ir *inline_calls(ir_mapper *m, const ir *n)
{
    low_stage *s = m->env;
    low *L = s->f->L;
    if (n->op == IR_FIELD)
        return field_of_buffer(L, n);
    if (n->op != IR_CALL)
        return ir_map(m, n);
    low_func *f = ir_symbol_of(L->ctx, n->u.ref.sym)->aux;
    n = ir_map(m, n); /* the coordinates */
    if (!f->inlined)
        return n;
    f->substituted++;
    if (arena_bytes(L->ctx->a) > MOST_INLINED)
        refuse_growth(L, s);
    map coords = {0};
    for (uint32_t d = 0; d < f->rank; d++) {
        uint32_t from = PLANTED(L->ctx, INLINE_SWAP) && f->rank > 1 && d < 2 ? 1 - d : d;
        map_putp(L->ctx->a, &coords, (const void *)(uintptr_t)f->stages[0].args[d], n->arg[from]);
    }
    note_rest(m, f, n, &coords);
    return ir_apply(m, ir_substitute(L->ctx, f->stages[0].values[n->u.ref.index], &coords));
}

static void inline_stage(low *L, low_stage *s)
{
    ir_mapper m = {.ctx = L->ctx, .fn = inline_calls, .env = s};
    for (uint32_t i = 0; i < s->f->rank; i++)
        s->lhs[i] = ir_apply(&m, s->lhs[i]);
    for (uint32_t i = 0; i < s->f->nvalues; i++)
        s->values[i] = ir_apply(&m, s->values[i]);
    for (uint32_t i = 0; i < s->ngiven; i++)
        s->given[i] = ir_apply(&m, s->given[i]);
    s->nguarded = s->unused.n;
    for (uint32_t i = 0; i < s->nrvars; i++) {
        s->rmin[i] = ir_apply(&m, s->rmin[i]);
        s->rextent[i] = ir_apply(&m, s->rextent[i]);
    }
    s->where = ir_apply(&m, s->where);
    low_take_effects(s);
}

/* ---- specialised stages -------------------------------------------------------------------------- */

typedef struct brancher {
    low *L;
    low_stage *stage;
    map *syms;
    ir_mapper fields;
} brancher;

static const ir *replace_field(ir_mapper *m, const ir *n)
{
    return n->op == IR_FIELD ? field_of_buffer(m->env, n) : ir_map(m, n);
}

static void add_leaf(brancher *B, const stage_plan *plan, const facts *known)
{
    low *L = B->L;
    low_stage *s = NEW(L->ctx->a, low_stage);
    copy_stage(L, B->stage->f, s, B->stage->index, plan, plan->def, B->syms);
    inline_stage(L, s);
    s->home = B->stage;
    for (uint32_t i = 0; i < s->f->rank; i++)
        s->lhs[i] = simplify(L->ctx, s->lhs[i], known);
    for (uint32_t i = 0; i < s->f->nvalues; i++)
        s->values[i] = simplify(L->ctx, s->values[i], known);
    for (uint32_t i = 0; i < s->nrvars; i++) {
        s->rmin[i] = simplify(L->ctx, s->rmin[i], known);
        s->rextent[i] = simplify(L->ctx, s->rextent[i], known);
    }
    s->where = simplify(L->ctx, s->where, known);
    B->stage->leaf[B->stage->nleaves++] = s;
}

/* A leaf knows that its own conditions hold and that those tried before do not. */
static void add_leaves(brancher *B, const stage_plan *plan, const facts *known)
{
    cb_context *c = B->L->ctx;
    for (uint32_t i = 0; i < plan->branches.n; i++) {
        const branch_plan *b = &plan->branches.at[i];
        const ir *cond = ir_apply(&B->fields, import(B->L, B->syms, b->cond));
        map_putp(c->a, &B->L->branch_cond, b, (void *)(uintptr_t)cond);
        facts *holds = facts_new(c, known), *fails = facts_new(c, known);
        facts_assume(holds, cond);
        facts_assume(fails, ir_not(c, cond));
        add_leaves(B, b->plan, holds);
        known = fails;
    }
    if (!plan->fails)
        add_leaf(B, plan, known);
}

static void split_stage(low *L, low_stage *s, map *syms)
{
    stage_plans leaves = {0};
    stage_leaves(L->ctx->a, (stage_plan *)(uintptr_t)s->plan, &leaves);
    s->leaf = NEW_ARRAY(L->ctx->a, low_stage *, leaves.n + 1);
    if (!s->plan->branches.n) {
        s->leaf[s->nleaves++] = s;
        return;
    }
    brancher B = {L, s, syms, {.ctx = L->ctx, .fn = replace_field, .env = L}};
    add_leaves(&B, s->plan, NULL);
}

/* ---- who reads whom ------------------------------------------------------------------------------- */

typedef struct reads {
    low *L;
    low_stage *stage;
} reads;

static bool note_read(void *env, const ir *n)
{
    reads *r = env;
    if (n->op == IR_CALL) {
        low_func *f = ir_symbol_of(r->L->ctx, n->u.ref.sym)->aux;
        bool known = f == r->stage->f; /* reading oneself is not being a reader */
        for (uint32_t i = f->readers.n; i-- > 0 && !known;)
            known = f->readers.at[i] == r->stage;
        if (!known)
            vec_push(r->L->ctx->a, &f->readers, r->stage);
    }
    return true;
}

static void find_readers(low *L, low_stage *s)
{
    reads r = {L, s};
    for (uint32_t i = 0; i < s->f->rank; i++)
        ir_visit(L->ctx, s->lhs[i], note_read, &r);
    for (uint32_t i = 0; i < s->f->nvalues; i++)
        ir_visit(L->ctx, s->values[i], note_read, &r);
    for (uint32_t i = 0; i < s->ngiven; i++)
        ir_visit(L->ctx, s->given[i], note_read, &r);
    for (uint32_t i = 0; i < s->nrvars; i++) {
        ir_visit(L->ctx, s->rmin[i], note_read, &r);
        ir_visit(L->ctx, s->rextent[i], note_read, &r);
    }
    ir_visit(L->ctx, s->where, note_read, &r);
    for (uint32_t i = 0; i < s->unused.n; i++)
        ir_visit(L->ctx, s->unused.at[i], note_read, &r);
    const ir *effects[] = {s->effects, s->where_effects, s->bound_effects};
    for (size_t i = 0; i < COUNT_OF(effects); i++)
        if (effects[i])
            ir_visit(L->ctx, effects[i], note_read, &r);
}

/* ---- what is said of arguments ----------------------------------------------------------------------- */

static const ir *import_saying(low *L, map *syms, const ir *e)
{
    ir_mapper fields = {.ctx = L->ctx, .fn = replace_field, .env = L};
    return ir_apply(&fields, import(L, syms, e));
}

static void import_rules(low *L, map *syms, low_func *f)
{
    f->rule = NEW_ARRAY(L->ctx->a, const ir *, 3 * f->rank + 1);
    for (uint32_t i = 0; i < 3 * f->rank; i++) {
        const field_rule *r = pipeline_rule(L->pipe, f->src, i / 3, (int)(i % 3));
        f->rule[i] = r ? import_saying(L, syms, r->value) : NULL;
    }
}

static void import_sayings(low *L, map *syms)
{
    arena *a = L->ctx->a;
    for (uint32_t i = 0; i < L->inputs.n; i++)
        import_rules(L, syms, L->inputs.at[i]);
    for (uint32_t i = 0; i < L->tables.n; i++)
        import_rules(L, syms, L->tables.at[i]);
    for (uint32_t i = 0; i < L->outputs.n; i++)
        import_rules(L, syms, L->outputs.at[i]);
    for (uint32_t i = 0; i < L->pipe->requirements.n; i++) {
        const requirement *r = L->pipe->requirements.at[i];
        low_requirement q = {.cond = import_saying(L, syms, r->cond), .src = r};
        for (uint32_t k = 0; k < r->line.n; k++)
            vec_push(a, &q.line, import_saying(L, syms, r->line.at[k]));
        vec_push(a, &L->requirements, q);
    }
}

/* ---- the pass ------------------------------------------------------------------------------------ */

static void make_region_symbols(low *L, low_func *f)
{
    f->region_min = NEW_ARRAY(L->ctx->a, ir_sym, f->rank);
    f->region_max = NEW_ARRAY(L->ctx->a, ir_sym, f->rank);
    for (uint32_t d = 0; d < f->rank; d++) {
        const char *dim = ir_sym_name(L->ctx, f->stages[0].args[d]);
        f->region_min[d] = ir_sym_new(L->ctx, arena_printf(L->ctx->a, "%s.%s.min", f->name, dim),
                                      SYM_REGION, T_I32, f);
        f->region_max[d] = ir_sym_new(L->ctx, arena_printf(L->ctx->a, "%s.%s.max", f->name, dim),
                                      SYM_REGION, T_I32, f);
    }
    if (f->src->defs.at[0]->kind == DEF_EXTERN)
        f->query = ir_sym_new(L->ctx, arena_printf(L->ctx->a, "%s.query", f->name), SYM_REGION, T_I64, f);
}

/* The stage and, where it only combines what partial results a schedule made, the update as it was written: what that
 * touches is the region of the Func, which no schedule may change. */
static void make_stage(low *L, low_func *f, uint32_t k, map *syms)
{
    low_stage *s = &f->stages[k];
    const stage_plan *plan = f->plan->stages.at[k];
    if (plan->def->factored) {
        s->written = NEW(L->ctx->a, low_stage);
        copy_stage(L, f, s->written, k, plan, plan->def->factored, syms);
        inline_stage(L, s->written);
    }
    copy_stage(L, f, s, k, plan, plan->def, syms);
    if (f->inlined)
        return;
    inline_stage(L, s);
    split_stage(L, s, syms);
}

/* A Func whose readers folded away, or were themselves dropped, is not computed. */
static bool is_needed(const low_func *f) { return f->is_output || f->readers.n > 0; }

void low_order(low *L)
{
    arena *a = L->ctx->a;
    const pipeline *p = L->pipe;
    map syms = {0};
    vec(low_func *) all = {0};

    for (uint32_t i = 0; i < p->params.n; i++) {
        ir_sym s = bind(L, &syms, p->params.at[i]->sym, SYM_PARAM);
        ir_symbol_of(L->ctx, s)->aux = p->params.at[i];
        vec_push(a, &L->params, s);
    }
    for (uint32_t i = 0; i < p->inputs.n; i++)
        vec_push(a, &L->inputs, copy_func(L, p->inputs.at[i], &syms));
    for (uint32_t i = 0; i < p->tables.n; i++) {
        vec_push(a, &L->tables, copy_func(L, p->tables.at[i], &syms));
        low_buffer(L, L->tables.at[i], 0);
    }
    for (uint32_t i = 0; i < p->funcs.n; i++)
        vec_push(a, &all, copy_func(L, p->funcs.at[i], &syms));

    for (uint32_t i = 0; i < all.n; i++) { /* producers first: definitions are there when they are put in */
        low_func *f = all.at[i];
        f->nstages = f->src->defs.n;
        f->stages = NEW_ARRAY(a, low_stage, f->nstages);
        for (uint32_t k = 0; k < f->nstages; k++)
            make_stage(L, f, k, &syms);
    }
    for (uint32_t i = all.n; i-- > 0;) { /* readers first: only stages that stay count as readers */
        low_func *f = all.at[i];
        if (f->inlined || !is_needed(f))
            continue;
        for (uint32_t k = 0; k < f->nstages; k++)
            find_readers(L, &f->stages[k]);
    }
    for (uint32_t i = 0; i < all.n; i++) {
        low_func *f = all.at[i];
        if (f->inlined || !is_needed(f))
            continue;
        f->order = L->funcs.n;
        make_region_symbols(L, f);
        vec_push(a, &L->funcs, f);
    }
    for (uint32_t i = 0; i < p->outputs.n; i++)
        for (uint32_t k = 0; k < L->funcs.n; k++)
            if (L->funcs.at[k]->src == p->outputs.at[i])
                vec_push(a, &L->outputs, L->funcs.at[k]);
    import_sayings(L, &syms);
}
