/* carbide/dsl.h: the short words, one line each, over carbide.h.
 *
 *     Generator(blur) { Input(in, u16, 2); ... define(out(x, y) = (in(x, y) + in(x + 1, y))/2); }
 *
 * Opt-in, per file. The words are function-like macros (only a name followed by "(" is taken) and a
 * few type names; each has a prefixed twin in carbide.h, and <carbide/undef.h> removes them again.
 * System headers whose functions share a word are included first, so that they stay intact; to call
 * such a function write (abs)(x).
 */
#ifndef CARBIDE_DSL_H
#define CARBIDE_DSL_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__unix__) || defined(__APPLE__)
#include <sched.h>
#include <sys/select.h>
#endif

#include <carbide.h>

/* ---- types ---- */
typedef cb_expr Expr;
typedef cb_expr Var;
typedef cb_expr RVar;
typedef cb_expr Param;
typedef cb_expr Knob;
typedef cb_func Func;
typedef cb_stage Stage;
typedef cb_rdom RDom;
typedef cb_directive Directive;
typedef cb_pipeline Pipeline;
typedef cb_callable Callable;
typedef cb_buffer Buffer;
typedef cb_context Context;
#endif

/* From here on no include guard: after undef.h, including this file again brings the words back. */
#include <carbide/undef.h>

/* ---- scopes and generators ---- */
#define Carbide(ctx) CB_SCOPE(ctx)
#define Local() CB_LOCAL()
#define Generator(name) CB_GENERATOR(name)
#define Schedule(name, variant) CB_SCHEDULE_FOR(name, variant)

/* ---- declarations ---- */
#define Input(name, type, rank) CB_INPUT(name, CB_##type, rank)
#define Table(name, type, extents, ...) CB_TABLE(name, CB_##type, extents, __VA_ARGS__)
#define TableOf(name, buffer) CB_TABLE_OF(name, buffer)
#define Output(name, type, rank) CB_OUTPUT(name, CB_##type, rank)
#define OutputTuple(name, rank, types) CB_OUTPUT_TUPLE(name, rank, CB_CALL(CB_MAP, CB_TYPE_NAMED, CB_STRIP types))
#define set_min(f, d, v) CB_SET_MIN(f, d, v)
#define set_extent(f, d, v) CB_SET_EXTENT(f, d, v)
#define set_stride(f, d, v) CB_SET_STRIDE(f, d, v)
#define any_stride(f) CB_ANY_STRIDE(f)
#define set_host_alignment(f, bytes) CB_SET_HOST_ALIGNMENT(f, bytes)
#define add_requirement(...) CB_ADD_REQUIREMENT(__VA_ARGS__)
#define Funcs(...) CB_FUNCS(__VA_ARGS__)
#define FuncArray(name, n) CB_FUNC_ARRAY(name, n)
#define Vars(...) CB_VARS(__VA_ARGS__)
#define Param(name, ...) CB_PARAM(name, CB_##__VA_ARGS__)
#define Knob(name, def, min, max, step) CB_KNOB(name, def, min, max, step)
#define Setting(name, def) CB_SETTING(name, def)
#define RDom(r, ...) CB_RDOM(r, __VA_ARGS__)
#define RDomOver(r, input) CB_RDOM_OVER(r, input)
#define rvar(r, k) cb_rdom_var(r, k)
#define where(r, ...) cb_rdom_where_text(r, #__VA_ARGS__, CB_NO_CAPTURES, CB_HERE)
#define where_with(captures, r, ...) cb_rdom_where_text(r, #__VA_ARGS__, CB_CALL(CB_CAPTURES, #captures, CB_STRIP captures), CB_HERE)
#define Stages(...) CB_STAGES(__VA_ARGS__)

