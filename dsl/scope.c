/* dsl/scope.c: contexts as the user sees them, scopes and names.
 *
 * A scope is where declarations put names and where equations look them up:
 *
 *     Carbide(ctx) {          push
 *         Vars(x);            "x" -> a Var
 *         Local() {           push: sees x
 *             Vars(t);
 *         }                   pop: t is gone, what was built with it stays
 *     }
 *
 * The current scope is a pointer of the thread. It is the only state outside of contexts.
 */
#include "front.h"
#include "sched.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local scope *current_scope;

/* ---- contexts -------------------------------------------------------------------------------- */

front *front_of(cb_context *c)
{
    if (!c->dsl)
        c->dsl = NEW(c->a, front);
    return c->dsl;
}

static bool attempt(cb_context *c, void (*work)(void *env), void *env)
{
    guard g;
    if (guard_enter(&g, &c->esc)) {
        work(env);
        guard_leave(&g, &c->esc);
        return true;
    }
    return false;
}

bool front_try(cb_context *c, void (*work)(void *env), void *env)
{
    front *f = c->dsl;
    int errors = c->diags.errors;
    if (f)
        f->at = (cb_loc){0};
    if (attempt(c, work, env))
        return true;
    if (c->diags.sink) /* NULL: the context is being made, and its maker is told by a NULL */
        diag_failed(&c->diags, errors, (cb_loc){0});
    return false;
}

typedef struct report {
    cb_context *c;
    const diag *d;
    const char *rendered;
} report;

static void render(void *env)
{
    report *r = env;
    text t;
    text_init(&t, r->c->a);
    diag_render_text(&t, r->d);
    r->rendered = text_str(&t);
    vec_push(r->c->a, &front_of(r->c)->rendered, r->rendered);
}

/* Without any memory. */
static void print_plainly(const diag *d)
{
    if (d->loc.file)
        fprintf(stderr, d->loc.line ? "%s:%d: " : "%s: ", d->loc.file, d->loc.line);
    fprintf(stderr, "%s[%s]: %s\n", d->severity == DIAG_WARNING ? "warning" : "error",
            diag_code_name(d->code), d->text);
    for (const diag_line *l = d->lines; l; l = l->next)
        fprintf(stderr, "  %s: %s\n", l->kind, l->text);
}

/* Renders a report, keeps the text, and passes it on. Rendering may run out of memory: then a sink
 * gets the bare sentence. */
static void deliver(void *user, const diag *d)
{
    cb_context *c = user;
    const front *f = c->dsl;
    diag placed = *d;
    if (f && !d->loc.file)
        placed.loc = f->at.file ? f->at : (cb_loc){f->home, 0, 0};
    d = &placed;
    report r = {c, d, NULL};
    attempt(r.c, render, &r);
    if (!f || !f->sink) {
        if (r.rendered)
            fputs(r.rendered, stderr);
        else
            print_plainly(d);
        return;
    }
    if (!r.rendered)
        r.rendered = d->text;
    cb_message m = {.code = diag_code_name(d->code),
                    .warning = d->severity == DIAG_WARNING,
                    .file = d->loc.file,
                    .line = d->loc.line,
                    .col = d->loc.col,
                    .text = d->text,
                    .rendered = r.rendered};
    f->sink(f->sink_user, &m);
}

typedef struct creation {
    cb_context *c;
    const cb_options *o;
} creation;

static void set_up(void *env)
{
    creation *n = env;
    cb_context *c = n->c;
    front *f = front_of(c);
    f->sched.name = "default";
    if (n->o) {
        f->sink = n->o->sink;
        f->sink_user = n->o->sink_user;
        c->diags.limit = n->o->error_limit;
    }
    c->diags.sink = deliver;
    c->diags.sink_user = c;
}

cb_context *cb_context_new(const cb_options *o)
{
    cb_allocator_fns fns = {0};
    bool own = o && o->allocator.alloc && o->allocator.free;
    if (own)
        fns = (cb_allocator_fns){o->allocator.alloc, o->allocator.free, o->allocator.user};
    creation n = {ctx_new(own ? &fns : NULL), o};
    if (n.c && !front_try(n.c, set_up, &n)) {
        ctx_free(n.c);
        return NULL;
    }
    return n.c;
}

