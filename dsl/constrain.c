/* dsl/constrain.c: what a program says of the buffers of its inputs and outputs, and of its arguments
 * together.
 *
 *     set_stride(in, 0, 3);  set_stride(in, 2, 1);  set_min(in, 2, 0);  set_extent(in, 2, 3);
 *     set_extent(b, 0, extent(a, 0));  set_stride(in, 1, E(in.extent(0)*channels));
 *     set_host_alignment(out, 32);
 *     add_requirement(E(out.extent(0) % 8 == 0), "the width is", extent(out, 0));
 *
 * A call with a buffer that is otherwise fails (lower/checks.c), a query answers accordingly, and
 * compiled code has numbers or other fields in place of the fields. What is said in terms of a field of an
 * output counts in pipelines that have that output. Values are rules in a graph without cycles, so each can
 * be written in terms of fields that nothing is said of.
 */
#include "front.h"

#include <string.h>

enum { MAX_ALIGNMENT = 4096 }; /* a page: nothing is known of addresses beyond it */

const char *const buffer_field_words[3] = {"min", "extent", "stride"};

typedef struct saying {
    cb_func_s *f;
    int d;
    cb_field what;
    cb_expr value;
    int64_t bytes;
    cb_site at;
    bool ok;
} saying;

static cb_loc place(const saying *S) { return site_loc(S->f->ctx, S->at); }

static diag *begin(saying *S, const char *say)
{
    cb_context *c = S->f->ctx;
    return diag_begin(&c->diags, DIAG_BAD_CONSTRAINT, place(S), "%s", say);
}

static bool end(saying *S, diag *d, const char *help)
{
    cb_context *c = S->f->ctx;
    diag_note(&c->diags, d, S->f->loc, "'%s' is declared here", S->f->name);
    diag_help(&c->diags, d, "%s", help);
    diag_end(&c->diags, d);
    return false;
}

static bool refuse(saying *S, const char *say, const char *help) { return end(S, begin(S, say), help); }

/* ---- what values are made of ------------------------------------------------------------------- */

/* The first thing in a value or condition that is not known when a pipeline is called. */
typedef struct stranger {
    cb_context *c;
    const ir *found;
} stranger;

static bool find_stranger(void *env, const ir *n)
{
    stranger *S = env;
    bool plain = n->op != IR_CALL && n->op != IR_IMPURE && n->op != IR_UNDEF && n->op != IR_C_CALL &&
                 n->op != IR_PLACES;
    if (n->op == IR_VAR)
        plain = ir_symbol_of(S->c, n->u.sym)->kind == SYM_PARAM;
    if (!S->found && !plain)
        S->found = n;
    return !S->found;
}

/* NULL, or what is wrong with e as something that is known when a pipeline is called. */
static const char *unknown_at_entry(cb_context *c, const ir *e)
{
    stranger S = {.c = c};
    ir_visit(c, e, find_stranger, &S);
    const ir *n = S.found;
    if (!n)
        return NULL;
    if (n->op == IR_CALL)
        return arena_printf(c->a, "it reads an element of '%s'", ir_sym_name(c, n->u.ref.sym));
    if (n->op == IR_C_CALL)
        return arena_printf(c->a, "'%s' is called where elements are computed", ir_sym_name(c, n->u.ref.sym));
    if (n->op == IR_IMPURE)
        return "print, require and random numbers happen where elements are computed";
    if (n->op == IR_UNDEF)
        return "undef is no value";
    if (n->op == IR_PLACES)
        return "scatter and gather stand in definitions only";
    const ir_symbol *s = ir_symbol_of(c, n->u.sym);
    return arena_printf(c->a, s->kind == SYM_KNOB ? "'%s' is a knob, which belongs to schedules"
                                                  : "'%s' is different at every point",
                        s->name);
}

static const char MADE_OF[] = "use numbers, Params, and min, extent and stride of inputs and outputs";

/* ---- fields ------------------------------------------------------------------------------------ */

/* Is the number itself possible? */
static bool is_possible(saying *S, int64_t v)
{
    cb_context *c = S->f->ctx;
    const char *word = buffer_field_words[S->what];
    int64_t least = S->what == CB_FIELD_EXTENT ? 0 : S->what == CB_FIELD_MIN ? INT32_MIN : -INT64_C(0x7fffffffffff);
    int64_t most = S->what == CB_FIELD_STRIDE ? INT64_C(0x7fffffffffff) : INT32_MAX;
    if (v < least || v > most)
        return refuse(S, arena_printf(c->a, "%lld cannot be the %s of a dimension", (long long)v, word),
                      "coordinates fit 32 bits, and extents are 0 or more");
    if (S->what == CB_FIELD_STRIDE && v == 0 && S->f->is_output)
        return refuse(S, "an output cannot have stride 0: its elements would share memory",
                      "give a stride that keeps its elements apart");
    return true;
}

