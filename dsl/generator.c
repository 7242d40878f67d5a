/* dsl/generator.c: generators and schedules by name.
 *
 * Generator(blur) { ... } puts a constant record into a section of the program; a registry is the
 * range of those records. Running one is: a fresh scope that sees nothing around it, the body, and
 * then a pipeline of the outputs it declared. A schedule's body runs in a scope of its own, where
 * Stages(...) finds the generator's Funcs.
 */
#include "front.h"

#include <stdlib.h>
#include <string.h>

const cb_record *registry_find(cb_registry reg, const char *generator, const char *variant)
{
    for (const cb_record *const *r = reg.first; r && r < reg.end; r++)
        if (!strcmp((*r)->generator, generator) &&
            (variant ? (*r)->schedule && !strcmp((*r)->schedule, variant) : !(*r)->schedule))
            return *r;
    return NULL;
}

typedef struct running {
    cb_context *c;
    const cb_record *r;
    scope *s;
    pipeline *p;
    int errors;
    bool is_schedule, ok;
} running;

static void open_scope(void *env)
{
    running *R = env;
    R->s = scope_push(R->c, site_loc(R->c, R->r->at), true);
    R->s->made = R->p;
    if (R->is_schedule) {
        R->s->sched = NEW(R->c->a, schedule);
        R->s->sched->name = ctx_string(R->c, R->r->schedule);
        R->s->sched->file = ctx_string(R->c, R->r->at.file);
    }
}

static bool run_body(running *R)
{
    R->errors = R->c->diags.errors;
    if (!front_try(R->c, open_scope, R))
        return false;
    R->r->body();
    scope_pop(R->s);
    return R->c->diags.errors == R->errors;
}

/* The generator's arguments are what it declares, used or not: the caller's code must not depend on
 * what the equations happen to need. */
static void finish(void *env)
{
    running *R = env;
    cb_context *c = R->c;
    scope *s = R->s;
    site_loc(c, R->r->at);
    pipeline *p = pipeline_new(c, R->r->generator, s->outputs.at, s->outputs.n);
    if (!p)
        return;
    p->inputs.n = p->params.n = 0;
    for (uint32_t i = 0; i < s->inputs.n; i++)
        vec_push(c->a, &p->inputs, s->inputs.at[i]);
    for (uint32_t i = 0; i < s->params.n; i++)
        vec_push(c->a, &p->params, s->params.at[i]);
    R->p = p;
}

pipeline *generator_run(cb_context *c, const cb_record *r)
{
    running R = {.c = c, .r = r};
    if (!run_body(&R) || !front_try(c, finish, &R))
        return NULL;
    return R.p;
}

bool generator_schedule(cb_context *c, const cb_record *r, pipeline *p)
{
    running R = {.c = c, .r = r, .p = p, .is_schedule = true};
    if (!run_body(&R))
        return false;
    p->sched = R.s->sched;
    return true;
}

/* ---- Stages(...) ----------------------------------------------------------------------------- */

typedef struct finding {
    cb_context *c;
    const char *name;
    cb_site at;
    cb_func_s *out;
} finding;

static void find(void *env)
{
    finding *F = env;
    cb_context *c = F->c;
    cb_loc loc = site_loc(c, F->at);
    scope *s = scope_current();
    const pipeline *p = s->root->made;
    if (!p) {
        diag *d = diag_begin(&c->diags, DIAG_NO_SCOPE, loc, "Stages outside of a Schedule body");
        diag_help(
            &c->diags, d,
            "Stages names the Funcs of a generator inside Schedule(generator, variant) { ... }");
        diag_end(&c->diags, d);
        return;
    }
    cb_func_s *f = pipeline_func(p, F->name);
    if (!f) {
        vec(const char *) all = {0};
        for (uint32_t i = 0; i < p->funcs.n; i++)
            vec_push(c->a, &all, p->funcs.at[i]->name);
        const char *near = text_nearest(F->name, all.at, all.n);
        diag *d = diag_begin(&c->diags, DIAG_NO_SUCH_STAGE, loc, "'%s' has no Func '%s'", p->name,
                             F->name);
        if (near)
            diag_help(&c->diags, d, "did you mean '%s'?", near);
        else
            diag_help(&c->diags, d, "only Funcs that the outputs need are part of a pipeline");
        diag_end(&c->diags, d);
        return;
    }
    binding b = {.name = ctx_string(c, F->name), .kind = BIND_FUNC, .func = f, .loc = loc};
    if (scope_declare(s, &b))
        F->out = f;
}

