/* dsl/interp_extern.c: C functions as the interpreter calls them: of scalars, and those that compute Funcs.
 *
 *     f by C function sharpen(g, w)       f(3, 4) is not known:   query for [3, 3] x [4, 4]
 *                                         g over the region answered: on the stack of tasks, until known
 *                                         call; all that the function computed is remembered
 *
 * By the protocol of queries (carbide.h), one element at a time: what a function computes may not
 * depend on the region it is asked for.
 */
#include "interp.h"

#include <math.h>
#include <string.h>

/* One call of a C function: its buffers over `dims`, which lie in the order output, arguments. */
typedef struct c_call {
    stage *s;
    uint32_t n, nbuffers;
    cb_type *types;
    void **values;
    cb_buffer *buffer;
    cb_dim *dims;
    bool exact; /* is what it is given the same in compiled code, bit for bit? */
} c_call;

static void add_buffer(interp *I, c_call *K, cb_type t, uint32_t rank, cb_dim *dims)
{
    cb_buffer *b = &K->buffer[K->nbuffers++], **at = NEW(I->a, cb_buffer *);
    *b = (cb_buffer){.size = sizeof *b, .version = CB_BUFFER_VERSION, .type = t, .rank = (int32_t)rank, .dim = dims};
    *at = b;
    K->types[K->n] = T_HANDLE;
    K->values[K->n++] = at;
}

static void add_scalar(interp *I, c_call *K, cb_type t, ir_value v)
{
    char *at = arena_alloc(I->a, 8);
    interp_store(at, type_bytes(t), value_to_bits(t, v));
    K->types[K->n] = t;
    K->values[K->n++] = at;
}

/* A query about one element of f. */
static void open_query(interp *I, c_call *K, stage *s, const int32_t *p)
{
    const cb_func_s *f = s->f->src;
    uint32_t slots = f->rank, buffers = f->nvalues, scalar = 0;
    for (uint32_t i = 0; i < s->def->ngiven; i++) {
        const cb_func_s *g = given_func(I->ctx, s->def->given[i]);
        slots += g ? g->rank : 0;
        buffers += g ? g->nvalues : 0;
    }
    *K = (c_call){.s = s, .exact = true};
    K->dims = NEW_ARRAY(I->a, cb_dim, slots + 1);
    K->buffer = NEW_ARRAY(I->a, cb_buffer, buffers);
    K->types = NEW_ARRAY(I->a, cb_type, buffers + s->def->ngiven);
    K->values = NEW_ARRAY(I->a, void *, buffers + s->def->ngiven);
    for (uint32_t d = 0; d < f->rank; d++)
        K->dims[d] = (cb_dim){p[d], 1, 1};
    cb_dim *next = K->dims + f->rank;
    for (uint32_t i = 0; i < s->def->ngiven; i++) {
        const cb_func_s *g = given_func(I->ctx, s->def->given[i]);
        for (uint32_t v = 0; g && v < g->nvalues; v++)
            add_buffer(I, K, g->types[v], g->rank, next);
        if (g)
            next += g->rank;
        else
            add_scalar(I, K, s->def->given[i]->type, interp_root(s->main, scalar++));
    }
    for (uint32_t v = 0; v < f->nvalues; v++)
        add_buffer(I, K, f->types[v], f->rank, K->dims);
}

static bool extern_fails(interp *I, const c_call *K, int code, const char *why)
{
    const definition *def = K->s->def;
    diag *d = diag_begin(&I->ctx->diags, DIAG_EXTERN_FAILED, def->loc, "the C function '%s', which computes '%s', %s",
                         def->function, K->s->f->src->name, why);
    diag_help(&I->ctx->diags, d, "it returns 0 when all is well; in a query it may enlarge the region wanted, once");
    diag_end(&I->ctx->diags, d);
    I->code = code;
    return false;
}

static bool call_c(interp *I, const c_call *K)
{
    if (!I->args->call)
        return extern_fails(I, K, CB_ERR_INTERNAL, "cannot be called here");
    int code = I->args->call(I->args->call_user, K->s->def->function, K->n, K->types, K->values);
    if (!code)
        return true;
    return extern_fails(I, K, code, arena_printf(I->ctx->a, "returned %d", code));
}

/* Asks until the function does not enlarge its region any more. */
static bool ask(interp *I, c_call *K)
{
    uint32_t rank = K->s->f->src->rank;
    cb_dim was[CB_MAX_RANK];
    for (int round = 0; round < 4; round++) {
        bool same = true;
        memcpy(was, K->dims, rank * sizeof *was);
        if (!call_c(I, K))
            return false;
        for (uint32_t d = 0; d < rank; d++) {
            const cb_dim *a = &K->dims[d], *b = &was[d];
            if (a->min > b->min || (int64_t)a->min + a->extent < (int64_t)b->min + b->extent)
                return extern_fails(I, K, CB_ERR_EXTERN, "answered that it computes less than it was asked for");
            same = same && a->min == b->min && a->extent == b->extent;
        }
        if (same)
            return true;
    }
    return extern_fails(I, K, CB_ERR_EXTERN, "enlarges its region each time it is asked about it");
}

enum { MOST_ELEMENTS = 1 << 26 };

/* Memory for a buffer; false when what the function asks for is not sensible. */
static bool give_memory(interp *I, const c_call *K, cb_buffer *b)
{
    int64_t n = 1;
    for (int32_t d = 0; d < b->rank; d++) {
        b->dim[d].stride = n;
        if (b->dim[d].extent < 0)
            return extern_fails(I, K, CB_ERR_EXTERN, "answered with a negative extent");
        n *= b->dim[d].extent;
        if (n > MOST_ELEMENTS)
            return extern_fails(I, K, CB_ERR_TOO_LARGE, "asks for too large a region");
    }
    b->host = arena_alloc(I->a, (size_t)n * type_bytes(b->type) + 1);
    memset(b->host, 0, (size_t)n * type_bytes(b->type) + 1);
    return true;
}

