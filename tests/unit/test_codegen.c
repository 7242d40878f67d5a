#define _DEFAULT_SOURCE /* mmap */

/* Code generation: flat IR written by hand, compiled, loaded and run; results against value.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../codegen/codegen.h"

/* ---- a pipeline made by hand ---------------------------------------------------------------------- */

enum { MAX_ARGS = 80 };

typedef struct rig {
    cb_context *c;
    low *L;
    pipeline *p;
    guard g;
    cg_target target;
    jit_code *code;
    int (*argv)(const cb_env *env, void **args);
    int errors;        /* reported at run time */
    char message[256]; /* the last of them */
    cb_env env;
} rig;

static void on_error(const cb_env *env, int code, const char *message)
{
    rig *r = env->user;
    (void)code;
    r->errors++;
    snprintf(r->message, sizeof r->message, "%s", message);
}

static void rig_open(rig *r, const char *target)
{
    const char *near;
    memset(r, 0, sizeof *r);
    r->c = ctx_new(NULL);
    assert_non_null(r->c);
    r->L = NEW(r->c->a, low);
    r->p = NEW(r->c->a, pipeline);
    r->p->ctx = r->L->ctx = r->c;
    r->p->name = "f";
    r->L->pipe = r->p;
    assert_null(target_parse(target, &r->target, &near));
    r->env = (cb_env){.size = sizeof r->env, .version = CB_ENV_VERSION, .error = on_error, .user = r};
}

static void rig_close(rig *r)
{
    jit_free(r->code);
    ctx_free(r->c);
}

static ir_sym argument(rig *r, const char *name, cb_type t, uint32_t rank, bool output)
{
    low_func *f = NEW(r->c->a, low_func);
    f->L = r->L;
    f->name = name;
    f->rank = rank;
    f->nvalues = 1;
    f->types = NEW(r->c->a, cb_type);
    f->types[0] = t;
    f->is_output = output;
    f->is_input = !output;
    f->buffer = NEW(r->c->a, ir_sym);
    f->buffer[0] = ir_sym_new(r->c, name, SYM_BUFFER, t, NULL);
    if (output)
        vec_push(r->c->a, &r->L->outputs, f);
    else
        vec_push(r->c->a, &r->L->inputs, f);
    return f->buffer[0];
}

static ir_sym scalar(rig *r, const char *name, cb_type t)
{
    cb_param_s *p = NEW(r->c->a, cb_param_s);
    p->name = name;
    p->type = t;
    p->sym = ir_sym_new(r->c, name, SYM_PARAM, t, p);
    vec_push(r->c->a, &r->p->params, p);
    vec_push(r->c->a, &r->L->params, p->sym);
    return p->sym;
}

static const char *emit(rig *r, cg_output kind, size_t *n)
{
    const char *bytes = NULL;
    volatile bool ok = false;
    if (guard_enter(&r->g, &r->c->esc)) {
        ok = cg_llvm(r->L, &r->target, "f", kind, &bytes, n);
        guard_leave(&r->g, &r->c->esc);
    }
    assert_true(ok);
    return bytes;
}

static void build(rig *r)
{
    size_t n = 0;
    const char *object = emit(r, CG_OBJECT, &n);
    r->code = jit_load(r->c, object, n, "f");
    assert_non_null(r->code);
    void *at = jit_symbol(r->code, "f_argv");
    memcpy(&r->argv, &at, sizeof at);
    assert_non_null(at);
}

typedef struct plane {
    cb_buffer b;
    cb_dim dim[2];
} plane;

static void plane_init(plane *p, void *host, cb_type t, int32_t w)
{
    p->dim[0].extent = w;
    p->dim[1].extent = 1;
    cb_buffer_init(&p->b, host, t, 1, p->dim);
}

/* for i in [0, n/lanes): body, with the index i*lanes + (0 .. lanes-1) */
static const ir *loop(rig *r, ir_sym i, int64_t n, const ir *body)
{
    return ir_for(r->c, i, LOOP_SERIAL, ir_i32(r->c, 0), ir_i32(r->c, n), body);
}

