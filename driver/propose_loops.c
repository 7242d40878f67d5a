/* driver/propose_loops.c: random moves on the loops of one stage.
 *
 *     y x   ->   split(y, v0, v1, 7), reorder(v1, x, v0), parallel(v0)
 *
 * A move is a row of `moves`: its directive, how often, which loops it is for, and the function that writes
 * it down and changes the loops as the directive will. The mostly_ conditions let a few illegal ones
 * through: refusals want tests as well.
 */
#include "propose.h"

#include "../dsl/assoc.h"
#include "../dsl/sched.h"

#include <string.h>

/* Tails by what the loop is: of a pure definition, of an update, or a reduction loop. */
typedef struct tail_row {
    const char *word;
    bool pure, update, rvar;
    bool stores, computes; /* beyond the end */
} tail_row;

static const tail_row tails[] = {
    {"guard", true, true, true, false, false},
    {"auto", true, true, true, false, false},
    {"predicate", true, true, true, false, false},
    {"shift_inwards", true, false, false, false, false},
    {"predicate_stores", true, true, false, false, true},
    {"round_up", true, true, false, true, true},
    {"predicate_loads", true, true, false, true, true},
    {"shift_inwards_and_blend", false, true, false, false, false},
    {"round_up_and_blend", false, true, false, true, true},
};

static bool tail_fits(const fstage *s, const floop *l, int factor, const tail_row *t)
{
    if (l->rvar || s->together)
        return t->rvar;
    if (!(s->pure ? t->pure : t->update))
        return false;
    if (t->stores && !l->rounds && !(l->inner && l->factor % factor == 0))
        return false;
    return s->pure || !t->computes || !(s->chases || (s->scatters && !strcmp(t->word, "predicate_loads")));
}

/* The buffer of an output ends before the loop does. */
static bool cuts_off(const floop *l, int factor) { return l->extent % factor != 0; }

/* A tail strategy or NULL: none written. l2, factor2: of a second loop that is to get it, or NULL. */
static const tail_row *some_tail(planner *p, const fstage *s, const floop *l, int factor, const floop *l2, int factor2)
{
    if (!chance(p->r, 60))
        return NULL;
    for (int turns = 0; turns < 3; turns++) {
        const tail_row *t = &tails[pick(p->r, COUNT_OF(tails))];
        bool fits = tail_fits(s, l, factor, t) && (!l2 || tail_fits(s, l2, factor2, t));
        if (t->stores && (cuts_off(l, factor) || (l2 && cuts_off(l2, factor2))) && !chance(p->r, 10))
            fits = false;
        if (fits || propose_slip(p))
            return t;
    }
    return NULL;
}

static const char *tail_text(planner *p, const tail_row *t) { return t ? arena_printf(p->a, ", %s", t->word) : ""; }

/* What a split with tail t makes of loop l, which may be where one of the two goes. */
static void take_apart(fstage *s, const floop *l, int factor, const tail_row *t, floop *outer, floop *inner)
{
    bool stores = t && t->stores, blends = t && !strcmp(t->word, "shift_inwards_and_blend");
    floop was = *l;
    *outer = (floop){.rvar = was.rvar, .dim = -1, .rounds = was.rounds && stores,
                      .extent = stores ? was.extent / factor : 0, .serial = was.serial || blends};
    *inner = (floop){.rvar = was.rvar, .dim = -1, .inner = true, .factor = factor, .serial = was.serial};
    inner->cut = factor > 1 && !was.inner && (!t || !(stores || t->computes));
    s->tailed |= t && !t->rvar;
    s->widened |= stores;
    s->beyond |= stores && !(s->pure && !strcmp(t->word, "round_up"));
}

static void replace_loop(fstage *s, int at, floop outer, floop inner)
{
    memmove(&s->loop[at + 1], &s->loop[at], sizeof s->loop[0] * (size_t)(s->n - at));
    s->n++;
    s->loop[at] = inner;
    s->loop[at + 1] = outer;
}

static bool outer_free(const fstage *s, int at) { return at + 1 < s->n && !s->loop[at + 1].kind_set; }

