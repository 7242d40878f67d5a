/* driver/trial.c: runs one trial: asks the compiled pipeline which regions of inputs it needs, makes them,
 * runs it, interprets the same and compares.
 *
 * Inputs are made as large as a query says they must be and no larger, in memory with a margin, so that a
 * read beyond them is likely to be seen; memory of outputs outside of their region must not change.
 * Integers must be equal; floats, and integers made of inexact floats, may differ by the slack that the
 * interpreter finds (dsl/interp_slack.c). Where it finds a signed overflow, or a read of what is undefined,
 * the trial does not count.
 */
#include "trial.h"

#include "dirt.h"

#include "../dsl/front.h"
#include "propose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 28, MAX_ELEMENTS = 1 << 21, MARGIN = 64, QUERIES = 4 };
static const unsigned char UNTOUCHED = 0xa5;

static const char *const data_names[DATA_KINDS] = {"zero", "one", "ramp", "random"};
const char *const outcome_names[OUT_KINDS] = {"agree",  "not comparable", "refused",        "differ", "writes outside",
                                              "reads outside", "failed",  "internal error", "crash",  "hang"};

/* A buffer in memory with margins. */
typedef struct block {
    cb_buffer b;
    cb_dim dim[CB_MAX_RANK];
    unsigned char *memory;
    size_t bytes;
    int32_t pad; /* elements behind each row */
} block;

struct rig {
    dirt memory; /* first, as dirt.h wants */
    pipeline *p;
    cb_context *c;
    cb_callable code;
    const trial *t;
    finding *f;
    deferred free_arena;
    arena *a; /* of the trial */
    rng random;
    uint32_t nvalues;
    bool told; /* inputs have their shapes */
    block *inputs, *outputs, *expected; /* outputs: one per value */
    double **slack;                     /* of each element of an output */
    void **args;
    char message[300]; /* what the pipeline said when it failed */
};

static void say(rig *R, outcome what, const char *fmt, ...) CB_PRINTF(3, 4);
static void say(rig *R, outcome what, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    R->f->what = what;
    vsnprintf(R->f->text, sizeof R->f->text, fmt, ap);
    va_end(ap);
}

/* ---- trials as text ---------------------------------------------------------------------------- */

trial trial_new(arena *a, const pipeline *p)
{
    trial t = {.out = NEW_ARRAY(a, region, p->outputs.n + 1), .params = NEW_ARRAY(a, ir_value, p->params.n + 1)};
    for (uint32_t i = 0; i < p->params.n; i++)
        if (p->params.at[i]->has_def)
            t.params[i] = p->params.at[i]->def;
    return t;
}

trial trial_copy(arena *a, const pipeline *p, const trial *t)
{
    trial c = *t;
    c.out = arena_copy(a, t->out, sizeof *t->out * (p->outputs.n + 1));
    c.params = arena_copy(a, t->params, sizeof *t->params * (p->params.n + 1));
    return c;
}

void trial_print(text *t, const pipeline *p, const trial *q)
{
    for (uint32_t i = 0; i < p->outputs.n; i++) {
        const cb_func_s *f = p->outputs.at[i];
        text_printf(t, "%s%s=", i ? " " : "", f->name);
        for (uint32_t d = 0; d < f->rank; d++)
            text_printf(t, "%s%d:%d", d ? "," : "", q->out[i].min[d], q->out[i].extent[d]);
    }
    for (uint32_t i = 0; i < p->params.n; i++) {
        text_printf(t, " %s=", p->params.at[i]->name);
        value_put(t, p->params.at[i]->type, q->params[i], 17);
    }
    text_printf(t, " data=%s:%llu", data_names[q->data], (unsigned long long)q->seed);
}

/* "0:7,-1:3" */
static bool read_region(const char *s, uint32_t rank, region *r)
{
    for (uint32_t d = 0; d < rank; d++) {
        char *end;
        long long lo = strtoll(s, &end, 10), n = *end == ':' ? strtoll(end + 1, &end, 10) : -1;
        if (lo < INT32_MIN || lo > INT32_MAX || n < 0 || n > INT32_MAX || *end != (d + 1 < rank ? ',' : 0))
            return false;
        r->min[d] = (int32_t)lo;
        r->extent[d] = (int32_t)n;
        s = end + 1;
    }
    return rank || !*s;
}

