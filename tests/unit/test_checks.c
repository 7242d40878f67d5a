/* Entry checks: what is required of arguments, queries, empty outputs; whole regions. */
#include "low_fixture.h"

/* in -> g(x, y) = in(x - 1, y) + in(x + 2, y) -> out(x, y) = g(x, y - 1)*g(x, y + 1) */
typedef struct chain {
    low_func *in, *g, *out;
    ir_sym x[2];
} chain;

static chain make_chain(fixture *f)
{
    cb_context *c = f->c;
    chain p;
    p.in = fx_func(f, "in", 2, T_I32, SYM_IMAGE);
    p.g = fx_func(f, "g", 2, T_I32, SYM_FUNC);
    p.out = fx_func(f, "out", 2, T_I32, SYM_FUNC);
    fx_output(f, p.out);
    ir_sym args[2][2];
    const ir *v[2][2];
    for (int k = 0; k < 2; k++)
        for (int d = 0; d < 2; d++) {
            args[k][d] = ir_sym_new(c, d ? "y" : "x", SYM_VAR, T_I32, NULL);
            v[k][d] = ir_var(c, args[k][d]);
        }
    fx_define(f, p.g, args[0],
              ir_add(c, fx_call(f, p.in, ir_addi(c, v[0][0], -1), v[0][1]),
                     fx_call(f, p.in, ir_addi(c, v[0][0], 2), v[0][1])));
    fx_define(f, p.out, args[1],
              ir_mul(c, fx_call(f, p.g, v[1][0], ir_addi(c, v[1][1], -1)),
                     fx_call(f, p.g, v[1][0], ir_addi(c, v[1][1], 1))));
    p.x[0] = args[1][0];
    p.x[1] = args[1][1];
    return p;
}

/* A nest that computes out with g inlined: enough for checks and flattening to run. */
static const ir *chain_nest(fixture *f, const chain *p)
{
    cb_context *c = f->c;
    ir_sym s[2] = {fx_loop(f, "x"), fx_loop(f, "y")};
    const ir *x = ir_var(c, s[0]), *y = ir_var(c, s[1]), *rows[2];
    for (int k = 0; k < 2; k++)
        rows[k] = ir_add(c, fx_call(f, p->in, ir_addi(c, x, -1), ir_addi(c, y, 2 * k - 1)),
                         fx_call(f, p->in, ir_addi(c, x, 2), ir_addi(c, y, 2 * k - 1)));
    const ir *value = ir_mul(c, rows[0], rows[1]);
    const ir *n =
        ir_provide(c, p->out->sym, (const ir *const[]){x, y}, 2, &value, 1, ir_bool(c, true));
    for (uint32_t d = 0; d < 2; d++) {
        const ir *min = low_arg_min(f->L, p->out, d);
        const ir *extent = ir_field(c, low_buffer(f->L, p->out, 0), FIELD_EXTENT, d);
        n = ir_for(c, s[d], LOOP_SERIAL, min, extent, n);
    }
    return n;
}

typedef struct picture {
    cb_buffer b;
    cb_dim dim[2];
    int32_t at[600];
} picture;

static void picture_init(picture *p, int x, int y, int w, int h)
{
    memset(p, 0, sizeof *p);
    p->dim[0] = (cb_dim){x, w, 1};
    p->dim[1] = (cb_dim){y, h, w};
    p->b.size = sizeof p->b;
    p->b.version = CB_BUFFER_VERSION;
    p->b.host = p->at;
    p->b.type = T_I32;
    p->b.rank = 2;
    p->b.dim = p->dim;
}

static flat_machine machine(fixture *f, const chain *p, picture *in, picture *out)
{
    flat_machine m = {.c = f->c, .L = f->L};
    flat_bind_buffer(&m, p->in->buffer[0], in ? &in->b : NULL);
    flat_bind_buffer(&m, p->out->buffer[0], out ? &out->b : NULL);
    return m;
}

static int call(fixture *f, const chain *p, picture *in, picture *out)
{
    flat_machine m = machine(f, p, in, out);
    return flat_run(&m, f->L->body);
}

static chain compiled(fixture *f)
{
    chain p = make_chain(f);
    f->L->body = chain_nest(f, &p);
    low_checks(f->L);
    assert_string_equal(f->messages, "");
    assert_null(ir_verify(f->c, f->L->body, NULL));
    low_flatten(f->L);
    assert_null(ir_verify(f->c, f->L->body, NULL));
    return p;
}

