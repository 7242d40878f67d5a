/* apps/conv_layer/bench.c: five pictures of 100 x 80, 128 channels to 128. */
#include "bench.h"

const bench_case bench_app = {
    .title = "conv_layer, 5 x 100 x 80, 128 to 128 channels",
    .args = {{"in", {128, 102, 82, 5}, .fill = BENCH_UNIT},
             {"filter", {128, 3, 3, 128}, .fill = BENCH_RANGE, .lo = -1, .hi = 1},
             {"bias", {128}, .fill = BENCH_UNIT},
             {"relu", {128, 100, 80, 5}}},
    .nargs = 4,
    .bytes = 4.0 * (128.0 * 102 * 82 * 5 + 128 * 9 * 128 + 128 + 128.0 * 100 * 80 * 5),
    .flops = 2.0 * 128 * 9 * 128 * 100 * 80 * 5,
    .tolerance = 1e-5,
};
