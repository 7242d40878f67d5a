/* dsl/external.c: Funcs computed by C functions.
 *
 *     int sharpen(const cb_env *env, cb_buffer *in, float amount, cb_buffer *out);
 *
 *     define_extern(f, (x, y), "sharpen", (f32), (g, amount));
 *
 * Such a Func has one definition of its own kind, which names the function and what it is given. The
 * protocol of queries by which its regions are found is described in carbide.h.
 */
#include "front.h"

#include <string.h>

enum { MOST_ARGUMENTS = 32 };

typedef struct declaring {
    cb_context *c;
    cb_func_s *f;
    int n, ntypes, nargs;
    const cb_expr *coords;
    const char *function;
    const cb_type *types;
    const cb_value *args;
    cb_site at;
    cb_loc loc;
    cb_stage out;
} declaring;

static bool refuse(declaring *D, diag_code code, const char *say, const char *help)
{
    diag *d = diag_begin(&D->c->diags, code, D->loc, "%s", say);
    diag_note(&D->c->diags, d, D->f->loc, "'%s' is declared here", D->f->name);
    diag_help(&D->c->diags, d, "%s", help);
    diag_end(&D->c->diags, d);
    return false;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_function_name(const char *s)
{
    size_t n = 0;
    if (!s)
        return false;
    for (; s[n]; n++) {
        bool letter = (s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') || s[n] == '_';
        if (!letter && !(n && s[n] >= '0' && s[n] <= '9'))
            return false;
    }
    return n > 0 && n < 200;
}

/* NULL, or what is wrong with the name of a C function. */
const char *extern_name_fault(cb_context *c, const char *s)
{
    if (!is_function_name(s))
        return arena_printf(c->a, "'%s' cannot be the name of a C function", s ? s : "NULL");
    if (!strncmp(s, "cb_", 3))
        return arena_printf(c->a, "'%s' is a name that belongs to Carbide", s);
    return NULL;
}

/* ---- what the function is given -------------------------------------------------------------- */

cb_func_s *given_func(cb_context *c, const ir *given)
{
    return given->op == IR_CALL ? ir_symbol_of(c, given->u.ref.sym)->aux : NULL;
}

static const ir *buffer_argument(declaring *D, int i, cb_func_s *g)
{
    cb_context *c = D->c;
    if (g->ctx != c) {
        refuse(D, DIAG_CONTEXT_MIX,
               arena_printf(c->a, "argument %d of '%s' belongs to another context", i + 1, D->function),
               "use a Func of this context");
        return NULL;
    }
    if (g->poisoned)
        return NULL;
    if (g == D->f) {
        refuse(D, DIAG_BAD_EXTERN,
               arena_printf(c->a, "'%s' is given itself as argument %d of '%s'", g->name, i + 1,
                            D->function),
               "a C function is given other Funcs, inputs and scalars");
        return NULL;
    }
    if (!g->is_input && !g->defs.n) {
        refuse(D, DIAG_UNDEFINED_FUNC,
               arena_printf(c->a, "'%s', argument %d of '%s', has no definition", g->name, i + 1,
                            D->function),
               "define a Func before it is used");
        return NULL;
    }
    const ir *zero[CB_MAX_RANK];
    for (uint32_t d = 0; d < g->rank; d++)
        zero[d] = ir_i32(c, 0);
    return ir_call(c, g->sym, 0, g->types[0], zero, g->rank);
}

static const ir *scalar_argument(declaring *D, int i, expr *e)
{
    cb_context *c = D->c;
    if (!e->fault && e->func && e->node->op == IR_CALL)
        e = expr_fault(c, DIAG_BAD_EXTERN, "give the whole Func: it arrives as a cb_buffer *",
                       "argument %d of '%s' is an element of '%s'", i + 1, D->function, e->func->name);
    if (expr_report(c, e, D->loc))
        return NULL;
    map vars = {0};
    ir_free_vars(c, e->node, &vars);
    for (uint32_t k = 0; k < vars.n; k++) {
        const ir_symbol *s = ir_symbol_of(c, (ir_sym)vars.entry[k].key);
        if (s->kind == SYM_PARAM)
            continue;
        refuse(D, DIAG_BAD_EXTERN,
               arena_printf(c->a, "argument %d of '%s' depends on '%s'", i + 1, D->function, s->name),
               "a scalar is made of Params, sizes of inputs and numbers: the function is called for "
               "whole regions");
        return NULL;
    }
    const ir *field = field_out_of_place(c, e->node);
    if (!field)
        return e->node;
    refuse(D, DIAG_WRONG_KIND, field_out_of_place_text(c, field),
           "only an Input has a buffer before the pipeline runs; pass the size as a Param");
    return NULL;
}

static bool find_stranger(void *env, const ir *n)
{
    const ir **found = env;
    bool plain = n->op != IR_CALL && n->op != IR_IMPURE && n->op != IR_C_CALL && n->op != IR_UNDEF && n->op != IR_PLACES;
    if (!*found && !plain)
        *found = n;
    return !*found;
}

/* What is known only where elements are computed is no scalar. */
static bool is_scalar(declaring *D, int i, const ir *e)
{
    const ir *n = NULL;
    ir_visit(D->c, e, find_stranger, &n);
    const char *why = "reads an element of a Func", *help = "give the whole Func: it arrives as a cb_buffer *";
    if (!n)
        return true;
    if (n->op == IR_C_CALL) {
        why = "calls another C function";
        help = "pass what that one is given, and call it in C";
    } else if (n->op == IR_IMPURE) {
        why = "prints, requires or is random";
        help = "that happens where elements are computed; the C function is called for whole regions";
    } else if (n->op == IR_UNDEF) {
        why = "is made of undef, which is no value";
        help = "undef is the value of a definition, or one choice of it";
    } else if (n->op == IR_PLACES) {
        why = "lists the values of several places";
        help = "scatter and gather stand in updates only: a C function is given one scalar at a time";
    }
    return refuse(D, DIAG_BAD_EXTERN, arena_printf(D->c->a, "argument %d of '%s' %s", i + 1, D->function, why), help);
}

static const ir *argument(declaring *D, int i)
{
    cb_context *c = D->c;
    const cb_value *v = &D->args[i];
    if (v->func.p)
        return buffer_argument(D, i, v->func.p);
    if (!v->expr.p) {
        refuse(D, DIAG_NULL_HANDLE,
               arena_printf(c->a, "argument %d of '%s' was never made", i + 1, D->function),
               "give a Func, an input, a Param or a number");
        return NULL;
    }
    const ir *e = scalar_argument(D, i, expr_in(c, v->expr));
    return e && is_scalar(D, i, e) ? e : NULL;
}

/* ---- the definition -------------------------------------------------------------------------- */

static bool may_be_defined(declaring *D)
{
    cb_context *c = D->c;
    cb_func_s *f = D->f;
    const char *why = extern_name_fault(c, D->function);
    if (why)
        return refuse(D, DIAG_BAD_EXTERN, why,
                      "give the name as a C program declares it, for example \"sharpen\"");
    if (f->is_input)
        return refuse(D, DIAG_INPUT_DEFINED, arena_printf(c->a, "'%s' is %s", f->name, input_word(f)),
                      "inputs and tables are filled already; declare it with Funcs or Output to define it here");
    if (f->defs.n)
        return refuse(D, DIAG_BAD_EXTERN, arena_printf(c->a, "'%s' has a definition already", f->name),
                      "a Func computed by a C function has no other definition");
    if (D->n < 0 || D->n > CB_MAX_RANK || (f->has_rank && (uint32_t)D->n != f->rank))
        return refuse(D, DIAG_WRONG_ARITY,
                      arena_printf(c->a, "'%s' is given %d coordinates", f->name, D->n),
                      f->has_rank ? "give as many as its declaration says" : "0 to 16 are possible");
    if (D->ntypes < 1 || D->ntypes > 16 || (f->is_output && (uint32_t)D->ntypes != f->nvalues))
        return refuse(D, DIAG_VALUE_COUNT,
                      arena_printf(c->a, "'%s' has values of %d type%s", f->name, D->ntypes,
                                   D->ntypes == 1 ? "" : "s"),
                      f->is_output ? "give one type for each value of the output" : "1 to 16 are possible");
    if (D->nargs > MOST_ARGUMENTS)
        return refuse(D, DIAG_BAD_EXTERN,
                      arena_printf(c->a, "'%s' is given %d arguments", D->function, D->nargs),
                      "up to 32 are possible");
    for (int i = 0; i < D->ntypes; i++) {
        cb_type t = D->types[i], same;
        char name[16], other[16];
        if (t.lanes != 1 || t.code == CB_HANDLE || !type_parse(type_name(t, name), &same) ||
            !type_eq(t, same))
            return refuse(D, DIAG_BAD_DECLARATION,
                          arena_printf(c->a, "value %d of '%s' has a type that buffers cannot hold", i,
                                       f->name),
                          "the types are bool, i8 to i64, u8 to u64, f16, bf16, f32, f64");
        if (f->is_output && !type_eq(t, f->types[i]))
            return refuse(D, DIAG_TYPE_MISFIT,
                          arena_printf(c->a, "'%s' computes %s, but '%s' holds %s", D->function, name,
                                       f->name, type_name(f->types[i], other)),
                          "both are one type: nothing is converted on the way");
    }
    return true;
}

static bool coordinates(declaring *D, definition *d)
{
    cb_context *c = D->c;
    uint32_t n = (uint32_t)D->n;
    d->lhs = NEW_ARRAY(c->a, const ir *, n + 1);
    d->pure_dim = NEW_ARRAY(c->a, ir_sym, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        expr *e = expr_in(c, D->coords[i]);
        if (expr_report(c, e, D->loc))
            return false;
        if (!sym_is(c, e->node, SYM_VAR))
            return refuse(D, DIAG_NOT_A_VAR,
                          arena_printf(c->a, "coordinate %u of '%s' is not a Var", i + 1, D->f->name),
                          "Vars name the dimensions of a Func computed by a C function");
        for (uint32_t k = 0; k < i; k++)
            if (d->lhs[k] == e->node)
                return refuse(D, DIAG_REPEATED_VAR,
                              arena_printf(c->a, "'%s' stands for coordinates %u and %u of '%s'",
                                           ir_sym_name(c, e->node->u.sym), k + 1, i + 1, D->f->name),
                              "give each dimension a Var of its own");
        d->lhs[i] = e->node;
        d->pure_dim[i] = e->node->u.sym;
    }
    return true;
}

static bool arguments(declaring *D, definition *d)
{
    d->given = NEW_ARRAY(D->c->a, const ir *, D->nargs + 1);
    for (int i = 0; i < D->nargs; i++) {
        d->given[i] = argument(D, i);
        if (!d->given[i])
            return false;
    }
    d->ngiven = (uint32_t)D->nargs;
    return true;
}

static void record(declaring *D, definition *d)
{
    cb_context *c = D->c;
    cb_func_s *f = D->f;
    f->rank = (uint32_t)D->n;
    f->has_rank = true;
    f->nvalues = (uint32_t)D->ntypes;
    f->types = arena_copy(c->a, D->types, sizeof *D->types * f->nvalues);
    f->args = d->pure_dim;
    ir_symbol_of(c, f->sym)->type = f->types[0];
    d->values = NEW_ARRAY(c->a, const ir *, f->nvalues);
    for (uint32_t i = 0; i < f->nvalues; i++)
        d->values[i] = ir_const(c, f->types[i], 0);
    for (uint32_t i = 0; i < d->ngiven; i++) {
        cb_func_s *g = given_func(c, d->given[i]);
        if (g)
            g->used = true;
    }
    vec_push(c->a, &f->defs, d);
}

static void define_work(void *env)
{
    declaring *D = env;
    cb_context *c = D->c;
    D->loc = site_loc(c, D->at);
    if (D->f->poisoned)
        return;
    definition *d = NEW(c->a, definition);
    d->kind = DEF_EXTERN;
    d->loc = D->loc;
    if (!may_be_defined(D) || !coordinates(D, d) || !arguments(D, d)) {
        D->f->poisoned |= !D->f->is_input;
        return;
    }
    d->function = ctx_string(c, D->function);
    record(D, d);
    D->out = stage_handle(D->f, -1);
}

cb_stage cb_define_extern(cb_func f, int n, const cb_expr *coords, const char *function, int ntypes,
                          const cb_type *types, int nargs, const cb_value *args, cb_site at)
{
    declaring D = {.f = f.p, .n = n, .coords = coords, .function = function, .ntypes = ntypes,
                   .types = types, .nargs = nargs, .args = args, .at = at};
    if (!f.p) {
        front_null_func(at, "define_extern()");
        return D.out;
    }
    D.c = f.p->ctx;
    front_try(D.c, define_work, &D);
    return D.out;
}

/* ---- addresses ------------------------------------------------------------------------------- */

typedef struct giving {
    cb_context *c;
    const char *function;
    void (*address)(void);
    cb_site at;
    bool ok;
} giving;

static void give(void *env)
{
    giving *G = env;
    cb_context *c = G->c;
    const char *why = extern_name_fault(c, G->function);
    if (!why && !G->address)
        why = arena_printf(c->a, "the address of '%s' is NULL", G->function);
    if (why) {
        diag *d = diag_begin(&c->diags, DIAG_BAD_EXTERN, site_loc(c, G->at), "%s", why);
        diag_help(&c->diags, d, "write set_extern(\"sharpen\", sharpen)");
        diag_end(&c->diags, d);
        return;
    }
    uintptr_t bits; /* ISO C has no conversion between pointers to functions and to objects */
    memcpy(&bits, &G->address, sizeof bits);
    map_put(c->a, &front_of(c)->functions, (uint64_t)(uintptr_t)ctx_string(c, G->function), bits);
    G->ok = true;
}

bool cb_set_extern(const char *function, void (*address)(void), cb_site at)
{
    giving G = {.c = cb_current(), .function = function, .address = address, .at = at};
    if (G.c)
        return front_try(G.c, give, &G) && G.ok;
    front_no_scope(at, "set_extern()");
    return false;
}

uintptr_t extern_address(cb_context *c, const char *name)
{
    uint64_t bits;
    if (!map_get(&front_of(c)->functions, (uint64_t)(uintptr_t)ctx_string(c, name), &bits))
        return 0;
    return (uintptr_t)bits;
}
