/* tests/math/main.c: how exact the compiled elementary functions are, measured against MPFR.
 *
 *     build/tests/math                       every function, a sample of each binary exponent
 *     build/tests/math --samples 200000 sin  more of them, one function
 *     build/tests/math --every exp           all 2^32 floats, in some minutes
 *     build/tests/math --target x86-64-linux
 *
 * Prints the worst error per function, type and number of lanes, and where it is; fails above the
 * bound of the table below, which docs/semantics.md states. Zeros (with their sign), infinities and
 * NaN must be what the C standard says; every number of lanes must give the same bits.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef HAVE_MPFR
int main(void)
{
    puts("configure did not find MPFR (package: libmpfr-dev)");
    return 77;
}
#else
#include <mpfr.h>

#include "../../codegen/codegen.h"

/* ---- what is measured ------------------------------------------------------------------------- */

/* How an error is counted: in units of the last place of the exact result; relative to it;
 * absolute; relative to max(1, |result|); relative to the result times max(1, |y log x|). */
typedef enum measure { ULP, RELATIVE, ABSOLUTE, FROM_ONE, OF_POWER } measure;

typedef struct function {
    ir_op op;
    int (*ref1)(mpfr_t, const mpfr_t, mpfr_rnd_t);
    int (*ref2)(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t);
    measure how;
    double f32, f64; /* bounds */
    double from, to; /* of fast functions: where they promise something */
} function;

static int inverse(mpfr_t r, const mpfr_t x, mpfr_rnd_t m) { return mpfr_ui_div(r, 1, x, m); }
static int inverse_sqrt(mpfr_t r, const mpfr_t x, mpfr_rnd_t m) { return mpfr_rec_sqrt(r, x, m); }

static const function functions[] = {
    {IR_EXP, mpfr_exp, NULL, ULP, 2, 1, 0, 0},
    {IR_EXP2, mpfr_exp2, NULL, ULP, 0.51, 1, 0, 0},
    {IR_EXPM1, mpfr_expm1, NULL, ULP, 0.51, 1, 0, 0},
    {IR_LOG, mpfr_log, NULL, ULP, 2, 1, 0, 0},
    {IR_LOG2, mpfr_log2, NULL, ULP, 0.51, 1, 0, 0},
    {IR_LOG10, mpfr_log10, NULL, ULP, 0.51, 1, 0, 0},
    {IR_LOG1P, mpfr_log1p, NULL, ULP, 0.51, 1, 0, 0},
    {IR_SIN, mpfr_sin, NULL, ULP, 0.51, 1, 0, 0},
    {IR_COS, mpfr_cos, NULL, ULP, 0.51, 1, 0, 0},
    {IR_TAN, mpfr_tan, NULL, ULP, 0.51, 1, 0, 0},
    {IR_ASIN, mpfr_asin, NULL, ULP, 0.51, 1, 0, 0},
    {IR_ACOS, mpfr_acos, NULL, ULP, 0.51, 1, 0, 0},
    {IR_ATAN, mpfr_atan, NULL, ULP, 0.51, 1, 0, 0},
    {IR_SINH, mpfr_sinh, NULL, ULP, 0.51, 1.5, 0, 0},
    {IR_COSH, mpfr_cosh, NULL, ULP, 0.51, 1.5, 0, 0},
    {IR_TANH, mpfr_tanh, NULL, ULP, 0.51, 1.5, 0, 0},
    {IR_ASINH, mpfr_asinh, NULL, ULP, 0.51, 1.5, 0, 0},
    {IR_ACOSH, mpfr_acosh, NULL, ULP, 0.51, 1.5, 0, 0},
    {IR_ATANH, mpfr_atanh, NULL, ULP, 0.51, 1.5, 0, 0},
    {IR_ERF, mpfr_erf, NULL, ULP, 0.51, 1.5, 0, 0},
    {IR_POW, NULL, mpfr_pow, ULP, 0.51, 1, 0, 0},
    {IR_ATAN2, NULL, mpfr_atan2, ULP, 0.51, 1, 0, 0},
    {IR_HYPOT, NULL, mpfr_hypot, ULP, 0.51, 1, 0, 0},
    {IR_SQRT, mpfr_sqrt, NULL, ULP, 0.5, 0.5, 0, 0},
    {IR_FAST_EXP, mpfr_exp, NULL, RELATIVE, 0x1p-18, 0x1p-18, -87, 88},
    {IR_FAST_LOG, mpfr_log, NULL, FROM_ONE, 0x1p-18, 0x1p-18, 0x1p-126, 0x1p127},
    {IR_FAST_SIN, mpfr_sin, NULL, ABSOLUTE, 0x1p-17, 0x1p-17, -8192, 8192},
    {IR_FAST_COS, mpfr_cos, NULL, ABSOLUTE, 0x1p-17, 0x1p-17, -8192, 8192},
    {IR_FAST_POW, NULL, mpfr_pow, OF_POWER, 0x1p-16, 0x1p-16, 0x1p-126, 0x1p127},
    {IR_FAST_INVERSE, inverse, NULL, RELATIVE, 0x1p-17, 0x1p-17, -0x1p125, 0x1p125},
    {IR_FAST_INVERSE_SQRT, inverse_sqrt, NULL, RELATIVE, 0x1p-17, 0x1p-17, 0x1p-126, 0x1p127},
};

