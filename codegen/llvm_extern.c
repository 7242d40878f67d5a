/* codegen/llvm_extern.c: calls of C functions that compute Funcs.
 *
 *     int sharpen(const cb_env *env, cb_buffer *in, float amount, cb_buffer *out);
 *
 * The buffers of a call are cb_buffers on the stack. For a query they have no host memory, and the
 * dimensions of all of them lie in one array, in the order of the slots of lower/external.c; its
 * address is the value of the query. A function that enlarges the region of its output is asked
 * again about that, until it agrees; and is never called for an empty region.
 */
#include "llvm.h"

enum { MOST_ROUNDS = 4 };

typedef struct building {
    cg *g;
    const low_func *f;
    const low_stage *s;
    LLVMValueRef *arg;
    LLVMTypeRef *type;
    unsigned n;
    map small; /* argument -> its type, where it is extended */
} building;

static void open_call(building *B, cg *g, ir_sym func)
{
    low_func *f = ir_symbol_of(g->ctx, func)->aux;
    uint32_t most = 1 + f->nvalues;
    *B = (building){.g = g, .f = f, .s = &f->stages[0]};
    for (uint32_t i = 0; i < B->s->ngiven; i++)
        most += low_given(B->s, i) ? low_given(B->s, i)->nvalues : 1;
    B->arg = NEW_ARRAY(g->ctx->a, LLVMValueRef, most);
    B->type = NEW_ARRAY(g->ctx->a, LLVMTypeRef, most);
    B->arg[0] = g->env;
    B->type[0] = g->ptr;
    B->n = 1;
}

static void add(building *B, LLVMValueRef v)
{
    B->arg[B->n] = v;
    B->type[B->n++] = LLVMTypeOf(v);
}

/* As the C calling convention wants it: small integers are extended by the caller. */
static void add_scalar(building *B, cb_type t, LLVMValueRef v)
{
    if (type_is_bool(t))
        v = cg_cast(B->g, T_U8, t, v);
    if (t.bits < 32)
        map_putp(B->g->ctx->a, &B->small, (const void *)(uintptr_t)B->n, arena_copy(B->g->ctx->a, &t, sizeof t));
    add(B, v);
}

/* Calls the function; a result that is not 0 is an error, which is reported. */
static void call(building *B)
{
    cg *g = B->g;
    const char *name = B->f->src->defs.at[0]->function;
    LLVMTypeRef type = LLVMFunctionType(g->i32, B->type, B->n, 0);
    LLVMValueRef fn = cg_extern(g, name, type);
    LLVMValueRef code = LLVMBuildCall2(g->b, type, fn, B->arg, B->n, "");
    for (uint32_t i = 0; i < B->small.n; i++)
        cg_extend_argument(g, code, (unsigned)B->small.entry[i].key,
                           *(const cb_type *)(uintptr_t)B->small.entry[i].val);
    LLVMValueRef bad = LLVMBuildICmp(g->b, LLVMIntNE, code, cg_i32(g, 0), "");
    LLVMBasicBlockRef after = cg_begin_if(g, bad);
    LLVMValueRef args[3] = {
        LLVMBuildPtrToInt(g->b, cg_text(g, name), g->i64, ""),
        LLVMBuildPtrToInt(g->b, cg_text(g, B->f->name), g->i64, ""),
        LLVMBuildSExt(g->b, code, g->i64, ""),
    };
    cg_report(g, code, "the C function '%s', which computes '%s', returned %d", args, 3);
    cg_end_if(g, after);
    cg_check_code(g, code);
}

/* ---- buffers --------------------------------------------------------------------------------- */

static LLVMValueRef dim_at(cg *g, LLVMValueRef dims, uint32_t d, unsigned field)
{
    LLVMValueRef k = cg_i64(g, d);
    LLVMValueRef at = LLVMBuildInBoundsGEP2(g->b, g->dim_type, dims, &k, 1, "");
    return LLVMBuildStructGEP2(g->b, g->dim_type, at, field, "");
}

