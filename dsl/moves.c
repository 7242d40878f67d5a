/* dsl/moves.c: what would be legal in place of what a schedule was refused for.
 *
 *     error[illegal-tail]: split(r.x, ro, ri, 4, round_up): 'r.x' is a reduction loop: ...
 *       help: legal instead: split(r.x, ro, ri, 4, guard)
 *       help: legal instead: split(r.x, ro, ri, 4, predicate)
 *
 * moves_make.c thinks of schedules that differ in one place; here each is tried, the nearest first:
 * a copy of the pipeline is resolved with it, and lowered where that can be done. Three that are
 * accepted are shown. What is shown may be pasted in place of the directive, or of the name of the
 * stage, that the report is about.
 *
 * Of a schedule with several mistakes one is looked at at a time: a move is good when no mistake is
 * left that was not there before. Some directives make sense only with the one that was refused, and
 * one mistake hides others: places, say, are judged when all loops are right. So when nothing is
 * found, not even leaving it out, moves are tried together with leaving out what is refused then, by
 * the rules of places or by lowering. Of two directives that contradict one another either may go:
 *
 *       help: legal instead: parallel(x), without atomic()
 *
 * Nothing is tried when nobody reads the report (diags.quiet), nor inside of a trial.
 */
#include "moves.h"

#include <string.h>

/* Of one report: moves shown, directives left out with one; then for each number of those: schedules tried and lowered, by
 * the size of the program; and memory that lowering takes in all. */
enum {
    MOST_SHOWN = 3,
    MOST_WITHOUT = 8,
    MOST_TRIED = 96,
    MOST_WORK = 4000,
    MOST_LOWERED = 12,
    WORK_LOWERED = 400,
    MOST_BYTES = 32 << 20
};

/* ---- schedules with a change ----------------------------------------------------------------- */

static bool stands_in(const directive *d, const directive *inner)
{
    bool found = d == inner;
    for (uint32_t i = 0; i < d->nargs && !found; i++)
        found = d->arg[i].kind == DARG_DIR && stands_in(d->arg[i].dir, inner);
    return found;
}

typedef vec(directive *) directives;

/* d with what the move says in place of `old`, which is d or an argument of it, to *out. */
static void put_changed(moves *M, directives *out, directive *d, const directive *old, const move *m)
{
    arena *a = M->c->a;
    if (d == old) {
        for (uint32_t i = 0; i < m->n; i++)
            vec_push(a, out, (directive *)(uintptr_t)m->with[i]);
        return;
    }
    if (!stands_in(d, old)) {
        vec_push(a, out, d);
        return;
    }
    directives inner = {0};
    uint32_t first = 0;
    while (d->arg[first].kind != DARG_DIR)
        first++;
    for (uint32_t i = first; i < d->nargs; i++)
        put_changed(M, &inner, (directive *)(uintptr_t)d->arg[i].dir, old, m);
    directive *e = directive_new(M->c, d->op, d->loc, first + inner.n);
    for (uint32_t i = 0; i < first; i++)
        e->arg[i] = d->arg[i];
    for (uint32_t i = 0; i < inner.n; i++)
        e->arg[first + i] = (dir_arg){.kind = DARG_DIR, .dir = inner.at[i]};
    e->excerpt = d->excerpt;
    e->call = d->call;
    vec_push(a, out, e);
}

/* The entry with the move made. m NULL: as it is. */
static sched_entry *change_entry(moves *M, const sched_entry *e, const move *m)
{
    sched_entry *out = NEW(M->c->a, sched_entry);
    *out = *e;
    memset(&out->dirs, 0, sizeof out->dirs);
    directives dirs = {0};
    if (m && m->stage) {
        out->stage = *m->stage;
        out->func = NULL;
    }
    bool line = !M->d && m && !m->stage; /* is left out */
    for (uint32_t i = 0; i < e->dirs.n && !line; i++) {
        directive *d = e->dirs.at[i];
        if (m && !m->stage && M->d)
            put_changed(M, &dirs, d, M->d, m);
        else
            vec_push(M->c->a, &dirs, d);
    }
    for (uint32_t i = 0; i < dirs.n; i++)
        vec_push(M->c->a, &out->dirs, dirs.at[i]);
    return out;
}