static const ir *index_of(rig *r, ir_sym i, unsigned lanes)
{
    const ir *base = ir_muli(r->c, ir_cast(r->c, T_I64, ir_var(r->c, i)), lanes);
    return lanes == 1 ? base : ir_ramp(r->c, base, ir_i64(r->c, 1), lanes);
}

static const ir *yes(rig *r, unsigned lanes) { return ir_broadcast(r->c, ir_bool(r->c, true), lanes); }

/* ---- every operation on every type ------------------------------------------------------------------ */

enum { N = 320 };

static uint64_t next_random(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return *s >> 11 ^ *s << 31;
}

static ir_value some_value(cb_type t, unsigned i, uint64_t *seed)
{
    static const int64_t ints[] = {0, 1, -1, 2, -2, 3, 7, -7, 8, 31, 32, 63, 64, -64, 100, 127, -128, 255};
    static const double floats[] = {0, -0.0, 1, -1, 0.5, -0.5, 2.5, 3.5, -2.5, 1e-3, 127.5, 255.5, 256, -129, 65504, 1e9, -3e9, 1e19, 1e-40};
    ir_value v;
    uint64_t w = next_random(seed);
    if (type_is_float(t)) {
        if (i % 3 == 0)
            v.f = (double)(int64_t)w / 9.3e15;
        else if (i % 41 == 1)
            v.f = i % 2 ? INFINITY : NAN;
        else
            v.f = floats[w % COUNT_OF(floats)];
        v.f = value_round(t, v.f);
        return v;
    }
    v.i = i % 3 == 0 ? (int64_t)w : i % 7 == 1 ? type_min(t) : i % 7 == 2 ? type_max(t) : ints[w % COUNT_OF(ints)];
    v.i = value_wrap(t, v.i);
    return v;
}

/* Values as a buffer holds them. */
static void put(cb_type t, void *at, size_t i, ir_value v)
{
    ir_value bits = v;
    bool o = false;
    cb_type u = {CB_UINT, t.bits, 1};
    if (type_is_float(t))
        assert_true(value_eval(IR_REINTERPRET, u, &t, &v, &bits, &o));
    memcpy((char *)at + i * type_bytes(t), &bits.i, type_bytes(t));
}

static ir_value get(cb_type t, const void *at, size_t i)
{
    ir_value bits = {0}, v;
    bool o = false;
    cb_type u = {CB_UINT, t.bits, 1};
    memcpy(&bits.i, (const char *)at + i * type_bytes(t), type_bytes(t));
    if (!type_is_float(t)) {
        v.i = value_wrap(t, bits.i);
        return v;
    }
    assert_true(value_eval(IR_REINTERPRET, t, &u, &bits, &v, &o));
    return v;
}

typedef struct op_case {
    ir_op op;
    const ir *value;
    cb_type operand[3];
    int which[3]; /* input of each operand; 3: a constant of its own */
    ir_value constant;
    cb_type result;
    void *data;
} op_case;

typedef struct op_test {
    rig r;
    cb_type t;
    unsigned lanes;
    ir_sym in[3]; /* a, b of type t; n: a shift amount */
    const ir *x[3];
    void *data[3];
    cb_type type[3];
    op_case c[MAX_ARGS];
    unsigned n;
} op_test;

static void add_case(op_test *T, op_case c, const ir *value)
{
    cb_context *ctx = T->r.c;
    c.value = value;
    c.result = type_scalar(value->type);
    assert_in_range(T->n, 0, MAX_ARGS - 8);
    char name[16];
    snprintf(name, sizeof name, "o%u", T->n);
    argument(&T->r, arena_strdup(ctx->a, name), c.result, 1, true);
    c.data = calloc(N, 8);
    T->c[T->n++] = c;
}

static void op1(op_test *T, ir_op op, const ir *value)
{
    add_case(T, (op_case){.op = op, .operand = {T->t}, .which = {0}}, value);
}

static void op2(op_test *T, ir_op op)
{
    add_case(T, (op_case){.op = op, .operand = {T->t, T->t}, .which = {0, 1}},
             ir_bin(T->r.c, op, T->x[0], T->x[1]));
}

