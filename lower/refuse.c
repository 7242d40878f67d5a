/* lower/refuse.c: reports of lowering: at the directive that cannot be honoured, with what would be legal instead.
 *
 *     s:2:29: error[bad-fold]: fold_storage(y, 1): at least 2 elements of 'blur_x' are in use at a time
 *         blur_x  compute_at(out, y), fold_storage(y, 1)
 *                                     ^~~~~~~~~~~~
 *       help: legal instead: fold_storage(y, 2)
 *
 * Moves are found by trying (dsl/moves.c): here is how a trial lowers a copy of the pipeline, and how the directive is
 * found that makes a definition read where it may not.
 */
#include "lower.h"
#include "../dsl/sched.h"

#include <string.h>

static void ignore(void *user, const diag *d)
{
    (void)user;
    (void)d;
}

/* Tries a copy of a pipeline: nothing is reported. */
static bool lowers(pipeline *p)
{
    diags *D = &p->ctx->diags, keep = *D;
    D->sink = ignore;
    D->first = D->last = D->open = NULL;
    D->parent = NULL;
    low *L = low_run(p, p->lowers_for, NULL);
    low_free(L);
    *D = keep;
    return L != NULL;
}

void low_judge(pipeline *p, const low_target *t)
{
    low_target *copy = NEW(p->ctx->a, low_target);
    *copy = *t;
    p->lowers = lowers;
    p->lowers_for = copy;
}

void low_moves(low *L, diag *g, const directive *d, int64_t number)
{
    pipeline *p = L->pipe;
    if (p->trial) return;
    if (!p->lowers) low_judge(p, &L->target);
    moves_help_lowered(p, &L->ctx->diags, g, d, number);
}

const directive *low_blame(low *L, diag_code code)
{
    pipeline *p = L->pipe;
    if (p->trial || L->ctx->diags.quiet) return NULL;
    if (!p->lowers) low_judge(p, &L->target);
    return moves_blame(p, code);
}

diag *low_error(low *L, diag_code code, cb_loc loc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *message = arena_vprintf(L->ctx->a, fmt, ap);
    va_end(ap);
    return diag_begin(&L->ctx->diags, code, loc, "%s", message);
}

diag *low_refuse(low *L, diag_code code, const directive *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *message = arena_vprintf(L->ctx->a, fmt, ap);
    va_end(ap);
    d = dir_written(d);
    if (L->pipe->trial) L->pipe->refused = d;
    diag *g = diag_begin(&L->ctx->diags, code, d->loc, "%s: %s", directive_text(L->ctx, d), message);
    if (d->excerpt)
        diag_excerpt(&L->ctx->diags, g, d->excerpt, d->loc.col ? d->loc.col - 1 : 0,
                     d->loc.col ? (int)strlen(dir_table[d->op].word) : 0);
    sched_call_notes(L->ctx, g, d->call);
    return g;
}
