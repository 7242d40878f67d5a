/* apps/blur/peers.h: the C versions of blur that the benchmark compares with. Each computes rows [y0, y1) of the
 * output, which begins one row and one column inside the input; `width` counts output pixels. `tmp` has room for
 * peer_tmp(width) elements. The names end in the compiler's: blur_nine_gcc. */
#ifndef PEERS_H
#define PEERS_H

#include <stddef.h>
#include <stdint.h>

typedef void peer_fn(const uint16_t *in, ptrdiff_t in_stride, uint16_t *out, ptrdiff_t out_stride, int width, int y0,
                     int y1, uint16_t *tmp);

/* Rows that the two-pass version filters at a time: what it keeps fits the second-level cache. */
enum { PEER_STRIP = 32 };

static inline size_t peer_tmp(int width)
{
    return (size_t)(PEER_STRIP + 2) * ((size_t)width + 64);
}

#define PEER_NAMES(X) X(nine) X(two_pass) X(fused)

#endif
