/* Code generation: vectors, statements, arguments, outputs and targets. */
#include "codegen_rig.h"

#include <pthread.h>

/* ---- vectors --------------------------------------------------------------------------------- */

/* Stores value (u16, `lanes` of them, made from input a) to out and compares with want. */
static void vector_case(rig *r, const ir *value, ir_sym out, const uint16_t *a,
                        const uint16_t *want)
{
    unsigned n = value->type.lanes;
    uint16_t got[64] = {0}, source[64];
    plane pa, po;
    const ir *at = n == 1 ? ir_i64(r->c, 0) : ir_ramp(r->c, ir_i64(r->c, 0), ir_i64(r->c, 1), n);
    r->L->body = ir_store(r->c, out, 0, at, value, yes(r, n));
    build(r);
    memcpy(source, a, sizeof source);
    plane_init(&pa, source, T_U16, 64);
    plane_init(&po, got, T_U16, 64);
    assert_int_equal(r->argv(&r->env, (void *[]){&pa.b, &po.b}), 0);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(got[i], want[i]);
}

static void test_vectors(void **state)
{
    (void)state;
    uint16_t a[64], want[64];
    for (unsigned i = 0; i < 64; i++)
        a[i] = (uint16_t)(i * 977 + 13);
    for (int kind = 0; kind < 8; kind++) {
        rig r;
        rig_open(&r, kind % 2 ? "host" : "host-o0");
        cb_context *c = r.c;
        ir_sym in = argument(&r, "in", T_U16, 1, false), out = argument(&r, "out", T_U16, 1, true);
        unsigned n = kind == 3 ? 12 : 16;
        const ir *x = ir_load(c, type_lanes(T_U16, n), in, 0,
                              ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), n), yes(&r, n));
        const ir *y = ir_load(c, type_lanes(T_U16, 4), in, 0,
                              ir_ramp(c, ir_i64(c, 20), ir_i64(c, 1), 4), yes(&r, 4));
        const ir *v = NULL;
        static const int32_t pick[] = {19, 0, 16, 3, 7, 18, 20};
        switch (kind) {
        case 0: /* sum of everything */
            v = ir_reduce(c, IR_ADD, x, 1);
            want[0] = 0;
            for (int i = 0; i < 16; i++)
                want[0] = (uint16_t)(want[0] + a[i]);
            break;
        case 1: /* groups of 4 */
            v = ir_reduce(c, IR_MAX, x, 4);
            for (int i = 0; i < 16; i++)
                want[i / 4] = i % 4 == 0 || a[i] > want[i / 4] ? a[i] : want[i / 4];
            break;
        case 2: /* a scalar among vectors */
            v = ir_shuffle(c, (const ir *[]){x, y, ir_int(c, T_U16, 5)}, 3, pick, 7);
            for (int i = 0; i < 7; i++)
                want[i] = pick[i] < 16 ? a[pick[i]] : pick[i] < 20 ? a[20 + pick[i] - 16] : 5;
            break;
        case 3: /* groups of 3 and of 6 */
            v = ir_shuffle(c,
                           (const ir *[]){ir_reduce(c, IR_MUL, x, 4), ir_reduce(c, IR_MIN, x, 2)},
                           2, (const int32_t[]){0, 1, 2, 3, 4, 5}, 6);
            for (int i = 0; i < 4; i++)
                want[i] = (uint16_t)((uint32_t)a[3 * i] * a[3 * i + 1] % 65536 * a[3 * i + 2]);
            for (int i = 0; i < 12; i++)
                want[4 + i / 6] = i % 6 == 0 || a[i] < want[4 + i / 6] ? a[i] : want[4 + i / 6];
            break;
        case 4: /* ramps as values, nested */
            v = ir_ramp(c, ir_ramp(c, ir_int(c, T_U16, 7), ir_int(c, T_U16, 3), 4),
                        ir_broadcast(c, ir_int(c, T_U16, 100), 4), 3);
            for (int i = 0; i < 12; i++)
                want[i] = (uint16_t)(7 + 3 * (i % 4) + 100 * (i / 4));
            break;
        case 5: /* a vector repeated */
            v = ir_broadcast(c, y, 3);
            for (int i = 0; i < 12; i++)
                want[i] = a[20 + i % 4];
            break;
        case 6: { /* one symbol, two values */
            ir_sym t = ir_sym_new(c, "t", SYM_LET, type_lanes(T_U16, 16), NULL);
            const ir *tv = ir_var(c, t), *body = ir_mul(c, tv, tv);
            v = ir_add(c, ir_let(c, t, x, body), ir_let(c, t, ir_addi(c, x, 1), body));
            for (int i = 0; i < 16; i++)
                want[i] = (uint16_t)(a[i] * (uint32_t)a[i] + (uint32_t)(a[i] + 1) * (a[i] + 1u));
            break;
        }
        default: { /* a dense index behind a name */
            ir_sym t = ir_sym_new(c, "t", SYM_LET, type_lanes(T_I64, 16), NULL);
            const ir *at = ir_ramp(c, ir_i64(c, 3), ir_i64(c, 2), 16);
            v = ir_let(
                c, t, at,
                ir_load(c, type_lanes(T_U16, 16), in, 0, ir_addi(c, ir_var(c, t), 1), yes(&r, 16)));
            for (int i = 0; i < 16; i++)
                want[i] = a[4 + 2 * i];
        }
        }
        vector_case(&r, v, out, a, want);
        rig_close(&r);
    }
}

