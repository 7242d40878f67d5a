/* dsl/func.c: declarations: inputs, outputs, Funcs, Vars, Params, Knobs and reduction domains.
 *
 *     Param(gain, f32, 1, 0, 4);     symbol `gain`, a scalar argument with default and range
 *     RDom(r, (0, w), (0, h));       symbols `r.x` and `r.y`, r.x innermost
 *
 * A declaration that is refused is reported once, and still gives a handle that works, so that one
 * mistake makes one message.
 */
#include "front.h"
#include "sched.h"

#include <string.h>

typedef enum decl_what {
    DECL_INPUT,
    DECL_OUTPUT,
    DECL_FUNC,
    DECL_ARRAY,
    DECL_VAR,
    DECL_PARAM,
    DECL_KNOB,
    DECL_RDOM
} decl_what;

typedef struct declaring {
    cb_context *c;
    decl_what what;
    const char *name;
    cb_site at;
    cb_loc loc;
    int rank, n;
    const cb_type *types;
    const cb_expr *v;
    int64_t knob[4]; /* def, min, max, step */
    cb_func *array;
    cb_func_s *func;
    expr *expr;
    cb_rdom rdom;
} declaring;

static diag *bad(declaring *d, diag_code code, const char *say)
{
    return diag_begin(&d->c->diags, code, d->loc, "%s", say);
}

static void end(declaring *d, diag *g, const char *help)
{
    diag_help(&d->c->diags, g, "%s", help);
    diag_end(&d->c->diags, g);
}

static bool value_type(cb_type t)
{
    char b[16];
    cb_type same;
    return t.lanes == 1 && t.code != CB_HANDLE && type_parse(type_name(t, b), &same) &&
           type_eq(t, same);
}

/* ---- Funcs ----------------------------------------------------------------------------------- */

cb_func_s *func_new(cb_context *c, const char *name, cb_loc loc)
{
    cb_func_s *f = NEW(c->a, cb_func_s);
    f->ctx = c;
    f->name = scope_func_name(scope_current(), name ? name : "anonymous");
    f->loc = loc;
    f->nvalues = 1;
    f->sym = ir_sym_new(c, f->name, SYM_FUNC, T_VOID, f);
    map_putp(c->a, &front_of(c)->roots, f, scope_current()->root);
    return f;
}

static bool shape_is_possible(declaring *d)
{
    if (d->rank < 0 || d->rank > CB_MAX_RANK) {
        end(d,
            bad(d, DIAG_BAD_DECLARATION,
                arena_printf(d->c->a, "'%s' is declared with %d dimensions", d->name, d->rank)),
            "0 to 16 dimensions are possible");
        return false;
    }
    for (int i = 0; i < d->n; i++)
        if (!value_type(d->types[i])) {
            end(d,
                bad(d, DIAG_BAD_DECLARATION,
                    arena_printf(d->c->a, "'%s' has a type that buffers cannot hold", d->name)),
                "the types are bool, i8 to i64, u8 to u64, f16, bf16, f32, f64");
            return false;
        }
    return true;
}

static void declare_func(declaring *d)
{
    cb_context *c = d->c;
    scope *s = scope_current();
    bool input = d->what == DECL_INPUT, typed = input || d->what == DECL_OUTPUT;
    bool possible = !typed || shape_is_possible(d);
    cb_func_s *f = d->func = func_new(c, d->name, d->loc);
    binding b = {.name = d->name, .kind = BIND_FUNC, .func = f, .loc = d->loc};
    scope_declare(s, &b);
    if (!typed)
        return;
    f->is_input = input;
    f->is_output = !input;
    f->poisoned = !possible;
    f->has_rank = true;
    f->rank = possible ? (uint32_t)d->rank : 0;
    f->nvalues = possible ? (uint32_t)d->n : 1;
    f->types =
        possible ? arena_copy(c->a, d->types, sizeof *d->types * (size_t)d->n) : NEW(c->a, cb_type);
    if (input)
        ir_symbol_of(c, f->sym)->kind = SYM_IMAGE;
    ir_symbol_of(c, f->sym)->type = f->types[0];
    if (!possible)
        return;
    if (input)
        vec_push(c->a, &s->root->inputs, f);
    else
        vec_push(c->a, &s->root->outputs, f);
}

