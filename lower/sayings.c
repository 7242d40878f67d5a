/* lower/sayings.c: what the program says of its arguments (dsl/constrain.c), checked at entry and answered to
 * queries.
 *
 *     set_extent(b, 0, extent(a, 0))      assert b.extent.0 == a.extent.0
 *                                         the nest has a.extent.0 in place of b.extent.0
 *                                         a query of b is told the extent of a, or what a's own query is told
 *     add_requirement(E(n > 2))           assert n > 2, which is known from there on
 *
 * A field is written in terms of fields that nothing is said of: rules have no cycles. They are compared with
 * what the caller gave before anything else uses them. A dimension of one element may have any stride; code
 * that speaks of that stride then means what the program says it is.
 */
#include "checks.h"

static const ir *rule_of(const argument *a, uint32_t d, int what)
{
    return a->f->rule ? a->f->rule[3 * d + (uint32_t)what] : NULL;
}

bool saying_is_rule(const argument *a, uint32_t d, int what)
{
    const ir *r = rule_of(a, d, what);
    return r && r->op != IR_INT;
}

/* A FIELD of the first buffer of a tuple means that of buffer `to`. */
typedef struct renaming {
    ir_sym from, to;
} renaming;

static const ir *rename_buffer(ir_mapper *m, const ir *n)
{
    const renaming *r = m->env;
    if (n->op != IR_FIELD || n->u.ref.sym != r->from)
        return ir_map(m, n);
    return ir_field(m->ctx, r->to, n->u.ref.index / 16, n->u.ref.index % 16);
}

/* The rule in FIELDs, those of its own Func being of this buffer. */
static const ir *own_rule(checker *k, const argument *a, uint32_t d, int what)
{
    const ir *r = rule_of(a, d, what);
    renaming names = {r && a->value ? low_buffer(k->L, a->f, 0) : 0, a->buffer};
    ir_mapper m = {.ctx = k->c, .fn = rename_buffer, .env = &names};
    return names.from ? ir_apply(&m, r) : r;
}

const ir *saying_known(checker *k, argument *a, uint32_t d, int what)
{
    const ir *r = own_rule(k, a, d, what);
    if (!r)
        return NULL;
    low_func *f = a->f;
    if (!f->known)
        f->known = NEW_ARRAY(k->c->a, const ir *, 3 * f->rank * f->nvalues);
    const ir **known = &f->known[3 * (a->value * f->rank + d) + (uint32_t)what];
    if (!*known)
        *known = simplify(k->c, ir_apply(&k->fields, r), NULL);
    return *known;
}

void saying_all_known(checker *k, argument *a)
{
    for (uint32_t d = 0; d < a->f->rank; d++)
        for (int what = 0; what < 3; what++)
            saying_known(k, a, d, what);
}

/* ---- which buffers matter ------------------------------------------------------------------------ */

typedef struct mention {
    checker *k;
    map seen; /* buffers */
    const ir *all;
} mention;

static bool note_buffer(void *env, const ir *n)
{
    mention *M = env;
    cb_context *c = M->k->c;
    if (n->op != IR_FIELD)
        return true;
    argument *a = check_argument(M->k, n->u.ref.sym);
    if (!map_get(&M->seen, a->buffer, NULL)) {
        map_put(c->a, &M->seen, a->buffer, 1);
        M->all = ir_and(c, M->all, ir_not(c, ir_field(c, a->buffer, FIELD_IS_QUERY, 0)));
    }
    const ir *r = own_rule(M->k, a, n->u.ref.index % 16, (int)(n->u.ref.index / 16));
    if (r)
        ir_visit(c, r, note_buffer, M);
    return true;
}

const ir *saying_all_given(checker *k, const ir *e)
{
    mention M = {.k = k, .all = ir_bool(k->c, true)};
    ir_visit(k->c, e, note_buffer, &M);
    return M.all;
}

/* ---- checks -------------------------------------------------------------------------------------- */

/* That no sum or product in e leaves its type: operands first, each judged in floats. */
typedef struct fitting {
    checker *k;
    stmts *to;
    const ir *args[3]; /* place, name, text */
} fitting;

static void check_fits(fitting *F, const ir *e)
{
    checker *k = F->k;
    cb_context *c = k->c;
    if (!e->nargs || map_getp(&k->fits, e))
        return;
    map_putp(c->a, &k->fits, e, e);
    for (uint32_t i = 0; i < e->nargs; i++)
        check_fits(F, e->arg[i]);
    if (!type_no_overflow(e->type) || (e->op != IR_ADD && e->op != IR_SUB && e->op != IR_MUL && e->op != IR_CAST))
        return;
    bool narrow = e->type.bits == 32;
    const ir *x[2];
    for (uint32_t i = 0; i < e->nargs; i++)
        x[i] = ir_cast(c, T_F64, e->arg[i]);
    const ir *v = e->op == IR_CAST ? x[0] : ir_bin(c, e->op, x[0], x[1]);
    const ir *lo = ir_float(c, T_F64, narrow ? -0x1p31 : -0x1p62), *hi = ir_float(c, T_F64, narrow ? 0x1p31 - 1 : 0x1p62);
    if (e->op == IR_CAST && type_is_integer(e->arg[0]->type) && e->arg[0]->type.bits <= e->type.bits &&
        !(type_is_uint(e->arg[0]->type) && e->arg[0]->type.bits == e->type.bits))
        return;
    check_add(k, F->to, ir_and(c, ir_le(c, lo, v), ir_le(c, v, hi)), CB_ERR_CONSTRAINT,
              "%s: what '%s' must have, %s, does not fit", F->args, 3);
}

