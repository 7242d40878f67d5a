/* tests/unit/test_edges.c: boundary conditions by value: sources of every small size and of sizes close to the largest,
 * far outside on both sides, continued in all dimensions or in some, compiled for scalars and for vectors and by the
 * interpreter, each against plain C. What they cost is in test_count_access. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <carbide/dsl.h>

enum { EDGE, TILED, MIRROR, INTERIOR, EXTERIOR, KINDS };
enum { OUTSIDE = -1 };

/* Which element from the first of n stands at the distance d from it. */
static int64_t element_of(int kind, int64_t d, int64_t n)
{
    if (d >= 0 && d < n)
        return d;
    int64_t period = kind == INTERIOR ? 2 * n - 2 : 2 * n, t;
    switch (kind) {
    case EDGE:
        return d < 0 ? 0 : n - 1;
    case TILED:
        return ((d % n) + n) % n;
    case MIRROR:
        t = ((d % period) + period) % period;
        return t < n ? t : period - 1 - t;
    case INTERIOR:
        if (n == 1)
            return 0;
        t = ((d % period) + period) % period;
        return t < n ? t : period - t;
    default:
        return OUTSIDE;
    }
}

static void continue_beyond(int kind, Func f, Func src)
{
    switch (kind) {
    case EDGE: repeat_edge(f, src); break;
    case TILED: repeat_image(f, src); break;
    case MIRROR: mirror(f, src); break;
    case INTERIOR: mirror_interior(f, src); break;
    default: constant_exterior(f, src, 99); break;
    }
}

/* The first dimension only, or both. */
static void continue_region(int kind, Func f, Func src, int n, const Expr *pairs)
{
    switch (kind) {
    case EDGE: cb_repeat_edge(f, src, n, pairs, CB_HERE); break;
    case TILED: cb_repeat_image(f, src, n, pairs, CB_HERE); break;
    case MIRROR: cb_mirror(f, src, n, pairs, CB_HERE); break;
    case INTERIOR: cb_mirror_interior(f, src, n, pairs, CB_HERE); break;
    default: cb_constant_exterior(f, src, cb_expr_of_int(99), n, pairs, CB_HERE); break;
    }
}

static cb_context *quiet_or_fail(void)
{
    cb_context *c = cb_context_new(NULL);
    assert_non_null(c);
    return c;
}

static cb_buffer *at_origin(cb_type t, int w, int h, int x, int y)
{
    cb_buffer *b = cb_buffer_new(NULL, t, 2, (const int32_t[]){w, h});
    assert_non_null(b);
    b->dim[0].min = x;
    b->dim[1].min = y;
    return b;
}

static void schedule_one(int how, Func out, Func f, Var x, Var y)
{
    Vars(xo, yo, xi, yi);
    switch (how) {
    case 0: schedule(out, vectorize(x, 8)); break;
    case 1: break;
    case 2: schedule(f, compute_root(), vectorize(x, 4)); break;
    default:
        schedule(out, tile(x, y, xo, yo, xi, yi, 5, 3), vectorize(xi));
        schedule(f, compute_at(out, xo));
        break;
    }
}

/* The buffer of an input, wherever it begins and however large it is. */
static void inputs(void **state)
{
    (void)state;
    enum { W = 37, H = 23 };
    for (int kind = 0; kind < KINDS; kind++)
        for (int how = 0; how < 4; how++) {
            cb_context *c = quiet_or_fail();
            Carbide(c) {
                Input(in, u8, 2);
                Funcs(f, out);
                Vars(x, y);
                continue_beyond(kind, f, in);
                define(out(x, y) = f(x, y));
                schedule_one(how, out, f, x, y);
                Callable call = compile(out, "host");
                assert_non_null(call.p);
                for (int w = 1; w <= 11; w++) {
                    int h = 1 + (w * 5 + how) % 7, x0 = how * 3 - 4, y0 = 2 - w;
                    cb_buffer *src = at_origin(CB_u8, w, h, x0, y0);
                    cb_buffer *got = at_origin(CB_u8, W, H, x0 - 16, y0 - 9);
                    cb_buffer *told = at_origin(CB_u8, W, H, x0 - 16, y0 - 9);
                    for (int i = 0; i < w * h; i++)
                        ((uint8_t *)src->host)[i] = (uint8_t)(i % w + 12 * (i / w));
                    assert_int_equal(cb_call_argv(call, NULL, (void *[]){src, got}), 0);
                    if (how == 0) {
                        assert_true(set_input(in, src));
                        assert_int_equal(interpret(out, told), 0);
                        assert_memory_equal(told->host, got->host, W * H);
                    }
                    for (int j = 0; j < H; j++)
                        for (int i = 0; i < W; i++) {
                            int64_t ex = element_of(kind, i - 16, w), ey = element_of(kind, j - 9, h);
                            int want = ex == OUTSIDE || ey == OUTSIDE ? 99 : (int)(ex + 12 * ey);
                            if (((uint8_t *)got->host)[j * W + i] != want)
                                fail_msg("kind %d, schedule %d, %d x %d: (%d, %d) is %d, not %d", kind, how, w, h,
                                         i - 16, j - 9, ((uint8_t *)got->host)[j * W + i], want);
                        }
                    cb_buffer_free(src);
                    cb_buffer_free(got);
                    cb_buffer_free(told);
                }
                cb_callable_free(call);
            }
            assert_true(cb_ok(c));
            cb_context_free(c);
        }
}

