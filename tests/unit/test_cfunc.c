/* tests/unit/test_cfunc.c: C functions of scalars: values of every type, for which points they are called and how
 * often, and what objects and hashes say of them. */
#include "lang_rig.h"

#include <stdatomic.h>

#include "../../codegen/codegen.h"
#include "../../driver/prove.h"

/* ---- every type ------------------------------------------------------------------------------ */

#define ONE(name, T)                                                                             \
    static T one_##name(T a, int8_t b, T c) { return (T)(b > 2 ? c : a); }
ONE(i8, int8_t)
ONE(i16, int16_t)
ONE(i32, int32_t)
ONE(i64, int64_t)
ONE(u8, uint8_t)
ONE(u16, uint16_t)
ONE(u32, uint32_t)
ONE(u64, uint64_t)
ONE(f32, float)
ONE(f64, double)
ONE(bool, bool)

static void types(void **state)
{
    (void)state;
    struct {
        cb_type t;
        void (*fn)(void);
    } all[] = {
        {CB_i8, (void (*)(void))one_i8},    {CB_i16, (void (*)(void))one_i16}, {CB_i32, (void (*)(void))one_i32},
        {CB_i64, (void (*)(void))one_i64},  {CB_u8, (void (*)(void))one_u8},   {CB_u16, (void (*)(void))one_u16},
        {CB_u32, (void (*)(void))one_u32},  {CB_u64, (void (*)(void))one_u64}, {CB_f32, (void (*)(void))one_f32},
        {CB_f64, (void (*)(void))one_f64},  {CB_bool, (void (*)(void))one_bool},
        {CB_f16, (void (*)(void))one_u16},  {CB_bf16, (void (*)(void))one_u16},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        world *w = world_new();
        Carbide(w->c) {
            Funcs(f);
            Vars(x);
            const cb_type t = all[i].t;
            cb_cfunc g = cb_c_function("g", "one_of_two", true, t, 3, (const cb_type[]){t, CB_i8, t}, CB_HERE);
            cb_set_extern("one_of_two", all[i].fn, CB_HERE);
            Expr a = t.bits == 1 ? E(x % 2 == 0) : cast(type(t), E(x * 37 - 100));
            Expr b = t.bits == 1 ? E(x % 3 == 0) : cast(type(t), E(90 - x * 11));
            define(f, (x), invoke(g, a, cast(i8, mod(x, 7)), b));
            schedule(f, vectorize(x, 4));
            cb_buffer *out = RIG_RUN1(w, f, t, 19);
            if (t.code == CB_INT && t.bits == 16)
                for (int k = 0; k < 19; k++)
                    assert_int_equal(((int16_t *)out->host)[k], k % 7 > 2 ? 90 - k * 11 : k * 37 - 100);
            cb_buffer_free(out);
        }
        world_free(w);
    }
}

/* ---- for which points ------------------------------------------------------------------------ */

static atomic_int calls;
static atomic_int least, most;

static int32_t probe(int32_t x)
{
    calls++;
    if (x < least)
        least = x;
    if (x > most)
        most = x;
    return x * 3 + 1;
}

static void forget(void)
{
    calls = 0;
    least = INT32_MAX;
    most = INT32_MIN;
}

/* realize() alone: the interpreter would count too. */
static void compute(cb_func f, int32_t n)
{
    forget();
    cb_buffer *b = realize(f, n);
    assert_non_null(b);
    cb_buffer_free(b);
}

/* Lanes beyond an edge, and points that where() leaves out, are not called. */
static void points(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(f, some, h);
        Vars(x);
        CFunction(g, "probe", i32, (i32));
        set_extern("probe", probe);
        define(f(x) = g(x) * 2);
        schedule(f, vectorize(x, 8));
        compute(f, 11);
        assert_int_equal(calls, 11);
        assert_int_equal(least, 0);
        assert_int_equal(most, 10);
        cb_buffer *b = RIG_RUN1(w, f, CB_i32, 11);
        for (int k = 0; k < 11; k++)
            assert_int_equal(I32(b)[k], (k * 3 + 1) * 2);
        cb_buffer_free(b);

        RDom(r, (0, 20));
        where(r, r % 3 == 1);
        define(some(x) = 0);
        define(some(x) += g(r + x));
        schedule(some, vectorize(x, 4));
        schedule(update(some, 0), vectorize(x, 4));
        compute(some, 6);
        assert_int_equal(calls, 7 * 6);
        assert_int_equal(least, 1);
        assert_int_equal(most, 19 + 5);
        cb_buffer_free(RIG_RUN1(w, some, CB_i32, 6));

        RDom(q, (0, 20));
        define(h(x) = 0);
        define(h(q / 2) += select(q < 50, g(q), 0)); /* several lanes to one place */
        schedule(update(h, 0), atomic(), vectorize(q, 4));
        compute(h, 10);
        assert_int_equal(calls, 20);
        cb_buffer_free(RIG_RUN1(w, h, CB_i32, 10));
    }
    world_free(w);
}

