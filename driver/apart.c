/* driver/apart.c: work in child processes, where a crash or a hang is a finding, and progress for whoever
 * waits for it.
 *
 *     verify blur: 34 of 52 regions, 3 s
 */
#define _GNU_SOURCE
#include "prove.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CLOCK_LIMIT = 600 }; /* seconds, against waiting for ever */

void *shared_new(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void shared_free(void *p, size_t n)
{
    if (p)
        munmap(p, n);
}

static void ignore(void *user, const diag *d)
{
    (void)user;
    (void)d;
}

int apart_start(cb_context *c, void (*fn)(void *env), void *env)
{
    fflush(NULL);
    pid_t child = fork();
    if (child)
        return (int)child;
    c->diags.sink = ignore;
    c->diags.quiet = true;
    fn(env);
    fflush(NULL); /* what it wrote to shared files; standard output has nothing of it */
    _exit(0);
}

void apart_limit(int seconds)
{
    struct itimerval t = {.it_value = {.tv_sec = seconds}};
    setitimer(ITIMER_PROF, &t, NULL);
    alarm(CLOCK_LIMIT);
}

bool apart_ended(int child, bool wait, outcome *end)
{
    int status = 0;
    *end = OUT_CRASH;
    if (child < 0)
        return true;
    pid_t p = waitpid((pid_t)child, &status, wait ? 0 : WNOHANG);
    if (p == 0)
        return false;
    if (p == (pid_t)child && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        *end = OUT_AGREE;
    else if (p == (pid_t)child && WIFSIGNALED(status) &&
             (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGALRM))
        *end = OUT_HANG;
    return true;
}

void apart_sleep(int milliseconds)
{
    struct timespec t = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

void apart_stop(int child)
{
    outcome end;
    if (child > 0) {
        kill((pid_t)child, SIGKILL);
        apart_ended(child, true, &end);
    }
}

double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- progress ---------------------------------------------------------------------------------- */

progress progress_begin(const command_options *o, const char *what)
{
    progress P = {.what = what, .from = seconds_now(), .line = isatty(2) == 1};
    P.on = o->progress || (P.line && !o->quiet && !o->json);
    P.last = P.from;
    return P;
}

void progress_show(progress *P, const char *fmt, ...)
{
    double now = seconds_now();
    if (!P->on || now - P->last < (P->line ? 0.2 : 1.0))
        return;
    P->last = now;
    char s[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s, sizeof s, fmt, ap);
    va_end(ap);
    fprintf(stderr, P->line ? "\r%s: %s, %.0f s \033[K" : "%s: %s, %.0f s\n", P->what, s, now - P->from);
}

void progress_end(progress *P)
{
    if (P->on && P->line && P->last > P->from)
        fputs("\r\033[K", stderr);
}
