/* driver/generator.c: the command line of a generator program: from a generator's name to files.
 *
 *     blur.gen -o out -e object,header target=host schedule=blur.cpu.sched strip=64
 *
 * writes out/blur.o and out/blur.h. The bytes depend on the program, the schedule, the target and the
 * settings only.
 */
#include "cache.h"
#include "commands.h"

#include "../dsl/front.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum emit_kind {
    EMIT_OBJECT,
    EMIT_HEADER,
    EMIT_ASSEMBLY,
    EMIT_LLVM,
    EMIT_BITCODE,
    EMIT_NEST,
    EMIT_LOWERED,
    EMIT_SCHEDULE,
    EMIT_COUNT
} emit_kind;

static const struct {
    const char *word, *suffix, *brief;
} emits[EMIT_COUNT] = {
    {"object", ".o", "machine code to link"},
    {"header", ".h", "its declarations for C and C++"},
    {"assembly", ".s", "the same code as text"},
    {"llvm", ".ll", "LLVM's intermediate text"},
    {"bitcode", ".bc", "the same as bitcode"},
    {"nest", ".nest", "the loop nest, readable"},
    {"lowered", ".lowered", "the lowered statements"},
    {"schedule", ".expanded.sched", "the schedule with every default written out"},
};

typedef struct job {
    cb_context *c;
    int argc;
    char **argv;
    cb_registry reg;
    const char *generator, *dir, *name, *target, *schedule;
    bool emit[EMIT_COUNT];
    bool help, list, ok;
    const cb_record *body, *variant; /* variant: a Schedule of the program */
    pipeline *p;
    low *L;
    const command *command; /* show something instead of writing files; or NULL */
    command_options options;
} job;

static bool wrong(job *J, diag_code code, const char *help, const char *say)
{
    diag *d = diag_begin(&J->c->diags, code, (cb_loc){0}, "%s", say);
    diag_help(&J->c->diags, d, "%s", help);
    diag_end(&J->c->diags, d);
    return J->ok = false;
}

/* ---- the command line ------------------------------------------------------------------------ */

static bool parse_emits(job *J, const char *list)
{
    arena *a = J->c->a;
    memset(J->emit, 0, sizeof J->emit);
    while (*list) {
        size_t n = strcspn(list, ",");
        const char *word = arena_strndup(a, list, n);
        const char *words[EMIT_COUNT];
        int k = 0;
        for (int i = 0; i < EMIT_COUNT; i++)
            words[i] = emits[i].word;
        while (k < EMIT_COUNT && strcmp(words[k], word))
            k++;
        if (k == EMIT_COUNT) {
            const char *near = text_nearest(word, words, EMIT_COUNT);
            return wrong(J, DIAG_USAGE,
                         near ? arena_printf(a, "did you mean '%s'?", near)
                              : "object, header, assembly, llvm, bitcode, nest, lowered, schedule",
                         arena_printf(a, "-e %s: there is no such output", word));
        }
        J->emit[k] = true;
        list += n + (list[n] == ',');
    }
    return true;
}