static schedule *change(moves *M, const move *m)
{
    schedule *s = NEW(M->c->a, schedule);
    *s = *M->s;
    memset(&s->entries, 0, sizeof s->entries);
    for (uint32_t i = 0; i < M->s->entries.n; i++) {
        sched_entry *e = M->s->entries.at[i];
        sched_entry *as = e == M->entry ? change_entry(M, e, m) : e;
        if (as->dirs.n)
            vec_push(M->c->a, &s->entries, as);
    }
    return s;
}

/* ---- trying ---------------------------------------------------------------------------------- */

static pipeline *copy_pipeline(const moves *M, schedule *s)
{
    arena *a = M->c->a;
    const pipeline *p = M->p;
    pipeline *q = NEW(a, pipeline);
    *q = *p;
    q->sched = q->flat = s;
    q->trial = true;
    memset(&q->funcs, 0, sizeof q->funcs);
    memset(&q->program, 0, sizeof q->program);
    memset(&q->plans, 0, sizeof q->plans);
    memset(&q->input_plans, 0, sizeof q->input_plans);
    memset(&q->estimates, 0, sizeof q->estimates);
    q->refused = NULL;
    for (uint32_t i = 0; i < p->program.n; i++) {
        vec_push(a, &q->program, p->program.at[i]);
        vec_push(a, &q->funcs, p->program.at[i]);
    }
    return q;
}

/* A schedule that was tried: what is refused of it. */
typedef struct trial {
    schedule *s;
    pipeline *p;
    uint32_t n; /* refusals */
    const complaint *refused;
} trial;

static trial try_schedule(const moves *M, schedule *s)
{
    pipeline *q = copy_pipeline(M, s);
    resolver T = {.c = M->c, .p = q, .s = s, .dry = true};
    if (!resolve_flat(&T) && !T.refused.n)
        vec_push(M->c->a, &T.refused, (complaint){.code = DIAG_INTERNAL});
    return (trial){s, q, T.refused.n, T.refused.at};
}

static bool same_place(const cb_loc *a, const cb_loc *b) { return a->line == b->line && a->col == b->col; }

/* Directives around a changed one are copies. */
static bool same_refusal(const complaint *a, const complaint *b)
{
    if (a->code != b->code || !a->d != !b->d || !a->entry != !b->entry)
        return false;
    return (!a->d || a->d == b->d || (a->d->op == b->d->op && a->d->nargs == b->d->nargs && a->d->loc.col &&
                                      same_place(&a->d->loc, &b->d->loc))) &&
           (!a->entry || a->entry == b->entry || same_place(&a->entry->loc, &b->entry->loc));
}

/* Is it the mistake that the report is about? */
static bool is_own(const moves *M, const complaint *r)
{
    return r->code == M->code && (M->d ? r->d == M->d : r->entry && same_place(&r->entry->loc, &M->entry->loc));
}

/* The first refusal that was not there before, but for the report's own; NULL: none. */
static const complaint *first_new(const moves *M, const trial *was, const trial *now)
{
    for (uint32_t i = 0; i < now->n; i++) {
        bool old = false;
        for (uint32_t k = 0; k < was->n && !old; k++)
            old = same_refusal(&was->refused[k], &now->refused[i]) && !is_own(M, &was->refused[k]);
        if (!old)
            return &now->refused[i];
    }
    return NULL;
}

