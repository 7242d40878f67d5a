/* tests/errors/memory.c: memory that runs out anywhere is reported, and nothing is lost.
 *
 * A small program is built, compiled and run in a context whose allocator gives out n pieces of
 * memory and no more, for every n up to the number that is enough: then there is an error, or a
 * result, and every piece comes back. The same for the memory that compiled code asks of its
 * environment.
 */
#define _GNU_SOURCE
#include "memory.h"

#include "case.h"

typedef struct purse {
    long left, live;
    bool told; /* that memory ran out */
    bool other; /* some other error */
} purse;

static void *take(void *user, size_t bytes)
{
    purse *p = user;
    void *m = p->left > 0 ? malloc(bytes) : NULL;
    p->left--;
    p->live += m != NULL;
    return m;
}

static void give(void *user, void *m)
{
    purse *p = user;
    p->live -= m != NULL;
    free(m);
}

static void listen(void *user, const cb_message *m)
{
    purse *p = user;
    if (strcmp(m->code, "out-of-memory") == 0)
        p->told = true;
    else
        p->other = true;
}

/* Is there a result? */
static bool build_and_run(purse *p)
{
    cb_options o = {.size = sizeof o, .allocator = {take, give, p}, .sink = listen, .sink_user = p};
    cb_context *ctx = cb_context_new(&o);
    bool done = false;
    if (!ctx)
        p->told = true; /* there is no sink yet */
    else Carbide(ctx)
    {
        Funcs(f, g);
        Vars(x, y);
        RDom(r, (0, 4));
        define(g(x, y) = x*y + 1);
        define(f(x, y) = 0);
        define(f(x, y) += g(x + r, y)*3);
        schedule(g, compute_at(update(f, 0), y), vectorize(x, 4));
        schedule(f, vectorize(x, 4));
        cb_buffer *b = realize(f, 16, 4);
        done = b && cb_ok(ctx);
        cb_buffer_free(b);
    }
    cb_context_free(ctx);
    return done;
}

static const char *compiling_with(long n, bool *enough)
{
    purse p = {.left = n};
    *enough = build_and_run(&p);
    if (p.live)
        return "memory was lost";
    if (p.other)
        return "another error was reported";
    return *enough || p.told ? NULL : "nothing was reported";
}

static void *rt_take(const cb_env *env, size_t bytes, size_t align)
{
    void *m = NULL;
    purse *p = env->user;
    if (p->left-- > 0 && posix_memalign(&m, align < sizeof m ? sizeof m : align, bytes))
        m = NULL;
    p->live += m != NULL;
    return m;
}

static void rt_give(const cb_env *env, void *m) { give(env->user, m); }

static void rt_listen(const cb_env *env, int code, const char *text)
{
    purse *p = env->user;
    if (code == CB_ERR_OUT_OF_MEMORY && strstr(text, "memory"))
        p->told = true;
    else
        p->other = true;
}

static cb_callable compile_stages(cb_context *ctx)
{
    cb_callable k = {NULL};
    Carbide(ctx)
    {
        Funcs(f, g, h);
        Vars(x, y);
        define(h(x, y) = x + y);
        define(g(x, y) = h(x, y)*2 + h(x + 1, y));
        define(f(x, y) = g(x, y) + g(x, y + 1));
        schedule(h, compute_root());
        schedule(g, compute_at(f, y), store_in(heap));
        schedule(f, parallel(y));
        k = compile(f, "host");
    }
    return k;
}

static const char *running_with(cb_callable k, long n, bool *enough)
{
    purse p = {.left = n};
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .alloc = rt_take, .free = rt_give,
                  .error = rt_listen, .user = &p};
    cb_buffer *out = cb_buffer_new(NULL, CB_i32, 2, (const int32_t[]){32, 8});
    void *args[] = {out};
    int rc = cb_call_argv(k, &env, args);
    cb_buffer_free(out);
    *enough = rc == 0;
    if (p.live)
        return "memory was lost";
    if (p.other)
        return "another error was reported";
    if (rc && rc != CB_ERR_OUT_OF_MEMORY)
        return "another code was returned";
    return *enough || p.told ? NULL : "nothing was reported";
}

static void say(const char *what, long pieces, const char *why, int *passed, int *failed)
{
    printf("%s %s (%ld pieces)%s%s\n", why ? "FAIL" : "ok  ", what, pieces, why ? ": " : "",
           why ? why : "");
    *(why ? failed : passed) += 1;
}

void memory_tests(int *passed, int *failed)
{
    enum { MOST = 2000 };
    bool enough = false;
    const char *why = NULL;
    long n = 0;
    for (; n < MOST && !enough && !why; n++)
        why = compiling_with(n, &enough);
    why = why ? why : enough ? NULL : "it is never enough";
    say("memory of a context", n - 1, why, passed, failed);

    cb_context *ctx = cb_context_new(NULL);
    cb_callable k = compile_stages(ctx);
    int threads = cb_threads();
    cb_set_threads(1); /* counts of live memory are not shared between threads */
    why = k.p ? NULL : "it does not compile";
    enough = false;
    for (n = 0; n < MOST && !enough && !why; n++)
        why = running_with(k, n, &enough);
    why = why ? why : enough && n > 2 ? NULL : "it needs no memory";
    say("memory of compiled code", n - 1, why, passed, failed);
    cb_set_threads(threads);
    cb_callable_free(k);
    cb_context_free(ctx);
}