bool propose_vector_outside(const fstage *s, int at)
{
    for (int i = at + 1; i < s->n; i++)
        if (s->loop[i].vector)
            return true;
    return false;
}

bool propose_parallel_inside(const fstage *s, int at)
{
    for (int i = 0; i < at; i++)
        if (s->loop[i].parallel)
            return true;
    return false;
}

void propose_mark(planner *p, fstage *s, int at, const char *word)
{
    propose_add(p, s, arena_printf(p->a, "%s(%s)", word, s->loop[at].name));
    s->loop[at].kind_set = true;
    s->loop[at].vector = word[0] == 'v';
    s->loop[at].parallel = word[0] == 'p';
}

/* ---- the moves ------------------------------------------------------------------------------- */

static void split(planner *p, fstage *s, int at)
{
    const floop *l = &s->loop[at];
    int factor = 1 + pick(p->r, 9);
    const char *o = propose_fresh(p), *i = propose_fresh(p);
    const tail_row *t = some_tail(p, s, l, factor, NULL, 0);
    propose_add(p, s, arena_printf(p->a, "split(%s, %s, %s, %d%s)", l->name, o, i, factor, tail_text(p, t)));
    floop outer, inner;
    take_apart(s, l, factor, t, &outer, &inner);
    outer.name = o;
    inner.name = i;
    replace_loop(s, at, outer, inner);
}

bool propose_has_name(const fstage *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (!strcmp(s->loop[i].name, name))
            return true;
    return false;
}

static void split_by(planner *p, fstage *s, int at, const char *word, int n, const tail_row *t)
{
    const floop *l = &s->loop[at];
    const char *name = arena_printf(p->a, "%s.%c", l->name, word[0]);
    propose_add(p, s, arena_printf(p->a, "%s(%s, %d%s)", word, l->name, n, tail_text(p, t)));
    floop outer, inner;
    take_apart(s, l, n, t, &outer, &inner);
    outer.name = l->name;
    outer.cut = inner.cut; /* the loop inside is taken apart or replicated */
    inner.name = name;
    inner.kind_set = true;
    inner.vector = word[0] == 'v';
    replace_loop(s, at, outer, inner);
}

/* A loop cannot give its inner loop the same name twice: then mostly by a split, which names both. */
static void split_and_mark(planner *p, fstage *s, int at, const char *word)
{
    floop *l = &s->loop[at];
    bool vector = word[0] == 'v';
    const char *name = arena_printf(p->a, "%s.%c", l->name, word[0]);
    if (propose_has_name(s, name) && !propose_slip(p)) {
        split(p, s, at);
        propose_mark(p, s, at, word);
        s->loop[at + 1].cut = s->loop[at].cut;
        return;
    }
    int n = vector ? 1 << (1 + pick(p->r, 4)) : 1 + pick(p->r, 4);
    if (chance(p->r, 10))
        n = 3 + pick(p->r, 5);
    split_by(p, s, at, word, n, some_tail(p, s, l, n, NULL, 0));
}

/* Loops of a domain as well, now and then, if it can be taken apart: atomic() follows at the end. */
static bool may_run_together(planner *p, const fstage *s, int at, bool as_vector)
{
    bool innermost = true; /* all there is inside is vectors */
    for (int i = 0; i < at; i++)
        innermost &= !s->loop[i].rvar || s->loop[i].vector;
    if (propose_slip(p))
        return true;
    return s->associative && !s->tailed && (s->commutes || (as_vector && innermost)) && chance(p->r, 30);
}

static bool mostly_vector(planner *p, const fstage *s, int at)
{
    if (s->loop[at].rvar)
        return may_run_together(p, s, at, true);
    return (!s->loop[at].serial && !propose_parallel_inside(s, at)) || propose_slip(p);
}

static void vectorize(planner *p, fstage *s, int at)
{
    s->together |= s->loop[at].rvar;
    split_and_mark(p, s, at, "vectorize");
}
static void unroll(planner *p, fstage *s, int at) { split_and_mark(p, s, at, "unroll"); }

