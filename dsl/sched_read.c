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

const char *const sched_keywords[SCHED_KEYWORDS] = {"knob",    "expect", "stage", "include",
                                                    "when",    "proc",   "else"};

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
    case DARG_POLICY:
        choice = read_choice(r, "policy", policy_names, POLICY_NAMES);
        if (choice >= 0)
            a->policy = (ir_partition)choice;
        return choice >= 0;
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
    if (op == DIR_COUNT && dir_planned(word)) {
        rd_finish(r, rd_report(r, k, DIAG_RESERVED_WORD, "'%s' (%s) is not built yet", word,
                         dir_planned(word)),
               "leave it out; the word is reserved for it");
        return NULL;
    }
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

static sched_entries *entries_of(reader *r) { return r->to ? &r->to->entries : &r->s->entries; }
static sched_contracts *contracts_of(reader *r)
{
    return r->to ? &r->to->contracts : &r->s->contracts;
}

static bool end_of_line(reader *r, const char *after)
{
    const token *k = rd_peek(r);
    if (k->kind == TOK_NEWLINE || k->kind == TOK_END || (r->blocks && is_punct(k, "}")))
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
    vec_push(r->c->a, entries_of(r), e);
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
        k.included = r->outer != NULL;
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
        vec_push(r->c->a, contracts_of(r), k);
    } while (rd_accept(r, ","));
    end_of_line(r, "a contract");
}

/* ---- blocks, procedures, files --------------------------------------------------------------- */

static void read_line(reader *r);

static void skip_to_line_end(reader *r)
{
    while (rd_peek(r)->kind != TOK_NEWLINE && rd_peek(r)->kind != TOK_END &&
           !(r->blocks && is_punct(rd_peek(r), "}")))
        r->pos++;
}

/* "{" lines "}" */
static sched_block *read_block(reader *r, const char *after)
{
    sched_block *b = NEW(r->c->a, sched_block), *outer = r->to;
    const token *open = rd_peek(r);
    if (!rd_expect(r, "{", after))
        return NULL;
    if (r->blocks >= SCHED_NESTING) {
        rd_finish(r,
                  rd_report(r, rd_peek(r), DIAG_TOO_DEEP, "blocks nest deeper than %d",
                            SCHED_NESTING),
                  "join conditions by &&");
        return NULL;
    }
    r->blocks++;
    r->to = b;
    while (!is_punct(rd_peek(r), "}") && rd_peek(r)->kind != TOK_END) {
        read_line(r);
        skip_to_line_end(r);
        if (rd_peek(r)->kind == TOK_NEWLINE)
            r->pos++;
        r->failed = false;
        r->form = NULL;
    }
    r->to = outer;
    r->blocks--;
    if (rd_accept(r, "}"))
        return b;
    rd_finish(r,
              rd_report(r, open, DIAG_SCHEDULE_SYNTAX, "this block has no '}' at its end"),
              "close it on a line of its own");
    return NULL;
}

/* After a mistake before a block: the block goes with it. */
static void skip_block(reader *r)
{
    int braces = 0;
    for (; rd_peek(r)->kind != TOK_END; r->pos++) {
        const token *k = rd_peek(r);
        braces += is_punct(k, "{");
        if (is_punct(k, "}") && --braces <= 0) {
            r->pos += braces == 0;
            return;
        }
        if (k->kind == TOK_NEWLINE && braces == 0)
            return;
    }
}

