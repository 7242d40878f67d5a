/* tests/unit/test_ir.c: building, walking, printing, writing, reading and verifying nodes. */
#include "../../ir/ir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    cb_context *c;
    ir_sym xs, ys, fs, in, bs;
    const ir *x, *y;
    text log;
} fixture;

static void keep(void *user, const diag *d) { diag_render_text(user, d); }

static int setup(void **state)
{
    static fixture f; /* of the test program, not of a library */
    f = (fixture){.c = ctx_new(NULL)};
    text_init(&f.log, f.c->a);
    f.c->diags.sink = keep;
    f.c->diags.sink_user = &f.log;
    f.xs = ir_sym_new(f.c, "x", SYM_VAR, T_I32, NULL);
    f.ys = ir_sym_new(f.c, "y", SYM_VAR, T_I32, NULL);
    f.fs = ir_sym_new(f.c, "f", SYM_FUNC, T_VOID, NULL);
    f.in = ir_sym_new(f.c, "in", SYM_IMAGE, T_U16, NULL);
    f.bs = ir_sym_new(f.c, "buf", SYM_BUFFER, T_U16, NULL);
    f.x = ir_var(f.c, f.xs);
    f.y = ir_var(f.c, f.ys);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    ctx_free(((fixture *)*state)->c);
    return 0;
}

static void test_intern_and_fold(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    assert_ptr_equal(ir_add(c, f->x, ir_i32(c, 1)), ir_addi(c, f->x, 1));
    assert_ptr_not_equal(ir_add(c, f->x, f->y), ir_add(c, f->y, f->x));
    assert_ptr_equal(ir_add(c, ir_i32(c, 2), ir_i32(c, 3)), ir_i32(c, 5));
    assert_ptr_equal(ir_addi(c, f->x, 0), f->x);
    assert_ptr_equal(ir_cast(c, T_I32, f->x), f->x);
    assert_int_equal(ir_cast(c, T_U8, ir_i32(c, 300))->u.i, 44);
    assert_int_equal(ir_add(c, ir_i32(c, INT32_MAX), ir_i32(c, 1))->op, IR_ADD); /* no value */
    assert_ptr_equal(
        ir_mul(c, ir_int(c, type_lanes(T_I32, 8), 2), ir_int(c, type_lanes(T_I32, 8), 3)),
        ir_int(c, type_lanes(T_I32, 8), 6));
    assert_ptr_equal(ir_broadcast(c, ir_broadcast(c, f->x, 2), 4), ir_broadcast(c, f->x, 8));
    assert_true(ir_is_true(ir_lt(c, ir_i32(c, 1), ir_i32(c, 2))));
    assert_true(ir_is_int(ir_int(c, type_lanes(T_U8, 4), 258), 2));
    assert_ptr_not_equal(ir_float(c, T_F32, 0.0), ir_float(c, T_F32, -0.0));
    assert_ptr_equal(ir_float(c, T_F32, 0.1), ir_float(c, T_F32, (double)0.1f));
    const ir *p = ir_poison(c, "no");
    assert_ptr_equal(ir_add(c, p, f->x), p);
    assert_ptr_equal(ir_select(c, ir_lt(c, f->x, f->y), f->x, p), p);
    const ir *stmts[] = {NULL, NULL};
    assert_null(ir_block(c, stmts, 2));
    assert_int_equal(ir_ramp(c, f->x, ir_i32(c, 1), 8)->type.lanes, 8);
    int32_t lanes[] = {3, 1}, same[] = {0, 1, 2, 3};
    const ir *v = ir_ramp(c, f->x, f->y, 4);
    assert_ptr_equal(ir_shuffle(c, &v, 1, lanes, 2), ir_shuffle(c, &v, 1, lanes, 2));
    assert_ptr_equal(ir_shuffle(c, &v, 1, same, 4), v);
}

static void refuse(fixture *f, ir_op op, const ir *a, const ir *b)
{
    guard g;
    volatile bool failed = false;
    if (guard_enter(&g, &f->c->esc)) {
        ir_bin(f->c, op, a, b);
        guard_leave(&g, &f->c->esc);
    } else {
        failed = true;
    }
    assert_true(failed);
    assert_non_null(strstr(text_str(&f->log), "error[internal]"));
    text_init(&f->log, f->c->a);
}

static void test_mistyped(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    refuse(f, IR_ADD, f->x, ir_i64(c, 1));
    refuse(f, IR_ADD, ir_i32(c, 2), ir_i64(c, 1));
    refuse(f, IR_AND, f->x, f->x);
    refuse(f, IR_ADD, ir_bool(c, 1), ir_bool(c, 0));
    refuse(f, IR_ADD, ir_ramp(c, f->x, f->y, 4), f->x);
    refuse(f, IR_SQRT, f->x, f->x);
    assert_null(c->esc.top);
}

