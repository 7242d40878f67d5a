/* lower/simplify_stmt.c: simplifies statements, gathering facts on the way down.
 *
 *     for x in [0, 8):                       for x in [0, 8):
 *         let y = x + 1                          out(x + 1) = 3
 *         if (y <= 8) out(y) = min(x, 9) - x + 3
 *
 * A loop tells the range of its variable, a condition or an assertion that passed tells itself, a
 * let tells its value. Each scope has facts of its own, so an expression is simplified under all
 * that holds where it stands. What can never run, and what has no effect, goes.
 */
#include "simp.h"

typedef struct stmts {
    cb_context *c;
    map used; /* symbols that occur in simplified expressions */
    map seen; /* expressions whose symbols have been noted */
} stmts;

static const ir *stmt(stmts *W, const ir *s, const facts *F);

/* ---- which symbols are used ------------------------------------------------------------------ */

static void note_uses(stmts *W, const ir *e)
{
    vec(const ir *) work = {0};
    if (e->nargs == 0) {
        if (e->op == IR_VAR) map_put(W->c->a, &W->used, e->u.sym, 1);
        return;
    }
    if (map_getp(&W->seen, e)) return;
    vec_push(W->c->a, &work, e);
    while (work.n) {
        e = vec_pop(&work);
        if (e->nargs) {
            if (map_getp(&W->seen, e)) continue;
            map_putp(W->c->a, &W->seen, e, e);
        } else if (e->op == IR_VAR) {
            map_put(W->c->a, &W->used, e->u.sym, 1);
        }
        for (uint32_t i = 0; i < e->nargs; i++) vec_push(W->c->a, &work, e->arg[i]);
    }
}

/* An expression that stays in the result. */
static const ir *expr(stmts *W, const ir *e, const facts *F)
{
    const ir *r = simp(F, e);
    note_uses(W, r);
    return r;
}

/* ---- statements ------------------------------------------------------------------------------ */

static const ir *let_stmt(stmts *W, const ir *s, const facts *F)
{
    cb_context *c = W->c;
    ir_sym sym = s->u.info->sym;
    const ir *args[2] = {simp(F, s->arg[0]), NULL};
    facts *inner = facts_new(c, F);
    bool replace = simp_is_cheap(args[0]);
    facts_let(inner, sym, args[0], replace);
    args[1] = stmt(W, s->arg[1], inner);
    if (!args[1] && !ir_has_effect(c, args[0])) return NULL;
    if (args[1] && !map_get(&W->used, sym, NULL) && !ir_has_effect(c, args[0])) return args[1];
    note_uses(W, args[0]);
    if (!args[1]) return ir_stmt(c, IR_EVALUATE, s->u.info, args, 1);
    return ir_with_args(c, s, args);
}

/* A loop that runs once. */
static const ir *run_once(stmts *W, const ir *s, const ir *min, const facts *F)
{
    const ir *let = ir_let_stmt(W->c, for_sym(s), min, for_body(s));
    return let_stmt(W, let, F);
}

static const ir *for_stmt(stmts *W, const ir *s, const facts *F)
{
    cb_context *c = W->c;
    const ir *args[3] = {simp(F, for_min(s)), simp(F, for_extent(s)), NULL};
    const ir *extent = args[1];
    const_range r = simp_range(F, extent);
    bool on_host = s->u.info->device == DEVICE_NONE || s->u.info->device == DEVICE_HOST;
    if (r.has_hi && r.hi <= 0) return NULL;
    if (ir_is_int(extent, 1) && on_host) return run_once(W, s, args[0], F);
    const ir *last =
        simp_bin(F, IR_ADD, args[0], simp_bin(F, IR_SUB, extent, ir_int(c, extent->type, 1)));
    facts *inner = facts_new(c, F);
    facts_range(inner, for_sym(s), args[0], last);
    args[2] = stmt(W, for_body(s), inner);
    if (!args[2]) return NULL;
    note_uses(W, args[0]);
    note_uses(W, extent);
    return ir_with_args(c, s, args);
}

static const ir *branch(stmts *W, const ir *s, const ir *cond, const facts *F)
{
    facts *inner = facts_new(W->c, F);
    facts_assume(inner, cond);
    return stmt(W, s, inner);
}

static const ir *if_stmt(stmts *W, const ir *s, const facts *F)
{
    cb_context *c = W->c;
    const ir *cond = simp(F, s->arg[0]), *no = NULL;
    if (ir_is_true(cond)) return stmt(W, s->arg[1], F);
    if (s->u.info && s->u.info->index == IR_IF_LOADS) { /* what is inside runs where it is false, too */
        const ir *inside = stmt(W, s->arg[1], F);
        note_uses(W, cond);
        return inside ? ir_with_args(c, s, (const ir *[]){cond, inside}) : NULL;
    }
    if (ir_is_false(cond)) return s->nargs > 2 ? stmt(W, s->arg[2], F) : NULL;
    const ir *yes = branch(W, s->arg[1], cond, F);
    const ir *not_cond = simp_un(F, IR_NOT, without_likely(cond));
    if (s->nargs > 2) no = branch(W, s->arg[2], not_cond, F);
    if (!yes && !no && !ir_has_effect(c, cond)) return NULL;
    if (!yes && !no) {
        note_uses(W, cond);
        return ir_stmt(c, IR_EVALUATE, s->u.info, &cond, 1);
    }
    if (!yes) {
        yes = no;
        no = NULL;
        cond = not_cond;
    }
    note_uses(W, cond);
    const ir *args[3] = {cond, yes, no};
    uint32_t n = no ? 3 : 2;
    return n == s->nargs ? ir_with_args(c, s, args) : ir_stmt(c, IR_IF, s->u.info, args, n);
}

