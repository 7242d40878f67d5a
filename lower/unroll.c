/* lower/unroll.c: unrolled loops are replaced by copies of their body.
 *
 *     unrolled for i in [a, 2]              block
 *       store g[i*4] = ...                    store g[a*4] = ...
 *                                             store g[(a + 1)*4] = ...
 *
 * Inner loops go first. Symbols bound in a body are fresh in every copy but the first.
 *
 * A serial loop that has few iterations, a constant number, and next to nothing in them is unrolled as well: what it
 * updates can be in registers then. `for c in [0, 2)` over two vectors of sums, in a loop over all that is summed, would load
 * and store each sum each time.
 */
#include "lower.h"

enum { SHORT_TRIPS = 4, SHORT_NODES = 160 }; /* iterations; nodes of all of them */

typedef struct measure {
    uint32_t nodes;
    bool plain; /* no loop, nothing but stores */
} measure;

static bool measure_node(void *env, const ir *n)
{
    measure *M = env;
    M->nodes++;
    if (ir_is_stmt(n) && n->op != IR_STORE && n->op != IR_BLOCK && n->op != IR_LET_STMT)
        M->plain = false;
    return M->plain && M->nodes <= SHORT_NODES;
}

static bool is_short(cb_context *c, const ir *loop)
{
    int64_t count;
    measure M = {.plain = true};
    if (loop->u.info->kind != LOOP_SERIAL || !ir_as_int(for_extent(loop), &count) || count < 1 || count > SHORT_TRIPS)
        return false;
    ir_visit(c, for_body(loop), measure_node, &M);
    return M.plain && M.nodes * count <= SHORT_NODES;
}

static const ir *unroll_node(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    if (!ir_is_stmt(n))
        return n;
    n = ir_map(m, n);
    if (n->op != IR_FOR || (n->u.info->kind != LOOP_UNROLL && !is_short(c, n)))
        return n;

    int64_t count;
    if (!ir_as_int(for_extent(n), &count))
        diag_bug(&c->diags, "unroll", "loop '%s' has no constant extent",
                 ir_sym_name(c, for_sym(n)));
    const ir *first = for_min(n);
    int64_t constant;
    ir_sym named = 0;
    if (first->op != IR_VAR && !ir_as_int(first, &constant)) {
        named = ir_sym_new(c, ir_sym_name(c, for_sym(n)), SYM_LET, first->type, NULL);
        first = ir_var(c, named);
    }
    vec(const ir *) copies = {0};
    for (int64_t i = 0; i < count; i++) {
        const ir *body = i ? ir_fresh_copy(c, for_body(n)) : for_body(n);
        int64_t k = PLANTED(c, UNROLL_LAST) && i && i == count - 1 ? i - 1 : i;
        vec_push(c->a, &copies, ir_substitute1(c, body, for_sym(n), ir_addi(c, first, k)));
    }
    const ir *all = ir_block(c, copies.at, copies.n);
    return named ? ir_let_stmt(c, named, for_min(n), all) : all;
}

void low_unroll(low *L)
{
    ir_mapper m = {.ctx = L->ctx, .fn = unroll_node};
    L->body = ir_apply(&m, L->body);
}
