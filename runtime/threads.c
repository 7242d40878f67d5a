/* runtime/threads.c: parallel loops, and the default environment's thread pool that runs them.
 *
 * A loop is cut into chunks, the last of them ever smaller, so that threads end together; whoever has time claims the
 * next one with an atomic compare-and-swap:
 *
 *     iterations 0..999, 2 threads:   [0, 7) [7, 14) ... [973, 979) ... [997, 998) [998, 999) [999, 1000)
 *     iterations 0..6, 2 threads:     [0, 1) [1, 2) ... [6, 7)
 *
 * The job lies on the stack of the thread that runs the loop, which works too, and is linked into the pool while
 * it is open. Idle workers take part in the newest open job. The owner returns when every chunk has been
 * claimed and no worker is inside any more. While it waits it takes part in loops nested inside its own, and in no others,
 * which it might have to wait for. A worker inside can only be waiting for a loop nested deeper, so nested loops cannot
 * deadlock.
 *
 * Waking a worker takes several microseconds, of the owner's time as well. So a worker looks out for the next loop for
 * a while before it sleeps; and the pool remembers how long the loops of each body took: one that was shorter than
 * waking somebody is begun alone, and shared only if it takes longer than expected.
 *
 * The lock is taken when a thread joins or leaves a job, never per iteration. The pool below and what blocks.c keeps
 * are all mutable global state: the pool is made when first needed and destroyed by cb_default_env_destroy. In the child of a
 * fork, where only the forking thread lives on, it starts again from nothing. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "env.h"

enum { MAX_THREADS = 4096, LINE = 64 };
enum {
    CHUNKS_PER_THREAD = 64, /* at least; a loop whose first iterations are the long ones is shared well all the same; */
    SHORT_PER_THREAD = 16,  /* or so many, of iterations so short that fetching them takes a good part of the time */
    TAPER = 2,              /* when less is left than so many chunks for each thread, chunks get smaller */
    WAKES = 2               /* sleeping workers that a worker wakes when it joins; the owner wakes one */
};
enum { /* nanoseconds */
    CHUNK = 4000,        /* chunks need not be shorter: fetching `next` from another processor takes 50 to 300 */
    SPIN = 50000,        /* a thread waits awake for so long; about twice what sleeping and waking up costs all involved; */
    SPIN_CROWDED = 5000, /* when there are more threads than processors, as it keeps others from what it waits for */
    SHORT_AWAKE = 1000,  /* a loop that takes less is not worth sharing with workers that are awake, */
    SHORT_ASLEEP = 20000 /* or asleep */
};
enum { PAST = 64, PAST_UNIT = 16 }; /* bodies remembered; parts of a nanosecond */

/* A thread that finds the lock taken tries again for a moment before it sleeps. */
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
#define LOCK_INITIALIZER PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
#else
#define LOCK_INITIALIZER PTHREAD_MUTEX_INITIALIZER
#endif

typedef struct job {
    const cb_env *env;
    cb_par_body body;
    void *closure;
    int64_t begin;
    uint64_t count, chunk, taper;
    struct job *older;
    const struct job *outer; /* the loop in whose body this one is, if that is open too */
    atomic_int error;        /* the first one */
    _Alignas(LINE) _Atomic uint64_t next; /* first iteration that nobody has claimed; `begin` is 0 */
    _Alignas(LINE) atomic_int inside;     /* workers taking part; changed under the lock */
    uint64_t spent;                       /* nanoseconds of all who have taken part; under the lock */
} job;

typedef struct worker {
    pthread_t thread;
    struct worker *next;
} worker;

