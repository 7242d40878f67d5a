/* tests/unit/test_dsl.c: the language: values, equations, definitions, scopes, pipelines, generators, and every
 * refusal with its code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../dsl/front.h"
#include "../../dsl/sched.h"

#include <carbide/dsl.h>

/* ---- fixture: a context whose diagnostics are kept ------------------------------------------------------ */

typedef struct world {
    cb_context *c;
    int count;
    char code[64], said[4096];
} world;

static void sink(void *user, const cb_message *m)
{
    world *w = user;
    if (!w->count++)
        strncpy(w->code, m->code, sizeof w->code - 1);
    strncpy(w->said, m->rendered, sizeof w->said - 1);
}

static world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    cb_options o = {.size = sizeof o, .sink = sink, .sink_user = w};
    w->c = cb_context_new(&o);
    assert_non_null(w->c);
    return w;
}

static void world_free(world *w)
{
    cb_context_free(w->c);
    free(w);
}

/* Exactly one diagnostic, of this code, with a help line. */
static void one(world *w, const char *code, const char *what)
{
    if (w->count != 1 || strcmp(w->code, code) || !strstr(w->said, "help:"))
        fail_msg("%s: expected one %s with help, got %d, first %s: %s", what, code, w->count, w->code, w->said);
    w->count = 0;
    w->code[0] = 0;
}

static void none(world *w, const char *what)
{
    if (w->count)
        fail_msg("%s: %s", what, w->said);
}

/* ---- values ------------------------------------------------------------------------------------------------ */

static void text_of_values(void **state)
{
    static const struct {
        const char *text, *type, *printed;
    } cases[] = {
        {"1", "i32", "1"},
        {"5000000000", "i64", NULL},
        {"0xffffffffffffffff", "u64", NULL},
        {"2.5", "f32", NULL},
        {"b(x, y) + 1", "u8", "b(x, y) + 1"},
        {"1 + b(x, y)", "u8", "1 + b(x, y)"},
        {"b(x, y) + v(x)", "i32", NULL},
        {"b(x, y) + h(x)", "u16", NULL},
        {"b(x, y) * 0.5", "f32", NULL},
        {"0.5f * b(x, y)", "f32", NULL},
        {"d(x) * 0.1", "f64", NULL},
        {"d(x) + b(x, y)", "f64", NULL},
        {"x - -1", "i32", NULL},
        {"-x", "i32", NULL},
        {"x + y * 2 - 3 % x", "i32", "x + y*2 - 3%x"},
        {"x - (y - x)", "i32", "x - (y - x)"},
        {"x < y && y < 4 || !(x == y)", "bool", NULL},
        {"x < y ? b(x, y) : 0", "u8", "select(x < y, b(x, y), 0)"},
        {"x > y", "bool", "y < x"},
        {"x >= 3", "bool", "3 <= x"},
        {"x & 3 | y ^ ~x", "i32", NULL},
        {"x << 2 >> b(x, y)", "i32", NULL},
        {"abs(v(x))", "u32", NULL},
        {"abs(-3)", "i32", "3"},
        {"min(x, y, 3)", "i32", NULL},
        {"clamp(b(x, y), 1, 254)", "u8", NULL},
        {"u8(x)", "u8", NULL},
        {"u8_sat(v(x))", "u8", NULL},
        {"(i64)x * 2", "i64", NULL},
        {"cast(f32, x)", "f32", NULL},
        {"sat_cast(i8, v(x))", "i8", NULL},
        {"reinterpret(u32, v(x))", "u32", NULL},
        {"sqrt(x)", "f32", NULL},
        {"pow(d(x), 2)", "f64", NULL},
        {"select(x < 1, 1, x < 2, 2, 3)", "i32", NULL},
        {"gain * b(x, y)", "f32", NULL},
        {"b.extent(0) + b.min(1)", "i32", NULL},
        {"true", "bool", "true"},
        {"x == 1 ? true : x == 2", "bool", NULL},
    };
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Input(b, u8, 2);
        Input(h, u16, 1);
        Input(v, i32, 1);
        Input(d, f64, 1);
        Param(gain, f32, 1, 0, 4);
        Vars(x, y);
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            Expr e = cb_expr_text(cases[i].text, CB_NO_CAPTURES, CB_HERE);
            char name[16];
            assert_non_null(e.p);
            if (strcmp(type_name(cb_expr_type(e), name), cases[i].type))
                fail_msg("%s is %s, not %s", cases[i].text, name, cases[i].type);
            if (cases[i].printed)
                assert_string_equal(cb_expr_print(e), cases[i].printed);
        }
    }
    none(w, "values");
    world_free(w);
}

