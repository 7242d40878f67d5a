/* tests/fuzz/program.c: programs as trees that print as equations and build through the public API. */
#include <stdio.h>
#include <string.h>

#include <carbide.h>

#include "fuzz.h"

const char *const fz_vars[MAX_RANK] = {"x", "y", "z", "w", "u", "t"};
const char *const fz_edges[EDGES] = {"repeat_edge", "mirror", "constant_exterior", "repeat_image", "mirror_interior"};

void fz_func_name(text *t, const fz_case *k, int func)
{
    if (func == k->nfuncs - 1)
        text_put(t, "out");
    else
        text_printf(t, "f%d", func);
}

/* ---- expressions ----------------------------------------------------------------------------------- */

/* The domain whose RVars an expression means. */
typedef struct where_am_i {
    const fz_case *k;
    int func, update, nr;
    int stage;       /* 0: pure, u + 1: update u */
    int *reductions; /* of the definition, printed so far */
    int red;         /* the one around */
} where_am_i;

/* Domain of a reduction, or the stage that it makes. */
static const char *reduction_name_of(arena *a, char letter, int func, int stage, int n)
{
    return arena_printf(a, "%c%d_%d_%d", letter, func, stage, n);
}

static void put(text *t, const where_am_i *w, const fx *e);

static void put_list(text *t, const where_am_i *w, const fx *e)
{
    text_put(t, "(");
    for (int i = 0; i < e->nkids; i++) {
        if (i)
            text_put(t, ", ");
        put(t, w, e->kid[i]);
    }
    text_put(t, ")");
}

static void put_literal(text *t, const fx *e)
{
    char name[16];
    if (type_is_bool(e->t))
        text_put(t, e->lit != 0 ? "true" : "false");
    else if (type_is_float(e->t))
        text_printf(t, "%s(%.6f)", type_name(e->t, name), e->lit);
    else
        text_printf(t, "%s(%lld)", type_name(e->t, name), (long long)e->lit);
}

static void put_rvar(text *t, const where_am_i *w, int i)
{
    text_printf(t, "r%d%c.%s", w->func, 'a' + w->update, fz_vars[i]);
}

static void put_reduction(text *t, const where_am_i *w, const fx *e)
{
    where_am_i in = *w;
    in.red = (*w->reductions)++;
    text_printf(t, "%s(%s, ", e->op, reduction_name_of(w->k->a, 'd', w->func, w->stage, in.red));
    put(t, &in, e->kid[0]);
    text_put(t, ")");
    if (e->i & FZ_NAMED)
        text_printf(t, " as %s", reduction_name_of(w->k->a, 's', w->func, w->stage, in.red));
    if (e->i >> FZ_PICK_SHIFT)
        text_printf(t, "[%d]", (e->i >> FZ_PICK_SHIFT) - 1);
}

static void put(text *t, const where_am_i *w, const fx *e)
{
    char name[16];
    switch (e->kind) {
    case FX_LIT:
        put_literal(t, e);
        break;
    case FX_VAR:
        text_put(t, fz_vars[e->i]);
        break;
    case FX_RVAR:
        put_rvar(t, w, e->i);
        break;
    case FX_PARAM:
        text_put(t, "p");
        break;
    case FX_CALL:
    case FX_SECOND:
        fz_func_name(t, w->k, e->i);
        put_list(t, w, e);
        if (w->k->func[e->i].nvalues > 1)
            text_put(t, e->kind == FX_SECOND ? "[1]" : "[0]");
        break;
    case FX_REDUCE:
        put_reduction(t, w, e);
        break;
    case FX_RED:
        text_printf(t, "%s.%s", reduction_name_of(w->k->a, 'd', w->func, w->stage, w->red), fz_vars[e->i]);
        break;
    case FX_UNDEF:
        text_printf(t, "undef(%s)", type_name(e->t, name));
        break;
    case FX_INPUT:
        text_printf(t, w->k->input[e->i].edge ? "edge%d" : "in%d", e->i);
        put_list(t, w, e);
        break;
    case FX_INFIX:
        text_put(t, "(");
        put(t, w, e->kid[0]);
        text_printf(t, " %s ", e->op);
        put(t, w, e->kid[1]);
        text_put(t, ")");
        break;
    case FX_PREFIX:
        text_printf(t, "%s(", e->op);
        put(t, w, e->kid[0]);
        text_put(t, ")");
        break;
    case FX_WORD:
        text_put(t, e->op);
        put_list(t, w, e);
        break;
    case FX_CAST:
        text_printf(t, "%s(", type_name(e->t, name));
        put(t, w, e->kid[0]);
        text_put(t, ")");
        break;
    }
}

