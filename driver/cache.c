/* driver/cache.c: code that was made before, in files of a directory that all generators of a user may share.
 *
 *     DIR/5f0c9a1e44b27d83a2d1e0b9c6f75a10.code      carbide code 1 KEYBYTES CODEBYTES
 *                                                    the key as text, then the code
 *
 * The key is all that code depends on: the compiler by what it was built from, LLVM's version, kind, name and target of the
 * code, the program with its places in the source, and the schedule with its procedures expanded.
 *
 * A file is found by a hash of its key and taken when the whole key is the same, so that a collision makes work and no wrong
 * code. Files are written beside their place and renamed: half a file is never seen, and two writers do no harm. When the
 * directory has grown too large, what was not used for the longest time goes. */
#define _POSIX_C_SOURCE 200809L

#include "cache.h"
#include "prove.h"

#include "compiler_id.inc"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".code";
static const char first_line[] = "carbide code 1 ";

const char *cache_dir(void)
{
    const char *dir = getenv("CARBIDE_CACHE");
    if (!dir || !*dir || env_is_set("CARBIDE_DUMP") || env_is_set("CARBIDE_TIME") || env_is_set("CARBIDE_VERIFY"))
        return NULL;
    return dir;
}

const char *cache_key(pipeline *p, const cg_target *t, const char *what)
{
    text key;
    text_init(&key, p->ctx->a);
    text_put(&key, "carbide " CB_VERSION " " COMPILER_ID " ");
    cg_version(&key);
    text_printf(&key, "\n%s %s %s %x %d\n", what, p->name, t->text, (unsigned)t->features, p->ctx->planted);
    program_text(&key, p, true);
    for (uint32_t i = 0; p->sched && i < p->sched->knobs.n; i++)
        text_printf(&key, "knob %s %" PRId64 "\n", p->sched->knobs.at[i]->name, p->sched->knobs.at[i]->value);
    if (p->flat)
        schedule_print(&key, p->flat);
    return text_str(&key);
}

static const char *path_of(arena *a, const char *dir, const char *key)
{
    const uint64_t h = text_hash(0, key), g = text_hash(0x6c62272e07bb0142u, key); /* two beginnings: 128 bits */
    return arena_printf(a, "%s/%016" PRIx64 "%016" PRIx64 "%s", dir, h, g, suffix);
}

/* ---- taking -------------------------------------------------------------------------------------------- */

const char *cache_get(arena *a, const char *dir, const char *key, size_t *n)
{
    size_t size, nkey = strlen(key);
    const char *path = path_of(a, dir, key), *file = text_read_file(a, path, &size);
    uint64_t keybytes, codebytes;
    int at = 0;
    if (!file || strncmp(file, first_line, sizeof first_line - 1) ||
        sscanf(file + sizeof first_line - 1, "%" SCNu64 " %" SCNu64 "%n", &keybytes, &codebytes, &at) != 2)
        return NULL;
    size_t begin = sizeof first_line - 1 + (size_t)at + 1;
    if (keybytes != nkey || begin > size || size - begin < nkey || codebytes != size - begin - nkey ||
        memcmp(file + begin, key, nkey))
        return NULL;
    utimensat(AT_FDCWD, path, NULL, 0); /* used now */
    *n = (size_t)codebytes;
    return file + begin + nkey;
}

/* ---- keeping ------------------------------------------------------------------------------------------- */

typedef struct kept {
    const char *path;
    uint64_t bytes;
    struct timespec used;
} kept;

static int by_age(const void *a, const void *b)
{
    const struct timespec *x = &((const kept *)a)->used, *y = &((const kept *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

static uint64_t limit(void)
{
    const char *v = getenv("CARBIDE_CACHE_MB");
    uint64_t mb = v && *v ? strtoull(v, NULL, 10) : 512;
    return mb << 20;
}

static bool is_ours(const char *name)
{
    size_t n = strlen(name), m = sizeof suffix - 1;
    return n > m && !strcmp(name + n - m, suffix);
}

/* Down to three quarters of what is allowed, so that not every file that comes finds it full. */
static void trim(arena *a, const char *dir)
{
    vec(kept) files = {0};
    uint64_t bytes = 0, most = limit();
    DIR *d = opendir(dir);
    for (const struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        const char *path = arena_printf(a, "%s/%s", dir, e->d_name);
        if (!is_ours(e->d_name) || stat(path, &st) || !S_ISREG(st.st_mode))
            continue;
        vec_push(a, &files, (kept){path, (uint64_t)st.st_size, st.st_mtim});
        bytes += (uint64_t)st.st_size;
    }
    if (d)
        closedir(d);
    if (bytes <= most)
        return;
    qsort(files.at, files.n, sizeof *files.at, by_age);
    for (uint32_t i = 0; i < files.n && bytes > most / 4 * 3; i++) {
        remove(files.at[i].path);
        bytes -= files.at[i].bytes;
    }
}

void cache_put(arena *a, const char *dir, const char *key, const char *bytes, size_t n)
{
    mkdir(dir, 0777); /* if it is there, all the better */
    const char *path = path_of(a, dir, key), *beside = arena_printf(a, "%s.%ld", path, (long)getpid());
    FILE *f = fopen(beside, "wb");
    if (!f)
        return;
    size_t nkey = strlen(key);
    bool ok = fprintf(f, "%s%zu %zu\n", first_line, nkey, n) > 0 && fwrite(key, 1, nkey, f) == nkey &&
              fwrite(bytes, 1, n, f) == n;
    ok = !fclose(f) && ok;
    if (!ok || rename(beside, path))
        remove(beside);
    else
        trim(a, dir);
}
