/* codegen/llvm_dot.c: sums of neighbouring lanes, and of products of them, in the instructions that add several at once.
 *
 *     s + reduce(+, i32(u8 a)*i32(i8 b), 16)          a, b of 64 lanes       vpdpbusd s, a, b
 *     reduce(+, i32(i16 a)*i32(i16 b), 8)             of 16                  vpmaddwd a, b
 *     reduce(+, u32(absd(u8 a, u8 b)), 4)             of 32                  vpsadbw a, b
 *     reduce(+, u16(u8 a), 8)                         of 16                  uaddlp a
 *     s + reduce(+, f32(bf16 a)*f32(bf16 b), 16)      of 32                  vdpbf16ps s, a, b
 *
 * A sum is recognised in the expression, where its operands are still narrow (find); a table says which machine has what for
 * such operands, best first; lanes that are left over after the instruction are added in pairs. Integers wrap, so sums
 * of 32 bits may be taken in any order and through any numbers that are right modulo 2^32. Instructions that
 * saturate are taken only where the numbers cannot reach the ends.
 *
 * Signs: vpdpbusd multiplies unsigned by signed bytes. Flipping the upper bit of a byte moves it by 128 from one
 * kind to the other, and 128 times the sum of the other operand, which is such an instruction with ones, mends it:
 *
 *     sum of u8 a * u8 b = sum of a * (b - 128) + 128 * sum of a
 *     sum of i8 a * i8 b = sum of (a + 128) * b - 128 * sum of b
 *
 * vdpbf16ps takes numbers below 2^-126 as 0, which docs/semantics.md does not allow: it is for targets that ask for it
 * (bf16_dot). Others multiply the numbers at even and at odd places, each of which is a float once the other half of its
 * 32 bits is zero.
 */
#include <string.h>

#include "llvm.h"

/* ---- what is to be summed --------------------------------------------------------------------------------------------- */

/* Does every value of `from` keep its value in `to`? */
static bool holds(cb_type to, cb_type from)
{
    if (type_is_uint(from))
        return to.bits > from.bits || (to.bits == from.bits && type_is_uint(to));
    return type_is_int(to) && to.bits >= from.bits;
}

static cb_type least_type(int64_t k)
{
    static const cb_type types[] = {{CB_INT, 8, 1}, {CB_UINT, 8, 1}, {CB_INT, 16, 1}};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (k >= type_min(types[i]) && k <= type_max(types[i]))
            return types[i];
    return (cb_type){CB_UINT, 64, 1};
}

/* e as an integer of 8 or 16 bits, or a bf16, that was widened; NULL: it is none. */
static const ir *narrow(cg *g, const ir *e)
{
    cb_context *c = g->ctx;
    int64_t k;
    const ir *x;
    bool brain = type_is_float(e->type);
    e = cg_instead(g, e);
    if (!type_is_integer(e->type) && !brain)
        return NULL;
    if (ir_as_int(e, &k)) {
        cb_type t = least_type(k);
        return t.bits < e->type.bits ? ir_int(c, type_lanes(t, e->type.lanes), k) : NULL;
    }
    switch ((int)e->op) {
    case IR_CAST:
        x = cg_instead(g, e->arg[0]);
        if (brain)
            return x->type.code == CB_BFLOAT && e->type.bits == 32 ? x : NULL;
        if (!type_is_integer(x->type) || x->type.bits >= e->type.bits)
            return NULL;
        if (x->op == IR_CAST && type_is_integer(x->arg[0]->type) && x->arg[0]->type.bits >= 8 && holds(x->type, x->arg[0]->type))
            x = x->arg[0];
        return x->type.bits <= 16 ? x : NULL;
    case IR_BROADCAST:
        x = narrow(g, e->arg[0]);
        return x ? ir_broadcast(c, x, e->type.lanes / x->type.lanes) : NULL;
    case IR_SHUFFLE:
        x = e->nargs == 1 ? narrow(g, e->arg[0]) : NULL;
        return x && e->arg[0]->op != IR_INT ? ir_shuffle(c, &x, 1, e->u.lanes, e->type.lanes) : NULL;
    default: return NULL;
    }
}

/* Two factors of 8 or 16 bits. */
static bool find_product(cg *g, const ir *y, cg_dot *d)
{
    if (y->op != IR_MUL)
        return false;
    d->a = narrow(g, y->arg[0]);
    d->b = narrow(g, y->arg[1]);
    return d->a && d->b && (d->a->op != IR_INT || d->b->op != IR_INT);
}

