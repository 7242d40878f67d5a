/* apps/hist/bench.c: the size of Halide's app. */
#include "bench.h"

enum { WIDTH = 1536, HEIGHT = 2560 };

const bench_case bench_app = {
    .title = "histogram equalisation, u8, 1536 x 2560 x 3",
    .args = {{"in", {WIDTH, HEIGHT, 3}, .fill = BENCH_PICTURE, .lo = 20, .hi = 220}, {"out", {WIDTH, HEIGHT, 3}}},
    .nargs = 2,
    .bytes = 3 * 3.0 * WIDTH * HEIGHT, /* read twice, written once */
};
