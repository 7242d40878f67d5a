/* lower/combine.c: updates of memory by associative operations, taken apart and put together.
 *
 *     atomic
 *       let s = sum[0] + in[r]             one value:  sum[0], x + y, y = in[r]
 *       store sum[0] = s
 *
 * A pass that has several y for one place combines them first. Those that commute meet by halves,
 * which leaves the lanes of a vector where they are; the others meet their neighbours, in order:
 *
 *     y0 y1 y2 y3   ->   y0+y2 y1+y3   ->   (y0+y2)+(y1+y3)         commutes
 *     y0 y1 y2 y3   ->   y0.y1 y2.y3   ->   (y0.y1).(y2.y3)         does not
 */
#include "combine.h"

#include <string.h>

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct stores {
    vec(const ir *) at;
} stores;

static bool read_stores(cb_context *c, const ir *s, map *lets, stores *out)
{
    if (s->op == IR_LET_STMT) {
        const ir *value = ir_substitute(c, s->arg[0], lets);
        map_put(c->a, lets, s->u.info->sym, (uint64_t)(uintptr_t)value);
        return read_stores(c, s->arg[1], lets, out);
    }
    if (s->op == IR_BLOCK) {
        for (uint32_t i = 0; i < s->nargs; i++)
            if (!read_stores(c, s->arg[i], lets, out))
                return false;
        return true;
    }
    if (s->op != IR_STORE)
        return false;
    vec_push(c->a, &out->at, s);
    return true;
}

typedef struct own_load {
    ir_sym buffer;
    const ir *index;
    uint32_t mem; /* what is known of its address (align.c) */
} own_load;

static bool find_own(void *env, const ir *n)
{
    own_load *o = env;
    if (n->op == IR_LOAD && n->u.ref.sym == o->buffer && n->arg[0] == o->index)
        o->mem = n->u.ref.index;
    return true;
}

bool update_read(cb_context *c, const ir *atomic, update *u)
{
    map lets = {0}, own = {0};
    stores found = {{0}};
    if (!read_stores(c, atomic->arg[atomic->nargs - 1], &lets, &found) || !found.at.n)
        return false;
    *u = (update){.stmt = atomic, .n = found.at.n};
    u->buffer = NEW_ARRAY(c->a, ir_sym, u->n);
    u->index = NEW_ARRAY(c->a, const ir *, u->n);
    const ir **value = NEW_ARRAY(c->a, const ir *, u->n), **self = NEW_ARRAY(c->a, const ir *, u->n);
    for (uint32_t k = 0; k < u->n; k++) {
        const ir *s = found.at.at[k];
        const ir *pred = ir_substitute(c, s->arg[2], &lets);
        if (k && pred != u->pred)
            return false;
        u->pred = pred;
        u->buffer[k] = s->u.info->sym;
        u->index[k] = ir_substitute(c, s->arg[0], &lets);
        value[k] = ir_substitute(c, s->arg[1], &lets);
        map_put(c->a, &own, u->buffer[k], 1);
    }
    for (uint32_t k = 0; k < u->n; k++) {
        own_load o = {.buffer = u->buffer[k], .index = u->index[k]};
        for (uint32_t i = 0; i < u->n; i++)
            ir_visit(c, value[i], find_own, &o);
        self[k] = ir_load(c, value[k]->type, u->buffer[k], o.mem, u->index[k], u->pred);
    }
    for (uint32_t k = 0; k < u->n; k++)
        if (ir_reads_any(c, u->index[k], &own) || u->index[k]->type.lanes != u->index[0]->type.lanes)
            return false;
    return assoc_find(c, u->n, value, self, &own, &u->form);
}

/* ---- writing --------------------------------------------------------------------------------- */