/* Builders and text give the very same node. */
static void builders_are_equations(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Input(in, u16, 2);
        Vars(x, y);
        RDom(r, (0, 9), (1, 8));
        const int k = 3;
        assert_ptr_equal(E((in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3).p->node,
                         div(add(at(in, sub(x, 1), y), at(in, x, y), at(in, add(x, 1), y)), 3).p->node);
        assert_ptr_equal(E_with((k), x * k + r.y).p->node, add(mul(x, k), r.y).p->node);
        assert_ptr_equal(E(select(x < y && x != 2, min(x, y), 7)).p->node,
                         select(both(lt(x, y), ne(x, 2)), min(x, y), 7).p->node);
        assert_ptr_equal(E(u8_sat(in(x, y))).p->node, sat_cast(u8, at(in, x, y)).p->node);
        assert_ptr_equal(E(in.extent(1)).p->node, extent(in, 1).p->node);
        assert_ptr_equal(E(-x).p->node, neg(x).p->node);
    }
    none(w, "builders");
    world_free(w);
}

/* Saturation clamps in the operand's own type, and only where needed. */
static void saturating_casts(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Input(a, i32, 1);
        Input(b, u8, 1);
        Vars(x);
        assert_ptr_equal(E(u8_sat(a(x))).p->node, E(u8(min(max(a(x), 0), 255))).p->node);
        assert_ptr_equal(E(i16_sat(b(x))).p->node, E(i16(b(x))).p->node);
        assert_ptr_equal(E(i8_sat(b(x))).p->node, E(i8(min(b(x), 127))).p->node);
        assert_ptr_equal(E(u64_sat(a(x))).p->node, E(u64(max(a(x), 0))).p->node);
    }
    none(w, "saturation");
    world_free(w);
}

static void long_sums_and_deep_nesting(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(f, g);
        Vars(x);
        enum { TERMS = 10000 };
        char *sum = malloc(TERMS * 8 + 16), *p = sum;
        p += sprintf(p, "f(x) = x");
        for (int i = 1; i < TERMS; i++)
            p += sprintf(p, " + %d%s", i % 9 + 1, i % 2 ? "*x" : "");
        define_text(sum);
        none(w, "a sum of 10,000 terms");
        assert_int_equal(f.p->defs.n, 1);
        p = sum + sprintf(sum, "g(x) = ");
        memset(p, '(', 5000);
        p[5000] = 0;
        define_text(sum);
        one(w, "too-deep", "5000 parentheses");
        free(sum);
        Funcs(h);
        Expr e = x;
        for (int i = 0; i < 20000; i++) /* beyond the depth of any expression */
            e = add(e, mul(x, i));
        none(w, "nothing is said before a statement has it");
        define(h, (x), e);
        one(w, "too-deep", "20000 sums");
    }
    world_free(w);
}

/* ---- refusals: definitions read one after the other, the last one refused ---------------------------------------- */

