/* carbide.h: the whole of Carbide's interface, in names that begin with cb_ or CB_.
 *
 * Carbide separates what is computed (Funcs, by equations) from how (schedules). A program looks
 * like this with the short words of <carbide/dsl.h>, which are one-line macros over this header:
 *
 *     cb_context *ctx = cb_context_new(NULL);
 *     Carbide(ctx) {
 *         Funcs(grad);
 *         Vars(x, y);
 *         define(grad(x, y) = x + y);
 *         schedule(grad, vectorize(x, 8));
 *         cb_buffer *out = realize(grad, 640, 480);
 *         ...
 *         cb_buffer_free(out);
 *     }
 *     cb_context_free(ctx);
 *
 * Conventions. Lower case cb_ are functions and types; upper case CB_ are macros that promote C
 * numbers to expressions, count arguments or record where they are used. Nothing here ends the
 * process: a mistake is reported to the context's sink with its place, the function returns a poison
 * handle (or NULL, or a CB_ERR_ code), and poison passes silently through whatever uses it.
 *
 * Sections: contexts, handles, promotion, expressions, declarations, definitions, boundaries,
 * scopes, running, generators.
 */
#ifndef CARBIDE_H
#define CARBIDE_H

#include <stdbool.h>

#include <carbide/ops.h>
#include <carbide/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- contexts --------------------------------------------------------------------------------- */

/* Everything built belongs to a context and is freed with it. Contexts share nothing: two threads
 * may work in two contexts at the same time. One context is for one thread at a time. */
typedef struct cb_context cb_context;

/* Where memory comes from; NULL functions mean malloc and free. */
typedef struct cb_allocator {
    void *(*alloc)(void *user, size_t bytes); /* 16-byte aligned, or NULL */
    void (*free)(void *user, void *p);
    void *user;
} cb_allocator;

/* A diagnostic as the sink sees it. The texts live as long as the context. */
typedef struct cb_message {
    const char *code; /* "unknown-name": stable, one manual page each */
    bool warning;
    const char *file; /* NULL: unknown */
    int line, col;
    const char *text;     /* the sentence alone */
    const char *rendered; /* everything: place, sentence, excerpt with caret, notes, help */
} cb_message;

typedef struct cb_options {
    uint32_t size; /* sizeof(cb_options) */
    cb_allocator allocator;
    /* Told about every diagnostic; NULL prints to stderr. */
    void (*sink)(void *user, const cb_message *m);
    void *sink_user;
    int error_limit; /* errors told at most, further ones are only counted; 0: no limit */
} cb_options;

/* NULL when out of memory. `o` may be NULL. */
CB_API cb_context *cb_context_new(const cb_options *o);
CB_API void cb_context_free(cb_context *c); /* NULL is allowed */
/* No error so far? */
CB_API bool cb_ok(const cb_context *c);
CB_API int cb_error_count(const cb_context *c);
/* The i-th diagnostic kept, complete text; NULL when there is none. */
CB_API const char *cb_error_rendered(cb_context *c, int i);

/* A place in the user's source. Helper libraries take one and pass it on. */
typedef struct cb_site {
    const char *file;
    int line;
} cb_site;
#define CB_HERE ((cb_site){__FILE__, __LINE__})

/* ---- handles ---------------------------------------------------------------------------------- */

/* One-pointer structs, so that x + 1 or a && b on them is refused by the compiler. A zeroed handle
 * is poison. */
typedef struct cb_expr { struct cb_expr_s *p; } cb_expr; /* a value; also Vars, RVars, Params, Knobs */
typedef struct cb_func { struct cb_func_s *p; } cb_func; /* a stage of computation, or an input */
typedef struct cb_cfunc { struct cb_cfunc_s *p; } cb_cfunc; /* a C function of scalars */
typedef struct cb_stage { struct cb_stage_s *p; } cb_stage; /* one definition of a Func */
typedef struct cb_directive { struct directive *p; } cb_directive; /* one scheduling directive */
typedef struct cb_pipeline { struct pipeline *p; } cb_pipeline; /* outputs and all they need */
typedef struct cb_callable { struct cb_callable_s *p; } cb_callable; /* machine code */

/* A reduction domain; the RVars it has are x, y, z, w in that order, the others poison. */
typedef struct cb_rdom {
    cb_expr x, y, z, w;
    struct cb_rdom_s *p;
} cb_rdom;

/* Element types. CB_type(t) lets a cb_type value stand where dsl.h expects a type word. The names of
 * <stdint.h> are known as well, in case u8 is a macro of another header. */
#define CB_boolean ((cb_type){CB_UINT, 1, 1})
#define CB_bool CB_boolean
#define CB__Bool CB_boolean
#define CB_i8 ((cb_type){CB_INT, 8, 1})
#define CB_i16 ((cb_type){CB_INT, 16, 1})
#define CB_i32 ((cb_type){CB_INT, 32, 1})
#define CB_i64 ((cb_type){CB_INT, 64, 1})
#define CB_u8 ((cb_type){CB_UINT, 8, 1})
#define CB_u16 ((cb_type){CB_UINT, 16, 1})
#define CB_u32 ((cb_type){CB_UINT, 32, 1})
#define CB_u64 ((cb_type){CB_UINT, 64, 1})
#define CB_f16 ((cb_type){CB_FLOAT, 16, 1})
#define CB_bf16 ((cb_type){CB_BFLOAT, 16, 1})
#define CB_f32 ((cb_type){CB_FLOAT, 32, 1})
#define CB_f64 ((cb_type){CB_FLOAT, 64, 1})
#define CB_int8_t CB_i8
#define CB_int16_t CB_i16
#define CB_int32_t CB_i32
#define CB_int64_t CB_i64
#define CB_uint8_t CB_u8
#define CB_uint16_t CB_u16
#define CB_uint32_t CB_u32
#define CB_uint64_t CB_u64
#define CB_type(t) (t)
#define CB_TYPE_NAMED(t) CB_##t

/* ---- promotion -------------------------------------------------------------------------------- */

/* C numbers become literals: a literal takes the type of the operand it meets, and is an error if
 * it does not fit there. A Func stands for its call without coordinates, a one-dimensional RDom for
 * its RVar. */
CB_API cb_expr cb_expr_self(cb_expr e);
CB_API cb_expr cb_expr_of_int(long long v);
CB_API cb_expr cb_expr_of_uint(unsigned long long v);
CB_API cb_expr cb_expr_of_float(double v);
CB_API cb_expr cb_expr_of_bool(bool v);
CB_API cb_expr cb_expr_of_func(cb_func f);
CB_API cb_expr cb_expr_of_rdom(cb_rdom r);

/* A value captured by an equation: an expression, a Func or a domain. */
typedef struct cb_value {
    cb_expr expr;
    cb_func func;
    struct cb_rdom_s *rdom;
    struct cb_cfunc_s *cfunc;
} cb_value;
CB_API cb_value cb_value_of_expr(cb_expr e);
CB_API cb_value cb_value_of_int(long long v);
CB_API cb_value cb_value_of_uint(unsigned long long v);
CB_API cb_value cb_value_of_float(double v);
CB_API cb_value cb_value_of_bool(bool v);
CB_API cb_value cb_value_of_func(cb_func f);
CB_API cb_value cb_value_of_rdom(cb_rdom r);
CB_API cb_value cb_value_of_cfunc(cb_cfunc g);

/* Never called: what anything else is "converted" by, for the sake of the compiler's message. */
struct cb_not_a_number_or_handle { int never; };
CB_API cb_expr cb_cannot_convert_this_to_Expr(struct cb_not_a_number_or_handle);
CB_API cb_value cb_cannot_capture_this(struct cb_not_a_number_or_handle);