/* --word, --word=text, --word=number: the options of commands. */
static bool take_long(job *J, const char *arg)
{
    command_options *o = &J->options;
    const struct {
        const char *word;
        bool *flag;
        const char **text;
        uint64_t *number;
        int *small;
        double *seconds;
    } options[] = {
        {.word = "until", .text = &o->until},         {.word = "rounds", .small = &o->rounds},
        {.word = "seed", .number = &o->seed},         {.word = "first", .number = &o->first},
        {.word = "cases", .number = &o->cases},       {.word = "jobs", .small = &o->jobs},
        {.word = "time", .seconds = &o->time},        {.word = "certificate", .text = &o->certificate},
        {.word = "check", .text = &o->check},         {.word = "resume", .text = &o->resume},
        {.word = "trial", .text = &o->trial},         {.word = "progress", .flag = &o->progress},
        {.word = "quiet", .flag = &o->quiet},         {.word = "json", .flag = &o->json},
        {.word = "no-files", .flag = &o->no_files},
#ifdef CB_PLANT
        {.word = "planted", .small = &J->c->planted}, /* a bug of planted.def */
#endif
    };
    size_t n = strcspn(arg + 2, "=");
    const char *value = arg[2 + n] ? arg + 3 + n : NULL;
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        if (strlen(options[i].word) != n || strncmp(options[i].word, arg + 2, n))
            continue;
        if (!value != !!options[i].flag)
            return wrong(J, DIAG_USAGE, "see --help",
                         arena_printf(J->c->a, "option '--%s' %s", options[i].word, value ? "takes no value" : "needs a value")), true;
        char *end = "";
        double v = value && !options[i].text ? strtod(value, &end) : 0;
        if (options[i].flag)
            *options[i].flag = true;
        else if (options[i].text)
            *options[i].text = value;
        else if (!*value || *end || v < 0 || v > 1e15 || (options[i].small && v > 1e6) || (!options[i].seconds && v != (double)(uint64_t)v))
            wrong(J, DIAG_USAGE, "see --help", arena_printf(J->c->a, "option '%s' needs a number", arg));
        else if (options[i].number)
            *options[i].number = (uint64_t)v;
        else if (options[i].small)
            *options[i].small = (int)v;
        else
            *options[i].seconds = v;
        return true;
    }
    return false;
}

static bool take_option(job *J, int *i)
{
    const char *arg = J->argv[*i];
    if (!strcmp(arg, "--help") || !strcmp(arg, "-h"))
        return J->help = true;
    if (!strcmp(arg, "--list"))
        return J->list = true;
    if (!strncmp(arg, "--", 2) && take_long(J, arg))
        return true;
    if (strlen(arg) != 2 || !strchr("oegn", arg[1]))
        return wrong(J, DIAG_USAGE, "see --help",
                     arena_printf(J->c->a, "there is no option '%s'", arg));
    if (*i + 1 >= J->argc)
        return wrong(J, DIAG_USAGE, "see --help",
                     arena_printf(J->c->a, "option '%s' needs a value", arg));
    const char *value = J->argv[++*i];
    switch (arg[1]) {
    case 'o': J->dir = value; break;
    case 'g': J->generator = value; break;
    case 'n': J->name = value; break;
    default: return parse_emits(J, value);
    }
    return true;
}

