/* driver/certificate.c: what was checked, as a file that can be read and checked again:
 *
 *     carbide certificate 1
 *     command verify
 *     generator blur
 *     version 0.1.0
 *     program 8f2e0c417a6fbb50
 *     target x86-64-linux-avx2
 *     settings strip=64
 *     tolerance integers equal, inexact floats within the interpreter's slack
 *     seed 0
 *     schedule
 *     | out  vectorize(x, 32)
 *     trial agree out=0:7,0:3 data=random:811
 *     result 52 regions agree
 *     end 51c07a1be0d34521
 *
 * The program is known by a hash of its text; the last line is a hash of all lines before, so that a file that
 * was changed or cut off is not taken for a proof. Neither protects against someone who wants to deceive.
 */
#include "prove.h"

#include "../dsl/front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char TOLERANCE[] = "integers equal, inexact floats within the interpreter's slack";
static const char first_line[] = "carbide certificate 1";

/* ---- hashes ------------------------------------------------------------------------------------ */

uint64_t text_hash(uint64_t h, const char *s) /* FNV-1a, Fowler, Noll and Vo */
{
    if (!h)
        h = 0xcbf29ce484222325u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}

const char *program_hash(pipeline *p)
{
    text t;
    text_init(&t, p->ctx->a);
    program_text(&t, p, false);
    return arena_printf(p->ctx->a, "%016llx", (unsigned long long)text_hash(0, text_str(&t)));
}

/* ---- files ------------------------------------------------------------------------------------- */

const char *output_path(const pipeline *p, const command_options *o, const char *suffix)
{
    return arena_printf(p->ctx->a, "%s%s%s%s", o->dir ? o->dir : "", o->dir ? "/" : "", p->name, suffix);
}

static void file_fault(pipeline *p, const char *path, const char *what, int why, const char *help)
{
    diags *D = &p->ctx->diags;
    diag *d = diag_begin(D, DIAG_FILE, (cb_loc){0}, "%s cannot be %s: %s", path, what,
                         why ? strerror(why) : "the disk may be full");
    diag_help(D, d, "%s", help);
    diag_end(D, d);
}

bool write_text(pipeline *p, const char *path, const char *content)
{
    errno = 0;
    FILE *f = fopen(path, "wb");
    bool ok = f && fputs(content, f) >= 0;
    int why = errno;
    if (f && fclose(f) != 0)
        ok = false;
    if (!ok)
        file_fault(p, path, "written", why, "-o names a directory that exists and may be written");
    return ok;
}

/* ---- writing ----------------------------------------------------------------------------------- */

certificate certificate_new(pipeline *p, const cg_target *t, const command_options *o, const char *word)
{
    return (certificate){.command = word, .generator = p->name, .version = CB_VERSION, .program = program_hash(p),
                         .target = t->text, .settings = o->settings ? o->settings : "", .seed = o->seed,
                         .sched = ""};
}

static void put_lines(text *t, const char *s)
{
    while (*s) {
        size_t n = strcspn(s, "\n");
        text_printf(t, "| %.*s\n", (int)n, s);
        s += n + (s[n] == '\n');
    }
}

