/* lower/parallel.c: bodies of parallel loops become functions of their own.
 *
 *     parallel for y in [a, n]               par_call 0 (a, a + n; w, out)
 *       store out[y] = y + w                 function 0 (y; w, out): store out[y] = y + w
 *
 * The values and buffers a body uses from outside travel in a closure, in order of first use. Inner
 * loops go first, so that what an inner function needs is among what the outer one captures.
 */
#include "lower.h"

typedef struct capture {
    cb_context *c;
    map bound; /* symbols bound inside */
    map used;  /* symbols of values and buffers, in order of first use */
} capture;

static bool note(void *env, const ir *n)
{
    capture *w = env;
    arena *a = w->c->a;
    switch ((int)n->op) {
    case IR_LET: map_put(a, &w->bound, n->u.sym, 1); break;
    case IR_FOR:
    case IR_LET_STMT:
    case IR_ALLOCATE: map_put(a, &w->bound, n->u.info->sym, 1); break;
    case IR_VAR: map_put(a, &w->used, n->u.sym, 1); break;
    case IR_LOAD:
    case IR_FIELD: map_put(a, &w->used, n->u.ref.sym, 1); break;
    case IR_ATOMIC: /* of a lock */
        if (n->nargs == 2) map_put(a, &w->used, n->u.info->sym, 1);
        break;
    case IR_STORE:
    case IR_PREFETCH:
    case IR_SET_DIM: map_put(a, &w->used, n->u.info->sym, 1); break;
    default: break;
    }
    return true;
}

/* The operand that passes symbol s: a value, or the address of a buffer. */
static const ir *passed(cb_context *c, ir_sym s)
{
    return ir_symbol_of(c, s)->kind == SYM_BUFFER ? ir_var_typed(c, s, T_HANDLE) : ir_var(c, s);
}

static const ir *outline(low *L, const ir *n)
{
    cb_context *c = L->ctx;
    low_function *f = NEW(c->a, low_function);
    f->name = ctx_string(c, arena_printf(c->a, "%s.parallel.%u", L->pipe->name, L->functions.n));
    f->index = for_sym(n);
    f->body = for_body(n);

    capture w = {.c = c};
    map_put(c->a, &w.bound, f->index, 1);
    ir_visit(c, f->body, note, &w);
    const ir *begin = ir_cast(c, T_I64, for_min(n));
    const ir *end = ir_add(c, begin, ir_cast(c, T_I64, for_extent(n)));
    if (PLANTED(c, PARALLEL_LAST)) end = ir_addi(c, end, -1);
    vec(const ir *) args = {0};
    vec_push(c->a, &args, begin);
    vec_push(c->a, &args, end);
    for (uint32_t i = 0; i < w.used.n; i++) {
        ir_sym s = (ir_sym)w.used.entry[i].key;
        if (map_get(&w.bound, s, NULL))
            continue;
        vec_push(c->a, &f->captured, s);
        vec_push(c->a, &args, passed(c, s));
    }
    ir_info info = {.index = L->functions.n, .loc = n->u.info->loc};
    vec_push(c->a, &L->functions, f);
    return ir_stmt(c, IR_PAR_CALL, &info, args.at, args.n);
}

static const ir *parallel_node(ir_mapper *m, const ir *n)
{
    if (!ir_is_stmt(n))
        return n;
    n = ir_map(m, n);
    return n->op == IR_FOR && n->u.info->kind == LOOP_PARALLEL ? outline(m->env, n) : n;
}

void low_parallel(low *L)
{
    ir_mapper m = {.ctx = L->ctx, .fn = parallel_node, .env = L};
    L->body = ir_apply(&m, L->body);
}
