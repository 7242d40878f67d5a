/* tests/unit/test_instructions.c: operations that a machine does in one instruction come out as it; gathers; interleaving.
 *
 * test_instructions_x86.c and test_instructions_arm.c have the tables of expressions; here are single nodes, made by hand.
 * One row, one operation on whole vectors: the assembly must have the instruction. Where the meaning
 * needs a correction after it (pmulhrsw does not saturate), only the instruction is asked for.
 */
#include "codegen_rig.h"

typedef struct row {
    ir_op op;
    cb_type t;
    unsigned lanes;
    int64_t count; /* of what shifts */
    const char *target, *instruction;
} row;

#define I8 {CB_INT, 8, 1}
#define I16 {CB_INT, 16, 1}
#define U8 {CB_UINT, 8, 1}
#define U16 {CB_UINT, 16, 1}
#define U32 {CB_UINT, 32, 1}
#define F32 {CB_FLOAT, 32, 1}
#define SSE "x86-64-linux-sse41"
#define AVX2 "x86-64-linux-avx2"
#define AVX512 "x86-64-linux-avx512"
#define ARM "arm-64-linux"

static const row rows[] = {
    {IR_SAT_ADD, U8, 32, 0, AVX2, "vpaddusb"},
    {IR_SAT_ADD, I16, 32, 0, AVX512, "vpaddsw"},
    {IR_SAT_SUB, U16, 16, 0, AVX2, "vpsubusw"},
    {IR_SAT_SUB, I8, 64, 0, AVX512, "vpsubsb"},
    {IR_SAT_SUB, I8, 16, 0, ARM, "sqsub"},
    {IR_HALF_ADD_UP, U8, 32, 0, AVX2, "vpavgb"},
    {IR_HALF_ADD_UP, U8, 64, 0, AVX512, "vpavgb"},
    {IR_HALF_ADD_UP, U16, 16, 0, AVX2, "vpavgw"},
    {IR_HALF_ADD_UP, U8, 16, 0, SSE, "pavgb"},
    {IR_HALF_ADD_UP, U8, 16, 0, ARM, "urhadd"},
    {IR_HALF_ADD, U8, 16, 0, ARM, "uhadd"},
    {IR_ABSD, U8, 16, 0, ARM, "uabd"},
    {IR_ABSD, U8, 32, 0, AVX2, "vpmaxub"},
    {IR_MUL_SHR, I16, 16, 16, AVX2, "vpmulhw"},
    {IR_MUL_SHR, U16, 32, 16, AVX512, "vpmulhuw"},
    {IR_ROUND_MUL_SHR, I16, 16, 15, AVX2, "vpmulhrsw"},
    {IR_ROUND_MUL_SHR, I16, 32, 15, AVX512, "vpmulhrsw"},
    {IR_ROUND_MUL_SHR, I16, 8, 15, SSE, "pmulhrsw"},
    {IR_CLZ, U32, 16, 0, AVX512, "vplzcntd"},
    {IR_CLZ, U8, 16, 0, ARM, "clz"},
    {IR_POPCOUNT, U8, 32, 0, AVX2, "vpshufb"},
    {IR_POPCOUNT, U8, 16, 0, ARM, "cnt"},
    {IR_FMA, F32, 8, 0, AVX2, "vfmadd"},
    {IR_FMA, F32, 4, 0, ARM, "fmla"},
    {IR_ADD, {CB_FLOAT, 16, 1}, 8, 0, AVX2, "vcvtph2ps"},
    {IR_ADD, {CB_FLOAT, 16, 1}, 32, 0, "x86-64-linux-avx512_fp16", "vaddph"},
};

static const ir *applied(rig *r, const row *w, const ir *a, const ir *b)
{
    const ir *n = ir_int(r->c, type_lanes(T_I32, w->lanes), w->count);
    if (w->op == IR_FMA)
        return ir_tri(r->c, w->op, a, b, a);
    if (ir_ops[w->op].nargs == 3)
        return ir_tri(r->c, w->op, a, b, n);
    return ir_ops[w->op].nargs == 1 ? ir_un(r->c, w->op, a) : ir_bin(r->c, w->op, a, b);
}

/* The assembly of a program, to be freed. */
static char *assembly_of(rig *r)
{
    size_t n = 0;
    const char *assembly = emit(r, CG_ASSEMBLY, &n);
    char *copy = malloc(n + 1);
    memcpy(copy, assembly, n);
    copy[n] = 0;
    return copy;
}

static void instructions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const row *w = &rows[i];
        rig r;
        rig_open(&r, w->target);
        cb_context *c = r.c;
        cb_type vector = type_lanes(w->t, w->lanes);
        ir_sym in[2] = {argument(&r, "a", w->t, 1, false), argument(&r, "b", w->t, 1, false)};
        ir_sym s = ir_sym_new(c, "i", SYM_LOOP, T_I32, NULL);
        const ir *at = index_of(&r, s, w->lanes), *x[2];
        for (int k = 0; k < 2; k++)
            x[k] = ir_load(c, vector, in[k], 0, at, yes(&r, w->lanes));
        const ir *value = applied(&r, w, x[0], x[1]);
        ir_sym out = argument(&r, "out", type_scalar(value->type), 1, true);
        r.L->body = loop(&r, s, 8, ir_store(c, out, 0, at, value, yes(&r, w->lanes)));
        char *assembly = assembly_of(&r);
        if (!strstr(assembly, w->instruction)) {
            char name[16];
            fail_msg("%s on %s for %s has no %s:\n%s", ir_ops[w->op].spelling, type_name(vector, name),
                     w->target, w->instruction, assembly);
        }
        free(assembly);
        rig_close(&r);
    }
}

