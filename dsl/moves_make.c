/* dsl/moves_make.c: schedules that are near a refused one: the directive with another argument (names
 * near in spelling or place, other tails, other numbers), with a directive that makes it legal
 * (atomic, compute_root), another directive to the same purpose, and last of all without it.
 *
 *     parallel(r.x)      parallel(r.x), atomic()     5
 *                        parallel(r.y)              21     by place
 *                        unroll(r.x)                50
 *                        as it is, another directive left out        85
 *                        left out                   90
 *
 * The numbers are costs: they order what moves.c tries, and mean nothing else.
 */
#include "moves.h"

#include <stdlib.h>
#include <string.h>

enum {
    COST_ADDED = 5,   /* the directive and another */
    COST_ARG = 20,    /* another argument where the mistake is */
    COST_OTHER = 40,  /* another argument elsewhere */
    COST_WORD = 50,   /* another directive */
    COST_INSTEAD = 85, /* the one that it contradicts goes */
    COST_DROP = 90    /* none */
};

typedef vec(const char *) names;

/* ---- saying ---------------------------------------------------------------------------------- */

static void say(moves *M, int cost, const directive *a, const directive *b, const directive *c)
{
    move m = {.cost = cost, .n = a ? b ? c ? 3 : 2 : 1 : 0, .with = {a, b, c}};
    vec_push(M->c->a, &M->list, m);
}

static directive *same(const moves *M, const directive *d, uint32_t nargs)
{
    directive *e = directive_new(M->c, d->op, d->loc, nargs);
    for (uint32_t i = 0; i < nargs && i < d->nargs; i++)
        e->arg[i] = d->arg[i];
    e->call = d->call;
    return e;
}

static void say_arg(moves *M, int cost, uint32_t arg, dir_arg with)
{
    directive *e = same(M, M->d, M->d->nargs);
    e->arg[arg] = with;
    say(M, cost, e, NULL, NULL);
}

static void say_name(moves *M, int cost, uint32_t arg, const char *name)
{
    dir_arg a = {.kind = M->d->arg[arg].kind, .name = ctx_string(M->c, name)};
    say_arg(M, cost, arg, a);
}

static directive *make(const moves *M, dir_op op, uint32_t nargs) { return directive_new(M->c, op, M->d->loc, nargs); }

static dir_arg loop_named(const char *name) { return (dir_arg){.kind = DARG_LOOP, .name = name}; }

/* ---- what there is --------------------------------------------------------------------------- */

static const cb_func_s *func_named(const moves *M, const char *name, uint32_t *at)
{
    for (uint32_t i = M->p->funcs.n; i-- > 0;)
        if (!strcmp(M->p->funcs.at[i]->name, name)) {
            *at = i;
            return M->p->funcs.at[i];
        }
    return NULL;
}

static void add_plan_loops(const moves *M, const stage_plan *s, names *out)
{
    for (uint32_t i = 0; i < s->loops.n; i++)
        vec_push(M->c->a, out, s->dims_all.at[s->loops.at[i]].name);
    for (uint32_t i = 0; i < s->branches.n; i++)
        add_plan_loops(M, s->branches.at[i].plan, out);
    for (uint32_t i = s->dims_all.n; i-- > 0;) /* at the place of the directive it may have been there */
        vec_push(M->c->a, out, s->dims_all.at[i].name);
}

static void add_new_loops(const moves *M, const directive *d, names *out)
{
    for (uint32_t i = 0; i < d->nargs; i++) {
        if (d->arg[i].kind == DARG_NEW)
            vec_push(M->c->a, out, d->arg[i].name);
        if (d->arg[i].kind == DARG_DIR)
            add_new_loops(M, d->arg[i].dir, out);
    }
}

/* Names of loops of a stage, outermost first; those that are gone come last. */
static names loops_of(const moves *M, stage_ref s)
{
    names out = {0};
    uint32_t at, k = (uint32_t)(s.update + 1);
    const cb_func_s *f = func_named(M, s.func, &at);
    if (!f || k >= f->defs.n)
        return out;
    if (at < M->p->plans.n) {
        add_plan_loops(M, M->p->plans.at[at]->stages.at[k], &out);
        for (uint32_t i = 0; i < M->entry->dirs.n && !strcmp(M->entry->stage.func, s.func); i++)
            add_new_loops(M, M->entry->dirs.at[i], &out); /* in a branch that is refused they are in no plan */
        return out;
    }
    const rdom *r = f->defs.at[k]->dom;
    for (uint32_t i = r ? r->ndims : 0; i-- > 0;)
        vec_push(M->c->a, &out, r->dims[i].name);
    return out;
}

