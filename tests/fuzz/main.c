/* tests/fuzz/main.c: runs many cases in child processes and reports.
 *
 *     fuzz --seed 1 --cases 1000            counts, histogram; exit status 1 when a case failed
 *     fuzz --seed 1 --case 37 --shrink      one case, made small and printed
 *     fuzz --seed 1 --case 37 --shrink --save corpus/NAME.case
 *     fuzz corpus/NAME.case ...             cases from files again
 *     fuzz --planted 3 --cases 2000         stops at the first case that finds planted bug 3
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <carbide.h>

#include "fuzz.h"

enum { LIMIT_SECONDS = 180, WAIT_SECONDS = 900, MAX_JOBS = 64 };

/* Shared between the parent and the child that works. */
typedef struct board {
    uint64_t next; /* case being worked on */
    fz_tally t;
} board;

typedef struct settings {
    uint64_t seed, first, cases;
    bool one, shrink, until_found, histogram, coverage, refusals;
    int together;
    int jobs, job; /* job: of this process and its children; it takes every jobs-th case */
    const char *save;
    const char *ledger, *version; /* where what was run is kept; or NULL */
    uint64_t piece;
    bool summary;
    fz_options o;
} settings;

static void *shared(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* Of a child that did not end by itself. */
static fz_verdict verdict_of_status(int status)
{
    bool late = WIFSIGNALED(status) && (WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGPROF);
    return late ? FZ_HANG : FZ_CRASH;
}

/* What is said of a failure, but for numbers, quoted names and all lines but the first, as a number. */
static uint32_t kind_of(const char *why)
{
    uint32_t sum = 0;
    for (const char *s = why; *s && *s != '\n'; s += *s == ' ') {
        size_t n = strcspn(s, " \n");
        if (strcspn(s, "'0123456789") >= n)
            for (size_t i = 0; i < n; i++)
                sum = sum * 31 + (unsigned char)s[i];
        s += n;
    }
    return sum;
}

/* Time for one case: of the processor, so that other work does not count, and by the clock against waiting for ever.
 * The signals end the process. */
static void limit_time(void)
{
    struct itimerval t = {.it_value = {.tv_sec = LIMIT_SECONDS}};
    setitimer(ITIMER_PROF, &t, NULL);
    alarm(WAIT_SECONDS);
}

fz_verdict fz_check_apart(const fz_case *k, const fz_options *o, uint32_t *kind)
{
    struct outcome {
        fz_verdict v;
        uint32_t kind;
    } *said = shared(sizeof *said), end = {FZ_CRASH, 0};
    if (!said)
        return FZ_CRASH;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const char *why = NULL;
        limit_time();
        said->v = fz_check(k, o, &why);
        said->kind = why && said->v != FZ_REGION ? kind_of(why) : 0;
        _Exit(0);
    }
    int status = 0;
    if (child >= 0 && waitpid(child, &status, 0) >= 0) {
        bool whole = WIFEXITED(status) && !WEXITSTATUS(status);
        end = whole ? *said : (struct outcome){verdict_of_status(status), 0};
    }
    munmap(said, sizeof *said);
    if (kind)
        *kind = end.kind;
    return end.v;
}

static void note(board *b, const fz_case *k, uint64_t number, fz_verdict v)
{
    b->t.counts[v]++;
    if (v == FZ_OK)
        fz_count(&b->t.accepted, k);
    if (fz_failed(v) && b->t.nfailures < FZ_FAILURES) {
        b->t.failure[b->t.nfailures].number = number;
        b->t.failure[b->t.nfailures].v = v;
        b->t.nfailures++;
    }
}

/* The child: cases from b->next on, until the end or a failure that ends the search. A few cases in turn share a
 * context, so that programs do not see each other is tested too. */
static void work(board *b, const settings *s)
{
    cb_context *c = NULL;
    for (int n = 0; b->next < s->first + s->cases; b->next += (uint64_t)s->jobs, n++) {
        escape esc = {0};
        arena *a = arena_new(NULL, &esc);
        fz_case k;
        limit_time();
        if (n % s->together == 0) {
            cb_context_free(c);
            c = fz_context();
        }
        fz_generate(&k, a, s->seed, b->next);
        const char *why = NULL;
        fz_verdict v = c ? fz_check_in(c, &k, &s->o, &why) : FZ_CRASH;
        if (s->refusals && (v == FZ_REFUSED || v == FZ_DISCARDED) && why) {
            printf("%s %llu: %.*s\n", fz_verdict_names[v], (unsigned long long)b->next, (int)strcspn(why, "\n"), why);
            fflush(stdout);
        }
        note(b, &k, b->next, v);
        arena_free(a);
        if (fz_failed(v) && s->until_found)
            break;
    }
    cb_context_free(c);
}