/* ---- definitions: equations are taken as written, so these three repeat their twins ---- */
#define define(...) CB_DEFINE_PICK(__VA_ARGS__)(#__VA_ARGS__, __VA_ARGS__)
#define define_with(captures, ...) cb_define_text(#__VA_ARGS__, CB_CALL(CB_CAPTURES, #captures, CB_STRIP captures), CB_HERE)
#define define_text(string) CB_DEFINE_TEXT(string)
#define define_tuple(f, coords, values) CB_DEFINE_TUPLE(f, coords, values)
#define define_element(f, k, coords, value) CB_DEFINE_ELEMENT(f, k, coords, value)
#define E(...) cb_expr_text(#__VA_ARGS__, CB_NO_CAPTURES, CB_HERE)
#define E_with(captures, ...) cb_expr_text(#__VA_ARGS__, CB_CALL(CB_CAPTURES, #captures, CB_STRIP captures), CB_HERE)
#define stage(f, k) CB_STAGE(f, k)
#define define_extern(f, coords, function, types, args) cb_define_extern(f, CB_EXPRS0 coords, function, CB_CALL(CB_TYPES, CB_CALL(CB_MAP, CB_TYPE_NAMED, CB_STRIP types)), CB_VALUES0 args, CB_HERE)
#define CFunction(name, function, type, types) cb_cfunc name CB_UNUSED = cb_c_function(#name, function, true, CB_##type, CB_NAMED_TYPES types, CB_HERE)
#define CFunctionImpure(name, function, type, types) cb_cfunc name CB_UNUSED = cb_c_function(#name, function, false, CB_##type, CB_NAMED_TYPES types, CB_HERE)
#define invoke(...) CB_INVOKE(__VA_ARGS__)
#define set_extern(function, address) CB_SET_EXTERN(function, address)
#define repeat_edge(f, ...) CB_REPEAT_EDGE(f, __VA_ARGS__)
#define repeat_image(f, ...) CB_REPEAT_IMAGE(f, __VA_ARGS__)
#define mirror(f, ...) CB_MIRROR(f, __VA_ARGS__)
#define mirror_interior(f, ...) CB_MIRROR_INTERIOR(f, __VA_ARGS__)
#define constant_exterior(f, src, ...) CB_CONSTANT_EXTERIOR(f, src, __VA_ARGS__)

