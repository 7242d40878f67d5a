/* dsl/effect.c: print, print_when and require: values that do something besides.
 *
 *     out(x) = print(in(x), "at", x) + 1              a line "7 at 3" for each point that is evaluated
 *     out(x) = require(y != 0, in(x)/y, "y is", y)    the pipeline ends with CB_ERR_REQUIREMENT
 *
 * The value is an IMPURE of a symbol whose aux says which effect it is; operands: the value, the
 * condition, then what the line is made of: STRINGs and values. Lowering takes them out of the
 * expressions of a stage and does them before the stage stores (lower/effects.c).
 */
#include "front.h"

const effect_kind effect_print = EFFECT_PRINT, effect_require = EFFECT_REQUIRE;

static ir_sym symbol_of(cb_context *c, effect_kind kind)
{
    ir_sym *s = &front_of(c)->effect[kind];
    if (!*s) {
        bool p = kind == EFFECT_PRINT;
        *s = ir_sym_new(c, p ? "print" : "require", SYM_EXTERN, T_VOID,
                        (void *)(uintptr_t)(p ? &effect_print : &effect_require));
    }
    return *s;
}

/* "blur.c:12: the requirement x > 0 does not hold" */
static const char *complaint(cb_context *c, cb_loc loc, const ir *cond, bool more)
{
    return arena_printf(c->a, "%s: the requirement %s does not hold%s", loc_in_code(c, loc), ir_text(c, cond),
                        more ? ":" : "");
}

expr *expr_effect(cb_context *c, cb_effect_kind kind, uint32_t n, const effect_part *part,
                  cb_loc loc)
{
    static const char *const words[] = {"print", "print_when", "require"};
    const char *word = words[kind];
    uint32_t first = kind == CB_PRINT_ALWAYS ? 0 : 1, nargs = 2;
    const ir *args[2 + 1 + 16], *cond = ir_bool(c, true);
    if (n <= first)
        return expr_fault(c, DIAG_OPERAND_COUNT, "print(value, ...), print_when(condition, value, ...), "
                          "require(condition, value, ...)", "'%s' has no value", word);
    for (uint32_t i = 0; i < n; i++) {
        if (part[i].e && (part[i].e->fault || part[i].e->nvalues > 1))
            return part[i].e->fault ? part[i].e : expr_several(c, part[i].e);
        if (!part[i].e && i <= first)
            return expr_fault(c, DIAG_TYPE_MISFIT, "print(value, ...) is the value; texts come after it",
                              "'%s' has a text where its %s stands", word,
                              i < first ? "condition" : "value");
        if (part[i].e && part[i].e->node->type.code == CB_HANDLE)
            return expr_fault(c, DIAG_TYPE_MISFIT, "print numbers and texts",
                              "'%s' is given a handle", word);
    }
    if (first) {
        cond = part[0].e->node;
        if (!type_is_bool(cond->type))
            return expr_fault(c, DIAG_TYPE_MISFIT, "write a comparison, for example x != 0",
                              "the condition of '%s' is not bool", word);
    }
    args[0] = part[first].e->node;
    args[1] = cond;
    if (kind == CB_REQUIRE)
        args[nargs++] = ir_string(c, complaint(c, loc, cond, n > 2));
    for (uint32_t i = kind == CB_REQUIRE ? 2 : first; i < n; i++)
        args[nargs++] = part[i].e ? part[i].e->node : ir_string(c, part[i].text);
    scope *s = scope_need(c, loc);
    if (!s) {
        expr *e = expr_fault(c, DIAG_NO_SCOPE, NULL, "'%s' outside of a scope", word);
        e->fault->reported = true;
        return e;
    }
    union {
        ir_ref ref;
        uint64_t bits;
    } payload = {.ref = {symbol_of(c, kind == CB_REQUIRE ? EFFECT_REQUIRE : EFFECT_PRINT),
                         ++s->root->effects}};
    return expr_new(c, ir_node(c, IR_IMPURE, args[0]->type, payload.bits, args, nargs));
}

static bool find_effect(void *env, const ir *n)
{
    const char **what = env;
    if (n->op == IR_IMPURE)
        *what = "something is printed or required";
    else if (ir_is_impure_call(n))
        *what = "an impure C function is called";
    return !*what;
}

const char *effect_in(cb_context *c, const ir *e)
{
    const char *what = NULL;
    ir_visit(c, e, find_effect, &what);
    return what;
}

/* ---- entry ----------------------------------------------------------------------------------- */

typedef struct request {
    cb_context *c;
    cb_effect_kind kind;
    int n;
    const cb_part *part;
    cb_site at;
    expr *out;
} request;

static void make(void *env)
{
    request *q = env;
    effect_part part[17];
    for (int i = 0; i < q->n && i < 17; i++) {
        bool is_text = q->part[i].text != NULL;
        part[i] = (effect_part){is_text ? NULL : expr_in(q->c, q->part[i].value),
                                is_text ? ctx_string(q->c, q->part[i].text) : NULL};
    }
    q->out = expr_effect(q->c, q->kind, q->n < 0 ? 0 : q->n > 17 ? 17 : (uint32_t)q->n, part,
                         site_loc(q->c, q->at));
}

cb_expr cb_effect(cb_effect_kind kind, int n, const cb_part *part, cb_site at)
{
    request q = {cb_current(), kind, n, part, at, NULL};
    if (!q.c)
        front_no_scope(at, "print or require");
    else if ((unsigned)kind <= CB_REQUIRE && front_try(q.c, make, &q))
        return (cb_expr){q.out};
    return (cb_expr){NULL};
}

cb_part cb_part_of_expr(cb_expr e) { return (cb_part){e, NULL}; }
cb_part cb_part_of_text(const char *s) { return (cb_part){{NULL}, s ? s : ""}; }
cb_part cb_part_of_int(long long v) { return (cb_part){cb_expr_of_int(v), NULL}; }
cb_part cb_part_of_uint(unsigned long long v) { return (cb_part){cb_expr_of_uint(v), NULL}; }
cb_part cb_part_of_float(double v) { return (cb_part){cb_expr_of_float(v), NULL}; }
cb_part cb_part_of_bool(bool v) { return (cb_part){cb_expr_of_bool(v), NULL}; }
cb_part cb_part_of_func(cb_func f) { return (cb_part){cb_expr_of_func(f), NULL}; }
cb_part cb_part_of_rdom(cb_rdom r) { return (cb_part){cb_expr_of_rdom(r), NULL}; }