static void check_rule(checker *k, stmts *to, argument *a, uint32_t d, int what);

/* Rules that another speaks of come before it. */
typedef struct preceding {
    checker *k;
    stmts *to;
} preceding;

static bool check_before(void *env, const ir *n)
{
    preceding *B = env;
    if (n->op == IR_FIELD)
        check_rule(B->k, B->to, check_argument(B->k, n->u.ref.sym), n->u.ref.index % 16, (int)(n->u.ref.index / 16));
    return true;
}

static void check_rule(checker *k, stmts *to, argument *a, uint32_t d, int what)
{
    static const char *const numbers[] = {
        "%s: %s '%s' must have min %d in dimension %d, but has %d",
        "%s: %s '%s' must have extent %d in dimension %d, but has %d",
        "%s: %s '%s' must have stride %d in dimension %d, but has %d",
    };
    static const char *const rules[] = {
        "%s: %s '%s' must have min %d in dimension %d, %s, but has %d",
        "%s: %s '%s' must have extent %d in dimension %d, %s, but has %d",
        "%s: %s '%s' must have stride %d in dimension %d, %s, but has %d",
    };
    cb_context *c = k->c;
    const ir *rule = own_rule(k, a, d, what), *known = saying_known(k, a, d, what);
    if (!a->ruled)
        a->ruled = NEW_ARRAY(c->a, bool, 3 * a->f->rank);
    if (!rule || a->ruled[3 * d + (uint32_t)what])
        return;
    a->ruled[3 * d + (uint32_t)what] = true;
    ir_visit(c, rule, check_before, &(preceding){k, to});
    const field_rule *src = buffer_rule(a->f->src, d, what);
    const ir *place = ir_string(c, ctx_string(c, loc_in_code(c, src->loc)));
    const ir *says = ir_string(c, ctx_string(c, ir_text(k->L->pipe->ctx, src->value)));
    const ir *have = what == 2 ? ir_field(c, a->buffer, FIELD_STRIDE, d) : check_i64(k, check_given(k, a, d, what));
    const ir *right = ir_eq(c, have, check_i64(k, known));
    if (what == 2) /* the only one in its dimension */
        right = ir_or(c, right, ir_le(c, check_given(k, a, d, 1), ir_i32(c, 1)));
    stmts checks = {0};
    fitting F = {.k = k, .to = &checks, .args = {place, a->name, says}};
    check_fits(&F, known);
    if (known->op == IR_INT)
        CHECK(k, &checks, right, CONSTRAINT, numbers[what], place, ir_string(c, a->what), a->name, check_i64(k, known),
              ir_i64(c, d), have);
    else
        CHECK(k, &checks, right, CONSTRAINT, rules[what], place, ir_string(c, a->what), a->name, check_i64(k, known),
              ir_i64(c, d), says, have);
    const ir *given = ir_and(c, ir_not(c, ir_field(c, a->buffer, FIELD_IS_QUERY, 0)),
                             saying_all_given(k, rule));
    const ir *all = ir_block(c, checks.at, checks.n);
    if (all)
        vec_push(c->a, to, ir_if(c, given, all, NULL));
}

void check_rules(checker *k, stmts *to, argument *a)
{
    for (uint32_t d = 0; d < a->f->rank; d++)
        for (int what = 0; what < 3; what++)
            if (rule_of(a, d, what)) /* once */
                check_rule(k, to, a, d, what);
}

void check_alignment(checker *k, stmts *to, const argument *a)
{
    cb_context *c = k->c;
    uint32_t bytes = a->f->src->host_align;
    if (!bytes)
        return;
    const ir *address = ir_field(c, a->buffer, FIELD_HOST_LOW, 0);
    const ir *rest = ir_mod(c, address, ir_i32(c, bytes));
    CHECK(k, to, ir_eq(c, rest, ir_i32(c, 0)), CONSTRAINT,
          "%s: the memory of %s '%s' must begin at a multiple of %d bytes, but begins %d bytes after one",
          ir_string(c, ctx_string(c, loc_in_code(c, a->f->src->align_loc))), ir_string(c, a->what), a->name,
          ir_i64(c, bytes), check_i64(k, rest));
}

