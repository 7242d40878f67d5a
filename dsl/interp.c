/* dsl/interp.c: the reference interpreter: what a program means, apart from any schedule.
 *
 *     blur_x(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y))/3
 *     out(x, y)    = (blur_x(x, y - 1) + blur_x(x, y) + blur_x(x, y + 1))/3
 *
 * Asked for out(0, 0), it finds that blur_x(0, -1), blur_x(0, 0) and blur_x(0, 1) are not known,
 * puts them on a stack of tasks, and tries out(0, 0) again when they are. So the stack of C stays
 * flat however long the chain of Funcs is. The meaning of updates is stated in interp.h; each
 * operation's is value_eval's.
 */
#include "interp.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- messages -------------------------------------------------------------------------------- */

static const char *point_text(interp *I, const char *name, const int32_t *p, uint32_t rank)
{
    text t;
    text_init(&t, I->ctx->a);
    text_printf(&t, "%s(", name);
    for (uint32_t i = 0; i < rank; i++)
        text_printf(&t, i ? ", %d" : "%d", p[i]);
    text_put(&t, ")");
    return text_str(&t);
}

void interp_note_overflow(interp *I, const char *name, const int32_t *p, uint32_t rank)
{
    if (I->overflow && !I->report->overflow) {
        I->report->overflow = true;
        if (!I->report->where)
            I->report->where = point_text(I, name, p, rank);
    }
    I->overflow = false;
}

static void bad_argument(interp *I, int code, const cb_func_s *f, const char *what)
{
    if (!I->code) {
        diags *D = &I->ctx->diags;
        diag *d = diag_begin(D, DIAG_INTERP_BUFFER, (cb_loc){0}, "the buffer of '%s' %s", f->name,
                             what);
        char type[16];
        diag_note(D, d, f->loc, "'%s' is declared here", f->name);
        diag_help(D, d, "it takes memory with elements of type %s and %u dimension%s",
                  type_name(f->types[0], type), f->rank, f->rank == 1 ? "" : "s");
        diag_end(D, d);
    }
    I->code = code;
}

/* ---- compiling Funcs ------------------------------------------------------------------------- */

ifunc *interp_func(void *user, ir_sym s)
{
    interp *I = user;
    uint64_t w;
    if (map_get(&I->funcs, s, &w))
        return (ifunc *)(uintptr_t)w;
    ifunc *f = NEW(I->a, ifunc);
    f->src = ir_symbol_of(I->ctx, s)->aux;
    f->points.rank = f->src->rank;
    f->points.width = 3 * f->src->nvalues; /* the values, whether they are there, their slack */
    map_put(I->a, &I->funcs, s, (uint64_t)(uintptr_t)f);
    return f;
}

/* Called only while Funcs are compiled, which is after the buffers were checked. */
static ir_value field_of(void *user, const ir *n)
{
    interp *I = user;
    const ifunc *f = interp_func(I, n->u.ref.sym);
    uint32_t d = n->u.ref.index % 16;
    if (!f->input || d >= f->src->rank)
        diag_bug(&I->ctx->diags, "interp", "a field of '%s'", f->src->name);
    switch ((ir_buffer_field)(n->u.ref.index / 16)) {
    case FIELD_MIN: return (ir_value){.i = f->input->dim[d].min};
    case FIELD_EXTENT: return (ir_value){.i = f->input->dim[d].extent};
    case FIELD_STRIDE: return (ir_value){.i = f->input->dim[d].stride};
    case FIELD_TYPE_CODE: return (ir_value){.i = f->input->type.code};
    case FIELD_TYPE_BITS: return (ir_value){.i = f->input->type.bits};
    case FIELD_RANK: return (ir_value){.i = f->input->rank};
    case FIELD_IS_NULL:
    case FIELD_IS_QUERY:
    case FIELD_HOST_NULL:
    case FIELD_BAD_VERSION:
    case FIELD_HOST_LOW:
    case FIELD_COUNT: break;
    }
    return (ir_value){0};
}