static void op2_constant(op_test *T, ir_op op, int64_t k)
{
    k = value_wrap(T->t, k);
    add_case(T, (op_case){.op = op, .operand = {T->t, T->t}, .which = {0, 3}, .constant.i = k},
             ir_bin(T->r.c, op, T->x[0], ir_int(T->r.c, T->x[0]->type, k)));
}

static void all_cases(op_test *T)
{
    static const ir_op arith[] = {IR_ADD, IR_SUB, IR_MUL, IR_DIV, IR_MOD, IR_MIN, IR_MAX,
                                  IR_EQ, IR_NE, IR_LT, IR_LE};
    static const ir_op bits[] = {IR_BIT_AND, IR_BIT_OR, IR_BIT_XOR, IR_DIV_TZ, IR_MOD_TZ};
    static const ir_op math[] = {IR_SQRT, IR_EXP, IR_LOG, IR_SIN, IR_COS, IR_TAN, IR_ASIN, IR_ACOS, IR_ATAN,
                                 IR_SINH, IR_COSH, IR_TANH, IR_FLOOR, IR_CEIL, IR_ROUND, IR_TRUNC};
    static const int64_t divisors[] = {3, 7, -3, 16, -8, 1, -1, 255, 641, INT64_MIN, 0};
    static const cb_type types[] = {{CB_INT, 8, 1}, {CB_INT, 16, 1}, {CB_INT, 32, 1}, {CB_INT, 64, 1},
                                    {CB_UINT, 1, 1}, {CB_UINT, 8, 1}, {CB_UINT, 16, 1}, {CB_UINT, 32, 1},
                                    {CB_UINT, 64, 1}, {CB_FLOAT, 16, 1}, {CB_BFLOAT, 16, 1},
                                    {CB_FLOAT, 32, 1}, {CB_FLOAT, 64, 1}};
    cb_context *c = T->r.c;
    const ir *a = T->x[0], *b = T->x[1];
    bool is_float = type_is_float(T->t), is_bool = type_is_bool(T->t);
    for (size_t i = is_bool ? 7 : 0; i < COUNT_OF(arith); i++)
        op2(T, arith[i]);
    op1(T, IR_CAST, ir_cast(c, T_BOOL, a));
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (!type_eq(types[i], T->t))
            add_case(T, (op_case){.op = IR_CAST, .operand = {T->t}, .which = {0}}, ir_cast(c, types[i], a));
    add_case(T, (op_case){.op = IR_SELECT, .operand = {T_BOOL, T->t, T->t}, .which = {-1, 0, 1}},
             ir_select(c, ir_lt(c, a, b), a, b));
    if (is_bool) {
        op2(T, IR_AND);
        op2(T, IR_OR);
        op1(T, IR_NOT, ir_not(c, a));
        return;
    }
    op1(T, IR_ABS, ir_un(c, IR_ABS, a));
    if (is_float) {
        for (size_t i = 0; i < COUNT_OF(math); i++)
            op1(T, math[i], ir_un(c, math[i], a));
        op1(T, IR_IS_NAN, ir_un(c, IR_IS_NAN, a));
        op2(T, IR_ATAN2);
        op2(T, IR_HYPOT);
        op2(T, IR_POW);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(bits); i++)
        op2(T, bits[i]);
    op1(T, IR_BIT_NOT, ir_un(c, IR_BIT_NOT, a));
    for (size_t i = 0; i < COUNT_OF(divisors); i++) {
        op2_constant(T, IR_DIV, divisors[i]);
        op2_constant(T, IR_MOD, divisors[i]);
    }
    for (int left = 0; left < 2; left++)
        add_case(T, (op_case){.op = left ? IR_SHL : IR_SHR, .operand = {T->t, T->type[2]}, .which = {0, 2}},
                 ir_bin(c, left ? IR_SHL : IR_SHR, a, T->x[2]));
    for (int64_t k = -3; k < 200; k = k * 3 + 11) {
        op2_constant(T, IR_SHL, k);
        op2_constant(T, IR_SHR, k);
    }
}

