/* runtime/env.h: reading an environment that may be NULL, partly NULL, or older than this library.
 *
 * A caller compiled against an earlier header passes a shorter struct; `size` says how far it reaches. */
#ifndef CB_RUNTIME_ENV_H
#define CB_RUNTIME_ENV_H

#include <stdbool.h>

#include <carbide/runtime.h>

/* The field of env, or 0 when env is NULL or ends before it. */
#define ENV_FIELD(env, field)                                                                    \
    ((env) && (env)->size >= offsetof(cb_env, field) + sizeof(env)->field ? (env)->field : 0)

/* Bytes of one element; bool takes one. */
static inline uint64_t element_bytes(cb_type t)
{
    return (uint64_t)((t.bits + 7) / 8) * (t.lanes ? t.lanes : 1);
}

/* Large blocks of the default environment: blocks.c. */
typedef struct block {
    char *pages, *begin; /* what is mapped; what may be used, to the end of it */
    size_t size;         /* mapped */
} block;

/* At least `bytes` from b->begin on, aligned to 64; false when there is no memory. */
bool cb_block_take(size_t bytes, block *b);
/* Keeps it for the next that takes one, or gives it back. */
void cb_block_give(block b);
/* Gives kept blocks back until at most `most` bytes are left. */
void cb_blocks_trim(uint64_t most);

#endif