static void declare_array(declaring *d)
{
    cb_context *c = d->c;
    if (d->n < 0 || d->n > 4096) {
        end(d, bad(d, DIAG_BAD_DECLARATION, arena_printf(c->a, "an array of %d Funcs", d->n)),
            "0 to 4096 are possible");
        return;
    }
    binding b = {.name = d->name, .kind = BIND_ARRAY, .count = (uint32_t)d->n, .loc = d->loc};
    b.array = NEW_ARRAY(c->a, cb_func_s *, d->n ? d->n : 1);
    for (int i = 0; i < d->n; i++) {
        b.array[i] = func_new(c, arena_printf(c->a, "%s_%d", d->name, i), d->loc);
        d->array[i].p = b.array[i];
    }
    scope_declare(scope_current(), &b);
}

/* ---- symbols --------------------------------------------------------------------------------- */

static void bind_symbol(declaring *d, ir_sym s)
{
    d->expr = expr_new(d->c, ir_var(d->c, s));
    binding b = {.name = d->name, .kind = BIND_EXPR, .expr = d->expr, .loc = d->loc};
    scope_declare(scope_current(), &b);
}

static bool param_value(declaring *d, cb_param_s *p, int i, const char *what, ir_value *out)
{
    cb_context *c = d->c;
    expr *e =
        expr_assign(c, p->type, expr_in(c, d->v[i]), arena_printf(c->a, "Param '%s'", p->name));
    if (expr_report(c, e, d->loc))
        return false;
    if (e->node->op != IR_INT && e->node->op != IR_FLOAT) {
        end(d,
            bad(d, DIAG_BAD_DECLARATION,
                arena_printf(c->a, "the %s of Param '%s' is not a number", what, p->name)),
            "Param(name, type, default, smallest, largest) takes numbers");
        return false;
    }
    if (e->node->op == IR_INT)
        out->i = e->node->u.i;
    else
        out->f = e->node->u.f;
    return true;
}

static bool not_above(cb_type t, ir_value a, ir_value b)
{
    return type_is_float(t)  ? a.f <= b.f
           : type_is_uint(t) ? (uint64_t)a.i <= (uint64_t)b.i
                             : a.i <= b.i;
}

static void declare_param(declaring *d)
{
    cb_context *c = d->c;
    cb_param_s *p = NEW(c->a, cb_param_s);
    p->name = d->name ? d->name : ctx_string(c, "anonymous");
    p->type = d->types[0];
    p->loc = d->loc;
    if (!value_type(p->type)) {
        end(d,
            bad(d, DIAG_BAD_DECLARATION,
                arena_printf(c->a, "Param '%s' has no scalar type", p->name)),
            "the types are bool, i8 to i64, u8 to u64, f16, bf16, f32, f64");
        p->type = T_I32;
    }
    bool ok = d->n == 0 || d->n == 1 || d->n == 3;
    if (!ok)
        end(d,
            bad(d, DIAG_BAD_DECLARATION,
                arena_printf(c->a, "Param '%s' is given %d numbers", p->name, d->n)),
            "give a default alone, or a default and a smallest and largest value");
    if (ok && d->n)
        p->has_def = param_value(d, p, 0, "default", &p->def);
    if (ok && d->n == 3) {
        p->has_min = param_value(d, p, 1, "smallest value", &p->min);
        p->has_max = param_value(d, p, 2, "largest value", &p->max);
        if (p->has_def && p->has_min && p->has_max &&
            !(not_above(p->type, p->min, p->def) && not_above(p->type, p->def, p->max)))
            end(d,
                bad(d, DIAG_BAD_DECLARATION,
                    arena_printf(c->a, "the default of Param '%s' lies outside its range",
                                 p->name)),
                "the order is default, smallest, largest");
    }
    p->sym = ir_sym_new(c, p->name, SYM_PARAM, p->type, p);
    bind_symbol(d, p->sym);
    vec_push(c->a, &scope_current()->root->params, p);
}

