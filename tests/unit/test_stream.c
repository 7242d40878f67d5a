/* tests/unit/test_stream.c: stores past the caches: every element once wherever rows begin.
 * (test_codegen_access.c has the instructions.) */
#include "call_rig.h"

enum { ROOM = 4096, ROWS = 3 };

#define PICTURE(type, of_f, ...)                                                                 \
    Input(in, type, 2);                                                                          \
    Funcs(out, f);                                                                               \
    Vars(x, y, xo, xi);                                                                          \
    (void)xo, (void)xi;                                                                          \
    define(f(x, y) = in(x, y) + in(x + 1, y));                                                   \
    define(out(x, y) = f(x, y)*3 + f(x, y + 1));                                                 \
    schedule(f, of_f);                                                                           \
    schedule(out, __VA_ARGS__)

typedef struct place {
    int width, first, stride, min;
} place;

/* Where rows begin: `first` elements after a line of the cache, `stride` apart. */
static const place places[] = {
    {0, 0, 64, 0},  {1, 0, 64, 0},    {1, 5, 64, 3},   {7, 15, 64, -2}, {15, 1, 64, 0},  {16, 0, 64, 0},  {16, 1, 64, 0},
    {17, 15, 64, 0}, {31, 3, 37, -31}, {32, 0, 32, 7}, {33, 0, 33, 0},  {48, 16, 64, 0}, {50, 14, 51, 1}, {63, 1, 63, 0},
    {64, 0, 64, 0}, {65, 7, 65, 1000}, {100, 9, 129, 0}, {130, 3, 130, -65},
};

/* Runs k over a place and compares; elements around the region must stay as they were. */
#define RUN_PLACE(word, type)                                                                    \
    static void run_##word(cb_callable k, const place *p)                                        \
    {                                                                                            \
        static _Alignas(64) type got[ROOM];                                                      \
        static type from[ROOM];                                                                  \
        for (int i = 0; i < ROOM; i++) {                                                         \
            got[i] = (type)77;                                                                   \
            from[i] = (type)(i*7 % 100);                                                         \
        }                                                                                        \
        cb_dim to[2] = {{p->min, p->width, 1}, {0, ROWS, p->stride}};                            \
        cb_dim of[2] = {{p->min, p->width + 1, 1}, {0, ROWS + 1, 200}};                          \
        cb_buffer out = call_buffer(CB_##word, got + p->first, 2, to), in = call_buffer(CB_##word, from, 2, of); \
        assert_int_equal(cb_call_argv(k, &call_quiet, (void *[]){&in, &out}), 0);                \
        for (int i = 0; i < ROOM; i++) {                                                         \
            int at = i - p->first, y = at/p->stride, x = at % p->stride;                         \
            bool inside = at >= 0 && y < ROWS && x < p->width;                                   \
            const type *a = from + y*200 + x, *b = a + 200;                                      \
            type want = (type)77;                                                                \
            if (inside)                                                                          \
                want = (type)((type)(a[0] + a[1])*3 + (type)(b[0] + b[1]));                      \
            if (got[i] != want)                                                                  \
                fail_msg("width %d, first %d, stride %d: element %d", p->width, p->first, p->stride, i); \
        }                                                                                        \
    }

RUN_PLACE(f32, float)
RUN_PLACE(f64, double)
RUN_PLACE(u8, uint8_t)
RUN_PLACE(u16, uint16_t)

#define RUN_PLACES(name, word, target, of_f, ...)                                                \
    static void name(void **state)                                                               \
    {                                                                                            \
        (void)state;                                                                             \
        CALL_PROGRAM()                                                                           \
        {                                                                                        \
            PICTURE(word, of_f, __VA_ARGS__);                                                    \
            cb_callable k = compile(out, target);                                                \
            for (size_t i = 0; i < sizeof places/sizeof *places; i++)                            \
                run_##word(k, &places[i]);                                                       \
            cb_callable_free(k);                                                                 \
        }                                                                                        \
        CALL_DONE("");                                                                           \
    }

RUN_PLACES(floats, f32, "host", compute_inline(), vectorize(x, 16), stream_stores())
RUN_PLACES(floats_of_128_bits, f32, "x86-64-linux-sse41", compute_inline(), vectorize(x, 16), stream_stores())
RUN_PLACES(few_lanes, f32, "host", compute_inline(), vectorize(x, 4), stream_stores())
RUN_PLACES(many_lanes, f32, "host", compute_inline(), vectorize(x, 64), stream_stores())
RUN_PLACES(odd_lanes, f32, "host", compute_inline(), vectorize(x, 12), stream_stores())
RUN_PLACES(bytes, u8, "host", compute_inline(), vectorize(x, 64), stream_stores())
RUN_PLACES(words, u16, "host", compute_inline(), vectorize(x, 32), stream_stores(), parallel(y))
RUN_PLACES(doubles, f64, "host", compute_inline(), vectorize(x, 8), stream_stores())
RUN_PLACES(scalars, f32, "host", compute_inline(), stream_stores())
RUN_PLACES(shifted, f32, "host", compute_inline(), vectorize(x, 16, shift_inwards), stream_stores())
RUN_PLACES(parts, f32, "host", compute_at(out, xo), split(x, xo, xi, 40), vectorize(xi, 8), stream_stores())
RUN_PLACES(between, f32, "host", compute_at(out, x), vectorize(x, 16), stream_stores())
RUN_PLACES(unrolled, f32, "host", compute_inline(), split(x, xo, xi, 32), vectorize(xi, 16), unroll(xi), stream_stores())
RUN_PLACES(special, f32, "host", compute_inline(), vectorize(x, 16), stream_stores(), specialize(out.extent(0) == 64))

/* What is kept between stages begins on a line of its own. */
static void in_storage(void **state)
{
    (void)state;
    CALL_PROGRAM()
    {
        PICTURE(f32, compute_root(), vectorize(x, 16));
        schedule(f, vectorize(x, 16), stream_stores());
        cb_callable k = compile(out, "host");
        for (size_t i = 0; i < sizeof places/sizeof *places; i++)
            run_f32(k, &places[i]);
        cb_callable_free(k);
    }
    CALL_DONE("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats),   cmocka_unit_test(floats_of_128_bits), cmocka_unit_test(few_lanes), cmocka_unit_test(many_lanes),
        cmocka_unit_test(odd_lanes), cmocka_unit_test(bytes),             cmocka_unit_test(words),     cmocka_unit_test(doubles),
        cmocka_unit_test(scalars),  cmocka_unit_test(shifted),            cmocka_unit_test(parts),     cmocka_unit_test(between),
        cmocka_unit_test(unrolled), cmocka_unit_test(in_storage),         cmocka_unit_test(special),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