void check_requirements(checker *k, stmts *to, bool in_answer)
{
    cb_context *c = k->c;
    for (uint32_t i = 0; i < k->L->requirements.n; i++) {
        const low_requirement *r = &k->L->requirements.at[i];
        const ir *given = saying_all_given(k, r->cond);
        stmts parts = {0};
        const char *say = arena_printf(c->a, "%s: the requirement %s does not hold%s", loc_in_code(c, r->src->loc),
                                       ir_text(k->L->pipe->ctx, r->src->cond), r->line.n ? ":" : "");
        vec_push(c->a, &parts, ir_string(c, ctx_string(c, say)));
        for (uint32_t n = 0; n < r->line.n; n++) {
            given = ir_and(c, given, saying_all_given(k, r->line.at[n]));
            vec_push(c->a, &parts, ir_apply(&k->fields, r->line.at[n]));
        }
        const ir *cond = simplify(c, ir_apply(&k->fields, r->cond), in_answer ? NULL : k->known);
        if (!ir_is_true(cond)) {
            const ir *s = low_assert_line(c, cond, CB_ERR_REQUIREMENT, parts.at, parts.n);
            vec_push(c->a, to, in_answer ? ir_if(c, given, s, NULL) : s);
        }
        if (!in_answer)
            facts_assume(k->known, cond);
    }
}

/* ---- answers to queries -------------------------------------------------------------------------- */

/* A field as it will be: of a query what it is told, else what the caller gave. */
static const ir *field_then(ir_mapper *m, const ir *n)
{
    checker *k = m->env;
    cb_context *c = k->c;
    if (n->op != IR_FIELD)
        return ir_map(m, n);
    argument *a = check_argument(k, n->u.ref.sym);
    uint32_t d = n->u.ref.index % 16;
    int what = (int)(n->u.ref.index / 16);
    const ir *given = saying_known(k, a, d, what);
    if (!given || given->op != IR_INT)
        given = check_given(k, a, d, what);
    return ir_select(c, ir_field(c, a->buffer, FIELD_IS_QUERY, 0), saying_answer(k, a, d, what), given);
}

/* What a rule says, once queries have been told. */
static const ir *told(checker *k, argument *a, uint32_t d, int what)
{
    const ir *r = own_rule(k, a, d, what);
    ir_mapper m = {.ctx = k->c, .fn = field_then, .env = k};
    return r ? simplify(k->c, ir_apply(&m, r), NULL) : NULL;
}

static const ir *told_min(checker *k, argument *a, uint32_t d)
{
    const ir *said = told(k, a, d, 0);
    if (said || a->region->empty)
        return said ? said : ir_i32(k->c, 0);
    return ir_apply(&k->given, a->region->dim[d].lo);
}

static const ir *told_extent(checker *k, argument *a, uint32_t d)
{
    cb_context *c = k->c;
    const ir *said = told(k, a, d, 1), *min = saying_answer(k, a, d, 0);
    if (said || a->region->empty)
        return said ? said : ir_i32(c, 0);
    const ir *last = ir_apply(&k->given, a->region->dim[d].hi); /* from min to the last that is needed */
    const ir *extent = ir_addi(c, ir_sub(c, last, min), 1);
    if (PLANTED(c, CHECK_REGION) && d == 2)
        extent = ir_addi(c, extent, -1);
    return ir_max(c, extent, ir_i32(c, 0));
}

/* Dense, around the dimensions before this one. */
static const ir *told_stride(checker *k, argument *a, uint32_t d)
{
    cb_context *c = k->c;
    const ir *said = told(k, a, d, 2), *stride = ir_i64(c, 1);
    if (said)
        return said;
    for (uint32_t i = 0; i < d; i++) {
        const ir *own = saying_answer(k, a, i, 2), *extent = check_i64(k, saying_answer(k, a, i, 1));
        const ir *next = i || own != stride ? ir_mul(c, own, extent) : extent;
        stride = own == stride ? next : ir_max(c, stride, next); /* the others lie around it */
    }
    return stride;
}

const ir *saying_answer(checker *k, argument *a, uint32_t d, int what)
{
    cb_context *c = k->c;
    uint32_t i = 3 * d + (uint32_t)what;
    if (!a->answer) {
        a->answer = NEW_ARRAY(c->a, const ir *, 3 * a->f->rank + 1);
        a->asked = NEW_ARRAY(c->a, bool, 3 * a->f->rank + 1);
    }
    if (a->asked[i]) /* a stride that nothing is said of, and one that is said in terms of it: where it would begin */
        return what == 2 ? ir_i64(c, 1) : check_given(k, a, d, what);
    a->asked[i] = true;
    if (!a->answer[i])
        a->answer[i] = simplify(c, what == 0 ? told_min(k, a, d) : what == 1 ? told_extent(k, a, d)
                                                                              : told_stride(k, a, d), NULL);
    a->asked[i] = false;
    return a->answer[i];
}
