/* dsl/sched_print.c: schedules as text. Reading the text back gives the same data, and printing
 * that gives the same text:
 *
 *     knob strip = 32 in 8..128 step 8
 *
 *     out     split(y, yo, yi, strip), parallel(yo), vectorize(x, 32)
 *     blur_x  store_at(out, yo), compute_at(out, yi)
 *
 *     expect vectorized(out, 32)
 */
#include "sched.h"

#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

static int value_prec(const ir *v)
{
    switch (v->op) {
    case IR_ADD:
    case IR_SUB: return 1;
    case IR_MUL:
    case IR_DIV:
    case IR_MOD: return 2;
    default: return 3;
    }
}

static void print_value(cb_context *c, text *t, const ir *v, int outer, int depth)
{
    int64_t k;
    int prec = value_prec(v);
    if (depth > SCHED_DEPTH) {
        text_put(t, "...");
    } else if (ir_as_int(v, &k)) {
        text_printf(t, "%lld", (long long)k);
    } else if (v->op == IR_VAR) {
        text_put(t, ir_sym_name(c, v->u.sym));
    } else if (prec < 3) {
        if (prec < outer)
            text_put(t, "(");
        print_value(c, t, v->arg[0], prec, depth + 1);
        text_printf(t, " %s ", ir_ops[v->op].spelling);
        print_value(c, t, v->arg[1], prec + 1, depth + 1);
        if (prec < outer)
            text_put(t, ")");
    } else {
        text_printf(t, "%s(", ir_ops[v->op].spelling);
        for (uint32_t i = 0; i < v->nargs; i++) {
            if (i)
                text_put(t, ", ");
            print_value(c, t, v->arg[i], 0, depth + 1);
        }
        text_put(t, ")");
    }
}

void sched_value_print(cb_context *c, text *t, const ir *v) { print_value(c, t, v, 0, 0); }

/* ---- conditions ------------------------------------------------------------------------------ */

static void print_cond(text *t, const sched_cond *k, int outer)
{
    static const char *const fields[] = {
        [FIELD_MIN] = "min", [FIELD_EXTENT] = "extent", [FIELD_STRIDE] = "stride"};
    switch (k->kind) {
    case COND_INT: text_printf(t, "%lld", (long long)k->value); return;
    case COND_REAL:
    case COND_NAME: text_put(t, k->text); return;
    case COND_FIELD: text_printf(t, "%s.%s(%u)", k->text, fields[k->field], k->dim); return;
    case COND_OP: break;
    }
    const cond_op_info *op = &cond_ops[k->op];
    if (op->prec > COND_UNARY) {
        text_printf(t, "%s(", op->text);
        print_cond(t, k->arg[0], 0);
        text_put(t, ", ");
        print_cond(t, k->arg[1], 0);
        text_put(t, ")");
        return;
    }
    if (op->prec < outer)
        text_put(t, "(");
    if (op->operands == 1) {
        text_put(t, op->text);
        print_cond(t, k->arg[0], op->prec);
    } else {
        print_cond(t, k->arg[0], op->prec);
        text_printf(t, " %s ", op->text);
        print_cond(t, k->arg[1], op->prec + 1);
    }
    if (op->prec < outer)
        text_put(t, ")");
}

void sched_cond_print(text *t, const sched_cond *k) { print_cond(t, k, 0); }

const char *sched_cond_text(cb_context *c, const sched_cond *k)
{
    text t;
    text_init(&t, c->a);
    sched_cond_print(&t, k);
    return text_str(&t);
}

/* ---- directives ------------------------------------------------------------------------------ */

void stage_ref_print(text *t, stage_ref s)
{
    text_put(t, s.func);
    if (s.update >= 0)
        text_printf(t, ".update %d", s.update);
}

static bool print_arg(cb_context *c, text *t, const dir_arg *a)
{
    switch (a->kind) {
    case DARG_LOOP:
    case DARG_NEW:
    case DARG_DIM:
    case DARG_MADE:
    case DARG_FUNC: text_put(t, a->name); return true;
    case DARG_COND: sched_cond_print(t, a->cond); return true;
    case DARG_DIR: return directive_print(t, a->dir);
    case DARG_TEXT: text_printf(t, "\"%s\"", a->name); return true;
    case DARG_VALUE:
        if (!a->value || ir_is_poison(a->value))
            return false;
        sched_value_print(c, t, a->value);
        return true;
    case DARG_STAGE: stage_ref_print(t, a->stage); return true;
    case DARG_TAIL: text_put(t, tail_names[a->tail]); return true;
    case DARG_MEMORY: text_put(t, mem_names[a->memory]); return true;
    case DARG_POLICY: text_put(t, policy_names[a->policy]); return true;
    }
    return false;
}

bool directive_print(text *t, const directive *d)
{
    bool ok = true;
    text_printf(t, "%s(", dir_table[d->op].word);
    for (uint32_t i = 0; i < d->nargs; i++) {
        if (i)
            text_put(t, ", ");
        if (!print_arg(d->ctx, t, &d->arg[i])) {
            text_put(t, "?");
            ok = false;
        }
    }
    text_put(t, ")");
    return ok;
}

/* ---- schedules ------------------------------------------------------------------------------- */

void sched_knob_print(text *t, const cb_knob_s *k, int64_t value)
{
    text_printf(t, "knob %s = %lld", k->name, (long long)value);
    bool stepped = k->step != 1;
    if (stepped || k->min != 1 || k->max != INT32_MAX)
        text_printf(t, " in %lld..%lld", (long long)k->min, (long long)k->max);
    if (stepped)
        text_printf(t, " step %lld", (long long)k->step);
    text_put(t, "\n");
}