static void computes(fixture *f)
{
    chain p = compiled(f);
    picture in, out;
    picture_init(&in, -1, -1, 13, 10); /* exactly what is needed */
    picture_init(&out, 0, 0, 10, 8);
    for (int i = 0; i < 130; i++)
        in.at[i] = i * i % 53;
    assert_int_equal(call(f, &p, &in, &out), 0);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 10; x++) {
            int32_t *row = &in.at[x + y * 13]; /* (x - 1, y - 1) */
            assert_int_equal(out.at[x + y * 10], (row[0] + row[3]) * (row[26] + row[29]));
        }
}

static void refuses(fixture *f)
{
    chain p = compiled(f);
    picture good_in, good_out, in, out;
    picture_init(&good_in, -1, -1, 13, 10);
    picture_init(&good_out, 0, 0, 10, 8);
    assert_int_equal(call(f, &p, NULL, &good_out), CB_ERR_NULL_BUFFER);
    assert_int_equal(call(f, &p, &good_in, NULL), CB_ERR_NULL_BUFFER);
#define BROKEN(change, code)                                                                       \
    do {                                                                                           \
        in = good_in, out = good_out;                                                              \
        in.b.dim = in.dim, in.b.host = in.at, out.b.dim = out.dim, out.b.host = out.at;            \
        change;                                                                                    \
        assert_int_equal(call(f, &p, &in, &out), CB_ERR_##code);                                   \
    } while (0)
    BROKEN((void)0, OK);
    BROKEN(in.b.size = 3, BAD_VERSION);
    BROKEN(out.b.version = 9, BAD_VERSION);
    BROKEN(in.b.type = T_U32, BAD_TYPE);
    BROKEN(out.b.type = T_I16, BAD_TYPE);
    BROKEN(in.b.rank = 3, BAD_RANK);
    BROKEN(in.dim[0].min = 0, OUT_OF_BOUNDS);
    BROKEN(in.dim[0].extent = 12, OUT_OF_BOUNDS);
    BROKEN(in.dim[1].min = 0, OUT_OF_BOUNDS);
    BROKEN(in.dim[1].extent = 9, OUT_OF_BOUNDS);
    BROKEN(in.dim[1].extent = -1, BAD_EXTENT);
    BROKEN(out.dim[1].extent = -1, BAD_EXTENT);
    BROKEN((out.dim[0].min = INT32_MAX - 3), BAD_EXTENT);
    /* fits 32 bits itself, but what it needs of in does not: no wrap-around */
    BROKEN((out.dim[0].min = INT32_MAX - 10), OUT_OF_BOUNDS);
    BROKEN((out.dim[0].min = INT32_MIN), OUT_OF_BOUNDS);
    BROKEN(in.dim[0].stride = 2, BAD_STRIDE);
    BROKEN(out.dim[1].stride = 0, ALIAS);
    BROKEN(in.dim[1].stride = INT64_C(1) << 60, TOO_LARGE);
    BROKEN((in.b.host = NULL, in.b.device = 5), NO_HOST);
}

static void messages(fixture *f)
{
    chain p = compiled(f);
    picture in, out;
    picture_init(&in, 0, -1, 12, 10);
    picture_init(&out, 0, 0, 10, 8);
    flat_machine m = machine(f, &p, &in, &out);
    assert_int_equal(flat_run(&m, f->L->body), CB_ERR_OUT_OF_BOUNDS);
    assert_string_equal(m.message, "input '%s' is accessed from %d to %d in dimension %d%s, but "
                                   "covers %d to %d only");
}

static void empty_output(fixture *f)
{
    chain p = compiled(f);
    picture in, out;
    picture_init(&in, 100, 100, 0, 0);
    for (int k = 0; k < 3; k++) {
        picture_init(&out, 0, 0, k == 1 ? 0 : 10, k == 2 ? 0 : 8);
        flat_machine m = machine(f, &p, &in, &out);
        assert_int_equal(flat_run(&m, f->L->body), k ? 0 : CB_ERR_OUT_OF_BOUNDS);
        assert_int_equal(m.stored, 0);
    }
}

static void queries(fixture *f)
{
    chain p = compiled(f);
    for (int k = 0; k < 3; k++) { /* the input, the output, both */
        picture in, out;
        picture_init(&in, 77, 77, 1, 1);
        picture_init(&out, 5, 6, 10, 8);
        out.dim[1].stride = 99;
        if (k != 1)
            in.b.host = NULL;
        if (k != 0)
            out.b.host = NULL;
        flat_machine m = machine(f, &p, &in, &out);
        assert_int_equal(flat_run(&m, f->L->body), 0);
        assert_int_equal(m.stored, 0);
        const cb_dim want_in[2] = {{4, 13, 1}, {5, 10, 13}}, want_out[2] = {{5, 10, 1}, {6, 8, 10}};
        const cb_dim same_in[2] = {{77, 1, 1}, {77, 1, 1}}, same_out[2] = {{5, 10, 1}, {6, 8, 99}};
        for (int d = 0; d < 2; d++) {
            const cb_dim *i = k != 1 ? &want_in[d] : &same_in[d];
            const cb_dim *o = k != 0 ? &want_out[d] : &same_out[d];
            assert_int_equal(in.dim[d].min, i->min);
            assert_int_equal(in.dim[d].extent, i->extent);
            assert_int_equal(in.dim[d].stride, i->stride);
            assert_int_equal(out.dim[d].min, o->min);
            assert_int_equal(out.dim[d].extent, o->extent);
            assert_int_equal(out.dim[d].stride, o->stride);
        }
    }
}

static void query_of_empty_output(fixture *f)
{
    chain p = compiled(f);
    picture in, out;
    picture_init(&in, 0, 0, 1, 1);
    picture_init(&out, 5, 6, 0, 0);
    in.b.host = NULL;
    assert_int_equal(call(f, &p, &in, &out), 0);
    assert_true(in.dim[0].extent >= 0 && in.dim[1].extent >= 0);
}

/* A schedule that rounds out's rows up to 8 columns: what it really touches is required as well. */
static void widened(fixture *f)
{
    cb_context *c = f->c;
    chain p = make_chain(f);
    low_stage *stage = &p.out->stages[0];
    stage_plan *plan = (stage_plan *)(uintptr_t)stage->plan;
    stage->leaf = arena_copy(c->a, &stage, sizeof stage);
    stage->nleaves = 1;
    vec_push(c->a, &plan->splits, (split_plan){.kind = SPLIT_SPLIT, .tail = TAIL_ROUND_UP});
    vec_push(c->a, &((func_plan *)(uintptr_t)p.out->plan)->stages, plan);
    const ir *n = chain_nest(f, &p);
    const ir *x = for_body(n); /* loops: y, x */
    const ir *extent = ir_muli(c, ir_div(c, ir_addi(c, for_extent(x), 7), ir_i32(c, 8)), 8);
    x = ir_with_args(c, x, (const ir *const[]){for_min(x), extent, for_body(x)});
    f->L->body = ir_with_args(c, n, (const ir *const[]){for_min(n), for_extent(n), x});
    low_checks(f->L);
    low_flatten(f->L);
    assert_string_equal(f->messages, "");
    picture in, out;
    picture_init(&in, -1, -1, 19, 10);
    picture_init(&out, 0, 0, 10, 8);
    assert_int_equal(call(f, &p, &in, &out), CB_ERR_OUT_OF_BOUNDS);
    picture_init(&out, 0, 0, 16, 8);
    assert_int_equal(call(f, &p, &in, &out), 0);
    in.dim[0].extent = 18;
    assert_int_equal(call(f, &p, &in, &out), CB_ERR_OUT_OF_BOUNDS);
    out.dim[0].extent = 10;
    in.b.host = out.b.host = NULL;
    assert_int_equal(call(f, &p, &in, &out), 0);
    assert_int_equal(out.dim[0].extent, 16);
    assert_int_equal(in.dim[0].extent, 19);
}

static void tuple_outputs_agree(fixture *f)
{
    cb_context *c = f->c;
    low_func *out = fx_func(f, "out", 1, T_I32, SYM_FUNC);
    out->nvalues = 2;
    fx_output(f, out);
    ir_sym x = ir_sym_new(c, "x", SYM_VAR, T_I32, NULL), l = fx_loop(f, "x");
    low_stage *s = fx_define(f, out, &x, ir_var(c, x));
    s->values[1] = ir_i32(c, 7);
    const ir *vl = ir_var(c, l), *values[] = {vl, ir_i32(c, 7)};
    const ir *n = ir_provide(c, out->sym, &vl, 1, values, 2, ir_bool(c, true));
    const ir *extent = ir_field(c, low_buffer(f->L, out, 0), FIELD_EXTENT, 0);
    f->L->body = ir_for(c, l, LOOP_SERIAL, low_arg_min(f->L, out, 0), extent, n);
    low_checks(f->L);
    low_flatten(f->L);
    for (int wrong = 0; wrong < 3; wrong++) {
        int32_t a[8] = {0}, b[8] = {0};
        cb_dim da = {3, 4, 1}, db = {wrong == 1 ? 2 : 3, wrong == 2 ? 5 : 4, 1};
        cb_buffer ba = {.size = sizeof ba, .version = CB_BUFFER_VERSION, .host = a, .type = T_I32};
        ba.rank = 1;
        ba.dim = &da;
        cb_buffer bb = ba;
        bb.host = b;
        bb.dim = &db;
        flat_machine m = {.c = c};
        flat_bind_buffer(&m, out->buffer[0], &ba);
        flat_bind_buffer(&m, out->buffer[1], &bb);
        assert_int_equal(flat_run(&m, f->L->body), wrong ? CB_ERR_OUT_OF_BOUNDS : 0);
        assert_int_equal(a[3], wrong ? 0 : 6);
        assert_int_equal(b[3], wrong ? 0 : 7);
    }
}

static void parameters(fixture *f)
{
    cb_context *c = f->c;
    chain p = make_chain(f);
    cb_param_s *k = NEW(c->a, cb_param_s), *r = NEW(c->a, cb_param_s);
    *k = (cb_param_s){.name = "k", .type = T_U8, .has_min = true, .has_max = true};
    k->min.i = 2;
    k->max.i = 200;
    *r = (cb_param_s){.name = "r", .type = T_F32, .has_max = true};
    r->max.f = 1.5;
    vec_push(c->a, &f->L->pipe->params, k);
    vec_push(c->a, &f->L->pipe->params, r);
    vec_push(c->a, &f->L->params, fx_param(f, "k", T_U8));
    vec_push(c->a, &f->L->params, fx_param(f, "r", T_F32));
    f->L->body = chain_nest(f, &p);
    low_checks(f->L);
    low_flatten(f->L);
    picture in, out;
    picture_init(&in, -1, -1, 13, 10);
    picture_init(&out, 0, 0, 10, 8);
    const struct {
        int k;
        double r;
        int code;
    } cases[] = {{2, 1.5, 0},
                 {200, -3, 0},
                 {1, 0, CB_ERR_PARAM_RANGE},
                 {201, 0, CB_ERR_PARAM_RANGE},
                 {5, 1.75, CB_ERR_PARAM_RANGE}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        flat_machine m = machine(f, &p, &in, &out);
        flat_bind_int(&m, f->L->params.at[0], cases[i].k);
        flat_bind(&m, f->L->params.at[1], (ir_value){.f = cases[i].r});
        assert_int_equal(flat_run(&m, f->L->body), cases[i].code);
    }
}

/* ---- whole regions ----------------------------------------------------------------------------- */

static bool no_symbols(void *env, ir_sym s, ir_value *out)
{
    (void)env;
    (void)s;
    (void)out;
    return false;
}

static void assert_bounds(fixture *f, const box *b, uint32_t d, int64_t lo, int64_t hi)
{
    ir_value v;
    bool overflow = false;
    assert_non_null(b->dim[d].lo);
    assert_non_null(b->dim[d].hi);
    assert_true(ir_eval(f->c, b->dim[d].lo, no_symbols, NULL, &v, &overflow));
    assert_int_equal(v.i, lo);
    assert_true(ir_eval(f->c, b->dim[d].hi, no_symbols, NULL, &v, &overflow));
    assert_int_equal(v.i, hi);
}

/* Boxes with the output over constants. */
static void seed(fixture *f, map *boxes, low_func *out, const int64_t *lo_hi)
{
    box *b = box_new(f->c, out->rank);
    b->empty = false;
    for (uint32_t d = 0; d < out->rank; d++) {
        b->dim[d].lo = ir_i32(f->c, lo_hi[2 * d]);
        b->dim[d].hi = ir_i32(f->c, lo_hi[2 * d + 1]);
    }
    map_putp(f->c->a, boxes, out, b);
}

static void regions(fixture *f)
{
    chain p = make_chain(f);
    map boxes = {0};
    seed(f, &boxes, p.out, (const int64_t[]){0, 9, 100, 120});
    low_whole_regions(f->L, &boxes);
    assert_bounds(f, map_getp(&boxes, p.g), 0, 0, 9);
    assert_bounds(f, map_getp(&boxes, p.g), 1, 99, 121);
    const box *in = map_getp(&boxes, p.in);
    assert_bounds(f, in, 0, -1, 11);
    assert_bounds(f, in, 1, 99, 121);
    assert_ptr_equal(in->dim[0].lo_from.stage, &p.g->stages[0]);
    assert_non_null(in->dim[0].lo_from.access);
    assert_string_equal(ir_text(f->c, in->dim[0].lo_from.access), "in(x - 1, y)");
}

/* hist(i) = 0; hist(in(r)) += 1 with u8 in, r in [0, 50): the update writes all of 0..255 */
static void updates_widen(fixture *f)
{
    cb_context *c = f->c;
    low_func *in = fx_func(f, "in", 1, T_U8, SYM_IMAGE);
    low_func *hist = fx_func(f, "hist", 1, T_I32, SYM_FUNC);
    fx_output(f, hist);
    ir_sym i = ir_sym_new(c, "i", SYM_VAR, T_I32, NULL),
           r = ir_sym_new(c, "r", SYM_RVAR, T_I32, NULL);
    fx_define(f, hist, &i, ir_i32(c, 0));
    const ir *vr = ir_var(c, r);
    const ir *at = ir_cast(c, T_I32, ir_call(c, in->sym, 0, T_U8, &vr, 1));
    low_stage *s = fx_define(f, hist, &i, ir_addi(c, ir_call(c, hist->sym, 0, T_I32, &at, 1), 1));
    s->args[0] = 0;
    s->lhs[0] = at;
    s->nrvars = 1;
    s->rvars = arena_copy(c->a, &r, sizeof r);
    s->rmin = NEW_ARRAY(c->a, const ir *, 1);
    s->rextent = NEW_ARRAY(c->a, const ir *, 1);
    s->rmin[0] = ir_i32(c, 0);
    s->rextent[0] = ir_i32(c, 50);
    map boxes = {0};
    seed(f, &boxes, hist, (const int64_t[]){10, 20});
    low_whole_regions(f->L, &boxes);
    assert_bounds(f, map_getp(&boxes, hist), 0, 0, 255);
    assert_bounds(f, map_getp(&boxes, in), 0, 0, 49);
}

static void unbounded(fixture *f)
{
    cb_context *c = f->c;
    low_func *in = fx_func(f, "in", 1, T_I32, SYM_IMAGE);
    low_func *out = fx_func(f, "out", 1, T_I32, SYM_FUNC);
    fx_output(f, out);
    ir_sym x = ir_sym_new(c, "x", SYM_VAR, T_I32, NULL);
    const ir *vx = ir_var(c, x);
    const ir *inner = ir_call(c, in->sym, 0, T_I32, &vx, 1);
    const ir *outer = ir_call(c, in->sym, 0, T_I32, &inner, 1);
    low_stage *s = fx_define(f, out, &x, ir_addi(c, outer, 1));
    s->plan->def->text = "out(x) = in(in(x)) + 1";
    span where = {.node = outer, .col = 9, .width = 9};
    vec_push(c->a, &s->plan->def->spans, where);
    f->L->body = ir_provide(c, out->sym, s->lhs, 1, s->values, 1, ir_bool(c, true));
    low_checks(f->L);
    assert_int_equal(c->diags.errors, 1);
    assert_non_null(strstr(f->messages, "test.c:10: error[unbounded-access]: input 'in' is "
                                        "accessed without a bound"));
    assert_non_null(strstr(f->messages, "out(x) = in(in(x)) + 1"));
    assert_non_null(strstr(f->messages, "help: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(computes),      FIXTURE_TEST(refuses),
        FIXTURE_TEST(messages),      FIXTURE_TEST(empty_output),
        FIXTURE_TEST(queries),       FIXTURE_TEST(query_of_empty_output),
        FIXTURE_TEST(widened),       FIXTURE_TEST(tuple_outputs_agree),
        FIXTURE_TEST(parameters),    FIXTURE_TEST(regions),
        FIXTURE_TEST(updates_widen), FIXTURE_TEST(unbounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
