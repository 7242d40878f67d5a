/* The runtime library: buffers, memory, error texts, and the thread pool. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <carbide/runtime.h>

#ifdef __SANITIZE_THREAD__ /* gcc's way to tell; below is clang's */
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

/* ---- buffers --------------------------------------------------------------------------------- */

static const cb_type u16 = {CB_UINT, 16, 1}, boolean = {CB_UINT, 1, 1}, f64 = {CB_FLOAT, 64, 1};

static void buffer_is_dense(void **state)
{
    (void)state;
    uint16_t data[6 * 5 * 4];
    cb_dim d[3] = {{7, 6, 9}, {7, 5, 9}, {7, 4, 9}};
    cb_buffer b;
    cb_buffer_init(&b, data, u16, 3, d);
    assert_int_equal(b.size, sizeof b);
    assert_int_equal(b.version, CB_BUFFER_VERSION);
    assert_int_equal(d[0].stride, 1);
    assert_int_equal(d[1].stride, 6);
    assert_int_equal(d[2].stride, 30);
    assert_int_equal(d[0].min + d[1].min + d[2].min, 0);
    assert_int_equal(cb_buffer_bytes(&b), sizeof data);
    assert_ptr_equal(cb_buffer_at(&b, (int32_t[]){5, 4, 3}), data + 119);
}

static void buffer_strides_and_mins(void **state)
{
    (void)state;
    double data[100];
    cb_dim d[2] = {{-3, 4, -2}, {10, 3, 10}};
    cb_buffer b = {.size = sizeof b, .version = 1, .host = data + 50, .type = f64, .rank = 2, .dim = d};
    assert_ptr_equal(cb_buffer_at(&b, (int32_t[]){-3, 10}), data + 50);
    assert_ptr_equal(cb_buffer_at(&b, (int32_t[]){0, 12}), data + 50 - 6 + 20);
    assert_int_equal(cb_buffer_bytes(&b), (1 + 6 + 20) * 8);
    d[0].extent = 0;
    assert_int_equal(cb_buffer_bytes(&b), 0);
    b.rank = 0;
    assert_int_equal(cb_buffer_bytes(&b), 8);
}

static void buffer_sizes_saturate(void **state)
{
    (void)state;
    cb_dim d[4] = {{0, INT32_MAX, 0}, {0, INT32_MAX, 0}, {0, INT32_MAX, 0}, {0, 2, 0}};
    cb_buffer b;
    cb_buffer_init(&b, NULL, f64, 4, d);
    assert_true(cb_buffer_bytes(&b) == UINT64_MAX);
    assert_true(d[3].stride == INT64_MAX);
    d[0].extent = 0;
    cb_buffer_init(&b, NULL, boolean, 2, d);
    assert_int_equal(d[1].stride, 1);
}

/* ---- memory ---------------------------------------------------------------------------------- */

typedef struct counts {
    int allocs, frees;
    size_t bytes, align;
} counts;

static void *count_alloc(const cb_env *env, size_t bytes, size_t align)
{
    counts *c = env->user;
    c->allocs++;
    c->bytes = bytes;
    c->align = align;
    return aligned_alloc(align, bytes);
}

static void count_free(const cb_env *env, void *p)
{
    ((counts *)env->user)->frees++;
    free(p);
}

static void memory_is_aligned_with_slack(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 300; n += 37) {
        char *p = cb_rt_alloc(NULL, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        memset(p - 64, 1, (size_t)n + 128); /* an address checker would object */
        cb_rt_free(NULL, p);
    }
    assert_null(cb_rt_alloc(NULL, -1));
    assert_null(cb_rt_alloc(NULL, INT64_MAX));
    cb_rt_free(NULL, NULL);
}