static bool reserved(const char *name)
{
    static const char *const words[] = {"target", "schedule", "e", "o", "n"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (!strcmp(name, words[i]))
            return true;
    return false;
}

static void declare_knob(declaring *d)
{
    cb_context *c = d->c;
    cb_knob_s *k = NEW(c->a, cb_knob_s);
    *k = (cb_knob_s){.name = d->name,
                     .def = d->knob[0],
                     .min = d->knob[1],
                     .max = d->knob[2],
                     .step = d->knob[3],
                     .value = d->knob[0],
                     .loc = d->loc};
    if (reserved(d->name))
        end(d, bad(d, DIAG_BAD_NAME, arena_printf(c->a, "a knob cannot be called '%s'", d->name)),
            "target, schedule, e, o and n mean something else on the command line of a generator");
    const char *why = k->step < 1       ? "the step is below 1"
                      : k->min > k->max ? "the range is empty"
                                        : knob_fault(c, k, k->def);
    if (why)
        end(d, bad(d, DIAG_KNOB, arena_printf(c->a, "knob '%s': %s", k->name, why)),
            "write Knob(name, default, smallest, largest, step)");
    if (k->step < 1)
        k->step = 1;
    k->sym = ir_sym_new(c, k->name, SYM_KNOB, T_I32, k);
    bind_symbol(d, k->sym);
    schedule *s = front_schedule(c);
    vec_push(c->a, &s->knobs, k);
}

/* ---- domains --------------------------------------------------------------------------------- */

/* Which iterations there are is one question, and has an answer: what says otherwise, or NULL. */
static const char *no_value_in(cb_context *c, const ir *e, const char **help)
{
    if (ir_place_count(c, &e, 1) > 1) {
        *help = "all places of an update are written in the same iterations; which of them keeps its value can be said on the "
                "right: gather(a, undef(u8))";
        return "scatter or gather";
    }
    *help = "undef is the value of a definition, or one choice of it, and says that nothing is stored";
    return ir_has_undef(c, e) ? "undef" : NULL;
}

/* A bound of a domain: i32, the same for every point. */
static const ir *domain_bound(declaring *d, int i)
{
    cb_context *c = d->c;
    expr *e =
        expr_assign(c, T_I32, expr_in(c, d->v[i]), arena_printf(c->a, "a bound of '%s'", d->name));
    if (expr_report(c, e, d->loc))
        return NULL;
    map vars = {0};
    ir_free_vars(c, e->node, &vars);
    for (uint32_t k = 0; k < vars.n; k++) {
        ir_sym s = (ir_sym)vars.entry[k].key;
        ir_sym_kind kind = ir_symbol_of(c, s)->kind;
        if (kind == SYM_PARAM)
            continue;
        end(d,
            bad(d, DIAG_BAD_DOMAIN,
                arena_printf(c->a, "the bounds of '%s' depend on '%s'", d->name,
                             ir_sym_name(c, s))),
            "bounds are the same everywhere; cut points out of a larger domain with where(r, "
            "condition)");
        return NULL;
    }
    const ir *field = field_out_of_place(c, e->node);
    if (field) {
        end(d, bad(d, DIAG_WRONG_KIND, field_out_of_place_text(c, field)),
            "only an Input has a buffer before the pipeline runs; pass the size as a Param");
        return NULL;
    }
    const ir *bound = random_place(c, e->node, 0, NULL);
    const char *help, *effect = effect_in(c, bound), *no_value = no_value_in(c, bound, &help);
    if (no_value) {
        end(d, bad(d, DIAG_BAD_DOMAIN, arena_printf(c->a, "in the bounds of '%s' there is %s", d->name, no_value)), help);
        return NULL;
    }
    if (!effect)
        return bound;
    end(d, bad(d, DIAG_EFFECT_PLACE, arena_printf(c->a, "in the bounds of '%s' %s", d->name, effect)),
        "print, require and calls of impure C functions stand in the values of definitions");
    return NULL;
}

const char *rvar_name(cb_context *c, const char *domain, uint32_t d)
{
    return ctx_string(c, d < 4 ? arena_printf(c->a, "%s.%c", domain, "xyzw"[d])
                               : arena_printf(c->a, "%s.v%u", domain, d));
}

static void declare_rdom(declaring *d)
{
    cb_context *c = d->c;
    rdom *r = NEW(c->a, rdom);
    if (d->n < 1 || d->n > CB_MAX_RANK) {
        end(d, bad(d, DIAG_BAD_DOMAIN, arena_printf(c->a, "'%s' has %d dimensions", d->name, d->n)),
            "a domain has 1 to 16 dimensions, each a pair (min, extent)");
        d->n = d->n < 1 ? 0 : CB_MAX_RANK;
    }
    r->name = d->name;
    r->loc = d->loc;
    r->ndims = (uint32_t)d->n;
    r->dims = NEW_ARRAY(c->a, rdom_dim, d->n + 1);
    cb_expr *handle[] = {&d->rdom.x, &d->rdom.y, &d->rdom.z, &d->rdom.w};
    for (int i = 0; i < d->n; i++) {
        rdom_dim *dim = &r->dims[i];
        dim->name = rvar_name(c, r->name, (uint32_t)i);
        dim->min = domain_bound(d, 2 * i);
        dim->extent = domain_bound(d, 2 * i + 1);
        if (!dim->min)
            dim->min = ir_i32(c, 0);
        if (!dim->extent)
            dim->extent = ir_i32(c, 1);
        dim->sym = ir_sym_new(c, dim->name, SYM_RVAR, T_I32, r);
        if (i < 4)
            handle[i]->p = expr_new(c, ir_var(c, dim->sym));
    }
    d->rdom.p = NEW(c->a, struct cb_rdom_s);
    *d->rdom.p = (struct cb_rdom_s){c, r};
    binding b = {.name = d->name, .kind = BIND_RDOM, .dom = r, .loc = d->loc};
    scope_declare(scope_current(), &b);
}

/* ---- entry ----------------------------------------------------------------------------------- */

static void declare(void *env)
{
    declaring *d = env;
    d->loc = site_loc(d->c, d->at);
    bool named = d->what == DECL_ARRAY || d->what == DECL_RDOM || d->what == DECL_KNOB;
    d->name = d->name || named ? ctx_string(d->c, d->name ? d->name : "") : NULL;
    switch (d->what) {
    case DECL_INPUT:
    case DECL_OUTPUT:
    case DECL_FUNC: declare_func(d); break;
    case DECL_ARRAY: declare_array(d); break;
    case DECL_VAR:
        bind_symbol(d, ir_sym_new(d->c, d->name ? d->name : "v", SYM_VAR, T_I32, NULL));
        break;
    case DECL_PARAM: declare_param(d); break;
    case DECL_KNOB: declare_knob(d); break;
    case DECL_RDOM: declare_rdom(d); break;
    }
}

static bool run(declaring *d, const char *word)
{
    d->c = cb_current();
    if (d->c)
        return front_try(d->c, declare, d);
    front_no_scope(d->at, word);
    return false;
}

static cb_func func_result(declaring d, const char *word)
{
    return run(&d, word) ? (cb_func){d.func} : (cb_func){NULL};
}

static cb_expr expr_result(declaring d, const char *word)
{
    return run(&d, word) ? (cb_expr){d.expr} : (cb_expr){NULL};
}

cb_func cb_input(const char *name, cb_type t, int rank, cb_site at)
{
    return func_result(
        (declaring){.what = DECL_INPUT, .name = name, .at = at, .rank = rank, .n = 1, .types = &t},
        "Input");
}
cb_func cb_output(const char *name, cb_type t, int rank, cb_site at)
{
    return func_result(
        (declaring){.what = DECL_OUTPUT, .name = name, .at = at, .rank = rank, .n = 1, .types = &t},
        "Output");
}
cb_func cb_output_tuple(const char *name, int rank, int n, const cb_type *types, cb_site at)
{
    return func_result(
        (declaring){
            .what = DECL_OUTPUT, .name = name, .at = at, .rank = rank, .n = n, .types = types},
        "OutputTuple");
}
cb_func cb_func_new(const char *name, cb_site at)
{
    return func_result((declaring){.what = DECL_FUNC, .name = name, .at = at}, "Funcs");
}
void cb_func_array(const char *name, cb_func *f, int n, cb_site at)
{
    for (int i = 0; i < n; i++)
        f[i].p = NULL;
    declaring d = {.what = DECL_ARRAY, .name = name, .at = at, .n = n, .array = f};
    run(&d, "FuncArray");
}
cb_expr cb_var(const char *name, cb_site at)
{
    return expr_result((declaring){.what = DECL_VAR, .name = name, .at = at}, "Vars");
}
cb_expr cb_param(const char *name, cb_type t, int n, const cb_expr *v, cb_site at)
{
    return expr_result(
        (declaring){.what = DECL_PARAM, .name = name, .at = at, .types = &t, .n = n, .v = v},
        "Param");
}
cb_expr cb_knob(const char *name, int64_t def, int64_t min, int64_t max, int64_t step, cb_site at)
{
    return expr_result(
        (declaring){.what = DECL_KNOB, .name = name, .at = at, .knob = {def, min, max, step}},
        "Knob");
}
cb_rdom cb_rdom_new(const char *name, int ndims, const cb_expr *pairs, cb_site at)
{
    declaring d = {.what = DECL_RDOM, .name = name, .at = at, .n = ndims, .v = pairs};
    run(&d, "RDom");
    return d.rdom;
}

/* The region of an input's buffer. */
cb_rdom cb_rdom_over(const char *name, cb_func input, cb_site at)
{
    cb_expr pairs[2 * CB_MAX_RANK];
    int rank = input.p ? (int)input.p->rank : 0;
    if (!input.p) {
        front_null_func(at, "RDomOver()");
        return (cb_rdom){{NULL}, {NULL}, {NULL}, {NULL}, NULL};
    }
    for (int d = 0; d < (rank ? rank : 1); d++) { /* what is no input is reported by its first extent */
        pairs[2 * d + 1] = cb_extent(input, d);
        pairs[2 * d] = input.p->is_input ? cb_min_coord(input, d) : pairs[1];
    }
    return cb_rdom_new(name, rank ? rank : !input.p->is_input, pairs, at);
}

typedef struct picking {
    struct cb_rdom_s *r;
    int k;
    expr *out;
} picking;

static void pick_rvar(void *env)
{
    picking *q = env;
    cb_context *c = q->r->ctx;
    const rdom *r = q->r->dom;
    if (q->k >= 0 && q->k < (int)r->ndims)
        q->out = expr_new(c, ir_var(c, r->dims[q->k].sym));
    else
        q->out = expr_fault(c, DIAG_WRONG_ARITY, "the variables of a domain are counted from 0",
                            "'%s' has %u dimensions; there is no variable %d", r->name, r->ndims,
                            q->k);
}

cb_expr cb_rdom_var(cb_rdom r, int k)
{
    picking q = {r.p, k, NULL};
    if (!r.p || !front_try(r.p->ctx, pick_rvar, &q))
        return (cb_expr){NULL};
    return (cb_expr){q.out};
}

/* ---- where ----------------------------------------------------------------------------------- */

typedef struct restricting {
    cb_rdom r;
    cb_expr cond;
    const char *src, *names; /* src NULL: cond counts */
    int n;
    const cb_value *values;
    cb_site at;
} restricting;

static void restrict_domain(void *env)
{
    restricting *w = env;
    cb_context *c = w->r.p->ctx;
    rdom *r = w->r.p->dom;
    cb_loc loc = site_loc(c, w->at);
    binding *b = NULL;
    expr *e;
    if (w->src) {
        if (!captures_bind(c, w->names, w->n, w->values, loc, &b))
            return;
        e = equation_expr(c, w->src, b, (uint32_t)w->n, loc);
    } else {
        e = expr_in(c, w->cond);
    }
    if (expr_report(c, e, loc))
        return;
    map vars = {0};
    ir_free_vars(c, e->node, &vars);
    const char *other = NULL;
    for (uint32_t i = 0; i < vars.n; i++) {
        const ir_symbol *s = ir_symbol_of(c, (ir_sym)vars.entry[i].key);
        if ((s->kind == SYM_RVAR && s->aux != r) || s->kind == SYM_KNOB)
            other = s->name;
    }
    diag *d = NULL;
    if (r->used)
        d = diag_begin(&c->diags, DIAG_WHERE_AFTER_USE, loc,
                       "'%s' is restricted after a definition has used it", r->name);
    else if (!type_is_bool(e->node->type))
        d = diag_begin(&c->diags, DIAG_TYPE_MISFIT, loc, "the condition of '%s' is not bool",
                       r->name);
    else if (other)
        d = diag_begin(&c->diags, DIAG_BAD_DOMAIN, loc, "the condition of '%s' depends on '%s'",
                       r->name, other);
    if (!d) {
        const ir *coord[CB_MAX_RANK];
        for (uint32_t i = 0; i < r->ndims; i++)
            coord[i] = ir_var(c, r->dims[r->ndims - 1 - i].sym);
        const ir *where = random_place(c, e->node, r->ndims, coord);
        const char *help, *effect = effect_in(c, where), *no_value = no_value_in(c, where, &help);
        if (!effect && !no_value) {
            vec_push(c->a, &r->where, where);
            return;
        }
        d = no_value ? diag_begin(&c->diags, DIAG_BAD_DOMAIN, loc, "in the condition of '%s' there is %s", r->name, no_value)
                     : diag_begin(&c->diags, DIAG_EFFECT_PLACE, loc, "in the condition of '%s' %s", r->name, effect);
        diag_help(&c->diags, d, "%s",
                  no_value ? help : "print, require and calls of impure C functions stand in the values of definitions");
        diag_end(&c->diags, d);
        return;
    }
    diag_note(&c->diags, d, r->loc, "'%s' is declared here", r->name);
    diag_help(&c->diags, d, "%s",
              r->used ? "put where() directly behind the RDom"
              : other ? "a condition speaks of the domain's own variables, Vars of the update, "
                        "Params and Funcs"
                      : "write a comparison, for example r.x < r.y");
    diag_end(&c->diags, d);
}

static void where_any(restricting w)
{
    if (w.r.p)
        front_try(w.r.p->ctx, restrict_domain, &w);
    else
        front_null_func(w.at, "where()");
}

void cb_rdom_where(cb_rdom r, cb_expr cond, cb_site at)
{
    where_any((restricting){.r = r, .cond = cond, .at = at});
}

void cb_rdom_where_text(cb_rdom r, const char *src, const char *names, int n,
                        const cb_value *values, cb_site at)
{
    where_any((restricting){
        .r = r, .src = src ? src : "", .names = names, .n = n, .values = values, .at = at});
}
