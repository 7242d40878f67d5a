/* support/arena.c: regions of memory, freed all at once.
 *
 *     arena *a = arena_new(NULL, &esc);
 *     struct thing *t = NEW(a, struct thing);   // zeroed, never NULL
 *     arena_free(a);                            // frees t and everything else
 *
 * Memory comes in chunks from the allocator the caller gave; a request larger than a chunk gets one
 * of its own, behind the current one, so that the rest of the current one is not lost.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, FIRST_CHUNK = 16 << 10, LAST_CHUNK = 1 << 20 };

typedef struct chunk {
    struct chunk *next;
    size_t pad; /* keeps the bytes that follow 16-byte aligned */
} chunk;

struct arena {
    cb_allocator_fns fns;
    escape *esc;
    chunk *chunks;
    char *at, *end; /* free part of the current chunk */
    size_t next_chunk, total, most; /* most 0: no limit */
};

static void *default_alloc(void *user, size_t bytes)
{
    (void)user;
    return malloc(bytes);
}

static void default_free(void *user, void *p)
{
    (void)user;
    free(p);
}

arena *arena_new(const cb_allocator_fns *fns, escape *esc)
{
    cb_allocator_fns f = {default_alloc, default_free, NULL};
    if (fns)
        f = *fns;
    arena *a = f.alloc(f.user, sizeof *a);
    if (!a)
        return NULL;
    memset(a, 0, sizeof *a);
    a->fns = f;
    a->esc = esc;
    a->next_chunk = FIRST_CHUNK;
    return a;
}

void arena_free(arena *a)
{
    if (!a)
        return;
    cb_allocator_fns f = a->fns;
    for (chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        f.free(f.user, c);
    }
    f.free(f.user, a);
}

static char *new_chunk(arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(chunk) || (a->most && a->total + bytes > a->most))
        return NULL;
    chunk *c = a->fns.alloc(a->fns.user, sizeof(chunk) + bytes);
    if (!c)
        return NULL;
    c->next = a->chunks;
    a->chunks = c;
    a->total += sizeof(chunk) + bytes;
    return (char *)(c + 1);
}

void *arena_try_alloc(arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
    char *p;
    if (bytes <= (size_t)(a->end - a->at)) {
        p = a->at;
        a->at += bytes;
    } else if (bytes > a->next_chunk / 4) {
        p = new_chunk(a, bytes);
    } else {
        p = new_chunk(a, a->next_chunk);
        if (p) {
            a->at = p + bytes;
            a->end = p + a->next_chunk;
            if (a->next_chunk < LAST_CHUNK)
                a->next_chunk *= 2;
        }
    }
    return p ? memset(p, 0, bytes) : NULL;
}

void *arena_alloc(arena *a, size_t bytes)
{
    void *p = arena_try_alloc(a, bytes);
    if (!p)
        guard_fail(a->esc);
    return p;
}

void *arena_copy(arena *a, const void *p, size_t bytes)
{
    void *q = arena_alloc(a, bytes);
    if (bytes)
        memcpy(q, p, bytes);
    return q;
}

char *arena_strndup(arena *a, const char *s, size_t n)
{
    char *q = arena_alloc(a, n + 1);
    if (n)
        memcpy(q, s, n);
    return q;
}

char *arena_strdup(arena *a, const char *s) { return arena_strndup(a, s, strlen(s)); }

char *arena_vprintf(arena *a, const char *fmt, va_list ap)
{
    va_list again;
    if (!fmt)
        return arena_alloc(a, 1);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    size_t len = n < 0 ? 0 : (size_t)n;
    char *s = arena_alloc(a, len + 1);
    if (len)
        vsnprintf(s, len + 1, fmt, again);
    va_end(again);
    return s;
}

char *arena_printf(arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return s;
}

void arena_limit(arena *a, size_t bytes) { a->most = bytes; }
size_t arena_bytes(const arena *a) { return a->total; }
const cb_allocator_fns *arena_fns(const arena *a) { return &a->fns; }

void vec_grow(arena *a, void **at, uint32_t *cap, uint32_t n, size_t size)
{
    if (n < *cap)
        return;
    if (*cap > UINT32_MAX / 2)
        guard_fail(a->esc);
    uint32_t more = *cap ? *cap * 2 : 8;
    void *p = arena_alloc(a, (size_t)more * size);
    if (n)
        memcpy(p, *at, (size_t)n * size);
    *at = p;
    *cap = more;
}
