/* codegen/verify.c: `verify`: compiled code against the reference interpreter, at sizes where
 * schedules go wrong: nothing, one element, around every factor of the schedule, primes; with
 * shifted origins and padded rows; on random data.
 *
 *     blur.gen verify strip=64     ->     blur: 52 regions agree
 *
 * Inputs are made as large as a query says they must be and no larger, in memory with a margin, so
 * that a read beyond them is likely to be seen; memory of outputs outside of their region must not
 * change. Integers must be equal; floats, and integers made of inexact floats, may differ by the slack
 * that the interpreter finds (dsl/interp_slack.c). Where it finds a signed overflow the case does
 * not count.
 */
#include "commands.h"

#include "../dsl/front.h"

#include <math.h>
#include <string.h>

enum { MAX_SIZES = 64, MAX_POINTS = 40000, MAX_INPUT = 1 << 21, MARGIN = 64 };
static const unsigned char UNTOUCHED = 0xa5;

/* A buffer of a test in memory with margins. */
typedef struct block {
    cb_buffer b;
    cb_dim dim[CB_MAX_RANK];
    unsigned char *memory;
    size_t bytes;
} block;

typedef struct verifier {
    pipeline *p;
    cb_context *c;
    const command_options *o;
    cb_callable code;
    deferred free_arena;
    arena *a; /* of the round */
    uint64_t random;
    int64_t sizes[MAX_SIZES];
    int nsizes;
    int64_t multiple; /* outputs come out whole in regions of such multiples */
    block *inputs, *outputs, *expected; /* outputs: one per value */
    uint32_t nvalues;
    ir_value *params;
    void **args;
    int agreed, skipped;
    int32_t extent[CB_MAX_RANK], min[CB_MAX_RANK]; /* of the first output, for reports */
    char message[512];                             /* what the pipeline said when it failed */
} verifier;