/* ---- builders ---- */
#define at(...) CB_AT(__VA_ARGS__)
#define element(call, k) cb_element(call, k)
#define rest() cb_rest()
#define tuple(...) CB_TUPLE(__VA_ARGS__)
#define undef(type) CB_UNDEF(CB_##type)
#define sum(...) CB_SUM(__VA_ARGS__)
#define saturating_sum(...) CB_SATURATING_SUM(__VA_ARGS__)
#define product(...) CB_PRODUCT(__VA_ARGS__)
#define maximum(...) CB_MAXIMUM(__VA_ARGS__)
#define minimum(...) CB_MINIMUM(__VA_ARGS__)
#define argmax(...) CB_ARGMAX(__VA_ARGS__)
#define argmin(...) CB_ARGMIN(__VA_ARGS__)
#define print(...) CB_EFFECT(CB_PRINT_ALWAYS, __VA_ARGS__)
#define print_when(...) CB_EFFECT(CB_PRINT_WHERE, __VA_ARGS__)
#define require(...) CB_EFFECT(CB_REQUIRE, __VA_ARGS__)
#define random_float(...) cb_random(CB_RANDOM_FLOAT, CB_EXPRS0(__VA_ARGS__), CB_HERE)
#define random_int(...) cb_random(CB_RANDOM_INT, CB_EXPRS0(__VA_ARGS__), CB_HERE)
#define random_uint(...) cb_random(CB_RANDOM_UINT, CB_EXPRS0(__VA_ARGS__), CB_HERE)
#define extent(...) cb_extent(__VA_ARGS__)
#define min_coord(f, d) cb_min_coord(f, d)
#define stride(...) cb_stride(__VA_ARGS__)
#define cast(type, ...) CB_CAST(CB_##type, __VA_ARGS__)
#define sat_cast(type, ...) CB_SAT_CAST(CB_##type, __VA_ARGS__)
#define reinterpret(type, ...) CB_REINTERPRET(CB_##type, __VA_ARGS__)
#define add(...) CB_ADD(__VA_ARGS__)
#define sub(...) CB_SUB(__VA_ARGS__)
#define mul(...) CB_MUL(__VA_ARGS__)
#define div(...) CB_DIV(__VA_ARGS__)
#define mod(...) CB_MOD(__VA_ARGS__)
#define div_toward_zero(...) CB_DIV_TZ(__VA_ARGS__)
#define mod_toward_zero(...) CB_MOD_TZ(__VA_ARGS__)
#define min(...) CB_MIN(__VA_ARGS__)
#define max(...) CB_MAX(__VA_ARGS__)
#define clamp(...) CB_CLAMP(__VA_ARGS__)
#define abs(...) CB_ABS(__VA_ARGS__)
#define neg(...) CB_NEG(__VA_ARGS__)
#define eq(...) CB_EQ(__VA_ARGS__)
#define ne(...) CB_NE(__VA_ARGS__)
#define lt(...) CB_LT(__VA_ARGS__)
#define le(...) CB_LE(__VA_ARGS__)
#define gt(...) CB_GT(__VA_ARGS__)
#define ge(...) CB_GE(__VA_ARGS__)
#define both(...) CB_BOTH(__VA_ARGS__)
#define either(...) CB_EITHER(__VA_ARGS__)
#define negate(...) CB_NEGATE(__VA_ARGS__)
#define select(...) CB_SELECT(__VA_ARGS__)
#define bit_and(...) CB_BIT_AND(__VA_ARGS__)
#define bit_or(...) CB_BIT_OR(__VA_ARGS__)
#define bit_xor(...) CB_BIT_XOR(__VA_ARGS__)
#define bit_not(...) CB_BIT_NOT(__VA_ARGS__)
#define shl(...) CB_SHL(__VA_ARGS__)
#define shr(...) CB_SHR(__VA_ARGS__)
#define sqrt(...) CB_SQRT(__VA_ARGS__)
#define exp(...) CB_EXP(__VA_ARGS__)
#define log(...) CB_LOG(__VA_ARGS__)
#define sin(...) CB_SIN(__VA_ARGS__)
#define cos(...) CB_COS(__VA_ARGS__)
#define tan(...) CB_TAN(__VA_ARGS__)
#define asin(...) CB_ASIN(__VA_ARGS__)
#define acos(...) CB_ACOS(__VA_ARGS__)
#define atan(...) CB_ATAN(__VA_ARGS__)
#define sinh(...) CB_SINH(__VA_ARGS__)
#define cosh(...) CB_COSH(__VA_ARGS__)
#define tanh(...) CB_TANH(__VA_ARGS__)
#define floor(...) CB_FLOOR(__VA_ARGS__)
#define ceil(...) CB_CEIL(__VA_ARGS__)
#define round(...) CB_ROUND(__VA_ARGS__)
#define trunc(...) CB_TRUNC(__VA_ARGS__)
#define pow(...) CB_POW(__VA_ARGS__)
#define atan2(...) CB_ATAN2(__VA_ARGS__)
#define hypot(...) CB_HYPOT(__VA_ARGS__)
#define erf(...) CB_ERF(__VA_ARGS__)
#define exp2(...) CB_EXP2(__VA_ARGS__)
#define expm1(...) CB_EXPM1(__VA_ARGS__)
#define log2(...) CB_LOG2(__VA_ARGS__)
#define log10(...) CB_LOG10(__VA_ARGS__)
#define log1p(...) CB_LOG1P(__VA_ARGS__)
#define asinh(...) CB_ASINH(__VA_ARGS__)
#define acosh(...) CB_ACOSH(__VA_ARGS__)
#define atanh(...) CB_ATANH(__VA_ARGS__)
#define fast_exp(...) CB_FAST_EXP(__VA_ARGS__)
#define fast_log(...) CB_FAST_LOG(__VA_ARGS__)
#define fast_sin(...) CB_FAST_SIN(__VA_ARGS__)
#define fast_cos(...) CB_FAST_COS(__VA_ARGS__)
#define fast_inverse(...) CB_FAST_INVERSE(__VA_ARGS__)
#define fast_inverse_sqrt(...) CB_FAST_INVERSE_SQRT(__VA_ARGS__)
#define fast_pow(...) CB_FAST_POW(__VA_ARGS__)
#define strict(...) CB_STRICT(__VA_ARGS__)
#define saturating_add(...) CB_SAT_ADD(__VA_ARGS__)
#define saturating_sub(...) CB_SAT_SUB(__VA_ARGS__)
#define halving_add(...) CB_HALF_ADD(__VA_ARGS__)
#define halving_sub(...) CB_HALF_SUB(__VA_ARGS__)
#define rounding_halving_add(...) CB_HALF_ADD_UP(__VA_ARGS__)
#define widening_add(...) CB_WIDE_ADD(__VA_ARGS__)
#define widening_sub(...) CB_WIDE_SUB(__VA_ARGS__)
#define widening_mul(...) CB_WIDE_MUL(__VA_ARGS__)
#define widening_shift_left(...) CB_WIDE_SHL(__VA_ARGS__)
#define widening_shift_right(...) CB_WIDE_SHR(__VA_ARGS__)
#define rounding_shift_left(...) CB_ROUND_SHL(__VA_ARGS__)
#define rounding_shift_right(...) CB_ROUND_SHR(__VA_ARGS__)
#define mul_shift_right(...) CB_MUL_SHR(__VA_ARGS__)
#define rounding_mul_shift_right(...) CB_ROUND_MUL_SHR(__VA_ARGS__)
#define absd(...) CB_ABSD(__VA_ARGS__)
#define lerp(...) CB_LERP(__VA_ARGS__)
#define popcount(...) CB_POPCOUNT(__VA_ARGS__)
#define count_leading_zeros(...) CB_CLZ(__VA_ARGS__)
#define count_trailing_zeros(...) CB_CTZ(__VA_ARGS__)
#define concat_bits(...) CB_CONCAT_BITS(__VA_ARGS__)
#define mux(...) CB_MUX(__VA_ARGS__)
#define ipow(...) CB_IPOW(__VA_ARGS__)
#define fma(...) CB_FMA(__VA_ARGS__)
#define fract(...) CB_FRACT(__VA_ARGS__)
#define is_inf(...) CB_IS_INF(__VA_ARGS__)
#define is_finite(...) CB_IS_FINITE(__VA_ARGS__)
#define is_nan(...) CB_IS_NAN(__VA_ARGS__)
#define likely(...) CB_LIKELY(__VA_ARGS__)

