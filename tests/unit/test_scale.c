/* tests/unit/test_scale.c: large programs: sums of ten thousand terms, chains of a thousand stages, Funcs of no
 * dimension and of many, and nesting beyond the limits. They compile in seconds, with the right values; what is too
 * deep is reported. The time is the process's own, and its limit generous: quadratic behaviour misses it by far.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <carbide/dsl.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SECONDS = 300 };
#else
enum { SECONDS = 30 };
#endif

typedef struct world {
    cb_context *c;
    int count;
    char code[64], said[2048];
    clock_t start;
} world;

static void sink(void *user, const cb_message *m)
{
    world *w = user;
    if (!w->count++)
        snprintf(w->code, sizeof w->code, "%s", m->code);
    snprintf(w->said, sizeof w->said, "%s", m->rendered);
}

static world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    cb_options o = {.size = sizeof o, .sink = sink, .sink_user = w};
    w->start = clock();
    w->c = cb_context_new(&o);
    assert_non_null(w->c);
    return w;
}

static void world_free(world *w)
{
    double took = (double)(clock() - w->start) / CLOCKS_PER_SEC;
    cb_context_free(w->c);
    if (took > SECONDS)
        fail_msg("it took %.1f s", took);
    free(w);
}

/* The result of a run is value(x) at each x. */
static void expect(world *w, cb_buffer *b, int32_t (*value)(int x, int n), int n)
{
    if (w->count || !b)
        fail_msg("%s", w->said);
    for (int x = 0; x < b->dim[0].extent; x++)
        assert_int_equal(((int32_t *)b->host)[x], value(x, n));
    cb_buffer_free(b);
}

static int32_t sum_value(int x, int n)
{
    int32_t s = 0;
    for (int i = 0; i < n; i++)
        s += (x + i) % 7;
    return s;
}

static cb_buffer *sevens(int n)
{
    cb_buffer *b = cb_buffer_new(NULL, CB_i32, 1, &n);
    assert_non_null(b);
    for (int i = 0; i < n; i++)
        ((int32_t *)b->host)[i] = i % 7;
    return b;
}

enum { TERMS = 10000, STAGES = 1000, WIDE = 20 };

/* in(x) + in(x + 1) + ..., put together as the row asks: from the left, from the right, from equal halves. */
static void sums(void **state)
{
    (void)state;
    cb_buffer *from = sevens(TERMS + WIDE);
    Expr *v = calloc(TERMS, sizeof *v);
    for (int shape = 0; shape < 3; shape++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Input(in, i32, 1);
            Funcs(f);
            Vars(x);
            for (int i = 0; i < TERMS; i++)
                v[i] = at(in, CB_ADD(x, i));
            if (shape == 0)
                for (int i = 1; i < TERMS; i++)
                    v[0] = CB_ADD(v[0], v[i]);
            if (shape == 1)
                for (int i = TERMS - 1; i-- > 0;)
                    v[i] = CB_ADD(v[i], v[i + 1]);
            if (shape == 2)
                for (int n = TERMS; n > 1; n = (n + 1) / 2)
                    for (int i = 0; i < n; i += 2)
                        v[i / 2] = i + 1 < n ? CB_ADD(v[i], v[i + 1]) : v[i];
            define(f, (x), v[0]);
            set_input(in, from);
            expect(w, realize(f, WIDE), sum_value, TERMS);
        }
        world_free(w);
    }
    free(v);
    cb_buffer_free(from);
}

/* The same as the text of one equation. */
static void sum_in_text(void **state)
{
    (void)state;
    world *w = world_new();
    cb_buffer *from = sevens(TERMS + WIDE);
    char *text = malloc(TERMS * 16), *p = text + sprintf(text, "f(x) = in(x)");
    for (int i = 1; i < TERMS; i++)
        p += sprintf(p, " + in(x + %d)", i);
    Carbide(w->c)
    {
        Input(in, i32, 1);
        Funcs(f);
        Vars(x);
        define_text(text);
        set_input(in, from);
        expect(w, realize(f, WIDE), sum_value, TERMS);
    }
    world_free(w);
    free(text);
    cb_buffer_free(from);
}

/* With lanes, whose tails have masks. */
static void sum_of_vectors(void **state)
{
    (void)state;
    world *w = world_new();
    cb_buffer *from = sevens(TERMS + WIDE);
    Carbide(w->c)
    {
        Input(in, i32, 1);
        Funcs(f);
        Vars(x);
        Expr e = at(in, x);
        for (int i = 1; i < TERMS; i++)
            e = CB_ADD(e, at(in, CB_ADD(x, i)));
        define(f, (x), e);
        schedule(f, vectorize(x, 8));
        set_input(in, from);
        expect(w, realize(f, WIDE), sum_value, TERMS);
    }
    world_free(w);
    cb_buffer_free(from);
}

static int32_t chain_value(int x, int n) { return x + n * (n - 1) / 2; }
static int32_t last_value(int x, int n) { return x + n - 1; }

enum where { AT_ROOT, AT_OUTPUT, INLINED };

