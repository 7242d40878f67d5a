/* apps/camera_pipe/bench.c: what camera_pipe is compared at. */
#include "bench.h"

/* The picture is 2592 x 1968 and out is 2560 x 1920 of it. The buffer is larger, as the pipeline asks for more than it reads. */
const bench_case bench_app = {
    .title = "camera pipe, u16 2592 x 1968 to u8 2560 x 1920 x 3",
    .args = {{"in", {2960, 3880}, .fill = BENCH_PICTURE, .lo = 0, .hi = 1023},
             {"matrix_3200", {4, 3}, .fill = BENCH_RANGE, .lo = -1, .hi = 1.5},
             {"matrix_7000", {4, 3}, .fill = BENCH_RANGE, .lo = -1, .hi = 1.5},
             {"color_temp", .value = 3700},
             {"gamma", .value = 2},
             {"contrast", .value = 50},
             {"sharpen_strength", .value = 1},
             {"black_level", .value = 25},
             {"white_level", .value = 1023},
             {"out", {2560, 1920, 3}}},
    .nargs = 10,
    .bytes = 2.0 * 2592 * 1968 + 1.0 * 2560 * 1920 * 3,
};
