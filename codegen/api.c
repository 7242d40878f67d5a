/* codegen/api.c: running Funcs from the program that built them.
 *
 *     realize(f, w, h)   =   pipeline of f -> schedule_resolve -> low_run -> cg_llvm -> jit_load
 *                            -> call with the inputs and parameters bound by set_input, set_param
 *
 * What a run reports (a buffer too small, ...) arrives at the context's sink, with the place of the
 * realize.
 */
#include "codegen.h"

#include "../dsl/front.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct cb_callable_s {
    jit_code *code;
    int (*argv)(const cb_env *env, void **args);
    const cb_metadata *metadata;
    cb_allocator_fns fns;
};

/* ---- buffers --------------------------------------------------------------------------------- */

typedef struct owned {
    cb_buffer b;
    cb_dim dim[CB_MAX_RANK];
    cb_allocator_fns fns;
} owned;

static void *plain_alloc(void *user, size_t n)
{
    (void)user;
    return malloc(n);
}

static void plain_free(void *user, void *p)
{
    (void)user;
    free(p);
}

enum { BUFFER_ALIGN = 64 };

cb_buffer *cb_buffer_new(cb_context *c, cb_type t, int n, const int32_t *extents)
{
    const cb_allocator_fns plain = {plain_alloc, plain_free, NULL};
    const cb_allocator_fns *fns = c ? arena_fns(c->a) : &plain;
    uint64_t bytes = type_bytes(t);
    if (n < 0 || n > CB_MAX_RANK)
        return NULL;
    for (int i = 0; i < n; i++) {
        uint64_t e = extents[i] > 0 ? (uint64_t)extents[i] : 0;
        if (extents[i] < 0 || (e && bytes > (SIZE_MAX / 4) / e))
            return NULL;
        bytes *= e;
    }
    size_t head = (sizeof(owned) + BUFFER_ALIGN - 1) / BUFFER_ALIGN * BUFFER_ALIGN;
    owned *o = fns->alloc(fns->user, head + BUFFER_ALIGN + (size_t)bytes);
    if (!o)
        return NULL;
    uintptr_t data = ((uintptr_t)o + head + BUFFER_ALIGN - 1) / BUFFER_ALIGN * BUFFER_ALIGN;
    memset(o, 0, sizeof *o);
    memset((void *)data, 0, (size_t)bytes);
    o->fns = *fns;
    for (int i = 0; i < n; i++)
        o->dim[i].extent = extents[i];
    cb_buffer_init(&o->b, (void *)data, t, n, o->dim);
    return &o->b;
}

void cb_buffer_free(cb_buffer *b)
{
    owned *o = (owned *)b;
    if (o)
        o->fns.free(o->fns.user, o);
}

/* ---- compiling ------------------------------------------------------------------------------- */

static void free_low(void *L) { low_free(L); }

static bool choose_target(cb_context *c, const char *name, cb_loc loc, cg_target *t)
{
    const char *near = NULL;
    const char *why = target_parse(name ? name : "host", t, &near);
    diag *d;
    if (why) {
        d = diag_begin(&c->diags, DIAG_BAD_TARGET, loc, "target '%s': %s", name, why);
        if (near)
            diag_help(&c->diags, d, "did you mean '%s'?", near);
        else
            diag_help(&c->diags, d,
                      "a target is host, or arch-os-feature-..., for example x86-64-linux-avx2");
    } else if (!target_runs_here(t)) {
        d = diag_begin(&c->diags, DIAG_BAD_TARGET, loc, "this machine cannot run code for '%s'",
                       t->text);
        diag_help(&c->diags, d, "this machine is '%s'", target_host().text);
    } else {
        return true;
    }
    diag_end(&c->diags, d);
    return false;
}

