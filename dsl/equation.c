/* dsl/equation.c: infix text to values, with C's operator precedence.
 *
 *     equation   f(coords) = value        or += -= *= /= %= &= |= ^= <<= >>=; f(coords)[k] = value
 *     value      c ? a : b,  || && | ^ & == != < <= > >= << >> + - * / %,  unary - + ! ~ (type)
 *     primary    number, true, false, (value), (value, value), name, f(coords), f(coords)[k], fs[k](coords), r.x, r[4],
 *                in.extent(d), in.min(d), select(c, a, b) and every word of CB_OPS, u8(e), u8_sat(e),
 *                cast(u8, e), sat_cast(u8, e), reinterpret(u8, e), undef(u8), sum(r, e) and its
 *                relatives, sum(r, e) as name; any of these with [k] behind it
 *
 * Operators of one level are read in a loop, so a sum of any length needs no stack; nesting does, and
 * has a limit. The first mistake is reported with a caret and ends the reading.
 */
#include "token.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NESTING = 200, MAX_OPERANDS = 16 };

typedef struct parser {
    cb_context *c;
    const char *text;
    token tok;
    int last_end; /* where the token before tok ended */
    const binding *captured;
    uint32_t ncaptured;
    cb_loc loc;
    int depth;
    bool failed;
    equation *eq; /* where spans go; may be NULL */
} parser;

static expr *parse_value(parser *p);
static expr *parse_unary(parser *p);

/* ---- reports --------------------------------------------------------------------------------- */

static diag *complain(parser *p, diag_code code, int col, int width, const char *say)
{
    p->failed = true;
    diag *d = diag_begin(&p->c->diags, code, p->loc, "%s", say);
    front_excerpt(p->c, d, p->text, col, width);
    return d;
}

static expr *syntax(parser *p, const char *help, const char *say)
{
    diag *d = complain(p, DIAG_SYNTAX, p->tok.col, p->tok.width,
                       p->tok.kind == TOK_BAD ? p->tok.name : say);
    diag_help(&p->c->diags, d, "%s",
              help ? help
                   : "values are written as in C, with the operators that docs/language.md lists");
    diag_end(&p->c->diags, d);
    return NULL;
}

/* Passes e on, or reports what is wrong with it at the given place. */
static expr *checked(parser *p, expr *e, int col, int width)
{
    if (e && e->fault) {
        fault_report(p->c, e->fault, p->loc, p->text, col, width);
        p->failed = true;
        return NULL;
    }
    return e;
}

static void next(parser *p)
{
    p->last_end = p->tok.col + p->tok.width;
    p->tok = token_read(p->c, p->text, p->last_end);
}

static bool accept(parser *p, const char *sign)
{
    if (p->failed || !token_is(&p->tok, sign))
        return false;
    next(p);
    return true;
}

static bool expect(parser *p, const char *sign, const char *where)
{
    if (p->failed)
        return false;
    if (accept(p, sign))
        return true;
    const char *say = p->tok.kind == TOK_END ? "the equation ends here, but '%s' is missing %s"
                                             : "'%s' is missing %s";
    bool equals = token_is(&p->tok, "=");
    syntax(p, equals ? "equality is written ==" : NULL, arena_printf(p->c->a, say, sign, where));
    return false;
}

/* ---- names ----------------------------------------------------------------------------------- */

static const binding *lookup(parser *p, const char *name)
{
    for (uint32_t i = 0; i < p->ncaptured; i++)
        if (p->captured[i].name == name)
            return &p->captured[i];
    const scope *s = scope_current();
    return s && s->ctx == p->c ? scope_find(s, name) : NULL;
}

