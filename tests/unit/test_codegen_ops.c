/* Code generation of expressions: every operation on every type, against value.c. */
#include "codegen_rig.h"

enum { MAX_ARGS = 160 };

/* ---- every operation on every type ----------------------------------------------------------- */

enum { N = 320 };

static uint64_t next_random(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return *s >> 11 ^ *s << 31;
}

static ir_value some_value(cb_type t, unsigned i, uint64_t *seed)
{
    static const int64_t ints[] = {0,  1,  -1, 2,  -2,  3,   7,   -7,   8,
                                   31, 32, 63, 64, -64, 100, 127, -128, 255};
    static const double floats[] = {0,     -0.0,  1,   -1,   0.5,   -0.5, 2.5,  3.5,  -2.5, 1e-3,
                                    127.5, 255.5, 256, -129, 65504, 1e9,  -3e9, 1e19, 1e-40};
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
    v.i = i % 3 == 0   ? (int64_t)w
          : i % 7 == 1 ? type_min(t)
          : i % 7 == 2 ? type_max(t)
                       : ints[w % COUNT_OF(ints)];
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

static void fixed_cases(op_test *T)
{
    static const ir_op two[] = {IR_SAT_ADD, IR_SAT_SUB, IR_HALF_ADD, IR_HALF_SUB, IR_HALF_ADD_UP,
                                IR_ABSD};
    static const ir_op one[] = {IR_POPCOUNT, IR_CLZ, IR_CTZ};
    cb_context *c = T->r.c;
    const ir *a = T->x[0], *b = T->x[1];
    for (size_t i = 0; i < COUNT_OF(two); i++)
        op2(T, two[i]);
    for (size_t i = 0; i < COUNT_OF(one); i++)
        op1(T, one[i], ir_un(c, one[i], a));
    for (int i = 0; i < 4; i++) {
        static const ir_op shifts[] = {IR_ROUND_SHL, IR_ROUND_SHR, IR_MUL_SHR, IR_ROUND_MUL_SHR};
        bool product = i >= 2;
        op_case o = {.op = shifts[i], .operand = {T->t, T->t, T->type[2]}, .which = {0, 1, 2}};
        if (!product) {
            o.operand[1] = T->type[2];
            o.which[1] = 2;
        }
        add_case(T, o, product ? ir_tri(c, shifts[i], a, b, T->x[2]) : ir_bin(c, shifts[i], a, T->x[2]));
        for (int64_t k = -2; k <= 2 * T->t.bits + 1; k += k < 2 ? 1 : T->t.bits / 2 - (k == 2)) {
            cb_type ct = T_I32;
            ct.lanes = a->type.lanes;
            o.operand[product ? 2 : 1] = T_I32;
            o.which[product ? 2 : 1] = 3;
            o.constant.i = k;
            const ir *n = ir_int(c, ct, k);
            add_case(T, o, product ? ir_tri(c, shifts[i], a, b, n) : ir_bin(c, shifts[i], a, n));
        }
    }
}

static void all_cases(op_test *T)
{
    static const ir_op arith[] = {IR_ADD, IR_SUB, IR_MUL, IR_DIV, IR_MOD, IR_MIN, IR_MAX,
                                  IR_EQ, IR_NE, IR_LT, IR_LE};
    static const ir_op bits[] = {IR_BIT_AND, IR_BIT_OR, IR_BIT_XOR, IR_DIV_TZ, IR_MOD_TZ};
    static const ir_op math[] = {IR_SQRT,  IR_EXP,  IR_LOG,   IR_SIN,  IR_COS,  IR_TAN,
                                 IR_ASIN,  IR_ACOS, IR_ATAN,  IR_SINH, IR_COSH, IR_TANH,
                                 IR_FLOOR, IR_CEIL, IR_ROUND, IR_TRUNC, IR_ERF,  IR_EXP2,
                                 IR_EXPM1, IR_LOG2, IR_LOG10, IR_LOG1P, IR_ASINH, IR_ACOSH, IR_ATANH};
    static const ir_op strict[] = {IR_STRICT_ADD, IR_STRICT_SUB, IR_STRICT_MUL, IR_STRICT_DIV,
                                   IR_STRICT_MOD, IR_STRICT_MIN, IR_STRICT_MAX};
    static const int64_t divisors[] = {3, 7, -3, 16, -8, 1, -1, 255, 641, INT64_MIN, 0};
    static const cb_type types[] = {{CB_INT, 8, 1},    {CB_INT, 16, 1},    {CB_INT, 32, 1},
                                    {CB_INT, 64, 1},   {CB_UINT, 1, 1},    {CB_UINT, 8, 1},
                                    {CB_UINT, 16, 1},  {CB_UINT, 32, 1},   {CB_UINT, 64, 1},
                                    {CB_FLOAT, 16, 1}, {CB_BFLOAT, 16, 1}, {CB_FLOAT, 32, 1},
                                    {CB_FLOAT, 64, 1}};
    cb_context *c = T->r.c;
    const ir *a = T->x[0], *b = T->x[1];
    bool is_float = type_is_float(T->t), is_bool = type_is_bool(T->t);
    for (size_t i = is_bool ? 7 : 0; i < COUNT_OF(arith); i++)
        op2(T, arith[i]);
    op1(T, IR_CAST, ir_cast(c, T_BOOL, a));
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (!type_eq(types[i], T->t))
            add_case(T, (op_case){.op = IR_CAST, .operand = {T->t}, .which = {0}},
                     ir_cast(c, types[i], a));
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
        op2(T, IR_ABSD);
        add_case(T, (op_case){.op = IR_FMA, .operand = {T->t, T->t, T->t}, .which = {0, 1, 0}},
                 ir_tri(c, IR_FMA, a, b, a));
        for (size_t i = 0; i < COUNT_OF(strict); i++)
            op2(T, strict[i]);
        op2(T, IR_ATAN2);
        op2(T, IR_HYPOT);
        op2(T, IR_POW);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(bits); i++)
        op2(T, bits[i]);
    op1(T, IR_BIT_NOT, ir_un(c, IR_BIT_NOT, a));
    fixed_cases(T);
    for (size_t i = 0; i < COUNT_OF(divisors); i++) {
        op2_constant(T, IR_DIV, divisors[i]);
        op2_constant(T, IR_MOD, divisors[i]);
    }
    for (int left = 0; left < 2; left++)
        add_case(
            T,
            (op_case){.op = left ? IR_SHL : IR_SHR, .operand = {T->t, T->type[2]}, .which = {0, 2}},
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
    if (ir_is_strict(c->op))
        return want.f == got.f && !signbit(want.f) == !signbit(got.f);
    if (want.f == got.f)
        return true;
    bool exact = ir_ops[c->op].cls != IRC_MATH1 && ir_ops[c->op].cls != IRC_MATH2;
    double unit = c->result.bits == 64 ? 0x1p-52 : c->result.bits == 32 ? 0x1p-23
                  : c->result.code == CB_FLOAT ? 0x1p-10 : 0x1p-7;
    double smallest = c->result.bits == 64 ? 0x1p-1074 : c->result.bits == 32 ? 0x1p-148
                      : c->result.code == CB_FLOAT ? 0x1p-24 : 0x1p-133;
    if (exact)
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
        fail_msg(
            "%s on %s to %s, %u lanes, target %s: (%lld|%g, %lld|%g) gives %lld|%g, not %lld|%g",
            ir_ops[c->op].spelling, type_name(T->t, t), type_name(c->result, res), T->lanes,
            T->r.target.text, (long long)arg[0].i, arg[0].f, (long long)arg[1].i, arg[1].f,
            (long long)got.i, got.f, (long long)want.i, want.f);
    }
}

