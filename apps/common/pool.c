/* apps/common/pool.c: what the thread pool costs, beside OpenMP when the compiler has it (`make bench-pool`).
 *
 *     pool [rounds=N] [threads=N] [test=WORD] [json=FILE]
 *
 *                                             Carbide                            OpenMP
 *     10,000 iterations of 1 us                  0.31 %  (0.12 to 0.80) of 40       0.44 %  (0.20 to 0.91) of 38
 *     an empty loop, after another               0.08 us (0.08 to 0.09) of 95       0.51 us (0.50 to 0.52) of 90
 *
 * A loss is against the same work done by one thread right after, divided by the number of threads; a cost is a time. Both
 * are medians and quartiles of rounds; in a round every test is run once by each, in turn. A round counts for a test when
 * the system says that our threads had processors when they wanted them: at most QUIET of the time was spent waiting for
 * one. (Where it does not say, all rounds count.) "of N" is how many there were; there are up to MORE times as many rounds as
 * were asked for until there are FEW.
 *
 * OpenMP runs with its defaults: its threads wait awake for milliseconds, so that they are not asleep after a pause, and its
 * loops inside loops are run by one thread. Iterations are handed out one by one (dynamic), as equal shares would lose
 * the tests with unequal iterations. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include <carbide/runtime.h>

#include "app.h"

enum { CARBIDE, OPENMP, SERIAL, PEERS };
enum { MOST_ROUNDS = 1001, FEW = 11, MORE = 5, BACK_TO_BACK = 2000, PAUSES = 5, STAGES = 12, UNEVEN = 200 };
static const double QUIET = 0.005;

static int threads = 2;
static double steps_per_us = 100;

/* Seconds, to the nanosecond. */
static double now(void)
{
    static struct timespec start;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (start.tv_sec == 0)
        start = t;
    return (double)(t.tv_sec - start.tv_sec) + 1e-9 * (double)(t.tv_nsec - start.tv_nsec);
}

/* ---- work ------------------------------------------------------------------------------------------ */

/* Keeps one processor busy: a chain of multiplications that touches hardly any memory, and goes on where the thread's last
 * one ended, as a processor runs short chains side by side. */
static void work_us(double us)
{
    static _Thread_local volatile uint64_t chain;
    uint64_t x = chain;
    for (int64_t n = (int64_t)(us * steps_per_us); n > 0; n--)
        x = x * 6364136223846793005u + 1442695040888963407u;
    chain = x;
}

static void calibrate(void)
{
    double least = 1;
    for (int i = 0; i < 200; i++) {
        double t = now();
        work_us(100);
        t = now() - t;
        least = t < least ? t : least;
    }
    steps_per_us *= 1e-4 / least;
}

/* ---- loops ----------------------------------------------------------------------------------------- */

typedef struct task {
    int peer;
    double us;
    int inner; /* iterations of a loop inside */
    int (*body)(const cb_env *env, int64_t begin, int64_t end, void *task);
} task;

static void loop(int peer, int n, cb_par_body body, void *closure)
{
#ifdef _OPENMP
    if (peer == OPENMP) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (int i = 0; i < n; i++)
            body(NULL, i, i + 1, closure);
        return;
    }
#endif
    if (peer == SERIAL)
        body(NULL, 0, n, closure);
    else
        cb_rt_par_for(NULL, 0, n, body, closure);
}

static int nothing(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    (void)env, (void)begin, (void)end, (void)closure;
    return 0;
}

static int equal(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    (void)env;
    for (; begin < end; begin++)
        work_us(((const task *)closure)->us);
    return 0;
}

/* The later, the longer. */
static int growing(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    (void)env;
    for (; begin < end; begin++)
        work_us(((const task *)closure)->us * (double)begin);
    return 0;
}

/* One short iteration, and one with a loop in it, which the thread that has run the short one should help with. */
static int inside(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    task *t = closure;
    (void)env;
    for (; begin < end; begin++)
        if (begin == 0)
            work_us(100);
        else
            loop(t->peer, t->inner, equal, t);
    return 0;
}

static int empty_inside(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    task *t = closure;
    (void)env;
    for (; begin < end; begin++)
        for (int i = 0; i < BACK_TO_BACK; i++)
            loop(t->peer, threads, nothing, NULL);
    return 0;
}

/* ---- tests ----------------------------------------------------------------------------------------- */

/* The seconds that a loop of n iterations takes. */
static double timed_loop(int peer, int n, cb_par_body body, task t)
{
    t.peer = peer;
    double start = now();
    loop(peer, n, body, &t);
    return now() - start;
}

