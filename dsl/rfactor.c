/* dsl/rfactor.c: a reduction in two steps: partial results, each over a part of the domain, then
 * their combination.
 *
 *     h(in(r.x, r.y)) += 1                      part(i, u) = 0
 *     h.update 0  rfactor(part, r.y, u)    =>   part(in(r.x, u), u) += 1       domain r.x
 *                                               h(i) += part(i, r.y)           domain r.y
 *
 * u is an ordinary dimension of the new Func: its loop may be parallel or vector without atomic().
 * The update must be an associative operation (assoc.c); partial results start from its identity.
 * An operation without one gets a further value that says whether there is a result yet. One that
 * does not commute is combined in order, so only the outermost dimensions of the domain may go. */
#include "assoc.h"
#include "sched.h"

#include <string.h>

typedef struct factoring {
    resolver *R;
    const directive *d;
    cb_func_s *f, *part;
    const definition *def;
    assoc form;
    uint32_t kept; /* bit set: dimensions of the domain that become dimensions of the Func */
    ir_sym *u;     /* per dimension of the domain: its Var in `part` */
    uint32_t n;    /* how many */
} factoring;

static bool refuse(factoring *F, diag_code code, int arg, const char *why, const char *help)
{
    diag *g = sched_report(F->R, code, F->d, arg, "%s", why);
    diag_note(&F->R->c->diags, g, F->def->loc, "the update is here");
    sched_end_help(F->R, g, help);
    return false;
}

static int dim_named(const rdom *r, const char *name)
{
    for (uint32_t i = 0; r && i < r->ndims; i++)
        if (!strcmp(r->dims[i].name, name) || (r->ndims == 1 && !strcmp(r->name, name)))
            return (int)i;
    return -1;
}

static bool read_pairs(factoring *F)
{
    cb_context *c = F->R->c;
    const rdom *r = F->def->dom;
    if (F->d->nargs % 2 == 0)
        return refuse(F, DIAG_DIRECTIVE_ARGS, -1, "the last loop has no name for its dimension",
                      "rfactor(new Func, loop, new dimension, ...): in pairs");
    F->u = NEW_ARRAY(c->a, ir_sym, (r ? r->ndims : 0) + 1);
    for (uint32_t a = 1; a + 1 < F->d->nargs; a += 2) {
        int k = dim_named(r, F->d->arg[a].name);
        const char *name = F->d->arg[a + 1].name;
        if (k < 0 || (F->kept >> k & 1)) {
            diag *g = sched_report(F->R, DIAG_NO_SUCH_LOOP, F->d, (int)a,
                                   k < 0 ? "'%s' is no variable of the domain of this update"
                                         : "'%s' is named twice", F->d->arg[a].name);
            text t;
            text_init(&t, c->a);
            for (uint32_t i = 0; r && i < r->ndims; i++)
                text_printf(&t, "%s%s", i ? ", " : "", r->dims[i].name);
            sched_note(F->R, g, "its variables: %s", r ? text_str(&t) : "none");
            sched_end_help(F->R, g, "name variables of the domain as it is written, each once; rfactor() happens before "
                                    "every other directive of the stage");
            return false;
        }
        for (uint32_t i = 0; i < F->f->rank; i++)
            if (!strcmp(ir_sym_name(c, F->f->args[i]), name))
                return refuse(F, DIAG_LOOP_NAME_IN_USE, (int)a + 1,
                              arena_printf(c->a, "'%s' has a dimension '%s' already", F->f->name, name),
                              "give the new dimension a name of its own");
        F->kept |= 1u << k;
        F->u[k] = ir_sym_new(c, name, SYM_VAR, T_I32, NULL);
        F->n++;
    }
    return true;
}

/* Variable k would be put off, k + 1 not: of two points that differ in both, the first would come second. */
static bool refuse_put_off(factoring *F, uint32_t k)
{
    cb_context *c = F->R->c;
    const rdom_dim *in = &F->def->dom->dims[k], *out = in + 1;
    diag *g = sched_report(F->R, DIAG_REDUCTION_ORDER, F->d, -1,
                           "the update does not commute, and this puts off an inner variable of the domain");
    diag_note(&c->diags, g, F->def->loc, "the update is here");
    sched_note(F->R, g, "iteration (%s = %s, %s = %s) comes before (%s = %s, %s = %s) now, and would be combined after it",
               out->name, ir_text(c, out->min), in->name, ir_text(c, ir_addi(c, in->min, 1)), out->name,
               ir_text(c, ir_addi(c, out->min, 1)), in->name, ir_text(c, in->min));
    sched_end_help(F->R, g, "name the outermost variables of the domain");
    return false;
}

