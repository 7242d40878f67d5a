/* tests/fuzz/features.c: what a case contains: directives, tails, operators, types. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

typedef struct seen {
    fz_histogram *h;
    bool met[MAX_FEATURES];
} seen;

static void meet(seen *s, const char *name)
{
    fz_histogram *h = s->h;
    for (int i = 0; i < h->n; i++)
        if (!strcmp(h->of[i].name, name)) {
            s->met[i] = true;
            return;
        }
    if (h->n == MAX_FEATURES)
        return;
    snprintf(h->of[h->n].name, sizeof h->of[h->n].name, "%s", name);
    h->of[h->n].count = 0;
    s->met[h->n++] = true;
}

static void meet_type(seen *s, cb_type t)
{
    char name[16];
    meet(s, type_name(t, name));
}

static void meet_expr(seen *s, const fx *e)
{
    if (!e)
        return;
    if (e->op)
        meet(s, e->op);
    meet_type(s, e->t);
    if (e->kind == FX_CAST)
        meet(s, "cast");
    for (int i = 0; i < e->nkids; i++)
        meet_expr(s, e->kid[i]);
}

/* Words at the end of a directive: tails and policies. */
static const char *const choices[] = {"guard", "auto", "predicate", "predicate_loads", "predicate_stores",
    "shift_inwards", "shift_inwards_and_blend", "round_up", "round_up_and_blend", "never", "always"};

static void meet_directive(seen *s, const char *d)
{
    char word[24];
    size_t n = strcspn(d, "(");
    if (*d == '@') {
        meet(s, d);
        return;
    }
    snprintf(word, sizeof word, "%.*s()", (int)n, d);
    meet(s, word);
    const char *last = strrchr(d, ' ');
    char choice[24];
    snprintf(choice, sizeof choice, "%.*s", last ? (int)strcspn(last + 1, ")") : 0, last ? last + 1 : "");
    for (size_t i = 0; i < COUNT_OF(choices); i++)
        if (!strcmp(choice, choices[i]))
            meet(s, choices[i]);
    if (!strncmp(d, "store_in", 8))
        meet(s, d);
}

static void meet_form(void *env, const char *name) { meet(env, name); }

/* Everything listed once, so that what never occurs shows as 0. */
static void list_all(seen *s)
{
#define DIRECTIVE(ID, word, scope, args, brief) meet(s, #word "()");
#include <carbide/directives.def>
#undef DIRECTIVE
    meet(s, "@when"), meet(s, "@else"), meet(s, "@proc"); /* forms of lines: driver/propose.h */
    for (size_t i = 0; i < COUNT_OF(choices); i++)
        meet(s, choices[i]);
    static const char *const rest[] = {"store_in(stack)", "store_in(register)", "cast", "update", "rdom", "where", "param"};
    for (size_t i = 0; i < COUNT_OF(rest); i++)
        meet(s, rest[i]);
    for (int i = 0; i < EDGES; i++)
        meet(s, fz_edges[i]);
    fz_each_form(meet_form, s);
    memset(s->met, 0, sizeof s->met);
}

void fz_count(fz_histogram *h, const fz_case *k)
{
    seen s = {.h = h};
    if (!h->n)
        list_all(&s);
    for (uint32_t i = 0; i < k->plan.n; i++)
        for (uint32_t d = 0; d < k->plan.line[i].n; d++)
            meet_directive(&s, k->plan.line[i].dir[d]);
    for (int i = 0; i < k->nmarks; i++)
        meet(&s, k->mark[i]);
    for (int i = 0; i < k->ninputs; i++) {
        meet_type(&s, k->input[i].t);
        if (k->input[i].edge)
            meet(&s, fz_edges[k->input[i].edge_kind]);
    }
    if (k->has_param)
        meet(&s, "param");
    for (int f = 0; f < k->nfuncs; f++) {
        meet_type(&s, k->func[f].t);
        meet_expr(&s, k->func[f].pure);
        meet_expr(&s, k->func[f].pure2);
        for (int u = 0; u < k->func[f].nupdates; u++) {
            const fz_update *up = &k->func[f].update[u];
            meet(&s, "update");
            if (up->nr)
                meet(&s, "rdom");
            if (up->where)
                meet(&s, "where");
            meet_expr(&s, up->value);
            meet_expr(&s, up->value2);
            meet_expr(&s, up->extent0);
            meet_expr(&s, up->where2);
            meet_expr(&s, up->where);
            for (int d = 0; d < k->func[f].rank; d++)
                meet_expr(&s, up->lhs[d]);
        }
    }
    for (int i = 0; i < h->n; i++)
        h->of[i].count += s.met[i];
    h->cases++;
}

void fz_add_histogram(fz_histogram *to, const fz_histogram *from)
{
    seen s = {.h = to};
    for (int i = 0; i < from->n; i++) {
        meet(&s, from->of[i].name);
        for (int k = 0; k < to->n; k++)
            if (!strcmp(to->of[k].name, from->of[i].name))
                to->of[k].count += from->of[i].count;
    }
    to->cases += from->cases;
}