static const struct refusal {
    const char *code, *text[3];
    const char *caret; /* the part of the last text that is underlined, or NULL */
} refusals[] = {
    {"unknown-name", {"g(x, y) = inn(x, y)"}, "inn"},
    {"unknown-name", {"g(x, y) = x + q"}, "q"},
    {"unknown-name", {"gg(x) = 1"}, "gg"},
    {"unknown-name", {"g(x) = sqtr(x)"}, "sqtr"},
    {"wrong-arity", {"g(x) = in(x)"}, "in(x)"},
    {"wrong-arity", {"g(x, y) = in(x, y, 0)"}, "in(x, y, 0)"},
    {"wrong-arity", {"g(x, y) = in"}, "in"},
    {"wrong-arity", {"g(x, y) = 1", "g(x) += 1"}, "g(x)"},
    {"wrong-arity", {"out(x) = 1"}, "out(x)"},
    {"wrong-kind", {"g(x) = x(3)"}, "x"},
    {"wrong-kind", {"g(x) = r2"}, "r2"},
    {"wrong-kind", {"x = 1"}, "x"},
    {"wrong-kind", {"g(x) = u8"}, "u8"},
    {"wrong-kind", {"g(x) = pyr(x)"}, "pyr"},
    {"wrong-kind", {"pyr[7](x) = 1"}, "pyr[7]"},
    {"wrong-kind", {"g(x) = strip"}, "strip"},
    {"type-misfit", {"out(x, y) = x"}, "="},
    {"type-misfit", {"g(x) = (x < 1) + 1"}, "+"},
    {"type-misfit", {"g(x) = x && 1 == 1"}, "&&"},
    {"type-misfit", {"g(x) = 1.5 & x"}, "&"},
    {"type-misfit", {"g(x) = gain << 1"}, "<<"},
    {"type-misfit", {"g(x) = x ? 1 : 2"}, "?"},
    {"type-misfit", {"g(x) = !x"}, "!"},
    {"type-misfit", {"g(x) = u8(x)", "g(x) += x"}, "+="},
    {"type-misfit", {"g(x) = is_nan(x)"}, "is_nan"},
    {"type-misfit", {"g(x) = reinterpret(u8, x)"}, "reinterpret"},
    {"literal-range", {"g(x, y) = in(x, y) + 256"}, "+"},
    {"literal-range", {"g(x, y) = in(x, y) * -1"}, "*"},
    {"literal-range", {"out(x, y) = 300"}, "="},
    {"literal-range", {"g(x) = -18446744073709551615"}, "-"},
    {"bad-coordinate", {"g(x) = in(x * 0.5, 0)"}, "in(x * 0.5, 0)"},
    {"bad-coordinate", {"g(x) = in(u32(x), 0)"}, "in(u32(x), 0)"},
    {"operand-count", {"g(x) = select(x < 1, 2)"}, "select"},
    {"operand-count", {"g(x) = abs(x, 1)"}, "abs"},
    {"operand-count", {"g(x) = select(x < 1, 2, 3, 4)"}, "select"},
    {"undefined-func", {"g(x) = k(x)"}, "k(x)"},
    {"undefined-func", {"g(x) = g(x - 1) + 1"}, "g(x - 1)"},
    {"update-before-definition", {"g(x) += 1"}, "g(x)"},
    {"defined-after-use", {"g(x) = 1", "k(x) = g(x)", "g(x) += 1"}, "g(x)"},
    {"input-defined", {"in(x, y) = 1"}, "in(x, y)"},
    {"not-a-var", {"g(x + 1) = 1"}, NULL},
    {"not-a-var", {"g(0) = 1"}, NULL},
    {"not-a-var", {"g(r) = 1"}, NULL},
    {"repeated-var", {"g(x, x) = 1"}, "x"},
    {"repeated-var", {"g(x, y) = 1", "g(x, x) = 2"}, "x"},
    {"free-var", {"g(x) = x + y"}, "y"},
    {"free-var", {"g(x) = 1", "g(r) = y"}, "y"},
    {"misplaced-var", {"g(x) = 1", "g(x + 1) = 2"}, "x"},
    {"misplaced-var", {"g(x) = 1", "g(x) = g(x - 1)"}, "g(x - 1)"},
    {"misplaced-var", {"g(x, y) = 1", "g(x, r) = g(r, x)"}, "g(r, x)"},
    {"rvar-in-pure", {"g(x) = x + r"}, "r"},
    {"two-domains", {"g(x) = 0", "g(r) = r2.x"}, "r2.x"},
    {"value-count", {"g(x) = (1, 2)", "k(x) = 1", "k(x) = g(x)"}, "="},
    {"value-count", {"g(x) = (1, 2)", "k(x) = g(x) + 1"}, "+"},
    {"value-count", {"g(x) = (1, 2)", "k(x) = g(x)[2]"}, "g(x)[2]"},
    {"value-count", {"g(x) = (1, 2)", "g(x) = 3"}, "="},
    {"value-count", {"out(x, y) = (1, 2)"}, "="},
    {"syntax", {""}, NULL},
    {"syntax", {"g(x)"}, NULL},
    {"syntax", {"g(x) ="}, NULL},
    {"syntax", {"g(x) = x +"}, NULL},
    {"syntax", {"g(x) = (x"}, NULL},
    {"syntax", {"g(x) = x)"}, ")"},
    {"syntax", {"g(x) = x y"}, "y"},
    {"syntax", {"g(x) = x = 1"}, "="},
    {"syntax", {"g(x) = x @ 1"}, "@"},
    {"syntax", {"g(x) = x + 12ab"}, NULL},
    {"syntax", {"g(x) = 0x"}, "0x"},
    {"syntax", {"g(x) = 099"}, "099"},
    {"value-count", {"g(x) = (x, 1) + 2"}, "+"},
    {"syntax", {"g(x) = r2.z"}, "z"},
    {"syntax", {"g(x) = x ? 1"}, NULL},
    {"syntax", {"g(x) = 99999999999999999999"}, "99999999999999999999"},
    {"syntax", {"+ = 1"}, "+"},
    {"syntax", {"g(x) = cast(x, 1)"}, "x"},
};

