/* dsl/reader.h: what the files that read a schedule's text share: its tokens, how mistakes are reported, and
 * values.
 *
 *     sched_token.c   characters to tokens; reports   sched_value.c   values and conditions
 *     sched_read.c    directives and lines
 */
#ifndef CB_READER_H
#define CB_READER_H

#include "sched.h"

#include <string.h>

typedef enum tok_kind { TOK_NAME, TOK_INT, TOK_REAL, TOK_STRING, TOK_PUNCT, TOK_NEWLINE, TOK_END } tok_kind;

typedef struct token {
    tok_kind kind;
    const char *text; /* interned */
    int64_t value;    /* INT */
    int col, width, line;
    const char *start; /* of its line, in the source */
} token;

typedef struct reader reader;
struct reader {
    cb_context *c;
    schedule *s;
    const char *file;
    vec(token) tok;
    uint32_t pos;
    int depth;   /* of the value being read */
    int nesting; /* of directives in directives */
    int first_line; /* lines before the text: 0 for a file */
    bool failed; /* the line at hand */
    uint32_t errors;
    sched_block *to;      /* where lines go: NULL: the schedule itself */
    int blocks;           /* braces around */
    struct reader *outer; /* of the file that includes this one */
    int files;            /* how many do */
    map *seen;            /* files read so far, of all readers: interned path -> 1 */
    vec(struct reader *) included; /* in order */
    uint32_t next_included;
    vec(const char *) included_as;
    const char *form; /* how to write what is being read: the help of a report without its own */
    const char *line; /* start of the line `excerpt` was copied from */
    const char *excerpt;
    map names; /* names in values: interned text -> symbol + 1 */
};

/* sched_token.c */
/* Cuts the text into tokens. */
void rd_tokens(reader *r, const char *s);
/* Reports once per line of the schedule; NULL when this line was reported already. */
diag *rd_report(reader *r, const token *k, diag_code code, const char *fmt, ...) CB_PRINTF(4, 5);
/* Ends a report with its help; NULL: the form of what is being read. */
void rd_finish(reader *r, diag *d, const char *help);
const char *rd_excerpt(reader *r, const token *k);
cb_loc rd_loc(const reader *r, const token *k);
/* "there is 'x'" or "the line ends" */
const char *rd_found(reader *r, const token *k);
/* Takes punctuation; false after a report. */
bool rd_expect(reader *r, const char *p, const char *where);
/* Takes a name; NULL after a report. */
const char *rd_name(reader *r, const char *what);

static inline const token *rd_peek(const reader *r) { return &r->tok.at[r->pos]; }
static inline const token *rd_ahead(const reader *r, uint32_t n)
{
    uint32_t i = r->pos + n;
    return &r->tok.at[i < r->tok.n ? i : r->tok.n - 1];
}
static inline bool is_punct(const token *k, const char *p)
{
    return k->kind == TOK_PUNCT && strcmp(k->text, p) == 0;
}
static inline bool is_word(const token *k, const char *w)
{
    return k->kind == TOK_NAME && strcmp(k->text, w) == 0;
}
static inline const token *rd_next(reader *r)
{
    const token *k = rd_peek(r);
    if (k->kind != TOK_END)
        r->pos++;
    return k;
}
static inline bool rd_accept(reader *r, const char *p)
{
    if (!is_punct(rd_peek(r), p))
        return false;
    r->pos++;
    return true;
}

/* sched_value.c. Operators of precedence `prec` and above: 1 for + -, 2 for * / %, 3 for a primary.
 * NULL after a report. */
const ir *rd_value(reader *r, int prec);
/* A condition on parameters and sizes of buffers; NULL after a report. */
const sched_cond *rd_condition(reader *r);

#endif
