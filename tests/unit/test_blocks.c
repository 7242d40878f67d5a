/* tests/unit/test_blocks.c: the default allocator: lines to spare, and large blocks kept from one call to the next. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <carbide/runtime.h>

enum { SPARE = 64, MB = 1 << 20 };

/* Is there memory at p? */
static bool is_mapped(const void *p)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    return msync((void *)((uintptr_t)p & ~(page - 1)), page, MS_ASYNC) == 0 || errno != ENOMEM;
}

/* Memory of every size may be written from 64 bytes before to 64 bytes after it. */
static void lines_to_spare(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 1, 63, 64, 65, 4096, MB - 129, MB - 128, MB, MB + 1, 2*MB, 5*MB + 3};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *p = cb_rt_alloc(NULL, sizes[i]);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        memset(p - SPARE, 1, (size_t)sizes[i] + 2*SPARE);
        cb_rt_free(NULL, p);
    }
    assert_null(cb_rt_alloc(NULL, -1));
    assert_null(cb_rt_alloc(NULL, INT64_MAX));
    assert_null(cb_rt_alloc(NULL, INT64_MAX / 2));
    cb_rt_free(NULL, NULL);
}

static void large_blocks_are_kept(void **state)
{
    (void)state;
    cb_default_env_destroy();
    char *a = cb_rt_alloc(NULL, 8*MB), *b = cb_rt_alloc(NULL, 8*MB);
    assert_ptr_not_equal(a, b);
    cb_rt_free(NULL, b);
    assert_true(is_mapped(b));
    assert_ptr_equal(cb_rt_alloc(NULL, 8*MB), b);
    cb_rt_free(NULL, a);
    assert_ptr_equal(cb_rt_alloc(NULL, 6*MB), a); /* large enough, not too large */
    cb_rt_free(NULL, a);
    char *small = cb_rt_alloc(NULL, 2*MB);
    assert_ptr_not_equal(small, a);
    cb_rt_free(NULL, small);
    cb_rt_free(NULL, b);
    cb_default_env_destroy();
    assert_false(is_mapped(a));
    assert_false(is_mapped(b));
    assert_false(is_mapped(small));
}

/* The block given last is kept, older ones go as the limit asks. */
static void limit_of_what_is_kept(void **state)
{
    (void)state;
    char *p[3];
    cb_default_env_destroy();
    cb_set_kept_memory(25*MB);
    for (int i = 0; i < 3; i++)
        assert_non_null(p[i] = cb_rt_alloc(NULL, 9*MB));
    for (int i = 0; i < 3; i++)
        cb_rt_free(NULL, p[i]);
    assert_false(is_mapped(p[0]));
    assert_true(is_mapped(p[1]));
    assert_true(is_mapped(p[2]));
    cb_set_kept_memory(12*MB);
    assert_false(is_mapped(p[1]));
    assert_true(is_mapped(p[2]));
    cb_set_kept_memory(0);
    assert_false(is_mapped(p[2]));
    char *q = cb_rt_alloc(NULL, 9*MB);
    cb_rt_free(NULL, q);
    assert_false(is_mapped(q));
    cb_set_kept_memory((uint64_t)256 << 20);
}

static void many_blocks(void **state)
{
    (void)state;
    char *p[100];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            assert_non_null(p[i] = cb_rt_alloc(NULL, MB + i*1000));
            memset(p[i], i, 1000);
        }
        for (int i = 0; i < 100; i++) {
            for (int k = 0; k < 1000; k++)
                assert_int_equal(p[i][k], i);
            cb_rt_free(NULL, p[i]);
        }
    }
}

/* Blocks of other threads stay as they were. */
static void *take_and_give(void *arg)
{
    atomic_int *wrong = arg;
    unsigned x = (unsigned)(uintptr_t)&x;
    for (int i = 0; i < 300; i++) {
        int64_t n = MB + (int64_t)((x = x*1664525 + 1013904223) >> 10);
        unsigned *p = cb_rt_alloc(NULL, n), last = (unsigned)n/4 - 1;
        if (!p) {
            atomic_store(wrong, 1);
            return NULL;
        }
        p[0] = p[last] = p[last/2] = x;
        for (int k = 0; k < 200; k++)
            p[k*100 + 1] = x + (unsigned)k;
        if (p[0] != x || p[last] != x || p[last/2] != x)
            atomic_store(wrong, 1);
        for (unsigned k = 0; k < 200; k++)
            if (p[k*100 + 1] != x + k)
                atomic_store(wrong, 1);
        cb_rt_free(NULL, p);
    }
    return NULL;
}

static void threads_take_and_give(void **state)
{
    (void)state;
    pthread_t t[4];
    atomic_int wrong = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, take_and_give, &wrong), 0);
    for (int i = 0; i < 30; i++)
        cb_default_env_destroy();
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(wrong, 0);
}

static void kept_blocks_after_fork(void **state)
{
    (void)state;
    cb_default_env_destroy();
    int *p = cb_rt_alloc(NULL, 4*MB);
    *p = 1;
    cb_rt_free(NULL, p);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int *q = cb_rt_alloc(NULL, 4*MB);
        bool same = q == p;
        if (q)
            *q = 2;
        cb_rt_free(NULL, q);
        _exit(same ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_ptr_equal(cb_rt_alloc(NULL, 4*MB), p);
    assert_int_equal(*p, 1);
    cb_rt_free(NULL, p);
    cb_default_env_destroy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_to_spare),        cmocka_unit_test(large_blocks_are_kept),
        cmocka_unit_test(limit_of_what_is_kept), cmocka_unit_test(many_blocks),
        cmocka_unit_test(threads_take_and_give), cmocka_unit_test(kept_blocks_after_fork),
    };
    return cmocka_run_group_tests_name("blocks", tests, NULL, NULL);
}
