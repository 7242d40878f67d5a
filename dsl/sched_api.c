/* dsl/sched_api.c: the functions of carbide/schedule.h. Handles become names here, at once: loops
 * are local to their stage, so that a Schedule body can declare Vars of its own.
 *
 *     schedule(out, split(y, yo, yi, strip))   ->   entry {out, [SPLIT "y" "yo" "yi" strip]}
 */
#include "front.h"
#include "sched.h"

#include <string.h>

/* One argument as the caller gave it. */
typedef struct given {
    dir_arg_kind kind;
    cb_loop loop;
    cb_expr value;
    cb_stage stage;
    cb_func func;
    const char *text;
    cb_directive dir;
    int word; /* of a tail, memory or policy */
} given;

#define LOOP(x) ((given){.kind = DARG_LOOP, .loop = (x)})
#define NEW_LOOP(x) ((given){.kind = DARG_NEW, .loop = (x)})
#define DIM(x) ((given){.kind = DARG_DIM, .loop = (x)})
#define VALUE(x) ((given){.kind = DARG_VALUE, .value = (x)})
#define STAGE(x) ((given){.kind = DARG_STAGE, .stage = (x)})
#define TAIL(x) ((given){.kind = DARG_TAIL, .word = (int)(x)})
#define QUOTED(x) ((given){.kind = DARG_TEXT, .text = (x)})
#define POLICY(x) ((given){.kind = DARG_POLICY, .word = (int)(x)})
#define MEMORY(x) ((given){.kind = DARG_MEMORY, .word = (int)(x)})

/* ---- loops and stages ------------------------------------------------------------------------ */

cb_loop cb_loop_var(cb_expr var) { return (cb_loop){var, NULL}; }
cb_loop cb_loop_rdom(cb_rdom r) { return (cb_loop){cb_expr_of_rdom(r), NULL}; }
cb_loop cb_loop_name(const char *name) { return (cb_loop){{NULL}, name ? name : ""}; }
cb_stage cb_stage_self(cb_stage s) { return s; }

typedef struct pure_request {
    cb_func_s *func;
    cb_stage made;
} pure_request;

static void pure_work(void *env)
{
    pure_request *r = env;
    r->made = stage_handle(r->func, -1);
}