/* ---- definitions -------------------------------------------------------------------------------------- */

static void put_values(text *t, const where_am_i *w, const fx *a, const fx *b)
{
    text_put(t, a && b ? "(" : "");
    if (a)
        put(t, w, a);
    text_put(t, a && b ? ", " : "");
    if (b)
        put(t, w, b);
    text_put(t, a && b ? ")" : "");
}

static void put_pure(text *t, const fz_case *k, int f)
{
    int reductions = 0;
    where_am_i w = {.k = k, .func = f, .reductions = &reductions};
    fz_func_name(t, k, f);
    text_put(t, "(");
    for (int d = 0; d < k->func[f].rank; d++)
        text_printf(t, "%s%s", d ? ", " : "", fz_vars[d]);
    text_put(t, ") = ");
    put_values(t, &w, k->func[f].pure, k->func[f].pure2);
}

static void put_update(text *t, const fz_case *k, int f, int u)
{
    const fz_update *up = &k->func[f].update[u];
    int reductions = 0;
    where_am_i w = {k, f, u, up->nr, u + 1, &reductions, 0};
    fz_func_name(t, k, f);
    text_put(t, "(");
    for (int d = 0; d < k->func[f].rank; d++) {
        if (d)
            text_put(t, ", ");
        put(t, &w, up->lhs[d]);
    }
    text_put(t, ")");
    if (up->pick)
        text_printf(t, "[%d]", up->pick - 1);
    text_printf(t, " %s ", up->assign);
    put_values(t, &w, up->value, up->value2);
}

/* ---- domains of reductions ----------------------------------------------------------------------------- */

/* They are declared before the definition, in the order in which put() meets them. */
typedef struct domains {
    const fz_case *k;
    int func, stage, n;
    text *t; /* where they are printed; NULL: they are built */
} domains;

static const cb_site nowhere = {"case", 1};

static void declare_domains(domains *D, const fx *e)
{
    if (!e)
        return;
    if (e->kind != FX_REDUCE) {
        for (int i = 0; i < e->nkids; i++)
            declare_domains(D, e->kid[i]);
        return;
    }
    int nd = (e->nkids - 1) / 2;
    const char *name = reduction_name_of(D->k->a, 'd', D->func, D->stage, D->n++);
    cb_expr pairs[MAX_KIDS];
    for (int i = 1; i < e->nkids && !D->t; i++)
        pairs[i - 1] = cb_expr_of_int((int)e->kid[i]->lit);
    if (!D->t) {
        cb_rdom_new(name, nd, pairs, nowhere);
        return;
    }
    text_printf(D->t, "RDom(%s", name);
    for (int d = 0; d < nd; d++)
        text_printf(D->t, ", (%d, %d)", (int)e->kid[1 + 2 * d]->lit, (int)e->kid[2 + 2 * d]->lit);
    text_put(D->t, ");\n");
}

static void domains_of(const fz_case *k, int f, int stage, text *t)
{
    domains D = {k, f, stage, 0, t};
    const fz_func *fn = &k->func[f];
    const fz_update *up = stage ? &fn->update[stage - 1] : NULL;
    for (int d = 0; up && d < fn->rank; d++)
        declare_domains(&D, up->lhs[d]);
    declare_domains(&D, up ? up->value : fn->pure);
    declare_domains(&D, up ? up->value2 : fn->pure2);
}

