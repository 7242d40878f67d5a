/* driver/trial.h: one comparison of compiled code with the reference interpreter, as data: which region of
 * each output, which parameters, which input data.
 *
 *     out=0:7,-1:3 k=3 data=random:17
 *
 * asks for out at [0, 7) x [-1, 2) with k = 3 and random inputs of stream 17. A trial is a pure function of
 * its text, the program and the schedule, so a difference can be shown again and made smaller.
 */
#ifndef CB_TRIAL_H
#define CB_TRIAL_H

#include "../codegen/codegen.h"

#include <carbide.h>

typedef enum trial_data {
    DATA_ZERO, DATA_ONE,
    DATA_RAMP, /* 1, 2, 3, ... in memory order */
    DATA_RANDOM,
    DATA_KINDS
} trial_data;

typedef struct region {
    int32_t min[CB_MAX_RANK], extent[CB_MAX_RANK];
} region;

typedef struct trial {
    region *out;      /* of each output of the pipeline */
    ir_value *params; /* of each parameter */
    trial_data data;
    uint64_t seed; /* of random data, and of the padding of rows; 0: no padding */
} trial;

trial trial_new(arena *a, const pipeline *p);
trial trial_copy(arena *a, const pipeline *p, const trial *t);
void trial_print(text *t, const pipeline *p, const trial *q);
/* NULL, or what is wrong with the text (in the arena of p's context). Parameters and data not mentioned keep
 * their values in *q. */
const char *trial_read(const char *s, pipeline *p, trial *q);

typedef enum outcome {
    OUT_AGREE,
    OUT_SKIPPED,  /* overflow in the program, too large, a region that the pipeline refuses */
    OUT_REFUSED,  /* the schedule is not legal */
    OUT_DIFFERS,
    OUT_WRITES,   /* memory outside of the outputs' region was written */
    OUT_READS,    /* the regions of inputs that a query answered do not suffice */
    OUT_FAILED,   /* the compiled pipeline returned an error, or the interpreter could not compute it */
    OUT_INTERNAL, /* the compiler reported a mistake of its own */
    OUT_CRASH,
    OUT_HANG,
    OUT_KINDS
} outcome;
extern const char *const outcome_names[OUT_KINDS];
static inline bool outcome_bad(outcome o) { return o >= OUT_DIFFERS; }

/* What a trial found. Flat: it goes from process to process. */
typedef struct finding {
    outcome what;
    uint32_t output;  /* index into p->outputs */
    uint64_t points;  /* the interpreter evaluated */
    char text[400];   /* one sentence */
} finding;

/* What trials of one pipeline share. */
typedef struct rig rig;
rig *rig_new(pipeline *p);
/* Does code, compiled from p or meant to be the same, do what p means? Memory is freed again. */
void rig_try(rig *R, cb_callable code, const trial *t, finding *f);
#endif