static bool read_value(const char *s, cb_type type, ir_value *v)
{
    char *end;
    if (type_is_float(type))
        v->f = value_round(type, strtod(s, &end));
    else if (type_is_uint(type))
        v->i = value_wrap(type, (int64_t)strtoull(s, &end, 0));
    else
        v->i = value_wrap(type, strtoll(s, &end, 0));
    return *s && !*end;
}

static bool read_data(const char *s, trial *q)
{
    size_t n = strcspn(s, ":");
    char *end = "";
    for (int k = 0; k < DATA_KINDS; k++)
        if (strlen(data_names[k]) == n && !strncmp(data_names[k], s, n)) {
            q->data = (trial_data)k;
            q->seed = s[n] ? strtoull(s + n + 1, &end, 10) : 0;
            return !*end;
        }
    return false;
}

/* One "name=value"; NULL or what is wrong. */
static const char *read_item(cb_context *c, const char *name, const char *value, pipeline *p, trial *q)
{
    bool good = false, known = false;
    for (uint32_t i = 0; i < p->params.n; i++)
        if (!strcmp(p->params.at[i]->name, name)) {
            known = true;
            good = read_value(value, p->params.at[i]->type, &q->params[i]);
        }
    for (uint32_t i = 0; i < p->outputs.n && !known; i++)
        if (!strcmp(p->outputs.at[i]->name, name)) {
            known = true;
            good = read_region(value, p->outputs.at[i]->rank, &q->out[i]);
        }
    if (!known && !strcmp(name, "data")) {
        known = true;
        good = read_data(value, q);
    }
    if (good)
        return NULL;
    return known ? arena_printf(c->a, "'%s=%s' is not understood", name, value)
                 : arena_printf(c->a, "there is no output or parameter '%s'", name);
}

const char *trial_read(const char *s, pipeline *p, trial *q)
{
    arena *a = p->ctx->a;
    for (;;) {
        s += strspn(s, " \t\n");
        if (!*s)
            return NULL;
        size_t n = strcspn(s, "= \t\n"), all = strcspn(s, " \t\n");
        if (s[n] != '=')
            return arena_printf(a, "'%.*s' is not NAME=VALUE", (int)all, s);
        const char *why =
            read_item(p->ctx, arena_strndup(a, s, n), arena_strndup(a, s + n + 1, all - n - 1), p, q);
        if (why)
            return why;
        s += all;
    }
}

/* ---- memory ------------------------------------------------------------------------------------ */

/* The buffer of an argument as far as it has a shape: inputs have none before a query has told it. */
static const cb_buffer *shaped(void *env, const cb_func_s *f, uint32_t v)
{
    const rig *R = env;
    for (uint32_t i = 0; i < R->p->inputs.n; i++)
        if (R->p->inputs.at[i] == f)
            return R->told ? &R->inputs[i].b : NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < R->p->outputs.n; n += R->p->outputs.at[i++]->nvalues)
        if (R->p->outputs.at[i] == f)
            return &R->outputs[n + v].b;
    return NULL;
}

/* Strides as the program says they are; else dense, rows padded. */
static void lay_out(rig *R, block *k, const cb_func_s *f, uint32_t v)
{
    said_args A = {R->p, R->t->params, shaped, R};
    int64_t beyond = 1;
    for (uint32_t d = 0; d < f->rank; d++) {
        int64_t n = k->dim[d].extent > 0 ? k->dim[d].extent : 1, said;
        k->dim[d].stride = beyond;
        if (pipeline_rule(R->p, f, d, 2) && said_field(&A, f, v, d, 2, &said) == SAID_TRUE)
            k->dim[d].stride = said;
        int64_t own = k->dim[d].stride < 0 ? -k->dim[d].stride : k->dim[d].stride;
        if (own < MAX_ELEMENTS && (n + k->pad) * own > beyond)
            beyond = (n + k->pad) * own;
    }
}

