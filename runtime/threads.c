/* runtime/threads.c: parallel loops, and the default environment's thread pool that runs them.
 *
 * A loop is cut into chunks; whoever has time claims the next one with an atomic add:
 *
 *     iterations 0..99, 2 threads:   chunk 0 = [0, 1), chunk 1 = [1, 2), ...   next -> 37
 *
 * The job lies on the stack of the thread that runs the loop, which works too, and is linked into the pool while
 * it is open. Idle workers take part in the newest open job. The owner returns when every chunk has been
 * claimed and no worker is inside any more. It waits for nobody else, and a worker inside can only be waiting for a
 * loop nested deeper, so nested loops cannot deadlock.
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
#include <unistd.h>

#include "env.h"

enum { CHUNKS_PER_THREAD = 64, SPINS = 2000, MAX_THREADS = 4096 };

typedef struct job {
    const cb_env *env;
    cb_par_body body;
    void *closure;
    int64_t begin;
    uint64_t count, nchunks;
    _Atomic uint64_t next; /* first chunk that nobody has claimed */
    atomic_int error;      /* the first one */
    atomic_int inside;     /* workers taking part; changed under the lock */
    struct job *older;
} job;

typedef struct worker {
    pthread_t thread;
    struct worker *next;
} worker;

static struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a job was opened, or the epoch changed */
    pthread_cond_t done; /* the last worker left a job */
    job *jobs;           /* open, newest first */
    worker *workers;
    int nworkers;
    int busy;           /* workers inside jobs */
    int idle;           /* workers waiting on `work` */
    int limit;          /* most workers inside jobs at once; set when a job is opened */
    atomic_int wanted;  /* threads, the caller included; 0: as many as processors, */
    atomic_int found;   /* so many when they were last counted; 0: not yet */
    atomic_uint epoch;  /* workers of an earlier epoch go home */
    atomic_uint opened; /* counts jobs, for workers that spin */
    bool fork_safe;     /* the fork handlers are installed */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .work = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER};

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- one loop -------------------------------------------------------------------------------- */

static void set_error(job *j, int code)
{
    int none = 0;
    atomic_compare_exchange_strong(&j->error, &none, code);
}

/* Claims and runs chunks until none is left or something went wrong. */
static void job_work(job *j)
{
    uint64_t size = j->count / j->nchunks, longer = j->count % j->nchunks;
    while (atomic_load_explicit(&j->error, memory_order_relaxed) == 0) {
        uint64_t i = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed);
        if (i >= j->nchunks)
            return;
        /* The first `longer` chunks have one iteration more. Unsigned: the range may span 2^63. */
        uint64_t from = i * size + (i < longer ? i : longer);
        uint64_t to = from + size + (i < longer ? 1 : 0);
        int code = cb_rt_cancelled(j->env)
                       ? CB_ERR_CANCELLED
                       : j->body(j->env, (int64_t)((uint64_t)j->begin + from),
                                 (int64_t)((uint64_t)j->begin + to), j->closure);
        if (code != 0)
            set_error(j, code);
    }
}

static bool job_has_work(job *j)
{
    return atomic_load_explicit(&j->next, memory_order_relaxed) < j->nchunks &&
           atomic_load_explicit(&j->error, memory_order_relaxed) == 0;
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

static void *worker_main(void *arg)
{
    unsigned epoch = (unsigned)(uintptr_t)arg;
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&pool.epoch) == epoch) {
        job *j = find_job();
        if (!j) {
            pool.idle++;
            pthread_cond_wait(&pool.work, &pool.lock);
            pool.idle--;
            continue;
        }
        unsigned seen = atomic_load(&pool.opened);
        atomic_fetch_add(&j->inside, 1);
        pool.busy++;
        pthread_mutex_unlock(&pool.lock);

        job_work(j);

        pthread_mutex_lock(&pool.lock);
        if (pool.busy > 0) /* in the child of a fork the count began anew */
            pool.busy--;
        if (atomic_fetch_sub(&j->inside, 1) == 1)
            pthread_cond_broadcast(&pool.done);
        pthread_mutex_unlock(&pool.lock);

        /* The next loop often follows at once: look out for it for some microseconds before sleeping. */
        for (int i = 0; i < SPINS && atomic_load_explicit(&pool.opened, memory_order_relaxed) == seen; i++)
            relax();
        pthread_mutex_lock(&pool.lock);
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
    pool.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
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
    pool.nworkers = pool.busy = pool.idle = 0;
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
    j->older = pool.jobs;
    pool.jobs = j;
    atomic_fetch_add(&pool.opened, 1);
    uint64_t wake = (uint64_t)(pool.idle < pool.limit ? pool.idle : pool.limit);
    for (uint64_t i = 0; i < wake && i < j->nchunks - 1; i++)
        pthread_cond_signal(&pool.work);
    pthread_mutex_unlock(&pool.lock);
}

static void job_close(job *j)
{
    for (int i = 0; i < SPINS && atomic_load(&j->inside) > 0; i++)
        relax();
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&j->inside) > 0)
        pthread_cond_wait(&pool.done, &pool.lock);
    for (job **p = &pool.jobs; *p; p = &(*p)->older)
        if (*p == j) {
            *p = j->older;
            break;
        }
    pthread_mutex_unlock(&pool.lock);
}

int cb_rt_par_for(const cb_env *env, int64_t begin, int64_t end, cb_par_body body, void *closure)
{
    if (end <= begin)
        return 0;
    if (ENV_FIELD(env, parallel_for))
        return env->parallel_for(env, begin, end, 0, body, closure);
    int threads = cb_threads();
    uint64_t most = (uint64_t)threads * CHUNKS_PER_THREAD;
    job j = {.env = env, .body = body, .closure = closure, .begin = begin};
    j.count = (uint64_t)end - (uint64_t)begin;
    j.nchunks = j.count < most ? j.count : most;
    bool shared = threads > 1 && j.nchunks > 1;
    if (shared)
        job_open(&j, threads);
    job_work(&j);
    if (shared)
        job_close(&j);
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
