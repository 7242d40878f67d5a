/* apps/nl_means/bench.c: what `make bench` runs of nl_means. */
#include "bench.h"

const bench_case bench_app = {
    .title = "non-local means, patches 7 x 7, search 7 x 7, f32, 1536 x 2560 x 3",
    .args = {{"in", {1536, 2560, 3}, .fill = BENCH_PICTURE, .lo = 0, .hi = 1}, {"patch_size", .value = 7},
             {"search_area", .value = 7}, {"sigma", .value = 0.12}, {"out", {1536, 2560, 3}}},
    .nargs = 5,
    .bytes = 2.0 * 4 * 1536 * 2560 * 3,
    .flops = 49.0 * (8 + 6 + 6 + 1 + 12 + 8) * 1536 * 2560, /* differences, two sums, an exponential, four products and sums */
    .tolerance = 1e-5,
};
