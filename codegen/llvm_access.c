/* codegen/llvm_access.c: loads and stores.
 *
 * A flat index of n lanes is read as one run-time address and n constant distances from it,
 * wherever it has that form, and then the distances say which instructions are right:
 *
 *     ramp(i, 1)           0 1 2 3        one vector load
 *     ramp(i, -1)          0 -1 -2 -3     the same from the other end, reversed
 *     ramp(i, 2)           0 2 4 6        two vector loads and a shuffle, reading nothing after 6
 *     broadcast(i)         0 0 0 0        a scalar load
 *     ramp(ramp(i,1),w)    0 1 w w+1      runs if w is a constant, else slices of one base
 *     anything else                       gather and scatter, or lane by lane
 */
#include "llvm_index.h"

/* ---- one access ------------------------------------------------------------------------------ */

typedef struct access {
    ir_sym buffer;
    LLVMTypeRef type;   /* of one element in memory */
    unsigned bytes;     /* of it */
    unsigned align;     /* known of lane 0, in bytes */
    bool stream;
    bool masked_memory; /* the target has masked accesses of this size */
    LLVMValueRef memory;
} access;

static access access_of(cg *g, ir_sym buffer, cb_type t, uint32_t mem)
{
    access a = {.buffer = buffer, .bytes = type_bytes(t), .memory = cg_memory_of(g, buffer)->base};
    unsigned log2 = (mem & IR_MEM_ALIGN_MASK) >> IR_MEM_ALIGN_SHIFT;
    a.type = cg_memory_type(g, type_scalar(t));
    a.align = log2 && log2 < 16 ? 1u << log2 : a.bytes;
    a.stream = mem & IR_MEM_STREAM;
    a.masked_memory = cg_has_masked(g, t);
    return a;
}

/* The address `by` elements (NULL: 0) after p. */
static LLVMValueRef further(cg *g, const access *a, LLVMValueRef p, LLVMValueRef by)
{
    return by ? LLVMBuildInBoundsGEP2(g->b, a->type, p, &by, 1, "") : p;
}

/* The address that a line is of: what stays the same in the loop comes first, to be computed before it. */
static LLVMValueRef place(cg *g, const access *a, const cg_line *l)
{
    LLVMValueRef k = l->k ? cg_i64(g, l->k) : NULL;
    return further(g, a, further(g, a, further(g, a, a->memory, l->fixed), cg_changing(g, l)), k);
}

/* The address of the element `off` after the base of s. */
static LLVMValueRef address(cg *g, const access *a, const cg_shape *s, int64_t off)
{
    return further(g, a, further(g, a, place(g, a, &s->line), s->by), off ? cg_i64(g, off) : NULL);
}

/* What is known of the alignment `off` elements after lane 0. */
static unsigned align_at(const access *a, int64_t off)
{
    uint64_t unit = (uint64_t)off * a->bytes;
    unit &= 0 - unit;
    unsigned known = !unit || unit > a->align ? a->align : (unsigned)unit;
    return known > a->bytes ? known : a->bytes;
}

static LLVMValueRef finish(cg *g, const access *a, LLVMValueRef instruction)
{
    cg_mark_access(g, instruction, a->buffer);
    return instruction;
}

static LLVMOpcode opcode_of(LLVMValueRef v)
{
    return LLVMIsAInstruction(v) ? LLVMGetInstructionOpcode(v) : (LLVMOpcode)0;
}

/* Are lanes [from, from + n) of the mask off whatever happens? */
static bool known_off(LLVMValueRef mask, unsigned from, unsigned n)
{
    LLVMOpcode op = opcode_of(mask);
    if (op == LLVMAnd || op == LLVMOr) {
        bool a = known_off(LLVMGetOperand(mask, 0), from, n), b = known_off(LLVMGetOperand(mask, 1), from, n);
        return op == LLVMAnd ? a || b : a && b;
    }
    bool off = LLVMIsConstant(mask);
    for (unsigned i = from; i < from + n && off; i++) {
        LLVMValueRef bit = LLVMGetAggregateElement(mask, i);
        off = bit && LLVMIsAConstantInt(bit) && !LLVMConstIntGetZExtValue(bit);
    }
    return off;
}