static const ir *double_ints(ir_mapper *m, const ir *n)
{
    if (n->op == IR_INT && n->type.bits == 32) {
        (*(int *)m->env)++;
        return ir_i32(m->ctx, n->u.i * 2);
    }
    return ir_map(m, n);
}

static void test_map_shares(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    const ir *e = ir_addi(c, f->x, 1);
    for (int i = 0; i < 60; i++)
        e = ir_add(c, e, e); /* 2^60 paths */
    int count = 0;
    ir_mapper m = {.ctx = c, .fn = double_ints, .env = &count};
    const ir *r = ir_apply(&m, e);
    assert_int_equal(count, 1);
    while (r->nargs && r->arg[0]->op == IR_ADD)
        r = r->arg[0];
    assert_ptr_equal(r, ir_addi(c, f->x, 2));
    assert_true(ir_uses(c, e, f->xs));
    assert_false(ir_uses(c, e, f->ys));
}

static bool goes_too_deep(cb_context *c, const ir *x)
{
    guard g;
    if (guard_enter(&g, &c->esc)) {
        const ir *e = x;
        for (int i = 0; i < 1000000; i++)
            e = ir_add(c, e, x);
        guard_leave(&g, &c->esc);
        return false;
    }
    return true;
}

static void test_depth(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    const ir *e = f->x;
    for (int i = 0; i < 10000; i++) {
        const ir *xi = ir_addi(c, f->x, i);
        e = ir_add(c, e, ir_call(c, f->in, 0, T_I32, &xi, 1));
    }
    const ir *g = ir_substitute1(c, e, f->xs, f->y);
    assert_ptr_not_equal(g, e);
    assert_ptr_equal(ir_substitute1(c, g, f->ys, f->x), e);
    text a, b;
    text_init(&a, c->a);
    text_init(&b, c->a);
    ir_write(c, &a, e);
    const ir *back = ir_read(c, text_str(&a), "deep");
    assert_non_null(back);
    ir_write(c, &b, back);
    assert_string_equal(text_str(&a), text_str(&b));
    assert_true(goes_too_deep(c, f->y));
    assert_non_null(strstr(text_str(&f->log), "error[too-deep]"));
}

static void expect_text(fixture *f, const ir *n, const char *want)
{
    assert_string_equal(ir_text(f->c, n), want);
}

static void test_infix(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    const ir *x = f->x, *y = f->y;
    const ir *at[] = {ir_addi(c, x, -1), y};
    const ir *in = ir_cast(c, T_I32, ir_call(c, f->in, 0, T_U16, at, 2));
    expect_text(f, ir_div(c, ir_addi(c, in, 3), ir_i32(c, 2)), "(cast(i32, in(x - 1, y)) + 3)/2");
    expect_text(f, ir_sub(c, x, ir_sub(c, y, x)), "x - (y - x)");
    expect_text(f, ir_sub(c, ir_sub(c, x, y), x), "x - y - x");
    expect_text(f, ir_mul(c, ir_add(c, x, y), ir_i32(c, -2)), "(x + y)*-2");
    expect_text(f, ir_sub(c, ir_i32(c, 0), ir_mul(c, x, y)), "-(x*y)");
    expect_text(f, ir_and(c, ir_lt(c, x, y), ir_or(c, ir_le(c, x, y), ir_ne(c, x, y))),
                "x < y && (x <= y || x != y)");
    expect_text(f, ir_not(c, ir_eq(c, x, y)), "!(x == y)");
    expect_text(f, ir_bin(c, IR_SHL, ir_bin(c, IR_BIT_AND, x, y), ir_i32(c, 1)), "(x & y) << 1");
    expect_text(f,
                ir_ramp(c, ir_ramp(c, x, ir_i32(c, 1), 4), ir_int(c, type_lanes(T_I32, 4), 16), 2),
                "ramp(ramp(x, 1, 4), broadcast(16, 4), 2)");
    expect_text(f, ir_select(c, ir_lt(c, x, y), ir_float(c, T_F32, 0.1), ir_float(c, T_F32, 3)),
                "select(x < y, 0.1, 3.0)");
    expect_text(f, ir_int(c, T_U64, -1), "18446744073709551615");
    const ir *e = x;
    for (int i = 0; i < 100; i++)
        e = ir_add(c, e, e);
    assert_true(strlen(ir_text(c, e)) < 30000);
}

