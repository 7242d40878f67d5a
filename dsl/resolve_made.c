/* dsl/resolve_made.c: Funcs that a schedule makes, so that readers of one Func can get it in
 * different ways:
 *
 *     f  wrap(f_tile, g)           f_tile(x, y) = f(x, y)         g reads f_tile where it read f
 *     f  clone(f_again, h)         f_again is defined as f is     h reads f_again where it read f
 *     f.update 0  rfactor(p, r, u)     p holds partial results    f combines them (rfactor.c)
 *
 * They are ordinary Funcs with plans of their own; the program keeps its definitions, and plans
 * hold rewritten copies of those whose calls go elsewhere. The order of directives does not matter:
 *
 *   1. All Funcs are made first. A clone begins with the definitions of the program (or of what it
 *      clones), whatever is sent elsewhere in those.
 *   2. Then every call of Func f in Func g is followed: where a directive on f names g, to what it
 *      made; else where f has a wrapper for all readers, to that; and from there again. A wrapper
 *      of f reads f itself, always: it is not one of "all readers", and cannot be named for f.
 */
#include "sched.h"

#include <string.h>

/* ---- finding Funcs --------------------------------------------------------------------------- */

const cb_func_s *func_of_handle(const resolver *R, const cb_func_s *f)
{
    for (uint32_t i = 0; i < R->made.n; i++)
        if (R->made.at[i].handle == f)
            return R->made.at[i].func;
    return f;
}

static cb_func_s *input_named(const resolver *R, const char *name)
{
    for (uint32_t i = 0; i < R->p->inputs.n; i++)
        if (strcmp(R->p->inputs.at[i]->name, name) == 0)
            return R->p->inputs.at[i];
    for (uint32_t i = 0; i < R->p->tables.n; i++)
        if (strcmp(R->p->tables.at[i]->name, name) == 0)
            return R->p->tables.at[i];
    return NULL;
}

/* A Func or input of the program, or one made so far. */
static cb_func_s *func_called(const resolver *R, const char *name)
{
    for (uint32_t i = 0; i < R->made.n; i++)
        if (strcmp(R->made.at[i].func->name, name) == 0)
            return R->made.at[i].func;
    for (uint32_t i = 0; i < R->p->funcs.n; i++)
        if (strcmp(R->p->funcs.at[i]->name, name) == 0)
            return R->p->funcs.at[i];
    return input_named(R, name);
}

cb_func_s *func_arg(resolver *R, const directive *d, uint32_t arg, bool inputs)
{
    const char *name = d->arg[arg].name;
    cb_func_s *f = func_called(R, name);
    vec(const char *) names = {0};
    if (f)
        return f;
    for (uint32_t i = R->p->inputs.n; inputs && i-- > 0;)
        vec_push(R->c->a, &names, R->p->inputs.at[i]->name);
    for (uint32_t i = R->p->funcs.n; i-- > 0;)
        vec_push(R->c->a, &names, R->p->funcs.at[i]->name);
    diag *g = sched_report(R, DIAG_NO_SUCH_STAGE, d, (int)arg, "the pipeline has no Func '%s'", name);
    sched_did_you_mean(R, g, name, names.at, names.n);
    sched_end_help(R, g, inputs ? "name an input or a Func that is read in the loop" : "name Funcs that read it");
    return NULL;
}

static const made_func *maker_of(const resolver *R, const cb_func_s *f)
{
    for (uint32_t i = 0; i < R->made.n; i++)
        if (R->made.at[i].func == f)
            return &R->made.at[i];
    return NULL;
}

static bool wraps(const resolver *R, const cb_func_s *f, const cb_func_s *of)
{
    const made_func *m = maker_of(R, f);
    return m && m->d->op == DIR_WRAP && m->of == of;
}

/* ---- making ---------------------------------------------------------------------------------- */

