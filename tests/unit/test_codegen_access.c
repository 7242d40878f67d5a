/* Code generation of loads and stores. */
#define _DEFAULT_SOURCE /* mmap */
#include "codegen_rig.h"

#include <sys/mman.h>

/* ---- shapes of loads and stores --------------------------------------------------------------
 * Every shape of index under every kind of predicate, in memory that ends (or begins) exactly where
 * the last (first) element touched does: the next page may not be read. */

enum { PAGE = 4096, PATTERNS = 16, PREDICATES = 5, MAX_LANES = 160 };

typedef struct access_case {
    int pattern, predicate;
    int64_t at[MAX_LANES];
    bool on[MAX_LANES];
    int64_t lo, hi;
    char *page, *memory; /* the guarded area, and where element lo is */
    ir_sym buffer;
} access_case;

typedef struct access_test {
    rig r;
    cb_type t;
    unsigned lanes;
    ir_sym base, stride, flag; /* parameters: i32 10, i32 37, bool true */
    ir_sym where;              /* i64 buffer: lane -> scattered index */
    ir_sym mask;               /* bool buffer */
    int64_t scattered[MAX_LANES];
    uint8_t masked[MAX_LANES];
    access_case c[PATTERNS * PREDICATES];
    unsigned n;
} access_test;

static const ir *wide_var(access_test *T, ir_sym s)
{
    return ir_cast(T->r.c, T_I64, ir_var(T->r.c, s));
}

static const ir *load_dense(access_test *T, cb_type t, ir_sym buffer)
{
    cb_context *c = T->r.c;
    const ir *at = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), T->lanes);
    return ir_load(c, type_lanes(t, T->lanes), buffer, 0, at, yes(&T->r, T->lanes));
}

/* The index of a pattern, and what it is in each lane; NULL: not for this number of lanes. */
static const ir *pattern(access_test *T, int kind, int64_t *at)
{
    cb_context *c = T->r.c;
    unsigned n = T->lanes, half = n / 2;
    const ir *b = wide_var(T, T->base), *s = wide_var(T, T->stride), *one = ir_i64(c, 1);
    const ir *x, *plain = ir_ramp(c, ir_addi(c, b, 3), one, n);
    static const int64_t strides[] = {1, -1, 2, 3, 4, -2, 7, 9};
    if (kind < 8) {
        for (unsigned i = 0; i < n; i++)
            at[i] = 10 + 5 + i * strides[kind];
        return ir_ramp(c, ir_addi(c, b, 5), ir_i64(c, strides[kind]), n);
    }
    if (kind >= 12 && n % 2)
        return NULL;
    for (unsigned i = 0; i < n; i++) {
        unsigned in = half ? i % half : 0, out = half ? i / half : 0;
        at[i] = kind == 8    ? 10
                : kind == 9  ? T->scattered[i]
                : kind == 10 ? 10 + (int64_t)i * 37
                : kind == 11 ? 10 + 3 + (int64_t)i + 37
                : kind == 12 ? 10 + (int64_t)in + 100 * out
                : kind == 13 ? 10 + (int64_t)in + 37 * out
                : kind == 14 ? 10 + 3 + (int64_t)in
                             : 10 + 2 * (int64_t)in + out;
    }
    switch (kind) {
    case 8: return ir_broadcast(c, b, n);
    case 9: return load_dense(T, T_I64, T->where);
    case 10: return ir_ramp(c, b, s, n);
    case 11: return ir_add(c, plain, ir_broadcast(c, s, n));
    case 12:
    case 13:
        x = half == 1 ? b : ir_ramp(c, b, one, half);
        return ir_ramp(c, x, ir_broadcast(c, kind == 12 ? ir_i64(c, 100) : s, half), 2);
    case 14:
        x = half == 1 ? ir_addi(c, b, 3) : ir_ramp(c, ir_addi(c, b, 3), one, half);
        return ir_broadcast(c, x, 2);
    default: /* in 32 bits, and transposed */
        x = ir_var(c, T->base);
        x = half == 1 ? x : ir_ramp(c, x, ir_i32(c, 2), half);
        return ir_cast(c, T_I64, ir_ramp(c, x, ir_broadcast(c, ir_i32(c, 1), half), 2));
    }
}

static const ir *predicate(access_test *T, int kind, bool *on)
{
    cb_context *c = T->r.c;
    unsigned n = T->lanes;
    for (unsigned i = 0; i < n; i++)
        on[i] = kind == 1 ? 10 + i < 12 : kind == 3 ? T->masked[i] : kind != 4;
    switch (kind) {
    case 0: return yes(&T->r, n);
    case 1: /* the tail of a loop */
        return ir_lt(c, ir_ramp(c, ir_var(c, T->base), ir_i32(c, 1), n),
                     ir_int(c, type_lanes(T_I32, n), 12));
    case 2: return ir_broadcast(c, ir_var(c, T->flag), n);
    case 3: return load_dense(T, T_BOOL, T->mask);
    default: return ir_broadcast(c, ir_bool(c, false), n);
    }
}

