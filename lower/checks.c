/* lower/checks.c: what a pipeline does before it computes: checks its arguments, answers queries.
 *
 *     assert !in.null ...                     every buffer: pointer, version, type, rank
 *     let in.min.0 = field(in, min, 0) ...    every field used below, read once
 *     if (any buffer is a query)
 *         set_dim in 0 (region required)      and nothing else: the pipeline returns 0
 *     else if (some output is not empty)
 *         assert in covers what is read ...   memory, extents, strides, regions, sizes
 *         the nest, its FIELDs replaced by the lets
 *
 * The region an Input must cover comes from the definitions (regions.c). Only where the schedule
 * widens what is computed by an explicit tail, bound or alignment does what the nest really touches
 * count as well; ends that C functions answer in its loops are those outside of them (bounds.c). Region arithmetic is 32-bit in the nest; the checks do it in 64 bits, and once
 * they hold the 32-bit arithmetic cannot overflow.
 */
#include "checks.h"

#define MAX_ELEMENTS ((double)(INT64_C(1) << 56)) /* leaves room for element sizes and widening */

static void add(checker *k, stmts *to, const ir *s) { vec_push(k->c->a, to, s); }

void check_add(checker *k, stmts *to, const ir *cond, int code, const char *msg, const ir *const *args, uint32_t nargs)
{
    cond = simplify(k->c, cond, k->known);
    if (!ir_is_true(cond))
        add(k, to, ir_assert(k->c, cond, code, msg, args, nargs));
}

static const ir *i64(checker *k, const ir *e) { return ir_cast(k->c, T_I64, e); }
static const ir *f64(checker *k, const ir *e) { return ir_cast(k->c, T_F64, e); }
static const ir *var(checker *k, ir_sym s) { return ir_var(k->c, s); }

const ir *check_given(checker *k, const argument *a, uint32_t d, int what)
{
    ir_sym s = what == 0 ? a->entry->min[d] : what == 1 ? a->entry->extent[d] : a->entry->stride[d];
    return s ? var(k, s) : ir_i64(k->c, 1);
}

argument *check_argument(checker *k, ir_sym buffer)
{
    for (uint32_t i = 0; i < k->args.n; i++)
        if (k->args.at[i].buffer == buffer)
            return &k->args.at[i];
    diag_bug(&k->c->diags, "checks", "'%s' is no argument", ir_sym_name(k->c, buffer));
}

/* Fields of which the program says what they are are that: check_rules sees to it that they are right. */
static const ir *field_value(checker *k, argument *a, uint32_t d, int what)
{
    const ir *known = saying_known(k, a, d, what);
    return known ? known : check_given(k, a, d, what);
}
static const ir *dim_min(checker *k, argument *a, uint32_t d) { return field_value(k, a, d, 0); }
static const ir *dim_extent(checker *k, argument *a, uint32_t d) { return field_value(k, a, d, 1); }
static const ir *dim_stride(checker *k, argument *a, uint32_t d) { return field_value(k, a, d, 2); }
static const ir *dim_max64(checker *k, argument *a, uint32_t d)
{
    return ir_addi(k->c, ir_add(k->c, i64(k, dim_min(k, a, d)), i64(k, dim_extent(k, a, d))), -1);
}

/* ---- names for fields ------------------------------------------------------------------------ */

/* What a C function is asked about whole regions is asked once, at entry. */
static const ir *query_to_let(ir_mapper *m, const ir *n)
{
    checker *k = m->env;
    n = ir_map(m, n);
    for (uint32_t i = 0; i < k->queries.n; i++)
        if (k->queries.at[i] == n)
            return var(k, k->answers.at[i]);
    if (!k->asking)
        return n;
    ir_sym s = ir_sym_new(k->c, ir_sym_name(k->c, n->u.ref.sym), SYM_LET, T_I64, NULL);
    vec_push(k->c->a, &k->queries, n);
    vec_push(k->c->a, &k->answers, s);
    return var(k, s);
}