/* What one thread polls and what others write at the same time are on different cache lines. */
static struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a job was opened, or the epoch changed */
    pthread_cond_t done; /* the last worker left a job, or a job was opened inside another */
    job *jobs;           /* open, newest first */
    worker *workers;
    int nworkers;
    int busy;       /* workers inside jobs */
    int idle;       /* workers waiting on `work` */
    int limit;      /* most workers inside jobs at once; set when a job is opened */
    int waiting;    /* owners waiting on `done` */
    bool fork_safe; /* the fork handlers are installed */
    _Alignas(LINE) atomic_uint opened; /* counts jobs, for workers that spin */
    _Alignas(LINE) atomic_int awake;   /* workers that spin */
    _Alignas(LINE) atomic_int wanted;  /* threads, the caller included; 0: as many as processors, */
    atomic_int found;  /* so many when they were last counted; 0: not yet */
    atomic_int spin;   /* nanoseconds that who waits stays awake */
    atomic_uint epoch; /* workers of an earlier epoch go home */
    _Alignas(LINE) _Atomic uint64_t past[PAST]; /* below */
} pool = {.lock = LOCK_INITIALIZER,
          .work = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER,
          .spin = SPIN};

/* The job that this thread takes part in, of those that are open; of an earlier epoch, thus perhaps from before a fork: none. */
static _Thread_local struct {
    const job *job;
    unsigned epoch;
} current;

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Nanoseconds, from some point in time. */
static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t spin(void) { return (uint64_t)atomic_load_explicit(&pool.spin, memory_order_relaxed); }

/* ---- how long loops take --------------------------------------------------------------------- */

/* An entry of pool.past: which body in the upper half, the time of an iteration by one thread, in units of 1/16 ns, in
 * the lower. Two bodies may share an entry, or a body be another by now: then something is shared that need not be, or
 * begun alone. */
static _Atomic uint64_t *past_entry(cb_par_body body, uint32_t *name)
{
    uint64_t h = (uint64_t)(uintptr_t)body * 0x9e3779b97f4a7c15u;
    *name = (uint32_t)(h >> 32) | 1;
    return &pool.past[(h >> 20) % PAST];
}

/* How long an iteration is expected to take, in units of 1/16 ns; UINT32_MAX when nothing is known. */
static uint64_t expected(cb_par_body body)
{
    uint32_t name;
    uint64_t e = atomic_load_explicit(past_entry(body, &name), memory_order_relaxed);
    return (uint32_t)(e >> 32) == name ? (uint32_t)e : UINT32_MAX;
}

/* So many iterations are expected to take `ns` nanoseconds. */
static uint64_t iterations_in(uint64_t each, uint64_t ns) { return ns * PAST_UNIT / (each + 1); }

/* One thread would have taken `took` nanoseconds for `count` iterations. A longer time is believed at once, a much shorter
 * one by and by: to expect too little is worse, and what stays as it is need not be written by all threads. */
static void remember(const job *j, uint64_t count, uint64_t took)
{
    uint32_t name;
    _Atomic uint64_t *entry = past_entry(j->body, &name);
    uint64_t e = atomic_load_explicit(entry, memory_order_relaxed), old = (uint32_t)e, each;
    each = took < UINT32_MAX ? took * PAST_UNIT / count : UINT32_MAX;
    if ((uint32_t)(e >> 32) == name) {
        if (each <= old && each >= old - old / 4)
            return;
        if (each < old)
            each = old - (old - each) / 4;
    }
    if (each > UINT32_MAX)
        each = UINT32_MAX;
    e = (uint64_t)name << 32 | each;
    atomic_store_explicit(entry, e, memory_order_relaxed);
}

/* ---- one loop -------------------------------------------------------------------------------- */

static void set_error(job *j, int code)
{
    int none = 0;
    atomic_compare_exchange_strong(&j->error, &none, code);
}

static void run_range(job *j, uint64_t from, uint64_t to)
{
    /* Unsigned: the range may span 2^63. */
    int64_t begin = (int64_t)((uint64_t)j->begin + from), end = (int64_t)((uint64_t)j->begin + to);
    int code = cb_rt_cancelled(j->env) ? CB_ERR_CANCELLED : j->body(j->env, begin, end, j->closure);
    if (code != 0)
        set_error(j, code);
}

/* Claims and runs chunks until none is left or something went wrong. */
static void job_work(job *j)
{
    uint64_t from = atomic_load_explicit(&j->next, memory_order_relaxed), n;
    while (atomic_load_explicit(&j->error, memory_order_relaxed) == 0) {
        do {
            uint64_t left = j->count - from;
            if (left == 0)
                return;
            n = left / j->taper;
            n = n > j->chunk ? j->chunk : n > 0 ? n : 1;
        } while (!atomic_compare_exchange_weak_explicit(&j->next, &from, from + n, memory_order_relaxed, memory_order_relaxed));
        run_range(j, from, from + n);
        from += n; /* If others have claimed meanwhile, comparing fetches both the place and the right to write it. */
    }
}

