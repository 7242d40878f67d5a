/* apps/common/limits.h: what the machine can do at most, measured beside the apps: copying memory and multiplying and
 * adding floats. Work is shared by the threads of the default pool (cb_set_threads). */
#ifndef LIMITS_H
#define LIMITS_H

#include <stddef.h>

typedef struct limits {
    float *from, *to;
    size_t n; /* floats in each */
} limits;

/* Memory for copies that read and write `bytes` together. 0, or an error. */
int limits_open(limits *l, double bytes);
void limits_close(limits *l);

/* Copies once: what is read is half of the bytes, what is written the other half. With `streaming` the stores pass by
 * the caches, where the compiler has such stores. 0, or an error. */
int limits_copy(const limits *l, int streaming);

/* Multiplies and adds in registers, f32 or f64, about a millisecond's worth; the number of operations,
 * or 0 where the processor cannot do both at once. */
double limits_fma(int f64);

#endif