/* What is underlined: the line of the text stands above the line of carets. */
static void check_caret(const world *w, const struct refusal *r, const char *last)
{
    const char *line = strstr(w->said, last), *under = line ? strchr(line, '\n') : NULL;
    const char *begin = w->said, *caret = under ? strchr(under, '^') : NULL;
    if (!line || !caret)
        fail_msg("%s: no caret: %s", last, w->said);
    for (const char *q = w->said; q < line; q++)
        if (*q == '\n')
            begin = q + 1;
    size_t col = (size_t)(caret - (under + 1)) - (size_t)(line - begin);
    size_t width = 1 + strspn(caret + 1, "~^");
    if (col > strlen(last))
        fail_msg("%s: the caret stands outside: %s", last, w->said);
    if (r->caret && (width != strlen(r->caret) || strncmp(last + col, r->caret, width)))
        fail_msg("%s: underlined '%.*s', not '%s'", last, (int)width, last + col, r->caret);
}

static void refused_definitions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        world *w = world_new();
        Carbide(w->c) {
            Input(in, u8, 2);
            Output(out, u8, 2);
            Funcs(g, k);
            FuncArray(pyr, 3);
            Vars(x, y);
            RDom(r, (0, 10));
            RDom(r2, (0, 10), (0, 10));
            Param(gain, f32);
            Knob(strip, 8, 8, 64, 8);
            const char *last = NULL;
            for (size_t j = 0; j < 3 && refusals[i].text[j]; j++) {
                none(w, last);
                last = refusals[i].text[j];
                define_text(last);
            }
            if (w->count == 1 && !strstr(w->said, "help:") && !strcmp(w->code, "syntax"))
                strcat(w->said, "help:"); /* a syntax error may speak for itself */
            if (*last)
                check_caret(w, &refusals[i], last);
            assert_non_null(strstr(w->said, __FILE__));
            one(w, refusals[i].code, last);
            /* one mistake, one message: what uses the poisoned Func is quiet */
            define_text("k(x) = g(x)");
            if (strcmp(refusals[i].code, "undefined-func") && g.p->poisoned && !k.p->defs.n)
                none(w, last);
        }
        world_free(w);
    }
}

/* ---- refusals of declarations and builders ------------------------------------------------------------------------- */