/* NULL after a diagnostic. */
static struct cb_callable_s *compile_pipeline(pipeline *p, const char *target, cb_loc loc)
{
    cb_context *c = p->ctx;
    cg_target t;
    low_target lt;
    if (!choose_target(c, target, loc, &t) || !extern_found(p))
        return NULL;
    bool strict = p->strict;
    target_choose(&t, p);
    bool stale = schedule_has_guards(p->sched) || strict != p->strict;
    target_low(&t, &lt);
    low_judge(p, &lt);
    if ((!p->plans.n || stale) && !schedule_resolve(p))
        return NULL;
    low *L = low_run(p, &lt, NULL);
    if (!L)
        return NULL;
    deferred d;
    guard_defer(&c->esc, &d, free_low, L);
    const char *bytes;
    size_t n;
    jit_code *j =
        cg_llvm(L, &t, p->name, CG_OBJECT, &bytes, &n) ? jit_load(c, bytes, n, p->name) : NULL;
    guard_undefer(&c->esc, &d);
    low_free(L);
    if (!j)
        return NULL;
    const cb_allocator_fns *fns = arena_fns(c->a);
    struct cb_callable_s *k = fns->alloc(fns->user, sizeof *k);
    if (!k) {
        jit_free(j);
        diag_failed(&c->diags, c->diags.errors, loc);
        return NULL;
    }
    /* an object pointer becomes a function pointer through its bytes: ISO C has no conversion */
    void *entry = jit_symbol(j, arena_printf(c->a, "%s_argv", p->name));
    *k = (struct cb_callable_s){.code = j, .fns = *fns};
    memcpy(&k->argv, &entry, sizeof entry);
    k->metadata = jit_symbol(j, arena_printf(c->a, "%s_metadata", p->name));
    return k;
}

void cb_callable_free(cb_callable f)
{
    if (!f.p)
        return;
    cb_allocator_fns fns = f.p->fns;
    jit_free(f.p->code);
    fns.free(fns.user, f.p);
}

int cb_call_argv(cb_callable f, const cb_env *env, void **args)
{
    return f.p ? f.p->argv(env, args) : CB_ERR_INTERNAL;
}

const cb_metadata *cb_callable_metadata(cb_callable f) { return f.p ? f.p->metadata : NULL; }

typedef struct compiling {
    pipeline *p;
    const char *target;
    cb_site at;
    struct cb_callable_s *out;
} compiling;

static void compile_work(void *env)
{
    compiling *k = env;
    k->out = compile_pipeline(k->p, k->target, site_loc(k->p->ctx, k->at));
}

cb_callable cb_compile_pipeline(cb_pipeline p, const char *target, cb_site at)
{
    compiling k = {p.p, target, at, NULL};
    if (p.p)
        front_try(p.p->ctx, compile_work, &k);
    return (cb_callable){k.out};
}

cb_callable cb_compile(cb_func f, const char *target, cb_site at)
{
    return cb_compile_pipeline(cb_pipeline_of(NULL, 1, &f, at), target, at);
}

/* ---- bound arguments ------------------------------------------------------------------------- */

typedef struct binding_input {
    cb_func_s *f;
    cb_buffer *b;
    expr *param;
    cb_expr value;
    cb_site at;
    bool ok;
} binding_input;

static void bind_input(void *env)
{
    binding_input *B = env;
    cb_context *c = B->f->ctx;
    cb_loc loc = site_loc(c, B->at);
    if (B->f->is_input && !B->f->table && B->b) {
        map_putp(c->a, &front_of(c)->inputs, B->f, B->b);
        B->ok = true;
        return;
    }
    diag *d = B->b ? diag_begin(&c->diags, DIAG_WRONG_KIND, loc, B->f->table ? "'%s' is a table, not an input" : "'%s' is not an input", B->f->name)
                   : diag_begin(&c->diags, DIAG_BAD_ARGUMENT, loc, "input '%s' is given no buffer",
                                B->f->name);
    diag_help(&c->diags, d, "set_input(in, &buffer) takes a Func that was declared with Input");
    diag_end(&c->diags, d);
}