static bool job_has_work(job *j)
{
    return atomic_load_explicit(&j->next, memory_order_relaxed) < j->count &&
           atomic_load_explicit(&j->error, memory_order_relaxed) == 0;
}

/* Runs the loop alone, while nobody else knows of it, for about `limit` nanoseconds. */
static void job_alone(job *j, uint64_t limit)
{
    uint64_t n = j->count / 16 + 1, from = 0, start = now(), took = 0;
    while (from < j->count && took <= limit && atomic_load_explicit(&j->error, memory_order_relaxed) == 0) {
        uint64_t to = j->count - from > n ? from + n : j->count;
        run_range(j, from, to);
        from = to;
        took = now() - start;
    }
    atomic_store_explicit(&j->next, from, memory_order_relaxed);
    if (atomic_load_explicit(&j->error, memory_order_relaxed) == 0)
        remember(j, from, took);
}

/* ---- workers --------------------------------------------------------------------------------- */

/* A job a worker may join now, or NULL. With the lock. */
static job *find_job(void)
{
    if (pool.busy >= pool.limit)
        return NULL;
    for (job *j = pool.jobs; j; j = j->older)
        if (job_has_work(j))
            return j;
    return NULL;
}

/* How many sleeping workers to wake, at most `most`, for a job that the thread which asks is about to take part in. With
 * the lock; to be woken without it, as they want it first of all. */
static int to_wake(const job *j, int most)
{
    uint64_t left = j->count - atomic_load_explicit(&j->next, memory_order_relaxed);
    int n = pool.limit - pool.busy;
    if (left <= (uint64_t)MAX_THREADS && (int)left - 1 < n)
        n = (int)left - 1;
    n -= atomic_load_explicit(&pool.awake, memory_order_relaxed); /* these come by themselves */
    n = n < pool.idle ? n : pool.idle;
    return n < most ? n : most;
}

static void wake_workers(int n)
{
    for (; n > 0; n--)
        pthread_cond_signal(&pool.work);
}

/* Claims and runs chunks of an open job; loops inside its body know it as theirs. Returns the nanoseconds it took. */
static uint64_t work_inside(job *j)
{
    uint64_t start = now();
    const job *outer = current.job;
    unsigned epoch = current.epoch;
    current.job = j;
    current.epoch = atomic_load_explicit(&pool.epoch, memory_order_relaxed);
    job_work(j);
    current.job = outer;
    current.epoch = epoch;
    return now() - start;
}

/* Takes part in a job, as one of the workers that are counted, or as an owner who has to wait. With the lock, which is given
 * up in between. */
static void join(job *j, bool counted)
{
    atomic_fetch_add(&j->inside, 1);
    pool.busy += counted;
    int n = to_wake(j, WAKES);
    pthread_mutex_unlock(&pool.lock);

    wake_workers(n);
    uint64_t took = work_inside(j);

    pthread_mutex_lock(&pool.lock);
    j->spent += took;
    if (counted && pool.busy > 0) /* in the child of a fork the count began anew */
        pool.busy--;
    if (atomic_fetch_sub(&j->inside, 1) == 1)
        pthread_cond_broadcast(&pool.done);
}

/* Waits awake for a while until a job is opened after `seen` were. */
static void look_out(unsigned seen)
{
    uint64_t until = now() + spin();
    atomic_fetch_add(&pool.awake, 1);
    do
        for (int i = 0; i < 16 && atomic_load_explicit(&pool.opened, memory_order_relaxed) == seen; i++)
            relax();
    while (atomic_load_explicit(&pool.opened, memory_order_relaxed) == seen && now() < until);
    atomic_fetch_sub(&pool.awake, 1);
}