static void refused_declarations(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Vars(x, y);
        Funcs(f, g);
        cb_var("x", CB_HERE);
        one(w, "duplicate-name", "Vars(x) twice");
        cb_func_new("f", CB_HERE);
        one(w, "duplicate-name", "Funcs(f) twice");
        cb_func_new("min", CB_HERE);
        one(w, "bad-name", "Funcs(min)");
        cb_var("u8", CB_HERE);
        one(w, "bad-name", "Vars(u8)");
        cb_var("a b", CB_HERE);
        one(w, "bad-name", "a name with a space");
        cb_input("big", CB_u8, 17, CB_HERE);
        one(w, "bad-declaration", "17 dimensions");
        cb_input("odd", (cb_type){CB_INT, 24, 1}, 2, CB_HERE);
        one(w, "bad-declaration", "i24");
        Param(p1, u8, 300);
        one(w, "literal-range", "u8 300");
        Param(p2, i32, 5, 6, 7);
        one(w, "bad-declaration", "default below range");
        Knob(k1, 5, 8, 64, 8);
        one(w, "bad-knob", "default outside");
        Knob(target, 8, 8, 64, 8);
        one(w, "bad-name", "Knob(target)");
        RDom(r1, (0, x));
        one(w, "bad-domain", "bounds with a Var");
        RDom(r2, (0, 1.5));
        one(w, "literal-range", "bounds with a fraction");
        RDom(r, (0, 4), (0, 4));
        where(r, r.x + r.y);
        one(w, "type-misfit", "where without a condition");
        where(r, r.x < r1);
        one(w, "bad-domain", "where of two domains");
        define(f(x) = 0);
        define(f(r.x) += r.y);
        where(r, r.x < r.y);
        one(w, "where-after-use", "where after use");
        Expr nothing = {NULL};
        define(g, (x), add(nothing, 1));
        one(w, "null-handle", "a zeroed Expr");
        Funcs(h, h2, h3, edge);
        define_with((nothing), h(x) = nothing);
        one(w, "null-handle", "a captured zeroed Expr");
        int v[2] = {1, 2};
        define_with((v[0]), h2(x) = v);
        one(w, "bad-capture", "a capture without a name");
        repeat_edge(edge, f);
        one(w, "bad-boundary", "no region");
        define(h3, (x), add(x, lt(x, y)));
        one(w, "type-misfit", "builders");
        stage(f, 7);
        one(w, "no-such-stage", "stage 7");
    }
    world_free(w);
}

static void contexts_do_not_mix(void **state)
{
    (void)state;
    world *a = world_new(), *b = world_new();
    Carbide(a->c) {
        Vars(x);
        Input(in, u8, 1);
        Carbide(b->c) {
            Vars(y);
            Funcs(f, g);
            define(f, (y), add(y, x));
            one(b, "context-mix", "an Expr of another context");
            define_with((in), g(y) = in(y));
            one(b, "context-mix", "a Func of another context");
            Funcs(h);
            define(h(y) = x);
            one(b, "unknown-name", "names of another context are not seen");
        }
    }
    assert_null(cb_current());
    none(a, "the first context");
    world_free(a);
    world_free(b);
}

static int leaves_early(cb_context *c, int how)
{
    Carbide(c) {
        Vars(x);
        if (how)
            return 1;
    }
    return 0;
}

static void scopes_nest_and_end(void **state)
{
    (void)state;
    world *w = world_new();
    leaves_early(w->c, 1);
    assert_null(cb_current());
    leaves_early(w->c, 0);
    Carbide(w->c) {
        Vars(x);
        Funcs(f);
        define(f(x) = x);
        for (int i = 0; i < 3; i++)
            Local() {
                Funcs(t);
                define(t(x) = f(x) + 1); /* outer names are seen */
                assert_string_equal(t.p->name, i == 0 ? "t" : i == 1 ? "t_1" : "t_2");
            }
        Funcs(g);
        define(g(x) = t(x));
        one(w, "unknown-name", "an inner name after its end");
        FuncArray(pyr, 3);
        define(pyr[0](x) = x);
        for (int i = 1; i < 3; i++)
            define_with((i), pyr[i](x) = pyr[i - 1](2 * x));
        assert_string_equal(pyr[2].p->name, "pyr_2");
        assert_int_equal(pyr[2].p->defs.n, 1);
    }
    none(w, "scopes");
    cb_context *dead = cb_context_new(NULL);
    cb_scope s = cb_scope_enter(dead, CB_HERE);
    cb_context_free(dead); /* its scope goes with it */
    assert_null(cb_current());
    cb_scope_leave(&s);
    world_free(w);
}

/* ---- definitions ------------------------------------------------------------------------------------------------- */

