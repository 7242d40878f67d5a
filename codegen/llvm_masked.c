/* codegen/llvm_masked.c: neighbouring elements of which a mask says which are accessed, on machines that cannot be told so.
 *
 *     load in[ramp(i, 1, 32)] if mask        all of mask on:  one vector load
 *                                            else:            copy_where(room, in + i, bits of mask), one vector load of room
 *
 * x86 below AVX-512 masks elements of 4 and 8 bytes only, ARM none. Left to LLVM, each lane becomes a branch and an insertion: for
 * the 25 loads of a stencil of 32 lanes that is 3000 instructions, run wherever a loop ends beside the end of a picture. Masks
 * are nearly always all on, or on for the first few; so the first case is kept short, and the others are in a function that the module has once
 * for each size of elements: the first few are copied 16, 8, 4 ... at a time, any others one by one. A statement whose accesses all have
 * one mask asks once for all of them.
 */
#include "llvm.h"

enum { WORD = 64, /* bits of a mask that are looked at together */
       ROOM_ALIGN = 64 };

bool cg_has_masked(const cg *g, cb_type t)
{
    low_target about;
    unsigned size = 0;
    target_low(g->target, &about);
    while (1u << size < type_bytes(t))
        size++;
    return about.masked_memory[size];
}

/* ---- lanes, one after the other -------------------------------------------------------------- */

typedef struct copier {
    LLVMValueRef fn, to, from;
    LLVMTypeRef element;
    LLVMBasicBlockRef done;
} copier;

static LLVMBasicBlockRef block_of(cg *g, const copier *C, const char *name) { return LLVMAppendBasicBlockInContext(g->llvm, C->fn, name); }

static void copy_at(cg *g, const copier *C, LLVMTypeRef t, LLVMValueRef at)
{
    unsigned align = (unsigned)LLVMABISizeOfType(g->layout, C->element);
    LLVMValueRef x = LLVMBuildLoad2(g->b, t, LLVMBuildInBoundsGEP2(g->b, C->element, C->from, &at, 1, ""), "");
    LLVMSetAlignment(x, align);
    LLVMSetAlignment(LLVMBuildStore(g->b, x, LLVMBuildInBoundsGEP2(g->b, C->element, C->to, &at, 1, "")), align);
}

/* The first n of at most WORD: as many at a time as each bit of n says. */
static void copy_first(cg *g, const copier *C, LLVMValueRef n)
{
    LLVMValueRef at = cg_i64(g, 0);
    for (unsigned k = WORD; k; k /= 2) {
        LLVMBasicBlockRef copy = block_of(g, C, "part"), next = block_of(g, C, "next"), here = LLVMGetInsertBlock(g->b);
        LLVMValueRef has = LLVMBuildAnd(g->b, n, cg_i64(g, k), ""), further;
        LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntNE, has, cg_i64(g, 0), ""), copy, next);
        cg_go_on_in(g, copy);
        copy_at(g, C, cg_lanes_type(C->element, k), at);
        further = LLVMBuildAdd(g->b, at, cg_i64(g, k), "");
        LLVMBuildBr(g->b, next);
        cg_go_on_in(g, next);
        LLVMValueRef phi = LLVMBuildPhi(g->b, g->i64, "at");
        LLVMAddIncoming(phi, (LLVMValueRef[]){at, further}, (LLVMBasicBlockRef[]){here, copy}, 2);
        at = phi;
    }
    LLVMBuildBr(g->b, C->done);
}

/* Those whose bits are set, one at a time. */
static void copy_each(cg *g, const copier *C, LLVMValueRef bits)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b), loop = block_of(g, C, "copy");
    LLVMBuildBr(g->b, loop);
    cg_go_on_in(g, loop);
    LLVMValueRef left = LLVMBuildPhi(g->b, g->i64, "left");
    LLVMValueRef lane[2] = {left, LLVMConstInt(g->i1, 1, 0)};
    copy_at(g, C, C->element, cg_call_named(g, "llvm.cttz", &g->i64, 1, g->i64, lane, 2));
    LLVMValueRef rest = LLVMBuildAnd(g->b, left, LLVMBuildSub(g->b, left, cg_i64(g, 1), ""), "");
    LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntNE, rest, cg_i64(g, 0), ""), loop, C->done);
    LLVMAddIncoming(left, (LLVMValueRef[]){bits, rest}, (LLVMBasicBlockRef[]){here, loop}, 2);
}

