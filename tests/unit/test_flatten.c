/* Flattening: indices, storage order, folded storage, tuples, places of allocations. */
#include "../../dsl/sched.h"
#include "low_fixture.h"

/* A buffer with a shifted origin and padded rows. */
typedef struct picture {
    cb_buffer b;
    cb_dim dim[2];
    int32_t at[400];
} picture;

static void picture_init(picture *p, int x, int y, int w, int h)
{
    memset(p, 0, sizeof *p);
    p->dim[0] = (cb_dim){x, w, 1};
    p->dim[1] = (cb_dim){y, h, w + 3};
    p->b.size = sizeof p->b;
    p->b.version = CB_BUFFER_VERSION;
    p->b.host = p->at;
    p->b.type = T_I32;
    p->b.rank = 2;
    p->b.dim = p->dim;
}
static int32_t *pixel(picture *p, int x, int y)
{
    return &p->at[(x - p->dim[0].min) + (y - p->dim[1].min) * p->dim[1].stride];
}

static const ir *loop(fixture *f, ir_sym s, int min, int extent, const ir *body)
{
    return ir_for(f->c, s, LOOP_SERIAL, ir_i32(f->c, min), ir_i32(f->c, extent), body);
}

static const ir *realize(fixture *f, low_func *g, const ir *const *bounds, const ir *body)
{
    const ir *arg[8];
    for (uint32_t i = 0; i < 2 * g->rank; i++)
        arg[i] = bounds[i];
    arg[2 * g->rank] = ir_bool(f->c, true);
    arg[2 * g->rank + 1] = body;
    ir_info info = {.sym = g->sym, .nvalues = g->nvalues, .rank = g->rank};
    return ir_stmt(f->c, IR_REALIZE, &info, arg, 2 * g->rank + 2);
}

static const ir *provide(fixture *f, low_func *g, const ir *x, const ir *y, const ir *value)
{
    return ir_provide(f->c, g->sym, (const ir *const[]){x, y}, 2, &value, 1, ir_bool(f->c, true));
}

/* g(x, y) = in(x, y) + x; out(x, y) = g(x + 1, y)*2, g stored from (x0, y0). */
static void run_two_stages(fixture *f, bool transposed, bool constant, int fold)
{
    cb_context *c = f->c;
    low_func *in = fx_func(f, "in", 2, T_I32, SYM_IMAGE);
    low_func *g = fx_func(f, "g", 2, T_I32, SYM_FUNC);
    low_func *out = fx_func(f, "out", 2, T_I32, SYM_FUNC);
    fx_output(f, out);
    if (transposed) {
        g->plan->storage_order[0] = 1;
        g->plan->storage_order[1] = 0;
    }
    ir_sym x = fx_loop(f, "x"), y = fx_loop(f, "y"), x1 = fx_loop(f, "x1");
    ir_sym w = fx_param(f, "w", T_I32);
    const ir *vx = ir_var(c, x), *vy = ir_var(c, y), *vx1 = ir_var(c, x1);
    const ir *row = fold ? ir_mod(c, vy, ir_i32(c, fold)) : vy;
    const ir *make = provide(f, g, vx1, row, ir_add(c, fx_call(f, in, vx1, vy), vx1));
    const ir *use = provide(f, out, vx, vy, ir_muli(c, fx_call(f, g, ir_addi(c, vx, 1), row), 2));
    const ir *n = ir_block2(c, loop(f, x1, -1, 7, make), loop(f, x, -2, 7, use));
    const ir *width = constant ? ir_i32(c, 7) : ir_addi(c, ir_var(c, w), 2);
    const ir *bounds[] = {ir_i32(c, -1), width, fold ? ir_i32(c, 0) : ir_i32(c, 4),
                          fold ? ir_i32(c, fold) : ir_i32(c, 6)};
    n = realize(f, g, bounds, loop(f, y, 4, 6, n));
    f->L->body = n;
    low_flatten(f->L);
    assert_null(ir_verify(c, f->L->body, NULL));
    assert_int_equal(flat_count(c, f->L->body, IR_CALL), 0);
    assert_int_equal(flat_count(c, f->L->body, IR_PROVIDE), 0);
    assert_int_equal(flat_count(c, f->L->body, IR_REALIZE), 0);

    picture a, b;
    picture_init(&a, -3, 2, 12, 9);
    picture_init(&b, -2, 4, 7, 6);
    for (int i = -3; i < 9; i++)
        for (int j = 2; j < 11; j++)
            *pixel(&a, i, j) = i * 31 + j * 7;
    flat_machine m = {.c = c, .L = f->L};
    flat_bind_buffer(&m, in->buffer[0], &a.b);
    flat_bind_buffer(&m, out->buffer[0], &b.b);
    flat_bind_int(&m, w, 5);
    assert_int_equal(flat_run(&m, f->L->body), 0);
    for (int i = -2; i < 5; i++)
        for (int j = 4; j < 10; j++)
            assert_int_equal(*pixel(&b, i, j), ((i + 1) * 31 + j * 7 + i + 1) * 2);
}