/* Lanes [from, from + n) of a mask (NULL: all on), of which known_off sees as much as of the whole. */
static LLVMValueRef slice_mask(cg *g, LLVMValueRef mask, unsigned from, unsigned n)
{
    if (!mask || n == cg_lanes(mask))
        return mask;
    LLVMOpcode op = opcode_of(mask);
    if (op != LLVMAnd && op != LLVMOr)
        return cg_slice(g, mask, from, n);
    LLVMValueRef a = slice_mask(g, LLVMGetOperand(mask, 0), from, n), b = slice_mask(g, LLVMGetOperand(mask, 1), from, n);
    return op == LLVMAnd ? LLVMBuildAnd(g->b, a, b, "") : LLVMBuildOr(g->b, a, b, "");
}

enum { LEAST_REGISTER = 32 }; /* bytes, of machines that have masked accesses */

/* Where a masked access of n elements is cut in two; 0: it is one. LLVM 19 to 22 widen masks of these lengths for bytes by KMOVB or
 * KMOVD, which clear the bits above, and when they spill the mask take that for a copy: bytes after the last are stored. At O0
 * LLVM 22 loads all of a register whose lanes are all known to be off, if others of the same access are not. */
static unsigned cut_of_mask(const access *a, unsigned n, LLVMValueRef mask)
{
    if (!mask || !a->masked_memory)
        return 0;
    if (a->bytes == 1 && n > 4 && n <= 8)
        return n / 2;
    if (a->bytes == 1 && n > 64 && n % 64 == 32)
        return n - 32;
    unsigned lanes = LEAST_REGISTER / a->bytes;
    for (unsigned at = lanes; at < n && n % lanes == 0; at += lanes)
        if (known_off(mask, 0, lanes) != known_off(mask, at, lanes))
            return at;
    return 0;
}

/* n elements from base + off on. */
static LLVMValueRef load_dense(cg *g, const access *a, const cg_shape *s, int64_t off, unsigned n,
                               LLVMValueRef mask)
{
    LLVMTypeRef t = cg_lanes_type(a->type, n);
    if (mask && known_off(mask, 0, n))
        return LLVMConstNull(t);
    unsigned cut = cut_of_mask(a, n, mask);
    if (cut) {
        LLVMValueRef part[2] = {load_dense(g, a, s, off, cut, slice_mask(g, mask, 0, cut)),
                                load_dense(g, a, s, off + cut, n - cut, slice_mask(g, mask, cut, n - cut))};
        return cg_join(g, part, 2);
    }
    LLVMValueRef p = address(g, a, s, off);
    unsigned align = align_at(a, off - s->off[0]);
    if (mask && !a->masked_memory)
        return cg_load_where(g, a->buffer, t, a->bytes, p, align, mask);
    if (mask)
        return finish(g, a, cg_masked_load(g, t, p, align, mask, LLVMConstNull(t)));
    LLVMValueRef v = LLVMBuildLoad2(g->b, t, p, "");
    LLVMSetAlignment(v, align);
    return finish(g, a, v);
}

/* Lanes that a constant mask lets through, as stores of those that lie together. LLVM 22 makes four bytes of the one lane
 * of two that a masked store has left. */
static bool store_runs(cg *g, const access *a, const cg_shape *s, int64_t off, LLVMValueRef v, LLVMValueRef mask)
{
    unsigned n = cg_lanes(v);
    if (!LLVMIsConstant(mask) || n > 64)
        return false;
    bool on[64];
    for (unsigned i = 0; i < n; i++) {
        LLVMValueRef bit = LLVMGetAggregateElement(mask, i);
        if (!bit || !LLVMIsAConstantInt(bit))
            return false;
        on[i] = LLVMConstIntGetZExtValue(bit) != 0;
    }
    for (unsigned i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && on[end] == on[i];)
            end++;
        if (!on[i])
            continue;
        LLVMValueRef part = end - i > 1 ? cg_slice(g, v, i, end - i) : LLVMBuildExtractElement(g->b, v, cg_i32(g, i), "");
        LLVMValueRef st = finish(g, a, LLVMBuildStore(g->b, part, address(g, a, s, off + (int64_t)i)));
        LLVMSetAlignment(st, align_at(a, off + (int64_t)i - s->off[0]));
    }
    return true;
}