/* Each test gives the seconds of an operation. */
static double short_iterations(int peer) { return timed_loop(peer, 10000, equal, (task){.us = 1}); }
static double few_iterations(int peer) { return timed_loop(peer, 7, equal, (task){.us = 1000}); }
static double growing_iterations(int peer) { return timed_loop(peer, UNEVEN, growing, (task){.us = 0.5}); }
static double nested_loops(int peer) { return timed_loop(peer, 2, inside, (task){.us = 1, .inner = 2000}); }

/* The owner of the loops goes on, the others have nothing to do. */
static void pause_ms(void) { work_us(1000); }

static double stages(int peer)
{
    double sum = 0;
    pause_ms();
    for (int i = 0; i < STAGES; i++)
        sum += timed_loop(peer, 100, equal, (task){.us = 1});
    return sum;
}

static double after_pauses(int peer, int n, cb_par_body body, task t)
{
    double sum = 0;
    for (int i = 0; i < PAUSES; i++) {
        pause_ms();
        sum += timed_loop(peer, n, body, t);
    }
    return sum / PAUSES;
}

static double empty(int peer)
{
    double start = now();
    for (int i = 0; i < BACK_TO_BACK; i++)
        loop(peer, threads, nothing, NULL);
    return (now() - start) / BACK_TO_BACK;
}

static double empty_iterations(int peer)
{
    double start = now();
    for (int i = 0; i < 50; i++)
        loop(peer, 1000, nothing, NULL);
    return (now() - start) / 50;
}

static double empty_after_pause(int peer) { return after_pauses(peer, threads, nothing, (task){0}); }
static double short_after_pause(int peer) { return after_pauses(peer, 100, equal, (task){.us = 2}); }

/* After loops of the same body that did take time: nobody can know that this one will not. */
static double empty_unexpected(int peer)
{
    double sum = 0;
    for (int i = 0; i < PAUSES; i++) {
        timed_loop(peer, threads, equal, (task){.us = 100});
        pause_ms();
        sum += timed_loop(peer, threads, equal, (task){0});
    }
    return sum / PAUSES;
}

static double empty_nested(int peer) { return timed_loop(peer, threads, empty_inside, (task){0}) / BACK_TO_BACK; }

static const struct test {
    const char *key, *title;
    double (*run)(int peer);
    bool loss; /* or a cost */
    int round; /* iterations that cannot be divided, of which there are so many */
} tests[] = {
    {"short_iterations", "10,000 iterations of 1 us", short_iterations, true, 0},
    {"stages", "12 loops of 100 iterations of 1 us, after a pause", stages, true, 0},
    {"after_pause", "100 iterations of 2 us, after a pause", short_after_pause, true, 0},
    {"few", "7 iterations of 1 ms", few_iterations, true, 7},
    {"growing", "200 iterations of 0, 0.5, 1 ... 99.5 us", growing_iterations, true, 0},
    {"nested", "2 iterations: 100 us, and a loop of 2000 of 1 us", nested_loops, true, 0},
    {"empty", "an empty loop, after another", empty, false, 0},
    {"empty_after_pause", "an empty loop, after a pause", empty_after_pause, false, 0},
    {"empty_unexpected", "the same, when loops of its body took time", empty_unexpected, false, 0},
    {"empty_nested", "an empty loop inside a loop", empty_nested, false, 0},
    {"empty_iterations", "1000 empty iterations", empty_iterations, false, 0},
};
enum { TESTS = sizeof tests / sizeof tests[0] };

/* ---- measuring ------------------------------------------------------------------------------------- */

typedef struct series {
    double value[MOST_ROUNDS];
    int n, tries;
} series;

/* The seconds that one thread of ours has waited for a processor; 0 where the system does not say. */
static double waited(const char *thread)
{
    char path[300];
    double ran, wait = 0;
    snprintf(path, sizeof path, "/proc/self/task/%.200s/schedstat", thread);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%lf %lf", &ran, &wait) != 2)
        wait = 0;
    if (f)
        fclose(f);
    return 1e-9 * wait;
}

/* The same of the first thread, or of all others. */
static double all_waited(bool first)
{
    char self[40];
    double sum = 0;
    snprintf(self, sizeof self, "%ld", (long)getpid());
    if (first)
        return waited(self);
    DIR *d = opendir("/proc/self/task");
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
        if (e->d_name[0] != '.' && strcmp(e->d_name, self) != 0)
            sum += waited(e->d_name);
    if (d)
        closedir(d);
    return sum;
}

static void rest(void)
{
    struct timespec t = {.tv_nsec = 5000000};
    nanosleep(&t, NULL);
}

static const char *const names[SERIAL] = {"Carbide", "OpenMP"};

static int have(int peer)
{
#ifndef _OPENMP
    if (peer == OPENMP)
        return 0;
#endif
    return peer < PEERS;
}

static series results[TESTS][SERIAL];

/* Runs a test and says whether the threads had processors. What a worker waited is known when it got its processor, thus
 * after a rest. */
