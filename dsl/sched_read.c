/* dsl/sched_read.c: reads a schedule's text (docs/schedule.md has the grammar) into the same data
 * that the C directives make:
 *
 *     out  split(y, yo, yi, 32)      ->  entry {out, [SPLIT y yo yi 32]}
 *
 * The text is cut into tokens first, so that knobs may be declared after the lines that use them.
 * Names stay names here: loops and stages are looked up when the schedule is applied. A mistake
 * ends its line only; reading goes on with the next one, so that one run reports them all.
 */
#include "sched.h"

#include <string.h>

typedef enum tok_kind { TOK_NAME, TOK_INT, TOK_STRING, TOK_PUNCT, TOK_NEWLINE, TOK_END } tok_kind;

typedef struct token {
    tok_kind kind;
    const char *text; /* interned */
    int64_t value;    /* INT */
    int col, width, line;
    const char *start; /* of its line, in the source */
} token;

typedef struct reader {
    cb_context *c;
    schedule *s;
    const char *file;
    vec(token) tok;
    uint32_t pos;
    int depth;   /* of the value being read */
    bool failed; /* the line at hand */
    uint32_t errors;
    const char *form; /* how to write what is being read: the help of a report without its own */
    const char *line; /* start of the line `excerpt` was copied from */
    const char *excerpt;
    map names; /* names in values: interned text -> symbol + 1 */
} reader;

const char *const sched_keywords[SCHED_KEYWORDS] = {"knob",    "expect", "stage",
                                                    "include", "when",   "proc"};

/* ---- reports --------------------------------------------------------------------------------- */

static const char *excerpt_of(reader *r, const token *k)
{
    if (r->line != k->start) {
        size_t n = strcspn(k->start, "\r\n");
        r->line = k->start;
        r->excerpt = arena_strndup(r->c->a, k->start, n);
    }
    return r->excerpt;
}

static cb_loc loc_of(const reader *r, const token *k) { return (cb_loc){r->file, k->line, k->col}; }

/* Reports once per line of the schedule; NULL when this line was reported already. */
static diag *report(reader *r, const token *k, diag_code code, const char *fmt, ...)
    CB_PRINTF(4, 5);
static diag *report(reader *r, const token *k, diag_code code, const char *fmt, ...)
{
    if (r->failed)
        return NULL;
    r->failed = true;
    r->errors++;
    va_list ap;
    va_start(ap, fmt);
    const char *msg = arena_vprintf(r->c->a, fmt, ap);
    va_end(ap);
    diag *d = diag_begin(&r->c->diags, code, loc_of(r, k), "%s", msg);
    diag_excerpt(&r->c->diags, d, excerpt_of(r, k), k->col - 1, k->width ? k->width : 1);
    return d;
}

static void finish(reader *r, diag *d, const char *help)
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
    k->value = (int64_t)v;
    k->width = (int)n;
    if (is_alpha(s[n]))
        finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "a number ends in '%c'", s[n]), NULL);
    if (big)
        finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "this number does not fit 32 bits"),
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
        finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "a quoted text does not end on its line"),
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
    } else if (s[0] == '.' && s[1] == '.') {
        n = 2;
    } else if (!strchr("(),:=+-*/%{}<>!&|", *s)) {
        k->width = 1;
        unsigned char ch = (unsigned char)*s;
        if (ch > 32 && ch < 127)
            finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "'%c' has no meaning here", *s), NULL);
        else
            finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "the byte 0x%02x has no meaning here", ch),
                   NULL);
    }
    k->text = strtab_intern(r->c->a, &r->c->strings, s, n);
    k->width = (int)n;
    return n;
}

/* Newlines inside parentheses and after a comma do not end a line. */
static void tokenize(reader *r, const char *s)
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

static const token *peek(const reader *r) { return &r->tok.at[r->pos]; }
static const token *ahead(const reader *r, uint32_t n)
{
    uint32_t i = r->pos + n;
    return &r->tok.at[i < r->tok.n ? i : r->tok.n - 1];
}
static bool is_punct(const token *k, const char *p)
{
    return k->kind == TOK_PUNCT && strcmp(k->text, p) == 0;
}
static bool is_word(const token *k, const char *w)
{
    return k->kind == TOK_NAME && strcmp(k->text, w) == 0;
}
static const token *next(reader *r)
{
    const token *k = peek(r);
    if (k->kind != TOK_END)
        r->pos++;
    return k;
}
static bool accept(reader *r, const char *p)
{
    if (!is_punct(peek(r), p))
        return false;
    r->pos++;
    return true;
}