/* let n = ...; a loop nest over flat memory, with everything shared and named twice. */
static const ir *sample(fixture *f)
{
    cb_context *c = f->c;
    ir_sym l1 = ir_sym_new(c, "x", SYM_LOOP, T_I32, NULL),
           l2 = ir_sym_new(c, "x", SYM_LOOP, T_I32, NULL);
    ir_sym n = ir_sym_new(c, "n", SYM_LET, T_I32, NULL),
           tmp = ir_sym_new(c, "odd name", SYM_BUFFER, T_I32, NULL);
    const ir *N = ir_var(c, n), *i = ir_var(c, l1), *j = ir_var(c, l2);
    const ir *idx = ir_cast(c, T_I64, ir_add(c, ir_mul(c, i, N), j));
    const ir *load = ir_load(c, T_U16, f->bs, 0x100, idx, ir_lt(c, i, j));
    const ir *st = ir_store(c, tmp, IR_MEM_STREAM, idx, ir_add(c, ir_cast(c, T_I32, load), j),
                            ir_bool(c, true));
    const ir *inner = ir_for(c, l2, LOOP_VECTOR, ir_i32(c, 0), ir_i32(c, 8), st);
    const ir *outer =
        ir_for(c, l1, LOOP_PARALLEL, ir_i32(c, 2), N, ir_if(c, ir_lt(c, i, N), inner, NULL));
    const ir *say =
        ir_assert(c, ir_lt(c, ir_i32(c, 0), N), CB_ERR_BAD_EXTENT, "extent \"%d\"\n", &N, 1);
    const ir *al[] = {ir_cast(c, T_I64, N), ir_bool(c, true), ir_block2(c, say, outer)};
    ir_info info = {.sym = tmp, .type = T_I32, .memory = MEM_STACK, .loc = {"a.c", 3, 1}};
    const ir *alloc = ir_stmt(c, IR_ALLOCATE, &info, al, 3);
    return ir_let_stmt(c, n, ir_field(c, f->bs, FIELD_EXTENT, 1), alloc);
}

static void test_print(void **state)
{
    fixture *f = *state;
    expect_text(
        f, sample(f),
        "let n = buf.extent(1)\n"
        "allocate odd name: i32[cast(i64, n)] in stack\n"
        "assert 0 < n, \"extent \\\"%d\\\"\\n\", n\n"
        "parallel x in [2, 2 + n):\n"
        "  if x < n:\n"
        "    vectorized x.1 in [0, 8):\n"
        "      odd name[cast(i64, x*n + x.1)] = cast(i32, masked(buf[cast(i64, x*n + x.1)], "
        "x < x.1)) + x.1\n");
}

static void test_write(void **state)
{
    fixture *f = *state;
    text t;
    text_init(&t, f->c->a);
    ir_write(f->c, &t, sample(f));
    assert_string_equal(
        text_str(&t),
        "(sym x loop i32)\n(sym n let i32)\n(sym x.1 loop i32 \"x\")\n(sym buf buffer u16)\n"
        "(sym @\"odd name\" buffer i32)\n"
        "$1 = (cast i64 (+ (* x n) x.1))\n"
        "(let_stmt sym=n (field buf extent 1)\n"
        "  (allocate sym=@\"odd name\" memory=stack type=i32 file=\"a.c\" line=3 col=1 (cast i64 n) 1:bool\n"
        "    (block\n"
        "      (assert code=7 text=\"extent \\\"%d\\\"\\n\" (< 0:i32 n) n)\n"
        "      (for sym=x kind=parallel 2:i32 n\n"
        "        (if (< x n)\n"
        "          (for sym=x.1 kind=vector 0:i32 8:i32\n"
        "            (store sym=@\"odd name\" mem=1 $1 (+ (cast i32 (load u16 buf 256 $1 (< x x.1))) "
        "x.1) 1:bool)))))))\n");
    cb_context *d = ctx_new(NULL); /* another context: no symbol or node in common */
    const ir *n = ir_read(d, text_str(&t), "t");
    assert_non_null(n);
    text u;
    text_init(&u, d->a);
    ir_write(d, &u, n);
    assert_string_equal(text_str(&u), text_str(&t));
    assert_null(ir_verify(d, n, NULL));
    ctx_free(d);
}