/* void copy_where(to, from, bits): the elements of from whose bits are set. */
static void copy_body(cg *g, LLVMValueRef fn, LLVMTypeRef element)
{
    LLVMBasicBlockRef before = LLVMGetInsertBlock(g->b);
    copier C = {fn, LLVMGetParam(fn, 0), LLVMGetParam(fn, 1), element, NULL};
    LLVMValueRef bits = LLVMGetParam(fn, 2);
    LLVMBasicBlockRef entry = block_of(g, &C, ""), first = block_of(g, &C, "first"), each = block_of(g, &C, "each");
    C.done = block_of(g, &C, "done");
    cg_go_on_in(g, entry);
    LLVMValueRef above = LLVMBuildAnd(g->b, bits, LLVMBuildAdd(g->b, bits, cg_i64(g, 1), ""), "");
    LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, above, cg_i64(g, 0), ""), first, each);
    cg_go_on_in(g, first);
    copy_first(g, &C, cg_call_named(g, "llvm.ctpop", &g->i64, 1, g->i64, &bits, 1));
    cg_go_on_in(g, each);
    copy_each(g, &C, bits);
    cg_go_on_in(g, C.done);
    LLVMBuildRetVoid(g->b);
    cg_go_on_in(g, before);
}

static void copy_where(cg *g, LLVMTypeRef element, unsigned bytes, LLVMValueRef to, LLVMValueRef from, LLVMValueRef bits)
{
    LLVMTypeRef in[3] = {g->ptr, g->ptr, g->i64}, type = LLVMFunctionType(g->nothing, in, 3, 0);
    const char *name = arena_printf(g->ctx->a, "copy_where.%u", bytes);
    LLVMValueRef fn = LLVMGetNamedFunction(g->module, name);
    if (!fn) {
        fn = cg_own_function(g, name, type);
        cg_attribute(g, fn, LLVMAttributeFunctionIndex, "noinline", 0);
        cg_attribute(g, fn, LLVMAttributeFunctionIndex, "cold", 0);
        copy_body(g, fn, element);
    }
    LLVMBuildCall2(g->b, type, fn, (LLVMValueRef[]){to, from, bits}, 3, "");
}

/* All lanes, word by word of the mask. */
static void copy_lanes(cg *g, LLVMTypeRef element, unsigned bytes, LLVMValueRef to, LLVMValueRef from, LLVMValueRef bits, unsigned n)
{
    for (unsigned i = 0; i < n; i += WORD) {
        LLVMValueRef k = cg_i64(g, i), word = bits;
        if (i)
            word = LLVMBuildLShr(g->b, bits, LLVMConstInt(LLVMTypeOf(bits), i, 0), "");
        word = n > WORD ? LLVMBuildTrunc(g->b, word, g->i64, "") : LLVMBuildZExt(g->b, word, g->i64, "");
        copy_where(g, element, bytes, i ? LLVMBuildInBoundsGEP2(g->b, element, to, &k, 1, "") : to,
                   i ? LLVMBuildInBoundsGEP2(g->b, element, from, &k, 1, "") : from, word);
    }
}

/* ---- one access ------------------------------------------------------------------------------ */

/* Room for a vector beside memory; accesses take turns. */
static LLVMValueRef room(cg *g, LLVMTypeRef t)
{
    unsigned long long bytes = LLVMABISizeOfType(g->layout, t);
    if (bytes > g->room_bytes) {
        g->room_bytes = bytes;
        g->room = cg_alloca(g, g->i8, bytes, ROOM_ALIGN);
    }
    return g->room;
}

static LLVMValueRef as_bits(cg *g, LLVMValueRef mask)
{
    return LLVMBuildBitCast(g->b, mask, LLVMIntTypeInContext(g->llvm, cg_lanes(mask)), "");
}

/* Begins the case that not all are on. */
static void begin_rest(cg *g, LLVMValueRef bits, LLVMBasicBlockRef *rest, LLVMBasicBlockRef *after)
{
    *rest = cg_block(g, "some");
    *after = cg_block(g, "after");
    cg_branch_off(g, LLVMBuildICmp(g->b, LLVMIntNE, bits, LLVMConstAllOnes(LLVMTypeOf(bits)), ""), *rest);
}

