/* codegen/target.c: target strings.
 *
 *     "host"                    the machine this runs on, with all it can do that we know of
 *     "host-o0"                 the same, not optimised
 *     "host-strict"             the same, floats in the order written: see docs/semantics.md
 *     "x86-64-linux-avx2"       x86-64 with AVX2 and what that implies (avx, f16c, fma, sse41)
 *     "arm-64-linux"            64-bit ARM (NEON is always there)
 *
 * One table holds every feature we know: what it implies, what the processor must report, and what
 * LLVM calls it. LLVM sees strings from this table only, since an unknown one could end the
 * process. The canonical text of a target names just the features not implied by others, so that
 * two ways of writing a target have one text.
 */
#include <stdio.h>
#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "codegen.h"

typedef struct feature {
    const char *name;
    uint32_t bit;
    target_arch arch;
    uint32_t implies; /* closed: everything, not just the next level */
    const char *llvm; /* for the target machine; "": nothing; NULL: nothing, and it is for all architectures */
} feature;

#define UP_TO_AVX (FEATURE_SSE41 | FEATURE_AVX)
#define UP_TO_AVX2 (UP_TO_AVX | FEATURE_F16C | FEATURE_FMA | FEATURE_AVX2)
#define UP_TO_AVX512 (UP_TO_AVX2 | FEATURE_AVX512)

/* FEATURE_STRICT and FEATURE_O0 stand for all architectures: LLVM has no name for them. */
static const feature features[] = {
    {"sse41", FEATURE_SSE41, ARCH_X86_64, 0, "+sse3,+ssse3,+sse4.1"},
    {"avx", FEATURE_AVX, ARCH_X86_64, FEATURE_SSE41, "+sse4.2,+popcnt,+avx"},
    {"f16c", FEATURE_F16C, ARCH_X86_64, UP_TO_AVX, "+f16c"},
    {"fma", FEATURE_FMA, ARCH_X86_64, UP_TO_AVX, "+fma"},
    /* fast-gather: masked gathers come out as gathers, not as a branch a lane; which others do is our choice (llvm_access.c) */
    {"avx2", FEATURE_AVX2, ARCH_X86_64, UP_TO_AVX | FEATURE_F16C | FEATURE_FMA, "+avx2,+bmi,+bmi2,+fast-gather"},
    {"avx512", FEATURE_AVX512, ARCH_X86_64, UP_TO_AVX2,
     "+avx512f,+avx512bw,+avx512cd,+avx512dq,+avx512vl"},
    {"avx512_vnni", FEATURE_AVX512_VNNI, ARCH_X86_64, UP_TO_AVX512, "+avx512vnni"},
    {"avx512_bf16", FEATURE_AVX512_BF16, ARCH_X86_64, UP_TO_AVX512, "+avx512bf16"},
    {"avx512_fp16", FEATURE_AVX512_FP16, ARCH_X86_64, UP_TO_AVX512, "+avx512fp16"},
    {"avx_vnni", FEATURE_AVX_VNNI, ARCH_X86_64, UP_TO_AVX2, "+avxvnni"},
    {"bf16_dot", FEATURE_BF16_DOT, ARCH_X86_64, UP_TO_AVX512 | FEATURE_AVX512_BF16, ""},
    {"slow_gather", FEATURE_SLOW_GATHER, ARCH_X86_64, UP_TO_AVX2, ""},
    {"dotprod", FEATURE_DOTPROD, ARCH_AARCH64, 0, "+dotprod"},
    {"i8mm", FEATURE_I8MM, ARCH_AARCH64, FEATURE_DOTPROD, "+i8mm"},
    {"fp16", FEATURE_ARM_FP16, ARCH_AARCH64, 0, "+fullfp16"},
    {"strict", FEATURE_STRICT, ARCH_X86_64, 0, NULL},
    {"o0", FEATURE_O0, ARCH_X86_64, 0, NULL},
};

static const struct {
    const char *text;
    target_arch arch;
} machines[] = {
    {"x86-64-linux", ARCH_X86_64},
    {"arm-64-linux", ARCH_AARCH64},
};

static uint32_t closed(uint32_t f)
{
    for (size_t i = 0; i < COUNT_OF(features); i++)
        if (f & features[i].bit)
            f |= features[i].implies;
    return f;
}

