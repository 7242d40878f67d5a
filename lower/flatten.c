/* lower/flatten.c: from coordinates to flat memory.
 *
 *     realize g([min, n], [0, 4])           allocate g[n*4]
 *       provide g(x, y) = in(x, y)            store g[(x - min) + y*n] = load in[...]
 *
 * Storage of our own counts from the first element realized, so that its mins cancel against the
 * coordinates; argument buffers count from coordinate 0, with the sum of min*stride, computed once
 * behind the entry checks, taken off. A Func of several values becomes one buffer for each, and
 * its values are computed before the first is stored; so are those of an update of several places (PLACES in the PROVIDE), which
 * becomes a store for each. All index arithmetic is 64-bit.
 */
#include "lower.h"

#include <string.h>

/* Allocations placed on the stack unasked: the largest, and all of a pipeline together, counting
 * the copies that unrolling and vectorizing will make. */
enum { STACK_BYTES = 16 * 1024, STACK_TOTAL = 128 * 1024, UNKNOWN_COPIES = 64 };
enum { REGISTER_BYTES = 4096, ASKED_BYTES = 1 << 20 }; /* asked for by store_in(register), store_in(stack) */

/* How a buffer lies in memory: an argument, or storage of our own while its REALIZE is open. */
typedef struct layout {
    const ir **stride; /* per dimension, i64 */
    const ir **min;    /* storage of our own: of the first element, i32 */
    const ir *offset;  /* argument: sum of min*stride, i64 */
} layout;

typedef struct flattener {
    low *L;
    map layouts;    /* buffer symbol -> layout */
    int64_t copies; /* that will be made of the statement at hand */
    int64_t stack;  /* bytes given so far */
    const ir *mask; /* of loads, or NULL */
} flattener;

typedef vec(const ir *) vec_ir;

static low_func *func_of(ir_mapper *m, ir_sym s)
{
    flattener *w = m->env;
    uint64_t f;
    if (!map_get(&w->L->func_of, s, &f))
        diag_bug(&m->ctx->diags, "flatten", "no Func '%s'", ir_sym_name(m->ctx, s));
    return (low_func *)(uintptr_t)f;
}

static const void *key_of(ir_sym s) { return (const void *)(uintptr_t)s; }

static const ir *times(cb_context *c, const ir *a, const ir *b)
{
    return ir_is_int(b, 1) ? a : ir_is_int(a, 1) ? b : ir_mul(c, a, b);
}

static const ir *plus(cb_context *c, const ir *a, const ir *b)
{
    return ir_is_int(a, 0) ? b : ir_is_int(b, 0) ? a : ir_add(c, a, b);
}

/* The flat index of coordinates (already mapped) in value v of f. */
static const ir *flat_index(ir_mapper *m, low_func *f, uint32_t v, const ir *const *coord)
{
    cb_context *c = m->ctx;
    flattener *w = m->env;
    const layout *l = map_getp(&w->layouts, key_of(low_buffer(w->L, f, v)));
    if (!l)
        diag_bug(&c->diags, "flatten", "'%s' is used outside its storage", f->name);
    const ir *sum = ir_i64(c, 0);
    for (uint32_t d = 0; d < f->rank; d++) {
        const ir *x = coord[d];
        if (l->min && !ir_is_int(l->min[d], 0))
            x = ir_sub(c, x, l->min[d]);
        sum = plus(c, sum, times(c, ir_cast(c, T_I64, x), l->stride[d]));
    }
    return l->offset ? ir_sub(c, sum, l->offset) : sum;
}

static const ir *flatten_call(ir_mapper *m, const ir *n)
{
    low_func *f = func_of(m, n->u.ref.sym);
    n = ir_map(m, n);
    uint32_t v = n->u.ref.index;
    const flattener *w = m->env;
    return ir_load(m->ctx, n->type, low_buffer(f->L, f, v), 0, flat_index(m, f, v, n->arg),
                   w->mask ? w->mask : ir_bool(m->ctx, true));
}