static void updates_and_domains(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Input(in, u8, 2);
        Funcs(hist, scan, cum, pair);
        Vars(i, x, y);
        RDom(r, (0, 640), (0, 480));
        RDom(s, (1, 255));
        define(hist(i) = u32(0));
        Stage u = define(hist(in(r.x, r.y)) += 1);
        assert_int_equal(u.p->update, 0);
        const definition *d = hist.p->defs.at[1];
        assert_int_equal(d->kind, DEF_UPDATE);
        assert_ptr_equal(d->dom, r.p->dom);
        assert_int_equal(d->pure_dim[0], 0);
        assert_string_equal(ir_text(w->c, d->values[0]), "hist(cast(i32, in(r.x, r.y))) + 1");
        define(cum(i) = hist(i));
        define(cum(s) = cum(s - 1) + cum(s));
        assert_ptr_equal(cum.p->defs.at[1]->dom, s.p->dom);
        where(s, s != 7);
        one(w, "where-after-use", "late");
        define(scan(x, y) = i32(in(x, y)));
        define(scan(x, s) += scan(x, s - 1));
        assert_int_equal(scan.p->defs.at[1]->pure_dim[0], x.p->node->u.sym);
        assert_int_equal(scan.p->defs.at[1]->pure_dim[1], 0);
        define(pair(x) = (x, f32(x)));
        define(pair(x) = (pair(x)[0] + 1, pair(x)[1] * 2));
        assert_int_equal(pair.p->nvalues, 2);
        assert_int_equal(pair.p->defs.at[1]->values[1]->arg[0]->u.ref.index, 1);
        Funcs(total);
        RDom(t, (0, 8));
        define(total = 0);
        define(total += t * t);
        assert_int_equal(total.p->rank, 0);
        assert_ptr_equal(E(total + 1).p->node, add(total, 1).p->node);
    }
    none(w, "updates");
    world_free(w);
}

/* Each occurrence of an access knows where it stands in the text. */
static void spans_of_accesses(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Input(in, u8, 2);
        Funcs(f);
        Vars(x, y);
        define(f(x, y) = in(x, y) / 2 + in(x + 1, y) / 2 - in(x, y));
        const definition *d = f.p->defs.at[0];
        static const char *const want[] = {"in(x, y)", "in(x + 1, y)", "in(x, y)"};
        assert_int_equal(d->spans.n, 3);
        for (uint32_t i = 0; i < 3; i++)
            assert_memory_equal(d->text + d->spans.at[i].col, want[i], (size_t)d->spans.at[i].width);
        assert_ptr_equal(d->spans.at[0].node, d->spans.at[2].node);
        assert_int_equal(d->spans.at[2].occurrence, 1);
    }
    none(w, "spans");
    world_free(w);
}

static void pipelines_are_ordered(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        enum { LONG = 1000 };
        Input(b, u8, 1);
        Input(a, u8, 1);
        Input(unused, u8, 1);
        Param(p, i32);
        Funcs(f, g, out);
        FuncArray(chain, LONG);
        Vars(x);
        define(g(x) = a(x));
        define(f(x) = g(x) + b(x + p));
        define(chain[0](x) = f(x));
        for (int i = 1; i < LONG; i++)
            define_with((i), chain[i](x) = chain[i - 1](x) + g(x));
        define(out(x) = chain[999](x));
        cb_pipeline q = cb_pipeline_of("q", 1, &out, CB_HERE);
        assert_non_null(q.p);
        assert_int_equal(q.p->funcs.n, LONG + 3);
        assert_ptr_equal(q.p->funcs.at[LONG + 2], out.p);
        assert_true(pipeline_func(q.p, "chain_999") == chain[999].p);
        assert_int_equal(q.p->inputs.n, 2);
        assert_ptr_equal(q.p->inputs.at[0], b.p); /* in order of declaration */
        assert_int_equal(q.p->params.n, 1);
        for (uint32_t i = 0; i + 1 < q.p->funcs.n; i++)
            assert_true(q.p->funcs.at[i] != out.p);
        none(w, "pipelines");
        cb_pipeline_of("in", 1, &a, CB_HERE);
        one(w, "no-output", "an input as output");
        Funcs(later);
        cb_pipeline_of("later", 1, &later, CB_HERE);
        one(w, "undefined-func", "an undefined output");
    }
    world_free(w);
}