static const char *found(reader *r, const token *k)
{
    if (k->kind == TOK_NEWLINE || k->kind == TOK_END)
        return "the line ends";
    return arena_printf(r->c->a, "there is '%s'", k->text);
}

static bool expect(reader *r, const char *p, const char *where)
{
    if (accept(r, p))
        return true;
    const token *k = peek(r);
    finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "expected '%s' %s, but %s", p, where, found(r, k)),
           NULL);
    return false;
}

static const char *expect_name(reader *r, const char *what)
{
    const token *k = peek(r);
    if (k->kind == TOK_NAME)
        return next(r)->text;
    finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "expected %s, but %s", what, found(r, k)), NULL);
    return NULL;
}

static void skip_line(reader *r)
{
    while (peek(r)->kind != TOK_NEWLINE && peek(r)->kind != TOK_END)
        r->pos++;
    next(r);
    r->failed = false;
    r->form = NULL;
}

/* ---- values ---------------------------------------------------------------------------------- */

static const ir *read_value(reader *r, int prec);

/* The symbol of a name in a value: a knob, or a parameter to be found when the schedule is applied.
 * */
static ir_sym value_symbol(reader *r, const char *name)
{
    uint64_t found_sym;
    if (map_get(&r->names, (uint64_t)(uintptr_t)name, &found_sym))
        return (ir_sym)found_sym;
    const cb_knob_s *k = schedule_knob(r->s, name);
    ir_sym sym = k ? k->sym : ir_sym_new(r->c, name, SYM_PARAM, T_I32, NULL);
    map_put(r->c->a, &r->names, (uint64_t)(uintptr_t)name, sym);
    return sym;
}

static const ir *read_minmax(reader *r, const token *k)
{
    ir_op op = is_word(k, "min") ? IR_MIN : IR_MAX;
    r->pos++; /* the parenthesis */
    const ir *a = read_value(r, 1);
    if (!a || !expect(r, ",", "between two values"))
        return NULL;
    const ir *b = read_value(r, 1);
    if (!b || !expect(r, ")", "after two values"))
        return NULL;
    return ir_bin(r->c, op, a, b);
}

static const ir *read_literal(reader *r, const token *k, bool negative)
{
    int64_t v = negative ? -k->value : k->value;
    if (v <= INT32_MAX)
        return ir_i32(r->c, v);
    finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "this number does not fit 32 bits"),
           "values in schedules are 32-bit integers");
    return NULL;
}

static const ir *read_primary(reader *r)
{
    const token *k = next(r);
    if (k->kind == TOK_INT)
        return read_literal(r, k, false);
    if (k->kind == TOK_NAME && is_punct(peek(r), "(") && (is_word(k, "min") || is_word(k, "max")))
        return read_minmax(r, k);
    if (k->kind == TOK_NAME)
        return ir_var(r->c, value_symbol(r, k->text));
    if (is_punct(k, "-")) {
        if (peek(r)->kind == TOK_INT)
            return read_literal(r, next(r), true);
        const ir *v = read_value(r, 3);
        return v ? ir_sub(r->c, ir_i32(r->c, 0), v) : NULL;
    }
    if (is_punct(k, "(")) {
        const ir *v = read_value(r, 1);
        return v && expect(r, ")", "to close '('") ? v : NULL;
    }
    r->pos--;
    k = peek(r);
    finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "expected a value, but %s", found(r, k)),
           "a value is an integer, a knob, or for bound() an expression of parameters");
    return NULL;
}

static bool value_op(const token *k, int *prec, ir_op *op)
{
    static const struct {
        const char *text;
        int prec;
        ir_op op;
    } ops[] = {
        {"+", 1, IR_ADD}, {"-", 1, IR_SUB}, {"*", 2, IR_MUL}, {"/", 2, IR_DIV}, {"%", 2, IR_MOD}};
    for (size_t i = 0; i < COUNT_OF(ops); i++)
        if (is_punct(k, ops[i].text)) {
            *prec = ops[i].prec;
            *op = ops[i].op;
            return true;
        }
    return false;
}