static bool name_taken(resolver *R, const directive *d)
{
    const char *name = d->arg[0].name;
    const cb_func_s *f = func_called(R, name);
    cb_loc loc = f ? f->loc : (cb_loc){0};
    bool taken = f != NULL;
    for (uint32_t i = 0; i < R->p->params.n && !taken; i++)
        if (strcmp(R->p->params.at[i]->name, name) == 0) {
            taken = true;
            loc = R->p->params.at[i]->loc;
        }
    if (!taken)
        return false;
    diag *g = sched_report(R, DIAG_DUPLICATE_NAME, d, 0, "the name '%s' is in use", name);
    diag_note(&R->c->diags, g, loc, "it is declared here");
    sched_end_help(R, g, "give the new Func a name that nothing else in the pipeline has");
    return true;
}

static definition *copy_definition(resolver *R, const cb_func_s *f, const definition *from)
{
    definition *d = arena_copy(R->c->a, from, sizeof *from);
    d->lhs = arena_copy(R->c->a, from->lhs, f->rank * sizeof *d->lhs);
    d->values = arena_copy(R->c->a, from->values, f->nvalues * sizeof *d->values);
    if (from->ngiven)
        d->given = arena_copy(R->c->a, from->given, from->ngiven * sizeof *d->given);
    return d;
}

/* Names of an input's coordinates: x, y, z, w, d4, d5, ... */
static ir_sym coordinate(resolver *R, const cb_func_s *of, uint32_t d)
{
    static const char *const names[] = {"x", "y", "z", "w"};
    const char *name = !of->is_input            ? ir_sym_name(R->c, of->args[d])
                       : d < COUNT_OF(names) ? names[d]
                                             : arena_printf(R->c->a, "d%u", d);
    return ir_sym_new(R->c, ctx_string(R->c, name), SYM_VAR, T_I32, NULL);
}

/* f(x, y) = of(x, y) */
static void define_copy(resolver *R, cb_func_s *f, const cb_func_s *of)
{
    cb_context *c = R->c;
    definition *d = NEW(c->a, definition);
    d->kind = DEF_PURE;
    d->loc = f->loc;
    d->lhs = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    d->values = NEW_ARRAY(c->a, const ir *, f->nvalues);
    f->args = NEW_ARRAY(c->a, ir_sym, f->rank + 1);
    for (uint32_t i = 0; i < f->rank; i++) {
        f->args[i] = coordinate(R, of, i);
        d->lhs[i] = ir_var(c, f->args[i]);
    }
    const ir **at = arena_copy(c->a, d->lhs, (f->rank + 1) * sizeof *at);
    if (PLANTED(c, WRAP_SWAP) && f->rank > 1) {
        at[0] = d->lhs[1];
        at[1] = d->lhs[0];
    }
    for (uint32_t i = 0; i < f->nvalues; i++)
        d->values[i] = ir_call(c, of->sym, i, f->types[i], at, f->rank);
    vec_push(c->a, &f->defs, d);
}

static const ir *send_calls(ir_mapper *m, const ir *n)
{
    const map *to = m->env;
    uint64_t s;
    n = ir_map(m, n);
    if (n->op != IR_CALL || !map_get(to, n->u.ref.sym, &s))
        return n;
    return ir_call(m->ctx, (ir_sym)s, n->u.ref.index, n->type, n->arg, n->nargs);
}

static rdom *send_domain(ir_mapper *m, const rdom *from)
{
    arena *a = m->ctx->a;
    rdom *r = arena_copy(a, from, sizeof *from);
    r->dims = arena_copy(a, from->dims, from->ndims * sizeof *r->dims);
    for (uint32_t i = 0; i < r->ndims; i++) {
        r->dims[i].min = ir_apply(m, r->dims[i].min);
        r->dims[i].extent = ir_apply(m, r->dims[i].extent);
    }
    r->where.n = r->where.cap = 0;
    r->where.at = NULL;
    for (uint32_t i = 0; i < from->where.n; i++)
        vec_push(a, &r->where, ir_apply(m, from->where.at[i]));
    return r;
}

