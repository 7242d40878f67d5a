/* tests/unit/test_table.c: tables: values under schedules, regions, what is left of them in objects, and runs
 * that read outside of them. */
#include "lang_rig.h"

#include "../../codegen/codegen.h"

static const int32_t taps[3] = {1, -2, 5};
static const int16_t grid[2][3] = {{10, 20, 30}, {40, 50, 60}};

static void values(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(f, g, out);
        Vars(x, y);
        int32_t own[3];
        memcpy(own, taps, sizeof own);
        Table(t, i32, (3), own);
        memset(own, 0, sizeof own); /* it has been copied */
        Table(m, i16, (3, 2), grid);
        Table(unit, u8, (), (const uint8_t[]){7});
        define(f(x) = t(0)*x + t(1) + t(clamp(x, 0, 2)));
        define(g(x, y) = i32(m(x % 3, y % 2)) + unit);
        define(out(x, y) = f(x) + g(x, y));
        schedule(out, vectorize(x, 4), parallel(y));
        schedule(f, compute_root(), vectorize(x, 8));
        cb_buffer *b = RIG_RUN1(w, out, CB_i32, 11, 3);
        for (int yy = 0; yy < 3; yy++)
            for (int xx = 0; xx < 11; xx++)
                assert_int_equal(I32(b)[yy * 11 + xx],
                                 xx - 2 + taps[xx < 2 ? xx : 2] + grid[yy % 2][xx % 3] + 7);
        cb_buffer_free(b);
    }
    world_free(w);
}

/* Every element type, from a buffer with mins and strides. */
static void from_buffers(void **state)
{
    (void)state;
    const cb_type types[] = {CB_i8, CB_i16, CB_i32, CB_i64, CB_u8, CB_u16, CB_u32, CB_u64,
                                    CB_f16, CB_bf16, CB_f32, CB_f64, CB_bool};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        world *w = world_new();
        Carbide(w->c) {
            Funcs(f);
            Vars(x, y);
            cb_buffer *b = cb_buffer_new(NULL, types[i], 2, (int32_t[]){5, 4});
            for (size_t k = 0; k < cb_buffer_bytes(b); k++)
                ((uint8_t *)b->host)[k] = types[i].bits == 1 ? k % 3 == 0 : (uint8_t)(k * 11 % 63);
            cb_dim dim[2] = {{-1, 4, 5}, {7, 5, 1}}; /* transposed */
            cb_buffer view = *b;
            view.dim = dim;
            TableOf(t, &view);
            define(f(x, y) = t(x - 1, y + 7));
            schedule(f, vectorize(x, 4));
            cb_buffer *out = RIG_RUN1(w, f, types[i], 4, 5);
            size_t bytes = types[i].bits <= 8 ? 1 : types[i].bits / 8;
            for (size_t yy = 0; yy < 5; yy++)
                for (size_t xx = 0; xx < 4; xx++)
                    assert_memory_equal((char *)out->host + (yy * 4 + xx) * bytes,
                                        (char *)b->host + (xx * 5 + yy) * bytes, bytes);
            cb_buffer_free(out);
            cb_buffer_free(b);
        }
        world_free(w);
    }
}

/* Sizes are known; domains over tables; edges of tables; a table wrapped by a schedule. */
static void regions(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Input(in, i32, 1);
        Funcs(f, edge, out, staged);
        Vars(x);
        Table(t, i32, (3), taps);
        RDomOver(r, t);
        repeat_edge(edge, t);
        define(f(x) = sum(r, t(r)*in(x + r)) + t.extent(0) + t.min(0));
        define(out(x) = f(x) + edge(x - 2));
        cb_buffer *b = cb_buffer_new(NULL, CB_i32, 1, (int32_t[]){9 + 2});
        for (int i = 0; i < 11; i++)
            I32(b)[i] = i * i;
        set_input(in, b);
        schedule(t, wrap(staged, edge));
        schedule(staged, compute_root());
        schedule(out, vectorize(x, 4));
        cb_buffer *o = RIG_RUN1(w, out, CB_i32, 9);
        for (int i = 0; i < 9; i++) {
            int want = 3 + taps[i < 2 ? 0 : i > 4 ? 2 : i - 2];
            for (int k = 0; k < 3; k++)
                want += taps[k] * (i + k) * (i + k);
            assert_int_equal(I32(o)[i], want);
        }
        cb_buffer_free(o);
        cb_buffer_free(b);
    }
    world_free(w);
}

