/* tests/fuzz/check.c: one case: the reference interpreter against compiled code, at O0 and, every so often,
 * at O3, which costs as much as all the rest several times over.
 *
 * The region of each input is what the compiled pipeline answers to a query; the interpreter then finds
 * out whether it suffices. Elements of padding around the output and fields around what is allocated must stay as they were, and inputs end where
 * a page ends, or begin where one begins: to read beyond them is a crash. Of an input that is promised to be aligned
 * the guarded end lies less than twice the alignment away, so that its address is a multiple of no more.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <carbide.h>

#include "../../codegen/codegen.h"
#include "../../driver/dirt.h"
#include "fuzz.h"

const char *const fz_verdict_names[] = {"ok", "refused", "discarded", "bad program", "MISMATCH", "INTERNAL ERROR",
                                        "RUN-TIME ERROR", "REGION TOO SMALL",
                                        "BEYOND OUTPUT", "REFUSED LEGAL", "CRASH", "HANG"};

enum { MAX_BYTES = 1 << 26, MAX_ELEMENTS = 1 << 18, MAX_OUTPUTS = 2 * MAX_FUNCS };

typedef struct store {
    cb_buffer b;
    cb_dim dim[MAX_RANK];
    unsigned char *block; /* as allocated */
    size_t mapped;        /* inputs: bytes of pages, the first and the last of which nobody may touch; else 0 */
    size_t first, bytes;  /* what is filled: so much in front of the first element, and in all */
} store;

typedef struct checker {
    dirt memory; /* first, as dirt.h wants; boxes around skewed accesses in six dimensions may be very large: discarded */
    const fz_case *k;
    const fz_options *o;
    cb_context *c;
    pipeline *p;
    store in[MAX_INPUTS], want[MAX_OUTPUTS], got[MAX_OUTPUTS];
    int nout;                   /* buffers of outputs, */
    double *slack[MAX_OUTPUTS]; /* and of each element of want how far it may be off */
    const char **why;
    const diag *seen; /* the last report of the context before this case */
    bool fails; /* a requirement of the program does not hold, says the interpreter */
    char error[1024]; /* of compiled code: names accesses, then what they break */
} checker;

static void ignore(void *user, const cb_message *m)
{
    (void)user;
    (void)m;
}

static void keep_error(const cb_env *env, int code, const char *message)
{
    checker *x = env->user;
    snprintf(x->error, sizeof x->error, "code %d: %s", code, message);
}

/* What programs print is not compared: how often depends on the schedule. */
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

static fz_verdict because(checker *x, fz_verdict v, const char *reason)
{
    if (x->why)
        *x->why = arena_strdup(x->k->a, reason);
    return v;
}

/* ---- buffers ----------------------------------------------------------------------------------------- */

static void shape(store *s, cb_type t, int rank)
{
    memset(s, 0, sizeof *s);
    s->b = (cb_buffer){.size = sizeof s->b, .version = CB_BUFFER_VERSION, .type = t, .rank = rank, .dim = s->dim};
}

/* The buffer of an argument, for what others say of theirs. */
static const cb_buffer *made_buffer(void *env, const cb_func_s *f, uint32_t v)
{
    const checker *x = env;
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->p->inputs.n; i++)
        if (x->p->inputs.at[i] == f)
            return &x->in[i].b;
    for (uint32_t i = 0; i < x->p->outputs.n; n += x->p->outputs.at[i++]->nvalues)
        if (x->p->outputs.at[i] == f)
            return &x->got[n + v].b;
    return NULL;
}

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* The first address from p on (p or less: `down`) that is a multiple of unit and of no more. */
static unsigned char *odd_multiple(unsigned char *p, size_t unit, bool down)
{
    size_t beyond = ((uintptr_t)p + unit) % (2 * unit);
    return down ? p - beyond : p + (2 * unit - beyond) % (2 * unit);
}

/* `before` bytes in front of the first element and `after` from it on, between pages that nobody may touch: what is read
 * right behind them is seen, or in every other case what is read in front. With nothing promised but a multiple of the
 * element's size they touch such a page; both are multiples of it. */