static icode *compile_all(interp *I, const code_symbols *syms, const ir *const *a, uint32_t na,
                         const ir *const *b, uint32_t nb)
{
    const ir **root = NEW_ARRAY(I->a, const ir *, na + nb);
    for (uint32_t i = 0; i < na; i++)
        root[i] = a[i];
    for (uint32_t i = 0; i < nb; i++)
        root[na + i] = b[i];
    return code_new(I->ctx, I->a, syms, root, na + nb);
}

static void compile_domain(interp *I, stage *s, code_symbols *syms)
{
    const rdom *dom = s->def->dom;
    const ir **root = NEW_ARRAY(I->a, const ir *, 2 * dom->ndims);
    for (uint32_t d = 0; d < dom->ndims; d++) {
        root[2 * d] = dom->dims[d].min;
        root[2 * d + 1] = dom->dims[d].extent;
        map_put(I->a, &syms->env, dom->dims[d].sym, s->npure + d);
    }
    s->bounds = compile_all(I, syms, root, 2 * dom->ndims, NULL, 0);
    s->nwhere = dom->where.n;
    s->where = NEW_ARRAY(I->a, icode *, s->nwhere);
    for (uint32_t i = 0; i < s->nwhere; i++)
        s->where[i] = compile_all(I, syms, &dom->where.at[i], 1, NULL, 0);
}

static void compile_main(interp *I, stage *s, code_symbols *syms)
{
    cb_context *c = I->ctx;
    uint32_t n = s->f->src->nvalues, nlhs = s->index ? s->f->src->rank : 0;
    const ir *when;
    vec(const ir *) root = {0};
    s->nwhen = s->def->partial ? n : 0;
    s->nplaces = def_places(c, s->f->src, s->def);
    s->nroots = nlhs + n + s->nwhen;
    for (uint32_t k = 0; k < s->nplaces; k++) {
        for (uint32_t i = 0; i < nlhs; i++)
            vec_push(I->a, &root, ir_at_place(c, s->def->lhs[i], k));
        const uint32_t first = root.n;
        for (uint32_t v = 0; v < n + s->nwhen; v++)
            vec_push(I->a, &root, NULL);
        for (uint32_t v = 0; v < n; v++) {
            const ir *value = ir_split_undef(c, ir_at_place(c, s->def->values[v], k), &when);
            root.at[first + v] = value ? value : ir_const(c, s->f->src->types[v], 0);
            if (s->nwhen)
                root.at[first + n + v] = when;
        }
    }
    s->main = compile_all(I, syms, root.at, root.n, NULL, 0);
}

static void compile_stage(interp *I, ifunc *f, uint32_t k)
{
    stage *s = &f->stages[k];
    uint32_t rank = f->src->rank;
    code_symbols syms = {
        .value = I->params, .func = interp_func, .field = field_of, .user = I, .strict = I->pipe->strict};
    *s = (stage){.f = f, .index = k, .def = f->src->defs.at[k]};
    s->pure = NEW_ARRAY(I->a, uint32_t, rank);
    s->other = NEW_ARRAY(I->a, uint32_t, rank);
    if (s->def->kind == DEF_EXTERN) {
        vec(const ir *) scalars = {0};
        for (uint32_t i = 0; i < s->def->ngiven; i++)
            if (!given_func(I->ctx, s->def->given[i]))
                vec_push(I->a, &scalars, s->def->given[i]);
        s->main = compile_all(I, &syms, scalars.at, scalars.n, NULL, 0);
        return;
    }
    for (uint32_t d = 0; d < rank; d++) {
        ir_sym v = k == 0 ? f->src->args[d] : s->def->pure_dim ? s->def->pure_dim[d] : 0;
        if (v) {
            map_put(I->a, &syms.env, v, s->npure);
            s->pure[s->npure++] = d;
        } else {
            s->other[s->nother++] = d;
        }
    }
    s->slices.rank = s->npure;
    s->slices.width = 1;
    if (s->def->dom)
        compile_domain(I, s, &syms);
    compile_main(I, s, &syms);
}

static void compile_func(interp *I, ifunc *f)
{
    if (f->compiled)
        return;
    f->compiled = true;
    f->nstages = f->src->defs.n;
    if (!f->nstages)
        diag_bug(&I->ctx->diags, "interp", "'%s' has no definition", f->src->name);
    f->stages = NEW_ARRAY(I->a, stage, f->nstages);
    for (uint32_t k = 0; k < f->nstages; k++)
        compile_stage(I, f, k);
}