static expr *unknown(parser *p, const token *t, bool called)
{
    cb_context *c = p->c;
    const scope *s = scope_current();
    vec(const char *) all = {0};
    const char *near = s && s->ctx == c ? scope_nearest(c, s, t->name) : NULL;
    if (near)
        vec_push(c->a, &all, near);
    for (uint32_t i = 0; i < p->ncaptured; i++)
        vec_push(c->a, &all, p->captured[i].name);
    for (int i = 0; called && i < CB_OP_COUNT; i++)
        vec_push(c->a, &all, op_info[i].word);
    near = all.n ? text_nearest(t->name, all.at, all.n) : NULL;
    diag *d = complain(
        p, DIAG_UNKNOWN_NAME, t->col, t->width,
        arena_printf(c->a,
                     called ? "there is no Func or function '%s' here" : "there is no '%s' here",
                     t->name));
    if (near)
        diag_help(&c->diags, d, "did you mean '%s'?", near);
    else
        diag_help(&c->diags, d,
                  "declare it in this scope, or capture a C value: define_with((%s), ...)",
                  t->name);
    diag_end(&c->diags, d);
    return NULL;
}

static expr *wrong_kind(parser *p, const token *t, const char *what, const char *help)
{
    diag *d = complain(p, DIAG_WRONG_KIND, t->col, t->width,
                       arena_printf(p->c->a, "'%s' %s", t->name, what));
    diag_help(&p->c->diags, d, "%s", help);
    diag_end(&p->c->diags, d);
    return NULL;
}

