/* lower/cse.c: repeated scalar arithmetic is named once, outside the loops it does not depend on.
 *
 *     for y ...                              for y ...
 *       for x ...                              let t = (y - a)*s
 *         store g[(y - a)*s + x] = ...         for x ...
 *         store h[(y - a)*s + x] = ...           store g[t + x] = ...
 *                                                store h[t + x] = ...
 *
 * The place of an expression is the body of the innermost loop or let that binds one of its
 * symbols. It is named there when it is used twice, or when a loop stands between that place and a
 * use. Loads, calls and fields of buffers stay in their statement, and so does division by what is
 * not a constant, which must not run where it did not run before; vectors stay because a register
 * held across a loop costs more than remaking it. What is only a variable give or take a constant is not
 * worth a name. Sharing within one statement needs no names: expressions are interned.
 *
 * First every symbol is made to be bound once in the whole body, so that a place is a fact about
 * the expression and both walks can remember it. Time is linear in the size of the statements.
 */
#include "lower.h"

#include <stdlib.h>

/* Where names can be bound: the body of a loop or let, or the whole body. */
typedef struct scope {
    int depth, loops;      /* nesting; loops around it */
    vec(const ir *) named; /* in order of discovery */
} scope;

/* What is known of an expression. */
typedef struct fact {
    scope *place;   /* NULL: it must stay in its statement */
    bool worth;     /* of a name: more than a variable and a constant */
    bool hoisted;   /* a loop stands between place and a use */
    uint32_t uses;  /* by different parents or statements */
    uint32_t stamp; /* statement that last looked at its operands */
    ir_sym name;
} fact;

typedef struct namer {
    cb_context *c;
    map facts;  /* expression -> fact */
    map scopes; /* symbol -> scope it is bound by, NULL for a let inside an expression */
    map opened; /* statement -> scope of its body */
    scope *top, *here;
    uint32_t stamp;
    int depth;
} namer;

/* ---- one binding for each symbol ------------------------------------------------------------- */

