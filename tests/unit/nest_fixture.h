/* tests/unit/nest_fixture.h: random flat nests for tests that compare what they compute before and
 * after a pass.
 *
 * A nest is made of loops over y, v, x and j, lets, guards, temporaries and stores. Every iteration
 * stores to elements of its own, so that the order in which iterations run cannot matter, and reads
 * `in` anywhere. The array `edge` has exactly as many elements as the guard lets through: an access
 * that a guard should have prevented fails. */
#ifndef TEST_NEST_FIXTURE_H
#define TEST_NEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stmt_eval.h"

enum { IN_SIZE = 256, OUT_SIZE = 16384 };

typedef struct nest_fixture {
    cb_context *c;
    guard g;
    low *L;
    uint64_t seed;
    ir_sym in, edge, out, out8;
    ir_sym w, h;          /* parameters: how far guards let through */
    const ir *vars[16];   /* i32 values in scope */
    unsigned nvars;
    const ir *id;         /* i32: number of this iteration */
    int64_t count;        /* iterations that id can tell apart */
    int64_t base;         /* elements of out that are taken */
    bool likelies;        /* mark guards and clamps */
    char messages[2048];
} nest_fixture;

static inline void nf_sink(void *user, const diag *d)
{
    nest_fixture *f = user;
    snprintf(f->messages, sizeof f->messages, "%s", d->text);
}

static inline unsigned nf_random(nest_fixture *f, unsigned n)
{
    f->seed = f->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(f->seed >> 33) % n;
}

static inline int nf_setup(void **state)
{
    static nest_fixture f; /* one test at a time */
    memset(&f, 0, sizeof f);
    f.c = ctx_new(NULL);
    f.c->diags.sink = nf_sink;
    f.c->diags.sink_user = &f;
    guard_push(&f.g, &f.c->esc);
    if (setjmp(f.g.env)) return -1;
    f.L = NEW(f.c->a, low);
    f.L->ctx = f.c;
    f.in = ir_sym_new(f.c, "in", SYM_BUFFER, T_I32, NULL);
    f.edge = ir_sym_new(f.c, "edge", SYM_BUFFER, T_I32, NULL);
    f.out = ir_sym_new(f.c, "out", SYM_BUFFER, T_I32, NULL);
    f.out8 = ir_sym_new(f.c, "out8", SYM_BUFFER, T_U8, NULL);
    f.w = ir_sym_new(f.c, "w", SYM_PARAM, T_I32, NULL);
    f.h = ir_sym_new(f.c, "h", SYM_PARAM, T_I32, NULL);
    *state = &f;
    return 0;
}

static inline int nf_teardown(void **state)
{
    nest_fixture *f = *state;
    guard_leave(&f->g, &f->c->esc);
    ctx_free(f->c);
    return 0;
}

/* Failures inside a pass arrive here, in each test. */
#define NEST_FIXTURE(f)                                                                           \
    nest_fixture *f = *state;                                                                     \
    if (setjmp(f->g.env)) {                                                                       \
        fail_msg("the pass gave up: %s", f->messages);                                            \
        return;                                                                                   \
    }

/* ---- pieces ---------------------------------------------------------------------------------- */

