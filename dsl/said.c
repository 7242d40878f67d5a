/* dsl/said.c: does what a program says of its arguments (constrain.c) hold for these?
 *
 *     set_extent(b, 0, E(a.extent(0) + n))      a 0:10, n = 2, b 0:11   ->   "blur.c:7: input 'b' must have
 *                                               extent 12 in dimension 0, a.extent(0) + n, but has 11"
 *
 * For the interpreter, which refuses what compiled code refuses, and for what makes arguments. A field of which
 * something is said counts as what is said, as it does in compiled code: in a dimension of one element the
 * buffer may have another stride.
 */
#include "model.h"

typedef struct reading {
    const said_args *A;
    const cb_func_s *f; /* a rule's own Func, and which of its buffers */
    uint32_t value;
    bool known, overflow;
    int depth;
} reading;

static bool read_expr(reading *R, const ir *e, ir_value *out);

/* A field as it counts; false: a buffer is not known yet. */
static bool read_field(reading *R, const cb_func_s *f, uint32_t d, int what, int64_t *out)
{
    const field_rule *r = pipeline_rule(R->A->p, f, d, what);
    uint32_t v = f == R->f ? R->value : 0;
    if (r) {
        reading inner = {.A = R->A, .f = f, .value = v, .known = true, .depth = R->depth + 1};
        ir_value x;
        bool ok = read_expr(&inner, r->value, &x);
        R->overflow |= inner.overflow;
        *out = x.i;
        return ok;
    }
    if (what == 2 && d == 0 && !f->any_stride) {
        *out = 1;
        return true;
    }
    const cb_buffer *b = R->A->buffer(R->A->user, f, v);
    if (!b || b->rank != (int32_t)f->rank)
        return false;
    *out = what == 0 ? b->dim[d].min : what == 1 ? b->dim[d].extent : b->dim[d].stride;
    return true;
}

static const ir *replace_field(ir_mapper *m, const ir *n)
{
    reading *R = m->env;
    if (n->op != IR_FIELD)
        return ir_map(m, n);
    int64_t v = 0;
    const cb_func_s *f = ir_symbol_of(m->ctx, n->u.ref.sym)->aux;
    R->known &= read_field(R, f, n->u.ref.index % 16, (int)(n->u.ref.index / 16), &v);
    return ir_int(m->ctx, n->type, v);
}

static bool param_value(void *env, ir_sym s, ir_value *out)
{
    const said_args *A = env;
    for (uint32_t i = 0; i < A->p->params.n; i++)
        if (A->p->params.at[i]->sym == s) {
            *out = A->params[i];
            return true;
        }
    return false;
}

static bool read_expr(reading *R, const ir *e, ir_value *out)
{
    cb_context *c = R->A->p->ctx;
    ir_mapper m = {.ctx = c, .fn = replace_field, .env = R};
    bool overflow = false;
    *out = (ir_value){0};
    const ir *closed = ir_apply(&m, e);
    if (!R->known || !ir_eval(c, closed, param_value, (void *)(uintptr_t)R->A, out, &overflow))
        return false;
    R->overflow |= overflow;
    return true;
}

said_truth said_value(const said_args *A, const ir *e, ir_value *out)
{
    reading R = {.A = A, .known = true};
    if (!read_expr(&R, e, out))
        return SAID_UNKNOWN;
    return R.overflow ? SAID_OVERFLOWS : SAID_TRUE;
}

said_truth said_field(const said_args *A, const cb_func_s *f, uint32_t value, uint32_t d, int what, int64_t *out)
{
    reading R = {.A = A, .f = f, .value = value, .known = true};
    if (!read_field(&R, f, d, what, out))
        return SAID_UNKNOWN;
    return R.overflow ? SAID_OVERFLOWS : SAID_TRUE;
}

/* ---- everything ---------------------------------------------------------------------------------- */

static bool check_field(const said_args *A, const cb_func_s *f, uint32_t v, uint32_t d, int what, said_fault *fault)
{
    cb_context *c = A->p->ctx;
    const field_rule *r = pipeline_rule(A->p, f, d, what);
    const cb_buffer *b = A->buffer(A->user, f, v);
    if (!r || !b || b->rank != (int32_t)f->rank)
        return true;
    int64_t want, have = what == 0 ? b->dim[d].min : what == 1 ? b->dim[d].extent : b->dim[d].stride;
    said_truth t = said_field(A, f, v, d, what, &want);
    if (t == SAID_UNKNOWN || (what == 2 && b->dim[d].extent <= 1) || (t == SAID_TRUE && want == have))
        return true;
    bool number = r->value->op == IR_INT;
    const char *say = arena_printf(c->a, "%s: %s '%s' must have %s %lld in dimension %u%s%s, but has %lld",
                                   loc_in_code(c, r->loc), f->is_input ? "input" : "output", f->name,
                                   buffer_field_words[what], (long long)want, d, number ? "" : ", ",
                                   number ? "" : ir_text(c, r->value), (long long)have);
    *fault = (said_fault){CB_ERR_CONSTRAINT, say, r->loc, NULL};
    return false;
}

