/* lower/effects.c: print and require, taken out of the expressions of a stage.
 *
 *     out(x) = print(in(x), "at", x) + 1     =>     print "%d at %d", in(x), x
 *                                                   out(x) = in(x) + 1
 *
 * They are done at every point that the stage computes, before it stores, the operands of each before
 * itself. Called by order.c when inlined Funcs are in place: so an effect of an inlined Func is one of
 * its readers. Regions and loops see them as statements beside the PROVIDE.
 */
#include "lower.h"

#include <string.h>

/* What becomes of an effect that is taken out of an expression. */
typedef struct taking {
    cb_context *c;
    enum { TAKE_DO, TAKE_READ, TAKE_DROP } how;
    const ir *done;        /* TAKE_DO: the statements so far */
    vec(const ir *) read;  /* TAKE_READ: its operands */
    cb_loc loc;
} taking;

static const effect_kind *kind_of(cb_context *c, const ir *n)
{
    return n->op == IR_IMPURE ? ir_symbol_of(c, n->u.ref.sym)->aux : NULL;
}

/* A part of the line: its directive into the format, its slot into args. */
static void add_part(cb_context *c, text *format, const ir *e, const ir **args, uint32_t *n)
{
    if (e->op == IR_STRING) {
        for (const char *s = e->u.s; *s; s++)
            text_printf(format, *s == '%' ? "%%%%" : "%c", *s);
        return;
    }
    if (type_is_float(e->type)) {
        text_put(format, "%f");
        args[(*n)++] = ir_cast(c, T_F64, e);
    } else {
        bool big = type_eq(e->type, T_U64);
        text_put(format, big ? "%u" : "%d");
        args[(*n)++] = big ? ir_reinterpret(c, T_I64, e) : ir_cast(c, T_I64, e);
    }
}

/* The format of a line made of these parts; the slots go to args. */
static const char *make_line(cb_context *c, const ir *const *part, uint32_t n, const ir **args, uint32_t *nargs)
{
    text format;
    text_init(&format, c->a);
    for (uint32_t i = 0; i < n; i++) {
        text_put(&format, i ? " " : "");
        add_part(c, &format, part[i], args, nargs);
    }
    return ctx_string(c, text_str(&format));
}

const ir *low_assert_line(cb_context *c, const ir *cond, int code, const ir *const *part, uint32_t n)
{
    const ir **args = NEW_ARRAY(c->a, const ir *, n + 1);
    uint32_t nargs = 0;
    const char *line = make_line(c, part, n, args, &nargs);
    return ir_assert(c, cond, code, line, args, nargs);
}

static const ir *statement(taking *T, effect_kind kind, const ir *n)
{
    cb_context *c = T->c;
    if (kind == EFFECT_REQUIRE)
        return low_assert_line(c, n->arg[1], CB_ERR_REQUIREMENT, n->arg + 2, n->nargs - 2);
    const ir **args = NEW_ARRAY(c->a, const ir *, n->nargs);
    uint32_t nargs = 0;
    const char *line = make_line(c, n->arg + 2, n->nargs - 2, args, &nargs);
    ir_info info = {.text = line, .loc = T->loc};
    const ir *print = ir_stmt(c, IR_PRINT, &info, args, nargs);
    return ir_is_true(n->arg[1]) ? print : ir_if(c, n->arg[1], print, NULL);
}

/* An effect is its value from now on. */
static const ir *take(ir_mapper *m, const ir *n)
{
    taking *T = m->env;
    n = ir_map(m, n);
    const effect_kind *kind = kind_of(T->c, n);
    if (!kind)
        return n;
    if (T->how == TAKE_DO)
        T->done = ir_block2(T->c, T->done, statement(T, *kind, n));
    for (uint32_t i = 1; i < n->nargs && T->how == TAKE_READ; i++)
        if (n->arg[i]->op != IR_STRING)
            vec_push(T->c->a, &T->read, n->arg[i]);
    return n->arg[0];
}

/* What is not evaluated prints nothing and requires nothing, but what it would have read counts. */
static void leave_out(low_stage *s)
{
    cb_context *c = s->f->L->ctx;
    taking T = {.c = c, .how = TAKE_READ};
    ir_mapper m = {.ctx = c, .fn = take, .env = &T};
    uint32_t guarded = 0;
    for (uint32_t i = 0; i < s->unused.n; i++) {
        const ir *e = ir_apply(&m, s->unused.at[i]);
        vec_push(c->a, &T.read, e);
        if (i < s->nguarded)
            guarded = T.read.n;
    }
    s->nguarded = guarded;
    s->unused.n = 0;
    for (uint32_t i = 0; i < T.read.n; i++)
        vec_push(c->a, &s->unused, T.read.at[i]);
}

/* What an iteration does beside its stores: for one place after the other what depends on places, the rest once: it is one
 * node at all of them. */
static void take_from_values(low_stage *s, const definition *def, taking *T)
{
    cb_context *c = T->c;
    taking dropped = {.c = c, .how = TAKE_DROP};
    ir_mapper m = {.ctx = c, .fn = take, .env = T}, strip = {.ctx = c, .fn = take, .env = &dropped};
    const uint32_t places = def->kind == DEF_UPDATE ? def_places(c, s->f->src, def) : 1; /* inlining may leave none */
    for (uint32_t k = 0; k < places; k++) {
        for (uint32_t i = 0; i < s->f->rank; i++)
            ir_apply(&m, ir_at_place(c, s->lhs[i], k));
        for (uint32_t i = 0; i < s->f->nvalues; i++)
            ir_apply(&m, ir_at_place(c, s->values[i], k));
    }
    for (uint32_t i = 0; i < s->f->rank; i++)
        s->lhs[i] = ir_apply(&strip, s->lhs[i]);
    for (uint32_t i = 0; i < s->f->nvalues; i++)
        s->values[i] = ir_apply(&strip, s->values[i]);
}

void low_take_effects(low_stage *s)
{
    cb_context *c = s->f->L->ctx;
    const definition *def = s->f->src->defs.at[s->index];
    taking T = {.c = c, .loc = def->loc};
    ir_mapper m = {.ctx = c, .fn = take, .env = &T};
    take_from_values(s, def, &T);
    s->effects = T.done;
    T.done = NULL;
    s->where = ir_apply(&m, s->where);
    s->where_effects = T.done;
    T.done = NULL;
    map_clear(&m.memo);
    for (uint32_t i = 0; i < s->nrvars; i++) {
        s->rmin[i] = ir_apply(&m, s->rmin[i]);
        s->rextent[i] = ir_apply(&m, s->rextent[i]);
    }
    s->bound_effects = T.done;
    leave_out(s);
}
