/* support/text.c: text that grows, files read whole, and "did you mean". */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_init(text *t, arena *a) { *t = (text){.a = a}; }

static void reserve(text *t, size_t more)
{
    if (t->cap - t->n > more)
        return;
    size_t cap = t->cap ? t->cap : 64;
    while (cap - t->n <= more) {
        if (cap > SIZE_MAX / 2) {
            cap = SIZE_MAX; /* the arena refuses it, by way of the guard */
            break;
        }
        cap *= 2;
    }
    char *p = arena_alloc(t->a, cap);
    if (t->n)
        memcpy(p, t->at, t->n);
    t->at = p;
    t->cap = cap;
}

void text_putn(text *t, const char *s, size_t n)
{
    reserve(t, n);
    if (n)
        memcpy(t->at + t->n, s, n);
    t->n += n;
    t->at[t->n] = 0;
}

void text_put(text *t, const char *s) { text_putn(t, s, strlen(s)); }

void text_printf(text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n <= 0)
        return;
    reserve(t, (size_t)n);
    va_start(ap, fmt);
    vsnprintf(t->at + t->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    t->n += (size_t)n;
}

const char *text_str(const text *t) { return t->at ? t->at : ""; }

enum { LONGEST = 63 }; /* words longer than this are never suggested */

/* Edits (insert, delete, replace, swap neighbours) that make a into b. */
static size_t edits(const char *a, size_t na, const char *b, size_t nb)
{
    size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= nb; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[nb];
}

size_t text_distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    return edits(a, na < LONGEST ? na : LONGEST, b, nb < LONGEST ? nb : LONGEST);
}

const char *text_nearest(const char *word, const char *const *words, size_t n)
{
    size_t len = strlen(word), best = len <= 2 ? 2 : 2 + len / 3;
    const char *found = NULL;
    bool tie = false;
    if (!len || len > LONGEST)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t m = words[i] ? strlen(words[i]) : 0;
        if (!m || m > LONGEST)
            continue;
        size_t d = edits(word, len, words[i], m);
        if (d < best) {
            best = d;
            found = words[i];
            tie = false;
        } else if (d == best && found && strcmp(found, words[i]) != 0) {
            tie = true;
        }
    }
    /* All letters replaced: a guess worth making only when it is the only one. */
    return tie && best >= len ? NULL : found;
}

char *text_read_file(arena *a, const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *at = NULL;
    size_t len = 0, cap = 0, got;
    do {
        if (len + 1 >= cap) {
            size_t more = cap ? cap * 2 : 4096;
            char *p = arena_try_alloc(a, more);
            if (!p) {
                fclose(f);
                errno = ENOMEM;
                return NULL;
            }
            if (len)
                memcpy(p, at, len);
            at = p;
            cap = more;
        }
        got = fread(at + len, 1, cap - len - 1, f);
        len += got;
    } while (got);
    int failed = ferror(f) ? (errno ? errno : EIO) : 0;
    fclose(f);
    if (failed) {
        errno = failed;
        return NULL;
    }
    at[len] = 0;
    if (n)
        *n = len;
    return at;
}

bool env_is_set(const char *name)
{
    const char *v = getenv(name);
    return v && *v && strcmp(v, "0") != 0;
}