static void name_queries(checker *k)
{
    k->asking = true;
    for (uint32_t i = 0; i < k->boxes.n; i++) {
        const box *b = (const box *)(uintptr_t)k->boxes.entry[i].val;
        for (uint32_t d = 0; d < b->rank && !b->empty; d++) {
            ir_apply(&k->given, b->dim[d].lo);
            ir_apply(&k->given, b->dim[d].hi);
            ir_apply(&k->fields, b->dim[d].lo);
            ir_apply(&k->fields, b->dim[d].hi);
        }
    }
    k->asking = false;
}

static const ir *bind_queries(checker *k, const ir *body)
{
    for (uint32_t i = k->queries.n; i-- > 0 && body;)
        body = ir_let_stmt(k->c, k->answers.at[i], k->queries.at[i], body);
    return body;
}

static const ir *field_to_let(ir_mapper *m, const ir *n)
{
    checker *k = m->env;
    if (n->op == IR_QUERY)
        return query_to_let(m, n);
    if (n->op != IR_FIELD || n->u.ref.index / 16 > FIELD_STRIDE)
        return ir_map(m, n);
    argument *a = check_argument(k, n->u.ref.sym);
    uint32_t d = n->u.ref.index % 16;
    int what = (int)(n->u.ref.index / 16);
    bool as_given = m == &k->given && saying_is_rule(a, d, what);
    return as_given ? check_given(k, a, d, what) : field_value(k, a, d, what);
}

/* An i32 expression computed in 64 bits, exactly. */
static const ir *widen(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    switch ((ir_op)n->op) {
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_DIV:
    case IR_MOD:
    case IR_MIN:
    case IR_MAX: return ir_bin(c, n->op, ir_apply(m, n->arg[0]), ir_apply(m, n->arg[1]));
    case IR_SELECT: return ir_select(c, n->arg[0], ir_apply(m, n->arg[1]), ir_apply(m, n->arg[2]));
    default: return ir_cast(c, T_I64, n); /* opaque here: its value is an i32 */
    }
}

static const ir *wide(checker *k, const ir *bound)
{
    return ir_apply(&k->wide, ir_apply(&k->fields, bound));
}

static ir_sym entry_sym(checker *k, const argument *a, const char *field, uint32_t d, cb_type t)
{
    const char *name = arena_printf(k->c->a, "%s.%s.%u", ir_sym_name(k->c, a->buffer), field, d);
    return ir_sym_new(k->c, ctx_string(k->c, name), SYM_LET, t, NULL);
}

static void add_argument(checker *k, low_func *f, uint32_t v)
{
    cb_context *c = k->c;
    argument a = {.f = f, .value = v, .buffer = low_buffer(k->L, f, v)};
    a.entry = NEW(c->a, fields);
    a.what = f->is_input ? "input" : "output";
    a.name = ir_string(c, ir_sym_name(c, a.buffer));
    a.entry->min = NEW_ARRAY(c->a, ir_sym, f->rank + 1);
    a.entry->extent = NEW_ARRAY(c->a, ir_sym, f->rank + 1);
    a.entry->stride = NEW_ARRAY(c->a, ir_sym, f->rank + 1);
    for (uint32_t d = 0; d < f->rank; d++) {
        a.entry->min[d] = entry_sym(k, &a, "min", d, T_I32);
        a.entry->extent[d] = entry_sym(k, &a, "extent", d, T_I32);
        if (d || f->src->any_stride)
            a.entry->stride[d] = entry_sym(k, &a, "stride", d, T_I64);
    }
    if (v == 0)
        f->stride_name = a.entry->stride;
    vec_push(c->a, &k->args, a);
}

static const ir *bind_fields(checker *k, const ir *body)
{
    cb_context *c = k->c;
    for (uint32_t i = k->args.n; i-- > 0;) {
        const argument *a = &k->args.at[i];
        for (uint32_t d = a->f->rank; d-- > 0;) {
            if (a->entry->stride[d])
                body = ir_let_stmt(c, a->entry->stride[d], ir_field(c, a->buffer, FIELD_STRIDE, d),
                                   body);
            body =
                ir_let_stmt(c, a->entry->extent[d], ir_field(c, a->buffer, FIELD_EXTENT, d), body);
            body = ir_let_stmt(c, a->entry->min[d], ir_field(c, a->buffer, FIELD_MIN, d), body);
        }
    }
    return body;
}

