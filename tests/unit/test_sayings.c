/* tests/unit/test_sayings.c: what a program says of fields in terms of other fields and parameters, of
 * addresses, and of its arguments together: checked at entry, answered to queries, used by the compiler,
 * known to the interpreter and to the hash of a program. */
#include "count.h"

#include "../../codegen/codegen.h"
#include "../../driver/prove.h"

#define PROGRAM                                                                                  \
    count_messages[0] = 0;                                                                       \
    cb_options options = {.size = sizeof options, .sink = count_sink};                           \
    cb_context *ctx = cb_context_new(&options);                                                  \
    Carbide(ctx)

#define DONE                                                                                     \
    assert_string_equal(count_messages, "");                                                     \
    cb_context_free(ctx)

static char said_error[400];

static void keep_error(const cb_env *env, int code, const char *message)
{
    (void)env;
    (void)code;
    snprintf(said_error, sizeof said_error, "%s", message);
}

static int run(cb_callable k, void **args)
{
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = keep_error};
    said_error[0] = 0;
    return cb_call_argv(k, &env, args);
}

static void expect_error(const char *part)
{
    if (!strstr(said_error, part))
        fail_msg("the error is '%s'", said_error);
}

static cb_buffer plane(void *bytes, cb_dim *dim, int w, int h, int64_t pitch)
{
    dim[0] = (cb_dim){0, w, 1};
    dim[1] = (cb_dim){0, h, pitch};
    return (cb_buffer){sizeof(cb_buffer), CB_BUFFER_VERSION, bytes, 0, NULL, 0, CB_u8, 2, 0, dim};
}

/* Two inputs of one shape, and an output that is it as well: one message for each way to be otherwise. */
static void same_shape(void **state)
{
    (void)state;
    PROGRAM {
        Input(a, u8, 2);
        Input(b, u8, 2);
        Param(pad, i32, 0);
        Output(out, u8, 2);
        Vars(x, y);
        for (int d = 0; d < 2; d++) {
            set_min(b, d, min_coord(a, d));
            set_extent(b, d, extent(a, d));
        }
        set_stride(b, 1, E(a.stride(1) + pad));
        set_extent(out, 0, E(a.extent(0) - 1));
        define(out(x, y) = a(x, y) + b(x + 1, y));
        schedule(out, vectorize(x, 8));
        uint8_t va[60], vb[80], vo[57];
        for (int i = 0; i < 80; i++)
            va[i % 60] = vb[i] = (uint8_t)(i * 5);
        cb_dim da[2], db[2], dout[2];
        cb_buffer ba = plane(va, da, 20, 3, 20), bb = plane(vb, db, 20, 3, 23), bo = plane(vo, dout, 19, 3, 19);
        int32_t n = 3;
        void *args[] = {&ba, &bb, &n, &bo};
        cb_callable k = compile(out, "host");
        assert_int_equal(run(k, args), 0);
        for (int i = 0; i < 57; i++)
            assert_int_equal(vo[i], (uint8_t)(va[i / 19 * 20 + i % 19] + vb[i / 19 * 23 + i % 19 + 1]));
        n = 2;
        assert_int_equal(run(k, args), CB_ERR_CONSTRAINT);
        expect_error("test_sayings.c:");
        expect_error("input 'b' must have stride 22 in dimension 1, ");
        expect_error("a.stride(1) + cast(i64, pad), but has 23");
        db[1].extent = 1; /* alone in its dimension: any stride will do */
        assert_int_equal(run(k, args), CB_ERR_CONSTRAINT);
        expect_error("input 'b' must have extent 3 in dimension 1, a.extent(1), but has 1");
        da[1].extent = dout[1].extent = 1;
        assert_int_equal(run(k, args), 0);
        dout[0].extent = 18;
        assert_int_equal(run(k, args), CB_ERR_CONSTRAINT);
        expect_error("output 'out' must have extent 19 in dimension 0, a.extent(0) - 1, but has 18");
        cb_callable_free(k);
    }
    DONE;
}