/* ---- values on demand ------------------------------------------------------------------------ */

uint64_t interp_load(const char *p, unsigned bytes)
{
    uint8_t b1;
    uint16_t b2;
    uint32_t b4;
    uint64_t b8;
    switch (bytes) {
    case 1: memcpy(&b1, p, 1); return b1;
    case 2: memcpy(&b2, p, 2); return b2;
    case 4: memcpy(&b4, p, 4); return b4;
    default: memcpy(&b8, p, 8); return b8;
    }
}

void interp_store(char *p, unsigned bytes, uint64_t v)
{
    uint8_t b1 = (uint8_t)v;
    uint16_t b2 = (uint16_t)v;
    uint32_t b4 = (uint32_t)v;
    switch (bytes) {
    case 1: memcpy(p, &b1, 1); return;
    case 2: memcpy(p, &b2, 2); return;
    case 4: memcpy(p, &b4, 4); return;
    default: memcpy(p, &v, 8); return;
    }
}

/* The address of an element, or NULL outside of the buffer. */
char *interp_element(const cb_buffer *b, const int32_t *p)
{
    int64_t at = 0;
    for (int32_t d = 0; d < b->rank; d++) {
        int64_t k = (int64_t)p[d] - b->dim[d].min;
        if (k < 0 || k >= b->dim[d].extent)
            return NULL;
        at += k * b->dim[d].stride;
    }
    return (char *)b->host + at * (int64_t)type_bytes(b->type);
}

bool interp_is_empty(const cb_buffer *b)
{
    for (int32_t d = 0; d < b->rank; d++)
        if (b->dim[d].extent <= 0)
            return true;
    return false;
}

typedef struct accesses {
    cb_context *c;
    ir_sym sym;
    uint32_t n;
    text *t;
} accesses;

static bool note_access(void *env, const ir *n)
{
    accesses *A = env;
    if (n->op == IR_CALL && n->u.ref.sym == A->sym && A->n < 4)
        text_printf(A->t, "%s%s", A->n++ ? ", " : "", ir_text(A->c, n));
    return true;
}

/* How the definitions of the pipeline read f. */
static void note_accesses(interp *I, diag *d, const ifunc *f)
{
    for (uint32_t i = 0; i < I->pipe->funcs.n; i++) {
        const cb_func_s *g = I->pipe->funcs.at[i];
        text t;
        text_init(&t, I->ctx->a);
        accesses A = {I->ctx, f->src->sym, 0, &t};
        for (uint32_t k = 0; k < g->defs.n; k++)
            for (uint32_t v = 0; v < g->nvalues && g->defs.at[k]->values; v++)
                ir_visit(I->ctx, g->defs.at[k]->values[v], note_access, &A);
        if (A.n)
            diag_note(&I->ctx->diags, d, g->defs.at[0]->loc, "'%s' reads %s", g->name, text_str(&t));
    }
}

static ir_value read_input(interp *I, ifunc *f, const int32_t *p)
{
    ir_value v = {0};
    if (!f->input || I->code)
        return v;
    const char *at = interp_element(f->input, p);
    if (at && type_is_bool(f->input->type)) {
        v.i = *at != 0;
        return v;
    }
    if (at)
        return value_from_bits(f->input->type, interp_load(at, type_bytes(f->input->type)));
    const char *access = point_text(I, f->src->name, p, f->src->rank);
    I->report->out_of_bounds = true;
    I->report->where = access;
    I->code = CB_ERR_OUT_OF_BOUNDS;
    diag *d = diag_begin(&I->ctx->diags, DIAG_INPUT_BOUNDS, (cb_loc){0},
                         f->src->table ? "%s is outside of the table '%s'"
                                       : "%s is outside of the buffer given for '%s'",
                         access, f->src->name);
    for (int32_t k = 0; k < f->input->rank; k++)
        diag_note(&I->ctx->diags, d, (cb_loc){0}, "dimension %d: from %d, %d elements", k,
                  f->input->dim[k].min, f->input->dim[k].extent);
    note_accesses(I, d, f);
    diag_note(&I->ctx->diags, d, f->src->loc, "'%s' is declared here", f->src->name);
    diag_help(&I->ctx->diags, d, "%s, or read '%s' through a boundary condition such as repeat_edge",
              f->src->table ? "clamp() the coordinates" : "give a larger buffer", f->src->name);
    diag_end(&I->ctx->diags, d);
    return v;
}