/* An extent that reads data, in the symbols that are in sight outside of definitions: none. */
static void put_extent(text *t, const fz_case *k, const fx *e)
{
    where_am_i w = {.k = k};
    put(t, &w, e);
}

static void put_where(text *t, const fz_case *k, int f, int u, const fx *where)
{
    where_am_i w = {.k = k, .func = f, .update = u, .nr = k->func[f].update[u].nr};
    put(t, &w, where);
}

static void put_output(text *t, const fz_case *k, const fz_func *out)
{
    char name[16];
    text_printf(t, "Output(out, %s, %d);   /*", type_name(out->t, name), out->rank);
    if (out->nvalues > 1)
        text_printf(t, " and %s;", type_name(out->t2, name));
    for (int d = 0; d < out->rank; d++)
        text_printf(t, " [%d, %d]", k->min[d], k->extent[d]);
    text_printf(t, ", %d elements of padding */\n", k->padding);
}

void fz_print_program(text *t, const fz_case *k)
{
    char name[16];
    for (int i = 0; i < k->ninputs; i++) {
        text_printf(t, "Input(in%d, %s, %d);\n", i, type_name(k->input[i].t, name), k->input[i].rank);
        if (k->input[i].edge)
            text_printf(t, "Funcs(edge%d); %s(edge%d, in%d%s);\n", i, fz_edges[k->input[i].edge_kind], i, i,
                        k->input[i].edge_kind == 2 ? ", 5" : "");
    }
    if (k->has_param)
        text_printf(t, "Param(p, i32);                     /* %d */\n", k->param);
    text_put(t, "Vars(x, y, z, w, u, t);\n");
    for (int f = 0; f < k->nfuncs; f++) {
        const fz_func *fn = &k->func[f];
        if (f == k->nfuncs - 1)
            put_output(t, k, fn);
        else
            text_printf(t, "Funcs(f%d);%s\n", f, fn->output ? "   /* an output */" : "");
        domains_of(k, f, 0, t);
        if (fn->ext) {
            fz_put_extern(t, k, f);
            continue;
        }
        text_put(t, "define(");
        put_pure(t, k, f);
        text_put(t, ");\n");
        for (int u = 0; u < fn->nupdates; u++) {
            const fz_update *up = &fn->update[u];
            if (up->nr)
                text_printf(t, "RDom(r%d%c", f, 'a' + u);
            for (int d = 0; d < up->nr; d++)
                if (d || !up->extent0) {
                    text_printf(t, ", (%d, %d)", up->rmin[d], up->rextent[d]);
                } else {
                    text_printf(t, ", (%d, E(", up->rmin[0]);
                    put_extent(t, k, up->extent0);
                    text_put(t, "))");
                }
            if (up->nr)
                text_put(t, ");\n");
            for (int i = 0; i < 2; i++) {
                const fx *where = i ? up->where2 : up->where;
                if (!where)
                    continue;
                text_printf(t, "where(r%d%c, ", f, 'a' + u);
                put_where(t, k, f, u, where);
                text_put(t, ");\n");
            }
            domains_of(k, f, u + 1, t);
            text_put(t, "define(");
            put_update(t, k, f, u);
            text_put(t, ");\n");
        }
    }
    fz_print_sayings(t, k);
}

void fz_print_schedule(text *t, const fz_case *k) { proposal_print(t, &k->plan); }

/* ---- building -------------------------------------------------------------------------------------------- */