/* Strides of all: some are those of others, which may come later. */
static void lay_out_all(rig *R)
{
    for (int pass = 0; pass < 3; pass++) {
        for (uint32_t i = 0; i < R->p->inputs.n && R->told; i++)
            lay_out(R, &R->inputs[i], R->p->inputs.at[i], 0);
        uint32_t n = 0;
        for (uint32_t i = 0; i < R->p->outputs.n; i++)
            for (uint32_t v = 0; v < R->p->outputs.at[i]->nvalues; v++)
                lay_out(R, &R->outputs[n++], R->p->outputs.at[i], v);
    }
}

/* Memory for what the dims say, its first element at a multiple of what is promised and often of no more; false when
 * it is too large. */
static bool give_memory(rig *R, block *k, const cb_func_s *f)
{
    int64_t before = 0, after = 0;
    size_t bytes = type_bytes(k->b.type), unit = f->host_align > bytes ? f->host_align : bytes;
    for (int32_t d = 0; d < k->b.rank; d++) {
        int64_t n = k->dim[d].extent, s = k->dim[d].stride;
        if (n < 0 || n > MAX_ELEMENTS || s > MAX_ELEMENTS || s < -MAX_ELEMENTS)
            return false;
        int64_t reach = n > 1 ? (n - 1) * s : 0;
        *(s < 0 ? &before : &after) += s < 0 ? -reach : reach;
        if (d && n && s > 0 && (n + k->pad) * s > after) /* padding is memory as well */
            after = (n + k->pad) * s;
        if (before > MAX_ELEMENTS || after > MAX_ELEMENTS)
            return false;
    }
    size_t first = ((size_t)before * bytes + MARGIN + 2 * unit - 1) / (2 * unit) * (2 * unit);
    first += R->t->seed % 2 ? unit : 0;
    k->bytes = first + ((size_t)after + 1 + (size_t)k->pad) * bytes + MARGIN;
    unsigned char *memory = arena_alloc(R->a, k->bytes + 2 * unit);
    k->memory = memory + (2 * unit - (uintptr_t)memory % (2 * unit)) % (2 * unit);
    memset(k->memory, UNTOUCHED, k->bytes);
    k->b.host = k->memory + first;
    return true;
}

static void shape(block *k, cb_type t, uint32_t rank)
{
    memset(k, 0, sizeof *k);
    cb_buffer_init(&k->b, NULL, t, (int32_t)rank, k->dim);
}

static size_t count_elements(const block *k)
{
    size_t n = 1;
    for (int32_t d = 0; d < k->b.rank; d++)
        n *= k->dim[d].extent > 0 ? (size_t)k->dim[d].extent : 0;
    return n;
}

/* Calls fn for the address of every element of the region. */
static void each_element(const block *k, void (*fn)(void *env, const int32_t *at, unsigned char *p), void *env)
{
    int32_t at[CB_MAX_RANK];
    for (int32_t d = 0; d < k->b.rank; d++) {
        if (k->dim[d].extent <= 0)
            return;
        at[d] = k->dim[d].min;
    }
    for (;;) {
        int32_t d = 0;
        fn(env, at, cb_buffer_at(&k->b, at));
        while (d < k->b.rank && ++at[d] == k->dim[d].min + k->dim[d].extent) {
            at[d] = k->dim[d].min;
            d++;
        }
        if (d == k->b.rank)
            return;
    }
}

static int32_t padding(rig *R) { return R->t->seed ? pick(&R->random, 4) : 0; }

/* Anything for 8 and 16 bits; wider integers small, so that sums do not overflow. */
static ir_value random_value(rng *r, cb_type t)
{
    ir_value v = {0};
    if (type_is_float(t))
        v.f = value_round(t, (double)pick(r, 1 << 20) / (1 << 20));
    else
        v.i = value_wrap(t, t.bits <= 16 ? (int64_t)(rng_next(r) & 0xffff) : pick(r, 2000) - (type_is_int(t) ? 1000 : 0));
    return v;
}

