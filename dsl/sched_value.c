/* dsl/sched_value.c: values in a schedule's text, and conditions.
 *
 *     strip*2 + 1                               numbers and knobs
 *     gain == 1 && in.stride(0) == 1            parameters, and mins, extents and strides of buffers
 *
 * A value becomes an expression. A condition stays as written, as a tree of names: what they are,
 * and of which types, is known when the schedule is applied (resolve_branches.c).
 */
#include "reader.h"

/* ---- values ---------------------------------------------------------------------------------- */

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
    const ir *a = rd_value(r, 1);
    if (!a || !rd_expect(r, ",", "between two values"))
        return NULL;
    const ir *b = rd_value(r, 1);
    if (!b || !rd_expect(r, ")", "after two values"))
        return NULL;
    return ir_bin(r->c, op, a, b);
}

static const ir *read_literal(reader *r, const token *k, bool negative)
{
    int64_t v = negative ? -k->value : k->value;
    if (v <= INT32_MAX)
        return ir_i32(r->c, v);
    rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "this number does not fit 32 bits"),
           "values in schedules are 32-bit integers");
    return NULL;
}

static const ir *read_primary(reader *r)
{
    const token *k = rd_next(r);
    if (k->kind == TOK_INT)
        return read_literal(r, k, false);
    if (k->kind == TOK_NAME && is_punct(rd_peek(r), "(") && (is_word(k, "min") || is_word(k, "max")))
        return read_minmax(r, k);
    if (k->kind == TOK_NAME)
        return ir_var(r->c, value_symbol(r, k->text));
    if (is_punct(k, "-")) {
        if (rd_peek(r)->kind == TOK_INT)
            return read_literal(r, rd_next(r), true);
        const ir *v = rd_value(r, 3);
        return v ? ir_sub(r->c, ir_i32(r->c, 0), v) : NULL;
    }
    if (is_punct(k, "(")) {
        const ir *v = rd_value(r, 1);
        return v && rd_expect(r, ")", "to close '('") ? v : NULL;
    }
    r->pos--;
    k = rd_peek(r);
    rd_finish(r, rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "expected a value, but %s", rd_found(r, k)),
           "a value is an integer, a knob, or for bound() and bound_extent() an expression of parameters");
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
const ir *rd_value(reader *r, int prec)
{
    if (r->depth >= SCHED_DEPTH) {
        rd_finish(r, rd_report(r, rd_peek(r), DIAG_TOO_DEEP, "this value nests deeper than %d", SCHED_DEPTH),
               "a value is an integer, a knob, or a short expression of them");
        return NULL;
    }
    r->depth++;
    const ir *v = read_primary(r);
    int p;
    ir_op op;
    while (v && value_op(rd_peek(r), &p, &op) && p >= prec) {
        const token *k = rd_next(r);
        const ir *b = rd_value(r, p + 1);
        v = b ? ir_bin(r->c, op, v, b) : NULL;
        const char *fault = v ? sched_value_fault(r->c, v) : NULL;
        if (fault) {
            rd_finish(r, rd_report(r, k, DIAG_TOO_DEEP, "%s", fault),
                   "a value is an integer, a knob, or a short expression of them");
            v = NULL;
        }
    }
    r->depth--;
    return v;
}

/* ---- conditions ------------------------------------------------------------------------------ */

const cond_op_info cond_ops[COP_COUNT] = {
    [COP_OR] = {"||", 1, 2}, [COP_AND] = {"&&", 2, 2}, [COP_EQ] = {"==", 3, 2},
    [COP_NE] = {"!=", 3, 2}, [COP_LT] = {"<", 4, 2},   [COP_LE] = {"<=", 4, 2},
    [COP_GT] = {">", 4, 2},  [COP_GE] = {">=", 4, 2},  [COP_ADD] = {"+", 5, 2},
    [COP_SUB] = {"-", 5, 2}, [COP_MUL] = {"*", 6, 2},  [COP_DIV] = {"/", 6, 2},
    [COP_MOD] = {"%", 6, 2}, [COP_NOT] = {"!", 7, 1},  [COP_NEG] = {"-", 7, 1},
    [COP_MIN] = {"min", 8, 2}, [COP_MAX] = {"max", 8, 2}};

static const sched_cond *read_cond(reader *r, int prec);

static sched_cond *cond_new(reader *r, cond_kind kind, const token *k)
{
    sched_cond *n = NEW(r->c->a, sched_cond);
    n->kind = kind;
    n->loc = rd_loc(r, k);
    n->width = k->width;
    n->text = k->text;
    return n;
}

static const sched_cond *cond_op_of(reader *r, cond_op op, const token *k, const sched_cond *a,
                                    const sched_cond *b)
{
    sched_cond *n = cond_new(r, COND_OP, k);
    n->op = op;
    n->arg[0] = a;
    n->arg[1] = b;
    return a && (b || cond_ops[op].operands == 1) ? n : NULL;
}

