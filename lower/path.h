/* lower/path.h: where a walk over the nest stands: the loops and guards around it, outermost first, and
 * what the lets around it stand for. Shared by bounds.c, which keeps it, and slide.c, which reads it. */
#ifndef CB_LOWER_PATH_H
#define CB_LOWER_PATH_H

#include "lower.h"

typedef struct path_item {
    low_site site;          /* of a loop; site.stage NULL: this item is a guard */
    ir_sym sym;             /* loop variable */
    ir_loop_kind kind;
    const ir *min, *extent; /* of the loop, region symbols replaced */
    const ir *cond;         /* of the guard */
} path_item;

typedef struct path {
    vec(path_item) items;
    map expand; /* let symbol -> its value with all lets inside it expanded */
    map asked;  /* symbol of the answer of a C function about its region -> the question, expanded likewise */
} path;

/* e with every let of the path replaced by what it stands for, for analysis: hints are left out. */
const ir *path_expand(cb_context *c, const path *p, const ir *e);
bool same_site(low_site a, low_site b);
/* The place of the loop over s; false: s is no loop of a stage. */
bool low_find_loop(low *L, ir_sym s, low_site *site);
/* Is `here` the place, or one of several in specialised stages, where f is computed (stored)? Not for outputs. */
bool computed_at(const low_func *f, low_site here);
bool stored_at(const low_func *f, low_site here);
/* Is f computed inside this place? */
bool computed_inside(const low_func *f, low_site here);

/* slide.c. The region [lo[d], hi[d]] of f is needed at the end of the path, the place where f is computed, while its
 * storage was declared there or further out. Replaces lo[d] by a later start, or hi[d] by an earlier end, where earlier
 * iterations of a loop in between have computed the rest, and decides f->fold_factor; what has to be checked at run time
 * goes to *check. True when something slides. */
bool slide_region(low *L, const path *p, low_func *f, const ir **lo, const ir **hi, const facts *fs, const ir **check);

/* loops.c: value of the loop that a split replaced, in terms of its parts; *inside: the condition under which it is inside
 * its range, NULL when it always is. */
const ir *split_value(low *L, const low_stage *s, const split_plan *p, const ir **inside);
/* Last value of loop `dim` of dims_all, in terms of region symbols. */
const ir *dim_max(low *L, const low_stage *s, uint32_t dim);

#endif