/* Reads that depend on what is computed are checked when it runs, by both. */
static void outside(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(f);
        Vars(x);
        Table(t, i32, (3), taps);
        define(f(x) = t(x));
        cb_buffer *b = cb_buffer_new(NULL, CB_i32, 1, (int32_t[]){4});
        assert_int_equal(realize_into(f, b), CB_ERR_OUT_OF_BOUNDS);
        rig_one(w, "run-failed", "table 't' is accessed from 0 to 3 in dimension 0 by t(x) in 'f', but has 0 to 2 only");
        assert_int_equal(interpret(f, b), CB_ERR_OUT_OF_BOUNDS);
        rig_one(w, "input-bounds", "t(3) is outside of the table 't'");
        b->dim[0].extent = 3;
        assert_int_equal(realize_into(f, b), 0);
        assert_memory_equal(b->host, taps, sizeof taps);
        cb_buffer_free(b);
    }
    world_free(w);
}

/* LLVM text of f's pipeline. */
static const char *text_of(cb_func f)
{
    cb_context *c = f.p->ctx;
    pipeline *p = cb_pipeline_of("p", 1, &f, CB_HERE).p;
    cg_target t;
    low_target lt;
    const char *near, *bytes;
    size_t n;
    assert_non_null(p);
    assert_int_equal(p->inputs.n, 0); /* a table is no argument */
    near = NULL;
    assert_true(!target_parse("host", &t, &near));
    target_low(&t, &lt);
    assert_true(schedule_resolve(p));
    low *L = low_run(p, &lt, NULL);
    assert_non_null(L);
    assert_true(cg_llvm(L, &t, "p", CG_LLVM_TEXT, &bytes, &n));
    bytes = ctx_string(c, bytes);
    low_free(L);
    return bytes;
}

static int occurrences(const char *in, const char *what)
{
    int n = 0;
    for (; (in = strstr(in, what)) != NULL; in++)
        n++;
    return n;
}

/* Equal elements are one constant at a cache line; a header does not know of tables. */
static void in_objects(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(f);
        Vars(x);
        static const uint32_t same[3] = {1, (uint32_t)-2, 5};
        Table(a, i32, (3), taps);
        Table(b, u32, (3), same);
        Table(c, i32, (3), (const int32_t[]){1, -2, 6});
        define(f(x) = a(x) + i32(b(x)) + c(x));
        const char *code = text_of(f);
        assert_int_equal(occurrences(code, "constant [12 x i8]"), 2);
        assert_int_equal(occurrences(code, "constant [12 x i8] c\"\\01\\00\\00\\00\\FE\\FF\\FF\\FF\\05"), 1);
        assert_int_equal(occurrences(code, "align 64"), 2);
        assert_int_equal(occurrences(code, "i32 @p(ptr %0, ptr %1)"), 1);
    }
    world_free(w);
}

static int total(const cb_env *env, cb_buffer *t, cb_buffer *out)
{
    (void)env;
    if (!out->host) {
        t->dim[0].min = 0;
        t->dim[0].extent = 3;
        return 0;
    }
    for (int32_t x = 0; x < out->dim[0].extent; x++) {
        int32_t sum = 0;
        for (int32_t i = 0; i < t->dim[0].extent; i++)
            sum += *(int32_t *)cb_buffer_at(t, &(int32_t){t->dim[0].min + i});
        ((int32_t *)out->host)[x] = sum + out->dim[0].min + x;
    }
    return 0;
}

static void given_to_c(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(f, out);
        Vars(x);
        Table(t, i32, (3), taps);
        define_extern(f, (x), "total_of_table", (i32), (t));
        set_extern("total_of_table", total);
        define(out(x) = f(x) * 2);
        schedule(out, parallel(x));
        schedule(f, compute_at(out, x));
        cb_buffer *b = RIG_RUN1(w, out, CB_i32, 5);
        for (int i = 0; i < 5; i++)
            assert_int_equal(I32(b)[i], 2 * (4 + i));
        cb_buffer_free(b);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values), cmocka_unit_test(from_buffers), cmocka_unit_test(regions),
        cmocka_unit_test(outside), cmocka_unit_test(in_objects), cmocka_unit_test(given_to_c),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