static void *worker_main(void *arg)
{
    unsigned epoch = (unsigned)(uintptr_t)arg;
    bool rested = false; /* looked out since it last worked */
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&pool.epoch) == epoch) {
        job *j = find_job();
        unsigned seen = atomic_load(&pool.opened);
        if (j) {
            join(j, true);
            rested = false;
        } else if (!rested) {
            pthread_mutex_unlock(&pool.lock);
            look_out(seen);
            pthread_mutex_lock(&pool.lock);
            rested = true; /* also when others were faster: they are enough */
        } else {
            pool.idle++;
            pthread_cond_wait(&pool.work, &pool.lock);
            pool.idle--;
        }
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

/* Starts workers until there are `n`; fewer when the system refuses: the loop is then run by those there are.
 * With the lock. Signals stay with the program's own threads. */
static void start_workers(int n)
{
    sigset_t all, old;
    if (pool.nworkers >= n)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (pool.nworkers < n) {
        worker *w = malloc(sizeof *w);
        void *epoch = (void *)(uintptr_t)atomic_load(&pool.epoch);
        if (!w || pthread_create(&w->thread, NULL, worker_main, epoch) != 0) {
            free(w);
            break;
        }
        w->next = pool.workers;
        pool.workers = w;
        pool.nworkers++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static void before_fork(void)
{
    pthread_mutex_lock(&pool.lock);
}

static void after_fork_parent(void)
{
    pthread_mutex_unlock(&pool.lock);
}

static void after_fork_child(void)
{
    pool.lock = (pthread_mutex_t)LOCK_INITIALIZER;
    pool.work = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    pool.done = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    /* Loops that were open: nobody will come back to them, except perhaps this thread as an owner. */
    for (job *j = pool.jobs; j; j = j->older)
        atomic_store(&j->inside, 0);
    while (pool.workers) {
        worker *w = pool.workers;
        pool.workers = w->next;
        free(w);
    }
    pool.jobs = NULL;
    pool.nworkers = pool.busy = pool.idle = pool.waiting = 0;
    atomic_store(&pool.awake, 0);
    atomic_fetch_add(&pool.epoch, 1);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void job_open(job *j, int threads)
{
    pthread_mutex_lock(&pool.lock);
    if (!pool.fork_safe)
        pool.fork_safe = pthread_atfork(before_fork, after_fork_parent, after_fork_child) == 0;
    start_workers(threads - 1);
    pool.limit = threads - 1;
    j->outer = current.epoch == atomic_load(&pool.epoch) ? current.job : NULL;
    j->older = pool.jobs;
    pool.jobs = j;
    atomic_fetch_add(&pool.opened, 1);
    int n = to_wake(j, 1);
    bool owners = j->outer && pool.waiting > 0;
    pthread_mutex_unlock(&pool.lock);
    wake_workers(n);
    if (owners)
        pthread_cond_broadcast(&pool.done);
}

/* A job with work left, opened inside the body of j, or inside one of those. With the lock. */
static job *find_inner(const job *j)
{
    for (job *inner = pool.jobs; inner; inner = inner->older)
        if (job_has_work(inner))
            for (const job *o = inner->outer; o; o = o->outer)
                if (o == j)
                    return inner;
    return NULL;
}

/* Waits awake until nobody is inside or a job is opened after `seen` were, but not for longer than `until`. */
static void look_around(const job *j, unsigned seen, uint64_t until)
{
    while (atomic_load(&j->inside) > 0 && atomic_load_explicit(&pool.opened, memory_order_relaxed) == seen && now() < until)
        relax();
}

/* Waits for the workers inside, and helps them with the loops they have opened meanwhile. */
static void job_close(job *j)
{
    uint64_t until = 0;
    unsigned seen = atomic_load(&pool.opened);
    if (atomic_load(&j->inside) > 0)
        look_around(j, seen, until = now() + spin());
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&j->inside) > 0) {
        job *inner = find_inner(j);
        seen = atomic_load(&pool.opened);
        if (inner) {
            join(inner, false);
            until = now() + spin();
        } else if (now() < until) {
            pthread_mutex_unlock(&pool.lock);
            look_around(j, seen, until);
            pthread_mutex_lock(&pool.lock);
        } else {
            pool.waiting++;
            pthread_cond_wait(&pool.done, &pool.lock);
            pool.waiting--;
        }
    }
    for (job **p = &pool.jobs; *p; p = &(*p)->older)
        if (*p == j) {
            *p = j->older;
            break;
        }
    pthread_mutex_unlock(&pool.lock);
}

static void job_shared(job *j, int threads)
{
    uint64_t count = j->count - atomic_load_explicit(&j->next, memory_order_relaxed);
    job_open(j, threads);
    uint64_t took = work_inside(j);
    job_close(j);
    if (atomic_load_explicit(&j->error, memory_order_relaxed) == 0)
        remember(j, count, took + j->spent);
}

/* The iterations that are claimed at once. */
static uint64_t chunk_size(uint64_t count, uint64_t threads, uint64_t each)
{
    uint64_t size = count / (threads * CHUNKS_PER_THREAD), most = count / (threads * SHORT_PER_THREAD);
    uint64_t good = iterations_in(each, CHUNK);
    good = good < most ? good : most;
    size = size > good ? size : good;
    return size > 0 ? size : 1;
}

int cb_rt_par_for(const cb_env *env, int64_t begin, int64_t end, cb_par_body body, void *closure)
{
    if (end <= begin)
        return 0;
    if (ENV_FIELD(env, parallel_for))
        return env->parallel_for(env, begin, end, 0, body, closure);
    int threads = cb_threads();
    job j = {.env = env, .body = body, .closure = closure, .begin = begin, .taper = (uint64_t)threads * TAPER};
    uint64_t each = expected(body);
    j.count = (uint64_t)end - (uint64_t)begin;
    j.chunk = chunk_size(j.count, (uint64_t)threads, each);
    if (threads == 1 || j.count == 1) {
        job_work(&j);
    } else {
        uint64_t limit = atomic_load_explicit(&pool.awake, memory_order_relaxed) > 0 ? SHORT_AWAKE : SHORT_ASLEEP;
        if (j.count <= iterations_in(each, limit))
            job_alone(&j, 2 * limit);
        if (job_has_work(&j))
            job_shared(&j, threads);
    }
    return atomic_load(&j.error);
}

/* ---- settings -------------------------------------------------------------------------------- */

static int processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN); /* more processors than a cpu_set_t holds */
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (int)n;
}