static void free_data(op_test *T)
{
    for (unsigned k = 0; k < T->n; k++)
        free(T->c[k].data);
    for (int k = 0; k < 3; k++)
        free(T->data[k]);
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
        vec_push(c->a, &body,
                 ir_store(c, r->L->outputs.at[k]->buffer[0], 0, at, T.c[k].value, yes(r, lanes)));
    r->L->body = loop(r, i, N / lanes, ir_block(c, body.at, body.n));
    if (r->target.arch != target_host().arch) { /* nothing to run it on: it must compile */
        size_t n = 0;
        assert_non_null(emit(r, CG_OBJECT, &n));
        free_data(&T);
        rig_close(r);
        return;
    }
    build(r);
    static plane planes[MAX_ARGS];
    void *args[MAX_ARGS];
    for (unsigned k = 0; k < T.n + 3; k++) {
        bool in = k < 3;
        plane_init(&planes[k], in ? T.data[k] : T.c[k - 3].data, in ? T.type[k] : T.c[k - 3].result,
                   N);
        args[k] = &planes[k].b;
    }
    assert_int_equal(r->argv(&r->env, args), 0);
    for (unsigned k = 0; k < T.n; k++)
        check_case(&T, &T.c[k]);
    free_data(&T);
    rig_close(r);
}

