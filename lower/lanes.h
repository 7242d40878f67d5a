/* lower/lanes.h: conditions on vectors said about scalars (lanes.c). */
#ifndef CB_LANES_H
#define CB_LANES_H

#include "lower.h"

/* A scalar condition that implies all lanes of `cond`; `cond` itself when it is scalar, NULL when none is found. */
const ir *lanes_all(cb_context *c, const ir *cond);
/* A scalar not below (high) or not above (!high) any lane of an integer vector; NULL when none is found. */
const ir *lanes_extreme(cb_context *c, const ir *e, bool high);
/* The opposite of a condition, without NOT where that is possible. */
const ir *lanes_negate(cb_context *c, const ir *cond);

#endif
