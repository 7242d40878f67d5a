/* runtime/alloc.c: memory for what a pipeline stores between its stages.
 *
 * Every block is 64-byte aligned with 64 bytes to spare on both sides, so that a whole-vector access that starts
 * or ends inside the block stays inside the allocation:
 *
 *     base -> | 64 spare | bytes ... | 64 spare |
 *                        ^ what the pipeline gets
 *
 * An environment's alloc and free are used as a pair; when either is missing both are the default: malloc, and for
 * large blocks blocks.c. The default's blocks have a line before them that says which. */
#include <stdbool.h>
#include <stdlib.h>

#include "env.h"

enum { ALIGN = 64, SPARE = 64, LARGE = 1 << 20 };

typedef union line {
    block b; /* .pages is NULL: from malloc */
    char bytes[ALIGN];
} line;

static void *default_alloc(size_t n)
{
    line *l;
    block b = {0};
    if (n < LARGE)
        l = aligned_alloc(ALIGN, n + sizeof *l);
    else
        l = cb_block_take(n + sizeof *l, &b) ? (void *)b.begin : NULL;
    if (!l)
        return NULL;
    l->b = b;
    return l + 1;
}

static void default_free(void *p)
{
    line *l = (line *)p - 1;
    if (l->b.pages)
        cb_block_give(l->b);
    else
        free(l);
}

static bool has_own(const cb_env *env)
{
    return ENV_FIELD(env, alloc) && ENV_FIELD(env, free);
}

void *cb_rt_alloc(const cb_env *env, int64_t bytes)
{
    if (bytes < 0 || (uint64_t)bytes > SIZE_MAX / 4)
        return NULL;
    size_t n = ((size_t)bytes + 2 * SPARE + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    char *base = has_own(env) ? env->alloc(env, n, ALIGN) : default_alloc(n);
    return base ? base + SPARE : NULL;
}

void cb_rt_free(const cb_env *env, void *p)
{
    if (!p)
        return;
    char *base = (char *)p - SPARE;
    if (has_own(env))
        env->free(env, base);
    else
        default_free(base);
}