/* i32(widening_mul(a, b)): a product that was exact in its own type. */
static bool find_widened_product(cg *g, const ir *y, cg_dot *d)
{
    const ir *x = y->op == IR_CAST ? y->arg[0] : NULL;
    if (!x || x->op != IR_MUL || !type_is_integer(x->type) || x->type.bits != 16 || !find_product(g, x, d))
        return false;
    bool a = type_is_int(d->a->type), b = type_is_int(d->b->type);
    return d->a->type.bits == 8 && d->b->type.bits == 8 && type_is_int(x->type) == (a || b);
}

static bool find_sum(cg *g, const ir *y, cg_dot *d)
{
    if (find_product(g, y, d) || find_widened_product(g, y, d))
        return true;
    d->a = y->op == IR_CAST ? narrow(g, y) : NULL;
    d->b = NULL;
    return d->a;
}

/* ---- instructions ----------------------------------------------------------------------------------------------------- */

#define X86(a, b, c) {{"llvm.x86." a, "llvm.x86." b, "llvm.x86." c}, {0, FEATURE_AVX2, FEATURE_AVX512}, 0, false}
#define X86_DOT(a, wide) {{"llvm.x86." a ".128", "llvm.x86." a ".256", "llvm.x86." a ".512"}, {0, 0, wide}, 0, false}
#define NEON(a) {{"llvm.aarch64.neon." a}, {0}, 2, false}
static const cg_instruction maddwd = X86("sse2.pmadd.wd", "avx2.pmadd.wd", "avx512.pmaddw.d.512");
static const cg_instruction maddubsw = X86("ssse3.pmadd.ub.sw.128", "avx2.pmadd.ub.sw", "avx512.pmaddubs.w.512");
static const cg_instruction sadbw = X86("sse2.psad.bw", "avx2.psad.bw", "avx512.psad.bw.512");
static const cg_instruction dpbusd = X86_DOT("avx512.vpdpbusd", FEATURE_AVX512_VNNI);
static const cg_instruction dpwssd = X86_DOT("avx512.vpdpwssd", FEATURE_AVX512_VNNI);
static const cg_instruction dpbf16 = X86_DOT("avx512bf16.dpbf16ps", FEATURE_AVX512_BF16);
static const cg_instruction sdot = NEON("sdot"), udot = NEON("udot"), usdot = NEON("usdot");
static const cg_instruction saddlp = NEON("saddlp"), uaddlp = NEON("uaddlp");

static LLVMTypeRef int_lanes(cg *g, unsigned bits, unsigned lanes)
{
    return cg_lanes_type(LLVMIntTypeInContext(g->llvm, bits), lanes);
}

/* ---- ways ------------------------------------------------------------------------------------------------------------- */

/* One sum while it is emitted. acc NULL: nothing is added to; b NULL: ones. */
typedef struct sum {
    LLVMValueRef acc, a, b;
    bool a_signed, b_signed;
    unsigned bits, factor; /* of the result; lanes that become one */
    int64_t k;     /* b, where it is a constant */
} sum;

static LLVMValueRef resized(cg *g, bool is_signed, LLVMValueRef v, unsigned bits)
{
    LLVMTypeRef t = int_lanes(g, bits, cg_lanes(v));
    if (cg_width(v) >= bits)
        return cg_width(v) == bits ? v : LLVMBuildTrunc(g->b, v, t, "");
    return is_signed ? LLVMBuildSExt(g->b, v, t, "") : LLVMBuildZExt(g->b, v, t, "");
}

static LLVMValueRef zeros(cg *g, unsigned bits, unsigned lanes) { return LLVMConstNull(int_lanes(g, bits, lanes)); }

static LLVMValueRef factor_b(const sum *s) { return s->b ? s->b : cg_int_like(s->a, 1); }

static LLVMValueRef with(cg *g, const sum *s, LLVMValueRef v)
{
    return s->acc ? LLVMBuildAdd(g->b, s->acc, v, "") : v;
}

static LLVMValueRef flipped(cg *g, LLVMValueRef v) { return LLVMBuildXor(g->b, v, cg_int_like(v, -128), ""); }

/* acc + the sums of four products of one kind of signs by an instruction of three operands. */
static LLVMValueRef dot4(cg *g, const cg_instruction *I, LLVMValueRef acc, LLVMValueRef a, LLVMValueRef b)
{
    return cg_native(g, I, 32, (LLVMValueRef[]){acc ? acc : zeros(g, 32, cg_lanes(a) / 4), a, b}, 3);
}

static LLVMValueRef times_128(cg *g, LLVMValueRef v) { return LLVMBuildShl(g->b, v, cg_int_like(v, 7), ""); }

