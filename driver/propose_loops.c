/* driver/propose_loops.c: random moves on the loops of one stage.
 *
 *     y x   ->   split(y, v0, v1, 7), reorder(v1, x, v0), parallel(v0)
 *
 * A move is a row of `moves`: its directive, how often, which loops it is for, and the function that writes
 * it down and changes the loops as the directive will. The mostly_ conditions let a few illegal ones
 * through: refusals want tests as well.
 */
#include "propose.h"

#include <string.h>

/* Tails by what the loop is: of a pure definition, of an update, or a reduction loop. */
static const struct {
    const char *word;
    bool pure, update, rvar;
    bool outermost; /* where rounding up the loop rounds up a dimension */
} tails[] = {
    {"guard", true, true, true, false},
    {"auto", true, true, true, false},
    {"predicate", true, true, true, false},
    {"shift_inwards", true, false, false, false},
    {"predicate_stores", true, true, false, false},
    {"round_up", true, true, false, true},
    {"predicate_loads", true, true, false, true},
    {"shift_inwards_and_blend", false, true, false, false},
    {"round_up_and_blend", false, true, false, true},
};

/* A tail strategy or NULL: none written. */
static const char *some_tail(planner *p, const fstage *s, const floop *l)
{
    size_t i = (size_t)pick(p->r, COUNT_OF(tails));
    bool fits = l->rvar ? tails[i].rvar : s->pure ? tails[i].pure : tails[i].update;
    if (tails[i].outermost && l->inner)
        fits = false;
    return (fits || chance(p->r, 2)) && chance(p->r, 60) ? tails[i].word : NULL;
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
    floop *l = &s->loop[at];
    const char *o = propose_fresh(p), *i = propose_fresh(p), *t = some_tail(p, s, l);
    int factor = 1 + pick(p->r, 9);
    propose_add(p, s, t ? arena_printf(p->a, "split(%s, %s, %s, %d, %s)", l->name, o, i, factor, t)
                        : arena_printf(p->a, "split(%s, %s, %s, %d)", l->name, o, i, factor));
    floop outer = {.name = o, .rvar = l->rvar, .dim = -1};
    floop inner = {.name = i, .rvar = l->rvar, .inner = true, .factor = factor, .dim = -1};
    replace_loop(s, at, outer, inner);
}

static bool has_name(const fstage *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (!strcmp(s->loop[i].name, name))
            return true;
    return false;
}

/* A loop cannot give its inner loop the same name twice: then mostly by a split, which names both. */
static void split_and_mark(planner *p, fstage *s, int at, const char *word)
{
    floop *l = &s->loop[at];
    bool vector = word[0] == 'v';
    if (has_name(s, arena_printf(p->a, "%s.%c", l->name, word[0])) && chance(p->r, 97)) {
        split(p, s, at);
        propose_mark(p, s, at, word);
        return;
    }
    const char *t = some_tail(p, s, l);
    int n = vector ? 1 << (1 + pick(p->r, 4)) : 1 + pick(p->r, 4);
    if (chance(p->r, 10))
        n = 3 + pick(p->r, 5);
    propose_add(p, s, t ? arena_printf(p->a, "%s(%s, %d, %s)", word, l->name, n, t)
                        : arena_printf(p->a, "%s(%s, %d)", word, l->name, n));
    floop outer = {.name = l->name, .rvar = l->rvar, .dim = -1};
    floop inner = {.name = arena_printf(p->a, "%s.%c", l->name, word[0]), .rvar = l->rvar, .kind_set = true,
                   .vector = vector, .inner = true, .factor = n, .dim = -1};
    replace_loop(s, at, outer, inner);
}

static bool mostly_pure(planner *p, const fstage *s, int at) { return !s->loop[at].rvar || chance(p->r, 4); }
/* Loops of a domain as well, now and then: whether atomic() follows is decided at the end. */
static bool mostly_vector(planner *p, const fstage *s, int at) { return mostly_pure(p, s, at) || chance(p->r, 15); }
static void vectorize(planner *p, fstage *s, int at) { split_and_mark(p, s, at, "vectorize"); }
static void unroll(planner *p, fstage *s, int at) { split_and_mark(p, s, at, "unroll"); }

static bool may_tile(planner *p, const fstage *s, int at)
{
    (void)p;
    return s->n + 2 <= PROPOSE_LOOPS && outer_free(s, at) && !s->loop[at].rvar && !s->loop[at + 1].rvar;
}