/* A whole vector past the caches if its address is aligned, as it is in a loop that lower/stream.c has moved; else a store like any other. */
static void store_past_caches(cg *g, const access *a, LLVMValueRef p, unsigned align, LLVMValueRef v)
{
    unsigned bytes = a->bytes * cg_lanes(v), need = bytes & (0 - bytes);
    if (need > (unsigned)g->L->target.vector_bytes)
        need = (unsigned)g->L->target.vector_bytes;
    if (need < 16) {
        LLVMSetAlignment(finish(g, a, LLVMBuildStore(g->b, v, p)), align);
        return;
    }
    LLVMBasicBlockRef after = NULL;
    if (align < need) {
        LLVMBasicBlockRef past = cg_block(g, "past"), plain = cg_block(g, "plain");
        LLVMValueRef beyond = LLVMBuildAnd(g->b, LLVMBuildPtrToInt(g->b, p, g->i64, ""), cg_i64(g, need - 1), "");
        after = cg_block(g, "after");
        LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, beyond, cg_i64(g, 0), ""), past, plain);
        cg_go_on_in(g, plain);
        LLVMSetAlignment(finish(g, a, LLVMBuildStore(g->b, v, p)), align);
        LLVMBuildBr(g->b, after);
        cg_go_on_in(g, past);
    }
    LLVMValueRef st = finish(g, a, LLVMBuildStore(g->b, v, p));
    LLVMSetAlignment(st, align < need ? need : align);
    LLVMMetadataRef one = LLVMValueAsMetadata(cg_i32(g, 1));
    LLVMMetadataRef node = LLVMMDNodeInContext2(g->llvm, &one, 1);
    LLVMSetMetadata(st, g->md_nontemporal, LLVMMetadataAsValue(g->llvm, node));
    if (!after)
        return;
    LLVMBuildBr(g->b, after);
    cg_go_on_in(g, after);
}

static void store_dense(cg *g, const access *a, const cg_shape *s, int64_t off, LLVMValueRef v,
                        LLVMValueRef mask)
{
    unsigned n = cg_lanes(v), cut = cut_of_mask(a, n, mask);
    if (mask && (known_off(mask, 0, n) || store_runs(g, a, s, off, v, mask)))
        return;
    if (cut) {
        store_dense(g, a, s, off, cg_slice(g, v, 0, cut), slice_mask(g, mask, 0, cut));
        store_dense(g, a, s, off + cut, cg_slice(g, v, cut, n - cut), slice_mask(g, mask, cut, n - cut));
        return;
    }
    LLVMValueRef p = address(g, a, s, off);
    unsigned align = align_at(a, off - s->off[0]);
    if (mask) {
        if (a->masked_memory)
            finish(g, a, cg_masked_store(g, v, p, align, mask));
        else
            cg_store_where(g, a->buffer, v, a->bytes, p, align, mask);
        return;
    }
    if (a->stream)
        store_past_caches(g, a, p, align, v);
    else
        LLVMSetAlignment(finish(g, a, LLVMBuildStore(g->b, v, p)), align);
}

/* The lanes of v that lie in a dense range of elements, from element lo on; `rest` elsewhere. */
static LLVMValueRef spread(cg *g, const cg_shape *s, int64_t lo, unsigned range, LLVMValueRef v,
                           LLVMValueRef rest)
{
    int32_t *lane = NEW_ARRAY(g->ctx->a, int32_t, range);
    for (unsigned i = 0; i < range; i++)
        lane[i] = (int32_t)s->n;
    for (unsigned i = 0; i < s->n; i++)
        if (s->off[i] >= lo && s->off[i] < lo + (int64_t)range)
            lane[s->off[i] - lo] = (int32_t)i;
    return cg_shuffle(g, (LLVMValueRef[]){v, rest}, 2, lane, range);
}

static LLVMValueRef spread_mask(cg *g, const cg_shape *s, int64_t lo, unsigned range, LLVMValueRef mask)
{
    return mask ? spread(g, s, lo, range, mask, LLVMConstNull(g->i1)) : NULL;
}

/* LLVM gives up, and the process with it, on masks that are made longer than a mask register. */
enum { MASK_LANES = 64 };

