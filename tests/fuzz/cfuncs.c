/* tests/fuzz/cfuncs.c: C functions and tables that random programs use: of scalars, and such that compute Funcs.
 *
 *     CFunction(c_mix, "fz_mix", u32, (u32, i16));      a word of the program: c_mix(e, e)
 *     Table(t_small, u8, (7), ...);                     another: t_small(e)
 *     define_extern(f2, (x, y), "fz_either", (i16), (f1, in0));
 *
 * All are total, and the same in every order of calls. Functions that compute Funcs copy elements, whatever their
 * type and rank, so that they are exact.
 */
#include <string.h>

#include <carbide.h>

#include "gen.h"

static const cb_site here = {"case", 1};

/* ---- of scalars -------------------------------------------------------------------------------------- */

static uint32_t fz_mix(uint32_t a, int16_t b) { return (a ^ (uint32_t)b * 2654435761u) + 1u; }
static int8_t fz_small(int32_t a, uint8_t b, int8_t c) { return (int8_t)(((uint32_t)a >> (b & 7)) - (uint8_t)c); }
static int32_t fz_i32(int32_t a, int64_t b) { return (int32_t)(((uint32_t)a + (uint32_t)(uint64_t)b) % 1000); }
static uint64_t fz_wide(uint64_t a, bool b, uint16_t c) { return b ? a * 3u + c : a ^ c; }
static int64_t fz_i64(int8_t a, int32_t b) { return (int64_t)(a * 5) - b % 100; }
static uint8_t fz_impure(int16_t a, uint8_t b) { return (uint8_t)(a * 3 + b); }
static bool fz_bool(int32_t a, int32_t b) { return a < b; }
static float fz_f32(float a, int32_t b) { return b % 2 ? a : 0.5f * (float)(b % 64); }
static double fz_f64(double a, double b, bool c) { return c ? a : b; }

typedef struct scalar_function {
    const char *word, *name;
    bool pure;
    cb_type result;
    int n;
    cb_type types[3];
    void (*fn)(void);
} scalar_function;

#define TYPE(code, bits) {code, bits, 1}
#define I(bits) TYPE(CB_INT, bits)
#define U(bits) TYPE(CB_UINT, bits)
#define F(bits) TYPE(CB_FLOAT, bits)
#define FN(f) (void (*)(void))f
static const scalar_function scalars[] = {
    {"c_mix", "fz_mix", true, U(32), 2, {U(32), I(16)}, FN(fz_mix)},
    {"c_small", "fz_small", true, I(8), 3, {I(32), U(8), I(8)}, FN(fz_small)},
    {"c_i32", "fz_i32", true, I(32), 2, {I(32), I(64)}, FN(fz_i32)},
    {"c_wide", "fz_wide", true, U(64), 3, {U(64), U(1), U(16)}, FN(fz_wide)},
    {"c_i64", "fz_i64", true, I(64), 2, {I(8), I(32)}, FN(fz_i64)},
    {"c_impure", "fz_impure", false, U(8), 2, {I(16), U(8)}, FN(fz_impure)},
    {"c_bool", "fz_bool", true, U(1), 2, {I(32), I(32)}, FN(fz_bool)},
    {"c_f32", "fz_f32", true, F(32), 2, {F(32), I(32)}, FN(fz_f32)},
    {"c_f64", "fz_f64", true, F(64), 3, {F(64), F(64), U(1)}, FN(fz_f64)},
};

fx *gen_c_call(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    const scalar_function *s;
    do
        s = &scalars[pick(g->r, COUNT_OF(scalars))];
    while (type_is_float(s->result) != type_is_float(t) || (g->plain && !s->pure));
    fx *e = gen_node(g, FX_WORD, s->result, s->n);
    e->op = s->word;
    for (int i = 0; i < s->n; i++)
        e->kid[i] = type_is_bool(s->types[i]) ? gen_condition(g, 0) : gen_value(g, s->types[i], depth - 1);
    if (type_is_bool(s->result))
        return gen_op3(g, t, "select", e, gen_value(g, t, 0), gen_small_literal(g, t));
    return gen_cast(g, t, e);
}

/* ---- tables ------------------------------------------------------------------------------------------ */

static const uint8_t small_table[8] = {3, 1, 4, 1, 5, 9, 2, 6};
static const uint8_t like_small[8] = {3, 4, 1, 2, 90, 5, 7, 200};
static const int32_t grid_table[2][3] = {{-7, 20, 31}, {44, -52, 66}};
static const float float_table[6] = {0.25f, -1.5f, 2, 3, -4.75f, 8};