bool cb_set_input(cb_func f, cb_buffer *b, cb_site at)
{
    binding_input B = {.f = f.p, .b = b, .at = at};
    return f.p && front_try(f.p->ctx, bind_input, &B) && B.ok;
}

static void bind_param(void *env)
{
    binding_input *B = env;
    cb_context *c = B->param->ctx;
    cb_loc loc = site_loc(c, B->at);
    if (!sym_is(c, B->param->node, SYM_PARAM)) {
        diag *d = diag_begin(&c->diags, DIAG_WRONG_KIND, loc,
                             "set_param of something that is not a Param");
        diag_help(&c->diags, d, "declare it with Param(name, type)");
        diag_end(&c->diags, d);
        return;
    }
    cb_param_s *p = ir_symbol_of(c, B->param->node->u.sym)->aux;
    expr *e =
        expr_assign(c, p->type, expr_in(c, B->value), arena_printf(c->a, "Param '%s'", p->name));
    if (expr_report(c, e, loc))
        return;
    if (e->node->op != IR_INT && e->node->op != IR_FLOAT) {
        diag *d = diag_begin(&c->diags, DIAG_BAD_ARGUMENT, loc,
                             "the value of Param '%s' is not a number", p->name);
        diag_help(&c->diags, d, "set_param(p, 3) takes C numbers");
        diag_end(&c->diags, d);
        return;
    }
    map_putp(c->a, &front_of(c)->params, p, e->node);
    B->ok = true;
}

bool cb_set_param(cb_expr p, cb_expr value, cb_site at)
{
    binding_input B = {.param = p.p, .value = value, .at = at};
    return p.p && front_try(p.p->ctx, bind_param, &B) && B.ok;
}

/* A scalar as it lies in memory. */
static void store_scalar(cb_type t, ir_value v, void *to)
{
    if (type_is_float(t) && t.bits == 64) {
        memcpy(to, &v.f, 8);
    } else if (type_is_float(t) && t.bits == 32) {
        float f = (float)v.f;
        memcpy(to, &f, 4);
    } else {
        ir_value bits = v;
        bool overflow = false;
        if (type_is_float(t))
            value_eval(IR_REINTERPRET, T_U16, &t, &v, &bits, &overflow);
        uint8_t b = (uint8_t)bits.i;
        uint16_t h = (uint16_t)bits.i;
        uint32_t w = (uint32_t)bits.i;
        switch (type_bytes(t)) {
        case 1: memcpy(to, &b, 1); break;
        case 2: memcpy(to, &h, 2); break;
        case 4: memcpy(to, &w, 4); break;
        default: memcpy(to, &bits.i, 8); break;
        }
    }
}

typedef struct running {
    cb_context *c;
    cb_func_s *f;
    int n;
    const int32_t *extents; /* realize */
    cb_buffer *const *out;  /* or the caller's */
    cb_site at;
    bool interpret;
    cb_buffer *made;
    int rc;
    atomic_flag told;
    char message[512]; /* of the first error */
} running;

/* Called by the pipeline, perhaps from several threads. */
static void note_error(const cb_env *env, int code, const char *message)
{
    running *R = env->user;
    (void)code;
    if (!atomic_flag_test_and_set(&R->told)) {
        strncpy(R->message, message, sizeof R->message - 1);
        R->message[sizeof R->message - 1] = 0;
    }
}

static bool bad_argument(running *R, diag_code code, cb_loc loc, const char *say, const char *help)
{
    diags *D = &R->c->diags;
    diag *d = diag_begin(D, code, loc, "%s", say);
    diag_note(D, d, R->f->loc, "'%s' is declared here", R->f->name);
    diag_help(D, d, "%s", help);
    diag_end(D, d);
    return false;
}

