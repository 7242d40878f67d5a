/* tests/fuzz/save.c: cases as files, so that what was found once stays found when the generator changes.
 *
 *     # a window slid over rows that updates write (seed 1, case 37)
 *     input u16 2 -1                      type, rank, boundary condition or -1
 *     param 7
 *     func i32 2                          type, rank; the last one is the output
 *     stage 2 0 -1 1                      in place of what follows: C function, what it is given, a number
 *     pure infix + i32 2  input 0 u16 2  var 0 i32 0  var 1 i32 0  lit 3 i32 0
 *     update += 2  -1 5  0 3              how it assigns, dimensions of its domain, their min and extent
 *     left ...  value ...  where ...      its expressions, a line each; of a second value: value2; pick 1: one alone
 *     output 3  0 16  0 5                 padding, then min and extent of each dimension
 *     data 12345
 *     said set_extent(in0, 0, 40)         of buffers and arguments
 *     schedule f1.update 0: unroll(x)     a directive of a stage
 *
 * An expression is its kind, the operator, number or value that belongs to the kind, its type, the
 * number of its operands, and these.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char *const kinds[] = {"lit", "var", "rvar", "param", "call", "input", "infix", "prefix", "word", "cast",
                                    "second", "reduce", "red", "undef"};

static bool has_op(fx_kind k) { return k == FX_INFIX || k == FX_PREFIX || k == FX_WORD || k == FX_REDUCE; }
static bool has_number(fx_kind k)
{
    return k == FX_VAR || k == FX_RVAR || k == FX_CALL || k == FX_INPUT || k == FX_SECOND || k == FX_REDUCE || k == FX_RED;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static void save_expr(text *t, const fx *e)
{
    char name[16];
    text_printf(t, " %s", kinds[e->kind]);
    if (has_op(e->kind))
        text_printf(t, " %s", e->op);
    if (has_number(e->kind))
        text_printf(t, " %d", e->i);
    if (e->kind == FX_LIT)
        text_printf(t, " %.17g", e->lit);
    text_printf(t, " %s %d", type_name(e->t, name), e->nkids);
    for (int i = 0; i < e->nkids; i++)
        save_expr(t, e->kid[i]);
}

static void save_line(text *t, const char *what, const fx *e)
{
    if (!e)
        return;
    text_put(t, what);
    save_expr(t, e);
    text_put(t, "\n");
}

static void save_update(text *t, const fz_update *u, int rank)
{
    text_printf(t, "update %s %d", u->assign, u->nr);
    for (int d = 0; d < u->nr; d++)
        text_printf(t, "  %d %d", u->rmin[d], u->rextent[d]);
    text_put(t, "\n");
    for (int d = 0; d < rank; d++) {
        text_put(t, "left");
        save_expr(t, u->lhs[d]);
        text_put(t, "\n");
    }
    if (u->pick)
        text_printf(t, "pick %d\n", u->pick);
    save_line(t, "value", u->value);
    save_line(t, "value2", u->value2);
    save_line(t, "extent", u->extent0);
    save_line(t, "where", u->where);
    save_line(t, "where2", u->where2);
}

void fz_save(text *t, const fz_case *k)
{
    char name[16];
    for (int i = 0; i < k->ninputs; i++)
        text_printf(t, "input %s %d %d\n", type_name(k->input[i].t, name), k->input[i].rank,
                    k->input[i].edge ? k->input[i].edge_kind : -1);
    if (k->has_param)
        text_printf(t, "param %d\n", k->param);
    for (int f = 0; f < k->nfuncs; f++) {
        text_printf(t, "func %s %d\n", type_name(k->func[f].t, name), k->func[f].rank);
        if (k->func[f].nvalues > 1)
            text_printf(t, "second %s\n", type_name(k->func[f].t2, name));
        if (k->func[f].output)
            text_put(t, "also\n");
        if (k->func[f].ext)
            text_printf(t, "stage %d %d %d %d\n", k->func[f].ext, k->func[f].given[0], k->func[f].given[1],
                        k->func[f].by);
        save_line(t, "pure", k->func[f].pure);
        save_line(t, "pure2", k->func[f].pure2);
        for (int u = 0; u < k->func[f].nupdates; u++)
            save_update(t, &k->func[f].update[u], k->func[f].rank);
    }
    text_printf(t, "output %d", k->padding);
    for (int d = 0; d < k->func[k->nfuncs - 1].rank; d++)
        text_printf(t, "  %d %d", k->min[d], k->extent[d]);
    text_printf(t, "\ndata %llu\n", (unsigned long long)k->data_seed);
    for (int i = 0; i < k->nsaid; i++)
        text_printf(t, "said %s\n", k->said[i]);
    for (uint32_t i = 0; i < k->plan.n; i++)
        for (uint32_t d = 0; d < k->plan.line[i].n; d++)
            text_printf(t, "schedule %s: %s\n", k->plan.line[i].stage, k->plan.line[i].dir[d]);
}

/* ---- reading --------------------------------------------------------------------------------------- */

