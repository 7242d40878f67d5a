/* lower/bounds_of.h: what interval.c and boxes.c share. */
#ifndef CB_BOUNDS_OF_H
#define CB_BOUNDS_OF_H

#include "simp.h"

/* A condition form >= 0 over several moving terms that holds in an environment. */
typedef struct interval_guard interval_guard;
struct interval_guard {
    lin form;
    bool moves[LIN_MAX]; /* which of its terms are not points */
    interval_guard *next;
};

/* The interval bound to s here or outside; NULL: a point. */
const interval *interval_lookup(const interval_env *E, ir_sym s);
/* e without LIKELY. */
const ir *without_hints(cb_context *c, const ir *e);

#endif