/* Results that may differ: the last bits of transcendental functions, and either operand of min and
 * max with a NaN. */
static bool close_enough(const op_case *c, const ir_value *arg, ir_value want, ir_value got)
{
    if (!type_is_float(c->result)) {
        /* int to float to int and the like are exact; comparisons too */
        return want.i == got.i;
    }
    if (isnan(want.f) || isnan(got.f)) {
        bool choice = c->op == IR_MIN || c->op == IR_MAX;
        return (isnan(want.f) && isnan(got.f)) || (choice && (isnan(arg[0].f) || isnan(arg[1].f)));
    }
    if (want.f == got.f)
        return true;
    bool exact = ir_ops[c->op].cls != IRC_MATH1 && ir_ops[c->op].cls != IRC_MATH2;
    double unit = c->result.bits == 64 ? 0x1p-52 : c->result.bits == 32 ? 0x1p-23
                  : c->result.code == CB_FLOAT ? 0x1p-10 : 0x1p-7;
    double smallest = c->result.bits == 64 ? 0x1p-1074 : c->result.bits == 32 ? 0x1p-148
                      : c->result.code == CB_FLOAT ? 0x1p-24 : 0x1p-133;
    if (exact && !(c->op == IR_CAST && c->result.bits == 16))
        return false;
    return fabs(want.f - got.f) <= 3 * unit * fabs(want.f) + smallest;
}

static void check_case(const op_test *T, const op_case *c)
{
    for (unsigned i = 0; i < N; i++) {
        ir_value arg[3], want, got = get(c->result, c->data, i);
        bool overflow = false;
        for (int k = 0; k < 3; k++) {
            if (c->which[k] == 3)
                arg[k] = c->constant;
            else if (c->which[k] >= 0)
                arg[k] = get(T->type[c->which[k]], T->data[c->which[k]], i);
        }
        if (c->op == IR_SELECT) {
            cb_type two[2] = {T->t, T->t};
            assert_true(value_eval(IR_LT, T_BOOL, two, arg + 1, &arg[0], &overflow));
        }
        assert_true(value_eval(c->op, c->result, c->operand, arg, &want, &overflow));
        if (overflow || close_enough(c, arg, want, got))
            continue;
        char t[16], res[16];
        fail_msg("%s on %s to %s, %u lanes, target %s: (%lld|%g, %lld|%g) gives %lld|%g, not %lld|%g",
                 ir_ops[c->op].spelling, type_name(T->t, t), type_name(c->result, res), T->lanes, T->r.target.text,
                 (long long)arg[0].i, arg[0].f, (long long)arg[1].i, arg[1].f, (long long)got.i, got.f,
                 (long long)want.i, want.f);
    }
}

static void operations(cb_type t, cb_type shift, unsigned lanes, const char *target)
{
    static op_test T;
    memset(&T, 0, sizeof T);
    rig *r = &T.r;
    rig_open(r, target);
    cb_context *c = r->c;
    uint64_t seed = t.bits * 131u + t.code;
    T.t = t;
    T.lanes = lanes;
    T.type[0] = T.type[1] = t;
    T.type[2] = shift;
    ir_sym i = ir_sym_new(c, "i", SYM_LOOP, T_I32, NULL);
    const ir *at = index_of(r, i, lanes);
    const char *names[3] = {"a", "b", "n"};
    for (int k = 0; k < 3; k++) {
        T.in[k] = argument(r, names[k], T.type[k], 1, false);
        T.x[k] = ir_load(c, type_lanes(T.type[k], lanes), T.in[k], 0, at, yes(r, lanes));
        T.data[k] = calloc(N, 8);
        for (unsigned e = 0; e < N; e++)
            put(T.type[k], T.data[k], e, some_value(T.type[k], e * (k + 1) + e / 7, &seed));
    }
    all_cases(&T);
    vec(const ir *) body = {0};
    for (unsigned k = 0; k < T.n; k++)
        vec_push(c->a, &body, ir_store(c, r->L->outputs.at[k]->buffer[0], 0, at, T.c[k].value, yes(r, lanes)));
    r->L->body = loop(r, i, N / lanes, ir_block(c, body.at, body.n));
    build(r);
    static plane planes[MAX_ARGS];
    void *args[MAX_ARGS];
    for (unsigned k = 0; k < T.n + 3; k++) {
        bool in = k < 3;
        plane_init(&planes[k], in ? T.data[k] : T.c[k - 3].data, in ? T.type[k] : T.c[k - 3].result, N);
        args[k] = &planes[k].b;
    }
    assert_int_equal(r->argv(&r->env, args), 0);
    for (unsigned k = 0; k < T.n; k++)
        check_case(&T, &T.c[k]);
    for (unsigned k = 0; k < T.n; k++)
        free(T.c[k].data);
    for (int k = 0; k < 3; k++)
        free(T.data[k]);
    rig_close(r);
}