void propose_unroll_all(planner *p, fstage *s, int n)
{
    for (int i = 0; i < s->n && !propose_full(s); i++)
        if (s->loop[i].dim >= 0 && !s->loop[i].kind_set && !propose_has_name(s, arena_printf(p->a, "%s.u", s->loop[i].name)))
            split_by(p, s, i++, "unroll", n, NULL);
}

static bool may_tile(planner *p, const fstage *s, int at)
{
    (void)p;
    return s->n + 2 <= PROPOSE_LOOPS && outer_free(s, at) && !s->loop[at].rvar && !s->loop[at + 1].rvar;
}

static void tile(planner *p, fstage *s, int a)
{
    const char *xo = propose_fresh(p), *yo = propose_fresh(p), *xi = propose_fresh(p), *yi = propose_fresh(p);
    int b = a + 1, w = 1 + pick(p->r, 8), h = 1 + pick(p->r, 6);
    const tail_row *t = chance(p->r, 30) ? some_tail(p, s, &s->loop[a], w, &s->loop[b], h) : NULL;
    propose_add(p, s, arena_printf(p->a, "tile(%s, %s, %s, %s, %s, %s, %d, %d%s)", s->loop[a].name, s->loop[b].name, xo,
                                   yo, xi, yi, w, h, tail_text(p, t)));
    floop outer[2], inner[2];
    take_apart(s, &s->loop[a], w, t, &outer[0], &inner[0]);
    take_apart(s, &s->loop[b], h, t, &outer[1], &inner[1]);
    memmove(&s->loop[a + 4], &s->loop[a + 2], sizeof s->loop[0] * (size_t)(s->n - a - 2));
    s->loop[a] = inner[0], s->loop[a].name = xi;
    s->loop[a + 1] = inner[1], s->loop[a + 1].name = yi;
    s->loop[a + 2] = outer[0], s->loop[a + 2].name = xo;
    s->loop[a + 3] = outer[1], s->loop[a + 3].name = yo;
    s->n += 2;
}

static bool may_fuse(planner *p, const fstage *s, int at)
{
    (void)p;
    return outer_free(s, at) && s->loop[at].rvar == s->loop[at + 1].rvar;
}

static void fuse(planner *p, fstage *s, int at) /* at: the inner one */
{
    const char *f = propose_fresh(p);
    propose_add(p, s, arena_printf(p->a, "fuse(%s, %s, %s)", s->loop[at + 1].name, s->loop[at].name, f));
    s->loop[at] = (floop){.name = f, .rvar = s->loop[at].rvar || s->loop[at + 1].rvar, .dim = -1,
                          .serial = s->loop[at].serial || s->loop[at + 1].serial};
    memmove(&s->loop[at + 1], &s->loop[at + 2], sizeof s->loop[0] * (size_t)(s->n - at - 2));
    s->n--;
}

static bool has_two(planner *p, const fstage *s, int at)
{
    (void)p;
    (void)at;
    return s->n > 1;
}

static void reorder(planner *p, fstage *s, int at)
{
    (void)at;
    int order[PROPOSE_LOOPS], n = s->n;
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int j = pick(p->r, i + 1), x = order[i];
        order[i] = order[j];
        order[j] = x;
    }
    /* reduction loops keep their order where it matters; parallel loops are outside of vectors */
    int last = -1;
    bool sorted = true, vector = false;
    for (int i = 0; i < n; i++)
        if (s->loop[order[i]].rvar) {
            sorted &= order[i] > last;
            last = order[i];
        }
    sorted |= s->commutes;
    for (int i = n; i-- > 0;) {
        sorted &= !s->loop[order[i]].parallel || !vector;
        vector |= s->loop[order[i]].vector;
    }
    if (!sorted && !chance(p->r, 5))
        return;
    text t;
    text_init(&t, p->a);
    text_put(&t, "reorder(");
    floop now[PROPOSE_LOOPS];
    for (int i = 0; i < n; i++) {
        text_printf(&t, "%s%s", i ? ", " : "", s->loop[order[i]].name);
        now[i] = s->loop[order[i]];
    }
    text_put(&t, ")");
    memcpy(s->loop, now, sizeof now[0] * (size_t)n);
    propose_add(p, s, text_str(&t));
}