/* In the text of a procedure, loops that it makes have other names, and its parameters stand for others. */
static bool means_another(const sched_call *call, const char *name)
{
    const char *proc = call->proc->name;
    size_t n = strlen(proc);
    for (uint32_t i = 0; i < call->proc->params.n; i++)
        if (!strcmp(call->proc->params.at[i], name))
            return !call->entry->args.at[i].name || strcmp(call->entry->args.at[i].name, name) != 0;
    return !strncmp(name, proc, n) && (name[n] == '.' || name[n] == '_');
}

static bool writable(const directive *d, const sched_call *call)
{
    bool ok = true;
    for (uint32_t i = 0; i < d->nargs && call && ok; i++) {
        const dir_arg *a = &d->arg[i];
        if (a->kind == DARG_DIR)
            ok = writable(a->dir, call);
        else if (a->kind == DARG_STAGE)
            ok = !means_another(call, a->stage.func);
        else if (a->name && a->kind != DARG_TEXT)
            ok = !means_another(call, a->name);
    }
    return ok;
}

/* What the user pastes; NULL: it cannot be written where the directive stands. */
static const char *move_text(const moves *M, const move *m)
{
    text t;
    text_init(&t, M->c->a);
    if (m->stage)
        stage_ref_print(&t, *m->stage);
    for (uint32_t i = 0; i < m->n; i++) {
        if (M->d && !writable(m->with[i], M->d->call))
            return NULL;
        text_put(&t, i ? ", " : "");
        if (!directive_print(&t, m->with[i]))
            return NULL;
    }
    return text_str(&t);
}

typedef struct search {
    moves *M;
    diags *D;
    diag *g;
    trial base; /* without a move */
    uint32_t found, tried, most, lowered, most_lowered;
    size_t bytes;
    bool (*lowers)(pipeline *p);
    vec(const char *) seen;
} search;

static bool is_new(search *S, const char *said)
{
    for (uint32_t i = 0; i < S->seen.n; i++)
        if (!strcmp(S->seen.at[i], said))
            return false;
    vec_push(S->M->c->a, &S->seen, said);
    return true;
}

/* What is too large to be lowered in passing is taken to be right, unless it was lowering that refused. */
static bool can_be_lowered(search *S, const move *m, pipeline *q)
{
    bool enough = S->lowered >= S->most_lowered || S->bytes > MOST_BYTES;
    if (enough && m->n) /* leaving it out is always looked at */
        return false;
    S->lowered++;
    bool ok = S->lowers(q);
    S->bytes += q->bytes;
    return ok || (q->unfinished && !S->M->lowering);
}

/* ---- what has to go with a move -------------------------------------------------------------- */

/* What else is left out. */
typedef struct left_out {
    uint32_t n;
    complaint at[MOST_WITHOUT];
} left_out;

static bool made_by_move(const move *m, const directive *d)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (stands_in(m->with[i], d))
            return true;
    return false;
}

/* s without what was refused, in an entry that stands at the same place as that of the schedule written. */
static schedule *leave_out(moves *M, const schedule *from, const complaint *r)
{
    static const move none = {0};
    moves one = *M;
    one.s = from;
    one.d = r->d;
    for (uint32_t i = 0; i < from->entries.n; i++) {
        const sched_entry *e = from->entries.at[i];
        bool here = r->entry && same_place(&e->loc, &r->entry->loc);
        for (uint32_t k = 0; k < e->dirs.n && r->d; k++)
            here |= stands_in(e->dirs.at[k], r->d);
        if (here) {
            one.entry = e;
            return change(&one, &none);
        }
    }
    return NULL;
}

/* "the first ", "the second ", ..., where an entry has a directive several times. */
static const char *which_of(const moves *M, const sched_entry *e, const directive *d)
{
    static const char *const words[] = {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};
    uint32_t before = 0, same = 0;
    for (uint32_t i = 0; i < e->dirs.n; i++) {
        if (e->dirs.at[i] == d)
            before = same;
        same += !strcmp(directive_text(M->c, e->dirs.at[i]), directive_text(M->c, d));
    }
    if (same < 2)
        return "";
    return before < COUNT_OF(words) ? arena_printf(M->c->a, "the %s ", words[before])
                                    : arena_printf(M->c->a, "number %u of the equal ones, ", before + 1);
}