#define CB_PROMOTE_BY(kind, refuse)                                                              \
    cb_func: kind##_func, cb_rdom: kind##_rdom, _Bool: kind##_bool, char: kind##_int,            \
    signed char: kind##_int, short: kind##_int, int: kind##_int, long: kind##_int,               \
    long long: kind##_int, unsigned char: kind##_uint, unsigned short: kind##_uint,              \
    unsigned: kind##_uint, unsigned long: kind##_uint, unsigned long long: kind##_uint,          \
    float: kind##_float, double: kind##_float, long double: kind##_float, default: refuse

#define CB_PASTE_(a, b) a##b
#define CB_PASTE(a, b) CB_PASTE_(a, b)

/* CB_E(x): x as an expression. CB_V(x): x as a captured value. Define CB_ISO for compilers without
 * statement expressions (the operand is then written twice, so deep nesting grows). */
#if defined(__GNUC__) && !defined(CB_ISO)
#define CB_FRESH(prefix) CB_PASTE(prefix, __COUNTER__)
#define CB_E(...) CB_E_AS(CB_FRESH(cb_e_), (__VA_ARGS__))
#define CB_E_AS(t, x)                                                                            \
    (__extension__({                                                                             \
        __auto_type t = x;                                                                       \
        _Generic(t, cb_expr: cb_expr_self,                                                       \
                 CB_PROMOTE_BY(cb_expr_of, cb_cannot_convert_this_to_Expr))(t);                  \
    }))
#define CB_V(...) CB_V_AS(CB_FRESH(cb_v_), (__VA_ARGS__))
#define CB_V_AS(t, x)                                                                            \
    (__extension__({                                                                             \
        __auto_type t = x;                                                                       \
        _Generic(t, cb_expr: cb_value_of_expr, cb_cfunc: cb_value_of_cfunc,                      \
                 CB_PROMOTE_BY(cb_value_of, cb_cannot_capture_this))(t);                         \
    }))
#define CB_CLEANUP(fn) __attribute__((cleanup(fn)))
#else
#define CB_FRESH(prefix) CB_PASTE(prefix, __LINE__)
#define CB_E(x)                                                                                  \
    _Generic((x), cb_expr: cb_expr_self,                                                         \
             CB_PROMOTE_BY(cb_expr_of, cb_cannot_convert_this_to_Expr))(x)
#define CB_V(x)                                                                                  \
    _Generic((x), cb_expr: cb_value_of_expr, cb_cfunc: cb_value_of_cfunc,                        \
             CB_PROMOTE_BY(cb_value_of, cb_cannot_capture_this))(x)
#define CB_CLEANUP(fn)
#endif

#if defined(__GNUC__)
#define CB_UNUSED __attribute__((unused))
#else
#define CB_UNUSED
#endif

/* Argument lists of 1 to 16 elements. */
#define CB_NARGS(...)                                                                            \
    CB_NARGS_(__VA_ARGS__, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define CB_NARGS_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, N, ...) N
#define CB_MAP(m, ...) CB_PASTE(CB_MAP_, CB_NARGS(__VA_ARGS__))(m, __VA_ARGS__)
#define CB_MAP_1(m, a) m(a)
#define CB_MAP_2(m, a, b) m(a), m(b)
#define CB_MAP_3(m, a, b, c) m(a), m(b), m(c)
#define CB_MAP_4(m, a, b, c, d) m(a), m(b), m(c), m(d)
#define CB_MAP_5(m, a, ...) m(a), CB_MAP_4(m, __VA_ARGS__)
#define CB_MAP_6(m, a, ...) m(a), CB_MAP_5(m, __VA_ARGS__)
#define CB_MAP_7(m, a, ...) m(a), CB_MAP_6(m, __VA_ARGS__)
#define CB_MAP_8(m, a, ...) m(a), CB_MAP_7(m, __VA_ARGS__)
#define CB_MAP_9(m, a, ...) m(a), CB_MAP_8(m, __VA_ARGS__)
#define CB_MAP_10(m, a, ...) m(a), CB_MAP_9(m, __VA_ARGS__)
#define CB_MAP_11(m, a, ...) m(a), CB_MAP_10(m, __VA_ARGS__)
#define CB_MAP_12(m, a, ...) m(a), CB_MAP_11(m, __VA_ARGS__)
#define CB_MAP_13(m, a, ...) m(a), CB_MAP_12(m, __VA_ARGS__)
#define CB_MAP_14(m, a, ...) m(a), CB_MAP_13(m, __VA_ARGS__)
#define CB_MAP_15(m, a, ...) m(a), CB_MAP_14(m, __VA_ARGS__)
#define CB_MAP_16(m, a, ...) m(a), CB_MAP_15(m, __VA_ARGS__)
#define CB_MAP_17(...) cb_at_most_16_arguments_here
#define CB_MAP_18(...) cb_at_most_16_arguments_here
#define CB_MAP_19(...) cb_at_most_16_arguments_here
#define CB_MAP_20(...) cb_at_most_16_arguments_here

/* "n, array": how the functions below take lists of expressions. CB_EXPRS0 allows none. */
#define CB_EXPRS(...) CB_NARGS(__VA_ARGS__), (const cb_expr[]){CB_MAP(CB_E, __VA_ARGS__)}
#define CB_EXPRS0(...) CB_PASTE(CB_EXPRS0_, CB_IS_EMPTY(__VA_ARGS__))(__VA_ARGS__)
#define CB_EXPRS0_0(...) CB_EXPRS(__VA_ARGS__)
#define CB_EXPRS0_1(...) 0, (const cb_expr *)0

/* 1 for an empty argument list, 0 for any other (ISO C has no simpler way). */
#define CB_IS_EMPTY(...)                                                                         \
    CB_IS_EMPTY_(CB_HAS_COMMA(__VA_ARGS__), CB_HAS_COMMA(CB_A_COMMA __VA_ARGS__),                \
                 CB_HAS_COMMA(__VA_ARGS__()), CB_HAS_COMMA(CB_A_COMMA __VA_ARGS__()))
#define CB_IS_EMPTY_(a, b, c, d) CB_IS_EMPTY__(a, b, c, d)
#define CB_IS_EMPTY__(a, b, c, d) CB_HAS_COMMA(CB_EMPTY_CASE_##a##b##c##d)
#define CB_EMPTY_CASE_0001 ,
#define CB_A_COMMA(...) ,
#define CB_HAS_COMMA(...)                                                                        \
    CB_NARGS_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0)

/* ---- expressions ------------------------------------------------------------------------------ */

/* The one constructor behind all operations of ops.h. */
CB_API cb_expr cb_apply(cb_op op, int n, const cb_expr *operands);