/* Memory for elements lo..hi with a forbidden page on either side. */
static void fence(access_case *k, unsigned size, bool at_end)
{
    size_t need = (size_t)(k->hi - k->lo + 1) * size, pages = (need + PAGE - 1) / PAGE;
    k->page = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(k->page != MAP_FAILED);
    assert_int_equal(mprotect(k->page + PAGE, pages * PAGE, PROT_READ | PROT_WRITE), 0);
    k->memory = k->page + PAGE + (at_end ? pages * PAGE - need : 0);
    memset(k->memory, 0, need);
}

static void unfence(const access_case *k, unsigned size)
{
    size_t need = (size_t)(k->hi - k->lo + 1) * size;
    munmap(k->page, ((need + PAGE - 1) / PAGE + 2) * PAGE);
}

/* Element e of the test's data: any value, 0 or 1 for bool. */
static uint64_t datum(cb_type t, int64_t e)
{
    uint64_t v = (uint64_t)e * 0x9e3779b97f4a7c15u >> 7;
    return type_is_bool(t) ? v & 1 : v;
}

static void access_open(access_test *T, cb_type t, unsigned lanes, const char *target)
{
    memset(T, 0, sizeof *T);
    rig *r = &T->r;
    rig_open(r, target);
    T->t = t;
    T->lanes = lanes;
    T->where = argument(r, "where", T_I64, 1, false);
    T->mask = argument(r, "mask", T_BOOL, 1, false);
    T->base = scalar(r, "base", T_I32);
    T->stride = scalar(r, "stride", T_I32);
    T->flag = scalar(r, "flag", T_BOOL);
    for (unsigned i = 0; i < lanes; i++) {
        T->scattered[i] = (int64_t)(i * 29 % 67) + 5;
        T->masked[i] = i % 3 != 1;
    }
}

static access_case *new_case(access_test *T, int kind, int pred, const ir **index, const ir **mask)
{
    access_case *k = &T->c[T->n];
    *k = (access_case){.pattern = kind, .predicate = pred};
    *index = pattern(T, kind, k->at);
    *mask = predicate(T, pred, k->on);
    if (!*index)
        return NULL;
    k->lo = 1;
    k->hi = 0;
    for (unsigned i = 0; i < T->lanes; i++) {
        if (!k->on[i])
            continue;
        bool first = k->lo > k->hi;
        k->lo = first || k->at[i] < k->lo ? k->at[i] : k->lo;
        k->hi = first || k->at[i] > k->hi ? k->at[i] : k->hi;
    }
    T->n++;
    return k;
}

/* Calls with the guarded memories as one half of the arguments and `dense` as the other. */
static void access_call(access_test *T, bool guarded_are_inputs, char *dense)
{
    static plane planes[2 * PATTERNS * PREDICATES + 2];
    static void *args[2 * PATTERNS * PREDICATES + 8];
    unsigned bytes = type_bytes(T->t), n = 0;
    int32_t base = 10, stride = 37;
    uint8_t flag = 1;
    plane *p = planes;
    plane_init(p, T->scattered, T_I64, (int32_t)T->lanes);
    args[n++] = &p++->b;
    plane_init(p, T->masked, T_BOOL, (int32_t)T->lanes);
    args[n++] = &p++->b;
    for (int half = 0; half < 2; half++) {
        if (half == 1) {
            args[n++] = &base;
            args[n++] = &stride;
            args[n++] = &flag;
        }
        for (unsigned i = 0; i < T->n; i++, p++) {
            access_case *k = &T->c[i];
            if ((half == 0) == guarded_are_inputs)
                plane_init(p, k->memory - k->lo * bytes, T->t, 1);
            else
                plane_init(p, dense + (size_t)i * T->lanes * bytes, T->t, (int32_t)T->lanes);
            args[n++] = &p->b;
        }
    }
    assert_int_equal(T->r.argv(&T->r.env, args), 0);
}

static void bad_access(const access_test *T, const access_case *k, const char *what, int64_t lane,
                       uint64_t got, uint64_t want)
{
    char name[16];
    fail_msg("%s of %u lanes of %s on %s, pattern %d, predicate %d: %lld is %llx, not %llx", what,
             T->lanes, type_name(T->t, name), T->r.target.text, k->pattern, k->predicate,
             (long long)lane, (unsigned long long)got, (unsigned long long)want);
}