static unsigned char *guarded(store *s, size_t before, size_t after, size_t unit, bool promised, bool behind)
{
    size_t page = page_size(), room = (before + after + 2 * unit + page - 1) / page * page;
    s->mapped = room + 2 * page;
    void *p = mmap(NULL, s->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    s->block = p == MAP_FAILED ? NULL : p;
    if (!s->block || mprotect(s->block + page, room, PROT_READ | PROT_WRITE))
        return NULL;
    unsigned char *from = s->block + page;
    if (!promised)
        return behind ? from + room - after : from + before;
    return behind ? odd_multiple(from + room - after, unit, true) : odd_multiple(from + before, unit, false);
}

/* Storage for what the dimensions say, strides as the program says they are, else rows `padding` elements apart. Where an
 * alignment is promised the first element lies at a multiple of it and of no more. */
static bool give_memory(checker *x, store *s, const cb_func_s *f, uint32_t v, int padding)
{
    ir_value param = {.i = x->k->param};
    said_args A = {x->p, &param, made_buffer, x};
    int64_t beyond = 1, before = 0, reach = 0;
    size_t size = type_bytes(s->b.type), unit = f->host_align > size ? f->host_align : size;
    for (int pass = 0; pass < 2; pass++) { /* a stride may be said in terms of a later one */
        beyond = 1;
        for (int d = 0; d < s->b.rank; d++) {
            int64_t n = s->dim[d].extent > 0 ? s->dim[d].extent : 1, said;
            if (s->dim[d].extent < 0 || s->dim[d].extent > MAX_ELEMENTS)
                return false;
            s->dim[d].stride = beyond;
            if (pipeline_rule(x->p, f, (uint32_t)d, 2) && said_field(&A, f, v, (uint32_t)d, 2, &said) == SAID_TRUE)
                s->dim[d].stride = said;
            int64_t own = llabs(s->dim[d].stride) * (n + (d == 0 ? padding : 0));
            beyond = own > beyond ? own : beyond;
            if (beyond > MAX_ELEMENTS)
                return false;
        }
    }
    for (int d = 0; d < s->b.rank; d++)
        if (s->dim[d].extent > 1) {
            int64_t far = (s->dim[d].extent - 1) * s->dim[d].stride;
            *(far < 0 ? &before : &reach) += llabs(far);
        }
    if (before + reach > 2 * MAX_ELEMENTS)
        return false;
    beyond = reach + 1 > beyond ? reach + 1 : beyond;
    s->first = ((size_t)before * size + 2 * unit - 1) / (2 * unit) * (2 * unit) + unit;
    s->bytes = s->first + (size_t)beyond * size;
    if (f->is_input) {
        s->b.host = guarded(s, (size_t)before * size, (size_t)(reach + 1) * size, unit, unit > size, x->k->data_seed & 1);
    } else {
        s->block = malloc(s->bytes + 2 * unit);
        s->b.host = s->block ? odd_multiple(s->block + s->first, unit, false) : NULL;
    }
    return s->b.host != NULL;
}

static void put_random(void *at, cb_type t, rng *r)
{
    uint64_t v = rng_next(r);
    double f = (double)((int)(v % 33) - 16) / 4.0;
    if (t.code == CB_INT && t.bits >= 32)
        v = (uint64_t)((int64_t)(v % 2001) - 1000);
    if (type_is_float(t))
        v = value_to_bits(t, (ir_value){.f = f});
    memcpy(at, &v, type_bytes(t)); /* little endian */
}

static bool accessible(const store *s, uintptr_t at, unsigned size)
{
    uintptr_t from = (uintptr_t)s->block + page_size(), to = (uintptr_t)s->block + s->mapped - page_size();
    return !s->mapped || (at >= from && at + size <= to);
}

static void fill(store *s, uint64_t seed)
{
    rng r = {seed};
    unsigned size = type_bytes(s->b.type);
    for (size_t i = 0; i + size <= s->bytes; i += size) {
        uintptr_t at = (uintptr_t)s->b.host - s->first + i;
        unsigned char unused[sizeof(uint64_t)];
        put_random(accessible(s, at, size) ? (void *)at : unused, s->b.type, &r);
    }
}

static void free_store(store *s)
{
    if (s->mapped)
        munmap(s->block, s->mapped);
    else
        free(s->block);
}

static void free_stores(checker *x)
{
    for (int i = 0; i < MAX_INPUTS; i++)
        free_store(&x->in[i]);
    for (int k = 0; k < MAX_OUTPUTS; k++) {
        free(x->slack[k]);
        free_store(&x->want[k]);
        free_store(&x->got[k]);
    }
}

/* ---- comparison ------------------------------------------------------------------------------------------ */

/* Coordinates of the elements, dimension 0 fastest: the first, and how many there are; the next. */
static size_t first_element(const cb_buffer *b, int32_t *at)
{
    size_t n = 1;
    for (int32_t d = 0; d < b->rank; d++) {
        at[d] = b->dim[d].min;
        n *= b->dim[d].extent > 0 ? (size_t)b->dim[d].extent : 0;
    }
    return n;
}

static void next_element(const cb_buffer *b, int32_t *at)
{
    for (int32_t d = 0; d < b->rank; d++) {
        if (++at[d] < b->dim[d].min + b->dim[d].extent)
            return;
        at[d] = b->dim[d].min;
    }
}

static void show(char *s, size_t n, cb_type t, const void *at)
{
    uint64_t bits = 0;
    memcpy(&bits, at, type_bytes(t));
    ir_value v = value_from_bits(t, bits);
    if (type_is_float(t))
        snprintf(s, n, t.bits == 64 ? "%.17g" : "%.9g", v.f);
    else
        snprintf(s, n, "%lld", (long long)v.i);
}

/* The two have one shape; bytes outside the elements started equal, and must still be. */
static fz_verdict compare_one(checker *x, int k, const char *how)
{
    store *wanted = &x->want[k], *got = &x->got[k];
    cb_type t = wanted->b.type;
    unsigned size = type_bytes(t);
    int32_t at[CB_MAX_RANK];
    size_t n = first_element(&wanted->b, at);
    for (size_t i = 0; i < n; i++, next_element(&wanted->b, at)) {
        uint64_t a = 0, b = 0;
        memcpy(&a, cb_buffer_at(&wanted->b, at), size);
        memcpy(&b, cb_buffer_at(&got->b, at), size);
        if (interp_close(t, value_from_bits(t, a), value_from_bits(t, b), x->slack[k][i])) {
            memcpy(cb_buffer_at(&got->b, at), &a, size); /* for the comparison of all bytes */
            continue;
        }
        char want[40], have[40];
        show(want, sizeof want, t, &a);
        show(have, sizeof have, t, &b);
        return because(x, FZ_MISMATCH, arena_printf(x->k->a, "%s: element %zu is %s, the interpreter says %s, give or take %g",
                                                    how, i, have, want, fmax(x->slack[k][i], 0)));
    }
    if (memcmp((char *)wanted->b.host - wanted->first, (char *)got->b.host - got->first, wanted->bytes) != 0)
        return because(x, FZ_MISMATCH, arena_printf(x->k->a, "%s: memory between the elements was written", how));
    return FZ_OK;
}

static fz_verdict compare(checker *x, const char *how)
{
    fz_verdict v = FZ_OK;
    for (int k = 0; k < x->nout && !v; k++)
        v = compare_one(x, k, how);
    return v;
}

/* ---- running ------------------------------------------------------------------------------------------------ */

static const diag *first_report(const checker *x) { return x->seen ? x->seen->next : x->c->diags.first; }

static bool met_internal(const checker *x)
{
    for (const diag *d = first_report(x); d; d = d->next)
        if (d->code == DIAG_INTERNAL)
            return true;
    return false;
}

static fz_verdict refused(checker *x, fz_verdict otherwise)
{
    text t;
    text_init(&t, x->k->a);
    for (const diag *d = first_report(x); d; d = d->next)
        diag_render_text(&t, d);
    if (met_internal(x))
        otherwise = FZ_INTERNAL;
    else if (strstr(text_str(&t), "error[frame-too-large]"))
        otherwise = FZ_DISCARDED;
    else if (strstr(text_str(&t), "error[unbounded-access]"))
        otherwise = fz_is_bounded(x->k) ? FZ_UNBOUNDED : FZ_DISCARDED;
    else if (strstr(text_str(&t), "error[table-bounds]") && !fz_widens(x->k) && fz_is_bounded(x->k))
        otherwise = FZ_UNBOUNDED;
    return because(x, otherwise, text_str(&t));
}

static int run(checker *x, jit_code *j)
{
    void *args[MAX_INPUTS + 1 + MAX_OUTPUTS];
    int n = 0;
    int32_t p = x->k->param;
    for (uint32_t i = 0; i < x->p->inputs.n; i++)
        args[n++] = &x->in[i].b;
    if (x->p->params.n)
        args[n++] = &p;
    for (int k = 0; k < x->nout; k++)
        args[n++] = &x->got[k].b;
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = keep_error, .print = no_line, .user = x,
                  .alloc = dirt_alloc, .free = dirt_free, .parallel_for = fz_parallel_for};
    int (*entry)(const cb_env *, void **) = NULL;
    fz_crowd_begins();
    void *symbol = jit_symbol(j, "fuzz_argv");
    memcpy(&entry, &symbol, sizeof entry);
    dirt_stack();
    return entry(&env, args);
}

