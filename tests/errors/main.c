/* tests/errors/main.c: every mistake has its message, word for word, and hurts nobody.
 *
 *     errors DIR         runs the cases in DIR; one line each; last "N passed, N failed"
 *     errors DIR WORD    those whose name has the word, with what they print
 *     UPDATE=1 errors    writes what they print as the new NAME.err
 *
 * A case is NAME.c (see case.h) or NAME.sched, a schedule for the generator in sample.c: what
 * follows the line "# Fixed:" is the same schedule without the mistake. All cases run in this
 * process, which also shows that it survives them. NAME.err has all that was printed on the
 * standard error output.
 */
#define _GNU_SOURCE
#include "case.h"

#include "../../driver/commands.h"
#include "../../dsl/front.h"
#include "../../tools/run.h"
#include "memory.h"
#include "moves.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

extern const err_case *const __start_err_cases[], *const __stop_err_cases[];

enum { MOST_ARRAYS = 16 };

/* What the bodies of cases reach through the helpers; the tests have one thread. */
static struct {
    cb_buffer *arrays[MOST_ARRAYS];
    int narrays;
    char dir[64]; /* for files that commands write */
} now;

/* ---- what cases call ------------------------------------------------------------------------------ */

cb_buffer *err_array(cb_type t, int rank, const int32_t *extents)
{
    cb_buffer *b = now.narrays < MOST_ARRAYS ? cb_buffer_new(NULL, t, rank, extents) : NULL;
    if (b)
        now.arrays[now.narrays++] = b;
    return b;
}

void err_call(cb_func f, cb_site at, void **args)
{
    cb_callable k = cb_compile(f, "host", at);
    int rc = cb_call_argv(k, NULL, args);
    if (rc)
        fprintf(stderr, "  returned %d: %s\n", rc, cb_error_text(rc));
    cb_callable_free(k);
}

static void remove_files(void)
{
    DIR *d = opendir(now.dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", now.dir, e->d_name);
        if (e->d_name[0] != '.')
            remove(path);
    }
    if (d)
        closedir(d);
}

/* Output is not looked at. */
static int silently(int (*run_it)(int, char **), int argc, char **argv)
{
    fflush(stdout);
    int keep = dup(1), null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    int rc = run_it(argc, argv);
    fflush(stdout);
    dup2(keep, 1);
    close(keep);
    close(null);
    return rc;
}

static int generator_main(int argc, char **argv)
{
    return cb_generator_main(argc, argv, CB_REGISTRY);
}

void err_command(const char **words)
{
    char *argv[32];
    int argc = 0;
    bool dir = false;
    for (; words[argc]; argc++) {
        argv[argc] = (char *)(uintptr_t)words[argc];
        dir |= !strcmp(words[argc], "-o");
    }
    if (!dir) {
        argv[argc++] = (char *)(uintptr_t)"-o";
        argv[argc++] = now.dir;
    }
    argv[argc] = NULL;
    silently(generator_main, argc, argv);
    remove_files();
}

void err_carbide_run(const char **words)
{
    char *argv[32];
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    argv[argc] = NULL;
    silently(run_main, argc, argv);
}

/* ---- cases ------------------------------------------------------------------------------------------ */

typedef struct test {
    char name[64], dir[256];
    const err_case *c; /* or a schedule */
    bool fixed;
} test;

static void run_body(const test *t)
{
    void (*body)(void) = t->fixed ? t->c->fixed : t->c->mistake;
    cb_context *ctx = cb_context_new(NULL);
    if (t->fixed || t->c->scoped) {
        cb_scope s = cb_scope_enter(ctx, (cb_site){t->c->file, 1});
        body();
        cb_scope_leave(&s);
    } else {
        body();
    }
    cb_context_free(ctx);
    while (now.narrays)
        cb_buffer_free(now.arrays[--now.narrays]);
}

typedef struct scheduling {
    cb_context *c;
    pipeline *p;
    const char *path, *source;
} scheduling;

static void schedule_file(void *env)
{
    scheduling *S = env;
    S->p->sched = schedule_read(S->c, S->source, S->path);
    cg_target t;
    low_target lt;
    const char *near;
    target_parse("x86-64-linux-avx2", &t, &near);
    target_low(&t, &lt);
    low_judge(S->p, &lt);
    if (!S->p->sched || !schedule_resolve(S->p))
        return;
    low_free(low_run(S->p, &lt, NULL));
}

/* Reads, resolves and lowers; reports go to t, or NULL: to the standard error output. */
static void try_source(const char *source, const char *path, told *t)
{
    cb_context *c = cb_context_new(NULL);
    if (t) {
        c->diags.sink = tell;
        c->diags.sink_user = t;
    }
    cb_pipeline p = cb_generate(c, CB_REGISTRY, "sample", NULL, 0, NULL);
    scheduling S = {c, p.p, path, source};
    if (p.p)
        front_try(c, schedule_file, &S);
    cb_context_free(c);
}

static char *file_text(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *s = calloc(1, 65536);
    if (f && s)
        s[fread(s, 1, 65535, f)] = 0;
    if (f)
        fclose(f);
    return s;
}