static uint64_t roll(verifier *V, uint64_t n)
{
    V->random = V->random * 6364136223846793005u + 1442695040888963407u;
    return (V->random >> 33) % n;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void add_size(verifier *V, int64_t n)
{
    if (n < 0 || n > 300)
        return;
    for (int i = 0; i < V->nsizes; i++)
        if (V->sizes[i] == n)
            return;
    if (V->nsizes < MAX_SIZES)
        V->sizes[V->nsizes++] = n;
}

static void choose_sizes(verifier *V)
{
    static const int64_t always[] = {0, 1, 2, 3, 7, 13, 31, 61};
    for (size_t i = 0; i < COUNT_OF(always); i++)
        add_size(V, always[i]);
    V->multiple = 1;
    for (uint32_t i = 0; i < V->p->plans.n; i++) {
        const func_plan *f = V->p->plans.at[i];
        for (uint32_t k = 0; k < f->bounds.n; k++)
            if (f->bounds.at[k].modulus > 1 && V->multiple < 1 << 12)
                V->multiple *= f->bounds.at[k].modulus;
        for (uint32_t k = 0; k < f->stages.n; k++)
            for (uint32_t n = 0; n < f->stages.at[k]->splits.n; n++) {
                const split_plan *s = &f->stages.at[k]->splits.at[n];
                if (s->kind != SPLIT_SPLIT)
                    continue;
                for (int64_t d = -1; d <= 1; d++)
                    add_size(V, s->factor + d);
                add_size(V, 2 * s->factor + 1);
                if (s->tail == TAIL_ROUND_UP && V->multiple < 1 << 12)
                    V->multiple *= s->factor;
            }
    }
}

/* A promise of the schedule about a dimension of an output fixes it. */
static void keep_promises(verifier *V, const cb_func_s *f, int32_t *min, int32_t *extent)
{
    const func_plan *plan = pipeline_plan(V->p, f);
    for (uint32_t i = 0; i < plan->bounds.n; i++) {
        const bound_plan *b = &plan->bounds.at[i];
        int64_t v;
        if (b->min && ir_as_int(b->min, &v))
            min[b->dim] = (int32_t)v;
        if (b->extent && ir_as_int(b->extent, &v))
            extent[b->dim] = (int32_t)v;
    }
}

/* Round `round`: dimension round/nsizes goes through all sizes, the others are random; later all
 * are. */
static void choose_region(verifier *V, int round, const cb_func_s *f, int32_t *min, int32_t *extent)
{
    static const int32_t origins[] = {0, 0, 1, -1, 7, -13, 100};
    int64_t points = 1;
    for (uint32_t d = 0; d < f->rank; d++) {
        bool mine = V->nsizes && round / V->nsizes == (int)d;
        uint64_t i = mine ? (uint64_t)(round % V->nsizes) : roll(V, (uint64_t)V->nsizes);
        extent[d] = (int32_t)V->sizes[i];
        min[d] = origins[roll(V, COUNT_OF(origins))];
        if (f->rank > 2 && extent[d] > 16 && !mine)
            extent[d] = 1 + extent[d] % 7;
    }
    keep_promises(V, f, min, extent);
    for (uint32_t d = 0; d < f->rank; d++) {
        if (extent[d] && points * extent[d] > MAX_POINTS)
            extent[d] = 1;
        points *= extent[d] ? extent[d] : 1;
    }
    keep_promises(V, f, min, extent);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Memory for the region in b's dims, rows padded by `pad` elements; false when it is too large. */
static bool give_memory(verifier *V, block *k, int32_t pad)
{
    uint64_t elements = 1;
    for (int32_t d = 0; d < k->b.rank; d++) {
        int32_t n = k->dim[d].extent;
        k->dim[d].stride = (int64_t)elements;
        elements *= (uint64_t)(n > 0 ? n : 1) + (uint64_t)pad;
        if (n < 0 || elements > MAX_INPUT)
            return false;
    }
    size_t size = type_bytes(k->b.type);
    k->bytes = (size_t)elements * size + 2 * MARGIN;
    k->memory = arena_alloc(V->a, k->bytes);
    memset(k->memory, UNTOUCHED, k->bytes);
    k->b.host = k->memory + MARGIN;
    return true;
}

static void shape(block *k, cb_type t, uint32_t rank)
{
    memset(k, 0, sizeof *k);
    cb_buffer_init(&k->b, NULL, t, (int32_t)rank, k->dim);
}

/* Calls fn for the address of every element of the region. */
static size_t count_elements(const block *k)
{
    size_t n = 1;
    for (int32_t d = 0; d < k->b.rank; d++)
        n *= k->dim[d].extent > 0 ? (size_t)k->dim[d].extent : 0;
    return n;
}

static void each_element(const block *k, void (*fn)(void *env, const int32_t *at, unsigned char *p),
                         void *env)
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

/* A random value of a type: anything for 8 and 16 bits; wider integers small, so that sums do not
 * overflow. */
static ir_value random_value(verifier *V, cb_type t)
{
    ir_value v = {0};
    if (type_is_float(t))
        v.f = value_round(t, (double)roll(V, 1 << 20) / (1 << 20));
    else
        v.i = value_wrap(t, t.bits <= 16 ? (int64_t)roll(V, 1 << 16)
                                         : (int64_t)roll(V, 2000) - (type_is_int(t) ? 1000 : 0));
    return v;
}

typedef struct filling {
    verifier *V;
    cb_type type;
} filling;

static void fill_element(void *env, const int32_t *at, unsigned char *p)
{
    filling *F = env;
    (void)at;
    uint64_t bits = value_to_bits(F->type, random_value(F->V, F->type));
    memcpy(p, &bits, type_bytes(F->type)); /* little endian, as every target is */
}

/* ---- one round ------------------------------------------------------------------------------- */

static void choose_params(verifier *V, int round)
{
    for (uint32_t i = 0; i < V->p->params.n; i++) {
        const cb_param_s *q = V->p->params.at[i];
        ir_value v = random_value(V, q->type);
        if (q->has_def && round % 2 == 0)
            v = q->def;
        if (type_is_float(q->type)) {
            if (q->has_min && v.f < q->min.f)
                v = q->min;
            if (q->has_max && v.f > q->max.f)
                v = q->max;
        } else {
            if (q->has_min && v.i < q->min.i)
                v = q->min;
            if (q->has_max && v.i > q->max.i)
                v = q->max;
        }
        V->params[i] = v;
        uint64_t bits = value_to_bits(q->type, v);
        memcpy(V->args[V->p->inputs.n + i], &bits, sizeof bits);
    }
}

static void make_outputs(verifier *V, int round)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < V->p->outputs.n; i++) {
        const cb_func_s *f = V->p->outputs.at[i];
        int32_t min[CB_MAX_RANK], extent[CB_MAX_RANK];
        choose_region(V, round, f, min, extent);
        if (i == 0) {
            memcpy(V->min, min, sizeof min);
            memcpy(V->extent, extent, sizeof extent);
        }
        for (uint32_t k = 0; k < f->nvalues; k++, n++) {
            shape(&V->outputs[n], f->types[k], f->rank);
            for (uint32_t d = 0; d < f->rank; d++)
                V->outputs[n].dim[d] = (cb_dim){min[d], extent[d], 0};
        }
    }
}