/* Wider than anything a machine has: f32 x 512 is 16,384 bits. */
static void test_wide(void **state)
{
    (void)state;
    static const char *const targets[] = {"host", "x86-64-linux", "arm-64-linux"};
    for (size_t k = 0; k < COUNT_OF(targets); k++) {
        enum { LANES = 512 };
        static float a[LANES], b[LANES];
        rig r;
        rig_open(&r, targets[k]);
        cb_context *c = r.c;
        ir_sym in = argument(&r, "in", T_F32, 1, false), out = argument(&r, "out", T_F32, 1, true);
        const ir *at = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), LANES);
        const ir *x = ir_load(c, type_lanes(T_F32, LANES), in, 0, at, yes(&r, LANES));
        const ir *i = ir_cast(c, T_I32, x), *on = ir_lt(c, x, ir_const(c, x->type, 300));
        const ir *v =
            ir_add(c, ir_un(c, IR_SQRT, x), ir_cast(c, T_F32, ir_div(c, i, ir_int(c, i->type, 7))));
        r.L->body = ir_store(c, out, 0, at, ir_select(c, on, v, x), on);
        if (k == 2) {
            size_t n = 0;
            assert_non_null(emit(&r, CG_OBJECT, &n));
            assert_true(n > 0);
        } else {
            plane p, q;
            build(&r);
            for (int e = 0; e < LANES; e++) {
                a[e] = (float)e;
                b[e] = -1;
            }
            plane_init(&p, a, T_F32, LANES);
            plane_init(&q, b, T_F32, LANES);
            assert_int_equal(r.argv(&r.env, (void *[]){&p.b, &q.b}), 0);
            for (int e = 0; e < LANES; e++)
                assert_true(b[e] == (e < 300 ? sqrtf((float)e) + (float)(e / 7) : -1));
        }
        rig_close(&r);
    }
}

/* ---- statements ------------------------------------------------------------------------------ */

typedef struct counted {
    int live, made, limit; /* limit: allocations that succeed */
} counted;

static void *counting_alloc(const cb_env *env, size_t bytes, size_t align)
{
    counted *k = env->user;
    if (k->made++ >= k->limit)
        return NULL;
    k->live++;
    return aligned_alloc(align, (bytes + align - 1) / align * align);
}

static void counting_free(const cb_env *env, void *p)
{
    counted *k = env->user;
    k->live--;
    free(p);
}

static const ir *allocation(rig *r, ir_sym s, cb_type t, ir_memory m, const ir *n, const ir *cond,
                            const ir *body)
{
    ir_info info = {.sym = s, .type = t, .memory = m};
    return ir_stmt(r->c, IR_ALLOCATE, &info, (const ir *[]){n, cond, body}, 3);
}

static const ir *release(rig *r, ir_sym s)
{
    ir_info info = {.sym = s};
    return ir_stmt(r->c, IR_FREE, &info, NULL, 0);
}

