/* dsl/races.h: what races.c finds out about an update, and collide.c shows examples of. */
#ifndef CB_RACES_H
#define CB_RACES_H

#include "sched.h"

/* ---- a coordinate as a sum of terms times constants -------------------------------------------- */

enum { TERMS = 24 };

typedef struct sum {
    int64_t constant;
    uint32_t n;
    struct {
        const ir *atom;
        int64_t coef;
    } term[TERMS];
    bool known;
} sum;

/* *s += k*e. It is not known any more when there are too many terms. */
void add_sum(sum *s, const ir *e, int64_t k, int depth);

/* ---- the accesses of an update ------------------------------------------------------------------ */

/* What is known of b - a, per dimension of the domain, when both touch one element. */
typedef struct distance {
    bool possible, *known;
    int64_t *value;
} distance;

typedef struct analysis {
    resolver *R;
    const stage_plan *s;
    uint32_t n;             /* dimensions of the domain */
    int64_t *extent;        /* -1: not a constant */
    uint32_t nplaces;       /* that an iteration writes */
    const ir ***writes;     /* their coordinates */
    vec(const ir *) reads;  /* of the Func itself, CALL nodes, at every place */
    vec(distance) pairs;    /* each write with each, then with each read */
    bool any;               /* examples: the conditions of the domain are not looked at */
} analysis;

/* ---- collide.c: examples, as notes of a report --------------------------------------------------- */

/* Two iterations of loop `at` of the stage that would collide; else what it is that cannot be told. */
void note_collision(const analysis *A, diag *g, uint32_t at);
/* The same for two that would change places if the loops stood in this order. */
void note_reordered(const analysis *A, diag *g, const uint32_t *to);

#endif
