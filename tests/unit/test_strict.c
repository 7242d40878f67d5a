/* tests/unit/test_strict.c: strict(e) and the target feature: the bits that C computes in the order written, under every
 * schedule, on targets with and without multiply-add, and in the interpreter. The inputs are such that another order, or a
 * product fused into a sum, gives other bits (checked below), so that a lost `strict` shows. */
#include "lang_rig.h"

#include <math.h>

enum { N = 203 };
static float in_a[N + 8], in_b[N + 8], in_c[N + 8];

static const char *const targets[] = {"host", "x86-64-linux", "x86-64-linux-avx2", "host-strict", "host-strict-o0"};
enum { TARGETS = sizeof targets / sizeof *targets, SCHEDULES = 4 };

static void fill_inputs(void)
{
    uint32_t s = 12345;
    static const float odd[] = {0.0f, -0.0f, 1e-40f, -1e-40f, 1e30f, -1e30f, NAN, INFINITY};
    float *all[] = {in_a, in_b, in_c};
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < N + 8; i++) {
            s = s * 1664525u + 1013904223u;
            all[k][i] = i % 11 == 3 ? odd[s >> 29] : ldexpf((float)(int32_t)s, -24 - (int)(s >> 8) % 9);
        }
}

static uint32_t bits(float v)
{
    uint32_t b;
    memcpy(&b, &v, sizeof b);
    return isnan(v) ? 0x7fc00000 : b;
}

/* Volatile: the C compiler shall not be cleverer than the program. */
static float plus(float a, float b) { volatile float r = a + b; return r; }
static float times(float a, float b) { volatile float r = a * b; return r; }
static float over(float a, float b) { volatile float r = a / b; return r; }

static float c_sum(int i) { return plus(plus(plus(in_a[i], in_b[i]), in_c[i]), in_a[i + 1]); }
static float c_fma(int i) { return plus(times(in_a[i], in_b[i]), in_c[i]); }
static float c_quotient(int i) { return over(over(in_a[i], 3), in_b[i]); }
static float c_zero(int i) { return plus(times(in_a[i], 1), 0); }
static float c_minmax(int i)
{
    float a = in_a[i], b = in_b[i];
    float least = isnan(a) ? b : isnan(b) ? a : a < b || (a == b && signbit(a)) ? a : b;
    float c = in_c[i];
    return isnan(least) ? c : isnan(c) ? least : least > c || (least == c && !signbit(least)) ? least : c;
}
static float c_window(int i)
{
    float s = 0;
    for (int k = 0; k < 7; k++)
        s = plus(s, times(in_a[i + k], in_b[i + 7 - k]));
    return s;
}

typedef struct program {
    const char *name;
    float (*want)(int i);
    const char *text; /* of the right side; NULL: the reduction */
} program;

static const program programs[] = {
    {"sum", c_sum, "a(x) + b(x) + c(x) + a(x + 1)"},
    {"product and sum", c_fma, "a(x)*b(x) + c(x)"},
    {"quotients", c_quotient, "a(x)/3/b(x)"},
    {"zero", c_zero, "a(x)*1 + 0"},
    {"min and max", c_minmax, "max(min(a(x), b(x)), c(x))"},
    {"window", c_window, NULL},
};

static cb_buffer input(float *at, cb_dim *dim)
{
    cb_buffer b;
    *dim = (cb_dim){.extent = N + 8, .stride = 1};
    cb_buffer_init(&b, at, CB_f32, 1, dim);
    return b;
}

static void compare(const program *p, const char *how, int schedule, const float *got)
{
    for (int i = 0; i < N; i++)
        if (bits(got[i]) != bits(p->want(i)))
            fail_msg("%s, %s, schedule %d: element %d is %a, not %a", p->name, how, schedule, i, (double)got[i],
                     (double)p->want(i));
}

static void define_program(const program *p, bool strict_words, Func out, Func f, Func a, Func b)
{
    Local()
    {
        Vars(x);
        RDom(k, (0, 7));
        char text[200];
        if (p->text) {
            snprintf(text, sizeof text, strict_words ? "out(x) = strict(%s)" : "out(x) = %s", p->text);
            define_text(text);
            return;
        }
        define_with((f), f(x) = 0.0f);
        if (strict_words)
            define_with((f, a, b), f(x) = strict(f(x) + a(x + k)*b(x + 7 - k)));
        else
            define_with((f, a, b), f(x) += a(x + k)*b(x + 7 - k));
        define_with((f, out), out(x) = f(x));
    }
}