static slice *slice_of(interp *I, stage *s, const int32_t *p)
{
    int32_t key[CB_MAX_RANK];
    for (uint32_t i = 0; i < s->npure; i++)
        key[i] = p[s->pure[i]];
    ir_value *v = ptable_get(&s->slices, key);
    if (v)
        return s->slice.at[v->i];
    uint32_t nr = s->def->dom ? s->def->dom->ndims : 0;
    slice *sl = NEW(I->a, slice);
    sl->stage = s;
    sl->written.rank = s->nother;
    sl->written.width = 3 * s->f->src->nvalues;
    sl->env = NEW_ARRAY(I->a, int32_t, s->npure + nr);
    memcpy(sl->env, key, s->npure * sizeof *key);
    if (nr) {
        sl->min = NEW_ARRAY(I->a, int64_t, 3 * nr);
        sl->extent = sl->min + nr;
        sl->at = sl->extent + nr;
    }
    ptable_put(I->a, &s->slices, key)->i = s->slice.n;
    vec_push(I->a, &s->slice, sl);
    return sl;
}

static ir_value *written_at(const slice *sl, const int32_t *p)
{
    int32_t key[CB_MAX_RANK];
    const stage *s = sl->stage;
    for (uint32_t i = 0; i < s->nother; i++)
        key[i] = p[s->other[i]];
    return ptable_get(&sl->written, key);
}

/* Value k of those at v, or NULL where it has none. */
static const ir_value *given(const ifunc *f, const ir_value *v, uint32_t k)
{
    return v && v[f->src->nvalues + k].i ? &v[k] : NULL;
}

/* Value `which` of f at p as `self` sees it (NULL: after all stages), followed nvalues words later
 * by whether it is one, and as many later by its slack; NULL when something has to be computed
 * first, which is then on the stack of tasks. *doubtful: it may be any other. */
const ir_value *interp_value(interp *I, ifunc *f, const int32_t *p, uint32_t which,
                                const slice *self, bool *doubtful)
{
    compile_func(I, f);
    uint32_t k = f->nstages - 1;
    const ir_value *v;
    *doubtful = false;
    if (self && self->stage->f == f) {
        *doubtful = self->doubtful;
        v = given(f, written_at(self, p), which);
        if (v)
            return v;
        k = self->stage->index - 1;
    }
    for (; k > 0; k--) {
        slice *sl = slice_of(I, &f->stages[k], p);
        if (!sl->done) {
            vec_push(I->a, &I->tasks, (task){.f = f, .slice = sl});
            return NULL;
        }
        *doubtful |= sl->doubtful;
        v = given(f, written_at(sl, p), which);
        if (v)
            return v;
    }
    v = ptable_get(&f->points, p);
    if (!v) {
        task t = {.f = f};
        memcpy(t.p, p, f->src->rank * sizeof *p);
        vec_push(I->a, &I->tasks, t);
    }
    return v ? v + which : NULL;
}

/* ---- running code ---------------------------------------------------------------------------- */

static bool any_missing(const icode *C, const instr *in)
{
    for (uint32_t i = 0; i < in->nargs; i++)
        if (C->missing[C->arg.at[in->first + i]])
            return true;
    return false;
}