/* ---- generators: the listing of the design ------------------------------------------------------------------------ */

Generator(blur)
{
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(blur_x);
    Vars(x, y);

    define(blur_x(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3);
    define(out(x, y)    = (blur_x(x, y - 1) + blur_x(x, y) + blur_x(x, y + 1)) / 3);
}

Schedule(blur, cpu)
{
    Stages(out, blur_x);                           /* the generator's Funcs, looked up by name */
    Vars(x, y, yo, yi);
    Knob(strip, 32, 8, 128, 8);                    /* a tunable integer: default, range, step */

    schedule(out,    split(y, yo, yi, strip), parallel(yo), vectorize(x, 32));
    schedule(blur_x, store_at(out, yo), compute_at(out, yi), vectorize(x, 32));
}

Schedule(blur, misspelt)
{
    Stages(blurx);
}

Generator(taps)
{
    Setting(radius, 2);
    Input(in, u16, 1);
    Input(spare, u8, 1);
    Output(out, u32, 1);
    Vars(x);
    Expr sum = cast(u32, 0);
    for (int i = -(int)radius; i <= radius; i++)
        sum = E_with((sum, i), sum + in(x + i));
    define_with((sum), out(x) = sum);
}

Generator(broken)
{
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = y);
}

static void generators_by_name(void **state)
{
    (void)state;
    world *w = world_new();
    const char *const set[] = {"strip=64"}, *const bad[] = {"strip=7"}, *const unknown[] = {"strop=8"},
                      *const malformed[] = {"strip"}, *const wide[] = {"radius=1"};
    cb_pipeline p = cb_generate(w->c, CB_REGISTRY, "blur", "cpu", 1, set);
    none(w, "blur");
    assert_non_null(p.p);
    assert_int_equal(p.p->funcs.n, 2);
    assert_string_equal(p.p->funcs.at[0]->name, "blur_x");
    assert_int_equal(p.p->sched->entries.n, 2);
    assert_int_equal(p.p->sched->knobs.at[0]->value, 64);
    assert_true(schedule_resolve(p.p));
    assert_null(cb_generate(w->c, CB_REGISTRY, "blur", "cpu", 1, bad).p);
    one(w, "bad-setting", "strip=7");
    assert_null(cb_generate(w->c, CB_REGISTRY, "blur", "cpu", 1, unknown).p);
    one(w, "bad-setting", "strop");
    assert_null(cb_generate(w->c, CB_REGISTRY, "blur", "cpu", 1, malformed).p);
    one(w, "bad-setting", "no value");
    assert_null(cb_generate(w->c, CB_REGISTRY, "blur", "gpu", 0, NULL).p);
    one(w, "no-such-generator", "no schedule");
    assert_null(cb_generate(w->c, CB_REGISTRY, "blurr", NULL, 0, NULL).p);
    one(w, "no-such-generator", "no generator");
    assert_null(cb_generate(w->c, CB_REGISTRY, "blur", "misspelt", 0, NULL).p);
    one(w, "no-such-stage", "Stages(blurx)");
    assert_null(cb_generate(w->c, CB_REGISTRY, "broken", NULL, 0, NULL).p);
    one(w, "unknown-name", "a broken generator");
    p = cb_generate(w->c, CB_REGISTRY, "taps", NULL, 1, wide);
    none(w, "taps");
    assert_int_equal(p.p->inputs.n, 2); /* what is declared is an argument, used or not */
    assert_int_equal(p.p->outputs.at[0]->defs.at[0]->spans.n, 0);
    assert_null(cb_current());
    world_free(w);
}

/* ---- any text at all --------------------------------------------------------------------------------------------------- */

typedef struct rng {
    uint64_t s;
} rng;

static uint32_t roll(rng *r, uint32_t n)
{
    r->s = r->s * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((r->s >> 33) % n);
}