#define CB_ADD(...) cb_apply(CB_OP_ADD, CB_EXPRS(__VA_ARGS__))
#define CB_SUB(...) cb_apply(CB_OP_SUB, CB_EXPRS(__VA_ARGS__))
#define CB_MUL(...) cb_apply(CB_OP_MUL, CB_EXPRS(__VA_ARGS__))
#define CB_DIV(...) cb_apply(CB_OP_DIV, CB_EXPRS(__VA_ARGS__))
#define CB_MOD(...) cb_apply(CB_OP_MOD, CB_EXPRS(__VA_ARGS__))
#define CB_DIV_TZ(...) cb_apply(CB_OP_DIV_TZ, CB_EXPRS(__VA_ARGS__))
#define CB_MOD_TZ(...) cb_apply(CB_OP_MOD_TZ, CB_EXPRS(__VA_ARGS__))
#define CB_MIN(...) cb_apply(CB_OP_MIN, CB_EXPRS(__VA_ARGS__))
#define CB_MAX(...) cb_apply(CB_OP_MAX, CB_EXPRS(__VA_ARGS__))
#define CB_CLAMP(...) cb_apply(CB_OP_CLAMP, CB_EXPRS(__VA_ARGS__))
#define CB_ABS(...) cb_apply(CB_OP_ABS, CB_EXPRS(__VA_ARGS__))
#define CB_NEG(...) cb_apply(CB_OP_NEG, CB_EXPRS(__VA_ARGS__))
#define CB_EQ(...) cb_apply(CB_OP_EQ, CB_EXPRS(__VA_ARGS__))
#define CB_NE(...) cb_apply(CB_OP_NE, CB_EXPRS(__VA_ARGS__))
#define CB_LT(...) cb_apply(CB_OP_LT, CB_EXPRS(__VA_ARGS__))
#define CB_LE(...) cb_apply(CB_OP_LE, CB_EXPRS(__VA_ARGS__))
#define CB_GT(...) cb_apply(CB_OP_GT, CB_EXPRS(__VA_ARGS__))
#define CB_GE(...) cb_apply(CB_OP_GE, CB_EXPRS(__VA_ARGS__))
#define CB_BOTH(...) cb_apply(CB_OP_BOTH, CB_EXPRS(__VA_ARGS__))
#define CB_EITHER(...) cb_apply(CB_OP_EITHER, CB_EXPRS(__VA_ARGS__))
#define CB_NEGATE(...) cb_apply(CB_OP_NEGATE, CB_EXPRS(__VA_ARGS__))
#define CB_SELECT(...) cb_apply(CB_OP_SELECT, CB_EXPRS(__VA_ARGS__))
#define CB_BIT_AND(...) cb_apply(CB_OP_BIT_AND, CB_EXPRS(__VA_ARGS__))
#define CB_BIT_OR(...) cb_apply(CB_OP_BIT_OR, CB_EXPRS(__VA_ARGS__))
#define CB_BIT_XOR(...) cb_apply(CB_OP_BIT_XOR, CB_EXPRS(__VA_ARGS__))
#define CB_BIT_NOT(...) cb_apply(CB_OP_BIT_NOT, CB_EXPRS(__VA_ARGS__))
#define CB_SHL(...) cb_apply(CB_OP_SHL, CB_EXPRS(__VA_ARGS__))
#define CB_SHR(...) cb_apply(CB_OP_SHR, CB_EXPRS(__VA_ARGS__))
#define CB_SQRT(...) cb_apply(CB_OP_SQRT, CB_EXPRS(__VA_ARGS__))
#define CB_EXP(...) cb_apply(CB_OP_EXP, CB_EXPRS(__VA_ARGS__))
#define CB_LOG(...) cb_apply(CB_OP_LOG, CB_EXPRS(__VA_ARGS__))
#define CB_SIN(...) cb_apply(CB_OP_SIN, CB_EXPRS(__VA_ARGS__))
#define CB_COS(...) cb_apply(CB_OP_COS, CB_EXPRS(__VA_ARGS__))
#define CB_TAN(...) cb_apply(CB_OP_TAN, CB_EXPRS(__VA_ARGS__))
#define CB_ASIN(...) cb_apply(CB_OP_ASIN, CB_EXPRS(__VA_ARGS__))
#define CB_ACOS(...) cb_apply(CB_OP_ACOS, CB_EXPRS(__VA_ARGS__))
#define CB_ATAN(...) cb_apply(CB_OP_ATAN, CB_EXPRS(__VA_ARGS__))
#define CB_SINH(...) cb_apply(CB_OP_SINH, CB_EXPRS(__VA_ARGS__))
#define CB_COSH(...) cb_apply(CB_OP_COSH, CB_EXPRS(__VA_ARGS__))
#define CB_TANH(...) cb_apply(CB_OP_TANH, CB_EXPRS(__VA_ARGS__))
#define CB_FLOOR(...) cb_apply(CB_OP_FLOOR, CB_EXPRS(__VA_ARGS__))
#define CB_CEIL(...) cb_apply(CB_OP_CEIL, CB_EXPRS(__VA_ARGS__))
#define CB_ROUND(...) cb_apply(CB_OP_ROUND, CB_EXPRS(__VA_ARGS__))
#define CB_TRUNC(...) cb_apply(CB_OP_TRUNC, CB_EXPRS(__VA_ARGS__))
#define CB_POW(...) cb_apply(CB_OP_POW, CB_EXPRS(__VA_ARGS__))
#define CB_ATAN2(...) cb_apply(CB_OP_ATAN2, CB_EXPRS(__VA_ARGS__))
#define CB_HYPOT(...) cb_apply(CB_OP_HYPOT, CB_EXPRS(__VA_ARGS__))
#define CB_ERF(...) cb_apply(CB_OP_ERF, CB_EXPRS(__VA_ARGS__))
#define CB_EXP2(...) cb_apply(CB_OP_EXP2, CB_EXPRS(__VA_ARGS__))
#define CB_EXPM1(...) cb_apply(CB_OP_EXPM1, CB_EXPRS(__VA_ARGS__))
#define CB_LOG2(...) cb_apply(CB_OP_LOG2, CB_EXPRS(__VA_ARGS__))
#define CB_LOG10(...) cb_apply(CB_OP_LOG10, CB_EXPRS(__VA_ARGS__))
#define CB_LOG1P(...) cb_apply(CB_OP_LOG1P, CB_EXPRS(__VA_ARGS__))
#define CB_ASINH(...) cb_apply(CB_OP_ASINH, CB_EXPRS(__VA_ARGS__))
#define CB_ACOSH(...) cb_apply(CB_OP_ACOSH, CB_EXPRS(__VA_ARGS__))
#define CB_ATANH(...) cb_apply(CB_OP_ATANH, CB_EXPRS(__VA_ARGS__))
#define CB_FAST_EXP(...) cb_apply(CB_OP_FAST_EXP, CB_EXPRS(__VA_ARGS__))
#define CB_FAST_LOG(...) cb_apply(CB_OP_FAST_LOG, CB_EXPRS(__VA_ARGS__))
#define CB_FAST_SIN(...) cb_apply(CB_OP_FAST_SIN, CB_EXPRS(__VA_ARGS__))
#define CB_FAST_COS(...) cb_apply(CB_OP_FAST_COS, CB_EXPRS(__VA_ARGS__))
#define CB_FAST_INVERSE(...) cb_apply(CB_OP_FAST_INVERSE, CB_EXPRS(__VA_ARGS__))
#define CB_FAST_INVERSE_SQRT(...) cb_apply(CB_OP_FAST_INVERSE_SQRT, CB_EXPRS(__VA_ARGS__))
#define CB_FAST_POW(...) cb_apply(CB_OP_FAST_POW, CB_EXPRS(__VA_ARGS__))
#define CB_STRICT(...) cb_apply(CB_OP_STRICT, CB_EXPRS(__VA_ARGS__))
#define CB_SAT_ADD(...) cb_apply(CB_OP_SAT_ADD, CB_EXPRS(__VA_ARGS__))
#define CB_SAT_SUB(...) cb_apply(CB_OP_SAT_SUB, CB_EXPRS(__VA_ARGS__))
#define CB_HALF_ADD(...) cb_apply(CB_OP_HALF_ADD, CB_EXPRS(__VA_ARGS__))
#define CB_HALF_SUB(...) cb_apply(CB_OP_HALF_SUB, CB_EXPRS(__VA_ARGS__))
#define CB_HALF_ADD_UP(...) cb_apply(CB_OP_HALF_ADD_UP, CB_EXPRS(__VA_ARGS__))
#define CB_WIDE_ADD(...) cb_apply(CB_OP_WIDE_ADD, CB_EXPRS(__VA_ARGS__))
#define CB_WIDE_SUB(...) cb_apply(CB_OP_WIDE_SUB, CB_EXPRS(__VA_ARGS__))
#define CB_WIDE_MUL(...) cb_apply(CB_OP_WIDE_MUL, CB_EXPRS(__VA_ARGS__))
#define CB_WIDE_SHL(...) cb_apply(CB_OP_WIDE_SHL, CB_EXPRS(__VA_ARGS__))
#define CB_WIDE_SHR(...) cb_apply(CB_OP_WIDE_SHR, CB_EXPRS(__VA_ARGS__))
#define CB_ROUND_SHL(...) cb_apply(CB_OP_ROUND_SHL, CB_EXPRS(__VA_ARGS__))
#define CB_ROUND_SHR(...) cb_apply(CB_OP_ROUND_SHR, CB_EXPRS(__VA_ARGS__))
#define CB_MUL_SHR(...) cb_apply(CB_OP_MUL_SHR, CB_EXPRS(__VA_ARGS__))
#define CB_ROUND_MUL_SHR(...) cb_apply(CB_OP_ROUND_MUL_SHR, CB_EXPRS(__VA_ARGS__))
#define CB_ABSD(...) cb_apply(CB_OP_ABSD, CB_EXPRS(__VA_ARGS__))
#define CB_LERP(...) cb_apply(CB_OP_LERP, CB_EXPRS(__VA_ARGS__))
#define CB_POPCOUNT(...) cb_apply(CB_OP_POPCOUNT, CB_EXPRS(__VA_ARGS__))
#define CB_CLZ(...) cb_apply(CB_OP_CLZ, CB_EXPRS(__VA_ARGS__))
#define CB_CTZ(...) cb_apply(CB_OP_CTZ, CB_EXPRS(__VA_ARGS__))
#define CB_CONCAT_BITS(...) cb_apply(CB_OP_CONCAT_BITS, CB_EXPRS(__VA_ARGS__))
#define CB_MUX(...) cb_apply(CB_OP_MUX, CB_EXPRS(__VA_ARGS__))
#define CB_SCATTER(...) cb_apply(CB_OP_SCATTER, CB_EXPRS(__VA_ARGS__))
#define CB_GATHER(...) cb_apply(CB_OP_GATHER, CB_EXPRS(__VA_ARGS__))
#define CB_IPOW(...) cb_apply(CB_OP_IPOW, CB_EXPRS(__VA_ARGS__))
#define CB_FMA(...) cb_apply(CB_OP_FMA, CB_EXPRS(__VA_ARGS__))
#define CB_FRACT(...) cb_apply(CB_OP_FRACT, CB_EXPRS(__VA_ARGS__))
#define CB_IS_INF(...) cb_apply(CB_OP_IS_INF, CB_EXPRS(__VA_ARGS__))
#define CB_IS_FINITE(...) cb_apply(CB_OP_IS_FINITE, CB_EXPRS(__VA_ARGS__))
#define CB_IS_NAN(...) cb_apply(CB_OP_IS_NAN, CB_EXPRS(__VA_ARGS__))
#define CB_LIKELY(...) cb_apply(CB_OP_LIKELY, CB_EXPRS(__VA_ARGS__))