static bool run_quietly(const struct test *t, int peer, double *seconds)
{
    double others = all_waited(false), wait = all_waited(true), start = now();
    *seconds = t->run(peer);
    start = now() - start;
    wait = all_waited(true) - wait;
    rest();
    return wait + all_waited(false) - others <= QUIET * start;
}

/* Runs a test, after its like has warmed up and after a rest, so that nobody begins with the other's threads still looking
 * for work. For a loss the same is then done serially. */
static void run_test(const struct test *t, int peer, series *s)
{
    double v, serial;
    rest();
    t->run(peer);
    s->tries++;
    if (!run_quietly(t, peer, &v))
        return;
    if (t->loss) {
        int tries = 1;
        while (!run_quietly(t, SERIAL, &serial))
            if (tries++ == MORE)
                return;
        v = v / serial * (t->round ? (double)t->round / ((t->round + threads - 1) / threads) : threads) - 1;
    }
    s->value[s->n++] = v;
}

/* All tests in turn; in rounds beyond those that were asked for only those that have few results. */
static void run_tests(int rounds, const char *only)
{
    for (int r = 0; r < rounds * MORE; r++)
        for (int i = 0; i < TESTS; i++)
            for (int p = 0; p < SERIAL; p++)
                if (have(p) && strstr(tests[i].key, only) && (r < rounds || results[i][p].n < FEW))
                    run_test(&tests[i], p, &results[i][p]);
}

/* ---- results --------------------------------------------------------------------------------------- */

static void print_cell(const struct test *t, series *s)
{
    char text[80] = "";
    double scale = t->loss ? 100 : 1e6;
    if (s->n > 0)
        snprintf(text, sizeof text, "%7.2f %s (%.2f to %.2f) of %d", scale * app_quantile(s->value, s->n, 0.5), t->loss ? "% " : "us",
                 scale * app_quantile(s->value, s->n, 0.25), scale * app_quantile(s->value, s->n, 0.75), s->n);
    printf("  %-34s", text);
}

static void print_table(void)
{
    printf("%-50s", "");
    for (int p = 0; p < SERIAL; p++)
        printf("  %-34s", have(p) ? names[p] : "");
    printf("\n");
    for (int i = 0; i < TESTS; i++) {
        if (results[i][CARBIDE].tries == 0)
            continue;
        printf("%-50s", tests[i].title);
        for (int p = 0; p < SERIAL; p++)
            print_cell(&tests[i], &results[i][p]);
        printf("\n");
    }
    printf("%d threads, pauses of 1 ms. Losses are against equal shares of the work; medians and quartiles of the rounds in which\n"
           "the threads did not wait for processors, with their number.\n", threads);
}

static int write_json(const char *path)
{
    static const char *const keys[SERIAL] = {"carbide", "openmp"};
    FILE *f = fopen(path, "w");
    if (!f) {
        fprintf(stderr, "pool: %s cannot be written\n", path);
        return 1;
    }
    fprintf(f, "{\"threads\": %d, \"tests\": [", threads);
    for (int i = 0; i < TESTS; i++) {
        fprintf(f, "%s\n  {\"test\": \"%s\", \"title\": \"%s\", \"is\": \"%s\"", i ? "," : "", tests[i].key, tests[i].title,
                tests[i].loss ? "loss" : "seconds");
        for (int p = 0; p < SERIAL; p++) {
            series *s = &results[i][p];
            if (s->n == 0)
                fprintf(f, ", \"%s\": null", keys[p]);
            else
                fprintf(f, ", \"%s\": {\"median\": %.9g, \"low\": %.9g, \"high\": %.9g, \"rounds\": %d, \"tries\": %d}", keys[p],
                        app_quantile(s->value, s->n, 0.5), app_quantile(s->value, s->n, 0.25), app_quantile(s->value, s->n, 0.75),
                        s->n, s->tries);
        }
        fprintf(f, "}");
    }
    fprintf(f, "]}\n");
    return fclose(f) != 0;
}

int main(int argc, char **argv)
{
    const char *json = app_option(argc, argv, "json"), *only = app_option(argc, argv, "test"), *words;
    int rounds = (words = app_option(argc, argv, "rounds")) ? atoi(words) : 51;
    threads = (words = app_option(argc, argv, "threads")) ? atoi(words) : 2;
    only = only ? only : "";
    rounds = rounds < 1 ? 1 : rounds > MOST_ROUNDS ? MOST_ROUNDS : rounds;
    if (threads < 1 || cb_set_threads(threads) != 0) {
        fprintf(stderr, "pool: threads=N: from 1\n");
        return 2;
    }
    calibrate();
    run_tests(rounds, only);
    print_table();
    return json ? write_json(json) : 0;
}