/* x86: unsigned by signed bytes. */
static LLVMValueRef dot_bytes(cg *g, const sum *s)
{
    LLVMValueRef a = s->a, b = factor_b(s), one = cg_int_like(a, 1);
    bool b_signed = s->b ? s->b_signed : !s->a_signed;
    if (s->a_signed != b_signed)
        return s->a_signed ? dot4(g, &dpbusd, s->acc, b, a) : dot4(g, &dpbusd, s->acc, a, b);
    if (!s->a_signed)
        return LLVMBuildAdd(g->b, dot4(g, &dpbusd, s->acc, a, flipped(g, b)), times_128(g, dot4(g, &dpbusd, NULL, a, one)), "");
    return LLVMBuildSub(g->b, dot4(g, &dpbusd, s->acc, flipped(g, a), b), times_128(g, dot4(g, &dpbusd, NULL, one, b)), "");
}

/* ARM: bytes of one kind; of two kinds with i8mm. */
static LLVMValueRef dot_bytes_arm(cg *g, const sum *s)
{
    LLVMValueRef u = s->a_signed ? factor_b(s) : s->a, i = s->a_signed ? s->a : factor_b(s), one = cg_int_like(s->a, 1);
    if (!s->b || s->a_signed == s->b_signed)
        return dot4(g, s->a_signed ? &sdot : &udot, s->acc, s->a, factor_b(s));
    if (g->target->features & FEATURE_I8MM)
        return dot4(g, &usdot, s->acc, u, i);
    return LLVMBuildAdd(g->b, dot4(g, &sdot, s->acc, flipped(g, u), i), times_128(g, dot4(g, &sdot, NULL, i, one)), "");
}

static LLVMValueRef dot_words(cg *g, const sum *s)
{
    LLVMValueRef acc = s->acc ? s->acc : zeros(g, 32, cg_lanes(s->a) / 2);
    return cg_native(g, &dpwssd, 32, (LLVMValueRef[]){acc, s->a, factor_b(s)}, 3);
}

static LLVMValueRef multiply_add(cg *g, const sum *s)
{
    return with(g, s, cg_native(g, &maddwd, 32, (LLVMValueRef[]){s->a, factor_b(s)}, 2));
}

/* Bytes at even or odd places as words, without moving any. */
static LLVMValueRef half_of(cg *g, bool odd, bool is_signed, LLVMValueRef bytes)
{
    LLVMValueRef v = LLVMBuildBitCast(g->b, bytes, int_lanes(g, 16, cg_lanes(bytes) / 2), "");
    if (!is_signed)
        return odd ? LLVMBuildLShr(g->b, v, cg_int_like(v, 8), "") : LLVMBuildAnd(g->b, v, cg_int_like(v, 255), "");
    if (!odd)
        v = LLVMBuildShl(g->b, v, cg_int_like(v, 8), "");
    return LLVMBuildAShr(g->b, v, cg_int_like(v, 8), "");
}

/* Four products of bytes by two multiplications of words: places 0 and 2, then 1 and 3. */
static LLVMValueRef multiply_add_halves(cg *g, const sum *s)
{
    LLVMValueRef r = NULL, b = factor_b(s);
    for (int odd = 0; odd < 2; odd++) {
        sum part = {.acc = r ? r : s->acc, .a = half_of(g, odd, s->a_signed, s->a), .b = half_of(g, odd, s->b && s->b_signed, b)};
        r = multiply_add(g, &part);
    }
    return r;
}

/* Pairs of bytes by a constant, as words. */
static LLVMValueRef byte_pairs(cg *g, const sum *s)
{
    LLVMValueRef k = cg_int_like(s->a, s->k);
    return cg_native(g, &maddubsw, 16, s->a_signed ? (LLVMValueRef[]){k, s->a} : (LLVMValueRef[]){s->a, k}, 2);
}

static LLVMValueRef byte_pairs_added(cg *g, const sum *s) { return with(g, s, byte_pairs(g, s)); }

static LLVMValueRef byte_pairs_twice(cg *g, const sum *s)
{
    sum pairs = {.acc = s->acc, .a = byte_pairs(g, s), .bits = 32};
    return multiply_add(g, &pairs);
}

/* Eight bytes; a - b is their distance when `from` has one. */
static LLVMValueRef add_bytes(cg *g, const sum *s)
{
    LLVMValueRef b = s->b ? s->b : zeros(g, 8, cg_lanes(s->a));
    return with(g, s, resized(g, false, cg_native(g, &sadbw, 64, (LLVMValueRef[]){s->a, b}, 2), s->bits));
}