static void refill(checker *x, store *outputs)
{
    for (int k = 0; k < x->nout; k++)
        fill(&outputs[k], x->k->data_seed + 99 + (uint64_t)k);
}

static bool shape_arguments(checker *x)
{
    const fz_case *k = x->k;
    for (uint32_t i = 0; i < x->p->inputs.n; i++)
        shape(&x->in[i], x->p->inputs.at[i]->types[0], (int)x->p->inputs.at[i]->rank);
    for (uint32_t i = 0; i < x->p->outputs.n; i++) {
        const cb_func_s *f = x->p->outputs.at[i];
        int more = i + 1 < x->p->outputs.n ? FZ_MORE : 0;
        for (uint32_t v = 0; v < f->nvalues; v++, x->nout++) {
            store *both[] = {&x->want[x->nout], &x->got[x->nout]};
            for (int s = 0; s < 2; s++) {
                shape(both[s], f->types[v], (int)f->rank);
                for (uint32_t d = 0; d < f->rank; d++)
                    both[s]->dim[d] = (cb_dim){k->min[d] - more, k->extent[d] + 2 * more, 0};
            }
        }
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->p->outputs.n; i++)
        for (uint32_t v = 0; v < x->p->outputs.at[i]->nvalues; v++, n++)
            if (!give_memory(x, &x->got[n], x->p->outputs.at[i], v, k->padding) ||
                !give_memory(x, &x->want[n], x->p->outputs.at[i], v, k->padding))
                return false;
    refill(x, x->want);
    refill(x, x->got);
    return true;
}

