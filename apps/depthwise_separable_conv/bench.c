/* apps/depthwise_separable_conv/bench.c: the second layer of MobileNetV2, four pictures. */
#include "bench.h"

const bench_case bench_app = {
    .title = "depthwise_separable_conv, 4 x 112 x 112, 32 to 16 channels",
    .args = {{"in", {32, 112, 112, 4}, .fill = BENCH_UNIT},
             {"dfilter", {32, 3, 3}, .fill = BENCH_RANGE, .lo = -1, .hi = 1},
             {"pfilter", {16, 32}, .fill = BENCH_RANGE, .lo = -1, .hi = 1},
             {"bias", {16}, .fill = BENCH_UNIT},
             {"out", {16, 112, 112, 4}}},
    .nargs = 5,
    .bytes = 4.0 * 112 * 112 * 4 * (32 + 16),
    .flops = 2.0 * 112 * 112 * 4 * (9 * 32 + 32 * 16),
    .tolerance = 1e-5,
};