static void test_operations(void **state)
{
    (void)state;
    static const cb_type types[] = {{CB_INT, 8, 1}, {CB_INT, 16, 1}, {CB_INT, 32, 1}, {CB_INT, 64, 1},
                                    {CB_UINT, 1, 1}, {CB_UINT, 8, 1}, {CB_UINT, 16, 1}, {CB_UINT, 32, 1},
                                    {CB_UINT, 64, 1}, {CB_FLOAT, 16, 1}, {CB_BFLOAT, 16, 1},
                                    {CB_FLOAT, 32, 1}, {CB_FLOAT, 64, 1}};
    static const cb_type shifts[] = {{CB_INT, 8, 1}, {CB_UINT, 16, 1}, {CB_INT, 32, 1}, {CB_UINT, 64, 1}};
    static const unsigned lanes[] = {1, 16, 5};
    static const char *const targets[] = {"host", "host-o0", "x86-64-linux", "x86-64-linux-avx2"};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        for (size_t k = 0; k < COUNT_OF(lanes); k++)
            operations(types[i], shifts[(i + k) % 4], lanes[k], targets[(i + k) % 4]);
}

/* ---- shapes of loads and stores ------------------------------------------------------------------------
 * Every shape of index under every kind of predicate, in memory that ends (or begins) exactly where the
 * last (first) element touched does: the next page may not be read. */

enum { PAGE = 4096, PATTERNS = 16, PREDICATES = 5, MAX_LANES = 64 };

typedef struct access_case {
    int pattern, predicate;
    int64_t at[MAX_LANES];
    bool on[MAX_LANES];
    int64_t lo, hi;
    char *page, *memory; /* the guarded area, and where element lo is */
    ir_sym buffer;
} access_case;

typedef struct access_test {
    rig r;
    cb_type t;
    unsigned lanes;
    ir_sym base, stride, flag; /* parameters: i32 10, i32 37, bool true */
    ir_sym where;              /* i64 buffer: lane -> scattered index */
    ir_sym mask;               /* bool buffer */
    int64_t scattered[MAX_LANES];
    uint8_t masked[MAX_LANES];
    access_case c[PATTERNS * PREDICATES];
    unsigned n;
} access_test;

static const ir *wide_var(access_test *T, ir_sym s)
{
    return ir_cast(T->r.c, T_I64, ir_var(T->r.c, s));
}

static const ir *load_dense(access_test *T, cb_type t, ir_sym buffer)
{
    cb_context *c = T->r.c;
    const ir *at = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), T->lanes);
    return ir_load(c, type_lanes(t, T->lanes), buffer, 0, at, yes(&T->r, T->lanes));
}

