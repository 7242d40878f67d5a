/* ir/context.c: contexts own everything: one arena, the table of interned nodes, the symbols and
 * the diagnostics. A compile works in a child context, freed when it is done; what it reports goes
 * to the context the user knows. */
#include "ir.h"

#include <stdlib.h>
#include <string.h>

/* An expression deeper than this is refused when it is built, so that walks may recurse. With some
 * 300 bytes of stack per level the default stays below 5 MiB. */
enum { DEPTH_LIMIT = 16000 };

static cb_context *new_context(const cb_allocator_fns *fns, cb_context *parent)
{
    cb_context *c = fns ? fns->alloc(fns->user, sizeof *c) : malloc(sizeof *c);
    if (!c)
        return NULL;
    memset(c, 0, sizeof *c);
    c->a = arena_new(fns, &c->esc);
    if (!c->a) {
        if (fns)
            fns->free(fns->user, c);
        else
            free(c);
        return NULL;
    }
    c->depth_limit = DEPTH_LIMIT;
    c->next_id = 1;
    c->next_impure = 1;
    guard g;
    if (guard_enter(&g, &c->esc)) {
        ir_sym_new(c, "", SYM_NONE, T_VOID, NULL); /* symbol 0 is none */
        guard_leave(&g, &c->esc);
    } else {
        ctx_free(c);
        return NULL;
    }
    c->diags.a = c->a;
    c->diags.esc = &c->esc;
    if (parent) {
        c->parent = parent;
        c->esc.outer = &parent->esc;
        c->diags.parent = &parent->diags;
        c->depth_limit = parent->depth_limit;
        c->planted = parent->planted;
    }
    return c;
}

cb_context *ctx_new(const cb_allocator_fns *fns) { return new_context(fns, NULL); }

cb_context *ctx_new_child(cb_context *parent)
{
    cb_allocator_fns fns = *arena_fns(parent->a);
    return new_context(&fns, parent);
}

void ctx_free(cb_context *c)
{
    if (!c)
        return;
    cb_allocator_fns fns = *arena_fns(c->a);
    arena_free(c->a);
    fns.free(fns.user, c);
}

const char *ctx_string(cb_context *c, const char *s)
{
    return strtab_intern(c->a, &c->strings, s, strlen(s));
}

ir_sym ir_sym_new(cb_context *c, const char *name, ir_sym_kind kind, cb_type type, void *aux)
{
    const char *kept = ctx_string(c, name ? name : "");
    vec_push(c->a, &c->syms, (ir_symbol){kept, kind, type, aux});
    return c->syms.n - 1;
}