typedef struct filling {
    rig *R;
    cb_type type;
    int64_t n;
} filling;

static void fill_element(void *env, const int32_t *at, unsigned char *p)
{
    filling *F = env;
    (void)at;
    ir_value v = {0};
    int64_t plain = F->R->t->data == DATA_ONE ? 1 : F->R->t->data == DATA_RAMP ? ++F->n : 0;
    if (F->R->t->data == DATA_RANDOM)
        v = random_value(&F->R->random, F->type);
    else if (type_is_float(F->type))
        v.f = value_round(F->type, (double)plain);
    else
        v.i = value_wrap(F->type, plain);
    uint64_t bits = value_to_bits(F->type, v);
    memcpy(p, &bits, type_bytes(F->type)); /* little endian, as every target is */
}

/* ---- running ----------------------------------------------------------------------------------- */

/* What programs print is not looked at: how often depends on the schedule. */
static void no_line(const cb_env *env, const char *line)
{
    (void)env;
    (void)line;
}
static void no_line_of_interpreter(void *user, const char *line)
{
    (void)user;
    (void)line;
}

static void note_error(const cb_env *env, int code, const char *message)
{
    rig *R = env->user;
    (void)code;
    snprintf(R->message, sizeof R->message, "%s", message);
}

static int call(rig *R)
{
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = note_error, .print = no_line, .user = R, .alloc = dirt_alloc, .free = dirt_free};
    R->message[0] = 0;
    dirt_stack();
    return cb_call_argv(R->code, &env, R->args);
}

static bool same_dims(const block *a, const block *was)
{
    for (int32_t d = 0; d < a->b.rank; d++)
        if (a->dim[d].min != was->dim[d].min || a->dim[d].extent != was->dim[d].extent)
            return false;
    return true;
}

/* Inputs begin as large as the first output and become what a query says, until that does not change: what a
 * program reads may depend on how large its inputs are. */
static int query_inputs(rig *R)
{
    uint32_t n = R->p->inputs.n;
    block *was = NEW_ARRAY(R->a, block, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const cb_func_s *f = R->p->inputs.at[i];
        shape(&R->inputs[i], f->types[0], f->rank);
        for (uint32_t d = 0; d < f->rank; d++)
            R->inputs[i].dim[d].extent = d < R->p->outputs.at[0]->rank ? R->t->out[0].extent[d] : 4;
    }
    for (int turn = 0; n && turn < QUERIES; turn++) {
        for (uint32_t i = 0; i < n; i++)
            for (int32_t d = 0; d < R->inputs[i].b.rank; d++)
                R->inputs[i].dim[d].stride = 0;
        memcpy(was, R->inputs, sizeof *was * n);
        int rc = call(R);
        bool same = true;
        for (uint32_t i = 0; i < n; i++)
            same &= same_dims(&R->inputs[i], &was[i]);
        if (rc || (same && turn > 0))
            return rc;
    }
    return 0;
}

static void set_params(rig *R)
{
    for (uint32_t i = 0; i < R->p->params.n; i++) {
        uint64_t bits = value_to_bits(R->p->params.at[i]->type, R->t->params[i]);
        memcpy(R->args[R->p->inputs.n + i], &bits, sizeof bits);
    }
}

/* Outputs that have a shape and no memory yet: enough to be asked about the inputs. */
static void shape_outputs(rig *R)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < R->p->outputs.n; i++) {
        const cb_func_s *f = R->p->outputs.at[i];
        for (uint32_t k = 0; k < f->nvalues; k++, n++) {
            block *o = &R->outputs[n];
            int32_t pad = padding(R);
            shape(o, f->types[k], f->rank);
            o->pad = pad;
            o->b.host = R; /* not a query */
            for (uint32_t d = 0; d < f->rank; d++)
                o->dim[d] = (cb_dim){R->t->out[i].min[d], R->t->out[i].extent[d], 0};
        }
    }
    R->told = false;
    lay_out_all(R);
}