/* Equal calls of a pure function are one; each of an impure one happens, in its place. */
static void how_often(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(twice, each, still, sum2, column);
        Vars(x);
        CFunction(pure, "probe", i32, (i32));
        CFunctionImpure(tick, "probe", i32, (i32));
        set_extern("probe", probe);
        define(twice(x) = pure(x) + pure(x));
        compute(twice, 10);
        assert_int_equal(calls, 10);
        define(each(x) = tick(x) + tick(x));
        compute(each, 10);
        assert_int_equal(calls, 20);
        define(still(x) = tick(7));
        compute(still, 10);
        assert_int_equal(calls, 10);
        schedule(still, vectorize(x, 4), parallel(x));
        compute(still, 10);
        assert_int_equal(calls, 10);
        assert_int_equal(most, 7);
        define(sum2(x) = twice(x) * 0 + tick(x - 1) * 0);
        schedule(sum2, unroll(x, 3));
        cb_buffer_free(RIG_RUN1(w, sum2, CB_i32, 10));
        define(column(x) = select(x > 100, tick(x), x)); /* both choices are computed */
        schedule(column, vectorize(x, 8));
        compute(column, 13);
        assert_int_equal(calls, 13);
    }
    world_free(w);
}

/* ---- coordinates, domains, tuples, captures ------------------------------------------------- */

static uint8_t place(int32_t x, uint8_t limit) { return (uint8_t)((uint32_t)x * 7u % limit); }

static void everywhere(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(src, f, t, hist, out);
        Vars(x);
        CFunction(g, "place", u8, (i32, u8));
        set_extern("place", place);
        define(src(x) = x * x);
        define(f(x) = src(g(x, 9)));                        /* as a coordinate: 0 to 255 are computed */
        define(t(x) = (i32(g(x, 5)), f32(g(x, 3))));
        RDom(r, (0, clamp(invoke(g, 5, 6), 1, 40)));        /* as a bound: 35 % 6 */
        define(hist(x) = 0);
        define(hist(clamp(i32(g(r, 4)), 0, 3)) += 1);
        define_with((g), out(x) = f(x) + t(x)[0] + i32(t(x)[1]) + hist(x % 4));
        schedule(src, compute_root(), vectorize(x, 8));
        schedule(f, compute_at(out, x));
        schedule(t, compute_root(), vectorize(x, 4));
        schedule(hist, compute_root());
        schedule(out, parallel(x));
        cb_buffer *b = RIG_RUN1(w, out, CB_i32, 17);
        int hist_of[4] = {0};
        for (int k = 0; k < 5; k++)
            hist_of[place(k, 4)]++;
        for (int k = 0; k < 17; k++)
            assert_int_equal(I32(b)[k], place(k, 9) * place(k, 9) + place(k, 5) + place(k, 3) + hist_of[k % 4]);
        cb_buffer_free(b);
    }
    world_free(w);
}

/* ---- what is the same for several places ----------------------------------------------------------- */

static int32_t next_call(int32_t x)
{
    return x + 100 * ++calls;
}

/* realize() alone: how often the interpreter calls is open. */
static const int32_t *computed(cb_func f, int n, cb_buffer **b)
{
    calls = 0;
    *b = realize(f, n);
    if (!*b)
        fail_msg("%s", cb_error_rendered(f.p->ctx, 0));
    return I32(*b);
}