/* The value with the type of the field; NULL after a report. */
static const ir *value_of_field(saying *S)
{
    cb_context *c = S->f->ctx;
    expr *e = expr_in(c, S->value);
    char name[16];
    int64_t v;
    cb_type t = S->what == CB_FIELD_STRIDE ? T_I64 : T_I32;
    if (!e->fault && e->nvalues > 1)
        e = expr_several(c, e);
    if (expr_report(c, e, place(S)))
        return NULL;
    const char *word = buffer_field_words[S->what], *why = unknown_at_entry(c, e->node);
    if (why) {
        refuse(S, arena_printf(c->a, "the %s of '%s' is not known when the pipeline is called: %s", word,
                               S->f->name, why), MADE_OF);
        return NULL;
    }
    if (ir_as_int(e->node, &v) && e->lit != LIT_BIG)
        return is_possible(S, v) ? ir_int(c, t, v) : NULL;
    cb_type have = e->node->type;
    bool fits = type_is_integer(have) && (have.bits < t.bits || type_eq(have, t));
    if (fits)
        return ir_cast(c, t, e->node);
    refuse(S, arena_printf(c->a, "the %s of a dimension is an %s, and this is %s", word, t.bits == 64 ? "i64" : "i32",
                           e->lit == LIT_BIG ? "larger" : type_name(have, name)),
           type_is_integer(have) ? "convert it: i32(n)" : "give a whole number: i32(n) converts");
    return NULL;
}

/* Does `value` depend on the field that S is about, by way of other rules? The way is noted, last step first. */
static bool leads_back(saying *S, const ir *value, diag **report, int depth);

typedef struct searching {
    saying *S;
    diag **report;
    int depth;
    bool found;
} searching;

static bool follow(void *env, const ir *n)
{
    searching *Q = env;
    cb_context *c = Q->S->f->ctx;
    if (n->op != IR_FIELD || Q->found)
        return !Q->found;
    cb_func_s *g = ir_symbol_of(c, n->u.ref.sym)->aux;
    uint32_t what = n->u.ref.index / 16, d = n->u.ref.index % 16;
    const field_rule *r = buffer_rule(g, d, (int)what);
    if (g == Q->S->f && what == (uint32_t)Q->S->what && d == (uint32_t)Q->S->d) {
        *Q->report = begin(Q->S, arena_printf(c->a, "the %s of '%s' in dimension %u depends on itself",
                                              buffer_field_words[what], g->name, d));
        Q->found = true;
    } else if (r && leads_back(Q->S, r->value, Q->report, Q->depth + 1)) {
        diag_note(&c->diags, *Q->report, r->loc, "%s is %s", ir_text(c, n), ir_text(c, r->value));
        Q->found = true;
    }
    return true;
}

static bool leads_back(saying *S, const ir *value, diag **report, int depth)
{
    searching Q = {S, report, depth, false};
    if (depth < 3 * CB_MAX_RANK * 64) /* chains end: each rule was refused if it closed one */
        ir_visit(S->f->ctx, value, follow, &Q);
    return Q.found;
}

static bool agrees(saying *S, const ir *value)
{
    cb_context *c = S->f->ctx;
    const field_rule *old = buffer_rule(S->f, (uint32_t)S->d, (int)S->what);
    if (old && old->value != value) {
        diag *d = begin(S, arena_printf(c->a, "the %s of '%s' in dimension %d is %s and %s",
                                        buffer_field_words[S->what], S->f->name, S->d, ir_text(c, old->value),
                                        ir_text(c, value)));
        diag_note(&c->diags, d, old->loc, "the first is said here");
        return end(S, d, "say it once; add_requirement() says that two things are equal");
    }
    diag *d = NULL;
    if (!leads_back(S, value, &d, 0))
        return true;
    return end(S, d, "say what one of them is in terms of the others");
}