/* when = "when" guard block [ "else" ( when | block ) ] */
static sched_entry *read_when(reader *r)
{
    sched_entry *e = NEW(r->c->a, sched_entry);
    e->kind = ENTRY_WHEN;
    e->loc = rd_loc(r, rd_peek(r));
    e->excerpt = rd_excerpt(r, rd_peek(r));
    r->pos++;
    r->form = "write: when avx512 && !gpu { ... } else { ... }";
    const token *at = rd_peek(r);
    e->guard = rd_condition(r);
    if (!e->guard) {
        skip_block(r);
        return NULL;
    }
    const char *near = NULL;
    const sched_cond *fault = sched_guard_fault(e->guard, &near);
    if (fault) {
        token k = *at;
        k.line = fault->loc.line - r->first_line;
        k.col = fault->loc.col;
        k.width = fault->width;
        rd_finish(r,
                  rd_report(r, &k, DIAG_BAD_GUARD,
                            fault->kind == COND_NAME ? "no target has a word '%s'"
                                                     : "'%s' cannot stand in a guard",
                            fault->kind == COND_NAME || fault->kind == COND_REAL ? fault->text
                            : fault->kind == COND_OP ? cond_ops[fault->op].text
                                                     : "a number or buffer"),
                  near ? arena_printf(r->c->a, "did you mean '%s'?", near)
                       : "a guard is made of words such as avx512, avx2, arm, gpu by !, && and ||");
        skip_block(r);
        return NULL;
    }
    e->then = read_block(r, "after the guard");
    if (!e->then)
        return NULL;
    if (is_word(rd_peek(r), "else")) {
        r->pos++;
        if (is_word(rd_peek(r), "when")) {
            e->other = NEW(r->c->a, sched_block);
            sched_entry *inner = r->nesting < SCHED_DEPTH ? NULL : e;
            if (inner) {
                rd_finish(r, rd_report(r, rd_peek(r), DIAG_TOO_DEEP, "too many branches"),
                          "join some of them by ||");
                return NULL;
            }
            r->nesting++;
            inner = read_when(r);
            r->nesting--;
            if (!inner)
                return NULL;
            vec_push(r->c->a, &e->other->entries, inner);
            return e;
        }
        e->other = read_block(r, "after 'else'");
        if (!e->other)
            return NULL;
    }
    return end_of_line(r, "a block") ? e : NULL;
}

static sched_proc *proc_named(const schedule *s, const char *name)
{
    for (uint32_t i = 0; i < s->procs.n; i++)
        if (strcmp(s->procs.at[i]->name, name) == 0)
            return s->procs.at[i];
    return NULL;
}

static bool take_param(reader *r, sched_proc *p, const token *k)
{
    for (uint32_t i = 0; i < p->params.n; i++)
        if (p->params.at[i] == k->text) {
            rd_finish(r, rd_report(r, k, DIAG_BAD_PROC, "two parameters are called '%s'", k->text),
                      "give them different names");
            return false;
        }
    vec_push(r->c->a, &p->params, k->text);
    return true;
}

/* "(" [ ident { "," ident } ] ")" */
static bool read_params(reader *r, sched_proc *p)
{
    if (!rd_expect(r, "(", "after the name of the procedure"))
        return false;
    while (!is_punct(rd_peek(r), ")")) {
        if (p->params.n && !rd_expect(r, ",", "between two parameters"))
            return false;
        const token *k = rd_peek(r);
        if (!rd_name(r, "a parameter") || !take_param(r, p, k))
            return false;
    }
    r->pos++;
    return true;
}

/* The name of p, at `at`: false after a report. */
static bool check_name(reader *r, const sched_proc *p, const token *at)
{
    if (r->blocks) {
        rd_finish(r,
                  rd_report(r, at, DIAG_BAD_PROC, "a procedure is declared outside of all blocks"),
                  "move it to the top of the file; a guard can stand inside of it");
        return false;
    }
    bool taken = dir_find(p->name) != DIR_COUNT;
    for (uint32_t i = 0; i < SCHED_KEYWORDS; i++)
        taken |= strcmp(sched_keywords[i], p->name) == 0;
    if (taken) {
        rd_finish(r, rd_report(r, at, DIAG_BAD_PROC, "'%s' is a word of schedules", p->name),
                  "call it otherwise");
        return false;
    }
    const sched_proc *other = proc_named(r->s, p->name);
    if (other) {
        diag *d = rd_report(r, at, DIAG_BAD_PROC, "there is a procedure '%s' already", p->name);
        if (d)
            diag_note(&r->c->diags, d, other->loc, "declared here");
        rd_finish(r, d, "give it another name, or drop one of the two");
        return false;
    }
    return true;
}