/* Inputs and parameters in order; false after a diagnostic. */
static bool gather(running *R, const pipeline *p, cb_loc loc, cb_buffer **inputs, ir_value *params)
{
    cb_context *c = R->c;
    const front *F = front_of(c);
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        inputs[i] = map_getp(&F->inputs, p->inputs.at[i]);
        if (!inputs[i])
            return bad_argument(
                R, DIAG_UNBOUND_INPUT, loc,
                arena_printf(c->a, "input '%s' has no buffer", p->inputs.at[i]->name),
                "give it one first: set_input(in, &buffer)");
    }
    for (uint32_t i = 0; i < p->params.n; i++) {
        const cb_param_s *q = p->params.at[i];
        const ir *given = map_getp(&F->params, q);
        if (!given && !q->has_def)
            return bad_argument(
                R, DIAG_UNBOUND_INPUT, loc,
                arena_printf(c->a, "Param '%s' has no value and no default", q->name),
                "give it one first: set_param(p, 3)");
        params[i] = given ? value_of(given) : q->def;
    }
    return true;
}

/* What to do about an error of a run. */
static const char *remedy(int rc)
{
    switch (rc) {
    case CB_ERR_OUT_OF_MEMORY:
        return "compute less at a time: a smaller region, or compute_at and store_at in the "
               "schedule";
    case CB_ERR_NULL_BUFFER: return "give every input and output a buffer";
    case CB_ERR_BAD_TYPE:
    case CB_ERR_BAD_RANK: return "give a buffer like that, or declare what the buffer has";
    case CB_ERR_OUT_OF_BOUNDS:
        return "give a larger buffer or ask for less; repeat_edge and its like read beyond the "
               "edges of an input";
    case CB_ERR_BAD_STRIDE: return "copy it to a dense buffer first";
    case CB_ERR_BAD_EXTENT: return "extents are 0 or more, and coordinates fit 32 bits";
    case CB_ERR_TOO_LARGE:
        return "compute a smaller region, or keep coordinates together: clamp(x, lo, hi)";
    case CB_ERR_CONSTRAINT:
        return "give a buffer and compute a region as they are promised by the schedule, set_extent and the like, or "
               "take the promise out";
    case CB_ERR_PARAM_RANGE:
        return "give a value in the range that Param(name, type, default, smallest, largest) "
               "declares";
    case CB_ERR_NO_HOST: return "give it memory: cb_buffer_new, or cb_buffer_init with an array";
    case CB_ERR_BAD_VERSION: return "make buffers by cb_buffer_new or cb_buffer_init";
    case CB_ERR_REQUIREMENT: return "give arguments of which it is true; add_requirement() and require() state requirements";
    case CB_ERR_EXTERN:
        return "in a query a C function may enlarge the region wanted, once, and says what it needs; "
               "see define_extern in carbide.h";
    case CB_ERR_ALIAS: return "give it strides that keep its elements apart";
    default: return "docs/errors/run-failed.md lists the errors of a run";
    }
}

static int call(running *R, pipeline *p, cb_loc loc, cb_buffer **inputs, const ir_value *params,
                cb_buffer *const *out)
{
    cb_context *c = R->c;
    void **args = NEW_ARRAY(c->a, void *, p->inputs.n + p->params.n + R->f->nvalues);
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->inputs.n; i++)
        args[n++] = inputs[i];
    for (uint32_t i = 0; i < p->params.n; i++) {
        args[n] = NEW(c->a, ir_value);
        store_scalar(p->params.at[i]->type, params[i], args[n++]);
    }
    for (uint32_t i = 0; i < R->f->nvalues; i++)
        args[n++] = out[i];
    struct cb_callable_s *k =
        compile_pipeline(p, "host", loc); /* nothing below may jump before it is freed */
    if (!k)
        return CB_ERR_INTERNAL;
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = note_error, .user = R};
    int rc = k->argv(&env, args);
    cb_callable_free((cb_callable){k});
    if (rc) {
        diag *d = diag_begin(&c->diags, DIAG_RUN_FAILED, loc, "running '%s': %s", p->name,
                             R->message[0] ? R->message : cb_error_text(rc));
        diag_note(&c->diags, d, (cb_loc){0}, "error %d: %s", rc, cb_error_text(rc));
        diag_help(&c->diags, d, "%s", remedy(rc));
        diag_end(&c->diags, d);
    }
    return rc;
}