/* ARM: neighbours, in the next width. */
static LLVMValueRef add_long(cg *g, const sum *s)
{
    LLVMValueRef r = s->a;
    for (unsigned n = s->factor; n > 1; n /= 2)
        r = cg_native(g, s->a_signed ? &saddlp : &uaddlp, 2 * cg_width(r), &r, 1);
    return with(g, s, resized(g, s->a_signed, r, s->bits));
}

/* ARM: products of bytes are exact in 16 bits. */
static LLVMValueRef add_products_long(cg *g, const sum *s)
{
    sum p = {.acc = s->acc, .bits = 32, .factor = 2, .a_signed = s->a_signed || s->b_signed};
    p.a = LLVMBuildMul(g->b, resized(g, s->a_signed, s->a, 16), resized(g, s->b_signed, s->b, 16), "");
    return add_long(g, &p);
}

/* Two products of bf16 by the instruction. */
static LLVMValueRef dot_brain(cg *g, const sum *s)
{
    LLVMTypeRef t = cg_lanes_type(g->f32, cg_lanes(s->a) / 2);
    LLVMValueRef acc = s->acc ? s->acc : LLVMConstNull(t);
    return LLVMBuildBitCast(g->b, cg_native(g, &dpbf16, 32, (LLVMValueRef[]){acc, s->a, s->b}, 3), t, "");
}

/* bf16 at even or odd places as floats. */
static LLVMValueRef float_half_of(cg *g, bool odd, LLVMValueRef v)
{
    unsigned lanes = cg_lanes(v) / 2;
    v = LLVMBuildBitCast(g->b, v, int_lanes(g, 32, lanes), "");
    v = odd ? LLVMBuildAnd(g->b, v, cg_int_like(v, -65536), "") : LLVMBuildShl(g->b, v, cg_int_like(v, 16), "");
    return LLVMBuildBitCast(g->b, v, cg_lanes_type(g->f32, lanes), "");
}

static LLVMValueRef multiply_brain(cg *g, const sum *s)
{
    cb_type t = type_lanes(T_F32, cg_lanes(s->a) / 2);
    LLVMValueRef r = s->acc;
    for (int odd = 0; odd < 2; odd++) {
        LLVMValueRef p = cg_arith(g, IR_MUL, t, float_half_of(g, odd, s->a), float_half_of(g, odd, s->b));
        r = r ? cg_arith(g, IR_ADD, t, r, p) : p;
    }
    return r;
}

/* ---- the table -------------------------------------------------------------------------------------------------------- */

enum { PLAIN = 1, CONSTANT = 2, PRODUCT = 4, DISTANCE = 8, FLOATS = 16 }; /* of b: none, a small one, any; |a - b|; bf16 */

typedef struct way {
    target_arch arch;
    uint32_t needs; /* one of these features; 0: none */
    int what;
    unsigned bits, result; /* of operands, of sums; 0: more than the operands */
    unsigned factor;       /* lanes that become one */
    const cg_instruction *uses;
    LLVMValueRef (*emit)(cg *g, const sum *s);
} way;

#define X ARCH_X86_64
#define A ARCH_AARCH64
#define ANY_VNNI (FEATURE_AVX512_VNNI | FEATURE_AVX_VNNI)
static const way ways[] = {
    {X, 0, DISTANCE, 8, 0, 8, &sadbw, add_bytes},
    {X, 0, PLAIN, 8, 0, 8, &sadbw, add_bytes},
    {X, ANY_VNNI, PLAIN | CONSTANT | PRODUCT, 8, 32, 4, &dpbusd, dot_bytes},
    {X, FEATURE_SSE41, PLAIN | CONSTANT, 8, 32, 4, &maddubsw, byte_pairs_twice},
    {X, 0, PRODUCT, 8, 32, 4, &maddwd, multiply_add_halves},
    {X, FEATURE_SSE41, PLAIN | CONSTANT, 8, 16, 2, &maddubsw, byte_pairs_added},
    {X, ANY_VNNI, PLAIN | CONSTANT | PRODUCT, 16, 32, 2, &dpwssd, dot_words},
    {X, 0, PLAIN | CONSTANT | PRODUCT, 16, 32, 2, &maddwd, multiply_add},
    {X, FEATURE_BF16_DOT, FLOATS, 16, 32, 2, &dpbf16, dot_brain},
    {X, 0, FLOATS, 16, 32, 2, &maddwd, multiply_brain},
    {A, 0, FLOATS, 16, 32, 2, &saddlp, multiply_brain},
    {A, FEATURE_DOTPROD, PLAIN | CONSTANT | PRODUCT, 8, 32, 4, &sdot, dot_bytes_arm},
    {A, 0, PLAIN, 8, 32, 4, &saddlp, add_long},
    {A, 0, PLAIN, 8, 64, 8, &saddlp, add_long},
    {A, 0, PLAIN, 8, 0, 2, &saddlp, add_long},
    {A, 0, PLAIN, 16, 64, 4, &saddlp, add_long},
    {A, 0, PLAIN, 16, 0, 2, &saddlp, add_long},
    {A, 0, CONSTANT | PRODUCT, 8, 32, 2, &saddlp, add_products_long},
};
#undef X
#undef A