/* Conversion of the value (float to integer saturates, integer to integer wraps), conversion to the
 * nearest value of the type, and the same bits as another type of equal width. */
CB_API cb_expr cb_cast(cb_type t, cb_expr e);
CB_API cb_expr cb_sat_cast(cb_type t, cb_expr e);
CB_API cb_expr cb_reinterpret(cb_type t, cb_expr e);
#define CB_CAST(t, ...) cb_cast((t), CB_E(__VA_ARGS__))
#define CB_SAT_CAST(t, ...) cb_sat_cast((t), CB_E(__VA_ARGS__))
#define CB_REINTERPRET(t, ...) cb_reinterpret((t), CB_E(__VA_ARGS__))

/* The element of f at n coordinates (i32). Of a Func with several values, element picks one. */
CB_API cb_expr cb_at(cb_func f, int n, const cb_expr *coords);
CB_API cb_expr cb_element(cb_expr call, int k);
/* Several values at once, as in define(f, (x), tuple(a, b)) and select(c, f(x), tuple(a, b)). */
CB_API cb_expr cb_tuple(int n, const cb_expr *values);
#define CB_TUPLE(...) cb_tuple(CB_EXPRS(__VA_ARGS__))
/* The coordinates that are not written, as in at(in, x, rest()); `_` in equations. */
CB_API cb_expr cb_rest(void);
/* No value of type t: as the value of a definition, or a choice of it, it leaves what is stored. */
CB_API cb_expr cb_undef(cb_type t);
#define CB_UNDEF(t) cb_undef(t)
#define CB_AT(...) CB_PASTE(CB_AT_, CB_MANY(__VA_ARGS__))(__VA_ARGS__)
#define CB_AT_0(f) cb_at(f, 0, (const cb_expr *)0)
#define CB_AT_1(f, ...) cb_at(f, CB_EXPRS(__VA_ARGS__))
#define CB_MANY(...)                                                                             \
    CB_NARGS_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0)

/* Reductions over a domain: the value of a stage of its own, with the Vars that occur in e as its
 * dimensions. It is defined in `into`, a Func without definitions, which schedules can then speak of;
 * {NULL}: in one without a name. argmax and argmin have several values: where in the domain (one i32
 * for each of its dimensions; of equals the first), then the value itself. */
typedef enum cb_reduction {
    CB_REDUCE_SUM,
    CB_REDUCE_PRODUCT,
    CB_REDUCE_MAXIMUM,
    CB_REDUCE_MINIMUM,
    CB_REDUCE_ARGMAX,
    CB_REDUCE_ARGMIN,
    CB_REDUCE_SATURATING_SUM, /* of integers: stops at the ends of the type, in the order of the domain */
    CB_REDUCE_COUNT
} cb_reduction;
CB_API cb_expr cb_reduce(cb_reduction op, cb_rdom r, cb_expr e, cb_func into, cb_site at);
/* CB_SUM(r, e) or CB_SUM(r, e, into) */
#define CB_SUM(...) CB_REDUCE(CB_REDUCE_SUM, __VA_ARGS__)
#define CB_SATURATING_SUM(...) CB_REDUCE(CB_REDUCE_SATURATING_SUM, __VA_ARGS__)
#define CB_PRODUCT(...) CB_REDUCE(CB_REDUCE_PRODUCT, __VA_ARGS__)
#define CB_MAXIMUM(...) CB_REDUCE(CB_REDUCE_MAXIMUM, __VA_ARGS__)
#define CB_MINIMUM(...) CB_REDUCE(CB_REDUCE_MINIMUM, __VA_ARGS__)
#define CB_ARGMAX(...) CB_REDUCE(CB_REDUCE_ARGMAX, __VA_ARGS__)
#define CB_ARGMIN(...) CB_REDUCE(CB_REDUCE_ARGMIN, __VA_ARGS__)
#define CB_REDUCE(op, ...) CB_PASTE(CB_REDUCE_, CB_NARGS(__VA_ARGS__))(op, __VA_ARGS__)
#define CB_REDUCE_2(op, r, e) cb_reduce(op, r, CB_E(e), (cb_func){(void *)0}, CB_HERE)
#define CB_REDUCE_3(op, r, e, into) cb_reduce(op, r, CB_E(e), into, CB_HERE)

