/* tests/unit/test_vectorize.c: vector loops compute what they computed one iteration at a time. */
#include "nest_fixture.h"

static const ir *vectorized(nest_fixture *f, const ir *body)
{
    f->L->body = body;
    low_vectorize(f->L);
    nf_verify(f, f->L->body);
    return f->L->body;
}

static const ir *find(cb_context *c, const ir *n, ir_op op);
typedef struct finder {
    ir_op op;
    const ir *found;
    int count;
} finder;
static bool look(void *env, const ir *n)
{
    finder *F = env;
    if (n->op == F->op) {
        F->count++;
        if (!F->found) F->found = n;
    }
    return true;
}
static const ir *find(cb_context *c, const ir *n, ir_op op)
{
    finder F = {op, NULL, 0};
    ir_visit(c, n, look, &F);
    return F.found;
}
static int count(cb_context *c, const ir *n, ir_op op)
{
    finder F = {op, NULL, 0};
    ir_visit(c, n, look, &F);
    return F.count;
}

/* out[8*y + v] = in[8*y + v + 1]: dense ramps on both sides. */
static void dense(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym y = nf_sym(f, "y", SYM_LOOP, T_I32), v = nf_sym(f, "v", SYM_LOOP, T_I32),
           x = nf_sym(f, "x", SYM_LET, T_I32);
    const ir *at = ir_var(c, x);
    const ir *s = nf_store(f, f->out, at, nf_load(f, f->in, ir_addi(c, at, 1)));
    s = ir_let_stmt(c, x, ir_add(c, ir_muli(c, ir_var(c, y), 8), ir_var(c, v)), s);
    s = nf_loop(f, v, LOOP_VECTOR, ir_i32(c, 0), ir_i32(c, 8), s);
    const ir *before = nf_loop(f, y, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 4), s),
             *after = vectorized(f, before);
    const ir *store = find(c, after, IR_STORE), *load = find(c, after, IR_LOAD);
    assert_int_equal(store->arg[0]->op, IR_RAMP);
    assert_int_equal(store->arg[0]->type.lanes, 8);
    assert_int_equal(store->arg[0]->arg[0]->type.lanes, 1);
    assert_true(ir_is_int(store->arg[0]->arg[1], 1));
    assert_int_equal(load->arg[0]->op, IR_RAMP);
    assert_true(ir_is_int(load->arg[0]->arg[1], 1));
    assert_true(ir_is_true(store->arg[2]));
    nf_compare(f, before, after, 3, 3);
}

/* A tail becomes a likely mask on loads and stores. */
static void guarded(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    const ir *n = ir_div(c, ir_addi(c, ir_var(c, f->w), 7), ir_i32(c, 8));
    const ir *before = nf_guarded_vectors(f, n, false),
             *after = vectorized(f, before);
    const ir *store = find(c, after, IR_STORE), *load = find(c, after, IR_LOAD);
    assert_int_equal(count(c, after, IR_IF), 0);
    assert_int_equal(store->arg[2]->op, IR_LIKELY);
    assert_ptr_equal(store->arg[2], load->arg[1]);
    for (int w = 0; w < 20; w++) nf_compare(f, before, after, w, 0);
}

/* Two vector loops, the outer one varying slowest: one store of 4*8 lanes. */
static void nested(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym y = nf_sym(f, "y", SYM_LOOP, T_I32), x = nf_sym(f, "x", SYM_LOOP, T_I32);
    const ir *at = ir_add(c, ir_muli(c, ir_var(c, y), 100), ir_var(c, x));
    const ir *s = nf_store(
        f, f->out, at, ir_add(c, nf_load(f, f->in, ir_var(c, x)), nf_load(f, f->in, ir_var(c, y))));
    s = nf_loop(f, x, LOOP_VECTOR, ir_i32(c, 2), ir_i32(c, 8), s);
    const ir *before = nf_loop(f, y, LOOP_VECTOR, ir_i32(c, 1), ir_i32(c, 4), s),
             *after = vectorized(f, before);
    const ir *index = find(c, after, IR_STORE)->arg[0];
    assert_int_equal(index->type.lanes, 32);
    assert_int_equal(index->op, IR_RAMP);
    assert_int_equal(index->arg[0]->op, IR_RAMP);
    assert_int_equal(index->arg[0]->type.lanes, 8);
    assert_true(ir_is_int(index->arg[1], 100));
    nf_compare(f, before, after, 0, 0);
}