/* Calls of C functions happen where loads do. */
static const ir *flatten_c_call(ir_mapper *m, const ir *n)
{
    const flattener *w = m->env;
    n = ir_map(m, n);
    if (!w->mask)
        return n;
    const ir **arg = arena_copy(m->ctx->a, n->arg, n->nargs * sizeof *n->arg);
    const ir *pred = arg[n->nargs - 1];
    arg[n->nargs - 1] = ir_is_true(pred) ? w->mask : ir_and(m->ctx, pred, w->mask);
    return ir_with_args(m->ctx, n, arg);
}

/* when: where the value is one at all (ir_split_undef). */
static const ir *store(cb_context *c, const ir *provide, ir_sym buffer, const ir *index,
                       const ir *value, const ir *when)
{
    ir_info info = {.sym = buffer, .mem = provide->u.info->mem, .loc = provide->u.info->loc};
    const ir *pred = provide_pred(provide);
    if (PLANTED(c, UNDEF_STORED))
        when = ir_bool(c, true);
    pred = ir_is_true(when) ? pred : ir_is_true(pred) ? when : ir_and(c, pred, when);
    return ir_stmt(c, IR_STORE, &info, (const ir *const[]){index, value, pred}, 3);
}

/* What is stored, in order, and names that come before all of it. */
typedef struct stores {
    cb_context *c;
    low_func *f;
    map names;       /* let symbol -> its value */
    map of;          /* value -> the variable of its let: what is one for several places or values is computed once */
    ir_mapper calls; /* of impure C functions: named */
    const ir *body;
} stores;

static const ir *named(stores *S, const char *what, uint32_t v, const ir *e)
{
    cb_context *c = S->c;
    const ir *var = map_getp(&S->of, e);
    if (var)
        return var;
    ir_sym s = ir_sym_new(c, ctx_string(c, arena_printf(c->a, "%s.%s.%u", S->f->name, what, v)), SYM_LET, e->type, NULL);
    map_putp(c->a, &S->names, key_of(s), e);
    var = ir_var(c, s);
    map_putp(c->a, &S->of, e, (void *)(uintptr_t)var);
    return var;
}

/* Calls of impure C functions happen once, whatever they are part of. */
static const ir *name_call(ir_mapper *m, const ir *n)
{
    if (n->op == IR_LET) /* the call may use what it binds */
        return n;
    n = ir_map(m, n);
    return ir_is_impure_call(n) ? named(m->env, "call", 0, n) : n;
}

/* Value v of n, flattened to p, at one place. */
static void add_store(stores *S, ir_mapper *m, const ir *n, const ir *p, uint32_t place, uint32_t v)
{
    cb_context *c = S->c;
    const ir *when, *value = ir_split_undef(c, provide_values(p)[v], &when);
    bool moves = false;
    if (!value)
        return;
    value = ir_apply(&S->calls, value);
    when = ir_apply(&S->calls, when);
    if (!ir_is_true(when))
        when = named(S, "when", v, when);
    const ir *index = ir_apply(&S->calls, flat_index(m, S->f, v, p->arg));
    if (!PLANTED(c, TUPLE_ORDER) && !(place && PLANTED(c, PLACES_ORDER)))
        value = named(S, "value", v, value);
    for (uint32_t d = 0; d < S->f->rank; d++)
        moves |= ir_uses(c, n->arg[d], S->f->sym);
    if (moves)
        index = named(S, "index", v, index);
    S->body = ir_block2(c, S->body, store(c, p, low_buffer(S->f->L, S->f, v), index, value, when));
}

static const ir *at_place(cb_context *c, const ir *provide, uint32_t place)
{
    const ir **arg = arena_copy(c->a, provide->arg, provide->nargs * sizeof *provide->arg);
    for (uint32_t i = 0; i < provide->nargs; i++)
        arg[i] = ir_at_place(c, arg[i], place);
    return ir_with_args(c, provide, arg);
}

/* Nothing read by a PROVIDE may see what it writes: with several values or places, values and coordinates that read f itself
 * get names first. What is the same for several of them has one name. */
