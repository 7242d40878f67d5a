/* tests/unit/instruction_rig.h: tables of expressions and the instructions that they become.
 *
 *     ROW(AVX2, 32, "vpavgb ymm", "vpaddw", "out(x) = u8((u16(u8a(x)) + u16(u8b(x)) + 1) >> 1)"),
 *
 * is a row: on that target, 32 lanes of x at once, the definition must have a vpavgb of ymm registers in its assembly, and no vpaddw.
 * Definitions are parted by ';' (a Func without parentheses on its left side is declared by being defined: f0, f1, out). Inputs
 * are named by their type and a letter: u8a, i16b, f32c; d has two dimensions. A SCHEDULED row has a schedule of its own in place of
 * `out vectorize(x, lanes)`, and a domain r, from 0, of `over` points.
 *
 * Where this machine can run the target, the row is also run, on numbers at the ends of the types and on random ones, and must
 * give what the interpreter gives. */
#ifndef TEST_INSTRUCTION_RIG_H
#define TEST_INSTRUCTION_RIG_H

#include "lang_rig.h"

#include "../../codegen/codegen.h"
#include "../../dsl/front.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

typedef struct row {
    const char *target;
    unsigned lanes;
    const char *has, *lacks; /* a mnemonic ('*' at its end: any that begins so), then what its operands contain; several by '|' */
    const char *text, *schedule;
    int over;
} row;

#define ROW(target, lanes, has, lacks, text) {target, lanes, has, lacks, text, NULL, 0}
#define SCHEDULED(target, has, lacks, text, schedule, over) {target, 0, has, lacks, text, schedule, over}

#define SSE "x86-64-linux-sse41"
#define AVX2 "x86-64-linux-avx2"
#define AVX512 "x86-64-linux-avx512"
#define VNNI "x86-64-linux-avx512_vnni"
#define AVX_VNNI "x86-64-linux-avx_vnni"
#define ARM "arm-64-linux"
#define ARM_DOT "arm-64-linux-dotprod"

enum { IN_FIRST = -64, IN_SIZE = 4096, IN_SIDE = 64, OUT_SIZE = 200, OUT_SIDE = 4, ROW_INPUTS = 8 };

typedef struct row_input {
    char name[8];
    cb_type type;
    cb_func f;
    cb_buffer b;
    cb_dim dim[2];
    char *data;
} row_input;

typedef struct trial_row {
    const row *w;
    world *world;
    cb_func out;
    pipeline *p;
    row_input in[ROW_INPUTS];
    int nin;
    char *assembly;
} trial_row;

/* ---- the program ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    cb_type t;
} row_types[] = {{"u8", {CB_UINT, 8, 1}},   {"u16", {CB_UINT, 16, 1}},   {"u32", {CB_UINT, 32, 1}}, {"u64", {CB_UINT, 64, 1}},
                 {"i8", {CB_INT, 8, 1}},    {"i16", {CB_INT, 16, 1}},    {"i32", {CB_INT, 32, 1}},  {"i64", {CB_INT, 64, 1}},
                 {"f16", {CB_FLOAT, 16, 1}}, {"bf16", {CB_BFLOAT, 16, 1}}, {"f32", {CB_FLOAT, 32, 1}}, {"f64", {CB_FLOAT, 64, 1}}};

/* Declares the input of this name, if it has the form of one. */
static inline void row_declare(trial_row *T, const char *name, size_t n)
{
    for (int i = 0; i < T->nin; i++)
        if (strlen(T->in[i].name) == n && !strncmp(T->in[i].name, name, n))
            return;
    for (size_t i = 0; i < COUNT_OF(row_types); i++)
        if (strlen(row_types[i].word) + 1 == n && !strncmp(row_types[i].word, name, n - 1) && name[n - 1] >= 'a' && name[n - 1] <= 'd') {
            assert_true(T->nin < ROW_INPUTS);
            row_input *in = &T->in[T->nin++];
            memcpy(in->name, name, n);
            in->type = row_types[i].t;
            in->f = cb_input(in->name, in->type, name[n - 1] == 'd' ? 2 : 1, CB_HERE);
        }
}

