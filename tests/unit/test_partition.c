/* tests/unit/test_partition.c: loops cut for a steady state still run every iteration once, and the
 * steady state is what it promises to be. */
#include "nest_fixture.h"

static bool is_op(void *env, const ir *n)
{
    int *k = env;
    if (n->op == k[0]) k[1]++;
    return true;
}
static int count(cb_context *c, const ir *n, ir_op op)
{
    int k[2] = {(int)op, 0};
    ir_visit(c, n, is_op, k);
    return k[1];
}

/* As in the pass table, or without the simplifier between. */
static const ir *passes(nest_fixture *f, const ir *body, bool simplified)
{
    f->L->body = body;
    if (simplified) low_simplify_body(f->L);
    if (f->L->body) low_vectorize(f->L);
    if (simplified && f->L->body) low_simplify_body(f->L);
    if (f->L->body) low_partition(f->L);
    if (simplified && f->L->body) low_simplify_body(f->L);
    if (!f->L->body) f->L->body = nf_nothing(f);
    nf_verify(f, f->L->body);
    assert_int_equal(count(f->c, f->L->body, IR_LIKELY), 0);
    return f->L->body;
}
static const ir *partitioned(nest_fixture *f, const ir *body) { return passes(f, body, false); }

/* The loop whose body has fewest choices: n counts them. */
typedef struct plainest {
    cb_context *c;
    const ir *loop;
    int choices;
} plainest;
static int choices(cb_context *c, const ir *s)
{
    return count(c, s, IR_IF) + count(c, s, IR_MIN) + count(c, s, IR_MAX) + count(c, s, IR_SELECT) +
           count(c, s, IR_LT) + count(c, s, IR_LE) + count(c, s, IR_AND);
}
static bool find_plainest(void *env, const ir *n)
{
    plainest *P = env;
    if (n->op != IR_FOR) return true;
    int k = choices(P->c, for_body(n));
    if (!P->loop || k < P->choices) {
        P->loop = n;
        P->choices = k;
    }
    return true;
}
static plainest plainest_loop(cb_context *c, const ir *body)
{
    plainest P = {c, NULL, 0};
    ir_visit(c, body, find_plainest, &P);
    return P;
}

static const ir *clamp(nest_fixture *f, const ir *e, ir_sym size)
{
    cb_context *c = f->c;
    return ir_max(c, ir_min(c, ir_likely(c, e), ir_addi(c, ir_var(c, size), -1)), ir_i32(c, 0));
}

static const ir *ceil8(nest_fixture *f, ir_sym size)
{
    return ir_div(f->c, ir_addi(f->c, ir_var(f->c, size), 7), ir_i32(f->c, 8));
}

/* A boundary condition on a serial loop: prologue, steady state without min and max, epilogue. */
static void clamped(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym x = nf_sym(f, "x", SYM_LOOP, T_I32);
    const ir *xv = ir_var(c, x);
    const ir *sum = ir_add(c, nf_load(f, f->edge, clamp(f, ir_addi(c, xv, -1), f->w)),
                           nf_load(f, f->edge, clamp(f, ir_addi(c, xv, 2), f->w)));
    const ir *before =
        nf_loop(f, x, LOOP_SERIAL, ir_i32(c, 0), ir_var(c, f->w), nf_store(f, f->out, xv, sum));
    const ir *after = partitioned(f, before);
    assert_int_equal(count(c, after, IR_FOR), 3);
    assert_int_equal(plainest_loop(c, after).choices, 0);
    for (int w = 0; w < 9; w++) nf_compare(f, before, after, w, 0);
}

/* The same in a parallel loop: still one loop, with a choice inside. */
static void parallel(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym x = nf_sym(f, "x", SYM_LOOP, T_I32);
    const ir *xv = ir_var(c, x);
    const ir *v = nf_load(f, f->edge, clamp(f, ir_addi(c, xv, -1), f->w));
    const ir *before =
        nf_loop(f, x, LOOP_PARALLEL, ir_i32(c, 0), ir_var(c, f->w), nf_store(f, f->out, xv, v));
    const ir *after = partitioned(f, before);
    assert_int_equal(count(c, after, IR_FOR), 1);
    assert_int_equal(count(c, after, IR_IF), 1);
    for (int w = 0; w < 9; w++) nf_compare(f, before, after, w, 0);
}