static void quiet(const cb_env *env, int code, const char *message)
{
    (void)env;
    (void)code;
    (void)message;
}

/* allocate p: p[0] = in[0]; if k > 0: allocate q (on the stack); free p early; allocate r;
 * check in[1]; out[0] = ... ; whatever fails, nothing stays allocated. */
static void test_allocations(void **state)
{
    (void)state;
    for (int o0 = 0; o0 < 2; o0++) {
        rig r;
        rig_open(&r, o0 ? "host-o0" : "host");
        cb_context *c = r.c;
        ir_sym in = argument(&r, "in", T_I32, 1, false), out = argument(&r, "out", T_I32, 1, true);
        ir_sym n = scalar(&r, "n", T_I64), p = ir_sym_new(c, "p", SYM_BUFFER, T_I32, NULL);
        ir_sym q = ir_sym_new(c, "q", SYM_BUFFER, T_I32, NULL),
               s = ir_sym_new(c, "s", SYM_BUFFER, T_I32, NULL);
        ir_sym maybe = ir_sym_new(c, "maybe", SYM_BUFFER, T_I32, NULL);
        const ir *zero = ir_i64(c, 0), *on = ir_bool(c, true);
        const ir *first = ir_load(c, T_I32, in, 0, zero, on),
                 *second = ir_load(c, T_I32, in, 0, ir_i64(c, 1), on);
        const ir *third = ir_load(c, T_I32, in, 0, ir_i64(c, 2), on);
        const ir *sum =
            ir_add(c, ir_load(c, T_I32, q, 0, zero, on), ir_load(c, T_I32, s, 0, zero, on));
        const ir *check =
            ir_assert(c, ir_lt(c, ir_i32(c, 0), second), CB_ERR_REQUIREMENT, "%s is %d (%f), 50%% of %d",
                      (const ir *[]){ir_string(c, "second % %d"), second, ir_cast(c, T_F64, second), ir_i32(c, -8)}, 4);
        const ir *check3 =
            ir_assert(c, ir_lt(c, ir_i32(c, 0), third), CB_ERR_CONSTRAINT, "third", NULL, 0);
        const ir *inner = ir_block(
            c,
            (const ir *[]){
                ir_store(c, q, 0, zero, ir_load(c, T_I32, p, 0, zero, on), on), release(&r, p),
                allocation(&r, s, T_I32, MEM_HEAP, ir_var(c, n), on,
                           ir_block(c,
                                    (const ir *[]){check, ir_store(c, s, 0, zero, second, on),
                                                   ir_store(c, out, 0, zero, sum, on)},
                                    3))},
            3);
        const ir *body = allocation(&r, q, T_I32, MEM_STACK, ir_i64(c, 16), on, inner);
        body = ir_block(c, (const ir *[]){ir_store(c, p, 0, zero, first, on), body, check3}, 3);
        body = allocation(&r, maybe, T_I32, MEM_HEAP, ir_var(c, n), ir_lt(c, ir_i32(c, 100), first),
                          body);
        r.L->body = allocation(&r, p, T_I32, MEM_HEAP, ir_var(c, n), on, body);
        build(&r);

        int32_t data[3], result[1];
        int64_t elements = 1000;
        counted k = {0};
        cb_env env = {.size = sizeof env,
                      .version = CB_ENV_VERSION,
                      .alloc = counting_alloc,
                      .free = counting_free,
                      .error = quiet,
                      .user = &k};
        plane pi, po;
        plane_init(&pi, data, T_I32, 3);
        plane_init(&po, result, T_I32, 1);
        void *args[3] = {&pi.b, &elements, &po.b};
        struct {
            int32_t first, second, third;
            int limit;
            int64_t n;
            int code, made;
        } cases[] = {
            {5, 7, 1, 9, 10, 0, 2},
            {101, 7, 1, 9, 10, 0, 3},
            {5, -7, 1, 9, 10, CB_ERR_REQUIREMENT, 2},
            {101, 7, -1, 9, 10, CB_ERR_CONSTRAINT, 3},
            {5, 7, 1, 0, 10, CB_ERR_OUT_OF_MEMORY, 1},
            {101, 7, 1, 1, 10, CB_ERR_OUT_OF_MEMORY, 2},
            {101, 7, 1, 2, 10, CB_ERR_OUT_OF_MEMORY, 3},
            {5, 7, 1, 9, INT64_MAX / 2, CB_ERR_OUT_OF_MEMORY, 0},
            {5, 7, 1, 9, -1, CB_ERR_OUT_OF_MEMORY, 0},
        };
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            data[0] = cases[i].first;
            data[1] = cases[i].second;
            data[2] = cases[i].third;
            elements = cases[i].n;
            k = (counted){.limit = cases[i].limit};
            assert_int_equal(r.argv(&env, args), cases[i].code);
            assert_int_equal(k.live, 0);
            assert_int_equal(k.made, cases[i].made);
            if (!cases[i].code)
                assert_int_equal(result[0], cases[i].first + cases[i].second);
        }
        data[1] = -4;
        elements = 8;
        assert_int_equal(r.argv(&r.env, args), CB_ERR_REQUIREMENT);
        assert_string_equal(r.message, "second % %d is -4 (-4), 50% of -8");
        rig_close(&r);
    }
}

