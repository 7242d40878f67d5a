/* lower/lower.c: the table of contents of the compiler, and the driver that runs it.
 *
 * Each row says what a pass does, which properties of the program it relies on, which it
 * establishes and which it spoils. The driver checks that, so passes cannot be put in an order that
 * does not work.
 *
 *     CARBIDE_DUMP=vectorize,trim   the program after these passes (`all`: after each), on stderr
 *     CARBIDE_TIME=1                milliseconds and size of the program, pass by pass
 *     CARBIDE_VERIFY=1              the verifier after each pass; always with --enable-debug
 */
#include "lower.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef CB_DEBUG
enum { VERIFY_ALWAYS = 1 };
#else
enum { VERIFY_ALWAYS = 0 };
#endif

enum { FLAT = LOW_BOUNDED | LOW_FLAT };

/* ---- the passes ------------------------------------------------------------------------------ */

static bool has_contracts(const low *L) { return L->pipe->flat && L->pipe->flat->contracts.n; }

static bool hoists(const low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++)
        if (L->funcs.at[i]->plan && L->funcs.at[i]->plan->hoist.from) return true;
    return false;
}

static bool uses_registers(const low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++)
        if (L->funcs.at[i]->plan && L->funcs.at[i]->plan->memory == MEM_REGISTER) return true;
    return false;
}

/* name, what it does; function, needs, gives, breaks, when */
const low_pass low_passes[] = {
    {"order", "copies the program, substitutes inlined Funcs, puts the others in order",
     low_order, 0, LOW_ORDERED, 0, NULL},
    {"loops", "makes loop nests from schedules",
     low_loops, LOW_ORDERED, LOW_NEST, 0, NULL},
    {"mark-loops", "tells each loop which stage it belongs to",
     low_mark_loops, LOW_NEST, 0, 0, has_contracts},
    {"values", "finds the range of each Func's values",
     low_value_bounds, LOW_ORDERED, 0, 0, NULL},
    {"bounds", "finds the region each stage must compute, per loop; windows slide",
     low_bounds, LOW_NEST, LOW_BOUNDED, 0, NULL},
    {"alloc", "finds the size of each Func's storage",
     low_alloc_bounds, LOW_NEST | LOW_BOUNDED, LOW_SIZED, 0, NULL},
    {"checks", "checks arguments and answers queries",
     low_checks, LOW_NEST | LOW_BOUNDED | LOW_SIZED, LOW_CHECKED, 0, NULL},
    {"prefetch", "fetches what later iterations read",
     low_prefetch, LOW_NEST | LOW_BOUNDED | LOW_SIZED, 0, 0, low_any_prefetch},
    {"fold", "keeps only the rows in use of what slides",
     low_fold, LOW_NEST | LOW_SIZED, 0, 0, NULL},
    {"simplify", "simplifies the nest",
     low_simplify_body, LOW_BOUNDED, 0, 0, NULL},
    {"flatten", "turns coordinates into flat indices",
     low_flatten, LOW_SIZED | LOW_CHECKED, LOW_FLAT, LOW_NEST, NULL},
    {"hoist", "allocates storage further out where the schedule says so",
     low_hoist, FLAT, 0, 0, hoists},
    {"extents", "gives vector and unrolled loops constant extents",
     low_const_extents, FLAT, 0, 0, NULL},
    {"simplify-flat", "simplifies addresses and guards",
     low_simplify_body, FLAT, 0, 0, NULL},
    {"stream", "begins loops that pass the caches by where addresses are aligned",
     low_stream, FLAT, 0, 0, low_any_stream},
    {"narrow", "gives what is narrower than its vectors a program of its own",
     low_narrow, FLAT, 0, 0, NULL},
    {"vectorize", "turns vector loops into vector statements",
     low_vectorize, FLAT, LOW_VECTOR, 0, NULL},
    {"contracts", "checks what the schedule expects",
     low_contracts, LOW_VECTOR, 0, 0, has_contracts},
    {"simplify-vector", "simplifies vectors and masks",
     low_simplify_body, FLAT, 0, 0, NULL},
    {"partition", "cuts loops so that the steady state has no tails and clamps",
     low_partition, FLAT | LOW_VECTOR, 0, 0, NULL},
    {"unroll", "replicates the bodies of unrolled loops",
     low_unroll, FLAT, LOW_UNROLLED, 0, NULL},
    {"simplify-steady", "simplifies the pieces and copies",
     low_simplify_body, FLAT, 0, 0, NULL},
    {"registers", "checks that storage in registers is used at constant coordinates",
     low_registers, FLAT | LOW_VECTOR | LOW_UNROLLED, 0, 0, uses_registers},
    {"accumulate", "keeps sums in registers while a loop adds to them",
     low_accumulate, FLAT | LOW_VECTOR, 0, 0, NULL},
    {"trim", "drops what has no effect",
     low_trim, FLAT, 0, 0, NULL},
    {"cse", "computes common subexpressions once",
     low_cse, FLAT | LOW_VECTOR, 0, 0, NULL},
    {"align", "marks vectors at aligned addresses",
     low_align, FLAT | LOW_VECTOR, 0, 0, low_any_aligned},
    {"atomics", "takes updates that threads share apart into what a processor can do",
     low_atomics, FLAT | LOW_VECTOR, 0, 0, NULL},
    {"parallel", "splits off the bodies of parallel loops",
     low_parallel, FLAT | LOW_VECTOR, LOW_CLOSED, 0, NULL},
};
const unsigned low_npasses = COUNT_OF(low_passes);

