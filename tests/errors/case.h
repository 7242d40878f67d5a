/* tests/errors/case.h: one mistake per file.
 *
 *     / * A sentence or two for the page of the code. * /
 *     #include "case.h"
 *
 *     Mistake { Funcs(f); Vars(x); define(f(x) = y + 1); }
 *     Fixed { Funcs(f); Vars(x); define(f(x) = x + 1); }
 *
 * Both bodies run in a scope of a context of their own. What the mistake prints is compared with
 * NAME.err; the fixed body prints nothing. The page docs/errors/CODE.md shows all of it.
 */
#ifndef ERRORS_CASE_H
#define ERRORS_CASE_H

#include <string.h>

#include <carbide/dsl.h>

typedef struct err_case {
    const char *file;
    bool scoped; /* the mistake is made inside a scope */
    void (*mistake)(void), (*fixed)(void);
} err_case;

#define ERR_CASE(scoped)                                                                         \
    static void mistake(void);                                                                   \
    static void fixed(void);                                                                     \
    static const err_case this_case = {__FILE__, scoped, mistake, fixed};                        \
    static const err_case *const case_entry                                                      \
        __attribute__((used, section("err_cases"))) = &this_case;                                \
    static void mistake(void)
#define Mistake ERR_CASE(true)
#define MistakeOutside ERR_CASE(false)
#define Fixed static void fixed(void)

/* A zeroed buffer that is freed after the case: array(u8, 640, 480). */
#define array(type, ...)                                                                         \
    err_array(CB_##type, CB_NARGS(__VA_ARGS__), (const int32_t[]){__VA_ARGS__})
cb_buffer *err_array(cb_type t, int rank, const int32_t *extents);

/* Computes f and drops the result. */
#define run(f, ...) cb_buffer_free(CB_REALIZE(f, __VA_ARGS__))

/* Compiles f and drops the code. */
#define try_compile(f, target) cb_callable_free(CB_COMPILE(f, target))

/* A C function as a stage of i32 elements in one dimension: it needs what it computes, and copies it. */
static inline int copy(const cb_env *env, cb_buffer *in, cb_buffer *out)
{
    (void)env;
    if (!out->host)
        in->dim[0] = out->dim[0];
    for (int i = 0; out->host && i < out->dim[0].extent; i++)
        ((int32_t *)out->host)[i] = ((int32_t *)in->host)[i];
    return 0;
}

/* Compiles f and calls it with buffers and pointers to scalars. */
#define call(f, ...) err_call(f, CB_HERE, (void *[]){__VA_ARGS__})
void err_call(cb_func f, cb_site at, void **args);

/* The command line of a generator program with the generators of this one. Files are written to a
 * directory that is removed afterwards. */
#define command(...) err_command((const char *[]){"sample.gen", __VA_ARGS__, NULL})
void err_command(const char **words);

/* The same for carbide run. */
#define carbide_run(...) err_carbide_run((const char *[]){"run", __VA_ARGS__, NULL})
void err_carbide_run(const char **words);

#endif
