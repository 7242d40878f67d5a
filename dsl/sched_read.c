/* dsl/sched_read.c: reads a schedule's text (docs/schedule.md has the grammar) into the same data
 * that the C directives make:
 *
 *     out  split(y, yo, yi, 32)      ->  entry {out, [SPLIT y yo yi 32]}
 *
 * The text is cut into tokens first, so that knobs may be declared after the lines that use them.
 * Names stay names here: loops and stages are looked up when the schedule is applied. A mistake
 * ends its line only; reading goes on with the next one, so that one run reports them all.
 */
#include "reader.h"

const char *const sched_keywords[SCHED_KEYWORDS] = {"knob",    "expect", "stage",
                                                    "include", "when",   "proc"};

static void skip_line(reader *r)
{
    while (rd_peek(r)->kind != TOK_NEWLINE && rd_peek(r)->kind != TOK_END)
        r->pos++;
    rd_next(r);
    r->failed = false;
    r->form = NULL;
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* stage = name [ ".update" int ] */
static bool read_stage(reader *r, stage_ref *out)
{
    static const char suffix[] = ".update";
    const char *name = rd_name(r, "the name of a Func");
    if (!name)
        return false;
    *out = (stage_ref){name, -1};
    size_t n = strlen(name), m = sizeof suffix - 1;
    if (n <= m || strcmp(name + n - m, suffix) != 0)
        return true;
    const token *k = rd_peek(r);
    if (k->kind != TOK_INT) {
        rd_finish(r,
               rd_report(r, k, DIAG_SCHEDULE_SYNTAX,
                      "expected the number of an update after '%s', but %s", name, rd_found(r, k)),
               "updates are counted from 0: f.update 0 is the first one");
        return false;
    }
    out->func = strtab_intern(r->c->a, &r->c->strings, name, n - m);
    out->update = (int)(rd_next(r)->value & INT32_MAX);
    return true;
}

/* A word of a fixed list: the index, or -1 after a report. */
static int read_choice(reader *r, const char *what, const char *const *words, uint32_t n)
{
    const token *k = rd_peek(r);
    for (uint32_t i = 0; i < n; i++)
        if (is_word(k, words[i])) {
            r->pos++;
            return (int)i;
        }
    diag *d = rd_report(r, k, DIAG_DIRECTIVE_ARGS, "expected a %s, but %s", what, rd_found(r, k));
    text t;
    text_init(&t, r->c->a);
    for (uint32_t i = 0; i < n; i++)
        text_printf(&t, "%s%s", i ? ", " : "", words[i]);
    rd_finish(r, d, arena_printf(r->c->a, "one of: %s", text_str(&t)));
    return -1;
}

static directive *read_directive(reader *r);

/* A directive in a directive. */
static const directive *read_nested(reader *r)
{
    const char *form = r->form;
    if (r->nesting >= SCHED_NESTING) {
        rd_finish(r,
                  rd_report(r, rd_peek(r), DIAG_TOO_DEEP, "directives nest deeper than %d",
                            SCHED_NESTING),
                  "join conditions by &&");
        return NULL;
    }
    r->nesting++;
    const directive *d = read_directive(r);
    r->nesting--;
    r->form = form;
    return d;
}

/* "text": what stands between the quotes */
static const char *read_text(reader *r)
{
    const token *k = rd_peek(r);
    if (k->kind == TOK_STRING) {
        r->pos++;
        return strtab_intern(r->c->a, &r->c->strings, k->text + 1, strlen(k->text) - 2);
    }
    rd_finish(r,
              rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "expected a text in quotes, but %s",
                        rd_found(r, k)),
              NULL);
    return NULL;
}