static void memory_comes_from_env(void **state)
{
    (void)state;
    counts c = {0, 0, 0, 0};
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .alloc = count_alloc, .free = count_free, .user = &c};
    void *p = cb_rt_alloc(&env, 1000);
    assert_non_null(p);
    assert_int_equal(c.allocs, 1);
    assert_true(c.bytes >= 1128);
    assert_int_equal(c.align, 64);
    cb_rt_free(&env, p);
    assert_int_equal(c.frees, 1);
    /* Half a pair is no pair; a struct that ends before the fields has none. */
    env.free = NULL;
    cb_rt_free(&env, cb_rt_alloc(&env, 8));
    env.free = count_free;
    env.size = offsetof(cb_env, alloc);
    cb_rt_free(&env, cb_rt_alloc(&env, 8));
    assert_int_equal(c.allocs, 1);
    assert_int_equal(c.frees, 1);
}

/* ---- errors ---------------------------------------------------------------------------------- */

typedef struct report {
    int code, calls;
    char text[4096];
} report;

static void keep_report(const cb_env *env, int code, const char *text)
{
    report *r = env->user;
    r->code = code;
    r->calls++;
    strncpy(r->text, text, sizeof r->text - 1);
}

static uint64_t slot_s(const char *s)
{
    return (uint64_t)(uintptr_t)s;
}

static uint64_t slot_f(double d)
{
    uint64_t u;
    memcpy(&u, &d, sizeof u);
    return u;
}

static void errors_are_formatted(void **state)
{
    (void)state;
    report r = {0, 0, ""};
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = keep_report, .user = &r};
    uint64_t slots[4] = {slot_s("in"), (uint64_t)INT64_MIN, slot_f(-0.25), slot_s(NULL)};
    int code = cb_rt_error(&env, CB_ERR_BAD_RANK, "'%s' %d %f %s 100%% %q %d", slots, 4);
    assert_int_equal(code, CB_ERR_BAD_RANK);
    assert_int_equal(r.code, CB_ERR_BAD_RANK);
    assert_string_equal(r.text, "'in' -9223372036854775808 -0.25 (null) 100% %q %d");
    cb_rt_error(&env, CB_ERR_NO_HOST, NULL, NULL, 0);
    assert_string_equal(r.text, "a buffer has no host memory");
    cb_rt_error(&env, 1, "", NULL, 0);
    assert_string_equal(r.text, "");
    cb_rt_error(&env, 1, "%", NULL, 0);
    assert_string_equal(r.text, "%");
}

static void long_errors_are_cut(void **state)
{
    (void)state;
    report r = {0, 0, ""};
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = keep_report, .user = &r};
    char *s = malloc(5000);
    memset(s, 'a', 4999);
    s[4999] = 0;
    cb_rt_error(&env, 1, "%s and more %d", (uint64_t[]){slot_s(s), 3}, 2);
    size_t n = strlen(r.text);
    assert_true(n > 1000 && n < 2048);
    assert_string_equal(r.text + n - 3, "...");
    free(s);
}

static void codes_have_texts(void **state)
{
    (void)state;
    assert_string_equal(cb_error_text(0), "success");
    assert_string_equal(cb_error_text(CB_ERR_OUT_OF_MEMORY), "out of memory");
    assert_string_equal(cb_error_text(-1), "unknown error");
    assert_string_equal(cb_error_text(100000), "unknown error");
}

/* ---- threads --------------------------------------------------------------------------------- */

enum { MOST = 10000 };

typedef struct tally {
    atomic_int hits[MOST];
    int64_t begin, fail_at;
    atomic_int calls;
} tally;

static int tally_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    tally *t = closure;
    (void)env;
    atomic_fetch_add(&t->calls, 1);
    for (int64_t i = begin; i < end; i++) {
        if (i == t->fail_at)
            return 1000 + (int)(i - t->begin);
        atomic_fetch_add(&t->hits[i - t->begin], 1);
    }
    return 0;
}

static void check_loop(int64_t begin, int n)
{
    tally *t = calloc(1, sizeof *t);
    t->begin = begin;
    t->fail_at = INT64_MIN;
    assert_int_equal(cb_rt_par_for(NULL, begin, begin + n, tally_body, t), 0);
    for (int i = 0; i < MOST; i++)
        assert_int_equal(t->hits[i], i < n);
    free(t);
}