/* proc = "proc" ident "(" [ ident { "," ident } ] ")" block */
static void read_proc(reader *r)
{
    r->pos++;
    r->form = "write: proc NAME(f, x, n) { f  vectorize(x, n) }";
    const token *at = rd_peek(r);
    sched_proc *p = NEW(r->c->a, sched_proc);
    p->loc = rd_loc(r, at);
    p->included = r->outer != NULL;
    p->name = rd_name(r, "the name of the procedure");
    if (!p->name || !check_name(r, p, at) || !read_params(r, p)) {
        skip_block(r);
        return;
    }
    sched_block *body = read_block(r, "after the parameters");
    if (!body || !end_of_line(r, "a procedure"))
        return;
    p->body = *body;
    vec_push(r->c->a, &r->s->procs, p);
}

/* argument of a call = stage | value */
static bool read_proc_arg(reader *r, proc_arg *a)
{
    const token *k = rd_peek(r);
    a->loc = rd_loc(r, k);
    a->stage.update = -1;
    size_t n = k->kind == TOK_NAME ? strlen(k->text) : 0;
    if (n > 7 && !strcmp(k->text + n - 7, ".update")) {
        a->name = k->text;
        return read_stage(r, &a->stage);
    }
    a->value = rd_value(r, 1);
    if (a->value && a->value->op == IR_VAR && k->kind == TOK_NAME) {
        a->name = a->stage.func = k->text;
        a->value = NULL;
    }
    return a->name || a->value;
}

/* call = name "(" [ argument { "," argument } ] ")" */
static sched_entry *read_call(reader *r)
{
    sched_entry *e = NEW(r->c->a, sched_entry);
    e->kind = ENTRY_CALL;
    e->loc = rd_loc(r, rd_peek(r));
    e->excerpt = rd_excerpt(r, rd_peek(r));
    e->name = rd_next(r)->text;
    r->form = "a call gives names and numbers: strips(out, y, 32)";
    r->pos++; /* the parenthesis */
    while (!is_punct(rd_peek(r), ")")) {
        if (e->args.n && !rd_expect(r, ",", "between two arguments"))
            return NULL;
        proc_arg a = {0};
        if (!read_proc_arg(r, &a))
            return NULL;
        vec_push(r->c->a, &e->args, a);
    }
    r->pos++;
    return end_of_line(r, "a call") ? e : NULL;
}

/* The file as the including one sees it: relative to it. */
static const char *path_beside(reader *r, const char *name)
{
    const char *slash = strrchr(r->file, '/');
    if (*name == '/' || !slash)
        return ctx_string(r->c, name);
    return ctx_string(r->c, arena_printf(r->c->a, "%.*s%s", (int)(slash + 1 - r->file), r->file,
                                         name));
}

static void read_lines(reader *r, bool knobs);

/* include = "include" text: in the first pass the file is opened and its knobs are read. */
static void open_include(reader *r)
{
    r->pos++;
    r->form = "write: include \"file.sched\"";
    const token *at = rd_peek(r);
    const char *name = read_text(r);
    if (!name || !end_of_line(r, "a file's name"))
        return;
    reader *in = NEW(r->c->a, reader);
    *in = (reader){.c = r->c, .s = r->s, .file = path_beside(r, name), .outer = r, .seen = r->seen,
                   .files = r->files + 1};
    for (const reader *o = r; o; o = o->outer)
        if (o->file == in->file || in->files > SCHED_NESTING) {
            rd_finish(r,
                      rd_report(r, at, DIAG_BAD_INCLUDE,
                                o->file == in->file ? "'%s' would include itself"
                                                    : "'%s': files include one another too deeply",
                                name),
                      "move what both need to a third file");
            return;
        }
    vec_push(r->c->a, &r->included, in);
    vec_push(r->c->a, &r->included_as, name);
    if (map_getp(r->seen, in->file)) { /* read once, however often it is included */
        in->tok.n = 0;
        return;
    }
    map_put(r->c->a, r->seen, (uint64_t)(uintptr_t)in->file, 1);
    size_t n;
    const char *source = text_read_file(r->c->a, in->file, &n);
    if (!source) {
        rd_finish(r, rd_report(r, at, DIAG_BAD_INCLUDE, "'%s' cannot be read", in->file),
                  "files are looked for beside the one that includes them");
        return;
    }
    rd_tokens(in, source);
    if (!in->errors)
        read_lines(in, true);
    r->errors += in->errors;
    in->errors = 0;
}