/* A failure that is there without the planted bug too says nothing about it: off the list. */
static void forget_others(board *b, const settings *s)
{
    escape esc = {0};
    fz_options o = s->o;
    if (!o.planted || !b->t.nfailures)
        return;
    arena *a = arena_new(NULL, &esc);
    fz_case k;
    fz_generate(&k, a, s->seed, b->t.failure[0].number);
    o.planted = 0;
    if (fz_failed(fz_check_apart(&k, &o, NULL))) {
        b->t.nfailures = 0;
        b->next = b->t.failure[0].number + (uint64_t)s->jobs;
    }
    arena_free(a);
}

/* Had the case only too much to do? Asked in a child, as making it again may end the process again. */
static bool was_slow(const settings *s, uint64_t number)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        escape esc = {0};
        fz_case k;
        fz_generate(&k, arena_new(NULL, &esc), s->seed, number);
        _Exit(fz_is_slow(&k, &s->o, LIMIT_SECONDS) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static void run_cases(board *b, const settings *s)
{
    b->next = s->first + (uint64_t)s->job;
    while (b->next < s->first + s->cases && !(s->until_found && b->t.nfailures)) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            work(b, s);
            _Exit(0);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) < 0)
            return;
        if (!WIFEXITED(status) || WEXITSTATUS(status)) {
            fz_case none = {0};
            fz_verdict v = verdict_of_status(status);
            note(b, &none, b->next, v == FZ_HANG && was_slow(s, b->next) ? FZ_DISCARDED : v);
            b->next += (uint64_t)s->jobs;
        }
        forget_others(b, s);
    }
}

static void add_counts(fz_tally *to, const fz_tally *from)
{
    for (size_t v = 0; v < COUNT_OF(to->counts); v++)
        to->counts[v] += from->counts[v];
    fz_add_histogram(&to->accepted, &from->accepted);
    for (int i = 0; i < from->nfailures && to->nfailures < FZ_FAILURES; i++)
        to->failure[to->nfailures++] = from->failure[i];
}

/* Several processes at once, each with a board of its own; the sum in b[0]. */
static void run_jobs(board *b, const settings *s)
{
    for (int i = 0; i < s->jobs; i++) {
        settings own = *s;
        own.job = i;
        fflush(NULL);
        if (i == s->jobs - 1) {
            run_cases(&b[i], &own);
        } else if (fork() == 0) {
            run_cases(&b[i], &own);
            _Exit(0);
        }
    }
    while (wait(NULL) > 0) {}
    for (int i = 1; i < s->jobs; i++)
        add_counts(&b[0].t, &b[i].t);
}

/* ---- reports ------------------------------------------------------------------------------------------- */

static void print_case(const fz_case *k)
{
    text t;
    text_init(&t, k->a);
    fz_print_program(&t, k);
    text_put(&t, "--- schedule\n");
    fz_print_schedule(&t, k);
    fputs(text_str(&t), stdout);
}

static bool save_case(const fz_case *k, const settings *s)
{
    FILE *f = fopen(s->save, "w");
    text t;
    text_init(&t, k->a);
    fz_save(&t, k);
    if (f)
        fprintf(f, "# (seed %llu, case %llu)\n%s", (unsigned long long)s->seed, (unsigned long long)s->first, text_str(&t));
    return f && !fclose(f);
}

/* The case made small, if it fails, and why it does. */
static fz_verdict show_small(fz_case *k, const settings *s, fz_verdict v)
{
    if (s->shrink && fz_failed(v))
        fz_shrink(k, &s->o);
    print_case(k);
    if (s->save && !save_case(k, s))
        fprintf(stderr, "fuzz: cannot write '%s'\n", s->save);
    const char *why = NULL;
    if (v != FZ_CRASH && v != FZ_HANG)
        v = fz_check(k, &s->o, &why);
    printf("--- %s%s%s\n", fz_verdict_names[v], why ? ": " : "", why ? why : "");
    return v;
}