static void every_iteration_once(void **state)
{
    (void)state;
    static const int sizes[] = {0, 1, 2, 3, 7, 64, 127, 128, 129, 1000, MOST};
    for (int threads = 0; threads <= 5; threads++) {
        assert_int_equal(cb_set_threads(threads), 0);
        assert_true(threads == 0 ? cb_threads() >= 1 : cb_threads() == threads);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            check_loop(0, sizes[s]);
            check_loop(INT64_MIN + 5, sizes[s]);
            check_loop(INT64_MAX - MOST, sizes[s]);
        }
    }
    assert_int_equal(cb_rt_par_for(NULL, 5, 5, tally_body, NULL), 0);
    assert_int_equal(cb_rt_par_for(NULL, 5, 4, tally_body, NULL), 0);
    assert_int_equal(cb_set_threads(-1), CB_ERR_PARAM_RANGE);
    cb_set_threads(0);
}

static int count_range(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    (void)env;
    atomic_fetch_add((_Atomic uint64_t *)closure, (uint64_t)end - (uint64_t)begin);
    return 0;
}

static void widest_range(void **state)
{
    (void)state;
    _Atomic uint64_t n = 0;
    cb_set_threads(3);
    assert_int_equal(cb_rt_par_for(NULL, INT64_MIN, INT64_MAX, count_range, &n), 0);
    assert_true(n == UINT64_MAX);
    cb_set_threads(0);
}

static void first_error_wins(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        cb_set_threads(threads);
        tally *t = calloc(1, sizeof *t);
        t->fail_at = 17;
        assert_int_equal(cb_rt_par_for(NULL, 0, MOST, tally_body, t), 1017);
        int done = 0;
        for (int i = 0; i < MOST; i++)
            done += t->hits[i];
        assert_true(done < MOST);
        free(t);
    }
    cb_set_threads(0);
}

typedef struct nested {
    int depth;
    atomic_int *leaves;
} nested;

static int nested_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    const nested *n = closure;
    for (int64_t i = begin; i < end; i++) {
        nested inner = {n->depth - 1, n->leaves};
        if (n->depth == 0) {
            atomic_fetch_add(n->leaves, 1);
        } else {
            int code = cb_rt_par_for(env, 0, 5, nested_body, &inner);
            if (code)
                return code;
        }
    }
    return 0;
}

static void loops_nest(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        atomic_int leaves = 0;
        nested n = {3, &leaves};
        cb_set_threads(threads);
        assert_int_equal(cb_rt_par_for(NULL, 0, 5, nested_body, &n), 0);
        assert_int_equal(leaves, 625);
    }
    cb_set_threads(0);
}

static void *loops_in_a_thread(void *arg)
{
    for (int i = 0; i < 200; i++) {
        atomic_int leaves = 0;
        nested n = {1, &leaves};
        if (cb_rt_par_for(NULL, 0, 8, nested_body, &n) != 0 || leaves != 40)
            atomic_store((atomic_int *)arg, 1);
    }
    return NULL;
}

static void threads_share_the_pool(void **state)
{
    (void)state;
    pthread_t t[3];
    atomic_int wrong = 0;
    cb_set_threads(3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, loops_in_a_thread, &wrong), 0);
    for (int i = 0; i < 3; i++) {
        cb_default_env_destroy();
        pthread_join(t[i], NULL);
    }
    assert_int_equal(wrong, 0);
    cb_set_threads(0);
}

static void pool_is_made_again(void **state)
{
    (void)state;
    cb_set_threads(3);
    for (int i = 0; i < 20; i++) {
        check_loop(0, 500);
        cb_default_env_destroy();
        cb_default_env_destroy();
    }
    cb_set_threads(0);
}

static int destroy_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    (void)env, (void)begin, (void)end;
    cb_default_env_destroy();
    atomic_fetch_add((atomic_int *)closure, 1);
    return 0;
}

static void pool_destroyed_inside_a_loop(void **state)
{
    (void)state;
    atomic_int n = 0;
    cb_set_threads(2);
    assert_int_equal(cb_rt_par_for(NULL, 0, 20, destroy_body, &n), 0);
    assert_int_equal(n, 20);
    check_loop(0, 100);
    cb_set_threads(0);
}