int cb_threads(void)
{
    int n = atomic_load_explicit(&pool.wanted, memory_order_relaxed);
    if (!n)
        n = atomic_load_explicit(&pool.found, memory_order_relaxed);
    if (!n) /* counted once: asking the system takes as long as a short loop */
        atomic_store_explicit(&pool.found, n = processors(), memory_order_relaxed);
    return n;
}

int cb_set_threads(int n)
{
    if (n < 0 || n > MAX_THREADS)
        return CB_ERR_PARAM_RANGE;
    atomic_store(&pool.spin, n > processors() ? SPIN_CROWDED : SPIN);
    atomic_store(&pool.wanted, n);
    atomic_store(&pool.found, 0);
    return 0;
}

void cb_default_env_destroy(void)
{
    pthread_mutex_lock(&pool.lock);
    worker *w = pool.workers;
    pool.workers = NULL;
    pool.nworkers = 0;
    atomic_fetch_add(&pool.epoch, 1);
    atomic_fetch_add(&pool.opened, 1);
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    while (w) {
        worker *next = w->next;
        /* Called by a worker, in the body of a loop: it cannot wait for itself. */
        if (pthread_equal(w->thread, pthread_self()))
            pthread_detach(w->thread);
        else
            pthread_join(w->thread, NULL);
        free(w);
        w = next;
    }
    cb_blocks_trim(0);
}

/* ---- locks ----------------------------------------------------------------------------------- */

void cb_rt_lock(int32_t *lock)
{
    for (unsigned tries = 1; __atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE); tries++)
        while (__atomic_load_n(lock, __ATOMIC_RELAXED))
            if (tries++ % 64 == 0)
                sched_yield(); /* whoever holds it may wait for a processor */
}

void cb_rt_unlock(int32_t *lock) { __atomic_store_n(lock, 0, __ATOMIC_RELEASE); }