/* in.extent(0), a token `in.extent` */
static const sched_cond *read_field(reader *r, const token *k)
{
    static const struct {
        const char *suffix;
        int field;
    } fields[] = {
        {".min", FIELD_MIN}, {".extent", FIELD_EXTENT}, {".stride", FIELD_STRIDE}};
    size_t n = strlen(k->text);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        size_t m = strlen(fields[i].suffix);
        if (n <= m || strcmp(k->text + n - m, fields[i].suffix) != 0)
            continue;
        sched_cond *f = cond_new(r, COND_FIELD, k);
        f->text = strtab_intern(r->c->a, &r->c->strings, k->text, n - m);
        f->field = fields[i].field;
        r->pos++; /* the parenthesis */
        const token *d = rd_peek(r);
        if (d->kind != TOK_INT) {
            rd_finish(r,
                      rd_report(r, d, DIAG_SCHEDULE_SYNTAX,
                                "expected the number of a dimension, but %s", rd_found(r, d)),
                      "dimensions are counted from 0: in.extent(0)");
            return NULL;
        }
        f->dim = (uint32_t)rd_next(r)->value;
        return rd_expect(r, ")", "after the dimension") ? f : NULL;
    }
    rd_finish(r,
              rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "'%s' cannot be called in a condition",
                        k->text),
              "there are min(a, b), max(a, b), and in.min(0), in.extent(0), in.stride(0) of a "
              "buffer 'in'");
    return NULL;
}

static const sched_cond *read_operand(reader *r)
{
    const token *k = rd_peek(r);
    if (rd_accept(r, "(")) {
        const sched_cond *n = read_cond(r, 1);
        return n && rd_expect(r, ")", "to close '('") ? n : NULL;
    }
    if (k->kind == TOK_INT || k->kind == TOK_REAL) {
        r->pos++;
        sched_cond *n = cond_new(r, k->kind == TOK_INT ? COND_INT : COND_REAL, k);
        n->value = k->value;
        return n;
    }
    if (is_punct(k, "!") || is_punct(k, "-")) {
        r->pos++;
        return cond_op_of(r, is_punct(k, "!") ? COP_NOT : COP_NEG, k, read_cond(r, COND_UNARY),
                          NULL);
    }
    if (k->kind == TOK_NAME && is_punct(rd_ahead(r, 1), "(")) {
        bool least = is_word(k, "min");
        r->pos++;
        if (!least && !is_word(k, "max"))
            return read_field(r, k);
        r->pos++;
        const sched_cond *a = read_cond(r, 1);
        if (!a || !rd_expect(r, ",", "between two values"))
            return NULL;
        const sched_cond *b = read_cond(r, 1);
        if (!b || !rd_expect(r, ")", "after two values"))
            return NULL;
        return cond_op_of(r, least ? COP_MIN : COP_MAX, k, a, b);
    }
    if (k->kind == TOK_NAME) {
        r->pos++;
        return cond_new(r, COND_NAME, k);
    }
    rd_finish(r,
              rd_report(r, k, DIAG_SCHEDULE_SYNTAX, "expected a condition, but %s", rd_found(r, k)),
              "a condition is made of parameters, knobs and buffers: gain == 1 && in.stride(0) == "
              "1");
    return NULL;
}

static bool cond_op_at(const token *k, cond_op *op)
{
    for (int i = 0; i < COP_NOT; i++)
        if (is_punct(k, cond_ops[i].text)) {
            *op = (cond_op)i;
            return true;
        }
    return false;
}

/* Operators of precedence `prec` and above. */
static const sched_cond *read_cond(reader *r, int prec)
{
    if (r->depth >= SCHED_DEPTH) {
        rd_finish(r,
                  rd_report(r, rd_peek(r), DIAG_TOO_DEEP, "this condition nests deeper than %d",
                            SCHED_DEPTH),
                  "specialize for a simpler condition");
        return NULL;
    }
    r->depth++;
    const sched_cond *n = read_operand(r);
    cond_op op;
    for (int terms = 0; n && cond_op_at(rd_peek(r), &op) && cond_ops[op].prec >= prec; terms++) {
        const token *k = rd_next(r);
        if (terms == SCHED_DEPTH) {
            rd_finish(r,
                      rd_report(r, k, DIAG_TOO_DEEP, "this condition has more than %d terms",
                                SCHED_DEPTH),
                      "specialize for a simpler condition");
            n = NULL;
        } else {
            n = cond_op_of(r, op, k, n, read_cond(r, cond_ops[op].prec + 1));
        }
    }
    r->depth--;
    return n;
}

const sched_cond *rd_condition(reader *r) { return read_cond(r, 1); }

const sched_cond *sched_cond_read(cb_context *c, const char *source, cb_loc at)
{
    reader r = {.c = c, .file = at.file, .first_line = at.line - 1};
    rd_tokens(&r, source);
    if (r.errors)
        return NULL;
    const sched_cond *n = read_cond(&r, 1);
    const token *k = rd_peek(&r);
    if (!n || is_punct(k, ",") || k->kind == TOK_NEWLINE || k->kind == TOK_END)
        return r.errors ? NULL : n;
    rd_finish(&r,
              rd_report(&r, k, DIAG_SCHEDULE_SYNTAX, "expected the end of the condition, but %s",
                        rd_found(&r, k)),
              "a condition is made of parameters, knobs and buffers: gain == 1 && in.stride(0) == "
              "1");
    return NULL;
}

bool sched_cond_same(const sched_cond *a, const sched_cond *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case COND_INT: return a->value == b->value;
    case COND_REAL:
    case COND_NAME: return !strcmp(a->text, b->text);
    case COND_FIELD: return !strcmp(a->text, b->text) && a->field == b->field && a->dim == b->dim;
    case COND_OP:
        return a->op == b->op && sched_cond_same(a->arg[0], b->arg[0]) &&
               sched_cond_same(a->arg[1], b->arg[1]);
    }
    return false;
}