static const ir *flatten_provide(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    low_func *f = func_of(m, n->u.info->sym);
    const ir *p = ir_map(m, n);
    const ir *when;
    const uint32_t places = ir_place_count(c, p->arg, p->nargs);
    if (f->nvalues == 1 && places == 1) {
        const ir *value = ir_split_undef(c, provide_values(p)[0], &when);
        return value ? store(c, p, low_buffer(f->L, f, 0), flat_index(m, f, 0, p->arg), value, when)
                     : NULL;
    }
    stores S = {.c = c, .f = f, .calls = {.ctx = c, .fn = name_call, .env = &S}};
    for (uint32_t k = 0; k < places; k++)
        for (uint32_t v = 0; v < f->nvalues; v++)
            add_store(&S, m, at_place(c, n, k), at_place(c, p, k), k, v);
    for (uint32_t i = S.names.n; i-- > 0 && S.body;)
        S.body = ir_let_stmt(c, (ir_sym)S.names.entry[i].key, (const ir *)(uintptr_t)S.names.entry[i].val, S.body);
    return S.body;
}

static const ir *flatten_prefetch(ir_mapper *m, const ir *n)
{
    low_func *f = func_of(m, n->u.info->sym);
    const ir *all = NULL;
    n = ir_map(m, n);
    for (uint32_t v = 0; v < f->nvalues; v++) {
        ir_info info = {.sym = low_buffer(f->L, f, v), .loc = n->u.info->loc};
        const ir *index = flat_index(m, f, v, n->arg);
        all = ir_block2(m->ctx, all, ir_stmt(m->ctx, IR_PREFETCH, &info, &index, 1));
    }
    return all;
}

/* Lets made on the way to storage, outermost first. */
typedef struct naming {
    cb_context *c;
    const char *prefix;
    map lets;
} naming;

static const ir *bind_lets(const naming *w, const ir *body)
{
    for (uint32_t i = w->lets.n; i-- > 0 && body;)
        body = ir_let_stmt(w->c, (ir_sym)w->lets.entry[i].key,
                           (const ir *)(uintptr_t)w->lets.entry[i].val, body);
    return body;
}

/* A short name for e in the body: e itself when it is one. */
static const ir *name_it(naming *w, const char *what, uint32_t d, const ir *e)
{
    cb_context *c = w->c;
    int64_t k;
    e = simplify(c, e, NULL);
    if (e->op == IR_VAR || ir_as_int(e, &k))
        return e;
    const char *name = arena_printf(c->a, "%s.%s.%u", w->prefix, what, d);
    ir_sym s = ir_sym_new(c, ctx_string(c, name), SYM_LET, e->type, NULL);
    map_putp(c->a, &w->lets, key_of(s), e);
    return ir_var(c, s);
}

/* Decides where `elements` of f live: small constant sizes on the stack. */
static ir_memory place(flattener *w, const low_func *f, const ir **elements, const ir *size, unsigned bytes)
{
    cb_context *c = w->L->ctx;
    ir_memory asked = f->plan ? f->plan->memory : MEM_AUTO;
    if (asked == MEM_HEAP)
        return MEM_HEAP;
    const_range r = range_of(c, *elements, NULL);
    int64_t count = r.hi < 1 ? 1 : r.hi, limit = INT32_MAX;
    if (asked == MEM_AUTO) {
        limit = STACK_TOTAL - w->stack < STACK_BYTES ? STACK_TOTAL - w->stack : STACK_BYTES;
        limit /= bytes * w->copies;
    }
    else
        limit = (asked == MEM_REGISTER ? REGISTER_BYTES : ASKED_BYTES) / bytes;
    if (r.has_hi && count <= limit) {
        if (asked == MEM_AUTO)
            w->stack += count * bytes * w->copies;
        *elements = ir_i64(c, count);
        return asked == MEM_REGISTER ? MEM_REGISTER : MEM_STACK;
    }
    if (asked == MEM_AUTO)
        return MEM_HEAP;
    const directive *from = f->plan->memory_from;
    bool stack = asked != MEM_REGISTER;
    if (!from)
        diag_bug(&c->diags, "flatten", "'%s' is stored where nobody asked for it", f->name);
    diag *d = low_refuse(w->L, stack && r.has_hi ? DIAG_FRAME_TOO_LARGE : DIAG_NOT_CONSTANT, from,
                        r.has_hi ? "the storage of '%s' %s has %lld elements, which is more than the %lld allowed"
                                 : "the storage of '%s' %s has no constant size",
                        f->name, stack ? "on the stack" : "in registers", (long long)count, (long long)limit);
    if (!r.has_hi)
        diag_note(&c->diags, d, (cb_loc){0}, "it has %s elements", ir_text(c, simplify(c, size, NULL)));
    diag_note(&c->diags, d, f->src->loc, "'%s' is declared here", f->name);
    diag_help(&c->diags, d,
              r.has_hi ? "store it in the heap, or compute it in a loop further in"
                       : "store it in the heap, or compute it in a loop where each iteration needs a region "
                         "of constant size");
    low_moves(w->L, d, from, 0);
    diag_end(&c->diags, d);
    return MEM_HEAP;
}

