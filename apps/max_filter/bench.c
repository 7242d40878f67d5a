/* apps/max_filter/bench.c: what `make bench` runs of max_filter. */
#include "bench.h"

const bench_case bench_app = {
    .title = "maximum in a circle of radius 26, f32, 1536 x 2560 x 3",
    .args = {{"in", {1536, 2560, 3}, .fill = BENCH_UNIT}, {"out", {1536, 2560, 3}}},
    .nargs = 2,
    .bytes = 2.0 * 4 * 1536 * 2560 * 3,
    .flops = 75.0 * 1536 * 2560 * 3, /* comparisons: 53 columns of a circle, about 17 different ones to make, 5 pieces */
};
