/* driver/program.c: a program as text, for comparing: two programs with equal texts are the same.
 *
 *     symbol 1 6 u16 in                  inputs, parameters, Funcs; symbols are numbered as they occur
 *     func 1 rank 2 align 0 0 0 u16
 *     #1 5 i32 2                         expressions, each once, after its operands: operation, type, payload, operands
 *     #2 6 i32 0 #1 #1
 *     is #2
 *
 * Names count, and with `places` so does where things stand in the source, which messages of compiled code name.
 */
#include "prove.h"

#include <inttypes.h>

typedef struct writer {
    cb_context *c;
    text *t;
    bool places;
    map number;  /* expression -> from 1 on */
    map symbols; /* symbol -> from 1 on */
} writer;

/* ---- expressions --------------------------------------------------------------------------------------- */

static bool has_symbol(const ir *n)
{
    return n->op == IR_VAR || n->op == IR_LET || n->op == IR_CALL || n->op == IR_LOAD || n->op == IR_FIELD ||
           n->op == IR_IMPURE || n->op == IR_C_CALL || n->op == IR_QUERY;
}

/* The number of a symbol, which is declared when it first occurs; 0: there is none. */
static uint64_t symbol_number(writer *W, ir_sym s)
{
    char name[16];
    uint64_t k = 0;
    if (!s || map_get(&W->symbols, s, &k))
        return k;
    const ir_symbol *y = ir_symbol_of(W->c, s);
    map_put(W->c->a, &W->symbols, s, k = W->symbols.n + 1);
    text_printf(W->t, "symbol %" PRIu64 " %d %s %s\n", k, (int)y->kind, type_name(y->type, name), y->name);
    return k;
}

/* What is in a node besides its operands; of a symbol the number is given. */
static void put_payload(writer *W, const ir *n, uint64_t symbol)
{
    if (n->op == IR_STRING || n->op == IR_POISON)
        text_printf(W->t, " %s", n->u.s ? n->u.s : "");
    else if (n->op == IR_IMPURE)
        text_printf(W->t, " effect %d", (int)*(const effect_kind *)ir_symbol_of(W->c, n->u.ref.sym)->aux);
    else if (n->op == IR_VAR || n->op == IR_LET)
        text_printf(W->t, " %" PRIu64, symbol);
    else if (has_symbol(n))
        text_printf(W->t, " %" PRIu64 " %u", symbol, n->u.ref.index);
    else if (n->op != IR_SHUFFLE)
        text_printf(W->t, " %" PRIx64, n->u.bits);
    for (uint32_t i = 0; n->op == IR_SHUFFLE && i < n->type.lanes; i++)
        text_printf(W->t, " %d", n->u.lanes[i]);
}

static uint64_t number_of(writer *W, const ir *n)
{
    uint64_t k = 0;
    map_get(&W->number, (uint64_t)(uintptr_t)n, &k);
    return k;
}

static void put_node(writer *W, const ir *n)
{
    char name[16];
    uint64_t symbol = has_symbol(n) ? symbol_number(W, n->u.sym) : 0; /* of a reference it is the first word */
    map_putp(W->c->a, &W->number, n, (void *)(uintptr_t)(W->number.n + 1));
    text_printf(W->t, "#%u %u %s", W->number.n, (unsigned)n->op, type_name(n->type, name));
    put_payload(W, n, symbol);
    for (uint32_t i = 0; i < n->nargs; i++)
        text_printf(W->t, " #%" PRIu64, number_of(W, n->arg[i]));
    text_put(W->t, "\n");
}

/* Operands first; deep expressions are no reason to recurse. */
static void put_expr(writer *W, const ir *e)
{
    vec(const ir *) work = {0};
    if (!e) {
        text_put(W->t, "none\n");
        return;
    }
    vec_push(W->c->a, &work, e);
    while (work.n) {
        const ir *n = work.at[work.n - 1];
        uint32_t before = work.n;
        for (uint32_t i = n->nargs; i-- > 0 && !number_of(W, n);)
            if (!number_of(W, n->arg[i]))
                vec_push(W->c->a, &work, n->arg[i]);
        if (work.n > before)
            continue;
        if (!number_of(W, n))
            put_node(W, n);
        work.n--;
    }
    text_printf(W->t, "is #%" PRIu64 "\n", number_of(W, e));
}

