/* dsl/assoc.h: is an update an associative operation, and which (assoc.c; the table is assoc.def)? */
#ifndef CB_ASSOC_H
#define CB_ASSOC_H

#include "../ir/ir.h"

typedef enum assoc_form { ASSOC_FORM_OP, ASSOC_FORM_TUPLE, ASSOC_FORM_CHOICE } assoc_form;

/* Some values of an update that are computed from one another. */
typedef struct assoc_group {
    assoc_form form;
    ir_op op;        /* OP */
    uint32_t row;    /* of the table of its form */
    bool commutes, has_identity;
    uint32_t n, *value; /* which values, in the order of the row's x0, x1, ... */
    cb_type wide;    /* of `wide` in patterns */
} assoc_group;

typedef struct assoc assoc;
struct assoc {
    uint32_t n;          /* values */
    const ir **incoming; /* y: per value, what one point brings; free of the element itself */
    bool commutes;       /* all groups do */
    bool has_identity;
    uint32_t ngroups;
    assoc_group *group;
};

/* Are values[k], in terms of self[k] (the element's own values), an operation of the table? What they
 * bring may mention none of the symbols of `own` (as functions or buffers). */
bool assoc_find(cb_context *c, uint32_t n, const ir *const *values, const ir *const *self, const map *own, assoc *out);
/* out[k] = x op y; all of one number of lanes, which may differ from that of the definition. */
void assoc_combine(cb_context *c, const assoc *a, const ir *const *x, const ir *const *y, const ir **out);
/* y where x is not there yet, x where y is not; xs, ys: is it there? bools of the same lanes. */
void assoc_combine_some(cb_context *c, const assoc *a, const ir *const *x, const ir *xs, const ir *const *y,
                        const ir *ys, const ir **out);
/* The value k of the identity, a scalar constant of type t; only with has_identity. */
const ir *assoc_identity(cb_context *c, const assoc *a, uint32_t k, cb_type t);
/* "sum, complex product": for notes and comments. */
const char *assoc_name(cb_context *c, const assoc *a);

#endif