static void pool_survives_fork(void **state)
{
    (void)state;
#ifdef UNDER_TSAN
    skip(); /* the thread sanitizer does not support threads after a fork */
#endif
    cb_set_threads(3);
    check_loop(0, 1000);
    for (int i = 0; i < 5; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            atomic_int leaves = 0;
            nested n = {2, &leaves};
            int code = cb_rt_par_for(NULL, 0, 10, nested_body, &n);
            cb_default_env_destroy();
            _exit(code == 0 && leaves == 250 ? 0 : 1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        check_loop(0, 100);
    }
    cb_set_threads(0);
}

static int cancel_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    (void)begin, (void)end;
    assert_int_equal(cb_rt_cancelled(env), 0);
    __atomic_store_n((int32_t *)closure, 1, __ATOMIC_RELAXED);
    return 0;
}

static void loops_are_cancelled(void **state)
{
    (void)state;
    int32_t flag = 0;
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .cancel = &flag};
    cb_set_threads(1);
    assert_int_equal(cb_rt_cancelled(NULL), 0);
    assert_int_equal(cb_rt_par_for(&env, 0, 100, cancel_body, &flag), CB_ERR_CANCELLED);
    assert_int_equal(cb_rt_cancelled(&env), 1);
    cb_set_threads(0);
}

static int serial_for(const cb_env *env, int64_t begin, int64_t end, int32_t hint, cb_par_body body, void *closure)
{
    (void)hint;
    ++*(int *)env->user;
    return body(env, begin, end, closure);
}

static void loops_go_through_env(void **state)
{
    (void)state;
    int calls = 0;
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .parallel_for = serial_for, .user = &calls};
    tally *t = calloc(1, sizeof *t);
    t->fail_at = -1;
    assert_int_equal(cb_rt_par_for(&env, 0, 100, tally_body, t), 0);
    assert_int_equal(calls, 1);
    assert_int_equal(t->calls, 1);
    free(t);
}

/* ---- threads at once --------------------------------------------------------------------------- */

/* Loops are begun alone when those of the same body were short: `slow` bodies take some microseconds an iteration, so that
 * workers do take part. */
static void take_time(void)
{
    for (volatile int i = 0; i < 3000; i++)
        continue;
}

typedef struct slow {
    int depth, n, fail_at; /* the n iterations of each inner loop; the one that fails */
    atomic_int *leaves;
} slow;

static int slow_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    const slow *s = closure;
    for (int64_t i = begin; i < end; i++) {
        slow inner = {s->depth - 1, s->n, s->fail_at, s->leaves};
        int code = 0;
        take_time();
        if (s->depth > 0)
            code = cb_rt_par_for(env, 0, s->n, slow_body, &inner);
        else if (i == s->fail_at)
            code = 1000 + s->fail_at;
        else
            atomic_fetch_add(s->leaves, 1);
        if (code)
            return code;
    }
    return 0;
}

enum { OWNERS = 8 };

typedef struct owner {
    pthread_t thread;
    int number, wrong, loops;
    const atomic_int *stop; /* NULL: after so many loops */
} owner;

/* An owner's loops fail or succeed, whatever those of others do. */
static void *own_loops(void *arg)
{
    owner *o = arg;
    for (int i = 0; o->stop ? !atomic_load(o->stop) : i < o->loops; i++) {
        atomic_int leaves = 0;
        bool fails = (i + o->number) % 3 == 0;
        slow s = {1, 6, fails ? 5 : -1, &leaves};
        int code = cb_rt_par_for(NULL, 0, 7, slow_body, &s);
        if (code != (fails ? 1005 : 0) || (!fails && leaves != 42))
            o->wrong++;
    }
    return NULL;
}

static void start_owners(owner *o, int loops, const atomic_int *stop)
{
    for (int i = 0; i < OWNERS; i++) {
        o[i] = (owner){.number = i, .loops = loops, .stop = stop};
        assert_int_equal(pthread_create(&o[i].thread, NULL, own_loops, &o[i]), 0);
    }
}

static void join_owners(owner *o)
{
    for (int i = 0; i < OWNERS; i++) {
        pthread_join(o[i].thread, NULL);
        assert_int_equal(o[i].wrong, 0);
    }
}