/* Every expression operation and odd payload survives writing and reading. */
static void test_round_trip(void **state)
{
    static const char *const texts[] = {
        "(sym x var i32)\n(% (div_toward_zero x 3:i32) (max x -1:i32))\n",
        "(sym v var f32)\n(pow (sqrt v) (+ 0.10000000149011612:f32 (* +inf:f32 (+ v -inf:f32))))\n",
        "(sym v var u8x8)\n(reduce min 2 (shuffle [0 9 3 3] v v))\n",
        "(sym x var i32)\n(ramp 2 (ramp 4 x 1:i32) (broadcast 4 16:i32))\n",
        "(sym p var bool)\n(sym x var u64)\n(select (&& p (! p)) x 18446744073709551615:u64)\n",
        "(sym f func void)\n(call f32 f 1)\n",
        "(sym rnd extern void)\n(sym x var i32)\n(impure i32 rnd 7 x \"text\")\n",
        "(sym x let i32)\n(sym x.1 var i32 \"x\")\n(let x (+ x.1 1:i32) (* x x.1))\n",
        "(sym x var i32)\n(promise (likely x) 0:i32 7:i32)\n",
        "(sym x var i32)\n(is_nan (reinterpret f32 x))\n",
        "(sym x var i32)\n(abs x:i32x4)\n",
        "(poison \"why\")\n",
        "(sym x var bf16)\n(cast bool (+ x +nan:bf16))\n",
        "(sym x var i32)\n(>> (<< (~ x) 3:u8) x)\n",
        "(+ 2147483647:i32 1:i32)\n",
        "(sym f func void)\n(sym x loop i32)\n(provide sym=f nvalues=2 rank=1 x x 0.5:f64 1:bool)\n",
        ("(sym f func void)\n(realize sym=f memory=heap nvalues=1 rank=1 0:i32 8:i32 1:bool\n"
         "  (produce sym=f\n    (evaluate 1:i32)))\n"),
        "(fork index=2\n  (free)\n  (if 1:bool\n    (free)\n    (free)))\n",
        "(sym s buffer i32)\n(acquire s 1:i32\n  (atomic\n    (par_call index=3 0:i64 9:i64 s)))\n",
        "(sym b buffer u8)\n(set_dim sym=b index=1 0:i32 9:i32 1:i64)\n",
        "(sym b func void)\n(prefetch sym=b 0:i32 9:i32)\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        cb_context *c = ctx_new(NULL);
        const ir *n = ir_read(c, texts[i], "t");
        assert_non_null(n);
        text t;
        text_init(&t, c->a);
        ir_write(c, &t, n);
        assert_string_equal(text_str(&t), texts[i]);
        ir_print(c, &t, n);
        ctx_free(c);
    }
}