/* Fills t->text; arch and features are set. */
static void canonical(cg_target *t)
{
    uint32_t implied = 0;
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(features); i++)
        if (t->features & features[i].bit)
            implied |= features[i].implies;
    for (size_t i = 0; i < COUNT_OF(machines); i++)
        if (machines[i].arch == t->arch)
            n = (size_t)snprintf(t->text, sizeof t->text, "%s", machines[i].text);
    for (size_t i = 0; i < COUNT_OF(features) && n < sizeof t->text; i++)
        if ((t->features & ~implied) & features[i].bit)
            n += (size_t)snprintf(t->text + n, sizeof t->text - n, "-%s", features[i].name);
}

/* The message lives in t->text, which has no other use once parsing failed. */
static const char *complain(cg_target *t, const char *what, const char *word, int n)
{
    snprintf(t->text, sizeof t->text, "%s '%.*s'", what, n < 40 ? n : 40, word);
    return t->text;
}

static const char *nearest_machine(const char *s)
{
    const char *words[COUNT_OF(machines) + 1] = {"host"};
    for (size_t i = 0; i < COUNT_OF(machines); i++)
        words[i + 1] = machines[i].text;
    return text_nearest(s, words, COUNT_OF(words));
}

static const char *nearest_feature(const char *s, int n)
{
    const char *words[COUNT_OF(features)];
    char word[32];
    for (size_t i = 0; i < COUNT_OF(features); i++)
        words[i] = features[i].name;
    snprintf(word, sizeof word, "%.*s", n, s);
    return text_nearest(word, words, COUNT_OF(words));
}

const char *target_parse(const char *s, cg_target *t, const char **near)
{
    const char *p = NULL;
    *near = NULL;
    memset(t, 0, sizeof *t);
    if (strncmp(s, "host", 4) == 0 && (s[4] == 0 || s[4] == '-')) {
        *t = target_host();
        p = s + 4;
    }
    for (size_t i = 0; i < COUNT_OF(machines) && !p; i++) {
        size_t n = strlen(machines[i].text);
        if (strncmp(s, machines[i].text, n) == 0 && (s[n] == 0 || s[n] == '-')) {
            t->arch = machines[i].arch;
            p = s + n;
        }
    }
    if (!p) {
        *near = nearest_machine(s);
        return complain(t, "unknown target", s, 40);
    }
    while (*p) {
        const char *word = ++p; /* past the '-' */
        int n = (int)strcspn(word, "-");
        const feature *f = NULL;
        for (size_t i = 0; i < COUNT_OF(features) && !f; i++)
            if (strlen(features[i].name) == (size_t)n &&
                strncmp(features[i].name, word, (size_t)n) == 0)
                f = &features[i];
        if (!f) {
            *near = nearest_feature(word, n);
            return complain(t, "unknown target feature", word, n);
        }
        if (f->llvm && f->arch != t->arch)
            return complain(t, "this machine has no feature", word, n);
        t->features |= f->bit;
        p += n;
    }
    t->features = closed(t->features);
    canonical(t);
    return NULL;
}

