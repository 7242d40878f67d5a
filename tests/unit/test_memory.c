/* tests/unit/test_memory.c: blur, from equations to pixels, with an allocator that fails at the n-th request, for every
 * n: once only, or from there on. Then there is a report and an error, or the right picture, and every piece of memory
 * comes back. The same for the memory that compiled code asks of its environment, from several threads.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <carbide/dsl.h>

enum { W = 37, H = 19 };

typedef struct purse {
    long fails_at; /* 0: never */
    bool once;
    atomic_long asked, live;
    atomic_int told; /* that memory ran out */
    atomic_int other;
} purse;

static bool refuses(purse *p)
{
    long n = atomic_fetch_add(&p->asked, 1) + 1;
    return p->fails_at && (p->once ? n == p->fails_at : n >= p->fails_at);
}

static void *take(void *user, size_t bytes)
{
    purse *p = user;
    void *m = refuses(p) ? NULL : malloc(bytes);
    p->live += m != NULL;
    return m;
}

static void give(void *user, void *m)
{
    ((purse *)user)->live -= m != NULL;
    free(m);
}

static void listen(void *user, const cb_message *m)
{
    purse *p = user;
    if (strcmp(m->code, "out-of-memory") == 0)
        p->told++;
    else
        p->other++;
}

static cb_callable compile_blur(cb_context *c)
{
    cb_callable k = {NULL};
    Carbide(c)
    {
        Input(in, u16, 2);
        Funcs(out, across);
        Vars(x, y, yo, yi);
        define(across(x, y) = (in(x, y) + in(x + 1, y) + in(x + 2, y)) / 3);
        define(out(x, y) = (across(x, y) + across(x, y + 1) + across(x, y + 2)) / 3);
        schedule(out, split(y, yo, yi, 4), parallel(yo), vectorize(x, 8));
        schedule(across, store_at(out, yo), compute_at(out, yi), vectorize(x, 8), store_in(heap));
        k = compile(out, "host");
    }
    return k;
}

static bool is_right(const cb_buffer *in, const cb_buffer *out)
{
    const uint16_t *from = in->host, *to = out->host;
    for (int i = 0; i < W * H; i++) {
        unsigned sum = 0;
        for (int dy = 0; dy < 3; dy++) {
            const uint16_t *a = from + (i / W + dy) * (W + 2) + i % W;
            sum += (unsigned)(a[0] + a[1] + a[2]) / 3;
        }
        if (to[i] != sum / 3)
            return false;
    }
    return true;
}

static cb_buffer *picture(cb_context *c)
{
    cb_buffer *b = cb_buffer_new(c, CB_u16, 2, (const int32_t[]){W + 2, H + 2});
    for (int i = 0; b && i < (W + 2) * (H + 2); i++)
        ((uint16_t *)b->host)[i] = (uint16_t)(i * 7919 % 4001);
    return b;
}

/* Everything from one allocator; is there a result? */
static bool all_of_it(purse *p)
{
    cb_options o = {.size = sizeof o, .allocator = {take, give, p}, .sink = listen, .sink_user = p};
    cb_context *c = cb_context_new(&o);
    if (!c) {
        p->told++; /* there is no sink yet */
        return false;
    }
    cb_callable k = compile_blur(c);
    bool done = k.p && cb_ok(c);
    if (done) {
        cb_buffer *in = picture(c), *out = cb_buffer_new(c, CB_u16, 2, (const int32_t[]){W, H});
        done = in && out;
        p->told += !done; /* these two say so by being NULL */
        if (done && (cb_call_argv(k, NULL, (void *[]){in, out}) || !is_right(in, out)))
            p->other++;
        cb_buffer_free(in);
        cb_buffer_free(out);
    }
    cb_callable_free(k);
    cb_context_free(c);
    return done;
}

/* A declaration that failed once may be missed by what follows; then memory's end is the first report. */
static void must_be_clean(const purse *p, bool done)
{
    if (p->live || (p->other && (done || !p->once || !p->told)) || (!done && !p->told))
        fail_msg("request %ld refused%s: %ld pieces lost, %d other errors, %s", p->fails_at,
                 p->once ? " once" : "", (long)p->live, (int)p->other,
                 done ? "a result" : p->told ? "reported" : "nothing reported");
}

static void compiling(void **state)
{
    (void)state;
    purse plenty = {0};
    assert_true(all_of_it(&plenty));
    must_be_clean(&plenty, true);
    long most = plenty.asked;
    assert_true(most > 10);
    for (int once = 0; once < 2; once++)
        for (long n = 1; n <= most; n++) {
            purse p = {.fails_at = n, .once = once};
            bool done = all_of_it(&p);
            must_be_clean(&p, done);
            if (done && !once)
                fail_msg("%ld requests were not all, but there is a result", n);
        }
}

static void *rt_take(const cb_env *env, size_t bytes, size_t align)
{
    purse *p = env->user;
    void *m = NULL;
    if (refuses(p) || posix_memalign(&m, align < sizeof m ? sizeof m : align, bytes))
        m = NULL;
    p->live += m != NULL;
    return m;
}

static void rt_give(const cb_env *env, void *m) { give(env->user, m); }

static void rt_listen(const cb_env *env, int code, const char *text)
{
    purse *p = env->user;
    if (code == CB_ERR_OUT_OF_MEMORY && strstr(text, "memory"))
        p->told++;
    else
        p->other++;
}

static void running(void **state)
{
    (void)state;
    cb_context *c = cb_context_new(NULL);
    cb_callable k = compile_blur(c);
    cb_buffer *in = picture(NULL), *out = cb_buffer_new(NULL, CB_u16, 2, (const int32_t[]){W, H});
    long most = 1;
    assert_true(k.p && in && out);
    for (int once = 0; once < 2; once++)
        for (long n = 0; n <= most; n++) {
            purse p = {.fails_at = n, .once = once};
            cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .alloc = rt_take, .free = rt_give,
                          .error = rt_listen, .user = &p};
            int rc = cb_call_argv(k, &env, (void *[]){in, out});
            must_be_clean(&p, rc == 0);
            if (n == 0) {
                most = p.asked;
                assert_true(most >= H / 4);
            }
            assert_int_equal(rc, n == 0 ? 0 : CB_ERR_OUT_OF_MEMORY);
            if (n == 0)
                assert_true(is_right(in, out));
        }
    cb_callable_free(k);
    cb_buffer_free(in);
    cb_buffer_free(out);
    cb_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(compiling), cmocka_unit_test(running)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