/* The index of a pattern, and what it is in each lane; NULL: not for this number of lanes. */
static const ir *pattern(access_test *T, int kind, int64_t *at)
{
    cb_context *c = T->r.c;
    unsigned n = T->lanes, half = n / 2;
    const ir *b = wide_var(T, T->base), *s = wide_var(T, T->stride), *one = ir_i64(c, 1);
    const ir *x, *plain = ir_ramp(c, ir_addi(c, b, 3), one, n);
    static const int64_t strides[] = {1, -1, 2, 3, 4, -2, 7, 9};
    if (kind < 8) {
        for (unsigned i = 0; i < n; i++)
            at[i] = 10 + 5 + i * strides[kind];
        return ir_ramp(c, ir_addi(c, b, 5), ir_i64(c, strides[kind]), n);
    }
    if (kind >= 12 && n % 2)
        return NULL;
    for (unsigned i = 0; i < n; i++) {
        unsigned in = half ? i % half : 0, out = half ? i / half : 0;
        at[i] = kind == 8    ? 10
                : kind == 9  ? T->scattered[i]
                : kind == 10 ? 10 + (int64_t)i * 37
                : kind == 11 ? 10 + 3 + (int64_t)i + 37
                : kind == 12 ? 10 + (int64_t)in + 100 * out
                : kind == 13 ? 10 + (int64_t)in + 37 * out
                : kind == 14 ? 10 + 3 + (int64_t)in
                             : 10 + 2 * (int64_t)in + out;
    }
    switch (kind) {
    case 8: return ir_broadcast(c, b, n);
    case 9: return load_dense(T, T_I64, T->where);
    case 10: return ir_ramp(c, b, s, n);
    case 11: return ir_add(c, plain, ir_broadcast(c, s, n));
    case 12:
    case 13:
        x = half == 1 ? b : ir_ramp(c, b, one, half);
        return ir_ramp(c, x, ir_broadcast(c, kind == 12 ? ir_i64(c, 100) : s, half), 2);
    case 14:
        x = half == 1 ? ir_addi(c, b, 3) : ir_ramp(c, ir_addi(c, b, 3), one, half);
        return ir_broadcast(c, x, 2);
    default: /* in 32 bits, and transposed */
        x = ir_var(c, T->base);
        x = half == 1 ? x : ir_ramp(c, x, ir_i32(c, 2), half);
        return ir_cast(c, T_I64, ir_ramp(c, x, ir_broadcast(c, ir_i32(c, 1), half), 2));
    }
}

static const ir *predicate(access_test *T, int kind, bool *on)
{
    cb_context *c = T->r.c;
    unsigned n = T->lanes;
    for (unsigned i = 0; i < n; i++)
        on[i] = kind == 1 ? 10 + i < 12 : kind == 3 ? T->masked[i] : kind != 4;
    switch (kind) {
    case 0: return yes(&T->r, n);
    case 1: /* the tail of a loop */
        return ir_lt(c, ir_ramp(c, ir_var(c, T->base), ir_i32(c, 1), n), ir_int(c, type_lanes(T_I32, n), 12));
    case 2: return ir_broadcast(c, ir_var(c, T->flag), n);
    case 3: return load_dense(T, T_BOOL, T->mask);
    default: return ir_broadcast(c, ir_bool(c, false), n);
    }
}

/* Memory for elements lo..hi with a forbidden page on either side. */
static void fence(access_case *k, unsigned size, bool at_end)
{
    size_t need = (size_t)(k->hi - k->lo + 1) * size, pages = (need + PAGE - 1) / PAGE;
    k->page = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(k->page != MAP_FAILED);
    assert_int_equal(mprotect(k->page + PAGE, pages * PAGE, PROT_READ | PROT_WRITE), 0);
    k->memory = k->page + PAGE + (at_end ? pages * PAGE - need : 0);
    memset(k->memory, 0, need);
}

static void unfence(const access_case *k, unsigned size)
{
    size_t need = (size_t)(k->hi - k->lo + 1) * size;
    munmap(k->page, ((need + PAGE - 1) / PAGE + 2) * PAGE);
}

/* Element e of the test's data: any value, 0 or 1 for bool. */
static uint64_t datum(cb_type t, int64_t e)
{
    uint64_t v = (uint64_t)e * 0x9e3779b97f4a7c15u >> 7;
    return type_is_bool(t) ? v & 1 : v;
}