static bool make_outputs(rig *R)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < R->p->outputs.n; i++) {
        const cb_func_s *f = R->p->outputs.at[i];
        for (uint32_t k = 0; k < f->nvalues; k++, n++) {
            block *o = &R->outputs[n], *e = &R->expected[n];
            *e = *o;
            e->b.dim = e->dim;
            if (!give_memory(R, o, f) || !give_memory(R, e, f))
                return false;
        }
    }
    return true;
}

static bool make_inputs(rig *R)
{
    for (uint32_t i = 0; i < R->p->inputs.n; i++) {
        if (!give_memory(R, &R->inputs[i], R->p->inputs.at[i]))
            return false;
        each_element(&R->inputs[i], fill_element, &(filling){R, R->inputs[i].b.type, 0});
    }
    return true;
}

/* ---- comparing --------------------------------------------------------------------------------- */

typedef struct comparison {
    rig *R;
    const block *got;
    cb_type type;
    const double *slack; /* of the element visited next */
    bool found;
    int32_t at[CB_MAX_RANK];
    ir_value want, have;
} comparison;

static ir_value load(cb_type t, const unsigned char *p)
{
    uint64_t bits = 0;
    memcpy(&bits, p, type_bytes(t));
    return value_from_bits(t, bits);
}

/* Compares one element, and puts the one found into the expected memory, which must then be all the same. */
static void compare_element(void *env, const int32_t *at, unsigned char *p)
{
    comparison *C = env;
    const unsigned char *q = cb_buffer_at(&C->got->b, at);
    ir_value want = load(C->type, p), have = load(C->type, q);
    double slack = *C->slack++;
    if (!C->found && !interp_close(C->type, want, have, slack)) {
        C->found = true;
        C->want = want;
        C->have = have;
        memcpy(C->at, at, sizeof *at * (size_t)C->got->b.rank);
    }
    memcpy(p, q, type_bytes(C->type));
}

static void say_difference(rig *R, const cb_func_s *f, uint32_t value, const comparison *C)
{
    text t;
    text_init(&t, R->a);
    text_printf(&t, "%s(", f->name);
    for (int32_t d = 0; d < C->got->b.rank; d++)
        text_printf(&t, "%s%d", d ? ", " : "", C->at[d]);
    text_put(&t, ")");
    if (f->nvalues > 1)
        text_printf(&t, "[%u]", value);
    text_put(&t, " is ");
    value_put(&t, C->type, C->have, 17);
    text_put(&t, ", the interpreter says ");
    value_put(&t, C->type, C->want, 17);
    say(R, OUT_DIFFERS, "%s", text_str(&t));
}

static void compare(rig *R)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < R->p->outputs.n; i++) {
        const cb_func_s *f = R->p->outputs.at[i];
        for (uint32_t k = 0; k < f->nvalues; k++, n++) {
            const block *got = &R->outputs[n], *want = &R->expected[n];
            comparison C = {.R = R, .got = got, .type = got->b.type, .slack = R->slack[n]};
            R->f->output = i;
            each_element(want, compare_element, &C);
            if (C.found)
                say_difference(R, f, k, &C);
            else if (memcmp(got->memory, want->memory, got->bytes) != 0)
                say(R, OUT_WRITES, "memory outside of the region of '%s' was written", f->name);
            if (R->f->what != OUT_AGREE)
                return;
        }
    }
}

