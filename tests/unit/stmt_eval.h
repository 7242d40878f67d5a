/* tests/unit/stmt_eval.h: runs flat lowered IR over arrays, exactly as it says.
 *
 *     stmt_eval *E = stmt_eval_new(c);
 *     int64_t *out = stmt_eval_array(E, out_sym, T_I32, 100);      storage of ours, 100 elements
 *     stmt_eval_argument(E, in_sym, &buffer);                      or a cb_buffer of the caller
 *     stmt_eval_int(E, w_sym, 17);
 *     int code = stmt_eval_run(E, body);        0, the code of a failed ASSERT, or -1: E->why
 *
 * Scalars and vectors of every type, predicates, nested ramps, shuffles, reductions, all statements
 * of flat IR and outlined parallel functions (set E->functions). It is strict where a machine is
 * not: an access outside its buffer in a lane that is on, a read of storage that was never written,
 * a symbol without a value, a value not captured by a parallel function, and storage used after
 * FREE are failures. Parallel iterations run in order, or last first with E->backwards. Statements
 * that were not vectorized or outlined yet run too: a vector or parallel loop is then run one
 * iteration after another. count.h counts what happens on the way, through E->watch. */
#ifndef CB_STMT_EVAL_H
#define CB_STMT_EVAL_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ir/ir.h"
#include "../../lower/lower.h"

typedef struct stmt_vec {
    cb_type type;
    ir_value *lane; /* type.lanes of them; NULL: no value */
} stmt_vec;

typedef struct stmt_store {
    cb_type type;
    unsigned char *host; /* element 0 */
    int64_t lo, hi;      /* valid indices, inclusive */
    unsigned char *written; /* hi + 1 flags, or NULL: all is written */
    cb_buffer *argument; /* NULL for storage of ours */
    bool freed, owned;
} stmt_store;

/* Told about what happens; each may be NULL. `on`: lanes not switched off; `n`: the LOAD, STORE,
 * ALLOCATE or FOR. An allocation that is not made has `elements` -1; `end` is when it goes. */
typedef struct stmt_watch {
    void *user;
    void (*load)(void *user, const ir *n, ir_sym buffer, unsigned on);
    void (*store)(void *user, const ir *n, ir_sym buffer, unsigned on);
    void (*allocate)(void *user, const ir *n, int64_t elements, bool end);
    void (*loop)(void *user, const ir *n, int64_t iterations);
    void (*fetch)(void *user, ir_sym buffer, int64_t index); /* PREFETCH */
} stmt_watch;

typedef struct stmt_eval {
    cb_context *c;
    low_function *const *functions; /* outlined bodies, for PAR_CALL */
    uint32_t nfunctions;
    bool backwards; /* run parallel iterations last first */
    bool lax;       /* reads of storage never written give 0 instead of failing */
    int64_t fuel;   /* statements left; running out is a failure */
    uint64_t loads, stores; /* lanes read and written */
    bool trees;     /* evaluate what is shared as often as it occurs */
    uint64_t evaluated; /* expression nodes */
    const char *message; /* of the ASSERT that failed */
    stmt_watch watch;
    bool overflow;  /* a signed 32- or 64-bit operation overflowed somewhere */
    char why[256];  /* what went wrong, after -1 */
    /* Told about each element written; may be NULL. */
    void (*trace)(void *user, const ir *store, int64_t index, ir_value v);
    void *trace_user;

    uint32_t nsyms;
    stmt_vec *value;    /* by symbol */
    stmt_store **store; /* by symbol */
    ir_value *stack;
    size_t top, cap;
    uint32_t nids;
    uint32_t *memo_epoch;
    ir_value **memo;
    const ir **let_of; /* by symbol: the LET that bound it last */
    uint32_t epoch;
    vec(stmt_store *) made;
} stmt_eval;

/* ---- state ----------------------------------------------------------------------------------- */

static inline int stmt_eval_fail(stmt_eval *E, const char *fmt, ...) CB_PRINTF(2, 3);
static inline int stmt_eval_fail(stmt_eval *E, const char *fmt, ...)
{
    if (!E->why[0]) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(E->why, sizeof E->why, fmt, ap);
        va_end(ap);
    }
    return -1;
}