/* A guard around the whole body shortens the loop. */
static void shortened(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym o = nf_sym(f, "o", SYM_LOOP, T_I32), i = nf_sym(f, "i", SYM_LOOP, T_I32),
           x = nf_sym(f, "x", SYM_LET, T_I32);
    const ir *xv = ir_var(c, x);
    const ir *s = nf_store(f, f->out, xv, nf_load(f, f->edge, xv));
    s = ir_if(c, ir_likely(c, ir_le(c, xv, ir_addi(c, ir_var(c, f->w), -1))), s, NULL);
    s = ir_let_stmt(c, x, ir_add(c, ir_muli(c, ir_var(c, o), 8), ir_var(c, i)), s);
    s = nf_loop(f, i, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 8), s);
    const ir *before = nf_loop(f, o, LOOP_SERIAL, ir_i32(c, 0), ceil8(f, f->w), s),
             *after = partitioned(f, before);
    assert_int_equal(count(c, after, IR_FOR), 2);
    assert_int_equal(count(c, after, IR_IF), 0);
    for (int w = 0; w < 30; w++) nf_compare(f, before, after, w, 0);
}

static bool find_constant_loop(void *env, const ir *n)
{
    int64_t k;
    *(bool *)env = *(bool *)env || (n->op == IR_FOR && ir_as_int(for_extent(n), &k));
    return true;
}

/* A mask that all stores share shortens it too: of 13 vectors only those run that have a lane on. */
static void shortened_by_mask(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    const ir *before = nf_guarded_vectors(f, ir_i32(c, 13), false), *after = partitioned(f, before);
    bool whole = false;
    assert_int_equal(count(c, after, IR_FOR), 2);
    ir_visit(c, after, find_constant_loop, &whole);
    assert_false(whole);
    assert_int_equal(count(c, after, IR_DIV), 2); /* the last whole vector and the last with a lane on */
    for (int w = 0; w < 30; w++) nf_compare(f, before, after, w, 0);
}

/* Vector tails: the steady state stores dense and unpredicated vectors. */
static void vector_tail(void **state, bool shift)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym o = nf_sym(f, "o", SYM_LOOP, T_I32), i = nf_sym(f, "i", SYM_LOOP, T_I32),
           x = nf_sym(f, "x", SYM_LET, T_I32);
    const ir *xv = ir_var(c, x), *base = ir_muli(c, ir_var(c, o), 8),
             *inside = ir_lt(c, xv, ir_var(c, f->w));
    if (shift) {
        base =
            ir_min(c, ir_likely(c, base), ir_max(c, ir_addi(c, ir_var(c, f->w), -8), ir_i32(c, 0)));
        inside = ir_lt(c, ir_var(c, i), ir_var(c, f->w));
    }
    const ir *s = nf_store(f, f->out, xv, nf_load(f, f->edge, clamp(f, ir_addi(c, xv, 1), f->w)));
    s = ir_if(c, ir_likely(c, inside), s, NULL);
    s = ir_let_stmt(c, x, ir_add(c, base, ir_var(c, i)), s);
    s = nf_loop(f, i, LOOP_VECTOR, ir_i32(c, 0), ir_i32(c, 8), s);
    const ir *before = nf_loop(f, o, LOOP_SERIAL, ir_i32(c, 0), ceil8(f, f->w), s),
             *after = partitioned(f, before);
    assert_int_equal(plainest_loop(c, after).choices, 0);
    for (int w = 0; w < 40; w++) nf_compare(f, before, after, w, 0);
}
static void guard_tail(void **state) { vector_tail(state, false); }
static void shift_tail(void **state) { vector_tail(state, true); }

/* Two dimensions: the innermost steady state has no choices although both are clamped, and code
 * grows slowly. */
/* Rows of 5 are short, so that a clamp before each counts; those whose length is not known are not. */
static void two_dimensions(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    for (int is_short = 0; is_short < 2; is_short++) {
        ir_sym y = nf_sym(f, "y", SYM_LOOP, T_I32), x = nf_sym(f, "x", SYM_LOOP, T_I32);
        const ir *xv = ir_var(c, x), *yv = ir_var(c, y), *sum = ir_i32(c, 0);
        for (int k = -1; k < 2; k++)
            sum = ir_add(c, sum,
                         nf_load(f, f->in,
                                 ir_mod(c,
                                        ir_add(c, ir_muli(c, clamp(f, ir_addi(c, yv, k), f->h), 8),
                                               clamp(f, ir_addi(c, xv, k), f->w)),
                                        ir_i32(c, IN_SIZE))));
        const ir *s = nf_store(f, f->out, ir_add(c, ir_muli(c, yv, 100), xv), sum);
        s = nf_loop(f, x, LOOP_SERIAL, ir_i32(c, 0), is_short ? ir_i32(c, 5) : ir_var(c, f->w), s);
        const ir *before = nf_loop(f, y, LOOP_SERIAL, ir_i32(c, 0), ir_var(c, f->h), s),
                 *after = partitioned(f, before);
        assert_int_equal(plainest_loop(c, after).choices, is_short ? 0 : 6);
        assert_int_equal(count(c, after, IR_FOR), is_short ? 3 + 3 * 3 : 1 + 3);
        for (int h = 0; h < 6; h++)
            for (int w = 0; w < 6; w++) nf_compare(f, before, after, w, h);
    }
}