/* A Func of two values, in its first dimension only, over a region that parameters give. */
static void regions(void **state)
{
    (void)state;
    enum { W = 41 };
    for (int kind = 0; kind < KINDS; kind++) {
        if (kind == EXTERIOR)
            continue; /* one value cannot stand for both */
        cb_context *c = quiet_or_fail();
        Carbide(c) {
            Param(first, i32);
            Param(size, i32);
            Funcs(src, f, out);
            Vars(x, y);
            define(src(x, y) = (x * 3 + y, 7 - x));
            continue_region(kind, f, src, 1, (Expr[]){first, size});
            define(out(x, y) = f(x, y)[0] * 1000 + f(x, y)[1]);
            schedule(src, compute_root());
            schedule(out, vectorize(x, 8));
            Callable call = compile(out, "host");
            assert_non_null(call.p);
            for (int32_t n = 1; n <= 10; n++)
                for (int32_t lo = -5; lo <= 9; lo += 7) {
                    cb_buffer *got = at_origin(CB_i32, W, 2, lo - 19, -1), *told = at_origin(CB_i32, W, 2, lo - 19, -1);
                    assert_int_equal(cb_call_argv(call, NULL, (void *[]){&lo, &n, got}), 0);
                    assert_true(set_param(first, lo));
                    assert_true(set_param(size, n));
                    assert_int_equal(interpret(out, told), 0);
                    assert_memory_equal(told->host, got->host, W * 2 * sizeof(int32_t));
                    for (int i = 0; i < 2 * W; i++) {
                        int at = lo + (int)element_of(kind, i % W - 19, n), row = i / W - 1;
                        assert_int_equal(((int32_t *)got->host)[i], (at * 3 + row) * 1000 + 7 - at);
                    }
                    cb_buffer_free(got);
                    cb_buffer_free(told);
                }
            cb_callable_free(call);
        }
        cb_context_free(c);
    }
}

/* Sizes that are constants: what the simplifier makes of a region of one element, or of two. And sizes of which the
 * double is no i32: nothing overflows on the way. */
static void constants(void **state)
{
    (void)state;
    enum { W = 19 };
    static const int32_t sizes[][2] = {{0, 1}, {4, 1}, {0, 2}, {-3, 3}, {0, 8}, {0, 1500000000}, {-1000000000, 2000000000}};
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            int32_t lo = sizes[s][0], n = sizes[s][1];
            cb_context *c = quiet_or_fail();
            Carbide(c) {
                Funcs(src, f, out);
                Vars(x, y);
                define(src(x, y) = x + y);
                continue_region(kind, f, src, 1, (Expr[]){cb_expr_of_int(lo), cb_expr_of_int(n)});
                define(out(x, y) = f(x, y));
                if (s % 2)
                    schedule(out, vectorize(x, 4));
                for (int end = 0; end < 2; end++) {
                    int32_t from = (end ? lo + n : lo) - W / 2;
                    cb_buffer *got = at_origin(CB_i32, W, 1, from, 0), *told = at_origin(CB_i32, W, 1, from, 0);
                    assert_int_equal(realize_into(out, got), 0);
                    assert_int_equal(interpret(out, told), 0);
                    for (int i = 0; i < W; i++) {
                        int64_t at = element_of(kind, (int64_t)from + i - lo, n);
                        int32_t want = at == OUTSIDE ? 99 : (int32_t)(lo + at);
                        assert_int_equal(((int32_t *)told->host)[i], want);
                        assert_int_equal(((int32_t *)got->host)[i], want);
                    }
                    cb_buffer_free(got);
                    cb_buffer_free(told);
                }
            }
            cb_context_free(c);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs),
        cmocka_unit_test(regions),
        cmocka_unit_test(constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