/* Cases from files: what once failed must not fail again. */
static int replay(char **files, int n, const settings *s)
{
    int failed = 0;
    for (int i = 0; i < n; i++) {
        escape esc = {0};
        arena *a = arena_new(NULL, &esc);
        fz_case k;
        int line = 0;
        FILE *f = fopen(files[i], "r");
        bool good = f && fz_load(&k, a, f, &line);
        if (f)
            fclose(f);
        fz_verdict v = good ? fz_check_apart(&k, &s->o, NULL) : FZ_BAD_PROGRAM;
        if (!good)
            printf("%s:%d: not a case\n", files[i], line);
        else if (v != FZ_OK)
            printf("%s: %s\n", files[i], fz_verdict_names[v]);
        if (good && s->shrink)
            show_small(&k, s, v);
        failed += v != FZ_OK;
        arena_free(a);
    }
    printf("%d cases from files, %d failed\n", n, failed);
    return failed != 0;
}

static int show_one(const settings *s)
{
    escape esc = {0};
    arena *a = arena_new(NULL, &esc);
    fz_case k;
    fz_generate(&k, a, s->seed, s->first);
    fz_verdict v = show_small(&k, s, fz_check_apart(&k, &s->o, NULL));
    arena_free(a);
    return fz_failed(v);
}

static void print_histogram(const fz_histogram *h)
{
    printf("in accepted cases (%llu):\n", (unsigned long long)h->cases);
    for (int i = 0; i < h->n; i++)
        printf("  %-18s %6.2f %%%s", h->of[i].name, 100.0 * (double)h->of[i].count / (double)(h->cases ? h->cases : 1), i % 4 == 3 ? "\n" : "");
    printf("\n");
}

/* Says what the accepted cases have too little of: less than 1 % of a feature, under 60 % accepted. */
static int check_coverage(const fz_histogram *h, double accepted)
{
    int missing = 0;
    for (int i = 0; i < h->n; i++)
        if (h->of[i].count * 100 < h->cases) {
            printf("rare: %s is in %llu of %llu cases\n", h->of[i].name, (unsigned long long)h->of[i].count,
                   (unsigned long long)h->cases);
            missing++;
        }
    if (accepted < 60)
        printf("only %.1f %% of the schedules are legal\n", accepted);
    return missing || accepted < 60;
}

static int report(const fz_tally *y, const settings *s, double seconds)
{
    uint64_t total = 0, failed = 0;
    for (int v = 0; v < FZ_VERDICTS; v++) {
        total += y->counts[v];
        failed += fz_failed((fz_verdict)v) ? y->counts[v] : 0;
        if (y->counts[v])
            printf("%-18s %8llu\n", fz_verdict_names[v], (unsigned long long)y->counts[v]);
    }
    uint64_t judged = total - y->counts[FZ_DISCARDED] - y->counts[FZ_BAD_PROGRAM];
    double accepted = 100.0 * (double)(judged - y->counts[FZ_REFUSED]) / (double)(judged ? judged : 1);
    if (s->summary)
        printf("%llu cases, %.1f %% of schedules accepted\n", (unsigned long long)total, accepted);
    else
        printf("seed %llu: %llu cases in %.1f s, %.1f %% of schedules accepted\n", (unsigned long long)s->seed,
               (unsigned long long)total, seconds, accepted);
    for (int i = 0; i < y->nfailures && !s->summary; i++)
        printf("failed: --seed %llu --case %llu: %s\n", (unsigned long long)s->seed,
               (unsigned long long)y->failure[i].number, fz_verdict_names[y->failure[i].v]);
    if (s->histogram)
        print_histogram(&y->accepted);
    int rare = s->coverage ? check_coverage(&y->accepted, accepted) : 0;
    return failed != 0 || rare;
}

/* In pieces that are kept one by one; those that are there already are not run again. */
static int run_pieces(board *b, const settings *s, fz_tally *all)
{
    for (uint64_t first = s->first; first < s->first + s->cases; first += s->piece) {
        uint64_t left = s->first + s->cases - first;
        fz_piece p = {s->version, s->seed, first, left < s->piece ? left : s->piece};
        settings part = *s;
        if (fz_ledger_has(s->ledger, &p))
            continue;
        memset(b, 0, sizeof *b * (size_t)s->jobs);
        part.first = first;
        part.cases = p.cases;
        run_jobs(b, &part);
        add_counts(all, &b->t);
        if (!fz_ledger_add(s->ledger, &p, &b->t)) {
            printf("%s cannot be written\n", s->ledger);
            return 2;
        }
    }
    return 0;
}