static void many_owners(void **state)
{
    (void)state;
    owner o[OWNERS];
    for (int threads = 1; threads <= 5; threads += 2) {
        cb_set_threads(threads);
        start_owners(o, 40, NULL);
        join_owners(o);
    }
    cb_set_threads(0);
}

static void threads_change_while_loops_run(void **state)
{
    (void)state;
    owner o[OWNERS];
    atomic_int stop = 0;
    start_owners(o, 0, &stop);
    for (int i = 0; i < 200; i++) {
        cb_set_threads(i % 6);
        assert_true(cb_threads() >= 1);
        if (i % 50 == 49)
            cb_default_env_destroy();
        usleep(200);
    }
    stop = 1;
    join_owners(o);
    cb_set_threads(0);
}

static void fork_while_loops_run(void **state)
{
    (void)state;
#ifdef UNDER_TSAN
    skip(); /* the thread sanitizer does not support threads after a fork */
#endif
    owner o[OWNERS];
    atomic_int stop = 0;
    cb_set_threads(3);
    start_owners(o, 0, &stop);
    for (int i = 0; i < 10; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            owner own = {.loops = 10};
            alarm(60); /* a child that hangs is a failure, not a test that hangs */
            own_loops(&own);
            cb_default_env_destroy();
            _exit(own.wrong != 0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    stop = 1;
    join_owners(o);
    cb_set_threads(0);
}

typedef struct cancelling {
    pthread_t thread;
    slow s;
    int32_t flag;
} cancelling;

static void *cancel_soon(void *arg)
{
    cancelling *c = arg;
    while (atomic_load(c->s.leaves) < 20)
        sched_yield();
    __atomic_store_n(&c->flag, 1, __ATOMIC_RELAXED);
    return NULL;
}

/* Another thread stops a loop in loops that would go on for very long, and the loops of others go on. */
static void running_loops_are_cancelled(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        atomic_int leaves = 0, others = 0;
        cancelling c = {.s = {1, 1 << 20, -1, &leaves}};
        cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .cancel = &c.flag};
        cb_set_threads(threads);
        assert_int_equal(pthread_create(&c.thread, NULL, cancel_soon, &c), 0);
        assert_int_equal(cb_rt_par_for(&env, 0, 1 << 20, slow_body, &c.s), CB_ERR_CANCELLED);
        pthread_join(c.thread, NULL);
        slow s = {1, 6, -1, &others};
        assert_int_equal(cb_rt_par_for(NULL, 0, 7, slow_body, &s), 0);
        assert_int_equal(others, 42);
    }
    cb_set_threads(0);
}

/* ---- shares ------------------------------------------------------------------------------------ */

typedef struct shares {
    atomic_int hits[MOST], largest, last; /* the largest share, and that of the last iteration */
    int n;
} shares;

static int share_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    shares *s = closure;
    int size = (int)(end - begin), most = atomic_load(&s->largest);
    (void)env;
    while (size > most && !atomic_compare_exchange_weak(&s->largest, &most, size))
        continue;
    if (end == s->n)
        atomic_store(&s->last, size);
    for (int64_t i = begin; i < end; i++) {
        atomic_fetch_add(&s->hits[i], 1);
        for (int k = 0; k < 20; k++)
            take_time();
    }
    return 0;
}

/* Few iterations go one by one, as each may be long; of many, no share is large, and the last is one iteration. */
static void shares_are_small(void **state)
{
    (void)state;
    static const int sizes[] = {2, 7, 128, 1000, 2000};
    for (int threads = 2; threads <= 4; threads++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            shares *s = calloc(1, sizeof *s);
            s->n = sizes[k];
            cb_set_threads(threads);
            assert_int_equal(cb_rt_par_for(NULL, 0, s->n, share_body, s), 0);
            for (int i = 0; i < MOST; i++)
                assert_int_equal(s->hits[i], i < s->n);
            assert_int_equal(s->last, 1);
            assert_true(s->largest == 1 || s->largest <= s->n / (threads * 64));
            free(s);
        }
    cb_set_threads(0);
}