/* ---- regions --------------------------------------------------------------------------------- */

static bool has_c_functions(const low *L)
{
    bool found = false;
    for (uint32_t i = 0; i < L->funcs.n; i++)
        found |= low_is_extern(L->funcs.at[i]);
    return found;
}

/* No more of an argument is read than one of the two ways to find that says; of an output its own updates may read more than `outside`,
 * which is what others read of it. Where C functions answer inside of loops these have no end; else none means that there is none. */
static void keep_within(checker *k, const argument *a, box *t, const box *outside)
{
    cb_context *c = k->c;
    const bool asks = has_c_functions(k->L);
    for (uint32_t d = 0; d < a->f->rank && outside && !outside->empty; d++) {
        interval *v = &t->dim[d];
        const interval *o = &outside->dim[d];
        if (!v->lo && asks)
            v->lo = o->lo;
        else if (v->lo && o->lo && !a->f->is_output)
            v->lo = simplify(c, ir_max(c, v->lo, o->lo), NULL);
        if (!v->hi && asks)
            v->hi = o->hi;
        else if (v->hi && o->hi && !a->f->is_output)
            v->hi = simplify(c, ir_min(c, v->hi, o->hi), NULL);
    }
}

/* What a schedule that widens makes an argument needed for is read off the nest, where ends of loops that depend on each other may
 * be added up, and off the regions of its readers; of an output only where its own loops go beyond it, or others read it. */
static bool find_region(checker *k, argument *a, bool widens)
{
    low *L = k->L;
    a->region = map_getp(&k->boxes, a->f);
    if (a->value)
        return true;
    const bool promised = a->f->is_output && a->f->plan && a->f->plan->bounds.n;
    const bool stores = promised || low_any_tail(a->f, tail_writes_beyond), reads = stores || low_any_tail(a->f, tail_reads_beyond);
    if (widens && (a->f->is_input || a->f->readers.n || reads)) {
        interval_env *E = interval_env_new(k->c, L, NULL);
        box *t = boxes_read(E, L->body, a->f->sym, a->f->rank);
        keep_within(k, a, t, a->f->nest_reads);
        if (!t->empty)
            box_hull(k->c, a->region, t, NULL);
        if (stores)
            box_hull(k->c, a->region, boxes_touched(E, L->body, a->f->sym, a->f->rank, false, true), NULL);
    }
    return !low_unbounded(L, a->f, a->region);
}

/* Regions required of all arguments and tables. False after a diagnostic. */
static bool find_regions(checker *k)
{
    bool ok = true, widens = low_widens(k->L);
    low_whole_regions(k->L, &k->boxes);
    for (uint32_t i = 0; i < k->args.n; i++)
        ok &= find_region(k, &k->args.at[i], widens);
    for (uint32_t i = 0; i < k->tables.n; i++)
        ok &= find_region(k, &k->tables.at[i], widens);
    return ok;
}

/* ---- checks before anything is read ---------------------------------------------------------- */

static void check_shape(checker *k, stmts *to, const argument *a)
{
    cb_context *c = k->c;
    const ir *what = ir_string(c, a->what);
    cb_type t = a->f->types[a->value];
    const ir *code = ir_field(c, a->buffer, FIELD_TYPE_CODE, 0);
    const ir *bits = ir_field(c, a->buffer, FIELD_TYPE_BITS, 0);
    const ir *rank = ir_field(c, a->buffer, FIELD_RANK, 0);
    char type[16];
    CHECK(k, to, ir_not(c, ir_field(c, a->buffer, FIELD_IS_NULL, 0)), NULL_BUFFER,
          "%s '%s' is NULL", what, a->name);
    CHECK(k, to, ir_not(c, ir_field(c, a->buffer, FIELD_BAD_VERSION, 0)), BAD_VERSION,
          "%s '%s' has an unknown size or version: it was not initialised", what, a->name);
    CHECK(k, to, ir_and(c, ir_eq(c, code, ir_i32(c, t.code)), ir_eq(c, bits, ir_i32(c, t.bits))),
          BAD_TYPE, "%s '%s' must have elements of type %s, but has %t", what, a->name,
          ir_string(c, ctx_string(c, type_name(t, type))),
          ir_add(c, ir_mul(c, i64(k, code), ir_i64(c, 256)), i64(k, bits)));
    CHECK(k, to, ir_eq(c, rank, ir_i32(c, a->f->rank)), BAD_RANK,
          a->f->rank == 1 ? "%s '%s' must have %d dimension, but has %d"
                          : "%s '%s' must have %d dimensions, but has %d",
          what, a->name, ir_i64(c, a->f->rank),
          i64(k, rank));
}