/* A chain of rules is answered from what the caller gave, or from what the first is told. */
static void queries(void **state)
{
    (void)state;
    PROGRAM {
        Input(a, u8, 2);
        Input(b, u8, 2);
        Input(c, u8, 2);
        Output(out, u8, 2);
        Vars(x, y);
        set_min(b, 0, E(a.min(0) - 1));
        set_extent(b, 0, E(a.extent(0) + 2));
        set_extent(c, 0, E(2*b.extent(0)));
        set_stride(c, 1, E(c.stride(0)*c.extent(0) + 5));
        define(out(x, y) = a(x, y) + b(x, y) + c(x, y));
        cb_dim da[2], db[2], dc[2], dout[2];
        uint8_t vo[40];
        cb_buffer ba = plane(NULL, da, 0, 0, 0), bb = plane(NULL, db, 0, 0, 0), bc = plane(NULL, dc, 0, 0, 0),
                  bo = plane(vo, dout, 8, 5, 8);
        void *args[] = {&ba, &bb, &bc, &bo};
        cb_callable k = compile(out, "host");
        for (int turn = 0; turn < 2; turn++) {
            memset(db, 0x5a, sizeof db);
            memset(dc, 0x5a, sizeof dc);
            assert_int_equal(run(k, args), 0);
            int w = turn ? 12 : 8; /* a is told 8; then it is given, and has 12 */
            assert_int_equal(da[0].extent, w);
            assert_int_equal(db[0].min, -1);
            assert_int_equal(db[0].extent, w + 2);
            assert_int_equal(db[1].stride, w + 2);
            assert_int_equal(dc[0].min, 0);
            assert_int_equal(dc[0].extent, 2*(w + 2));
            assert_int_equal(dc[1].stride, 2*(w + 2) + 5);
            assert_int_equal(dc[1].extent, 5);
            static uint8_t va[100];
            ba = plane(va, da, 12, 5, 12);
        }
        cb_callable_free(k);
    }
    DONE;
}

/* ---- structure ----------------------------------------------------------------------------------- */

typedef struct shape {
    int choices, dense, gathers, asserts; /* min, max and select inside of loops; vector accesses */
    int aligned;                          /* vector accesses of known alignment */
    bool inside;
} shape;

static bool note(void *env, const ir *n)
{
    shape *s = env;
    s->asserts += n->op == IR_ASSERT;
    s->choices += n->op == IR_MIN || n->op == IR_MAX || n->op == IR_SELECT;
    bool store = n->op == IR_STORE;
    if ((n->op == IR_LOAD && n->type.lanes > 1) || (store && n->arg[0]->type.lanes > 1)) {
        const ir *index = n->arg[0];
        bool dense = index->op == IR_RAMP && ir_is_int(index->arg[1], 1);
        s->dense += dense;
        s->gathers += !dense;
        s->aligned += ((store ? n->u.info->mem : n->u.ref.index) & IR_MEM_ALIGN_MASK) != 0;
    }
    return true;
}

typedef struct loops {
    cb_context *c;
    shape *s;
} loops;

static bool note_loop(void *env, const ir *n)
{
    loops *l = env;
    if (n->op != IR_FOR)
        return true;
    ir_visit(l->c, n, note, l->s);
    return false;
}

/* What is in the loops of out. */
static shape shape_of(cb_func out)
{
    shape s = {0};
    cb_context *c = out.p->ctx;
    low_target lt = {.vector_bytes = 32, .masked_memory = {true, true, true, true}};
    pipeline *p = pipeline_new(c, "test", &out.p, 1);
    assert_non_null(p);
    assert_true(schedule_resolve(p));
    low *L = low_run(p, &lt, NULL);
    assert_non_null(L);
    ir_visit(L->ctx, L->body, note_loop, &(loops){L->ctx, &s});
    low_free(L);
    return s;
}

