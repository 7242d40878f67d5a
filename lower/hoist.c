/* lower/hoist.c: pass `hoist`: storage is allocated further out than it is used.
 *
 *     for y in [0, h)                            allocate f: i32[max over y of n(y)]
 *       allocate f: i32[n(y)]           =>         for y in [0, h)
 *         produce f ... consume f                    produce f ... consume f
 *
 * hoist_storage() moves the allocation only. What is computed and kept does not change: strides and mins
 * are those of each iteration, and the size is the largest that any iteration needs, found from the
 * ranges of the loops that are crossed. Those are never parallel (dsl/resolve_places.c).
 *
 * A loop of one iteration is gone by now. Storage hoisted to it goes to the next loop outward of that stage
 * that is left, or to where the Func of that stage is produced.
 */
#include "lower.h"

#include <string.h>

typedef struct crossing { /* what lies between the place and the ALLOCATE: a loop, or a let */
    ir_sym sym;
    const ir *min, *extent; /* loop */
    const ir *value;        /* let */
} crossing;

typedef struct hoister {
    low *L;
    const low_func *f;
    bool root; /* to outside of all loops; else: */
    map loops; /* symbols of the loops that are left */
    map at;    /* symbols of loops and of Funcs produced: the places */
    bool inside; /* the place was passed: */
    const ir *place;
    vec(crossing) between;
    vec(const ir *) moved; /* ALLOCATEs with their new size */
} hoister;

/* Branches of a specialised reader have a buffer each. */
static bool is_of(const hoister *w, ir_sym buffer)
{
    return ir_symbol_of(w->L->ctx, buffer)->aux == w->f;
}

static void refuse(hoister *w, const ir *size)
{
    cb_context *c = w->L->ctx;
    const directive *from = w->f->plan->hoist.from;
    diag *g = low_refuse(w->L, DIAG_STORE_LEVEL, from,
                        "the size of '%s' depends on data that is not known there: %s elements",
                        w->f->name, ir_text(c, size));
    diag_help(&c->diags, g, "hoist to a loop further in, or bound the storage with bound_storage()");
    low_moves(w->L, g, from, 0);
    diag_end(&c->diags, g);
}

typedef struct search {
    cb_context *c;
    const ir *place; /* where Funcs may be computed, or */
    const low_func *f; /* this one */
    bool found;
} search;

static bool find_made(void *env, const ir *n)
{
    search *s = env;
    s->found |= (n->op == IR_PRODUCE || n->op == IR_ALLOCATE) && ir_symbol_of(s->c, n->u.info->sym)->aux == s->f;
    return !s->found && ir_is_stmt(n);
}

static bool find_load(void *env, const ir *n)
{
    search *s = env;
    if (n->op == IR_LOAD) {
        s->f = ir_symbol_of(s->c, n->u.ref.sym)->aux;
        ir_visit(s->c, s->place, find_made, s);
    }
    return !s->found;
}

/* Does e read what is stored or computed inside of the place only? */
static bool too_early(hoister *w, const ir *e)
{
    search s = {.c = w->L->ctx, .place = w->place};
    ir_visit(s.c, e, find_load, &s);
    return s.found;
}

/* The largest value of e over the loops crossed; NULL: there is no bound. */
static const ir *largest(hoister *w, const ir *e)
{
    cb_context *c = w->L->ctx;
    map names = {0};
    facts *known = facts_new(c, NULL);
    for (uint32_t i = 0; i < w->between.n; i++) {
        const crossing *k = &w->between.at[i];
        if (k->value)
            map_putp(c->a, &names, (const void *)(uintptr_t)k->sym, ir_substitute(c, k->value, &names));
        else
            facts_range(known, k->sym, ir_substitute(c, k->min, &names),
                        ir_addi(c, ir_substitute(c, ir_add(c, k->min, k->extent), &names), -1));
    }
    e = simplify(c, ir_substitute(c, e, &names), known);
    for (uint32_t i = w->between.n; i-- > 0 && e;) {
        const crossing *k = &w->between.at[i];
        if (k->value)
            continue;
        interval_env *E = interval_env_new(c, NULL, NULL);
        const ir *last = ir_addi(c, ir_add(c, k->min, k->extent), -1);
        interval_bind(E, k->sym, ir_substitute(c, k->min, &names), ir_substitute(c, last, &names));
        e = interval_of(E, e).hi;
        e = e ? simplify(c, e, known) : NULL;
    }
    for (uint32_t i = 0; i < w->between.n && e; i++)
        if (ir_uses(c, e, w->between.at[i].sym))
            e = NULL;
    return e && too_early(w, e) ? NULL : e;
}

static const ir *hoist_node(ir_mapper *m, const ir *n);

