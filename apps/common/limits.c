/* apps/common/limits.c: the loops of limits.h. */
#include "limits.h"

#include <stdint.h>
#include <stdlib.h>

#include <carbide/runtime.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* ---- copying --------------------------------------------------------------------------------------- */

#if defined(__AVX512F__)
enum { VECTOR = 64 };
#elif defined(__AVX__)
enum { VECTOR = 32 };
#else
enum { VECTOR = 16 };
#endif
typedef uint32_t vec __attribute__((vector_size(VECTOR), may_alias));
enum { LANES = VECTOR / 4, PIECE = 16384 }; /* floats in one piece of the work: 64 KiB */

int limits_open(limits *l, double bytes)
{
    size_t n = (size_t)(bytes / 8);
    l->n = (n + LANES - 1) / LANES * LANES;
    size_t size = (l->n * 4 + 4095) / 4096 * 4096;
    l->from = aligned_alloc(4096, size ? size : 4096);
    l->to = aligned_alloc(4096, size ? size : 4096);
    if (!l->from || !l->to) {
        limits_close(l);
        return CB_ERR_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < l->n; i++) { /* touched, so that no page is made while the clock runs */
        l->from[i] = (float)i;
        l->to[i] = 0;
    }
    return 0;
}

void limits_close(limits *l)
{
    free(l->from);
    free(l->to);
    *l = (limits){0};
}

/* Always 0. The compiler does not know, and so cannot call memcpy, which has stores of its own choice. */
static volatile uint32_t zero;

typedef struct copy {
    const vec *from;
    vec *to;
    size_t n; /* vectors */
    uint32_t key;
    int streaming;
} copy;

static inline void stream(vec *to, vec v)
{
#if defined(__AVX512F__)
    _mm512_stream_si512((__m512i *)to, (__m512i)v);
#elif defined(__AVX__)
    _mm256_stream_si256((__m256i *)to, (__m256i)v);
#elif defined(__SSE2__)
    _mm_stream_si128((__m128i *)to, (__m128i)v);
#elif defined(__clang__)
    __builtin_nontemporal_store(v, to);
#else
    *to = v;
#endif
}

static int copy_pieces(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    const copy *c = closure;
    size_t a = (size_t)begin * (PIECE / LANES), b = (size_t)end * (PIECE / LANES);
    (void)env;
    if (b > c->n)
        b = c->n;
    if (c->streaming) {
        for (size_t i = a; i < b; i++)
            stream(c->to + i, c->from[i] ^ c->key);
#if defined(__SSE2__)
        _mm_sfence();
#endif
    } else
        for (size_t i = a; i < b; i++)
            c->to[i] = c->from[i] ^ c->key;
    return 0;
}

int limits_copy(const limits *l, int streaming)
{
    copy c = {(const vec *)l->from, (vec *)l->to, l->n / LANES, zero, streaming};
    return cb_rt_par_for(NULL, 0, (int64_t)((l->n + PIECE - 1) / PIECE), copy_pieces, &c);
}

/* ---- multiplying and adding ------------------------------------------------------------------------ */

/* Independent sums, written as instructions so that no compiler keeps them elsewhere than in registers: as many as
 * latency times instructions per cycle on every processor we know (4 x 2 to 4), and as the registers hold. */
#if defined(__AVX512F__)
#define F32(s) __asm__ volatile("vfmadd231ps %1, %2, %0" : "+v"(s) : "v"(a), "v"(b));
#define F64(s) __asm__ volatile("vfmadd231pd %1, %2, %0" : "+v"(s) : "v"(a), "v"(b));
#define SUMS(X) X(s0) X(s1) X(s2) X(s3) X(s4) X(s5) X(s6) X(s7) X(s8) X(s9) X(s10) X(s11) X(s12) X(s13) X(s14) X(s15) \
                X(s16) X(s17) X(s18) X(s19) X(s20) X(s21) X(s22) X(s23)
enum { NSUMS = 24 };
#elif defined(__FMA__)
#define F32(s) __asm__ volatile("vfmadd231ps %1, %2, %0" : "+x"(s) : "x"(a), "x"(b));
#define F64(s) __asm__ volatile("vfmadd231pd %1, %2, %0" : "+x"(s) : "x"(a), "x"(b));
#define SUMS(X) X(s0) X(s1) X(s2) X(s3) X(s4) X(s5) X(s6) X(s7) X(s8) X(s9) X(s10) X(s11)
enum { NSUMS = 12 };
#elif defined(__aarch64__)
#define F32(s) __asm__ volatile("fmla %0.4s, %1.4s, %2.4s" : "+w"(s) : "w"(a), "w"(b));
#define F64(s) __asm__ volatile("fmla %0.2d, %1.2d, %2.2d" : "+w"(s) : "w"(a), "w"(b));
#define SUMS(X) X(s0) X(s1) X(s2) X(s3) X(s4) X(s5) X(s6) X(s7) X(s8) X(s9) X(s10) X(s11) X(s12) X(s13) X(s14) X(s15) \
                X(s16) X(s17) X(s18) X(s19) X(s20) X(s21) X(s22) X(s23)
enum { NSUMS = 24 };
#endif

#ifdef SUMS
enum { TASKS = 32, TURNS = 8000 };

static int fma_tasks(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    const int f64 = *(const int *)closure;
    (void)env;
    for (int64_t t = begin; t < end; t++) {
        vec a = {0}, b = {0};
#define X(s) vec s = {0};
        SUMS(X)
#undef X
        if (f64)
            for (int i = 0; i < TURNS; i++) {
                SUMS(F64)
            }
        else
            for (int i = 0; i < TURNS; i++) {
                SUMS(F32)
            }
    }
    return 0;
}

double limits_fma(int f64)
{
    cb_rt_par_for(NULL, 0, TASKS, fma_tasks, &f64);
    return 2.0 * TASKS * TURNS * NSUMS * (f64 ? VECTOR / 8 : VECTOR / 4);
}
#else /* a processor without the instruction */
double limits_fma(int f64)
{
    (void)f64;
    return 0;
}
#endif
