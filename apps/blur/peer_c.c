/* apps/blur/peer_c.c: three honest ways to write blur in C, compiled by each compiler at -O3 -march=native.
 *
 *   nine      every output from its nine inputs; nothing is stored
 *   two_pass  strips of rows: first across into a buffer that stays in cache, then down
 *   fused     row by row, keeping the last three rows that were filtered across
 *
 * All wrap sums to 16 bits and divide by 3 twice, as the pipeline does, and so give the same bits. */
#include "peers.h"

#define NAME_(a, b) blur_##a##_##b
#define NAME(a, b) NAME_(a, b)
#define X(name) peer_fn NAME(name, PEER);
PEER_NAMES(X)
#undef X

static inline uint16_t third(unsigned sum)
{
    return (uint16_t)((uint16_t)sum / 3);
}

void NAME(nine, PEER)(const uint16_t *restrict in, ptrdiff_t is, uint16_t *restrict out, ptrdiff_t os, int width,
                      int y0, int y1, uint16_t *restrict tmp)
{
    (void)tmp;
    for (int y = y0; y < y1; y++) {
        const uint16_t *a = in + y * is, *b = a + is, *c = b + is;
        uint16_t *o = out + y * os;
        for (int x = 0; x < width; x++)
            o[x] = third((unsigned)third((unsigned)(a[x] + a[x + 1] + a[x + 2])) +
                         third((unsigned)(b[x] + b[x + 1] + b[x + 2])) + third((unsigned)(c[x] + c[x + 1] + c[x + 2])));
    }
}

static inline void across(const uint16_t *restrict in, uint16_t *restrict out, int width)
{
    for (int x = 0; x < width; x++)
        out[x] = third((unsigned)(in[x] + in[x + 1] + in[x + 2]));
}

static inline void down(const uint16_t *restrict a, const uint16_t *restrict b, const uint16_t *restrict c,
                        uint16_t *restrict out, int width)
{
    for (int x = 0; x < width; x++)
        out[x] = third((unsigned)(a[x] + b[x] + c[x]));
}

void NAME(two_pass, PEER)(const uint16_t *restrict in, ptrdiff_t is, uint16_t *restrict out, ptrdiff_t os, int width,
                          int y0, int y1, uint16_t *restrict tmp)
{
    ptrdiff_t ts = (width + 63) / 32 * 32;
    for (int y = y0; y < y1; y += PEER_STRIP) {
        int rows = y1 - y < PEER_STRIP ? y1 - y : PEER_STRIP;
        for (int k = 0; k < rows + 2; k++)
            across(in + (y + k) * is, tmp + k * ts, width);
        for (int k = 0; k < rows; k++)
            down(tmp + k * ts, tmp + (k + 1) * ts, tmp + (k + 2) * ts, out + (y + k) * os, width);
    }
}

void NAME(fused, PEER)(const uint16_t *restrict in, ptrdiff_t is, uint16_t *restrict out, ptrdiff_t os, int width,
                       int y0, int y1, uint16_t *restrict tmp)
{
    ptrdiff_t ts = (width + 63) / 32 * 32;
    for (int k = 0; k < 2; k++)
        across(in + (y0 + k) * is, tmp + (y0 + k) % 3 * ts, width);
    for (int y = y0; y < y1; y++) {
        across(in + (y + 2) * is, tmp + (y + 2) % 3 * ts, width);
        down(tmp + y % 3 * ts, tmp + (y + 1) % 3 * ts, tmp + (y + 2) % 3 * ts, out + y * os, width);
    }
}
