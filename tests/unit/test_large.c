/* tests/unit/test_large.c: buffers of more than 2 GiB, and of more than 2^31 elements: offsets and strides have 64 bits
 * in compiled code and in the interpreter alike. The memory is reserved and nearly all of it never touched, so it costs
 * neither time nor room; where so much address space cannot be had the tests are skipped. */
#define _DEFAULT_SOURCE /* mmap */
#include "call_rig.h"
#include <sys/mman.h>

enum { SIDE = 70000 }; /* SIDE*SIDE is 4.9e9: more than 2^32 */

static void *reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) skip();
    return p;
}

static uint8_t value_at(int64_t x, int64_t y) { return (uint8_t)(x * 7 + y * 13 + 1); }

/* The last corner of a picture of 4.9e9 bytes, by scalars and by vectors, and its rows last first. */
static void reads_far_away(void **state)
{
    (void)state;
    const size_t bytes = (size_t)SIDE * SIDE;
    uint8_t *all = reserve(bytes);
    enum { N = 24 };
    for (int64_t y = SIDE - N; y < SIDE; y++)
        for (int64_t x = SIDE - N; x < SIDE; x++) all[y * SIDE + x] = value_at(x, y);
    for (int up = 0; up < 2; up++)
        for (int how = 0; how < 3; how++) {
            CALL_PROGRAM()
            {
                Input(in, u8, 2);
                Funcs(f, out);
                Vars(x, y);
                define(f(x, y) = in(x, y) + 1);
                define(out(x, y) = f(x, y) * 3);
                if (how) schedule(out, vectorize(x, 8), parallel(y));
                if (how == 2) schedule(f, compute_at(out, y), vectorize(x, 8));
                /* row y of the program is row SIDE - 1 - y of memory: strides are negative */
                cb_dim far[2] = {{0, SIDE, 1}, {0, SIDE, up ? -(int64_t)SIDE : SIDE}};
                cb_buffer b = call_buffer(CB_u8, up ? all + (int64_t)(SIDE - 1) * SIDE : all, 2, far);
                set_input(in, &b);
                uint8_t got[N * N], want[N * N];
                cb_dim near[2] = {{SIDE - N, N, 1}, {up ? 0 : SIDE - N, N, N}};
                cb_buffer o = call_buffer(CB_u8, got, 2, near);
                assert_int_equal(realize_into(out, &o), 0);
                o.host = want;
                assert_int_equal(interpret(out, &o), 0);
                assert_memory_equal(got, want, sizeof got);
                for (int y_ = 0; y_ < N; y_++)
                    for (int x_ = 0; x_ < N; x_++)
                        assert_int_equal(got[y_ * N + x_],
                                         (uint8_t)((value_at(SIDE - N + x_, up ? SIDE - 1 - y_ : SIDE - N + y_) + 1) * 3));
            }
            CALL_DONE("");
        }
    munmap(all, bytes);
}

/* An output of which a few elements are written, 2^32 bytes and more from its first. */
static void writes_far_away(void **state)
{
    (void)state;
    const size_t bytes = (size_t)SIDE * SIDE * sizeof(int32_t);
    int32_t *all = reserve(bytes);
    for (int how = 0; how < 2; how++) {
        CALL_PROGRAM()
        {
            Funcs(out);
            Vars(x, y);
            RDom(r, (0, 9), (0, 3));
            where(r, r.x > 0);
            define(out(x, y) = undef(i32));
            define(out(r.x * 8749 - 1, 69999 - r.y * 30000) = r.x + r.y * 100 + 5);
            if (how) schedule(update(out, 0), parallel(r.y), vectorize(r.x, 4));
            cb_dim dim[2] = {{0, SIDE, 1}, {0, SIDE, SIDE}};
            cb_buffer o = call_buffer(CB_i32, all, 2, dim);
            assert_int_equal(realize_into(out, &o), 0);
            for (int64_t y_ = 0; y_ < 3; y_++)
                for (int64_t x_ = 1; x_ < 9; x_++) {
                    int32_t *at = &all[(69999 - y_ * 30000) * SIDE + x_ * 8749 - 1];
                    assert_int_equal(*at, x_ + y_ * 100 + 5);
                    *at = 0;
                }
        }
        CALL_DONE("");
    }
    munmap(all, bytes);
}

/* Elements 3e9 apart, in a dimension in the middle. */
static void strides_of_64_bits(void **state)
{
    (void)state;
    const int64_t stride = INT64_C(3000000000);
    const size_t bytes = (size_t)stride * 2 * 2 + 4096;
    uint16_t *all = reserve(bytes);
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 40; x++) all[y * stride + x] = (uint16_t)(x * 31 + y * 1009);
    CALL_PROGRAM()
    {
        Input(in, u16, 2);
        Funcs(out);
        Vars(x, y);
        define(out(x, y) = in(x, y) - in(x + 1, 2 - y));
        schedule(out, vectorize(x, 16));
        cb_dim far[2] = {{0, 40, 1}, {0, 3, stride}};
        cb_buffer b = call_buffer(CB_u16, all, 2, far);
        set_input(in, &b);
        cb_buffer *o = realize(out, 39, 3);
        assert_non_null(o);
        for (int y_ = 0; y_ < 3; y_++)
            for (int x_ = 0; x_ < 39; x_++)
                assert_int_equal(((uint16_t *)o->host)[y_ * o->dim[1].stride + x_],
                                 (uint16_t)(x_ * 31 + y_ * 1009 - (x_ + 1) * 31 - (2 - y_) * 1009));
        cb_buffer_free(o);
    }
    CALL_DONE("");
    munmap(all, bytes);
}

/* Memory for a pipeline as the tests have it: not touched before it is used. */
static size_t asked;
static void *lend(const cb_env *env, size_t bytes, size_t align)
{
    (void)env;
    (void)align;
    asked = bytes;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}
static void take_back(const cb_env *env, void *p)
{
    (void)env;
    munmap(p, asked);
}

/* Storage inside of a pipeline: f has elements in every corner of 70,000 by 70,000. */
static void storage_inside(void **state)
{
    (void)state;
    munmap(reserve((size_t)SIDE * SIDE * sizeof(int32_t)), (size_t)SIDE * SIDE * sizeof(int32_t));
    asked = 0;
    CALL_PROGRAM()
    {
        Funcs(f, out);
        Vars(x, y);
        RDom(r, (0, 2), (0, 2));
        define(f(x, y) = undef(i32));
        define(f(r.x * 69999, r.y * 69999) = r.x * 3 + r.y * 5 + 1);
        define(out(x, y) = f(clamp(x, 0, 1) * 69999, clamp(y, 0, 1) * 69999));
        cb_callable k = compile(out, "host");
        int32_t got[4];
        cb_dim dim[2] = {{0, 2, 1}, {0, 2, 2}};
        cb_buffer o = call_buffer(CB_i32, got, 2, dim);
        cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .alloc = lend, .free = take_back};
        assert_int_equal(cb_call_argv(k, &env, (void *[]){&o}), 0);
        for (int i = 0; i < 4; i++) assert_int_equal(got[i], i % 2 * 3 + i / 2 * 5 + 1);
        assert_true(asked >= (size_t)SIDE * SIDE * sizeof(int32_t));
        cb_callable_free(k);
    }
    CALL_DONE("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_far_away),
        cmocka_unit_test(writes_far_away),
        cmocka_unit_test(strides_of_64_bits),
        cmocka_unit_test(storage_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