/* A copy of the definition whose calls of the symbols in `to` go to what they stand for there. */
static definition *send(resolver *R, const cb_func_s *f, const definition *from, map *to)
{
    ir_mapper m = {.ctx = R->c, .fn = send_calls, .env = to};
    definition *d = copy_definition(R, f, from);
    for (uint32_t i = 0; i < f->rank; i++)
        d->lhs[i] = ir_apply(&m, d->lhs[i]);
    for (uint32_t i = 0; i < f->nvalues; i++)
        d->values[i] = ir_apply(&m, d->values[i]);
    for (uint32_t i = 0; i < d->ngiven; i++)
        d->given[i] = ir_apply(&m, d->given[i]);
    if (d->dom)
        d->dom = send_domain(&m, d->dom);
    d->spans.n = d->spans.cap = 0;
    d->spans.at = NULL;
    for (uint32_t i = 0; i < from->spans.n; i++) {
        span s = from->spans.at[i];
        s.node = ir_apply(&m, s.node);
        vec_push(R->c->a, &d->spans, s);
    }
    return d;
}

static void define_as(resolver *R, cb_func_s *f, const cb_func_s *of)
{
    map self = {0};
    map_put(R->c->a, &self, of->sym, f->sym);
    f->args = of->args;
    for (uint32_t i = 0; i < of->defs.n; i++)
        vec_push(R->c->a, &f->defs, send(R, f, of->defs.at[i], &self));
}

static void make(resolver *R, const directive *d, cb_func_s *of, int update)
{
    cb_context *c = R->c;
    if (name_taken(R, d))
        return;
    if (d->op == DIR_RFACTOR) {
        cb_func_s *part = make_partial(R, d, of, update);
        made_func made = {.d = d, .of = of, .func = part, .handle = d->arg[0].func};
        if (part)
            vec_push(c->a, &R->made, made);
        return;
    }
    if (d->op == DIR_CLONE && of->is_input) {
        diag *g = sched_report(R, DIAG_SCHEDULE_INPUT, d, -1,
                               "'%s' is %s and has no definition to repeat", of->name, input_word(of));
        diag_note(&c->diags, g, of->loc, "declared here");
        sched_end_help(R, g, "wrap() makes a Func that copies it");
        return;
    }
    cb_func_s *f = NEW(c->a, cb_func_s);
    f->ctx = c;
    f->name = d->arg[0].name;
    f->loc = d->loc;
    f->rank = of->rank;
    f->nvalues = of->nvalues;
    f->types = of->types;
    f->has_rank = f->used = true;
    f->sym = ir_sym_new(c, f->name, SYM_FUNC, f->types[0], f);
    if (d->op == DIR_WRAP)
        define_copy(R, f, of);
    else
        define_as(R, f, of);
    made_func m = {.d = d, .of = of, .func = f, .handle = d->arg[0].func};
    vec_push(c->a, &R->made, m);
}

/* ---- who shall read them --------------------------------------------------------------------- */

/* The directive on m's Func, other than by m, that names `reader`; NULL: none. */
static const made_func *named_before(const resolver *R, const made_func *m, const cb_func_s *reader)
{
    for (const made_func *o = R->made.at; o < m; o++)
        for (uint32_t k = 0; k < o->nreaders && o->of == m->of; k++)
            if (o->reader[k] == reader)
                return o;
    return NULL;
}

static void refuse_reader(resolver *R, const made_func *m, uint32_t arg, const char *why,
                          const char *help)
{
    sched_end_help(R, sched_report(R, DIAG_NOT_A_CONSUMER, m->d, (int)arg, "%s", why), help);
}

/* The Func that argument `arg` of m names as a reader; NULL after a report. */
static cb_func_s *find_reader(resolver *R, const made_func *m, uint32_t arg)
{
    cb_context *c = R->c;
    const char *name = m->d->arg[arg].name;
    cb_func_s *f = func_arg(R, m->d, arg, false);
    if (!f)
        return NULL;
    if (f == m->of || f == m->func || f->is_input) {
        refuse_reader(R, m, arg,
                      f->is_input
                          ? arena_printf(c->a, "'%s' is an input and reads nothing", name)
                          : arena_printf(c->a, "'%s' cannot read what is made from it", name),
                      arena_printf(c->a, "name Funcs that read '%s'", m->of->name));
        return NULL;
    }
    if (wraps(R, f, m->of)) {
        refuse_reader(R, m, arg,
                      arena_printf(c->a, "'%s' is itself a copy of '%s' and always reads it", name,
                                   m->of->name),
                      arena_printf(c->a, "to put another Func between, wrap '%s'", name));
        return NULL;
    }
    const made_func *other = named_before(R, m, f);
    for (uint32_t i = 1; i < arg && !other; i++)
        if (m->reader[i - 1] == f)
            other = m;
    if (other) {
        diag *g = sched_report(R, DIAG_CONTRADICTION, m->d, (int)arg,
                               "'%s' reads '%s' instead of '%s' already", name, other->func->name,
                               m->of->name);
        sched_note_at(R, g, other->d);
        sched_end_help(R, g,
                       arena_printf(c->a, "name it once; to put both in a row, wrap '%s'",
                                    other->func->name));
        return NULL;
    }
    return f;
}