/* Lines with both words. */
static int count_lines(const char *s, const char *a, const char *b)
{
    int n = 0;
    for (char line[1000]; *s; s += strcspn(s, "\n"), s += *s == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(s, "\n"), s);
        n += strstr(line, a) && strstr(line, b);
    }
    return n;
}

static const char *code_of(cb_func out)
{
    cb_context *c = out.p->ctx;
    pipeline *p = pipeline_new(c, "test", &out.p, 1);
    const char *near, *bytes;
    size_t n;
    cg_target t;
    low_target lt;
    assert_int_equal(target_parse("x86-64-linux-avx2", &t, &near), 0);
    target_low(&t, &lt);
    assert_true(schedule_resolve(p));
    low *L = low_run(p, &lt, NULL);
    assert_true(L && cg_llvm(L, &t, "test", CG_LLVM_TEXT, &bytes, &n));
    char *copy = arena_alloc(c->a, n + 1);
    memcpy(copy, bytes, n);
    copy[n] = 0;
    low_free(L);
    return copy;
}

/* The clamp of an edge vanishes where the output is known to lie inside. */
static void clamps(void **state)
{
    (void)state;
    for (int said = 0; said < 4; said++) {
        PROGRAM {
            Input(in, u8, 1);
            Output(out, u8, 1);
            Funcs(edge);
            Vars(x);
            repeat_edge(edge, in);
            define(out(x) = edge(x));
            schedule(out, partition(x, never));
            if (said == 1) {
                set_min(out, 0, min_coord(in, 0));
                set_extent(out, 0, extent(in, 0));
            } else if (said == 2) {
                set_min(in, 0, min_coord(out, 0));
                set_extent(in, 0, E(out.extent(0) + 3));
            } else if (said == 3) {
                add_requirement(E(out.min(0) >= in.min(0) && out.min(0) + out.extent(0) <= in.min(0) + in.extent(0)));
            }
            shape s = shape_of(out);
            assert_int_equal(s.choices, said == 0 ? 2 : said == 3 ? 1 : 0);
        }
        DONE;
    }
}

/* A stride that is another's, which is 1; or that a requirement says is 1: dense vectors. */
static void dense(void **state)
{
    (void)state;
    for (int said = 0; said < 4; said++) {
        PROGRAM {
            Input(a, u8, 1);
            Input(b, u8, 1);
            Output(out, u8, 1);
            Vars(x);
            any_stride(b);
            if (said == 1)
                set_stride(b, 0, stride(a, 0));
            if (said == 2)
                add_requirement(E(b.stride(0) == 1));
            if (said == 3)
                set_stride(b, 0, stride(out, 0));
            define(out(x) = a(x) + b(x));
            schedule(out, vectorize(x, 16));
            shape s = shape_of(out);
            assert_int_equal(s.gathers > 0, !said);
        }
        DONE;
    }
}

/* What a requirement says is known: the choice that it decides is not made. */
static void facts_of_requirements(void **state)
{
    (void)state;
    for (int said = 0; said < 2; said++) {
        PROGRAM {
            Input(in, i32, 1);
            Param(n, i32);
            Output(out, i32, 1);
            Vars(x);
            if (said)
                add_requirement(E(n > 4), "n is", n);
            define(out(x) = select(n > 0, in(x), in(x + 1)));
            shape s = shape_of(out);
            assert_int_equal(s.choices > 0, !said);
        }
        DONE;
    }
}