/* Stores v to the range of n elements from lo on; nothing where the mask is off or no lane goes. */
static void store_range(cg *g, const access *a, const cg_shape *s, int64_t lo, unsigned n, LLVMValueRef v,
                        LLVMValueRef mask)
{
    unsigned w = mask && n > MASK_LANES ? MASK_LANES : n;
    for (unsigned i = 0; i < n; i += w)
        store_dense(g, a, s, lo + i, spread(g, s, lo + i, w, v, LLVMGetPoison(a->type)),
                    spread_mask(g, s, lo + i, w, mask));
}

static LLVMValueRef all_on(cg *g, unsigned n) { return LLVMConstAllOnes(cg_lanes_type(g->i1, n)); }

/* The whole range of elements from lo on, in pieces whose width is a power of two and of which the
 * last ends at the last element; then lane i is picked from it. */
static LLVMValueRef load_range(cg *g, const access *a, const cg_shape *s, int64_t lo, unsigned range,
                               LLVMValueRef mask)
{
    unsigned w = (unsigned)power_of_two_in(range < s->n ? range : s->n), n = 0;
    LLVMValueRef *part = NEW_ARRAY(g->ctx->a, LLVMValueRef, range / w + 2);
    int32_t *lane = NEW_ARRAY(g->ctx->a, int32_t, s->n);
    unsigned whole = range / w;
    for (unsigned i = 0; i <= whole; i++) {
        int64_t from = i < whole ? lo + (int64_t)i * w : lo + range - w;
        if (i < whole || range % w)
            part[n++] = load_dense(g, a, s, from, w, spread_mask(g, s, from, w, mask));
    }
    for (unsigned i = 0; i < s->n; i++) {
        int64_t e = s->off[i] - lo;
        lane[i] = (int32_t)(e < (int64_t)whole * w ? e : e - (range - w) + (int64_t)whole * w);
    }
    return cg_shuffle(g, part, n, lane, s->n);
}

typedef struct extent {
    int64_t lo, hi;
    unsigned runs; /* maximal runs of lanes that step by 1 */
    bool distinct; /* no element twice; looked at only when the range is small */
} extent;

static extent extent_of(cg *g, const cg_shape *s)
{
    extent e = {s->off[0], s->off[0], 1, true};
    for (unsigned i = 1; i < s->n; i++) {
        e.lo = s->off[i] < e.lo ? s->off[i] : e.lo;
        e.hi = s->off[i] > e.hi ? s->off[i] : e.hi;
        e.runs += s->off[i] != s->off[i - 1] + 1;
    }
    uint64_t range = (uint64_t)e.hi - (uint64_t)e.lo;
    if (range >= 8ull * s->n) {
        e.distinct = false;
        return e;
    }
    bool *seen = NEW_ARRAY(g->ctx->a, bool, (size_t)range + 1);
    for (unsigned i = 0; i < s->n; i++) {
        e.distinct &= !seen[s->off[i] - e.lo];
        seen[s->off[i] - e.lo] = true;
    }
    return e;
}

/* Lanes [from, from + n) of the shape. */
static cg_shape part_of(const cg_shape *s, unsigned from, unsigned n)
{
    cg_shape part = *s;
    part.off += from;
    part.n = n;
    return part;
}

static unsigned run_length(const cg_shape *s, unsigned from)
{
    unsigned n = 1;
    while (from + n < s->n && s->off[from + n] == s->off[from + n - 1] + 1)
        n++;
    return n;
}

/* Lanes anywhere: one run-time address and as many distances from it as there are lanes. */
typedef struct scattered {
    LLVMValueRef first; /* the address, */
    LLVMValueRef by;    /* so many elements further when that is all that changes in the loop, else NULL, */
    LLVMValueRef at;    /* and a vector of i32 or i64, in elements; NULL: the index is in slices */
} scattered;

static scattered scattered_of(cg *g, const access *a, const cg_shape *s)
{
    LLVMValueRef *c = NEW_ARRAY(g->ctx->a, LLVMValueRef, s->n);
    for (unsigned i = 0; i < s->n; i++)
        c[i] = cg_i64(g, s->off[i]);
    return (scattered){address(g, a, s, 0), NULL, LLVMConstVector(c, s->n)};
}

/* The same, as a vector of pointers. */
static LLVMValueRef addresses(cg *g, const access *a, const scattered *s)
{
    LLVMValueRef at = s->at;
    if (!LLVMIsConstant(at))
        at = LLVMBuildSExt(g->b, at, cg_lanes_type(g->i64, cg_lanes(at)), "");
    return further(g, a, further(g, a, s->first, s->by), at);
}

