/* lower/widen.h: one vector loop turned into vector statements (widen.c) and what comes before (pieces.c), shared by vectorize.c and its tests. */
#ifndef CB_WIDEN_H
#define CB_WIDEN_H

#include "lower.h"

/* `body` for v = min, min+1, ..., min+n-1 at once. Expressions that depend on v get n times the lanes, the lanes of v
 * varying slowest; everything else stays as it is. n is at least 2. */
const ir *widen_loop(cb_context *c, ir_sym v, const ir *min, unsigned n, const ir *body);

/* Nests of vector loops that make very many lanes are cut into pieces (pieces.c). */
void low_cut_wide(low *L);

/* A statement that does nothing, for places that must hold one; the simplifier removes it. */
const ir *widen_nothing(cb_context *c);

#endif
