/* dsl/define.c: definitions and their rules.
 *
 *     f(x, y) = e            the first is pure: distinct Vars on the left, no others on the right
 *     f(x, r.x) += e         then updates, in order; a Var used in one is the whole of its own
 *                            coordinate on the left and in every use of f itself, so that the loop
 *                            over it carries no dependence; RVars come from one domain
 *     f(scatter(0, 1)) = gather(f(1), f(0))
 *                            an update may write several places at once, as many in all of it
 *
 * A definition that breaks a rule is reported once and poisons its Func.
 */
#include "token.h"

#include <string.h>

typedef struct defining {
    cb_context *c;
    cb_func_s *f;
    const equation *eq; /* NULL: made by builders */
    cb_loc loc;
    bool update;
    uint32_t n, nvalues;
    const ir *lhs[CB_MAX_RANK];
    const ir **values;
    ir_sym pure[CB_MAX_RANK]; /* the Var that is coordinate d, or 0 */
    rdom *dom;
    vec(const ir *) calls; /* every distinct CALL, in order */
    map vars;              /* every free symbol, in order */
    const ir *field;       /* a FIELD that no value may depend on, or NULL */
} defining;

const char *func_shape(cb_func_s *f)
{
    static const char *const letters[] = {"x", "y", "z", "w"};
    cb_context *c = f->ctx;
    text t;
    text_init(&t, c->a);
    text_printf(&t, "%s(", f->name);
    for (uint32_t i = 0; i < f->rank; i++) {
        const char *v = f->args ? ir_sym_name(c, f->args[i]) : i < 4 ? letters[i] : "_";
        text_printf(&t, "%s%s", i ? ", " : "", v);
    }
    text_put(&t, ")");
    return text_str(&t);
}

/* ---- reports --------------------------------------------------------------------------------- */

/* Where `name` stands in the text at or after column `from`; false when nowhere. */
static bool find_word(cb_context *c, const char *src, int from, const char *name, int *col,
                      int *width)
{
    int n = (int)strlen(src);
    for (token t = token_read(c, src, from < n ? from : n); t.kind != TOK_END && t.kind != TOK_BAD;
         t = token_read(c, src, t.col + t.width)) {
        if (t.kind != TOK_NAME)
            continue;
        token dot = token_read(c, src, t.col + t.width);
        token member = token_read(c, src, dot.col + dot.width);
        bool dotted = token_is(&dot, ".") && member.kind == TOK_NAME;
        /* the variable of a one-dimensional domain may be written without its ".x" */
        const char *whole = arena_printf(c->a, "%s.%s", t.name, dotted ? member.name : "x");
        if (t.name == name || !strcmp(whole, name)) {
            *col = t.col;
            *width = dotted && t.name != name ? member.col + member.width - t.col : t.width;
            return true;
        }
    }
    return false;
}

/* A report with the caret under `word` (NULL: the whole left side) on the given side. */
static diag *refuse(defining *D, diag_code code, const char *word, bool right, const char *say)
{
    const equation *q = D->eq;
    diag *d = diag_begin(&D->c->diags, code, D->loc, "%s", say);
    if (q) {
        int col = q->lhs_col, width = q->lhs_width;
        if (right) {
            col = q->eq_col;
            width = q->eq_width;
        }
        if (word)
            find_word(D->c, q->text, right ? q->eq_col : q->lhs_col + (int)strlen(D->f->name), word,
                      &col, &width);
        front_excerpt(D->c, d, q->text, col, width);
    }
    return d;
}

static bool done(defining *D, diag *d, const char *help)
{
    diag_help(&D->c->diags, d, "%s", help);
    diag_end(&D->c->diags, d);
    return false;
}

static bool refused(defining *D, expr *e, bool right)
{
    if (!e->fault)
        return false;
    const equation *q = D->eq;
    if (q)
        fault_report(D->c, e->fault, D->loc, q->text, right ? q->eq_col : q->lhs_col,
                     right ? q->eq_width : q->lhs_width);
    else
        fault_report(D->c, e->fault, D->loc, NULL, 0, 0);
    return true;
}

/* ---- what occurs ----------------------------------------------------------------------------- */

static bool note_call(void *env, const ir *n)
{
    defining *D = env;
    if (n->op == IR_CALL)
        vec_push(D->c->a, &D->calls, n);
    return true;
}