static inline void row_define(trial_row *T)
{
    char words[512], *save = NULL;
    snprintf(words, sizeof words, "%s", T->w->text);
    for (const char *s = words; *s;) {
        size_t n = 0;
        while (isalnum((unsigned char)s[n]) || s[n] == '_')
            n++;
        if (n && s[n] == '(')
            row_declare(T, s, n);
        s += n ? n : 1;
    }
    Funcs(f0, f1, out);
    Vars(x, y, xo, xi, ro, ri, u);
    RDom(r, (0, T->w->over ? T->w->over : 1));
    for (char *s = strtok_r(words, ";", &save); s; s = strtok_r(NULL, ";", &save))
        define_text(s);
    T->out = out;
}

static inline void row_build(void *env)
{
    trial_row *T = env;
    cb_context *c = T->world->c;
    cg_target t;
    low_target lt;
    const char *near, *bytes, *by = T->w->schedule;
    size_t n;
    if (!by)
        by = arena_printf(c->a, "out vectorize(x, %u)\n", T->w->lanes);
    T->p = cb_pipeline_of("f", 1, &T->out, CB_HERE).p;
    if (!T->p || !(T->p->sched = schedule_read(c, by, "row.sched")) || target_parse(T->w->target, &t, &near))
        return;
    target_choose(&t, T->p);
    target_low(&t, &lt);
    low_judge(T->p, &lt);
    if (!schedule_resolve(T->p))
        return;
    low *L = low_run(T->p, &lt, NULL);
    if (!L)
        return;
    if (cg_llvm(L, &t, "f", CG_ASSEMBLY, &bytes, &n)) {
        T->assembly = calloc(n + 1, 1);
        memcpy(T->assembly, bytes, n);
    }
    low_free(L);
}

/* ---- what is in the assembly ------------------------------------------------------------------------------------------ */

/* Does a line have this instruction? `word`: mnemonic, optionally a space and a part of the operands. */
static inline bool row_line_has(const char *line, const char *word, size_t n)
{
    const char *space = memchr(word, ' ', n), *end = line + strcspn(line, "\n#");
    size_t m = space ? (size_t)(space - word) : n, rest = space ? n - m - 1 : 0;
    bool begins = m && word[m - 1] == '*';
    line += strspn(line, " \t");
    if (*line == '{') /* a prefix */
        line += strcspn(line, "\t\n") + 1;
    if (strncmp(line, word, begins ? m - 1 : m) || (!begins && line[m] != '\t' && line[m] != ' ' && line[m] != '\n'))
        return false;
    for (const char *s = line + m; s + rest <= end; s++)
        if (!strncmp(s, space ? space + 1 : "", rest))
            return true;
    return false;
}

