/* dsl/expand.c: a resolved schedule as schedule text, every default written out with its reason:
 *
 *     out  vectorize(x, 8)
 *
 * becomes
 *
 *     stage out:
 *         compute_root(),               # an output: computed at the root into the caller's buffer
 *         split(x, x, x.v, 8, guard),   # from vectorize(x, 8); guard is the default tail
 *         vectorize(x.v),
 *         reorder(x.v, x, y),           # the loops, innermost first
 *         serial(y),                    # default
 *         serial(x)                     # default
 *
 * Reading this text and resolving it gives the same plans. It is printed from the plans and the
 * steps they were made by, never from the schedule as written.
 */
#include "sched.h"

#include <string.h>

typedef struct item {
    const char *text, *reason; /* reason NULL: as written */
    int depth;                 /* in how many specialize() */
    int closes;                /* how many of them end here */
    bool open;                 /* the beginning of one */
} item;

typedef struct printer {
    cb_context *c;
    const pipeline *p;
    vec(item) items; /* of the stage at hand */
    int depth;
} printer;

static void put(printer *P, const char *what, const char *reason)
{
    vec_push(P->c->a, &P->items, ((item){.text = what, .reason = reason, .depth = P->depth}));
}

static const char *level_text(printer *P, const char *verb, const loop_level *l)
{
    if (l->kind == LEVEL_INLINE)
        return arena_printf(P->c->a, "%s_inline()", verb);
    if (l->kind == LEVEL_ROOT)
        return arena_printf(P->c->a, "%s_root()", verb);
    stage_plans leaves = {0};
    stage_leaves(P->c->a, pipeline_plan(P->p, l->func)->stages.at[l->stage], &leaves);
    const stage_plan *s = leaves.at[0];
    text t;
    text_init(&t, P->c->a);
    text_printf(&t, strcmp(verb, "hoist_storage") ? "%s_at(" : "%s(", verb);
    stage_ref_print(&t, (stage_ref){l->func->name, s->update});
    text_printf(&t, ", %s)", s->dims_all.at[l->loop].name);
    return text_str(&t);
}

static const char *compute_reason(printer *P, const func_plan *f, bool output)
{
    const definition *pure = f->func->defs.at[0];
    const stage_plan *by;
    if (output)
        return "an output: computed at the root into the caller's buffer";
    if (f->compute.from)
        return NULL;
    if (f->compute.kind == LEVEL_INLINE)
        return "default: a single pure definition is substituted where it is used";
    if (pure->kind == DEF_EXTERN)
        return arena_printf(P->c->a, "default: what the C function '%s' computes is computed before its first reader",
                            pure->function);
    if ((by = given_to_c(P->c, P->p, f->func)))
        return arena_printf(P->c->a, "default: what the C function '%s' is given is computed before it", by->def->function);
    if (f->func->defs.n == 1 && pure->partial)
        return "default: a Func that may leave elements undefined is computed before its first reader";
    return "default: a Func with updates is computed before its first reader";
}

static const char *bound_reason(printer *P, const bound_plan *b)
{
    if (!b->modulus)
        return NULL;
    if (b->extent_only)
        return arena_printf(P->c->a, "may compute up to %lld elements more at the end",
                            (long long)b->modulus - 1);
    return arena_printf(P->c->a, "may compute up to %lld elements more at each end",
                        (long long)b->modulus - 1);
}

/* "reads of 'f' by g, h go through it" */
static const char *made_reason(printer *P, const func_plan *f, const directive *d)
{
    text t;
    text_init(&t, P->c->a);
    for (uint32_t i = 1; i < d->nargs; i++)
        text_printf(&t, "%s%s", i > 1 ? ", " : "", d->arg[i].name);
    return arena_printf(P->c->a, "%s read%s '%s' instead of '%s'",
                        d->nargs > 1 ? text_str(&t) : "all its other readers",
                        d->nargs == 2 ? "s" : "", d->arg[0].name, f->func->name);
}

static void put_made(printer *P, const func_plan *f)
{
    for (uint32_t i = 0; i < f->makes.n; i++)
        put(P, directive_text(P->c, f->makes.at[i]), made_reason(P, f, f->makes.at[i]));
}

/* Rows of internal storage begin at cache lines (lower/flatten.c) unless align_storage says otherwise. */
static const char *pitch_reason(printer *P, const char *reason)
{
    const char *pitch = "rows of 64 bytes or more begin at multiples of 64";
    return reason ? arena_printf(P->c->a, "%s; %s", reason, pitch) : pitch;
}

