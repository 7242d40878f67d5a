/* lower/narrow.c: pass `narrow`: what is narrower than a vector gets a program of its own.
 *
 *     for y in [0, h):                         if 16 <= w:
 *       vectorized v in [0, 16):                 for y in [0, h):
 *         if likely(v < w):              =>        vectorized v in [0, 16): store ...
 *           store ...                          else:
 *                                                for y in [0, h):
 *                                                  for v in [0, 16):
 *                                                    if likely(v < w): store ...
 *
 * Whether there is one whole vector at all is the same question in every iteration of every loop. Left to `partition`, each of the
 * pieces into which it cuts the loops around would have a masked copy of its own, and most of the code would be for pictures of
 * fifteen columns. The question is asked once, before the outermost loop, and the small program makes do without those vectors, and
 * with as little code as it can: its loops are neither unrolled nor cut. Asked about are guards that depend on vector and unrolled
 * loops only and hold in all of their iterations if in one end. A nest stays as it is where there are other guards of lanes, of tails
 * say, so that masked pieces are needed anyway, and where most of it is not guarded.
 *
 * needs: flat storage, vector loops that are loops and have constant extents. breaks: nothing. */
#include "lower.h"

typedef struct narrow {
    cb_context *c;
    map lets;                 /* in the nest -> their values */
    map inner;                /* symbols of the nest whose values are not known: loops, lets that load */
    vec(const ir *) lanes;    /* loops around, of which all iterations run at once */
    vec(const ir *) when;     /* what holds in the usual program */
    map settled;              /* conditions that do so there */
    map doubtful;             /* loops whose lanes may not all be needed */
    bool inside;              /* of one of these guards */
    uint64_t guarded;         /* nodes */
    bool open;                /* there is another guard that depends on lanes */
    bool registers;           /* of storage in registers indices must be constants: loops stay as they are */
} narrow;

/* A loop whose iterations are lanes or copies. */
static bool at_once(const ir *s)
{
    int64_t n;
    return s->op == IR_FOR && (s->u.info->kind == LOOP_VECTOR || s->u.info->kind == LOOP_UNROLL) && ir_as_int(for_extent(s), &n) && n > 1;
}

/* ---- finding guards ------------------------------------------------------------------------------ */

/* The comparison at that iteration of the loop in which it is hardest to meet, or NULL. */
static const ir *hardest(narrow *N, const ir *cond, const ir *loop)
{
    cb_context *c = N->c;
    int64_t coef, n = 0;
    const ir *rest;
    if (!linear_in(c, ir_sub(c, cond->arg[0], cond->arg[1]), for_sym(loop), &coef, &rest) || coef == 0) return NULL;
    ir_as_int(for_extent(loop), &n);
    const ir *at = ir_substitute(c, for_min(loop), &N->lets);
    return ir_substitute1(c, cond, for_sym(loop), coef > 0 ? ir_addi(c, at, n - (PLANTED(c, NARROW_LANE) ? 2 : 1)) : at);
}

static bool uses_lanes(narrow *N, const ir *e)
{
    for (uint32_t i = 0; i < N->lanes.n; i++)
        if (ir_uses(N->c, e, for_sym(N->lanes.at[i]))) return true;
    return false;
}

/* What must hold outside of the nest so that the comparison does for all lanes, or NULL. */
static const ir *for_all_lanes(narrow *N, const ir *cond)
{
    cb_context *c = N->c;
    if ((cond->op != IR_LT && cond->op != IR_LE) || !type_no_overflow(cond->arg[0]->type)) return NULL;
    for (uint32_t i = 0; i < N->lanes.n && cond; i++)
        if (ir_uses(c, cond, for_sym(N->lanes.at[i]))) cond = hardest(N, cond, N->lanes.at[i]);
    if (!cond || uses_lanes(N, cond) || ir_uses_any(c, cond, &N->inner) || ir_reads_memory(c, cond)) return NULL;
    return simplify(c, cond, NULL);
}

