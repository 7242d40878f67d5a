/* tests/hostile/hostile.h: whatever a user writes is accepted or refused with a message of its own: random mutations of
 * schedules, equations, command lines and certificates never end in an internal error, a crash or a hang.
 *
 *     seeds.c    what is mutated, and the words that are put in
 *     mutate.c   the mutations
 *     main.c     many mutated texts in child processes
 */
#ifndef CB_HOSTILE_H
#define CB_HOSTILE_H

#include "../../driver/prove.h"

typedef enum hostile_kind { SCHEDULES, EQUATIONS, COMMANDS, CERTIFICATES, HOSTILE_KINDS } hostile_kind;
extern const char *const hostile_names[HOSTILE_KINDS];

/* Texts that are right, to start from; words that may stand in such texts. NULL at the end. */
extern const char *const *const hostile_seeds[HOSTILE_KINDS];
extern const char *const hostile_words[];

/* A few random changes of a random seed; the first numbers are the seeds as they are. */
const char *hostile_text(arena *a, rng *r, hostile_kind k, uint64_t number);
/* How many those are. */
uint64_t hostile_right(hostile_kind k);

#endif