/* False when the value is not known yet. */
static bool run_call(interp *I, icode *C, const instr *in, const slice *self)
{
    int32_t p[CB_MAX_RANK];
    bool elsewhere = false, doubtful;
    for (uint32_t i = 0; i < in->nargs; i++) {
        uint32_t slot = C->arg.at[in->first + i];
        p[i] = (int32_t)C->slot.at[slot].i;
        elsewhere |= C->slack[slot] > 0;
    }
    if (in->callee->src->is_input) {
        C->slot.at[in->dst] = read_input(I, in->callee, p);
        C->slack[in->dst] = elsewhere ? INFINITY : 0;
        return true;
    }
    const ir_value *v = interp_value(I, in->callee, p, in->value, self, &doubtful);
    uint32_t n = in->callee->src->nvalues;
    if (!v)
        return false;
    C->slot.at[in->dst] = *v;
    C->slack[in->dst] = elsewhere || doubtful ? INFINITY : v[2 * n].f;
    if (!v[n].i && !I->report->undefined) {
        I->report->undefined = true;
        if (!I->report->where)
            I->report->where = point_text(I, in->callee->src->name, p, in->callee->src->rank);
    }
    return true;
}

static void run_op(interp *I, icode *C, const instr *in)
{
    ir_value arg[3] = {{0}};
    double slack[3] = {0};
    for (uint32_t i = 0; i < in->nargs; i++) {
        arg[i] = C->slot.at[C->arg.at[in->first + i]];
        slack[i] = C->slack[C->arg.at[in->first + i]];
    }
    value_eval(in->op, in->type, in->operand, arg, &C->slot.at[in->dst], &I->overflow);
    if (I->args->slack)
        C->slack[in->dst] = interp_slack(in, arg, slack, C->slot.at[in->dst]);
}

/* The line of an effect, as compiled code writes it. */
static const char *effect_line(interp *I, const icode *C, const ieffect *e)
{
    text t;
    text_init(&t, I->a);
    for (uint32_t i = 2; i < e->node->nargs; i++) {
        const ir *n = e->node->arg[i];
        ir_value v = C->slot.at[e->slot[i]];
        text_put(&t, i > 2 ? " " : "");
        if (n->op == IR_STRING)
            text_put(&t, n->u.s);
        else
            value_put(&t, n->type, v, 6);
    }
    return text_str(&t);
}

static void do_effects(interp *I, const icode *C)
{
    for (uint32_t i = 0; i < C->effects.n && !I->code; i++) {
        const ieffect *e = &C->effects.at[i];
        bool holds = C->slot.at[e->slot[1]].i != 0;
        if (e->kind == EFFECT_PRINT && holds) {
            const char *line = effect_line(I, C, e);
            if (I->args->print)
                I->args->print(I->args->user, line);
            else
                fprintf(stderr, "%s\n", line);
        } else if (e->kind == EFFECT_REQUIRE && !holds) {
            I->code = CB_ERR_REQUIREMENT;
            diag *d = diag_begin(&I->ctx->diags, DIAG_RUN_FAILED, (cb_loc){0}, "%s",
                                 effect_line(I, C, e));
            diag_end(&I->ctx->diags, d);
        }
    }
}

/* Runs the code for the environment; false when calls had to be put on the stack of tasks. Calls
 * that depend on none of those are made all the same, so that one round finds all it can. */
bool interp_code(interp *I, icode *C, const int32_t *env, const slice *self)
{
    I->overflow = false;
    if (C->dirty)
        memset(C->missing, 0, C->slot.n);
    C->dirty = false;
    for (uint32_t i = 0; i < C->env_dst.n; i++)
        C->slot.at[C->env_dst.at[i]].i = env[C->env_src.at[i]];
    for (uint32_t k = 0; k < C->at.n; k++) {
        const instr *in = &C->at.at[k];
        bool known = !C->dirty || !any_missing(C, in);
        if (known && in->op == IR_CALL) {
            known = run_call(I, C, in, self);
        } else if (known) {
            in->c_call ? interp_c_call(I, C, in) : run_op(I, C, in);
        }
        if (!known) {
            C->missing[in->dst] = 1;
            C->dirty = true;
        }
    }
    if (!C->dirty && !I->code && C->effects.n)
        do_effects(I, C);
    return !C->dirty && !I->code;
}

ir_value interp_root(const icode *C, uint32_t i) { return C->slot.at[C->root[i]]; }
static double root_slack(const icode *C, uint32_t i) { return C->slack[C->root[i]]; }