/* Where whole regions only can be computed: the same, rounded up. */
static void round_outputs(verifier *V)
{
    for (uint32_t i = 0; i < V->nvalues; i++)
        for (int32_t d = 0; d < V->outputs[i].b.rank; d++) {
            cb_dim *q = &V->outputs[i].dim[d];
            q->min = 0;
            q->extent = (int32_t)((q->extent + V->multiple - 1) / V->multiple * V->multiple);
            if (i == 0 && d < CB_MAX_RANK) {
                V->min[d] = 0;
                V->extent[d] = q->extent;
            }
        }
}

static void note_error(const cb_env *env, int code, const char *message)
{
    verifier *V = env->user;
    (void)code;
    snprintf(V->message, sizeof V->message, "%s", message);
}

static int call(verifier *V)
{
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = note_error, .user = V};
    V->message[0] = 0;
    return cb_call_argv(V->code, &env, V->args);
}

static bool same_dims(const block *a, const cb_dim *was)
{
    for (int32_t d = 0; d < a->b.rank; d++)
        if (a->dim[d].min != was[d].min || a->dim[d].extent != was[d].extent)
            return false;
    return true;
}

/* Inputs begin as large as the first output and become what a query says, until that does not
 * change: what a program reads may depend on how large its inputs are. */
static int query_inputs(verifier *V)
{
    for (uint32_t i = 0; i < V->p->inputs.n; i++) {
        const cb_func_s *f = V->p->inputs.at[i];
        shape(&V->inputs[i], f->types[0], f->rank);
        for (uint32_t d = 0; d < f->rank; d++)
            V->inputs[i].dim[d] =
                (cb_dim){0, d < (uint32_t)V->outputs[0].b.rank ? V->extent[d] : 4, 0};
    }
    for (int turn = 0; V->p->inputs.n && turn < 4; turn++) {
        bool same = true;
        cb_dim was[CB_MAX_RANK];
        for (uint32_t i = 0; i < V->p->inputs.n; i++)
            for (int32_t d = 0; d < V->inputs[i].b.rank; d++)
                V->inputs[i].dim[d].stride = 0;
        memcpy(was, V->inputs[0].dim, sizeof was);
        int rc = call(V);
        if (rc)
            return rc;
        for (uint32_t i = 0; i < V->p->inputs.n; i++)
            same &= i > 0 || same_dims(&V->inputs[i], was);
        if (same && turn > 0)
            break;
    }
    return 0;
}

static bool give_inputs(verifier *V)
{
    for (uint32_t i = 0; i < V->p->inputs.n; i++) {
        if (!give_memory(V, &V->inputs[i], (int32_t)roll(V, 4)))
            return false;
        each_element(&V->inputs[i], fill_element, &(filling){V, V->inputs[i].b.type});
    }
    return true;
}

static bool give_outputs(verifier *V)
{
    for (uint32_t i = 0; i < V->nvalues; i++) {
        int32_t pad = (int32_t)roll(V, 4);
        V->expected[i] = V->outputs[i];
        V->expected[i].b.dim = V->expected[i].dim;
        if (!give_memory(V, &V->outputs[i], pad) || !give_memory(V, &V->expected[i], pad))
            return false;
    }
    return true;
}

enum { TOO_LARGE_HERE = -1 };