/* parallel for y: for x: out[y*w + x] = in[x] + y + k, nested once more, with an error inside */
static void test_parallel(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, "host");
    cb_context *c = r.c;
    ir_sym in = argument(&r, "in", T_I32, 1, false), out = argument(&r, "out", T_I32, 1, true);
    ir_sym k = scalar(&r, "k", T_I32), flag = scalar(&r, "flag", T_BOOL);
    ir_sym tmp = ir_sym_new(c, "tmp", SYM_BUFFER, T_I32, NULL);
    ir_sym y = ir_sym_new(c, "y", SYM_LOOP, T_I32, NULL),
           x = ir_sym_new(c, "x", SYM_LOOP, T_I32, NULL);
    const ir *on = ir_bool(c, true), *X = ir_var(c, x), *Y = ir_var(c, y), *w = ir_i64(c, 8);
    const ir *at = ir_add(c, ir_mul(c, ir_cast(c, T_I64, Y), w), ir_cast(c, T_I64, X));
    const ir *v =
        ir_add(c, ir_load(c, T_I32, tmp, 0, ir_cast(c, T_I64, X), on), ir_add(c, Y, ir_var(c, k)));
    v = ir_add(c, v, ir_field(c, in, FIELD_EXTENT, 0));
    v = ir_select(c, ir_var(c, flag), v, ir_i32(c, 0));
    low_function *inner = NEW(c->a, low_function), *outer = NEW(c->a, low_function);
    inner->name = "f.parallel.0";
    inner->index = x;
    inner->body = ir_store(c, out, 0, at, v, on);
    outer->name = "f.parallel.1";
    outer->index = y;
    ir_sym inner_captures[] = {y, k, flag, tmp, in, out}, outer_captures[] = {in, k, flag, out};
    vec(const ir *) args = {0};
    vec_push(c->a, &args, ir_i64(c, 0));
    vec_push(c->a, &args, w);
    for (size_t i = 0; i < COUNT_OF(inner_captures); i++) {
        ir_sym s = inner_captures[i];
        vec_push(c->a, &inner->captured, s);
        bool buffer = ir_symbol_of(c, s)->kind == SYM_BUFFER;
        vec_push(c->a, &args, buffer ? ir_var_typed(c, s, T_HANDLE) : ir_var(c, s));
    }
    ir_info call = {.index = 0};
    const ir *s = ir_stmt(c, IR_PAR_CALL, &call, args.at, args.n);
    ir_sym z = ir_sym_new(c, "z", SYM_LOOP, T_I32, NULL);
    const ir *Z = ir_cast(c, T_I64, ir_var(c, z));
    const ir *copy = ir_for(c, z, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, 8),
                            ir_store(c, tmp, 0, Z, ir_load(c, T_I32, in, 0, Z, on), on));
    const ir *check = ir_assert(c, ir_lt(c, Y, ir_var(c, k)), CB_ERR_REQUIREMENT, "y", NULL, 0);
    outer->body =
        allocation(&r, tmp, T_I32, MEM_HEAP, w, on, ir_block(c, (const ir *[]){copy, check, s}, 3));
    args.n = 0;
    vec_push(c->a, &args, ir_i64(c, 0));
    vec_push(c->a, &args, ir_i64(c, 20));
    for (size_t i = 0; i < COUNT_OF(outer_captures); i++) {
        ir_sym b = outer_captures[i];
        vec_push(c->a, &outer->captured, b);
        bool buffer = ir_symbol_of(c, b)->kind == SYM_BUFFER;
        vec_push(c->a, &args, buffer ? ir_var_typed(c, b, T_HANDLE) : ir_var(c, b));
    }
    vec_push(c->a, &r.L->functions, inner);
    vec_push(c->a, &r.L->functions, outer);
    call.index = 1;
    r.L->body = ir_stmt(c, IR_PAR_CALL, &call, args.at, args.n);
    build(&r);

    int32_t data[8] = {3, 1, 4, 1, 5, 9, 2, 6}, result[160], factor = 100;
    uint8_t yes_flag = 1;
    plane pi, po;
    plane_init(&pi, data, T_I32, 8);
    plane_init(&po, result, T_I32, 160);
    void *argv[4] = {&pi.b, &factor, &yes_flag, &po.b};
    assert_int_equal(r.argv(&r.env, argv), 0);
    for (int i = 0; i < 160; i++)
        assert_int_equal(result[i], data[i % 8] + i / 8 + 100 + 8);
    factor = 11;
    assert_int_equal(r.argv(&r.env, argv), CB_ERR_REQUIREMENT);
    volatile int32_t stop = 1;
    factor = 100;
    cb_env env = r.env;
    env.cancel = (const volatile int32_t *)&stop;
    assert_int_equal(r.argv(&env, argv), CB_ERR_CANCELLED);
    cb_default_env_destroy();
    rig_close(&r);
}