cb_func cb_stage_func(const char *name, cb_site at)
{
    finding F = {cb_current(), name, at, NULL};
    if (F.c)
        front_try(F.c, find, &F);
    else
        front_no_scope(at, "Stages");
    return (cb_func){F.out};
}

/* ---- by name --------------------------------------------------------------------------------- */

typedef struct generating {
    cb_context *c;
    cb_registry reg;
    const char *generator, *schedule;
    int n;
    const char *const *settings;
    pipeline *p;
    const cb_record *found[2];
    bool ok;
} generating;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *registry_names(cb_context *c, cb_registry reg, const char *generator)
{
    vec(const char *) all = {0};
    for (const cb_record *const *k = reg.first; k && k < reg.end; k++)
        if (generator ? (*k)->schedule && !strcmp((*k)->generator, generator) : !(*k)->schedule)
            vec_push(c->a, &all, generator ? (*k)->schedule : (*k)->generator);
    if (all.n)
        qsort(all.at, all.n, sizeof *all.at, by_text);
    text t;
    text_init(&t, c->a);
    for (uint32_t i = 0; i < all.n; i++)
        text_printf(&t, "%s%s", i ? ", " : "", all.at[i]);
    return text_str(&t);
}

static const cb_record *need(generating *G, const char *variant)
{
    cb_context *c = G->c;
    const cb_record *r = registry_find(G->reg, G->generator, variant);
    if (r)
        return r;
    diag *d = variant ? diag_begin(&c->diags, DIAG_NO_GENERATOR, (cb_loc){0},
                                   "generator '%s' has no schedule '%s'", G->generator, variant)
                      : diag_begin(&c->diags, DIAG_NO_GENERATOR, (cb_loc){0},
                                   "there is no generator '%s'", G->generator);
    const char *all = registry_names(c, G->reg, variant ? G->generator : NULL);
    diag_help(&c->diags, d, *all ? "there is: %s" : "there is none at all%s", all);
    diag_end(&c->diags, d);
    return NULL;
}

static void prepare(void *env)
{
    generating *G = env;
    G->ok = true;
    front_of(G->c)->at = (cb_loc){"cb_generate", 0, 0}; /* what it is told has no place in a file */
    front_of(G->c)->settings.n = 0;
    for (int i = 0; i < G->n; i++)
        G->ok &= front_set(G->c, G->settings[i]);
    G->found[0] = need(G, NULL);
    if (G->schedule && G->found[0])
        G->found[1] = need(G, G->schedule);
    G->ok &= G->found[0] && (!G->schedule || G->found[1]);
}

static void settle(void *env)
{
    generating *G = env;
    front_of(G->c)->at = (cb_loc){"cb_generate", 0, 0};
    G->ok = front_apply_settings(G->c, G->p->sched);
}

cb_pipeline cb_generate(cb_context *c, cb_registry reg, const char *generator, const char *variant,
                        int n, const char *const *settings)
{
    generating G = {.c = c,
                    .reg = reg,
                    .generator = generator,
                    .schedule = variant,
                    .n = n,
                    .settings = settings};
    if (!c || !front_try(c, prepare, &G) || !G.ok)
        return (cb_pipeline){NULL};
    G.p = generator_run(c, G.found[0]);
    if (!G.p || (G.schedule && !generator_schedule(c, G.found[1], G.p)))
        return (cb_pipeline){NULL};
    if (!front_try(c, settle, &G) || !G.ok)
        return (cb_pipeline){NULL};
    return (cb_pipeline){G.p};
}