/* Statements one after another; what an assertion checked holds after it. */
static const ir *block(stmts *W, const ir *s, const facts *F)
{
    cb_context *c = W->c;
    const ir **args = NEW_ARRAY(c->a, const ir *, s->nargs ? s->nargs : 1);
    facts *inner = NULL;
    uint32_t n = 0;
    bool same = true;
    for (uint32_t i = 0; i < s->nargs; i++) {
        const ir *r = stmt(W, s->arg[i], inner ? inner : F);
        same = same && r == s->arg[i];
        if (!r) continue;
        args[n++] = r;
        if (r->op != IR_ASSERT) continue;
        if (!inner) inner = facts_new(c, F);
        facts_assume(inner, r->arg[0]);
    }
    return same ? s : ir_block(c, args, n);
}

/* A statement around a body: without the body it has no purpose. */
static const ir *with_body(stmts *W, const ir *s, const facts *F)
{
    cb_context *c = W->c;
    const ir **args = NEW_ARRAY(c->a, const ir *, s->nargs);
    uint32_t last = s->nargs - 1;
    args[last] = stmt(W, s->arg[last], F);
    if (!args[last]) return NULL;
    for (uint32_t i = 0; i < last; i++) args[i] = expr(W, s->arg[i], F);
    return ir_with_args(c, s, args);
}

static const ir *plain(stmts *W, const ir *s, const facts *F)
{
    cb_context *c = W->c;
    const ir **args = NEW_ARRAY(c->a, const ir *, s->nargs ? s->nargs : 1);
    for (uint32_t i = 0; i < s->nargs; i++) args[i] = expr(W, s->arg[i], F);
    return ir_with_args(c, s, args);
}

static const ir *fork_stmt(stmts *W, const ir *s, const facts *F)
{
    cb_context *c = W->c;
    const ir **args = NEW_ARRAY(c->a, const ir *, s->nargs ? s->nargs : 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->nargs; i++) {
        const ir *r = stmt(W, s->arg[i], F);
        if (r) args[n++] = r;
    }
    if (n <= 1) return n ? args[0] : NULL;
    return n == s->nargs ? ir_with_args(c, s, args) : ir_stmt(c, IR_FORK, s->u.info, args, n);
}

static bool never(const facts *F, const ir *pred)
{
    return ir_is_false(simp(F, pred));
}

static const ir *stmt(stmts *W, const ir *s, const facts *F)
{
    if (!s) return NULL;
    switch ((int)s->op) {
    case IR_LET_STMT: return let_stmt(W, s, F);
    case IR_FOR: return for_stmt(W, s, F);
    case IR_IF: return if_stmt(W, s, F);
    case IR_BLOCK: return block(W, s, F);
    case IR_FORK: return fork_stmt(W, s, F);
    case IR_PRODUCE:
    case IR_CONSUME:
    case IR_REALIZE:
    case IR_ALLOCATE:
    case IR_ATOMIC:
    case IR_ACQUIRE: return with_body(W, s, F);
    case IR_PROVIDE: return never(F, provide_pred(s)) ? NULL : plain(W, s, F);
    case IR_STORE: return never(F, s->arg[2]) ? NULL : plain(W, s, F);
    case IR_ASSERT: return ir_is_true(simp(F, s->arg[0])) ? NULL : plain(W, s, F);
    case IR_EVALUATE: return ir_has_effect(W->c, s->arg[0]) ? plain(W, s, F) : NULL;
    case IR_FREE: case IR_PAR_CALL: case IR_SET_DIM: case IR_PREFETCH: case IR_PRINT: return plain(W, s, F);
    case IR_EXTERN_STAGE: case IR_EXTERN_CALL: return plain(W, s, F);
    default: diag_bug(&W->c->diags, "simplify_stmt", "%s is not a statement", ir_ops[s->op].id);
    }
}

const ir *simplify_stmt(cb_context *c, const ir *s, const facts *f)
{
    stmts W = {.c = c};
    return stmt(&W, s, simp_facts(c, f));
}

void low_simplify_body(low *L)
{
    const ir *s = simplify_stmt(L->ctx, L->body, NULL);
    ir_info none = {0};
    L->body = s ? s : ir_stmt(L->ctx, IR_BLOCK, &none, NULL, 0);
}