static void find_named(resolver *R, made_func *m)
{
    m->reader = NEW_ARRAY(R->c->a, cb_func_s *, m->d->nargs);
    m->used = NEW_ARRAY(R->c->a, bool, m->d->nargs);
    for (uint32_t k = 1; k < m->d->nargs; k++) {
        m->reader[k - 1] = find_reader(R, m, k);
        if (!m->reader[k - 1])
            return;
        m->nreaders = k;
    }
    for (const made_func *o = R->made.at; o < m && m->d->nargs == 1; o++)
        if (o->of == m->of && o->d->nargs == 1) {
            diag *g = sched_report(R, DIAG_CONTRADICTION, m->d, -1,
                                   "all readers of '%s' read '%s' already", m->of->name,
                                   o->func->name);
            sched_note_at(R, g, o->d);
            sched_end_help(R, g, arena_printf(R->c->a, "name the readers, or wrap '%s'",
                                              o->func->name));
        }
}

/* ---- where calls go -------------------------------------------------------------------------- */

typedef struct callees {
    resolver *R;
    vec(cb_func_s *) found;
    map seen;
} callees;

static bool note_callee(void *env, const ir *n)
{
    callees *k = env;
    const ir_symbol *s = n->op == IR_CALL ? ir_symbol_of(k->R->c, n->u.ref.sym) : NULL;
    if (s && s->aux && (s->kind == SYM_FUNC || s->kind == SYM_IMAGE) &&
        !map_getp(&k->seen, s->aux)) {
        map_putp(k->R->c->a, &k->seen, s->aux, s->aux);
        vec_push(k->R->c->a, &k->found, (cb_func_s *)s->aux);
    }
    return true;
}

static void find_callees(callees *k, const cb_func_s *f, const definition *d)
{
    cb_context *c = k->R->c;
    for (uint32_t i = 0; i < f->rank; i++)
        ir_visit(c, d->lhs[i], note_callee, k);
    for (uint32_t i = 0; i < f->nvalues; i++)
        ir_visit(c, d->values[i], note_callee, k);
    for (uint32_t i = 0; i < d->ngiven; i++)
        ir_visit(c, d->given[i], note_callee, k);
    for (uint32_t i = 0; d->dom && i < d->dom->ndims; i++) {
        ir_visit(c, d->dom->dims[i].min, note_callee, k);
        ir_visit(c, d->dom->dims[i].extent, note_callee, k);
    }
    for (uint32_t i = 0; d->dom && i < d->dom->where.n; i++)
        ir_visit(c, d->dom->where.at[i], note_callee, k);
}

/* What `reader` reads next where it would read f: the Func that a directive made, or NULL. */
static made_func *next_for(resolver *R, const cb_func_s *reader, const cb_func_s *f)
{
    made_func *all = NULL;
    for (uint32_t i = 0; i < R->made.n; i++) {
        made_func *m = &R->made.at[i];
        if (m->of != f || m->d->op == DIR_RFACTOR)
            continue;
        for (uint32_t k = 0; k < m->nreaders; k++)
            if (m->reader[k] == reader) {
                m->used[k] = m->any = true;
                return m;
            }
        if (!m->nreaders)
            all = m;
    }
    if (!all || wraps(R, reader, f))
        return NULL;
    all->any = true;
    return all;
}