/* f0(x) = x, f1(x) = f0(x) + 1, f2(x) = f1(x) + 2, ... */
static void chain_of(enum where where)
{
    enum { n = STAGES };
    world *w = world_new();
    Carbide(w->c)
    {
        FuncArray(f, n);
        Vars(x);
        define(f[0], (x), x);
        for (int i = 1; i < n; i++) {
            define(f[i], (x), CB_ADD(at(f[i - 1], x), i));
            if (where == AT_ROOT)
                schedule(f[i - 1], compute_root());
            if (where == AT_OUTPUT)
                schedule(f[i - 1], compute_at(f[n - 1], x));
        }
        expect(w, realize(f[n - 1], WIDE), chain_value, n);
    }
    world_free(w);
}

static void chains(void **state)
{
    (void)state;
    chain_of(AT_ROOT);
    chain_of(AT_OUTPUT);
    chain_of(INLINED);
}

/* Stencils: every stage's region is wider than that of the next. f(i)(x) = max(f(i-1)(x), f(i-1)(x + 1)). */
static void chain_of_stencils(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c)
    {
        FuncArray(f, STAGES);
        Vars(x);
        define(f[0], (x), x);
        for (int i = 1; i < STAGES; i++) {
            define(f[i], (x), CB_MAX(at(f[i - 1], x), at(f[i - 1], CB_ADD(x, 1))));
            schedule(f[i - 1], compute_root());
        }
        expect(w, realize(f[STAGES - 1], WIDE), last_value, STAGES);
    }
    world_free(w);
}

/* A thousand stages that each read two before it: without compute_root the inlined values are shared, not copied. */
static void inlined_twice(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c)
    {
        FuncArray(f, STAGES);
        Vars(x);
        define(f[0], (x), x);
        for (int i = 1; i < STAGES; i++)
            define(f[i], (x), CB_SUB(CB_MUL(at(f[i - 1], x), 2), at(f[i - 1], x)));
        expect(w, realize(f[STAGES - 1], WIDE), last_value, 1);
    }
    world_free(w);
}

/* 0 to 8 dimensions of extent 3: the value is the sum of the coordinates times powers of ten. */
static void dimensions(void **state)
{
    (void)state;
    for (int rank = 0; rank <= 8; rank++) {
        world *w = world_new();
        int32_t extents[8], count = 1;
        Carbide(w->c)
        {
            Funcs(f, g);
            Expr v[8], e = CB_E(1), weight = CB_E(1);
            for (int d = 0; d < rank; d++) {
                char name[8];
                snprintf(name, sizeof name, "x%d", d);
                v[d] = cb_var(name, CB_HERE);
                e = CB_ADD(e, CB_MUL(v[d], weight));
                weight = CB_MUL(weight, 10);
                extents[d] = 3;
                count *= 3;
            }
            cb_define(g, rank, v, 1, &e, CB_HERE);
            Expr call = CB_MUL(cb_at(g, rank, v), 2);
            cb_define(f, rank, v, 1, &call, CB_HERE);
            schedule(g, compute_root());
            cb_buffer *b = cb_realize(f, rank, extents, CB_HERE);
            if (!b)
                fail_msg("%d dimensions: %s", rank, w->said);
            for (int i = 0; i < count; i++) {
                int expected = 1, rest = i;
                for (int d = 0, ten = 1; d < rank; d++, ten *= 10, rest /= 3)
                    expected += rest % 3 * ten;
                assert_int_equal(((int32_t *)b->host)[i], 2 * expected);
            }
            cb_buffer_free(b);
        }
        world_free(w);
    }
}

static void one(world *w, const char *code)
{
    if (w->count < 1 || strcmp(w->code, code))
        fail_msg("expected %s, got %d, first %s: %s", code, w->count, w->code, w->said);
}

/* Deeper than the limit: by calls, by brackets of an equation, by inlining. */
static void too_deep(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c)
    {
        Funcs(f);
        Vars(x);
        Expr e = x;
        for (int i = 0; i < 100000; i++)
            e = CB_ADD(CB_MUL(e, 3), x);
        define(f, (x), e);
        one(w, "too-deep");
        assert_null(realize(f, 4));
    }
    world_free(w);

    w = world_new();
    enum { BRACKETS = 100000 };
    char *text = malloc(2 * BRACKETS + 32), *p = text + sprintf(text, "f(x) = ");
    memset(p, '(', BRACKETS);
    p += BRACKETS;
    *p++ = 'x';
    memset(p, ')', BRACKETS);
    p[BRACKETS] = 0;
    Carbide(w->c)
    {
        Funcs(f);
        Vars(x);
        define_text(text);
        one(w, "too-deep");
    }
    world_free(w);
    free(text);

    w = world_new();
    enum { DEEP = 20000 };
    Func *f = calloc(DEEP, sizeof *f);
    Carbide(w->c)
    {
        Vars(x);
        for (int i = 0; i < DEEP; i++)
            f[i] = cb_func_new(NULL, CB_HERE);
        define(f[0], (x), x);
        for (int i = 1; i < DEEP; i++)
            define(f[i], (x), CB_MUL(CB_ADD(at(f[i - 1], x), x), 3));
        assert_null(realize(f[DEEP - 1], 4));
        one(w, "too-deep");
    }
    world_free(w);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),       cmocka_unit_test(sum_in_text),       cmocka_unit_test(sum_of_vectors),
        cmocka_unit_test(chains),     cmocka_unit_test(chain_of_stencils), cmocka_unit_test(inlined_twice),
        cmocka_unit_test(dimensions), cmocka_unit_test(too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
