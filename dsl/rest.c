/* dsl/rest.c: `_`, the coordinates that are not written.
 *
 *     bright(x, _) = in(x, _) * 2        in has 3 coordinates: bright(x, _0, _1) = in(x, _0, _1) * 2
 *
 * In a call `_` stands for as many coordinates as the Func has beyond those written; on the left of a
 * first definition for as many as occur on the right. They are the Vars _0, _1, ... of the context,
 * by which names schedules know their loops.
 */
#include "front.h"

expr *expr_rest(cb_context *c)
{
    expr *e = expr_fault(c, DIAG_WRONG_KIND, "write it among the coordinates of a Func: f(x, _)",
                         "'_' stands for coordinates and is not a value");
    e->rest = true;
    return e;
}

static ir_sym implicit(cb_context *c, uint32_t k)
{
    ir_sym *s = &front_of(c)->implicit[k];
    if (!*s)
        *s = ir_sym_new(c, ctx_string(c, arena_printf(c->a, "_%u", k)), SYM_VAR, T_I32, NULL);
    return *s;
}

bool rest_is(cb_context *c, ir_sym s)
{
    for (uint32_t k = 0; k < CB_MAX_RANK; k++)
        if (s && front_of(c)->implicit[k] == s)
            return true;
    return false;
}

expr *rest_expand(cb_context *c, const char *func, uint32_t rank, uint32_t *n, expr *const *coords,
                  expr **out)
{
    uint32_t rests = 0, k = 0;
    for (uint32_t i = 0; i < *n; i++)
        rests += coords[i]->rest;
    if (rests > 1)
        return expr_fault(c, DIAG_WRONG_ARITY, "write '_' once: it stands for all the others",
                          "'_' stands twice among the coordinates of '%s'", func);
    if (rests && *n - 1 > rank)
        return expr_fault(c, DIAG_WRONG_ARITY, "'_' may stand for none, but not for fewer",
                          "'%s' has %u coordinate%s, but %u are written besides '_'", func, rank,
                          rank == 1 ? "" : "s", *n - 1);
    for (uint32_t i = 0; i < *n; i++) {
        for (uint32_t d = 0; coords[i]->rest && d < rank - (*n - 1); d++)
            out[k++] = expr_new(c, ir_var(c, implicit(c, d)));
        if (!coords[i]->rest && k < CB_MAX_RANK)
            out[k++] = coords[i];
    }
    if (rests)
        *n = k;
    return NULL;
}

uint32_t rest_count(cb_context *c, uint32_t nvalues, expr *const *values)
{
    uint32_t count = 0;
    map vars = {0};
    for (uint32_t v = 0; v < nvalues; v++)
        if (values[v] && !values[v]->fault)
            ir_free_vars(c, values[v]->node, &vars);
    for (uint32_t i = 0; i < vars.n; i++)
        for (uint32_t k = count; k < CB_MAX_RANK; k++)
            if (front_of(c)->implicit[k] == (ir_sym)vars.entry[i].key)
                count = k + 1;
    return count;
}