static void put_func(printer *P, const func_plan *f)
{
    bool output = pipeline_is_output(P->p, f->func);
    put_made(P, f);
    put(P, level_text(P, "compute", &f->compute), compute_reason(P, f, output));
    if (f->compute.kind == LEVEL_INLINE)
        return;
    if (!output) {
        put(P, level_text(P, "store", &f->store),
            f->store.from ? NULL : "default: where it is computed");
        if (f->hoist.from)
            put(P, level_text(P, "hoist_storage", &f->hoist), NULL);
        put(P, arena_printf(P->c->a, "store_in(%s)", mem_names[f->memory]),
            f->memory == MEM_AUTO ? "the stack when small and constant, else the heap" : NULL);
    }
    if (!output && f->func->rank > 1) {
        text t;
        text_init(&t, P->c->a);
        bool natural = true;
        for (uint32_t i = 0; i < f->func->rank; i++) {
            natural &= f->storage_order[i] == i;
            text_printf(&t, "%s%s", i ? ", " : "",
                        ir_sym_name(P->c, f->func->args[f->storage_order[i]]));
        }
        put(P, arena_printf(P->c->a, "reorder_storage(%s)", text_str(&t)),
            natural ? "default: the first dimension innermost" : NULL);
    }
    bool aligned = output || !f->func->rank || f->storage[f->storage_order[0]].align;
    for (uint32_t i = 0; i < f->func->rank; i++) {
        const storage_plan *s = &f->storage[i];
        const directive *const from[] = {s->fold_from, s->align_from, s->bound_from};
        for (int k = 0; k < 3; k++)
            if (from[k])
                put(P, directive_text(P->c, from[k]), NULL);
    }
    if (!aligned && f->func->rank > 1)
        P->items.at[P->items.n - 1].reason = pitch_reason(P, P->items.at[P->items.n - 1].reason);
    for (uint32_t i = 0; i < P->p->estimates.n; i++)
        if (P->p->estimates.at[i].func == f->func)
            put(P, directive_text(P->c, P->p->estimates.at[i].from), "a hint");
    for (uint32_t i = 0; i < f->bounds.n; i++)
        put(P, directive_text(P->c, f->bounds.at[i].from), bound_reason(P, &f->bounds.at[i]));
}

/* Did the user name a tail in what this step was made from? */
static bool tail_written(const directive *d)
{
    for (uint32_t i = 0; i < d->nargs; i++)
        if (d->arg[i].kind == DARG_TAIL && d->arg[i].tail != TAIL_AUTO)
            return true;
    return false;
}

/* `from` is what a split step was made by: the directive as written, or one taken apart. */
static const char *step_reason(printer *P, const directive *step, const split_plan *split)
{
    text t;
    text_init(&t, P->c->a);
    if (step->origin)
        text_printf(&t, "from %s", directive_text(P->c, step->origin));
    bool writes = split && tail_writes_beyond(split->tail), reads = split && tail_reads_beyond(split->tail);
    if (writes || reads)
        text_printf(&t, "%s%s may %s up to %lld iterations more", t.n ? "; " : "", tail_names[split->tail],
                    !reads ? "store" : writes ? "compute" : "read", (long long)split->factor - 1);
    else if (split && !tail_written(split->from))
        text_printf(&t, "%s%s is the default tail", t.n ? "; " : "", tail_names[split->tail]);
    return t.n ? text_str(&t) : NULL;
}

static bool others_scheduled(printer *P, const stage_plan *s)
{
    const func_plan *f = pipeline_plan(P->p, s->func);
    for (uint32_t i = 0; i < f->stages.n; i++)
        if (f->stages.at[i] != s && f->stages.at[i]->steps.n && !f->stages.at[i]->left)
            return true;
    return false;
}

static void put_steps(printer *P, const stage_plan *s, uint32_t step, uint32_t next_split);

/* specialize(cond, what the branch does with the loops there were), as one item per directive */
static void put_branch(printer *P, const branch_plan *b)
{
    uint32_t first = P->items.n;
    const char *cond = sched_cond_text(P->c, b->from->arg[0].cond);
    P->depth++;
    put_steps(P, b->plan, b->first_step, b->first_split);
    P->depth--;
    bool bare = P->items.n == first;
    put(P, NULL, NULL); /* make room at the front */
    memmove(&P->items.at[first + 1], &P->items.at[first],
            (P->items.n - 1 - first) * sizeof *P->items.at);
    P->items.at[first] = (item){.text = arena_printf(P->c->a, "specialize(%s%s", cond, bare ? ")" : ","),
                                .depth = P->depth, .open = !bare};
    if (!bare)
        P->items.at[P->items.n - 1].closes++;
}