/* Also of queries: what other fields say of these does not count yet. */
static void check_extents(checker *k, stmts *to, argument *a)
{
    cb_context *c = k->c;
    for (uint32_t d = 0; d < a->f->rank; d++) {
        const ir *min = ir_apply(&k->given, ir_field(c, a->buffer, FIELD_MIN, d));
        const ir *extent = ir_apply(&k->given, ir_field(c, a->buffer, FIELD_EXTENT, d));
        const ir *end = ir_add(c, i64(k, min), i64(k, extent));
        const ir *cond = ir_and(c, ir_le(c, ir_i32(c, 0), extent),
                                ir_le(c, ir_addi(c, end, -1), ir_i64(c, INT32_MAX - 1)));
        CHECK(k, to, cond, BAD_EXTENT, "%s '%s' has min %d and extent %d in dimension %d",
              ir_string(c, a->what), a->name, i64(k, min), i64(k, extent), ir_i64(c, d));
    }
}

static void check_params(checker *k, stmts *to)
{
    cb_context *c = k->c;
    for (uint32_t i = 0; i < k->L->params.n; i++) {
        const cb_param_s *p = k->L->pipe->params.at[i];
        const ir *x = var(k, k->L->params.at[i]);
        bool real = type_is_float(p->type);
        for (int upper = 0; upper < 2; upper++) {
            if (upper ? !p->has_max : !p->has_min)
                continue;
            ir_value v = upper ? p->max : p->min;
            const ir *limit = real ? ir_float(c, p->type, v.f) : ir_int(c, p->type, v.i);
            const char *msg = upper  ? real ? "parameter '%s' is %f, but must be at most %f"
                                            : "parameter '%s' is %d, but must be at most %d"
                              : real ? "parameter '%s' is %f, but must be at least %f"
                                     : "parameter '%s' is %d, but must be at least %d";
            CHECK(k, to, upper ? ir_le(c, x, limit) : ir_le(c, limit, x), PARAM_RANGE, msg,
                  ir_string(c, p->name), real ? f64(k, x) : i64(k, x),
                  real ? f64(k, limit) : i64(k, limit));
        }
    }
}

/* ---- answering queries ----------------------------------------------------------------------- */

static const ir *answer(checker *k, argument *a)
{
    cb_context *c = k->c;
    stmts out = {0};
    for (uint32_t d = 0; d < a->f->rank; d++) {
        ir_info info = {.sym = a->buffer, .index = d};
        const ir *dim[3];
        for (int what = 0; what < 3; what++)
            dim[what] = saying_answer(k, a, d, what);
        add(k, &out, ir_stmt(c, IR_SET_DIM, &info, dim, 3));
    }
    const ir *all = ir_block(c, out.at, out.n);
    return all ? ir_if(c, ir_field(c, a->buffer, FIELD_IS_QUERY, 0), all, NULL) : NULL;
}

static const ir *answer_queries(checker *k, const ir *otherwise)
{
    cb_context *c = k->c;
    stmts out = {0};
    const ir *query = ir_bool(c, false);
    check_requirements(k, &out, true);
    for (uint32_t i = 0; i < k->args.n; i++) {
        const ir *asked = ir_field(c, k->args.at[i].buffer, FIELD_IS_QUERY, 0);
        query = i ? ir_or(c, query, asked) : asked;
        add(k, &out, answer(k, &k->args.at[i]));
    }
    const ir *set = ir_block(c, out.at, out.n);
    if (set)
        return ir_if(c, query, set, otherwise);
    return ir_if(c, ir_not(c, query), otherwise, NULL); /* no buffer has a dimension */
}

/* ---- checks before computing ----------------------------------------------------------------- */

