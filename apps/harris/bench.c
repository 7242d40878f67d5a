/* apps/harris/bench.c: the size of Halide's app. */
#include "bench.h"

enum { WIDTH = 1536, HEIGHT = 2560 };

const bench_case bench_app = {
    .title = "harris corners, f32, 1536 x 2560",
    .args = {{"in", {WIDTH, HEIGHT, 3}, .fill = BENCH_PICTURE}, {"out", {WIDTH - 6, HEIGHT - 6}, .min = {3, 3}}},
    .nargs = 2,
    .bytes = 4.0 * (3.0 * WIDTH * HEIGHT + (WIDTH - 6.0) * (HEIGHT - 6.0)),
    /* Grey 5, derivatives 9 each (by factors of 1 and 2), products 3, sums 24, response 7. */
    .flops = 57.0 * (WIDTH - 6.0) * (HEIGHT - 6.0),
    .tolerance = 1e-5,
};