static void set_dim(cg *g, LLVMValueRef dims, uint32_t d, LLVMValueRef min, LLVMValueRef extent,
                    LLVMValueRef stride)
{
    LLVMBuildStore(g->b, min, dim_at(g, dims, d, 0));
    LLVMBuildStore(g->b, extent, dim_at(g, dims, d, 1));
    LLVMBuildStore(g->b, stride, dim_at(g, dims, d, 2));
}

static LLVMValueRef get_dim(cg *g, LLVMValueRef dims, uint32_t d, unsigned field)
{
    return LLVMBuildLoad2(g->b, g->i32, dim_at(g, dims, d, field), "");
}

/* A cb_buffer on the stack. */
static LLVMValueRef header(cg *g, cb_type t, uint32_t rank, LLVMValueRef host, LLVMValueRef dims)
{
    LLVMValueRef h = cg_alloca(g, g->buffer_type, 1, 8);
    LLVMValueRef v[12] = {
        cg_i32(g, (int64_t)sizeof(cb_buffer)), cg_i32(g, CB_BUFFER_VERSION), host, cg_i64(g, 0),
        LLVMConstNull(g->ptr), cg_i32(g, 0), LLVMConstInt(g->i8, t.code, 0),
        LLVMConstInt(g->i8, t.bits, 0), LLVMConstInt(g->i16, 1, 0), cg_i32(g, rank), cg_i32(g, 0),
        dims,
    };
    for (unsigned i = 0; i < 12; i++)
        LLVMBuildStore(g->b, v[i], LLVMBuildStructGEP2(g->b, g->buffer_type, h, i, ""));
    return h;
}

static LLVMValueRef dims_alloca(cg *g, uint32_t n)
{
    return cg_alloca(g, g->dim_type, n ? n : 1, 8);
}

/* ---- computing ------------------------------------------------------------------------------- */

static LLVMValueRef or_empty(cg *g, LLVMValueRef empty, LLVMValueRef extent)
{
    return LLVMBuildOr(g->b, empty, LLVMBuildICmp(g->b, LLVMIntSLE, extent, cg_i32(g, 0), ""), "");
}

/* A part of internal storage, or of an output: operands from *at on. */
static LLVMValueRef part(cg *g, const ir *s, uint32_t *at, const low_func *f, uint32_t v,
                         LLVMValueRef *empty)
{
    cg_memory *m = cg_memory_of(g, s->arg[(*at)++]->u.sym);
    LLVMValueRef bytes = cg_i64(g, type_bytes(f->types[v])), dims = dims_alloca(g, f->rank);
    LLVMValueRef at_byte = LLVMBuildMul(g->b, cg_expr(g, s->arg[(*at)++]), bytes, "");
    for (uint32_t d = 0; d < f->rank; d++, *at += 3) {
        LLVMValueRef extent = cg_expr(g, s->arg[*at + 1]);
        set_dim(g, dims, d, cg_expr(g, s->arg[*at]), extent, cg_expr(g, s->arg[*at + 2]));
        if (empty)
            *empty = or_empty(g, *empty, extent);
    }
    LLVMValueRef host = LLVMBuildGEP2(g->b, g->i8, m->base, &at_byte, 1, "");
    return header(g, f->types[v], f->rank, host, dims);
}

/* The caller's own buffer; of a table one is made for the call. */
static LLVMValueRef given_input(cg *g, const low_func *f, ir_sym buffer)
{
    const cg_memory *m = cg_memory_of(g, buffer);
    const cb_buffer *b = f->src->table;
    if (!b)
        return m->header;
    LLVMValueRef dims = dims_alloca(g, f->rank);
    for (uint32_t d = 0; d < f->rank; d++)
        set_dim(g, dims, d, cg_i32(g, b->dim[d].min), cg_i32(g, b->dim[d].extent), cg_i64(g, b->dim[d].stride));
    return header(g, b->type, f->rank, m->base, dims);
}

