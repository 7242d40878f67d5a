/* dsl/sched_token.c: a schedule's text as tokens, with the place of each:
 *
 *     out  split(y, yo, yi, 32)     ->   out  split  (  y  ,  yo  ,  yi  ,  32  )  newline
 *
 * and the reports of everything that reads them: one per line, with the line and a caret.
 */
#include "reader.h"

/* ---- reports --------------------------------------------------------------------------------- */

const char *rd_excerpt(reader *r, const token *k)
{
    if (r->line != k->start) {
        size_t n = strcspn(k->start, "\r\n");
        r->line = k->start;
        r->excerpt = arena_strndup(r->c->a, k->start, n);
    }
    return r->excerpt;
}

cb_loc rd_loc(const reader *r, const token *k) { return (cb_loc){r->file, k->line + r->first_line, k->col}; }

diag *rd_report(reader *r, const token *k, diag_code code, const char *fmt, ...)
{
    if (r->failed)
        return NULL;
    r->failed = true;
    r->errors++;
    va_list ap;
    va_start(ap, fmt);
    const char *msg = arena_vprintf(r->c->a, fmt, ap);
    va_end(ap);
    diag *d = diag_begin(&r->c->diags, code, rd_loc(r, k), "%s", msg);
    diag_excerpt(&r->c->diags, d, rd_excerpt(r, k), k->col - 1, k->width ? k->width : 1);
    return d;
}

void rd_finish(reader *r, diag *d, const char *help)
{
    if (!d)
        return;
    diag_help(&r->c->diags, d, "%s",
              help      ? help
              : r->form ? r->form
                        : "a line is a stage and its directives: out  split(y, yo, yi, 8), "
                          "parallel(yo)");
    diag_end(&r->c->diags, d);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static bool is_alpha(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || ch == '$';
}
static bool is_digit(char ch) { return ch >= '0' && ch <= '9'; }

/* name = ident { "." ident } */
static size_t name_length(const char *s)
{
    size_t n = 0;
    for (;;) {
        while (is_alpha(s[n]) || is_digit(s[n]))
            n++;
        if (s[n] != '.' || !is_alpha(s[n + 1]))
            return n;
        n++;
    }
}

static size_t read_int(reader *r, const char *s, token *k)
{
    size_t n = 0;
    uint64_t v = 0;
    bool big = false;
    for (; is_digit(s[n]); n++) {
        v = v * 10 + (uint64_t)(s[n] - '0');
        if (v > (uint64_t)INT32_MAX + 1)
            big = true, v = INT32_MAX;
    }
    if (s[n] == '.' && is_digit(s[n + 1])) { /* 0.25 */
        k->kind = TOK_REAL;
        big = false;
        for (n++; is_digit(s[n]);)
            n++;
    }
    k->value = (int64_t)v;
    k->width = (int)n;
    if (is_alpha(s[n]))
        rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "a number ends in '%c'", s[n]), NULL);
    if (big)
        rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "this number does not fit 32 bits"),
               "values in schedules are 32-bit integers");
    return n;
}

static size_t read_string(reader *r, const char *s, token *k)
{
    size_t n = 1;
    while (s[n] && s[n] != '"' && s[n] != '\n')
        n++;
    k->width = (int)n;
    if (s[n] != '"')
        rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "a quoted text does not end on its line"),
               NULL);
    return s[n] == '"' ? n + 1 : n;
}

static size_t read_token(reader *r, const char *s, token *k)
{
    size_t n = 1;
    if (is_alpha(*s)) {
        k->kind = TOK_NAME;
        n = name_length(s);
    } else if (is_digit(*s)) {
        k->kind = TOK_INT;
        n = read_int(r, s, k);
    } else if (*s == '"') {
        k->kind = TOK_STRING;
        n = read_string(r, s, k);
    } else if ((s[0] == '.' && s[1] == '.') || (strchr("=!<>", *s) && s[1] == '=') ||
               (strchr("&|", *s) && s[1] == *s)) {
        n = 2;
    } else if (!strchr("(),:=+-*/%{}<>!&|", *s)) {
        k->width = 1;
        unsigned char ch = (unsigned char)*s;
        if (ch > 32 && ch < 127)
            rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "'%c' has no meaning here", *s), NULL);
        else
            rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "the byte 0x%02x has no meaning here", ch),
                   NULL);
    }
    k->text = strtab_intern(r->c->a, &r->c->strings, s, n);
    k->width = (int)n;
    return n;
}

/* Newlines inside parentheses and after a comma do not end a line. */
void rd_tokens(reader *r, const char *s)
{
    int line = 1, parens = 0;
    const char *start = s;
    while (*s) {
        token k = {TOK_PUNCT, "", 0, (int)(s - start) + 1, 1, line, start};
        if (*s == ' ' || *s == '\t' || *s == '\r') {
            s++;
        } else if (*s == '#') {
            s += strcspn(s, "\n");
        } else if (*s == '\n') {
            k.kind = TOK_NEWLINE;
            const token *last = r->tok.n ? &r->tok.at[r->tok.n - 1] : NULL;
            bool joined =
                parens > 0 || (last && last->kind == TOK_PUNCT && strchr(",:", *last->text));
            if (!joined)
                vec_push(r->c->a, &r->tok, k);
            s++, line++, start = s;
            r->failed = false;
        } else {
            s += read_token(r, s, &k);
            if (k.kind == TOK_PUNCT && *k.text == '(')
                parens++;
            if (k.kind == TOK_PUNCT && *k.text == ')' && parens)
                parens--;
            vec_push(r->c->a, &r->tok, k);
        }
    }
    token nl = {TOK_NEWLINE, "", 0, (int)(s - start) + 1, 0, line, start};
    vec_push(r->c->a, &r->tok, nl);
    nl.kind = TOK_END;
    for (int i = 0; i < 4; i++)
        vec_push(r->c->a, &r->tok, nl); /* room to look ahead */
    r->failed = false;
}

const char *rd_found(reader *r, const token *k)
{
    if (k->kind == TOK_NEWLINE || k->kind == TOK_END)
        return "the line ends";
    return arena_printf(r->c->a, "there is '%s'", k->text);
}

bool rd_expect(reader *r, const char *p, const char *where)
{
    if (rd_accept(r, p))
        return true;
    const token *k = rd_peek(r);
    rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "expected '%s' %s, but %s", p, where, rd_found(r, k)),
           NULL);
    return false;
}

const char *rd_name(reader *r, const char *what)
{
    const token *k = rd_peek(r);
    if (k->kind == TOK_NAME)
        return rd_next(r)->text;
    rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "expected %s, but %s", what, rd_found(r, k)), NULL);
    return NULL;
}