const char *certificate_write(pipeline *p, const command_options *o, const certificate *k)
{
    text t;
    text_init(&t, p->ctx->a);
    text_printf(&t, "%s\ncommand %s\ngenerator %s\nversion %s\nprogram %s\ntarget %s\nsettings%s\ntolerance %s\n", first_line,
                k->command, k->generator, k->version, k->program, k->target, k->settings, TOLERANCE);
    text_printf(&t, "seed %llu\n", (unsigned long long)k->seed);
    if (k->cases)
        text_printf(&t, "first %llu\ncases %llu\ndigest %016llx\n", (unsigned long long)k->first,
                    (unsigned long long)k->cases, (unsigned long long)k->digest);
    text_put(&t, "schedule\n");
    put_lines(&t, k->sched);
    for (uint32_t i = 0; i < k->trials.n; i++)
        text_printf(&t, "trial %s\n", k->trials.at[i]);
    text_printf(&t, "result %s\n", k->result);
    text_printf(&t, "end %016llx\n", (unsigned long long)text_hash(0, text_str(&t)));
    const char *path = o->certificate ? o->certificate
                                      : output_path(p, o, arena_printf(p->ctx->a, ".%s.cert", k->command));
    return write_text(p, path, text_str(&t)) ? path : NULL;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static bool bad(pipeline *p, const char *path, int line, const char *help, const char *fmt, ...) CB_PRINTF(5, 6);
static bool bad(pipeline *p, const char *path, int line, const char *help, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *say = arena_vprintf(p->ctx->a, fmt, ap);
    va_end(ap);
    diags *D = &p->ctx->diags;
    diag *d = diag_begin(D, DIAG_CERTIFICATE, (cb_loc){path, line, 0}, "%s", say);
    diag_help(D, d, "%s", help);
    diag_end(D, d);
    return false;
}

/* The hash that the file ends with is that of all lines before. */
static bool is_whole(char *s)
{
    char *last = NULL;
    for (char *at = s; (at = strstr(at, "\nend ")); at++)
        last = at + 1;
    if (!last)
        return false;
    unsigned long long said = strtoull(last + 4, NULL, 16);
    char was = *last;
    *last = 0;
    bool same = text_hash(0, s) == said;
    *last = was;
    return same;
}

static void take_line(arena *a, certificate *k, text *sched, const char *word, const char *value)
{
    const struct {
        const char *word;
        const char **text;
        uint64_t *number;
    } fields[] = {
        {"command", &k->command, NULL}, {"generator", &k->generator, NULL}, {"version", &k->version, NULL},
        {"program", &k->program, NULL}, {"target", &k->target, NULL},       {"settings", &k->settings, NULL},
        {"result", &k->result, NULL},   {"seed", NULL, &k->seed},           {"first", NULL, &k->first},
        {"cases", NULL, &k->cases},     {"digest", NULL, &k->digest},
    };
    if (!strcmp(word, "|"))
        text_printf(sched, "%s\n", value);
    else if (!strcmp(word, "trial"))
        vec_push(a, &k->trials, arena_strdup(a, value));
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (strcmp(word, fields[i].word))
            continue;
        if (fields[i].text)
            *fields[i].text = arena_strdup(a, value);
        else
            *fields[i].number = strtoull(value, NULL, strcmp(word, "digest") ? 10 : 16);
    }
}

bool certificate_read(pipeline *p, const char *path, certificate *k)
{
    static const char make_one[] = "`verify` and `fuzz` write certificates; this one says nothing any more";
    arena *a = p->ctx->a;
    size_t n;
    errno = 0;
    char *s = text_read_file(a, path, &n);
    if (!s) {
        file_fault(p, path, "read", errno, "--check= takes a file that `verify` or `fuzz` wrote");
        return false;
    }
    if (strncmp(s, first_line, strlen(first_line)))
        return bad(p, path, 1, make_one, "this is no certificate: it does not begin with '%s'", first_line);
    if (!is_whole(s))
        return bad(p, path, 0, make_one, "the certificate was changed or cut off: its last line does not match the others");
    *k = (certificate){.command = "", .generator = "", .version = "", .program = "", .target = "", .settings = "",
                       .result = "", .sched = ""};
    text sched;
    text_init(&sched, a);
    while (*s) {
        size_t line = strcspn(s, "\n"), word = strcspn(s, " \n");
        const char *w = arena_strndup(a, s, word);
        take_line(a, k, &sched, w, word < line ? arena_strndup(a, s + word + 1, line - word - 1) : "");
        s += line + (s[line] == '\n');
    }
    k->sched = text_str(&sched);
    if (strcmp(k->generator, p->name))
        return bad(p, path, 3, "give the generator it is about", "the certificate is about '%s', not '%s'", k->generator, p->name);
    if (strcmp(k->program, program_hash(p)))
        return bad(p, path, 5, "verify it again, or use the settings it was made with",
                   "the program is not the one that was checked (settings:%s)", *k->settings ? k->settings : " none");
    return true;
}

/* ---- JSON -------------------------------------------------------------------------------------- */

void json_text(text *t, const char *key, const char *value)
{
    text_printf(t, "\"%s\": \"", key);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            text_printf(t, "\\%c", *value);
        else if ((unsigned char)*value < 0x20)
            text_printf(t, "\\u%04x", (unsigned)*value);
        else
            text_putn(t, value, 1);
    }
    text_put(t, "\"");
}