/* "parallel(y) and store_root() of f2": what was left out; NULL: it cannot be said. */
static const char *left_text(const moves *M, const left_out *X)
{
    text t;
    text_init(&t, M->c->a);
    for (uint32_t i = 0; i < X->n; i++) {
        const complaint *r = &X->at[i];
        const sched_entry *e = r->entry;
        text_put(&t, i ? " and " : "");
        for (uint32_t k = 0; k < M->s->entries.n && r->d; k++)
            for (uint32_t n = 0; n < M->s->entries.at[k]->dirs.n; n++)
                if (stands_in(M->s->entries.at[k]->dirs.at[n], r->d))
                    e = M->s->entries.at[k];
        if (e && r->d)
            text_put(&t, which_of(M, e, r->d));
        if (!e || e->call || (r->d && !directive_print(&t, r->d)))
            return NULL;
        if (e != M->entry || !r->d) {
            text_put(&t, r->d ? " of " : "all of ");
            stage_ref_print(&t, e->stage);
        }
    }
    return text_str(&t);
}

/* Tries a move together with leaving out, one after the other, what is refused of others then: `most` at most. */
static bool try_with(search *S, const move *m, uint32_t most, left_out *X)
{
    moves *M = S->M;
    const complaint given = {.code = M->code, .d = m->without};
    schedule *s = change(M, m);
    X->n = 0;
    if (m->without) {
        X->at[X->n++] = given;
        s = leave_out(M, s, &given);
        most++;
    }
    if (!s)
        return false;
    trial T = try_schedule(M, s);
    for (;;) {
        S->tried++;
        const complaint *r = first_new(M, &S->base, &T);
        complaint lowering = {.code = DIAG_COUNT};
        if (!r && !T.n && S->lowers && !can_be_lowered(S, m, T.p)) {
            lowering.d = T.p->refused;
            r = &lowering;
        }
        if (!r)
            return true;
        bool own = r->d && (r->d == M->d || made_by_move(m, r->d));
        if (X->n == most || X->n == MOST_WITHOUT || own || (!r->d && !r->entry))
            return false;
        X->at[X->n++] = *r;
        schedule *less = leave_out(M, T.s, r);
        if (!less)
            return false;
        T = try_schedule(M, less);
    }
}

/* Tries the list. */
static void try_all(search *S, uint32_t most)
{
    moves *M = S->M;
    S->seen.n = S->tried = S->lowered = 0;
    const move written = {.n = 1, .with = {M->d}};
    if (M->d)
        is_new(S, move_text(M, &written) ? move_text(M, &written) : "");
    for (uint32_t i = 0; i < M->list.n && S->found < MOST_SHOWN && S->tried < S->most; i++) {
        const move *m = &M->list.at[i];
        const char *said = move_text(M, m);
        left_out X;
        const char *key = said;
        if (said && m->without)
            key = arena_printf(M->c->a, "%s without %s", said, directive_text(M->c, m->without));
        if (!said || !is_new(S, key) || !try_with(S, m, most, &X))
            continue;
        const char *without = X.n ? left_text(M, &X) : NULL;
        if (X.n && !without)
            continue;
        diag_move(S->D, S->g, said, without);
        S->found++;
    }
}

static bool find_entry(moves *M)
{
    for (uint32_t i = 0; i < M->s->entries.n; i++) {
        const sched_entry *e = M->s->entries.at[i];
        for (uint32_t k = 0; M->d && k < e->dirs.n; k++)
            if (stands_in(e->dirs.at[k], M->d))
                M->entry = e;
        if (e == M->entry)
            return true;
    }
    return false;
}