static inline void *stmt_eval_grow(void *p, size_t old, size_t n, size_t size)
{
    p = realloc(p, n * size);
    if (p) memset((char *)p + old * size, 0, (n - old) * size);
    return p;
}

/* Room for every symbol and node made since. */
static inline void stmt_eval_room(stmt_eval *E)
{
    uint32_t n = E->c->syms.n, ids = E->c->next_id + 1;
    if (n > E->nsyms) {
        E->value = stmt_eval_grow(E->value, E->nsyms, n, sizeof *E->value);
        E->store = stmt_eval_grow(E->store, E->nsyms, n, sizeof *E->store);
        E->let_of = stmt_eval_grow(E->let_of, E->nsyms, n, sizeof *E->let_of);
        E->nsyms = n;
    }
    if (ids > E->nids) {
        E->memo_epoch = stmt_eval_grow(E->memo_epoch, E->nids, ids, sizeof *E->memo_epoch);
        E->memo = stmt_eval_grow(E->memo, E->nids, ids, sizeof *E->memo);
        E->nids = ids;
    }
}

static inline stmt_eval *stmt_eval_new(cb_context *c)
{
    stmt_eval *E = calloc(1, sizeof *E);
    E->c = c;
    E->fuel = INT64_C(200) * 1000 * 1000;
    E->cap = (size_t)1 << 21;
    E->stack = malloc(E->cap * sizeof *E->stack);
    E->epoch = 1;
    stmt_eval_room(E);
    return E;
}

static inline void stmt_eval_free(stmt_eval *E)
{
    for (uint32_t i = 0; i < E->made.n; i++) {
        stmt_store *s = E->made.at[i];
        if (s->owned) free(s->host);
        free(s->written);
        free(s);
    }
    free(E->value);
    free(E->store);
    free((void *)E->let_of);
    free(E->memo_epoch);
    free(E->memo);
    free(E->stack);
    free(E);
}

static inline ir_value *stmt_eval_push(stmt_eval *E, unsigned n)
{
    if (E->top + n > E->cap) {
        stmt_eval_fail(E, "values of one nest need too much memory");
        E->top = 0; /* the run is lost; stay inside the stack while it unwinds */
    }
    ir_value *v = E->stack + E->top;
    E->top += n;
    return v;
}

static inline stmt_store *stmt_eval_store(stmt_eval *E, ir_sym s, cb_type t)
{
    stmt_eval_room(E);
    stmt_store *b = calloc(1, sizeof *b);
    b->type = type_scalar(t);
    vec_push(E->c->a, &E->made, b);
    E->store[s] = b;
    return b;
}

/* Gives a symbol a scalar value. It stays valid for the life of E. */
static inline void stmt_eval_bind(stmt_eval *E, ir_sym s, cb_type t, ir_value v)
{
    stmt_eval_room(E);
    ir_value *lane = arena_copy(E->c->a, &v, sizeof v);
    E->value[s] = (stmt_vec){type_scalar(t), lane};
}
static inline void stmt_eval_int(stmt_eval *E, ir_sym s, int64_t v)
{
    stmt_eval_bind(E, s, ir_symbol_of(E->c, s)->type, (ir_value){.i = v});
}

/* Storage of n elements, all zero and readable. Returns its memory. */
static inline void *stmt_eval_array(stmt_eval *E, ir_sym s, cb_type t, int64_t n)
{
    stmt_store *b = stmt_eval_store(E, s, t);
    b->host = calloc((size_t)n + 1, type_bytes(t));
    b->hi = n - 1;
    b->owned = true;
    return b->host;
}