static void tile(planner *p, fstage *s, int a)
{
    const char *xo = propose_fresh(p), *yo = propose_fresh(p), *xi = propose_fresh(p), *yi = propose_fresh(p);
    int b = a + 1, w = 1 + pick(p->r, 8), h = 1 + pick(p->r, 6);
    propose_add(p, s, arena_printf(p->a, "tile(%s, %s, %s, %s, %s, %s, %d, %d)", s->loop[a].name, s->loop[b].name, xo,
                                   yo, xi, yi, w, h));
    memmove(&s->loop[a + 4], &s->loop[a + 2], sizeof s->loop[0] * (size_t)(s->n - a - 2));
    s->loop[a] = (floop){.name = xi, .inner = true, .factor = w, .dim = -1};
    s->loop[a + 1] = (floop){.name = yi, .inner = true, .factor = h, .dim = -1};
    s->loop[a + 2] = (floop){.name = xo, .dim = -1};
    s->loop[a + 3] = (floop){.name = yo, .dim = -1};
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
    s->loop[at] = (floop){.name = f, .rvar = s->loop[at].rvar || s->loop[at + 1].rvar, .dim = -1};
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
    /* reduction loops keep their order most of the time */
    int last = -1;
    bool sorted = true;
    for (int i = 0; i < n; i++)
        if (s->loop[order[i]].rvar) {
            sorted &= order[i] > last;
            last = order[i];
        }
    if (!sorted && chance(p->r, 90))
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
    return mostly_vector(p, s, at) && (!propose_vector_outside(s, at) || chance(p->r, 5));
}

static void parallel(planner *p, fstage *s, int at)
{
    const floop *l = &s->loop[at];
    propose_mark(p, s, at, l->inner && l->factor < 9 && chance(p->r, 60) ? "unroll" : "parallel");
}

/* Policies are written last: until then loops change. */
static void partition(planner *p, fstage *s, int at)
{
    propose_add(p, s, arena_printf(p->a, "partition(%s, %s)", s->loop[at].name,
                                   chance(p->r, 30) ? "always" : chance(p->r, 70) ? "never" : "auto"));
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
    {"vectorize", 30, mostly_vector,     vectorize},
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

/* The outermost variable of the domain becomes a dimension of partial results; what is left is the loop over it
 * and those of all dimensions of the Func. */
static void rfactor(planner *p, fstage *s)
{
    int at = -1;
    for (int i = 0; i < s->n; i++)
        at = s->loop[i].rvar ? i : at;
    const cb_func_s *f = s->plan->func;
    if (at < 0 || s->line->n || propose_full(s) || f->rank + 1 > PROPOSE_LOOPS / 2)
        return;
    const char *part = propose_fresh(p), *u = propose_fresh(p), *r = s->loop[at].name;
    propose_add(p, s, arena_printf(p->a, "rfactor(%s, %s, %s)", part, r, u));
    s->n = 0;
    s->loop[s->n++] = (floop){.name = r, .rvar = true, .dim = -1};
    for (uint32_t d = 0; d < f->rank; d++)
        s->loop[s->n++] = (floop){.name = ir_sym_name(f->ctx, f->args[d]), .dim = (int)d};
    proposed line = {.stage = arena_printf(p->a, "%s.update 0", part), .n = 1};
    line.dir = NEW_ARRAY(p->a, const char *, PROPOSE_DIRS);
    line.dir[0] = arena_printf(p->a, chance(p->r, 50) ? "parallel(%s)" : "vectorize(%s, 4)", u);
    vec_push(p->a, &p->made, line);
}

static bool unrolled(const fstage *s, int at) { return s->loop[at].kind_set && !s->loop[at].vector && !s->loop[at].parallel; }

void propose_loops(planner *p, fstage *s)
{
    if (!s->pure && chance(p->r, 20))
        rfactor(p, s);
    bool together = false;
    for (int steps = pick(p->r, 6); steps-- > 0 && s->n && !propose_full(s);) {
        int at = pick(p->r, s->n);
        if (s->loop[at].kind_set && chance(p->r, 95))
            continue;
        const move *m = some_move(p);
        if (m->fits(p, s, at))
            m->apply(p, s, at);
    }
    for (int i = 0; i < s->n; i++)
        together |= s->loop[i].rvar && (s->loop[i].vector || s->loop[i].parallel);
    if (together && chance(p->r, 90))
        propose_add(p, s, "atomic()");
    int at = s->n ? pick(p->r, s->n) : 0;
    if (s->n && !propose_full(s) && chance(p->r, 10) && !s->loop[at].vector && !unrolled(s, at))
        partition(p, s, at);
}
