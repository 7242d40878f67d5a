/* apps/unsharp/bench.c: the size of Halide's app. */
#include "bench.h"

enum { WIDTH = 1536, HEIGHT = 2560 };

const bench_case bench_app = {
    .title = "unsharp mask, f32, 1536 x 2560 x 3",
    .args = {{"in", {WIDTH, HEIGHT, 3}, .fill = BENCH_RANGE, .lo = 0.01, .hi = 1}, {"out", {WIDTH, HEIGHT, 3}}},
    .nargs = 2,
    .bytes = 2 * 4.0 * WIDTH * HEIGHT * 3,
    .flops = 30.0 * WIDTH * HEIGHT, /* grey 5, blurs 10 each, ratio 2, and 3 products */
    .tolerance = 1e-5,
};