cb_stage cb_stage_pure(cb_func f)
{
    pure_request r = {f.p, {NULL}};
    if (f.p)
        front_try(f.p->ctx, pure_work, &r);
    return r.made;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static bool refuse(cb_context *c, diag_code code, cb_loc loc, const char *help, const char *fmt,
                   ...) CB_PRINTF(5, 6);
static bool refuse(cb_context *c, diag_code code, cb_loc loc, const char *help, const char *fmt,
                   ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *msg = arena_vprintf(c->a, fmt, ap);
    va_end(ap);
    diag *d = diag_begin(&c->diags, code, loc, "%s", msg);
    if (help)
        diag_help(&c->diags, d, "%s", help);
    diag_end(&c->diags, d);
    return false;
}

/* name = ident { "." ident }, as schedule text has it */
static bool is_loop_name(const char *s)
{
    bool start = true;
    for (; *s; s++) {
        bool alpha = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_' || *s == '$';
        bool digit = *s >= '0' && *s <= '9';
        if (!alpha && (start || (!digit && *s != '.')))
            return false;
        start = *s == '.';
    }
    return !start;
}

static bool take_loop(cb_context *c, const char *word, int n, cb_loop l, dir_arg *a, cb_loc loc)
{
    if (l.name) {
        a->name = ctx_string(c, l.name);
        return is_loop_name(l.name) ||
               refuse(c, DIAG_DIRECTIVE_ARGS, loc,
                      "a name is made of letters, digits, _ and, inside, .",
                      "%s(): argument %d: '%s' cannot be the name of a loop", word, n, l.name);
    }
    expr *e = expr_in(c, l.var);
    if (expr_report(c, e, loc))
        return false;
    if (sym_is(c, e->node, SYM_VAR) || sym_is(c, e->node, SYM_RVAR)) {
        a->name = ir_sym_name(c, e->node->u.sym);
        return true;
    }
    return refuse(c, DIAG_WRONG_KIND, loc, "give a Var, an RVar, or the name of a loop in quotes",
                  "%s(): argument %d is '%s', which names no loop", word, n, ir_text(c, e->node));
}

static bool take_value(cb_context *c, const char *word, int n, cb_expr v, dir_arg *a, cb_loc loc)
{
    expr *e = expr_in(c, v);
    if (expr_report(c, e, loc))
        return false;
    if (e->lit == LIT_INT && e->value.i >= INT32_MIN && e->value.i <= INT32_MAX)
        a->value = ir_i32(c, e->value.i);
    else
        a->value = e->node;
    const char *why = sched_value_fault(c, a->value);
    return !why || refuse(c, DIAG_WRONG_KIND, loc, "give an integer or a Knob",
                          "%s(): argument %d is '%s': %s", word, n, ir_text(c, a->value), why);
}

static bool take_stage(cb_context *c, const char *word, int n, cb_stage s, dir_arg *a, cb_loc loc)
{
    if (!s.p) {
        if (c->diags.errors)
            return false; /* what made it poison was reported */
        return refuse(c, DIAG_NULL_HANDLE, loc,
                      "declare it first, with Funcs, Stages, stage(f, k), ...",
                      "%s(): argument %d is a Func or stage without a value", word, n);
    }
    if (s.p->func->ctx != c)
        return refuse(c, DIAG_CONTEXT_MIX, loc, "build a pipeline in one context",
                      "%s(): '%s' belongs to another context", word, s.p->func->name);
    a->stage = (stage_ref){ctx_string(c, s.p->func->name), s.p->update};
    return true;
}

/* A Func as a whole, or the handle of one that the directive makes. */
static bool take_func(cb_context *c, const char *word, int n, const given *in, dir_arg *a,
                      cb_loc loc)
{
    cb_func_s *f = in->func.p;
    if (!f)
        return refuse(c, DIAG_NULL_HANDLE, loc, "declare it first: Funcs(f)",
                      "%s(): argument %d is a Func without a value", word, n);
    if (f->ctx != c)
        return refuse(c, DIAG_CONTEXT_MIX, loc, "build a pipeline in one context",
                      "%s(): '%s' belongs to another context", word, f->name);
    if (in->kind == DARG_MADE && (f->is_input || f->defs.n))
        return refuse(c, DIAG_DUPLICATE_NAME, loc,
                      "declare a Func for it, Funcs(name), and give it no definition",
                      "%s(): '%s' has a meaning already and cannot be made by a directive", word,
                      f->name);
    a->name = ctx_string(c, f->name);
    a->func = in->kind == DARG_MADE ? f : NULL;
    return true;
}

static bool take_word(cb_context *c, const char *word, int n, const given *in, dir_arg *a,
                      cb_loc loc)
{
    int count = in->kind == DARG_TAIL     ? (int)TAIL_COUNT
                : in->kind == DARG_POLICY ? (int)POLICY_NAMES
                                          : (int)MEM_NAMES;
    a->tail = (tail)in->word;
    a->memory = (ir_memory)in->word;
    a->policy = (ir_partition)in->word;
    return (in->word >= 0 && in->word < count) ||
           refuse(c, DIAG_DIRECTIVE_ARGS, loc, "use the constants of carbide/schedule.h",
                  "%s(): argument %d is out of range", word, n);
}

static bool take_directive(cb_context *c, const char *word, int n, cb_directive d, dir_arg *a,
                           cb_loc loc)
{
    a->dir = d.p;
    if (d.p && d.p->ctx == c)
        return true;
    if (!d.p && c->diags.errors)
        return false; /* what made it poison was reported */
    return d.p ? refuse(c, DIAG_CONTEXT_MIX, loc, "build a pipeline in one context",
                        "%s(): argument %d belongs to another context", word, n)
               : refuse(c, DIAG_NULL_HANDLE, loc, "make it first: vectorize(x, 8), ...",
                        "%s(): argument %d was never given a value", word, n);
}

/* What schedule text can hold between quotes. */
static bool take_text(cb_context *c, const char *word, const char *s, dir_arg *a, cb_loc loc)
{
    a->name = ctx_string(c, s ? s : "");
    for (const char *p = a->name; *p; p++)
        if (*p == '"' || (unsigned char)*p < 32 || (unsigned char)*p > 126)
            return refuse(c, DIAG_DIRECTIVE_ARGS, loc,
                          "use one line of plain characters without double quotes",
                          "%s(): the text has a character that schedules cannot hold", word);
    return true;
}

static bool take_arg(cb_context *c, const char *word, int n, const given *in, dir_arg *a,
                     cb_loc loc)
{
    a->kind = in->kind;
    switch (in->kind) {
    case DARG_LOOP:
    case DARG_NEW:
    case DARG_DIM: return take_loop(c, word, n, in->loop, a, loc);
    case DARG_VALUE: return take_value(c, word, n, in->value, a, loc);
    case DARG_STAGE: return take_stage(c, word, n, in->stage, a, loc);
    case DARG_TAIL:
    case DARG_POLICY:
    case DARG_MEMORY: return take_word(c, word, n, in, a, loc);
    case DARG_MADE:
    case DARG_FUNC: return take_func(c, word, n, in, a, loc);
    case DARG_COND: a->cond = sched_cond_read(c, in->text, loc); return a->cond != NULL;
    case DARG_DIR: return take_directive(c, word, n, in->dir, a, loc);
    case DARG_TEXT: return take_text(c, word, in->text, a, loc);
    }
    return false;
}

/* A directive to be made: `in`, or for lists of any length n names of one kind in `loops`. */
typedef struct request {
    cb_context *c;
    dir_op op;
    int n;
    const given *in;
    bool list;
    const cb_loop *loops;
    const cb_func *funcs; /* or these: the first one made, then readers */
    const cb_directive *dirs; /* or a condition, then these */
    const char *text;
    dir_arg_kind kind;
    cb_loc loc;
    directive *made; /* NULL after a diagnostic */
} request;

enum { RFACTOR_MOST = 8 }; /* loops and dimensions: the pairs of its row in directives.def */

static void make_work(void *env)
{
    request *r = env;
    const char *word = dir_table[r->op].word;
    if (r->op == DIR_RFACTOR && r->n > 1 + RFACTOR_MOST) {
        refuse(r->c, DIAG_DIRECTIVE_ARGS, r->loc, "name up to four variables of the domain, each with a new dimension",
               "%s() has too many arguments", word);
        return;
    }
    if (r->list && r->n < 2) {
        refuse(r->c, DIAG_DIRECTIVE_ARGS, r->loc, "name them innermost first",
               "%s() takes two or more names", word);
        return;
    }
    if (r->funcs && r->n < (r->op == DIR_CLONE ? 2 : 1)) {
        refuse(r->c, DIAG_DIRECTIVE_ARGS, r->loc,
               "name the new Func, then the Funcs that shall read it",
               "%s() names no Func that shall read the new one", word);
        return;
    }
    if (r->loc.file)
        r->loc.file = ctx_string(r->c, r->loc.file);
    directive *d = directive_new(r->c, r->op, r->loc, (uint32_t)r->n);
    for (int i = 0; i < r->n; i++) {
        given in = r->dirs ? (i ? (given){.kind = DARG_DIR, .dir = r->dirs[i - 1]}
                                : (given){.kind = DARG_COND, .text = r->text})
                   : r->funcs  ? (given){.kind = i ? DARG_FUNC : DARG_MADE, .func = r->funcs[i]}
                   : r->list ? (given){.kind = r->kind, .loop = r->loops[i]}
                             : r->in[i];
        if (!take_arg(r->c, word, i + 1, &in, &d->arg[i], r->loc))
            return;
    }
    r->made = d;
}

static cb_directive make(request r, cb_site at)
{
    r.c = cb_current();
    if (!r.c) {
        front_no_scope(at, dir_table[r.op].word);
        return (cb_directive){NULL};
    }
    /* a trailing tail `auto` is the same as none: left out, so that printing shows what was written
     * */
    if (r.in && r.in[r.n - 1].kind == DARG_TAIL && r.in[r.n - 1].word == TAIL_AUTO)
        r.n--;
    r.loc = (cb_loc){at.file, at.line, 0};
    return front_try(r.c, make_work, &r) ? (cb_directive){r.made} : (cb_directive){NULL};
}
#define MAKE(o, ...)                                                                               \
    make((request){.op = (o),                                                                      \
                   .n = (int)COUNT_OF(((given[]){__VA_ARGS__})),                                   \
                   .in = (given[]){__VA_ARGS__}},                                                  \
         at)
#define MAKE_LIST(o, k, count, names)                                                            \
    make((request){.op = (o), .list = true, .n = (count), .loops = (names), .kind = (k)}, at)
#define MAKE_BARE(o) make((request){.op = (o)}, at)

/* ---- one function per directive -------------------------------------------------------------- */

cb_directive cb_split(cb_loop old, cb_loop outer, cb_loop inner, cb_expr factor, cb_tail t,
                      cb_site at)
{
    return MAKE(DIR_SPLIT, LOOP(old), NEW_LOOP(outer), NEW_LOOP(inner), VALUE(factor), TAIL(t));
}
cb_directive cb_fuse(cb_loop outer, cb_loop inner, cb_loop fused, cb_site at)
{
    return MAKE(DIR_FUSE, LOOP(outer), LOOP(inner), NEW_LOOP(fused));
}
cb_directive cb_rename(cb_loop old, cb_loop name, cb_site at)
{
    return MAKE(DIR_RENAME, LOOP(old), NEW_LOOP(name));
}
cb_directive cb_reorder(int n, const cb_loop *loops, cb_site at)
{
    return MAKE_LIST(DIR_REORDER, DARG_LOOP, n, loops);
}
cb_directive cb_tile(cb_loop x, cb_loop y, cb_loop xo, cb_loop yo, cb_loop xi, cb_loop yi,
                     cb_expr width, cb_expr height, cb_tail t, cb_site at)
{
    return MAKE(DIR_TILE, LOOP(x), LOOP(y), NEW_LOOP(xo), NEW_LOOP(yo), NEW_LOOP(xi), NEW_LOOP(yi),
                VALUE(width), VALUE(height), TAIL(t));
}
cb_directive cb_serial(cb_loop l, cb_site at) { return MAKE(DIR_SERIAL, LOOP(l)); }
cb_directive cb_parallel(cb_loop l, cb_site at) { return MAKE(DIR_PARALLEL, LOOP(l)); }
cb_directive cb_vectorize(cb_loop l, cb_site at) { return MAKE(DIR_VECTORIZE, LOOP(l)); }
cb_directive cb_vectorize_by(cb_loop l, cb_expr lanes, cb_tail t, cb_site at)
{
    return MAKE(DIR_VECTORIZE, LOOP(l), VALUE(lanes), TAIL(t));
}
cb_directive cb_unroll(cb_loop l, cb_site at) { return MAKE(DIR_UNROLL, LOOP(l)); }
cb_directive cb_unroll_by(cb_loop l, cb_expr count, cb_tail t, cb_site at)
{
    return MAKE(DIR_UNROLL, LOOP(l), VALUE(count), TAIL(t));
}
cb_directive cb_rfactor(cb_func made, int n, const cb_loop *pairs, cb_site at)
{
    given in[2 + RFACTOR_MOST] = {{.kind = DARG_MADE, .func = made}}; /* one too many is refused in make_work */
    n = n < 0 ? 0 : n > RFACTOR_MOST ? RFACTOR_MOST + 1 : n;
    for (int i = 0; i < n; i++)
        in[i + 1] = (given){.kind = i % 2 ? DARG_NEW : DARG_LOOP, .loop = pairs[i]};
    return make((request){.op = DIR_RFACTOR, .n = n + 1, .in = in}, at);
}
cb_directive cb_atomic(cb_site at) { return MAKE_BARE(DIR_ATOMIC); }
cb_directive cb_stream_stores(cb_site at) { return MAKE_BARE(DIR_STREAM_STORES); }
cb_directive cb_prefetch(cb_func f, cb_loop l, cb_expr ahead, cb_site at)
{
    given in[] = {{.kind = DARG_FUNC, .func = f}, LOOP(l), VALUE(ahead)};
    return make((request){.op = DIR_PREFETCH, .n = 3, .in = in}, at);
}
cb_directive cb_partition(cb_loop l, cb_policy p, cb_site at)
{
    return MAKE(DIR_PARTITION, LOOP(l), POLICY(p));
}
cb_directive cb_unscheduled(cb_site at) { return MAKE_BARE(DIR_UNSCHEDULED); }
cb_directive cb_compute_inline(cb_site at) { return MAKE_BARE(DIR_COMPUTE_INLINE); }
cb_directive cb_compute_root(cb_site at) { return MAKE_BARE(DIR_COMPUTE_ROOT); }
cb_directive cb_compute_at(cb_stage s, cb_loop l, cb_site at)
{
    return MAKE(DIR_COMPUTE_AT, STAGE(s), LOOP(l));
}
cb_directive cb_store_root(cb_site at) { return MAKE_BARE(DIR_STORE_ROOT); }
cb_directive cb_store_at(cb_stage s, cb_loop l, cb_site at)
{
    return MAKE(DIR_STORE_AT, STAGE(s), LOOP(l));
}
cb_directive cb_hoist_storage(cb_stage s, cb_loop l, cb_site at)
{
    return MAKE(DIR_HOIST_STORAGE, STAGE(s), LOOP(l));
}
cb_directive cb_hoist_storage_root(cb_site at) { return MAKE_BARE(DIR_HOIST_STORAGE_ROOT); }
cb_directive cb_fold_storage(cb_loop dim, cb_expr count, cb_site at)
{
    return MAKE(DIR_FOLD_STORAGE, DIM(dim), VALUE(count));
}
cb_directive cb_align_storage(cb_loop dim, cb_expr multiple, cb_site at)
{
    return MAKE(DIR_ALIGN_STORAGE, DIM(dim), VALUE(multiple));
}
cb_directive cb_bound_storage(cb_loop dim, cb_expr count, cb_site at)
{
    return MAKE(DIR_BOUND_STORAGE, DIM(dim), VALUE(count));
}
cb_directive cb_bound_extent(cb_loop dim, cb_expr extent, cb_site at)
{
    return MAKE(DIR_BOUND_EXTENT, DIM(dim), VALUE(extent));
}
cb_directive cb_align_extent(cb_loop dim, cb_expr multiple, cb_site at)
{
    return MAKE(DIR_ALIGN_EXTENT, DIM(dim), VALUE(multiple));
}
cb_directive cb_estimate(cb_loop dim, cb_expr min, cb_expr extent, cb_site at)
{
    return MAKE(DIR_ESTIMATE, DIM(dim), VALUE(min), VALUE(extent));
}
cb_directive cb_store_in(cb_memory m, cb_site at) { return MAKE(DIR_STORE_IN, MEMORY(m)); }
cb_directive cb_reorder_storage(int n, const cb_loop *dims, cb_site at)
{
    return MAKE_LIST(DIR_REORDER_STORAGE, DARG_DIM, n, dims);
}
cb_directive cb_bound(cb_loop dim, cb_expr min, cb_expr extent, cb_site at)
{
    return MAKE(DIR_BOUND, DIM(dim), VALUE(min), VALUE(extent));
}
/* A remainder of 0 is the same as none and is left out. */
cb_directive cb_align_bounds(cb_loop dim, cb_expr modulus, cb_expr remainder, cb_site at)
{
    const expr *r = remainder.p;
    if (r && r->lit == LIT_INT && r->value.i == 0)
        return MAKE(DIR_ALIGN_BOUNDS, DIM(dim), VALUE(modulus));
    return MAKE(DIR_ALIGN_BOUNDS, DIM(dim), VALUE(modulus), VALUE(remainder));
}

cb_directive cb_specialize(const char *condition, int n, const cb_directive *d, cb_site at)
{
    static const cb_directive none[1];
    return make((request){.op = DIR_SPECIALIZE, .n = n + 1, .dirs = n ? d : none,
                          .text = condition ? condition : ""}, at);
}
cb_directive cb_specialize_fail(const char *message, cb_site at)
{
    return MAKE(DIR_SPECIALIZE_FAIL, QUOTED(message));
}
cb_directive cb_wrap(int n, const cb_func *f, cb_site at)
{
    return make((request){.op = DIR_WRAP, .n = n, .funcs = f}, at);
}
cb_directive cb_clone(int n, const cb_func *f, cb_site at)
{
    return make((request){.op = DIR_CLONE, .n = n, .funcs = f}, at);
}

/* ---- giving them to stages ------------------------------------------------------------------- */

/* The schedule of this place in the program, ready to be added to. */
static schedule *schedule_here(cb_context *c)
{
    schedule *s = front_schedule(c);
    s->ctx = c;
    return s;
}

typedef struct addition {
    cb_context *c;
    cb_stage stage;
    int n;
    const cb_directive *d;
    const char *source;
    cb_expr lanes;
    cb_site at;
} addition;

/* Directives may be given to several stages: each gets its own, which knows its line. */
static directive *copy_directive(cb_context *c, const directive *d, const char *excerpt)
{
    directive *copy = arena_copy(c->a, d, sizeof *copy);
    copy->excerpt = excerpt;
    if (d->op != DIR_SPECIALIZE)
        return copy;
    copy->arg = arena_copy(c->a, d->arg, d->nargs * sizeof *copy->arg);
    for (uint32_t i = 1; i < copy->nargs; i++)
        copy->arg[i].dir = copy_directive(c, copy->arg[i].dir, excerpt);
    return copy;
}

static void add_directive(cb_context *c, sched_entry *e, int i, cb_directive d)
{
    if (!d.p) {
        if (!c->diags.errors)
            refuse(c, DIAG_NULL_HANDLE, e->loc, "make it first: vectorize(x, 8), ...",
                   "schedule(): directive %d was never given a value", i + 1);
    } else if (d.p->ctx != c) {
        refuse(c, DIAG_CONTEXT_MIX, e->loc, "build a pipeline in one context",
               "schedule(): directive %d belongs to another context", i + 1);
    } else {
        vec_push(c->a, &e->dirs, copy_directive(c, d.p, e->excerpt));
    }
}

static void add_entry(void *env)
{
    const addition *r = env;
    cb_context *c = r->c;
    cb_loc loc = site_loc(c, r->at);
    dir_arg stage;
    if (!take_stage(c, "schedule", 1, r->stage, &stage, loc))
        return;
    sched_entry *e = NEW(c->a, sched_entry);
    e->stage = stage.stage;
    e->func = r->stage.p->func;
    e->loc = loc;
    e->excerpt = r->source ? ctx_string(c, r->source) : NULL;
    for (int i = 0; i < r->n; i++)
        add_directive(c, e, i, r->d[i]);
    schedule *s = schedule_here(c);
    if (e->dirs.n)
        vec_push(c->a, s->open ? &s->open->entries : &s->entries, e);
}

void cb_schedule(cb_stage s, int n, const cb_directive *d, const char *source, cb_site at)
{
    addition r = {.c = cb_current(), .stage = s, .n = n, .d = d, .source = source, .at = at};
    if (r.c)
        front_try(r.c, add_entry, &r);
    else
        front_no_scope(at, "schedule()");
}

static void add_contract(void *env)
{
    const addition *r = env;
    cb_context *c = r->c;
    cb_loc loc = site_loc(c, r->at);
    dir_arg stage, value;
    if (!take_stage(c, "expect_vectorized", 1, r->stage, &stage, loc))
        return;
    if (!take_value(c, "expect_vectorized", 2, r->lanes, &value, loc))
        return;
    contract k = {.kind = CONTRACT_VECTORIZED,
                  .stage = stage.stage,
                  .func = r->stage.p->func,
                  .value = value.value,
                  .loc = loc};
    schedule *s = schedule_here(c);
    vec_push(c->a, s->open ? &s->open->contracts : &s->contracts, k);
}

void cb_expect_vectorized(cb_stage s, cb_expr lanes, cb_site at)
{
    addition r = {.c = cb_current(), .stage = s, .lanes = lanes, .at = at};
    if (r.c)
        front_try(r.c, add_contract, &r);
    else
        front_no_scope(at, "expect_vectorized()");
}

/* ---- guards ---------------------------------------------------------------------------------- */

typedef struct guarding {
    cb_context *c;
    const char *words;
    cb_site at;
    cb_guard *g;
} guarding;

static void open_guard(void *env)
{
    guarding *G = env;
    cb_context *c = G->c;
    cb_loc loc = site_loc(c, G->at);
    schedule *s = schedule_here(c);
    const char *near = NULL;
    const sched_cond *k = sched_cond_read(c, G->words, loc);
    const sched_cond *wrong = k ? sched_guard_fault(k, &near) : NULL;
    if (wrong) {
        refuse(c, DIAG_BAD_GUARD, loc,
               near ? arena_printf(c->a, "did you mean '%s'?", near)
                    : "a guard is made of words such as avx512, avx2, arm, gpu by !, && and ||",
               "when(%s): '%s' is no word of any target", G->words, sched_cond_text(c, wrong));
        k = NULL;
    }
    sched_entry *e = NEW(c->a, sched_entry);
    e->kind = ENTRY_WHEN;
    e->loc = loc;
    e->guard = k;
    e->then = NEW(c->a, sched_block);
    if (k) /* a refused one is read, and leads nowhere */
        vec_push(c->a, s->open ? &s->open->entries : &s->entries, e);
    G->g->schedule = s;
    G->g->outer = s->open;
    G->g->open = 1;
    s->open = e->then;
}

cb_guard cb_guard_enter(const char *words, cb_site at)
{
    cb_guard g = {0};
    guarding G = {cb_current(), words, at, &g};
    if (G.c)
        front_try(G.c, open_guard, &G);
    else
        front_no_scope(at, "when()");
    return g;
}

static void open_else(void *env)
{
    guarding *G = env;
    cb_context *c = G->c;
    schedule *s = schedule_here(c);
    sched_entries *list = s->open ? &s->open->entries : &s->entries;
    sched_entry *e = list->n ? list->at[list->n - 1] : NULL;
    sched_block *b = NEW(c->a, sched_block);
    if (e && e->kind == ENTRY_WHEN && !e->other)
        e->other = b;
    else
        refuse(c, DIAG_BAD_GUARD, site_loc(c, G->at), "write it directly after a when() { ... }",
               "otherwise: there is no when() before it");
    G->g->schedule = s;
    G->g->outer = s->open;
    G->g->open = 1;
    s->open = b;
}

cb_guard cb_guard_else(cb_site at)
{
    cb_guard g = {0};
    guarding G = {cb_current(), NULL, at, &g};
    if (G.c)
        front_try(G.c, open_else, &G);
    else
        front_no_scope(at, "otherwise");
    return g;
}

void cb_guard_leave(cb_guard *g)
{
    if (g->open)
        g->schedule->open = g->outer;
    g->open = 0;
}
