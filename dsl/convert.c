/* dsl/convert.c: conversions of values, calls of Funcs, and how handles become values.
 *
 *     sat_cast(u8, e)   max and min in e's own type, only where needed, then a cast:
 *                       u8(min(max(e, 0), 255))
 *     in(x, y)          CALL with i32 coordinates; narrower integers widen, wider ones are refused
 */
#include "front.h"

#include <string.h>

static const char *type_text(cb_context *c, cb_type t)
{
    char b[16];
    return ctx_string(c, type_name(t, b));
}

/* ---- conversions ----------------------------------------------------------------------------- */

/* A literal as exactly as we have it. */
static const ir *exact(cb_context *c, const expr *e)
{
    return e->lit == LIT_FLOAT ? ir_float(c, T_F64, e->value.f)
           : e->lit == LIT_INT ? ir_int(c, T_I64, e->value.i)
                               : e->node;
}

static bool type_known(cb_type t)
{
    if (t.lanes != 1)
        return false;
    switch (t.code) {
    case CB_INT: return t.bits == 8 || t.bits == 16 || t.bits == 32 || t.bits == 64;
    case CB_UINT: return t.bits == 1 || t.bits == 8 || t.bits == 16 || t.bits == 32 || t.bits == 64;
    case CB_FLOAT: return t.bits == 16 || t.bits == 32 || t.bits == 64;
    case CB_BFLOAT: return t.bits == 16;
    }
    return false;
}

static expr *conversion_fault(cb_context *c, cb_type t, expr *e)
{
    if (e->fault)
        return e;
    if (!type_known(t))
        return expr_fault(c, DIAG_TYPE_MISFIT,
                          "the types are bool, i8 to i64, u8 to u64, f16, bf16, f32, f64",
                          "values cannot be converted to this type");
    if (e->nvalues > 1)
        return expr_several(c, e);
    if (e->node->type.code == CB_HANDLE)
        return expr_fault(c, DIAG_TYPE_MISFIT, "handles can only be passed on",
                          "a handle cannot be converted");
    return NULL;
}

expr *expr_cast(cb_context *c, cb_type t, expr *e)
{
    expr *f = conversion_fault(c, t, e);
    return f ? f : expr_new(c, ir_cast(c, t, exact(c, e)));
}

expr *expr_sat_cast(cb_context *c, cb_type t, expr *e)
{
    expr *f = conversion_fault(c, t, e);
    if (f)
        return f;
    const ir *n = exact(c, e);
    cb_type s = n->type;
    if (type_is_integer(s) && type_is_integer(t)) {
        bool s_u64 = type_eq(s, T_U64), t_u64 = type_eq(t, T_U64);
        if (type_is_int(s) && (type_is_uint(t) || type_min(t) > type_min(s)))
            n = ir_max(c, n, ir_int(c, s, type_min(t)));
        if (!t_u64 && (s_u64 || type_max(t) < type_max(s)))
            n = ir_min(c, n, ir_int(c, s, type_max(t)));
    }
    return expr_new(c, ir_cast(c, t, n));
}

expr *expr_reinterpret(cb_context *c, cb_type t, expr *e)
{
    expr *f = conversion_fault(c, t, e);
    if (f)
        return f;
    cb_type s = e->node->type;
    if (s.bits != t.bits || t.bits < 8)
        return expr_fault(c, DIAG_TYPE_MISFIT,
                          "the bits of a value can be read as a type of the same width only",
                          "%s and %s differ in width", type_text(c, s), type_text(c, t));
    return expr_new(c, ir_reinterpret(c, t, e->node));
}

/* Would promotion turn a into t without loss of integers? */
static bool widens(cb_type a, cb_type t)
{
    cb_type u;
    if (type_is_bool(a) || type_is_bool(t) || !type_promote(a, t, &u) || !type_eq(u, t))
        return false;
    if (type_is_integer(a) && type_is_integer(t))
        return a.code == t.code || a.bits < t.bits;
    return true;
}

