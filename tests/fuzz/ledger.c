/* tests/fuzz/ledger.c: what was run, as a file that runs add to: long runs can be cut into pieces, stopped and
 * resumed, and done on several machines; `fuzz --summary FILE ...` adds up.
 *
 *     run 9b2c959 7 1000 500 ok=371 refused=92 discarded=36 MISMATCH=1
 *     failed 9b2c959 7 1312 MISMATCH
 *     has 9b2c959 371 split()=160;reorder()=91;...
 *
 * The version that was tested, the seed, the first case of the piece and how many; what failed; what the accepted
 * cases of the piece contained. Files can be joined with cat.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

enum { LONGEST = 1 << 16, MAX_RUNS = 1 << 14 };

/* ---- writing ---------------------------------------------------------------------------------------- */

static void put_run(text *t, const fz_piece *p, const fz_tally *y)
{
    text_printf(t, "run %s %llu %llu %llu", p->version, (unsigned long long)p->seed, (unsigned long long)p->first,
                (unsigned long long)p->cases);
    for (int v = 0; v < FZ_VERDICTS; v++)
        if (y->counts[v]) {
            text_put(t, " ");
            for (const char *s = fz_verdict_names[v]; *s; s++)
                text_printf(t, "%c", *s == ' ' ? '-' : *s);
            text_printf(t, "=%llu", (unsigned long long)y->counts[v]);
        }
    text_put(t, "\n");
    for (int i = 0; i < y->nfailures; i++)
        text_printf(t, "failed %s %llu %llu %s\n", p->version, (unsigned long long)p->seed,
                    (unsigned long long)y->failure[i].number, fz_verdict_names[y->failure[i].v]);
    if (!y->accepted.cases)
        return;
    text_printf(t, "has %s %llu ", p->version, (unsigned long long)y->accepted.cases);
    for (int i = 0; i < y->accepted.n; i++)
        text_printf(t, "%s%s=%llu", i ? ";" : "", y->accepted.of[i].name, (unsigned long long)y->accepted.of[i].count);
    text_put(t, "\n");
}

bool fz_ledger_add(const char *path, const fz_piece *p, const fz_tally *y)
{
    escape esc = {0};
    arena *a = arena_new(NULL, &esc);
    text t;
    text_init(&t, a);
    put_run(&t, p, y);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666); /* one write: other runs may add to it too */
    bool ok = fd >= 0 && write(fd, text_str(&t), t.n) == (ssize_t)t.n;
    if (fd >= 0)
        ok &= close(fd) == 0;
    arena_free(a);
    return ok;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static bool read_run(const char *s, fz_piece *p, char version[FZ_VERSION])
{
    unsigned long long seed, first, cases;
    if (sscanf(s, "run %39s %llu %llu %llu", version, &seed, &first, &cases) != 4)
        return false;
    *p = (fz_piece){version, seed, first, cases};
    return true;
}

bool fz_ledger_has(const char *path, const fz_piece *p)
{
    FILE *f = fopen(path, "r");
    char *line = malloc(LONGEST), version[FZ_VERSION];
    bool found = false;
    fz_piece q;
    while (f && line && !found && fgets(line, LONGEST, f))
        found = read_run(line, &q, version) && !strcmp(q.version, p->version) && q.seed == p->seed &&
                q.first <= p->first && q.first + q.cases >= p->first + p->cases;
    if (f)
        fclose(f);
    free(line);
    return found;
}

static void take_counts(const char *s, fz_tally *y)
{
    for (int v = 0; v < FZ_VERDICTS; v++) {
        char word[40];
        snprintf(word, sizeof word, " %s=", fz_verdict_names[v]);
        for (char *c = word + 1; *c; c++)
            if (*c == ' ')
                *c = '-';
        const char *at = strstr(s, word);
        if (at)
            y->counts[v] += strtoull(at + strlen(word), NULL, 10);
    }
}

static void take_failure(const char *s, fz_tally *y)
{
    unsigned long long number;
    char name[40];
    if (y->nfailures == FZ_FAILURES || sscanf(s, "failed %*s %*u %llu %39[^\n]", &number, name) != 2)
        return;
    y->failure[y->nfailures].number = number;
    for (int v = 0; v < FZ_VERDICTS; v++)
        if (!strcmp(name, fz_verdict_names[v]))
            y->failure[y->nfailures].v = (fz_verdict)v;
    y->nfailures++;
    printf("%s", s);
}

static void take_features(char *s, fz_tally *y)
{
    static fz_histogram h; /* of this piece: large */
    unsigned long long cases;
    int at = 0;
    if (sscanf(s, "has %*s %llu %n", &cases, &at) != 1 || !at)
        return;
    memset(&h, 0, sizeof h);
    h.cases = cases;
    s[strcspn(s, "\n")] = 0;
    char *rest = NULL;
    for (char *item = strtok_r(s + at, ";", &rest); item && h.n < MAX_FEATURES; item = strtok_r(NULL, ";", &rest)) {
        char *eq = strrchr(item, '=');
        if (!eq)
            continue;
        snprintf(h.of[h.n].name, sizeof h.of[h.n].name, "%.*s", (int)(eq - item), item);
        h.of[h.n++].count = strtoull(eq + 1, NULL, 10);
    }
    fz_add_histogram(&y->accepted, &h);
}

/* The same piece may stand in the file twice, or in two files: it counts once. */
typedef struct known {
    int n;
    struct {
        char version[FZ_VERSION];
        uint64_t seed, first;
    } run[MAX_RUNS];
} known;

static bool is_new(known *k, const fz_piece *p)
{
    for (int i = 0; i < k->n; i++)
        if (!strcmp(k->run[i].version, p->version) && k->run[i].seed == p->seed && k->run[i].first == p->first)
            return false;
    if (k->n < MAX_RUNS) {
        snprintf(k->run[k->n].version, FZ_VERSION, "%s", p->version);
        k->run[k->n].seed = p->seed;
        k->run[k->n++].first = p->first;
    }
    return true;
}

bool fz_ledger_sum(char **paths, int n, const char *version, fz_tally *y)
{
    char *line = malloc(LONGEST), of[FZ_VERSION];
    known *k = calloc(1, sizeof *k);
    bool ok = line && k;
    for (int i = 0; i < n && ok; i++) {
        FILE *f = fopen(paths[i], "r");
        bool counts = false; /* the lines that follow a run belong to it */
        fz_piece p;
        ok = f != NULL;
        while (f && fgets(line, LONGEST, f)) {
            if (read_run(line, &p, of)) {
                counts = (!version || !strcmp(version, of)) && is_new(k, &p);
                if (counts)
                    take_counts(line, y);
            } else if (counts && !strncmp(line, "failed ", 7)) {
                take_failure(line, y);
            } else if (counts && !strncmp(line, "has ", 4)) {
                take_features(line, y);
            }
        }
        if (f)
            fclose(f);
    }
    free(line);
    free(k);
    return ok;
}