/* Runs the compiled pipeline for the regions in outputs: its result, or TOO_LARGE_HERE. */
static int attempt(verifier *V)
{
    if (!give_outputs(V))
        return TOO_LARGE_HERE;
    int rc = query_inputs(V);
    if (rc)
        return rc;
    return give_inputs(V) ? call(V) : TOO_LARGE_HERE;
}

/* ---- comparing ------------------------------------------------------------------------------- */

typedef struct comparison {
    verifier *V;
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

/* Compares one element, and puts the one found into the expected memory, which must then be all the
 * same. */
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

static void put_region(text *t, const block *k)
{
    for (int32_t d = 0; d < k->b.rank; d++)
        text_printf(t, "%s[%d, %d)", d ? " x " : "", k->dim[d].min,
                    k->dim[d].min + k->dim[d].extent);
}

static void put_value(text *t, cb_type type, ir_value v)
{
    if (type_is_float(type))
        text_printf(t, "%.9g", v.f);
    else
        text_printf(t, "%lld", (long long)v.i);
}

static bool report(verifier *V, const cb_func_s *f, const char *what)
{
    diag *d = diag_begin(&V->c->diags, DIAG_VERIFY, f->loc, "%s", what);
    text t;
    text_init(&t, V->c->a);
    put_region(&t, &V->outputs[0]);
    diag_note(&V->c->diags, d, (cb_loc){0}, "region computed: %s", text_str(&t));
    for (uint32_t i = 0; i < V->p->params.n; i++) {
        text_init(&t, V->c->a);
        put_value(&t, V->p->params.at[i]->type, V->params[i]);
        diag_note(&V->c->diags, d, (cb_loc){0}, "%s = %s", V->p->params.at[i]->name, text_str(&t));
    }
    diag_help(
        &V->c->diags, d,
        "a schedule that was accepted never changes a result: please report this with the program");
    diag_end(&V->c->diags, d);
    return false;
}

static bool compare(verifier *V, uint32_t value, const cb_func_s *f, const double *slack)
{
    const block *got = &V->outputs[value], *want = &V->expected[value];
    comparison C = {.V = V, .got = got, .type = got->b.type, .slack = slack};
    each_element(want, compare_element, &C);
    if (C.found) {
        text t;
        text_init(&t, V->c->a);
        text_printf(&t, "%s(", f->name);
        for (int32_t d = 0; d < got->b.rank; d++)
            text_printf(&t, "%s%d", d ? ", " : "", C.at[d]);
        text_put(&t, ") is ");
        put_value(&t, C.type, C.have);
        text_put(&t, ", the interpreter says ");
        put_value(&t, C.type, C.want);
        return report(V, f, text_str(&t));
    }
    if (memcmp(got->memory, want->memory, got->bytes) != 0)
        return report(
            V, f,
            arena_printf(V->c->a, "memory outside of the region of '%s' was written", f->name));
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool skip(verifier *V)
{
    V->skipped++;
    return true;
}

static bool run_round(verifier *V, int round)
{
    choose_params(V, round);
    make_outputs(V, round);
    int rc = attempt(V);
    if (rc == CB_ERR_OUT_OF_BOUNDS && V->multiple > 1) {
        round_outputs(V);
        rc = attempt(V);
    }
    if (rc == TOO_LARGE_HERE || rc == CB_ERR_CONSTRAINT || rc == CB_ERR_REQUIREMENT ||
        rc == CB_ERR_OUT_OF_BOUNDS)
        return skip(V);
    if (rc)
        return report(V, V->p->outputs.at[0],
                      arena_printf(V->c->a, "the compiled pipeline failed: %s", V->message));

    const cb_buffer **inputs = NEW_ARRAY(V->a, const cb_buffer *, V->p->inputs.n + 1);
    cb_buffer **outputs = NEW_ARRAY(V->a, cb_buffer *, V->nvalues + 1);
    for (uint32_t i = 0; i < V->p->inputs.n; i++)
        inputs[i] = &V->inputs[i].b;
    double **slack = NEW_ARRAY(V->a, double *, V->nvalues + 1);
    for (uint32_t i = 0; i < V->nvalues; i++) {
        outputs[i] = &V->expected[i].b;
        slack[i] = NEW_ARRAY(V->a, double, count_elements(&V->expected[i]));
    }
    interp_report seen = {0};
    interp_args args = {inputs, V->params, outputs, slack};
    if (interp_run(V->p, &args, &seen))
        return report(V, V->p->outputs.at[0], "the interpreter could not compute this region");
    if (seen.overflow || seen.undefined)
        return skip(V);
    uint32_t value = 0;
    for (uint32_t i = 0; i < V->p->outputs.n; i++)
        for (uint32_t k = 0; k < V->p->outputs.at[i]->nvalues; k++, value++)
            if (!compare(V, value, V->p->outputs.at[i], slack[value]))
                return false;
    V->agreed++;
    return true;
}

static void prepare(verifier *V)
{
    arena *a = V->c->a;
    for (uint32_t i = 0; i < V->p->outputs.n; i++)
        V->nvalues += V->p->outputs.at[i]->nvalues;
    V->inputs = NEW_ARRAY(a, block, V->p->inputs.n + 1);
    V->outputs = NEW_ARRAY(a, block, V->nvalues + 1);
    V->expected = NEW_ARRAY(a, block, V->nvalues + 1);
    V->params = NEW_ARRAY(a, ir_value, V->p->params.n + 1);
    V->args = NEW_ARRAY(a, void *, V->p->inputs.n + V->p->params.n + V->nvalues);
    uint32_t n = 0;
    for (uint32_t i = 0; i < V->p->inputs.n; i++)
        V->args[n++] = &V->inputs[i].b;
    for (uint32_t i = 0; i < V->p->params.n; i++)
        V->args[n++] = NEW(a, uint64_t);
    for (uint32_t i = 0; i < V->nvalues; i++)
        V->args[n++] = &V->outputs[i].b;
    choose_sizes(V);
}

static void free_code(void *code) { cb_callable_free((cb_callable){code}); }
static void free_arena(void *a) { arena_free(a); }

/* Compares `code`, compiled from p or meant to be the same, with the interpreter on p. */
static bool verify_all(verifier *V)
{
    int rounds = (int)V->p->outputs.at[0]->rank * V->nsizes + V->o->rounds;
    for (int i = 0; i < (rounds ? rounds : 1); i++) {
        V->a = arena_new(arena_fns(V->c->a), &V->c->esc);
        if (!V->a)
            guard_fail(&V->c->esc);
        guard_defer(&V->c->esc, &V->free_arena, free_arena, V->a);
        bool ok = run_round(V, i);
        guard_undefer(&V->c->esc, &V->free_arena);
        arena_free(V->a);
        if (!ok)
            return false;
    }
    if (V->agreed)
        return true;
    diag *d = diag_begin(&V->c->diags, DIAG_VERIFY, V->p->outputs.at[0]->loc,
                         "no region of '%s' could be compared (%d refused%s%s)", V->p->name,
                         V->skipped, V->message[0] ? ": " : "", V->message);
    diag_help(&V->c->diags, d,
              "a schedule that promises less, by bound() or round_up, accepts more regions");
    diag_end(&V->c->diags, d);
    return false;
}

bool verify_code(pipeline *p, cb_callable code, const command_options *o)
{
    verifier V = {.p = p, .c = p->ctx, .o = o, .random = o->seed + 1, .code = code};
    prepare(&V);
    if (!verify_all(&V))
        return false;
    fprintf(o->out, "%s: %d regions agree", p->name, V.agreed);
    if (V.skipped)
        fprintf(o->out, ", %d not comparable", V.skipped);
    fputs("\n", o->out);
    return true;
}

bool command_verify(pipeline *p, const cg_target *t, const command_options *o)
{
    deferred cleanup;
    if (!schedule_resolve(p))
        return false;
    cb_callable code = cb_compile_pipeline((cb_pipeline){p}, t->text, CB_HERE);
    if (!code.p)
        return false;
    guard_defer(&p->ctx->esc, &cleanup, free_code, code.p);
    bool ok = verify_code(p, code, o);
    guard_undefer(&p->ctx->esc, &cleanup);
    cb_callable_free(code);
    return ok;
}
