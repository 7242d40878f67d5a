/* support/diag.c: every message to the user goes through here.
 *
 *     diag *d = diag_begin(D, DIAG_NO_SUCH_LOOP, loc, "'%s' has no loop '%s'", f, l);
 *     diag_excerpt(D, d, line, 11, 1);
 *     diag_note(D, d, def_loc, "loops of '%s': x, y", f);
 *     diag_help(D, d, "did you mean 'x'?");
 *     diag_end(D, d);
 *
 * prints
 *
 *     blur.c:19: error[no-such-loop]: 'out' has no loop 'z'
 *         vectorize(z, 8)
 *                   ^
 *       note: blur.c:12: loops of 'out': x, y
 *       help: did you mean 'x'?
 *
 * Reports of a context made inside another are copied to the outermost one, which may live longer.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *brief;
} codes[DIAG_COUNT] = {
#define DIAG(id, code, brief) {code, brief},
#include "diag.def"
#undef DIAG
};

const char *diag_code_name(diag_code c) { return c < DIAG_COUNT ? codes[c].name : "unknown"; }
const char *diag_code_brief(diag_code c) { return c < DIAG_COUNT ? codes[c].brief : ""; }

static cb_loc copy_loc(arena *a, cb_loc loc)
{
    if (loc.file)
        loc.file = arena_strdup(a, loc.file);
    return loc;
}

static diag *begin(diags *D, diag_code code, cb_loc loc, const char *fmt, va_list ap)
{
    if (D->open)
        diag_end(D, D->open); /* one at a time: the next report ends the one before */
    diag *d = NEW(D->a, diag);
    d->code = code;
    d->severity = DIAG_ERROR;
    d->loc = copy_loc(D->a, loc);
    d->text = arena_vprintf(D->a, fmt, ap);
    D->open = d;
    return d;
}

diag *diag_begin(diags *D, diag_code code, cb_loc loc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    diag *d = begin(D, code, loc, fmt, ap);
    va_end(ap);
    return d;
}

void diag_excerpt(diags *D, diag *d, const char *line, int caret, int width)
{
    if (!line)
        return;
    /* Of several lines, the one the caret is in; without indentation. */
    size_t len = strlen(line), at = caret < 0 ? 0 : (size_t)caret;
    if (at > len)
        at = len;
    size_t from = at;
    while (from > 0 && line[from - 1] != '\n')
        from--;
    while (from < at && (line[from] == ' ' || line[from] == '\t'))
        from++;
    size_t end = from + strcspn(line + from, "\n");
    while (end > from && strchr(" \t\r", line[end - 1]))
        end--;
    if (from == end && !width)
        return;
    d->excerpt = arena_strndup(D->a, line + from, end - from);
    d->caret = (int)(at - from);
    d->width = width;
}

static void add_line(diags *D, diag *d, const char *kind, cb_loc loc, const char *fmt, va_list ap)
{
    diag_line *l = NEW(D->a, diag_line);
    l->kind = kind;
    l->loc = copy_loc(D->a, loc);
    l->text = arena_vprintf(D->a, fmt, ap);
    if (d->last)
        d->last->next = l;
    else
        d->lines = l;
    d->last = l;
}

void diag_note(diags *D, diag *d, cb_loc loc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_line(D, d, "note", loc, fmt, ap);
    va_end(ap);
}

void diag_help(diags *D, diag *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_line(D, d, "help", (cb_loc){0}, fmt, ap);
    va_end(ap);
}

void diag_move(diags *D, diag *d, const char *move, const char *without)
{
    if (without)
        diag_help(D, d, *move ? "legal instead: %s, without %s" : "legal instead: %sleave it out, and %s too", move, without);
    else
        diag_help(D, d, "legal instead: %s", *move ? move : "leave it out");
    d->last->move = arena_strdup(D->a, move);
    d->last->without = without ? arena_strdup(D->a, without) : NULL;
}

static diag *copy_diag(arena *a, const diag *d)
{
    diag *e = NEW(a, diag);
    *e = *d;
    e->loc = copy_loc(a, d->loc);
    e->text = arena_strdup(a, d->text);
    e->excerpt = d->excerpt ? arena_strdup(a, d->excerpt) : NULL;
    e->next = NULL;
    e->lines = e->last = NULL;
    for (const diag_line *l = d->lines; l; l = l->next) {
        diag_line *m = NEW(a, diag_line);
        *m = (diag_line){l->kind, copy_loc(a, l->loc), arena_strdup(a, l->text),
                         l->move ? arena_strdup(a, l->move) : NULL, l->without ? arena_strdup(a, l->without) : NULL, NULL};
        if (e->last)
            e->last->next = m;
        else
            e->lines = m;
        e->last = m;
    }
    return e;
}

static void deliver(diags *D, diag *d)
{
    if (d->severity == DIAG_WARNING)
        D->warnings++;
    else
        D->errors++;
    if (D->parent) {
        deliver(D->parent, copy_diag(D->parent->a, d));
        return;
    }
    if (d->severity == DIAG_ERROR && D->limit && D->errors > D->limit)
        return;
    if (D->last)
        D->last->next = d;
    else
        D->first = d;
    D->last = d;
    if (D->sink) {
        D->sink(D->sink_user, d);
        return;
    }
    text t;
    text_init(&t, D->a);
    diag_render_text(&t, d);
    fputs(text_str(&t), stderr);
}