expr *expr_assign(cb_context *c, cb_type t, expr *e, const char *what)
{
    if (e->fault || (!e->lit && type_eq(e->node->type, t)))
        return e;
    const char *tt = type_text(c, t);
    if (e->lit) {
        const ir *n = expr_fit(c, e, t);
        if (n)
            return expr_new(c, n);
        return expr_fault(c, DIAG_LITERAL_RANGE,
                          arena_printf(c->a, "convert it with %s(...) or %s_sat(...)", tt, tt),
                          "%s does not fit the type %s of %s", ir_text(c, e->node), tt, what);
    }
    if (widens(e->node->type, t))
        return expr_new(c, ir_cast(c, t, e->node));
    return expr_fault(
        c, DIAG_TYPE_MISFIT,
        type_is_bool(t)
            ? "write a comparison, for example x != 0"
            : arena_printf(c->a, "convert it: %s(...) wraps, %s_sat(...) saturates", tt, tt),
        "the value is %s, but %s is %s", type_text(c, e->node->type), what, tt);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static expr *coordinate(cb_context *c, cb_func_s *f, uint32_t i, expr *e)
{
    if (e->fault)
        return e;
    if (e->nvalues > 1)
        return expr_several(c, e);
    const ir *n = e->lit ? expr_fit(c, e, T_I32) : NULL;
    if (!n && !e->lit && type_is_integer(e->node->type) && widens(e->node->type, T_I32))
        n = ir_cast(c, T_I32, e->node);
    if (!n && !e->lit && type_eq(e->node->type, T_I32))
        n = e->node;
    if (n)
        return expr_new(c, n);
    return expr_fault(c, DIAG_BAD_COORDINATE, "convert it with i32(...)",
                      "coordinate %u of '%s' is %s; coordinates are 32-bit integers", i + 1,
                      f->name, e->lit ? ir_text(c, e->node) : type_text(c, e->node->type));
}

static expr *with_note(expr *e, const char *note, cb_loc loc)
{
    e->fault->note = note;
    e->fault->note_loc = loc;
    return e;
}

expr *expr_call(cb_context *c, cb_func_s *f, uint32_t n, expr *const *coords)
{
    if (f->ctx != c)
        return expr_fault(c, DIAG_CONTEXT_MIX, "build a pipeline in one context",
                          "'%s' belongs to another context", f->name);
    if (f->poisoned) {
        expr *e =
            expr_fault(c, DIAG_UNDEFINED_FUNC, NULL, "the definition of '%s' was refused", f->name);
        e->fault->reported = true;
        return e;
    }
    if (!f->is_input && !f->defs.n)
        return with_note(expr_fault(c, DIAG_UNDEFINED_FUNC,
                                    "define it first; a pure definition cannot use its own Func",
                                    "'%s' is used before it is defined", f->name),
                         "declared here", f->loc);
    expr *all[CB_MAX_RANK], *wrong = rest_expand(c, f->name, f->rank, &n, coords, all);
    if (wrong)
        return wrong;
    if (n != f->rank)
        return with_note(expr_fault(c, DIAG_WRONG_ARITY,
                                    arena_printf(c->a, "write %s", func_shape(f)),
                                    "'%s' has %u coordinate%s, not %u", f->name, f->rank,
                                    f->rank == 1 ? "" : "s", n),
                         f->is_input ? "declared here" : "defined here",
                         f->is_input ? f->loc : f->defs.at[0]->loc);
    const ir *a[CB_MAX_RANK];
    for (uint32_t i = 0; i < n; i++) {
        expr *e = coordinate(c, f, i, all[i]);
        if (e->fault)
            return e;
        a[i] = e->node;
    }
    expr *e = expr_new(c, ir_call(c, f->sym, 0, f->types[0], a, n));
    e->nvalues = f->nvalues;
    e->func = f;
    return e;
}

expr *expr_several(cb_context *c, const expr *e)
{
    if (!e->func)
        return expr_fault(c, DIAG_VALUE_COUNT,
                          "several values can only be defined, chosen from or selected: "
                          "f(x) = (a, b), f(x) = select(c, g(x), (a, b))",
                          "%u values stand where one is needed", e->nvalues);
    const char *dot = e->func->unnamed ? strrchr(e->func->name, '.') : NULL; /* f.argmin */
    const char *name = dot ? dot + 1 : e->func->name;
    return expr_fault(c, DIAG_VALUE_COUNT,
                      arena_printf(c->a, "choose one: %s(...)[0]; or element(call, 0)", name),
                      "'%s' has %u values at each point; one is needed here", name, e->nvalues);
}

expr *expr_tuple(cb_context *c, uint32_t n, expr *const *v)
{
    for (uint32_t i = 0; i < n; i++)
        if (v[i]->fault || v[i]->nvalues > 1)
            return v[i]->fault ? v[i] : expr_several(c, v[i]);
    if (n < 1 || n > CB_MAX_VALUES)
        return expr_fault(c, DIAG_VALUE_COUNT, "1 to 16 are possible", "%u values at once", n);
    if (n == 1)
        return v[0];
    expr *e = expr_new(c, v[0]->node);
    e->nvalues = n;
    e->part = arena_copy(c->a, v, sizeof *v * n);
    return e;
}

expr *expr_undef(cb_context *c, cb_type t)
{
    if (!type_known(t))
        return expr_fault(c, DIAG_TYPE_MISFIT,
                          "the types are bool, i8 to i64, u8 to u64, f16, bf16, f32, f64",
                          "undef of a type that values cannot have");
    return expr_new(c, ir_node(c, IR_UNDEF, t, 0, NULL, 0));
}

expr *expr_pick(cb_context *c, expr *call, int64_t k)
{
    if (call->fault)
        return call;
    if (call->part && k >= 0 && k < (int64_t)call->nvalues)
        return call->part[k];
    if (call->part)
        return expr_fault(c, DIAG_VALUE_COUNT, "values are counted from 0",
                          "there are %u values; there is no value %lld", call->nvalues,
                          (long long)k);
    if (!call->func || call->node->op != IR_CALL)
        return expr_fault(c, DIAG_WRONG_KIND, "write f(x)[0]",
                          "only a call of a Func has elements to choose from");
    cb_func_s *f = call->func;
    if (k < 0 || k >= (int64_t)f->nvalues)
        return expr_fault(c, DIAG_VALUE_COUNT, "values are counted from 0",
                          "'%s' has %u value%s; there is no value %lld", f->name, f->nvalues,
                          f->nvalues == 1 ? "" : "s", (long long)k);
    expr *e = expr_new(
        c, ir_call(c, f->sym, (uint32_t)k, f->types[k], call->node->arg, call->node->nargs));
    e->func = f;
    return e;
}

expr *expr_extent(cb_context *c, cb_func_s *f, ir_buffer_field field, int64_t d)
{
    if (!f->is_input && !f->is_output)
        return expr_fault(
            c, DIAG_WRONG_KIND,
            "only an Input has a buffer before the pipeline runs; pass the size as a Param",
            "'%s' is not an input", f->name);
    if (d < 0 || d >= (int64_t)f->rank)
        return expr_fault(c, DIAG_WRONG_ARITY, "dimensions are counted from 0",
                          "'%s' has %u dimensions; there is no dimension %lld", f->name, f->rank,
                          (long long)d);
    if (f->table && field == FIELD_STRIDE)
        return expr_new(c, ir_i64(c, f->table->dim[d].stride));
    if (f->table)
        return expr_new(c, ir_i32(c, field == FIELD_MIN ? f->table->dim[d].min : f->table->dim[d].extent));
    return expr_new(c, ir_field(c, f->sym, field, (unsigned)d));
}

typedef struct misplaced {
    cb_context *c;
    const ir *field;
} misplaced;

static bool find_out_of_place(void *env, const ir *n)
{
    misplaced *M = env;
    if (n->op == IR_FIELD && !M->field) {
        const cb_func_s *f = ir_symbol_of(M->c, n->u.ref.sym)->aux;
        if (!f->is_input || n->u.ref.index / 16 == FIELD_STRIDE)
            M->field = n;
    }
    return !M->field;
}

const ir *field_out_of_place(cb_context *c, const ir *e)
{
    misplaced M = {c, NULL};
    ir_visit(c, e, find_out_of_place, &M);
    return M.field;
}

const char *field_out_of_place_text(cb_context *c, const ir *field)
{
    return arena_printf(c->a, field->u.ref.index / 16 == FIELD_STRIDE
                                  ? "the result cannot depend on where elements lie in memory: '%s'"
                                  : "the result cannot depend on which part of it is wanted: '%s'",
                        ir_text(c, field));
}

/* ---- reports --------------------------------------------------------------------------------- */

void front_excerpt(cb_context *c, diag *d, const char *line, int caret, int width)
{
    enum { WIDEST = 96, BEFORE = 40 };
    int n = (int)strlen(line), from = 0, to = n;
    if (n > WIDEST) {
        from = caret > BEFORE ? caret - BEFORE : 0;
        to = n - from > WIDEST ? from + WIDEST : n;
        line = arena_printf(c->a, "%s%.*s%s", from ? "..." : "", to - from, line + from,
                            to < n ? "..." : "");
        caret += (from ? 3 : 0) - from;
        n = (int)strlen(line);
    }
    if (caret > n)
        caret = n;
    if (width > n - caret)
        width = n - caret;
    diag_excerpt(&c->diags, d, line, caret, width < 1 ? 1 : width);
}

void fault_report(cb_context *c, fault *f, cb_loc loc, const char *excerpt, int caret, int width)
{
    if (f->reported)
        return;
    f->reported = true;
    if (excerpt)
        loc.col = 0;
    diag *d = diag_begin(&c->diags, f->code, loc, "%s", f->text);
    if (excerpt)
        front_excerpt(c, d, excerpt, caret, width);
    if (f->note)
        diag_note(&c->diags, d, f->note_loc, "%s", f->note);
    if (f->help)
        diag_help(&c->diags, d, "%s", f->help);
    diag_end(&c->diags, d);
}

bool expr_report(cb_context *c, expr *e, cb_loc loc)
{
    if (!e->fault)
        return false;
    fault_report(c, e->fault, loc, NULL, 0, 0);
    return true;
}

/* ---- handles --------------------------------------------------------------------------------- */

expr *expr_in(cb_context *c, cb_expr h)
{
    if (!h.p)
        return expr_fault(c, DIAG_NULL_HANDLE,
                          "give it a value with Vars, Param, E(...) or a builder first",
                          "an expression was never given a value, or making it failed");
    if (h.p->ctx != c)
        return expr_fault(c, DIAG_CONTEXT_MIX, "build a pipeline in one context",
                          "an expression belongs to another context");
    return h.p;
}

/* The context of an operation: that of its operands, or of the current scope. */
static cb_context *context_of(int n, const cb_expr *v)
{
    for (int i = 0; i < n; i++)
        if (v[i].p)
            return v[i].p->ctx;
    cb_context *c = cb_current();
    if (!c)
        front_no_scope((cb_site){0}, "an expression is built");
    return c;
}

typedef struct building {
    cb_context *c;
    int what; /* a cb_op, or one of the following */
    int n;
    const cb_expr *v;
    cb_func_s *func;
    cb_type type;
    int64_t k;
    double f;
    expr *out;
} building;

enum {
    MAKE_CALL = -1,
    MAKE_PICK = -2,
    MAKE_CAST = -3,
    MAKE_SAT = -4,
    MAKE_BITS = -5,
    MAKE_INT = -6,
    MAKE_BIG = -7,
    MAKE_FLOAT = -8,
    MAKE_BOOL = -9,
    MAKE_MIN = -10,
    MAKE_EXTENT = -11,
    MAKE_RVAR = -12,
    MAKE_TUPLE = -13,
    MAKE_STRIDE = -17,
    MAKE_UNDEF = -14,
    MAKE_REST = -15
};

/* Levels that one operation may add: deeper nesting becomes a fault, which a statement reports at
 * its place, before it is an error that has none. */
enum { DEPTH_ROOM = 64 };

static void build(void *env)
{
    building *b = env;
    cb_context *c = b->c;
    expr *v[16];
    bool called = b->what == MAKE_CALL;
    if (b->n < 0 || b->n > 16) {
        b->out =
            expr_fault(c, called ? DIAG_WRONG_ARITY : DIAG_OPERAND_COUNT, "at most 16 are possible",
                       "%d operands or coordinates are given", b->n);
        return;
    }
    for (int i = 0; i < b->n; i++) {
        v[i] = expr_in(c, b->v[i]);
        if (c->depth_limit && v[i]->node->depth + DEPTH_ROOM > c->depth_limit) {
            b->out = expr_fault(c, DIAG_TOO_DEEP,
                                "split it into several Funcs, or sum in a balanced tree or an RDom",
                                "an expression is nested more than %d levels deep",
                                c->depth_limit - DEPTH_ROOM);
            return;
        }
    }
    switch (b->what) {
    case MAKE_CALL: b->out = expr_call(c, b->func, (uint32_t)b->n, v); break;
    case MAKE_PICK: b->out = expr_pick(c, v[0], b->k); break;
    case MAKE_TUPLE: b->out = expr_tuple(c, (uint32_t)b->n, v); break;
    case MAKE_REST: b->out = expr_rest(c); break;
    case MAKE_UNDEF: b->out = expr_undef(c, b->type); break;
    case MAKE_CAST: b->out = expr_cast(c, b->type, v[0]); break;
    case MAKE_SAT: b->out = expr_sat_cast(c, b->type, v[0]); break;
    case MAKE_BITS: b->out = expr_reinterpret(c, b->type, v[0]); break;
    case MAKE_INT: b->out = expr_literal_int(c, b->k, false); break;
    case MAKE_BIG: b->out = expr_literal_int(c, b->k, b->k < 0); break;
    case MAKE_FLOAT: b->out = expr_literal_float(c, b->f); break;
    case MAKE_BOOL: b->out = expr_new(c, ir_bool(c, b->k != 0)); break;
    case MAKE_MIN: b->out = expr_extent(c, b->func, FIELD_MIN, b->k); break;
    case MAKE_EXTENT: b->out = expr_extent(c, b->func, FIELD_EXTENT, b->k); break;
    case MAKE_STRIDE: b->out = expr_extent(c, b->func, FIELD_STRIDE, b->k); break;
    case MAKE_RVAR:
        b->out = expr_fault(c, DIAG_WRONG_KIND, "choose a variable: r.x",
                            "a domain of several dimensions is not a value");
        break;
    default: b->out = expr_op(c, (cb_op)b->what, (uint32_t)b->n, v);
    }
}

static cb_expr make(building b)
{
    if (!b.c || !front_try(b.c, build, &b))
        return (cb_expr){NULL};
    return (cb_expr){b.out};
}

static cb_context *here(void) { return context_of(0, NULL); }

cb_expr cb_apply(cb_op op, int n, const cb_expr *v)
{
    return make((building){
        .c = context_of(n, v), .what = (int)op < 0 ? CB_OP_COUNT : (int)op, .n = n, .v = v});
}
cb_expr cb_tuple(int n, const cb_expr *v)
{
    return make((building){.c = context_of(n, v), .what = MAKE_TUPLE, .n = n, .v = v});
}
cb_expr cb_rest(void) { return make((building){.c = here(), .what = MAKE_REST}); }
cb_expr cb_undef(cb_type t)
{
    return make((building){.c = here(), .what = MAKE_UNDEF, .type = t});
}
cb_expr cb_cast(cb_type t, cb_expr e)
{
    return make((building){.c = context_of(1, &e), .what = MAKE_CAST, .n = 1, .v = &e, .type = t});
}
cb_expr cb_sat_cast(cb_type t, cb_expr e)
{
    return make((building){.c = context_of(1, &e), .what = MAKE_SAT, .n = 1, .v = &e, .type = t});
}
cb_expr cb_reinterpret(cb_type t, cb_expr e)
{
    return make((building){.c = context_of(1, &e), .what = MAKE_BITS, .n = 1, .v = &e, .type = t});
}
cb_expr cb_element(cb_expr call, int k)
{
    return make(
        (building){.c = context_of(1, &call), .what = MAKE_PICK, .n = 1, .v = &call, .k = k});
}

/* Without a Func there is nothing to call; a null operand carries that to the statement. */
static cb_expr no_func(void)
{
    cb_expr none[2] = {{NULL}, {NULL}};
    return make((building){.c = here(), .what = CB_OP_ADD, .n = 2, .v = none});
}

cb_expr cb_at(cb_func f, int n, const cb_expr *coords)
{
    return f.p ? make(
                     (building){.c = f.p->ctx, .what = MAKE_CALL, .n = n, .v = coords, .func = f.p})
               : no_func();
}
cb_expr cb_expr_of_func(cb_func f) { return cb_at(f, 0, NULL); }
cb_expr cb_min_coord(cb_func f, int d)
{
    return f.p ? make((building){.c = f.p->ctx, .what = MAKE_MIN, .func = f.p, .k = d}) : no_func();
}
cb_expr cb_stride(cb_func f, int d)
{
    return f.p ? make((building){.c = f.p->ctx, .what = MAKE_STRIDE, .func = f.p, .k = d})
               : no_func();
}
cb_expr cb_extent(cb_func f, int d)
{
    return f.p ? make((building){.c = f.p->ctx, .what = MAKE_EXTENT, .func = f.p, .k = d})
               : no_func();
}

cb_expr cb_expr_self(cb_expr e) { return e; }
cb_expr cb_expr_of_int(long long v)
{
    return make((building){.c = here(), .what = MAKE_INT, .k = v});
}
cb_expr cb_expr_of_uint(unsigned long long v)
{
    return make((building){.c = here(), .what = MAKE_BIG, .k = (int64_t)v});
}
cb_expr cb_expr_of_float(double v)
{
    return make((building){.c = here(), .what = MAKE_FLOAT, .f = v});
}
cb_expr cb_expr_of_bool(bool v) { return make((building){.c = here(), .what = MAKE_BOOL, .k = v}); }
cb_expr cb_expr_of_rdom(cb_rdom r)
{
    return !r.p || r.p->dom->ndims == 1 ? r.x : make((building){.c = r.p->ctx, .what = MAKE_RVAR});
}

cb_value cb_value_of_expr(cb_expr e) { return (cb_value){.expr = e}; }
cb_value cb_value_of_int(long long v) { return (cb_value){.expr = cb_expr_of_int(v)}; }
cb_value cb_value_of_uint(unsigned long long v) { return (cb_value){.expr = cb_expr_of_uint(v)}; }
cb_value cb_value_of_float(double v) { return (cb_value){.expr = cb_expr_of_float(v)}; }
cb_value cb_value_of_bool(bool v) { return (cb_value){.expr = cb_expr_of_bool(v)}; }
cb_value cb_value_of_func(cb_func f) { return (cb_value){.func = f}; }
cb_value cb_value_of_rdom(cb_rdom r) { return (cb_value){.expr = r.x, .rdom = r.p}; }

cb_type cb_expr_type(cb_expr e) { return e.p ? e.p->node->type : (cb_type){CB_UINT, 0, 0}; }

typedef struct printing {
    expr *e;
    const char *out;
} printing;

static void print(void *env)
{
    printing *p = env;
    p->out = ir_text(p->e->ctx, p->e->node);
}

const char *cb_expr_print(cb_expr e)
{
    printing p = {e.p, "poison"};
    if (e.p)
        front_try(e.p->ctx, print, &p);
    return p.out;
}
