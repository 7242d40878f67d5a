/* lower/combine.h: updates of memory by associative operations, as statements (combine.c). */
#ifndef CB_COMBINE_H
#define CB_COMBINE_H

#include "../dsl/assoc.h"
#include "lower.h"

/* ATOMIC { buffer[k][index[k]] = values of `form` there and incoming } */
typedef struct update {
    const ir *stmt; /* the ATOMIC */
    uint32_t n;
    ir_sym *buffer;
    const ir **index, *pred; /* of all stores and of the loads of what they update */
    assoc form;
} update;

/* false when the statement is not of that form, or of an operation that the table does not have. */
bool update_read(cb_context *c, const ir *atomic, update *u);
/* The same update at other places with other lanes. */
const ir *update_write(cb_context *c, const update *u, const ir *const *index, const ir *const *incoming, const ir *pred);

/* Values y[k] of several blocks of `lanes` each, block after block: combined to one block, in order. `on`: lanes that
 * count, NULL: all; becomes those of the result that do. */
void combine_blocks(cb_context *c, const assoc *form, const ir **y, const ir **on, unsigned lanes);

#endif