static void one(const program *p, const char *target, int schedule)
{
    bool by_target = strstr(target, "strict") != NULL;
    world *w = world_new();
    Carbide(w->c)
    {
        Input(a, f32, 1);
        Input(b, f32, 1);
        Input(c, f32, 1);
        Funcs(out, f);
        define_program(p, !by_target, out, f, a, b);
        Vars(x, xo, xi);
        if (schedule == 1)
            schedule(out, vectorize(x, 8));
        if (schedule == 2)
            schedule(out, split(x, xo, xi, 16), parallel(xo), vectorize(xi, 4));
        if (schedule == 3)
            schedule(out, unroll(x, 5));
        if (!p->text && schedule == 1)
            schedule(update(f, 0), vectorize(x, 16));
        if (!p->text && schedule == 2)
            schedule(f, compute_at(out, xo), vectorize(x, 8));
        cb_dim dim[4];
        cb_buffer buf[4] = {input(in_a, &dim[0]), input(in_b, &dim[1]), input(in_c, &dim[2])};
        float got[N], said[N];
        dim[3] = (cb_dim){.extent = N, .stride = 1};
        cb_buffer_init(&buf[3], got, CB_f32, 1, &dim[3]);
        Callable k = compile(out, target);
        const cb_metadata *m = cb_callable_metadata(k);
        assert_non_null(m);
        void *args[4];
        for (uint32_t i = 0; i < m->nargs; i++)
            args[i] = m->args[i].kind == CB_ARG_OUTPUT ? &buf[3] : &buf[m->args[i].name[0] - 'a'];
        assert_int_equal(cb_call_argv(k, NULL, args), 0);
        cb_callable_free(k);
        compare(p, target, schedule, got);
        set_input(a, &buf[0]);
        set_input(b, &buf[1]);
        set_input(c, &buf[2]);
        cb_buffer_init(&buf[3], said, CB_f32, 1, &dim[3]);
        assert_int_equal(interpret(out, &buf[3]), 0);
        if (!by_target) /* interpret() knows of no target; verify does */
            compare(p, "interpreted", schedule, said);
    }
    world_free(w);
}

static void test_bits(void **state)
{
    (void)state;
    fill_inputs();
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        for (int t = 0; t < TARGETS; t++)
            for (int s = 0; s < SCHEDULES; s++)
                one(&programs[i], targets[t], s);
}

/* What the other orders would give: the inputs above tell the difference. */
static void test_inputs_tell(void **state)
{
    (void)state;
    fill_inputs();
    int sums = 0, fused = 0, windows = 0, zeros = 0, nans = 0;
    for (int i = 0; i < N; i++) {
        float other = plus(plus(in_a[i], in_b[i]), plus(in_c[i], in_a[i + 1]));
        sums += bits(other) != bits(c_sum(i));
        fused += bits(fmaf(in_a[i], in_b[i], in_c[i])) != bits(c_fma(i));
        float s = 0;
        for (int k = 7; k-- > 0;)
            s = plus(s, times(in_a[i + k], in_b[i + 7 - k]));
        windows += bits(s) != bits(c_window(i));
        zeros += bits(in_a[i]) != bits(c_zero(i));
        nans += isnan(in_a[i]) && !isnan(c_minmax(i));
    }
    assert_true(sums > 10 && fused > 10 && windows > 10 && zeros > 0 && nans > 0);
}

/* Strict operations keep their order, others need not. */
static void test_refused(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Input(in, f32, 2);
            Funcs(f);
            RDom(r, (0, 4), (0, 4));
            define(f() = 0.0f);
            if (how == 0)
                define(f() = strict(f() + in(r.x, r.y)));
            else if (how == 1)
                define(f() = max(f(), in(r.x, r.y)));
            else
                define(f() += in(r.x, r.y));
            schedule(update(f, 0), reorder(r.y, r.x));
            Callable k = compile(f, how == 2 ? "host-strict" : "host");
            assert_int_equal(cb_callable_metadata(k) != NULL, how == 1);
            if (how == 1)
                cb_callable_free(k);
            else
                rig_one(w, "reduction-order", "strict operations on floats are made in the order written");
        }
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs_tell),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
