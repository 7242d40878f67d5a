/* apps/resize/bench.c: f32, cubic, half as large. */
#include "bench.h"

const bench_case bench_app = {
    .title = "resize, cubic, f32, 1536 x 2560 x 3 to half",
    .args = {{"in", {1536, 2560, 3}, .fill = BENCH_PICTURE}, {"scale", .value = 0.5}, {"out", {768, 1280, 3}}},
    .nargs = 3,
    .bytes = 4.0 * 1536 * 2560 * 3 * 1.25,
    .flops = 2.0 * 8 * 3 * 1280 * (1536 + 768),
    .tolerance = 1e-5,
};