static void check_memory(checker *k, stmts *to, argument *a)
{
    cb_context *c = k->c;
    const ir *what = ir_string(c, a->what), *reach = ir_float(c, T_F64, 1), *none = ir_bool(c, false);
    CHECK(k, to, ir_not(c, ir_field(c, a->buffer, FIELD_HOST_NULL, 0)), NO_HOST,
          "%s '%s' has no host memory", what, a->name);
    check_alignment(k, to, a);
    for (uint32_t d = 0; d < a->f->rank; d++)
        none = ir_or(c, none, ir_le(c, dim_extent(k, a, d), ir_i32(c, 0)));
    for (uint32_t d = 0; d < a->f->rank; d++) {
        const ir *extent = dim_extent(k, a, d), *stride = ir_field(c, a->buffer, FIELD_STRIDE, d);
        const ir *one = ir_or(c, none, ir_le(c, extent, ir_i32(c, 1))); /* or fewer: its strides are not used */
        if (!a->entry->stride[d])
            CHECK(k, to, ir_or(c, one, ir_eq(c, stride, ir_i64(c, 1))), BAD_STRIDE,
                  "%s '%s' has stride %d in dimension %d, but must have 1", what, a->name, stride,
                  ir_i64(c, d));
        else if (a->f->is_output)
            CHECK(k, to, ir_or(c, one, ir_ne(c, dim_stride(k, a, d), ir_i64(c, 0))), ALIAS,
                  "%s '%s' has stride 0 in dimension %d: its elements share memory", what, a->name,
                  ir_i64(c, d));
        const ir *far =
            ir_max(c, f64(k, dim_max64(k, a, d)), ir_un(c, IR_ABS, f64(k, dim_min(k, a, d))));
        const ir *most = ir_add(c, far, f64(k, extent));
        if (a->entry->stride[d])
            most = ir_mul(c, most, ir_un(c, IR_ABS, f64(k, dim_stride(k, a, d))));
        reach = d ? ir_add(c, reach, most) : most;
    }
    if (a->f->rank)
        CHECK(k, to, ir_le(c, reach, ir_float(c, T_F64, MAX_ELEMENTS)), TOO_LARGE,
              "%s '%s' spans more memory than can be addressed", what, a->name);
}

/* " by vectorize(x, 8, round_up)": what widens dimension d of an output, "": nothing does. */
static const char *widened_by(const checker *k, const low_func *f, uint32_t d)
{
    const directive *by = NULL;
    for (uint32_t i = 0; i < f->plan->bounds.n; i++)
        if (f->plan->bounds.at[i].dim == d && f->plan->bounds.at[i].modulus)
            by = f->plan->bounds.at[i].from;
    for (uint32_t n = 0; n < f->nstages; n++)
        for (uint32_t m = 0; m < f->stages[n].nleaves; m++) {
            const stage_plan *s = f->stages[n].leaf[m]->plan;
            bool *of = NEW_ARRAY(k->c->a, bool, s->dims_all.n + 1); /* made of that dimension */
            for (uint32_t i = 0; i < s->dims_all.n; i++)
                of[i] = s->dims_all.at[i].pure_dim == (int)d;
            for (uint32_t i = 0; i < s->splits.n; i++) {
                const split_plan *p = &s->splits.at[i];
                if (p->kind != SPLIT_FUSE)
                    of[p->outer] |= of[p->old];
                if (!by && p->kind == SPLIT_SPLIT && of[p->old] && tail_writes_beyond(p->tail))
                    by = p->from;
            }
        }
    if (!by)
        return "";
    text t;
    text_init(&t, k->c->a);
    text_put(&t, " by ");
    directive_print(&t, by->origin ? by->origin : by);
    return text_str(&t);
}

/* Is nothing at all in the region? Then its bounds do not matter. */
static const ir *region_empty(checker *k, const box *b)
{
    cb_context *c = k->c;
    const ir *empty = ir_bool(c, false);
    for (uint32_t d = 0; d < b->rank; d++) {
        const ir *lo = ir_apply(&k->fields, b->dim[d].lo);
        const ir *hi = ir_apply(&k->fields, b->dim[d].hi);
        if (!can_prove(c, ir_le(c, lo, hi), k->known))
            empty = ir_or(c, empty, ir_lt(c, ir_apply(&k->wide, hi), ir_apply(&k->wide, lo)));
    }
    return empty;
}