/* The values of an iteration of s at one of its places into v; their code has run. */
static void take_values(const stage *s, uint32_t place, ir_value *v)
{
    uint32_t n = s->f->src->nvalues, first = place * s->nroots + (s->index ? s->f->src->rank : 0);
    for (uint32_t i = 0; i < n; i++) {
        bool either = s->nwhen && root_slack(s->main, first + n + i) > 0;
        v[2 * n + i].f = either ? INFINITY : v[2 * n + i].f;
        if (s->nwhen && !interp_root(s->main, first + n + i).i)
            continue;
        v[i] = interp_root(s->main, first + i);
        v[n + i].i = 1;
        v[2 * n + i].f = either ? INFINITY : root_slack(s->main, first + i);
    }
}

/* What the caller's buffers hold where the pure definition gives no value. */
static void take_old(const ifunc *f, const int32_t *p, ir_value *v)
{
    uint32_t n = f->src->nvalues;
    for (uint32_t i = 0; f->output && i < n; i++) {
        const cb_buffer *b = f->output[i];
        const char *at = v[n + i].i || interp_is_empty(b) ? NULL : interp_element(b, p);
        if (!at)
            continue;
        v[i] = value_from_bits(b->type, interp_load(at, type_bytes(b->type)));
        if (type_is_bool(b->type))
            v[i].i = *at != 0;
        v[n + i].i = 1;
    }
}

/* ---- tasks: all of them return false when they have to wait (or the run has failed) ---------- */

static bool run_point(interp *I, ifunc *f, const int32_t *p)
{
    if (ptable_get(&f->points, p))
        return true;
    if (f->stages[0].def->kind == DEF_EXTERN)
        return interp_extern(I, f, p);
    icode *C = f->stages[0].main;
    if (!interp_code(I, C, p, NULL))
        return false;
    interp_note_overflow(I, f->src->name, p, f->src->rank);
    ir_value *v = ptable_put(I->a, &f->points, p);
    take_values(&f->stages[0], 0, v);
    if (f->stages[0].nwhen)
        take_old(f, p, v);
    I->report->points++;
    return true;
}

/* A place for messages: the pure coordinates of the slice, the others unknown (0). */
static void note_slice_overflow(interp *I, const slice *sl)
{
    int32_t p[CB_MAX_RANK] = {0};
    for (uint32_t i = 0; i < sl->stage->npure; i++)
        p[sl->stage->pure[i]] = sl->env[i];
    interp_note_overflow(I, sl->stage->f->src->name, p, sl->stage->f->src->rank);
}

static bool start_slice(interp *I, slice *sl)
{
    stage *s = sl->stage;
    uint32_t nr = s->def->dom ? s->def->dom->ndims : 0;
    if (nr) {
        if (!interp_code(I, s->bounds, sl->env, sl))
            return false;
        note_slice_overflow(I, sl);
    }
    for (uint32_t d = 0; d < nr; d++) {
        sl->min[d] = interp_root(s->bounds, 2 * d).i;
        sl->extent[d] = interp_root(s->bounds, 2 * d + 1).i;
        sl->doubtful |= root_slack(s->bounds, 2 * d) > 0 || root_slack(s->bounds, 2 * d + 1) > 0;
        if (sl->extent[d] <= 0)
            sl->done = true; /* not one iteration */
    }
    sl->started = true;
    return true;
}

/* To the next iteration, dimension 0 first; false after the last. */
static bool next_iteration(slice *sl)
{
    uint32_t nr = sl->stage->def->dom ? sl->stage->def->dom->ndims : 0;
    sl->where = 0;
    for (uint32_t d = 0; d < nr; d++) {
        if (++sl->at[d] < sl->extent[d])
            return true;
        sl->at[d] = 0;
    }
    return false;
}

static void set_rvars(interp *I, slice *sl)
{
    stage *s = sl->stage;
    uint32_t nr = s->def->dom ? s->def->dom->ndims : 0;
    for (uint32_t d = 0; d < nr; d++) {
        int64_t v = sl->min[d] + sl->at[d];
        sl->env[s->npure + d] = (int32_t)v;
        if (v > INT32_MAX) {
            I->overflow = true;
            note_slice_overflow(I, sl);
        }
    }
}