typedef struct meeting {
    pthread_t owner;
    atomic_int others; /* iterations run by others than the owner */
    int wait; /* milliseconds that an iteration waits for one */
} meeting;

static int meeting_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    meeting *m = closure;
    (void)env;
    if (!pthread_equal(m->owner, pthread_self()))
        atomic_fetch_add(&m->others, 1);
    for (int ms = 0; begin < end && ms < m->wait * (int)(end - begin) && atomic_load(&m->others) == 0; ms++)
        usleep(1000);
    return 0;
}

static int sleeping_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    (void)env, (void)begin, (void)end;
    usleep(*(const unsigned *)closure);
    return 0;
}

/* Times that do not fit where they are remembered. */
static void very_long_loops(void **state)
{
    (void)state;
    unsigned us = 400000;
    cb_set_threads(2);
    assert_int_equal(cb_rt_par_for(NULL, 0, 2, sleeping_body, &us), 0);
    us = 0;
    for (int i = 0; i < 10; i++)
        assert_int_equal(cb_rt_par_for(NULL, 0, 2, sleeping_body, &us), 0);
    cb_set_threads(0);
}

/* A loop that was short often is shared all the same once it takes long: in two seconds somebody comes to help. */
static void short_loops_become_long(void **state)
{
    (void)state;
    meeting m = {.owner = pthread_self()};
    cb_set_threads(2);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(cb_rt_par_for(NULL, 0, 2 + i % 20, meeting_body, &m), 0);
    m.others = 0;
    m.wait = 100;
    assert_int_equal(cb_rt_par_for(NULL, 0, 20, meeting_body, &m), 0);
    assert_true(m.others > 0);
    cb_set_threads(0);
}

typedef struct pair {
    pthread_t owner;
    meeting inner;
    atomic_int begun; /* the worker's iteration */
} pair;

static int pair_body(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    pair *p = closure;
    (void)begin, (void)end;
    if (!pthread_equal(p->owner, pthread_self())) {
        p->inner.owner = pthread_self();
        atomic_store(&p->begun, 1);
        return cb_rt_par_for(env, 0, 20, meeting_body, &p->inner);
    }
    int ms = 0;
    do
        usleep(1000);
    while (++ms < 10000 && !atomic_load(&p->begun));
    return 0;
}

/* Of two iterations the worker runs one, in which it opens a loop, and the owner has nothing left to do: it helps. */
static void waiting_owners_help(void **state)
{
    (void)state;
    cb_set_threads(2);
    for (int i = 0; i < 3; i++) {
        pair p = {.owner = pthread_self(), .inner = {.wait = 100}};
        usleep(i * 1000);
        assert_int_equal(cb_rt_par_for(NULL, 0, 2, pair_body, &p), 0);
        assert_true(p.inner.others > 0);
    }
    cb_set_threads(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_is_dense),
        cmocka_unit_test(buffer_strides_and_mins),
        cmocka_unit_test(buffer_sizes_saturate),
        cmocka_unit_test(memory_is_aligned_with_slack),
        cmocka_unit_test(memory_comes_from_env),
        cmocka_unit_test(errors_are_formatted),
        cmocka_unit_test(long_errors_are_cut),
        cmocka_unit_test(codes_have_texts),
        cmocka_unit_test(every_iteration_once),
        cmocka_unit_test(widest_range),
        cmocka_unit_test(first_error_wins),
        cmocka_unit_test(loops_nest),
        cmocka_unit_test(threads_share_the_pool),
        cmocka_unit_test(pool_is_made_again),
        cmocka_unit_test(pool_destroyed_inside_a_loop),
        cmocka_unit_test(pool_survives_fork),
        cmocka_unit_test(loops_are_cancelled),
        cmocka_unit_test(loops_go_through_env),
        cmocka_unit_test(many_owners),
        cmocka_unit_test(threads_change_while_loops_run),
        cmocka_unit_test(fork_while_loops_run),
        cmocka_unit_test(running_loops_are_cancelled),
        cmocka_unit_test(shares_are_small),
        cmocka_unit_test(short_loops_become_long),
        cmocka_unit_test(very_long_loops),
        cmocka_unit_test(waiting_owners_help),
    };
    return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