/* Asks the compiled code which regions it needs, makes the inputs and interprets. */
static fz_verdict prepare(checker *x, jit_code *j)
{
    if (x->p->inputs.n) {
        int code = run(x, j);
        if (code)
            return because(x, FZ_RUN_ERROR, arena_printf(x->k->a, "query: %s", x->error));
    }
    for (uint32_t i = 0; i < x->p->inputs.n; i++) {
        if (!give_memory(x, &x->in[i], x->p->inputs.at[i], 0, 0))
            return FZ_DISCARDED;
        fill(&x->in[i], x->k->data_seed + i);
    }
    const cb_buffer *inputs[MAX_INPUTS] = {&x->in[0].b, &x->in[1].b};
    ir_value param = {.i = x->k->param};
    cb_buffer *outputs[MAX_OUTPUTS];
    int32_t at[CB_MAX_RANK];
    for (int k = 0; k < x->nout; k++) {
        outputs[k] = &x->want[k].b;
        x->slack[k] = calloc(first_element(outputs[k], at) + 1, sizeof **x->slack);
        if (!x->slack[k])
            return FZ_DISCARDED;
    }
    interp_args args = {.inputs = inputs, .params = &param, .outputs = outputs, .slack = x->slack,
                        .print = no_line_of_interpreter, .call = extern_invoke, .element = extern_element,
                        .call_user = x->p->ctx};
    interp_report report = {0};
    int code = interp_run(x->p, &args, &report);
    if (report.overflow || report.undefined)
        return because(x, FZ_DISCARDED, report.overflow ? "overflow" : "undefined");
    if (report.out_of_bounds && fz_says_regions(x->k))
        return because(x, FZ_DISCARDED, "a region that is said is too small");
    if (report.out_of_bounds)
        return because(x, FZ_REGION, report.where ? report.where : "?");
    x->fails = code == CB_ERR_REQUIREMENT;
    return code && !x->fails ? refused(x, FZ_BAD_PROGRAM) : FZ_OK;
}

/* What it means that a region is beyond the buffers. A schedule may have asked for that; or the program itself
 * writes, or reads of inputs whose regions are said, what is not there. An Input read through a boundary condition asks
 * for what there is: the query answers for one of no size, and where regions are widened more may be asked for once
 * it has one. A table has no more than it has. */
static fz_verdict went_beyond(checker *x)
{
    bool edge = strstr(x->error, "table") != NULL, output = strstr(x->error, "output") != NULL;
    for (int i = 0; i < x->k->ninputs; i++)
        edge |= x->k->input[i].edge;
    if (x->o->excused || (edge && fz_reads_beyond(x->k)))
        return FZ_DISCARDED;
    if (!output && !fz_says_regions(x->k))
        return FZ_RUN_ERROR;
    bool last = strstr(x->error, "output 'out") != NULL;
    return !x->k->plan.n || fz_stores_beyond(x->k, last) || !fz_runs_plainly(x->k) ? FZ_DISCARDED : output ? FZ_BEYOND : FZ_RUN_ERROR;
}

