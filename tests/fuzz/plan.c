/* tests/fuzz/plan.c: random schedules. Proposals follow the loops each stage has at every moment, and the
 * rules of placement roughly, so that most are legal; the rest are refused, which is counted.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

enum { MAX_LOOPS = 16 };

typedef struct floop {
    const char *name;
    bool rvar, kind_set, vector, parallel, inner; /* inner: of constant extent, made by a split */
    int factor;                                   /* of inner loops */
} floop;

typedef struct fstage {
    int func, update;
    int n;
    floop loop[MAX_LOOPS]; /* innermost first */
    fz_line *line;
} fstage;

typedef struct fplace {
    bool inlined, root;
    bool read;     /* although inlined */
    int consumers; /* stages that read it, inlining done */
    int consumer;  /* index of one of them in the plan's stages */
} fplace;

typedef struct planner {
    fz_case *k;
    int nstages;
    fstage stage[MAX_LINES * 2];
    fplace place[MAX_FUNCS];
    int fresh;
} planner;

static void add(planner *p, fstage *s, const char *d)
{
    (void)p;
    if (s->line->ndirs < MAX_DIRS)
        s->line->dir[s->line->ndirs++] = d;
}

static bool full(const fstage *s) { return s->line->ndirs >= MAX_DIRS || s->n + 2 > MAX_LOOPS; }

static const char *fresh(planner *p) { return arena_printf(p->k->a, "v%d", p->fresh++); }

static fz_line *line_of(fz_case *k, int func, int update)
{
    fz_line *l = &k->line[k->nlines++];
    *l = (fz_line){.func = func, .update = update};
    return l;
}

/* ---- stages and who reads whom ----------------------------------------------------------------------- */

static fstage *add_stage(planner *p, int func, int update)
{
    fz_case *k = p->k;
    if (k->nlines >= MAX_LINES)
        return NULL;
    fstage *s = &p->stage[p->nstages++];
    *s = (fstage){.func = func, .update = update, .line = line_of(k, func, update)};
    const fz_func *f = &k->func[func];
    if (update >= 0)
        for (int i = 0; i < f->update[update].nr; i++)
            s->loop[s->n++] = (floop){.name = arena_printf(k->a, "r%d%c.%s", func, 'a' + update, fz_vars[i]), .rvar = true};
    for (int d = 0; d < f->rank; d++)
        if (update < 0 || f->update[update].lhs[d]->kind == FX_VAR)
            s->loop[s->n++] = (floop){.name = fz_vars[d]};
    return s;
}

static void find_calls(const fx *e, bool *called)
{
    if (!e)
        return;
    if (e->kind == FX_CALL)
        called[e->i] = true;
    for (int i = 0; i < e->nkids; i++)
        find_calls(e->kid[i], called);
}

/* What a stage reads, calls of inlined Funcs replaced by what those read. */
static void stage_reads(planner *p, int func, int update, bool *called)
{
    const fz_func *f = &p->k->func[func];
    if (update < 0) {
        find_calls(f->pure, called);
    } else {
        find_calls(f->update[update].value, called);
        find_calls(f->update[update].where, called);
        for (int d = 0; d < f->rank; d++)
            find_calls(f->update[update].lhs[d], called);
    }
    for (int i = func - 1; i >= 0; i--)
        if (called[i] && p->place[i].inlined) {
            called[i] = false;
            p->place[i].read = true;
            find_calls(p->k->func[i].pure, called);
        }
}

/* ---- loops ---------------------------------------------------------------------------------------------- */

static const char *some_tail(planner *p, bool allowed)
{
    static const char *const tails[] = {"guard", "auto", "predicate", "shift_inwards", "round_up"};
    int which = pick(&p->k->r, 12);
    if (which > 4 || (which > 2 && !allowed))
        return NULL;
    return tails[which];
}

static void replace_loop(fstage *s, int at, floop outer, floop inner)
{
    memmove(&s->loop[at + 1], &s->loop[at], sizeof s->loop[0] * (size_t)(s->n - at));
    s->n++;
    s->loop[at] = inner;
    s->loop[at + 1] = outer;
}