/* All values are computed before any is written. */
static bool run_iteration(interp *I, slice *sl)
{
    stage *s = sl->stage;
    ifunc *f = s->f;
    int32_t p[CB_MAX_RANK], key[CB_MAX_RANK];
    set_rvars(I, sl);
    for (; sl->where < s->nwhere; sl->where++) {
        icode *C = s->where[sl->where];
        if (!interp_code(I, C, sl->env, sl))
            return false;
        note_slice_overflow(I, sl);
        sl->doubtful |= root_slack(C, 0) > 0;
        if (!interp_root(C, 0).i)
            return true;
    }
    if (!interp_code(I, s->main, sl->env, sl))
        return false;
    for (uint32_t k = 0; k < s->nplaces; k++) {
        for (uint32_t d = 0; d < f->src->rank; d++) {
            p[d] = (int32_t)interp_root(s->main, k * s->nroots + d).i;
            sl->doubtful |= root_slack(s->main, k * s->nroots + d) > 0;
        }
        interp_note_overflow(I, f->src->name, p, f->src->rank);
        for (uint32_t i = 0; i < s->nother; i++)
            key[i] = p[s->other[i]];
        ir_value *v = ptable_put(I->a, &sl->written, key);
        take_values(s, k, v);
        I->report->points++;
    }
    return true;
}

static bool run_slice(interp *I, slice *sl)
{
    if (!sl->started && !start_slice(I, sl))
        return false;
    while (!sl->done) {
        if (!run_iteration(I, sl))
            return false;
        if (!next_iteration(sl))
            sl->done = true;
    }
    return true;
}

/* A final value of f at p; NULL when the run has failed. */
static const ir_value *demand(interp *I, ifunc *f, const int32_t *p, uint32_t which, bool *doubtful)
{
    const ir_value *v;
    while (!(v = interp_value(I, f, p, which, NULL, doubtful)) && !I->code) {
        while (I->tasks.n && !I->code) {
            task t = I->tasks.at[I->tasks.n - 1];
            uint32_t n = I->tasks.n;
            if (t.slice ? run_slice(I, t.slice) : run_point(I, t.f, t.p))
                I->tasks.n = n - 1; /* a task that succeeds has pushed nothing */
        }
    }
    return I->code ? NULL : v;
}

/* ---- arguments and outputs ------------------------------------------------------------------- */

static bool check_buffer(interp *I, const cb_func_s *f, uint32_t value, const cb_buffer *b)
{
    if (!b)
        bad_argument(I, CB_ERR_NULL_BUFFER, f, "is missing");
    else if (!type_eq(b->type, f->types[value]))
        bad_argument(I, CB_ERR_BAD_TYPE, f, "has another element type");
    else if (b->rank < 0 || (uint32_t)b->rank != f->rank)
        bad_argument(I, CB_ERR_BAD_RANK, f, "has another number of dimensions");
    else if (!b->host && !interp_is_empty(b))
        bad_argument(I, CB_ERR_NO_HOST, f, "has no host memory");
    return !I->code;
}

static const cb_buffer *given_buffer(void *user, const cb_func_s *f, uint32_t v)
{
    const interp *I = user;
    uint32_t k = 0;
    for (uint32_t i = 0; i < I->pipe->inputs.n; i++)
        if (I->pipe->inputs.at[i] == f)
            return I->args->inputs[i];
    for (uint32_t i = 0; i < I->pipe->outputs.n; k += I->pipe->outputs.at[i++]->nvalues)
        if (I->pipe->outputs.at[i] == f)
            return I->args->outputs[k + v];
    return NULL;
}

/* What the program says of its arguments (said.c). */
static void check_sayings(interp *I)
{
    said_args A = {I->pipe, I->args->params, given_buffer, I};
    said_fault fault;
    if (I->code || said_holds(&A, &fault))
        return;
    diags *D = &I->ctx->diags;
    diag *d = diag_begin(D, DIAG_INTERP_BUFFER, fault.loc, "%s", fault.text);
    diag_help(D, d, "give arguments of which this is true, or take it out of the program");
    diag_end(D, d);
    I->code = fault.code;
}