typedef struct fz_table {
    const char *word;
    cb_type t;
    int rank;
    int32_t min[2], extent[2];
    const void *data;
    bool transposed; /* the array's dimension 0 is the table's last */
} fz_table;
static const fz_table tables[] = {
    {"t_small", U(8), 1, {0}, {8}, small_table, false},
    {"t_other", U(8), 1, {0}, {8}, like_small, false},
    {"t_grid", I(32), 2, {0, 0}, {3, 2}, grid_table, false},
    {"t_turned", I(32), 2, {-1, 5}, {2, 3}, grid_table, true},
    {"t_float", F(32), 1, {-3}, {6}, float_table, false},
};

static fx *one_table(gen *g, cb_type t, int depth)
{
    const fz_table *b;
    do
        b = &tables[pick(g->r, COUNT_OF(tables))];
    while (type_is_float(b->t) && !type_is_float(t));
    fx *e = gen_node(g, FX_WORD, b->t, b->rank);
    e->op = b->word;
    for (int d = 0; d < b->rank; d++) {
        fx *c = chance(g->r, 60) ? gen_coordinate(g, d, 0) : gen_value(g, T_I32, depth - 1);
        e->kid[d] = gen_op3(g, T_I32, "clamp", c, gen_literal(g, T_I32, b->min[d]),
                            gen_literal(g, T_I32, b->min[d] + b->extent[d] - 1));
    }
    return gen_cast(g, t, e);
}

fx *gen_table(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    fx *e = one_table(g, t, depth);
    return chance(g->r, 40) ? gen_op2(g, FX_INFIX, t, "-", e, one_table(g, t, depth - 1)) : e;
}

static void declare_table(const fz_table *b)
{
    cb_dim dim[2];
    cb_buffer from = {.size = sizeof from, .version = CB_BUFFER_VERSION, .type = b->t, .rank = b->rank, .dim = dim};
    const void *data = b->data;
    memcpy(&from.host, &data, sizeof data); /* it is only read */
    for (int d = 0; d < b->rank; d++)
        dim[d] = (cb_dim){b->min[d], b->extent[d], d ? b->extent[0] : 1};
    if (b->transposed) {
        dim[0].stride = b->extent[1];
        dim[1].stride = 1;
    }
    cb_table_of(b->word, &from, here);
}

/* ---- which compute Funcs --------------------------------------------------------------------------------- */

static bool next(const cb_buffer *b, int32_t *p)
{
    for (int32_t d = 0; d < b->rank; d++) {
        if (++p[d] < b->dim[d].min + b->dim[d].extent)
            return true;
        p[d] = b->dim[d].min;
    }
    return false;
}

/* Every element of out is one of a or, where `of_b` of its coordinates' sum is odd, of b; shifted. */
static void copy_all(const cb_buffer *a, const int32_t *sa, const cb_buffer *b, const int32_t *sb, cb_buffer *out)
{
    int32_t p[CB_MAX_RANK], q[CB_MAX_RANK];
    size_t bytes = out->type.bits <= 8 ? 1 : out->type.bits / 8u;
    for (int32_t d = 0; d < out->rank; d++)
        p[d] = out->dim[d].min;
    do {
        uint32_t sum = 0;
        for (int32_t d = 0; d < out->rank; d++)
            sum += (uint32_t)p[d];
        bool odd = sum % 2 != 0;
        for (int32_t d = 0; d < out->rank; d++)
            q[d] = p[d] + (odd ? sb : sa)[d];
        memcpy(cb_buffer_at(out, p), cb_buffer_at(odd ? b : a, q), bytes);
    } while (next(out, p));
}

static void need(cb_buffer *b, const int32_t *shift, const cb_buffer *out)
{
    for (int32_t d = 0; d < out->rank; d++)
        b->dim[d] = (cb_dim){out->dim[d].min + shift[d], out->dim[d].extent, 0};
}

static int fz_shift(const cb_env *env, cb_buffer *a, cb_buffer *out)
{
    static const int32_t by[CB_MAX_RANK] = {-1, 2};
    (void)env;
    if (out->host)
        copy_all(a, by, a, by, out);
    else
        need(a, by, out);
    return 0;
}

static int fz_either(const cb_env *env, cb_buffer *a, cb_buffer *b, cb_buffer *out)
{
    static const int32_t sa[CB_MAX_RANK] = {1}, sb[CB_MAX_RANK] = {0, -3};
    (void)env;
    if (out->host) {
        copy_all(a, sa, b, sb, out);
    } else {
        need(a, sa, out);
        need(b, sb, out);
    }
    return 0;
}