/* Vectors of which it follows are marked: those at multiples of 8 elements from the first. */
static void aligned(void **state)
{
    (void)state;
    for (int said = 0; said < 8; said++) {
        PROGRAM {
            Input(in, f32, 2);
            Output(out, f32, 2);
            Param(pitch, i32);
            Vars(x, y);
            if (said)
                set_host_alignment(in, 32);
            if (said == 2)
                set_stride(in, 1, 640);
            if (said == 3)
                set_stride(in, 1, 644);
            if (said == 4)
                set_stride(in, 1, E(pitch*8));
            if (said == 5)
                add_requirement(E(in.stride(1) % 8 == 0));
            if (said == 6)
                add_requirement(E(in.stride(1) % 8 == 4));
            if (said == 7) {
                set_host_alignment(out, 16);
                set_stride(in, 1, 64);
                set_stride(out, 1, 64);
                set_min(out, 0, min_coord(in, 0));
            } else {
                set_min(in, 0, 0);
                set_min(out, 0, 0);
                set_min(in, 1, 0);
            }
            define(out(x, y) = in(x, y) + in(x + 8, y) + in(x + 1, y));
            schedule(out, vectorize(x, 8, round_up));
            static const struct {
                int marked, by32, by16; /* in the IR; vectors in LLVM's */
            } want[8] = {{0, 0, 0}, {0, 0, 0}, {2, 2, 0}, {2, 0, 2}, {2, 2, 0}, {2, 2, 0}, {2, 0, 2}, {3, 2, 1}};
            shape s = shape_of(out);
            assert_int_equal(s.aligned, want[said].marked);
            const char *code = code_of(out);
            assert_int_equal(count_lines(code, "<8 x float>", ", align 32") > 0, want[said].by32 > 0);
            assert_int_equal(count_lines(code, "<8 x float>", ", align 16") > 0, want[said].by16 > 0);
        }
        DONE;
    }
}

/* ---- requirements -------------------------------------------------------------------------------- */