/* Masked operations get a width that is a power of two: further lanes are off. */
static LLVMValueRef widened(cg *g, LLVMValueRef v, unsigned w, LLVMValueRef rest)
{
    unsigned n = cg_lanes(v);
    if (n == w)
        return v;
    int32_t *lane = NEW_ARRAY(g->ctx->a, int32_t, w);
    for (unsigned i = 0; i < w; i++)
        lane[i] = (int32_t)(i < n ? i : n);
    return cg_shuffle(g, (LLVMValueRef[]){v, rest}, 2, lane, w);
}

static unsigned power_of_two_not_below(unsigned n)
{
    unsigned p = (unsigned)power_of_two_in(n);
    return p < n ? p * 2 : p;
}

/* Where lanes that are off may load from: a zero. */
static LLVMValueRef zero_slot(cg *g)
{
    if (!g->zero_slot) {
        LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
        g->zero_slot = cg_alloca(g, g->i64, 1, 8);
        cg_go_on_in(g, g->entry);
        LLVMBuildStore(g->b, cg_i64(g, 0), g->zero_slot);
        cg_go_on_in(g, here);
    }
    return g->zero_slot;
}

enum { LANES_AT_ONCE = 16 };

/* Lane by lane, without branches: no machine of ours gathers elements of 8 and 16 bits, and LLVM makes a branch of each lane
 * that may be off. Long vectors are put together from short ones, as each insertion into a long one concerns all of it. */
static LLVMValueRef gather_lanes(cg *g, const access *a, const scattered *s, LLVMValueRef mask)
{
    unsigned n = cg_lanes(s->at), nparts = 0;
    LLVMValueRef *part = NEW_ARRAY(g->ctx->a, LLVMValueRef, n / LANES_AT_ONCE + 1);
    LLVMValueRef ps = NULL;
    if (mask)
        ps = LLVMBuildSelect(g->b, mask, addresses(g, a, s), cg_splat(g, zero_slot(g), n), "");
    for (unsigned from = 0, len; from < n; from += len) {
        len = n - from < LANES_AT_ONCE ? n - from : LANES_AT_ONCE;
        LLVMValueRef at = cg_slice(g, ps ? ps : s->at, from, len);
        LLVMValueRef v = LLVMGetPoison(cg_lanes_type(a->type, len));
        for (unsigned i = 0; i < len; i++) {
            LLVMValueRef p = cg_lane(g, at, i);
            if (!ps)
                p = further(g, a, further(g, a, s->first, LLVMBuildSExt(g->b, p, g->i64, "")), s->by);
            LLVMValueRef x = LLVMBuildLoad2(g->b, a->type, p, "");
            LLVMSetAlignment(x, a->bytes);
            v = len == 1 ? finish(g, a, x) : cg_set_lane(g, v, finish(g, a, x), i);
        }
        part[nparts++] = v;
    }
    return nparts == 1 ? part[0] : cg_join(g, part, nparts);
}

static LLVMValueRef gather(cg *g, const access *a, const scattered *s, LLVMValueRef mask)
{
    unsigned n = cg_lanes(s->at), w = power_of_two_not_below(n);
    bool slow = g->target->features & FEATURE_SLOW_GATHER;
    if (a->bytes < 4 || (slow && !mask))
        return gather_lanes(g, a, s, mask);
    LLVMTypeRef t = cg_lanes_type(a->type, w);
    mask = widened(g, mask ? mask : all_on(g, n), w, LLVMConstNull(g->i1));
    scattered all = {s->first, s->by, widened(g, s->at, w, LLVMConstNull(LLVMGetElementType(LLVMTypeOf(s->at))))};
    LLVMValueRef ps = addresses(g, a, &all);
    return cg_slice(g, finish(g, a, cg_gather(g, t, ps, a->bytes, mask, LLVMConstNull(t))), 0, n);
}

static void scatter(cg *g, const access *a, LLVMValueRef v, LLVMValueRef ps, LLVMValueRef mask)
{
    unsigned n = cg_lanes(ps), w = power_of_two_not_below(n);
    mask = widened(g, mask ? mask : all_on(g, n), w, LLVMConstNull(g->i1));
    ps = widened(g, ps, w, LLVMConstNull(g->ptr));
    v = widened(g, v, w, LLVMGetPoison(a->type));
    finish(g, a, cg_scatter(g, v, ps, a->bytes, mask));
}