RIG_TEST(several_places)
{
    cb_buffer *b;
    Funcs(all, part, each, same, where_, tuple, joined, h, ones);
    Vars(x);
    RDom(r, (0, 3));
    CFunctionImpure(next, "next_call", i32, (i32));
    set_extern("next_call", next_call);
    define(all(x) = 0);
    define(all(scatter(r, r + 3)) = next(r)); /* one for both */
    const int32_t *v = computed(all, 6, &b);
    assert_int_equal(calls, 3);
    for (int i = 0; i < 6; i++)
        assert_int_equal(v[i], i % 3 + 100 * (i % 3 + 1));
    cb_buffer_free(b);
    define(part(x) = 0);
    define(part(scatter(0, 1)) = next(0) + gather(1, 2)); /* part of what differs */
    v = computed(part, 2, &b);
    assert_int_equal(calls, 1);
    assert_int_equal(v[0], 101);
    assert_int_equal(v[1], 102);
    cb_buffer_free(b);
    define(each(x) = 0);
    define(each(scatter(0, 1, 2)) = next(gather(5, 5, 6))); /* one for each, though two are given the same */
    define(each(scatter(3, 4)) = next(gather(5, 5)) - next(7));
    v = computed(each, 5, &b);
    assert_int_equal(calls, 6);
    cb_buffer_free(b);
    define(h(x) = 5);
    define(ones(x) = 5);
    define(same(x) = 0);
    define(same(scatter(0, 1)) = next(gather(h(0), ones(1))));
    v = computed(same, 2, &b); /* inlined they are one node */
    assert_int_equal(calls, 2);
    assert_int_equal(v[1] - v[0], 100);
    cb_buffer_free(b);
    define(where_(x) = 0);
    define(where_(clamp(clamp(next(0), 0, 1) - 1 + scatter(0, 1), 0, 1)) = gather(3, 4));
    v = computed(where_, 2, &b); /* in a coordinate */
    assert_int_equal(calls, 1);
    assert_int_equal(v[0] + 10 * v[1], 43);
    cb_buffer_free(b);
    define(tuple(x) = (0, 0));
    Expr one = invoke(next, 1);
    define_with((one), tuple(scatter(0, 1)) = (one + gather(1, 2), one));
    define(joined(x) = tuple(x)[0] + 1000 * tuple(x)[1]);
    v = computed(joined, 2, &b);
    assert_int_equal(calls, 1);
    assert_int_equal(v[0], 102 + 101000);
    assert_int_equal(v[1], 103 + 101000);
    cb_buffer_free(b);
}

/* ---- what is said of them --------------------------------------------------------------------- */

static const char *header_and_hash(cb_context *c, bool pure, cb_type result, const char **hash)
{
    const char *said = NULL;
    Carbide(c) {
        Funcs(f);
        Vars(x);
        cb_cfunc g = cb_c_function("g", "my_response", pure, result, 2, (const cb_type[]){CB_f64, CB_u8}, CB_HERE);
        define(f, (x), cast(f32, invoke(g, cast(f64, x), 3)));
        pipeline *p = cb_pipeline_of("p", 1, &f, CB_HERE).p;
        assert_non_null(p);
        cg_target t;
        const char *near = NULL;
        text s;
        assert_false(target_parse("host", &t, &near));
        text_init(&s, c->a);
        cg_header(&s, p, "p", &t);
        said = text_str(&s);
        *hash = program_hash(p);
    }
    return said;
}

static void descriptions(void **state)
{
    (void)state;
    world *w = world_new();
    const char *a, *b, *d, *e;
    const char *said = header_and_hash(w->c, true, CB_f64, &a);
    assert_non_null(strstr(said, "double my_response(double scalar_0, uint8_t scalar_1);\n"));
    header_and_hash(w->c, false, CB_f64, &b);
    header_and_hash(w->c, true, CB_f32, &d);
    header_and_hash(w->c, true, CB_f64, &e);
    assert_string_not_equal(a, b);
    assert_string_not_equal(a, d);
    assert_string_equal(a, e);
    world_free(w);
}

/* Two pipelines that differ in the C function of a stage, in what it is given, or in an element of a table. */
static const char *stage_hash(cb_context *c, const char *function, int scalar, int32_t element)
{
    const char *hash = NULL;
    const int32_t elements[2] = {1, element};
    Carbide(c) {
        Funcs(f, out);
        Vars(x);
        Table(t, i32, (2), elements);
        define_extern(f, (x), function, (i32), (t, scalar));
        define(out(x) = f(x) + t(x % 2));
        pipeline *p = cb_pipeline_of("p", 1, &out, CB_HERE).p;
        assert_non_null(p);
        hash = program_hash(p);
    }
    return hash;
}

static void hashes(void **state)
{
    (void)state;
    world *w = world_new();
    const char *a = stage_hash(w->c, "one", 3, 7);
    assert_string_equal(a, stage_hash(w->c, "one", 3, 7));
    assert_string_not_equal(a, stage_hash(w->c, "two", 3, 7));
    assert_string_not_equal(a, stage_hash(w->c, "one", 4, 7));
    assert_string_not_equal(a, stage_hash(w->c, "one", 3, 8));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),      cmocka_unit_test(points),       cmocka_unit_test(how_often),
        cmocka_unit_test(everywhere), cmocka_unit_test(descriptions), cmocka_unit_test(hashes),
        cmocka_unit_test(several_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