static void loads(cb_type t, unsigned lanes, const char *target)
{
    static access_test T;
    access_open(&T, t, lanes, target);
    cb_context *c = T.r.c;
    unsigned bytes = type_bytes(t);
    const ir *index, *mask, *body[PATTERNS * PREDICATES];
    const ir *dense = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), lanes);
    for (int kind = 0; kind < PATTERNS; kind++) {
        for (int pred = 0; pred < PREDICATES; pred++) {
            access_case *k = new_case(&T, kind, pred, &index, &mask);
            if (!k)
                continue;
            ir_sym in = argument(&T.r, "in", t, 1, false), out = argument(&T.r, "out", t, 1, true);
            const ir *v = ir_load(c, type_lanes(t, lanes), in, 0, index, mask);
            body[T.n - 1] = ir_store(c, out, 0, dense, v, yes(&T.r, lanes));
        }
    }
    T.r.L->body = ir_block(c, body, T.n);
    build(&T.r);
    char *result = calloc((size_t)T.n * lanes, bytes);
    for (int at_end = 0; at_end < 2; at_end++) {
        for (unsigned i = 0; i < T.n; i++) {
            fence(&T.c[i], bytes, at_end);
            for (int64_t e = T.c[i].lo; e <= T.c[i].hi; e++) {
                uint64_t v = datum(t, e);
                memcpy(T.c[i].memory + (e - T.c[i].lo) * bytes, &v, bytes);
            }
        }
        access_call(&T, true, result);
        for (unsigned i = 0; i < T.n; i++) {
            for (unsigned l = 0; l < lanes; l++) {
                uint64_t got = 0, want = 0, v = datum(t, T.c[i].at[l]);
                memcpy(&got, result + ((size_t)i * lanes + l) * bytes, bytes);
                memcpy(&want, &v, bytes);
                if (!T.c[i].on[l])
                    want = 0;
                if (got != want)
                    bad_access(&T, &T.c[i], "load", l, got, want);
            }
            unfence(&T.c[i], bytes);
        }
    }
    free(result);
    rig_close(&T.r);
}

static void stores(cb_type t, unsigned lanes, const char *target)
{
    static access_test T;
    access_open(&T, t, lanes, target);
    cb_context *c = T.r.c;
    unsigned bytes = type_bytes(t);
    const ir *index, *mask, *body[PATTERNS * PREDICATES];
    const ir *dense = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), lanes);
    for (int kind = 0; kind < PATTERNS; kind++) {
        for (int pred = 0; pred < PREDICATES; pred++) {
            if (kind == 8 || kind == 14) /* one element twice */
                continue;
            access_case *k = new_case(&T, kind, pred, &index, &mask);
            if (!k)
                continue;
            ir_sym in = argument(&T.r, "in", t, 1, false), out = argument(&T.r, "out", t, 1, true);
            const ir *on = kind % 2 ? mask : yes(&T.r, lanes); /* one mask for both, every other time */
            const ir *v = ir_load(c, type_lanes(t, lanes), in, 0, dense, on);
            body[T.n - 1] = ir_store(c, out, 0, index, v, mask);
        }
    }
    T.r.L->body = ir_block(c, body, T.n);
    build(&T.r);
    char *source = calloc((size_t)T.n * lanes, bytes);
    for (unsigned i = 0; i < T.n * lanes; i++) {
        uint64_t v = datum(t, i + 1);
        memcpy(source + (size_t)i * bytes, &v, bytes);
    }
    for (int at_end = 0; at_end < 2; at_end++) {
        for (unsigned i = 0; i < T.n; i++) {
            fence(&T.c[i], bytes, at_end);
            memset(T.c[i].memory, 0xa5, (size_t)(T.c[i].hi - T.c[i].lo + 1) * bytes);
        }
        access_call(&T, false, source);
        for (unsigned i = 0; i < T.n; i++) {
            access_case *k = &T.c[i];
            for (int64_t e = k->lo; e <= k->hi; e++) {
                uint64_t got = 0, want = 0, v = 0xa5a5a5a5a5a5a5a5u;
                memcpy(&got, k->memory + (e - k->lo) * bytes, bytes);
                memcpy(&want, &v, bytes);
                for (unsigned l = 0; l < lanes; l++)
                    if (k->on[l] && k->at[l] == e)
                        memcpy(&want, source + ((size_t)i * lanes + l) * bytes, bytes);
                if (got != want)
                    bad_access(&T, k, "store", e, got, want);
            }
            unfence(k, bytes);
        }
    }
    free(source);
    rig_close(&T.r);
}

