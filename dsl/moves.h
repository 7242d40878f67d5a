/* dsl/moves.h: what moves.c (which tries) and moves_make.c (which thinks of something) share. */
#ifndef CB_MOVES_H
#define CB_MOVES_H

#include "sched.h"

enum { MOVE_PARTS = 3 };

/* What could stand in place of what was refused. */
typedef struct move {
    int cost;  /* how far from what was written: the nearest are tried and shown first */
    uint32_t n; /* directives; 0: it is left out, or another stage is named */
    const directive *with[MOVE_PARTS];
    const stage_ref *stage; /* in place of the stage that a line begins with */
    const directive *without; /* goes too, or NULL */
} move;

typedef struct moves {
    cb_context *c;
    const pipeline *p; /* with the plans that there are so far */
    const schedule *s; /* flat */
    diag_code code;
    const directive *d;       /* refused, or NULL */
    int arg;                  /* which argument, -1: all of it */
    bool lowering;            /* it was lowering that refused d */
    int64_t number;           /* that d should have, or 0 */
    const sched_entry *entry; /* d stands in, or whose stage is unknown */
    const directive *const *others; /* that the report shows */
    uint32_t nothers;
    vec(move) list;
} moves;

/* Fills the list: the nearest first. */
void moves_make(moves *M);

#endif