static bool is_c_name(const char *s)
{
    if (!*s || (*s >= '0' && *s <= '9'))
        return false;
    return !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

static void parse_command(void *env)
{
    job *J = env;
    J->ok = true;
    J->emit[EMIT_OBJECT] = J->emit[EMIT_HEADER] = true;
    J->options = (command_options){.out = stdout, .rounds = 8, .cases = 200, .jobs = 1};
    J->command = J->argc > 1 ? command_find(J->argv[1]) : NULL;
    for (int i = J->command ? 2 : 1; i < J->argc && J->ok; i++) {
        const char *arg = J->argv[i];
        if (arg[0] == '-')
            take_option(J, &i);
        else if (!strncmp(arg, "target=", 7))
            J->target = arg + 7;
        else if (!strncmp(arg, "schedule=", 9))
            J->schedule = arg + 9;
        else if (!front_set(J->c, arg))
            J->ok = false;
    }
    if (J->ok && J->name && !is_c_name(J->name))
        wrong(J, DIAG_USAGE, "it becomes the name of a C function",
              arena_printf(J->c->a, "-n %s: not an identifier", J->name));
}

/* ---- what the program has -------------------------------------------------------------------- */

/* Records of generators (of NULL) or of schedules of one generator; as "a, b". */
static uint32_t names(job *J, const char *generator, const char **out, const cb_record **only)
{
    uint32_t n = 0;
    for (const cb_record *const *r = J->reg.first; r && r < J->reg.end; r++) {
        if (generator ? !(*r)->schedule || strcmp((*r)->generator, generator)
                      : (*r)->schedule != NULL)
            continue;
        n++;
        *only = *r;
    }
    *out = registry_names(J->c, J->reg, generator);
    return n;
}

static void choose(void *env)
{
    job *J = env;
    arena *a = J->c->a;
    const char *all;
    const cb_record *only = NULL;
    uint32_t n = names(J, NULL, &all, &only);
    if (J->generator)
        J->body = registry_find(J->reg, J->generator, NULL);
    else if (n == 1)
        J->body = only;
    if (!J->body) {
        wrong(J, DIAG_NO_GENERATOR,
              n ? arena_printf(a, "there is: %s", all) : "write one: Generator(name) { ... }",
              J->generator ? arena_printf(a, "there is no generator '%s'", J->generator)
              : n          ? "the program has several generators; choose one with -g"
                           : "the program has no generator");
        return;
    }
    J->generator = J->body->generator;
    n = names(J, J->generator, &all, &only);
    if (J->schedule)
        J->variant = registry_find(J->reg, J->generator, J->schedule);
    else if (n == 1)
        J->variant = only;
    else if (n > 1)
        wrong(
            J, DIAG_NO_GENERATOR, arena_printf(a, "there is: %s; none is schedule=none", all),
            arena_printf(a, "'%s' has several schedules; choose one with schedule=", J->generator));
}

static void print_help(const job *J)
{
    printf("usage: %s [-g GENERATOR] [-o DIR] [-e OUTPUT,...] [-n NAME] [target=TARGET]\n"
           "       [schedule=NAME or FILE or none] [SETTING=INTEGER ...]\n\n"
           "Writes DIR/NAME.o, DIR/NAME.h, ... for a generator of this program.\n\n"
           "  -g GENERATOR  needed when there are several; --list shows them\n"
           "  -o DIR        where files go; default: here\n"
           "  -n NAME       of the function and the files; default: the generator's\n"
           "  -e OUTPUT     default: object,header\n",
           J->argc > 0 ? J->argv[0] : "generator");
    for (int i = 0; i < EMIT_COUNT; i++)
        printf("                  %-10s NAME%-16s %s\n", emits[i].word, emits[i].suffix,
               emits[i].brief);
    printf("  target=       host, or arch-os-feature-..., for example x86-64-linux-avx2; default: "
           "host\n"
           "  schedule=     a Schedule of the program by name, a file, or none; default: the only "
           "one\n"
           "  SETTING=      a Setting of the generator or a knob of the schedule\n"
           "  --list        the generators and their schedules\n\n"
           "With CARBIDE_CACHE=DIR in the environment, code is kept in DIR and taken from there when the same is\n"
           "asked for again; CARBIDE_CACHE_MB=N (512) is how much.\n\n"
           "With a word before everything else it shows something instead:\n\n");
    for (unsigned i = 0; i < ncommands; i++)
        printf("  %-12s  %s\n", commands[i].word, commands[i].brief);
    printf("  --until=PASS  nest, lower: stop after this pass\n"
           "\nverify and fuzz leave a certificate, DIR/NAME.verify.cert, or what went wrong made small,\n"
           "DIR/NAME.counterexample.sched:\n\n"
           "  --rounds=N    verify: more regions, all at random (8)\n"
           "  --cases=N     fuzz: random schedules (200); --first=N: number of the first (0)\n"
           "  --jobs=N      fuzz: processes that share them (1)\n"
           "  --seed=N      other regions and schedules (0)\n"
           "  --time=N      stop after N seconds; the certificate says how far it came\n"
           "  --check=FILE  verify: what a certificate says, again\n"
           "  --resume=FILE fuzz: go on where a certificate ends\n"
           "  --trial=TEXT  verify: one region, as a counterexample names it\n"
           "  --certificate=FILE, --no-files: another file, or none\n"
           "  --json, --progress, --quiet\n");
}

static void print_list(const job *J)
{
    for (const cb_record *const *r = J->reg.first; r && r < J->reg.end; r++) {
        if ((*r)->schedule)
            continue;
        printf("%s", (*r)->generator);
        for (const cb_record *const *s = J->reg.first; s < J->reg.end; s++)
            if ((*s)->schedule && !strcmp((*s)->generator, (*r)->generator))
                printf("  schedule=%s", (*s)->schedule);
        printf("\n");
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool file_error(job *J, const char *what, const char *path, int why, const char *help)
{
    return wrong(J, DIAG_FILE, help, arena_printf(J->c->a, "%s cannot be %s: %s", path, what,
                                                  why ? strerror(why) : "the disk may be full"));
}

static const char written[] = "-o names a directory that exists and may be written";

static bool write_file(job *J, emit_kind k, const char *bytes, size_t n)
{
    const char *path =
        arena_printf(J->c->a, "%s/%s%s", J->dir ? J->dir : ".", J->p->name, emits[k].suffix);
    errno = 0;
    FILE *f = fopen(path, "wb");
    if (!f)
        return file_error(J, "written", path, errno, written);
    bool ok = fwrite(bytes, 1, n, f) == n;
    int why = ok ? 0 : errno;
    if (fclose(f) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok)
        return true;
    remove(path); /* half a file would look up to date */
    return file_error(J, "written", path, why, written);
}

static void read_schedule(void *env)
{
    job *J = env;
    cb_context *c = J->c;
    size_t n;
    if (J->schedule && strcmp(J->schedule, "none") && !J->variant) {
        errno = 0;
        const char *source = text_read_file(c->a, J->schedule, &n);
        if (!source) {
            file_error(J, "read, and is no Schedule of the program either", J->schedule, errno,
                       "give schedule= the path of a file, a Schedule of the program (see --list), "
                       "or none");
            return;
        }
        J->p->sched = schedule_read(c, source, J->schedule);
        if (!J->p->sched) {
            J->ok = false;
            return;
        }
    }
    J->ok = front_apply_settings(c, J->p->sched);
}

/* ---- code ------------------------------------------------------------------------------------ */

/* The program lowered, when something needs it that was not kept. */
static bool lowered(job *J, const cg_target *t)
{
    low_target lt;
    target_low(t, &lt);
    return J->L || (J->L = low_run(J->p, &lt, NULL)) != NULL || (J->ok = false);
}

static bool emit_text(job *J, emit_kind k, const cg_target *t)
{
    text out;
    if ((k == EMIT_NEST || k == EMIT_LOWERED) && !lowered(J, t))
        return false;
    text_init(&out, J->c->a);
    switch (k) {
    case EMIT_HEADER: cg_header(&out, J->p, J->p->name, t); break;
    case EMIT_SCHEDULE: schedule_expand(&out, J->p); break;
    case EMIT_NEST: low_print_nest(&out, J->L); break;
    case EMIT_LOWERED:
        ir_print(J->L->ctx, &out, J->L->body);
        for (uint32_t i = 0; i < J->L->functions.n; i++) {
            const low_function *f = J->L->functions.at[i];
            text_printf(&out, "\n%s, for each %s:\n", f->name, ir_sym_name(J->L->ctx, f->index));
            ir_print(J->L->ctx, &out, f->body);
        }
        break;
    case EMIT_OBJECT:
    case EMIT_ASSEMBLY:
    case EMIT_LLVM:
    case EMIT_BITCODE:
    case EMIT_COUNT: break;
    }
    return write_file(J, k, text_str(&out), out.n);
}

static bool emit_code(job *J, emit_kind k, const cg_target *t)
{
    cg_output kind = k == EMIT_OBJECT     ? CG_OBJECT
                     : k == EMIT_ASSEMBLY ? CG_ASSEMBLY
                     : k == EMIT_LLVM     ? CG_LLVM_TEXT
                                          : CG_BITCODE;
    const char *dir = cache_dir(), *key = dir ? cache_key(J->p, t, emits[k].word) : NULL;
    size_t n;
    const char *bytes = key ? cache_get(J->c->a, dir, key, &n) : NULL;
    if (bytes)
        return write_file(J, k, bytes, n);
    int said = J->c->diags.warnings;
    if (!lowered(J, t) || !cg_llvm(J->L, t, J->p->name, kind, &bytes, &n))
        return J->ok = false;
    if (key && said == J->c->diags.warnings) /* a warning is to be seen every time */
        cache_put(J->c->a, dir, key, bytes, n);
    return write_file(J, k, bytes, n);
}

/* How the same program is made again: what was given, but for the schedule, its knobs and the target. */
static void describe_call(job *J)
{
    command_options *o = &J->options;
    text t;
    text_init(&t, J->c->a);
    for (int i = 2; i < J->argc; i++) {
        const char *arg = J->argv[i];
        size_t n = strcspn(arg, "=");
        const char *name = arena_strndup(J->c->a, arg, n);
        if (!strcmp(arg, "-g") && i + 1 < J->argc)
            text_printf(&t, " -g %s", J->argv[++i]);
        else if (arg[0] == '-' && strlen(arg) == 2)
            i++;
        else if (arg[0] != '-' && strcmp(name, "schedule") && strcmp(name, "target") &&
                 !(J->p->sched && schedule_knob(J->p->sched, name)))
            text_printf(&t, " %s", arg);
    }
    o->program = J->argv[0];
    o->settings = text_str(&t);
    o->dir = J->dir;
}

static void compile_all(void *env)
{
    job *J = env;
    cb_context *c = J->c;
    cg_target t;
    const char *near = NULL, *why = target_parse(J->target ? J->target : "host", &t, &near);
    if (why) {
        wrong(J, DIAG_BAD_TARGET,
              near ? arena_printf(c->a, "did you mean '%s'?", near)
                   : "a target is host, or arch-os-feature-..., for example x86-64-linux-avx2",
              arena_printf(c->a, "target '%s': %s", J->target, why));
        return;
    }
    if (J->name)
        J->p->name = ctx_string(c, J->name);
    target_choose(&t, J->p);
    low_target lt;
    target_low(&t, &lt);
    low_judge(J->p, &lt);
    if (J->command) {
        describe_call(J);
        J->ok = J->command->run(J->p, &t, &J->options);
        return;
    }
    J->ok = schedule_resolve(J->p);
    if (J->ok && !J->emit[EMIT_OBJECT] && !J->emit[EMIT_ASSEMBLY] && !J->emit[EMIT_LLVM] && !J->emit[EMIT_BITCODE])
        lowered(J, &t); /* texts alone are of programs that compile, too */
    for (int k = 0; k < EMIT_COUNT && J->ok; k++) {
        if (!J->emit[k])
            continue;
        bool code = k == EMIT_OBJECT || k == EMIT_ASSEMBLY || k == EMIT_LLVM || k == EMIT_BITCODE;
        J->ok = code ? emit_code(J, (emit_kind)k, &t) : emit_text(J, (emit_kind)k, &t);
    }
}

static bool generate(job *J)
{
    if (!front_try(J->c, choose, J) || !J->ok)
        return false;
    J->p = generator_run(J->c, J->body);
    if (!J->p || (J->variant && !generator_schedule(J->c, J->variant, J->p)))
        return false;
    if (!front_try(J->c, read_schedule, J) || !J->ok)
        return false;
    bool ok = front_try(J->c, compile_all, J) && J->ok;
    low_free(J->L);
    return ok;
}

int cb_generator_main(int argc, char **argv, cb_registry reg)
{
    job J = {.argc = argc, .argv = argv, .reg = reg};
    J.c = cb_context_new(NULL);
    if (!J.c) {
        fputs("out of memory\n", stderr);
        return 1;
    }
    front_of(J.c)->home = "command line"; /* made by cb_context_new: allocates nothing */
    bool ok = front_try(J.c, parse_command, &J) && J.ok;
    if (ok && J.help)
        print_help(&J);
    else if (ok && J.list)
        print_list(&J);
    else
        ok = ok && generate(&J);
    cb_context_free(J.c);
    return ok ? 0 : 1;
}