/* An ALLOCATE of the Func: taken away, remembered with the size it has out there. */
static const ir *take_away(ir_mapper *m, const ir *n)
{
    hoister *w = m->env;
    cb_context *c = m->ctx;
    const ir *size = largest(w, n->arg[0]);
    if (!size) {
        refuse(w, n->arg[0]);
        size = ir_i64(c, 0);
    }
    size = ir_max(c, size, ir_i64(c, 0));
    vec_push(c->a, &w->moved,
             ir_with_args(c, n, (const ir *[]){simplify(c, size, NULL), ir_bool(c, true), n->arg[2]}));
    return ir_apply(m, n->arg[2]);
}

static const ir *put_here(hoister *w, const ir *body)
{
    cb_context *c = w->L->ctx;
    for (uint32_t i = w->moved.n; i-- > 0 && body;) {
        const ir *a = w->moved.at[i];
        body = ir_with_args(c, a, (const ir *[]){a->arg[0], a->arg[1], body});
    }
    w->moved.n = 0;
    return body;
}

static const void *key_of(ir_sym s) { return (const void *)(uintptr_t)s; }
static bool is_place(const hoister *w, ir_sym s) { return map_getp(&w->at, key_of(s)) != NULL; }

static bool note_loop(void *env, const ir *n)
{
    hoister *w = env;
    if (n->op == IR_FOR)
        map_putp(w->L->ctx->a, &w->loops, key_of(for_sym(n)), n);
    return ir_is_stmt(n);
}

static void find_places(hoister *w)
{
    cb_context *c = w->L->ctx;
    ir_visit(c, w->L->body, note_loop, w);
    for (uint32_t i = 0; i < w->f->nhoists; i++) {
        const low_site *site = &w->f->hoists[i];
        ir_sym place = site->stage->f->sym;
        for (uint32_t k = 0; k <= site->loop; k++)
            if (map_getp(&w->loops, key_of(site->stage->loops[k].sym)))
                place = site->stage->loops[k].sym;
        map_putp(c->a, &w->at, key_of(place), w);
    }
}

/* The place: what is allocated in it goes to its beginning. Of two around an ALLOCATE it is the inner one: the outer one is the
 * production of the Func, for another branch of the stage, which has none of its loops left. */
static const ir *hoist_to(ir_mapper *m, const ir *n)
{
    hoister *w = m->env, outer = *w;
    memset(&w->between, 0, sizeof w->between);
    memset(&w->moved, 0, sizeof w->moved);
    w->inside = true;
    w->place = n;
    const ir *body = put_here(w, ir_apply(m, n->arg[n->nargs - 1]));
    *w = outer;
    return body;
}

/* A loop, or the production of a Func: both may be the place. */
static const ir *hoist_scope(ir_mapper *m, const ir *n)
{
    hoister *w = m->env;
    cb_context *c = m->ctx;
    bool loop = n->op == IR_FOR, here = !w->root && is_place(w, n->u.info->sym), crossed = loop && w->inside && !here;
    if (crossed)
        vec_push(c->a, &w->between, (crossing){for_sym(n), for_min(n), for_extent(n), NULL});
    const ir *body = here ? hoist_to(m, n) : ir_apply(m, n->arg[n->nargs - 1]);
    if (crossed)
        (void)vec_pop(&w->between);
    return loop ? ir_with_args(c, n, (const ir *[]){for_min(n), for_extent(n), body}) : ir_with_args(c, n, &body);
}

static const ir *hoist_node(ir_mapper *m, const ir *n)
{
    hoister *w = m->env;
    if (!ir_is_stmt(n))
        return n;
    if (n->op == IR_ALLOCATE && is_of(w, n->u.info->sym))
        return w->inside ? take_away(m, n) : ir_map(m, n);
    bool root = w->root && !w->inside && (n->op == IR_FOR || n->op == IR_PRODUCE || n->op == IR_ALLOCATE);
    if (root) {
        w->inside = true;
        w->place = n;
        const ir *all = put_here(w, hoist_node(m, n));
        w->inside = false;
        return all;
    }
    if (n->op == IR_FOR || n->op == IR_PRODUCE)
        return hoist_scope(m, n);
    if (n->op == IR_LET_STMT && w->inside) {
        vec_push(m->ctx->a, &w->between, (crossing){n->u.info->sym, NULL, NULL, n->arg[0]});
        const ir *r = ir_map(m, n);
        (void)vec_pop(&w->between);
        return r;
    }
    return ir_map(m, n);
}

void low_hoist(low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++) {
        const low_func *f = L->funcs.at[i];
        if (!f->plan || !f->plan->hoist.from || f->inlined)
            continue;
        hoister w = {.L = L, .f = f, .root = !f->hoists[0].stage};
        if (!w.root)
            find_places(&w);
        ir_mapper m = {.ctx = L->ctx, .fn = hoist_node, .env = &w};
        L->body = ir_apply(&m, L->body);
    }
}
