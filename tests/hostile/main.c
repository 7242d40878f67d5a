/* tests/hostile/main.c: many mutated texts in child processes.
 *
 *     hostile --cases 4000 --seed 1          each kind; exit status 1 when one failed
 *     hostile --kind equations --case 812    one, shown
 *
 * Schedules are read, resolved, lowered and compiled when they are accepted; equations define a Func that is; command
 * lines and certificates go to the driver of generators. Good is whatever ends, with messages or without, but for
 * messages of code internal.
 */
#define _GNU_SOURCE
#include "hostile.h"

#include "../../dsl/front.h"

#include <carbide/dsl.h>

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS_A_CASE = 30, MAX_ARGS = 40, TEXT = 1 << 17 };

/* ---- the program ----------------------------------------------------------------------------------- */

static void declare(void)
{
    Input(in, u16, 2);
    Input(tab, u8, 1);
    Param(p, i32, 1, 0, 9);
    Param(q, f32, 2);
    Vars(x, y);
    RDom(r, (0, 8), (0, 4));
    Funcs(f, g, h, total);
    define(f(x, y) = (in(x, y) + in(x + 1, y) + tab(x & 255)) / 3);
    define(g(x, y) = i32(in(x, y)) * p);
    define(g(x, y) += i32(in(x + r.x, y + r.y)));
    define(g(x, 0) = g(x, 0) / 2);
    define(h(x, y) = (in(x, y), f32(in(x, y + 1)) * q));
    define(total() = i32(0));
    define(total() += i32(in(r.x, r.y)));
}

Generator(victim)
{
    declare();
    Setting(size, 2);
    Output(out, i32, 2);
    define_text("out(x, y) = g(x, y) + i32(h(x - 1, y)[0]) + i32(h(x, y)[1]) + total + i32(f(x, y - 1)) + i32(f(x + 1, y))");
    (void)size;
}

Schedule(victim, cpu)
{
    Stages(out);
    Vars(x);
    Knob(strip, 8, 8, 64, 8);
    schedule(out, vectorize(x, strip));
}

/* ---- one text -------------------------------------------------------------------------------------- */

typedef struct victim {
    cb_context *c;
    pipeline *p;
    const char *text;
    bool accepted; /* and compiled */
} victim;

static bool met_internal(const cb_context *c)
{
    for (const diag *d = c->diags.first; d; d = d->next)
        if (d->code == DIAG_INTERNAL)
            return true;
    return false;
}

static void compile_schedule_text(void *env)
{
    victim *V = env;
    cg_target t = target_host();
    t.features |= FEATURE_O0;
    snprintf(t.text, sizeof t.text, "x86-64-linux-o0");
    V->p->plans.n = 0;
    V->p->sched = schedule_read(V->c, V->text, "hostile.sched");
    if (V->p->sched && schedule_resolve(V->p)) {
        text out;
        text_init(&out, V->c->a);
        schedule_expand(&out, V->p);
        schedule_print(&out, V->p->sched);
        low_target lt;
        target_low(&t, &lt);
        low *L = low_run(V->p, &lt, NULL);
        V->accepted = L != NULL;
        low_free(L);
    }
}

static void ignore(void *user, const cb_message *m)
{
    (void)user;
    (void)m;
}

/* "": good; else what it said. */
static const char *try_schedule(arena *a, const char *s, bool right, bool *accepted)
{
    cb_context *c = cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = ignore});
    cb_pipeline p = cb_generate(c, CB_REGISTRY, "victim", NULL, 0, NULL);
    victim V = {.c = c, .p = p.p, .text = s};
    if (p.p)
        front_try(c, compile_schedule_text, &V);
    *accepted = V.accepted;
    bool bad = !p.p || met_internal(c) || (right && !V.accepted);
    text t;
    text_init(&t, a);
    for (const diag *d = c->diags.first; bad && d; d = d->next)
        diag_render_text(&t, d);
    cb_context_free(c);
    return bad ? text_str(&t) : "";
}