/* Queries, buffer fields, NULL buffers, and the metadata. */
static void test_arguments(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, "host");
    cb_context *c = r.c;
    ir_sym in = argument(&r, "in", T_F32, 2, false), out = argument(&r, "out", T_F32, 2, true);
    ir_sym s = scalar(&r, "scale", T_F32), u = scalar(&r, "on", T_BOOL);
    r.p->params.at[0]->has_def = r.p->params.at[1]->has_def = true;
    r.p->params.at[0]->def.f = 2.5;
    r.p->params.at[1]->def.i = 1;
    r.p->params.at[0]->has_max = true;
    r.p->params.at[0]->max.f = 10;
    ir_info info = {.sym = in, .index = 1};
    const ir *fields[3] = {ir_addi(c, ir_field(c, out, FIELD_MIN, 0), -1),
                           ir_field(c, out, FIELD_EXTENT, 1),
                           ir_muli(c, ir_field(c, out, FIELD_STRIDE, 1), 2)};
    const ir *set = ir_stmt(c, IR_SET_DIM, &info, fields, 3);
    const ir *query = ir_field(c, in, FIELD_IS_QUERY, 0);
    const ir *v = ir_select(c, ir_var(c, u), ir_var(c, s), ir_float(c, T_F32, 0));
    const ir *run = ir_store(c, out, 0, ir_i64(c, 0), v, ir_bool(c, true));
    const ir *stmts[5] = {
        ir_assert(c, ir_not(c, ir_field(c, in, FIELD_IS_NULL, 0)), CB_ERR_NULL_BUFFER, "in", NULL,
                  0),
        ir_assert(c, ir_not(c, ir_field(c, in, FIELD_BAD_VERSION, 0)), CB_ERR_BAD_VERSION, "in",
                  NULL, 0),
        ir_assert(c, ir_eq(c, ir_field(c, in, FIELD_RANK, 0), ir_i32(c, 2)), CB_ERR_BAD_RANK, "in",
                  NULL, 0),
        ir_assert(c,
                  ir_and(c, ir_eq(c, ir_field(c, in, FIELD_TYPE_CODE, 0), ir_i32(c, CB_FLOAT)),
                         ir_eq(c, ir_field(c, in, FIELD_TYPE_BITS, 0), ir_i32(c, 32))),
                  CB_ERR_BAD_TYPE, "in", NULL, 0),
        ir_if(c, query, set, run),
    };
    r.L->body = ir_block(c, stmts, 5);
    build(&r);
    float a[12] = {0}, b[12] = {0}, scale = 4;
    uint8_t on = 7; /* any byte but 0 is true */
    cb_dim di[2] = {{0, 3, 1}, {0, 4, 3}}, od[2] = {{0, 3, 1}, {0, 4, 3}};
    cb_buffer bi, bo;
    cb_buffer_init(&bi, a, T_F32, 2, di);
    cb_buffer_init(&bo, b, T_F32, 2, od);
    void *args[4] = {&bi, &scale, &on, &bo};
    assert_int_equal(r.argv(&r.env, args), 0);
    assert_true(b[0] == 4);
    on = 0;
    assert_int_equal(r.argv(NULL, args), 0);
    assert_true(b[0] == 0);
    bi.host = NULL;
    od[0].min = 10;
    assert_int_equal(r.argv(&r.env, args), 0);
    assert_int_equal(di[1].min, 9);
    assert_int_equal(di[1].extent, 4);
    assert_int_equal(di[1].stride, 6);
    bi.rank = 1;
    assert_int_equal(r.argv(&r.env, args), CB_ERR_BAD_RANK);
    bi.rank = 2;
    bi.type = T_F64;
    assert_int_equal(r.argv(&r.env, args), CB_ERR_BAD_TYPE);
    bi.version = 9;
    assert_int_equal(r.argv(&r.env, args), CB_ERR_BAD_VERSION);
    args[0] = NULL;
    assert_int_equal(r.argv(&r.env, args), CB_ERR_NULL_BUFFER);

    const cb_metadata *m = jit_symbol(r.code, "f_metadata");
    assert_non_null(m);
    assert_int_equal(m->size, sizeof *m);
    assert_string_equal(m->name, "f");
    assert_string_equal(m->target, r.target.text);
    assert_int_equal(m->nargs, 4);
    assert_string_equal(m->args[1].name, "scale");
    assert_int_equal(m->args[1].kind, CB_ARG_SCALAR);
    assert_true(*(const float *)m->args[1].def == 2.5f);
    assert_true(*(const float *)m->args[1].max == 10.0f);
    assert_null(m->args[1].min);
    assert_int_equal(*(const uint8_t *)m->args[2].def, 1);
    assert_int_equal(m->args[3].kind, CB_ARG_OUTPUT);
    assert_int_equal(m->args[3].rank, 2);
    assert_int_equal(m->args[3].type.bits, 32);
    assert_null(jit_symbol(r.code, "nothing"));
    rig_close(&r);
}