static void rename_loop(planner *p, fstage *s, int at)
{
    const char *n = propose_fresh(p);
    propose_add(p, s, arena_printf(p->a, "rename(%s, %s)", s->loop[at].name, n));
    s->loop[at].name = n;
}

static bool always(planner *p, const fstage *s, int at)
{
    (void)p;
    (void)s;
    (void)at;
    return true;
}

static void serial(planner *p, fstage *s, int at) { propose_mark(p, s, at, "serial"); }

static bool mostly_parallel(planner *p, const fstage *s, int at)
{
    const floop *l = &s->loop[at];
    if (l->rvar && !may_run_together(p, s, at, false))
        return false;
    return (!l->serial && !propose_vector_outside(s, at)) || propose_slip(p);
}

static void parallel(planner *p, fstage *s, int at)
{
    const floop *l = &s->loop[at];
    bool few = l->inner && l->factor < 9 && chance(p->r, 60);
    s->together |= l->rvar && !few;
    propose_mark(p, s, at, few ? "unroll" : "parallel");
}

/* Policies are written last: until then loops change, and do not afterwards. */
static void partition(planner *p, fstage *s, int at)
{
    bool always = s->loop[at].cut ? chance(p->r, 60) : propose_slip(p);
    propose_add(p, s, arena_printf(p->a, "partition(%s, %s)", s->loop[at].name,
                                   always ? "always" : chance(p->r, 70) ? "never" : "auto"));
    s->loop[at].kind_set = true;
}

/* ---- the table ------------------------------------------------------------------------------- */

typedef struct move {
    const char *word;
    int weight;
    bool (*fits)(planner *p, const fstage *s, int at);
    void (*apply)(planner *p, fstage *s, int at);
} move;

/* `at` is any loop; loops that have a kind already are offered rarely. */
static const move moves[] = {
    {"split",     20, always,          split},
    {"vectorize", 30, mostly_vector,   vectorize},
    {"unroll",    10, always,          unroll},
    {"tile",      10, may_tile,        tile},
    {"fuse",      10, may_fuse,        fuse},
    {"reorder",   10, has_two,         reorder},
    {"rename",    10, always,          rename_loop},
    {"serial",     3, always,          serial},
    {"parallel",   7, mostly_parallel, parallel},
};

static const move *some_move(planner *p)
{
    int total = 0;
    for (size_t i = 0; i < COUNT_OF(moves); i++)
        total += moves[i].weight;
    int k = pick(p->r, total);
    const move *m = moves;
    while (k >= m->weight)
        k -= m++->weight;
    return m;
}

static bool unrolled(const fstage *s, int at) { return s->loop[at].kind_set && !s->loop[at].vector && !s->loop[at].parallel; }

/* What atomic() is for: threads share the outermost loop of a domain, lanes the innermost, in several whole
 * vectors most of the time. */
static void share_domain(planner *p, fstage *s)
{
    int outer = -1, inner = -1;
    for (int i = s->n; i-- > 0;)
        if (s->loop[i].rvar) {
            inner = i;
            outer = outer < 0 ? i : outer;
        }
    if (inner < 0 || !s->associative || s->closed)
        return;
    s->together = true;
    bool threads = s->commutes && chance(p->r, 50);
    if (threads)
        propose_mark(p, s, outer, "parallel");
    if (threads && (outer == inner || chance(p->r, 50)))
        return;
    int n = 2 + pick(p->r, 7), extent = s->loop[inner].extent;
    while (n > 2 && extent > 1 && (extent % n || extent == n) && chance(p->r, 90))
        n--;
    if (!propose_has_name(s, arena_printf(p->a, "%s.v", s->loop[inner].name)))
        split_by(p, s, inner, "vectorize", n, NULL);
    else
        s->together = threads;
}