/* An argument buffer, as the pipeline's caller passes it; NULL host: a query. */
static inline void stmt_eval_argument(stmt_eval *E, ir_sym s, cb_buffer *a)
{
    stmt_store *b = stmt_eval_store(E, s, a->type);
    b->argument = a;
    b->host = a->host;
    for (int32_t d = 0; d < a->rank; d++) {
        int64_t reach;
        if (__builtin_mul_overflow(a->dim[d].extent - (int64_t)1, a->dim[d].stride, &reach))
            reach = 0; /* the pipeline must refuse such a buffer before it touches it */
        if (a->dim[d].extent <= 0) {
            b->lo = 0;
            b->hi = -1;
            return;
        }
        *(reach < 0 ? &b->lo : &b->hi) += reach;
    }
    if (!a->host) b->hi = b->lo - 1;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static inline double stmt_eval_half(uint16_t bits, cb_type t)
{
    uint32_t u;
    float f;
    if (t.code == CB_BFLOAT) {
        u = (uint32_t)bits << 16;
    } else {
        uint32_t e = bits >> 10 & 31, m = bits & 1023, sign = (uint32_t)(bits & 0x8000) << 16;
        if (e == 0) {
            f = (float)m * (1.0f / 16777216.0f);
            return sign ? -f : f;
        }
        u = sign | (e == 31 ? 0x7f800000u : (e + 112) << 23) | m << 13;
    }
    memcpy(&f, &u, 4);
    return f;
}

/* v has been rounded to t, so the conversion is exact. */
static inline uint16_t stmt_eval_half_bits(double v, cb_type t)
{
    float f = (float)v;
    uint32_t u;
    memcpy(&u, &f, 4);
    if (t.code == CB_BFLOAT) return (uint16_t)(u >> 16);
    uint32_t sign = u >> 16 & 0x8000, e = u >> 23 & 255, m = u & 0x7fffff;
    if (e == 255) return (uint16_t)(sign | 0x7c00 | (m ? 0x200 : 0));
    if (e >= 113) return (uint16_t)(sign | (e - 112) << 10 | m >> 13);
    float a = f < 0 ? -f : f;
    return (uint16_t)(sign | (uint32_t)(a * 16777216.0f));
}

static inline ir_value stmt_eval_peek(cb_type t, const void *p)
{
    ir_value v = {0};
    uint64_t u = 0;
    memcpy(&u, p, type_bytes(t)); /* little endian, as all targets are */
    if (t.code == CB_FLOAT && t.bits == 64) memcpy(&v.f, &u, 8);
    else if (t.code == CB_FLOAT && t.bits == 32) {
        float f;
        memcpy(&f, &u, 4);
        v.f = f;
    } else if (type_is_float(t)) v.f = stmt_eval_half((uint16_t)u, t);
    else if (type_is_bool(t)) v.i = u & 1;
    else v.i = t.code == CB_HANDLE ? (int64_t)u : value_wrap(t, (int64_t)u);
    return v;
}

static inline void stmt_eval_poke(cb_type t, void *p, ir_value v)
{
    uint64_t u = (uint64_t)v.i;
    if (t.code == CB_FLOAT && t.bits == 64) memcpy(&u, &v.f, 8);
    else if (t.code == CB_FLOAT && t.bits == 32) {
        float f = (float)v.f;
        u = 0;
        memcpy(&u, &f, 4);
    } else if (type_is_float(t)) u = stmt_eval_half_bits(v.f, t);
    memcpy(p, &u, type_bytes(t));
}

static inline stmt_store *stmt_eval_access(stmt_eval *E, ir_sym s, int64_t index, const char *what)
{
    stmt_store *b = s < E->nsyms ? E->store[s] : NULL;
    const char *name = ir_sym_name(E->c, s);
    if (!b) stmt_eval_fail(E, "%s of '%s', which has no storage here", what, name);
    else if (b->freed) stmt_eval_fail(E, "%s of '%s' after it was freed", what, name);
    else if (index < b->lo || index > b->hi)
        stmt_eval_fail(E, "%s of '%s' at %lld, outside [%lld, %lld]", what, name, (long long)index,
                       (long long)b->lo, (long long)b->hi);
    return E->why[0] ? NULL : b;
}

static inline ir_value stmt_eval_read(stmt_eval *E, ir_sym s, int64_t index)
{
    stmt_store *b = stmt_eval_access(E, s, index, "load");
    if (!b) return (ir_value){0};
    E->loads++;
    if (b->written && !b->written[index]) {
        if (!E->lax)
            stmt_eval_fail(E, "load of '%s' at %lld, which was never written", ir_sym_name(E->c, s),
                           (long long)index);
        return (ir_value){0};
    }
    return stmt_eval_peek(b->type, b->host + index * (int64_t)type_bytes(b->type));
}

static inline void stmt_eval_write(stmt_eval *E, const ir *store, int64_t index, ir_value v)
{
    stmt_store *b = stmt_eval_access(E, store->u.info->sym, index, "store");
    if (!b) return;
    E->stores++;
    if (b->written) b->written[index] = 1;
    stmt_eval_poke(b->type, b->host + index * (int64_t)type_bytes(b->type), v);
    if (E->trace) E->trace(E->trace_user, store, index, v);
}

/* ---- expressions ----------------------------------------------------------------------------- */

static inline const ir_value *stmt_eval_expr(stmt_eval *E, const ir *n);

static inline ir_value stmt_eval_op(stmt_eval *E, ir_op op, cb_type t, const cb_type *types,
                                    const ir_value *args)
{
    ir_value v = {0};
    if (!value_eval(op, t, types, args, &v, &E->overflow))
        stmt_eval_fail(E, "%s cannot be evaluated", ir_ops[op].id);
    return v;
}

static inline ir_value stmt_eval_field(stmt_eval *E, const ir *n)
{
    stmt_store *s = n->u.ref.sym < E->nsyms ? E->store[n->u.ref.sym] : NULL;
    const cb_buffer *b = s ? s->argument : NULL;
    ir_buffer_field f = (ir_buffer_field)(n->u.ref.index / 16);
    unsigned d = n->u.ref.index % 16;
    if (f == FIELD_IS_NULL) return (ir_value){.i = !b};
    if (!b) {
        stmt_eval_fail(E, "a field of '%s', which is no argument buffer",
                       ir_sym_name(E->c, n->u.ref.sym));
        return (ir_value){0};
    }
    switch (f) {
    case FIELD_MIN: return (ir_value){.i = b->dim[d].min};
    case FIELD_EXTENT: return (ir_value){.i = b->dim[d].extent};
    case FIELD_STRIDE: return (ir_value){.i = b->dim[d].stride};
    case FIELD_TYPE_CODE: return (ir_value){.i = b->type.code};
    case FIELD_TYPE_BITS: return (ir_value){.i = b->type.bits};
    case FIELD_RANK: return (ir_value){.i = b->rank};
    case FIELD_IS_QUERY: return (ir_value){.i = !b->host && !b->device};
    case FIELD_HOST_NULL: return (ir_value){.i = !b->host};
    case FIELD_HOST_LOW: return (ir_value){.i = (int64_t)((uintptr_t)b->host & 4095)};
    case FIELD_BAD_VERSION:
        return (ir_value){.i = b->version != CB_BUFFER_VERSION || b->size < sizeof *b};
    case FIELD_IS_NULL: case FIELD_COUNT: break;
    }
    return (ir_value){0};
}

static inline void stmt_eval_load(stmt_eval *E, const ir *n, ir_value *out)
{
    const ir_value *index = stmt_eval_expr(E, n->arg[0]), *pred = stmt_eval_expr(E, n->arg[1]);
    unsigned on = 0;
    for (unsigned l = 0; l < n->type.lanes && !E->why[0]; l++) {
        out[l] = pred[l].i ? stmt_eval_read(E, n->u.ref.sym, index[l].i) : (ir_value){0};
        on += pred[l].i != 0;
    }
    if (E->watch.load) E->watch.load(E->watch.user, n, n->u.ref.sym, on);
}

/* Lane (j, l) is base + j*stride, by repeated addition as the definition says. */
static inline void stmt_eval_ramp(stmt_eval *E, const ir *n, ir_value *out)
{
    const ir_value *base = stmt_eval_expr(E, n->arg[0]), *stride = stmt_eval_expr(E, n->arg[1]);
    unsigned L = n->arg[0]->type.lanes;
    cb_type t = type_scalar(n->type), types[2] = {t, t};
    bool quiet = false, *overflow = &quiet; /* lanes that are off may overflow */
    for (unsigned i = 0; i < n->type.lanes; i++) {
        if (i < L) out[i] = base[i];
        else
            value_eval(IR_ADD, t, types, (ir_value[]){out[i - L], stride[i % L]}, &out[i],
                       overflow);
    }
}

static inline void stmt_eval_let(stmt_eval *E, const ir *n, ir_value *out)
{
    ir_sym s = n->u.sym;
    const ir_value *v = stmt_eval_expr(E, n->arg[0]);
    stmt_vec was = E->value[s];
    if (E->let_of[s] && E->let_of[s] != n) E->epoch++; /* bound to something else before: forget */
    E->let_of[s] = n;
    E->value[s] = (stmt_vec){n->arg[0]->type, (ir_value *)(uintptr_t)v};
    memcpy(out, stmt_eval_expr(E, n->arg[1]), n->type.lanes * sizeof *out);
    E->value[s] = was;
}

static inline void stmt_eval_node(stmt_eval *E, const ir *n, ir_value *out)
{
    const ir_value *a[3] = {NULL};
    cb_type t = type_scalar(n->type), types[3] = {t, t, t};
    unsigned lanes = n->type.lanes;
    switch ((ir_op)n->op) {
    case IR_INT: out[0].i = n->u.i; return;
    case IR_FLOAT: out[0].f = n->u.f; return;
    case IR_STRING: out[0].i = (int64_t)(intptr_t)n->u.s; return;
    case IR_FIELD: out[0] = stmt_eval_field(E, n); return;
    case IR_LOAD: stmt_eval_load(E, n, out); return;
    case IR_RAMP: stmt_eval_ramp(E, n, out); return;
    case IR_LET: stmt_eval_let(E, n, out); return;
    case IR_VAR:
        if (n->u.sym >= E->nsyms || !E->value[n->u.sym].lane)
            stmt_eval_fail(E, "'%s' (symbol %u) has no value here", ir_sym_name(E->c, n->u.sym),
                           n->u.sym);
        else if (!type_eq(E->value[n->u.sym].type, n->type))
            stmt_eval_fail(E, "'%s' is not of the type it is used with",
                           ir_sym_name(E->c, n->u.sym));
        else memcpy(out, E->value[n->u.sym].lane, lanes * sizeof *out);
        return;
    case IR_BROADCAST:
        a[0] = stmt_eval_expr(E, n->arg[0]);
        for (unsigned i = 0; i < lanes; i++) out[i] = a[0][i % n->arg[0]->type.lanes];
        return;
    case IR_SHUFFLE:
        for (unsigned i = 0; i < lanes; i++) {
            int32_t at = n->u.lanes[i];
            uint32_t p = 0;
            while (at >= n->arg[p]->type.lanes) at -= n->arg[p++]->type.lanes;
            out[i] = stmt_eval_expr(E, n->arg[p])[at];
        }
        return;
    case IR_REDUCE: {
        unsigned group = n->arg[0]->type.lanes / lanes;
        a[0] = stmt_eval_expr(E, n->arg[0]);
        for (unsigned i = 0; i < lanes; i++) {
            out[i] = a[0][i * group];
            for (unsigned k = 1; k < group; k++)
                out[i] = stmt_eval_op(E, (ir_op)n->u.i, t, types,
                                      (ir_value[]){out[i], a[0][i * group + k]});
        }
        return;
    }
    case IR_REINTERPRET:
        if (n->arg[0]->type.lanes != lanes) {
            stmt_eval_fail(E, "REINTERPRET that changes lanes");
            return;
        }
        break;
    default:
        break;
    }
    if (n->nargs == 0 || n->nargs > 3) {
        stmt_eval_fail(E, "%s in flat IR", ir_ops[n->op].id);
        return;
    }
    for (uint32_t k = 0; k < n->nargs; k++) {
        a[k] = stmt_eval_expr(E, n->arg[k]);
        types[k] = type_scalar(n->arg[k]->type);
    }
    for (unsigned i = 0; i < lanes && !E->why[0]; i++) {
        ir_value args[3] = {a[0][i], n->nargs > 1 ? a[1][i] : (ir_value){0},
                            n->nargs > 2 ? a[2][i] : (ir_value){0}};
        out[i] = stmt_eval_op(E, (ir_op)n->op, t, types, args);
    }
}

/* The lanes of n; valid until the statement ends. A shared node is evaluated once per statement. */
static inline const ir_value *stmt_eval_expr(stmt_eval *E, const ir *n)
{
    if (E->memo_epoch[n->id] == E->epoch && !E->trees) return E->memo[n->id];
    E->evaluated++;
    ir_value *out = stmt_eval_push(E, n->type.lanes ? n->type.lanes : 1);
    memset(out, 0, sizeof *out * (n->type.lanes ? n->type.lanes : 1));
    if (!E->why[0]) stmt_eval_node(E, n, out);
    E->memo_epoch[n->id] = E->epoch;
    E->memo[n->id] = out;
    return out;
}

/* ---- statements ------------------------------------------------------------------------------ */

static inline int stmt_eval_stmt(stmt_eval *E, const ir *s);

static inline int stmt_eval_for(stmt_eval *E, const ir *s)
{
    int64_t min = stmt_eval_expr(E, for_min(s))->i, n = stmt_eval_expr(E, for_extent(s))->i;
    ir_value v;
    ir_sym sym = for_sym(s);
    stmt_vec was = E->value[sym];
    int code = 0;
    bool back = E->backwards && s->u.info->kind == LOOP_PARALLEL;
    if (E->watch.loop) E->watch.loop(E->watch.user, s, n > 0 ? n : 0);
    for (int64_t i = 0; i < n && !code && !E->why[0]; i++) {
        v.i = min + (back ? n - 1 - i : i);
        if (for_min(s)->type.bits == 32 && v.i != (int32_t)v.i)
            return stmt_eval_fail(E, "a loop variable leaves i32");
        E->value[sym] = (stmt_vec){for_min(s)->type, &v};
        code = stmt_eval_stmt(E, for_body(s));
    }
    E->value[sym] = was;
    return code;
}

static inline int stmt_eval_allocate(stmt_eval *E, const ir *s)
{
    int64_t n = stmt_eval_expr(E, s->arg[0])->i;
    bool made = stmt_eval_expr(E, s->arg[1])->i;
    ir_sym sym = s->u.info->sym;
    stmt_store *was = E->store[sym];
    if (n < 0) n = 0;
    if (n > INT64_C(1) << 28)
        return stmt_eval_fail(E, "'%s' of %lld elements", ir_sym_name(E->c, sym), (long long)n);
    stmt_store b = {.type = s->u.info->type, .hi = n - 1};
    if (made) {
        b.host = calloc((size_t)n + 1, type_bytes(b.type));
        b.written = calloc((size_t)n + 1, 1);
    }
    E->store[sym] = made ? &b : NULL;
    if (E->watch.allocate) E->watch.allocate(E->watch.user, s, made ? n : -1, false);
    int code = stmt_eval_stmt(E, s->arg[2]);
    if (E->watch.allocate) E->watch.allocate(E->watch.user, s, made ? n : -1, true);
    E->store[sym] = was;
    free(b.host);
    free(b.written);
    return code;
}

static inline int stmt_eval_store_stmt(stmt_eval *E, const ir *s)
{
    unsigned lanes = s->arg[0]->type.lanes;
    const ir_value *index = stmt_eval_expr(E, s->arg[0]), *v = stmt_eval_expr(E, s->arg[1]);
    const ir_value *pred = stmt_eval_expr(E, s->arg[2]);
    unsigned on = 0;
    for (unsigned i = 0; i < lanes && !E->why[0]; i++)
        if (pred[i].i) {
            on++;
            stmt_store *b = E->store[s->u.info->sym];
            if (b && !type_eq(b->type, type_scalar(s->arg[1]->type)))
                return stmt_eval_fail(E, "store of another type to '%s'",
                                      ir_sym_name(E->c, s->u.info->sym));
            stmt_eval_write(E, s, index[i].i, v[i]);
        }
    if (E->watch.store) E->watch.store(E->watch.user, s, s->u.info->sym, on);
    return 0;
}

/* Runs iterations of an outlined body with nothing in scope but what it captured. */
static inline int stmt_eval_par_call(stmt_eval *E, const ir *s)
{
    if (s->u.info->index >= E->nfunctions)
        return stmt_eval_fail(E, "parallel function %u is not there", s->u.info->index);
    const low_function *f = E->functions[s->u.info->index];
    if (f->captured.n + 2 != s->nargs)
        return stmt_eval_fail(E, "'%s' is passed the wrong number of values", f->name);
    int64_t begin = stmt_eval_expr(E, s->arg[0])->i, end = stmt_eval_expr(E, s->arg[1])->i;
    stmt_vec *value = calloc(E->nsyms, sizeof *value);
    stmt_store **store = calloc(E->nsyms, sizeof *store);
    for (uint32_t i = 0; i < f->captured.n; i++) {
        ir_sym to = f->captured.at[i];
        const ir *arg = s->arg[i + 2];
        if (ir_symbol_of(E->c, to)->kind == SYM_BUFFER) store[to] = E->store[arg->u.sym];
        else value[to] = (stmt_vec){arg->type, (ir_value *)(uintptr_t)stmt_eval_expr(E, arg)};
    }
    stmt_vec *was_value = E->value;
    stmt_store **was_store = E->store;
    E->value = value;
    E->store = store;
    int code = 0;
    for (int64_t i = 0; i < end - begin && !code && !E->why[0]; i++) {
        ir_value v = {.i = E->backwards ? end - 1 - i : begin + i};
        E->value[f->index] = (stmt_vec){ir_symbol_of(E->c, f->index)->type, &v};
        code = stmt_eval_stmt(E, f->body);
    }
    E->value = was_value;
    E->store = was_store;
    free(value);
    free(store);
    return code;
}

static inline int stmt_eval_set_dim(stmt_eval *E, const ir *s)
{
    stmt_store *b = E->store[s->u.info->sym];
    if (!b || !b->argument || (int32_t)s->u.info->index >= b->argument->rank)
        return stmt_eval_fail(E, "set_dim of what is no dimension of an argument");
    cb_dim *d = &b->argument->dim[s->u.info->index];
    d->min = (int32_t)stmt_eval_expr(E, s->arg[0])->i;
    d->extent = (int32_t)stmt_eval_expr(E, s->arg[1])->i;
    d->stride = stmt_eval_expr(E, s->arg[2])->i;
    return 0;
}

static inline int stmt_eval_in(stmt_eval *E, const ir *s)
{
    ir_sym sym = s->u.info->sym;
    int code = 0;
    switch ((ir_op)s->op) {
    case IR_LET_STMT: {
        stmt_vec was = E->value[sym];
        E->value[sym] =
            (stmt_vec){s->arg[0]->type, (ir_value *)(uintptr_t)stmt_eval_expr(E, s->arg[0])};
        code = stmt_eval_stmt(E, s->arg[1]);
        E->value[sym] = was;
        return code;
    }
    case IR_ASSERT:
        if (stmt_eval_expr(E, s->arg[0])->i) return 0;
        E->message = s->u.info->text;
        return s->u.info->code ? s->u.info->code : CB_ERR_INTERNAL;
    case IR_FOR: return stmt_eval_for(E, s);
    case IR_STORE: return stmt_eval_store_stmt(E, s);
    case IR_ALLOCATE: return stmt_eval_allocate(E, s);
    case IR_SET_DIM: return stmt_eval_set_dim(E, s);
    case IR_PAR_CALL: return stmt_eval_par_call(E, s);
    case IR_IF:
        if (stmt_eval_expr(E, s->arg[0])->i) return stmt_eval_stmt(E, s->arg[1]);
        return s->nargs > 2 ? stmt_eval_stmt(E, s->arg[2]) : 0;
    case IR_FREE:
        if (E->store[sym]) E->store[sym]->freed = true;
        return 0;
    case IR_BLOCK: case IR_FORK:
        for (uint32_t i = 0; i < s->nargs && !code && !E->why[0]; i++)
            code = stmt_eval_stmt(E, s->arg[i]);
        return code;
    case IR_PRODUCE: case IR_CONSUME: case IR_ATOMIC: case IR_ACQUIRE:
        return stmt_eval_stmt(E, s->arg[s->nargs - 1]);
    case IR_EVALUATE:
        stmt_eval_expr(E, s->arg[0]);
        return 0;
    case IR_PREFETCH: {
        int64_t index = stmt_eval_expr(E, s->arg[0])->i;
        if (E->watch.fetch) E->watch.fetch(E->watch.user, sym, index);
        return 0;
    }
    case IR_PRINT: return 0;
    default: return stmt_eval_fail(E, "%s in flat IR", ir_ops[s->op].id);
    }
}

static inline int stmt_eval_stmt(stmt_eval *E, const ir *s)
{
    if (E->why[0]) return -1;
    if (--E->fuel < 0) return stmt_eval_fail(E, "too many statements were run");
    size_t top = E->top;
    E->epoch++; /* what was evaluated for another statement is stale */
    int code = stmt_eval_in(E, s);
    E->epoch++;
    E->top = top;
    return E->why[0] ? -1 : code;
}

static inline int stmt_eval_run(stmt_eval *E, const ir *body)
{
    stmt_eval_room(E);
    E->why[0] = 0;
    return body ? stmt_eval_stmt(E, body) : 0;
}

#endif