/* Computes an output and, if `store`, writes it; the slack of its elements to `slack` unless NULL. */
static void write_output(interp *I, ifunc *f, uint32_t value, const cb_buffer *b, bool store,
                         double *slack)
{
    int32_t p[CB_MAX_RANK];
    bool doubtful;
    if (interp_is_empty(b))
        return;
    for (int32_t d = 0; d < b->rank; d++)
        p[d] = b->dim[d].min;
    for (;;) {
        const ir_value *v = demand(I, f, p, value, &doubtful);
        if (!v)
            return;
        if (slack)
            *slack++ = doubtful ? INFINITY : v[2 * f->src->nvalues].f;
        if (store && v[f->src->nvalues].i)
            interp_store(interp_element(b, p), type_bytes(b->type), value_to_bits(b->type, *v));
        int32_t d = 0;
        while (d < b->rank && p[d] - b->dim[d].min == b->dim[d].extent - 1) {
            p[d] = b->dim[d].min;
            d++;
        }
        if (d == b->rank)
            return;
        p[d]++;
    }
}

static void bind_arguments(interp *I)
{
    pipeline *P = I->pipe;
    for (uint32_t i = 0; i < P->inputs.n; i++) {
        if (!check_buffer(I, P->inputs.at[i], 0, I->args->inputs[i]))
            return;
        interp_func(I, P->inputs.at[i]->sym)->input = I->args->inputs[i];
    }
    for (uint32_t i = 0; i < P->tables.n; i++)
        interp_func(I, P->tables.at[i]->sym)->input = P->tables.at[i]->table;
    for (uint32_t i = 0; i < P->params.n; i++)
        map_put(I->a, &I->params, P->params.at[i]->sym,
                (union { ir_value v; uint64_t u; }){I->args->params[i]}.u);
}

static void write_all(interp *I, bool store)
{
    pipeline *P = I->pipe;
    uint32_t k = 0;
    for (uint32_t i = 0; i < P->outputs.n; i++)
        for (uint32_t v = 0; v < P->outputs.at[i]->nvalues && !I->code; v++, k++)
            write_output(I, interp_func(I, P->outputs.at[i]->sym), v, I->args->outputs[k], store,
                         I->args->slack ? I->args->slack[k] : NULL);
}

static void run_all(interp *I)
{
    pipeline *P = I->pipe;
    uint32_t k = 0;
    bind_arguments(I);
    for (uint32_t i = 0; i < P->outputs.n && !I->code; i++)
        for (uint32_t v = 0; v < P->outputs.at[i]->nvalues && !I->code; v++)
            check_buffer(I, P->outputs.at[i], v, I->args->outputs[k++]);
    check_sayings(I);
    k = 0;
    for (uint32_t i = 0; i < P->outputs.n; k += P->outputs.at[i++]->nvalues) {
        interp_func(I, P->outputs.at[i]->sym)->output = I->args->outputs + k;
        for (uint32_t d = 0; d < P->outputs.at[i]->defs.n; d++)
            I->in_place |= P->outputs.at[i]->defs.at[d]->partial;
    }
    if (I->in_place) /* nothing is overwritten before all that may be read of it was */
        write_all(I, false);
    write_all(I, true);
}

static void free_arena(void *a) { arena_free(a); }

/* 0, or the code of a failure that has been reported. All that is kept during a run lies in an arena
 * of the run's own. */
int interp_run(pipeline *p, const interp_args *args, interp_report *report)
{
    cb_context *c = p->ctx;
    guard g;
    const int errors = c->diags.errors;
    interp I = {.ctx = c, .pipe = p, .args = args, .report = report};
    *report = (interp_report){0};
    if (!guard_enter(&g, &c->esc))
        return diag_failed(&c->diags, errors, (cb_loc){0}) ? CB_ERR_OUT_OF_MEMORY : CB_ERR_INTERNAL;
    I.a = arena_new(arena_fns(c->a), &c->esc);
    if (!I.a)
        guard_fail(&c->esc);
    guard_defer(&c->esc, &I.cleanup, free_arena, I.a);
    run_all(&I);
    guard_undefer(&c->esc, &I.cleanup);
    arena_free(I.a);
    guard_leave(&g, &c->esc);
    return I.code;
}