static bool note_input(void *env, const ir *n)
{
    const cb_func_s **found = env;
    const ir_symbol *k = n->op == IR_CALL ? ir_symbol_of((*found)->ctx, n->u.ref.sym) : NULL;
    const cb_func_s *f = k && k->kind == SYM_IMAGE ? k->aux : NULL;
    if (f && f->is_input && !f->unnamed) *found = f;
    return true;
}

/* Fetches what the stage reads of an input in a later iteration of a loop that no vectors are around. */
static void prefetch(planner *p, fstage *s)
{
    const cb_func_s *self = p->p->funcs.at[s->func], *found = self;
    for (uint32_t v = 0; v < self->nvalues && s->plan->def; v++)
        ir_visit(p->p->ctx, s->plan->def->values[v], note_input, &found);
    int from = s->n;
    while (from > s->hidden && (!s->loop[from - 1].kind_set || s->loop[from - 1].parallel)) from--;
    int at = from < s->n ? from + pick(p->r, s->n - from) : s->n;
    if (found == self || at == s->n || s->loop[at].parallel || propose_full(s)) return;
    propose_add(p, s, arena_printf(p->a, "prefetch(%s, %s, %d)", found->name, s->loop[at].name, 1 + pick(p->r, 4)));
    s->loop[at].kind_set = true;
}

void propose_loops(planner *p, fstage *s)
{
    if (chance(p->r, 40))
        share_domain(p, s);
    for (int steps = pick(p->r, 6); steps-- > 0 && s->n && !propose_full(s);) {
        int at = pick(p->r, s->n);
        if (s->loop[at].kind_set && !propose_slip(p))
            continue;
        const move *m = some_move(p);
        if (m->fits(p, s, at))
            m->apply(p, s, at);
    }
    if (s->together ? !propose_slip(p) : !s->pure && propose_slip(p))
        propose_add(p, s, "atomic()");
    if (chance(p->r, 12))
        propose_add(p, s, "stream_stores()");
    int at = s->n ? pick(p->r, s->n) : 0;
    for (int i = 0; i < s->n && chance(p->r, 70); i++)
        at = s->loop[i].cut ? i : at;
    if (s->n && !propose_full(s) && chance(p->r, 14) && !s->loop[at].vector && !unrolled(s, at))
        partition(p, s, at);
    if (chance(p->r, 12)) prefetch(p, s);
}

/* ---- what the rules ask about updates -------------------------------------------------------- */

typedef struct chase {
    const cb_func_s *f;
    bool found;
} chase;

static bool is_self(void *env, const ir *n)
{
    chase *h = env;
    h->found |= n->op == IR_CALL && n->u.ref.sym == h->f->sym;
    return !h->found;
}

static bool is_self_in_coordinate(void *env, const ir *n)
{
    chase *h = env;
    for (uint32_t i = 0; n->op == IR_CALL && i < n->nargs; i++)
        ir_visit(h->f->ctx, n->arg[i], is_self, h);
    return !h->found;
}

void propose_judge(planner *p, fstage *s)
{
    const definition *d = s->plan->def;
    const cb_func_s *f = s->plan->func;
    resolver R = {.c = p->p->ctx, .p = p->p, .dry = true};
    assoc form;
    if (s->pure)
        return;
    s->associative = stage_assoc(&R, s->plan, &form);
    s->commutes = s->associative && form.commutes;
    chase h = {.f = f};
    for (uint32_t i = 0; i < f->nvalues; i++)
        ir_visit(f->ctx, d->values[i], is_self_in_coordinate, &h);
    for (uint32_t i = 0; d->dom && i < d->dom->where.n; i++)
        ir_visit(f->ctx, d->dom->where.at[i], is_self_in_coordinate, &h);
    for (uint32_t i = 0; i < f->rank; i++) {
        ir_visit(f->ctx, d->lhs[i], is_self, &h);
        s->scatters |= !d->pure_dim[i] && d->lhs[i]->op != IR_INT && d->lhs[i]->op != IR_VAR;
    }
    s->chases = h.found;
}