static void access_open(access_test *T, cb_type t, unsigned lanes, const char *target)
{
    memset(T, 0, sizeof *T);
    rig *r = &T->r;
    rig_open(r, target);
    T->t = t;
    T->lanes = lanes;
    T->where = argument(r, "where", T_I64, 1, false);
    T->mask = argument(r, "mask", T_BOOL, 1, false);
    T->base = scalar(r, "base", T_I32);
    T->stride = scalar(r, "stride", T_I32);
    T->flag = scalar(r, "flag", T_BOOL);
    for (unsigned i = 0; i < lanes; i++) {
        T->scattered[i] = (int64_t)(i * 29 % 67) + 5;
        T->masked[i] = i % 3 != 1;
    }
}

static access_case *new_case(access_test *T, int kind, int pred, const ir **index, const ir **mask)
{
    access_case *k = &T->c[T->n];
    *k = (access_case){.pattern = kind, .predicate = pred};
    *index = pattern(T, kind, k->at);
    *mask = predicate(T, pred, k->on);
    if (!*index)
        return NULL;
    k->lo = 1;
    k->hi = 0;
    for (unsigned i = 0; i < T->lanes; i++) {
        if (!k->on[i])
            continue;
        bool first = k->lo > k->hi;
        k->lo = first || k->at[i] < k->lo ? k->at[i] : k->lo;
        k->hi = first || k->at[i] > k->hi ? k->at[i] : k->hi;
    }
    T->n++;
    return k;
}

/* Calls with the guarded memories as one half of the arguments and `dense` as the other. */
static void access_call(access_test *T, bool guarded_are_inputs, char *dense)
{
    static plane planes[2 * PATTERNS * PREDICATES + 2];
    static void *args[2 * PATTERNS * PREDICATES + 8];
    unsigned bytes = type_bytes(T->t), n = 0;
    int32_t base = 10, stride = 37;
    uint8_t flag = 1;
    plane *p = planes;
    plane_init(p, T->scattered, T_I64, (int32_t)T->lanes);
    args[n++] = &p++->b;
    plane_init(p, T->masked, T_BOOL, (int32_t)T->lanes);
    args[n++] = &p++->b;
    for (int half = 0; half < 2; half++) {
        if (half == 1) {
            args[n++] = &base;
            args[n++] = &stride;
            args[n++] = &flag;
        }
        for (unsigned i = 0; i < T->n; i++, p++) {
            access_case *k = &T->c[i];
            if ((half == 0) == guarded_are_inputs)
                plane_init(p, k->memory - k->lo * bytes, T->t, 1);
            else
                plane_init(p, dense + (size_t)i * T->lanes * bytes, T->t, (int32_t)T->lanes);
            args[n++] = &p->b;
        }
    }
    assert_int_equal(T->r.argv(&T->r.env, args), 0);
}

static void bad_access(const access_test *T, const access_case *k, const char *what, int64_t lane, uint64_t got, uint64_t want)
{
    char name[16];
    fail_msg("%s of %u lanes of %s on %s, pattern %d, predicate %d: %lld is %llx, not %llx", what, T->lanes,
             type_name(T->t, name), T->r.target.text, k->pattern, k->predicate, (long long)lane,
             (unsigned long long)got, (unsigned long long)want);
}

static void loads(cb_type t, unsigned lanes, const char *target)
{
    static access_test T;
    access_open(&T, t, lanes, target);
    cb_context *c = T.r.c;
    unsigned bytes = type_bytes(t);
    const ir *index, *mask, *body[PATTERNS * PREDICATES];
    const ir *dense = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), lanes);
    for (int kind = 0; kind < PATTERNS; kind++) {
        for (int pred = 0; pred < PREDICATES; pred++) {
            access_case *k = new_case(&T, kind, pred, &index, &mask);
            if (!k)
                continue;
            ir_sym in = argument(&T.r, "in", t, 1, false), out = argument(&T.r, "out", t, 1, true);
            const ir *v = ir_load(c, type_lanes(t, lanes), in, 0, index, mask);
            body[T.n - 1] = ir_store(c, out, 0, dense, v, yes(&T.r, lanes));
        }
    }
    T.r.L->body = ir_block(c, body, T.n);
    build(&T.r);
    char *result = calloc((size_t)T.n * lanes, bytes);
    for (int at_end = 0; at_end < 2; at_end++) {
        for (unsigned i = 0; i < T.n; i++) {
            fence(&T.c[i], bytes, at_end);
            for (int64_t e = T.c[i].lo; e <= T.c[i].hi; e++) {
                uint64_t v = datum(t, e);
                memcpy(T.c[i].memory + (e - T.c[i].lo) * bytes, &v, bytes);
            }
        }
        access_call(&T, true, result);
        for (unsigned i = 0; i < T.n; i++) {
            for (unsigned l = 0; l < lanes; l++) {
                uint64_t got = 0, want = 0, v = datum(t, T.c[i].at[l]);
                memcpy(&got, result + ((size_t)i * lanes + l) * bytes, bytes);
                memcpy(&want, &v, bytes);
                if (!T.c[i].on[l])
                    want = 0;
                if (got != want)
                    bad_access(&T, &T.c[i], "load", l, got, want);
            }
            unfence(&T.c[i], bytes);
        }
    }
    free(result);
    rig_close(&T.r);
}

