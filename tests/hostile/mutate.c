/* tests/hostile/mutate.c: random changes of a text: of its words, its characters and its lines.
 *
 *     out  split(x, xo, xi, 8)   ->   out  split(x, , xi, 99999999999), update
 */
#include "hostile.h"

#include <ctype.h>
#include <string.h>

enum { MAX_TOKENS = 400 };

typedef struct pieces {
    uint32_t n;
    const char *at[MAX_TOKENS];
} pieces;

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$'; }

/* Words, blanks and single signs. */
static void cut(arena *a, pieces *p, const char *s)
{
    while (*s && p->n < MAX_TOKENS) {
        size_t n = 1;
        if (is_word(*s))
            while (is_word(s[n]))
                n++;
        else if (*s == ' ')
            while (s[n] == ' ')
                n++;
        p->at[p->n++] = arena_strndup(a, s, n);
        s += n;
    }
}

static uint32_t count(const char *const *list)
{
    uint32_t n = 0;
    while (list[n])
        n++;
    return n;
}

uint64_t hostile_right(hostile_kind k) { return count(hostile_seeds[k]); }

static const char *some_word(rng *r) { return hostile_words[pick(r, (int)count(hostile_words))]; }

static void insert(pieces *p, uint32_t at, const char *s)
{
    if (p->n == MAX_TOKENS)
        return;
    memmove(&p->at[at + 1], &p->at[at], sizeof p->at[0] * (p->n - at));
    p->at[at] = s;
    p->n++;
}

static void leave_out(pieces *p, uint32_t at, uint32_t n)
{
    if (at + n > p->n)
        n = p->n - at;
    memmove(&p->at[at], &p->at[at + n], sizeof p->at[0] * (p->n - at - n));
    p->n -= n;
}

/* A piece of another text of the kind. */
static void graft(arena *a, rng *r, pieces *p, uint32_t at, hostile_kind k)
{
    pieces other = {0};
    cut(a, &other, hostile_seeds[k][pick(r, (int)count(hostile_seeds[k]))]);
    uint32_t from = other.n ? (uint32_t)pick(r, (int)other.n) : 0, n = 1 + (uint32_t)pick(r, 12);
    for (uint32_t i = from; i < other.n && i < from + n; i++)
        insert(p, at + (i - from) <= p->n ? at + (i - from) : p->n, other.at[i]);
}

/* Another piece of the same sort: a number for a number, a name for a name, blanks for blanks. */
static int sort_of(const char *s) { return isdigit((unsigned char)*s) ? 0 : is_word(*s) ? 1 : *s == ' ' ? 2 : 3; }

static const char *similar(arena *a, rng *r, const pieces *p, uint32_t at, hostile_kind k)
{
    pieces other = {0};
    cut(a, &other, hostile_seeds[k][pick(r, (int)count(hostile_seeds[k]))]);
    for (int tries = 0; tries < 20; tries++) {
        const char *s = chance(r, 50) ? p->at[pick(r, (int)p->n)] : other.at[pick(r, (int)other.n)];
        if (sort_of(s) == sort_of(p->at[at]) && strcmp(s, p->at[at]))
            return s;
    }
    return sort_of(p->at[at]) == 0 ? arena_printf(a, "%d", pick(r, 40)) : p->at[at];
}

static const char *damaged(arena *a, rng *r, const char *word)
{
    char *s = arena_printf(a, "%s?", word);
    size_t n = strlen(s);
    static const char odd[] = "()[],;:=#\"'\\\n\t@!~`%^&*+-/<>.{}|0x1e9\x80\xff\x01";
    if (chance(r, 50))
        s[n - 1] = 0;
    else
        s[n - 1] = odd[pick(r, (int)sizeof odd - 1)];
    if (n > 1 && chance(r, 60))
        s[pick(r, (int)n - 1)] = odd[pick(r, (int)sizeof odd - 1)];
    return s;
}

/* An opening bracket many times over. */
static const char *deep(arena *a, rng *r)
{
    static const char *const parts[] = {"(", "min(", "-", "!", "x+(", "f("};
    text t;
    text_init(&t, a);
    const char *part = parts[pick(r, (int)COUNT_OF(parts))];
    for (int n = 1 << pick(r, 14); n > 0; n--)
        text_put(&t, part);
    return text_str(&t);
}

static void change(arena *a, rng *r, pieces *p, hostile_kind k)
{
    uint32_t at = p->n ? (uint32_t)pick(r, (int)p->n) : 0, other = p->n ? (uint32_t)pick(r, (int)p->n) : 0;
    if (!p->n) {
        insert(p, 0, some_word(r));
        return;
    }
    switch (pick(r, 30)) {
    case 0: leave_out(p, at, 1); break;
    case 1: leave_out(p, at, 1 + (uint32_t)pick(r, 8)); break;
    case 2: insert(p, at, p->at[other]); break;
    case 3: insert(p, at, some_word(r)); break;
    case 4:
    case 5:
    case 6: p->at[at] = some_word(r); break;
    case 7: p->at[at] = p->at[other]; break;
    case 8: p->at[at] = damaged(a, r, p->at[at]); break;
    case 9:
    case 10: graft(a, r, p, at, k); break;
    case 11: p->n = chance(r, 30) ? at : p->n; break;
    case 12:
        if (chance(r, 10))
            p->at[at] = deep(a, r);
        else
            insert(p, at, p->at[at]);
        break;
    default: p->at[at] = similar(a, r, p, at, k); break;
    }
}

const char *hostile_text(arena *a, rng *r, hostile_kind k, uint64_t number)
{
    if (number < count(hostile_seeds[k])) /* first the right ones */
        return hostile_seeds[k][number];
    pieces p = {0};
    cut(a, &p, hostile_seeds[k][pick(r, (int)count(hostile_seeds[k]))]);
    for (int n = 1 + pick(r, chance(r, 80) ? 2 : 10); n > 0; n--)
        change(a, r, &p, k);
    text t;
    text_init(&t, a);
    for (uint32_t i = 0; i < p.n; i++)
        text_put(&t, p.at[i]);
    return text_str(&t);
}