static void split(planner *p, fstage *s, int at)
{
    floop *l = &s->loop[at];
    const char *o = fresh(p), *i = fresh(p), *t = some_tail(p, s->update < 0 && !l->rvar && !l->inner);
    int factor = 1 + pick(&p->k->r, 9);
    add(p, s, t ? arena_printf(p->k->a, "split(%s, %s, %s, %d, %s)", l->name, o, i, factor, t)
                : arena_printf(p->k->a, "split(%s, %s, %s, %d)", l->name, o, i, factor));
    floop outer = {.name = o, .rvar = l->rvar}, inner = {.name = i, .rvar = l->rvar, .inner = true, .factor = factor};
    replace_loop(s, at, outer, inner);
}

static void split_and_mark(planner *p, fstage *s, int at, const char *word)
{
    floop *l = &s->loop[at];
    bool vector = word[0] == 'v';
    const char *t = some_tail(p, s->update < 0 && !l->rvar && !l->inner);
    int n = vector ? 1 << (1 + pick(&p->k->r, 4)) : 1 + pick(&p->k->r, 4);
    if (chance(&p->k->r, 10))
        n = 3 + pick(&p->k->r, 5);
    add(p, s, t ? arena_printf(p->k->a, "%s(%s, %d, %s)", word, l->name, n, t)
                : arena_printf(p->k->a, "%s(%s, %d)", word, l->name, n));
    floop outer = {.name = l->name, .rvar = l->rvar};
    floop inner = {.name = arena_printf(p->k->a, "%s.%c", l->name, word[0]), .rvar = l->rvar, .kind_set = true,
                   .vector = vector, .inner = true, .factor = n};
    replace_loop(s, at, outer, inner);
}

static void tile(planner *p, fstage *s, int a, int b)
{
    rng *r = &p->k->r;
    const char *xo = fresh(p), *yo = fresh(p), *xi = fresh(p), *yi = fresh(p);
    int w = 1 + pick(r, 8), h = 1 + pick(r, 6);
    add(p, s, arena_printf(p->k->a, "tile(%s, %s, %s, %s, %s, %s, %d, %d)", s->loop[a].name, s->loop[b].name, xo, yo,
                           xi, yi, w, h));
    floop rest[MAX_LOOPS];
    int n = 0;
    for (int i = 0; i < s->n; i++)
        if (i != a && i != b)
            rest[n++] = s->loop[i];
    s->loop[0] = (floop){.name = xi, .inner = true, .factor = w};
    s->loop[1] = (floop){.name = yi, .inner = true, .factor = h};
    s->loop[2] = (floop){.name = xo};
    s->loop[3] = (floop){.name = yo};
    memcpy(&s->loop[4], rest, sizeof rest[0] * (size_t)n);
    s->n = n + 4;
}

static void fuse(planner *p, fstage *s, int at) /* at: the inner one */
{
    const char *f = fresh(p);
    add(p, s, arena_printf(p->k->a, "fuse(%s, %s, %s)", s->loop[at + 1].name, s->loop[at].name, f));
    s->loop[at].name = f;
    s->loop[at].inner = false;
    s->loop[at].rvar |= s->loop[at + 1].rvar;
    memmove(&s->loop[at + 1], &s->loop[at + 2], sizeof s->loop[0] * (size_t)(s->n - at - 2));
    s->n--;
}

static void reorder(planner *p, fstage *s)
{
    rng *r = &p->k->r;
    text t;
    text_init(&t, p->k->a);
    text_put(&t, "reorder(");
    int order[MAX_LOOPS], n = s->n;
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int j = pick(r, i + 1), x = order[i];
        order[i] = order[j];
        order[j] = x;
    }
    /* reduction loops keep their order most of the time */
    int last = -1;
    bool sorted = true;
    for (int i = 0; i < n; i++)
        if (s->loop[order[i]].rvar) {
            sorted &= order[i] > last;
            last = order[i];
        }
    if (!sorted && chance(r, 90))
        return;
    floop now[MAX_LOOPS];
    for (int i = 0; i < n; i++) {
        text_printf(&t, "%s%s", i ? ", " : "", s->loop[order[i]].name);
        now[i] = s->loop[order[i]];
    }
    text_put(&t, ")");
    memcpy(s->loop, now, sizeof now[0] * (size_t)n);
    add(p, s, text_str(&t));
}