/* ---- what the environment asks for ----------------------------------------------------------- */

typedef struct wishes {
    const char *dump;
    bool time, verify;
} wishes;

static wishes wishes_read(void)
{
    return (wishes){getenv("CARBIDE_DUMP"), env_is_set("CARBIDE_TIME"),
                    VERIFY_ALWAYS || env_is_set("CARBIDE_VERIFY")};
}

/* Is `name` a word of the comma-separated list? */
static bool listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; p; p = strchr(p, ','), p = p ? p + 1 : NULL)
        if (strncmp(p, name, n) == 0 && (p[n] == 0 || p[n] == ',')) return true;
    return false;
}

static void dump(const low *L, const low_pass *p)
{
    text t;
    text_init(&t, L->ctx->a);
    ir_print(L->ctx, &t, L->body);
    fprintf(stderr, "---- after %s ----\n%s\n", p->name, text_str(&t));
    for (uint32_t i = 0; i < L->functions.n; i++) {
        const low_function *f = L->functions.at[i];
        text_init(&t, L->ctx->a);
        ir_print(L->ctx, &t, f->body);
        fprintf(stderr, "---- %s, for %s ----\n%s\n", f->name, ir_sym_name(L->ctx, f->index),
                text_str(&t));
    }
}

static double seconds(void)
{
    struct timespec t;
    return timespec_get(&t, TIME_UTC) ? (double)t.tv_sec + (double)t.tv_nsec * 1e-9 : 0;
}

/* Is something there that a property says is gone? */
typedef struct breach {
    const low *L;
    const char *what;
} breach;

static bool find_breach(void *env, const ir *n)
{
    breach *b = env;
    unsigned have = b->L->have;
    ir_loop_kind kind = n->op == IR_FOR ? n->u.info->kind : LOOP_SERIAL;
    if (have & LOW_FLAT && (n->op == IR_CALL || n->op == IR_PLACES || n->op == IR_PROVIDE || n->op == IR_REALIZE))
        b->what = "coordinates in flat code";
    if (have & LOW_UNROLLED && kind == LOOP_UNROLL) b->what = "an unrolled loop is left";
    if (have & LOW_VECTOR && kind == LOOP_VECTOR) b->what = "a vector loop is left";
    if (have & LOW_CLOSED && kind == LOOP_PARALLEL) b->what = "a parallel loop is left";
    if (have & LOW_BOUNDED && n->op == IR_VAR &&
        ir_symbol_of(b->L->ctx, n->u.sym)->kind == SYM_REGION)
        b->what = "a region symbol is left";
    return !b->what;
}

static const char *wrong_with(low *L, const ir *body, const map *bound)
{
    breach b = {L, NULL};
    const char *wrong = ir_verify(L->ctx, body, bound);
    if (!wrong) ir_visit(L->ctx, body, find_breach, &b);
    return wrong ? wrong : b.what;
}