/* ---- outputs and targets --------------------------------------------------------------------- */

static const ir *sample(rig *r)
{
    cb_context *c = r->c;
    ir_sym in = argument(r, "in", T_U16, 1, false), out = argument(r, "out", T_U16, 1, true);
    const ir *at = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), 32), *on = yes(r, 32);
    const ir *x = ir_load(c, type_lanes(T_U16, 32), in, 0, at, on);
    return ir_store(c, out, 0, at, ir_div(c, x, ir_int(c, x->type, 3)), on);
}

static void test_outputs(void **state)
{
    (void)state;
    size_t n[2];
    char *first[4];
    for (int round = 0; round < 2; round++) {
        for (int kind = CG_OBJECT; kind <= CG_BITCODE; kind++) {
            rig r;
            rig_open(&r, "x86-64-linux-avx512");
            r.L->body = sample(&r);
            const char *bytes = emit(&r, (cg_output)kind, &n[round]);
            if (kind == CG_ASSEMBLY && round == 0) {
                assert_non_null(strstr(bytes, "vpmulhuw"));
                assert_non_null(strstr(bytes, "%zmm"));
                assert_non_null(strstr(bytes, ".globl\tf_argv"));
            }
            if (kind == CG_LLVM_TEXT)
                assert_non_null(strstr(bytes, " @f_argv("));
            if (round == 0) {
                first[kind] = malloc(n[0]);
                memcpy(first[kind], bytes, n[0]);
            } else {
                assert_memory_equal(first[kind], bytes, n[1]);
                free(first[kind]);
            }
            rig_close(&r);
        }
    }
}

