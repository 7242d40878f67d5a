/* driver/dirt.c: memory that makes mistakes show.
 *
 *     block -> | bytes, dirt ... | dirt ... | dirt ... |
 *              |<---- FIELD ---->|<- bytes->|<- FIELD ->
 *                                ^ what the pipeline gets
 */
#include "dirt.h"

#include <stdlib.h>
#include <string.h>

enum { DIRT = 0xa5, FIELD = 4096, STACK = 128 << 10 };

void *dirt_alloc(const cb_env *env, size_t bytes, size_t align)
{
    const dirt *d = env->user;
    size_t room = (bytes + align - 1) / align * align + 2 * FIELD;
    unsigned char *block = bytes > d->most || align > FIELD ? NULL : aligned_alloc(align, room);
    if (!block)
        return NULL;
    memset(block, DIRT, room);
    memcpy(block, &bytes, sizeof bytes);
    return block + FIELD;
}

static bool is_clean(const unsigned char *p, size_t n)
{
    return n == 0 || (p[0] == DIRT && memcmp(p, p + 1, n - 1) == 0);
}

void dirt_free(const cb_env *env, void *p)
{
    dirt *d = env->user;
    unsigned char *block = (unsigned char *)p - FIELD;
    size_t bytes;
    memcpy(&bytes, block, sizeof bytes);
    if (!is_clean(block + sizeof bytes, FIELD - sizeof bytes) || !is_clean(block + FIELD + bytes, FIELD))
        atomic_store(&d->strayed, true);
    free(block);
}

void dirt_stack(void)
{
    unsigned char below[STACK];
    void *(*volatile fill)(void *, int, size_t) = memset; /* nobody reads it: not to be optimised away */
    fill(below, DIRT, sizeof below);
}
