/* apps/stencil_chain/bench.c: what `make bench` runs of stencil_chain. */
#include "bench.h"

const bench_case bench_app = {
    .title = "32 stencils of 5 x 5, u16, 1536 x 2560",
    .args = {{"in", {1536, 2560}, .fill = BENCH_ANY}, {"out", {1536, 2560}}},
    .nargs = 2,
    .bytes = 2.0 * 2 * 1536 * 2560,
    .flops = 48.0 * 32 * 1536 * 2560, /* 24 multiplications and 24 additions a stencil, of 16 bits */
};