/* ---- running ---- */
#define realize(f, ...) CB_REALIZE(f, __VA_ARGS__)
#define realize_into(f, ...) CB_REALIZE_INTO(f, __VA_ARGS__)
#define interpret(f, ...) CB_INTERPRET(f, __VA_ARGS__)
#define compile(f, target) CB_COMPILE(f, target)
#define set_input(f, buffer) CB_SET_INPUT(f, buffer)
#define set_param(p, ...) CB_SET_PARAM(p, __VA_ARGS__)

/* ---- schedules: the words of carbide/schedule.h ---- */
#define schedule(f, ...) cb_schedule(CB_STAGE_ARG(f), CB_DIRECTIVES(__VA_ARGS__), "schedule(" #f ", " #__VA_ARGS__ ");", CB_HERE)
#define apply(f, array) CB_APPLY(f, array)
#define update(f, k) CB_UPDATE(f, k)
#define expect_vectorized(f, lanes) CB_EXPECT_VECTORIZED(f, lanes)
#define split(...) CB_SPLIT(__VA_ARGS__)
#define fuse(outer, inner, fused) CB_FUSE(outer, inner, fused)
#define rename(l, name) CB_RENAME(l, name)
#define reorder(...) CB_REORDER(__VA_ARGS__)
#define tile(...) CB_TILE(__VA_ARGS__)
#define serial(l) CB_SERIAL(l)
#define parallel(l) CB_PARALLEL(l)
#define vectorize(...) CB_VECTORIZE(__VA_ARGS__)
#define unroll(...) CB_UNROLL(__VA_ARGS__)
#define partition(l, policy) CB_PARTITION(l, policy)
#define unscheduled() CB_UNSCHEDULED()
#define compute_inline() CB_COMPUTE_INLINE()
#define rfactor(...) CB_RFACTOR(__VA_ARGS__)
#define atomic() CB_ATOMIC()
#define compute_root() CB_COMPUTE_ROOT()
#define compute_at(f, l) CB_COMPUTE_AT(f, l)
#define store_root() CB_STORE_ROOT()
#define store_at(f, l) CB_STORE_AT(f, l)
#define hoist_storage(f, l) CB_HOIST_STORAGE(f, l)
#define hoist_storage_root() CB_HOIST_STORAGE_ROOT()
#define fold_storage(d, n) CB_FOLD_STORAGE(d, n)
#define store_in(memory) CB_STORE_IN(memory)
#define reorder_storage(...) CB_REORDER_STORAGE(__VA_ARGS__)
#define when(...) CB_GUARD_(CB_FRESH(cb_guard_), cb_guard_enter(#__VA_ARGS__, CB_HERE))
#define otherwise() CB_OTHERWISE()
#define specialize(...) CB_SPECIALIZE_TEXT(#__VA_ARGS__, __VA_ARGS__)
#define specialize_fail(message) CB_SPECIALIZE_FAIL(message)
#define wrap(...) CB_WRAP(__VA_ARGS__)
#define clone(...) CB_CLONE(__VA_ARGS__)
#define align_storage(d, n) CB_ALIGN_STORAGE(d, n)
#define bound_storage(d, n) CB_BOUND_STORAGE(d, n)
#define bound(d, least, count) CB_BOUND(d, least, count)
#define align_bounds(...) CB_ALIGN_BOUNDS(__VA_ARGS__)
#define bound_extent(d, count) CB_BOUND_EXTENT(d, count)
#define align_extent(d, n) CB_ALIGN_EXTENT(d, n)
#define estimate(d, least, count) CB_ESTIMATE(d, least, count)