/* Operators of precedence `prec` and above: 1 for + -, 2 for * / %, 3 for a primary. */
static const ir *read_value(reader *r, int prec)
{
    if (r->depth >= SCHED_DEPTH) {
        finish(r, report(r, peek(r), DIAG_TOO_DEEP, "this value nests deeper than %d", SCHED_DEPTH),
               "a value is an integer, a knob, or a short expression of them");
        return NULL;
    }
    r->depth++;
    const ir *v = read_primary(r);
    int p;
    ir_op op;
    while (v && value_op(peek(r), &p, &op) && p >= prec) {
        const token *k = next(r);
        const ir *b = read_value(r, p + 1);
        v = b ? ir_bin(r->c, op, v, b) : NULL;
        const char *fault = v ? sched_value_fault(r->c, v) : NULL;
        if (fault) {
            finish(r, report(r, k, DIAG_TOO_DEEP, "%s", fault),
                   "a value is an integer, a knob, or a short expression of them");
            v = NULL;
        }
    }
    r->depth--;
    return v;
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* stage = name [ ".update" int ] */
static bool read_stage(reader *r, stage_ref *out)
{
    static const char suffix[] = ".update";
    const char *name = expect_name(r, "the name of a Func");
    if (!name)
        return false;
    *out = (stage_ref){name, -1};
    size_t n = strlen(name), m = sizeof suffix - 1;
    if (n <= m || strcmp(name + n - m, suffix) != 0)
        return true;
    const token *k = peek(r);
    if (k->kind != TOK_INT) {
        finish(r,
               report(r, k, DIAG_SCHEDULE_SYNTAX,
                      "expected the number of an update after '%s', but %s", name, found(r, k)),
               "updates are counted from 0: f.update 0 is the first one");
        return false;
    }
    out->func = strtab_intern(r->c->a, &r->c->strings, name, n - m);
    out->update = (int)(next(r)->value & INT32_MAX);
    return true;
}

/* A word of a fixed list: the index, or -1 after a report. */
static int read_choice(reader *r, const char *what, const char *const *words, uint32_t n)
{
    const token *k = peek(r);
    for (uint32_t i = 0; i < n; i++)
        if (is_word(k, words[i])) {
            r->pos++;
            return (int)i;
        }
    diag *d = report(r, k, DIAG_DIRECTIVE_ARGS, "expected a %s, but %s", what, found(r, k));
    text t;
    text_init(&t, r->c->a);
    for (uint32_t i = 0; i < n; i++)
        text_printf(&t, "%s%s", i ? ", " : "", words[i]);
    finish(r, d, arena_printf(r->c->a, "one of: %s", text_str(&t)));
    return -1;
}

static bool read_arg(reader *r, dir_arg *a)
{
    int choice;
    a->loc = loc_of(r, peek(r));
    switch (a->kind) {
    case DARG_LOOP: a->name = expect_name(r, "the name of a loop"); return a->name != NULL;
    case DARG_NEW: a->name = expect_name(r, "the name of a new loop"); return a->name != NULL;
    case DARG_DIM: a->name = expect_name(r, "the name of a dimension"); return a->name != NULL;
    case DARG_VALUE: a->value = read_value(r, 1); return a->value != NULL;
    case DARG_STAGE: return read_stage(r, &a->stage);
    case DARG_TAIL:
        choice = read_choice(r, "tail strategy", tail_names, TAIL_COUNT);
        if (choice >= 0)
            a->tail = (tail)choice;
        return choice >= 0;
    case DARG_MEMORY:
        choice = read_choice(r, "kind of memory", mem_names, MEM_NAMES);
        if (choice >= 0)
            a->memory = (ir_memory)choice;
        return choice >= 0;
    case DARG_MADE: a->name = expect_name(r, "a name for the new Func"); return a->name != NULL;
    case DARG_FUNC: a->name = expect_name(r, "the name of a Func"); return a->name != NULL;
    }
    return false;
}

static bool report_usage(reader *r, const token *k, dir_op op, const char *what)
{
    finish(r,
           report(r, k, DIAG_DIRECTIVE_ARGS, "%s() has too %s arguments", dir_table[op].word, what),
           NULL);
    return false;
}

static const char *form_of(reader *r, dir_op op)
{
    text t;
    text_init(&t, r->c->a);
    text_put(&t, "write ");
    dir_usage(&t, op);
    return text_str(&t);
}

/* The arguments of d, up to and with the closing parenthesis. */
static bool read_args(reader *r, directive *d)
{
    dir_slot slot[DIR_MAX_SLOTS];
    uint32_t n = dir_slots(d->op, slot), i = 0;
    vec(dir_arg) args = {0};
    while (!is_punct(peek(r), ")")) {
        if (args.n) {
            if (!is_punct(peek(r), ",")) {
                finish(r, report(r, peek(r), DIAG_SCHEDULE_SYNTAX,
                                 "expected ',' or ')' after an argument, but %s",
                                 found(r, peek(r))),
                       NULL);
                return false;
            }
            r->pos++;
        }
        if (i == n)
            return report_usage(r, peek(r), d->op, "many");
        dir_arg a = {.kind = slot[i].kind};
        if (!read_arg(r, &a))
            return false;
        vec_push(r->c->a, &args, a);
        if (!slot[i].repeats)
            i++;
    }
    uint32_t needed = 0;
    while (needed < n && !slot[needed].optional)
        needed++;
    if (args.n < needed)
        return report_usage(r, peek(r), d->op, "few");
    r->pos++;
    d->nargs = args.n;
    d->arg = args.at;
    r->form = NULL;
    return true;
}

static directive *read_directive(reader *r)
{
    const token *k = peek(r);
    const char *word = expect_name(r, "a directive");
    if (!word)
        return NULL;
    dir_op op = dir_find(word);
    if (op == DIR_COUNT) {
        diag *d = report(r, k, DIAG_NO_SUCH_DIRECTIVE, "there is no directive '%s'", word);
        const char *near = dir_nearest(word);
        finish(r, d,
               near ? arena_printf(r->c->a, "did you mean '%s'?", near)
                    : "docs/schedule.md lists them all");
        return NULL;
    }
    directive *d = directive_new(r->c, op, loc_of(r, k), 0);
    d->excerpt = excerpt_of(r, k);
    r->form = form_of(r, op);
    if (!expect(r, "(", "after the directive's name"))
        return NULL;
    return read_args(r, d) ? d : NULL;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool end_of_line(reader *r, const char *after)
{
    const token *k = peek(r);
    if (k->kind == TOK_NEWLINE || k->kind == TOK_END)
        return true;
    finish(r,
           report(r, k, DIAG_SCHEDULE_SYNTAX,
                  "expected the end of the line or ',' after %s, but %s", after, found(r, k)),
           NULL);
    return false;
}

static void read_entry(reader *r)
{
    sched_entry *e = NEW(r->c->a, sched_entry);
    if (is_word(peek(r), "stage") && ahead(r, 1)->kind == TOK_NAME && !is_punct(ahead(r, 2), "("))
        r->pos++;
    bool headed = r->pos && is_word(&r->tok.at[r->pos - 1], "stage");
    e->loc = loc_of(r, peek(r));
    e->excerpt = excerpt_of(r, peek(r));
    if (!read_stage(r, &e->stage))
        return;
    if (headed) {
        if (!expect(r, ":", "after 'stage NAME'"))
            return;
    }
    do {
        directive *d = read_directive(r);
        if (!d)
            return;
        vec_push(r->c->a, &e->dirs, d);
    } while (accept(r, ","));
    if (!end_of_line(r, "a directive"))
        return;
    vec_push(r->c->a, &r->s->entries, e);
}

static bool read_signed(reader *r, int64_t *out, const char *what)
{
    bool negative = accept(r, "-");
    const token *k = peek(r);
    if (k->kind != TOK_INT) {
        finish(r, report(r, k, DIAG_SCHEDULE_SYNTAX, "expected %s, but %s", what, found(r, k)),
               "write: knob NAME = 32 in 8..128 step 8");
        return false;
    }
    *out = negative ? -next(r)->value : next(r)->value;
    return true;
}

/* knob = "knob" name "=" int [ "in" int ".." int [ "step" int ] ] */
static void read_knob(reader *r)
{
    r->pos++;
    r->form = "write: knob NAME = 32 in 8..128 step 8";
    const token *at = peek(r);
    cb_knob_s k = {
        .name = expect_name(r, "the name of the knob"), .min = 1, .max = INT32_MAX, .step = 1};
    if (!k.name || !expect(r, "=", "after the name of the knob"))
        return;
    k.loc = loc_of(r, at);
    if (!read_signed(r, &k.def, "the knob's value"))
        return;
    if (is_word(peek(r), "in")) {
        r->pos++;
        if (!read_signed(r, &k.min, "the smallest value") ||
            !expect(r, "..", "between the ends of the range") ||
            !read_signed(r, &k.max, "the largest value"))
            return;
        if (is_word(peek(r), "step")) {
            r->pos++;
            if (!read_signed(r, &k.step, "the step"))
                return;
        }
    }
    if (!end_of_line(r, "a knob"))
        return;
    const cb_knob_s *other = schedule_knob(r->s, k.name);
    const char *fault = knob_fault(r->c, &k, k.def);
    if (other) {
        diag *d = report(r, at, DIAG_KNOB, "there is a knob '%s' already", k.name);
        if (d)
            diag_note(&r->c->diags, d, other->loc, "declared here");
        finish(r, d, "give it another name, or drop one of the two");
    } else if (fault) {
        finish(r, report(r, at, DIAG_KNOB, "knob '%s': %s", k.name, fault),
               "write: knob NAME = 32 in 8..128 step 8");
    } else {
        k.value = k.def;
        k.sym = ir_sym_new(r->c, k.name, SYM_KNOB, T_I32, NULL);
        cb_knob_s *made = arena_copy(r->c->a, &k, sizeof k);
        vec_push(r->c->a, &r->s->knobs, made);
    }
}

/* expect = "expect" "vectorized" "(" stage "," value ")" { "," ... } */
static void read_expect(reader *r)
{
    static const char *const kinds[] = {"vectorized"};
    r->pos++;
    do {
        contract k = {.loc = loc_of(r, peek(r)), .excerpt = excerpt_of(r, peek(r))};
        int kind = read_choice(r, "contract", kinds, COUNT_OF(kinds));
        if (kind < 0 || !expect(r, "(", "after the contract's name") || !read_stage(r, &k.stage) ||
            !expect(r, ",", "after the stage"))
            return;
        k.kind = (contract_kind)kind;
        k.value = read_value(r, 1);
        if (!k.value || !expect(r, ")", "after the contract's arguments"))
            return;
        vec_push(r->c->a, &r->s->contracts, k);
    } while (accept(r, ","));
    end_of_line(r, "a contract");
}

typedef enum line_kind { LINE_EMPTY, LINE_ENTRY, LINE_KNOB, LINE_EXPECT, LINE_RESERVED } line_kind;

/* A keyword starts a line only when no directive follows it: `knob split(...)` schedules the stage
 * `knob`. */
static line_kind classify(const reader *r)
{
    const token *k = peek(r);
    if (k->kind == TOK_NEWLINE)
        return LINE_EMPTY;
    const token *second = ahead(r, 1);
    bool directive_follows = second->kind == TOK_NAME && dir_find(second->text) != DIR_COUNT &&
                             is_punct(ahead(r, 2), "(");
    if (k->kind != TOK_NAME || directive_follows)
        return LINE_ENTRY;
    if (is_word(k, "knob"))
        return LINE_KNOB;
    if (is_word(k, "expect"))
        return LINE_EXPECT;
    if (is_word(k, "when") || is_word(k, "proc") || is_word(k, "include"))
        return LINE_RESERVED;
    return LINE_ENTRY;
}

static void read_reserved(reader *r)
{
    const token *k = peek(r);
    finish(r,
           report(r, k, DIAG_RESERVED_WORD, "'%s' is reserved for a later version of schedules",
                  k->text),
           arena_printf(r->c->a, "to schedule a stage of that name write: stage %s: ...", k->text));
    /* skip a block with it */
    int braces = 0;
    for (; peek(r)->kind != TOK_END; r->pos++) {
        if (is_punct(peek(r), "{"))
            braces++;
        if (is_punct(peek(r), "}"))
            braces--;
        if (peek(r)->kind == TOK_NEWLINE && braces <= 0)
            break;
    }
}

/* Knobs first (pass 0), then everything that may use them. */
static void read_lines(reader *r, bool knobs)
{
    r->pos = 0;
    while (peek(r)->kind != TOK_END) {
        line_kind kind = classify(r);
        if (knobs) {
            if (kind == LINE_KNOB)
                read_knob(r);
        } else if (kind == LINE_ENTRY) {
            read_entry(r);
        } else if (kind == LINE_EXPECT) {
            read_expect(r);
        } else if (kind == LINE_RESERVED) {
            read_reserved(r);
        }
        skip_line(r);
    }
}

schedule *schedule_read(cb_context *c, const char *source, const char *filename)
{
    reader r = {.c = c, .file = ctx_string(c, filename ? filename : "schedule")};
    r.s = schedule_new(c, "");
    r.s->file = r.file;
    tokenize(&r, source);
    if (!r.errors) {
        read_lines(&r, true);
        read_lines(&r, false);
    }
    return r.errors ? NULL : r.s;
}