static const char *try_equation(arena *a, const char *s, bool right, bool *accepted)
{
    cb_context *c = cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = ignore});
    Carbide (c) {
        declare();
        Funcs(e, e2);
        (void)e2;
        define_text(s);
        if (cb_ok(c) && e.p->defs.n) {
            victim V = {.c = c, .p = cb_pipeline_of("e", 1, &e, CB_HERE).p, .text = ""};
            if (V.p)
                front_try(c, compile_schedule_text, &V);
            *accepted = V.accepted;
        }
    }
    bool bad = met_internal(c) || (right && !*accepted);
    text t;
    text_init(&t, a);
    for (const diag *d = c->diags.first; bad && d; d = d->next)
        diag_render_text(&t, d);
    cb_context_free(c);
    return bad ? text_str(&t) : "";
}

/* A name for mkstemp or mkdtemp, below TMPDIR. */
static void temporary(char *name, size_t n)
{
    const char *base = getenv("TMPDIR");
    snprintf(name, n, "%s/carbide-hostile.XXXXXX", base ? base : P_tmpdir);
}

/* Runs the driver with its output in a file; that must have no internal error. */
static const char *run_driver(arena *a, int argc, char **argv)
{
    char name[256];
    temporary(name, sizeof name);
    int fd = mkstemp(name);
    if (fd < 0)
        return "no temporary file";
    unlink(name);
    fflush(NULL);
    int out = dup(1), err = dup(2);
    dup2(fd, 1);
    dup2(fd, 2);
    cb_generator_main(argc, argv, CB_REGISTRY);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    off_t n = lseek(fd, 0, SEEK_END);
    char *s = arena_alloc(a, (size_t)(n > TEXT ? TEXT : n) + 1);
    if (pread(fd, s, (size_t)(n > TEXT ? TEXT : n), 0) < 0)
        s[0] = 0;
    close(fd);
    return strstr(s, "error[internal]") ? s : "";
}

/* Files may be written in an empty directory only: the child works there. */
static const char *try_command(arena *a, const char *s)
{
    char *argv[MAX_ARGS + 1] = {"victim.gen"};
    int argc = 1;
    while (*s && argc < MAX_ARGS) {
        size_t n = strcspn(s, " ");
        char *word = arena_strndup(a, s, n);
        bool path = !strcmp(argv[argc - 1], "-o") || !strncmp(word, "--certificate=", 14);
        if (n && !path) /* nothing is written elsewhere */
            argv[argc++] = word;
        s += n + (s[n] == ' ');
    }
    return run_driver(a, argc, argv);
}

static const char *try_certificate(arena *a, const char *s)
{
    text t;
    text_init(&t, a);
    text_printf(&t, "%send %016llx\n", s, (unsigned long long)text_hash(0, s));
    FILE *f = fopen("hostile.cert", "w");
    if (f) {
        fputs(text_str(&t), f);
        fclose(f);
    }
    char *check[] = {"victim.gen", "verify", "schedule=none", "--no-files", "--time=1", "--check=hostile.cert", NULL};
    return run_driver(a, 6, check);
}

static const char *try_text(arena *a, hostile_kind k, const char *s, bool right, bool *accepted)
{
    switch (k) {
    case SCHEDULES: return try_schedule(a, s, right, accepted);
    case EQUATIONS: return try_equation(a, s, right, accepted);
    case COMMANDS: return try_command(a, s);
    case CERTIFICATES: return try_certificate(a, s);
    case HOSTILE_KINDS: break;
    }
    return "";
}

/* ---- many ------------------------------------------------------------------------------------------- */

typedef struct board {
    uint64_t next, end, seed, accepted;
    hostile_kind kind;
    bool bad;
    char program[20]; /* hash of the victim */
    char said[4000];
} board;