void cb_context_free(cb_context *c)
{
    if (!c)
        return;
    for (scope **p = &current_scope; *p;) {
        if ((*p)->ctx == c)
            *p = (*p)->outer;
        else
            p = &(*p)->outer;
    }
    ctx_free(c);
}

bool cb_ok(const cb_context *c) { return c && c->diags.errors == 0; }

int cb_error_count(const cb_context *c) { return c ? c->diags.errors : 0; }

const char *cb_error_rendered(cb_context *c, int i)
{
    const front *f = c ? c->dsl : NULL;
    return f && i >= 0 && (uint32_t)i < f->rendered.n ? f->rendered.at[i] : NULL;
}

/* What is reported without a place of its own while a statement works is reported at it. */
cb_loc site_loc(cb_context *c, cb_site at)
{
    cb_loc loc = {at.file ? ctx_string(c, at.file) : NULL, at.line, 0};
    return front_of(c)->at = loc;
}

/* ---- scopes ---------------------------------------------------------------------------------- */

scope *scope_current(void) { return current_scope; }

cb_context *cb_current(void) { return current_scope ? current_scope->ctx : NULL; }

typedef struct lost {
    cb_context *c;
    cb_site at;
    const char *what;
} lost;

static void report_lost(void *env)
{
    lost *l = env;
    diags *D = &l->c->diags;
    diag *d =
        diag_begin(D, DIAG_NO_SCOPE, site_loc(l->c, l->at), "%s outside of any scope", l->what);
    diag_help(D, d, "put it into Carbide(ctx) { ... }, or into a Generator or Schedule body");
    diag_end(D, d);
}

/* There is no context whose sink could be told, so one is made for the occasion: it prints to
 * stderr like any other without a sink. */
void front_no_scope(cb_site at, const char *what)
{
    lost l = {cb_context_new(NULL), at, what};
    if (l.c)
        front_try(l.c, report_lost, &l);
    cb_context_free(l.c);
}

static void report_null(void *env)
{
    lost *l = env;
    diags *D = &l->c->diags;
    diag *d = diag_begin(D, DIAG_NULL_HANDLE, site_loc(l->c, l->at),
                         "%s of something that was never made", l->what);
    diag_help(D, d, "declare it first, with Funcs, Input, RDom, ...");
    diag_end(D, d);
}

void front_null_func(cb_site at, const char *what)
{
    lost l = {cb_current(), at, what};
    if (l.c)
        front_try(l.c, report_null, &l);
    else
        front_no_scope(at, what);
}

scope *scope_push(cb_context *c, cb_loc loc, bool isolated)
{
    scope *s = NEW(c->a, scope);
    s->ctx = c;
    s->loc = loc;
    s->isolated = isolated;
    s->outer = current_scope;
    s->root = !isolated && s->outer && s->outer->ctx == c ? s->outer->root : s;
    current_scope = s;
    return s;
}

/* Inner scopes that were left without a pop (by a jump, under CB_ISO) go with it. */
void scope_pop(scope *s)
{
    for (scope *p = current_scope; p; p = p->outer)
        if (p == s) {
            current_scope = s->outer;
            return;
        }
}

typedef struct entering {
    cb_context *c;
    cb_site at;
    scope *s;
} entering;

static void enter(void *env)
{
    entering *e = env;
    e->s = scope_push(e->c, site_loc(e->c, e->at), false);
}

cb_scope cb_scope_enter(cb_context *c, cb_site at)
{
    entering e = {c, at, NULL};
    if (!c)
        front_no_scope(at, "Carbide(NULL) opens a scope");
    else if (front_try(c, enter, &e))
        return (cb_scope){e.s, 1};
    return (cb_scope){NULL, 0};
}

cb_scope cb_scope_enter_local(cb_site at)
{
    if (current_scope)
        return cb_scope_enter(current_scope->ctx, at);
    front_no_scope(at, "Local()");
    return (cb_scope){NULL, 0};
}

void cb_scope_leave(cb_scope *s)
{
    if (!s || !s->open)
        return;
    s->open = 0;
    scope_pop(s->p);
}