static void verify(low *L, const low_pass *p)
{
    const char *wrong = L->body ? wrong_with(L, L->body, NULL) : NULL;
    for (uint32_t i = 0; i < L->functions.n && !wrong; i++) {
        const low_function *f = L->functions.at[i];
        map bound = {0};
        map_put(L->ctx->a, &bound, f->index, 1);
        for (uint32_t k = 0; k < f->captured.n; k++)
            map_put(L->ctx->a, &bound, f->captured.at[k], 1);
        wrong = wrong_with(L, f->body, &bound);
    }
    if (wrong) diag_bug(&L->ctx->diags, p->name, "%s", wrong);
}

/* ---- the driver ------------------------------------------------------------------------------ */

static void check_contract(low *L, const low_pass *p)
{
    if (p->needs & ~L->have)
        diag_bug(&L->ctx->diags, p->name, "properties %#x are needed, but only %#x hold", p->needs,
                 L->have);
}

static void run_pass(low *L, const low_pass *p, const wishes *w)
{
    check_contract(L, p);
    double start = w->time ? seconds() : 0;
    if (!p->when || p->when(L)) p->run(L);
    L->have = (L->have | p->gives) & ~p->breaks;
    if (w->time) {
        double ms = (seconds() - start) * 1e3;
        unsigned long long nodes = L->body ? ir_size(L->ctx, L->body) : 0;
        fprintf(stderr, "%-16s %9.3f ms %8llu nodes\n", p->name, ms, nodes);
    }
    if (w->dump && (listed(w->dump, p->name) || listed(w->dump, "all"))) dump(L, p);
    if (w->verify && !L->ctx->diags.errors) verify(L, p);
}

static bool known_pass(const char *name)
{
    for (unsigned i = 0; i < low_npasses; i++)
        if (strcmp(low_passes[i].name, name) == 0) return true;
    return false;
}

static void refuse_pass(pipeline *p, const char *until)
{
    const char *names[COUNT_OF(low_passes)];
    for (unsigned i = 0; i < low_npasses; i++) names[i] = low_passes[i].name;
    diags *D = &p->ctx->diags;
    diag *d = diag_begin(D, DIAG_NO_SUCH_PASS, (cb_loc){0}, "there is no pass '%s'", until);
    const char *near = text_nearest(until, names, low_npasses);
    if (near) diag_help(D, d, "did you mean '%s'?", near);
    else diag_help(D, d, "the first pass is '%s', the last '%s'", names[0], names[low_npasses - 1]);
    diag_end(D, d);
}

/* Runs the passes; false when one of them reported an error. */
static bool run_all(low *L, const char *until)
{
    wishes w = {0};
    if (!L->pipe->trial) w = wishes_read();
    for (unsigned i = 0; i < low_npasses; i++) {
        run_pass(L, &low_passes[i], &w);
        if (L->ctx->diags.errors) return false;
        if (until && strcmp(until, low_passes[i].name) == 0) break;
    }
    return true;
}

enum { TRIAL_BYTES = 16 << 20 }; /* what takes more than a moment is not tried to its end */

/* One guard, on the pipeline's context: failures in the child's arrive there too, because nothing
 * is pushed on the child. */
low *low_run(pipeline *p, const low_target *t, const char *until)
{
    cb_context *volatile c = NULL;
    low *volatile result = NULL;
    int errors = p->ctx->diags.errors;
    guard g;
    if (guard_enter(&g, &p->ctx->esc)) {
        if (until && !known_pass(until)) refuse_pass(p, until);
        else c = ctx_new_child(p->ctx);
        if (c && p->trial) arena_limit(c->a, TRIAL_BYTES);
        low *L = c ? NEW(c->a, low) : NULL;
        if (L) {
            L->ctx = c;
            L->pipe = p;
            if (t) L->target = *t;
            if (run_all(L, until)) result = L;
        }
        guard_leave(&g, &p->ctx->esc);
    }
    if (c) p->bytes = arena_bytes(c->a);
    if (!result) {
        ctx_free(c);
        p->unfinished = diag_failed(&p->ctx->diags, errors, (cb_loc){0});
    }
    return result;
}

void low_free(low *L)
{
    if (L) ctx_free(L->ctx); /* L itself lives there */
}