/* Temporaries: a copy per lane, neighbours in memory. */
static void temporaries(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym x = nf_sym(f, "x", SYM_LOOP, T_I32), j = nf_sym(f, "j", SYM_LOOP, T_I32),
           t = nf_sym(f, "t", SYM_BUFFER, T_I32);
    const ir *xv = ir_var(c, x), *jv = ir_var(c, j);
    const ir *fill = nf_loop(f, j, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 4),
                             nf_store(f, t, jv, ir_mul(c, jv, xv)));
    const ir *body = ir_block2(c, fill, nf_store(f, f->out, xv, nf_load(f, t, ir_i32(c, 3))));
    ir_info info = {.sym = t, .type = T_I32};
    body = ir_stmt(c, IR_ALLOCATE, &info, (const ir *[]){ir_i64(c, 4), ir_bool(c, true), body}, 3);
    const ir *before = nf_loop(f, x, LOOP_VECTOR, ir_i32(c, 0), ir_i32(c, 8), body),
             *after = vectorized(f, before);
    assert_true(ir_is_int(find(c, after, IR_ALLOCATE)->arg[0], 32));
    const ir *load = find(c, after, IR_LOAD);
    assert_int_equal(load->arg[0]->op, IR_RAMP);
    assert_true(ir_is_int(load->arg[0]->arg[1], 1));
    nf_compare(f, before, after, 0, 0);
}

/* Several lanes storing to one place: the last one wins, as in the loop. */
static void one_place(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym x = nf_sym(f, "x", SYM_LOOP, T_I32);
    const ir *xv = ir_var(c, x), *zero = ir_i32(c, 0);
    const ir *s = nf_store(f, f->out, zero, ir_add(c, nf_load(f, f->out, zero), ir_addi(c, xv, 1)));
    s = ir_if(c, ir_lt(c, xv, ir_var(c, f->w)), s, NULL);
    const ir *before = nf_loop(f, x, LOOP_VECTOR, zero, ir_i32(c, 8), s),
             *after = vectorized(f, before);
    for (int w = 0; w < 9; w++) nf_compare(f, before, after, w, 0);
}

/* A constant loop of one iteration, and of none. */
static void tiny(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    for (int n = 0; n < 3; n++) {
        ir_sym x = nf_sym(f, "x", SYM_LOOP, T_I32);
        const ir *s = nf_store(f, f->out, ir_var(c, x), ir_addi(c, ir_var(c, x), 5));
        const ir *before = nf_loop(f, x, LOOP_VECTOR, ir_i32(c, 3), ir_i32(c, n), s),
                 *after = vectorized(f, before);
        assert_int_equal(count(c, after, IR_FOR), 0);
        nf_compare(f, before, after, 0, 0);
    }
}

static bool widest_index(void *env, const ir *n)
{
    unsigned *most = env;
    if (n->op == IR_STORE && n->arg[0]->type.lanes > *most) *most = n->arg[0]->type.lanes;
    return ir_is_stmt(n);
}

/* Nests of many lanes go piece by piece: whole pieces, pieces and a rest, loops that become serial; and no number of lanes stays
 * that is no power of two, as they fill more than one register (of 0 bytes here). */