/* Loads at places that are data: gathered, unless the target is slow at that and all lanes are on; of small elements, one by one. */
static void gathers(void **state)
{
    (void)state;
    static const struct {
        cb_type t;
        const char *target;
        bool masked, gathered;
    } of[] = {
        {F32, AVX512, false, true},
        {F32, "x86-64-linux-avx512-slow_gather", false, false},
        {F32, "x86-64-linux-avx512-slow_gather", true, true},
        {F32, AVX2 "-slow_gather", false, false},
        {F32, AVX2, true, true},
        {F32, AVX2 "-slow_gather", true, true},
        {I16, AVX512, false, false},
        {I16, AVX512, true, false},
    };
    for (size_t i = 0; i < COUNT_OF(of); i++) {
        rig r;
        rig_open(&r, of[i].target);
        cb_context *c = r.c;
        enum { N = 8 };
        ir_sym in = argument(&r, "a", of[i].t, 1, false), where = argument(&r, "b", T_I32, 1, false);
        ir_sym out = argument(&r, "out", of[i].t, 1, true), s = ir_sym_new(c, "i", SYM_LOOP, T_I32, NULL);
        const ir *at = index_of(&r, s, N), *to = ir_load(c, type_lanes(T_I32, N), where, 0, at, yes(&r, N));
        const ir *on = of[i].masked ? ir_lt(c, ir_int(c, to->type, 0), to) : yes(&r, N);
        const ir *x = ir_load(c, type_lanes(of[i].t, N), in, 0, ir_cast(c, type_lanes(T_I64, N), to), on);
        r.L->body = loop(&r, s, 8, ir_store(c, out, 0, at, x, on));
        char *assembly = assembly_of(&r);
        if (!strstr(assembly, "\tvgather") == of[i].gathered)
            fail_msg("row %zu, %s:\n%s", i, of[i].target, assembly);
        free(assembly);
        rig_close(&r);
    }
}

/* k loads of lanes side by side are stored in turn; and one dense load is taken apart and added up. */
static const ir *interleaved(rig *r, cb_type t, unsigned k, unsigned lanes, bool apart)
{
    cb_context *c = r->c;
    ir_sym in = argument(r, "a", t, 1, false), out = argument(r, "out", t, 1, true), s = ir_sym_new(c, "i", SYM_LOOP, T_I32, NULL);
    const ir *part[4], *dense = index_of(r, s, k * lanes), *few = index_of(r, s, lanes), *v = NULL;
    int32_t lane[256];
    if (apart) {
        const ir *all = ir_load(c, type_lanes(t, k * lanes), in, 0, dense, yes(r, k * lanes));
        for (unsigned j = 0; j < k; j++) {
            for (unsigned i = 0; i < lanes; i++)
                lane[i] = (int32_t)(i * k + j);
            part[j] = ir_shuffle(c, &all, 1, lane, lanes);
            v = v ? ir_add(c, v, part[j]) : part[j];
        }
        return loop(r, s, 8, ir_store(c, out, 0, few, v, yes(r, lanes)));
    }
    for (unsigned j = 0; j < k; j++) {
        const ir *at = ir_add(c, few, ir_int(c, few->type, 1000 * j));
        part[j] = ir_load(c, type_lanes(t, lanes), in, 0, at, yes(r, lanes));
    }
    for (unsigned i = 0; i < k * lanes; i++)
        lane[i] = (int32_t)(i % k * lanes + i / k);
    return loop(r, s, 8, ir_store(c, out, 0, dense, ir_shuffle(c, part, k, lane, k * lanes), yes(r, k * lanes)));
}

static void interleaving(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        cb_type t;
        unsigned k, lanes;
        bool apart;
        const char *instruction;
    } of[] = {
        {ARM, U8, 2, 16, false, "\tst2\t"},  {ARM, U16, 3, 8, false, "\tst3\t"},   {ARM, F32, 4, 4, false, "\tst4\t"},
        {ARM, U8, 2, 16, true, "\tld2\t"},   {ARM, U16, 3, 8, true, "\tld3\t"},    {ARM, F32, 4, 4, true, "\tld4\t"},
        {AVX2, U8, 2, 16, false, "\tvpunpcklbw\t"}, {AVX2, F32, 2, 8, false, "\tvunpcklps\t"}, {AVX2, F32, 4, 8, true, "\tvunpckl"},
        {AVX512, U16, 2, 32, false, "\tvpermt2w\t"}, {AVX512, F32, 2, 16, true, "\tvpermt2ps\t"}, {AVX2, U8, 3, 16, true, "\tvpshufb\t"},
    };
    for (size_t i = 0; i < COUNT_OF(of); i++) {
        rig r;
        rig_open(&r, of[i].target);
        r.L->body = interleaved(&r, of[i].t, of[i].k, of[i].lanes, of[i].apart);
        char *assembly = assembly_of(&r);
        if (!strstr(assembly, of[i].instruction))
            fail_msg("row %zu, %s has no %s:\n%s", i, of[i].target, of[i].instruction, assembly);
        free(assembly);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(instructions), cmocka_unit_test(gathers), cmocka_unit_test(interleaving)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