static void test_operations(void **state)
{
    (void)state;
    static const cb_type types[] = {{CB_INT, 8, 1},    {CB_INT, 16, 1},    {CB_INT, 32, 1},
                                    {CB_INT, 64, 1},   {CB_UINT, 1, 1},    {CB_UINT, 8, 1},
                                    {CB_UINT, 16, 1},  {CB_UINT, 32, 1},   {CB_UINT, 64, 1},
                                    {CB_FLOAT, 16, 1}, {CB_BFLOAT, 16, 1}, {CB_FLOAT, 32, 1},
                                    {CB_FLOAT, 64, 1}};
    static const cb_type shifts[] = {
        {CB_INT, 8, 1}, {CB_UINT, 16, 1}, {CB_INT, 32, 1}, {CB_UINT, 64, 1}};
    static const unsigned lanes[] = {1, 16, 5};
    static const char *const targets[] = {"host", "host-o0", "x86-64-linux", "x86-64-linux-avx2"};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        operations(types[i], shifts[i % 4], lanes[i % 3], "arm-64-linux");
    for (size_t i = 0; i < COUNT_OF(types); i++)
        for (size_t k = 0; k < COUNT_OF(lanes); k++)
            operations(types[i], shifts[(i + k) % 4], lanes[k], targets[(i + k) % 4]);
}

/* ---- floats: exp and log for many values, the same for every number of lanes ----------------- */

static double worst(ir_op op, unsigned lanes, const char *target, float *in, float *out, int n)
{
    rig r;
    rig_open(&r, target);
    cb_context *c = r.c;
    ir_sym a = argument(&r, "a", T_F32, 1, false), b = argument(&r, "b", T_F32, 1, true);
    ir_sym i = ir_sym_new(c, "i", SYM_LOOP, T_I32, NULL);
    const ir *at = index_of(&r, i, lanes);
    const ir *x = ir_load(c, type_lanes(T_F32, lanes), a, 0, at, yes(&r, lanes));
    r.L->body = loop(&r, i, n / (int)lanes, ir_store(c, b, 0, at, ir_un(c, op, x), yes(&r, lanes)));
    build(&r);
    plane pa, pb;
    plane_init(&pa, in, T_F32, n);
    plane_init(&pb, out, T_F32, n);
    assert_int_equal(r.argv(&r.env, (void *[]){&pa.b, &pb.b}), 0);
    rig_close(&r);
    double most = 0;
    for (int k = 0; k < n; k++) {
        double want = op == IR_EXP ? exp((double)in[k]) : log((double)in[k]);
        float w = (float)want;
        if (isnan(w) || isinf(w) || w == 0) {
            assert_true((isnan(w) && isnan(out[k])) || w == out[k] ||
                        (fabsf(out[k]) < 1e-44f && fabsf(w) < 1e-44f));
            continue;
        }
        double unit = fabs((double)nextafterf(w, INFINITY) - (double)w);
        double ulp = fabs((double)out[k] - want) / unit;
        most = ulp > most ? ulp : most;
    }
    return most;
}

static void test_polynomials(void **state)
{
    (void)state;
    enum { COUNT = 1 << 16 };
    static float in[COUNT], vector[COUNT], one[COUNT];
    static const char *const targets[] = {"host", "x86-64-linux"};
    for (int op = 0; op < 2; op++) {
        for (unsigned k = 0; k < COUNT; k++) {
            uint32_t bits = k * 65537u + k % 251;
            memcpy(&in[k], &bits, sizeof bits);
            if (op == 0 && k % 2)
                in[k] = (float)k / COUNT * 195 - 105;
        }
        for (size_t t = 0; t < COUNT_OF(targets); t++) {
            double e = worst(op ? IR_LOG : IR_EXP, 16, targets[t], in, vector, COUNT);
            if (e > 2)
                fail_msg("%s: %g ulp", op ? "log" : "exp", e);
            worst(op ? IR_LOG : IR_EXP, 1, targets[t], in, one, COUNT);
            assert_memory_equal(vector, one, sizeof one);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_polynomials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
