/* tests/unit/count.h: what a scheduled program does when it runs, counted.
 *
 *     counted k = count_run(&(count_case){.make = blur, .out = {{0, 40}, {0, 20}},
 *         .schedule = "blur_x store_root(), compute_at(out, y)\n"});
 *     assert_int_equal(count_evals(&k, "blur_x", -1), 40*22);     elements of the pure definition
 *     assert_int_equal(count_of(&k, "blur_x")->elements, 64*4);   largest allocation
 *     count_free(&k);
 *
 * The program is lowered and run statement by statement (stmt_eval.h): an access outside a buffer or
 * of an element never written fails the test. What it computes is compared with the reference
 * interpreter, so a test of counts is a test of values too. Inputs are made as large as a query of
 * the lowered program says. */
#ifndef TEST_COUNT_H
#define TEST_COUNT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stmt_eval.h"

#include <carbide/dsl.h>

enum { COUNT_RANK = 10, COUNT_ARGS = 6, COUNT_BUFFERS = 32 };

/* A function that makes the pipeline of the program in its arguments, whose output is `out`:
 *     COUNT_PROGRAM(twice, Input(in, u8, 1); Output(out, u8, 1); Vars(x); define(out(x) = in(x)*2);) */
#define COUNT_PROGRAM(name, ...)                                                                 \
    static pipeline *name(cb_context *c)                                                         \
    {                                                                                            \
        pipeline *p = NULL;                                                                      \
        Carbide(c)                                                                               \
        {                                                                                        \
            __VA_ARGS__                                                                          \
            p = pipeline_new(c, #name, (cb_func_s *[]){out.p}, 1);                               \
        }                                                                                        \
        return p;                                                                                \
    }

/* Over w columns and h rows from 0. */
#define COUNT_RUN(program, w, h, ...)                                                            \
    count_run(&(count_case){.make = program, .out = {{0, w, 0}, {0, h, 0}}, __VA_ARGS__})

typedef struct count_case {
    pipeline *(*make)(cb_context *c);
    const char *schedule;        /* as text; NULL: what the program gave to itself */
    cb_dim out[COUNT_RANK];      /* region of the outputs: min, extent */
    int64_t param[COUNT_ARGS];   /* integer parameters, in order */
    cb_dim in[COUNT_RANK];       /* region of the inputs; all extents 0: what a query asks for */
    bool backwards;              /* parallel iterations last first */
    bool lax;                    /* lanes that are not stored may read what was never written */
    int code;                    /* the error that the run is to end with */
} count_case;

/* What happened to one buffer: of an argument, of a Func ("f"), of a value of a tuple ("f.1"). */
typedef struct count_buffer {
    const char *name;
    ir_sym sym;
    int64_t loads, stores;           /* elements */
    int64_t fetches;                 /* PREFETCHes */
    int64_t fetch_lo, fetch_hi;      /* of these indices */
    int64_t load_ops, store_ops;     /* LOADs and STOREs executed with a lane on */
    unsigned load_lanes, store_lanes; /* the most lanes of one */
    int64_t allocations, live;       /* made; of these not gone yet */
    int64_t most_live;               /* at one time */
    int64_t elements;                /* of the largest */
    int64_t bytes;
    ir_memory memory;                /* of the last one */
} count_buffer;

typedef struct count_shape { /* static: how often something stands in the program */
    int loops[LOOP_GPU_LANE + 1]; /* by kind, before unrolling and vectorizing */
    int serial, parallel;         /* loops that are left at the end */
    int stores, vector_stores, ifs, heap, stack, registers;
    unsigned widest;              /* lanes of a store */
} count_shape;

typedef struct counted {
    cb_context *c;
    pipeline *p;
    low *L;
    count_buffer buffer[COUNT_BUFFERS];
    int nbuffers;
    vec(const ir *) sites;  /* STOREs met */
    vec(int64_t) site_elements;
    int64_t iterations;     /* of all loops */
    int64_t bytes, peak;    /* allocated now, at most */
    cb_dim region[COUNT_ARGS][COUNT_RANK]; /* of the inputs: given, or what the query asked for */
    count_shape shape;
    const char *message;    /* of the assertion that failed */
} counted;

static char count_messages[8192]; /* diagnostics of the last run */

static inline void count_sink(void *user, const cb_message *m)
{
    (void)user;
    strncat(count_messages, m->rendered, sizeof count_messages - strlen(count_messages) - 1);
}

/* ---- watching -------------------------------------------------------------------------------- */

static inline count_buffer *count_buffer_of(counted *k, ir_sym s)
{
    for (int i = 0; i < k->nbuffers; i++)
        if (k->buffer[i].sym == s) return &k->buffer[i];
    /* copies made by unrolling and vectorizing have the name of the original */
    const char *name = ir_sym_name(k->L->ctx, s);
    for (int i = 0; i < k->nbuffers; i++)
        if (!strcmp(k->buffer[i].name, name)) return &k->buffer[i];
    if (k->nbuffers == COUNT_BUFFERS) fail_msg("too many buffers");
    count_buffer *b = &k->buffer[k->nbuffers++];
    *b = (count_buffer){.name = name, .sym = s};
    return b;
}

static inline void count_load(void *user, const ir *n, ir_sym s, unsigned on)
{
    count_buffer *b = count_buffer_of(user, s);
    b->loads += on;
    b->load_ops += on > 0;
    if (n->type.lanes > b->load_lanes) b->load_lanes = n->type.lanes;
}

static inline void count_fetch(void *user, ir_sym s, int64_t index)
{
    count_buffer *b = count_buffer_of(user, s);
    b->fetch_lo = !b->fetches || index < b->fetch_lo ? index : b->fetch_lo;
    b->fetch_hi = !b->fetches || index > b->fetch_hi ? index : b->fetch_hi;
    b->fetches++;
}

static inline void count_store(void *user, const ir *n, ir_sym s, unsigned on)
{
    counted *k = user;
    count_buffer *b = count_buffer_of(k, s);
    b->stores += on;
    b->store_ops += on > 0;
    if (n->arg[0]->type.lanes > b->store_lanes) b->store_lanes = n->arg[0]->type.lanes;
    for (uint32_t i = 0; i < k->sites.n; i++)
        if (k->sites.at[i] == n) {
            k->site_elements.at[i] += on;
            return;
        }
    vec_push(k->c->a, &k->sites, n);
    vec_push(k->c->a, &k->site_elements, (int64_t)on);
}

static inline void count_allocate(void *user, const ir *n, int64_t elements, bool end)
{
    counted *k = user;
    if (elements < 0) return;
    count_buffer *b = count_buffer_of(k, n->u.info->sym);
    int64_t bytes = elements * type_bytes(n->u.info->type) * n->u.info->type.lanes;
    k->bytes += end ? -bytes : bytes;
    b->live += end ? -1 : 1;
    if (end) return;
    if (k->bytes > k->peak) k->peak = k->bytes;
    if (b->live > b->most_live) b->most_live = b->live;
    if (elements > b->elements) b->elements = elements;
    if (bytes > b->bytes) b->bytes = bytes;
    b->allocations++;
    b->memory = n->u.info->memory;
}

static inline void count_loop(void *user, const ir *n, int64_t iterations)
{
    (void)n;
    ((counted *)user)->iterations += iterations;
}

/* ---- structure ------------------------------------------------------------------------------- */

static inline bool count_kinds(void *env, const ir *n)
{
    if (n->op == IR_FOR) ((count_shape *)env)->loops[n->u.info->kind]++;
    return ir_is_stmt(n);
}

static inline bool count_structure(void *env, const ir *n)
{
    count_shape *s = env;
    if (n->op == IR_FOR) s->serial++;
    if (n->op == IR_PAR_CALL) s->parallel++;
    if (n->op == IR_IF) s->ifs++;
    if (n->op == IR_STORE) {
        unsigned lanes = n->arg[0]->type.lanes;
        s->stores++;
        s->vector_stores += lanes > 1;
        if (lanes > s->widest) s->widest = lanes;
    }
    if (n->op == IR_ALLOCATE) {
        s->heap += n->u.info->memory == MEM_HEAP;
        s->stack += n->u.info->memory == MEM_STACK;
        s->registers += n->u.info->memory == MEM_REGISTER;
    }
    return ir_is_stmt(n);
}

/* How often the body of a loop decides or divides: of the loop where that is least, and of the one where it is most. */
typedef struct count_costs {
    cb_context *c;
    int least, most, loops;
} count_costs;

static inline bool count_cost(void *env, const ir *n)
{
    *(int *)env += n->op == IR_MOD || n->op == IR_DIV || n->op == IR_MIN || n->op == IR_MAX || n->op == IR_SELECT ||
                   n->op == IR_IF || n->op == IR_LT || n->op == IR_LE || n->op == IR_EQ;
    return true;
}

static inline bool count_loop_costs(void *env, const ir *n)
{
    count_costs *C = env;
    if (n->op != IR_FOR) return ir_is_stmt(n);
    int k = 0;
    ir_visit(C->c, for_body(n), count_cost, &k);
    if (!C->loops++ || k < C->least) C->least = k;
    if (k > C->most) C->most = k;
    return true;
}

static inline count_costs count_costs_of(const counted *k)
{
    count_costs C = {.c = k->L->ctx};
    ir_visit(C.c, k->L->body, count_loop_costs, &C);
    return C;
}

static inline low *count_lower(pipeline *p, const char *until)
{
    low_target t = {.vector_bytes = 32, .masked_memory = {true, true, true, true}, .products = {4, 2, 0, 2}, .sums = {8, 2, 0}};
    return low_run(p, &t, until);
}

static inline void count_program(counted *k)
{
    low *nest = count_lower(k->p, "extents");
    if (!nest) fail_msg("%s", count_messages);
    if (nest->body) ir_visit(nest->ctx, nest->body, count_kinds, &k->shape);
    low_free(nest);
    if (k->L->body) ir_visit(k->L->ctx, k->L->body, count_structure, &k->shape);
    for (uint32_t i = 0; i < k->L->functions.n; i++)
        if (k->L->functions.at[i]->body)
            ir_visit(k->L->ctx, k->L->functions.at[i]->body, count_structure, &k->shape);
}

/* ---- arguments ------------------------------------------------------------------------------- */

typedef struct count_store_of {
    cb_buffer b;
    cb_dim dim[COUNT_RANK];
    unsigned char *bytes;
    size_t n;
} count_store_of;

static inline void count_shape_of(count_store_of *s, cb_type t, uint32_t rank, const cb_dim *region)
{
    memset(s, 0, sizeof *s);
    memcpy(s->dim, region, rank * sizeof *region);
    s->b = (cb_buffer){.size = sizeof s->b, .version = CB_BUFFER_VERSION, .type = t,
                       .rank = (int)rank, .dim = s->dim};
}

/* Rows are padded; what lies outside is a pattern, which must stay. */
static inline void count_fill(count_store_of *s, unsigned seed)
{
    int64_t elements = 1;
    for (int d = 0; d < s->b.rank; d++) {
        s->dim[d].stride = elements;
        elements *= (s->dim[d].extent > 0 ? s->dim[d].extent : 0) + (d < 2);
    }
    s->n = (size_t)elements * type_bytes(s->b.type) + 16;
    s->bytes = malloc(s->n);
    for (size_t i = 0; i < s->n; i++) s->bytes[i] = (unsigned char)((seed += 0x9e3779b9u) >> 25);
    s->b.host = s->bytes;
    if (type_is_bool(s->b.type))
        for (size_t i = 0; i < s->n; i++) s->bytes[i] &= 1;
    if (!type_is_float(s->b.type)) return;
    for (int64_t i = 0; i < elements; i++)
        stmt_eval_poke(s->b.type, s->bytes + i * type_bytes(s->b.type),
                       (ir_value){.f = (double)(s->bytes[i] % 33 - 16) / 4});
}

typedef struct count_arguments {
    count_store_of in[COUNT_ARGS], want[COUNT_ARGS], have[COUNT_ARGS];
    uint32_t nin, nout;
} count_arguments;

static inline int count_execute(counted *k, const count_case *q, count_arguments *a, bool watch)
{
    stmt_eval *E = stmt_eval_new(k->L->ctx);
    E->functions = k->L->functions.at;
    E->nfunctions = k->L->functions.n;
    E->backwards = q->backwards;
    E->lax = q->lax;
    if (watch)
        E->watch = (stmt_watch){k, count_load, count_store, count_allocate, count_loop, count_fetch};
    for (uint32_t i = 0; i < a->nin; i++)
        stmt_eval_argument(E, k->L->inputs.at[i]->buffer[0], &a->in[i].b);
    for (uint32_t i = 0, n = 0; i < k->L->outputs.n; i++)
        for (uint32_t v = 0; v < k->L->outputs.at[i]->nvalues; v++)
            stmt_eval_argument(E, k->L->outputs.at[i]->buffer[v], &a->have[n++].b);
    for (uint32_t i = 0; i < k->L->params.n; i++) stmt_eval_int(E, k->L->params.at[i], q->param[i]);
    int code = stmt_eval_run(E, k->L->body);
    if (code < 0) fail_msg("[%s]: %s", q->schedule, E->why);
    k->message = E->message;
    stmt_eval_free(E);
    return code;
}

static inline void count_prepare(counted *k, const count_case *q, count_arguments *a)
{
    static const cb_dim none[COUNT_RANK];
    a->nin = k->p->inputs.n;
    for (uint32_t i = 0; i < k->p->outputs.n; i++) {
        const cb_func_s *f = k->p->outputs.at[i];
        for (uint32_t v = 0; v < f->nvalues; v++, a->nout++) {
            count_shape_of(&a->have[a->nout], f->types[v], f->rank, q->out);
            count_shape_of(&a->want[a->nout], f->types[v], f->rank, q->out);
            count_fill(&a->have[a->nout], 7);
            count_fill(&a->want[a->nout], 7);
        }
    }
    bool ask = false;
    for (uint32_t i = 0; i < a->nin; i++) {
        const cb_func_s *f = k->p->inputs.at[i];
        bool given = q->in[0].extent != 0;
        count_shape_of(&a->in[i], f->types[0], f->rank, given ? q->in : none);
        ask |= !given;
    }
    if (ask && count_execute(k, q, a, false)) fail_msg("the query fails: %s", k->message);
    for (uint32_t i = 0; i < a->nin; i++) {
        count_fill(&a->in[i], 99 + i);
        memcpy(k->region[i], a->in[i].dim, sizeof k->region[i]);
    }
}

static inline void count_interpret(counted *k, const count_case *q, count_arguments *a)
{
    const cb_buffer *in[COUNT_ARGS];
    cb_buffer *out[COUNT_ARGS];
    ir_value param[COUNT_ARGS];
    for (uint32_t i = 0; i < a->nin; i++) in[i] = &a->in[i].b;
    for (uint32_t i = 0; i < a->nout; i++) out[i] = &a->want[i].b;
    for (int i = 0; i < COUNT_ARGS; i++) param[i].i = q->param[i];
    interp_args args = {.inputs = in, .params = param, .outputs = out};
    interp_report report = {0};
    int code = interp_run(k->p, &args, &report);
    if (code) fail_msg("the interpreter fails: %s", count_messages);
    if (report.overflow) fail_msg("the program overflows at %s", report.where);
    if (report.out_of_bounds)
        fail_msg("[%s]: the query asked for too little of an input", q->schedule);
}

/* ---- running --------------------------------------------------------------------------------- */

/* The program with its schedule; L NULL when it was refused: count_messages says why. */
static inline counted count_compile(const count_case *q)
{
    counted k = {0};
    count_messages[0] = 0;
    k.c = cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = count_sink});
    k.p = q->make(k.c);
    if (!k.p) fail_msg("the program was refused: %s", count_messages);
    if (q->schedule) k.p->sched = schedule_read(k.c, q->schedule, "test.sched");
    if ((k.p->sched || !q->schedule) && schedule_resolve(k.p)) k.L = count_lower(k.p, NULL);
    return k;
}