/* How b, and a, can be looked at. */
static int forms_of(const cg_dot *d)
{
    int64_t k;
    if (type_is_float(d->a->type))
        return d->b ? FLOATS : 0;
    if (!d->b)
        return PLAIN | (d->a->op == IR_ABSD ? DISTANCE : 0);
    /* the sum of two products of a byte by at most 64 is one of words */
    return PRODUCT | (ir_as_int(d->b, &k) && k >= (type_is_int(d->a->type) ? 0 : -64) && k <= 64 ? CONSTANT : 0);
}

static bool is_u16(cb_type t) { return t.bits == 16 && type_is_uint(t); }

static bool fits(cg *g, const way *w, const cg_dot *d, unsigned lanes, cb_type result)
{
    cb_type a = d->a->type, b = d->b ? d->b->type : a;
    unsigned bits = w->bits, factor = w->factor, group = lanes / result.lanes;
    uint32_t needs = w->needs;
    if (w->arch != g->target->arch || (needs && !(g->target->features & needs)) || !(w->what & forms_of(d)))
        return false;
    if (w->result ? result.bits != w->result : result.bits <= bits || result.bits < 16)
        return false;
    if (bits == 8 && (a.bits != 8 || b.bits != 8))
        return false;
    if (bits == 16 && w->emit != add_long && (is_u16(a) || is_u16(b))) /* words are multiplied as signed ones */
        return false;
    if (w->emit == add_bytes && type_is_int(w->what == DISTANCE ? d->a->arg[0]->type : a))
        return false;
    if (w->emit == add_long && a.bits != bits)
        return false;
    return group % factor == 0 && cg_native_fills(g, w->uses, lanes * bits / 8);
}

/* A sum of lanes that a table row does, or NULL. */
static const way *find_way(cg *g, const ir *n, cg_dot *d)
{
    if (n->op != IR_REDUCE || (ir_op)n->u.i != IR_ADD || n->type.bits < 16 || !find_sum(g, n->arg[0], d))
        return NULL;
    if (d->b && d->a->op == IR_INT) {
        const ir *a = d->a;
        d->a = d->b;
        d->b = a;
    }
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (fits(g, &ways[i], d, n->arg[0]->type.lanes, n->type))
            return &ways[i];
    return NULL;
}

/* ---- for the walk over expressions ------------------------------------------------------------------------------------ */

bool cg_find_dot(cg *g, const ir *n, cg_dot *d)
{
    *d = (cg_dot){0};
    if (n->op == IR_REDUCE) {
        d->reduce = n;
    } else if (n->op == IR_ADD) {
        for (int i = 2; i-- > 0 && !d->reduce;)
            if (n->arg[i]->op == IR_REDUCE) {
                d->reduce = n->arg[i];
                d->acc = n->arg[1 - i];
            }
    }
    const way *w = d->reduce ? find_way(g, d->reduce, d) : NULL;
    if (!w)
        return false;
    d->way = w;
    if (w->what == DISTANCE) {
        d->b = d->a->arg[1];
        d->a = d->a->arg[0];
    }
    return true;
}

LLVMValueRef cg_emit_dot(cg *g, const cg_dot *d, LLVMValueRef acc, LLVMValueRef a, LLVMValueRef b)
{
    const way *w = d->way;
    cb_type t = d->reduce->type;
    sum s = {.a = a, .b = b, .bits = t.bits, .k = 1, .a_signed = type_is_int(d->a->type)};
    s.b_signed = d->b && type_is_int(d->b->type);
    if (w->what != DISTANCE && w->what != FLOATS) {
        s.a = resized(g, s.a_signed, a, w->bits);
        s.b = b ? resized(g, s.b_signed, b, w->bits) : NULL;
    }
    if (d->b)
        ir_as_int(d->b, &s.k);
    s.factor = w->factor;
    bool whole = cg_lanes(a) == t.lanes * s.factor; /* the instruction does all of it */
    s.acc = whole ? acc : NULL;
    LLVMValueRef r = cg_reduce(g, IR_ADD, t, w->emit(g, &s), t.lanes);
    return acc && !whole ? cg_arith(g, IR_ADD, t, acc, r) : r;
}