/* ---- loads ----------------------------------------------------------------------------------- */

static LLVMValueRef load_shape(cg *g, const access *a, const cg_shape *s, LLVMValueRef mask);

/* One element, when mask (NULL: on) says so. */
static LLVMValueRef load_one(cg *g, const access *a, const cg_shape *s, LLVMValueRef mask)
{
    if (!mask)
        return load_dense(g, a, s, s->off[0], 1, NULL);
    LLVMBasicBlockRef from[2] = {LLVMGetInsertBlock(g->b), NULL}, after = cg_begin_if(g, mask);
    LLVMValueRef v[2] = {LLVMConstNull(a->type), load_dense(g, a, s, s->off[0], 1, NULL)};
    from[1] = LLVMGetInsertBlock(g->b);
    cg_end_if(g, after);
    LLVMValueRef phi = LLVMBuildPhi(g->b, a->type, "");
    LLVMAddIncoming(phi, v, from, 2);
    return phi;
}

/* Run by run. */
static LLVMValueRef load_runs(cg *g, const access *a, const cg_shape *s, LLVMValueRef mask,
                              unsigned runs)
{
    LLVMValueRef *part = NEW_ARRAY(g->ctx->a, LLVMValueRef, runs);
    unsigned n = 0;
    for (unsigned from = 0, len; from < s->n; from += len) {
        len = run_length(s, from);
        cg_shape run = part_of(s, from, len);
        part[n++] = load_shape(g, a, &run, slice_mask(g, mask, from, len));
    }
    return cg_join(g, part, n);
}

/* Lanes of a shape, mask NULL: all on. */
static LLVMValueRef load_shape(cg *g, const access *a, const cg_shape *s, LLVMValueRef mask)
{
    extent e = extent_of(g, s);
    uint64_t range = (uint64_t)e.hi - (uint64_t)e.lo + 1;
    if (s->n == 1)
        return load_one(g, a, s, mask);
    if (e.runs == 1 && (!mask || !(s->n & (s->n - 1))))
        return load_dense(g, a, s, s->off[0], s->n, mask);
    if (range == 1 && !mask)
        return cg_splat(g, load_dense(g, a, s, s->off[0], 1, NULL), s->n);
    if (e.runs > 1 && s->n >= 4 * e.runs)
        return load_runs(g, a, s, mask, e.runs);
    if (range <= 4ull * s->n && (!mask || (a->masked_memory && e.distinct)))
        return load_range(g, a, s, e.lo, (unsigned)range, mask);
    scattered lanes = scattered_of(g, a, s);
    return gather(g, a, &lanes, mask);
}

static LLVMValueRef load_lanes(cg *g, const access *a, const cg_shapes *slices,
                               const scattered *lanes, LLVMValueRef mask)
{
    if (lanes->at)
        return gather(g, a, lanes, mask);
    LLVMValueRef *part = NEW_ARRAY(g->ctx->a, LLVMValueRef, slices->n);
    unsigned from = 0;
    for (uint32_t i = 0; i < slices->n; i++) {
        const cg_shape *s = &slices->at[i];
        part[i] = load_shape(g, a, s, slice_mask(g, mask, from, s->n));
        from += s->n;
    }
    return slices->n == 1 ? part[0] : cg_join(g, part, slices->n);
}

/* ---- stores ---------------------------------------------------------------------------------- */