/* Only what is outermost may be put off. */
static bool judge(factoring *F)
{
    const rdom *r = F->def->dom;
    stage_plan s = {.func = F->f, .def = (definition *)(uintptr_t)F->def};
    if (def_places(F->R->c, F->f, F->def) > 1)
        return refuse(F, DIAG_NOT_ASSOCIATIVE, -1, "the update writes several places at once, and partial results are of one",
                      "write the places by updates of their own, or by several values of one place");
    if (!stage_assoc(F->R, &s, &F->form))
        return refuse(F, DIAG_NOT_ASSOCIATIVE, -1,
                      "the update is not known to be associative, so it has no partial results",
                      "docs/schedule.md lists the operations that are");
    for (uint32_t k = 0; k + 1 < r->ndims && !F->form.commutes; k++)
        if ((F->kept >> k & 1) && !(F->kept >> (k + 1) & 1))
            return refuse_put_off(F, k);
    if (F->n == r->ndims && r->where.n)
        return refuse(F, DIAG_CONTRADICTION, -1, "no variable is left for the conditions of the domain",
                      "leave at least one variable out");
    if (F->f->rank + F->n > CB_MAX_RANK)
        return refuse(F, DIAG_CONTRADICTION, -1, "the new Func would have too many dimensions", "name fewer variables");
    return true;
}

/* The dimensions of the domain that are (not) kept, as a domain of its own; their symbols to *to. */
static rdom *sub_domain(factoring *F, bool kept, map *to)
{
    arena *a = F->R->c->a;
    const rdom *from = F->def->dom;
    rdom *r = NEW(a, rdom);
    r->name = from->name;
    r->loc = from->loc;
    r->used = true;
    r->dims = NEW_ARRAY(a, rdom_dim, from->ndims);
    for (uint32_t k = 0; k < from->ndims; k++) {
        if ((F->kept >> k & 1) != kept)
            continue;
        rdom_dim d = from->dims[k];
        d.sym = ir_sym_new(F->R->c, d.name, SYM_RVAR, T_I32, r);
        map_put(a, to, from->dims[k].sym, (uint64_t)(uintptr_t)ir_var(F->R->c, d.sym));
        r->dims[r->ndims++] = d;
    }
    return r->ndims ? r : NULL;
}

static definition *new_definition(factoring *F, def_kind kind, uint32_t rank, uint32_t nvalues)
{
    definition *d = NEW(F->R->c->a, definition);
    d->kind = kind;
    d->loc = kind == DEF_PURE ? F->d->loc : F->def->loc;
    d->lhs = NEW_ARRAY(F->R->c->a, const ir *, rank + 1);
    d->values = NEW_ARRAY(F->R->c->a, const ir *, nvalues + 1);
    d->pure_dim = NEW_ARRAY(F->R->c->a, ir_sym, rank + 1);
    return d;
}

/* part(i, u) = identity */
static void define_start(factoring *F)
{
    cb_context *c = F->R->c;
    cb_func_s *p = F->part;
    uint32_t n = F->f->rank;
    p->args = NEW_ARRAY(c->a, ir_sym, p->rank + 1);
    for (uint32_t i = 0; i < n; i++)
        p->args[i] = F->f->args[i];
    for (uint32_t k = 0; k < F->def->dom->ndims; k++)
        if (F->kept >> k & 1)
            p->args[n++] = F->u[k];
    definition *d = new_definition(F, DEF_PURE, p->rank, p->nvalues);
    for (uint32_t i = 0; i < p->rank; i++)
        d->lhs[i] = ir_var(c, p->args[i]);
    for (uint32_t v = 0; v < p->nvalues; v++)
        d->values[v] = F->form.has_identity ? assoc_identity(c, &F->form, v, p->types[v])
                       : type_is_bool(p->types[v]) ? ir_bool(c, false) : ir_const(c, p->types[v], 0);
    vec_push(c->a, &p->defs, d);
}