typedef struct options {
    const char *target, *only;
    long samples;
    bool every;
} options;

/* ---- one compiled function --------------------------------------------------------------------- */

typedef struct compiled {
    cb_context *c;
    jit_code *code;
    int (*argv)(const cb_env *env, void **args);
} compiled;

static ir_sym argument(low *L, const char *name, cb_type t, bool output)
{
    low_func *f = NEW(L->ctx->a, low_func);
    f->L = L;
    f->name = name;
    f->rank = 1;
    f->nvalues = 1;
    f->types = NEW(L->ctx->a, cb_type);
    f->types[0] = t;
    f->is_output = output;
    f->is_input = !output;
    f->buffer = NEW(L->ctx->a, ir_sym);
    f->buffer[0] = ir_sym_new(L->ctx, name, SYM_BUFFER, t, NULL);
    if (output)
        vec_push(L->ctx->a, &L->outputs, f);
    else
        vec_push(L->ctx->a, &L->inputs, f);
    return f->buffer[0];
}

/* for i in [0, n/lanes): out[i*lanes ..] = op(a[i*lanes ..], b[i*lanes ..]) */
static low *program(cb_context *c, ir_op op, cb_type t, unsigned lanes, int n)
{
    low *L = NEW(c->a, low);
    pipeline *p = NEW(c->a, pipeline);
    p->ctx = L->ctx = c;
    p->name = "f";
    L->pipe = p;
    ir_sym a = argument(L, "a", t, false), b = argument(L, "b", t, false), out = argument(L, "out", t, true);
    ir_sym i = ir_sym_new(c, "i", SYM_LOOP, T_I32, NULL);
    const ir *at = ir_muli(c, ir_cast(c, T_I64, ir_var(c, i)), lanes);
    at = ir_ramp(c, at, ir_i64(c, 1), lanes);
    const ir *yes = ir_broadcast(c, ir_bool(c, true), lanes);
    const ir *x = ir_load(c, type_lanes(t, lanes), a, 0, at, yes);
    const ir *y = ir_load(c, type_lanes(t, lanes), b, 0, at, yes);
    const ir *v = ir_ops[op].nargs == 1 ? ir_un(c, op, x) : ir_bin(c, op, x, y);
    L->body = ir_for(c, i, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, n / (int)lanes), ir_store(c, out, 0, at, v, yes));
    return L;
}

static bool compile(compiled *k, const char *target, ir_op op, cb_type t, unsigned lanes, int n)
{
    cg_target parsed;
    const char *near, *object = NULL;
    size_t size = 0;
    guard g;
    volatile bool ok = false;
    k->c = ctx_new(NULL);
    if (!k->c || target_parse(target, &parsed, &near))
        return false;
    if (guard_enter(&g, &k->c->esc)) {
        ok = cg_llvm(program(k->c, op, t, lanes, n), &parsed, "f", CG_OBJECT, &object, &size);
        guard_leave(&g, &k->c->esc);
    }
    k->code = ok ? jit_load(k->c, object, size, "f") : NULL;
    if (!k->code)
        return false;
    void *at = jit_symbol(k->code, "f_argv");
    memcpy(&k->argv, &at, sizeof at);
    return at != NULL;
}

