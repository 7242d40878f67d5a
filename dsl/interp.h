/* dsl/interp.h: the parts of the reference interpreter (interp.c, interp_extern.c, interp_code.c,
 * interp_table.c, interp_slack.c).
 *
 * What is interpreted is definitions. A Func with n updates has n + 1 stages; the value of point p
 * after stage s is
 *
 *     value(p, 0) = the pure definition at p
 *     value(p, s) = what the run of update s wrote at p, if it did, else value(p, s - 1)
 *
 * value by value: what has no value there (undef) is, after an update, what it was before it, and before all
 * updates what the caller's buffer holds; elsewhere it is undefined, and to read it is reported.
 *
 * An update is run slice by slice: a slice fixes the coordinates that are pure Vars and runs the
 * whole reduction domain for them. Everything is made on demand and remembered.
 */
#ifndef CB_INTERP_H
#define CB_INTERP_H

#include "model.h"

/* ---- interp_table.c: values by coordinates --------------------------------------------------- */

typedef struct ptable {
    uint32_t rank, width; /* coordinates of a key, words of a value */
    uint32_t n, cap, nslots;
    int32_t *key;   /* n * rank */
    ir_value *val;  /* n * width */
    uint32_t *slot; /* index + 1, open addressing */
} ptable;

/* The value of `key`, or NULL. The pointer holds until the next insertion. */
ir_value *ptable_get(const ptable *t, const int32_t *key);
/* The value of `key`, made (zero) when it was absent. */
ir_value *ptable_put(arena *a, ptable *t, const int32_t *key);

/* ---- interp_code.c: expressions as arrays of instructions ------------------------------------ */

typedef struct ifunc ifunc;

/* dst = op(slots of arg...); operand types beside the operands. */
typedef struct instr {
    ir_op op;
    cb_type type;
    uint32_t dst, first, nargs; /* operands: code.arg[first..) */
    ifunc *callee;              /* CALL */
    uint32_t value;             /* CALL: which value */
    cb_type operand[3];         /* not CALL */
    const ir *c_call;           /* C_CALL: its node */
} instr;

/* print or require: done when the code that it is part of has run. */
typedef struct ieffect {
    effect_kind kind;
    const ir *node;
    uint32_t *slot; /* of every operand */
} ieffect;

typedef struct icode {
    vec(ieffect) effects; /* in the order of evaluation */
    vec(instr) at;
    vec(uint32_t) arg;
    vec(ir_value) slot;    /* constants and parameters are there from the start */
    double *slack;         /* of each slot; see interp_slack.c */
    vec(uint32_t) env_dst; /* slots of the environment's coordinates, */
    vec(uint32_t) env_src; /* and their positions in it */
    uint32_t *root;        /* slots of the roots */
    uint8_t *missing;      /* per slot: not known in this run */
    bool dirty;            /* some of missing is set */
} icode;

/* What symbols stand for: position in the environment, or a constant. */
typedef struct code_symbols {
    map env;   /* symbol -> position */
    map value; /* symbol -> bits of an ir_value */
    ifunc *(*func)(void *user, ir_sym s);
    ir_value (*field)(void *user, const ir *n); /* FIELD of an input */
    void *user;
    bool strict; /* floats as by strict() */
} code_symbols;

/* Compiles n roots; instructions and slots lie in `a`. c is for symbols and diagnostics. */
icode *code_new(cb_context *c, arena *a, const code_symbols *syms, const ir *const *root,
                uint32_t n);

/* ---- interp_slack.c: how far compiled code may be from the interpreter ------------------------- */

/* The slack of v = in(arg...), given that of the operands. Not above 0: v is exact. */
double interp_slack(const instr *in, const ir_value *arg, const double *given, ir_value v);

/* ---- interp.c: the state of a run ------------------------------------------------------------ */

typedef struct stage stage;
typedef struct slice slice;

struct ifunc {
    cb_func_s *src;
    const cb_buffer *input; /* Inputs only */
    cb_buffer *const *output; /* outputs only: one for each value */
    ptable points;          /* value(p, 0): values, then for each whether it is one */
    stage *stages;          /* [0] pure */
    uint32_t nstages;
    bool compiled;
};

struct stage {
    ifunc *f;
    uint32_t index;
    definition *def;
    icode **where; /* predicates of the domain */
    uint32_t nwhere;
    icode *bounds; /* min and extent of each dimension of the domain; NULL without a domain */
    icode *main;   /* pure: values; update: coordinates, then values; then where each is one (undef) */
    uint32_t nwhen;   /* 0 when all values always are */
    uint32_t nplaces, nroots; /* written at once by an iteration, and the roots of main for each of them */
    uint32_t npure, nother;     /* dimensions that are pure Vars of the update, and the others */
    uint32_t *pure, *other;     /* which they are */
    ptable slices;              /* coordinates of the pure dimensions -> index into slice */
    vec(slice *) slice;
};

/* The run of an update's whole domain for one choice of its pure coordinates. */
struct slice {
    stage *stage;
    ptable written; /* by the other coordinates; laid out like points */
    bool started, done;
    int32_t *env;    /* pure coordinates, then the reduction variables */
    int64_t *min, *extent, *at;
    uint32_t where; /* predicates of the current iteration found true */
    bool doubtful;  /* which iterations run, or where they write, hangs on the rounding of floats */
};

/* Compute value(p, 0) of f, or run a slice. */
typedef struct task {
    ifunc *f;
    slice *slice;
    int32_t p[CB_MAX_RANK];
} task;

typedef struct interp {
    cb_context *ctx;
    pipeline *pipe;
    const interp_args *args;
    interp_report *report;
    arena *a;
    map funcs; /* symbol -> ifunc */
    map params;
    vec(task) tasks;
    int code; /* CB_ERR_ once something failed */
    bool overflow; /* in the code now running */
    bool in_place; /* some output leaves elements as they are */
    deferred cleanup;
} interp;

ifunc *interp_func(void *user, ir_sym s);
/* Value `which` of f at p as `self` sees it (NULL: after all stages), followed nvalues words later
 * by whether it is one, and as many later by its slack; NULL when something has to be computed
 * first, which is then on the stack of tasks. *doubtful: it may be any other. */
const ir_value *interp_value(interp *I, ifunc *f, const int32_t *p, uint32_t which, const slice *self,
                             bool *doubtful);
/* Runs the code for the environment; false when calls had to be put on the stack of tasks. */
bool interp_code(interp *I, icode *C, const int32_t *env, const slice *self);
ir_value interp_root(const icode *C, uint32_t i);
void interp_note_overflow(interp *I, const char *name, const int32_t *p, uint32_t rank);
/* The address of an element, or NULL outside of the buffer. */
char *interp_element(const cb_buffer *b, const int32_t *p);
bool interp_is_empty(const cb_buffer *b);
uint64_t interp_load(const char *p, unsigned bytes);
void interp_store(char *p, unsigned bytes, uint64_t v);

/* ---- interp_extern.c: C functions ------------------------------------------------------------ */

/* A call of a C function of scalars. */
void interp_c_call(interp *I, icode *C, const instr *in);
/* Makes f known at p; false when it has to wait, or the run has failed. */
bool interp_extern(interp *I, ifunc *f, const int32_t *p);

#endif