/* In the second pass its lines are read. */
static sched_entry *read_include(reader *r)
{
    if (r->blocks) {
        rd_finish(r,
                  rd_report(r, rd_peek(r), DIAG_BAD_INCLUDE,
                            "a file is included outside of all blocks"),
                  "include it at the top, and put a guard around calls of its procedures");
        return NULL;
    }
    if (r->next_included >= r->included.n)
        return NULL; /* reported */
    sched_entry *e = NEW(r->c->a, sched_entry);
    e->kind = ENTRY_INCLUDE;
    e->loc = rd_loc(r, rd_peek(r));
    e->excerpt = rd_excerpt(r, rd_peek(r));
    e->name = r->included_as.at[r->next_included];
    e->then = NEW(r->c->a, sched_block);
    reader *in = r->included.at[r->next_included++];
    in->to = e->then;
    if (in->tok.n)
        read_lines(in, false);
    r->errors += in->errors;
    skip_to_line_end(r);
    return e;
}

/* ---- the whole ------------------------------------------------------------------------------- */

typedef enum line_kind {
    LINE_EMPTY, LINE_ENTRY, LINE_KNOB, LINE_EXPECT, LINE_WHEN, LINE_PROC, LINE_INCLUDE, LINE_CALL
} line_kind;

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
    if (is_word(k, "when"))
        return LINE_WHEN;
    if (is_word(k, "proc"))
        return LINE_PROC;
    if (is_word(k, "include"))
        return LINE_INCLUDE;
    return is_punct(second, "(") && dir_find(k->text) == DIR_COUNT ? LINE_CALL : LINE_ENTRY;
}

static void read_line(reader *r)
{
    sched_entry *e = NULL;
    switch (classify(r)) {
    case LINE_EMPTY: return;
    case LINE_ENTRY: read_entry(r); return;
    case LINE_EXPECT: read_expect(r); return;
    case LINE_PROC: read_proc(r); return;
    case LINE_KNOB:
        if (r->blocks)
            rd_finish(r,
                      rd_report(r, rd_peek(r), DIAG_KNOB, "a knob is declared outside of all blocks"),
                      "move it to the top of the file");
        else /* read before */
            skip_to_line_end(r);
        return;
    case LINE_WHEN: e = read_when(r); break;
    case LINE_CALL: e = read_call(r); break;
    case LINE_INCLUDE: e = read_include(r); break;
    }
    if (e)
        vec_push(r->c->a, entries_of(r), e);
}

/* A first pass reads knobs, of included files too, which may be used before they are declared;
 * blocks have none. */
static void read_knobs(reader *r)
{
    int braces = 0;
    while (rd_peek(r)->kind != TOK_END) {
        line_kind kind = braces ? LINE_EMPTY : classify(r);
        if (kind == LINE_KNOB)
            read_knob(r);
        else if (kind == LINE_INCLUDE)
            open_include(r);
        for (; rd_peek(r)->kind != TOK_NEWLINE && rd_peek(r)->kind != TOK_END; r->pos++) {
            braces += is_punct(rd_peek(r), "{");
            braces -= is_punct(rd_peek(r), "}") && braces;
        }
        skip_line(r);
    }
}

static void read_lines(reader *r, bool knobs)
{
    r->pos = 0;
    if (knobs) {
        read_knobs(r);
        return;
    }
    while (rd_peek(r)->kind != TOK_END) {
        read_line(r);
        skip_line(r);
    }
}

schedule *schedule_read(cb_context *c, const char *source, const char *filename)
{
    map seen = {0};
    reader r = {.c = c, .file = ctx_string(c, filename ? filename : "schedule"), .seen = &seen};
    r.s = schedule_new(c, "");
    r.s->file = r.file;
    map_put(c->a, &seen, (uint64_t)(uintptr_t)r.file, 1);
    rd_tokens(&r, source);
    if (!r.errors) {
        read_lines(&r, true);
        read_lines(&r, false);
    }
    return r.errors ? NULL : r.s;
}
