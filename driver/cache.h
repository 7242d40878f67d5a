/* driver/cache.h: code that was made before.
 *
 * With CARBIDE_CACHE=DIR in the environment, generators keep the machine code that they make in files of DIR, and take it from
 * there when the same compiler is asked for the same again. CARBIDE_CACHE_MB (512) is how much they keep. */
#ifndef CB_CACHE_H
#define CB_CACHE_H

#include "../codegen/codegen.h"

/* The directory; NULL: nothing is kept, because nobody asked for it or somebody wants to see the passes at work. */
const char *cache_dir(void);
/* All that the code of a resolved pipeline depends on, as text. `what`: "object", "assembly", ... */
const char *cache_key(pipeline *p, const cg_target *t, const char *what);
/* What was kept under a key, in arena a; NULL: nothing, or it cannot be read. */
const char *cache_get(arena *a, const char *dir, const char *key, size_t *n);
/* Keeps it. A directory that cannot be written keeps nothing: the next run takes longer, that is all. */
void cache_put(arena *a, const char *dir, const char *key, const char *bytes, size_t n);

#endif