/* Elements from one row to the next: rows of at least a cache line begin at cache lines, as the
 * storage itself does, so that vectors along them do not straddle two. */
static const ir *row_pitch(cb_context *c, const low_func *f, const ir *row)
{
    enum { LINE = 64 };
    int64_t n;
    unsigned bytes = type_bytes(f->types[0]);
    for (uint32_t v = 1; v < f->nvalues; v++)
        if (type_bytes(f->types[v]) < bytes)
            bytes = type_bytes(f->types[v]);
    if (f->rank < 2 || (ir_as_int(row, &n) && n * bytes < LINE))
        return row;
    const ir *line = ir_i64(c, LINE / bytes);
    return times(c, ir_div(c, ir_addi(c, row, LINE / bytes - 1), line), line);
}

static const ir *flatten_realize(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    flattener *w = m->env;
    low_func *f = func_of(m, n->u.info->sym);
    naming lets = {.c = c, .prefix = f->name};
    layout l = {NEW_ARRAY(c->a, const ir *, f->rank + 1), NEW_ARRAY(c->a, const ir *, f->rank + 1),
                NULL};
    const ir *elements = ir_i64(c, 1);
    f->buffer = NULL; /* each REALIZE has buffers of its own: a specialised reader has several */
    for (uint32_t k = 0; k < f->rank; k++) { /* innermost in memory first */
        uint32_t d = f->plan && f->plan->storage_order ? f->plan->storage_order[k] : k;
        const ir *extent = ir_apply(m, n->arg[2 * d + 1]);
        l.min[d] = name_it(&lets, "min", d, ir_apply(m, n->arg[2 * d]));
        l.stride[d] = name_it(&lets, "stride", d, elements);
        extent = ir_cast(c, T_I64, ir_max(c, extent, ir_i32(c, 0)));
        int64_t align = f->plan && f->plan->storage ? f->plan->storage[d].align : 0;
        if (align > 1)
            extent = times(c, ir_div(c, ir_addi(c, extent, align - 1), ir_i64(c, align)),
                           ir_i64(c, align));
        elements = times(c, l.stride[d], extent);
        if (k == 0 && !align)
            elements = row_pitch(c, f, elements);
    }
    if (PLANTED(c, FLATTEN_STRIDE) && f->rank > 2)
        l.stride[2] = l.stride[1];
    const ir *size = ir_inline_lets(c, elements);
    elements = name_it(&lets, "elements", 0, elements);
    for (uint32_t v = 0; v < f->nvalues; v++)
        map_putp(c->a, &w->layouts, key_of(low_buffer(f->L, f, v)), arena_copy(c->a, &l, sizeof l));
    map_clear(&m->memo); /* calls of f mean something now */

    const ir *cond = ir_apply(m, n->arg[n->nargs - 2]);
    const ir *body = ir_apply(m, realize_body(n));
    for (uint32_t v = f->nvalues; v-- > 0 && body;) {
        ir_info info = {.sym = low_buffer(f->L, f, v), .type = f->types[v], .loc = n->u.info->loc};
        const ir *count = elements;
        info.memory = place(w, f, &count, size, type_bytes(f->types[v]));
        body = ir_stmt(c, IR_ALLOCATE, &info, (const ir *const[]){count, cond, body}, 3);
    }
    return bind_lets(&lets, body);
}

