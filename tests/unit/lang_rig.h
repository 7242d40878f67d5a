/* tests/unit/lang_rig.h: language tests: a Func run compiled, interpreted, and under schedules, by value.
 *
 *     RIG_TEST(doubled)
 *     {
 *         Funcs(f);
 *         Vars(x);
 *         define(f(x) = x*2);
 *         cb_buffer *b = RIG_RUN1(w, f, CB_i32, 8);      compiled and interpreted: equal
 *         assert_int_equal(I32(b)[3], 6);
 *         cb_buffer_free(b);
 *     }
 */
#ifndef LANG_RIG_H
#define LANG_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <carbide/dsl.h>

typedef struct world {
    cb_context *c;
    int count;
    char code[64], said[2048];
} world;

static void rig_sink(void *user, const cb_message *m)
{
    world *w = user;
    if (!w->count++)
        strncpy(w->code, m->code, sizeof w->code - 1);
    strncpy(w->said, m->rendered, sizeof w->said - 1);
}

static inline world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    cb_options o = {.size = sizeof o, .sink = rig_sink, .sink_user = w};
    w->c = cb_context_new(&o);
    assert_non_null(w->c);
    return w;
}

static inline void world_free(world *w)
{
    if (w->count)
        fail_msg("unexpected: %s", w->said);
    cb_context_free(w->c);
    free(w);
}

/* A test whose body runs in the scope of a world of its own, `w`: nothing may be said that the body does not expect. */
#define RIG_TEST(name)                                                                           \
    static void name##_in(world *w);                                                             \
    static void name(void **state)                                                               \
    {                                                                                            \
        (void)state;                                                                             \
        world *w = world_new();                                                                  \
        Carbide(w->c) name##_in(w);                                                              \
        world_free(w);                                                                           \
    }                                                                                            \
    static void name##_in(__attribute__((unused)) world *w)

/* Exactly one diagnostic was made, of this code; forgets it. */
static inline void rig_one(world *w, const char *code, const char *part)
{
    if (w->count != 1 || strcmp(w->code, code) || !strstr(w->said, part))
        fail_msg("expected one %s with '%s', got %d, first %s: %s", code, part, w->count, w->code,
                 w->said);
    w->count = 0;
}

enum { RIG_VALUES = 4 };

/* What compiled code and the interpreter make of f over [0, extent), outputs filled with `before`
 * first: equal, byte for byte; the compiled ones in out[], to be freed. */
static inline void rig_run(world *w, cb_func f, int nvalues, const cb_type *types, int rank,
                           const int32_t *extents, int before, cb_buffer **out)
{
    cb_buffer *want[RIG_VALUES];
    for (int v = 0; v < nvalues; v++) {
        out[v] = cb_buffer_new(NULL, types[v], rank, extents);
        want[v] = cb_buffer_new(NULL, types[v], rank, extents);
        assert_true(out[v] && want[v]);
        size_t bytes = types[v].bits <= 8 ? 1 : types[v].bits / 8;
        for (int d = 0; d < rank; d++)
            bytes *= (size_t)extents[d];
        memset(out[v]->host, before, bytes);
        memset(want[v]->host, before, bytes);
    }
    int a = cb_realize_into(f, nvalues, out, CB_HERE), b = cb_interpret(f, nvalues, want, CB_HERE);
    if (a || b)
        fail_msg("compiled %d, interpreted %d: %s", a, b, w->said);
    for (int v = 0; v < nvalues; v++) {
        size_t bytes = types[v].bits <= 8 ? 1 : types[v].bits / 8;
        for (int d = 0; d < rank; d++)
            bytes *= (size_t)extents[d];
        for (size_t i = 0; i < bytes; i++)
            if (((unsigned char *)out[v]->host)[i] != ((unsigned char *)want[v]->host)[i])
                fail_msg("value %d: byte %zu is %d, the interpreter says %d", v, i,
                         ((unsigned char *)out[v]->host)[i], ((unsigned char *)want[v]->host)[i]);
        cb_buffer_free(want[v]);
    }
}

static inline cb_buffer *rig_run1(world *w, cb_func f, cb_type t, int rank, const int32_t *extents)
{
    cb_buffer *out;
    rig_run(w, f, 1, &t, rank, extents, 0, &out);
    return out;
}
#define RIG_RUN1(w, f, t, ...)                                                                   \
    rig_run1(w, f, t, (int)(sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t)),                 \
             (const int32_t[]){__VA_ARGS__})

#define I32(b) ((int32_t *)(b)->host)
#define U8(b) ((uint8_t *)(b)->host)

#endif