static void run(compiled *k, cb_type t, int n, void *a, void *b, void *out)
{
    cb_buffer buffer[3];
    cb_dim dim[3] = {{.extent = n}, {.extent = n}, {.extent = n}};
    void *memory[3] = {a, b, out}, *args[3];
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION};
    for (int i = 0; i < 3; i++) {
        dim[i].stride = 1;
        cb_buffer_init(&buffer[i], memory[i], t, 1, &dim[i]);
        args[i] = &buffer[i];
    }
    if (k->argv(&env, args))
        puts("the compiled code reports an error");
}

static void drop(compiled *k)
{
    jit_free(k->code);
    ctx_free(k->c);
}

/* ---- samples ---------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *s)
{
    *s += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *s;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static const double special[] = {
    0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 10, 0.1, 1e-300, -1e300, 1e-30, 1e30, INFINITY, -INFINITY, NAN,
    0x1p-1022, 0x1p-1074, 0x1.fffffffffffffp1023, 0x1p-126, 0x1p-149, 0x1.fffffep127, 0x1.fffffep-1,
    0x1.fffffffffffffp-1, 0x1.0000000000001p0, 0x1.000002p0, 88.72283, 88.72284, -87.33655, -103.97, -104,
    709.782712893384, 709.7827128933841, -708.3964185322641, -745.1332191019411, -745.2, 710.4758600739439,
    710.5, 89.415986, 127.99999, 128, -149, -150, 1023.9999999999999, 1024, -1074, -1075, 0x1.921fb54442d18p0,
    0x1.921fb6p0, 0x1.921fb54442d18p1, 0x1.5fdbbe9bba775p2, 6381956970095103.0 * 0x1p797, 16367173.0 * 0x1p72,
    0.6, 5.9, 4503599627370497.0, 9007199254740993.0, 9007199254740992.0, 0x1p52, 0x1p53, 2.5, -2.5, 1e5};

/* Every exponent about equally often; the values of an interval more often than that. */
static double sample(const function *f, cb_type t, long i, uint64_t *seed, bool second)
{
    uint64_t w = next_random(seed), e = next_random(seed);
    bool is_double = t.bits == 64;
    long count = COUNT_OF(special);
    double v;
    if (i < count * count) {
        v = special[second ? i / count : i % count];
    } else if (i % 3 == 0) {
        uint64_t bits = is_double ? (w & UINT64_C(0x800fffffffffffff)) | (e % 2047) << 52
                                  : (w & 0x807fffff) | (e % 255) << 23;
        v = value_from_bits(t, bits).f;
    } else if (i % 3 == 1) { /* around 1 */
        v = ldexp((double)(int64_t)w * 0x1p-63, (int)(e % 12) - 3);
    } else if (f->op == IR_POW) { /* results within range */
        v = second ? ldexp((double)(int64_t)w * 0x1p-63, (int)(e % 10)) : 1 + (double)(int64_t)w * 0x1p-64;
    } else {
        v = (double)(int64_t)w * 0x1p-63 * (e % 2 ? 800 : 100);
    }
    if (f->to > f->from && !second) {
        if (f->to <= 1e4) /* an interval of angles or exponents */
            v = isfinite(v) ? fmod(v, f->to) : 1;
        else if (f->from > 0)
            v = fabs(v);
        else if (fabs(v) < 0x1p-125)
            v = 3;
        if (!(v >= f->from && v <= f->to))
            v = 1.5;
    }
    if (f->op == IR_FAST_POW && second && !(fabs(v) <= 100))
        v = 0.75;
    return value_round(t, v);
}

/* ---- errors ----------------------------------------------------------------------------------- */

typedef struct reference {
    mpfr_t x, y, r, d, u;
} reference;

static void evaluate(const function *f, reference *R, double x, double y)
{
    mpfr_set_d(R->x, x, MPFR_RNDN);
    mpfr_set_d(R->y, y, MPFR_RNDN);
    if (f->ref1)
        f->ref1(R->r, R->x, MPFR_RNDN);
    else
        f->ref2(R->r, R->x, R->y, MPFR_RNDN);
}

/* The weight of the last place of the exact result in type t. */
static void last_place(mpfr_t u, const mpfr_t r, cb_type t)
{
    long digits = t.bits == 64 ? 53 : 24, least = t.bits == 64 ? -1021 : -125;
    long e = mpfr_zero_p(r) || mpfr_get_exp(r) < least ? least : mpfr_get_exp(r);
    mpfr_set_ui_2exp(u, 1, e - digits, MPFR_RNDN);
}