static void two_stages(fixture *f) { run_two_stages(f, false, false, 0); }
static void transposed_storage(fixture *f) { run_two_stages(f, true, false, 0); }
static void folded_storage(fixture *f) { run_two_stages(f, false, true, 3); }

typedef struct found {
    ir_op op;
    const ir *at[8];
    int n;
} found;
static bool find(void *env, const ir *n)
{
    found *l = env;
    if (n->op == l->op && l->n < 8)
        l->at[l->n++] = n;
    return true;
}

static void places(fixture *f)
{
    cb_context *c = f->c;
    const struct {
        ir_memory asked, given;
        int rows;
    } cases[] = {{MEM_AUTO, MEM_STACK, 1024},
                 {MEM_AUTO, MEM_HEAP, 1025},
                 {MEM_HEAP, MEM_HEAP, 4},
                 {MEM_STACK, MEM_STACK, 4096},
                 {MEM_AUTO, MEM_HEAP, 0 /* a parameter */}};
    ir_sym w = fx_param(f, "w", T_I32);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        low_func *g = fx_func(f, "g", 2, T_I32, SYM_FUNC);
        ((func_plan *)(uintptr_t)g->plan)->memory = cases[i].asked;
        const ir *rows = cases[i].rows ? ir_i32(c, cases[i].rows) : ir_var(c, w);
        const ir *zero = ir_i32(c, 0);
        const ir *bounds[] = {zero, ir_i32(c, 4), zero, rows};
        f->L->body = realize(f, g, bounds, provide(f, g, zero, zero, zero));
        low_flatten(f->L);
        found l = {.op = IR_ALLOCATE};
        ir_visit(c, f->L->body, find, &l);
        assert_int_equal(l.n, 1);
        assert_int_equal(l.at[0]->u.info->memory, cases[i].given);
        assert_int_equal(l.at[0]->u.info->sym, g->buffer[0]);
        int64_t k;
        assert_int_equal(ir_as_int(l.at[0]->arg[0], &k), cases[i].rows != 0);
        if (cases[i].rows)
            assert_int_equal(k, cases[i].rows * 4);
    }
    assert_string_equal(f->messages, "");
}