static bool read_arg(reader *r, dir_arg *a)
{
    int choice;
    a->loc = rd_loc(r, rd_peek(r));
    switch (a->kind) {
    case DARG_LOOP: a->name = rd_name(r, "the name of a loop"); return a->name != NULL;
    case DARG_NEW: a->name = rd_name(r, "the name of a new loop"); return a->name != NULL;
    case DARG_DIM: a->name = rd_name(r, "the name of a dimension"); return a->name != NULL;
    case DARG_VALUE: a->value = rd_value(r, 1); return a->value != NULL;
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
    case DARG_MADE: a->name = rd_name(r, "a name for the new Func"); return a->name != NULL;
    case DARG_FUNC: a->name = rd_name(r, "the name of a Func"); return a->name != NULL;
    case DARG_COND: a->cond = rd_condition(r); return a->cond != NULL;
    case DARG_DIR: a->dir = read_nested(r); return a->dir != NULL;
    case DARG_TEXT: a->name = read_text(r); return a->name != NULL;
    }
    return false;
}

static bool report_usage(reader *r, const token *k, dir_op op, const char *what)
{
    rd_finish(r,
           rd_report(r, k, DIAG_DIRECTIVE_ARGS, "%s() has too %s arguments", dir_table[op].word, what),
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
    while (!is_punct(rd_peek(r), ")")) {
        if (args.n) {
            if (!is_punct(rd_peek(r), ",")) {
                rd_finish(r, rd_report(r, rd_peek(r), DIAG_SCHEDULE_SYNTAX,
                                 "expected ',' or ')' after an argument, but %s",
                                 rd_found(r, rd_peek(r))),
                       NULL);
                return false;
            }
            r->pos++;
        }
        if (i == n)
            return report_usage(r, rd_peek(r), d->op, "many");
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
        return report_usage(r, rd_peek(r), d->op, "few");
    r->pos++;
    d->nargs = args.n;
    d->arg = args.at;
    r->form = NULL;
    return true;
}

static directive *read_directive(reader *r)
{
    const token *k = rd_peek(r);
    const char *word = rd_name(r, "a directive");
    if (!word)
        return NULL;
    dir_op op = dir_find(word);
    if (op == DIR_COUNT) {
        diag *d = rd_report(r, k, DIAG_NO_SUCH_DIRECTIVE, "there is no directive '%s'", word);
        const char *near = dir_nearest(word);
        rd_finish(r, d,
               near ? arena_printf(r->c->a, "did you mean '%s'?", near)
                    : "docs/schedule.md lists them all");
        return NULL;
    }
    directive *d = directive_new(r->c, op, rd_loc(r, k), 0);
    d->excerpt = rd_excerpt(r, k);
    r->form = form_of(r, op);
    if (!rd_expect(r, "(", "after the directive's name"))
        return NULL;
    return read_args(r, d) ? d : NULL;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool end_of_line(reader *r, const char *after)
{
    const token *k = rd_peek(r);
    if (k->kind == TOK_NEWLINE || k->kind == TOK_END)
        return true;
    rd_finish(r,
           rd_report(r, k, DIAG_SCHEDULE_SYNTAX,
                  "expected the end of the line or ',' after %s, but %s", after, rd_found(r, k)),
           NULL);
    return false;
}

static void read_entry(reader *r)
{
    sched_entry *e = NEW(r->c->a, sched_entry);
    if (is_word(rd_peek(r), "stage") && rd_ahead(r, 1)->kind == TOK_NAME && !is_punct(rd_ahead(r, 2), "("))
        r->pos++;
    bool headed = r->pos && is_word(&r->tok.at[r->pos - 1], "stage");
    e->loc = rd_loc(r, rd_peek(r));
    e->excerpt = rd_excerpt(r, rd_peek(r));
    if (!read_stage(r, &e->stage))
        return;
    if (headed) {
        if (!rd_expect(r, ":", "after 'stage NAME'"))
            return;
    }
    do {
        directive *d = read_directive(r);
        if (!d)
            return;
        vec_push(r->c->a, &e->dirs, d);
    } while (rd_accept(r, ","));
    if (!end_of_line(r, "a directive"))
        return;
    vec_push(r->c->a, &r->s->entries, e);
}

static bool read_signed(reader *r, int64_t *out, const char *what)
{
    bool negative = rd_accept(r, "-");
    const token *k = rd_peek(r);
    if (k->kind != TOK_INT) {
        rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "expected %s, but %s", what, rd_found(r, k)),
               "write: knob NAME = 32 in 8..128 step 8");
        return false;
    }
    *out = negative ? -rd_next(r)->value : rd_next(r)->value;
    return true;
}

/* knob = "knob" name "=" int [ "in" int ".." int [ "step" int ] ] */
static void read_knob(reader *r)
{
    r->pos++;
    r->form = "write: knob NAME = 32 in 8..128 step 8";
    const token *at = rd_peek(r);
    cb_knob_s k = {
        .name = rd_name(r, "the name of the knob"), .min = 1, .max = INT32_MAX, .step = 1};
    if (!k.name || !rd_expect(r, "=", "after the name of the knob"))
        return;
    k.loc = rd_loc(r, at);
    if (!read_signed(r, &k.def, "the knob's value"))
        return;
    if (is_word(rd_peek(r), "in")) {
        r->pos++;
        if (!read_signed(r, &k.min, "the smallest value") ||
            !rd_expect(r, "..", "between the ends of the range") ||
            !read_signed(r, &k.max, "the largest value"))
            return;
        if (is_word(rd_peek(r), "step")) {
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
        diag *d = rd_report(r, at, DIAG_KNOB, "there is a knob '%s' already", k.name);
        if (d)
            diag_note(&r->c->diags, d, other->loc, "declared here");
        rd_finish(r, d, "give it another name, or drop one of the two");
    } else if (fault) {
        rd_finish(r, rd_report(r, at, DIAG_KNOB, "knob '%s': %s", k.name, fault),
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
        contract k = {.loc = rd_loc(r, rd_peek(r)), .excerpt = rd_excerpt(r, rd_peek(r))};
        int kind = read_choice(r, "contract", kinds, COUNT_OF(kinds));
        if (kind < 0 || !rd_expect(r, "(", "after the contract's name") || !read_stage(r, &k.stage) ||
            !rd_expect(r, ",", "after the stage"))
            return;
        k.kind = (contract_kind)kind;
        k.value = rd_value(r, 1);
        if (!k.value || !rd_expect(r, ")", "after the contract's arguments"))
            return;
        vec_push(r->c->a, &r->s->contracts, k);
    } while (rd_accept(r, ","));
    end_of_line(r, "a contract");
}

typedef enum line_kind { LINE_EMPTY, LINE_ENTRY, LINE_KNOB, LINE_EXPECT, LINE_RESERVED } line_kind;

/* A keyword starts a line only when no directive follows it: `knob split(...)` schedules the stage
 * `knob`. */
static line_kind classify(const reader *r)
{
    const token *k = rd_peek(r);
    if (k->kind == TOK_NEWLINE)
        return LINE_EMPTY;
    const token *second = rd_ahead(r, 1);
    bool directive_follows = second->kind == TOK_NAME && dir_find(second->text) != DIR_COUNT &&
                             is_punct(rd_ahead(r, 2), "(");
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
    const token *k = rd_peek(r);
    rd_finish(r,
           rd_report(r, k, DIAG_RESERVED_WORD, "'%s' is reserved for a later version of schedules",
                  k->text),
           arena_printf(r->c->a, "to schedule a stage of that name write: stage %s: ...", k->text));
    /* skip a block with it */
    int braces = 0;
    for (; rd_peek(r)->kind != TOK_END; r->pos++) {
        if (is_punct(rd_peek(r), "{"))
            braces++;
        if (is_punct(rd_peek(r), "}"))
            braces--;
        if (rd_peek(r)->kind == TOK_NEWLINE && braces <= 0)
            break;
    }
}

/* Knobs first (pass 0), then everything that may use them. */
static void read_lines(reader *r, bool knobs)
{
    r->pos = 0;
    while (rd_peek(r)->kind != TOK_END) {
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
    rd_tokens(&r, source);
    if (!r.errors) {
        read_lines(&r, true);
        read_lines(&r, false);
    }
    return r.errors ? NULL : r.s;
}