static void put_place(writer *W, cb_loc l)
{
    if (W->places)
        text_printf(W->t, "at %s:%d\n", l.file ? l.file : "", l.line);
}

/* ---- programs ------------------------------------------------------------------------------------------- */

static void put_func(writer *W, const pipeline *p, const cb_func_s *f)
{
    char name[16];
    uint64_t symbol = symbol_number(W, f->sym);
    text_printf(W->t, "func %" PRIu64 " rank %u align %u %d %d", symbol, f->rank, f->host_align, (int)f->any_stride,
                (int)pipeline_is_output(p, f));
    for (uint32_t v = 0; v < f->nvalues; v++)
        text_printf(W->t, " %s", type_name(f->types[v], name));
    text_put(W->t, "\n");
    for (uint32_t d = 0; d < f->rank; d++)
        for (int what = 0; what < 3; what++) {
            const field_rule *r = pipeline_rule(p, f, d, what);
            if (!r)
                continue;
            text_printf(W->t, "rule %u %d\n", d, what);
            put_expr(W, r->value);
            put_place(W, r->loc);
        }
}

static void put_table(writer *W, const cb_func_s *f)
{
    const cb_buffer *b = f->table;
    const unsigned char *byte = b->host;
    for (int32_t d = 0; d < b->rank; d++)
        text_printf(W->t, "%d %d %" PRId64 " ", b->dim[d].min, b->dim[d].extent, (int64_t)b->dim[d].stride);
    for (uint64_t i = 0; i < cb_buffer_bytes(b); i++)
        text_printf(W->t, "%02x", byte[i]);
    text_put(W->t, "\n");
}

static void put_definition(writer *W, const cb_func_s *f, const definition *d)
{
    text_printf(W->t, "definition %d %s\n", (int)d->kind, d->function ? d->function : "");
    put_place(W, d->loc);
    for (uint32_t i = 0; i < f->rank; i++)
        put_expr(W, d->lhs[i]);
    for (uint32_t i = 0; i < f->nvalues; i++)
        put_expr(W, d->values[i]);
    for (uint32_t i = 0; i < d->ngiven; i++)
        put_expr(W, d->given[i]);
    for (uint32_t i = 0; d->dom && i < d->dom->ndims; i++) {
        put_expr(W, d->dom->dims[i].min);
        put_expr(W, d->dom->dims[i].extent);
    }
    for (uint32_t i = 0; d->dom && i < d->dom->where.n; i++)
        put_expr(W, d->dom->where.at[i]);
}

static void put_param(writer *W, const cb_param_s *q)
{
    uint64_t symbol = symbol_number(W, q->sym);
    text_printf(W->t, "param %" PRIu64 " %d %" PRIx64 " %d %" PRIx64 " %d %" PRIx64 "\n", symbol, q->has_def, (uint64_t)q->def.i,
                q->has_min, (uint64_t)q->min.i, q->has_max, (uint64_t)q->max.i);
}

void program_text(text *t, const pipeline *p, bool places)
{
    writer W = {.c = p->ctx, .t = t, .places = places};
    bool resolved = p->program.n != 0; /* then funcs has those that the schedule makes as well */
    for (uint32_t i = 0; i < p->inputs.n; i++)
        put_func(&W, p, p->inputs.at[i]);
    for (uint32_t i = 0; i < p->tables.n; i++) {
        put_func(&W, p, p->tables.at[i]);
        put_table(&W, p->tables.at[i]);
    }
    for (uint32_t i = 0; i < p->params.n; i++)
        put_param(&W, p->params.at[i]);
    for (uint32_t i = 0; i < (resolved ? p->program.n : p->funcs.n); i++) {
        const cb_func_s *f = resolved ? p->program.at[i] : p->funcs.at[i];
        put_func(&W, p, f);
        for (uint32_t k = 0; k < f->defs.n; k++)
            put_definition(&W, f, f->defs.at[k]);
    }
    for (uint32_t i = 0; i < p->outputs.n; i++)
        text_printf(t, "output %" PRIu64 "\n", symbol_number(&W, p->outputs.at[i]->sym));
    for (uint32_t i = 0; i < p->requirements.n; i++) {
        const requirement *r = p->requirements.at[i];
        put_expr(&W, r->cond);
        for (uint32_t k = 0; k < r->line.n; k++)
            put_expr(&W, r->line.at[k]);
        put_place(&W, r->loc);
    }
}