static const char *binding_is(parser *p, const binding *b)
{
    switch (b->kind) {
    case BIND_FUNC: return "is a Func";
    case BIND_RDOM: return "is a reduction domain";
    case BIND_ARRAY: return "is an array of Funcs";
    case BIND_CFUNC: return "is a C function";
    case BIND_EXPR: break;
    }
    const ir *n = b->expr->node;
    return sym_is(p->c, n, SYM_VAR)     ? "is a Var"
           : sym_is(p->c, n, SYM_RVAR)  ? "is a reduction variable"
           : sym_is(p->c, n, SYM_PARAM) ? "is a Param"
           : sym_is(p->c, n, SYM_KNOB)  ? "is a Knob"
                                        : "is a value";
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* "(" has been read: values up to ")". Returns their number. */
static uint32_t parse_list(parser *p, expr **v, uint32_t most, const char *where)
{
    uint32_t n = 0;
    if (accept(p, ")"))
        return 0;
    do {
        expr *e = parse_value(p);
        if (!e)
            return 0;
        if (n == most) {
            p->tok.col = p->last_end - 1;
            syntax(p, NULL, "there are more than 16 operands or coordinates");
            return 0;
        }
        v[n++] = e;
    } while (accept(p, ","));
    return expect(p, ")", where) ? n : 0;
}

static bool parse_constant(parser *p, int64_t *k, const char *where)
{
    int col = p->tok.col;
    expr *e = parse_value(p);
    if (!e)
        return false;
    if (e->lit == LIT_INT || (!e->lit && e->node->op == IR_INT)) {
        *k = e->lit ? e->value.i : e->node->u.i;
        return true;
    }
    diag *d = complain(
        p, DIAG_WRONG_KIND, col, p->last_end - col,
        arena_printf(p->c->a, "%s is an integer that is known when the equation is read", where));
    diag_help(&p->c->diags, d, "write a number or capture a C integer");
    diag_end(&p->c->diags, d);
    return false;
}

static void note_span(parser *p, const ir *call, int col)
{
    if (!p->eq || call->op != IR_CALL)
        return;
    uint32_t occurrence = 0;
    for (uint32_t i = p->eq->spans.n; i-- > 0;)
        if (p->eq->spans.at[i].node == call) {
            occurrence = p->eq->spans.at[i].occurrence + 1;
            break;
        }
    vec_push(p->c->a, &p->eq->spans, (span){call, occurrence, col, p->last_end - col});
}

/* in.extent(d), in.min(d), in.stride(d) */
static expr *parse_member(parser *p, cb_func_s *f, const token *name)
{
    token m = p->tok;
    int what = 0;
    while (what < 3 && (m.kind != TOK_NAME || strcmp(m.name, buffer_field_words[what]) != 0))
        what++;
    if (what == 3)
        return syntax(p, "write in.extent(0), in.min(0) or in.stride(0)", "a Func has no such member");
    next(p);
    int64_t d = 0;
    if (!expect(p, "(", "before the dimension") || !parse_constant(p, &d, "a dimension") ||
        !expect(p, ")", "after the dimension"))
        return NULL;
    return checked(p, expr_extent(p->c, f, (ir_buffer_field)what, d), name->col,
                   p->last_end - name->col);
}

/* e[k]: value k of several; e begins at column col. */
static expr *parse_picks(parser *p, expr *e, int col)
{
    while (e && accept(p, "[")) {
        int64_t k = 0;
        if (!parse_constant(p, &k, "the number of a value") ||
            !expect(p, "]", "after the number of the value"))
            return NULL;
        e = checked(p, expr_pick(p->c, e, k), col, p->last_end - col);
        if (e)
            note_span(p, e->node, col);
    }
    return e;
}

static expr *parse_func(parser *p, cb_func_s *f, const token *name)
{
    expr *v[MAX_OPERANDS];
    uint32_t n = 0;
    if (accept(p, "."))
        return parse_member(p, f, name);
    if (accept(p, "("))
        n = parse_list(p, v, MAX_OPERANDS, "after the coordinates");
    if (p->failed)
        return NULL;
    expr *e = checked(p, expr_call(p->c, f, n, v), name->col, p->last_end - name->col);
    if (!e)
        return NULL;
    note_span(p, e->node, name->col);
    return parse_picks(p, e, name->col);
}

static expr *parse_c_call(parser *p, const struct cb_cfunc_s *g, const token *name)
{
    expr *v[MAX_OPERANDS];
    if (!accept(p, "("))
        return wrong_kind(p, name, "is a C function", arena_printf(p->c->a, "call it: %s(...)", name->name));
    uint32_t n = parse_list(p, v, MAX_OPERANDS, "after the arguments");
    return p->failed ? NULL : checked(p, expr_c_call(p->c, g, n, v), name->col, p->last_end - name->col);
}

static cb_func_s *parse_array(parser *p, const binding *b, const token *name)
{
    int64_t k = 0;
    if (!accept(p, "[")) {
        wrong_kind(p, name, "is an array of Funcs",
                   arena_printf(p->c->a, "choose one: %s[0]", name->name));
        return NULL;
    }
    if (!parse_constant(p, &k, "the number of a Func") ||
        !expect(p, "]", "after the number of the Func"))
        return NULL;
    if (k >= 0 && k < (int64_t)b->count)
        return b->array[k];
    diag *d = complain(p, DIAG_WRONG_KIND, name->col, p->last_end - name->col,
                       arena_printf(p->c->a, "'%s' has %u Funcs; there is no number %lld",
                                    name->name, b->count, (long long)k));
    diag_note(&p->c->diags, d, b->loc, "declared here");
    diag_help(&p->c->diags, d, "Funcs are counted from 0");
    diag_end(&p->c->diags, d);
    return NULL;
}

/* r, r.x to r.w, r.v4 and on, r[4] */
static expr *parse_rdom(parser *p, rdom *dom, const token *name)
{
    cb_context *c = p->c;
    int64_t d = 0;
    if (accept(p, "[")) {
        int col = p->tok.col;
        if (!parse_constant(p, &d, "the number of a variable") ||
            !expect(p, "]", "after the number of the variable"))
            return NULL;
        if (d < 0 || d >= (int64_t)dom->ndims)
            return checked(p, expr_fault(c, DIAG_WRONG_ARITY,
                                         "the variables of a domain are counted from 0",
                                         "'%s' has %u dimension%s; there is no variable %lld",
                                         name->name, dom->ndims, dom->ndims == 1 ? "" : "s",
                                         (long long)d),
                           col, p->last_end - col - 1);
    } else if (accept(p, ".")) {
        const char *whole = p->tok.kind == TOK_NAME
                                ? arena_printf(c->a, "%s.%s", dom->name, p->tok.name) : "";
        text all;
        text_init(&all, c->a);
        while (d < (int64_t)dom->ndims && strcmp(dom->dims[d].name, whole)) {
            const char *own = strrchr(dom->dims[d].name, '.') + 1;
            text_printf(&all, "%s%s", d++ ? ", " : "", own);
        }
        if (d == (int64_t)dom->ndims)
            return syntax(p, arena_printf(c->a, "the variables of '%s' are %s", name->name,
                                          text_str(&all)),
                          "the domain has no such variable");
        next(p);
    } else if (dom->ndims != 1) {
        return wrong_kind(p, name, "is a reduction domain",
                          arena_printf(c->a, "choose a variable: %s.x", name->name));
    }
    return expr_new(c, ir_var(c, dom->dims[d].sym));
}

/* u8(e), u8_sat(e) */
static bool type_word(const char *word, cb_type *t, bool *sat)
{
    char b[16];
    size_t n = strlen(word);
    *sat = n > 4 && !strcmp(word + n - 4, "_sat");
    if (*sat)
        n -= 4;
    if (n >= sizeof b)
        return false;
    memcpy(b, word, n);
    b[n] = 0;
    return type_parse(strcmp(b, "boolean") ? b : "bool", t);
}

/* cast(u8, e) and its two relatives, and undef(u8): "(" has been read. */
static expr *parse_typed(parser *p, const token *name)
{
    cb_type t;
    bool sat;
    if (p->tok.kind != TOK_NAME || !type_word(p->tok.name, &t, &sat) || sat)
        return syntax(p, "types are bool, i8 to i64, u8 to u64, f16, bf16, f32, f64",
                      "a type is needed here");
    next(p);
    if (name->name[0] == 'u')
        return expect(p, ")", "after the type")
                   ? checked(p, expr_undef(p->c, t), name->col, name->width) : NULL;
    if (!expect(p, ",", "after the type"))
        return NULL;
    expr *e = parse_value(p);
    if (!e || !expect(p, ")", "after the value"))
        return NULL;
    e = name->name[0] == 'c'   ? expr_cast(p->c, t, e)
        : name->name[0] == 's' ? expr_sat_cast(p->c, t, e)
                               : expr_reinterpret(p->c, t, e);
    return checked(p, e, name->col, name->width);
}

/* The Func that a reduction is called by after `as`, or that it becomes; false after a report. */
static bool parse_as(parser *p, cb_func_s **into, const char **name)
{
    *into = NULL;
    *name = NULL;
    if (p->tok.kind != TOK_NAME || strcmp(p->tok.name, "as"))
        return !p->failed;
    next(p);
    if (p->tok.kind != TOK_NAME) {
        syntax(p, "sum(r, e) as total", "a name is needed here");
        return false;
    }
    token t = p->tok;
    next(p);
    const binding *b = lookup(p, t.name);
    if (b && b->kind == BIND_FUNC && p->eq && b->func == p->eq->func) {
        diag *d = complain(p, DIAG_REDUCTION_NAME, t.col, t.width,
                           arena_printf(p->c->a, "'%s' is being defined by this equation", t.name));
        diag_help(&p->c->diags, d, "the reduction is a stage of its own; give it another name");
        diag_end(&p->c->diags, d);
        return false;
    }
    if (b && b->kind != BIND_FUNC) {
        diag *d = complain(p, DIAG_REDUCTION_NAME, t.col, t.width,
                           arena_printf(p->c->a, "'%s' names a reduction, but %s", t.name,
                                        binding_is(p, b)));
        diag_note(&p->c->diags, d, b->loc, "'%s' is declared here", t.name);
        diag_help(&p->c->diags, d, "use a new name, or a Func without a definition");
        diag_end(&p->c->diags, d);
        return false;
    }
    *into = b ? b->func : NULL;
    *name = t.name;
    return true;
}

/* print(value, "text", value): "(" has been read. */
static expr *parse_effect(parser *p, const token *word, cb_effect_kind kind)
{
    effect_part part[MAX_OPERANDS];
    uint32_t n = 0;
    do {
        token t = p->tok;
        if (n == MAX_OPERANDS)
            return syntax(p, NULL, "there are more than 16 operands");
        part[n] = (effect_part){NULL, t.name};
        if (t.kind == TOK_TEXT)
            next(p);
        else if (!(part[n].e = parse_value(p)))
            return NULL;
        n++;
    } while (accept(p, ","));
    if (!expect(p, ")", "after the operands"))
        return NULL;
    return checked(p, expr_effect(p->c, kind, n, part, p->loc), word->col, word->width);
}

/* sum(r, e), sum(r, e) as total: "(" has been read. */
static expr *parse_reduction(parser *p, const token *word, cb_reduction op)
{
    const binding *b = p->tok.kind == TOK_NAME ? lookup(p, p->tok.name) : NULL;
    cb_func_s *into;
    const char *name;
    if (!b || b->kind != BIND_RDOM)
        return syntax(p, arena_printf(p->c->a, "write %s(r, value) with RDom(r, (min, extent))", word->name),
                      "a reduction domain is needed here");
    next(p);
    if (!expect(p, ",", "after the domain"))
        return NULL;
    expr *e = parse_value(p);
    if (!e || !expect(p, ")", "after the value") || !parse_as(p, &into, &name))
        return NULL;
    equation own = {.text = p->text, .func = p->eq ? p->eq->func : NULL};
    own.lhs_col = own.eq_col = word->col;
    own.lhs_width = own.eq_width = word->width;
    for (uint32_t i = 0; p->eq && i < p->eq->spans.n; i++)
        vec_push(p->c->a, &own.spans, p->eq->spans.at[i]);
    e = expr_reduce(p->c, op, b->dom, e, into, name, p->loc, &own);
    return checked(p, e, word->col, p->last_end - word->col);
}

/* A function of the language, when `name` is one: its "(" is the current token. */
static bool parse_builtin(parser *p, const token *name, expr **out)
{
    cb_type t;
    bool sat;
    *out = NULL;
    if (type_word(name->name, &t, &sat)) {
        next(p);
        expr *e = parse_value(p);
        if (e && expect(p, ")", "after the value"))
            *out = checked(p, sat ? expr_sat_cast(p->c, t, e) : expr_cast(p->c, t, e), name->col,
                           name->width);
        return true;
    }
    if (!strcmp(name->name, "cast") || !strcmp(name->name, "sat_cast") ||
        !strcmp(name->name, "reinterpret") || !strcmp(name->name, "undef")) {
        next(p);
        *out = parse_typed(p, name);
        return true;
    }
    static const char *const randoms[] = {"random_float", "random_int", "random_uint"};
    for (uint32_t i = 0; i < COUNT_OF(randoms); i++) {
        if (strcmp(name->name, randoms[i]))
            continue;
        expr *v[MAX_OPERANDS];
        next(p);
        uint32_t n = parse_list(p, v, MAX_OPERANDS, "after the seed");
        if (!p->failed)
            *out = checked(p, expr_random(p->c, (cb_random_kind)i, n, v, p->loc), name->col,
                           name->width);
        return true;
    }
    static const char *const effects[] = {"print", "print_when", "require"};
    for (uint32_t i = 0; i < COUNT_OF(effects); i++)
        if (!strcmp(name->name, effects[i])) {
            next(p);
            *out = parse_effect(p, name, (cb_effect_kind)i);
            return true;
        }
    cb_reduction reduction;
    if (reduction_word(name->name, &reduction)) {
        next(p);
        *out = parse_reduction(p, name, reduction);
        return true;
    }
    for (int op = 0; op < CB_OP_COUNT; op++) {
        if (strcmp(name->name, op_info[op].word))
            continue;
        expr *v[MAX_OPERANDS];
        next(p);
        uint32_t n = parse_list(p, v, MAX_OPERANDS, "after the operands");
        if (!p->failed)
            *out = checked(p, expr_op(p->c, (cb_op)op, n, v), name->col, name->width);
        return true;
    }
    return false;
}

static expr *parse_name(parser *p)
{
    token t = p->tok;
    next(p);
    if (!strcmp(t.name, "_"))
        return expr_rest(p->c);
    if (!strcmp(t.name, "true") || !strcmp(t.name, "false"))
        return expr_new(p->c, ir_bool(p->c, t.name[0] == 't'));
    bool called = token_is(&p->tok, "(");
    const binding *b = lookup(p, t.name);
    expr *e;
    if (called && !(b && (b->kind == BIND_FUNC || b->kind == BIND_CFUNC)) && parse_builtin(p, &t, &e))
        return parse_picks(p, e, t.col);
    cb_type type;
    if (!b && type_parse(t.name, &type))
        return wrong_kind(p, &t, "is a type",
                          arena_printf(p->c->a, "convert a value with %s(...)", t.name));
    if (!b)
        return unknown(p, &t, called);
    switch (b->kind) {
    case BIND_FUNC: return parse_func(p, b->func, &t);
    case BIND_ARRAY: {
        cb_func_s *f = parse_array(p, b, &t);
        return f ? parse_func(p, f, &t) : NULL;
    }
    case BIND_RDOM: return parse_rdom(p, b->dom, &t);
    case BIND_CFUNC: return parse_c_call(p, b->cfunc, &t);
    case BIND_EXPR: break;
    }
    if (called)
        return wrong_kind(
            p, &t, arena_printf(p->c->a, "%s and cannot be called", binding_is(p, b)),
            "only Funcs, inputs and the functions of the language take operands in parentheses");
    return checked(p, b->expr, t.col, t.width);
}

static expr *parse_primary(parser *p)
{
    token t = p->tok;
    switch (t.kind) {
    case TOK_INT: next(p); return expr_literal_int(p->c, (int64_t)t.i, t.i > INT64_MAX);
    case TOK_FLOAT: next(p); return expr_literal_float(p->c, t.f);
    case TOK_NAME: return parse_name(p);
    case TOK_END: return syntax(p, NULL, "the equation ends where a value is needed");
    case TOK_TEXT:
        return syntax(p, "print(value, \"text\", value) writes a line", "a text is no value; it stands in print and require only");
    case TOK_SIGN:
    case TOK_BAD: break;
    }
    if (!accept(p, "("))
        return syntax(p, NULL, "a value is needed here");
    token n = p->tok;
    cb_type type;
    bool sat;
    if (n.kind == TOK_NAME && type_word(n.name, &type, &sat) && !lookup(p, n.name)) {
        token after = token_read(p->c, p->text, n.col + n.width);
        if (token_is(&after, ")")) { /* (u8)x */
            next(p);
            next(p);
            expr *e = parse_unary(p);
            return e ? checked(p, sat ? expr_sat_cast(p->c, type, e) : expr_cast(p->c, type, e),
                               n.col, n.width)
                     : NULL;
        }
    }
    expr *v[MAX_OPERANDS];
    uint32_t count = parse_list(p, v, MAX_OPERANDS, "after the value");
    if (p->failed)
        return NULL;
    if (!count)
        return syntax(p, NULL, "a value is needed here");
    return parse_picks(p, checked(p, expr_tuple(p->c, count, v), t.col, p->last_end - t.col), t.col);
}

static bool deeper(parser *p)
{
    if (++p->depth <= MAX_NESTING)
        return true;
    diag *d =
        complain(p, DIAG_TOO_DEEP, p->tok.col, p->tok.width, "the equation is nested too deeply");
    diag_help(&p->c->diags, d,
              "at most %d levels; name a part of it with E(...) or a Func of its own", MAX_NESTING);
    diag_end(&p->c->diags, d);
    return false;
}

static expr *parse_unary(parser *p)
{
    static const struct {
        const char *sign;
        cb_op op;
    } unary[] = {{"-", CB_OP_NEG}, {"!", CB_OP_NEGATE}, {"~", CB_OP_BIT_NOT}, {"+", CB_OP_COUNT}};
    token t = p->tok;
    for (size_t i = 0; i < COUNT_OF(unary); i++) {
        if (!accept(p, unary[i].sign))
            continue;
        expr *e = deeper(p) ? parse_unary(p) : NULL;
        p->depth--;
        if (!e || unary[i].op == CB_OP_COUNT)
            return e;
        return checked(p, expr_op(p->c, unary[i].op, 1, &e), t.col, t.width);
    }
    return p->failed ? NULL : parse_primary(p);
}

/* ---- operators ------------------------------------------------------------------------------- */

static const struct infix {
    const char *sign;
    int level; /* higher binds tighter */
    cb_op op;
} infix[] = {
    {"||", 1, CB_OP_EITHER}, {"&&", 2, CB_OP_BOTH}, {"|", 3, CB_OP_BIT_OR}, {"^", 4, CB_OP_BIT_XOR},
    {"&", 5, CB_OP_BIT_AND}, {"==", 6, CB_OP_EQ},   {"!=", 6, CB_OP_NE},    {"<", 7, CB_OP_LT},
    {"<=", 7, CB_OP_LE},     {">", 7, CB_OP_GT},    {">=", 7, CB_OP_GE},    {"<<", 8, CB_OP_SHL},
    {">>", 8, CB_OP_SHR},    {"+", 9, CB_OP_ADD},   {"-", 9, CB_OP_SUB},    {"*", 10, CB_OP_MUL},
    {"/", 10, CB_OP_DIV},    {"%", 10, CB_OP_MOD},
};

static const struct infix *infix_of(const token *t)
{
    for (size_t i = 0; i < COUNT_OF(infix); i++)
        if (token_is(t, infix[i].sign))
            return &infix[i];
    return NULL;
}

/* Operators of `level` and tighter. One loop per operand: recursion only into tighter levels. */
static expr *parse_binary(parser *p, int level)
{
    expr *left = parse_unary(p);
    while (left && !p->failed) {
        token t = p->tok;
        const struct infix *o = infix_of(&t);
        if (!o || o->level < level)
            break;
        next(p);
        expr *right = parse_binary(p, o->level + 1);
        if (!right)
            return NULL;
        expr *v[] = {left, right};
        left = checked(p, expr_op(p->c, o->op, 2, v), t.col, t.width);
    }
    return p->failed ? NULL : left;
}

static expr *parse_value(parser *p)
{
    expr *r = NULL;
    if (p->failed)
        return NULL;
    if (deeper(p)) {
        r = parse_binary(p, 1);
        token t = p->tok;
        if (r && accept(p, "?")) {
            expr *v[3] = {r, parse_value(p), NULL};
            v[2] = expect(p, ":", "after the first choice") ? parse_value(p) : NULL;
            r = v[1] && v[2] ? checked(p, expr_op(p->c, CB_OP_SELECT, 3, v), t.col, t.width) : NULL;
        }
    }
    p->depth--;
    return r;
}

/* ---- whole texts ----------------------------------------------------------------------------- */

static const char *one_line(cb_context *c, const char *lines)
{
    char *s = arena_strdup(c->a, lines ? lines : "");
    for (char *q = s; *q; q++)
        if (*q == '\n' || *q == '\r' || *q == '\t')
            *q = ' ';
    return s;
}

static bool at_end(parser *p)
{
    if (p->failed)
        return false;
    if (p->tok.kind == TOK_END)
        return true;
    syntax(p, token_is(&p->tok, "=") ? "equality is written ==" : NULL,
           "the equation should end here");
    return false;
}

/* The Func on the left. */
static cb_func_s *parse_target(parser *p)
{
    token t = p->tok;
    if (t.kind != TOK_NAME) {
        syntax(p, "an equation is f(x, y) = value", "an equation begins with the name of a Func");
        return NULL;
    }
    next(p);
    const binding *b = lookup(p, t.name);
    if (!b) {
        unknown(p, &t, true);
        return NULL;
    }
    if (b->kind == BIND_ARRAY)
        return parse_array(p, b, &t);
    if (b->kind == BIND_FUNC)
        return b->func;
    wrong_kind(p, &t, arena_printf(p->c->a, "%s and cannot be defined", binding_is(p, b)),
               "the left side of an equation is a Func with its coordinates");
    return NULL;
}

static bool parse_assign(parser *p, assign_op *op)
{
    static const char *const signs[] = {
        "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (accept(p, signs[i])) {
            *op = (assign_op)i;
            return true;
        }
    if (!p->failed)
        syntax(p, "an equation is f(x, y) = value", "'=' is missing after the left side");
    return false;
}

static void parse_equation(parser *p, equation *eq)
{
    cb_context *c = p->c;
    expr *v[MAX_OPERANDS];
    uint32_t n = 0;
    eq->lhs_col = p->tok.col;
    eq->func = parse_target(p);
    if (eq->func && accept(p, "("))
        n = parse_list(p, v, MAX_OPERANDS, "after the coordinates");
    for (uint32_t i = 0; i < n; i++)
        vec_push(c->a, &eq->coords, v[i]);
    eq->picked = eq->func && accept(p, "[");
    if (eq->picked && (!parse_constant(p, &eq->pick, "the number of a value") ||
                                       !expect(p, "]", "after the number of the value")))
        return;
    eq->lhs_width = p->last_end - eq->lhs_col;
    eq->eq_col = p->tok.col;
    eq->eq_width = p->tok.width;
    if (p->failed || !parse_assign(p, &eq->op))
        return;
    expr *e = parse_value(p);
    for (uint32_t i = 0; e && i < e->nvalues; i++)
        vec_push(c->a, &eq->values, e->nvalues == 1 ? e : expr_pick(c, e, i));
    at_end(p);
}

static parser begin(cb_context *c, const char *src, const binding *captured, uint32_t n, cb_loc loc)
{
    parser p = {.c = c, .text = one_line(c, src), .captured = captured, .ncaptured = n, .loc = loc};
    p.tok = token_read(c, p.text, 0);
    return p;
}

void equation_parse(cb_context *c, const char *src, const binding *captured, uint32_t n, cb_loc loc,
                    equation *out)
{
    parser p = begin(c, src, captured, n, loc);
    *out = (equation){.text = p.text};
    p.eq = out;
    parse_equation(&p, out);
    out->failed = p.failed;
}

expr *equation_expr(cb_context *c, const char *src, const binding *captured, uint32_t n, cb_loc loc)
{
    parser p = begin(c, src, captured, n, loc);
    expr *e = parse_value(&p);
    if (e && at_end(&p))
        return e;
    e = expr_fault(c, DIAG_SYNTAX, NULL, "the text of an expression was refused");
    e->fault->reported = true;
    return e;
}

/* ---- captures -------------------------------------------------------------------------------- */

static void capture_fault(cb_context *c, cb_loc loc, const char *say)
{
    diag *d = diag_begin(&c->diags, DIAG_BAD_CAPTURE, loc, "%s", say);
    diag_help(&c->diags, d, "capture variables by their plain names: define_with((w, prev), ...)");
    diag_end(&c->diags, d);
}

bool captures_bind(cb_context *c, const char *names, int n, const cb_value *values, cb_loc loc,
                   binding **out)
{
    *out = NEW_ARRAY(c->a, binding, n > 0 ? n : 1);
    if (n <= 0)
        return true;
    const char *s = one_line(c, names);
    token t = token_read(c, s, 0);
    bool paren = token_is(&t, "(");
    for (int i = 0; i < n; i++) {
        if (i || paren)
            t = token_read(c, s, t.col + t.width);
        token after = token_read(c, s, t.col + t.width);
        if (t.kind != TOK_NAME ||
            !(after.kind == TOK_END || token_is(&after, ",") || token_is(&after, ")"))) {
            capture_fault(
                c, loc, arena_printf(c->a, "captured value %d of %s has no plain name", i + 1, s));
            return false;
        }
        for (int k = 0; k < i; k++)
            if ((*out)[k].name == t.name) {
                capture_fault(c, loc, arena_printf(c->a, "'%s' is captured twice", t.name));
                return false;
            }
        const cb_value *v = &values[i];
        (*out)[i] =
            v->cfunc ? (binding){.name = t.name, .kind = BIND_CFUNC, .cfunc = v->cfunc, .loc = loc}
            : v->rdom ? (binding){.name = t.name, .kind = BIND_RDOM, .dom = v->rdom->dom, .loc = loc}
            : v->func.p
                ? (binding){.name = t.name, .kind = BIND_FUNC, .func = v->func.p, .loc = loc}
                : (binding){
                      .name = t.name, .kind = BIND_EXPR, .expr = expr_in(c, v->expr), .loc = loc};
        t = after;
    }
    return true;
}
