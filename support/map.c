/* support/map.c: hash maps and interned strings.
 *
 * A map keeps its entries in an array in the order they came, and beside it a table of indices into
 * that array, probed linearly. So looking up is a hash and iterating is a plain loop, whose order
 * depends on the program only, never on addresses:
 *
 *     map m = {0};
 *     map_put(a, &m, 7, 1);
 *     for (uint32_t i = 0; i < m.n; i++) use(m.entry[i].key, m.entry[i].val);
 */
#include "support.h"

#include <string.h>

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

/* The slot that holds key, or the empty one where it belongs. */
static uint32_t find(const map *m, uint64_t key)
{
    uint32_t mask = m->nslots - 1, s = (uint32_t)mix(key) & mask;
    while (m->slot[s] && m->entry[m->slot[s] - 1].key != key)
        s = (s + 1) & mask;
    return s;
}

bool map_get(const map *m, uint64_t key, uint64_t *val)
{
    if (!m->n)
        return false;
    uint32_t at = m->slot[find(m, key)];
    if (!at)
        return false;
    if (val)
        *val = m->entry[at - 1].val;
    return true;
}

static void grow(arena *a, map *m)
{
    uint32_t more = m->nslots ? m->nslots * 2 : 16;
    m->slot = NEW_ARRAY(a, uint32_t, more);
    m->nslots = more;
    for (uint32_t i = 0; i < m->n; i++)
        m->slot[find(m, m->entry[i].key)] = i + 1;
}

void map_put(arena *a, map *m, uint64_t key, uint64_t val)
{
    if (2 * (m->n + 1) > m->nslots)
        grow(a, m);
    uint32_t s = find(m, key);
    if (m->slot[s]) {
        m->entry[m->slot[s] - 1].val = val;
        return;
    }
    vec_grow(a, (void **)&m->entry, &m->cap, m->n, sizeof *m->entry);
    m->entry[m->n++] = (map_entry){key, val};
    m->slot[s] = m->n;
}

void map_clear(map *m)
{
    if (m->n < m->nslots / 8) {
        /* Few entries in a large table: find each one's slot instead of sweeping all. */
        uint32_t mask = m->nslots - 1;
        for (uint32_t i = 0; i < m->n; i++) {
            uint32_t s = (uint32_t)mix(m->entry[i].key) & mask;
            while (m->slot[s] != i + 1)
                s = (s + 1) & mask;
            m->slot[s] = 0;
        }
    } else if (m->nslots) {
        memset(m->slot, 0, m->nslots * sizeof *m->slot);
    }
    m->n = 0;
}

/* ---- interned strings: each stands behind its length, so bytes of any value may be interned -- */

typedef struct interned {
    size_t n;
    uint64_t hash;
    char bytes[];
} interned;

static const interned *interned_of(const char *s)
{
    return (const interned *)(const void *)(s - offsetof(interned, bytes));
}

static uint64_t hash_bytes(const char *s, size_t n)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
    return mix(h);
}

static void strtab_grow(arena *a, strtab *t)
{
    uint32_t more = t->nslots ? t->nslots * 2 : 64;
    const char **slot = NEW_ARRAY(a, const char *, more);
    for (uint32_t i = 0; i < t->nslots; i++) {
        if (!t->slot[i])
            continue;
        uint32_t k = (uint32_t)interned_of(t->slot[i])->hash & (more - 1);
        while (slot[k])
            k = (k + 1) & (more - 1);
        slot[k] = t->slot[i];
    }
    t->slot = slot;
    t->nslots = more;
}

const char *strtab_intern(arena *a, strtab *t, const char *s, size_t n)
{
    if (2 * (t->n + 1) > t->nslots)
        strtab_grow(a, t);
    uint64_t h = hash_bytes(s, n);
    uint32_t mask = t->nslots - 1, k = (uint32_t)h & mask;
    for (; t->slot[k]; k = (k + 1) & mask) {
        const interned *e = interned_of(t->slot[k]);
        if (e->hash == h && e->n == n && memcmp(e->bytes, s, n) == 0)
            return e->bytes;
    }
    interned *e = arena_alloc(a, sizeof *e + n + 1);
    e->n = n;
    e->hash = h;
    memcpy(e->bytes, s, n);
    t->slot[k] = e->bytes;
    t->n++;
    return e->bytes;
}
