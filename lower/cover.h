/* lower/cover.h: which values the variables of a stage take in its loops, and what is known of nests that run for parts. */
#ifndef CB_LOWER_COVER_H
#define CB_LOWER_COVER_H

#include "path.h"

/* ---- parts (parts.c) ------------------------------------------------------------------------------------ */

/* What is expected of Funcs computed inside loops, for each dimension of the part of the region that is computed there. */
typedef struct part {
    const_range extent;     /* its modulus and remainder */
    vec(ir_sym) moves_with; /* loops on whose variables its ends depend */
} part;

typedef struct part_facts {
    map of; /* low_func -> part[rank]; a Func that is not there: nothing is known */
} part_facts;

enum { PARTS_DIMS = 32 };

/* Notes that a part of f is `b`, in terms of region symbols of the readers of f, which have been noted before. */
void parts_note(low *L, part_facts *known, low_func *f, const box *b);
/* The dimensions (a bit each) in which all parts of f that are computed inside `here` are the same. */
uint32_t parts_steady(low *L, const part_facts *known, const low_func *f, low_site here);
/* Has the extent that was found the remainder that is expected? */
bool parts_same_rest(const_range expected, const_range found);

/* ---- variables (cover.c) ---------------------------------------------------------------------------------- */

/* How often a nest runs. */
typedef struct nest_runs {
    bool many;               /* several times, each for a part of the region, */
    uint32_t steady;         /* which is the same for all in these dimensions (a bit each); */
    const part_facts *known; /* or NULL */
} nest_runs;

/* The variables of stage s over the loops inside loop `loop` (-1: all of them). `known`: of region symbols, or NULL. */
interval_env *cover_env(low *L, const low_stage *s, int64_t loop, const facts *known, nest_runs runs);

#endif