/* A buffer as a C function gets it: its first element, then min, extent and stride of each dimension. */
static void pass_region(ir_mapper *m, vec_ir *to, low_func *g, uint32_t v, const ir *const *dims)
{
    cb_context *c = m->ctx;
    flattener *w = m->env;
    ir_sym b = low_buffer(w->L, g, v);
    const layout *l = map_getp(&w->layouts, key_of(b));
    const ir **first = NEW_ARRAY(c->a, const ir *, g->rank + 1);
    for (uint32_t d = 0; d < g->rank; d++)
        first[d] = dims[2 * d];
    vec_push(c->a, to, ir_var_typed(c, b, T_HANDLE));
    vec_push(c->a, to, flat_index(m, g, v, first));
    for (uint32_t d = 0; d < g->rank; d++) {
        vec_push(c->a, to, dims[2 * d]);
        vec_push(c->a, to, dims[2 * d + 1]);
        vec_push(c->a, to, l->stride[d]);
    }
}

static const ir *flatten_extern(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    flattener *w = m->env;
    low_func *f = func_of(m, n->u.info->sym);
    const low_stage *s = &f->stages[0];
    vec_ir args = {0};
    n = ir_map(m, n);
    uint32_t at = 2 * f->rank;
    for (uint32_t i = 0; i < s->ngiven; i++) {
        low_func *g = low_given(s, i);
        for (uint32_t v = 0; g && v < g->nvalues; v++)
            if (g->is_input)
                vec_push(c->a, &args, ir_var_typed(c, low_buffer(w->L, g, v), T_HANDLE));
            else
                pass_region(m, &args, g, v, n->arg + at);
        at += g ? 2 * g->rank : 0;
    }
    for (uint32_t v = 0; v < f->nvalues; v++)
        pass_region(m, &args, f, v, n->arg);
    for (; at < n->nargs; at++)
        vec_push(c->a, &args, n->arg[at]);
    return ir_stmt(c, IR_EXTERN_CALL, n->u.info, args.at, args.n);
}

static const ir *flatten_for(ir_mapper *m, const ir *n)
{
    flattener *w = m->env;
    int64_t outer = w->copies, extent;
    if (n->u.info->kind == LOOP_UNROLL || n->u.info->kind == LOOP_VECTOR) {
        if (!ir_as_int(for_extent(n), &extent))
            extent = UNKNOWN_COPIES;
        if (extent > 1 && w->copies <= STACK_TOTAL)
            w->copies *= extent;
    }
    n = ir_map(m, n);
    w->copies = outer;
    return n;
}

/* if (cond) s, where cond masks the loads of s only. */
static const ir *flatten_masked(ir_mapper *m, const ir *n)
{
    flattener *w = m->env;
    const ir *outer = w->mask, *cond = ir_apply(m, n->arg[0]);
    w->mask = outer ? ir_and(m->ctx, outer, cond) : cond;
    map_clear(&m->memo); /* loads mean something else inside */
    const ir *s = ir_apply(m, n->arg[1]);
    w->mask = outer;
    map_clear(&m->memo);
    return s;
}

static const ir *flatten_node(ir_mapper *m, const ir *n)
{
    switch ((ir_op)n->op) {
    case IR_CALL: return flatten_call(m, n);
    case IR_C_CALL: return flatten_c_call(m, n);
    case IR_PROVIDE: return flatten_provide(m, n);
    case IR_REALIZE: return flatten_realize(m, n);
    case IR_PREFETCH: return flatten_prefetch(m, n);
    case IR_FOR: return flatten_for(m, n);
    case IR_EXTERN_STAGE: return flatten_extern(m, n);
    case IR_IF:
        if (n->u.info && n->u.info->index == IR_IF_LOADS)
            return flatten_masked(m, n);
        return ir_map(m, n);
    default: return ir_map(m, n);
    }
}