static void wide(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    static const struct {
        int outer, inner;
        unsigned lanes;
    } of[] = {{2, 64, 128},  {8, 64, 128},  {6, 40, 64},   {7, 50, 128}, {3, 127, 128},
              {2, 131, 128}, {1, 509, 128}, {5, 1, 4},     {4, 24, 64}};
    for (unsigned i = 0; i < COUNT_OF(of); i++) {
        ir_sym y = nf_sym(f, "y", SYM_LOOP, T_I32), x = nf_sym(f, "x", SYM_LOOP, T_I32);
        const ir *at = ir_add(c, ir_muli(c, ir_var(c, y), of[i].inner), ir_var(c, x));
        const ir *s = nf_store(f, f->out, at, ir_muli(c, at, 3));
        s = nf_loop(f, x, LOOP_VECTOR, ir_i32(c, 2), ir_i32(c, of[i].inner), s);
        const ir *before = nf_loop(f, y, LOOP_VECTOR, ir_i32(c, 1), ir_i32(c, of[i].outer), s),
                 *after = vectorized(f, before);
        unsigned most = 0;
        ir_visit(c, after, widest_index, &most);
        assert_int_equal(most, of[i].lanes);
        nf_compare(f, before, after, 0, 0);
    }
}

/* Only what is in registers stays whole, and has a limit. */
static void too_wide(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    ir_sym t = nf_sym(f, "t", SYM_BUFFER, T_I32);
    const ir *s = nf_store(f, t, ir_i32(c, 0), ir_i32(c, 0));
    ir_info info = {.sym = t, .type = T_I32, .memory = MEM_REGISTER};
    s = ir_stmt(c, IR_ALLOCATE, &info, (const ir *[]){ir_i64(c, 1), ir_bool(c, true), s}, 3);
    for (int i = 0; i < 3; i++)
        s = nf_loop(f, nf_sym(f, "x", SYM_LOOP, T_I32), LOOP_VECTOR, ir_i32(c, 0), ir_i32(c, 64),
                    s);
    f->L->body = s;
    low_vectorize(f->L);
    assert_int_equal(c->diags.errors, 1);
    assert_int_equal(c->diags.first->code, DIAG_LOOP_TOO_LARGE);
}

/* Random nests around and inside a vector loop. */
static void random_nests(void **state)
{
    NEST_FIXTURE(f)
    cb_context *c = f->c;
    static const int widths[] = {0, 1, 5, 8, 13, 40, 64, 200};
    int rounds = 400;
    const char *more = getenv("CARBIDE_TEST_ROUNDS");
    if (more) rounds = atoi(more);
    for (int i = 0; i < rounds; i++) {
        f->seed = 1000 + (uint64_t)i;
        f->likelies = nf_random(f, 2);
        static const int lanes[] = {2, 3, 4, 8};
        int n = lanes[nf_random(f, 4)];
        ir_sym y = nf_sym(f, "y", SYM_LOOP, T_I32), v = nf_sym(f, "v", SYM_LOOP, T_I32);
        const ir *min = nf_random(f, 2) ? ir_i32(c, 0) : ir_addi(c, ir_var(c, y), 3);
        f->vars[0] = ir_var(c, y);
        f->vars[1] = ir_var(c, v);
        f->vars[2] = ir_var(c, f->w);
        f->nvars = 3;
        f->count = 5 * n;
        f->base = 0;
        f->id = ir_add(c, ir_muli(c, ir_var(c, y), n), ir_sub(c, ir_var(c, v), min));
        const ir *s = nf_loop(f, v, LOOP_VECTOR, min, ir_i32(c, n), nf_body(f, 4));
        const ir *before = nf_loop(f, y, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 5), s),
                 *after = vectorized(f, before);
        for (unsigned k = 0; k < COUNT_OF(widths); k += 1 + nf_random(f, 3))
            nf_compare(f, before, after, widths[k], 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dense, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(guarded, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(nested, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(temporaries, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(one_place, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(tiny, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(wide, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(too_wide, nf_setup, nf_teardown),
        cmocka_unit_test_setup_teardown(random_nests, nf_setup, nf_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