static void stores(cb_type t, unsigned lanes, const char *target)
{
    static access_test T;
    access_open(&T, t, lanes, target);
    cb_context *c = T.r.c;
    unsigned bytes = type_bytes(t);
    const ir *index, *mask, *body[PATTERNS * PREDICATES];
    const ir *dense = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), lanes);
    for (int kind = 0; kind < PATTERNS; kind++) {
        for (int pred = 0; pred < PREDICATES; pred++) {
            if (kind == 8 || kind == 14) /* one element twice */
                continue;
            access_case *k = new_case(&T, kind, pred, &index, &mask);
            if (!k)
                continue;
            ir_sym in = argument(&T.r, "in", t, 1, false), out = argument(&T.r, "out", t, 1, true);
            const ir *v = ir_load(c, type_lanes(t, lanes), in, 0, dense, yes(&T.r, lanes));
            body[T.n - 1] = ir_store(c, out, 0, index, v, mask);
        }
    }
    T.r.L->body = ir_block(c, body, T.n);
    build(&T.r);
    char *source = calloc((size_t)T.n * lanes, bytes);
    for (unsigned i = 0; i < T.n * lanes; i++) {
        uint64_t v = datum(t, i + 1);
        memcpy(source + (size_t)i * bytes, &v, bytes);
    }
    for (int at_end = 0; at_end < 2; at_end++) {
        for (unsigned i = 0; i < T.n; i++) {
            fence(&T.c[i], bytes, at_end);
            memset(T.c[i].memory, 0xa5, (size_t)(T.c[i].hi - T.c[i].lo + 1) * bytes);
        }
        access_call(&T, false, source);
        for (unsigned i = 0; i < T.n; i++) {
            access_case *k = &T.c[i];
            for (int64_t e = k->lo; e <= k->hi; e++) {
                uint64_t got = 0, want = 0, v = 0xa5a5a5a5a5a5a5a5u;
                memcpy(&got, k->memory + (e - k->lo) * bytes, bytes);
                memcpy(&want, &v, bytes);
                for (unsigned l = 0; l < lanes; l++)
                    if (k->on[l] && k->at[l] == e)
                        memcpy(&want, source + ((size_t)i * lanes + l) * bytes, bytes);
                if (got != want)
                    bad_access(&T, k, "store", e, got, want);
            }
            unfence(k, bytes);
        }
    }
    free(source);
    rig_close(&T.r);
}

static void test_accesses(void **state)
{
    (void)state;
    static const cb_type types[] = {{CB_UINT, 8, 1}, {CB_UINT, 16, 1}, {CB_INT, 32, 1}, {CB_FLOAT, 64, 1}, {CB_UINT, 1, 1}};
    static const unsigned lanes[] = {2, 8, 32, 5, 16, 64, 3};
    static const char *const targets[] = {"host", "host-o0", "x86-64-linux", "x86-64-linux-avx2"};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        for (size_t k = 0; k < COUNT_OF(targets); k++) {
            loads(types[i], lanes[(i + 2 * k) % COUNT_OF(lanes)], targets[k]);
            stores(types[i], lanes[(i + 2 * k + 1) % COUNT_OF(lanes)], targets[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_accesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