/* Values that do something besides. print is its first operand and writes a line with all of them each time the
 * definition it stands in is evaluated at a point; print_when only where its condition holds. require ends the
 * pipeline with CB_ERR_REQUIREMENT and a line where its condition does not hold. Lines go to env's print and error.
 * Operands are values and texts. */
typedef enum cb_effect_kind { CB_PRINT_ALWAYS, CB_PRINT_WHERE, CB_REQUIRE } cb_effect_kind;
typedef struct cb_part {
    cb_expr value;
    const char *text; /* NULL: the value */
} cb_part;
CB_API cb_part cb_part_of_expr(cb_expr e);
CB_API cb_part cb_part_of_text(const char *text);
CB_API cb_part cb_part_of_int(long long v);
CB_API cb_part cb_part_of_uint(unsigned long long v);
CB_API cb_part cb_part_of_float(double v);
CB_API cb_part cb_part_of_bool(bool v);
CB_API cb_part cb_part_of_func(cb_func f);
CB_API cb_part cb_part_of_rdom(cb_rdom r);
CB_API cb_part cb_cannot_print_this(struct cb_not_a_number_or_handle);
CB_API cb_expr cb_effect(cb_effect_kind kind, int n, const cb_part *parts, cb_site at);
#if defined(__GNUC__) && !defined(CB_ISO)
#define CB_PART(...) CB_PART_AS(CB_FRESH(cb_p_), (__VA_ARGS__))
#define CB_PART_AS(t, x)                                                                         \
    (__extension__({                                                                             \
        __auto_type t = x;                                                                       \
        _Generic(t, cb_expr: cb_part_of_expr, char *: cb_part_of_text,                           \
                 const char *: cb_part_of_text, CB_PROMOTE_BY(cb_part_of, cb_cannot_print_this))(t); \
    }))
#else
#define CB_PART(x)                                                                               \
    _Generic((x), cb_expr: cb_part_of_expr, char *: cb_part_of_text,                             \
             const char *: cb_part_of_text, CB_PROMOTE_BY(cb_part_of, cb_cannot_print_this))(x)
#endif
#define CB_EFFECT(kind, ...)                                                                     \
    cb_effect(kind, CB_NARGS(__VA_ARGS__), (const cb_part[]){CB_MAP(CB_PART, __VA_ARGS__)}, CB_HERE)

/* Random numbers: a hash of the coordinates where the definition that they become part of is evaluated, so the same under
 * every schedule. Each call gives other numbers; with a seed (an integer) those of the seed. FLOAT: f32 in [0, 1). */
typedef enum cb_random_kind { CB_RANDOM_FLOAT, CB_RANDOM_INT, CB_RANDOM_UINT } cb_random_kind;
CB_API cb_expr cb_random(cb_random_kind kind, int n, const cb_expr *seed, cb_site at);

/* Smallest coordinate and number of coordinates of an input's buffer in dimension d. What is said of buffers
 * (CB_SET_EXTENT, ...) may speak of outputs and strides too. */
CB_API cb_expr cb_min_coord(cb_func f, int d);
CB_API cb_expr cb_extent(cb_func f, int d);
CB_API cb_expr cb_stride(cb_func f, int d);

/* Infix text. `names` is the captured list as written, "(w, prev)"; values has n of them. */
CB_API cb_expr cb_expr_text(const char *text, const char *names, int n, const cb_value *values,
                            cb_site at);