/* select(c, likely(a), b) and its mirror. */
static void selects(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    for (int mirror = 0; mirror < 2; mirror++) {
        ir_sym x = nf_sym(f, "x", SYM_LOOP, T_I32);
        const ir *xv = ir_var(c, x), *in = ir_lt(c, ir_addi(c, xv, 2), ir_var(c, f->w));
        const ir *usual = ir_likely(c, ir_muli(c, xv, 3)), *other = ir_i32(c, -1);
        if (mirror) in = ir_le(c, ir_var(c, f->w), ir_addi(c, xv, 2));
        const ir *v = ir_select(c, in, mirror ? other : usual, mirror ? usual : other);
        const ir *before =
            nf_loop(f, x, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 12), nf_store(f, f->out, xv, v));
        const ir *after = partitioned(f, before);
        assert_int_equal(plainest_loop(c, after).choices, 0);
        for (int w = 0; w < 16; w++) nf_compare(f, before, after, w, 0);
    }
}

static void never(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym x = nf_sym(f, "x", SYM_LOOP, T_I32);
    const ir *xv = ir_var(c, x),
             *s = nf_store(f, f->out, xv, nf_load(f, f->edge, clamp(f, xv, f->w)));
    ir_info info = {.sym = x, .partition = PARTITION_NEVER};
    const ir *before =
        ir_stmt(c, IR_FOR, &info, (const ir *[]){ir_i32(c, 0), ir_var(c, f->w), s}, 3);
    assert_int_equal(count(c, partitioned(f, before), IR_FOR), 1);
}

static void random_nests(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    static const int sizes[] = {0, 1, 2, 5, 8, 13, 31, 40, 64, 200};
    int rounds = 250;
    const char *more = getenv("CARBIDE_TEST_ROUNDS");
    if (more) rounds = atoi(more);
    for (int i = 0; i < rounds; i++) {
        f->seed = 77000 + (uint64_t)i;
        f->likelies = true;
        ir_sym y = nf_sym(f, "y", SYM_LOOP, T_I32), v = nf_sym(f, "v", SYM_LOOP, T_I32);
        static const int lanes[] = {1, 2, 4, 8};
        int n = lanes[nf_random(f, 4)];
        f->vars[0] = ir_var(c, y);
        f->vars[1] = ir_var(c, v);
        f->vars[2] = ir_add(c, ir_muli(c, ir_var(c, y), n), ir_var(c, v));
        f->nvars = 3;
        f->count = 30 * n;
        f->base = 0;
        f->id = f->vars[2];
        bool vector = nf_random(f, 2);
        ir_loop_kind outer = nf_random(f, 3) ? LOOP_SERIAL : LOOP_PARALLEL;
        const ir *s = nf_loop(f, v, vector ? LOOP_VECTOR : LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, n),
                              nf_body(f, 4));
        const ir *most = nf_random(f, 2)
                             ? ir_var(c, f->h)
                             : ir_div(c, ir_addi(c, ir_var(c, f->w), n - 1), ir_i32(c, n));
        const ir *before = nf_loop(f, y, outer, ir_i32(c, 0), ir_min(c, most, ir_i32(c, 30)), s);
        const ir *after = passes(f, before, nf_random(f, 2));
        for (unsigned k = 0; k < COUNT_OF(sizes); k += 1 + nf_random(f, 3))
            nf_compare(f, before, after, sizes[k], sizes[nf_random(f, COUNT_OF(sizes))]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clamped, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(parallel, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(shortened, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(shortened_by_mask, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(guard_tail, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(shift_tail, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(two_dimensions, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(selects, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(never, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(random_nests, nf_setup, nf_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