/* ---- argument buffers ------------------------------------------------------------------------*/

static bool is_access(const ir *n) { return n->op == IR_CALL || n->op == IR_PROVIDE || n->op == IR_PREFETCH || n->op == IR_EXTERN_STAGE; }

/* Lets for the strides and offsets of an argument's buffers. */
static void lay_out(flattener *w, naming *lets, low_func *f)
{
    cb_context *c = w->L->ctx;
    for (uint32_t v = 0; v < f->nvalues; v++) {
        ir_sym b = low_buffer(w->L, f, v);
        layout *l = NEW(c->a, layout);
        const ir *sum = ir_i64(c, 0);
        l->stride = NEW_ARRAY(c->a, const ir *, f->rank + 1);
        lets->prefix = ir_sym_name(c, b);
        for (uint32_t d = 0; d < f->rank; d++) {
            bool unit = d == 0 && !f->src->any_stride; /* checked at entry */
            ir_sym named = v == 0 && f->stride_name ? f->stride_name[d] : 0; /* conditions speak of it */
            const ir *const *known = f->known ? &f->known[3 * (v * f->rank + d)] : NULL; /* the same */
            l->stride[d] = known && known[2] ? PLANTED(c, RULE_STRIDE) ? ir_addi(c, known[2], 1) : known[2]
                           : unit            ? ir_i64(c, 1)
                           : named           ? ir_var(c, named)
                                             : name_it(lets, "stride", d, ir_field(c, b, FIELD_STRIDE, d));
            const ir *min = ir_cast(c, T_I64, known && known[0] ? known[0] : ir_field(c, b, FIELD_MIN, d));
            sum = plus(c, sum, times(c, min, l->stride[d]));
        }
        l->offset = f->rank ? name_it(lets, "offset", 0, sum) : NULL;
        map_putp(c->a, &w->layouts, key_of(b), l);
    }
}

/* Flattens n, with the lets of arguments bound inside it as late as all accesses allow: behind the
 * checks that the fields they read can be trusted. */
static const ir *enter(ir_mapper *m, const naming *lets, const ir *n)
{
    cb_context *c = m->ctx;
    uint32_t with = 0, first = 0;
    bool passes = n->op == IR_LET_STMT || n->op == IR_BLOCK || n->op == IR_IF;
    for (uint32_t i = n->nargs; passes && i-- > 0;) {
        if (!ir_any(c, n->arg[i], is_access))
            continue;
        with++;
        first = i;
    }
    if (with == 1 && ir_is_stmt(n->arg[first])) {
        const ir **arg = arena_copy(c->a, n->arg, n->nargs * sizeof *n->arg);
        arg[first] = enter(m, lets, n->arg[first]);
        return ir_with_args(c, n, arg);
    }
    if (n->op != IR_BLOCK)
        return bind_lets(lets, ir_apply(m, n));
    const ir *rest = ir_block(c, n->arg + first, n->nargs - first);
    return ir_block2(c, ir_block(c, n->arg, first), bind_lets(lets, ir_apply(m, rest)));
}

void low_flatten(low *L)
{
    flattener w = {.L = L, .copies = 1};
    ir_mapper m = {.ctx = L->ctx, .fn = flatten_node, .env = &w};
    naming lets = {.c = L->ctx};
    for (uint32_t i = 0; i < L->inputs.n; i++)
        lay_out(&w, &lets, L->inputs.at[i]);
    for (uint32_t i = 0; i < L->tables.n; i++)
        lay_out(&w, &lets, L->tables.at[i]);
    for (uint32_t i = 0; i < L->outputs.n; i++)
        lay_out(&w, &lets, L->outputs.at[i]);
    L->body = enter(&m, &lets, L->body);
}
