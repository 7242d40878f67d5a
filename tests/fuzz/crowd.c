/* tests/fuzz/crowd.c: long parallel loops are run by two threads, one of which is stopped in the middle of something
 * while the other goes on, several times.
 *
 *     parallel r.y in [0, 180)     one thread: [0, 11) and a part of iteration 11
 *                                  the other:  [90, 101)
 *                                  the first:  the rest of iteration 11, [12, 19), a part of iteration 19
 *                                  ...
 *
 * An update without a lock is then stopped between its loads and its stores as often as not, and what the other thread
 * did is lost. The thread pool shows that too rarely: it has done a loop of a fraction of a millisecond before a second
 * thread wakes up. One that is stopped under a lock goes on after a while, since the other waits for it. Shorter
 * loops go to the pool; those inside of such a loop, of which there may be a million, are run where they are.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <carbide/runtime.h>

#include "fuzz.h"

enum { CROWD = 100, PIECES = 8, PAUSE_US = 20, PAUSES = 60, ALL = 1000, MEETINGS = 300 };

typedef struct meeting {
    const cb_env *env;
    int64_t begin, end; /* of the second thread */
    cb_par_body body;
    void *closure;
    atomic_int turns, done; /* pieces it may do, has done */
    timer_t timer;
    int code;
} meeting;

static meeting *_Atomic now; /* what the signal is about */
static atomic_int left;      /* meetings of this run: a loop in a loop may begin a hundred thousand */

void fz_crowd_begins(void) { atomic_store(&left, MEETINGS); }

/* Until *n is at least `least`, or for a while. */
static void wait_for(atomic_int *n, int least)
{
    struct timespec t = {.tv_nsec = PAUSE_US * 1000};
    for (int i = 0; i < PAUSES && atomic_load(n) < least; i++)
        nanosleep(&t, NULL);
}

static void set_timer(meeting *m)
{
    struct itimerspec when = {.it_value = {.tv_nsec = 15000 + atomic_load(&m->turns) * 3700 % 16000}};
    timer_settime(m->timer, 0, &when, NULL);
}

static void stop(int signal)
{
    (void)signal;
    meeting *m = now;
    if (!m || atomic_load(&m->turns) >= PIECES)
        return;
    wait_for(&m->done, atomic_fetch_add(&m->turns, 1) + 1);
    set_timer(m);
}

static void *second_half(void *arg)
{
    meeting *m = arg;
    int64_t n = m->end - m->begin;
    for (int i = 0; i < PIECES; i++) {
        while (atomic_load(&m->turns) <= i)
            wait_for(&m->turns, i + 1);
        int code = m->body(m->env, m->begin + n * i / PIECES, m->begin + n * (i + 1) / PIECES, m->closure);
        m->code = m->code ? m->code : code;
        atomic_fetch_add(&m->done, 1);
    }
    return NULL;
}

/* The signal comes to this thread. */
static bool make_timer(timer_t *timer)
{
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2};
    event._sigev_un._tid = gettid();
    return !sigaction(SIGUSR2, &action, NULL) && !timer_create(CLOCK_MONOTONIC, &event, timer);
}

int fz_parallel_for(const cb_env *env, int64_t begin, int64_t end, int32_t width, cb_par_body body, void *closure)
{
    (void)width;
    cb_env plain = *env;
    plain.parallel_for = NULL;
    int64_t middle = begin + (end - begin) / 2;
    meeting m = {.env = env, .begin = middle, .end = end, .body = body, .closure = closure}, *none = NULL;
    pthread_t other;
    if (atomic_load(&now))
        return body(env, begin, end, closure);
    if (end - begin < CROWD || atomic_fetch_sub(&left, 1) <= 0 || !atomic_compare_exchange_strong(&now, &none, &m))
        return cb_rt_par_for(&plain, begin, end, body, closure);
    bool timed = make_timer(&m.timer), both = timed && !pthread_create(&other, NULL, second_half, &m);
    if (both)
        set_timer(&m);
    int code = body(env, begin, both ? middle : end, closure);
    atomic_store(&m.turns, ALL);
    if (both)
        pthread_join(other, NULL);
    if (timed)
        timer_delete(m.timer);
    atomic_store(&now, NULL);
    return code ? code : m.code;
}