static void rename_loop(planner *p, fstage *s, int at)
{
    const char *n = fresh(p);
    add(p, s, arena_printf(p->k->a, "rename(%s, %s)", s->loop[at].name, n));
    s->loop[at].name = n;
}

static void mark(planner *p, fstage *s, int at, const char *word)
{
    add(p, s, arena_printf(p->k->a, "%s(%s)", word, s->loop[at].name));
    s->loop[at].kind_set = true;
    s->loop[at].vector = word[0] == 'v';
    s->loop[at].parallel = word[0] == 'p';
}

static bool has_vector_outside(const fstage *s, int at)
{
    for (int i = at + 1; i < s->n; i++)
        if (s->loop[i].vector)
            return true;
    return false;
}

static void schedule_loops(planner *p, fstage *s)
{
    rng *r = &p->k->r;
    for (int steps = pick(r, 6); steps-- > 0 && s->n && !full(s);) {
        int at = pick(r, s->n);
        floop *l = &s->loop[at];
        if (l->kind_set && chance(r, 95))
            continue;
        switch (pick(r, 11)) {
        case 0:
        case 1:
            split(p, s, at);
            break;
        case 2:
        case 3:
        case 4:
            if (!l->rvar || chance(r, 4))
                split_and_mark(p, s, at, "vectorize");
            break;
        case 5:
            split_and_mark(p, s, at, "unroll");
            break;
        case 6:
            if (s->n >= 2 && s->n + 2 <= MAX_LOOPS && at + 1 < s->n && !s->loop[at + 1].kind_set && !l->rvar && !s->loop[at + 1].rvar)
                tile(p, s, at, at + 1);
            break;
        case 7:
            if (at + 1 < s->n && !s->loop[at + 1].kind_set && (l->rvar == s->loop[at + 1].rvar))
                fuse(p, s, at);
            break;
        case 8:
            if (s->n > 1)
                reorder(p, s);
            break;
        case 9:
            rename_loop(p, s, at);
            break;
        default:
            if (chance(r, 30))
                mark(p, s, at, "serial");
            else if ((!l->rvar || chance(r, 4)) && (!has_vector_outside(s, at) || chance(r, 5)))
                mark(p, s, at, l->inner && chance(r, 60) && l->factor < 9 ? "unroll" : "parallel");
            break;
        }
    }
}

/* ---- places --------------------------------------------------------------------------------------------------- */

static void put_site(text *t, const fz_case *k, const fstage *s, int loop)
{
    fz_stage_name(t, k, s->func, s->update);
    text_printf(t, ", %s)", s->loop[loop].name);
}

static const char *place_text(planner *p, const char *word, const fstage *s, int loop)
{
    text t;
    text_init(&t, p->k->a);
    text_printf(&t, "%s(", word);
    put_site(&t, p->k, s, loop);
    return text_str(&t);
}

static void place_at(planner *p, fstage *line, const fstage *consumer)
{
    rng *r = &p->k->r;
    int at = pick(r, consumer->n), other = pick(r, consumer->n);
    if (other < at && chance(r, 60)) /* inner loops: windows slide along them */
        at = other;
    if (consumer->loop[at].vector || has_vector_outside(consumer, at))
        at = consumer->n - 1;
    if (consumer->loop[at].vector && chance(r, 95)) {
        add(p, line, "compute_root()");
        return;
    }
    if (chance(r, 70)) {
        int store = at;
        while (store + 1 < consumer->n && !consumer->loop[store].parallel && chance(r, 70))
            store++;
        bool blocked = false;
        for (int i = at; i < consumer->n; i++)
            blocked |= consumer->loop[i].parallel;
        if (store == consumer->n - 1 && !blocked && p->place[consumer->func].root && chance(r, 60))
            add(p, line, "store_root()");
        else
            add(p, line, place_text(p, "store_at", consumer, store));
    }
    add(p, line, place_text(p, "compute_at", consumer, at));
}

