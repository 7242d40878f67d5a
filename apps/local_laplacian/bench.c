/* apps/local_laplacian/bench.c: what local_laplacian is compared at. */
#include "bench.h"

const bench_case bench_app = {
    .title = "local laplacian, u16, 1536 x 2560 x 3, 8 levels",
    .args = {{"in", {1536, 2560, 3}, .fill = BENCH_PICTURE, .lo = 0, .hi = 65535},
             {"levels", .value = 8},
             {"alpha", .value = 1.0 / 7},
             {"beta", .value = 1},
             {"out", {1536, 2560, 3}}},
    .nargs = 5,
    .bytes = 2.0 * 1536 * 2560 * 3 * 3, /* the picture is read twice */
    .tolerance = 1, /* floats, cut off: what agrees to 1e-5 of the largest differs by one at most */
};
