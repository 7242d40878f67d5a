/* tests/unit/call_rig.h: compiled code called with buffers of the test's own making.
 *
 *     CALL_PROGRAM()
 *     {
 *         Input(in, u8, 1); ... cb_callable k = compile(out, "host");
 *         cb_dim dim[1] = {{0, 8, 1}};
 *         cb_buffer b = call_buffer(CB_u8, bytes, 1, dim);
 *         assert_int_equal(cb_call_argv(k, &call_quiet, (void *[]){&b, ...}), 0);
 *     }
 *     CALL_DONE("");                  what was said, all in all
 */
#ifndef CALL_RIG_H
#define CALL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <carbide/dsl.h>

static char call_said[4096]; /* diagnostics since CALL_PROGRAM */

static inline void call_sink(void *user, const cb_message *m)
{
    (void)user;
    strncat(call_said, m->rendered, sizeof call_said - strlen(call_said) - 1);
}

#define CALL_PROGRAM()                                                                           \
    call_said[0] = 0;                                                                            \
    cb_context *ctx = cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = call_sink}); \
    Carbide(ctx)

#define CALL_DONE(said)                                                                          \
    do {                                                                                         \
        assert_string_equal(call_said, said);                                                    \
        cb_context_free(ctx);                                                                    \
    } while (0)

static inline cb_buffer call_buffer(cb_type t, void *host, int rank, cb_dim *dim)
{
    return (cb_buffer){.size = sizeof(cb_buffer), .version = CB_BUFFER_VERSION, .host = host, .type = t,
                       .rank = rank, .dim = dim};
}

static inline void call_silent(const cb_env *env, int code, const char *text)
{
    (void)env, (void)code, (void)text;
}

/* Errors of runs are not printed. */
static const cb_env call_quiet = {.size = sizeof(cb_env), .version = CB_ENV_VERSION, .error = call_silent};

#endif