static void requirements(void **state)
{
    (void)state;
    PROGRAM {
        Input(in, u8, 1);
        Param(n, i32);
        Param(gain, f32, 1);
        Output(out, u8, 1);
        Output(other, u8, 1);
        Vars(x);
        define(out(x) = in(x));
        define(other(x) = in(x));
        add_requirement(E(out.extent(0) % n == 0 && n > 0), "100% of", extent(out, 0), "by", n, "gain", gain);
        add_requirement(E(other.extent(0) > 1000)); /* of another pipeline */
        uint8_t vi[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, vo[12] = {0};
        cb_dim di[1] = {{0, 12, 1}}, dout[1] = {{0, 12, 1}};
        cb_buffer bi = {sizeof(cb_buffer), CB_BUFFER_VERSION, vi, 0, NULL, 0, CB_u8, 1, 0, di}, bo = bi;
        bo.host = vo;
        bo.dim = dout;
        int32_t div = 5;
        float g = 1.5f;
        void *args[] = {&bi, &div, &g, &bo};
        cb_callable k = compile(out, "host");
        assert_int_equal(run(k, args), CB_ERR_REQUIREMENT);
        expect_error("the requirement out.extent(0)%n == 0 && 0 < n does not hold: 100% of 12 by 5 gain 1.5");
        assert_int_equal(vo[0], 0);
        dout[0].extent = 10;
        assert_int_equal(run(k, args), 0);
        assert_int_equal(vo[9], 10);
        dout[0].extent = 0; /* also where nothing is computed */
        div = -1;
        assert_int_equal(run(k, args), CB_ERR_REQUIREMENT);
        bi.host = NULL; /* and in a query, of what is given */
        assert_int_equal(run(k, args), CB_ERR_REQUIREMENT);
        div = 1;
        assert_int_equal(run(k, args), 0);
        bo.host = NULL; /* of what is not, nothing */
        div = -1;
        assert_int_equal(run(k, args), 0);
        cb_callable_free(k);
    }
    DONE;
}

/* The interpreter refuses what compiled code refuses. */
static void interpreted(void **state)
{
    (void)state;
    PROGRAM {
        Input(in, u8, 1);
        Param(n, i32);
        Output(out, u8, 1);
        Vars(x);
        define(out(x) = in(x));
        set_extent(in, 0, E(out.extent(0) + n));
        set_host_alignment(out, 16);
        add_requirement(E(n < 3), "n is", n);
        uint8_t vi[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        _Alignas(16) uint8_t vo[32] = {0};
        cb_dim di[1] = {{0, 12, 1}}, dout[1] = {{0, 10, 1}};
        cb_buffer bi = {sizeof(cb_buffer), CB_BUFFER_VERSION, vi, 0, NULL, 0, CB_u8, 1, 0, di}, bo = bi;
        bo.host = vo;
        bo.dim = dout;
        set_input(in, &bi);
        static const struct {
            int n, extent, offset, code;
        } cases[] = {{2, 10, 0, 0}, {1, 10, 0, CB_ERR_CONSTRAINT}, {2, 10, 8, CB_ERR_CONSTRAINT},
                     {3, 9, 0, CB_ERR_REQUIREMENT}, {2, 10, 16, 0}, {0, 12, 0, 0}};
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            set_param(n, cases[i].n);
            dout[0].extent = cases[i].extent;
            bo.host = vo + cases[i].offset;
            assert_int_equal(interpret(out, &bo), cases[i].code);
            assert_int_equal(realize_into(out, &bo), cases[i].code);
        }
        count_messages[0] = 0;
    }
    DONE;
}

/* ---- the hash of a program, and its header -------------------------------------------------------- */

static const char *hash_of(int said, char *header, size_t size)
{
    static char hash[32];
    PROGRAM {
        Input(in, u8, 2);
        Param(n, i32, 3);
        Output(out, u8, 2);
        Vars(x, y);
        define(out(x, y) = in(x, y) + u8(n));
        switch (said) {
        case 1: set_extent(in, 0, extent(out, 0)); break;
        case 2: set_extent(in, 0, E(out.extent(0) + n)); break;
        case 3: set_extent(in, 0, 40); break;
        case 4: set_host_alignment(in, 32); break;
        case 5: set_host_alignment(out, 32); break;
        case 6: add_requirement(E(n > 2)); break;
        case 7: add_requirement(E(n > 3)); break;
        case 8: any_stride(in); break;
        }
        pipeline *p = pipeline_new(ctx, "said", &out.p, 1);
        snprintf(hash, sizeof hash, "%s", program_hash(p));
        text t;
        text_init(&t, ctx->a);
        cg_target host = target_host();
        cg_header(&t, p, "said", &host);
        snprintf(header, size, "%s", text_str(&t));
    }
    cb_context_free(ctx);
    return hash;
}

static void hashes(void **state)
{
    (void)state;
    static const char *const lines[] = {
        NULL, "in.extent(0) is out.extent(0)\n", "in.extent(0) is out.extent(0) + n\n", "in.extent(0) is 40\n",
        "in begins at a multiple of 32 bytes\n", "out begins at a multiple of 32 bytes\n", "required: 2 < n\n",
        "required: 3 < n\n", "in.stride(0) is any\n"};
    char seen[9][32], header[4000];
    for (int i = 0; i < 9; i++) {
        snprintf(seen[i], sizeof seen[i], "%s", hash_of(i, header, sizeof header));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
        if (lines[i] && !strstr(header, lines[i]))
            fail_msg("the header is %s", header);
        assert_string_equal(seen[i], hash_of(i, header, sizeof header));
    }
}

/* A parameter or input that only something said speaks of is an argument. */
static void arguments(void **state)
{
    (void)state;
    PROGRAM {
        Input(in, u8, 1);
        Input(like, u16, 1);
        Param(n, i32);
        Param(m, i32);
        Output(out, u8, 1);
        Vars(x);
        define(out(x) = in(x));
        set_extent(in, 0, extent(like, 0));
        set_extent(like, 0, E(2*n));
        add_requirement(E(m > 0));
        pipeline *p = pipeline_new(ctx, "said", &out.p, 1);
        assert_int_equal(p->inputs.n, 2);
        assert_int_equal(p->params.n, 2);
        uint8_t vi[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, vo[12] = {0};
        uint16_t vl[12] = {0};
        cb_dim di[1] = {{0, 12, 1}}, dl[1] = {{0, 12, 1}}, dout[1] = {{0, 12, 1}};
        cb_buffer bi = {sizeof(cb_buffer), CB_BUFFER_VERSION, vi, 0, NULL, 0, CB_u8, 1, 0, di}, bo = bi, bl = bi;
        bo.host = vo;
        bo.dim = dout;
        bl = (cb_buffer){sizeof(cb_buffer), CB_BUFFER_VERSION, vl, 0, NULL, 0, CB_u16, 1, 0, dl};
        int32_t half = 6, one = 1;
        void *args[] = {&bi, &bl, &half, &one, &bo};
        cb_callable k = compile(out, "host");
        assert_int_equal(run(k, args), 0);
        assert_int_equal(vo[11], 12);
        half = 5;
        assert_int_equal(run(k, args), CB_ERR_CONSTRAINT);
        half = 1 << 30; /* 2*n does not fit: it is not 0 */
        dl[0].extent = 0;
        assert_int_equal(run(k, args), CB_ERR_CONSTRAINT);
        expect_error("what 'like' must have, 2*n, does not fit");
        cb_callable_free(k);
    }
    DONE;
}

/* verify makes arguments of which everything is true: none is refused, save where nothing can be found. */
static void verified(void **state)
{
    (void)state;
    for (int said = 0; said < 5; said++) {
        char line[600] = "";
        PROGRAM {
            Input(a, i16, 3);
            Input(b, i16, 2);
            Output(out, i16, 3);
            Output(other, i16, 2);
            Param(n, i32, 3, 1, 20);
            Vars(x, y, c);
            if (said == 0) { /* interleaved, of a pitch that is a parameter's */
                cb_func both[] = {a, out};
                for (int i = 0; i < 2; i++) {
                    set_stride(both[i], 0, 3);
                    set_stride(both[i], 2, 1);
                    set_extent(both[i], 2, 3);
                    set_min(both[i], 2, 0);
                }
                set_stride(a, 1, E(a.extent(0)*3 + n));
                set_stride(b, 1, stride(a, 1));
            } else if (said == 1) {
                set_extent(other, 0, E(out.extent(0) + n));
                set_min(other, 0, min_coord(out, 0));
                set_stride(b, 1, E(-2*b.extent(0)));
                set_host_alignment(b, 64);
                set_host_alignment(out, 16);
            } else if (said == 2) {
                add_requirement(E(out.extent(0) % 12 == 0 && n > 4));
                add_requirement(E(other.extent(1) == 2*n));
            } else if (said == 3) {
                set_extent(other, 1, E(2*n));
                set_extent(a, 0, E(out.extent(0) + 7));
            } else {
                add_requirement(E(a.extent(0) < 20), "a is too wide:", extent(a, 0));
            }
            define(out(x, y, c) = a(x, y, c) + b(x, y));
            define(other(x, y) = b(x + 1, y));
            pipeline *p = pipeline_new(ctx, "said", (cb_func_s *[]){out.p, other.p}, 2);
            assert_non_null(p);
            cb_callable k = cb_compile_pipeline((cb_pipeline){p}, "host", CB_HERE);
            FILE *sink = tmpfile();
            command_options o = {.out = sink, .rounds = 10};
            assert_true(verify_code(p, k, &o));
            rewind(sink);
            assert_non_null(fgets(line, sizeof line, sink));
            fclose(sink);
            cb_callable_free(k);
            bool some = strstr(line, "not comparable") != NULL;
            if (some != (said == 4) || (some && !strstr(line, "does not hold: a is too wide:")))
                fail_msg("case %d: %s", said, line);
        }
        DONE;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_shape),   cmocka_unit_test(queries),     cmocka_unit_test(clamps),
        cmocka_unit_test(dense),        cmocka_unit_test(facts_of_requirements), cmocka_unit_test(requirements),
        cmocka_unit_test(aligned),
        cmocka_unit_test(interpreted),  cmocka_unit_test(hashes),      cmocka_unit_test(arguments), cmocka_unit_test(verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
