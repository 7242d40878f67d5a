/* apps/bilateral_grid/bench.c: what bilateral_grid is compared at. */
#include "bench.h"

const bench_case bench_app = {
    .title = "bilateral grid, f32, 1536 x 2560",
    .args = {{"in", {1536, 2560}, .fill = BENCH_PICTURE, .lo = 0, .hi = 1}, {"r_sigma", .value = 0.1}, {"out", {1536, 2560}}},
    .nargs = 3,
    .bytes = 4.0 * 1536 * 2560 * 3, /* the picture is read twice */
    .tolerance = 1e-5,
};
