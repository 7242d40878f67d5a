/* ir/eval.c: the value of a closed scalar expression, given the values of its symbols.
 *
 *     ir_eval(c, "let t = x + 1 in t*t", {x: 3})  gives 16
 *
 * Each shared node is evaluated once. */
#include "ir.h"

typedef struct evaluator {
    cb_context *ctx;
    bool (*lookup)(void *env, ir_sym s, ir_value *out);
    void *env;
    bool *overflow;
    map memo; /* node -> bits of its ir_value */
    map lets; /* symbol -> bits of its ir_value */
} evaluator;

static uint64_t as_word(ir_value v) { return (union { ir_value v; uint64_t u; }){v}.u; }
static ir_value as_value(uint64_t u) { return (union { uint64_t u; ir_value v; }){u}.v; }

static bool eval(evaluator *E, const ir *n, ir_value *out);

static bool eval_new(evaluator *E, const ir *n, ir_value *out)
{
    if (n->op == IR_INT || n->op == IR_FLOAT) {
        *out = value_of(n);
        return true;
    }
    if (n->op == IR_VAR) {
        uint64_t w;
        if (map_get(&E->lets, n->u.sym, &w)) {
            *out = as_value(w);
            return true;
        }
        return E->lookup && E->lookup(E->env, n->u.sym, out);
    }
    if (n->op == IR_LET) {
        ir_value v;
        if (!eval(E, n->arg[0], &v))
            return false;
        map_put(E->ctx->a, &E->lets, n->u.sym, as_word(v));
        return eval(E, n->arg[1], out);
    }
    if (n->nargs == 0 || n->nargs > 3 || n->type.lanes != 1)
        return false;
    ir_value arg[3];
    cb_type type[3];
    for (uint32_t i = 0; i < n->nargs; i++) {
        if (n->arg[i]->type.lanes != 1 || !eval(E, n->arg[i], &arg[i]))
            return false;
        type[i] = n->arg[i]->type;
    }
    return value_eval((ir_op)n->op, n->type, type, arg, out, E->overflow);
}

/* Recursion is as deep as the expression, which the constructors limit. */
static bool eval(evaluator *E, const ir *n, ir_value *out)
{
    uint64_t w;
    if (n->nargs && map_get(&E->memo, (uint64_t)(uintptr_t)n, &w)) {
        *out = as_value(w);
        return true;
    }
    if (!eval_new(E, n, out))
        return false;
    if (n->nargs)
        map_put(E->ctx->a, &E->memo, (uint64_t)(uintptr_t)n, as_word(*out));
    return true;
}

bool ir_eval(cb_context *c, const ir *n, bool (*lookup)(void *env, ir_sym s, ir_value *out),
             void *env, ir_value *out, bool *overflow)
{
    bool ignored = false;
    evaluator E = {.ctx = c, .lookup = lookup, .env = env};
    E.overflow = overflow ? overflow : &ignored;
    return eval(&E, n, out);
}
