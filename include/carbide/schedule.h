/* carbide/schedule.h: how Funcs are computed, as values. Included by <carbide.h>.
 *
 *     schedule(out,    split(y, yo, yi, 32), parallel(yo), vectorize(x, 8));
 *     schedule(blur_x, store_at(out, yo), compute_at(out, yi));
 *
 * with the words of <carbide/dsl.h>, or CB_SCHEDULE(out, CB_SPLIT(y, yo, yi, 32), ...) without
 * them.
 *
 * A directive is a value of type cb_directive: it can be kept in a variable or an array and given
 * to several stages. Loops are given as Vars, RVars, one-dimensional RDoms or names in quotes
 * ("x.v"); only the name counts, and it is looked up in the stage when the schedule is applied.
 * Numbers may be C integers, Knobs, and in bound() and bound_extent() expressions of Params.
 * docs/schedule.md describes every directive and the same schedules as text.
 */
#ifndef CARBIDE_SCHEDULE_H
#define CARBIDE_SCHEDULE_H

#include <carbide.h>

/* What happens where a split does not come out even. */
typedef enum cb_tail {
    CB_TAIL_auto,          /* the default: guard */
    CB_TAIL_guard,         /* iterations beyond the end do nothing */
    CB_TAIL_round_up,      /* computes more: up to a whole number of iterations */
    CB_TAIL_shift_inwards, /* the last piece is moved back inside, computing some elements twice */
    CB_TAIL_predicate,     /* guard, as masks of vector lanes */
    CB_TAIL_predicate_loads,         /* stores whole vectors, also beyond the end; loads are masked */
    CB_TAIL_predicate_stores,        /* loads whole vectors, also beyond the end; stores are masked */
    CB_TAIL_shift_inwards_and_blend, /* shift_inwards for updates: done elements keep their value */
    CB_TAIL_round_up_and_blend       /* round_up for updates: elements beyond keep their value */
} cb_tail;

typedef enum cb_memory {
    CB_MEMORY_auto, CB_MEMORY_heap, CB_MEMORY_stack, CB_MEMORY_register, CB_MEMORY_shared
} cb_memory;

/* Is a loop cut in three so that its steady state has no tails and clamps? */
typedef enum cb_policy { CB_POLICY_auto, CB_POLICY_never, CB_POLICY_always } cb_policy;

/* The name of a loop: of a Var or RVar, or given as text. */
typedef struct cb_loop {
    cb_expr var;
    const char *name;
} cb_loop;
CB_API cb_loop cb_loop_var(cb_expr var);
CB_API cb_loop cb_loop_rdom(cb_rdom r);
CB_API cb_loop cb_loop_name(const char *name);
CB_API cb_stage cb_stage_self(cb_stage s);
CB_API cb_stage cb_stage_pure(cb_func f);

/* Never called: what anything else is "converted" by, for the sake of the compiler's message. */
CB_API cb_loop cb_this_is_no_loop(struct cb_not_a_number_or_handle);
CB_API cb_stage cb_this_is_no_stage(struct cb_not_a_number_or_handle);

#define CB_LOOP(x)                                                                               \
    _Generic((x), cb_expr: cb_loop_var, cb_rdom: cb_loop_rdom, char *: cb_loop_name,             \
             const char *: cb_loop_name, default: cb_this_is_no_loop)(x)
#define CB_STAGE_ARG(x)                                                                          \
    _Generic((x), cb_func: cb_stage_pure, cb_stage: cb_stage_self, default: cb_this_is_no_stage)(x)

/* ---- directives about the loops of a stage --------------------------------------------------- */

CB_API cb_directive cb_split(cb_loop old, cb_loop outer, cb_loop inner, cb_expr factor,
                             cb_tail tail, cb_site at);
CB_API cb_directive cb_fuse(cb_loop outer, cb_loop inner, cb_loop fused, cb_site at);
CB_API cb_directive cb_rename(cb_loop old, cb_loop name, cb_site at);
/* innermost first */
CB_API cb_directive cb_reorder(int n, const cb_loop *loops, cb_site at);
CB_API cb_directive cb_tile(cb_loop x, cb_loop y, cb_loop xo, cb_loop yo, cb_loop xi, cb_loop yi,
                            cb_expr width, cb_expr height, cb_tail tail, cb_site at);
