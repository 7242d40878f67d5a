/* driver/cache_key.c: what the code of a pipeline depends on, as text.
 *
 *     carbide 0.1.0 1839274652 LLVM 22.1.8        the compiler, by what it was built from
 *     object blur x86-64-linux-avx2
 *     symbol 7 3 i32 x                            the program: symbols, then expressions, each once and by number
 *     #4 12 i32 0 #2 #3
 *     ...
 *     out  vectorize(x, 32)                       the schedule, procedures expanded
 *
 * Two programs with equal texts give equal code. Different texts may: places in the source are part of the text, because
 * messages of compiled code name them.
 */
#include "cache.h"

#include "../dsl/model.h"
#include "compiler_id.inc"

#include <inttypes.h>

typedef struct writer {
    cb_context *c;
    text *t;
    map number; /* expression -> from 1 on */
    map known;  /* symbols that were written */
} writer;

/* ---- expressions --------------------------------------------------------------------------------------- */

static void put_symbol(writer *W, ir_sym s)
{
    char name[16];
    if (!s || map_get(&W->known, s, NULL))
        return;
    map_put(W->c->a, &W->known, s, 1);
    const ir_symbol *y = ir_symbol_of(W->c, s);
    text_printf(W->t, "symbol %u %d %s %s\n", s, (int)y->kind, type_name(y->type, name), y->name);
}

static void put_payload(writer *W, const ir *n)
{
    switch ((int)n->op) {
    case IR_STRING:
    case IR_POISON: text_printf(W->t, " %s", n->u.s ? n->u.s : ""); break;
    case IR_SHUFFLE:
        for (uint32_t i = 0; i < n->type.lanes; i++)
            text_printf(W->t, " %d", n->u.lanes[i]);
        break;
    case IR_IMPURE:
        text_printf(W->t, " effect %d", (int)*(const effect_kind *)ir_symbol_of(W->c, n->u.ref.sym)->aux);
        break;
    default: text_printf(W->t, " %" PRIx64, n->u.bits);
    }
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
    bool named = n->op == IR_VAR || n->op == IR_LET || n->op == IR_CALL || n->op == IR_LOAD || n->op == IR_FIELD ||
                 n->op == IR_IMPURE || n->op == IR_C_CALL || n->op == IR_QUERY;
    if (named)
        put_symbol(W, n->u.sym); /* of a reference it is the first word */
    map_putp(W->c->a, &W->number, n, (void *)(uintptr_t)(W->number.n + 1));
    text_printf(W->t, "#%u %u %s", W->number.n, (unsigned)n->op, type_name(n->type, name));
    put_payload(W, n);
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

static void put_loc(writer *W, cb_loc l) { text_printf(W->t, "at %s:%d\n", l.file ? l.file : "", l.line); }

/* ---- programs ------------------------------------------------------------------------------------------- */

static void put_func(writer *W, const pipeline *p, const cb_func_s *f)
{
    char name[16];
    put_symbol(W, f->sym);
    text_printf(W->t, "func %u rank %u align %u %d %d", f->sym, f->rank, f->host_align, (int)f->any_stride,
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
            put_loc(W, r->loc);
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
    put_loc(W, d->loc);
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
    put_symbol(W, q->sym);
    text_printf(W->t, "param %u %d %" PRIx64 " %d %" PRIx64 " %d %" PRIx64 "\n", q->sym, q->has_def, (uint64_t)q->def.i,
                q->has_min, (uint64_t)q->min.i, q->has_max, (uint64_t)q->max.i);
}

static void put_program(writer *W, const pipeline *p)
{
    for (uint32_t i = 0; i < p->inputs.n; i++)
        put_func(W, p, p->inputs.at[i]);
    for (uint32_t i = 0; i < p->tables.n; i++) {
        put_func(W, p, p->tables.at[i]);
        put_table(W, p->tables.at[i]);
    }
    for (uint32_t i = 0; i < p->params.n; i++)
        put_param(W, p->params.at[i]);
    for (uint32_t i = 0; i < p->program.n; i++) {
        const cb_func_s *f = p->program.at[i];
        put_func(W, p, f);
        for (uint32_t k = 0; k < f->defs.n; k++)
            put_definition(W, f, f->defs.at[k]);
    }
    for (uint32_t i = 0; i < p->outputs.n; i++)
        text_printf(W->t, "output %u\n", p->outputs.at[i]->sym);
    for (uint32_t i = 0; i < p->requirements.n; i++) {
        const requirement *r = p->requirements.at[i];
        put_expr(W, r->cond);
        for (uint32_t k = 0; k < r->line.n; k++)
            put_expr(W, r->line.at[k]);
        put_loc(W, r->loc);
    }
}

const char *cache_key(pipeline *p, const cg_target *t, const char *what)
{
    text key;
    text_init(&key, p->ctx->a);
    text_put(&key, "carbide " CB_VERSION " " COMPILER_ID " ");
    cg_version(&key);
    text_printf(&key, "\n%s %s %s %x %d\n", what, p->name, t->text, (unsigned)t->features, p->ctx->planted);
    writer W = {.c = p->ctx, .t = &key};
    put_program(&W, p);
    for (uint32_t i = 0; p->sched && i < p->sched->knobs.n; i++)
        text_printf(&key, "knob %s %" PRId64 "\n", p->sched->knobs.at[i]->name, p->sched->knobs.at[i]->value);
    if (p->flat)
        schedule_print(&key, p->flat);
    return text_str(&key);
}