static void store_shape(cg *g, const access *a, const cg_shape *s, LLVMValueRef v, LLVMValueRef mask)
{
    extent e = extent_of(g, s);
    uint64_t range = (uint64_t)e.hi - (uint64_t)e.lo + 1;
    if (s->n == 1) {
        LLVMBasicBlockRef after = mask ? cg_begin_if(g, mask) : NULL;
        store_dense(g, a, s, s->off[0], cg_lane(g, v, 0), NULL);
        if (mask)
            cg_end_if(g, after);
    } else if (e.runs == 1 && (!mask || !(s->n & (s->n - 1)))) {
        store_dense(g, a, s, s->off[0], v, mask);
    } else if (e.runs > 1 && s->n >= 4 * e.runs) {
        for (unsigned from = 0, len; from < s->n; from += len) {
            len = run_length(s, from);
            cg_shape run = part_of(s, from, len);
            store_shape(g, a, &run, cg_slice(g, v, from, len), slice_mask(g, mask, from, len));
        }
    } else if (e.distinct && range == s->n && (!mask || !(range & (range - 1)))) {
        /* a permutation */
        store_range(g, a, s, e.lo, s->n, v, mask);
    } else if (e.distinct && a->masked_memory && range <= 4ull * s->n) {
        store_range(g, a, s, e.lo, power_of_two_not_below((unsigned)range), v,
                    mask ? mask : all_on(g, s->n));
    } else if (mask) {
        scattered lanes = scattered_of(g, a, s);
        scatter(g, a, v, addresses(g, a, &lanes), mask);
    } else {
        for (unsigned i = 0; i < s->n; i++)
            store_dense(g, a, s, s->off[i], cg_lane(g, v, i), NULL);
    }
}

static void store_lanes(cg *g, const access *a, const cg_shapes *slices, const scattered *lanes,
                        LLVMValueRef v, LLVMValueRef mask)
{
    unsigned from = 0;
    if (lanes->at) {
        scatter(g, a, v, addresses(g, a, lanes), mask);
        return;
    }
    for (uint32_t i = 0; i < slices->n; i++) {
        const cg_shape *s = &slices->at[i];
        store_shape(g, a, s, slices->n == 1 ? v : cg_slice(g, v, from, s->n),
                    slice_mask(g, mask, from, s->n));
        from += s->n;
    }
}

/* ---- predicates ------------------------------------------------------------------------------ */

/* A predicate that is one for all lanes becomes a branch (*uniform), another a mask (*mask). */
static void predicate(cg *g, const ir *pred, LLVMValueRef *uniform, LLVMValueRef *mask)
{
    *uniform = *mask = NULL;
    if (ir_is_true(pred) || pred == g->all_on)
        return;
    const ir *one = cg_for_all(pred);
    if (one)
        *uniform = cg_expr(g, one);
    else
        *mask = cg_expr(g, pred);
}

/* One number for all lanes? */
static bool is_uniform(const ir *n)
{
    return n->op == IR_BROADCAST && n->arg[0]->type.lanes == 1 && cg_is_index(n->type);
}

/* A vector index as it is taken apart: what is the same for all lanes, and the rest. */
typedef struct parts {
    cg_line same;
    LLVMValueRef rest;
    bool changes; /* the rest does, in the innermost loop */
} parts;

static void add_same(cg *g, parts *p, const ir *uniform, const cg_line *scale, bool minus)
{
    cg_line l;
    cg_line_of(g, uniform->arg[0], &l);
    if (scale)
        cg_multiply_line(g, &l, scale);
    cg_add_line(g, &p->same, &l, minus);
}

static void add_rest(cg *g, parts *p, const ir *n, const cg_line *scale, bool minus)
{
    LLVMValueRef v = cg_expr(g, n);
    p->changes |= ir_uses_any(g->ctx, n, &g->changing);
    if (!p->rest && !scale && !minus) {
        p->rest = v;
        return;
    }
    LLVMTypeRef wide = cg_lanes_type(g->i64, cg_lanes(v));
    v = LLVMBuildSExt(g->b, v, wide, "");
    if (scale)
        v = LLVMBuildNSWMul(g->b, v, cg_splat(g, cg_whole(g, scale), cg_lanes(v)), "");
    if (minus)
        v = LLVMBuildNSWNeg(g->b, v, "");
    p->rest = p->rest ? LLVMBuildNSWAdd(g->b, LLVMBuildSExt(g->b, p->rest, wide, ""), v, "") : v;
}

/* Adds n, times the scale if there is one. Sums of 32 bits are cut only where one side is the same for all lanes: two parts of
 * one need not fit 32 bits. */