/* Last coordinates fit 32 bits. */
static bool ends_in_reach(saying *S, int64_t v)
{
    int64_t min, extent;
    bool known = S->what == CB_FIELD_MIN ? buffer_fixed(S->f, (uint32_t)S->d, 1, &extent)
                                         : buffer_fixed(S->f, (uint32_t)S->d, 0, &min);
    if (S->what == CB_FIELD_STRIDE || !known)
        return true;
    int64_t last = v + (S->what == CB_FIELD_MIN ? extent : min);
    return last <= INT32_MAX || refuse(S, "the last coordinate does not fit 32 bits", "give a smaller min or extent");
}

static bool is_argument(saying *S)
{
    const cb_func_s *f = S->f;
    if (f->table)
        return refuse(S, arena_printf(f->ctx->a, "'%s' is a table: no caller gives a buffer for it", f->name),
                      "the region and strides of a table are those of the array it was declared with");
    return f->is_input || f->is_output ||
           refuse(S, arena_printf(f->ctx->a, "'%s' is neither an input nor an output", f->name),
                  "buffers of other Funcs are made by the compiler: see reorder_storage and bound in schedules");
}

static void set_field(void *env)
{
    saying *S = env;
    cb_func_s *f = S->f;
    cb_context *c = f->ctx;
    if (f->poisoned || !is_argument(S))
        return;
    if (S->d < 0 || (uint32_t)S->d >= f->rank) {
        refuse(S, arena_printf(c->a, "'%s' has no dimension %d", f->name, S->d),
               f->rank ? arena_printf(c->a, "its dimensions are 0 to %u", f->rank - 1) : "it has none");
        return;
    }
    const ir *value = value_of_field(S);
    int64_t v;
    if (!value || !agrees(S, value) || (ir_as_int(value, &v) && !ends_in_reach(S, v)))
        return;
    if (!f->rules)
        f->rules = NEW_ARRAY(c->a, field_rule, 3 * f->rank);
    f->rules[3 * S->d + (int)S->what] = (field_rule){value, place(S)};
    if (S->what == CB_FIELD_STRIDE && S->d == 0 && !ir_is_int(value, 1))
        f->any_stride = true;
    S->ok = true;
}

static void set_any_stride(void *env)
{
    saying *S = env;
    if (!S->f->poisoned && is_argument(S))
        S->ok = S->f->any_stride = true;
}

static void set_alignment(void *env)
{
    saying *S = env;
    cb_func_s *f = S->f;
    cb_context *c = f->ctx;
    if (f->poisoned || !is_argument(S))
        return;
    unsigned widest = 1;
    for (uint32_t v = 0; v < f->nvalues; v++)
        widest = type_bytes(f->types[v]) > widest ? type_bytes(f->types[v]) : widest;
    int64_t n = S->bytes;
    if (n < 1 || (n & (n - 1)) || n > MAX_ALIGNMENT) {
        refuse(S, arena_printf(c->a, "an address cannot be promised to be a multiple of %lld", (long long)n),
               arena_printf(c->a, "give a power of two, in bytes, up to %d", MAX_ALIGNMENT));
    } else if (n < (int64_t)widest) {
        refuse(S, arena_printf(c->a, "elements of '%s' are multiples of %u bytes by themselves", f->name, widest),
               "give the bytes of a vector: 16, 32 or 64");
    } else if (f->host_align && f->host_align != (uint32_t)n) {
        refuse(S, arena_printf(c->a, "the host memory of '%s' is aligned to %u bytes and to %lld", f->name,
                               f->host_align, (long long)n), "say it once");
    } else {
        f->host_align = (uint32_t)n;
        f->align_loc = place(S);
        S->ok = true;
    }
}

/* ---- requirements -------------------------------------------------------------------------------- */

typedef struct requiring {
    cb_context *c;
    int n;
    const cb_part *part;
    cb_site at;
    bool ok;
} requiring;

static bool bad_requirement(requiring *Q, const char *say, const char *help)
{
    diag *d = diag_begin(&Q->c->diags, DIAG_BAD_REQUIREMENT, site_loc(Q->c, Q->at), "%s", say);
    diag_help(&Q->c->diags, d, "%s", help);
    diag_end(&Q->c->diags, d);
    return false;
}

static const char SHAPE[] = "write add_requirement(E(out.extent(0) % 8 == 0), \"the width is\", extent(out, 0))";

/* A value of the condition's or the line's; NULL after a report. */
static const ir *required(requiring *Q, int i, const char *what)
{
    cb_context *c = Q->c;
    expr *e = expr_in(c, Q->part[i].value);
    if (!e->fault && e->nvalues > 1)
        e = expr_several(c, e);
    if (expr_report(c, e, site_loc(c, Q->at)))
        return NULL;
    const char *why = unknown_at_entry(c, e->node);
    if (!why && e->node->type.code == CB_HANDLE)
        why = "it is a handle";
    if (!why)
        return e->node;
    bad_requirement(Q, arena_printf(c->a, "%s is not known when a pipeline is called: %s", what, why), MADE_OF);
    return NULL;
}