scope *scope_need(cb_context *c, cb_loc loc)
{
    scope *s = current_scope;
    if (s && s->ctx == c)
        return s;
    diag *d = diag_begin(&c->diags, s ? DIAG_CONTEXT_MIX : DIAG_NO_SCOPE, loc,
                         s ? "the current scope belongs to another context" : "no scope is open");
    if (s)
        diag_note(&c->diags, d, s->loc, "the scope was opened here");
    diag_help(&c->diags, d, "open a scope with Carbide(ctx) { ... } first");
    diag_end(&c->diags, d);
    return NULL;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_identifier(const char *s)
{
    if (!*s || (*s >= '0' && *s <= '9'))
        return false;
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
              *s == '_'))
            return false;
    return true;
}

/* Words that an equation reads as its own, wherever they stand; with `called`, before a "(" too. */
static bool is_word(const char *s, bool called)
{
    cb_type t;
    if (!strcmp(s, "_") || type_parse(s, &t) || !strcmp(s, "true") || !strcmp(s, "false") || !strcmp(s, "boolean"))
        return true;
    if (!called)
        return false;
    for (int i = 0; i < CB_OP_COUNT; i++)
        if (!strcmp(s, op_info[i].word))
            return true;
    return !strcmp(s, "cast") || !strcmp(s, "sat_cast") || !strcmp(s, "reinterpret") || !strcmp(s, "undef") ||
           !strcmp(s, "print") || !strcmp(s, "print_when") || !strcmp(s, "require");
}

static const binding *find_here(const scope *s, const char *name)
{
    uint64_t i;
    return map_get(&s->by_name, (uint64_t)(uintptr_t)name, &i) ? &s->names.at[i - 1] : NULL;
}

bool scope_declare(scope *s, const binding *b)
{
    cb_context *c = s->ctx;
    if (!b->name)
        return true;
    bool func = b->kind == BIND_FUNC || b->kind == BIND_ARRAY || b->kind == BIND_CFUNC;
    bool word = is_word(b->name, func);
    if (word || !is_identifier(b->name)) {
        diag *d = diag_begin(&c->diags, DIAG_BAD_NAME, b->loc, "'%s' cannot be %s name", b->name,
                             func ? "a Func's" : "a");
        diag_help(&c->diags, d,
                  word ? "it is a word of equations; choose another name"
                       : "names are made of letters, digits and _ and do not begin with a digit");
        diag_end(&c->diags, d);
        return false;
    }
    const binding *old = find_here(s, b->name);
    if (old) {
        diag *d = diag_begin(&c->diags, DIAG_DUPLICATE_NAME, b->loc,
                             "'%s' is declared twice in this scope", b->name);
        diag_note(&c->diags, d, old->loc, "first declared here");
        diag_help(
            &c->diags, d,
            "use another name, FuncArray for Funcs made in a loop, or Local() { ... } in a helper");
        diag_end(&c->diags, d);
        return false;
    }
    vec_push(c->a, &s->names, *b);
    map_put(c->a, &s->by_name, (uint64_t)(uintptr_t)b->name, s->names.n);
    return true;
}

static const scope *scope_around(const scope *s)
{
    return !s->isolated && s->outer && s->outer->ctx == s->ctx ? s->outer : NULL;
}

const binding *scope_find(const scope *s, const char *name)
{
    const char *key = s ? ctx_string(s->ctx, name) : NULL;
    for (; s; s = scope_around(s)) {
        const binding *b = find_here(s, key);
        if (b)
            return b;
    }
    return NULL;
}

const char *scope_nearest(cb_context *c, const scope *s, const char *name)
{
    vec(const char *) all = {0};
    for (; s; s = scope_around(s))
        for (uint32_t i = 0; i < s->names.n; i++)
            vec_push(c->a, &all, s->names.at[i].name);
    return all.n ? text_nearest(name, all.at, all.n) : NULL;
}

const char *scope_func_name(scope *s, const char *name)
{
    cb_context *c = s->ctx;
    const char *base = ctx_string(c, name), *n = base;
    uint64_t used = 0;
    for (map_get(&s->root->func_names, (uint64_t)(uintptr_t)base, &used);; used++) {
        uint64_t other;
        n = used ? ctx_string(c, arena_printf(c->a, "%s_%llu", base, (unsigned long long)used))
                 : base;
        if (!map_get(&s->root->func_names, (uint64_t)(uintptr_t)n, &other))
            break;
    }
    /* the next of this name starts counting where this one ended */
    map_put(c->a, &s->root->func_names, (uint64_t)(uintptr_t)base, used + 1);
    if (n != base)
        map_put(c->a, &s->root->func_names, (uint64_t)(uintptr_t)n, 1);
    return n;
}