static double error_of(const function *f, reference *R, cb_type t, double x, double got)
{
    if (mpfr_nan_p(R->r) || isnan(got))
        return mpfr_nan_p(R->r) && isnan(got) ? 0 : INFINITY;
    double top = t.bits == 64 ? 0x1.fffffffffffffp1023 : 0x1.fffffep127;
    if (mpfr_inf_p(R->r))
        return isinf(got) && (got < 0) == (mpfr_sgn(R->r) < 0) ? 0 : INFINITY;
    if (mpfr_zero_p(R->r))
        return got == 0 && (f->how != ULP || !signbit(got) == !mpfr_signbit(R->r)) ? 0
               : f->how == ABSOLUTE ? fabs(got) : INFINITY;
    mpfr_set_d(R->d, isinf(got) ? copysign(top, got) : got, MPFR_RNDN);
    last_place(R->u, R->r, t);
    if (isinf(got)) { /* infinity stands for the number after the largest */
        if (got > 0)
            mpfr_add(R->d, R->d, R->u, MPFR_RNDN);
        else
            mpfr_sub(R->d, R->d, R->u, MPFR_RNDN);
        if (mpfr_cmpabs(R->r, R->d) >= 0)
            return 0;
    }
    if (got == 0 && !signbit(got) != !mpfr_signbit(R->r) && f->how == ULP)
        return INFINITY;
    mpfr_sub(R->d, R->d, R->r, MPFR_RNDN);
    if (f->how == ULP)
        mpfr_div(R->d, R->d, R->u, MPFR_RNDN);
    else if (f->how == RELATIVE || f->how == OF_POWER || (f->how == FROM_ONE && mpfr_cmpabs_ui(R->r, 1) > 0))
        mpfr_div(R->d, R->d, R->r, MPFR_RNDN);
    double e = fabs(mpfr_get_d(R->d, MPFR_RNDN));
    if (f->how == OF_POWER) {
        double l = fabs(log(x) * mpfr_get_d(R->y, MPFR_RNDN));
        if (l > 80) /* out of range in f32, or nearly */
            return 0;
        e /= fmax(1, l);
    }
    return e;
}

typedef struct worst {
    double error, x, y, got;
} worst;

static void note(worst *w, double e, double x, double y, double got)
{
    if (e > w->error || (e == w->error && w->error == 0))
        *w = (worst){e, x, y, got};
}

static double load(cb_type t, const void *p, long i)
{
    if (t.bits == 64) {
        double v;
        memcpy(&v, (const char *)p + i * 8, sizeof v);
        return v;
    }
    float v;
    memcpy(&v, (const char *)p + i * 4, sizeof v);
    return (double)v;
}

static void store(cb_type t, void *p, long i, double v)
{
    float s = (float)v;
    if (t.bits == 64)
        memcpy((char *)p + i * 8, &v, sizeof v);
    else
        memcpy((char *)p + i * 4, &s, sizeof s);
}

/* Different bits, where NaN equals NaN. */
static bool differ(double a, double b)
{
    return !(isnan(a) && isnan(b)) && (a != b || !signbit(a) != !signbit(b));
}

/* ---- the sweep -------------------------------------------------------------------------------- */

static int failures;

static void complain(const char *format, const function *f, cb_type t, unsigned lanes, double x, double y)
{
    char name[16];
    printf(format, ir_ops[f->op].spelling, type_name(t, name), lanes, x, y);
    failures++;
}

static void report(const function *f, cb_type t, unsigned lanes, const worst *w)
{
    char name[16], unit[32];
    double bound = t.bits == 64 ? f->f64 : f->f32;
    bool bad = !(w->error <= bound);
    if (f->how == ULP)
        snprintf(unit, sizeof unit, "%.4f ulp", w->error);
    else
        snprintf(unit, sizeof unit, "2^%.1f", log2(w->error));
    printf("%-18s %s x%-3u %-12s at %a", ir_ops[f->op].spelling, type_name(t, name), lanes, unit, w->x);
    if (ir_ops[f->op].nargs == 2)
        printf(", %a", w->y);
    if (bad)
        printf("  gives %a: above the bound %g", w->got, bound);
    puts("");
    failures += bad;
}