static const char *text_number(arena *a, const board *b, uint64_t n)
{
    rng r = {b->seed * 31 + (uint64_t)b->kind};
    r.state = rng_next(&r) ^ n * 0xd1342543de82ef95u;
    r.state = rng_next(&r);
    const char *s = hostile_text(a, &r, b->kind, n), *at = strstr(s, "PROGRAM");
    return at ? arena_printf(a, "%.*s%s%s", (int)(at - s), s, b->program, at + 7) : s;
}

static void work(void *env)
{
    board *b = env;
    for (; b->next < b->end; b->next++) {
        escape esc = {0};
        arena *a = arena_new(NULL, &esc);
        apart_limit(SECONDS_A_CASE);
        bool accepted = false;
        const char *said = try_text(a, b->kind, text_number(a, b, b->next), b->next < hostile_right(b->kind), &accepted);
        b->accepted += accepted;
        b->bad = *said != 0;
        snprintf(b->said, sizeof b->said, "%s", said);
        arena_free(a);
        if (b->bad)
            return;
    }
}

static void show(const board *b, outcome end)
{
    escape esc = {0};
    arena *a = arena_new(NULL, &esc);
    printf("%s, seed %llu, case %llu: %s\n--- \n%.3000s\n---\n%s\n", hostile_names[b->kind], (unsigned long long)b->seed,
           (unsigned long long)b->next, end == OUT_AGREE ? "internal error" : outcome_names[end],
           text_number(a, b, b->next), b->bad ? b->said : "");
    arena_free(a);
}

/* The number that failed. */
static int run_kind(board *b, cb_context *c, uint64_t first, uint64_t cases)
{
    int failed = 0;
    b->end = first + cases;
    b->accepted = 0;
    for (b->next = first; b->next < b->end;) {
        outcome end;
        b->bad = false;
        apart_ended(apart_start(c, work, b), true, &end);
        if (end == OUT_AGREE && !b->bad)
            break;
        show(b, end);
        failed++;
        b->next++;
    }
    printf("%s: %llu, %llu of them accepted, %d failed\n", hostile_names[b->kind], (unsigned long long)cases,
           (unsigned long long)b->accepted, failed);
    return failed;
}

static void hash_victim(board *b)
{
    cb_context *c = cb_context_new(NULL);
    cb_pipeline p = cb_generate(c, CB_REGISTRY, "victim", NULL, 0, NULL);
    snprintf(b->program, sizeof b->program, "%s", p.p ? program_hash(p.p) : "");
    cb_context_free(c);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", 1, 0, 's'}, {"cases", 1, 0, 'n'}, {"case", 1, 0, 'c'}, {"kind", 1, 0, 'k'}, {0, 0, 0, 0}};
    uint64_t seed = 1, first = 0, cases = 1000;
    const char *kind = NULL;
    for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (opt) {
        case 's': seed = strtoull(optarg, NULL, 0); break;
        case 'n': cases = strtoull(optarg, NULL, 0); break;
        case 'c': first = strtoull(optarg, NULL, 0), cases = 1; break;
        case 'k': kind = optarg; break;
        default: puts("usage: hostile [--seed N] [--cases N] [--case N] [--kind WORD]"); return 2;
        }
    }
    char dir[256];
    temporary(dir, sizeof dir);
    board *b = shared_new(sizeof *b);
    cb_context *c = cb_context_new(NULL);
    if (!b || !c || !mkdtemp(dir) || chdir(dir))
        return 2;
    b->seed = seed;
    hash_victim(b);
    int failed = 0;
    for (int k = 0; k < HOSTILE_KINDS; k++) {
        b->kind = (hostile_kind)k;
        if (!kind || !strcmp(kind, hostile_names[k]))
            failed += run_kind(b, c, first, k < COMMANDS ? cases : (cases + 3) / 4);
    }
    cb_context_free(c);
    char remove_all[sizeof dir + 8];
    snprintf(remove_all, sizeof remove_all, "rm -rf %s", dir);
    return system(remove_all) != 0 || failed != 0;
}
