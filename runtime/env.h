/* runtime/env.h: reading an environment that may be NULL, partly NULL, or older than this library.
 *
 * A caller compiled against an earlier header passes a shorter struct; `size` says how far it reaches. */
#ifndef CB_RUNTIME_ENV_H
#define CB_RUNTIME_ENV_H

#include <carbide/runtime.h>

/* The field of env, or 0 when env is NULL or ends before it. */
#define ENV_FIELD(env, field)                                                                    \
    ((env) && (env)->size >= offsetof(cb_env, field) + sizeof(env)->field ? (env)->field : 0)

/* Bytes of one element; bool takes one. */
static inline uint64_t element_bytes(cb_type t)
{
    return (uint64_t)((t.bits + 7) / 8) * (t.lanes ? t.lanes : 1);
}

#endif