static void test_read_errors(void **state)
{
    static const struct {
        const char *source, *report;
    } cases[] = {
        {"(+ 1:i32", "t:1:9: error[ir-syntax]: expected ')'\n"},
        {"(+ 1:i32 2:i64)", "t:1:2: error[ir-syntax]: +: operands of different types\n"},
        {"(+ 1:i32)", "t:1:2: error[ir-syntax]: +: 1 operands instead of 2\n"},
        {"\n (foo)", "t:2:3: error[ir-syntax]: 'foo' is not an operation\n"},
        {"x", "t:1:1: error[ir-syntax]: symbol 'x' is not declared\n"},
        {"300:u8", "t:1:1: error[ir-syntax]: '300' is not a value of its type\n"},
        {"3", "t:1:1: error[ir-syntax]: a constant needs a scalar type, as in 7:i32\n"},
        {"$1", "t:1:1: error[ir-syntax]: '$1' is not defined\n"},
        {"(sym x loup i32)",
         "t:1:8: error[ir-syntax]: unknown word 'loup'; did you mean 'loop'?\n"},
        {"(sym x loop i32) (sym x loop i32) x",
         "t:1:23: error[ir-syntax]: symbol 'x' is declared twice\n"},
        {"1:i32 2:i32", "t:1:7: error[ir-syntax]: expected the end of the text\n"},
        {"(poison \"abc", "t:1:9: error[ir-syntax]: a string without an end\n"},
        {"(if 1:i32 (free))", "t:1:2: error[ir-syntax]: if: the condition is not a scalar bool\n"},
        {"(for kind=round 1:i32 2:i32 (free))", "t:1:6: error[ir-syntax]: unknown word 'round'\n"},
        {"(shuffle [5] 1:i32)", "t:1:2: error[ir-syntax]: shuffle: a lane that is not there\n"},
        {"", "t:1:1: error[ir-syntax]: expected an expression\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cb_context *c = ctx_new(NULL);
        text t;
        text_init(&t, c->a);
        c->diags.sink = keep;
        c->diags.sink_user = &t;
        assert_null(ir_read(c, cases[i].source, "t"));
        assert_string_equal(text_str(&t),
                            arena_printf(c->a, "%s  help: docs/ir.md has the grammar\n", cases[i].report));
        ctx_free(c);
    }
}

static void test_verify(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    const ir *n = sample(f);
    assert_null(ir_verify(c, n, NULL));
    assert_non_null(
        strstr(ir_verify(c, f->x, NULL), "'x' (symbol 1) is used where it is not bound"));
    map bound = {0};
    map_put(c->a, &bound, f->xs, 0);
    assert_null(ir_verify(c, f->x, &bound));
    const ir *let = ir_let(c, f->ys, f->x, f->y);
    assert_null(ir_verify(c, let, &bound));
    assert_non_null(strstr(
        ir_verify(c, ir_let(c, f->ys, let, ir_let(c, f->ys, f->y, f->y)), &bound), "bound twice"));
    assert_null(ir_verify(c, ir_add(c, let, ir_let(c, f->ys, let, f->y)), &bound)); /* disjoint */
    assert_non_null(strstr(ir_verify(c, ir_add(c, let, f->y), &bound), "not bound"));
}

static void test_copies(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    const ir *n = sample(f), *m = ir_fresh_copy(c, n);
    text a, b;
    text_init(&a, c->a);
    text_init(&b, c->a);
    ir_write(c, &a, n);
    ir_write(c, &b, m);
    assert_string_equal(text_str(&a), text_str(&b));
    assert_int_not_equal(n->u.info->sym, m->u.info->sym);
    assert_true(ir_uses(c, m, f->bs)); /* free symbols stay */
    const ir *e = ir_let(c, f->ys, ir_addi(c, f->x, 1), ir_mul(c, f->y, f->y));
    const ir *x1 = ir_addi(c, f->x, 1);
    assert_ptr_equal(ir_inline_lets(c, e), ir_mul(c, x1, x1));
    map vars = {0};
    ir_free_vars(c, e, &vars);
    assert_int_equal(vars.n, 1);
    assert_int_equal(vars.entry[0].key, f->xs);
    cb_context *d = ctx_new_child(c);
    map syms = {0};
    map_put(d->a, &syms, f->xs, ir_sym_new(d, "p", SYM_VAR, T_I32, NULL));
    map_put(d->a, &syms, f->ys, ir_sym_new(d, "q", SYM_LET, T_I32, NULL));
    assert_string_equal(ir_text(d, ir_import(d, c, e, &syms)), "(let q = p + 1 in q*q)");
    ctx_free(d);
}

static bool three(void *env, ir_sym s, ir_value *out)
{
    out->i = 3;
    return s == *(ir_sym *)env;
}

static void test_eval(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    ir_value v;
    bool over = false;
    const ir *e = ir_let(c, f->ys, ir_addi(c, f->x, 1), ir_mul(c, f->y, f->y));
    assert_true(ir_eval(c, e, three, &f->xs, &v, &over));
    assert_int_equal(v.i, 16);
    assert_false(over);
    assert_true(ir_eval(c, ir_muli(c, ir_addi(c, f->x, INT32_MAX), 1), three, &f->xs, &v, &over));
    assert_true(over);
    assert_false(ir_eval(c, f->y, three, &f->xs, &v, &over));
}

static void test_removal(void **state)
{
    fixture *f = *state;
    cb_context *c = f->c;
    const ir *cond = ir_lt(c, f->x, f->y),
             *s = ir_stmt(c, IR_FREE, &(ir_info){.sym = f->bs}, NULL, 0);
    const ir *both = ir_if(c, cond, s, s);
    const ir *none[] = {cond, NULL, NULL}, *else_only[] = {cond, NULL, s},
             *then_only[] = {cond, s, NULL};
    assert_null(ir_with_args(c, both, none));
    assert_int_equal(ir_with_args(c, both, else_only)->arg[0]->op, IR_NOT);
    assert_int_equal(ir_with_args(c, both, then_only)->nargs, 2);
    const ir *loop = ir_for(c, f->xs, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 4), s);
    const ir *gone[] = {ir_i32(c, 0), ir_i32(c, 4), NULL};
    assert_null(ir_with_args(c, loop, gone));
    assert_ptr_equal(ir_with_args(c, loop, loop->arg), loop);
    const ir *b = ir_block2(c, ir_block2(c, s, loop), s);
    assert_int_equal(b->nargs, 3);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_intern_and_fold), T(test_mistyped), T(test_map_shares), T(test_depth),
        T(test_infix),           T(test_print),    T(test_write),      T(test_round_trip),
        T(test_read_errors),     T(test_verify),   T(test_copies),     T(test_eval),
        T(test_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