/* Random sequences of words: most are nonsense, each is refused once or accepted, none breaks anything. */
static void random_equations(void **state)
{
    static const char *const words[] = {
        "f", "g", "in", "v", "d", "x", "y", "r", "r2", ".x", ".y", "pyr", "p", "gain", "strip", "0", "1", "255", "256", "1.5", "0x7f",
        "18446744073709551615", "(", ")", "(", ")", "(x)", "(x, y)", "(r, y)", "[0]", "[", "]", ",", "+", "-", "*", "/", "%", "<<", ">>",
        "<", "<=", "==", "!=", "&&", "||", "&", "|", "^", "!", "~", "?", ":", "=", "=", "+=", ">>=", "u8", "i64", "f16", "bool(",
        "u8_sat(", "select(", "min(", "abs(", "sqrt(", "cast(u8,", "reinterpret(", "true", "likely(", "is_nan(", "in.extent(", "@", "$", "'", "\"",
    };
    (void)state;
    rng r = {7};
    int accepted = 0;
    for (int round = 0; round < 400; round++) {
        world *w = world_new();
        Carbide(w->c) {
            Input(in, u8, 2);
            Input(v, i32, 1);
            Input(d, f64, 1);
            Funcs(f, g, p);
            FuncArray(pyr, 2);
            Vars(x, y);
            RDom(r1, (0, 10));
            RDom(r2, (0, 10), (0, 10));
            Param(gain, f32);
            Knob(strip, 8, 8, 64, 8);
            define(f(x, y) = 0);
            define(p(x) = (x, 1.0f));
            for (int k = 0; k < 60; k++) {
                char src[512];
                size_t n = 0;
                if (roll(&r, 4))
                    n = (size_t)sprintf(src, "%s", roll(&r, 2) ? "f(x, r2.y) = " : "g(x, y) = ");
                for (uint32_t i = roll(&r, 12) + 1; i; i--)
                    n += (size_t)sprintf(src + n, " %s", words[roll(&r, COUNT_OF(words))]);
                src[n] = 0;
                w->count = 0;
                f.p->poisoned = g.p->poisoned = false; /* so that every text is read to its end */
                accepted += define_text(src).p != NULL;
                if (w->count > 1 || !strcmp(w->code, "internal"))
                    fail_msg("%s: %d messages, %s", src, w->count, w->said);
            }
        }
        world_free(w);
    }
    assert_true(accepted > 50);
}

/* ---- running out of memory ------------------------------------------------------------------------------------------ */

typedef struct ration {
    int left;
} ration;

static void *ration_alloc(void *user, size_t n)
{
    ration *r = user;
    return r->left-- > 0 ? malloc(n) : NULL;
}

static void ration_free(void *user, void *p)
{
    (void)user;
    free(p);
}

static void swallow(void *user, const cb_message *m)
{
    (void)user;
    (void)m;
}

/* However little there is, every call returns. */
static void memory_runs_out(void **state)
{
    (void)state;
    for (int n = 0; n < 40; n++) {
        ration r = {n};
        cb_options o = {.size = sizeof o, .sink = swallow, .allocator = {ration_alloc, ration_free, &r}};
        cb_context *c = cb_context_new(&o);
        if (!c)
            continue;
        Carbide(c) {
            Input(in, u8, 2);
            Vars(x, y);
            Expr sum = cast(i32, at(in, x, y));
            for (int i = 0; i < 3000; i++)
                sum = add(sum, mul(at(in, add(x, i), y), i % 2));
            Funcs(f, edge);
            define_with((sum), f(x, y) = sum);
            define(f(x, y) += bad_name);
            repeat_edge(edge, in);
            cb_pipeline_of("p", 1, &f, CB_HERE);
        }
        cb_context_free(c);
        assert_null(cb_current());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_values),       cmocka_unit_test(builders_are_equations),
        cmocka_unit_test(saturating_casts),     cmocka_unit_test(long_sums_and_deep_nesting),
        cmocka_unit_test(refused_definitions),  cmocka_unit_test(refused_declarations),
        cmocka_unit_test(contexts_do_not_mix),  cmocka_unit_test(scopes_nest_and_end),
        cmocka_unit_test(updates_and_domains),  cmocka_unit_test(spans_of_accesses),
        cmocka_unit_test(pipelines_are_ordered), cmocka_unit_test(generators_by_name),
        cmocka_unit_test(random_equations),    cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
