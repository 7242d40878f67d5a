/* runtime/blocks.c: large blocks of the default environment, kept from one call of a pipeline to the next.
 *
 *     first call    take(47 MB): new from the system, page by page cleared on first use     give: kept
 *     second call   take(47 MB): the same block, its pages there                            give: kept
 *
 * A picture is filtered again and again, and each time the stages need the same storage. Getting it from the system takes
 * as long as writing it once or twice: iir_blur spends 40 % of its time on that. Blocks are in pages of 2 MB where the
 * system has such, which saves most of the misses in the table of pages when columns are walked. Each begins at another
 * place in its pages: arrays read and written side by side would otherwise lie on the same lines of the caches.
 *
 * What is kept is never more than `limit` bytes, the blocks given last; cb_default_env_destroy gives all of it back. The list
 * is short and held for some instructions. Who finds it taken does without, so that a child of fork, where the holder may be gone,
 * does not wait for it. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "env.h"

enum { MOST_KEPT = 32, TRIES = 1000, COLOURS = 16, COLOUR = 4096 + 5*64 };

static const size_t PAGE = (size_t)2 << 20;

static struct blocks {
    atomic_flag taken;
    _Atomic uint64_t limit;
    atomic_uint colour;
    size_t total;
    unsigned n;
    block kept[MOST_KEPT]; /* oldest first */
} blocks = {.taken = ATOMIC_FLAG_INIT, .limit = (uint64_t)256 << 20};

static bool hold(void)
{
    for (int i = 0; i < TRIES; i++)
        if (!atomic_flag_test_and_set_explicit(&blocks.taken, memory_order_acquire))
            return true;
    return false;
}

static void release(void)
{
    atomic_flag_clear_explicit(&blocks.taken, memory_order_release);
}

/* Takes block i out of the list. */
static block drop(unsigned i)
{
    block b = blocks.kept[i];
    blocks.n--;
    memmove(&blocks.kept[i], &blocks.kept[i + 1], (blocks.n - i)*sizeof *blocks.kept);
    blocks.total -= b.size;
    return b;
}

/* The smallest kept block of at least n bytes, unless it is much larger. */
static bool find_kept(size_t n, block *found)
{
    unsigned best = MOST_KEPT;
    for (unsigned i = 0; i < blocks.n; i++) {
        size_t size = blocks.kept[i].size;
        if (size >= n && size/2 <= n && (best == MOST_KEPT || size < blocks.kept[best].size))
            best = i;
    }
    if (best == MOST_KEPT)
        return false;
    *found = drop(best);
    return true;
}

/* n bytes at a multiple of PAGE, or NULL. */
static void *map_pages(size_t n)
{
    char *all = mmap(NULL, n + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    size_t before = -(uintptr_t)all & (PAGE - 1);
    if (before)
        munmap(all, before);
    if (before < PAGE)
        munmap(all + before + n, PAGE - before);
#ifdef MADV_HUGEPAGE
    madvise(all + before, n, MADV_HUGEPAGE);
#endif
    return all + before;
}

bool cb_block_take(size_t bytes, block *b)
{
    size_t n = bytes + COLOURS*COLOUR;
    n = (n + PAGE - 1) & ~(PAGE - 1);
    if (hold()) {
        bool found = find_kept(n, b);
        release();
        if (found)
            return true;
    }
    char *pages = map_pages(n);
    if (!pages)
        return false;
    unsigned colour = atomic_fetch_add_explicit(&blocks.colour, 1, memory_order_relaxed) % COLOURS;
    *b = (block){.pages = pages, .size = n, .begin = pages + colour*COLOUR};
    return true;
}

/* Takes blocks out until no more than `most` bytes, and at most `slots` blocks, are kept; how many. With the list held. */
static unsigned drop_oldest(uint64_t most, unsigned slots, block *out)
{
    unsigned n = 0;
    while (blocks.n && (blocks.total > most || blocks.n > slots))
        out[n++] = drop(0);
    return n;
}

static void unmap_all(const block *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        munmap(b[i].pages, b[i].size);
}

void cb_block_give(block b)
{
    block old[MOST_KEPT];
    unsigned n = 0;
    uint64_t limit = atomic_load_explicit(&blocks.limit, memory_order_relaxed);
    if (b.size > limit || !hold()) {
        unmap_all(&b, 1);
        return;
    }
    n = drop_oldest(limit - b.size, MOST_KEPT - 1, old);
    blocks.kept[blocks.n++] = b;
    blocks.total += b.size;
    release();
    unmap_all(old, n);
}

void cb_blocks_trim(uint64_t most)
{
    block old[MOST_KEPT];
    unsigned n = 0;
    if (!hold())
        return;
    n = drop_oldest(most, MOST_KEPT, old);
    release();
    unmap_all(old, n);
}

void cb_set_kept_memory(uint64_t bytes)
{
    atomic_store(&blocks.limit, bytes);
    cb_blocks_trim(bytes);
}
