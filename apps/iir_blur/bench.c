/* apps/iir_blur/bench.c: what `make bench` runs of iir_blur. */
#include "bench.h"

const bench_case bench_app = {
    .title = "recursive low pass, f32, 1536 x 2560 x 3",
    .args = {{"in", {1536, 2560, 3}, .fill = BENCH_UNIT}, {"alpha", .value = 0.5}, {"out", {1536, 2560, 3}}},
    .nargs = 3,
    .bytes = 4.0 * 4 * 1536 * 2560 * 3, /* a plane is larger than the nearer caches: each pass reads and writes it once */
    .flops = 12.0 * 1536 * 2560 * 3,    /* a multiplication, a multiplication and addition, four times */
    .tolerance = 1e-5,
};