schedule *front_schedule(cb_context *c)
{
    scope *s = current_scope;
    if (!s || s->ctx != c)
        return &front_of(c)->sched;
    if (!s->root->sched) {
        s->root->sched = NEW(c->a, schedule);
        s->root->sched->name = "default";
    }
    return s->root->sched;
}

/* ---- settings from outside ------------------------------------------------------------------- */

bool front_set(cb_context *c, const char *given)
{
    front *f = front_of(c);
    const char *eq = strchr(given, '=');
    char *end = NULL;
    errno = 0;
    long long v = eq ? strtoll(eq + 1, &end, 0) : 0;
    if (!eq || eq == given || end == eq + 1 || *end || errno) {
        diag *d =
            diag_begin(&c->diags, DIAG_BAD_SETTING, (cb_loc){0}, "'%s' is not a setting", given);
        diag_help(&c->diags, d, "settings are written name=integer");
        diag_end(&c->diags, d);
        return false;
    }
    const char *name = ctx_string(c, arena_strndup(c->a, given, (size_t)(eq - given)));
    for (uint32_t i = 0; i < f->settings.n; i++)
        if (f->settings.at[i].name == name) {
            f->settings.at[i].value = v;
            return true;
        }
    vec_push(c->a, &f->settings, (setting){name, v, false});
    return true;
}

static setting *find_setting(cb_context *c, const char *name)
{
    front *f = front_of(c);
    for (uint32_t i = 0; i < f->settings.n; i++)
        if (f->settings.at[i].name == name)
            return &f->settings.at[i];
    return NULL;
}

bool front_apply_settings(cb_context *c, schedule *s)
{
    bool ok = true;
    vec(const char *) known = {0};
    for (uint32_t i = 0; s && i < s->knobs.n; i++) {
        cb_knob_s *k = s->knobs.at[i];
        setting *given = find_setting(c, k->name);
        vec_push(c->a, &known, k->name);
        if (!given)
            continue;
        given->used = true;
        const char *why = knob_fault(c, k, given->value);
        if (why) {
            diag *d = diag_begin(&c->diags, DIAG_BAD_SETTING, k->loc, "%s=%lld: %s", k->name,
                                 (long long)given->value, why);
            diag_help(&c->diags, d, "the knob takes %lld to %lld in steps of %lld",
                      (long long)k->min, (long long)k->max, (long long)k->step);
            diag_end(&c->diags, d);
            ok = false;
        } else {
            k->value = given->value;
        }
    }
    front *f = front_of(c);
    for (uint32_t i = 0; i < f->settings.n; i++) {
        const setting *t = &f->settings.at[i];
        if (t->used)
            continue;
        const char *near = known.n ? text_nearest(t->name, known.at, known.n) : NULL;
        diag *d = diag_begin(&c->diags, DIAG_BAD_SETTING, (cb_loc){0},
                             "nothing is called '%s' here", t->name);
        if (near)
            diag_help(&c->diags, d, "did you mean '%s'?", near);
        else
            diag_help(
                &c->diags, d,
                "a setting is the name of a Setting of the generator or a knob of the schedule");
        diag_end(&c->diags, d);
        ok = false;
    }
    return ok;
}

typedef struct new_setting {
    cb_context *c;
    const char *name;
    int64_t value;
    cb_site at;
} new_setting;

static void declare_setting(void *env)
{
    new_setting *n = env;
    binding b = {
        .name = ctx_string(n->c, n->name), .kind = BIND_EXPR, .loc = site_loc(n->c, n->at)};
    setting *s = find_setting(n->c, b.name);
    int64_t v = n->value;
    if (s) {
        s->used = true;
        v = s->value;
    }
    b.expr = expr_literal_int(n->c, v, false);
    if (scope_declare(current_scope, &b))
        n->value = v;
}

int64_t cb_setting(const char *name, int64_t def, cb_site at)
{
    new_setting n = {cb_current(), name, def, at};
    if (n.c)
        front_try(n.c, declare_setting, &n);
    else
        front_no_scope(at, "Setting");
    return n.value;
}