/* What unrolling copies counts as often, and all of the stack together is limited. */
static void stack_budget(fixture *f)
{
    cb_context *c = f->c;
    const ir *zero = ir_i32(c, 0);
    const struct {
        int copies, rows, on_stack; /* 16 bytes a row */
    } cases[] = {{8, 128, 1}, {8, 129, 0}, {1, 1024, 1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int given = 0;
        const ir *nest = NULL;
        for (int k = 0; k < 10; k++) {
            low_func *g = fx_func(f, "g", 2, T_I32, SYM_FUNC);
            const ir *bounds[] = {zero, ir_i32(c, 4), zero, ir_i32(c, cases[i].rows)};
            const ir *n = realize(f, g, bounds, provide(f, g, zero, zero, zero));
            n = ir_for(c, fx_loop(f, "u"), LOOP_UNROLL, zero, ir_i32(c, cases[i].copies), n);
            nest = ir_block2(c, nest, n);
        }
        f->L->body = nest;
        low_flatten(f->L);
        for (uint32_t k = 0; k < f->L->body->nargs; k++)
            given += for_body(f->L->body->arg[k])->u.info->memory == MEM_STACK;
        assert_int_equal(given, cases[i].on_stack ? 8 : 0); /* 8 of 16 KiB */
    }
}

static void stack_without_size(fixture *f)
{
    cb_context *c = f->c;
    low_func *g = fx_func(f, "g", 2, T_I32, SYM_FUNC);
    directive *asked = directive_new(c, DIR_STORE_IN, (cb_loc){"sched", 1, 0}, 1);
    asked->arg[0] = (dir_arg){.kind = DARG_MEMORY, .memory = MEM_STACK};
    ((func_plan *)(uintptr_t)g->plan)->memory = MEM_STACK;
    ((func_plan *)(uintptr_t)g->plan)->memory_from = asked;
    const ir *zero = ir_i32(c, 0);
    const ir *bounds[] = {zero, ir_i32(c, 4), zero, ir_var(c, fx_param(f, "w", T_I32))};
    f->L->body = realize(f, g, bounds, provide(f, g, zero, zero, zero));
    low_flatten(f->L);
    assert_non_null(strstr(f->messages, "error[not-constant]: store_in(stack): the storage of 'g'"));
    assert_int_equal(f->c->diags.errors, 1);
}

/* (a, b)(x) = (b(x), a(x) + 1): both read before either is written. */
static void tuples(fixture *f)
{
    cb_context *c = f->c;
    low_func *out = fx_func(f, "out", 1, T_I32, SYM_FUNC);
    out->nvalues = 2;
    fx_output(f, out);
    ir_sym x = fx_loop(f, "x");
    const ir *vx = ir_var(c, x);
    const ir *values[] = {ir_call(c, out->sym, 1, T_I32, &vx, 1),
                          ir_addi(c, ir_call(c, out->sym, 0, T_I32, &vx, 1), 1)};
    const ir *n = ir_provide(c, out->sym, &vx, 1, values, 2, ir_bool(c, true));
    f->L->body = loop(f, x, 0, 4, n);
    low_flatten(f->L);
    assert_null(ir_verify(c, f->L->body, NULL));
    int32_t a[4] = {1, 2, 3, 4}, b[4] = {10, 20, 30, 40};
    cb_dim dim = {0, 4, 1};
    cb_buffer ab = {.host = a, .type = T_I32, .rank = 1, .dim = &dim}, bb = ab;
    bb.host = b;
    flat_machine m = {.c = c};
    flat_bind_buffer(&m, out->buffer[0], &ab);
    flat_bind_buffer(&m, out->buffer[1], &bb);
    assert_int_equal(flat_run(&m, f->L->body), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(a[i], 10 * (i + 1));
        assert_int_equal(b[i], i + 2);
    }
}

/* A tuple written where its own first value points: the place does not move between the stores. */
static void tuple_at_own_value(fixture *f)
{
    cb_context *c = f->c;
    low_func *out = fx_func(f, "out", 1, T_I32, SYM_FUNC);
    out->nvalues = 2;
    fx_output(f, out);
    const ir *zero = ir_i32(c, 0);
    const ir *at = ir_call(c, out->sym, 0, T_I32, &zero, 1); /* out(0)[0] == 0 */
    const ir *values[] = {ir_i32(c, 3), ir_i32(c, 7)};
    const ir *n = ir_provide(c, out->sym, &at, 1, values, 2, ir_bool(c, true));
    f->L->body = n;
    low_flatten(f->L);
    int32_t a[4] = {0, 0, 0, 0}, b[4] = {0, 0, 0, 0};
    cb_dim dim = {0, 4, 1};
    cb_buffer ab = {.host = a, .type = T_I32, .rank = 1, .dim = &dim}, bb = ab;
    bb.host = b;
    flat_machine m = {.c = c};
    flat_bind_buffer(&m, out->buffer[0], &ab);
    flat_bind_buffer(&m, out->buffer[1], &bb);
    assert_int_equal(flat_run(&m, f->L->body), 0);
    assert_int_equal(a[0], 3);
    assert_int_equal(b[0], 7);
    assert_int_equal(b[3], 0);
}

static void any_stride(fixture *f)
{
    cb_context *c = f->c;
    low_func *out = fx_func(f, "out", 2, T_I32, SYM_FUNC);
    out->src->any_stride = true;
    fx_output(f, out);
    ir_sym x = fx_loop(f, "x"), y = fx_loop(f, "y");
    const ir *vx = ir_var(c, x), *vy = ir_var(c, y);
    const ir *n = provide(f, out, vx, vy, ir_add(c, ir_muli(c, vx, 10), vy));
    f->L->body = loop(f, y, 0, 3, loop(f, x, 0, 4, n));
    low_flatten(f->L);
    picture p;
    picture_init(&p, 0, 0, 4, 3);
    p.dim[0].stride = -1; /* mirrored */
    p.b.host = p.at + 100;
    flat_machine m = {.c = c};
    flat_bind_buffer(&m, out->buffer[0], &p.b);
    assert_int_equal(flat_run(&m, f->L->body), 0);
    assert_int_equal(p.at[100 - 3 + 2 * 7], 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(two_stages),     FIXTURE_TEST(transposed_storage),
        FIXTURE_TEST(folded_storage), FIXTURE_TEST(places),
        FIXTURE_TEST(stack_budget),   FIXTURE_TEST(stack_without_size),
        FIXTURE_TEST(tuples),         FIXTURE_TEST(tuple_at_own_value),
        FIXTURE_TEST(any_stride),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