cg_target target_host(void)
{
    cg_target t;
    memset(&t, 0, sizeof t);
#if defined(__x86_64__)
    t.arch = ARCH_X86_64;
    __builtin_cpu_init();
    /* A level counts only when all of it is there, in the order of the table. */
    if (__builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3"))
        t.features |= FEATURE_SSE41;
    if (t.features & FEATURE_SSE41 && __builtin_cpu_supports("avx") &&
        __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt"))
        t.features |= FEATURE_AVX;
    if (t.features & FEATURE_AVX && __builtin_cpu_supports("fma"))
        t.features |= FEATURE_FMA;
    /* Every processor with AVX2 has F16C, which not all compilers let us ask for by name. */
    if (t.features & FEATURE_FMA && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
        t.features |= FEATURE_AVX2 | FEATURE_F16C;
    if (t.features & FEATURE_AVX2 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        t.features |= FEATURE_AVX512;
    if (t.features & FEATURE_AVX512 && __builtin_cpu_supports("avx512vnni"))
        t.features |= FEATURE_AVX512_VNNI;
    if (t.features & FEATURE_AVX512 && __builtin_cpu_supports("avx512bf16"))
        t.features |= FEATURE_AVX512_BF16;
    if (t.features & FEATURE_AVX2 && __builtin_cpu_is("amd")) /* up to Zen 5: a load and an insertion a lane are faster */
        t.features |= FEATURE_SLOW_GATHER;
#elif defined(__aarch64__)
    t.arch = ARCH_AARCH64;
#if defined(__linux__) && defined(HWCAP_ASIMDDP) && defined(HWCAP_ASIMDHP)
    unsigned long caps = getauxval(AT_HWCAP);
    if (caps & HWCAP_ASIMDDP)
        t.features |= FEATURE_DOTPROD;
    if ((caps & HWCAP_FPHP) && (caps & HWCAP_ASIMDHP))
        t.features |= FEATURE_ARM_FP16;
#endif
#if defined(__linux__) && defined(HWCAP2_I8MM)
    if ((t.features & FEATURE_DOTPROD) && (getauxval(AT_HWCAP2) & HWCAP2_I8MM))
        t.features |= FEATURE_I8MM;
#endif
#else
    /* Compiling for other machines works; there is just nothing here that could run it. */
    t.arch = ARCH_X86_64;
#endif
    canonical(&t);
    return t;
}

/* Words of carbide/targets.def that are not names of features. */
static bool has_word(const cg_target *t, const char *word)
{
    if (strcmp(word, "x86") == 0)
        return t->arch == ARCH_X86_64;
    if (strcmp(word, "arm") == 0 || strcmp(word, "neon") == 0)
        return t->arch == ARCH_AARCH64;
    if (strcmp(word, "linux") == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(features); i++)
        if (strcmp(features[i].name, word) == 0)
            return t->features & features[i].bit;
    return false; /* gpu, cuda: no target has one yet */
}

void target_choose(const cg_target *t, pipeline *p)
{
    static const char *const words[] = {
#define TARGET(word, brief) #word,
#include <carbide/targets.def>
#undef TARGET
    };
    const char **held = NEW_ARRAY(p->ctx->a, const char *, COUNT_OF(words));
    p->target = held;
    p->ntarget = 0;
    p->strict = t->features & FEATURE_STRICT;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (has_word(t, words[i]))
            held[p->ntarget++] = words[i];
}

bool target_runs_here(const cg_target *t)
{
#if defined(__x86_64__) || defined(__aarch64__)
    cg_target host = target_host();
    const uint32_t manner = FEATURE_O0 | FEATURE_STRICT | FEATURE_SLOW_GATHER | FEATURE_BF16_DOT; /* of code that runs anywhere */
    return t->arch == host.arch && !(t->features & ~(host.features | manner));
#else
    (void)t;
    return false;
#endif
}

void target_low(const cg_target *t, low_target *out)
{
    bool avx = t->features & FEATURE_AVX, avx512 = t->features & FEATURE_AVX512;
    *out = (low_target){0};
    out->vector_bytes = avx512 ? 64 : t->features & FEATURE_AVX2 ? 32 : 16;
    out->masked_memory[0] = out->masked_memory[1] = avx512;
    out->masked_memory[2] = out->masked_memory[3] = avx;
    out->products[3] = 2;
    if (t->arch == ARCH_AARCH64) { /* udot, or umull and uadalp; smlal needs no pairs */
        bool dot = t->features & FEATURE_DOTPROD;
        out->products[0] = dot ? 4 : 2;
        out->sums[0] = 4;
        out->sums[1] = out->sums[2] = 2;
    } else { /* pmaddwd of bytes at even and odd places, or vpdpbusd; psadbw */
        out->products[0] = 4;
        out->products[1] = out->sums[1] = 2;
        out->sums[0] = 8;
    }
}

const char *target_llvm_triple(const cg_target *t)
{
    switch (t->arch) {
    case ARCH_X86_64: return "x86_64-unknown-linux-gnu";
    case ARCH_AARCH64: return "aarch64-unknown-linux-gnu";
    }
    return NULL;
}

const char *target_llvm_cpu(const cg_target *t)
{
    switch (t->arch) {
    case ARCH_X86_64: return "x86-64";
    case ARCH_AARCH64: return "generic";
    }
    return NULL;
}

void target_llvm_features(const cg_target *t, text *out)
{
    const char *sep = "";
    for (size_t i = 0; i < COUNT_OF(features); i++) {
        if (!(t->features & features[i].bit) || !features[i].llvm || !*features[i].llvm)
            continue;
        text_printf(out, "%s%s", sep, features[i].llvm);
        sep = ",";
    }
}

/* Whose timings the scheduler follows; changes no instruction set. */
const char *target_tune(const cg_target *t)
{
    if (t->arch == ARCH_AARCH64)
        return "generic";
    if (t->features & FEATURE_AVX512)
        return "x86-64-v4";
    return t->features & FEATURE_AVX2 ? "haswell" : "x86-64";
}
