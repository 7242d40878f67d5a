/* apps/common/bench.h: what an app says about its benchmark. apps/NAME/bench.c is one table, `bench_app`; the program
 * that runs it (bench.c beside this file) is the same for all.
 *
 *     const bench_case bench_app = {
 *         .title = "harris corners, 1536 x 2560",
 *         .args = {{"in", {1536, 2560, 3}, .fill = BENCH_UNIT}, {"out", {1530, 2554}, .min = {3, 3}}},
 *         .nargs = 2,
 *         .bytes = 4.0*1536*2560*4,
 *     };
 *
 * The same arguments go to the pipeline by its schedule NAME.cpu.sched, which is the peer's, to the pipeline by
 * NAME.best.sched, and to the peer in Halide; the outputs are compared. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

enum { BENCH_RANK = 4, BENCH_ARGS = 12 };

typedef enum bench_fill {
    BENCH_ANY,     /* pseudo-random over the whole type; floats in [0, 1) */
    BENCH_UNIT,    /* floats in [0, 1) */
    BENCH_RANGE,   /* from .lo to .hi, both included */
    BENCH_PICTURE, /* smooth shapes, edges and noise, as photographs have; integers from .lo to .hi, or the whole type */
    BENCH_ZERO
} bench_fill;

typedef struct bench_arg {
    const char *name;           /* of the pipeline's argument; the peer's has the same name */
    int32_t extent[BENCH_RANK]; /* of a buffer, dimension 0 first; all 0: a scalar */
    int32_t min[BENCH_RANK];
    bench_fill fill;            /* of an input */
    double lo, hi;
    double value;               /* of a scalar */
} bench_arg;

typedef struct bench_case {
    const char *title;
    bench_arg args[BENCH_ARGS];
    int nargs;
    double bytes;     /* that one run has to read and write at least; or 0 */
    double flops;     /* arithmetic operations of one run; or 0 */
    double tolerance; /* float outputs: relative to the largest value, 0 for the same bits; integers: off by at most this */
} bench_case;

extern const bench_case bench_app;

#endif
