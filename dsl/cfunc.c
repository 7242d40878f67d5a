/* dsl/cfunc.c: C functions of scalars, called where an equation calls them.
 *
 *     double response(double wave, uint8_t sensor);
 *
 *     CFunction(resp, "response", f64, (f64, u8));
 *     define(out(x) = resp(wave(x), 2)*in(x));
 *
 * Such a call is a C_CALL of a symbol that bears the function's name: its arguments, converted by the
 * rules of assignment, and where it happens (a bool that loops give lanes of their own). A pure function
 * is one whose result follows from its arguments and that does nothing besides: its calls are numbered 0,
 * so that equal ones are one node. Those of an impure one are numbered one by one, and never merged.
 */
#include "front.h"

#include <string.h>

enum { MOST_ARGUMENTS = 16 };

typedef struct declaring {
    cb_context *c;
    const char *name, *function;
    bool pure;
    cb_type result;
    int n;
    const cb_type *types;
    cb_site at;
    cb_loc loc;
    struct cb_cfunc_s *out;
} declaring;

static bool is_scalar(cb_type t)
{
    char b[16];
    cb_type same;
    return t.lanes == 1 && t.code != CB_HANDLE && type_parse(type_name(t, b), &same) && type_eq(t, same);
}

/* NULL, or what is wrong with the declaration. */
static const char *fault_of(const declaring *D, const char **help)
{
    cb_context *c = D->c;
    const char *why = extern_name_fault(c, D->function);
    *help = "give the name as a C program declares it, for example \"response\"";
    if (why)
        return why;
    *help = "up to 16 are possible";
    if (D->n < 0 || D->n > MOST_ARGUMENTS)
        return arena_printf(c->a, "'%s' takes %d arguments", D->function, D->n);
    *help = "the types are bool, i8 to i64, u8 to u64, f16, bf16 (as a uint16_t), f32, f64";
    if (!is_scalar(D->result))
        return arena_printf(c->a, "the result of '%s' is no scalar", D->function);
    for (int i = 0; i < D->n; i++)
        if (!is_scalar(D->types[i]))
            return arena_printf(c->a, "argument %d of '%s' is no scalar", i + 1, D->function);
    return NULL;
}

static void declare(void *env)
{
    declaring *D = env;
    cb_context *c = D->c;
    const char *help;
    D->loc = site_loc(c, D->at);
    D->name = ctx_string(c, D->name ? D->name : "anonymous");
    const char *why = fault_of(D, &help);
    struct cb_cfunc_s *g = NEW(c->a, struct cb_cfunc_s);
    *g = (struct cb_cfunc_s){.ctx = c, .name = D->name, .loc = D->loc, .pure = D->pure, .poisoned = why != NULL};
    if (why) {
        diag *d = diag_begin(&c->diags, DIAG_BAD_EXTERN, D->loc, "%s", why);
        diag_help(&c->diags, d, "%s", help);
        diag_end(&c->diags, d);
    } else {
        g->function = ctx_string(c, D->function);
        g->result = D->result;
        g->n = (uint32_t)D->n;
        g->types = arena_copy(c->a, D->types, sizeof *D->types * (size_t)(D->n ? D->n : 1));
        g->sym = ir_sym_new(c, g->function, SYM_EXTERN, g->result, NULL);
    }
    binding b = {.name = D->name, .kind = BIND_CFUNC, .cfunc = g, .loc = D->loc};
    scope_declare(scope_current(), &b);
    D->out = g;
}

