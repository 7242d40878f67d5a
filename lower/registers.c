/* lower/registers.c: pass `registers`: storage in registers is used at constant coordinates.
 *
 *     allocate f: i32[4] in register              every index below is a number, or a ramp of
 *       store f[0] = ...  store f[ramp(0, 1, 4)]  numbers: LLVM makes values of f, no memory is left
 *       store f[x + 1] = ...                      refused: x would have to be unrolled
 *       let y = yo*4 { store f[y - yo*4] = ... }  becomes store f[0]
 *
 * Loops are unrolled and vectorized by now, so what is not a constant here depends on a loop that is
 * left or on data.
 */
#include "lower.h"

#include <string.h>

typedef struct finder {
    low *L;
    map registers; /* buffer -> ALLOCATE */
    map refused;
    map lets; /* of integers -> their values, lets in them expanded */
} finder;

static bool find_allocations(void *env, const ir *n)
{
    finder *w = env;
    if (n->op == IR_ALLOCATE && n->u.info->memory == MEM_REGISTER)
        map_putp(w->L->ctx->a, &w->registers, (const void *)(uintptr_t)n->u.info->sym, n);
    return ir_is_stmt(n);
}

static bool is_constant(const ir *e)
{
    int64_t k;
    if (e->op == IR_RAMP || e->op == IR_BROADCAST)
        return is_constant(e->arg[0]) && (e->nargs < 2 || is_constant(e->arg[1]));
    return ir_as_int(e, &k);
}

/* The first symbol that an index depends on. */
static const char *culprit(finder *w, const ir *index)
{
    map vars = {0};
    ir_free_vars(w->L->ctx, index, &vars);
    return vars.n ? ir_sym_name(w->L->ctx, (ir_sym)vars.entry[0].key) : "data";
}

static void refuse(finder *w, ir_sym buffer, const ir *index)
{
    cb_context *c = w->L->ctx;
    const low_func *f = ir_symbol_of(c, buffer)->aux;
    const char *name = ir_sym_name(c, buffer);
    if (map_getp(&w->refused, name))
        return;
    map_putp(c->a, &w->refused, name, name);
    const directive *from = f ? f->plan->memory_from : NULL;
    if (!from)
        diag_bug(&c->diags, "registers", "'%s' is in registers, and nobody asked for it", name);
    diag *g = low_refuse(w->L, DIAG_NOT_IN_REGISTERS, from, "'%s' is used at an element that is not a constant: it depends on "
                         "'%s'", name, culprit(w, index));
    const char *element = ir_text(c, index);
    if (f)
        low_note_accesses(w->L, g, f, strlen(element) > 60 ? "in one register or another"
                                                           : arena_printf(c->a, "in element %s", element));
    diag_help(&c->diags, g, "unroll or vectorize the loops of '%s' and those that read it, inside the "
              "loop it is stored at; or use store_in(stack)", name);
    low_moves(w->L, g, from, 0);
    diag_end(&c->diags, g);
}

/* The index with all lets expanded: a constant, or a ramp of constants; else a report. */
static const ir *settle(finder *w, ir_sym buffer, const ir *index)
{
    cb_context *c = w->L->ctx;
    const ir *e = simplify(c, ir_inline_lets(c, ir_substitute(c, index, &w->lets)), NULL);
    if (!is_constant(e))
        refuse(w, buffer, e);
    return e;
}

static const ir *visit(ir_mapper *m, const ir *n)
{
    finder *w = m->env;
    cb_context *c = m->ctx;
    if (n->op == IR_LET_STMT) {
        const ir *value = ir_apply(m, n->arg[0]);
        if (type_is_integer(value->type))
            map_putp(c->a, &w->lets, (const void *)(uintptr_t)n->u.info->sym,
                     ir_substitute(c, value, &w->lets));
        map_clear(&m->memo);
        return ir_with_args(c, n, (const ir *[]){value, ir_apply(m, n->arg[1])});
    }
    n = ir_map(m, n);
    if (n->op != IR_LOAD && n->op != IR_STORE)
        return n;
    ir_sym s = n->op == IR_LOAD ? n->u.ref.sym : n->u.info->sym;
    if (!map_getp(&w->registers, (const void *)(uintptr_t)s))
        return n;
    const ir **arg = arena_copy(c->a, n->arg, n->nargs * sizeof *arg);
    arg[0] = settle(w, s, n->arg[0]);
    return ir_with_args(c, n, arg);
}

void low_registers(low *L)
{
    finder w = {.L = L};
    if (!L->body)
        return;
    ir_visit(L->ctx, L->body, find_allocations, &w);
    ir_mapper m = {.ctx = L->ctx, .fn = visit, .env = &w};
    L->body = ir_apply(&m, L->body);
}