static inline counted count_run(const count_case *q)
{
    static count_arguments a;
    memset(&a, 0, sizeof a);
    counted k = count_compile(q);
    if (!k.L) fail_msg("[%s]: %s", q->schedule, count_messages);
    count_program(&k);
    count_prepare(&k, q, &a);
    if (!q->code) count_interpret(&k, q, &a);
    int code = count_execute(&k, q, &a, true);
    if (code != q->code)
        fail_msg("[%s]: code %d: %s", q->schedule, code, k.message ? k.message : "no message");
    for (uint32_t i = 0; i < a.nout && !code; i++)
        for (size_t b = 0; b < a.want[i].n; b++)
            if (a.want[i].bytes[b] != a.have[i].bytes[b])
                fail_msg("[%s]: byte %zu of output %u differs from the interpreter's", q->schedule,
                         b, i);
    for (uint32_t i = 0; i < a.nin; i++) free(a.in[i].bytes);
    for (uint32_t i = 0; i < a.nout; i++) {
        free(a.want[i].bytes);
        free(a.have[i].bytes);
    }
    return k;
}

static inline void count_free(counted *k)
{
    if (k->L) low_free(k->L);
    cb_context_free(k->c);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static inline const count_buffer *count_of(const counted *k, const char *name)
{
    static const count_buffer nothing;
    for (int i = 0; i < k->nbuffers; i++)
        if (!strcmp(k->buffer[i].name, name)) return &k->buffer[i];
    return &nothing;
}

static inline const cb_func_s *count_func(const counted *k, const char *name)
{
    const cb_func_s *f = pipeline_func(k->p, name);
    if (!f) fail_msg("no Func '%s'", name);
    return f;
}

static inline int64_t count_stores(const counted *k, const char *name)
{
    return count_of(k, name)->stores;
}

/* How many elements the pure definition (update -1) or an update of a Func computed: stores of its
 * first value, told apart by where the definitions stand, so write each on a line of its own. */
static inline int64_t count_evals(const counted *k, const char *name, int update)
{
    const cb_func_s *f = count_func(k, name);
    cb_loc at = f->defs.at[update + 1]->loc;
    int64_t n = 0;
    for (uint32_t i = 0; i < k->sites.n; i++) {
        cb_loc loc = k->sites.at[i]->u.info->loc;
        if (loc.line == at.line && loc.col == at.col)
            n += k->site_elements.at[i];
    }
    return n / (int64_t)f->nvalues;
}

/* A refusal: the schedule is illegal, and the message has this text. */
static inline void count_refused(const count_case *q, const char *what)
{
    counted k = count_compile(q);
    if (k.L) fail_msg("[%s] was accepted", q->schedule);
    if (!strstr(count_messages, what)) fail_msg("[%s]: %s", q->schedule, count_messages);
    count_free(&k);
}

#endif
