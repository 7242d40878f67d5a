/* apps/sgemm/bench.c: square matrices. */
#include "bench.h"

const bench_case bench_app = {
    .title = "sgemm, 1024 x 1024",
    .args = {{"a", {1024, 1024}, .fill = BENCH_RANGE, .lo = -1, .hi = 1},
             {"b", {1024, 1024}, .fill = BENCH_RANGE, .lo = -1, .hi = 1},
             {"c", {1024, 1024}}},
    .nargs = 3,
    .bytes = 3 * 4.0 * 1024 * 1024,
    .flops = 2.0 * 1024 * 1024 * 1024,
    .tolerance = 1e-5,
};