static uint32_t search_moves(moves *M, diags *D, diag *g)
{
    cb_context *c = M->c;
    if (c->diags.quiet || M->p->trial || !find_entry(M))
        return 0;
    uint32_t work = 1 + (uint32_t)M->p->program.n + M->s->entries.n;
    search S = {.M = M, .D = D, .g = g, .lowers = M->p->lowers, .most = MOST_WORK / work};
    if (S.most > MOST_TRIED)
        S.most = MOST_TRIED;
    S.most_lowered = WORK_LOWERED / work;
    if (S.most_lowered > MOST_LOWERED)
        S.most_lowered = MOST_LOWERED;
    if (!S.most_lowered) /* of large programs plans alone are made */
        S.lowers = NULL;
    if (M->lowering && !S.lowers)
        return 0;
    moves_make(M);
    S.base = try_schedule(M, change(M, NULL));
    for (uint32_t most = 0; most <= MOST_WITHOUT && !S.found; most = most < 2 ? most + 1 : 2 * most)
        try_all(&S, most);
    return S.found;
}

uint32_t moves_help(resolver *R, diag *g)
{
    if (!R->about && !R->about_entry)
        return 0;
    moves M = {.c = R->c, .p = R->p, .s = R->s, .code = g->code, .d = R->about, .arg = R->about_arg,
               .entry = R->about_entry, .others = R->others.at, .nothers = R->others.n};
    return search_moves(&M, &R->c->diags, g);
}

uint32_t moves_help_lowered(pipeline *p, diags *D, diag *g, const directive *d, int64_t number)
{
    if (!d || !p->flat)
        return 0;
    moves M = {.c = p->ctx, .p = p, .s = p->flat, .code = g->code, .d = dir_written(d), .arg = -1,
               .number = number, .lowering = true};
    return search_moves(&M, D, g);
}

/* d, or a directive inside of it, without which all is well. */
static const directive *blame_in(search *S, const directive *d, uint32_t most)
{
    static const move none = {0};
    left_out X;
    for (uint32_t i = 0; i < d->nargs; i++) {
        const directive *inner = d->arg[i].kind == DARG_DIR ? blame_in(S, d->arg[i].dir, most) : NULL;
        if (inner)
            return inner;
    }
    S->M->d = d;
    return S->tried < S->most && S->bytes <= MOST_BYTES && try_with(S, &none, most, &X) ? d : NULL;
}

/* Is it refused without any directive? Then the program is at fault, and no schedule. */
static bool refused_unscheduled(search *S)
{
    schedule *none = arena_copy(S->M->c->a, S->M->s, sizeof *none);
    memset(&none->entries, 0, sizeof none->entries);
    const trial T = try_schedule(S->M, none);
    const bool good = !T.n && S->lowers(T.p);
    S->bytes += T.p->bytes;
    return !good;
}

const directive *moves_blame(pipeline *p, diag_code code)
{
    cb_context *c = p->ctx;
    if (c->diags.quiet || p->trial || !p->flat || !p->flat->entries.n || !p->lowers)
        return NULL;
    moves M = {.c = c, .p = p, .s = p->flat, .code = code, .arg = -1, .lowering = true};
    search S = {.M = &M, .lowers = p->lowers};
    S.most = 4 * WORK_LOWERED / (1 + (uint32_t)p->program.n + p->flat->entries.n);
    if (refused_unscheduled(&S))
        return NULL;
    for (uint32_t most = 0; most <= MOST_WITHOUT; most += MOST_WITHOUT)
        for (uint32_t i = 0; i < p->flat->entries.n; i++) {
            M.entry = p->flat->entries.at[i];
            for (uint32_t k = M.entry->dirs.n; k-- > 0;) { /* what is said last refines what is before */
                const directive *d = blame_in(&S, M.entry->dirs.at[k], most);
                if (d)
                    return d;
            }
        }
    return NULL;
}