/* The steps from `step` on, the order of the loops and the kinds of those that have none. */
static void put_steps(printer *P, const stage_plan *s, uint32_t step, uint32_t next_split)
{
    uint32_t next_branch = 0;
    for (uint32_t i = step; i < s->steps.n; i++) {
        const directive *d = s->steps.at[i];
        const split_plan *split = NULL;
        if (d->op == DIR_SPLIT || d->op == DIR_FUSE || d->op == DIR_RENAME)
            split = &s->splits.at[next_split++];
        if (split && split->kind != SPLIT_SPLIT)
            split = NULL;
        if (d->op == DIR_SPECIALIZE)
            put_branch(P, &s->branches.at[next_branch++]);
        else if (d->op != DIR_SPECIALIZE_FAIL)
            put(P, directive_text(P->c, d), step_reason(P, d, split));
    }
    if (s->fails) {
        put(P, directive_text(P->c, s->fails), NULL);
        return;
    }
    if (P->depth == 0 && (s->left || (!s->steps.n && s->loops.n && others_scheduled(P, s)))) {
        if (!s->left)
            put(P, "unscheduled()", "nothing was asked for, though other stages of the Func are scheduled");
        return;
    }
    if (s->loops.n > 1) {
        text t;
        text_init(&t, P->c->a);
        for (uint32_t i = s->loops.n; i-- > 0;)
            text_printf(&t, "%s%s", s->dims_all.at[s->loops.at[i]].name, i ? ", " : "");
        put(P, arena_printf(P->c->a, "reorder(%s)", text_str(&t)), "the loops, innermost first");
    }
    for (uint32_t i = 0; i < s->loops.n; i++) {
        const loop_plan *l = &s->dims_all.at[s->loops.at[i]];
        if (!l->from)
            put(P, arena_printf(P->c->a, "serial(%s)", l->name), "default");
    }
}

static void put_stage(printer *P, const stage_plan *s) { put_steps(P, s, 0, 0); }

static void flush(printer *P, text *t, const cb_func_s *f, stage_ref of)
{
    size_t width = 0;
    if (!P->items.n)
        return;
    for (uint32_t i = 0; i < P->items.n; i++) {
        size_t n = strlen(P->items.at[i].text);
        if (n > width)
            width = n;
    }
    if (width > 56)
        width = 56;
    const char *off = f->unnamed ? "# " : "";
    if (*off && of.update < 0)
        text_printf(t, "\n# '%s' is a reduction without a name; with one (sum(r, e) as total) it can "
                       "be scheduled", f->name);
    text_printf(t, "\n%sstage ", off);
    stage_ref_print(t, of);
    text_put(t, ":\n");
    for (uint32_t i = 0; i < P->items.n; i++) {
        const item *k = &P->items.at[i];
        bool last = i + 1 == P->items.n;
        const char *line = arena_printf(P->c->a, "%*s%s%.*s%s", 4 * k->depth, "", k->text,
                                        k->closes, "))))))))))))))))", last || k->open ? "" : ",");
        text_printf(t, "%s    %s", off, line);
        size_t n = strlen(line);
        if (k->reason)
            text_printf(t, "%*s# %s", n < width + 3 ? (int)(width + 3 - n) : 1, "", k->reason);
        text_put(t, "\n");
    }
    P->items.n = 0;
}

static void put_input_estimates(printer *P, text *t)
{
    const cb_func_s *last = NULL;
    for (uint32_t k = 0; k < P->p->inputs.n; k++)
        for (uint32_t i = 0; i < P->p->estimates.n; i++) {
            const estimate_plan *e = &P->p->estimates.at[i];
            if (e->func != P->p->inputs.at[k])
                continue;
            text_printf(t, last == e->func ? "%s%s" : "\nstage %s:\n    %s", last == e->func ? ", " : e->func->name,
                        directive_text(P->c, e->from));
            last = e->func;
        }
    if (last)
        text_put(t, "\n");
}

void schedule_expand(text *t, const pipeline *p)
{
    printer P = {.c = p->ctx, .p = p};
    const schedule *s = p->flat;
    text_printf(t, "# schedule of '%s' with every choice written out\n", p->name);
    for (uint32_t i = 0; s && i < s->knobs.n; i++)
        sched_knob_print(t, s->knobs.at[i], s->knobs.at[i]->value);
    for (uint32_t i = p->plans.n; i-- > 0;) {
        const func_plan *f = p->plans.at[i];
        for (uint32_t k = 0; k < f->stages.n; k++) {
            if (k == 0)
                put_func(&P, f);
            if (f->compute.kind != LEVEL_INLINE)
                put_stage(&P, f->stages.at[k]);
            flush(&P, t, f->func, (stage_ref){f->func->name, f->stages.at[k]->update});
        }
    }
    for (uint32_t i = 0; i < p->input_plans.n; i++) {
        put_made(&P, p->input_plans.at[i]);
        cb_func_s *f = p->input_plans.at[i]->func;
        flush(&P, t, f, (stage_ref){f->name, -1});
    }
    put_input_estimates(&P, t);
    if (s && s->contracts.n) {
        text_put(t, "\n");
        sched_contracts_print(t, s);
    }
}
