/* driver/dirt.h: memory for what compiled code stores between its stages, of the kind that makes mistakes show.
 *
 * It is never zero by chance, so that what reads it before it is written differs every time, and has fields in front and
 * behind that must stay as they are: who writes there has strayed. For a cb_env whose `user` points to a struct that begins with
 * a dirt:
 *
 *     cb_env env = {..., .user = &mine, .alloc = dirt_alloc, .free = dirt_free};
 */
#ifndef CB_DIRT_H
#define CB_DIRT_H

#include <carbide/runtime.h>

#include <stdatomic.h>
#include <stdbool.h>

typedef struct dirt {
    size_t most;         /* bytes of one allocation; more are refused */
    atomic_bool strayed; /* something was written beside what was allocated */
} dirt;

void *dirt_alloc(const cb_env *env, size_t bytes, size_t align);
void dirt_free(const cb_env *env, void *p);
/* Makes what lies below the caller's frame dirt, for storage that the call of a pipeline next to this has on the stack: before, it
 * held what calls before had left, which may be what is right. Stacks of other threads stay as they are. */
void dirt_stack(void);
#endif