static void first_point(const cb_buffer *b, int32_t *p)
{
    for (int32_t d = 0; d < b->rank; d++)
        p[d] = b->dim[d].min;
}

static bool next_point(const cb_buffer *b, int32_t *p)
{
    for (int32_t d = 0; d < b->rank; d++) {
        if (p[d] - b->dim[d].min != b->dim[d].extent - 1) {
            p[d]++;
            return true;
        }
        p[d] = b->dim[d].min;
    }
    return false;
}

/* The elements of g that a buffer covers; false when some are not known yet. *exact: all are the same
 * in compiled code. */
static bool fill(interp *I, ifunc *g, uint32_t value, const cb_buffer *b, bool *exact)
{
    int32_t p[CB_MAX_RANK];
    uint32_t n = g->src->nvalues;
    bool all = true, doubtful;
    if (interp_is_empty(b))
        return true;
    first_point(b, p);
    do {
        const ir_value *v = interp_value(I, g, p, value, NULL, &doubtful);
        all = all && v;
        if (!v)
            continue;
        I->report->undefined |= !v[n].i;
        *exact = *exact && !doubtful && !(v[2 * n].f > 0);
        interp_store(interp_element(b, p), type_bytes(b->type), value_to_bits(b->type, *v));
    } while (next_point(b, p) && !I->code);
    return all;
}

static bool give_arguments(interp *I, c_call *K)
{
    const definition *def = K->s->def;
    uint32_t at = 0, argument = 0;
    bool all = true;
    for (uint32_t i = 0; i < def->ngiven; i++) {
        const cb_func_s *g = given_func(I->ctx, def->given[i]);
        ifunc *f = g ? interp_func(I, g->sym) : NULL;
        for (uint32_t v = 0; g && v < g->nvalues; v++, argument++) {
            cb_buffer *b = &K->buffer[at++];
            if (g->is_input)
                memcpy(K->values[argument], &f->input, sizeof f->input);
            else if (!give_memory(I, K, b))
                return false;
            else
                all = fill(I, f, v, b, &K->exact) && all;
        }
        argument += !g;
    }
    return all && !I->code;
}

/* Keeps what the function computed. */
static void take_results(interp *I, const c_call *K)
{
    ifunc *f = K->s->f;
    uint32_t n = f->src->nvalues;
    const cb_buffer *out = K->buffer + K->nbuffers - n;
    int32_t p[CB_MAX_RANK];
    first_point(out, p);
    do {
        if (ptable_get(&f->points, p))
            continue;
        ir_value *v = ptable_put(I->a, &f->points, p);
        for (uint32_t i = 0; i < n; i++) {
            const char *at = interp_element(&out[i], p);
            v[i] = value_from_bits(out[i].type, interp_load(at, type_bytes(out[i].type)));
            if (type_is_bool(out[i].type))
                v[i].i = *at != 0;
            v[n + i].i = 1;
            v[2 * n + i].f = K->exact ? 0 : INFINITY;
        }
        I->report->points++;
    } while (next_point(out, p));
}

bool interp_extern(interp *I, ifunc *f, const int32_t *p)
{
    c_call K;
    if (!interp_code(I, f->stages[0].main, NULL, NULL))
        return false;
    interp_note_overflow(I, f->src->name, p, f->src->rank);
    open_query(I, &K, &f->stages[0], p);
    if (!ask(I, &K) || !give_arguments(I, &K))
        return false;
    for (uint32_t v = 0; v < f->src->nvalues; v++)
        if (!give_memory(I, &K, &K.buffer[K.nbuffers - 1 - v]))
            return false;
    if (!call_c(I, &K))
        return false;
    take_results(I, &K);
    return true;
}

/* ---- functions of scalars -------------------------------------------------------------------- */

void interp_c_call(interp *I, icode *C, const instr *in)
{
    const ir *n = in->c_call;
    const char *name = ir_sym_name(I->ctx, n->u.ref.sym);
    uint32_t count = n->nargs - 1; /* without where it happens */
    union {
        char bytes[8];
        uint64_t align;
    } arg[16], result = {.align = 0};
    void *values[16];
    cb_type types[16];
    double slack = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = C->arg.at[in->first + i];
        types[i] = n->arg[i]->type;
        values[i] = arg[i].bytes;
        interp_store(arg[i].bytes, type_bytes(types[i]), value_to_bits(types[i], C->slot.at[slot]));
        slack = C->slack[slot] > 0 ? INFINITY : slack;
    }
    if (!I->args->element || !I->args->element(I->args->call_user, name, n->type, count, types, values, result.bytes)) {
        diag *d = diag_begin(&I->ctx->diags, DIAG_EXTERN_FAILED, (cb_loc){0}, "the C function '%s' cannot be called here",
                             name);
        diag_help(&I->ctx->diags, d, "say where it is: set_extern(\"%s\", %s)", name, name);
        diag_end(&I->ctx->diags, d);
        I->code = CB_ERR_INTERNAL;
        return;
    }
    C->slot.at[in->dst] = value_from_bits(n->type, interp_load(result.bytes, type_bytes(n->type)));
    if (type_is_bool(n->type))
        C->slot.at[in->dst].i = result.bytes[0] != 0;
    C->slack[in->dst] = slack;
}