static bool check_buffer(const said_args *A, const cb_func_s *f, uint32_t v, said_fault *fault)
{
    cb_context *c = A->p->ctx;
    for (uint32_t d = 0; d < f->rank; d++)
        for (int what = 0; what < 3; what++)
            if (!check_field(A, f, v, d, what, fault))
                return false;
    const cb_buffer *b = A->buffer(A->user, f, v);
    if (!b || !b->host || !f->host_align || (uintptr_t)b->host % f->host_align == 0)
        return true;
    const char *say = arena_printf(c->a, "%s: the memory of %s '%s' must begin at a multiple of %u bytes, but begins %u bytes after one",
                                   loc_in_code(c, f->align_loc), f->is_input ? "input" : "output", f->name,
                                   f->host_align, (unsigned)((uintptr_t)b->host % f->host_align));
    *fault = (said_fault){CB_ERR_CONSTRAINT, say, f->align_loc, NULL};
    return false;
}

static bool check_requirement(const said_args *A, const requirement *r, said_fault *fault)
{
    cb_context *c = A->p->ctx;
    ir_value v;
    text t;
    said_truth holds = said_value(A, r->cond, &v);
    if (holds == SAID_UNKNOWN || (holds == SAID_TRUE && v.i))
        return true;
    text_init(&t, c->a);
    text_printf(&t, "%s: the requirement %s %s%s", loc_in_code(c, r->loc), ir_text(c, r->cond),
                holds == SAID_OVERFLOWS ? "overflows" : "does not hold", r->line.n ? ":" : "");
    for (uint32_t i = 0; i < r->line.n; i++) {
        const ir *e = r->line.at[i];
        text_put(&t, " ");
        if (e->op == IR_STRING)
            text_put(&t, e->u.s);
        else if (said_value(A, e, &v) == SAID_TRUE)
            value_put(&t, e->type, v, 6);
        else
            text_put(&t, "?");
    }
    *fault = (said_fault){CB_ERR_REQUIREMENT, text_str(&t), r->loc, r};
    return false;
}

bool said_holds(const said_args *A, said_fault *fault)
{
    const pipeline *p = A->p;
    for (uint32_t i = 0; i < p->inputs.n; i++)
        if (!check_buffer(A, p->inputs.at[i], 0, fault))
            return false;
    for (uint32_t i = 0; i < p->outputs.n; i++)
        for (uint32_t v = 0; v < p->outputs.at[i]->nvalues; v++)
            if (!check_buffer(A, p->outputs.at[i], v, fault))
                return false;
    return said_requirements(A, fault);
}

bool said_requirements(const said_args *A, said_fault *fault)
{
    for (uint32_t i = 0; i < A->p->requirements.n; i++)
        if (!check_requirement(A, A->p->requirements.at[i], fault))
            return false;
    return true;
}

/* ---- as text ------------------------------------------------------------------------------------- */

void said_print(text *t, const pipeline *p, const cb_func_s *f, const char *before)
{
    for (uint32_t d = 0; d < f->rank; d++)
        for (int what = 0; what < 3; what++) {
            const field_rule *r = pipeline_rule(p, f, d, what);
            if (r)
                text_printf(t, "%s%s.%s(%u) is %s\n", before, f->name, buffer_field_words[what], d,
                            ir_text(p->ctx, r->value));
        }
    if (f->any_stride && !(f->rank && pipeline_rule(p, f, 0, 2)))
        text_printf(t, "%s%s.stride(0) is any\n", before, f->name);
    if (f->host_align)
        text_printf(t, "%s%s begins at a multiple of %u bytes\n", before, f->name, f->host_align);
}

void said_print_requirements(text *t, const pipeline *p, const char *before)
{
    for (uint32_t i = 0; i < p->requirements.n; i++)
        text_printf(t, "%s%s\n", before, ir_text(p->ctx, p->requirements.at[i]->cond));
}