static void check_region(checker *k, stmts *to, argument *a)
{
    cb_context *c = k->c;
    const box *b = a->region;
    if (b->empty)
        return;
    const ir *empty = region_empty(k, b);
    for (uint32_t d = 0; d < b->rank; d++) {
        const ir *lo = wide(k, b->dim[d].lo), *hi = wide(k, b->dim[d].hi);
        const ir *min = i64(k, dim_min(k, a, d)), *max = dim_max64(k, a, d);
        const ir *inside = ir_and(c, ir_le(c, min, lo), ir_le(c, hi, max));
        if (ir_is_true(simplify(c, inside, k->known)))
            continue;
        if (a->f->src->table && ir_is_false(simplify(c, ir_or(c, empty, inside), k->known))) {
            low_outside(k->L, a->f, b, d); /* known before anything runs */
            return;
        }
        const char *msg =
            a->f->src->table
                ? "table '%s' is accessed from %d to %d in dimension %d%s, but has %d to %d only"
            : a->f->is_input
                ? "input '%s' is accessed from %d to %d in dimension %d%s, but covers %d to %d only"
                : "output '%s' is computed from %d to %d in dimension %d%s, but covers %d to %d only";
        const char *by = a->f->is_input || a->f->src->table ? low_reach(k->L, &b->dim[d]) : widened_by(k, a->f, d);
        CHECK(k, to, ir_or(c, empty, inside), OUT_OF_BOUNDS, msg, a->name, lo, hi, ir_i64(c, d),
              ir_string(c, by), min, max);
    }
}

/* The buffers of a tuple cover one region. */
static void check_same(checker *k, stmts *to, argument *first, argument *a)
{
    cb_context *c = k->c;
    for (uint32_t d = 0; d < a->f->rank; d++)
        CHECK(k, to,
              ir_and(c, ir_eq(c, dim_min(k, first, d), dim_min(k, a, d)),
                     ir_eq(c, dim_extent(k, first, d), dim_extent(k, a, d))),
              OUT_OF_BOUNDS, "output '%s' must cover the same region as '%s' in dimension %d",
              a->name, first->name, ir_i64(c, d));
}

/* Coordinates of a Func that is stored fit 32 bits, and its elements can be counted. */
static void check_func(checker *k, stmts *to, const low_func *f)
{
    cb_context *c = k->c;
    const box *b = map_getp(&k->boxes, f);
    if (f->is_output || f->inlined || !b || b->empty)
        return;
    const ir *fits = ir_bool(c, true), *size = ir_float(c, T_F64, 1);
    for (uint32_t d = 0; d < b->rank; d++) {
        if (!b->dim[d].lo || !b->dim[d].hi)
            return; /* bounds inference has its say */
        const ir *lo = wide(k, b->dim[d].lo), *hi = wide(k, b->dim[d].hi);
        fits = ir_and(c, fits, ir_le(c, ir_i64(c, INT32_MIN), lo));
        fits = ir_and(c, fits, ir_lt(c, hi, ir_i64(c, INT32_MAX)));
        const ir *extent = ir_addi(c, ir_sub(c, hi, lo), 1);
        fits = ir_and(c, fits, ir_le(c, extent, ir_i64(c, INT32_MAX)));
        size = d ? ir_mul(c, size, f64(k, extent)) : f64(k, extent);
    }
    if (b->rank > 1)
        fits = ir_and(c, fits, ir_le(c, size, ir_float(c, T_F64, MAX_ELEMENTS)));
    CHECK(k, to, fits, TOO_LARGE, "the region computed of '%s' is too large",
          ir_string(c, f->name));
}

/* Has some output an element? */
static const ir *not_empty(checker *k)
{
    cb_context *c = k->c;
    const ir *some = ir_bool(c, false);
    for (uint32_t i = 0; i < k->args.n; i++) {
        argument *a = &k->args.at[i];
        if (a->f->is_input || a->value)
            continue;
        const ir *all = ir_bool(c, true);
        for (uint32_t d = 0; d < a->f->rank; d++)
            all = ir_and(c, all, ir_lt(c, ir_i32(c, 0), dim_extent(k, a, d)));
        some = ir_or(c, some, all);
    }
    return simplify(c, some, NULL);
}