static void interpret(rig *R)
{
    const cb_buffer **inputs = NEW_ARRAY(R->a, const cb_buffer *, R->p->inputs.n + 1);
    cb_buffer **outputs = NEW_ARRAY(R->a, cb_buffer *, R->nvalues + 1);
    for (uint32_t i = 0; i < R->p->inputs.n; i++)
        inputs[i] = &R->inputs[i].b;
    R->slack = NEW_ARRAY(R->a, double *, R->nvalues + 1);
    for (uint32_t i = 0; i < R->nvalues; i++) {
        outputs[i] = &R->expected[i].b;
        R->slack[i] = NEW_ARRAY(R->a, double, count_elements(&R->expected[i]) + 1);
    }
    interp_report seen = {0};
    interp_args args = {.inputs = inputs, .params = R->t->params, .outputs = outputs, .slack = R->slack,
                        .print = no_line_of_interpreter, .call = extern_invoke, .element = extern_element, .call_user = R->p->ctx};
    int rc = interp_run(R->p, &args, &seen);
    R->f->points = seen.points;
    if (seen.out_of_bounds)
        say(R, OUT_READS, "the region asked for by a query does not suffice: %s", seen.where ? seen.where : "?");
    else if (rc == CB_ERR_REQUIREMENT)
        say(R, OUT_FAILED, "a requirement of the program that does not hold was not noticed by compiled code");
    else if (rc)
        say(R, OUT_FAILED, "the interpreter could not compute this region");
    else if (seen.overflow || seen.undefined)
        say(R, OUT_SKIPPED, "%s: %s", seen.overflow ? "a signed operation overflows" : "what is undefined is read",
            seen.where ? seen.where : "?");
}

static void run_trial(rig *R)
{
    set_params(R);
    shape_outputs(R);
    int rc = query_inputs(R);
    R->told = true;
    for (uint32_t i = 0; i < R->p->inputs.n; i++)
        R->inputs[i].pad = padding(R);
    lay_out_all(R);
    if (!make_outputs(R)) {
        say(R, OUT_SKIPPED, "the region is too large");
        return;
    }
    if (!rc && !make_inputs(R)) {
        say(R, OUT_SKIPPED, "the inputs are too large");
        return;
    }
    rc = rc ? rc : call(R);
    if (R->memory.strayed)
        say(R, OUT_WRITES, "memory beside what was allocated between stages was written");
    else if (rc == CB_ERR_CONSTRAINT || rc == CB_ERR_REQUIREMENT || rc == CB_ERR_OUT_OF_BOUNDS ||
        rc == CB_ERR_OUT_OF_MEMORY)
        say(R, OUT_SKIPPED, "refused: %s", R->message);
    else if (rc)
        say(R, OUT_FAILED, "the compiled pipeline failed: %s", R->message);
    else
        interpret(R);
    if (R->f->what == OUT_AGREE)
        compare(R);
}

static void free_arena(void *a) { arena_free(a); }

void rig_try(rig *R, cb_callable code, const trial *t, finding *f)
{
    *f = (finding){.what = OUT_AGREE};
    R->memory = (dirt){.most = MAX_BYTES};
    R->code = code;
    R->t = t;
    R->f = f;
    R->random = (rng){t->seed * 0x9e3779b97f4a7c15u + 1};
    R->a = arena_new(arena_fns(R->c->a), &R->c->esc);
    if (!R->a)
        guard_fail(&R->c->esc);
    guard_defer(&R->c->esc, &R->free_arena, free_arena, R->a);
    run_trial(R);
    guard_undefer(&R->c->esc, &R->free_arena);
    arena_free(R->a);
}

rig *rig_new(pipeline *p)
{
    cb_context *c = p->ctx;
    rig *R = NEW(c->a, rig);
    R->p = p;
    R->c = c;
    for (uint32_t i = 0; i < p->outputs.n; i++)
        R->nvalues += p->outputs.at[i]->nvalues;
    R->inputs = NEW_ARRAY(c->a, block, p->inputs.n + 1);
    R->outputs = NEW_ARRAY(c->a, block, R->nvalues + 1);
    R->expected = NEW_ARRAY(c->a, block, R->nvalues + 1);
    R->args = NEW_ARRAY(c->a, void *, p->inputs.n + p->params.n + R->nvalues + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->inputs.n; i++)
        R->args[n++] = &R->inputs[i].b;
    for (uint32_t i = 0; i < p->params.n; i++)
        R->args[n++] = NEW(c->a, uint64_t);
    for (uint32_t i = 0; i < R->nvalues; i++)
        R->args[n++] = &R->outputs[i].b;
    return R;
}