static void test_accesses(void **state)
{
    (void)state;
    static const cb_type types[] = {
        {CB_UINT, 8, 1}, {CB_UINT, 16, 1}, {CB_INT, 32, 1}, {CB_FLOAT, 64, 1}, {CB_UINT, 1, 1}};
    static const unsigned lanes[] = {8, 32, 5, 64, 16, 3, 2};
    static const unsigned few[] = {8, 5, 4, 2};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        loads(types[i], lanes[i], "host");
        stores(types[i], lanes[(i + 1) % COUNT_OF(lanes)], "host");
        loads(types[i], lanes[(i + 2) % COUNT_OF(lanes)], "x86-64-linux-avx2"); /* masks elements of 4 and 8 bytes */
        stores(types[i], lanes[(i + 3) % COUNT_OF(lanes)], "x86-64-linux-sse41"); /* none */
        loads(types[i], few[i % 4], i % 2 ? "x86-64-linux" : "x86-64-linux-avx2");
        stores(types[i], few[(i + 1) % 4], i % 2 ? "x86-64-linux" : "x86-64-linux-avx2");
        loads(types[i], few[(i + 2) % 4], "host-o0");
        stores(types[i], few[(i + 3) % 4], "host-o0");
    }
    loads(types[0], 160, "x86-64-linux-avx2"); /* three words of a mask */
    stores(types[0], 160, "x86-64-linux-avx2");
}

static char *assembly_of(rig *r)
{
    size_t n = 0;
    const char *bytes = emit(r, CG_ASSEMBLY, &n);
    char *assembly = calloc(1, n + 1);
    memcpy(assembly, bytes, n);
    return assembly;
}

/* No branch for each lane: one for the case that not all are on. */
static void masked(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        cb_type type;
        const char *has;
    } rows[] = {
        {"x86-64-linux-sse41", {CB_FLOAT, 32, 1}, "copy_where.4"},
        {"x86-64-linux-avx2", {CB_UINT, 16, 1}, "copy_where.2"},
        {"x86-64-linux-avx2", {CB_FLOAT, 32, 1}, "vmaskmovps"},
        {"x86-64-linux-avx512", {CB_UINT, 16, 1}, "vmovdqu16"},
        {"arm-64-linux", {CB_UINT, 8, 1}, "copy_where.1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        rig r;
        rig_open(&r, rows[i].target);
        cb_context *c = r.c;
        cb_type t = rows[i].type;
        ir_sym in = argument(&r, "in", t, 1, false), out = argument(&r, "out", t, 1, true), few = argument(&r, "few", T_I32, 1, false);
        const ir *at = ir_ramp(c, ir_i64(c, 0), ir_i64(c, 1), 32);
        const ir *n = ir_load(c, T_I32, few, 0, ir_i64(c, 0), yes(&r, 1));
        const ir *on = ir_lt(c, ir_ramp(c, ir_i32(c, 0), ir_i32(c, 1), 32), ir_broadcast(c, n, 32));
        r.L->body = ir_store(c, out, 0, at, ir_load(c, type_lanes(t, 32), in, 0, at, on), on);
        char *assembly = assembly_of(&r);
        unsigned branches = 0;
        for (const char *s = assembly; (s = strpbrk(s, "\n")); s++)
            branches += !strncmp(s, "\n\tj", 3) || !strncmp(s, "\n\tb.", 4) || !strncmp(s, "\n\ttb", 4) || !strncmp(s, "\n\tcb", 4);
        if (!strstr(assembly, rows[i].has) || branches >= 32)
            fail_msg("%s: %s, %u branches:\n%s", rows[i].target, rows[i].has, branches, assembly);
        free(assembly);
        rig_close(&r);
    }
}

/* Stores past the caches, whatever is known of the address. */
static void streamed(void **state)
{
    (void)state;
    static const struct {
        const char *target, *store, *fence;
    } rows[] = {
        {"x86-64-linux-sse41", "movntps", "sfence"},
        {"x86-64-linux-avx2", "vmovntps", "sfence"},
        {"x86-64-linux-avx512", "vmovntps\t%zmm", "sfence"},
        {"arm-64-linux", "stnp", "dmb"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        rig r;
        rig_open(&r, rows[i].target);
        cb_context *c = r.c;
        target_low(&r.target, &r.L->target);
        ir_sym in = argument(&r, "in", T_F32, 1, false), s = ir_sym_new(c, "x", SYM_LOOP, T_I32, NULL);
        const ir *at = index_of(&r, s, 16), *v = ir_load(c, type_lanes(T_F32, 16), in, 0, at, yes(&r, 16));
        ir_sym out = argument(&r, "out", T_F32, 1, true);
        r.L->body = loop(&r, s, 8, ir_store(c, out, IR_MEM_STREAM, at, v, yes(&r, 16)));
        char *assembly = assembly_of(&r);
        assert_non_null(strstr(assembly, rows[i].store));
        assert_non_null(strstr(assembly, rows[i].fence));
        free(assembly);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accesses),
        cmocka_unit_test(masked),
        cmocka_unit_test(streamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