static void take_apart(cg *g, parts *p, const ir *n, const cg_line *scale, bool minus)
{
    bool sum_of = n->op == IR_ADD || n->op == IR_SUB;
    if (is_uniform(n)) {
        add_same(g, p, n, scale, minus);
    } else if (cg_is_widening(n) || n->op == IR_LIKELY || n->op == IR_PROMISE) {
        take_apart(g, p, n->arg[0], scale, minus);
    } else if (sum_of && (n->type.bits == 64 || is_uniform(n->arg[0]) || is_uniform(n->arg[1]))) {
        take_apart(g, p, n->arg[0], scale, minus);
        take_apart(g, p, n->arg[1], scale, minus != (n->op == IR_SUB));
    } else if (n->op == IR_MUL && n->type.bits == 64 && !scale && (is_uniform(n->arg[0]) || is_uniform(n->arg[1]))) {
        bool second = is_uniform(n->arg[1]);
        cg_line l;
        cg_line_of(g, n->arg[second]->arg[0], &l);
        take_apart(g, p, n->arg[!second], &l, minus);
    } else {
        add_rest(g, p, n, scale, minus);
    }
}

/* broadcast(row) + broadcast(w)*cast(i64x16, at + broadcast(k)) is row + w*k and w*at, and of several such loads all lanes are
 * computed once. What is left of a sum may have 32 bits. */
static scattered apart(cg *g, const access *a, const ir *n)
{
    parts p = {.rest = NULL};
    LLVMValueRef by = NULL;
    take_apart(g, &p, n, NULL, false);
    if (!p.rest)
        p.rest = LLVMConstNull(cg_lanes_type(g->i64, n->type.lanes));
    if (!p.changes) {
        by = cg_changing(g, &p.same);
        p.same.base = NULL;
        p.same.step = p.same.paced = 0;
    }
    return (scattered){place(g, a, &p.same), by, p.rest};
}

/* The index, cut into slices, or as lanes anywhere. */
static void locate(cg *g, const access *a, const ir *index, cg_shapes *slices, scattered *lanes)
{
    *lanes = (scattered){NULL, NULL, NULL};
    if (!cg_slices_of(g, index, slices))
        *lanes = apart(g, a, index);
}

LLVMValueRef cg_load(cg *g, const ir *n)
{
    LLVMValueRef uniform, mask;
    scattered lanes;
    cg_shapes slices = {0};
    access a = access_of(g, n->u.ref.sym, n->type, n->u.ref.index);
    if (ir_is_false(n->arg[1]))
        return LLVMConstNull(cg_type(g, n->type));
    /* All but the access itself comes before a branch, where it may be remembered. */
    locate(g, &a, n->arg[0], &slices, &lanes);
    predicate(g, n->arg[1], &uniform, &mask);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(g->b), after = NULL;
    if (uniform)
        after = cg_begin_if(g, uniform);
    LLVMValueRef v = load_lanes(g, &a, &slices, &lanes, mask);
    if (uniform) {
        LLVMBasicBlockRef loaded = LLVMGetInsertBlock(g->b);
        LLVMValueRef from[2] = {LLVMConstNull(LLVMTypeOf(v)), v};
        cg_end_if(g, after);
        LLVMValueRef phi = LLVMBuildPhi(g->b, LLVMTypeOf(v), "");
        LLVMAddIncoming(phi, from, (LLVMBasicBlockRef[]){before, loaded}, 2);
        v = phi;
    }
    if (!type_is_bool(n->type))
        return v;
    return LLVMBuildICmp(g->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "");
}

static void store_once(cg *g, const ir *n)
{
    LLVMValueRef uniform, mask;
    scattered lanes;
    cg_shapes slices = {0};
    cb_type t = n->arg[1]->type;
    access a = access_of(g, n->u.info->sym, t, n->u.info->mem);
    LLVMValueRef v = cg_expr(g, n->arg[1]);
    locate(g, &a, n->arg[0], &slices, &lanes);
    predicate(g, n->arg[2], &uniform, &mask);
    if (type_is_bool(t))
        v = LLVMBuildZExt(g->b, v, cg_memory_type(g, t), "");
    LLVMBasicBlockRef after = NULL;
    if (uniform)
        after = cg_begin_if(g, uniform);
    store_lanes(g, &a, &slices, &lanes, v, mask);
    if (uniform)
        cg_end_if(g, after);
}

void cg_store(cg *g, const ir *n)
{
    if (ir_is_false(n->arg[2]))
        return;
    const ir *predicate = cg_shared_mask(g, n);
    if (predicate)
        cg_in_two_cases(g, n, predicate, store_once);
    else
        store_once(g, n);
}