/* Names of Funcs, outputs first. */
static names all_funcs(const moves *M)
{
    names out = {0};
    for (uint32_t i = M->p->funcs.n; i-- > 0;)
        if (!M->p->funcs.at[i]->unnamed)
            vec_push(M->c->a, &out, M->p->funcs.at[i]->name);
    return out;
}

static bool is_update(const moves *M) { return M->entry->stage.update >= 0; }

static int misspelt(const char *written, const char *meant)
{
    size_t n = text_distance(written, meant) + (*written != *meant);
    return n < 15 ? (int)n : 15;
}

/* How far name i of the list is from the one written: by place where that is in the list, else by spelling. */
static int distance_of(const moves *M, const names *list, uint32_t i, const char *written)
{
    bool unknown = M->code == DIAG_NO_SUCH_LOOP || M->code == DIAG_NO_SUCH_STAGE;
    for (uint32_t k = 0; k < list->n && !unknown; k++)
        if (!strcmp(list->at[k], written))
            return abs((int)k - (int)i);
    return misspelt(written, list->at[i]);
}

static void vary_name(moves *M, int cost, uint32_t arg, const names *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        say_name(M, cost + distance_of(M, list, i, M->d->arg[arg].name), arg, list->at[i]);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void say_number(moves *M, int cost, uint32_t arg, int64_t v)
{
    if (v < INT32_MIN || v > INT32_MAX)
        return;
    dir_arg a = M->d->arg[arg];
    a.value = ir_i32(M->c, v);
    say_arg(M, cost, arg, a);
}

static int64_t round_to(int64_t v, int64_t m, bool up) { return (v + (up ? m - 1 : 0)) / m * m; }

/* The greatest extent that fits, the remainder that was meant. */
static void special_number(moves *M, int cost, uint32_t arg, int64_t v)
{
    int64_t other;
    const directive *d = M->d;
    if (arg != 2 || d->arg[1].kind != DARG_VALUE || sched_value_const(M->s, d->arg[1].value, &other) != VALUE_CONST)
        return;
    if (d->op == DIR_BOUND && v > 0 && other + v > (int64_t)INT32_MAX + 1)
        say_number(M, cost, arg, (int64_t)INT32_MAX + 1 - other);
    if (d->op == DIR_ALIGN_BOUNDS && other > 0)
        say_number(M, cost, arg, (v % other + other) % other);
}

static void vary_value(moves *M, int cost, uint32_t arg)
{
    int64_t v;
    const ir *written = M->d->arg[arg].value;
    bool known = sched_value_const(M->s, written, &v) == VALUE_CONST;
    const char *name = !known && written->op == IR_VAR ? ir_sym_name(M->c, written->u.sym) : "";
    for (uint32_t i = 0; i < M->s->knobs.n && !known; i++) {
        dir_arg a = M->d->arg[arg];
        a.value = ir_var(M->c, M->s->knobs.at[i]->sym);
        say_arg(M, cost + (int)text_distance(M->s->knobs.at[i]->name, name), arg, a);
    }
    special_number(M, cost - 2, arg, known ? v : 0);
    if (M->number)
        say_number(M, cost - 2, arg, M->number);
    if (!known || v < 1) {
        if (known && v < 0)
            say_number(M, cost, arg, -v);
        static const int64_t usual[] = {8, 4, 2, 1, 0};
        for (uint32_t i = 0; i < COUNT_OF(usual); i++)
            say_number(M, cost + 2 + (int)i, arg, known && v == 0 ? (int64_t)1 << i : usual[i]);
        return;
    }
    for (int64_t m = 1 << 30; m > 0; m /= 2) { /* powers of two below, from the nearest on */
        if (m < v)
            say_number(M, cost++, arg, m);
    }
    for (int64_t m = 2; m <= 64; m *= 2) {
        say_number(M, cost, arg, round_to(v, m, false));
        say_number(M, cost, arg, round_to(v, m, true));
    }
    say_number(M, cost, arg, v + 1);
    say_number(M, cost, arg, v - 1);
    for (int64_t m = 2; m <= 64; m *= 2)
        say_number(M, cost + 1, arg, v * m);
}

/* ---- other arguments ------------------------------------------------------------------------- */

/* Tails, the cheapest first; but what blends is first put right by its twin. */
static void vary_tail(moves *M, int cost, uint32_t arg)
{
    static const tail twin[TAIL_COUNT] = {[TAIL_SHIFT_BLEND] = TAIL_SHIFT_INWARDS, [TAIL_SHIFT_INWARDS] = TAIL_SHIFT_BLEND,
                                          [TAIL_ROUND_UP_BLEND] = TAIL_ROUND_UP};
    static const tail cheap[] = {TAIL_GUARD, TAIL_PREDICATE, TAIL_PREDICATE_STORES, TAIL_PREDICATE_LOADS,
                                 TAIL_SHIFT_INWARDS, TAIL_SHIFT_BLEND, TAIL_ROUND_UP, TAIL_ROUND_UP_BLEND};
    dir_arg a = M->d->arg[arg];
    a.tail = twin[a.tail];
    if (a.tail)
        say_arg(M, cost, arg, a);
    for (uint32_t i = 0; i < COUNT_OF(cheap); i++) {
        a.tail = cheap[i];
        say_arg(M, cost + 1 + (int)i, arg, a);
    }
}

static void vary_choice(moves *M, int cost, uint32_t arg)
{
    static const ir_memory memory[] = {MEM_STACK, MEM_HEAP, MEM_AUTO};
    static const ir_partition policy[] = {PARTITION_AUTO, PARTITION_NEVER};
    dir_arg a = M->d->arg[arg];
    for (uint32_t i = 0; a.kind == DARG_MEMORY && i < COUNT_OF(memory); i++) {
        a.memory = memory[i];
        say_arg(M, cost + (int)i, arg, a);
    }
    for (uint32_t i = 0; a.kind == DARG_POLICY && i < COUNT_OF(policy); i++) {
        a.policy = policy[i];
        say_arg(M, cost + (int)i, arg, a);
    }
}

static void vary_dimension(moves *M, int cost, uint32_t arg)
{
    names dims = {0};
    uint32_t at;
    const cb_func_s *f = func_named(M, M->entry->stage.func, &at);
    for (uint32_t i = 0; f && i < f->rank; i++)
        vec_push(M->c->a, &dims, ir_sym_name(M->c, f->args[i]));
    for (uint32_t i = 0; i < M->p->inputs.n && !f; i++)
        for (uint32_t d = 0; !strcmp(M->p->inputs.at[i]->name, M->entry->stage.func) && d < M->p->inputs.at[i]->rank; d++)
            vec_push(M->c->a, &dims, (const char *)arena_printf(M->c->a, "_%u", d));
    vary_name(M, cost, arg, &dims);
}

/* "name_2": for what is to be new. */
static void vary_new(moves *M, int cost, uint32_t arg)
{
    for (int k = 2; k < 4; k++)
        say_name(M, cost + k, arg, arena_printf(M->c->a, "%s_%d", M->d->arg[arg].name, k));
}

static void drop_arg(moves *M, int cost, uint32_t arg)
{
    directive *e = same(M, M->d, M->d->nargs - 1);
    for (uint32_t i = arg; i + 1 < M->d->nargs; i++)
        e->arg[i] = M->d->arg[i + 1];
    say(M, cost, e, NULL, NULL);
}

/* ---- conditions ------------------------------------------------------------------------------ */

/* k with the n-th leaf (counted by *n) replaced. */
static const sched_cond *replace_leaf(const moves *M, const sched_cond *k, int *n, const sched_cond *with)
{
    if (k->kind != COND_OP)
        return (*n)-- == 0 ? with : k;
    sched_cond *out = NEW(M->c->a, sched_cond);
    *out = *k;
    for (int i = 0; i < cond_ops[k->op].operands; i++)
        out->arg[i] = replace_leaf(M, k->arg[i], n, with);
    return out;
}

static void vary_leaf(moves *M, int cost, const sched_cond *all, const sched_cond *k, int *n)
{
    for (int i = 0; k->kind == COND_OP && i < cond_ops[k->op].operands; i++)
        vary_leaf(M, cost, all, k->arg[i], n);
    if (k->kind == COND_OP)
        return;
    vec(sched_cond) with = {0};
    sched_cond w = *k;
    for (uint32_t i = 0; k->kind == COND_NAME && i < M->p->params.n + M->s->knobs.n; i++) {
        w.text = i < M->p->params.n ? M->p->params.at[i]->name : M->s->knobs.at[i - M->p->params.n]->name;
        vec_push(M->c->a, &with, w);
    }
    for (uint32_t i = 0; k->kind == COND_FIELD && i < M->p->inputs.n + M->p->outputs.n; i++) {
        const cb_func_s *f = i < M->p->outputs.n ? M->p->outputs.at[i] : M->p->inputs.at[i - M->p->outputs.n];
        w.text = f->name;
        for (w.dim = 0; w.dim < f->rank; w.dim++)
            vec_push(M->c->a, &with, w);
    }
    for (uint32_t i = 0; i < with.n; i++) {
        int leaf = *n;
        sched_cond *new = NEW(M->c->a, sched_cond);
        *new = with.at[i];
        dir_arg a = M->d->arg[0];
        a.cond = replace_leaf(M, all, &leaf, new);
        int far = misspelt(k->text, new->text) + abs((int)new->dim - (int)k->dim);
        say_arg(M, cost + (far < 15 ? far : 15), 0, a);
    }
    ++*n;
}

/* The number alone as a truth value; the directives without the condition. */
static void vary_condition(moves *M, int cost)
{
    int n = 0;
    const directive *d = M->d;
    vary_leaf(M, cost, d->arg[0].cond, d->arg[0].cond, &n);
    sched_cond *zero = NEW(M->c->a, sched_cond), *ne = NEW(M->c->a, sched_cond);
    *zero = (sched_cond){.kind = COND_INT};
    *ne = (sched_cond){.kind = COND_OP, .op = COP_NE, .arg = {d->arg[0].cond, zero}};
    dir_arg a = d->arg[0];
    a.cond = ne;
    if (M->code == DIAG_BAD_CONDITION)
        say_arg(M, cost + 16, 0, a);
    if (d->nargs > 1 && d->nargs <= 1 + MOVE_PARTS)
        say(M, COST_WORD, d->arg[1].dir, d->nargs > 2 ? d->arg[2].dir : NULL, d->nargs > 3 ? d->arg[3].dir : NULL);
}

/* ---- places ---------------------------------------------------------------------------------- */

static directive *at_place(const moves *M, dir_op op, stage_ref s, const char *loop)
{
    directive *e = make(M, op, 2);
    e->arg[0] = (dir_arg){.kind = DARG_STAGE, .stage = s};
    e->arg[1] = loop_named(loop);
    return e;
}

/* op at every loop of every stage, before `then`. The stage that is named is nearest. */
static void vary_place(moves *M, int cost, dir_op op, const directive *then)
{
    const bool placed = M->d->nargs == 2 && M->d->arg[0].kind == DARG_STAGE && !then;
    names funcs = all_funcs(M);
    for (uint32_t i = 0; i < funcs.n && M->list.n < 200; i++) {
        uint32_t at;
        const cb_func_s *f = func_named(M, funcs.at[i], &at);
        if (!strcmp(f->name, M->entry->stage.func))
            continue;
        int far = !placed ? 0 : distance_of(M, &funcs, i, M->d->arg[0].stage.func);
        for (uint32_t k = 0; k < f->defs.n; k++) {
            stage_ref s = {f->name, (int)k - 1};
            names loops = loops_of(M, s);
            for (uint32_t l = 0; l < loops.n; l++) {
                int deep = placed ? distance_of(M, &loops, l, M->d->arg[1].name) : (int)l;
                int own = placed && s.update != M->d->arg[0].stage.update;
                say(M, cost + (deep < 8 ? deep : 8) + (far < 3 ? far : 3) * 2 + own, at_place(M, op, s, loops.at[l]), then,
                    NULL);
            }
        }
    }
}

/* Where a Func may be computed, before `then`. */
static void vary_compute(moves *M, int cost, const directive *then)
{
    say(M, cost, make(M, DIR_COMPUTE_ROOT, 0), then, NULL);
    vary_place(M, cost + 1, DIR_COMPUTE_AT, then);
}

static void vary_places(moves *M)
{
    switch ((int)M->d->op) {
    case DIR_COMPUTE_AT:
        vary_place(M, COST_ARG, DIR_COMPUTE_AT, NULL);
        say(M, COST_OTHER, make(M, DIR_COMPUTE_ROOT, 0), NULL, NULL);
        say(M, COST_WORD, make(M, DIR_COMPUTE_INLINE, 0), NULL, NULL);
        break;
    case DIR_COMPUTE_INLINE: vary_compute(M, COST_WORD, NULL); break;
    case DIR_STORE_AT:
        vary_place(M, COST_ARG, DIR_STORE_AT, NULL);
        say(M, COST_OTHER, make(M, DIR_STORE_ROOT, 0), NULL, NULL);
        break;
    case DIR_STORE_ROOT: vary_place(M, COST_ARG, DIR_STORE_AT, NULL); break;
    case DIR_HOIST_STORAGE:
        vary_place(M, COST_ARG, DIR_HOIST_STORAGE, NULL);
        say(M, COST_OTHER, make(M, DIR_HOIST_STORAGE_ROOT, 0), NULL, NULL);
        break;
    case DIR_HOIST_STORAGE_ROOT: vary_place(M, COST_ARG, DIR_HOIST_STORAGE, NULL); break;
    default: break;
    }
}

/* ---- all arguments --------------------------------------------------------------------------- */

static void vary_arg(moves *M, int cost, uint32_t arg, const dir_slot *slot)
{
    const directive *d = M->d;
    names list;
    switch (d->arg[arg].kind) {
    case DARG_LOOP:
        list = loops_of(M, M->entry->stage);
        if (d->op != DIR_REORDER)
            vary_name(M, cost, arg, &list);
        break;
    case DARG_FUNC:
        list = all_funcs(M);
        for (uint32_t i = M->p->inputs.n; d->op == DIR_PREFETCH && i-- > 0;)
            vec_push(M->c->a, &list, M->p->inputs.at[i]->name);
        vary_name(M, cost, arg, &list);
        break;
    case DARG_VALUE: vary_value(M, cost, arg); break;
    case DARG_TAIL: vary_tail(M, cost, arg); break;
    case DARG_DIM: vary_dimension(M, cost, arg); break;
    case DARG_NEW:
    case DARG_MADE: vary_new(M, cost, arg); break;
    case DARG_MEMORY:
    case DARG_POLICY: vary_choice(M, cost, arg); break;
    case DARG_COND: vary_condition(M, cost); break;
    case DARG_STAGE: /* vary_places */
    case DARG_DIR:
    case DARG_TEXT: break;
    }
    if (slot->repeats && d->nargs > 2)
        drop_arg(M, cost + 10, arg);
}

static void vary_args(moves *M)
{
    dir_slot slot[DIR_MAX_SLOTS];
    uint32_t n = dir_slots(M->d->op, slot);
    for (uint32_t i = 0; i < M->d->nargs; i++) {
        const dir_slot *s = &slot[i < n ? i : n - 1];
        bool here = M->arg < 0 || i == (uint32_t)M->arg;
        bool names_new = s->kind == DARG_NEW || s->kind == DARG_MADE; /* right unless it is the mistake */
        if (here && M->arg < 0 && names_new && M->code != DIAG_LOOP_NAME_IN_USE && M->code != DIAG_DUPLICATE_NAME)
            continue;
        if (here || (s->kind != DARG_NEW && s->kind != DARG_MADE && s->kind != DARG_COND))
            vary_arg(M, here ? COST_ARG : COST_OTHER, i, s);
    }
    if (M->d->nargs && slot[M->d->nargs - 1 < n ? M->d->nargs - 1 : n - 1].optional)
        say(M, COST_OTHER + 5, same(M, M->d, M->d->nargs - 1), NULL, NULL);
}

/* ---- words ----------------------------------------------------------------------------------- */

/* Loops in another order: each named once, reduction loops as they are now. */
static void vary_order(moves *M)
{
    const directive *d = M->d;
    names now = loops_of(M, M->entry->stage), once = {0};
    for (uint32_t i = 0; i < d->nargs; i++) {
        bool seen = false, there = false, wrong = M->code == DIAG_NO_SUCH_LOOP && M->arg == (int)i;
        for (uint32_t k = 0; k < i; k++)
            seen |= !strcmp(d->arg[k].name, d->arg[i].name);
        for (uint32_t k = 0; k < now.n && !wrong; k++)
            there |= !strcmp(now.at[k], d->arg[i].name);
        if (!seen && there)
            vec_push(M->c->a, &once, d->arg[i].name);
        for (uint32_t k = 0; k < now.n && !there; k++) /* a name that is near */
            say_name(M, COST_ARG + distance_of(M, &now, k, d->arg[i].name), i, now.at[k]);
    }
    uint32_t n = once.n;
    /* one after another: every pair exchanged, at last the order there is */
    for (uint32_t a = 0; a <= n && n >= 2; a++)
        for (uint32_t b = a + 1; b < n || (a == n && b == n + 1); b++) {
            directive *e = make(M, DIR_REORDER, n);
            for (uint32_t i = 0; i < n; i++)
                e->arg[i] = loop_named(once.at[a == n ? i : i == a ? b : i == b ? a : i]);
            say(M, a == n ? COST_ARG : COST_ARG + 1 + (int)(b - a), e, NULL, NULL);
        }
}

/* Reorders so that loop b stands directly inside loop a, and fuses; the loops between come inside of both. */
static void bring_together(moves *M, const names *now, uint32_t a, uint32_t b)
{
    directive *order = make(M, DIR_REORDER, b - a + 1);
    for (uint32_t i = a + 1, k = 0; i < b; i++)
        order->arg[k++] = loop_named(now->at[b + a - i]);
    order->arg[b - a - 1] = loop_named(now->at[b]);
    order->arg[b - a] = loop_named(now->at[a]);
    say(M, COST_ADDED + 1, order, M->d, NULL);
}

static void vary_fuse(moves *M)
{
    names now = loops_of(M, M->entry->stage);
    const directive *d = M->d;
    for (uint32_t a = 0; a + 2 < now.n; a++)
        for (uint32_t b = a + 2; b < now.n && b < a + 9; b++)
            if (!strcmp(now.at[a], d->arg[0].name) && !strcmp(now.at[b], d->arg[1].name))
                bring_together(M, &now, a, b);
    for (uint32_t i = 0; i + 1 < now.n; i++) {
        directive *e = same(M, d, 3), *order = make(M, DIR_REORDER, 2);
        e->arg[0] = loop_named(now.at[i]);
        e->arg[1] = loop_named(now.at[i + 1]);
        bool near = !strcmp(now.at[i], d->arg[0].name) || !strcmp(now.at[i + 1], d->arg[1].name);
        say(M, COST_ARG + (near ? 0 : 2), e, NULL, NULL);
        order->arg[0] = d->arg[1];
        order->arg[1] = d->arg[0];
        say(M, COST_WORD, order, d, NULL);
    }
    directive *swapped = same(M, d, 3);
    swapped->arg[0] = d->arg[1];
    swapped->arg[1] = d->arg[0];
    say(M, COST_ADDED, swapped, NULL, NULL);
}

/* The loop run otherwise: by pieces of constant size, or in another way. */
static void vary_kind(moves *M)
{
    const directive *d = M->d;
    static const dir_op other[] = {DIR_UNROLL, DIR_VECTORIZE, DIR_PARALLEL};
    for (int64_t k = 8; k >= 4 && d->nargs == 1 && d->op != DIR_PARALLEL && d->op != DIR_SERIAL; k /= 2) {
        directive *e = same(M, d, 2);
        e->arg[1] = (dir_arg){.kind = DARG_VALUE, .value = ir_i32(M->c, k)};
        say(M, COST_ADDED + (int)(8 - k), e, NULL, NULL);
    }
    if (d->op == DIR_SERIAL || M->code == DIAG_NO_SUCH_LOOP || M->code == DIAG_LOOP_HAS_KIND)
        return;
    for (uint32_t i = 0; i < COUNT_OF(other); i++) {
        if (other[i] == d->op)
            continue;
        directive *e = make(M, other[i], 1);
        e->arg[0] = d->arg[0];
        say(M, COST_WORD + (int)i, e, NULL, NULL);
    }
}

/* What lets iterations of the loop that d names update the same elements. */
static void vary_race(moves *M)
{
    const directive *d = M->d;
    const char *func = M->entry->stage.func;
    say(M, COST_ADDED, d, make(M, DIR_ATOMIC, 0), NULL);
    if (!d->nargs || d->arg[0].kind != DARG_LOOP)
        return;
    directive *e = make(M, DIR_RFACTOR, 3);
    e->arg[0] = (dir_arg){.kind = DARG_MADE, .name = ctx_string(M->c, arena_printf(M->c->a, "%s_part", func))};
    e->arg[1] = d->arg[0];
    e->arg[2] = (dir_arg){.kind = DARG_NEW, .name = ctx_string(M->c, "u")};
    say(M, COST_ADDED + 1, e, NULL, NULL);
    names now = loops_of(M, M->entry->stage);
    for (uint32_t i = 0; i < now.n && d->nargs == 1; i++) { /* of what does not commute the innermost loop may be a vector */
        directive *v = make(M, DIR_VECTORIZE, 1);
        v->arg[0] = loop_named(now.at[i]);
        say(M, COST_OTHER + (int)(now.n - i < 8 ? now.n - i : 8), v, NULL, NULL);
    }
}

/* Parallel loop l stands in a vector loop: to be exchanged with the loops around it first. */
static void vary_nesting(moves *M)
{
    names now = loops_of(M, M->entry->stage);
    uint32_t n = 0;
    while (n < now.n && strcmp(now.at[n], M->d->arg[0].name))
        n++;
    for (uint32_t i = n; i-- > 0;) {
        directive *e = make(M, DIR_REORDER, 2);
        e->arg[0] = loop_named(now.at[i]);
        e->arg[1] = M->d->arg[0];
        say(M, COST_ADDED + (int)(n - i), e, M->d, NULL);
    }
}

static void vary_words(moves *M)
{
    const directive *d = M->d;
    bool kind = d->op == DIR_PARALLEL || d->op == DIR_VECTORIZE || d->op == DIR_UNROLL || d->op == DIR_SERIAL;
    if (kind)
        vary_kind(M);
    if (M->code == DIAG_RACE && is_update(M))
        vary_race(M);
    if (M->code == DIAG_PARALLEL_IN_VECTOR)
        vary_nesting(M);
    if (M->code == DIAG_INLINED_STAGE && !(d->nargs && d->arg[0].kind == DARG_STAGE))
        vary_compute(M, COST_ADDED, d);
    if (d->op == DIR_WRAP || d->op == DIR_CLONE) {
        directive *e = make(M, d->op == DIR_WRAP ? DIR_CLONE : DIR_WRAP, d->nargs);
        memcpy(e->arg, d->arg, d->nargs * sizeof *d->arg);
        say(M, COST_WORD, e, NULL, NULL);
    }
    if (d->op == DIR_REORDER)
        vary_order(M);
    if (d->op == DIR_FUSE)
        vary_fuse(M);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Another stage for a line. */
static void vary_stage(moves *M)
{
    names funcs = all_funcs(M);
    const stage_ref *written = &M->entry->stage;
    for (uint32_t i = 0; i < funcs.n && M->code == DIAG_NO_SUCH_STAGE; i++) {
        uint32_t at;
        const cb_func_s *f = func_named(M, funcs.at[i], &at);
        int far = misspelt(written->func, f->name) * 2;
        if ((size_t)far > 2 + strlen(written->func))
            continue; /* another word altogether */
        for (uint32_t k = 0; k < f->defs.n; k++) {
            stage_ref *s = NEW(M->c->a, stage_ref);
            *s = (stage_ref){f->name, (int)k - 1};
            int other = abs(s->update - written->update);
            vec_push(M->c->a, &M->list, ((move){.cost = far + (other < 8 ? other : 8), .stage = s}));
        }
    }
}

static void sort(moves *M) /* by insertion: what is equal stays in order */
{
    for (uint32_t i = 1; i < M->list.n; i++) {
        move m = M->list.at[i];
        uint32_t k = i;
        for (; k > 0 && M->list.at[k - 1].cost > m.cost; k--)
            M->list.at[k] = M->list.at[k - 1];
        M->list.at[k] = m;
    }
}

void moves_make(moves *M)
{
    if (M->d) {
        vary_words(M);
        vary_places(M);
        vary_args(M);
    } else {
        vary_stage(M);
    }
    for (uint32_t i = 0; i < M->nothers && M->d; i++) {
        if (!strcmp(directive_text(M->c, M->d), directive_text(M->c, M->others[i])))
            continue; /* one is as good as the other */
        say(M, COST_INSTEAD + (int)i, M->d, NULL, NULL);
        M->list.at[M->list.n - 1].without = M->others[i];
    }
    say(M, COST_DROP, NULL, NULL, NULL);
    sort(M);
}