static void measure_type(const options *o, const function *f, cb_type t, reference *R)
{
    static const unsigned widths[] = {1, 2, 4, 8, 16, 5};
    long n = o->samples / 80 * 80;
    void *a = calloc((size_t)n, 8), *b = calloc((size_t)n, 8), *out = calloc((size_t)n, 8), *first = calloc((size_t)n, 8);
    uint64_t seed = (uint64_t)f->op * 1000 + t.bits;
    for (long i = 0; i < n; i++) {
        store(t, a, i, sample(f, t, i, &seed, false));
        store(t, b, i, sample(f, t, i, &seed, true));
    }
    worst w = {0};
    for (size_t k = 0; k < COUNT_OF(widths); k++) {
        compiled code = {0};
        if (!compile(&code, o->target, f->op, t, widths[k], (int)n)) {
            complain("%s %s x%u does not compile\n", f, t, widths[k], 0, 0);
            drop(&code);
            continue;
        }
        run(&code, t, (int)n, a, b, k ? out : first);
        drop(&code);
        for (long i = 0; i < n; i++) {
            double x = load(t, a, i), y = load(t, b, i), got = load(t, k ? out : first, i);
            if (k == 0) {
                evaluate(f, R, x, y);
                note(&w, error_of(f, R, t, x, got), x, y, got);
            } else if (differ(got, load(t, first, i))) {
                complain("%s %s x%u differs from one lane at %a, %a\n", f, t, widths[k], x, y);
                break;
            }
        }
        report(f, t, widths[k], &w);
    }
    free(a);
    free(b);
    free(out);
    free(first);
}

/* Is a float no worse than what was met already? By the interpreter's function of doubles, which is
 * so much finer than an f32 that MPFR need not be asked; when in doubt it is. */
static bool no_news(const function *f, const worst *w, float x, float got)
{
    cb_type t = T_F64;
    ir_value in = {.f = (double)x}, out;
    bool overflow = false;
    if (!value_eval(f->op, t, &t, &in, &out, &overflow) || !(fabs(out.f) >= 0x1p-126 && fabs(out.f) < 0x1p127))
        return false;
    int e;
    frexp(out.f, &e);
    return fabs((double)got - out.f) <= ldexp(w->error - 1e-5, e - 24);
}

/* All floats, 2^20 at a time. */
static void measure_every(const options *o, const function *f, reference *R)
{
    enum { N = 1 << 20 };
    float *a = calloc(N, sizeof *a), *out = calloc(N, sizeof *out);
    compiled code = {0};
    worst w = {0};
    if (compile(&code, o->target, f->op, T_F32, 16, N)) {
        for (uint64_t from = 0; from < UINT64_C(1) << 32; from += N) {
            for (uint32_t i = 0; i < N; i++) {
                uint32_t bits = (uint32_t)from + i;
                memcpy(&a[i], &bits, sizeof bits);
            }
            run(&code, T_F32, N, a, a, out);
            for (uint32_t i = 0; i < N; i++) {
                if (no_news(f, &w, a[i], out[i]))
                    continue;
                evaluate(f, R, (double)a[i], 0);
                note(&w, error_of(f, R, T_F32, (double)a[i], (double)out[i]), (double)a[i], 0, (double)out[i]);
            }
        }
        report(f, T_F32, 16, &w);
    }
    drop(&code);
    free(a);
    free(out);
}

static bool read_options(options *o, int argc, char **argv)
{
    *o = (options){"host", NULL, 9600, false};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--every"))
            o->every = true;
        else if (!strcmp(argv[i], "--samples") && i + 1 < argc)
            o->samples = atol(argv[++i]);
        else if (!strcmp(argv[i], "--target") && i + 1 < argc)
            o->target = argv[++i];
        else if (argv[i][0] != '-')
            o->only = argv[i];
        else
            return false;
    }
    return o->samples >= 80;
}

int main(int argc, char **argv)
{
    options o;
    reference R;
    int tried = 0;
    if (!read_options(&o, argc, argv)) {
        puts("math [--target T] [--samples N] [--every] [function]");
        return 2;
    }
    mpfr_inits2(160, R.x, R.y, R.r, R.d, R.u, (mpfr_ptr)0);
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (o.only && strcmp(o.only, ir_ops[functions[i].op].spelling))
            continue;
        tried++;
        if (o.every) {
            measure_every(&o, &functions[i], &R);
            continue;
        }
        measure_type(&o, &functions[i], T_F32, &R);
        measure_type(&o, &functions[i], T_F64, &R);
    }
    mpfr_clears(R.x, R.y, R.r, R.d, R.u, (mpfr_ptr)0);
    mpfr_free_cache();
    printf("%d functions, %d failures\n", tried, failures);
    return failures > 0 || tried == 0;
}
#endif
