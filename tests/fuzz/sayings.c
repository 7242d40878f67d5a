/* tests/fuzz/sayings.c: what random programs say of the buffers of inputs and outputs, and require of a call.
 *
 *     set_extent(in0, 1, out.extent(0)*2 + 60)      kept as this text: printed, saved and built from it
 *
 * All of it is true of the buffers that the tester makes, but for regions of inputs that turn out too small: such
 * a case is discarded. A new form is one row of the table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <carbide.h>

#include "gen.h"

typedef struct sayer {
    fz_case *k;
    rng *r;
    const char *name; /* of an input or output */
    cb_type t;        /* the widest of its elements */
    int rank, input;  /* -1: an output */
    int more;         /* an output: elements that it has on each side beyond those of the last */
} sayer;

typedef struct say_row {
    const char *name;
    int weight;
    bool inputs, outputs;
    void (*make)(sayer *S);
} say_row;

static void say(sayer *S, const char *fmt, ...) CB_PRINTF(2, 3);
static void say(sayer *S, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (S->k->nsaid < MAX_SAID)
        S->k->said[S->k->nsaid++] = arena_vprintf(S->k->a, fmt, ap);
    va_end(ap);
}

static const fz_func *last(const sayer *S) { return &S->k->func[S->k->nfuncs - 1]; }

/* A dimension that the last output has as well; -1: there is none. */
static int shared(sayer *S)
{
    int n = S->rank < last(S)->rank ? S->rank : last(S)->rank;
    return n > 2 ? pick(S->r, 2) : n ? pick(S->r, n) : -1;
}

static void numbers(sayer *S)
{
    int d = shared(S);
    if (d < 0)
        return;
    if (chance(S->r, 60))
        say(S, "set_min(%s, %d, %d)", S->name, d, S->k->min[d] - S->more);
    if (chance(S->r, 70))
        say(S, "set_extent(%s, %d, %d)", S->name, d, S->k->extent[d] + 2 * S->more);
}

/* Of another output, or of an input as a large part around the output. */
static void of_another(sayer *S)
{
    int d = shared(S);
    if (d < 0 || (S->input < 0 && !S->more))
        return;
    int before = S->input < 0 ? S->more : 30 + pick(S->r, 5), both = S->input < 0 ? 2 * S->more : 70 + pick(S->r, 5);
    say(S, "set_min(%s, %d, out.min(%d) - %d)", S->name, d, d, before);
    say(S, "set_extent(%s, %d, out.extent(%d) + %d)", S->name, d, d, both);
}

static void strided(sayer *S)
{
    if (!S->rank)
        return;
    int by = S->input >= 0 && chance(S->r, 10) ? -1 : 2 + pick(S->r, 3);
    say(S, "set_stride(%s, 0, %d)", S->name, by);
    if (S->rank > 1 && chance(S->r, 40))
        say(S, "set_stride(%s, 1, %s.extent(0)*%d + %d)", S->name, S->name, by < 0 ? 1 : by, pick(S->r, 5));
}

static void transposed(sayer *S)
{
    if (S->rank < 2)
        return;
    say(S, "set_stride(%s, 0, %s.extent(1) + %d)", S->name, S->name, pick(S->r, 3));
    say(S, "set_stride(%s, 1, 1)", S->name);
}

/* A pitch that is a multiple, for aligned rows. */
static void pitch(sayer *S)
{
    if (S->rank < 2)
        return;
    int by = 1 << pick(S->r, 6);
    say(S, "set_stride(%s, 1, (%s.extent(0) + %d)/%d*%d)", S->name, S->name, by + 7, by, by);
}

static void aligned(sayer *S)
{
    static const int bytes[] = {16, 32, 64};
    int by = 16 << pick(S->r, 3);
    say(S, "set_host_alignment(%s, %d)", S->name, bytes[pick(S->r, 3)]);
    if (S->rank > 1)
        say(S, "set_stride(%s, 1, (%s.extent(0) + %d)/%d*%d)", S->name, S->name, by + 7, by, by);
    for (int d = 0; d < 2 && d < S->rank && d < last(S)->rank && S->input >= 0; d++) { /* then addresses are known */
        say(S, "set_min(%s, %d, out.min(%d) - 32)", S->name, d, d);
        say(S, "set_extent(%s, %d, out.extent(%d) + 70)", S->name, d, d);
    }
}

/* Any stride, which another thing said makes 1. */
static void dense(sayer *S)
{
    if (!S->rank)
        return;
    say(S, "any_stride(%s)", S->name);
    if (chance(S->r, 50))
        say(S, "set_stride(%s, 0, %s.extent(0)/(%s.extent(0) + 1) + 1)", S->name, S->name, S->name);
    else if (chance(S->r, 50))
        say(S, "add_requirement(%s.stride(0) == 1)", S->name);
}