static void note_all(defining *D, const ir *n)
{
    ir_visit(D->c, n, note_call, D);
    ir_free_vars(D->c, n, &D->vars);
    if (!D->field)
        D->field = field_out_of_place(D->c, n);
}

static cb_func_s *callee(defining *D, const ir *call)
{
    return ir_symbol_of(D->c, call->u.ref.sym)->aux;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static bool may_be_defined(defining *D, assign_op op, uint32_t n, uint32_t nvalues)
{
    cb_context *c = D->c;
    cb_func_s *f = D->f;
    if (f->is_input)
        return done(D,
                    refuse(D, DIAG_INPUT_DEFINED, NULL, false,
                           arena_printf(c->a, "'%s' is %s", f->name, input_word(f))),
                    f->table ? "its elements are those it was declared with; define a Func that reads it"
                             : "the caller fills inputs; declare it with Funcs or Output to define it here");
    if (f->used) {
        diag *d = refuse(
            D, DIAG_DEFINED_AFTER_USE, NULL, false,
            arena_printf(c->a, "'%s' gains a definition after another Func has used it", f->name));
        diag_note(&c->diags, d, f->defs.at[f->defs.n - 1]->loc, "its last definition so far");
        return done(D, d,
                    "give all definitions of a Func before the first use, or make a new Func");
    }
    if (D->update && f->defs.at[0]->kind == DEF_EXTERN) {
        diag *d = refuse(D, DIAG_BAD_EXTERN, NULL, false,
                         arena_printf(c->a, "'%s' is computed by the C function '%s' and has no updates",
                                      f->name, f->defs.at[0]->function));
        diag_note(&c->diags, d, f->defs.at[0]->loc, "it is defined here");
        return done(D, d, "define another Func that reads it, and update that one");
    }
    if (!D->update && op != ASSIGN_SET)
        return done(
            D,
            refuse(D, DIAG_UPDATE_FIRST, NULL, false,
                   arena_printf(c->a, "'%s' is updated before it has a pure definition", f->name)),
            "say what it starts from first, for example f(x) = 0");
    if (n > CB_MAX_RANK || (f->has_rank && n != f->rank)) {
        diag *d =
            refuse(D, DIAG_WRONG_ARITY, NULL, false,
                   f->has_rank ? arena_printf(c->a, "'%s' has %u coordinate%s, not %u", f->name,
                                              f->rank, f->rank == 1 ? "" : "s", n)
                               : arena_printf(c->a, "'%s' is given %u coordinates", f->name, n));
        diag_note(&c->diags, d, D->update ? f->defs.at[0]->loc : f->loc,
                  D->update ? "defined here" : "declared here");
        return done(D, d,
                    f->has_rank ? arena_printf(c->a, "write %s", func_shape(f))
                                : "at most 16 are possible");
    }
    bool counted = f->is_output || D->update;
    if (nvalues < 1 || (counted && nvalues != f->nvalues))
        return done(D,
                    refuse(D, DIAG_VALUE_COUNT, NULL, true,
                           arena_printf(c->a, "'%s' has %u value%s at each point, not %u", f->name,
                                        f->nvalues, f->nvalues == 1 ? "" : "s", nvalues)),
                    "several values are written f(x) = (a, b) and declared with OutputTuple");
    return true;
}

/* The left side of a pure definition. */
static bool pure_left(defining *D, expr *const *coords)
{
    cb_context *c = D->c;
    for (uint32_t i = 0; i < D->n; i++) {
        const ir *n = coords[i]->node;
        if (coords[i]->lit || !sym_is(c, n, SYM_VAR))
            return done(
                D,
                refuse(D, DIAG_NOT_A_VAR, n->op == IR_VAR ? ir_sym_name(c, n->u.sym) : NULL, false,
                       arena_printf(c->a,
                                    "coordinate %u of the first definition of '%s' is not a Var",
                                    i + 1, D->f->name)),
                "a pure definition names every coordinate by a Var; then updates may use any "
                "expression");
        for (uint32_t k = 0; k < i; k++)
            if (D->lhs[k] == n)
                return done(
                    D,
                    refuse(D, DIAG_REPEATED_VAR, ir_sym_name(c, n->u.sym), false,
                           arena_printf(c->a, "'%s' stands for coordinates %u and %u of '%s'",
                                        ir_sym_name(c, n->u.sym), k + 1, i + 1, D->f->name)),
                    "use a different Var for each coordinate");
        D->lhs[i] = n;
        D->pure[i] = n->u.sym;
    }
    return true;
}

/* The left side of an update: coordinates as in a call, Vars alone. */
static bool update_left(defining *D, expr *const *coords)
{
    cb_context *c = D->c;
    expr *self = expr_call(c, D->f, D->n, coords);
    if (refused(D, self, false))
        return false;
    for (uint32_t i = 0; i < D->n; i++) {
        const ir *n = D->lhs[i] = self->node->arg[i];
        if (!sym_is(c, n, SYM_VAR))
            continue;
        for (uint32_t k = 0; k < i; k++)
            if (D->lhs[k] == n)
                return done(
                    D,
                    refuse(D, DIAG_REPEATED_VAR, ir_sym_name(c, n->u.sym), false,
                           arena_printf(c->a, "'%s' stands for coordinates %u and %u of '%s'",
                                        ir_sym_name(c, n->u.sym), k + 1, i + 1, D->f->name)),
                    "use a reduction variable to walk along a diagonal: RDom(r, (0, n)); f(r, r) = "
                    "...");
        D->pure[i] = n->u.sym;
    }
    for (uint32_t i = 0; i < D->n; i++) {
        map inside = {0};
        ir_free_vars(c, D->lhs[i], &inside);
        for (uint32_t k = 0; !D->pure[i] && k < inside.n; k++) {
            ir_sym s = (ir_sym)inside.entry[k].key;
            if (ir_symbol_of(c, s)->kind == SYM_VAR)
                return done(
                    D,
                    refuse(D, DIAG_MISPLACED_VAR, ir_sym_name(c, s), false,
                           arena_printf(c->a, "'%s' is not the whole of coordinate %u",
                                        ir_sym_name(c, s), i + 1)),
                    "a Var of an update is a coordinate by itself; use an RDom for anything else");
        }
    }
    return true;
}

static bool on_left(const defining *D, ir_sym s)
{
    for (uint32_t i = 0; i < D->n; i++)
        if (D->pure[i] == s)
            return true;
    return false;
}

/* ---- several places -------------------------------------------------------------------------- */

/* env: how many places, 0 until the first; another number than that, if one is met. */
static bool count_places(void *env, const ir *n)
{
    uint32_t **count = env;
    if (n->op == IR_PLACES && !*count[0])
        *count[0] = n->nargs;
    else if (n->op == IR_PLACES && n->nargs != *count[0])
        *count[1] = n->nargs;
    return true;
}

/* Places are written by updates, as many by each part of one. */
static bool places(defining *D)
{
    cb_context *c = D->c;
    uint32_t left = 0, right = 0, other = 0;
    for (uint32_t i = 0; i < D->n; i++)
        ir_visit(c, D->lhs[i], count_places, (uint32_t *[]){&left, &other});
    right = left;
    for (uint32_t i = 0; i < D->nvalues; i++)
        ir_visit(c, D->values[i], count_places, (uint32_t *[]){&right, &other});
    if (right && !left)
        return done(D,
                    refuse(D, DIAG_PLACES, ctx_string(c, "gather"), true,
                           arena_printf(c->a, "the right side has values for %u places, and the left side names one", right)),
                    D->update ? "name the places: f(scatter(i, j)) = gather(a, b)"
                              : "an update names several places: define the Func first, then f(scatter(i, j)) = "
                                "gather(a, b)");
    if (other)
        return done(D,
                    refuse(D, DIAG_PLACES, NULL, false,
                           arena_printf(c->a, "one definition of '%s' speaks of %u places and of %u", D->f->name, left, other)),
                    "each scatter and gather of a definition lists as many");
    return true;
}

/* UNDEF stands alone or as a choice of the whole value. */
static bool undef_in_place(cb_context *c, const ir *n)
{
    if (n->op == IR_UNDEF)
        return true;
    if (n->op == IR_PLACES) {
        bool good = true;
        for (uint32_t i = 0; i < n->nargs; i++)
            good &= undef_in_place(c, n->arg[i]);
        return good;
    }
    if (n->op != IR_SELECT)
        return !ir_has_undef(c, n);
    return !ir_has_undef(c, n->arg[0]) && undef_in_place(c, n->arg[1]) &&
           undef_in_place(c, n->arg[2]);
}

static bool undefs(defining *D)
{
    cb_context *c = D->c;
    bool good = true;
    for (uint32_t i = 0; i < D->n; i++)
        good &= !ir_has_undef(c, D->lhs[i]);
    for (uint32_t i = 0; i < D->nvalues; i++)
        good &= undef_in_place(c, D->values[i]);
    for (uint32_t i = 0; D->dom && i < D->dom->where.n; i++)
        good &= !ir_has_undef(c, D->dom->where.at[i]);
    if (good)
        return true;
    return done(D,
                refuse(D, DIAG_UNDEF_PLACE, ctx_string(c, "undef"), false,
                       arena_printf(c->a, "undef is part of a computation of '%s'", D->f->name)),
                "undef says that nothing is stored; it stands alone, or as a choice: "
                "f(x) = select(c, e, undef(u8))");
}

/* Every symbol that occurs is one that may. Finds the domain. */
static bool symbols(defining *D)
{
    cb_context *c = D->c;
    if (D->field)
        return done(D, refuse(D, DIAG_WRONG_KIND, NULL, true, field_out_of_place_text(c, D->field)),
                    "only an Input has a buffer before the pipeline runs; pass the size as a Param");
    for (uint32_t i = 0; i < D->vars.n; i++) {
        ir_sym s = (ir_sym)D->vars.entry[i].key;
        const ir_symbol *v = ir_symbol_of(c, s);
        if (v->kind == SYM_VAR && !on_left(D, s) && rest_is(c, s))
            return done(D,
                        refuse(D, DIAG_FREE_VAR, ctx_string(c, "_"), true,
                               arena_printf(c->a, "'_' on the right stands for '%s', which does not occur "
                                                  "on the left of '%s'", v->name, D->f->name)),
                        "write '_' on the left as well: f(x, _) = ...");
        if (v->kind == SYM_VAR && !on_left(D, s))
            return done(D,
                        refuse(D, DIAG_FREE_VAR, v->name, true,
                               arena_printf(c->a, "'%s' does not occur on the left of '%s'",
                                            v->name, D->f->name)),
                        "every Var on the right is a coordinate on the left; to run over a range "
                        "use an RDom");
        if (v->kind == SYM_KNOB)
            return done(
                D,
                refuse(D, DIAG_WRONG_KIND, v->name, true,
                       arena_printf(c->a, "'%s' is a Knob, which belongs to schedules", v->name)),
                "a Param changes results, a Setting changes the program; knobs do neither");
        if (v->kind != SYM_RVAR)
            continue;
        rdom *r = v->aux;
        if (!D->update)
            return done(D,
                        refuse(D, DIAG_RVAR_IN_PURE, v->name, true,
                               arena_printf(c->a, "'%s' occurs in the pure definition of '%s'",
                                            v->name, D->f->name)),
                        arena_printf(c->a,
                                     "define %s = 0 first, then reduce by an update: %s += ...",
                                     D->f->name, D->f->name));
        if (D->dom && D->dom != r) {
            diag *d = refuse(D, DIAG_TWO_DOMAINS, v->name, true,
                             arena_printf(c->a, "'%s' and '%s' are used in one definition",
                                          D->dom->name, r->name));
            diag_note(&c->diags, d, D->dom->loc, "'%s' is declared here", D->dom->name);
            diag_note(&c->diags, d, r->loc, "'%s' is declared here", r->name);
            return done(D, d, "one RDom can have up to 16 dimensions: RDom(r, (0, w), (0, h))");
        }
        D->dom = r;
    }
    return true;
}

/* The domain's own bounds and conditions: they count as part of the right side. */
static bool domain(defining *D)
{
    rdom *r = D->dom;
    if (!r)
        return true;
    uint32_t before = D->calls.n;
    for (uint32_t i = 0; i < r->ndims; i++) {
        note_all(D, r->dims[i].min);
        note_all(D, r->dims[i].extent);
    }
    for (uint32_t i = 0; i < r->where.n; i++)
        note_all(D, r->where.at[i]);
    for (uint32_t i = before; i < D->calls.n; i++)
        if (callee(D, D->calls.at[i]) == D->f) {
            diag *d =
                refuse(D, DIAG_BAD_DOMAIN, NULL, false,
                       arena_printf(D->c->a, "the domain '%s' reads '%s', which is updated over it",
                                    r->name, D->f->name));
            diag_note(&D->c->diags, d, r->loc, "'%s' is declared here", r->name);
            return done(D, d, "bounds and conditions may read other Funcs only");
        }
    return symbols(D);
}

/* In every use of the Func itself, the update's Vars stand where they stand on the left. */
static bool self_references(defining *D)
{
    cb_context *c = D->c;
    for (uint32_t i = 0; i < D->calls.n; i++) {
        const ir *n = D->calls.at[i];
        for (uint32_t k = 0; callee(D, n) == D->f && k < D->n; k++) {
            if (!D->pure[k] || (n->arg[k]->op == IR_VAR && n->arg[k]->u.sym == D->pure[k]))
                continue;
            const char *name = ir_sym_name(c, D->pure[k]);
            diag *d = diag_begin(&c->diags, DIAG_MISPLACED_VAR, D->loc,
                                 "'%s' is coordinate %u on the left, but not in %s", name, k + 1,
                                 ir_text(c, n));
            for (uint32_t q = 0; D->eq && q < D->eq->spans.n; q++)
                if (D->eq->spans.at[q].node == n) {
                    front_excerpt(c, d, D->eq->text, D->eq->spans.at[q].col,
                                  D->eq->spans.at[q].width);
                    break;
                }
            return done(
                D, d,
                arena_printf(
                    c->a,
                    "an update reads its own Func at the same '%s'; to use neighbours, walk "
                    "with an RDom or define a new Func",
                    name));
        }
    }
    return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool compound(assign_op a, cb_op *op)
{
    switch (a) {
    case ASSIGN_SET: return false;
    case ASSIGN_ADD: *op = CB_OP_ADD; return true;
    case ASSIGN_SUB: *op = CB_OP_SUB; return true;
    case ASSIGN_MUL: *op = CB_OP_MUL; return true;
    case ASSIGN_DIV: *op = CB_OP_DIV; return true;
    case ASSIGN_MOD: *op = CB_OP_MOD; return true;
    case ASSIGN_AND: *op = CB_OP_BIT_AND; return true;
    case ASSIGN_OR: *op = CB_OP_BIT_OR; return true;
    case ASSIGN_XOR: *op = CB_OP_BIT_XOR; return true;
    case ASSIGN_SHL: *op = CB_OP_SHL; return true;
    case ASSIGN_SHR: *op = CB_OP_SHR; return true;
    }
    return false;
}

/* Value k: with the old one for compound assignment, and of the Func's type when that is known. */
static bool value(defining *D, uint32_t k, assign_op assign, expr *e)
{
    cb_context *c = D->c;
    cb_func_s *f = D->f;
    cb_op op;
    if (!e) { /* another value is updated alone */
        D->values[k] = expr_undef(c, f->types[k])->node;
        return true;
    }
    if (refused(D, e, true))
        return false;
    if (e->nvalues > 1)
        e = expr_several(c, e);
    if (!e->fault && compound(assign, &op)) {
        expr *v[] = {expr_new(c, ir_call(c, f->sym, k, f->types[k], D->lhs, D->n)), e};
        e = expr_op(c, op, 2, v);
    }
    if (!e->fault && (D->update || f->is_output))
        e = expr_assign(c, f->types[k], e, arena_printf(c->a, "'%s'", f->name));
    if (refused(D, e, true))
        return false;
    D->values[k] = e->node;
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Random numbers depend on where the definition is evaluated: on its Vars, then on its domain, the
 * innermost last. */
static void place_randoms(defining *D)
{
    const ir *coord[2 * CB_MAX_RANK];
    uint32_t n = 0;
    for (uint32_t i = D->n; i-- > 0;)
        if (D->pure[i])
            coord[n++] = ir_var(D->c, D->pure[i]);
    for (uint32_t i = D->dom ? D->dom->ndims : 0; i-- > 0;)
        coord[n++] = ir_var(D->c, D->dom->dims[i].sym);
    for (uint32_t i = 0; i < D->n; i++)
        D->lhs[i] = random_place(D->c, D->lhs[i], n, coord);
    for (uint32_t i = 0; i < D->nvalues; i++)
        D->values[i] = random_place(D->c, D->values[i], n, coord);
}

/* What prints, requires or calls an impure C function, and depends on places, does so once for each of them. */
static void mark_effects(defining *D)
{
    for (uint32_t i = 0; i < D->n; i++)
        D->lhs[i] = ir_mark_places(D->c, D->lhs[i]);
    for (uint32_t i = 0; i < D->nvalues; i++)
        D->values[i] = ir_mark_places(D->c, D->values[i]);
}

static bool check(defining *D, uint32_t n, expr *const *coords, assign_op op, expr *const *values)
{
    cb_func_s *f = D->f;
    if (!may_be_defined(D, op, n, D->nvalues))
        return false;
    D->n = n;
    for (uint32_t i = 0; i < n; i++)
        if (refused(D, coords[i], false))
            return false;
    if (!(D->update ? update_left(D, coords) : pure_left(D, coords)))
        return false;
    for (uint32_t i = 0; i < D->nvalues; i++)
        if (!value(D, i, op, values[i]))
            return false;
    for (uint32_t i = 0; i < n; i++)
        note_all(D, D->lhs[i]);
    for (uint32_t i = 0; i < D->nvalues; i++)
        note_all(D, D->values[i]);
    if (!symbols(D) || !domain(D) || !places(D) || !undefs(D) || !self_references(D))
        return false;
    place_randoms(D);
    mark_effects(D);
    if (!D->update && !f->is_output) {
        f->nvalues = D->nvalues;
        f->types = NEW_ARRAY(D->c->a, cb_type, D->nvalues);
        for (uint32_t i = 0; i < D->nvalues; i++)
            f->types[i] = D->values[i]->type;
    }
    return true;
}

static void record(defining *D, definition *d)
{
    cb_context *c = D->c;
    cb_func_s *f = D->f;
    d->kind = D->update ? DEF_UPDATE : DEF_PURE;
    d->lhs = arena_copy(c->a, D->lhs, sizeof D->lhs[0] * (D->n ? D->n : 1));
    d->values = D->values;
    for (uint32_t i = 0; i < D->nvalues; i++)
        d->partial |= ir_has_undef(c, D->values[i]);
    d->dom = D->dom;
    d->loc = D->loc;
    d->pure_dim = arena_copy(c->a, D->pure, sizeof D->pure[0] * (D->n ? D->n : 1));
    if (D->eq) {
        d->text = D->eq->text;
        for (uint32_t i = 0; i < D->eq->spans.n; i++)
            vec_push(c->a, &d->spans, D->eq->spans.at[i]);
    }
    if (!D->update) {
        f->rank = D->n;
        f->has_rank = true;
        f->args = d->pure_dim;
        ir_symbol_of(c, f->sym)->type = f->types[0];
    }
    if (d->dom)
        d->dom->used = true;
    for (uint32_t i = 0; i < D->calls.n; i++)
        if (callee(D, D->calls.at[i]) != f)
            callee(D, D->calls.at[i])->used = true;
    vec_push(c->a, &f->defs, d);
}

uint32_t def_places(cb_context *c, const cb_func_s *f, const definition *d)
{
    return ir_place_count(c, d->lhs, f->rank);
}

definition *func_define(cb_func_s *f, uint32_t n, expr *const *coords, assign_op op,
                        uint32_t nvalues, expr *const *values, cb_loc loc, const equation *eq)
{
    return func_define_over(f, NULL, n, coords, op, nvalues, values, loc, eq);
}

definition *func_define_over(cb_func_s *f, rdom *dom, uint32_t n, expr *const *coords, assign_op op,
                             uint32_t nvalues, expr *const *values, cb_loc loc, const equation *eq)
{
    cb_context *c = f->ctx;
    if (f->poisoned)
        return NULL;
    defining D = {
        .c = c, .f = f, .eq = eq, .loc = loc, .update = f->defs.n > 0, .nvalues = nvalues, .dom = dom};
    D.values = NEW_ARRAY(c->a, const ir *, nvalues ? nvalues : 1);
    expr *all[CB_MAX_RANK], *wrong = NULL;
    uint32_t rests = 0;
    for (uint32_t i = 0; i < n; i++)
        rests += coords[i]->rest;
    if (rests) {
        uint32_t rank = f->has_rank ? f->rank : n - 1 + rest_count(c, nvalues, values);
        wrong = rest_expand(c, f->name, rank < CB_MAX_RANK ? rank : CB_MAX_RANK, &n, coords, all);
        coords = all;
    }
    if ((wrong && refused(&D, wrong, false)) || !check(&D, n, coords, op, values)) {
        f->poisoned = true;
        return NULL;
    }
    definition *d = NEW(c->a, definition);
    record(&D, d);
    return d;
}

definition *func_define_element(cb_func_s *f, int64_t k, uint32_t n, expr *const *coords,
                                assign_op op, expr *value, cb_loc loc, const equation *eq)
{
    cb_context *c = f->ctx;
    defining D = {.c = c, .f = f, .eq = eq, .loc = loc};
    if (f->poisoned)
        return NULL;
    if (!f->is_input && f->defs.n && k >= 0 && k < (int64_t)f->nvalues) {
        expr **v = NEW_ARRAY(c->a, expr *, f->nvalues);
        v[k] = value;
        return func_define(f, n, coords, op, f->nvalues, v, loc, eq);
    }
    f->poisoned = true;
    if (f->is_input || !f->defs.n)
        done(&D,
             refuse(&D, f->is_input ? DIAG_INPUT_DEFINED : DIAG_UPDATE_FIRST, NULL, false,
                    f->is_input ? arena_printf(c->a, "'%s' is %s", f->name, input_word(f))
                                : arena_printf(c->a, "one value of '%s' is updated before it has a "
                                                     "pure definition", f->name)),
             f->table      ? "its elements are those it was declared with"
             : f->is_input ? "the caller fills inputs"
                         : "the first definition gives all values: f(x) = (a, b)");
    else
        done(&D,
             refuse(&D, DIAG_VALUE_COUNT, NULL, false,
                    arena_printf(c->a, "'%s' has %u value%s; there is no value %lld", f->name,
                                 f->nvalues, f->nvalues == 1 ? "" : "s", (long long)k)),
             "values are counted from 0");
    f->poisoned = !f->is_input;
    return NULL;
}

cb_stage stage_handle(cb_func_s *f, int update)
{
    struct cb_stage_s *s = NEW(f->ctx->a, struct cb_stage_s);
    *s = (struct cb_stage_s){f, update};
    return (cb_stage){s};
}

/* ---- entry ----------------------------------------------------------------------------------- */

typedef struct request {
    cb_context *c;
    cb_func_s *f;
    int n, nvalues;
    int element; /* -1: all values */
    const cb_expr *coords, *values;
    const char *src, *names;
    const cb_value *captured;
    cb_site at;
    cb_stage out;
} request;

static void define_built(void *env)
{
    request *r = env;
    cb_context *c = r->c;
    cb_loc loc = site_loc(c, r->at);
    uint32_t n = r->n > 0 ? (uint32_t)r->n : 0, nv = r->nvalues > 0 ? (uint32_t)r->nvalues : 0;
    expr **coords = NEW_ARRAY(c->a, expr *, n + 1), **values = NEW_ARRAY(c->a, expr *, nv + 1);
    for (uint32_t i = 0; i < n; i++)
        coords[i] = expr_in(c, r->coords[i]);
    for (uint32_t i = 0; i < nv; i++)
        values[i] = expr_in(c, r->values[i]);
    if (r->element >= 0) {
        if (func_define_element(r->f, r->element, n, coords, ASSIGN_SET, values[0], loc, NULL))
            r->out = stage_handle(r->f, (int)r->f->defs.n - 2);
        return;
    }
    if (nv == 1 && values[0]->nvalues > 1) { /* define(f, (x), g(x)) of a g with several */
        expr *all = values[0];
        nv = all->nvalues;
        values = NEW_ARRAY(c->a, expr *, nv);
        for (uint32_t i = 0; i < nv; i++)
            values[i] = expr_pick(c, all, i);
    }
    if (func_define(r->f, n, coords, ASSIGN_SET, nv, values, loc, NULL))
        r->out = stage_handle(r->f, (int)r->f->defs.n - 2);
}

static void define_equation(void *env)
{
    request *r = env;
    cb_context *c = r->c;
    cb_loc loc = site_loc(c, r->at);
    binding *b;
    equation q;
    if (!captures_bind(c, r->names, r->n, r->captured, loc, &b))
        return;
    equation_parse(c, r->src, b, r->n > 0 ? (uint32_t)r->n : 0, loc, &q);
    if (q.failed) {
        if (q.func)
            q.func->poisoned |= !q.func->is_input;
        return;
    }
    if (q.func->ctx != c) {
        diag_error(&c->diags, DIAG_CONTEXT_MIX, loc, "'%s' belongs to another context",
                   q.func->name);
        return;
    }
    expr *whole = q.values.n == 1 ? q.values.at[0] : expr_tuple(c, q.values.n, q.values.at);
    if (q.picked ? func_define_element(q.func, q.pick, q.coords.n, q.coords.at, q.op, whole, loc, &q)
                    : func_define(q.func, q.coords.n, q.coords.at, q.op, q.values.n, q.values.at, loc, &q))
        r->out = stage_handle(q.func, (int)q.func->defs.n - 2);
}

cb_stage cb_define(cb_func f, int n, const cb_expr *coords, int nvalues, const cb_expr *values,
                   cb_site at)
{
    request r = {
        .f = f.p, .n = n, .element = -1, .coords = coords, .nvalues = nvalues, .values = values, .at = at};
    if (!f.p) {
        front_null_func(at, "define()");
        return r.out;
    }
    r.c = f.p->ctx;
    front_try(r.c, define_built, &r);
    return r.out;
}

cb_stage cb_define_element(cb_func f, int k, int n, const cb_expr *coords, cb_expr value, cb_site at)
{
    request r = {.f = f.p, .n = n, .element = k < 0 ? INT32_MAX : k, .coords = coords, .nvalues = 1, .values = &value, .at = at};
    if (!f.p) {
        front_null_func(at, "define_element()");
        return r.out;
    }
    r.c = f.p->ctx;
    front_try(r.c, define_built, &r);
    return r.out;
}

cb_stage cb_define_text(const char *src, const char *names, int n, const cb_value *values,
                        cb_site at)
{
    request r = {
        .c = cb_current(), .src = src, .names = names, .n = n, .captured = values, .at = at};
    for (int i = 0; i < n && !r.c; i++) /* without a scope, what is captured knows the context */
        r.c = values[i].func.p   ? values[i].func.p->ctx
              : values[i].expr.p ? values[i].expr.p->ctx
                                 : NULL;
    if (r.c)
        front_try(r.c, define_equation, &r);
    else
        front_no_scope(at, "define()");
    return r.out;
}

typedef struct infix_text {
    cb_context *c;
    const char *src, *names;
    int n;
    const cb_value *captured;
    cb_site at;
    expr *out;
} infix_text;

static void read_infix(void *env)
{
    infix_text *t = env;
    cb_loc loc = site_loc(t->c, t->at);
    binding *b;
    if (captures_bind(t->c, t->names, t->n, t->captured, loc, &b)) {
        t->out = equation_expr(t->c, t->src, b, t->n > 0 ? (uint32_t)t->n : 0, loc);
        return;
    }
    t->out = expr_fault(t->c, DIAG_BAD_CAPTURE, NULL, "the captures of an expression were refused");
    t->out->fault->reported = true;
}

cb_expr cb_expr_text(const char *src, const char *names, int n, const cb_value *values, cb_site at)
{
    infix_text t = {cb_current(), src, names, n, values, at, NULL};
    if (t.c)
        front_try(t.c, read_infix, &t);
    else
        front_no_scope(at, "E()");
    return (cb_expr){t.out};
}

typedef struct staging {
    cb_func_s *f;
    int k;
    cb_site at;
    cb_stage out;
} staging;

static void find_stage(void *env)
{
    staging *s = env;
    cb_func_s *f = s->f;
    cb_context *c = f->ctx;
    if (s->k >= 0 && s->k < (int)f->defs.n) {
        s->out = stage_handle(f, s->k - 1);
        return;
    }
    if (f->poisoned)
        return;
    diag *d = diag_begin(&c->diags, DIAG_NO_SUCH_STAGE, site_loc(c, s->at),
                         "'%s' has %u definition%s; there is no stage %d", f->name, f->defs.n,
                         f->defs.n == 1 ? "" : "s", s->k);
    diag_help(&c->diags, d, "stage 0 is the pure definition, 1 the first update");
    diag_end(&c->diags, d);
}

cb_stage cb_stage_of(cb_func f, int k, cb_site at)
{
    staging s = {f.p, k, at, {NULL}};
    if (f.p)
        front_try(f.p->ctx, find_stage, &s);
    return s.out;
}