static inline int row_count(const char *assembly, const char *word, size_t n)
{
    int found = 0;
    for (const char *line = assembly; *line;) {
        found += row_line_has(line, word, n);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return found;
}

/* The first of the words, parted by '|', of which this is not so; NULL: it is so of all. */
static inline const char *row_without(const char *assembly, const char *words, bool there)
{
    for (const char *s = words; s && *s;) {
        size_t n = strcspn(s, "|");
        if ((row_count(assembly, s, n) > 0) != there)
            return s;
        s += n + (s[n] == '|');
    }
    return NULL;
}

/* ---- running ---------------------------------------------------------------------------------------------------------- */

static inline void row_fill(row_input *in, int kind)
{
    size_t bytes = in->type.bits / 8;
    uint64_t seed = 88172645463325252u + (unsigned)kind;
    for (size_t i = 0; i < IN_SIZE; i++) {
        uint64_t v;
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        v = seed >> 11;
        if (in->type.code == CB_FLOAT || in->type.code == CB_BFLOAT) { /* numbers with a few bits behind the point */
            ir_value number = {.f = ((int)(v % 2001) - 1000) / 8.0};
            v = value_to_bits(in->type, number);
        } else if (kind == 0) { /* the ends, and what is next to them and to 0 */
            static const int64_t near[] = {0, 0, 1, -1, 2, 127};
            cb_type t = in->type;
            int64_t ends[] = {type_min(t), type_max(t), type_min(t) + 1, type_max(t) - 1};
            v = v % 10 < 4 ? (uint64_t)ends[v % 4] : (uint64_t)near[v % 6];
        } else if (bytes > 2 && kind == 2) { /* sums of a few do not overflow */
            v = (uint64_t)((int64_t)(v % 2000001) - 1000000);
        }
        memcpy(in->data + i * bytes, &v, bytes);
    }
}

/* Sums of floats may be taken in any order. */
static inline bool row_near(cb_type t, const char *got, const char *want)
{
    uint64_t a = 0, b = 0;
    memcpy(&a, got, t.bits / 8);
    memcpy(&b, want, t.bits / 8);
    double x = value_from_bits(t, a).f, y = value_from_bits(t, b).f;
    return a == b || (isnan(x) && isnan(y)) || (t.bits > 16 && fabs(x - y) <= 1e-5 * (1 + fabs(y)));
}

/* The row run and interpreted on data of one kind; false: the interpreter says that it means nothing (an overflow). */
static inline bool row_same(trial_row *T, cb_callable code, int kind)
{
    cb_type t = T->p->outputs.at[0]->types[0];
    const cb_metadata *m = cb_callable_metadata(code);
    int rank = (int)T->p->outputs.at[0]->rank;
    const int32_t size[2] = {rank == 2 ? OUT_SIDE : OUT_SIZE, OUT_SIZE / OUT_SIDE};
    cb_buffer *got = cb_buffer_new(NULL, t, rank, size), *want = cb_buffer_new(NULL, t, rank, size);
    void *args[ROW_INPUTS + 1];
    for (int i = 0; i < T->nin; i++)
        row_fill(&T->in[i], kind);
    for (int k = 0; k < (int)m->nargs; k++) {
        args[k] = got;
        for (int i = 0; i < T->nin; i++)
            if (!strcmp(m->args[k].name, T->in[i].name))
                args[k] = &T->in[i].b;
    }
    int said = T->world->count, bad = cb_interpret(T->out, 1, &want, CB_HERE);
    if (bad)
        T->world->count = said;
    else if (cb_call_argv(code, NULL, args))
        fail_msg("'%s' on %s: the call fails", T->w->text, T->w->target);
    size_t bytes = t.bits <= 8 ? 1 : t.bits / 8;
    for (size_t i = 0; i < OUT_SIZE && !bad; i++) {
        const char *x = (const char *)got->host + i * bytes, *y = (const char *)want->host + i * bytes;
        if (memcmp(x, y, bytes) && !(type_is_float(t) && row_near(t, x, y)))
            fail_msg("'%s' on %s, data %d: element %zu is not what the interpreter says", T->w->text, T->w->target, kind, i);
    }
    cb_buffer_free(got);
    cb_buffer_free(want);
    return !bad;
}

static inline void row_run(trial_row *T)
{
    cb_callable code = cb_compile_pipeline((cb_pipeline){T->p}, T->w->target, CB_HERE);
    int lawful = 0;
    if (!code.p)
        fail_msg("%s", T->world->said);
    for (int i = 0; i < T->nin; i++) {
        row_input *in = &T->in[i];
        in->data = malloc(IN_SIZE * 8);
        bool plane = in->name[strlen(in->name) - 1] == 'd';
        in->dim[0] = plane ? (cb_dim){.extent = IN_SIDE} : (cb_dim){.min = IN_FIRST, .extent = IN_SIZE};
        in->dim[1] = (cb_dim){.extent = IN_SIDE};
        cb_buffer_init(&in->b, in->data, in->type, plane ? 2 : 1, in->dim);
        cb_set_input(in->f, &in->b, CB_HERE);
    }
    for (int kind = 0; kind < 3; kind++)
        lawful += row_same(T, code, kind);
    if (!lawful)
        fail_msg("'%s' overflows on all data", T->w->text);
    for (int i = 0; i < T->nin; i++)
        free(T->in[i].data);
    cb_callable_free(code);
}

/* ---- a row ------------------------------------------------------------------------------------------------------------ */

static inline void row_try(const row *w, int *wrong)
{
    trial_row T = {.w = w, .world = world_new()};
    cg_target t;
    const char *near;
    Carbide(T.world->c)
    {
        row_define(&T);
        front_try(T.world->c, row_build, &T);
        if (!T.assembly)
            fail_msg("'%s' on %s: %s", w->text, w->target, T.world->said);
        const char *missing = row_without(T.assembly, w->has, true), *there = row_without(T.assembly, w->lacks, false);
        if (missing || there) {
            ++*wrong;
            printf("'%s' on %s: %s %s\n", w->text, w->target, missing ? "there is no" : "there is", missing ? missing : there);
            if (getenv("SHOW"))
                printf("%s\n", T.assembly);
        }
        if (!target_parse(w->target, &t, &near) && target_runs_here(&t))
            row_run(&T);
    }
    free(T.assembly);
    world_free(T.world);
}

static inline void rows_try(const row *rows, size_t n, void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < n; i++)
        row_try(&rows[i], &wrong);
    if (wrong)
        fail_msg("%d of %zu rows do not become what they should", wrong, n);
}

#endif