static LLVMValueRef load_some(cg *g, LLVMTypeRef t, unsigned bytes, LLVMValueRef p, LLVMValueRef bits, LLVMValueRef place)
{
    LLVMSetAlignment(LLVMBuildStore(g->b, LLVMConstNull(t), place), ROOM_ALIGN);
    copy_lanes(g, LLVMGetElementType(t), bytes, place, p, bits, LLVMGetVectorSize(t));
    LLVMValueRef v = LLVMBuildLoad2(g->b, t, place, "");
    LLVMSetAlignment(v, ROOM_ALIGN);
    return v;
}

static void store_some(cg *g, LLVMValueRef v, unsigned bytes, LLVMValueRef p, LLVMValueRef bits, LLVMValueRef place)
{
    LLVMSetAlignment(LLVMBuildStore(g->b, v, place), ROOM_ALIGN);
    copy_lanes(g, cg_element(v), bytes, p, place, bits, cg_lanes(v));
}

LLVMValueRef cg_load_where(cg *g, ir_sym buffer, LLVMTypeRef t, unsigned bytes, LLVMValueRef p, unsigned align, LLVMValueRef mask)
{
    LLVMBasicBlockRef rest, after, from[2];
    LLVMValueRef bits = as_bits(g, mask), place = room(g, t), v[2];
    if (g->some_on)
        return load_some(g, t, bytes, p, bits, place);
    begin_rest(g, bits, &rest, &after);
    v[0] = LLVMBuildLoad2(g->b, t, p, "");
    LLVMSetAlignment(v[0], align);
    cg_mark_access(g, v[0], buffer);
    from[0] = LLVMGetInsertBlock(g->b);
    LLVMBuildBr(g->b, after);
    cg_go_on_in(g, rest);
    v[1] = load_some(g, t, bytes, p, bits, place);
    from[1] = LLVMGetInsertBlock(g->b);
    cg_end_if(g, after);
    LLVMValueRef phi = LLVMBuildPhi(g->b, t, "");
    LLVMAddIncoming(phi, v, from, 2);
    return phi;
}

void cg_store_where(cg *g, ir_sym buffer, LLVMValueRef v, unsigned bytes, LLVMValueRef p, unsigned align, LLVMValueRef mask)
{
    LLVMBasicBlockRef rest, after;
    LLVMValueRef bits = as_bits(g, mask), place = room(g, LLVMTypeOf(v));
    if (g->some_on) {
        store_some(g, v, bytes, p, bits, place);
        return;
    }
    begin_rest(g, bits, &rest, &after);
    LLVMValueRef st = LLVMBuildStore(g->b, v, p);
    LLVMSetAlignment(st, align);
    cg_mark_access(g, st, buffer);
    LLVMBuildBr(g->b, after);
    cg_go_on_in(g, rest);
    store_some(g, v, bytes, p, bits, place);
    cg_end_if(g, after);
}

/* ---- one statement --------------------------------------------------------------------------- */

typedef struct masks {
    cg *g;
    const ir *shared;
    unsigned n;
    bool differ;
} masks;

/* One more access of type t. */
static void note_mask(masks *M, cb_type t, const ir *predicate)
{
    if (ir_is_true(predicate) || cg_for_all(predicate) || cg_has_masked(M->g, t))
        return;
    M->differ |= M->n && M->shared != predicate;
    M->shared = predicate;
    M->n++;
}

static bool find_masks(void *env, const ir *n)
{
    masks *M = env;
    if (n->op == IR_LOAD)
        note_mask(M, n->type, n->arg[1]);
    return !M->differ;
}

const ir *cg_shared_mask(cg *g, const ir *store)
{
    masks M = {.g = g};
    if (g->target->features & FEATURE_AVX512) /* every size */
        return NULL;
    note_mask(&M, store->arg[1]->type, store->arg[2]);
    ir_visit(g->ctx, store, find_masks, &M);
    return M.differ || M.n < 2 ? NULL : M.shared;
}

void cg_in_two_cases(cg *g, const ir *store, const ir *predicate, void (*emit)(cg *g, const ir *store))
{
    LLVMBasicBlockRef rest, after;
    begin_rest(g, as_bits(g, cg_expr(g, predicate)), &rest, &after);
    g->all_on = predicate;
    emit(g, store);
    g->all_on = NULL;
    LLVMBuildBr(g->b, after);
    cg_go_on_in(g, rest);
    cg_forget(g); /* what was computed in the other case */
    g->some_on = true;
    emit(g, store);
    g->some_on = false;
    cg_end_if(g, after);
    cg_forget(g);
}