static int interpret(pipeline *p, cb_buffer **inputs, const ir_value *params, cb_buffer *const *out)
{
    interp_report report = {0};
    if (!extern_found(p))
        return CB_ERR_INTERNAL;
    interp_args args = {
        .inputs = (const cb_buffer *const *)inputs, .params = params, .outputs = out, .call = extern_invoke, .element = extern_element, .call_user = p->ctx};
    return interp_run(p, &args, &report);
}

static void run_work(void *env)
{
    running *R = env;
    cb_context *c = R->c;
    cb_func_s *f = R->f;
    cb_loc loc = site_loc(c, R->at);
    pipeline *p = pipeline_new(c, f->name, &f, 1);
    if (!p)
        return;
    if (R->extents ? R->n != (int)f->rank : R->n != (int)f->nvalues) {
        bad_argument(
            R, DIAG_BAD_ARGUMENT, loc,
            R->extents
                ? arena_printf(c->a, "'%s' has %u dimension%s, but %d size%s given", f->name,
                               f->rank, f->rank == 1 ? "" : "s", R->n, R->n == 1 ? " is" : "s are")
                : arena_printf(c->a, "'%s' has %u values at each point, but %d buffers are given",
                               f->name, f->nvalues, R->n),
            R->extents ? "give one size for each dimension" : "give one buffer for each value");
        return;
    }
    if (R->extents && f->nvalues > 1) {
        bad_argument(R, DIAG_BAD_ARGUMENT, loc,
                     arena_printf(c->a, "'%s' has %u values at each point", f->name, f->nvalues),
                     "use realize_into with one buffer for each");
        return;
    }
    cb_buffer **inputs = NEW_ARRAY(c->a, cb_buffer *, p->inputs.n + 1);
    ir_value *params = NEW_ARRAY(c->a, ir_value, p->params.n + 1);
    if (!gather(R, p, loc, inputs, params))
        return;
    if (R->extents) {
        R->made = cb_buffer_new(c, f->types[0], R->n, R->extents);
        if (!R->made) {
            bool negative = false;
            for (int i = 0; i < R->n; i++)
                negative |= R->extents[i] < 0;
            bad_argument(R, negative ? DIAG_BAD_ARGUMENT : DIAG_OUT_OF_MEMORY, loc,
                         negative ? arena_printf(c->a, "a size of '%s' is negative", f->name)
                                  : arena_printf(c->a,
                                                 "no memory for a result of '%s' of this size",
                                                 f->name),
                         negative ? "sizes are 0 or more" : "compute a smaller region");
            return;
        }
    }
    cb_buffer *const *out = R->extents ? &R->made : R->out;
    R->rc = R->interpret ? interpret(p, inputs, params, out) : call(R, p, loc, inputs, params, out);
}

static int run(running *R)
{
    R->rc = CB_ERR_INTERNAL;
    atomic_flag_clear(&R->told);
    if (!R->f) {
        front_null_func(R->at, "a run");
        return R->rc;
    }
    R->c = R->f->ctx;
    if (!front_try(R->c, run_work, R))
        R->rc = CB_ERR_OUT_OF_MEMORY;
    return R->rc;
}

cb_buffer *cb_realize(cb_func f, int n, const int32_t *extents, cb_site at)
{
    running R = {.f = f.p, .n = n, .extents = extents, .at = at};
    if (!run(&R))
        return R.made;
    cb_buffer_free(R.made);
    return NULL;
}

int cb_realize_into(cb_func f, int n, cb_buffer *const *out, cb_site at)
{
    running R = {.f = f.p, .n = n, .out = out, .at = at};
    return run(&R);
}

int cb_interpret(cb_func f, int n, cb_buffer *const *out, cb_site at)
{
    running R = {.f = f.p, .n = n, .out = out, .at = at, .interpret = true};
    return run(&R);
}