void cg_extern_stage(cg *g, const ir *s)
{
    building B;
    open_call(&B, g, s->u.info->sym);
    LLVMValueRef empty = LLVMConstInt(g->i1, 0, 0);
    uint32_t at = 0, n = 0, scalars = 0;
    for (uint32_t i = 0; i < B.s->ngiven; i++)
        scalars += !low_given(B.s, i);
    uint32_t scalar = s->nargs - scalars;
    for (uint32_t i = 0; i < B.s->ngiven; i++) {
        const low_func *f = low_given(B.s, i);
        for (uint32_t v = 0; f && v < f->nvalues; v++)
            if (f->is_input)
                add(&B, given_input(g, f, s->arg[at++]->u.sym));
            else
                add(&B, part(g, s, &at, f, v, NULL));
        if (!f) {
            const ir *e = s->arg[scalar + n++];
            add_scalar(&B, e->type, cg_expr(g, e));
        }
    }
    for (uint32_t v = 0; v < B.f->nvalues; v++)
        add(&B, part(g, s, &at, B.f, v, &empty));
    LLVMBasicBlockRef after = cg_begin_if(g, LLVMBuildNot(g->b, empty, ""));
    call(&B);
    cg_end_if(g, after);
}

/* ---- queries --------------------------------------------------------------------------------- */

/* The buffers of a query over `dims`, and its scalars. */
static void query_arguments(building *B, const ir *n, LLVMValueRef *arg, LLVMValueRef dims)
{
    cg *g = B->g;
    LLVMValueRef null = LLVMConstNull(g->ptr);
    uint32_t slot = B->f->rank, scalar = 2 * B->f->rank;
    for (uint32_t i = 0; i < B->s->ngiven; i++) {
        const low_func *f = low_given(B->s, i);
        for (uint32_t v = 0; f && v < f->nvalues; v++)
            add(B, header(g, f->types[v], f->rank, null, dim_at(g, dims, slot, 0)));
        if (!f) {
            add_scalar(B, n->arg[scalar]->type, arg[scalar]);
            scalar++;
        }
        slot += f ? f->rank : 0;
    }
    for (uint32_t v = 0; v < B->f->nvalues; v++)
        add(B, header(g, B->f->types[v], B->f->rank, null, dims));
}

static void fail_if(building *B, LLVMValueRef bad, const char *message)
{
    cg *g = B->g;
    LLVMBasicBlockRef after = cg_begin_if(g, bad);
    LLVMValueRef args[2] = {
        LLVMBuildPtrToInt(g->b, cg_text(g, B->f->src->defs.at[0]->function), g->i64, ""),
        LLVMBuildPtrToInt(g->b, cg_text(g, B->f->name), g->i64, ""),
    };
    LLVMValueRef code = cg_i32(g, CB_ERR_EXTERN);
    cg_report(g, code, message, args, 2);
    cg_end_if(g, after);
    cg_check_code(g, LLVMBuildSelect(g->b, bad, code, cg_i32(g, 0), ""));
}

