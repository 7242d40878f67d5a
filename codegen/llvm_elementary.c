/* codegen/llvm_elementary.c: elementary functions of f32 and f64, on any number of lanes.
 *
 *     sin(x), x <20 x float>   ->   two calls of   internal <16 x float> @cb.sin.f32.16(<16 x float>)
 *                                   the second with 4 lanes used: <4 x float> @cb.sin.f32.4
 *
 * A function is made once per module, type and number of lanes, as a helper function, so that a
 * schedule that unrolls does not multiply its code. Wider vectors are cut, narrower ones filled up
 * with copies of their first lane. Each lane gets the same operations whatever the vector, so a
 * loop's scalar tail gives what its vector body gives.
 *
 * f32 is computed in double, by shorter polynomials, and rounded once at the end; so its results
 * are within little more than half an ulp. exp and log of f32 are used so much that they have
 * polynomials of their own in float (llvm_poly.c), and the fast variants too (llvm_fast.c).
 */
#include <math.h>

#include "llvm_fp.h"

typedef LLVMValueRef V;

static const struct {
    ir_op op;
    fp_function make;
} functions[] = {
    {IR_EXP, fp_exp},     {IR_EXP2, fp_exp2},   {IR_EXPM1, fp_expm1}, {IR_LOG, fp_log},
    {IR_LOG2, fp_log2},   {IR_LOG10, fp_log10}, {IR_LOG1P, fp_log1p}, {IR_POW, fp_pow},
    {IR_SIN, fp_sin},     {IR_COS, fp_cos},     {IR_TAN, fp_tan},     {IR_ASIN, fp_asin},
    {IR_ACOS, fp_acos},   {IR_ATAN, fp_atan},   {IR_ATAN2, fp_atan2}, {IR_SINH, fp_sinh},
    {IR_COSH, fp_cosh},   {IR_TANH, fp_tanh},   {IR_ASINH, fp_asinh}, {IR_ACOSH, fp_acosh},
    {IR_ATANH, fp_atanh}, {IR_ERF, fp_erf},     {IR_HYPOT, fp_hypot},
};

static fp_function maker(ir_op op)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (functions[i].op == op)
            return functions[i].make;
    return NULL;
}

/* The body: to double, the function, and back. */
static void emit_body(cg *g, V fn, ir_op op, bool single, unsigned nargs)
{
    V arg[2] = {NULL, NULL};
    for (unsigned i = 0; i < nargs; i++) {
        arg[i] = LLVMGetParam(fn, i);
        if (single)
            arg[i] = LLVMBuildFPExt(g->b, arg[i], cg_lanes_type(g->f64, cg_lanes(arg[i])), "");
    }
    const fp F = {g, single};
    V r = maker(op)(&F, arg[0], arg[1]);
    if (single)
        r = LLVMBuildFPTrunc(g->b, r, cg_lanes_type(g->f32, cg_lanes(r)), "");
    LLVMBuildRet(g->b, r);
}

/* The helper for arguments like x. */
static V helper(cg *g, ir_op op, V x, unsigned nargs)
{
    bool single = cg_element(x) == g->f32;
    const char *name = arena_printf(g->ctx->a, "cb.%s.%s.%u", ir_ops[op].spelling,
                                    single ? "f32" : "f64", cg_lanes(x));
    V fn = LLVMGetNamedFunction(g->module, name);
    if (fn)
        return fn;
    LLVMTypeRef t = LLVMTypeOf(x), types[2] = {t, t};
    fn = cg_helper(g, name, LLVMFunctionType(t, types, nargs, 0));
    LLVMBasicBlockRef before = LLVMGetInsertBlock(g->b);
    cg_go_on_in(g, LLVMAppendBasicBlockInContext(g->llvm, fn, ""));
    emit_body(g, fn, op, single, nargs);
    cg_go_on_in(g, before);
    return fn;
}

static V call(cg *g, ir_op op, V *arg, unsigned nargs)
{
    V fn = helper(g, op, arg[0], nargs);
    return LLVMBuildCall2(g->b, LLVMGlobalGetValueType(fn), fn, arg, nargs, "");
}

/* Lanes from .. from + n of v, filled up with the first of them to a width of w. */
static V piece(cg *g, V v, unsigned from, unsigned n, unsigned w)
{
    int32_t lane[16];
    if (cg_lanes(v) == 1)
        return v;
    for (unsigned i = 0; i < w; i++)
        lane[i] = (int32_t)(from + (i < n ? i : 0));
    return cg_shuffle(g, &v, 1, lane, w);
}

enum { MOST = 16 }; /* lanes of one call of f32; half of that for f64 */

V cg_elementary(cg *g, ir_op op, V x, V y)
{
    unsigned lanes = cg_lanes(x), most = cg_element(x) == g->f32 ? MOST : MOST / 2, nargs = y ? 2 : 1;
    if (!maker(op))
        return NULL;
    V *part = NEW_ARRAY(g->ctx->a, V, lanes);
    int32_t *all = NEW_ARRAY(g->ctx->a, int32_t, lanes);
    unsigned nparts = 0, at = 0, have = 0;
    for (unsigned from = 0; from < lanes; from += most) {
        unsigned n = lanes - from < most ? lanes - from : most, w = 1;
        while (w < n)
            w *= 2;
        V arg[2] = {piece(g, x, from, n, w), y ? piece(g, y, from, n, w) : NULL};
        part[nparts++] = call(g, op, arg, nargs);
        for (unsigned i = 0; i < n; i++)
            all[at++] = (int32_t)(have + i);
        have += w;
    }
    return lanes == 1 ? part[0] : cg_shuffle(g, part, nparts, all, lanes);
}