typedef struct loader {
    fz_case *k;
    char *at; /* rest of the line */
    bool bad;
    int depth;
} loader;

/* The next word of the line; "" at its end, which is a mistake. */
static const char *word(loader *l)
{
    l->at += strspn(l->at, " \t\n");
    size_t n = strcspn(l->at, " \t\n");
    const char *w = arena_printf(l->k->a, "%.*s", (int)n, l->at);
    l->at += n;
    l->bad |= !n;
    return w;
}

static int number(loader *l, int from, int to)
{
    long v = strtol(word(l), NULL, 10);
    l->bad |= v < from || v > to;
    return v < from || v > to ? from : (int)v;
}

static cb_type type(loader *l)
{
    static const cb_type all[] = {{CB_UINT, 1, 1},  {CB_INT, 8, 1},    {CB_INT, 16, 1},   {CB_INT, 32, 1},  {CB_INT, 64, 1},
                                  {CB_UINT, 8, 1},  {CB_UINT, 16, 1},  {CB_UINT, 32, 1},  {CB_UINT, 64, 1}, {CB_FLOAT, 16, 1},
                                  {CB_BFLOAT, 16, 1}, {CB_FLOAT, 32, 1}, {CB_FLOAT, 64, 1}};
    const char *w = word(l);
    char name[16];
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (!strcmp(w, type_name(all[i], name)))
            return all[i];
    l->bad = true;
    return T_I32;
}

static fx *load_expr(loader *l)
{
    fx *e = NEW(l->k->a, fx);
    const char *w = word(l);
    size_t kind = 0;
    while (kind < COUNT_OF(kinds) && strcmp(w, kinds[kind]))
        kind++;
    l->bad |= kind == COUNT_OF(kinds) || l->depth > 100;
    if (l->bad)
        return e;
    e->kind = (fx_kind)kind;
    if (has_op(e->kind))
        e->op = word(l);
    if (has_number(e->kind))
        e->i = number(l, 0, MAX_FUNCS - 1);
    if (e->kind == FX_LIT)
        e->lit = strtod(word(l), NULL);
    e->t = type(l);
    e->nkids = number(l, 0, (int)COUNT_OF(e->kid));
    l->depth++;
    for (int i = 0; i < e->nkids; i++)
        e->kid[i] = load_expr(l);
    l->depth--;
    return e;
}

static void load_input(loader *l)
{
    fz_input *in = &l->k->input[l->k->ninputs++];
    in->t = type(l);
    in->rank = number(l, 0, MAX_RANK);
    int edge = number(l, -1, EDGES - 1);
    in->edge = edge >= 0;
    in->edge_kind = edge < 0 ? 0 : edge;
}

/* STAGE: DIRECTIVE */
static void load_schedule(loader *l)
{
    proposal *q = &l->k->plan;
    l->at += strspn(l->at, " ");
    size_t n = strcspn(l->at, ":");
    l->bad |= l->at[n] != ':';
    if (l->bad)
        return;
    const char *stage = arena_strndup(l->k->a, l->at, n);
    l->at += n + 1;
    l->at += strspn(l->at, " ");
    proposal_add(l->k->a, q, stage, arena_strndup(l->k->a, l->at, strcspn(l->at, "\n")));
}

static void load_update(loader *l, fz_func *f)
{
    fz_update *u = &f->update[f->nupdates++];
    u->assign = word(l);
    u->nr = number(l, 0, MAX_RVARS);
    for (int d = 0; d < u->nr; d++) {
        u->rmin[d] = number(l, -1000, 1000);
        u->rextent[d] = number(l, 0, 1000);
    }
}

/* Where the next `left` of an update goes. */
static fx **left_of(fz_func *f, fz_update *u)
{
    for (int d = 0; u && d < f->rank; d++)
        if (!u->lhs[d])
            return &u->lhs[d];
    return NULL;
}