static fz_verdict make_and_run(checker *x, low *L, const cg_target *t, const char *how, bool *prepared)
{
    const char *object;
    size_t n;
    jit_code *j = cg_llvm(L, t, "fuzz", CG_OBJECT, &object, &n) ? jit_load(x->c, object, n, "fuzz") : NULL;
    fz_verdict v = j ? FZ_OK : refused(x, FZ_INTERNAL);
    if (!v && !*prepared)
        v = prepare(x, j);
    if (!v) {
        *prepared = true;
        refill(x, x->got);
        int code = run(x, j);
        if (code == CB_ERR_CONSTRAINT && strstr(x->error, "_storage()")) /* the promise of a schedule does not hold */
            v = because(x, FZ_DISCARDED, x->error);
        else if (code == CB_ERR_EXTERN && strstr(x->error, "made in an outer loop")) /* docs/language.md: checked when it runs */
            v = because(x, FZ_DISCARDED, x->error);
        else if (code == CB_ERR_OUT_OF_MEMORY)
            v = because(x, FZ_DISCARDED, x->error);
        else if (code == CB_ERR_OUT_OF_BOUNDS)
            v = because(x, went_beyond(x), x->error);
        else if (code == CB_ERR_REQUIREMENT) /* compiled code may compute more points, never fewer */
            v = x->fails ? FZ_OK : because(x, FZ_DISCARDED, x->error);
        else if (x->fails && !code)
            v = because(x, FZ_MISMATCH, "a requirement that does not hold was not noticed");
        else
            v = code ? because(x, FZ_RUN_ERROR, x->error) : compare(x, how);
        if (x->memory.strayed)
            v = because(x, FZ_MISMATCH, arena_printf(x->k->a, "%s: memory beside what was allocated was written", how));
    }
    jit_free(j);
    return v;
}

/* Lowered once; what comes out is made into code as asked for. */
static fz_verdict compile_and_run(checker *x)
{
    cg_target t = target_host();
    const char *near;
    if (x->o->target) {
        char s[96];
        snprintf(s, sizeof s, "x86-64-linux%s", x->o->target);
        if (target_parse(s, &t, &near))
            return because(x, FZ_BAD_PROGRAM, "no such target");
    }
    low_target lt;
    target_low(&t, &lt);
    low *L = low_run(x->p, &lt, NULL);
    if (!L)
        return refused(x, FZ_REFUSED);
    fz_verdict v = FZ_OK;
    bool prepared = false;
    cg_target plain = t;
    plain.features |= FEATURE_O0;
    if (x->o->o0)
        v = make_and_run(x, L, &plain, "O0", &prepared);
    if (!v && x->o->o3_every && x->k->data_seed % (uint64_t)x->o->o3_every == 0)
        v = make_and_run(x, L, &t, "O3", &prepared);
    low_free(L);
    return v;
}

static fz_verdict check(checker *x)
{
    cb_context *c = x->c;
    text t;
    text_init(&t, x->k->a);
    fz_print_schedule(&t, x->k);
    c->planted = 0;
    x->p = fz_build(c, x->k);
    if (!x->p)
        return refused(x, FZ_BAD_PROGRAM);
    c->planted = x->o->planted;      /* for lowering: the interpreter reads the program as it is */
    cg_target host = target_host(); /* guards that are proposed decide the same for all targets */
    target_choose(&host, x->p);
    x->p->sched = schedule_read(c, text_str(&t), "case.sched");
    if (!x->p->sched || !schedule_resolve(x->p))
        return refused(x, FZ_REFUSED);
    return shape_arguments(x) ? compile_and_run(x) : FZ_DISCARDED;
}

fz_verdict fz_check_in(cb_context *c, const fz_case *k, const fz_options *o, const char **why)
{
    checker x = {.memory = {.most = MAX_BYTES}, .k = k, .o = o, .why = why, .c = c, .seen = c->diags.last};
    volatile fz_verdict v = FZ_INTERNAL; /* unless control comes back from below */
    guard g;
    if (guard_enter(&g, &c->esc)) {
        v = check(&x);
        guard_leave(&g, &c->esc);
    } else {
        (void)refused(&x, FZ_INTERNAL);
    }
    free_stores(&x);
    return v;
}

cb_context *fz_context(void)
{
    cb_options options = {.size = sizeof options, .sink = ignore};
    cb_context *c = cb_context_new(&options);
    if (c)
        c->diags.quiet = true; /* moves would be searched for each refused schedule */
    return c;
}

fz_verdict fz_check(const fz_case *k, const fz_options *o, const char **why)
{
    cb_context *c = fz_context();
    fz_verdict v = c ? fz_check_in(c, k, o, why) : FZ_CRASH;
    cb_context_free(c);
    return v;
}