/* Rewrites the definitions of f where calls of it go elsewhere, and notes what it then reads. */
static void rewrite(resolver *R, cb_func_s *f, map *reads)
{
    callees *now = NEW(R->c->a, callees);
    now->R = R;
    for (uint32_t i = 0; i < f->defs.n; i++) {
        callees k = {.R = R};
        map to = {0};
        const definition *def = map_getp(&R->rewritten, f->defs.at[i]); /* by rfactor */
        if (!def)
            def = f->defs.at[i];
        find_callees(&k, f, def);
        for (uint32_t n = 0; n < k.found.n; n++) {
            cb_func_s *callee = k.found.at[n], *end = callee;
            if (callee == f)
                continue;
            for (made_func *m; (m = next_for(R, f, end)) != NULL;)
                end = m->func;
            if (end != callee)
                map_put(R->c->a, &to, callee->sym, end->sym);
            if (!map_getp(&now->seen, end)) {
                map_putp(R->c->a, &now->seen, end, end);
                vec_push(R->c->a, &now->found, end);
            }
        }
        if (to.n)
            map_putp(R->c->a, &R->rewritten, f->defs.at[i], send(R, f, def, &to));
    }
    map_putp(R->c->a, reads, f, now);
}

/* ---- mistakes that show only now ------------------------------------------------------------- */

static bool reads_directly(const map *reads, const cb_func_s *f, const cb_func_s *of)
{
    const callees *k = map_getp(reads, f);
    for (uint32_t i = 0; k && i < k->found.n; i++)
        if (k->found.at[i] == of)
            return true;
    return false;
}

/* Who reads it in the program as written. */
static void note_readers(resolver *R, diag *g, const made_func *m)
{
    text t;
    text_init(&t, R->c->a);
    for (uint32_t i = R->p->program.n; i-- > 0;) {
        const cb_func_s *f = R->p->program.at[i];
        callees k = {.R = R};
        for (uint32_t n = 0; n < f->defs.n; n++)
            find_callees(&k, f, f->defs.at[n]);
        for (uint32_t n = 0; n < k.found.n && f != m->of; n++)
            if (k.found.at[n] == m->of)
                text_printf(&t, "%s%s", t.n ? ", " : "", f->name);
    }
    if (t.n)
        sched_note(R, g, "Funcs of the program that read '%s': %s", m->of->name, text_str(&t));
    else
        sched_note(R, g, "no Func of the program reads '%s'", m->of->name);
}

static void check_used(resolver *R, const map *reads, const made_func *m)
{
    cb_context *c = R->c;
    for (uint32_t k = 0; k < m->nreaders; k++) {
        if (m->used[k])
            continue;
        const cb_func_s *r = m->reader[k];
        diag *g = sched_report(R, DIAG_NOT_A_CONSUMER, m->d, (int)k + 1, "'%s' does not read '%s'",
                               r->name, m->of->name);
        note_readers(R, g, m);
        for (uint32_t i = 0; i < R->p->funcs.n; i++) {
            const cb_func_s *via = R->p->funcs.at[i];
            if (reads_directly(reads, r, via) && reads_directly(reads, via, m->of)) {
                sched_note(R, g, "'%s' gets at it through '%s'", r->name, via->name);
                break;
            }
        }
        sched_end_help(R, g, "name Funcs whose own definitions read it");
        return;
    }
    if (!m->nreaders && !m->any) {
        diag *g = sched_report(R, DIAG_NOT_A_CONSUMER, m->d, -1, "nothing reads '%s'", m->of->name);
        sched_end_help(R, g, "a copy is for Funcs that read the original");
        return;
    }
    if (m->d->op != DIR_CLONE || m->of->is_input || pipeline_is_output(R->p, m->of))
        return;
    for (uint32_t i = 0; i < R->p->funcs.n; i++)
        if (reads_directly(reads, R->p->funcs.at[i], m->of))
            return;
    diag *g = sched_report(R, DIAG_CONTRADICTION, m->d, -1, "then nothing would read '%s'",
                           m->of->name);
    diag_note(&c->diags, g, m->of->loc, "it is declared here");
    sched_end_help(R, g, "leave it a reader, or schedule the Func itself: no clone is needed");
}

/* ---- the order ------------------------------------------------------------------------------- */

typedef struct visit {
    cb_func_s *f;
    uint32_t next;
} visit;