CB_API cb_directive cb_serial(cb_loop l, cb_site at);
CB_API cb_directive cb_parallel(cb_loop l, cb_site at);
CB_API cb_directive cb_vectorize(cb_loop l, cb_site at);
CB_API cb_directive cb_vectorize_by(cb_loop l, cb_expr lanes, cb_tail tail, cb_site at);
CB_API cb_directive cb_atomic(cb_site at);
CB_API cb_directive cb_stream_stores(cb_site at);
/* n names: a loop and a new dimension, in turn */
CB_API cb_directive cb_rfactor(cb_func made, int n, const cb_loop *pairs, cb_site at);
CB_API cb_directive cb_unroll(cb_loop l, cb_site at);
CB_API cb_directive cb_unroll_by(cb_loop l, cb_expr count, cb_tail tail, cb_site at);
/* Fetches what is read of f in the iteration of l that comes `ahead` (a positive Int) iterations later. */
CB_API cb_directive cb_prefetch(cb_func f, cb_loop l, cb_expr ahead, cb_site at);
CB_API cb_directive cb_partition(cb_loop l, cb_policy p, cb_site at);
CB_API cb_directive cb_unscheduled(cb_site at);

/* ---- directives about a Func as a whole ------------------------------------------------------ */

CB_API cb_directive cb_compute_inline(cb_site at);
CB_API cb_directive cb_compute_root(cb_site at);
CB_API cb_directive cb_compute_at(cb_stage s, cb_loop l, cb_site at);
CB_API cb_directive cb_store_root(cb_site at);
CB_API cb_directive cb_store_at(cb_stage s, cb_loop l, cb_site at);
CB_API cb_directive cb_hoist_storage(cb_stage s, cb_loop l, cb_site at);
CB_API cb_directive cb_hoist_storage_root(cb_site at);
CB_API cb_directive cb_fold_storage(cb_loop dim, cb_expr count, cb_site at);
CB_API cb_directive cb_store_in(cb_memory m, cb_site at);
/* innermost first */
CB_API cb_directive cb_reorder_storage(int n, const cb_loop *dims, cb_site at);
CB_API cb_directive cb_align_storage(cb_loop dim, cb_expr multiple, cb_site at);
CB_API cb_directive cb_bound_storage(cb_loop dim, cb_expr count, cb_site at);
CB_API cb_directive cb_bound(cb_loop dim, cb_expr min, cb_expr extent, cb_site at);
CB_API cb_directive cb_align_bounds(cb_loop dim, cb_expr modulus, cb_expr remainder, cb_site at);
CB_API cb_directive cb_bound_extent(cb_loop dim, cb_expr extent, cb_site at);
CB_API cb_directive cb_align_extent(cb_loop dim, cb_expr multiple, cb_site at);
/* What to expect of a dimension; for inputs too, whose dimensions are called "_0", "_1", ... */
CB_API cb_directive cb_estimate(cb_loop dim, cb_expr min, cb_expr extent, cb_site at);

/* ---- other loops where a condition holds ------------------------------------------------------
 * The condition is a text, up to a comma outside parentheses: parameters, knobs, in.min(0),
 * in.extent(0), in.stride(0) of inputs and outputs, numbers, and the operators of C. */
CB_API cb_directive cb_specialize(const char *condition, int n, const cb_directive *d, cb_site at);
CB_API cb_directive cb_specialize_fail(const char *message, cb_site at);

/* ---- directives that make Funcs ---------------------------------------------------------------
 * The first Func is a name for the one to be made: declared, never defined. It can then be
 * scheduled like any other. The others are those that shall read it. */
CB_API cb_directive cb_wrap(int n, const cb_func *made_then_readers, cb_site at);
CB_API cb_directive cb_clone(int n, const cb_func *made_then_readers, cb_site at);

/* ---- giving them to stages ------------------------------------------------------------------- */

/* Adds n directives to those of a stage, in order. `text` is the source for messages, or NULL.
 * Inside a Schedule body they belong to that schedule, elsewhere to the stage's context. */
CB_API void cb_schedule(cb_stage s, int n, const cb_directive *d, const char *text, cb_site at);
/* Expects that compiled code stores the stage with vectors of so many lanes: an error when not. */
CB_API void cb_expect_vectorized(cb_stage s, cb_expr lanes, cb_site at);

/* Directives in the block after CB_WHEN(avx512 && !gpu) count for targets of which that is true, those in a
 * CB_OTHERWISE block after it for the others. Both blocks are run, and kept: which of them counts is decided
 * when a target is. The words are those of carbide/targets.def. */