/* Two threads compile at once; both get what one alone gets. */
typedef struct compilation {
    char *bytes;
    size_t n;
} compilation;

static void *compile_sample(void *arg)
{
    compilation *k = arg;
    rig r;
    for (int i = 0; i < 3; i++) {
        free(k->bytes);
        rig_open(&r, "x86-64-linux-avx2");
        r.L->body = sample(&r);
        const char *bytes = emit(&r, CG_OBJECT, &k->n);
        k->bytes = malloc(k->n);
        memcpy(k->bytes, bytes, k->n);
        rig_close(&r);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    compilation k[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&t[i], NULL, compile_sample, &k[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    compile_sample(&k[2]);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(k[i].n, k[2].n);
        assert_memory_equal(k[i].bytes, k[2].bytes, k[2].n);
    }
    for (int i = 0; i < 3; i++)
        free(k[i].bytes);
}

static void test_arm(void **state)
{
    (void)state;
    rig r;
    size_t n;
    rig_open(&r, "arm-64-linux");
    r.L->body = sample(&r);
    assert_non_null(strstr(emit(&r, CG_ASSEMBLY, &n), "umull"));
    rig_close(&r);
}

static void test_targets(void **state)
{
    (void)state;
    static const struct {
        const char *given, *text, *problem, *near;
    } cases[] = {
        {"x86-64-linux", "x86-64-linux", NULL, NULL},
        {"x86-64-linux-sse41-avx2", "x86-64-linux-avx2", NULL, NULL},
        {"x86-64-linux-avx2-avx512-avx512_vnni", "x86-64-linux-avx512_vnni", NULL, NULL},
        {"x86-64-linux-fma-f16c-o0", "x86-64-linux-f16c-fma-o0", NULL, NULL},
        {"arm-64-linux", "arm-64-linux", NULL, NULL},
        {"x86-64-linx", NULL, "unknown target 'x86-64-linx'", "x86-64-linux"},
        {"", NULL, "unknown target ''", NULL},
        {"x86-64-linux-avx3", NULL, "unknown target feature 'avx3'", "avx"},
        {"x86-64-linux-", NULL, "unknown target feature ''", NULL},
        {"arm-64-linux-avx2", NULL, "this machine has no feature 'avx2'", NULL},
        {"hosts", NULL, "unknown target 'hosts'", "host"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cg_target t;
        const char *near, *problem = target_parse(cases[i].given, &t, &near);
        if (!cases[i].problem) {
            assert_null(problem);
            assert_string_equal(t.text, cases[i].text);
            continue;
        }
        assert_string_equal(problem, cases[i].problem);
        if (cases[i].near && (!near || strcmp(near, cases[i].near) != 0))
            fail_msg("%s: suggests %s", cases[i].given, near ? near : "nothing");
    }
    cg_target host = target_host(), again;
    const char *near;
    assert_null(target_parse(host.text, &again, &near));
    assert_int_equal(again.features, host.features);
    assert_true(target_runs_here(&host));
    low_target about;
    assert_null(target_parse("x86-64-linux-avx2", &again, &near));
    target_low(&again, &about);
    assert_int_equal(about.vector_bytes, 32);
    assert_int_equal(about.products[0], 4);
    assert_int_equal(about.products[2], 0);
    assert_false(about.masked_memory[1]);
    assert_true(about.masked_memory[2]);
}

static void silent(void *user, const diag *d)
{
    (void)user;
    (void)d;
}

static void test_bad_object(void **state)
{
    (void)state;
    cb_context *c = ctx_new(NULL);
    guard g;
    if (guard_enter(&g, &c->esc)) {
        c->diags.sink = silent;
        assert_null(jit_load(c, "this is no object", 17, "f"));
        guard_leave(&g, &c->esc);
    }
    assert_int_equal(c->diags.errors, 1);
    assert_int_equal(c->diags.first->code, DIAG_JIT_LOAD);
    ctx_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_arm),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_bad_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
