/* dsl/interp_table.c: a hash table from coordinates to values. With rank 0 it holds at most one
 * value, and costs no more than that. */
#include "interp.h"

#include <string.h>

static uint32_t hash_coords(const int32_t *key, uint32_t rank)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t i = 0; i < rank; i++) {
        h = (h ^ (uint32_t)key[i]) * UINT64_C(0xd6e8feb86659fd93);
        h ^= h >> 32;
    }
    return (uint32_t)h;
}

/* The slot that holds key, or the empty one where it belongs. */
static uint32_t find(const ptable *t, const int32_t *key)
{
    uint32_t mask = t->nslots - 1, s = hash_coords(key, t->rank) & mask;
    for (; t->slot[s]; s = (s + 1) & mask)
        if (memcmp(t->key + (size_t)(t->slot[s] - 1) * t->rank, key, t->rank * sizeof *key) == 0)
            break;
    return s;
}

ir_value *ptable_get(const ptable *t, const int32_t *key)
{
    if (!t->n)
        return NULL;
    if (!t->rank)
        return t->val;
    uint32_t at = t->slot[find(t, key)];
    return at ? t->val + (size_t)(at - 1) * t->width : NULL;
}

static void grow_slots(arena *a, ptable *t)
{
    t->nslots = t->nslots ? t->nslots * 2 : 16;
    t->slot = NEW_ARRAY(a, uint32_t, t->nslots);
    for (uint32_t i = 0; i < t->n; i++)
        t->slot[find(t, t->key + (size_t)i * t->rank)] = i + 1;
}

static void grow_entries(arena *a, ptable *t)
{
    uint32_t more = !t->rank ? 1 : t->cap ? t->cap * 2 : 8;
    int32_t *key = NEW_ARRAY(a, int32_t, (size_t)more * t->rank);
    ir_value *val = NEW_ARRAY(a, ir_value, (size_t)more * t->width);
    if (t->n) {
        memcpy(key, t->key, (size_t)t->n * t->rank * sizeof *key);
        memcpy(val, t->val, (size_t)t->n * t->width * sizeof *val);
    }
    t->key = key;
    t->val = val;
    t->cap = more;
}

ir_value *ptable_put(arena *a, ptable *t, const int32_t *key)
{
    ir_value *v = ptable_get(t, key);
    if (v)
        return v;
    if (t->n == t->cap)
        grow_entries(a, t);
    if (t->rank && 2 * (t->n + 1) > t->nslots)
        grow_slots(a, t);
    if (t->rank) {
        memcpy(t->key + (size_t)t->n * t->rank, key, t->rank * sizeof *key);
        t->slot[find(t, key)] = t->n + 1;
    }
    return t->val + (size_t)t->n++ * t->width;
}