static void build_update(cb_context *c, const fz_case *k, int f, int u)
{
    const fz_update *up = &k->func[f].update[u];
    text t;
    if (up->nr) {
        cb_expr pairs[2 * MAX_RVARS];
        for (int d = 0; d < up->nr; d++) {
            pairs[2 * d] = cb_expr_of_int(up->rmin[d]);
            pairs[2 * d + 1] = cb_expr_of_int(up->rextent[d]);
        }
        if (up->extent0) {
            text_init(&t, c->a);
            put_extent(&t, k, up->extent0);
            pairs[1] = cb_expr_text(text_str(&t), CB_NO_CAPTURES, nowhere);
        }
        char name[8];
        snprintf(name, sizeof name, "r%d%c", f, 'a' + u);
        cb_rdom r = cb_rdom_new(name, up->nr, pairs, nowhere);
        for (int i = 0; i < 2; i++) {
            const fx *where = i ? up->where2 : up->where;
            if (!where)
                continue;
            text_init(&t, c->a);
            put_where(&t, k, f, u, where);
            cb_rdom_where_text(r, text_str(&t), CB_NO_CAPTURES, nowhere);
        }
    }
    domains_of(k, f, u + 1, NULL);
    text_init(&t, c->a);
    put_update(&t, k, f, u);
    cb_define_text(text_str(&t), CB_NO_CAPTURES, nowhere);
}

static void build_inputs(const fz_case *k, cb_func *input)
{
    for (int i = 0; i < k->ninputs; i++) {
        char name[16];
        snprintf(name, sizeof name, "in%d", i);
        cb_func in = input[i] = cb_input(name, k->input[i].t, k->input[i].rank, nowhere);
        if (!k->input[i].edge)
            continue;
        snprintf(name, sizeof name, "edge%d", i);
        cb_func e = cb_func_new(name, nowhere);
        switch (k->input[i].edge_kind) { /* the order of fz_edges, which saved cases know */
        case 0: cb_repeat_edge(e, in, 0, NULL, nowhere); break;
        case 1: cb_mirror(e, in, 0, NULL, nowhere); break;
        case 2: cb_constant_exterior(e, in, cb_expr_of_int(5), 0, NULL, nowhere); break;
        case 3: cb_repeat_image(e, in, 0, NULL, nowhere); break;
        default: cb_mirror_interior(e, in, 0, NULL, nowhere); break;
        }
    }
}

pipeline *fz_build(cb_context *c, const fz_case *k)
{
    int errors = cb_error_count(c); /* of other programs in the context */
    cb_scope scope = cb_scope_enter(c, nowhere);
    cb_func out[MAX_FUNCS], func[MAX_FUNCS], input[MAX_INPUTS];
    cb_expr vars[MAX_RANK];
    int nout = 0;
    build_inputs(k, input);
    fz_declare_c();
    if (k->has_param)
        cb_param("p", T_I32, 0, NULL, nowhere);
    for (int d = 0; d < MAX_RANK; d++)
        vars[d] = cb_var(fz_vars[d], nowhere);
    for (int f = 0; f < k->nfuncs; f++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", f);
        const fz_func *fn = &k->func[f];
        cb_type types[] = {fn->t, fn->t2};
        bool last = f == k->nfuncs - 1;
        if (last || fn->output)
            func[f] = out[nout++] = cb_output_tuple(last ? "out" : name, fn->rank, fn->nvalues, types, nowhere);
        else
            func[f] = cb_func_new(name, nowhere);
        if (fn->ext) {
            fz_define_extern(k, f, func, input, vars);
            continue;
        }
        domains_of(k, f, 0, NULL);
        text t;
        text_init(&t, c->a);
        put_pure(&t, k, f);
        cb_define_text(text_str(&t), CB_NO_CAPTURES, nowhere);
        for (int u = 0; u < k->func[f].nupdates; u++)
            build_update(c, k, f, u);
    }
    fz_build_sayings(k, func, input);
    pipeline *p = cb_error_count(c) == errors ? cb_pipeline_of("fuzz", nout, out, nowhere).p : NULL;
    cb_scope_leave(&scope);
    return cb_error_count(c) == errors ? p : NULL;
}
