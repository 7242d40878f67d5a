/* lower/widen.h: what vectorize.c is made of: wide nests cut (pieces.c), one vector loop turned into vector statements
 * (widen.c). */
#ifndef CB_WIDEN_H
#define CB_WIDEN_H

#include "lower.h"

/* `body` for v = min, min+1, ..., min+n-1 at once. Expressions that depend on v get n times the lanes, the lanes of v
 * varying slowest; everything else stays as it is. n is at least 2. */
const ir *widen_loop(cb_context *c, ir_sym v, const ir *min, unsigned n, const ir *body);

/* Iterations of a vector loop, once its extent is a constant; 1: it is not one, or it has none. */
static inline int64_t vector_lanes(const ir *loop)
{
    int64_t n;
    return ir_as_int(for_extent(loop), &n) && n > 0 ? n : 1;
}

/* Nests of vector loops that make very many lanes, or a number that is no power of two, are cut (pieces.c). */
void low_cut_wide(low *L);

/* A statement that does nothing, for places that must hold one; the simplifier removes it. */
const ir *widen_nothing(cb_context *c);

#endif