static const ir *unique_node(ir_mapper *m, const ir *n)
{
    map *seen = m->env;
    uint64_t v;
    if (!ir_is_stmt(n))
        return n;
    if (n->op == IR_FOR || n->op == IR_LET_STMT || n->op == IR_ALLOCATE) {
        if (map_get(seen, n->u.info->sym, &v))
            n = ir_fresh_copy(m->ctx, n);
        map_put(m->ctx->a, seen, n->u.info->sym, 1);
    }
    return ir_map(m, n);
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool divides(const ir *n)
{
    int64_t k;
    switch ((int)n->op) {
    case IR_DIV:
    case IR_MOD:
    case IR_DIV_TZ:
    case IR_MOD_TZ: return type_is_integer(n->type) && !ir_as_int(n->arg[1], &k);
    default: return false;
    }
}

static bool is_leaf(const ir *n) { return ir_ops[n->op].cls == IRC_LEAF; }

/* x, x + 1, cast(x): cheaper to make again than to keep. */
static bool trivial(const ir *n)
{
    if (is_leaf(n))
        return true;
    if (n->op == IR_CAST || n->op == IR_BROADCAST || n->op == IR_LIKELY || n->op == IR_NOT)
        return trivial(n->arg[0]);
    if (n->op == IR_ADD || n->op == IR_SUB)
        return (n->arg[1]->op == IR_INT && trivial(n->arg[0])) ||
               (n->arg[0]->op == IR_INT && trivial(n->arg[1]));
    return false;
}

static bool is_output(cb_context *c, ir_sym buffer)
{
    const low_func *f = ir_symbol_of(c, buffer)->aux;
    return f->is_output;
}

static fact *fact_of(namer *w, const ir *n);

static scope *place_of(namer *w, const ir *n)
{
    uint64_t v;
    switch ((int)n->op) {
    case IR_CALL:
    case IR_FIELD:
    case IR_IMPURE:
    case IR_C_CALL: /* happens where it is guarded */
    case IR_QUERY: /* asked where the nest asks, not before what guards it */
    case IR_LET:
    case IR_POISON: return NULL;
    case IR_LOAD:
        if (!PLANTED(w->c, CSE_LOADS) || !is_output(w->c, n->u.ref.sym)) return NULL;
        break;
    case IR_VAR: return map_get(&w->scopes, n->u.sym, &v) ? (scope *)(uintptr_t)v : w->top;
    default: break;
    }
    if (divides(n))
        return NULL;
    scope *place = w->top;
    for (uint32_t i = 0; i < n->nargs; i++) {
        scope *p = fact_of(w, n->arg[i])->place;
        if (!p)
            return NULL;
        if (p->depth > place->depth)
            place = p;
    }
    return place;
}

static fact *fact_of(namer *w, const ir *n)
{
    fact *f = map_getp(&w->facts, n);
    if (f)
        return f;
    if (n->op == IR_LET)
        map_putp(w->c->a, &w->scopes, (const void *)(uintptr_t)n->u.sym, NULL);
    if (++w->depth > w->c->depth_limit)
        diag_bug(&w->c->diags, "cse", "too deep");
    f = NEW(w->c->a, fact);
    f->place = place_of(w, n);
    f->worth = f->place && n->type.lanes == 1 && !trivial(n);
    w->depth--;
    map_putp(w->c->a, &w->facts, n, f);
    return f;
}

/* A use of n below `loops` loops. What gets a name looks at its operands once; the rest is
 * evaluated in every statement that needs it. */
static void use(namer *w, const ir *n, int loops)
{
    if (is_leaf(n))
        return;
    fact *f = fact_of(w, n);
    f->uses++;
    if (f->worth) {
        if (loops > f->place->loops)
            f->hoisted = true;
        if (f->uses == 2 || (f->hoisted && !f->name)) {
            if (!f->name)
                vec_push(w->c->a, &f->place->named, n);
            f->name = 1; /* a symbol once all are found */
        }
        if (f->uses > 1)
            return;
        if (f->hoisted)
            loops = f->place->loops;
    } else {
        if (f->stamp == w->stamp)
            return;
        f->stamp = w->stamp;
    }
    if (++w->depth > w->c->depth_limit)
        diag_bug(&w->c->diags, "cse", "too deep");
    for (uint32_t i = 0; i < n->nargs; i++)
        use(w, n->arg[i], loops);
    w->depth--;
}

static void find(namer *w, const ir *n)
{
    if (!n)
        return;
    if (++w->depth > w->c->depth_limit)
        diag_bug(&w->c->diags, "cse", "too deep");
    scope *outer = w->here;
    w->stamp++;
    for (uint32_t i = 0; i < n->nargs; i++)
        if (!ir_is_stmt(n->arg[i]))
            use(w, n->arg[i], outer->loops);
    if (n->op == IR_FOR || n->op == IR_LET_STMT) {
        scope *s = NEW(w->c->a, scope);
        s->depth = outer->depth + 1;
        s->loops = outer->loops + (n->op == IR_FOR);
        map_putp(w->c->a, &w->scopes, (const void *)(uintptr_t)n->u.info->sym, s);
        map_putp(w->c->a, &w->opened, n, s);
        w->here = s;
    }
    for (uint32_t i = 0; i < n->nargs; i++)
        if (ir_is_stmt(n->arg[i]))
            find(w, n->arg[i]);
    w->here = outer;
    w->depth--;
}

/* ---- naming ---------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    const ir *x = *(const ir *const *)a, *y = *(const ir *const *)b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Operands are older than what is made of them, so the order of age is an order of binding. */
static void give_names(namer *w, scope *s)
{
    if (s->named.n)
        qsort(s->named.at, s->named.n, sizeof *s->named.at, by_id);
    for (uint32_t i = 0; i < s->named.n; i++) {
        const ir *n = s->named.at[i];
        fact_of(w, n)->name = ir_sym_new(w->c, ctx_string(w->c, "t"), SYM_LET, n->type, NULL);
    }
}

static const ir *bind_names(ir_mapper *m, const scope *s, const ir *body)
{
    namer *w = m->env;
    for (uint32_t i = s->named.n; i-- > 0;) {
        const ir *n = s->named.at[i];
        body = ir_let_stmt(w->c, fact_of(w, n)->name, ir_map(m, n), body);
    }
    return body;
}

static const ir *name_node(ir_mapper *m, const ir *n)
{
    namer *w = m->env;
    if (!ir_is_stmt(n)) {
        const fact *f = map_getp(&w->facts, n);
        return f && f->name ? ir_var(w->c, f->name) : ir_map(m, n);
    }
    scope *s = map_getp(&w->opened, n);
    if (!s)
        return ir_map(m, n);
    give_names(w, s);
    const ir *made = ir_map(m, n);
    if (!s->named.n)
        return made;
    uint32_t last = made->nargs - 1;
    const ir *arg[3] = {made->arg[0], made->arg[1], made->arg[last]};
    arg[last] = bind_names(m, s, made->arg[last]);
    return ir_with_args(w->c, made, arg);
}

void low_cse(low *L)
{
    cb_context *c = L->ctx;
    map seen = {0};
    ir_mapper unique = {.ctx = c, .fn = unique_node, .env = &seen};
    const ir *body = ir_apply(&unique, L->body);

    namer w = {.c = c};
    w.top = w.here = NEW(c->a, scope);
    find(&w, body);
    give_names(&w, w.top);
    ir_mapper m = {.ctx = c, .fn = name_node, .env = &w};
    L->body = bind_names(&m, w.top, ir_apply(&m, body));
}