/* A comparison inside a guard; `mark`: its LIKELY. */
static void look_at_comparison(narrow *N, const ir *mark, const ir *cond)
{
    cb_context *c = N->c;
    const ir *plain = simplify(c, ir_substitute(c, cond, &N->lets), NULL);
    if (!uses_lanes(N, plain)) return;
    const ir *all = for_all_lanes(N, plain);
    if (!all || ir_is_false(all)) {
        N->open = true;
        return;
    }
    for (uint32_t i = 0; i < N->lanes.n; i++)
        if (ir_uses(c, plain, for_sym(N->lanes.at[i]))) map_put(c->a, &N->doubtful, for_sym(N->lanes.at[i]), 1);
    map_putp(c->a, &N->settled, mark, mark);
    for (uint32_t i = 0; i < N->when.n; i++)
        if (N->when.at[i] == all) return;
    if (!ir_is_true(all)) vec_push(c->a, &N->when, all);
}

static void look_at_guard(narrow *N, const ir *cond)
{
    if (cond->op == IR_AND) {
        look_at_guard(N, cond->arg[0]);
        look_at_guard(N, cond->arg[1]);
    } else if (cond->op == IR_LIKELY) look_at_comparison(N, cond, cond->arg[0]);
}

static void look(narrow *N, const ir *s)
{
    cb_context *c = N->c;
    if (!ir_is_stmt(s)) return;
    bool lanes = at_once(s);
    uint32_t before = N->settled.n;
    if (s->op == IR_LET_STMT) {
        const ir *value = ir_substitute(c, s->arg[0], &N->lets);
        bool unknown = ir_reads_memory(c, value) || (ir_uses_any(c, value, &N->inner) && !uses_lanes(N, value));
        if (unknown) map_put(c->a, &N->inner, s->u.info->sym, 1);
        else map_put(c->a, &N->lets, s->u.info->sym, (uint64_t)(uintptr_t)value);
    }
    if (s->op == IR_ALLOCATE && s->u.info->memory == MEM_REGISTER) N->registers = true;
    if (lanes) vec_push(c->a, &N->lanes, s);
    else if (s->op == IR_FOR) map_put(c->a, &N->inner, for_sym(s), 1);
    if (s->op == IR_IF) look_at_guard(N, s->arg[0]);
    bool inside = N->inside, guards = N->settled.n > before;
    if (guards && !inside) N->guarded += ir_size(c, s);
    N->inside = inside || guards;
    for (uint32_t i = 0; i < s->nargs; i++) look(N, s->arg[i]);
    N->inside = inside;
    if (lanes) N->lanes.n--;
}

/* ---- the two programs ---------------------------------------------------------------------------- */

static const ir *usual_fn(ir_mapper *m, const ir *n)
{
    narrow *N = m->env;
    if (n->op == IR_LIKELY && map_getp(&N->settled, n)) return ir_bool(m->ctx, true);
    n = ir_map(m, n);
    if (n->op == IR_AND) return ir_is_true(n->arg[0]) ? n->arg[1] : ir_is_true(n->arg[1]) ? n->arg[0] : n;
    return n->op == IR_IF && ir_is_true(n->arg[0]) ? n->arg[1] : n;
}

static const ir *small_fn(ir_mapper *m, const ir *n)
{
    narrow *N = m->env;
    uint64_t known;
    if (!ir_is_stmt(n)) return n;
    n = ir_map(m, n);
    if (n->op != IR_FOR) return n;
    ir_info info = *n->u.info;
    bool doubtful = map_get(&N->doubtful, info.sym, &known);
    if (doubtful || info.kind == LOOP_UNROLL) info.kind = LOOP_SERIAL;
    if (!doubtful && info.partition == PARTITION_AUTO) info.partition = PARTITION_NEVER;
    return ir_stmt(m->ctx, IR_FOR, &info, n->arg, 3);
}

static const ir *outermost_fn(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    if (!ir_is_stmt(n)) return n;
    if (n->op != IR_FOR) return ir_map(m, n);
    narrow N = {.c = c};
    look(&N, n);
    if (!N.when.n || N.registers || N.open || N.guarded * 2 < ir_size(c, n)) return n;
    const ir *when = N.when.at[0];
    for (uint32_t i = 1; i < N.when.n; i++) when = ir_and(c, when, N.when.at[i]);
    ir_mapper usual = {.ctx = c, .fn = usual_fn, .env = &N}, small = {.ctx = c, .fn = small_fn, .env = &N};
    return ir_if(c, when, ir_apply(&usual, n), ir_fresh_copy(c, ir_apply(&small, n)));
}

void low_narrow(low *L)
{
    ir_mapper m = {.ctx = L->ctx, .fn = outermost_fn};
    L->body = ir_apply(&m, L->body);
}