static void print_contracts(cb_context *c, text *t, const sched_contracts *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        const contract *k = &list->at[i];
        text_put(t, i ? ", " : "expect ");
        switch (k->kind) {
        case CONTRACT_VECTORIZED: text_put(t, "vectorized("); break;
        }
        stage_ref_print(t, k->stage);
        text_put(t, ", ");
        sched_value_print(c, t, k->value);
        text_put(t, ")");
    }
    if (list->n)
        text_put(t, "\n");
}

void sched_contracts_print(text *t, const schedule *s)
{
    print_contracts(s->ctx, t, &s->contracts);
}

static bool is_keyword(const char *name)
{
    for (uint32_t i = 0; i < SCHED_KEYWORDS; i++)
        if (strcmp(name, sched_keywords[i]) == 0)
            return true;
    return false;
}

/* The start of an entry's line: `stage when:` where the name alone would be a keyword. */
static void print_head(text *t, stage_ref s)
{
    bool keyword = is_keyword(s.func);
    if (keyword)
        text_put(t, "stage ");
    stage_ref_print(t, s);
    if (keyword)
        text_put(t, ":");
}

static void print_block(cb_context *c, text *t, const sched_entries *entries,
                        const sched_contracts *contracts, int depth);

static void print_braces(cb_context *c, text *t, const sched_block *b, int depth)
{
    text_put(t, "{\n");
    print_block(c, t, &b->entries, &b->contracts, depth + 1);
    text_printf(t, "%*s}", 4 * depth, "");
}

/* when avx512 { ... } else when avx2 { ... } else { ... } */
static void print_when(cb_context *c, text *t, const sched_entry *e, int depth)
{
    for (;;) {
        text_put(t, "when ");
        sched_cond_print(t, e->guard);
        text_put(t, " ");
        print_braces(c, t, e->then, depth);
        if (!e->other)
            break;
        text_put(t, " else ");
        if (e->other->entries.n != 1 || e->other->contracts.n ||
            e->other->entries.at[0]->kind != ENTRY_WHEN) {
            print_braces(c, t, e->other, depth);
            break;
        }
        e = e->other->entries.at[0];
    }
    text_put(t, "\n");
}

void sched_call_print(cb_context *c, text *t, const sched_entry *e)
{
    text_printf(t, "%s(", e->name);
    for (uint32_t i = 0; i < e->args.n; i++) {
        const proc_arg *a = &e->args.at[i];
        if (i)
            text_put(t, ", ");
        if (a->name)
            stage_ref_print(t, a->stage);
        else
            sched_value_print(c, t, a->value);
    }
    text_put(t, ")");
}

static void print_stage(text *t, const sched_entry *e, size_t width)
{
    size_t from = t->n;
    print_head(t, e->stage);
    text_printf(t, "%*s", (int)(width + 2 - (t->n - from)), "");
    for (uint32_t k = 0; k < e->dirs.n; k++) {
        if (k)
            text_put(t, ", ");
        directive_print(t, e->dirs.at[k]);
    }
    text_put(t, "\n");
}

static void print_block(cb_context *c, text *t, const sched_entries *entries,
                        const sched_contracts *contracts, int depth)
{
    size_t width = 0;
    for (uint32_t i = 0; i < entries->n; i++) {
        text head;
        text_init(&head, t->a);
        if (entries->at[i]->kind == ENTRY_STAGE)
            print_head(&head, entries->at[i]->stage);
        if (head.n > width)
            width = head.n;
    }
    for (uint32_t i = 0; i < entries->n; i++) {
        const sched_entry *e = entries->at[i];
        if (e->kind == ENTRY_STAGE && !e->dirs.n)
            continue;
        text_printf(t, "%*s", 4 * depth, "");
        switch (e->kind) {
        case ENTRY_STAGE: print_stage(t, e, width); break;
        case ENTRY_WHEN: print_when(c, t, e, depth); break;
        case ENTRY_INCLUDE: text_printf(t, "include \"%s\"\n", e->name); break;
        case ENTRY_CALL:
            sched_call_print(c, t, e);
            text_put(t, "\n");
            break;
        }
    }
    if (contracts->n && (entries->n && !depth))
        text_put(t, "\n");
    if (contracts->n)
        text_printf(t, "%*s", 4 * depth, "");
    print_contracts(c, t, contracts);
}

static void print_proc(cb_context *c, text *t, const sched_proc *p)
{
    text_printf(t, "proc %s(", p->name);
    for (uint32_t i = 0; i < p->params.n; i++)
        text_printf(t, "%s%s", i ? ", " : "", p->params.at[i]);
    text_put(t, ") ");
    print_braces(c, t, &p->body, 0);
    text_put(t, "\n\n");
}

/* What other files hold is not printed: their names are. */
void schedule_print(text *t, const schedule *s)
{
    bool knobs = false;
    for (uint32_t i = 0; i < s->knobs.n; i++)
        if (!s->knobs.at[i]->included) {
            sched_knob_print(t, s->knobs.at[i], s->knobs.at[i]->def);
            knobs = true;
        }
    if (knobs && (s->entries.n || s->contracts.n || s->procs.n))
        text_put(t, "\n");
    for (uint32_t i = 0; i < s->procs.n; i++)
        if (!s->procs.at[i]->included)
            print_proc(s->ctx, t, s->procs.at[i]);
    print_block(s->ctx, t, &s->entries, &s->contracts, 0);
}