static void usage(void)
{
    puts("usage: fuzz [options] [FILE.case ...]\n"
         "  --seed N      stream of cases (1)\n"
         "  --cases N     how many (100)\n"
         "  --first N     number of the first (0)\n"
         "  --case N      this one only, printed\n"
         "  --shrink      make a failing case small before printing it\n"
         "  --save FILE   write it there, to be run again by naming the file\n"
         "  --jobs N      processes that share the cases (1)\n"
         "  --planted N   with planted bug N; stops when it is found\n"
         "  --only-o0, --only-o3\n"
         "  --o3 N        one case in N is compiled at O3 as well (3)\n"
         "  --together N  cases that share a context, one after the other (4)\n"
         "  --target F    features after x86-64-linux, such as -avx2\n"
         "  --ledger FILE keep what was run there, in pieces of --piece N (500) cases, and do not run it again\n"
         "  --version W   what is tested, for the ledger\n"
         "  --summary     add up the ledgers that are named (of --version W, or all)\n"
         "  --histogram   what the accepted cases contained\n"
         "  --coverage    fails when that is little of anything: for 10000 cases or more\n"
         "  --refusals    why cases are refused or discarded");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", 1, 0, 's'}, {"cases", 1, 0, 'n'}, {"first", 1, 0, 'f'}, {"case", 1, 0, 'c'}, {"shrink", 0, 0, 'k'},
        {"planted", 1, 0, 'p'}, {"only-o0", 0, 0, '0'}, {"only-o3", 0, 0, '3'}, {"o3", 1, 0, 'o'}, {"together", 1, 0, 'g'},
        {"ledger", 1, 0, 'l'}, {"piece", 1, 0, 'i'}, {"version", 1, 0, 'V'}, {"summary", 0, 0, 'S'}, {"target", 1, 0, 't'}, {"refusals", 0, 0, 'r'},
        {"histogram", 0, 0, 'h'}, {"coverage", 0, 0, 'v'}, {"jobs", 1, 0, 'j'}, {"save", 1, 0, 'w'}, {"help", 0, 0, 'H'}, {0, 0, 0, 0}};
    settings s = {.seed = 1, .cases = 100, .jobs = 1, .together = 4, .piece = 500, .o = {.o0 = true, .o3_every = 3}};
    for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (opt) {
        case 's': s.seed = strtoull(optarg, NULL, 0); break;
        case 'n': s.cases = strtoull(optarg, NULL, 0); break;
        case 'f': s.first = strtoull(optarg, NULL, 0); break;
        case 'c': s.first = strtoull(optarg, NULL, 0); s.one = true; break;
        case 'k': s.shrink = true; break;
        case 'p': s.o.planted = atoi(optarg); s.until_found = true; break;
        case '0': s.o.o3_every = 0; break;
        case '3': s.o.o0 = false, s.o.o3_every = 1; break;
        case 'o': s.o.o3_every = atoi(optarg); break;
        case 'g': s.together = atoi(optarg); break;
        case 't': s.o.target = optarg; break;
        case 'h': s.histogram = true; break;
        case 'v': s.coverage = true; break;
        case 'j': s.jobs = atoi(optarg); break;
        case 'w': s.save = optarg; break;
        case 'l': s.ledger = optarg; break;
        case 'i': s.piece = strtoull(optarg, NULL, 0); break;
        case 'V': s.version = optarg; break;
        case 'S': s.summary = true; break;
        case 'r': s.refusals = true; break;
        case 'H': usage(); return 0;
        default: usage(); return 2;
        }
    }
    static fz_tally all; /* large */
    if (s.summary)
        return fz_ledger_sum(argv + optind, argc - optind, s.version, &all) ? report(&all, &s, 0) : 2;
    if (!s.version)
        s.version = "unknown";
    if ((s.one || optind < argc) && s.o.o3_every)
        s.o.o3_every = 1; /* few cases: all in both ways */
    if (s.one)
        return show_one(&s);
    if (optind < argc)
        return replay(argv + optind, argc - optind, &s);
    if (s.jobs < 1 || s.jobs > MAX_JOBS || s.together < 1 || s.o.o3_every < 0 || s.piece < 1)
        return usage(), 2;
    board *b = shared(sizeof *b * (size_t)s.jobs);
    if (!b)
        return 2;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    int rc = 0;
    if (s.ledger)
        rc = run_pieces(b, &s, &all);
    else
        run_jobs(b, &s);
    clock_gettime(CLOCK_MONOTONIC, &to);
    return rc ? rc : report(s.ledger ? &all : &b->t, &s, (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec));
}