/* Computes whole blocks of four. */
static int fz_blocks(const cb_env *env, cb_buffer *a, int16_t by, cb_buffer *out)
{
    int32_t sa[CB_MAX_RANK] = {0}, sb[CB_MAX_RANK] = {by};
    cb_dim *d = out->dim;
    (void)env;
    if (out->host) {
        copy_all(a, sa, a, sb, out);
        return 0;
    }
    int32_t lo = d->min - ((d->min % 4) + 4) % 4, end = d->min + d->extent - 1;
    *d = (cb_dim){lo, end - ((end % 4) + 4) % 4 + 4 - lo, d->stride};
    need(a, sa, out);
    a->dim[0].min += by < 0 ? by : 0;
    a->dim[0].extent += by < 0 ? -by : by;
    return 0;
}

static const struct {
    const char *name;
    int given;
    void (*fn)(void);
} stages[FZ_STAGES] = {{"fz_shift", 1, FN(fz_shift)}, {"fz_either", 2, FN(fz_either)}, {"fz_blocks", 1, FN(fz_blocks)}};

/* A Func (its number) or input (-1 - its number) of one value that f could be given; MAX_FUNCS: none found. */
static int some_given(gen *g, const fz_func *f)
{
    for (int i = 0; i < 6; i++) {
        bool of_func = g->func > 0 && chance(g->r, 70);
        int k = of_func ? pick(g->r, g->func) : pick(g->r, g->k->ninputs);
        const fz_func *of = of_func ? &g->k->func[k] : NULL;
        const fz_input *in = of_func ? NULL : &g->k->input[k];
        if (of_func ? of->nvalues == 1 && of->rank == f->rank && type_eq(of->t, f->t)
                    : in->rank == f->rank && type_eq(in->t, f->t))
            return of_func ? k : -1 - k;
    }
    return MAX_FUNCS;
}

bool gen_extern(gen *g)
{
    fz_func *f = &g->k->func[g->func];
    int of = g->func ? pick(g->r, g->func) : -1;
    f->t = f->t2 = of >= 0 ? g->k->func[of].t : g->k->input[0].t;
    f->rank = of >= 0 ? g->k->func[of].rank : g->k->input[0].rank;
    if (f->rank < 2 || f->rank > 4)
        return false;
    for (int i = 0; i < 2; i++) {
        f->given[i] = some_given(g, f);
        if (f->given[i] == MAX_FUNCS)
            return false;
    }
    f->ext = 1 + pick(g->r, FZ_STAGES);
    f->by = pick(g->r, 5) - 2;
    f->nvalues = 1;
    f->pure = gen_literal(g, f->t, 0); /* stands for it where a definition is looked for */
    fz_mark(g->k, "C stage");
    return true;
}

/* ---- in programs ------------------------------------------------------------------------------------------- */

static void put_given(text *t, int given)
{
    text_printf(t, given < 0 ? "in%d" : "f%d", given < 0 ? -1 - given : given);
}

void fz_put_extern(text *t, const fz_case *k, int f)
{
    const fz_func *fn = &k->func[f];
    char type[16];
    text_put(t, "define_extern(");
    fz_func_name(t, k, f);
    for (int d = 0; d < fn->rank; d++)
        text_printf(t, "%s%s", d ? ", " : ", (", fz_vars[d]);
    text_printf(t, "), \"%s\", (%s), (", stages[fn->ext - 1].name, type_name(fn->t, type));
    for (int i = 0; i < stages[fn->ext - 1].given; i++) {
        text_put(t, i ? ", " : "");
        put_given(t, fn->given[i]);
    }
    if (fn->ext == FZ_STAGES)
        text_printf(t, ", E(i16(%d))", fn->by);
    text_put(t, "));\n");
}

void fz_define_extern(const fz_case *k, int f, const cb_func *func, const cb_func *input, const cb_expr *vars)
{
    const fz_func *fn = &k->func[f];
    cb_value given[3];
    int n = stages[fn->ext - 1].given;
    for (int i = 0; i < n; i++)
        given[i] = cb_value_of_func(fn->given[i] < 0 ? input[-1 - fn->given[i]] : func[fn->given[i]]);
    if (fn->ext == FZ_STAGES)
        given[n++] = cb_value_of_expr(cb_cast(CB_i16, cb_expr_of_int(fn->by)));
    cb_define_extern(func[f], fn->rank, vars, stages[fn->ext - 1].name, 1, &fn->t, n, given, here);
}

void fz_declare_c(void)
{
    for (size_t i = 0; i < COUNT_OF(scalars); i++) {
        const scalar_function *s = &scalars[i];
        cb_c_function(s->word, s->name, s->pure, s->result, s->n, s->types, here);
        cb_set_extern(s->name, s->fn, here);
    }
    for (size_t i = 0; i < FZ_STAGES; i++)
        cb_set_extern(stages[i].name, stages[i].fn, here);
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        declare_table(&tables[i]);
}