#define CB_NO_CAPTURES (const char *)0, 0, (const cb_value *)0
#define CB_CAPTURES(names, ...) names, CB_NARGS(__VA_ARGS__), (const cb_value[]){CB_MAP(CB_V, __VA_ARGS__)}
#define CB_STRIP(...) __VA_ARGS__
#define CB_CALL(m, ...) m(__VA_ARGS__)
/* E(x*x + 1), E_WITH((w), in(x, y)*w). The text is taken as written: nothing in it is expanded. */
#define CB_TEXT(...) cb_expr_text(#__VA_ARGS__, CB_NO_CAPTURES, CB_HERE)
#define CB_TEXT_WITH(captures, ...)                                                              \
    cb_expr_text(#__VA_ARGS__, CB_CALL(CB_CAPTURES, #captures, CB_STRIP captures), CB_HERE)

/* The type of an expression, and its text (in the context's memory). */
CB_API cb_type cb_expr_type(cb_expr e);
CB_API const char *cb_expr_print(cb_expr e);

/* ---- declarations ----------------------------------------------------------------------------- */

/* Each declares a name in the current scope; a name is declared once per scope. name NULL: without
 * a name (such things enter equations by capture only). */
CB_API cb_func cb_input(const char *name, cb_type t, int rank, cb_site at);
CB_API cb_func cb_output(const char *name, cb_type t, int rank, cb_site at);
CB_API cb_func cb_output_tuple(const char *name, int rank, int n, const cb_type *types, cb_site at);
CB_API cb_func cb_func_new(const char *name, cb_site at);
/* Fills f[0..n); they are called name_0, name_1, ... and written name[0](x), ... in equations. */
CB_API void cb_func_array(const char *name, cb_func *f, int n, cb_site at);
CB_API cb_expr cb_var(const char *name, cb_site at);
/* A scalar argument of the pipeline. n = 0; 1: default; 3: default, smallest, largest. */
CB_API cb_expr cb_param(const char *name, cb_type t, int n, const cb_expr *v, cb_site at);
/* A tunable integer of a schedule. */
CB_API cb_expr cb_knob(const char *name, int64_t def, int64_t min, int64_t max, int64_t step, cb_site at);
/* An integer of a generator that the command line can set: name=value. */
CB_API int64_t cb_setting(const char *name, int64_t def, cb_site at);
/* `pairs` holds ndims pairs (min, extent), dimension 0 innermost. */
CB_API cb_rdom cb_rdom_new(const char *name, int ndims, const cb_expr *pairs, cb_site at);
/* The whole region of an input's buffer; variable k of a domain, for those beyond r.w. */
CB_API cb_rdom cb_rdom_over(const char *name, cb_func input, cb_site at);
CB_API cb_expr cb_rdom_var(cb_rdom r, int k);
/* Restricts a domain to the points where cond holds. Accesses at other points do not happen. */
CB_API void cb_rdom_where(cb_rdom r, cb_expr cond, cb_site at);
CB_API void cb_rdom_where_text(cb_rdom r, const char *text, const char *names, int n, const cb_value *values, cb_site at);

/* An array that is part of the program: read by coordinates like an input, but its elements are copied now
 * and become read-only data of what is compiled; callers know nothing of it. n extents, dimension 0
 * innermost, mins 0; t is the type of the elements. bytes: the size of the array if it is known, else 0. */
CB_API cb_func cb_table(const char *name, cb_type t, int n, const int32_t *extents, const void *data,
                        size_t bytes, cb_site at);
/* The same of what a buffer holds, with its region. */
CB_API cb_func cb_table_of(const char *name, const cb_buffer *b, cb_site at);

/* The buffers of an input or output have this min, extent or stride (in elements) in dimension d, made of numbers, Params
 * and fields of buffers: calls with other buffers fail, queries answer accordingly, and compiled code makes use of it. A
 * stride of dimension 0 is 1 unless it is set otherwise. */
typedef enum cb_field { CB_FIELD_MIN, CB_FIELD_EXTENT, CB_FIELD_STRIDE } cb_field;
CB_API bool cb_set_field(cb_func f, int d, cb_field what, cb_expr value, cb_site at);
/* The stride of dimension 0 may be anything. */
CB_API bool cb_any_stride(cb_func f, cb_site at);
/* The first element of every buffer lies at a multiple of so many bytes, a power of two. */
CB_API bool cb_set_host_alignment(cb_func f, int64_t bytes, cb_site at);
/* Calls fail unless the condition, the first part, holds; the others are texts and values that the error shows. */
CB_API bool cb_add_requirement(int n, const cb_part *part, cb_site at);
#define CB_SET_MIN(f, d, v) cb_set_field(f, d, CB_FIELD_MIN, CB_E(v), CB_HERE)
#define CB_SET_EXTENT(f, d, v) cb_set_field(f, d, CB_FIELD_EXTENT, CB_E(v), CB_HERE)
#define CB_SET_STRIDE(f, d, v) cb_set_field(f, d, CB_FIELD_STRIDE, CB_E(v), CB_HERE)
#define CB_ANY_STRIDE(f) cb_any_stride(f, CB_HERE)
#define CB_SET_HOST_ALIGNMENT(f, bytes) cb_set_host_alignment(f, bytes, CB_HERE)
#define CB_ADD_REQUIREMENT(...)                                                                  \
    cb_add_requirement(CB_NARGS(__VA_ARGS__), (const cb_part[]){CB_MAP(CB_PART, __VA_ARGS__)}, CB_HERE)
#define CB_INPUT(name, t, rank) cb_func name CB_UNUSED = cb_input(#name, t, rank, CB_HERE)
/* CB_TABLE(w, CB_f32, (3), taps); CB_TABLE_OF(lut, &buffer); */
#define CB_TABLE(name, t, extents, ...)                                                          \
    cb_func name CB_UNUSED = cb_table(#name, t, CB_INTS0 extents, __VA_ARGS__,                   \
                                      CB_ARRAY_BYTES((__VA_ARGS__)), CB_HERE)
#define CB_TABLE_OF(name, buffer) cb_func name CB_UNUSED = cb_table_of(#name, buffer, CB_HERE)
#define CB_INTS0(...) CB_PASTE(CB_INTS0_, CB_IS_EMPTY(__VA_ARGS__))(__VA_ARGS__)
#define CB_INTS0_0(...) CB_NARGS(__VA_ARGS__), (const int32_t[]){__VA_ARGS__}
#define CB_INTS0_1(...) 0, (const int32_t *)0
/* The size of an array; 0 of a pointer. */
#if defined(__GNUC__) && !defined(CB_ISO)
#define CB_ARRAY_BYTES(a)                                                                        \
    (__builtin_types_compatible_p(__typeof__(a), __typeof__(1 ? (a) : (a))) ? 0 : sizeof(a))
#else
#define CB_ARRAY_BYTES(a) 0
#endif
#define CB_OUTPUT(name, t, rank) cb_func name CB_UNUSED = cb_output(#name, t, rank, CB_HERE)
#define CB_OUTPUT_TUPLE(name, rank, ...)                                                         \
    cb_func name CB_UNUSED = cb_output_tuple(#name, rank, CB_NARGS(__VA_ARGS__),                 \
                                             (const cb_type[]){__VA_ARGS__}, CB_HERE)
#define CB_FUNCS(...) cb_func CB_MAP(CB_FUNC_INIT, __VA_ARGS__)
#define CB_FUNC_INIT(name) name CB_UNUSED = cb_func_new(#name, CB_HERE)
#define CB_FUNC_ARRAY(name, n)                                                                   \
    cb_func name[n];                                                                             \
    cb_func_array(#name, name, n, CB_HERE)
#define CB_VARS(...) cb_expr CB_MAP(CB_VAR_INIT, __VA_ARGS__)
#define CB_VAR_INIT(name) name CB_UNUSED = cb_var(#name, CB_HERE)
#define CB_PARAM(...) CB_PASTE(CB_PARAM_, CB_NARGS(__VA_ARGS__))(__VA_ARGS__)
#define CB_PARAM_2(name, t)                                                                      \
    cb_expr name CB_UNUSED = cb_param(#name, t, 0, (const cb_expr *)0, CB_HERE)
#define CB_PARAM_3(name, t, def) cb_expr name CB_UNUSED = cb_param(#name, t, CB_EXPRS(def), CB_HERE)
#define CB_PARAM_5(name, t, def, least, most)                                                    \
    cb_expr name CB_UNUSED = cb_param(#name, t, CB_EXPRS(def, least, most), CB_HERE)
#define CB_KNOB(name, def, least, most, step)                                                    \
    cb_expr name CB_UNUSED = cb_knob(#name, def, least, most, step, CB_HERE)
#define CB_SETTING(name, def) int64_t name CB_UNUSED = cb_setting(#name, def, CB_HERE)
#define CB_RDOM(name, ...)                                                                       \
    cb_rdom name CB_UNUSED = cb_rdom_new(#name, CB_PAIRS(__VA_ARGS__), CB_HERE)
#define CB_RDOM_OVER(name, input) cb_rdom name CB_UNUSED = cb_rdom_over(#name, input, CB_HERE)
#define CB_PAIRS(...) CB_NARGS(__VA_ARGS__), (const cb_expr[]){CB_MAP(CB_PAIR, __VA_ARGS__)}
#define CB_PAIR(p) CB_CALL(CB_PAIR_, CB_STRIP p)
#define CB_PAIR_(least, extent) CB_E(least), CB_E(extent)
#define CB_WHERE(r, ...) cb_rdom_where_text(r, #__VA_ARGS__, CB_NO_CAPTURES, CB_HERE)
#define CB_WHERE_WITH(captures, r, ...)                                                          \
    cb_rdom_where_text(r, #__VA_ARGS__, CB_CALL(CB_CAPTURES, #captures, CB_STRIP captures), CB_HERE)

/* ---- definitions ------------------------------------------------------------------------------ */

/* f(coords) = values. The first definition of a Func is pure: its coordinates are distinct Vars.
 * Each further one is an update, done after the ones before it. */
CB_API cb_stage cb_define(cb_func f, int n, const cb_expr *coords, int nvalues, const cb_expr *values,
                          cb_site at);
/* An update of value k of a Func with several, the others stay: f(coords)[k] = value. */
CB_API cb_stage cb_define_element(cb_func f, int k, int n, const cb_expr *coords, cb_expr value,
                                  cb_site at);
#define CB_DEFINE_ELEMENT(f, k, coords, value)                                                   \
    cb_define_element(f, k, CB_EXPRS0 coords, CB_E(value), CB_HERE)
/* An equation: "f(x, y) = e" or with += -= *= /= and the other assignment operators of C. */
CB_API cb_stage cb_define_text(const char *text, const char *names, int n, const cb_value *values,
                               cb_site at);
/* Stage k of f: 0 its pure definition, k its k-th update counted from 1. */
CB_API cb_stage cb_stage_of(cb_func f, int k, cb_site at);

/* CB_DEFINE(equation) or CB_DEFINE(f, (x, y), value). */
#define CB_DEFINE(...) CB_DEFINE_PICK(__VA_ARGS__)(#__VA_ARGS__, __VA_ARGS__)
#define CB_DEFINE_PICK(...) CB_PASTE(CB_DEFINE_, CB_NARGS(__VA_ARGS__))
#define CB_DEFINE_1(text, ...) cb_define_text(text, CB_NO_CAPTURES, CB_HERE)
#define CB_DEFINE_2(...) cb_define_takes_one_equation_or_a_Func_coordinates_and_a_value
#define CB_DEFINE_3(text, f, coords, value) cb_define(f, CB_EXPRS0 coords, CB_EXPRS(value), CB_HERE)
#define CB_DEFINE_4 CB_DEFINE_2
#define CB_DEFINE_5 CB_DEFINE_2
#define CB_DEFINE_6 CB_DEFINE_2
#define CB_DEFINE_7 CB_DEFINE_2
#define CB_DEFINE_8 CB_DEFINE_2
#define CB_DEFINE_TUPLE(f, coords, values)                                                       \
    cb_define(f, CB_EXPRS0 coords, CB_EXPRS values, CB_HERE)
#define CB_DEFINE_WITH(captures, ...)                                                            \
    cb_define_text(#__VA_ARGS__, CB_CALL(CB_CAPTURES, #captures, CB_STRIP captures), CB_HERE)
#define CB_DEFINE_TEXT(string) cb_define_text(string, CB_NO_CAPTURES, CB_HERE)
#define CB_STAGE(f, k) cb_stage_of(f, k, CB_HERE)

/* f(coords) is computed by a C function, called by that name:
 *
 *     int NAME(const cb_env *env, arguments..., cb_buffer *out, ...)       0, or an error code
 *
 * An argument is a cb_buffer * for an input, one for each value of a Func, or a scalar (bool, int8_t
 * ... uint64_t, float, double; f16 and bf16 as their bits in a uint16_t); there is one output buffer
 * for each of the ntypes values. The function computes the region of the output buffers; its result
 * for an element must not depend on which region it is asked for. It is called in two ways:
 *
 *   query    the outputs and the buffers of Funcs and inputs have no host memory (host is NULL). The
 *            outputs give the region wanted; the function may enlarge it, and writes min and extent
 *            of what it needs into every dimension of the others. Asked for the enlarged region it
 *            must not enlarge it again. The buffers of several values share their dimensions.
 *   compute  all have memory: a Func covers what the query asked for, an input is the caller's own
 *            buffer.
 *
 * A pipeline compiled by Carbide is such a function. Scalars are made of Params and sizes of inputs.
 * The stage has no loops to schedule, but a place: compute_root, the default, or compute_at. */
CB_API cb_stage cb_define_extern(cb_func f, int n, const cb_expr *coords, const char *function,
                                 int ntypes, const cb_type *types, int nargs, const cb_value *args,
                                 cb_site at);
/* Where the function is, for running from this program; without it, it is looked up by name among the
 * exported functions of the process. Ahead of time compiled code is linked with it. */
CB_API bool cb_set_extern(const char *function, void (*address)(void), cb_site at);
#define CB_DEFINE_EXTERN(f, coords, function, types, args)                                       \
    cb_define_extern(f, CB_EXPRS0 coords, function, CB_TYPES types, CB_VALUES0 args, CB_HERE)

/* A C function of scalars, `result NAME(types...)`, called by that name for single elements where equations
 * call it by `name`, or expressions by cb_invoke. Arguments are converted as values of definitions are; f16 and
 * bf16 are uint16_t in C. It is called for the points that are computed only, from any thread of a parallel
 * loop, and must touch no buffer of the pipeline.
 *
 * pure: its result follows from its arguments, and it does nothing besides. Equal calls may be one, and calls
 * that do not matter are left out. Otherwise each call that an equation contains happens by itself at each
 * point that is computed. The result should follow from the arguments even then: a schedule must not change it.
 *
 * Where it is: as for cb_define_extern. */
CB_API cb_cfunc cb_c_function(const char *name, const char *function, bool pure, cb_type result, int n,
                              const cb_type *types, cb_site at);
CB_API cb_expr cb_invoke(cb_cfunc g, int n, const cb_expr *args);
/* CB_C_FUNCTION(resp, "response", true, CB_f64, (CB_f64, CB_u8)) */
#define CB_C_FUNCTION(name, function, pure, t, types)                                            \
    cb_cfunc name CB_UNUSED = cb_c_function(#name, function, pure, t, CB_TYPES0 types, CB_HERE)
#define CB_INVOKE(...) CB_PASTE(CB_INVOKE_, CB_MANY(__VA_ARGS__))(__VA_ARGS__)
#define CB_INVOKE_0(g) cb_invoke(g, 0, (const cb_expr *)0)
#define CB_INVOKE_1(g, ...) cb_invoke(g, CB_EXPRS(__VA_ARGS__))
/* The same of names of types: (f64, u8). */
#define CB_NAMED_TYPES(...) CB_PASTE(CB_NAMED_TYPES_, CB_IS_EMPTY(__VA_ARGS__))(__VA_ARGS__)
#define CB_NAMED_TYPES_0(...) CB_CALL(CB_TYPES, CB_CALL(CB_MAP, CB_TYPE_NAMED, __VA_ARGS__))
#define CB_NAMED_TYPES_1(...) 0, (const cb_type *)0
#define CB_TYPES0(...) CB_PASTE(CB_TYPES0_, CB_IS_EMPTY(__VA_ARGS__))(__VA_ARGS__)
#define CB_TYPES0_0(...) CB_TYPES(__VA_ARGS__)
#define CB_TYPES0_1(...) 0, (const cb_type *)0
#define CB_TYPES(...) CB_NARGS(__VA_ARGS__), (const cb_type[]){__VA_ARGS__}
#define CB_VALUES0(...) CB_PASTE(CB_VALUES0_, CB_IS_EMPTY(__VA_ARGS__))(__VA_ARGS__)
#define CB_VALUES0_0(...) CB_NARGS(__VA_ARGS__), (const cb_value[]){CB_MAP(CB_V, __VA_ARGS__)}
#define CB_VALUES0_1(...) 0, (const cb_value *)0
#define CB_SET_EXTERN(function, address)                                                         \
    cb_set_extern(function, (void (*)(void))(address), CB_HERE)

/* ---- boundaries ------------------------------------------------------------------------------- */

/* Each defines f, which has no definition yet, as src continued beyond its edges. Inside is what n pairs
 * (min, extent) say for the first n dimensions, the others are not continued; n = 0: the buffer of src. */
CB_API cb_stage cb_repeat_edge(cb_func f, cb_func src, int n, const cb_expr *pairs, cb_site at);
CB_API cb_stage cb_repeat_image(cb_func f, cb_func src, int n, const cb_expr *pairs, cb_site at);
CB_API cb_stage cb_mirror(cb_func f, cb_func src, int n, const cb_expr *pairs, cb_site at);
CB_API cb_stage cb_mirror_interior(cb_func f, cb_func src, int n, const cb_expr *pairs, cb_site at);
CB_API cb_stage cb_constant_exterior(cb_func f, cb_func src, cb_expr value, int n,
                                     const cb_expr *pairs, cb_site at);
#define CB_REPEAT_EDGE(f, ...) CB_EDGE(cb_repeat_edge, f, __VA_ARGS__)
#define CB_REPEAT_IMAGE(f, ...) CB_EDGE(cb_repeat_image, f, __VA_ARGS__)
#define CB_MIRROR(f, ...) CB_EDGE(cb_mirror, f, __VA_ARGS__)
#define CB_MIRROR_INTERIOR(f, ...) CB_EDGE(cb_mirror_interior, f, __VA_ARGS__)
#define CB_EDGE(fn, f, ...) CB_PASTE(CB_EDGE_, CB_MANY(__VA_ARGS__))(fn, f, __VA_ARGS__)
#define CB_EDGE_0(fn, f, src) fn(f, src, 0, (const cb_expr *)0, CB_HERE)
#define CB_EDGE_1(fn, f, src, ...) fn(f, src, CB_PAIRS(__VA_ARGS__), CB_HERE)
#define CB_CONSTANT_EXTERIOR(f, src, ...) CB_PASTE(CB_EXTERIOR_, CB_MANY(__VA_ARGS__))(f, src, __VA_ARGS__)
#define CB_EXTERIOR_0(f, src, v) cb_constant_exterior(f, src, CB_E(v), 0, (const cb_expr *)0, CB_HERE)
#define CB_EXTERIOR_1(f, src, v, ...) cb_constant_exterior(f, src, CB_E(v), CB_PAIRS(__VA_ARGS__), CB_HERE)

/* ---- scopes ----------------------------------------------------------------------------------- */

/* Declarations go to the innermost scope of the calling thread. A scope sees the names of those
 * around it that belong to the same context. CB_SCOPE(ctx) { ... } leaves its scope however the
 * block is left; under CB_ISO it must be left at its end. CB_LOCAL() { ... } opens a scope inside
 * the current one, for helpers that declare names of their own. */
typedef struct cb_scope {
    struct cb_scope_s *p;
    int open;
} cb_scope;
CB_API cb_scope cb_scope_enter(cb_context *c, cb_site at);
CB_API cb_scope cb_scope_enter_local(cb_site at);
CB_API void cb_scope_leave(cb_scope *s);
/* The context of the current scope, or NULL. */
CB_API cb_context *cb_current(void);
#define CB_SCOPE(ctx) CB_SCOPE_(CB_FRESH(cb_scope_), cb_scope_enter(ctx, CB_HERE))
#define CB_LOCAL() CB_SCOPE_(CB_FRESH(cb_scope_), cb_scope_enter_local(CB_HERE))
#define CB_SCOPE_(s, enter)                                                                      \
    for (CB_CLEANUP(cb_scope_leave) cb_scope s = enter; s.open; cb_scope_leave(&s))

/* ---- running ---------------------------------------------------------------------------------- */

/* Inputs and parameters of a Func that is run from the program that built it. The buffer must
 * outlive the runs. */
CB_API bool cb_set_input(cb_func input, cb_buffer *b, cb_site at);
CB_API bool cb_set_param(cb_expr param, cb_expr value, cb_site at);

/* Computes f over [0, extent) in each dimension with code for this machine. The result is the
 * caller's, to be freed with cb_buffer_free; NULL after a diagnostic. */
CB_API cb_buffer *cb_realize(cb_func f, int n, const int32_t *extents, cb_site at);
/* Computes f over the region of *out, which the caller owns: 0 or a CB_ERR_ code. A Func with
 * several values takes one buffer for each. */
CB_API int cb_realize_into(cb_func f, int n, cb_buffer *const *out, cb_site at);
/* The same by the reference interpreter, which knows nothing of schedules. */
CB_API int cb_interpret(cb_func f, int n, cb_buffer *const *out, cb_site at);
/* A dense zeroed buffer with memory from c's allocator (c NULL: malloc), all mins 0, to be freed with
 * cb_buffer_free, which c need not outlive. NULL when out of memory or a size is impossible. */
CB_API cb_buffer *cb_buffer_new(cb_context *c, cb_type t, int n, const int32_t *extents);
CB_API void cb_buffer_free(cb_buffer *b); /* NULL is allowed */

/* Code that can be called any number of times, from any thread, until it is freed. target: "host" or
 * a target string that this machine runs. p is NULL after a diagnostic. The code does not need its
 * context any more. */
CB_API cb_callable cb_compile(cb_func f, const char *target, cb_site at);
CB_API cb_callable cb_compile_pipeline(cb_pipeline p, const char *target, cb_site at);
/* Arguments in the order inputs, parameters (pointers to the scalars), outputs. */
CB_API int cb_call_argv(cb_callable f, const cb_env *env, void **args);
CB_API const cb_metadata *cb_callable_metadata(cb_callable f);
CB_API void cb_callable_free(cb_callable f);
CB_API cb_pipeline cb_pipeline_of(const char *name, int n, const cb_func *outputs, cb_site at);

#define CB_REALIZE(f, ...)                                                                       \
    cb_realize(f, CB_NARGS(__VA_ARGS__), (const int32_t[]){__VA_ARGS__}, CB_HERE)
#define CB_REALIZE_INTO(f, ...)                                                                  \
    cb_realize_into(f, CB_NARGS(__VA_ARGS__), (cb_buffer *const[]){__VA_ARGS__}, CB_HERE)
#define CB_INTERPRET(f, ...)                                                                     \
    cb_interpret(f, CB_NARGS(__VA_ARGS__), (cb_buffer *const[]){__VA_ARGS__}, CB_HERE)
#define CB_COMPILE(f, target) cb_compile(f, target, CB_HERE)
#define CB_SET_INPUT(f, b) cb_set_input(f, b, CB_HERE)
#define CB_SET_PARAM(p, ...) cb_set_param(p, CB_E(__VA_ARGS__), CB_HERE)

/* ---- generators ------------------------------------------------------------------------------- */

/* A generator or one of its schedules, as the linker collects them. */
typedef struct cb_record {
    const char *generator;
    const char *schedule; /* NULL: this is the generator itself */
    void (*body)(void);
    cb_site at;
} cb_record;

/* A program's records: first, and one past the last. */
typedef struct cb_registry {
    const cb_record *const *first, *const *end;
} cb_registry;

/* CB_GENERATOR(blur) { ... } and CB_SCHEDULE_FOR(blur, cpu) { ... }: bodies that declare and define,
 * run when a program or the generator's command line asks for them. */
#if defined(__GNUC__)
#define CB_RECORD(id, generator, schedule)                                                       \
    static void cb_body_##id(void);                                                              \
    static const cb_record cb_record_##id = {generator, schedule, cb_body_##id,                  \
                                             {__FILE__, __LINE__}};                              \
    static const cb_record *const cb_entry_##id                                                  \
        __attribute__((used, section("cb_records"))) = &cb_record_##id;                          \
    static void cb_body_##id(void)
extern const cb_record *const __start_cb_records[] __attribute__((weak, visibility("hidden")));
extern const cb_record *const __stop_cb_records[] __attribute__((weak, visibility("hidden")));
/* The records of the program that uses this macro. */
#define CB_REGISTRY ((cb_registry){__start_cb_records, __stop_cb_records})
#endif
#define CB_GENERATOR(name) CB_RECORD(name, #name, (const char *)0)
#define CB_SCHEDULE_FOR(name, variant) CB_RECORD(name##_##variant, #name, #variant)

/* The generator's Funcs by name, inside a schedule body. */
CB_API cb_func cb_stage_func(const char *name, cb_site at);
#define CB_STAGES(...) cb_func CB_MAP(CB_STAGE_INIT, __VA_ARGS__)
#define CB_STAGE_INIT(name) name CB_UNUSED = cb_stage_func(#name, CB_HERE)

/* Runs a generator and, when `schedule` is not NULL, one of its schedules. p is NULL after a
 * diagnostic. settings: "name=value" texts for Settings and Knobs. */
CB_API cb_pipeline cb_generate(cb_context *c, cb_registry reg, const char *generator,
                               const char *schedule, int nsettings, const char *const *settings);

/* The command line of a generator program; its exit status is returned. libcarbide_gen.a has a main
 * that calls it with CB_REGISTRY. --help describes it. */
CB_API int cb_generator_main(int argc, char **argv, cb_registry reg);

#ifdef __cplusplus
}
#endif

#ifndef __cplusplus
#include <carbide/schedule.h>
#endif
#endif