static void load_line(loader *l)
{
    fz_case *k = l->k;
    const char *w = word(l);
    fz_func *f = k->nfuncs ? &k->func[k->nfuncs - 1] : NULL;
    fz_update *u = f && f->nupdates ? &f->update[f->nupdates - 1] : NULL;
    fx **left = f ? left_of(f, u) : NULL;
    if (!strcmp(w, "input") && k->ninputs < MAX_INPUTS) {
        load_input(l);
    } else if (!strcmp(w, "param")) {
        k->has_param = true;
        k->param = number(l, -1000, 1000);
    } else if (!strcmp(w, "func") && k->nfuncs < MAX_FUNCS) {
        k->func[k->nfuncs].t = k->func[k->nfuncs].t2 = type(l);
        k->func[k->nfuncs].nvalues = 1;
        k->func[k->nfuncs++].rank = number(l, 0, MAX_RANK);
    } else if (!strcmp(w, "second") && f) { /* two values, of a type of its own */
        f->nvalues = 2;
        f->t2 = type(l);
    } else if (!strcmp(w, "also") && f) { /* an output besides the last Func */
        f->output = true;
    } else if (!strcmp(w, "stage") && f) { /* computed by a C function */
        f->ext = number(l, 1, FZ_STAGES);
        for (int i = 0; i < 2; i++)
            f->given[i] = number(l, -MAX_INPUTS, k->nfuncs - 2);
        f->by = number(l, -2, 2);
    } else if (!strcmp(w, "pure2") && f) {
        f->pure2 = load_expr(l);
    } else if (!strcmp(w, "pick") && u) {
        u->pick = number(l, 1, 2);
    } else if (!strcmp(w, "value2") && u) {
        u->value2 = load_expr(l);
    } else if (!strcmp(w, "extent") && u) {
        u->extent0 = load_expr(l);
    } else if (!strcmp(w, "where2") && u) {
        u->where2 = load_expr(l);
    } else if (!strcmp(w, "pure") && f) {
        f->pure = load_expr(l);
    } else if (!strcmp(w, "update") && f && f->nupdates < MAX_UPDATES) {
        load_update(l, f);
    } else if (!strcmp(w, "left") && left) {
        *left = load_expr(l);
    } else if (!strcmp(w, "value") && u) {
        u->value = load_expr(l);
    } else if (!strcmp(w, "where") && u) {
        u->where = load_expr(l);
    } else if (!strcmp(w, "output")) {
        k->padding = number(l, 0, 1000);
        for (int d = 0; f && d < f->rank; d++) {
            k->min[d] = number(l, -1000, 1000);
            k->extent[d] = number(l, 0, 1000);
        }
    } else if (!strcmp(w, "data")) {
        k->data_seed = strtoull(word(l), NULL, 10);
    } else if (!strcmp(w, "said") && k->nsaid < MAX_SAID) {
        l->at += strspn(l->at, " ");
        k->said[k->nsaid++] = arena_strndup(k->a, l->at, strcspn(l->at, "\n"));
    } else if (!strcmp(w, "schedule")) {
        load_schedule(l);
    } else {
        l->bad = true;
    }
}

static bool complete(const fz_case *k)
{
    for (int f = 0; f < k->nfuncs; f++) {
        const fz_func *fn = &k->func[f];
        if (!fn->pure || (fn->nvalues > 1) != (fn->pure2 != NULL))
            return false;
        for (int u = 0; u < fn->nupdates; u++)
            if ((!fn->update[u].value && fn->update[u].pick != 2) ||
                (fn->nvalues > 1 && !fn->update[u].value2 && fn->update[u].pick != 1) || (fn->rank && !fn->update[u].lhs[fn->rank - 1]))
                return false;
    }
    return k->nfuncs > 0;
}

bool fz_load(fz_case *k, arena *a, FILE *file, int *line)
{
    enum { LONGEST = 1 << 16 };
    char *rest = arena_alloc(a, LONGEST);
    memset(k, 0, sizeof *k);
    k->a = a;
    for (*line = 1; fgets(rest, LONGEST, file); ++*line) {
        loader l = {.k = k, .at = rest};
        if (rest[0] == '#' || rest[0] == '\n')
            continue;
        load_line(&l);
        if (l.bad)
            return false;
    }
    return complete(k);
}
