/* codegen/codegen.h: targets and back ends. */
#ifndef CB_CODEGEN_H
#define CB_CODEGEN_H

#include "../lower/lower.h"

/* ---- target.c: target strings "arch-os[-feature...]", "host" -------------------------------------------------------
 * x86-64-linux[-sse41|-avx2|-avx512|...], arm-64-linux[...]; checked against our own table: LLVM never sees a
 * string we do not know. */
typedef enum target_arch { ARCH_X86_64, ARCH_AARCH64 } target_arch;
typedef struct cg_target {
    target_arch arch;
    uint32_t features; /* FEATURE_... */
    char text[96];     /* canonical form */
} cg_target;
enum {
    FEATURE_SSE41 = 1 << 0, FEATURE_AVX = 1 << 1, FEATURE_F16C = 1 << 2, FEATURE_FMA = 1 << 3,
    FEATURE_AVX2 = 1 << 4, FEATURE_AVX512 = 1 << 5 /* F, BW, CD, DQ, VL */, FEATURE_AVX512_VNNI = 1 << 6,
    FEATURE_AVX512_BF16 = 1 << 7, FEATURE_AVX512_FP16 = 1 << 8, FEATURE_AVX_VNNI = 1 << 9,
    FEATURE_DOTPROD = 1 << 10, FEATURE_I8MM = 1 << 11, FEATURE_ARM_FP16 = 1 << 12,
    FEATURE_BF16_DOT = 1 << 13, /* "bf16_dot": sums of products of bf16 may take numbers below 2^-126 as 0 */
    FEATURE_SLOW_GATHER = 1 << 14, /* "slow_gather": lanes are loaded one by one instead, as is faster on some processors */
    FEATURE_STRICT = 1 << 15, /* all floats as by strict() */
    FEATURE_O0 = 1 << 16 /* no optimisation: for debugging and tests ("o0") */
};
/* NULL on success, else a sentence naming what is wrong; `near` gets a suggestion or NULL. */
const char *target_parse(const char *s, cg_target *t, const char **near);
cg_target target_host(void);
bool target_runs_here(const cg_target *t);
void target_low(const cg_target *t, low_target *out);
/* Tells the pipeline for which target its schedule is to be resolved. */
void target_choose(const cg_target *t, pipeline *p);
const char *target_llvm_triple(const cg_target *t);
const char *target_llvm_cpu(const cg_target *t);
const char *target_tune(const cg_target *t); /* for LLVM's tune-cpu */
void target_llvm_features(const cg_target *t, text *out);

/* ---- LLVM back end ------------------------------------------------------------------------------------------------ */
typedef enum cg_output { CG_OBJECT, CG_ASSEMBLY, CG_LLVM_TEXT, CG_BITCODE } cg_output;
/* Compiles a lowered pipeline; bytes in the context's arena of L. false after a diagnostic. Exported symbols: NAME,
 * NAME_argv, NAME_metadata. */
bool cg_llvm(low *L, const cg_target *t, const char *name, cg_output kind, const char **bytes, size_t *n);
/* "LLVM 22.1.8": what code depends on besides what it is made from. */
void cg_version(text *t);
/* The C header of a pipeline. */
void cg_header(text *t, const pipeline *p, const char *name, const cg_target *target);

/* ---- extern.c: C functions that compute Funcs, in this process ------------------------------------------------------ */
/* Are all there? Otherwise reports those that are not. */
bool extern_found(pipeline *p);
/* interp_args.call; user is the context. */
int extern_invoke(void *user, const char *name, uint32_t n, const cb_type *types, void **values);
bool extern_element(void *user, const char *name, cb_type t, uint32_t n, const cb_type *types, void **values, void *result);

/* ---- jit.c: an object in memory, callable -------------------------------------------------------------------------- */
typedef struct jit_code jit_code;
/* NULL after a diagnostic. `argv` is int (*)(const cb_env *, void **args). */
jit_code *jit_load(cb_context *c, const char *object, size_t n, const char *name);
void *jit_symbol(jit_code *j, const char *symbol);
void jit_free(jit_code *j);

#endif