/* One call; *larger: does the function want to compute more than it was asked about? */
static void one_round(building *B, LLVMValueRef dims, uint32_t ndims, LLVMValueRef *larger)
{
    cg *g = B->g;
    uint32_t rank = B->f->rank;
    LLVMValueRef no = LLVMConstInt(g->i1, 0, 0), less = no, negative = no;
    LLVMValueRef *was = NEW_ARRAY(g->ctx->a, LLVMValueRef, 2 * rank + 1);
    for (uint32_t d = 0; d < rank; d++) {
        was[2 * d] = get_dim(g, dims, d, 0);
        was[2 * d + 1] = get_dim(g, dims, d, 1);
    }
    call(B);
    *larger = no;
    for (uint32_t d = 0; d < rank; d++) {
        LLVMValueRef min = get_dim(g, dims, d, 0), extent = get_dim(g, dims, d, 1);
        LLVMValueRef end = LLVMBuildAdd(g->b, min, extent, "");
        LLVMValueRef old = LLVMBuildAdd(g->b, was[2 * d], was[2 * d + 1], "");
        less = LLVMBuildOr(g->b, less, LLVMBuildICmp(g->b, LLVMIntSGT, min, was[2 * d], ""), "");
        less = LLVMBuildOr(g->b, less, LLVMBuildICmp(g->b, LLVMIntSLT, end, old, ""), "");
        *larger = LLVMBuildOr(g->b, *larger,
                              LLVMBuildICmp(g->b, LLVMIntNE, min, was[2 * d], ""), "");
        *larger = LLVMBuildOr(g->b, *larger,
                              LLVMBuildICmp(g->b, LLVMIntNE, extent, was[2 * d + 1], ""), "");
    }
    for (uint32_t d = 0; d < ndims; d++)
        negative = LLVMBuildOr(g->b, negative,
                               LLVMBuildICmp(g->b, LLVMIntSLT, get_dim(g, dims, d, 1),
                                             cg_i32(g, 0), ""), "");
    fail_if(B, less, "the C function '%s' answered that it computes less of '%s' than it was asked for");
    fail_if(B, negative, "the C function '%s', asked about '%s', answered with a negative extent");
}

LLVMValueRef cg_query(cg *g, const ir *n, LLVMValueRef *arg)
{
    building B;
    open_call(&B, g, n->u.ref.sym);
    uint32_t ndims = B.f->rank;
    for (uint32_t i = 0; i < B.s->ngiven; i++)
        ndims += low_given(B.s, i) ? low_given(B.s, i)->rank : 0;
    LLVMValueRef dims = dims_alloca(g, ndims), stride = cg_i64(g, 1), empty = LLVMConstInt(g->i1, 0, 0);
    for (uint32_t d = 0; d < ndims; d++) {
        bool out = d < B.f->rank;
        LLVMValueRef extent = out ? arg[2 * d + 1] : cg_i32(g, 0);
        set_dim(g, dims, d, out ? arg[2 * d] : cg_i32(g, 0), extent, out ? stride : cg_i64(g, 0));
        if (!out)
            continue;
        empty = or_empty(g, empty, extent);
        stride = LLVMBuildMul(g->b, stride, LLVMBuildSExt(g->b, extent, g->i64, ""), "");
    }
    query_arguments(&B, n, arg, dims);
    LLVMBasicBlockRef after = cg_begin_if(g, LLVMBuildNot(g->b, empty, ""));
    LLVMBasicBlockRef first = LLVMGetInsertBlock(g->b), round = cg_block(g, "query");
    LLVMBuildBr(g->b, round);
    cg_go_on_in(g, round);
    LLVMValueRef i = LLVMBuildPhi(g->b, g->i32, ""), zero = cg_i32(g, 0), larger;
    LLVMAddIncoming(i, &zero, &first, 1);
    one_round(&B, dims, ndims, &larger);
    LLVMValueRef last = LLVMBuildICmp(g->b, LLVMIntEQ, i, cg_i32(g, MOST_ROUNDS - 1), "");
    fail_if(&B, LLVMBuildAnd(g->b, larger, last, ""),
            "the C function '%s' enlarges the region of '%s' each time it is asked about it");
    LLVMValueRef next = LLVMBuildAdd(g->b, i, cg_i32(g, 1), "");
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
    LLVMAddIncoming(i, &next, &here, 1);
    LLVMBuildCondBr(g->b, larger, round, after);
    cg_go_on_in(g, after);
    return LLVMBuildPtrToInt(g->b, dims, g->i64, "");
}

LLVMValueRef cg_query_dim(cg *g, const ir *n, LLVMValueRef query)
{
    LLVMValueRef dims = LLVMBuildIntToPtr(g->b, query, g->ptr, "");
    return get_dim(g, dims, (uint32_t)(n->u.i / 2), (unsigned)(n->u.i % 2));
}