/* All of dimension d, whose extent is promised. */
static void mark_whole(planner *p, fstage *s, int d)
{
    rng *r = &p->k->r;
    int at = 0;
    while (at < s->n && strcmp(s->loop[at].name, fz_vars[d]))
        at++;
    if (at < s->n && !full(s) && !s->loop[at].kind_set && !has_vector_outside(s, at) && p->k->extent[d] <= 16)
        mark(p, s, at, chance(r, 50) ? "unroll" : "vectorize");
}

static void place_storage(planner *p, fstage *line, int func)
{
    rng *r = &p->k->r;
    const fz_func *f = &p->k->func[func];
    if (full(line))
        return;
    if (f->rank >= 2 && chance(r, func < p->k->nfuncs - 1 ? 10 : 1))
        add(p, line, f->rank == 2 ? "reorder_storage(y, x)" : "reorder_storage(z, x, y)");
    if (chance(r, 12) && func < p->k->nfuncs - 1)
        add(p, line, chance(r, 50) ? "store_in(heap)" : "store_in(auto)");
    if (f->rank && chance(r, 12) && func < p->k->nfuncs - 1)
        add(p, line, chance(r, 50) ? arena_printf(p->k->a, "align_bounds(x, %d)", 1 + pick(r, 8))
                                   : arena_printf(p->k->a, "align_bounds(x, %d, 1)", 2 + pick(r, 6)));
    if (func == p->k->nfuncs - 1 && chance(r, 15)) {
        int d = pick(r, f->rank);
        add(p, line, arena_printf(p->k->a, "bound(%s, %d, %d)", fz_vars[d], p->k->min[d], p->k->extent[d]));
        if (chance(r, 30))
            mark_whole(p, line, d);
    }
}

/* Consumers come first: when a Func is placed, the loops of its readers are final. */
static void plan_func(planner *p, int func)
{
    fz_case *k = p->k;
    rng *r = &k->r;
    const fz_func *f = &k->func[func];
    bool output = func == k->nfuncs - 1;
    fplace *pl = &p->place[func];
    if (!output && !pl->consumers)
        pl->inlined = true; /* not reached: nothing to schedule */
    if (pl->inlined)
        return;
    int first = p->nstages;
    for (int u = -1; u < f->nupdates; u++) {
        fstage *s = add_stage(p, func, u);
        if (!s)
            return;
        if (chance(r, 75))
            schedule_loops(p, s);
    }
    fstage *pure = &p->stage[first];
    pl->root = output;
    if (!output) {
        const fstage *c = &p->stage[pl->consumer];
        if (pl->consumers == 1 && c->n && chance(r, f->nupdates ? 85 : 70)) {
            place_at(p, pure, c);
        } else {
            pl->root = true;
            add(p, pure, "compute_root()");
        }
    }
    place_storage(p, pure, func);
}

/* Notes every Func that the stages of `func` read; inlined readers pass it on. */
static void note_reads(planner *p, int func)
{
    for (int s = 0; s < p->nstages; s++) {
        if (p->stage[s].func != func)
            continue;
        bool called[MAX_FUNCS] = {false};
        stage_reads(p, func, p->stage[s].update, called);
        for (int i = 0; i < func; i++)
            if (called[i]) {
                p->place[i].consumers++;
                p->place[i].consumer = s;
            }
    }
}

static void say_inline(fz_case *k, int func)
{
    fz_line *l = line_of(k, func, -1);
    l->dir[l->ndirs++] = "compute_inline()";
}

void fz_plan(fz_case *k)
{
    planner *p = NEW(k->a, planner);
    p->k = k;
    k->nlines = 0;
    /* What is inlined is decided first: it determines who reads whom. */
    for (int i = 0; i < k->nfuncs - 1; i++)
        p->place[i].inlined = !k->func[i].nupdates && chance(&k->r, 30);
    for (int i = k->nfuncs - 1; i >= 0; i--) {
        bool inlined = p->place[i].inlined;
        plan_func(p, i);
        if (inlined && p->place[i].read && chance(&k->r, 30) && k->nlines < MAX_LINES)
            say_inline(k, i);
        note_reads(p, i);
    }
}