static bool read_requirement(requiring *Q, requirement *r)
{
    cb_context *c = Q->c;
    char name[16];
    if (Q->n < 1 || Q->part[0].text)
        return bad_requirement(Q, "a requirement begins with its condition", SHAPE);
    if (Q->n > 16)
        return bad_requirement(Q, "a requirement has at most 15 texts and values", "say less");
    if (!(r->cond = required(Q, 0, "the condition")))
        return false;
    if (!type_is_bool(r->cond->type))
        return bad_requirement(Q, arena_printf(c->a, "'%s' is a number (%s) and not a condition", ir_text(c, r->cond),
                                               type_name(r->cond->type, name)),
                               "compare it: E(n == 0), E(n > 1), ...");
    if (ir_is_false(r->cond))
        return bad_requirement(Q, "this requirement holds in no call", SHAPE);
    for (int i = 1; i < Q->n; i++) {
        const char *words = Q->part[i].text;
        const ir *e = words ? ir_string(c, ctx_string(c, words)) : required(Q, i, "a value of the line");
        if (!e)
            return false;
        vec_push(c->a, &r->line, e);
    }
    return true;
}

static void add_requirement(void *env)
{
    requiring *Q = env;
    cb_context *c = Q->c;
    cb_loc loc = site_loc(c, Q->at);
    scope *s = scope_need(c, loc);
    requirement *r = NEW(c->a, requirement);
    r->loc = loc;
    if (!s || !read_requirement(Q, r))
        return;
    if (!ir_is_true(r->cond))
        vec_push(c->a, &s->root->requirements, r);
    Q->ok = true;
}

/* ---- what counts in a pipeline ------------------------------------------------------------------- */

typedef struct counting {
    const pipeline *p;
    bool counts;
} counting;

static bool find_other_output(void *env, const ir *n)
{
    counting *K = env;
    if (n->op == IR_FIELD) {
        const cb_func_s *f = ir_symbol_of(K->p->ctx, n->u.ref.sym)->aux;
        K->counts &= f->is_input || pipeline_is_output(K->p, f);
    }
    return K->counts;
}

bool pipeline_counts(const pipeline *p, const ir *e)
{
    counting K = {p, true};
    ir_visit(p->ctx, e, find_other_output, &K);
    return K.counts;
}

const field_rule *pipeline_rule(const pipeline *p, const cb_func_s *f, uint32_t d, int what)
{
    const field_rule *r = f->is_input || pipeline_is_output(p, f) ? buffer_rule(f, d, what) : NULL;
    return r && pipeline_counts(p, r->value) ? r : NULL;
}

const char *loc_in_code(cb_context *c, cb_loc loc)
{
    const char *file = loc.file ? strrchr(loc.file, '/') : NULL;
    return arena_printf(c->a, "%s:%d", file ? file + 1 : loc.file ? loc.file : "?", loc.line);
}

/* ---- entry --------------------------------------------------------------------------------------- */

static bool say(saying S, void (*work)(void *env), const char *word)
{
    if (S.f)
        return front_try(S.f->ctx, work, &S) && S.ok;
    front_null_func(S.at, word);
    return false;
}

bool cb_set_field(cb_func f, int d, cb_field what, cb_expr value, cb_site at)
{
    static const char *const words[] = {"set_min()", "set_extent()", "set_stride()"};
    if ((unsigned)what > CB_FIELD_STRIDE)
        return false;
    return say((saying){.f = f.p, .d = d, .what = what, .value = value, .at = at}, set_field, words[what]);
}

bool cb_any_stride(cb_func f, cb_site at)
{
    return say((saying){.f = f.p, .at = at}, set_any_stride, "any_stride()");
}

bool cb_set_host_alignment(cb_func f, int64_t bytes, cb_site at)
{
    return say((saying){.f = f.p, .bytes = bytes, .at = at}, set_alignment, "set_host_alignment()");
}

bool cb_add_requirement(int n, const cb_part *part, cb_site at)
{
    requiring Q = {.c = cb_current(), .n = n, .part = part, .at = at};
    if (Q.c)
        return front_try(Q.c, add_requirement, &Q) && Q.ok;
    front_no_scope(at, "add_requirement");
    return false;
}