static inline ir_sym nf_sym(nest_fixture *f, const char *name, ir_sym_kind kind, cb_type t)
{
    return ir_sym_new(f->c, name, kind, t, NULL);
}
static inline const ir *nf_i64(nest_fixture *f, const ir *e) { return ir_cast(f->c, T_I64, e); }
static inline const ir *nf_load(nest_fixture *f, ir_sym b, const ir *index)
{
    return ir_load(f->c, ir_symbol_of(f->c, b)->type, b, 0, nf_i64(f, index), ir_bool(f->c, true));
}
static inline const ir *nf_store(nest_fixture *f, ir_sym b, const ir *index, const ir *value)
{
    return ir_store(f->c, b, 0, nf_i64(f, index), value, ir_bool(f->c, true));
}
static inline const ir *nf_loop(nest_fixture *f, ir_sym s, ir_loop_kind k, const ir *min,
                                const ir *n, const ir *body)
{
    return ir_for(f->c, s, k, min, n, body);
}
/* for o in [0, n): vectorized v in [0, 8): if likely(x < w): out[8*o + v] = edge[x], where x is v if `whole`, 8*o + v if not. */
static inline const ir *nf_guarded_vectors(nest_fixture *f, const ir *n, bool whole)
{
    cb_context *c = f->c;
    ir_sym o = nf_sym(f, "o", SYM_LOOP, T_I32), v = nf_sym(f, "v", SYM_LOOP, T_I32);
    const ir *at = ir_add(c, ir_muli(c, ir_var(c, o), 8), ir_var(c, v)), *x = whole ? ir_var(c, v) : at;
    const ir *s = ir_if(c, ir_likely(c, ir_lt(c, x, ir_var(c, f->w))), nf_store(f, f->out, at, nf_load(f, f->edge, x)), NULL);
    return nf_loop(f, o, LOOP_SERIAL, ir_i32(c, 0), n, nf_loop(f, v, LOOP_VECTOR, ir_i32(c, 0), ir_i32(c, 8), s));
}
static inline const ir *nf_mark(nest_fixture *f, const ir *e)
{
    return f->likelies ? ir_likely(f->c, e) : e;
}

/* ---- random expressions ---------------------------------------------------------------------- */

static inline const ir *nf_value(nest_fixture *f, int depth);

static inline const ir *nf_cond(nest_fixture *f, int depth)
{
    cb_context *c = f->c;
    static const ir_op ops[] = {IR_LT, IR_LE, IR_EQ, IR_NE};
    const ir *a = ir_bin(c, ops[nf_random(f, 4)], nf_value(f, depth - 1), nf_value(f, depth - 1));
    if (depth < 1 || nf_random(f, 2)) return a;
    const ir *b = nf_cond(f, depth - 1);
    return nf_random(f, 3) ? nf_random(f, 2) ? ir_and(c, a, b) : ir_or(c, a, b) : ir_not(c, a);
}

static inline const ir *nf_value(nest_fixture *f, int depth)
{
    cb_context *c = f->c;
    if (depth <= 0 || nf_random(f, 6) == 0)
        return f->nvars && nf_random(f, 3) ? f->vars[nf_random(f, f->nvars)]
                                           : ir_i32(c, (int)nf_random(f, 20) - 6);
    const ir *a = nf_value(f, depth - 1);
    static const ir_op ops[] = {IR_ADD, IR_SUB, IR_MIN, IR_MAX, IR_ADD, IR_SUB};
    switch (nf_random(f, 11)) {
    case 0: return ir_select(c, nf_cond(f, depth - 1), a, nf_value(f, depth - 1));
    case 1: return ir_mul(c, ir_mod(c, a, ir_i32(c, 100)), ir_i32(c, (int)nf_random(f, 9) - 4));
    case 2: return nf_load(f, f->in, ir_mod(c, a, ir_i32(c, IN_SIZE)));
    case 3: return ir_div(c, a, ir_i32(c, (int)nf_random(f, 5) + 1));
    case 4: return ir_cast(c, T_I32, ir_cast(c, nf_random(f, 2) ? T_U8 : T_I16, a));
    case 5: {
        ir_sym s = nf_sym(f, "l", SYM_LET, T_I32);
        const ir *v = ir_var(c, s);
        return ir_let(c, s, a, ir_sub(c, v, ir_min(c, v, ir_i32(c, 3))));
    }
    case 6: { /* clamped, as boundary conditions do */
        const ir *hi = ir_addi(c, ir_var(c, nf_random(f, 2) ? f->w : f->h), -1);
        return ir_max(c, ir_min(c, nf_mark(f, a), hi), ir_i32(c, 0));
    }
    default: return ir_bin(c, ops[nf_random(f, 6)], a, nf_value(f, depth - 1));
    }
}

/* ---- random statements ----------------------------------------------------------------------- */

static inline const ir *nf_body(nest_fixture *f, int depth);

/* Elements of out that this place in the nest has for itself, one per iteration; NULL when none are
 * left. */