static void run_schedule(const test *t)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.sched", t->dir, t->name);
    char *source = file_text(path);
    char *fixed = source ? strstr(source, "# Fixed:") : NULL;
    if (!fixed)
        fprintf(stderr, "%s: no line '# Fixed:'\n", path);
    if (fixed && !t->fixed)
        *fixed = 0;
    if (fixed)
        try_source(t->fixed ? fixed : source, path, NULL);
    free(source);
}

/* NULL, or what does not hold of the schedule's refusal. */
static const char *refusal_fault(const test *t)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.sched", t->dir, t->name);
    char *source = file_text(path);
    char *fixed = source ? strstr(source, "# Fixed:") : NULL;
    if (fixed)
        *fixed = 0;
    const char *why = fixed ? moves_fault(source, path) : NULL;
    free(source);
    return why;
}

/* What it prints on the standard error output, to be freed. */
static char *output_of(const test *t)
{
    FILE *f = tmpfile();
    if (!f)
        return NULL;
    fflush(stderr);
    int keep = dup(2);
    dup2(fileno(f), 2);
    if (t->c)
        run_body(t);
    else
        run_schedule(t);
    fflush(stderr);
    dup2(keep, 2);
    close(keep);
    long n = fseek(f, 0, SEEK_END) ? -1 : ftell(f);
    char *s = n < 0 ? NULL : calloc(1, (size_t)n + 1);
    rewind(f);
    if (s && fread(s, 1, (size_t)n, f) != (size_t)n)
        s[0] = 0;
    fclose(f);
    return s;
}

/* What every message has: a place, a code, and what to do. */
static const char *poor(const char *said)
{
    const char *code = strstr(said, "error[");
    if (!*said)
        return "nothing was said";
    if (strstr(said, "error[internal]"))
        return "an internal error";
    if (!strstr(said, "\n  help: ") && !strstr(said, "\n  returned "))
        return "there is no help";
    if (code && (code == said || code[-1] != ' ' || code[-2] != ':'))
        return "there is no place";
    if (!pairs_shown(said))
        return "it does not show two iterations";
    if (!landing_shown(said))
        return "it does not show an access and where it would land";
    return code || strstr(said, "\n  returned ") ? NULL : "there is no code";
}

static bool check(test *t, bool show)
{
    char path[512];
    t->fixed = false;
    char *said = output_of(t);
    t->fixed = true;
    char *after = output_of(t);
    snprintf(path, sizeof path, "%s/%s.err", t->dir, t->name);
    FILE *f = getenv("UPDATE") && said ? fopen(path, "wb") : NULL;
    if (f) {
        fputs(said, f);
        fclose(f);
    }
    char *want = file_text(path);
    const char *why = !said || !after || !want     ? "out of memory"
                      : strcmp(said, want) != 0    ? "another message"
                      : *after                     ? "the fixed program is refused"
                                                   : poor(said);
    if (!why && !t->c)
        why = refusal_fault(t);
    printf("%s %s%s%s\n", why ? "FAIL" : "ok  ", t->name, why ? ": " : "", why ? why : "");
    if (show || why)
        printf("%s%s%s", said, after && *after ? "--- fixed:\n" : "", after);
    free(said);
    free(after);
    free(want);
    return !why;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const test *)a)->name, ((const test *)b)->name);
}

/* The files of the directory and the cases of the program must be the same. */
static int find_tests(test *t, int most, const char *dir)
{
    int n = 0;
    for (const err_case *const *c = __start_err_cases; c < __stop_err_cases && n < most; c++, n++) {
        const char *base = strrchr((*c)->file, '/');
        t[n].c = *c;
        snprintf(t[n].name, sizeof t[n].name, "%s", base ? base + 1 : (*c)->file);
        t[n].name[strcspn(t[n].name, ".")] = 0;
    }
    DIR *d = opendir(dir);
    for (struct dirent *e; d && n < most && (e = readdir(d));) {
        const char *end = strrchr(e->d_name, '.');
        if (end && !strcmp(end, ".sched"))
            snprintf(t[n++].name, sizeof t[0].name, "%.*s", (int)(end - e->d_name), e->d_name);
    }
    if (d)
        closedir(d);
    for (int i = 0; i < n; i++)
        snprintf(t[i].dir, sizeof t[i].dir, "%s", dir);
    qsort(t, (size_t)n, sizeof *t, by_name);
    return n;
}

int main(int argc, char **argv)
{
    enum { MOST = 1024 };
    const char *dir = argc > 1 ? argv[1] : "tests/errors", *word = argc > 2 ? argv[2] : NULL;
    const char *base = getenv("TMPDIR");
    test *tests = calloc(MOST, sizeof *tests);
    int n = tests ? find_tests(tests, MOST, dir) : 0, passed = 0, failed = 0;
    snprintf(now.dir, sizeof now.dir, "%.40s/carbide-errors.XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(now.dir))
        return 1;
    for (int i = 0; i < n; i++)
        if (!word || strstr(tests[i].name, word))
            *(check(&tests[i], word != NULL) ? &passed : &failed) += 1;
    if (!word)
        memory_tests(&passed, &failed);
    remove_files();
    rmdir(now.dir);
    free(tests);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0 || !passed;
}