/* What holds once shapes and extents were checked and some output is not empty. */
static void learn(checker *k)
{
    uint32_t outputs = k->L->outputs.n;
    for (uint32_t i = 0; i < k->args.n; i++) {
        const argument *a = &k->args.at[i];
        int least = a->f->is_output && a->value == 0 && outputs == 1;
        for (uint32_t d = 0; d < a->f->rank; d++)
            facts_range(k->known, a->entry->extent[d], ir_i32(k->c, least), NULL);
    }
}

static const ir *execution(checker *k)
{
    low *L = k->L;
    cb_context *c = k->c;
    stmts out = {0};
    argument *first = NULL;
    const ir *some = not_empty(k);
    for (uint32_t i = 0; i < k->args.n; i++)
        if (k->args.at[i].f->is_input) /* outputs were checked before */
            check_extents(k, &out, &k->args.at[i]);
    learn(k);
    for (uint32_t i = 0; i < k->args.n; i++) {
        argument *a = &k->args.at[i];
        check_memory(k, &out, a);
        if (a->value == 0)
            first = a;
        else
            check_same(k, &out, first, a);
        check_region(k, &out, a);
    }
    for (uint32_t i = 0; i < k->tables.n; i++)
        check_region(k, &out, &k->tables.at[i]);
    for (uint32_t i = 0; i < L->funcs.n; i++)
        check_func(k, &out, L->funcs.at[i]);
    add(k, &out, ir_apply(&k->fields, L->body));
    return ir_if(c, some, ir_block(c, out.at, out.n), NULL);
}

/* Requirements are checked also where nothing is to be computed. */
static const ir *checked_execution(checker *k)
{
    stmts out = {0};
    check_requirements(k, &out, false);
    add(k, &out, execution(k));
    return ir_block(k->c, out.at, out.n);
}

void low_checks(low *L)
{
    cb_context *c = L->ctx;
    checker k = {.L = L, .c = c, .known = facts_new(c, NULL)};
    k.fields = (ir_mapper){.ctx = c, .fn = field_to_let, .env = &k};
    k.given = (ir_mapper){.ctx = c, .fn = field_to_let, .env = &k};
    k.wide = (ir_mapper){.ctx = c, .fn = widen, .env = &k};
    for (uint32_t side = 0; side < 2; side++) {
        uint32_t n = side ? L->outputs.n : L->inputs.n;
        for (uint32_t i = 0; i < n; i++) {
            low_func *f = side ? L->outputs.at[i] : L->inputs.at[i];
            for (uint32_t v = 0; v < f->nvalues; v++)
                add_argument(&k, f, v);
        }
    }
    for (uint32_t i = 0; i < L->tables.n; i++) {
        low_func *f = L->tables.at[i];
        const char *name = ctx_string(c, f->name);
        vec_push(c->a, &k.tables, (argument){.f = f, .buffer = low_buffer(L, f, 0), .what = "table",
                                             .name = ir_string(c, name)});
    }
    if (!find_regions(&k))
        return;
    for (uint32_t i = 0; i < k.args.n; i++)
        saying_all_known(&k, &k.args.at[i]);
    for (uint32_t i = 0; i < k.tables.n; i++)
        saying_all_known(&k, &k.tables.at[i]);
    stmts out = {0};
    for (uint32_t i = 0; i < k.args.n; i++)
        check_shape(&k, &out, &k.args.at[i]);
    check_params(&k, &out);
    stmts in = {0};
    for (uint32_t i = 0; i < k.args.n; i++)
        check_rules(&k, &in, &k.args.at[i]);
    for (uint32_t i = 0; i < k.args.n; i++)
        if (k.args.at[i].f->is_output)
            check_extents(&k, &in, &k.args.at[i]); /* before execution() takes them for granted */
    name_queries(&k);
    add(&k, &in, bind_queries(&k, answer_queries(&k, checked_execution(&k))));
    add(&k, &out, bind_fields(&k, ir_block(c, in.at, in.n)));
    L->body = ir_block(c, out.at, out.n);
}