static inline const ir *nf_place(nest_fixture *f)
{
    int64_t base = f->base;
    if (base + f->count > OUT_SIZE) return NULL;
    f->base += f->count;
    return ir_addi(f->c, f->id, base);
}

static inline const ir *nf_nothing(nest_fixture *f)
{
    ir_info info = {0};
    return ir_stmt(f->c, IR_EVALUATE, &info, (const ir *[]){ir_i32(f->c, 0)}, 1);
}

static inline const ir *nf_stores(nest_fixture *f)
{
    const ir *at = nf_place(f);
    if (!at) return nf_nothing(f);
    const ir *s = nf_store(f, f->out, at, nf_value(f, 4));
    if (nf_random(f, 3) == 0) { /* an update of an element of one's own */
        const ir *own = nf_load(f, f->out, at);
        s = ir_block2(f->c, s, nf_store(f, f->out, at, ir_add(f->c, own, nf_value(f, 2))));
    }
    if (nf_random(f, 3) == 0)
        s = ir_block2(f->c, s, nf_store(f, f->out8, at, ir_cast(f->c, T_U8, nf_value(f, 3))));
    return s;
}

/* A loop of at most n iterations whose variable is in scope in the body. */
static inline const ir *nf_inner(nest_fixture *f, ir_loop_kind k, const ir *min, const ir *extent,
                                 int64_t n, int depth)
{
    cb_context *c = f->c;
    if (f->count * n > OUT_SIZE || f->nvars > 12) return nf_stores(f);
    ir_sym s = nf_sym(f, k == LOOP_VECTOR ? "x" : "j", SYM_LOOP, T_I32);
    const ir *id = f->id, *v = ir_var(c, s);
    unsigned nvars = f->nvars;
    f->count *= n;
    f->id = ir_add(c, ir_muli(c, id, n), ir_sub(c, v, min));
    f->vars[f->nvars++] = v;
    const ir *loop = nf_loop(f, s, k, min, extent, nf_body(f, depth));
    f->count /= n;
    f->id = id;
    f->nvars = nvars;
    return loop;
}

static inline const ir *nf_allocate(nest_fixture *f)
{
    cb_context *c = f->c;
    const ir *place = nf_place(f);
    if (!place) return nf_nothing(f);
    ir_sym t = nf_sym(f, "t", SYM_BUFFER, T_I32), i = nf_sym(f, "i", SYM_LOOP, T_I32);
    const ir *iv = ir_var(c, i), *old = f->vars[f->nvars ? f->nvars - 1 : 0];
    unsigned nvars = f->nvars;
    if (nvars < 16) f->vars[f->nvars++] = iv;
    const ir *fill =
        nf_loop(f, i, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 4), nf_store(f, t, iv, nf_value(f, 2)));
    f->nvars = nvars;
    const ir *at = ir_mod(c, nvars ? old : ir_i32(c, 1), ir_i32(c, 4));
    const ir *use =
        nf_store(f, f->out, place, ir_add(c, nf_load(f, t, at), nf_load(f, t, ir_i32(c, 2))));
    ir_info info = {.sym = t, .type = T_I32, .memory = MEM_STACK};
    return ir_stmt(c, IR_ALLOCATE, &info,
                   (const ir *[]){ir_i64(c, 4), ir_bool(c, true), ir_block2(c, fill, use)}, 3);
}

