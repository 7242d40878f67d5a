/* apps/blur/bench.c: the size of Halide's app. */
#include "bench.h"

enum { WIDTH = 2568, HEIGHT = 1922 };

const bench_case bench_app = {
    .title = "blur, 3 x 3, u16, 2568 x 1922",
    .args = {{"in", {WIDTH, HEIGHT}, .fill = BENCH_ANY}, {"out", {WIDTH - 2, HEIGHT - 2}, .min = {1, 1}}},
    .nargs = 2,
    .bytes = 2.0 * WIDTH * HEIGHT + 2.0 * (WIDTH - 2) * (HEIGHT - 2),
};
