/* codegen/llvm_table.c: tables as constants of the object.
 *
 *     Table(w, f32, (3), taps)        @0 = private unnamed_addr constant [12 x i8] c"...", align 64
 *     load w[x]                       load float, ptr (@0 + 4*x)
 *
 * They lie in read-only data, at cache lines. Two tables with the same bytes are one constant, whatever
 * their types and shapes.
 */
#include <string.h>

#include "llvm.h"

enum { TABLE_ALIGN = 64 };

static bool same_bytes(cg *g, const low_func *a, const low_func *b)
{
    uint64_t n = cb_buffer_bytes(a->src->table);
    if (n != cb_buffer_bytes(b->src->table))
        return false;
    if (PLANTED(g->ctx, TABLE_MERGE))
        return true;
    return memcmp(a->src->table->host, b->src->table->host, (size_t)n) == 0;
}

static LLVMValueRef constant(cg *g, const low_func *f)
{
    const cb_buffer *b = f->src->table;
    size_t n = (size_t)cb_buffer_bytes(b);
    LLVMValueRef v = cg_constant(g, LLVMConstStringInContext2(g->llvm, b->host, n, 1));
    LLVMSetAlignment(v, TABLE_ALIGN);
    return v;
}

static void make_tables(cg *g)
{
    const low *L = g->L;
    g->tables = NEW_ARRAY(g->ctx->a, LLVMValueRef, L->tables.n + 1);
    for (uint32_t i = 0; i < L->tables.n; i++) {
        for (uint32_t k = 0; k < i && !g->tables[i]; k++)
            if (same_bytes(g, L->tables.at[i], L->tables.at[k]))
                g->tables[i] = g->tables[k];
        if (!g->tables[i])
            g->tables[i] = constant(g, L->tables.at[i]);
    }
}

void cg_bind_tables(cg *g)
{
    if (!g->tables)
        make_tables(g);
    for (uint32_t i = 0; i < g->L->tables.n; i++) {
        cg_memory *m = NEW(g->ctx->a, cg_memory);
        m->base = g->tables[i];
        map_putp(g->ctx->a, &g->memory, (const void *)(uintptr_t)g->L->tables.at[i]->buffer[0], m);
    }
}