const ir *update_write(cb_context *c, const update *u, const ir *const *index, const ir *const *incoming, const ir *pred)
{
    const ir **x = NEW_ARRAY(c->a, const ir *, u->n), **out = NEW_ARRAY(c->a, const ir *, u->n);
    const ir **part = NEW_ARRAY(c->a, const ir *, u->n);
    ir_sym *name = NEW_ARRAY(c->a, ir_sym, u->n);
    for (uint32_t k = 0; k < u->n; k++)
        x[k] = ir_load(c, incoming[k]->type, u->buffer[k], 0, index[k], pred);
    assoc_combine(c, &u->form, x, incoming, out);
    for (uint32_t k = 0; k < u->n; k++) {
        const ir *value = out[k];
        if (u->n > 1) { /* all are computed before the first is stored */
            name[k] = ir_sym_new(c, "value", SYM_LET, value->type, NULL);
            value = ir_var(c, name[k]);
        }
        part[k] = ir_store(c, u->buffer[k], 0, index[k], value, pred);
    }
    const ir *body = ir_block(c, part, u->n);
    for (uint32_t k = u->n; u->n > 1 && k-- > 0;)
        body = ir_let_stmt(c, name[k], out[k], body);
    return ir_stmt(c, IR_ATOMIC, u->stmt->u.info, &body, 1);
}

/* ---- many to one ----------------------------------------------------------------------------- */

/* Blocks [from, from + step, ...), `count` of them, of `lanes` each. */
static const ir *blocks(cb_context *c, const ir *v, unsigned from, unsigned step, unsigned count, unsigned lanes)
{
    int32_t *lane = NEW_ARRAY(c->a, int32_t, (size_t)count * lanes);
    for (unsigned i = 0; i < count * lanes; i++)
        lane[i] = (int32_t)((from + i / lanes * step) * lanes + i % lanes);
    return ir_shuffle(c, &v, 1, lane, count * lanes);
}

/* x op y, where x and y are there; out is another array than both. */
static void join(cb_context *c, const assoc *form, const ir *const *x, const ir *xs, const ir *const *y, const ir *ys,
                 const ir **out, const ir **on)
{
    if (!xs) {
        assoc_combine(c, form, x, y, out);
        return;
    }
    if (form->has_identity) /* what is off was made that */
        assoc_combine(c, form, x, y, out);
    else
        assoc_combine_some(c, form, x, xs, y, ys, out);
    *on = ir_or(c, xs, ys);
}

/* `count` blocks from `left` on, `step` apart, op as many from `right` on. */
static void meet(cb_context *c, const assoc *form, const ir **y, const ir **on, unsigned lanes, unsigned count,
                 unsigned step, unsigned right)
{
    const ir **a = NEW_ARRAY(c->a, const ir *, form->n), **b = NEW_ARRAY(c->a, const ir *, form->n);
    const ir *p = *on ? blocks(c, *on, 0, step, count, lanes) : NULL;
    const ir *q = *on ? blocks(c, *on, right, step, count, lanes) : NULL;
    for (uint32_t k = 0; k < form->n; k++) {
        a[k] = blocks(c, y[k], 0, step, count, lanes);
        b[k] = blocks(c, y[k], right, step, count, lanes);
    }
    join(c, form, a, p, b, q, y, on);
}

void combine_blocks(cb_context *c, const assoc *form, const ir **y, const ir **on, unsigned lanes)
{
    unsigned n = y[0]->type.lanes / lanes;
    if (n < 2)
        return;
    if (n % 2 == 0) {
        if (form->commutes)
            meet(c, form, y, on, lanes, n / 2, 1, n / 2);
        else
            meet(c, form, y, on, lanes, n / 2, 2, 1);
        combine_blocks(c, form, y, on, lanes);
        return;
    }
    /* an odd number: the last one is added to all others */
    const ir **last = NEW_ARRAY(c->a, const ir *, form->n), *last_on = NULL;
    const ir **others = NEW_ARRAY(c->a, const ir *, form->n);
    for (uint32_t k = 0; k < form->n; k++) {
        last[k] = blocks(c, y[k], n - 1, 1, 1, lanes);
        y[k] = blocks(c, y[k], 0, 1, n - 1, lanes);
    }
    if (*on) {
        last_on = blocks(c, *on, n - 1, 1, 1, lanes);
        *on = blocks(c, *on, 0, 1, n - 1, lanes);
    }
    combine_blocks(c, form, y, on, lanes);
    memcpy(others, y, sizeof *y * form->n);
    join(c, form, others, *on, last, last_on, y, on);
}
