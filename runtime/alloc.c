/* runtime/alloc.c: memory for what a pipeline stores between its stages.
 *
 * Every block is 64-byte aligned with 64 bytes to spare on both sides, so that a whole-vector access that starts
 * or ends inside the block stays inside the allocation:
 *
 *     base -> | 64 spare | bytes ... | 64 spare |
 *                        ^ what the pipeline gets
 *
 * An environment's alloc and free are used as a pair; when either is missing both are the default. */
#include <stdlib.h>

#include "env.h"

enum { ALIGN = 64, SPARE = 64 };

void *cb_rt_alloc(const cb_env *env, int64_t bytes)
{
    if (bytes < 0 || (uint64_t)bytes > SIZE_MAX / 2 - 2 * SPARE - ALIGN)
        return NULL;
    size_t n = ((size_t)bytes + 2 * SPARE + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    char *base;
    if (ENV_FIELD(env, alloc) && ENV_FIELD(env, free))
        base = env->alloc(env, n, ALIGN);
    else
        base = aligned_alloc(ALIGN, n);
    return base ? base + SPARE : NULL;
}

void cb_rt_free(const cb_env *env, void *p)
{
    if (!p)
        return;
    char *base = (char *)p - SPARE;
    if (ENV_FIELD(env, alloc) && ENV_FIELD(env, free))
        env->free(env, base);
    else
        free(base);
}