typedef struct cb_guard {
    struct schedule *schedule;
    struct sched_block *outer;
    int open;
} cb_guard;
CB_API cb_guard cb_guard_enter(const char *words, cb_site at);
CB_API cb_guard cb_guard_else(cb_site at);
CB_API void cb_guard_leave(cb_guard *g);
#define CB_GUARD_(g, enter)                                                                      \
    for (CB_CLEANUP(cb_guard_leave) cb_guard g = enter; g.open; cb_guard_leave(&g))
#define CB_WHEN(...) CB_GUARD_(CB_FRESH(cb_guard_), cb_guard_enter(#__VA_ARGS__, CB_HERE))
#define CB_OTHERWISE() CB_GUARD_(CB_FRESH(cb_guard_), cb_guard_else(CB_HERE))

#define CB_DIRECTIVES(...)                                                                       \
    (int)(sizeof((cb_directive[]){__VA_ARGS__}) / sizeof(cb_directive)),                         \
        (const cb_directive[]){__VA_ARGS__}
#define CB_SCHEDULE(f, ...)                                                                      \
    cb_schedule(CB_STAGE_ARG(f), CB_DIRECTIVES(__VA_ARGS__),                                     \
                "schedule(" #f ", " #__VA_ARGS__ ");", CB_HERE)
/* A whole array of directives. */
#define CB_APPLY(f, array)                                                                       \
    cb_schedule(CB_STAGE_ARG(f), (int)(sizeof(array) / sizeof *(array)), array,                  \
                "apply(" #f ", " #array ");", CB_HERE)
#define CB_EXPECT_VECTORIZED(f, lanes) cb_expect_vectorized(CB_STAGE_ARG(f), CB_E(lanes), CB_HERE)
/* Update k of f, counted from 0 as in schedule text. */
#define CB_UPDATE(f, k) cb_stage_of(f, (k) + 1, CB_HERE)

/* Directives with promotion, optional arguments and the place of use. A tail is a bare word:
 * CB_SPLIT(x, xo, xi, 8, round_up). */
#define CB_WITH_COUNT(m, ...) CB_PASTE(m, CB_NARGS(__VA_ARGS__))(__VA_ARGS__)
#define CB_SPLIT(...) CB_WITH_COUNT(CB_SPLIT_, __VA_ARGS__)
#define CB_SPLIT_4(l, o, i, n) CB_SPLIT_5(l, o, i, n, auto)
#define CB_SPLIT_5(l, o, i, n, tail)                                                             \
    cb_split(CB_LOOP(l), CB_LOOP(o), CB_LOOP(i), CB_E(n), CB_TAIL_##tail, CB_HERE)
#define CB_TILE(...) CB_WITH_COUNT(CB_TILE_, __VA_ARGS__)
#define CB_TILE_8(x, y, xo, yo, xi, yi, w, h) CB_TILE_9(x, y, xo, yo, xi, yi, w, h, auto)
#define CB_TILE_9(x, y, xo, yo, xi, yi, w, h, tail)                                              \
    cb_tile(CB_LOOP(x), CB_LOOP(y), CB_LOOP(xo), CB_LOOP(yo), CB_LOOP(xi), CB_LOOP(yi), CB_E(w), \
            CB_E(h), CB_TAIL_##tail, CB_HERE)
#define CB_FUSE(outer, inner, fused)                                                             \
    cb_fuse(CB_LOOP(outer), CB_LOOP(inner), CB_LOOP(fused), CB_HERE)
#define CB_RENAME(l, name) cb_rename(CB_LOOP(l), CB_LOOP(name), CB_HERE)
#define CB_LOOPS(...) CB_NARGS(__VA_ARGS__), (const cb_loop[]){CB_MAP(CB_LOOP, __VA_ARGS__)}
#define CB_REORDER(...) cb_reorder(CB_LOOPS(__VA_ARGS__), CB_HERE)
#define CB_SERIAL(l) cb_serial(CB_LOOP(l), CB_HERE)
#define CB_PARALLEL(l) cb_parallel(CB_LOOP(l), CB_HERE)
#define CB_VECTORIZE(...) CB_WITH_COUNT(CB_VECTORIZE_, __VA_ARGS__)
#define CB_VECTORIZE_1(l) cb_vectorize(CB_LOOP(l), CB_HERE)
#define CB_VECTORIZE_2(l, n) CB_VECTORIZE_3(l, n, auto)
#define CB_VECTORIZE_3(l, n, tail) cb_vectorize_by(CB_LOOP(l), CB_E(n), CB_TAIL_##tail, CB_HERE)
#define CB_UNROLL(...) CB_WITH_COUNT(CB_UNROLL_, __VA_ARGS__)
#define CB_UNROLL_1(l) cb_unroll(CB_LOOP(l), CB_HERE)
#define CB_UNROLL_2(l, n) CB_UNROLL_3(l, n, auto)
#define CB_UNROLL_3(l, n, tail) cb_unroll_by(CB_LOOP(l), CB_E(n), CB_TAIL_##tail, CB_HERE)
#define CB_RFACTOR(made, ...) cb_rfactor(made, CB_LOOPS(__VA_ARGS__), CB_HERE)
#define CB_ATOMIC() cb_atomic(CB_HERE)
#define CB_STREAM_STORES() cb_stream_stores(CB_HERE)
#define CB_PREFETCH(f, l, ahead) cb_prefetch(f, CB_LOOP(l), CB_E(ahead), CB_HERE)
#define CB_PARTITION(l, policy) cb_partition(CB_LOOP(l), CB_POLICY_##policy, CB_HERE)
#define CB_UNSCHEDULED() cb_unscheduled(CB_HERE)
#define CB_COMPUTE_INLINE() cb_compute_inline(CB_HERE)
#define CB_COMPUTE_ROOT() cb_compute_root(CB_HERE)
#define CB_COMPUTE_AT(f, l) cb_compute_at(CB_STAGE_ARG(f), CB_LOOP(l), CB_HERE)
#define CB_STORE_ROOT() cb_store_root(CB_HERE)
#define CB_STORE_AT(f, l) cb_store_at(CB_STAGE_ARG(f), CB_LOOP(l), CB_HERE)
#define CB_HOIST_STORAGE(f, l) cb_hoist_storage(CB_STAGE_ARG(f), CB_LOOP(l), CB_HERE)
#define CB_HOIST_STORAGE_ROOT() cb_hoist_storage_root(CB_HERE)
#define CB_FOLD_STORAGE(d, n) cb_fold_storage(CB_LOOP(d), CB_E(n), CB_HERE)
#define CB_STORE_IN(memory) cb_store_in(CB_MEMORY_##memory, CB_HERE)
#define CB_REORDER_STORAGE(...) cb_reorder_storage(CB_LOOPS(__VA_ARGS__), CB_HERE)
#define CB_ALIGN_STORAGE(d, n) cb_align_storage(CB_LOOP(d), CB_E(n), CB_HERE)
#define CB_BOUND_STORAGE(d, n) cb_bound_storage(CB_LOOP(d), CB_E(n), CB_HERE)
#define CB_BOUND(d, min, extent) cb_bound(CB_LOOP(d), CB_E(min), CB_E(extent), CB_HERE)
#define CB_SPECIALIZE(...) CB_SPECIALIZE_TEXT(#__VA_ARGS__, __VA_ARGS__)
#define CB_SPECIALIZE_TEXT(text, ...)                                                            \
    CB_PASTE(CB_SPECIALIZE_, CB_MANY(__VA_ARGS__))(text, __VA_ARGS__)
#define CB_SPECIALIZE_0(text, cond) cb_specialize(text, 0, (const cb_directive *)0, CB_HERE)
#define CB_SPECIALIZE_1(text, cond, ...) cb_specialize(text, CB_DIRECTIVES(__VA_ARGS__), CB_HERE)
#define CB_SPECIALIZE_FAIL(message) cb_specialize_fail(message, CB_HERE)
#define CB_FUNC_LIST(...) CB_NARGS(__VA_ARGS__), (const cb_func[]){__VA_ARGS__}
#define CB_WRAP(...) cb_wrap(CB_FUNC_LIST(__VA_ARGS__), CB_HERE)
#define CB_CLONE(...) cb_clone(CB_FUNC_LIST(__VA_ARGS__), CB_HERE)
#define CB_ALIGN_BOUNDS(...) CB_WITH_COUNT(CB_ALIGN_BOUNDS_, __VA_ARGS__)
#define CB_ALIGN_BOUNDS_2(d, m) CB_ALIGN_BOUNDS_3(d, m, 0)
#define CB_ALIGN_BOUNDS_3(d, m, r) cb_align_bounds(CB_LOOP(d), CB_E(m), CB_E(r), CB_HERE)
#define CB_BOUND_EXTENT(d, extent) cb_bound_extent(CB_LOOP(d), CB_E(extent), CB_HERE)
#define CB_ALIGN_EXTENT(d, n) cb_align_extent(CB_LOOP(d), CB_E(n), CB_HERE)
#define CB_ESTIMATE(d, min, extent) cb_estimate(CB_LOOP(d), CB_E(min), CB_E(extent), CB_HERE)

#endif