static inline const ir *nf_body(nest_fixture *f, int depth)
{
    cb_context *c = f->c;
    if (depth <= 0) return nf_stores(f);
    switch (nf_random(f, 8)) {
    case 0: {
        ir_sym s = nf_sym(f, "t", SYM_LET, T_I32);
        const ir *value = nf_value(f, 3);
        unsigned nvars = f->nvars;
        if (nvars < 15) f->vars[f->nvars++] = ir_var(c, s);
        const ir *body = nf_body(f, depth - 1);
        f->nvars = nvars;
        return ir_let_stmt(c, s, value, body);
    }
    case 1:
        return ir_if(c, nf_cond(f, 2), nf_body(f, depth - 1),
                     nf_random(f, 2) ? nf_body(f, depth - 1) : NULL);
    case 2: { /* a tail: what it lets through is exactly what `edge` has */
        const ir *in = nf_mark(f, ir_lt(c, f->id, ir_var(c, f->w))), *at = nf_place(f);
        if (!at) return nf_nothing(f);
        return ir_if(c, in,
                     ir_block2(c, nf_store(f, f->out, at, nf_load(f, f->edge, f->id)),
                               nf_body(f, depth - 1)),
                     NULL);
    }
    case 3: return nf_inner(f, LOOP_SERIAL, ir_i32(c, 1), ir_i32(c, 3), 3, depth - 1);
    case 4: { /* bounds that differ between iterations */
        const ir *min = ir_mod(c, nf_value(f, 1), ir_i32(c, 7)),
                 *n = ir_sub(c, ir_mod(c, nf_value(f, 1), ir_i32(c, 5)), ir_i32(c, 1));
        return nf_inner(f, LOOP_SERIAL, min, n, 4, depth - 1);
    }
    case 5:
        return nf_inner(f, LOOP_VECTOR,
                        nf_random(f, 2) ? ir_i32(c, 0) : ir_mod(c, nf_value(f, 1), ir_i32(c, 9)),
                        ir_i32(c, 4), 4, depth - 1);
    case 6: return nf_allocate(f);
    default: return ir_block2(c, nf_body(f, depth - 1), nf_body(f, depth - 1));
    }
}

/* ---- running --------------------------------------------------------------------------------- */

typedef struct nf_result {
    int code;
    char why[256];
    int32_t out[OUT_SIZE];
    uint8_t out8[OUT_SIZE];
} nf_result;

static inline void nf_run(nest_fixture *f, const ir *body, int w, int h, nf_result *r)
{
    stmt_eval *E = stmt_eval_new(f->c);
    int32_t *in = stmt_eval_array(E, f->in, T_I32, IN_SIZE),
            *edge = stmt_eval_array(E, f->edge, T_I32, w > 0 ? w : 0);
    int32_t *out = stmt_eval_array(E, f->out, T_I32, OUT_SIZE);
    uint8_t *out8 = stmt_eval_array(E, f->out8, T_U8, OUT_SIZE);
    for (int i = 0; i < IN_SIZE; i++) in[i] = (i * 37 + 11) % 101 - 20;
    for (int i = 0; i < w; i++) edge[i] = i * 3 + 1;
    stmt_eval_int(E, f->w, w);
    stmt_eval_int(E, f->h, h);
    E->functions = f->L->functions.at;
    E->nfunctions = f->L->functions.n;
    r->code = stmt_eval_run(E, body);
    memcpy(r->why, E->why, sizeof r->why);
    memcpy(r->out, out, sizeof r->out);
    memcpy(r->out8, out8, sizeof r->out8);
    stmt_eval_free(E);
}

static inline const char *nf_text(nest_fixture *f, const ir *body)
{
    text t;
    text_init(&t, f->c->a);
    ir_print(f->c, &t, body);
    return text_str(&t);
}

/* Fails unless both compute the same. */
static inline void nf_compare(nest_fixture *f, const ir *before, const ir *after, int w, int h)
{
    static nf_result a, b;
    nf_run(f, before, w, h, &a);
    nf_run(f, after, w, h, &b);
    if (a.code) fail_msg("the test itself is wrong: %s\n%s", a.why, nf_text(f, before));
    bool same =
        !b.code && !memcmp(a.out, b.out, sizeof a.out) && !memcmp(a.out8, b.out8, sizeof a.out8);
    int at = 0;
    while (at < OUT_SIZE - 1 && a.out[at] == b.out[at] && a.out8[at] == b.out8[at]) at++;
    if (!same)
        fail_msg("w = %d, h = %d: %s; out[%d] = %d, not %d\n---- before\n%s\n---- after\n%s", w, h,
                 b.why, at, b.out[at], a.out[at], nf_text(f, before), nf_text(f, after));
}

static inline void nf_verify(nest_fixture *f, const ir *body)
{
    const char *wrong = ir_verify(f->c, body, NULL);
    if (wrong) fail_msg("%s\n%s", wrong, nf_text(f, body));
}

#endif