/* Producers first; the order of the program where it says nothing else. */
static void sort(resolver *R, const map *reads)
{
    arena *a = R->c->a;
    map state = {0}; /* 1: being visited, 2: done */
    vec(cb_func_s *) out = {0};
    vec(visit) stack = {0};
    for (uint32_t i = 0; i < R->p->funcs.n && !R->failed; i++) {
        uint64_t s = 0;
        if (map_get(&state, (uint64_t)(uintptr_t)R->p->funcs.at[i], &s))
            continue;
        visit first = {R->p->funcs.at[i], 0};
        vec_push(a, &stack, first);
        map_put(a, &state, (uint64_t)(uintptr_t)first.f, 1);
        while (stack.n && !R->failed) {
            visit *v = &stack.at[stack.n - 1];
            const callees *k = map_getp(reads, v->f);
            if (v->next == k->found.n) {
                map_put(a, &state, (uint64_t)(uintptr_t)v->f, 2);
                vec_push(a, &out, v->f);
                stack.n--;
                continue;
            }
            visit below = {k->found.at[v->next++], 0};
            if (below.f == v->f || below.f->is_input)
                continue;
            s = 0;
            map_get(&state, (uint64_t)(uintptr_t)below.f, &s);
            if (s == 1) { /* only what was made can close a circle */
                const made_func *m = maker_of(R, below.f);
                for (uint32_t n = stack.n; n-- > 0 && !m;)
                    m = maker_of(R, stack.at[n].f);
                sched_end_help(R,
                               sched_report(R, DIAG_CONTRADICTION, m->d, -1,
                                            "'%s' would then read itself", below.f->name),
                               "name only Funcs of the program as readers");
            } else if (!s) {
                map_put(a, &state, (uint64_t)(uintptr_t)below.f, 1);
                vec_push(a, &stack, below);
            }
        }
    }
    R->p->funcs.n = 0;
    for (uint32_t i = 0; i < out.n; i++)
        vec_push(a, &R->p->funcs, out.at[i]);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool is_done(const resolver *R, const directive *d)
{
    for (uint32_t i = 0; i < R->made.n; i++)
        if (R->made.at[i].d == d)
            return true;
    return false;
}

/* Makes what can be made of what is there; true when that was anything. */
static bool make_some(resolver *R)
{
    uint32_t before = R->made.n;
    for (uint32_t i = 0; i < R->s->entries.n && !R->failed; i++) {
        const sched_entry *e = R->s->entries.at[i];
        for (uint32_t k = 0; k < e->dirs.n && !R->failed; k++) {
            const directive *d = e->dirs.at[k];
            bool whole = (d->op == DIR_WRAP || d->op == DIR_CLONE) && e->stage.update < 0;
            if ((!whole && d->op != DIR_RFACTOR) || is_done(R, d))
                continue;
            cb_func_s *of = func_called(R, e->stage.func);
            int update = e->stage.update;
            if (of && (whole || (update >= 0 && (uint32_t)update + 1 < of->defs.n)))
                make(R, d, of, update);
        }
    }
    return R->made.n > before && !R->failed;
}

void make_funcs(resolver *R)
{
    arena *a = R->c->a;
    pipeline *p = R->p;
    map reads = {0};
    if (p->program.n) { /* resolved before */
        p->funcs.n = 0;
        for (uint32_t i = 0; i < p->program.n; i++)
            vec_push(a, &p->funcs, p->program.at[i]);
    } else {
        for (uint32_t i = 0; i < p->funcs.n; i++)
            vec_push(a, &p->program, p->funcs.at[i]);
    }
    while (make_some(R))
        ;
    for (uint32_t i = 0; i < R->made.n && !R->failed; i++)
        if (R->made.at[i].d->op != DIR_RFACTOR)
            find_named(R, &R->made.at[i]);
    if (!R->made.n || R->failed)
        return;
    for (uint32_t i = 0; i < R->made.n; i++)
        vec_push(a, &p->funcs, R->made.at[i].func);
    for (uint32_t i = 0; i < p->funcs.n; i++)
        rewrite(R, p->funcs.at[i], &reads);
    for (uint32_t i = 0; i < R->made.n; i++)
        if (R->made.at[i].d->op != DIR_RFACTOR)
            check_used(R, &reads, &R->made.at[i]);
    if (!R->failed)
        sort(R, &reads);
}