static void required(sayer *S)
{
    int d = shared(S), by = 2 + pick(S->r, 8);
    if (S->k->has_param && chance(S->r, 40)) {
        say(S, "add_requirement(p %% %d == %d)", by, ((S->k->param % by) + by) % by);
        return;
    }
    if (d < 0)
        return;
    int n = S->k->extent[d] + 2 * S->more, m = S->k->min[d] - S->more;
    if (S->input >= 0)
        say(S, "add_requirement(%s.extent(%d) < 100000)", S->name, d);
    else if (chance(S->r, 50))
        say(S, "add_requirement(%s.extent(%d) %% %d == %d && %s.min(%d) >= %d)", S->name, d, by, n % by, S->name, d,
            m - pick(S->r, 3));
    else
        say(S, "add_requirement(%s.min(%d) == %d || %s.extent(%d) > %d)", S->name, d, m, S->name, d, n);
}

static const say_row rows[] = {
    {"said in numbers", 3, false, true, numbers},
    {"said by another", 4, true, true, of_another},
    {"said strided", 3, true, true, strided},
    {"said transposed", 2, true, true, transposed},
    {"said pitch", 2, true, true, pitch},
    {"said aligned", 8, true, true, aligned},
    {"said dense", 3, true, true, dense},
    {"said required", 5, true, true, required},
};

void gen_sayings_forms(void (*fn)(void *env, const char *name), void *env)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        fn(env, rows[i].name);
}

static void say_of(sayer *S)
{
    int total = 0, n = S->k->nsaid;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        total += (S->input >= 0 ? rows[i].inputs : rows[i].outputs) ? rows[i].weight : 0;
    int at = pick(S->r, total);
    const say_row *row = rows;
    for (;; row++) {
        int w = (S->input >= 0 ? row->inputs : row->outputs) ? row->weight : 0;
        if (at < w)
            break;
        at -= w;
    }
    row->make(S);
    if (S->k->nsaid > n)
        fz_mark(S->k, row->name);
}

void gen_sayings(fz_case *k)
{
    for (int i = 0; i < k->ninputs; i++) {
        sayer S = {k, &k->r, arena_printf(k->a, "in%d", i), k->input[i].t, k->input[i].rank, i, 0};
        if (!k->input[i].edge && chance(S.r, 12)) /* what is read through an edge depends on what the buffer is */
            say_of(&S);
    }
    for (int f = 0; f < k->nfuncs; f++) {
        bool is_last = f == k->nfuncs - 1;
        text t;
        text_init(&t, k->a);
        fz_func_name(&t, k, f);
        sayer S = {k, &k->r, text_str(&t), k->func[f].t, k->func[f].rank, -1, is_last ? 0 : FZ_MORE};
        if ((is_last || k->func[f].output) && chance(S.r, 20))
            say_of(&S);
    }
}

void fz_print_sayings(text *t, const fz_case *k)
{
    for (int i = 0; i < k->nsaid; i++)
        text_printf(t, "%s;\n", k->said[i]);
}

bool fz_says_regions(const fz_case *k)
{
    for (int i = 0; i < k->nsaid; i++)
        if (!strncmp(k->said[i], "set_min(in", 10) || !strncmp(k->said[i], "set_extent(in", 13))
            return true;
    return false;
}

/* ---- building ---------------------------------------------------------------------------------------- */

static const cb_site nowhere = {"case", 1};

/* The next operand, up to a comma or the last parenthesis. */
static const char *operand(arena *a, const char **at, bool rest)
{
    size_t n = rest ? strlen(*at) - 1 : strcspn(*at, ",)");
    const char *s = arena_strndup(a, *at, n);
    *at += n + ((*at)[n] != 0);
    *at += strspn(*at, " ");
    return s;
}

static cb_func named(const fz_case *k, const char *name, const cb_func *func, const cb_func *input)
{
    if (!strncmp(name, "in", 2))
        return input[atoi(name + 2)];
    return func[strcmp(name, "out") ? atoi(name + 1) : k->nfuncs - 1];
}

void fz_build_sayings(const fz_case *k, const cb_func *func, const cb_func *input)
{
    static const char *const setters[] = {"set_min", "set_extent", "set_stride"};
    for (int i = 0; i < k->nsaid; i++) {
        const char *at = k->said[i];
        size_t n = strcspn(at, "(");
        const char *word = arena_strndup(k->a, at, n);
        at += n + 1;
        if (!strcmp(word, "add_requirement")) {
            cb_part part = {cb_expr_text(operand(k->a, &at, true), CB_NO_CAPTURES, nowhere), NULL};
            cb_add_requirement(1, &part, nowhere);
            continue;
        }
        cb_func f = named(k, operand(k->a, &at, false), func, input);
        if (!strcmp(word, "any_stride"))
            cb_any_stride(f, nowhere);
        if (!strcmp(word, "set_host_alignment"))
            cb_set_host_alignment(f, atoi(operand(k->a, &at, false)), nowhere);
        for (int w = 0; w < 3; w++)
            if (!strcmp(word, setters[w])) {
                int d = atoi(operand(k->a, &at, false));
                cb_set_field(f, d, (cb_field)w, cb_expr_text(operand(k->a, &at, true), CB_NO_CAPTURES, nowhere), nowhere);
            }
    }
}