/* part(in(r.x, u), u) += 1 */
static void define_step(factoring *F)
{
    cb_context *c = F->R->c;
    cb_func_s *p = F->part;
    map to = {0};
    definition *d = new_definition(F, DEF_UPDATE, p->rank, p->nvalues);
    d->dom = sub_domain(F, false, &to);
    for (uint32_t k = 0; k < F->def->dom->ndims; k++)
        if (F->kept >> k & 1)
            map_put(c->a, &to, F->def->dom->dims[k].sym, (uint64_t)(uintptr_t)ir_var(c, F->u[k]));
    for (uint32_t i = 0; d->dom && i < F->def->dom->where.n; i++)
        vec_push(c->a, &d->dom->where, ir_substitute(c, F->def->dom->where.at[i], &to));
    for (uint32_t i = 0; i < p->rank; i++) {
        d->lhs[i] = i < F->f->rank ? ir_substitute(c, F->def->lhs[i], &to) : ir_var(c, p->args[i]);
        d->pure_dim[i] = i < F->f->rank ? F->def->pure_dim[i] : p->args[i];
    }
    const ir **x = NEW_ARRAY(c->a, const ir *, p->nvalues), **y = NEW_ARRAY(c->a, const ir *, p->nvalues);
    for (uint32_t v = 0; v < p->nvalues; v++)
        x[v] = ir_call(c, p->sym, v, p->types[v], d->lhs, p->rank);
    for (uint32_t v = 0; v < F->f->nvalues; v++)
        y[v] = ir_substitute(c, F->form.incoming[v], &to);
    assoc_combine(c, &F->form, x, y, d->values);
    if (!F->form.has_identity) {
        const ir *there = x[F->f->nvalues];
        for (uint32_t v = 0; v < F->f->nvalues; v++)
            d->values[v] = ir_select(c, there, d->values[v], y[v]);
        d->values[F->f->nvalues] = ir_bool(c, true);
    }
    vec_push(c->a, &p->defs, d);
}

/* h(i) += part(i, r.y) */
static definition *define_end(factoring *F)
{
    cb_context *c = F->R->c;
    const cb_func_s *f = F->f, *p = F->part;
    map to = {0};
    definition *d = new_definition(F, DEF_UPDATE, f->rank, f->nvalues);
    d->dom = sub_domain(F, true, &to);
    d->text = NULL;
    d->factored = F->def;
    const ir **at = NEW_ARRAY(c->a, const ir *, p->rank + 1);
    for (uint32_t i = 0; i < f->rank; i++) {
        at[i] = d->lhs[i] = ir_var(c, f->args[i]);
        d->pure_dim[i] = f->args[i];
    }
    for (uint32_t k = 0; k < d->dom->ndims; k++)
        at[f->rank + k] = ir_var(c, d->dom->dims[k].sym);
    const ir **x = NEW_ARRAY(c->a, const ir *, p->nvalues), **y = NEW_ARRAY(c->a, const ir *, p->nvalues);
    for (uint32_t v = 0; v < f->nvalues; v++)
        x[v] = ir_call(c, f->sym, v, f->types[v], d->lhs, f->rank);
    for (uint32_t v = 0; v < p->nvalues; v++)
        y[v] = ir_call(c, p->sym, v, p->types[v], at, p->rank);
    if (PLANTED(c, RFACTOR_SWAP))
        assoc_combine(c, &F->form, y, x, d->values);
    else
        assoc_combine(c, &F->form, x, y, d->values);
    for (uint32_t v = 0; v < f->nvalues && !F->form.has_identity; v++)
        d->values[v] = ir_select(c, y[f->nvalues], d->values[v], x[v]);
    return d;
}

cb_func_s *make_partial(resolver *R, const directive *d, cb_func_s *of, int update)
{
    cb_context *c = R->c;
    factoring F = {.R = R, .d = d, .f = of, .def = of->defs.at[update + 1]};
    if (!read_pairs(&F) || !judge(&F))
        return NULL;
    if (map_getp(&R->rewritten, F.def)) {
        refuse(&F, DIAG_DUPLICATE_DIRECTIVE, -1, "the update has partial results already", "keep one rfactor()");
        return NULL;
    }
    cb_func_s *p = F.part = NEW(c->a, cb_func_s);
    p->ctx = c;
    p->name = d->arg[0].name;
    p->loc = d->loc;
    p->rank = of->rank + F.n;
    p->nvalues = of->nvalues + !F.form.has_identity;
    p->has_rank = p->used = true;
    p->types = NEW_ARRAY(c->a, cb_type, p->nvalues);
    for (uint32_t v = 0; v < p->nvalues; v++)
        p->types[v] = v < of->nvalues ? of->types[v] : T_BOOL;
    p->sym = ir_sym_new(c, p->name, SYM_FUNC, p->types[0], p);
    define_start(&F);
    define_step(&F);
    map_putp(c->a, &R->rewritten, F.def, define_end(&F));
    return p;
}