void diag_end(diags *D, diag *d)
{
    if (D->open != d)
        return; /* delivered already */
    D->open = NULL;
    deliver(D, d);
}

void diag_error(diags *D, diag_code code, cb_loc loc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    diag *d = begin(D, code, loc, fmt, ap);
    va_end(ap);
    diag_end(D, d);
}

void diag_bug(diags *D, const char *where, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *what = arena_vprintf(D->a, fmt, ap);
    va_end(ap);
    diag *d = diag_begin(D, DIAG_INTERNAL, (cb_loc){0}, "%s: %s", where, what);
    diag_help(D, d, "this is a bug in Carbide, not in your program; please report it");
    diag_end(D, d);
    guard_fail(D->esc);
}

bool diag_failed(diags *D, int errors, cb_loc loc)
{
    D->open = NULL; /* what was being built is lost */
    if (D->errors != errors)
        return false;
    diag_line help = {.kind = "help",
                      .text = "what was being made is given up; the context can still be freed"};
    diag d = {.code = DIAG_OUT_OF_MEMORY, .loc = loc, .text = "memory ran out", .lines = &help};
    for (; D; D = D->parent) {
        D->errors++;
        if (D->parent)
            continue;
        if (D->sink)
            D->sink(D->sink_user, &d);
        else
            fprintf(stderr, "error[%s]: %s\n", diag_code_name(d.code), d.text);
    }
    return true;
}

/* ---- rendering ------------------------------------------------------------------------------- */

static void put_loc(text *t, cb_loc loc)
{
    if (!loc.file)
        return;
    text_put(t, loc.file);
    if (loc.line > 0)
        text_printf(t, ":%d", loc.line);
    if (loc.line > 0 && loc.col > 0)
        text_printf(t, ":%d", loc.col);
    text_put(t, ": ");
}

/* A line of blanks as wide as the excerpt up to the caret, then ^~~~. Bytes that continue a UTF-8
 * character take no column; tabs stay tabs. */
static void put_caret(text *t, const diag *d)
{
    text_put(t, "    ");
    const char *s = d->excerpt;
    int i = 0;
    for (; i < d->caret && s[i]; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            text_put(t, s[i] == '\t' ? "\t" : " ");
    text_put(t, "^");
    for (int k = 1; k < d->width && s[i] && s[i + 1]; k++, i++)
        if (((unsigned char)s[i + 1] & 0xc0) != 0x80)
            text_put(t, "~");
    text_put(t, "\n");
}

void diag_render_text(text *t, const diag *d)
{
    put_loc(t, d->loc);
    text_printf(t, "%s[%s]: %s\n", d->severity == DIAG_WARNING ? "warning" : "error",
                diag_code_name(d->code), d->text);
    if (d->excerpt) {
        text_printf(t, "    %s\n", d->excerpt);
        if (d->width > 0)
            put_caret(t, d);
    }
    for (const diag_line *l = d->lines; l; l = l->next) {
        text_printf(t, "  %s: ", l->kind);
        put_loc(t, l->loc);
        text_put(t, l->text);
        text_put(t, "\n");
    }
}

static void put_json_string(text *t, const char *s)
{
    text_put(t, "\"");
    for (; *s; s++) {
        unsigned char ch = (unsigned char)*s;
        if (ch == '"' || ch == '\\')
            text_printf(t, "\\%c", ch);
        else if (ch == '\n')
            text_put(t, "\\n");
        else if (ch == '\t')
            text_put(t, "\\t");
        else if (ch < 0x20)
            text_printf(t, "\\u%04x", ch);
        else
            text_putn(t, s, 1);
    }
    text_put(t, "\"");
}

static void put_json_loc(text *t, cb_loc loc)
{
    if (!loc.file)
        return;
    text_put(t, ",\"file\":");
    put_json_string(t, loc.file);
    text_printf(t, ",\"line\":%d,\"col\":%d", loc.line, loc.col);
}

void diag_render_json(text *t, const diag *d)
{
    text_printf(t, "{\"severity\":\"%s\",\"code\":\"%s\"",
                d->severity == DIAG_WARNING ? "warning" : "error", diag_code_name(d->code));
    put_json_loc(t, d->loc);
    text_put(t, ",\"text\":");
    put_json_string(t, d->text);
    text_put(t, ",\"rule\":");
    put_json_string(t, diag_code_brief(d->code));
    if (d->excerpt) {
        text_put(t, ",\"excerpt\":");
        put_json_string(t, d->excerpt);
        text_printf(t, ",\"caret\":%d,\"width\":%d", d->caret, d->width);
    }
    text_put(t, ",\"lines\":[");
    for (const diag_line *l = d->lines; l; l = l->next) {
        text_printf(t, "%s{\"kind\":\"%s\"", l == d->lines ? "" : ",", l->kind);
        put_json_loc(t, l->loc);
        text_put(t, ",\"text\":");
        put_json_string(t, l->text);
        if (l->move) {
            text_put(t, ",\"move\":");
            put_json_string(t, l->move);
        }
        if (l->without) {
            text_put(t, ",\"without\":");
            put_json_string(t, l->without);
        }
        text_put(t, "}");
    }
    text_put(t, "]}\n");
}