cb_cfunc cb_c_function(const char *name, const char *function, bool pure, cb_type result, int n,
                       const cb_type *types, cb_site at)
{
    static const cb_type none[1] = {{0, 0, 0}};
    declaring D = {.c = cb_current(), .name = name, .function = function, .pure = pure, .result = result,
                   .n = n, .types = types ? types : none, .at = at};
    if (!D.c)
        front_no_scope(at, "CFunction");
    else if (front_try(D.c, declare, &D))
        return (cb_cfunc){D.out};
    return (cb_cfunc){NULL};
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* "response(f64, u8)" */
static const char *shape(cb_context *c, const struct cb_cfunc_s *g)
{
    char type[16];
    text t;
    text_init(&t, c->a);
    text_printf(&t, "%s(", g->name);
    for (uint32_t i = 0; i < g->n; i++)
        text_printf(&t, i ? ", %s" : "%s", type_name(g->types[i], type));
    text_put(&t, ")");
    return text_str(&t);
}

expr *expr_c_call(cb_context *c, const struct cb_cfunc_s *g, uint32_t n, expr *const *v)
{
    const ir *arg[MOST_ARGUMENTS + 1];
    scope *s = scope_current();
    if (g->poisoned) {
        expr *e = expr_fault(c, DIAG_BAD_EXTERN, NULL, "'%s' was refused", g->name);
        e->fault->reported = true;
        return e;
    }
    if (g->ctx != c)
        return expr_fault(c, DIAG_CONTEXT_MIX, "declare it in this context",
                          "'%s' belongs to another context", g->name);
    if (n != g->n)
        return expr_fault(c, DIAG_OPERAND_COUNT, arena_printf(c->a, "it is declared as %s", shape(c, g)),
                          "the C function '%s' takes %u argument%s, not %u", g->name, g->n,
                          g->n == 1 ? "" : "s", n);
    for (uint32_t i = 0; i < n; i++) {
        if (v[i]->nvalues > 1 && !v[i]->fault)
            return expr_several(c, v[i]);
        expr *e = expr_assign(c, g->types[i], v[i], arena_printf(c->a, "argument %u of '%s'", i + 1, g->name));
        if (e->fault)
            return e;
        arg[i] = e->node;
    }
    arg[n] = ir_bool(c, true);
    union {
        ir_ref ref;
        uint64_t bits;
    } payload = {.ref = {g->sym, g->pure ? 0 : s ? ++s->root->effects : 1}};
    return expr_new(c, ir_node(c, IR_C_CALL, g->result, payload.bits, arg, n + 1));
}

typedef struct calling {
    cb_context *c;
    const struct cb_cfunc_s *g;
    int n;
    const cb_expr *args;
    expr *out;
} calling;

static void call(void *env)
{
    calling *k = env;
    expr *v[MOST_ARGUMENTS + 1];
    uint32_t n = k->n < 0 ? 0 : k->n > MOST_ARGUMENTS ? MOST_ARGUMENTS + 1u : (uint32_t)k->n;
    for (uint32_t i = 0; i < n; i++) {
        v[i] = expr_in(k->c, k->args[i]);
    }
    k->out = expr_c_call(k->c, k->g, n, v);
}

cb_expr cb_invoke(cb_cfunc g, int n, const cb_expr *args)
{
    calling k = {g.p ? g.p->ctx : NULL, g.p, n, args, NULL};
    return g.p && front_try(k.c, call, &k) ? (cb_expr){k.out} : (cb_expr){NULL};
}

cb_value cb_value_of_cfunc(cb_cfunc g) { return (cb_value){.cfunc = g.p}; }

/* ---- which a program calls ------------------------------------------------------------------- */

typedef struct finding {
    cb_context *c;
    map seen; /* function's name -> 1 */
    void (*use)(void *env, const definition *def, const ir *call);
    void *env;
    const definition *def;
} finding;

static bool find_call(void *env, const ir *n)
{
    finding *F = env;
    if (n->op == IR_C_CALL) {
        const char *name = ir_sym_name(F->c, n->u.ref.sym);
        if (!map_getp(&F->seen, name))
            F->use(F->env, F->def, n);
        map_putp(F->c->a, &F->seen, name, name);
    }
    return true;
}

void c_calls_of(const pipeline *p, void (*use)(void *env, const definition *def, const ir *call), void *env)
{
    finding F = {.c = p->ctx, .use = use, .env = env};
    for (uint32_t i = 0; i < p->funcs.n; i++) {
        const cb_func_s *f = p->funcs.at[i];
        for (uint32_t k = 0; k < f->defs.n; k++) {
            const definition *d = F.def = f->defs.at[k];
            for (uint32_t j = 0; j < f->rank; j++)
                ir_visit(F.c, d->lhs[j], find_call, &F);
            for (uint32_t j = 0; j < f->nvalues; j++)
                ir_visit(F.c, d->values[j], find_call, &F);
            for (uint32_t j = 0; d->dom && j < d->dom->ndims; j++) {
                ir_visit(F.c, d->dom->dims[j].min, find_call, &F);
                ir_visit(F.c, d->dom->dims[j].extent, find_call, &F);
            }
            for (uint32_t j = 0; d->dom && j < d->dom->where.n; j++)
                ir_visit(F.c, d->dom->where.at[j], find_call, &F);
        }
    }
}
