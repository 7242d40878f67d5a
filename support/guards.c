/* support/guards.c: the way out of a failed operation.
 *
 * A public function pushes a guard, works, and leaves it. When something deep below cannot go on
 * (memory ran out, an invariant is broken), it calls guard_fail: what was deferred since the guard
 * was pushed runs, last first, and control returns to the public function:
 *
 *     guard g;
 *     if (guard_enter(&g, &c->esc)) {
 *         result = work(c);              // may guard_fail anywhere below
 *         guard_leave(&g, &c->esc);
 *     } else {
 *         result = NULL;                 // it failed; the guard has left already
 *     }
 *
 * The stack of a context made inside another continues in the stack of that other: when no guard
 * was pushed on the inner one, the failure goes to the outer.
 */
#include "support.h"

/* The escape whose innermost guard takes a failure of esc. */
static escape *holder(escape *esc)
{
    while (!esc->top && esc->outer)
        esc = esc->outer;
    return esc;
}

void guard_push(guard *g, escape *esc)
{
    g->prev = esc->top;
    g->defers = NULL;
    g->active = true;
    esc->top = g;
}

void guard_leave(guard *g, escape *esc)
{
    if (!g->active)
        return;
    g->active = false;
    esc->top = g->prev;
}

void guard_fail(escape *esc)
{
    escape *at = holder(esc);
    guard *g = at->top;
    /* Left before the deferred functions run, so that one of them may fail itself. */
    g->active = false;
    at->top = g->prev;
    deferred *d = g->defers;
    g->defers = NULL;
    while (d) {
        deferred *next = d->next; /* d may be part of what fn frees */
        d->fn(d->arg);
        d = next;
    }
    longjmp(g->env, 1);
}

void guard_defer(escape *esc, deferred *d, void (*fn)(void *), void *arg)
{
    guard *g = holder(esc)->top;
    d->fn = fn;
    d->arg = arg;
    d->next = NULL;
    if (!g)
        return; /* no failure can be caught, so nothing will ever run */
    d->next = g->defers;
    g->defers = d;
}

void guard_undefer(escape *esc, deferred *d)
{
    for (escape *e = esc; e; e = e->outer) {
        for (guard *g = e->top; g; g = g->prev) {
            for (deferred **p = &g->defers; *p; p = &(*p)->next) {
                if (*p == d) {
                    *p = d->next;
                    return;
                }
            }
        }
    }
}
