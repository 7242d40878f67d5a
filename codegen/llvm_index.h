/* codegen/llvm_index.h: what llvm_index.c knows of an index. */
#ifndef CB_LLVM_INDEX_H
#define CB_LLVM_INDEX_H

#include "llvm.h"

/* fixed + base + step times the variable of the innermost loop + paced times that times `pace` + k, in i64 where NULL is 0. */
typedef struct cg_line {
    LLVMValueRef fixed; /* stays the same in the innermost loop */
    LLVMValueRef base;  /* does not, or we are in none */
    int64_t step, paced, k;
    ir_sym pace;        /* when paced is not 0: a name bound before the loop */
} cg_line;

/* An index of n lanes at constant distances from one place. */
typedef struct cg_shape {
    cg_line line;    /* the place; k is 0 */
    LLVMValueRef by; /* i64, NULL: 0; added to it: by this the slices of one index differ */
    int64_t *off;    /* n distances, in elements */
    unsigned n;
} cg_shape;

typedef vec(cg_shape) cg_shapes;

static inline bool cg_is_index(cb_type t) { return t.code == CB_INT && t.bits >= 32; }

static inline bool cg_is_widening(const ir *n)
{
    return n->op == IR_CAST && n->type.code == CB_INT && n->type.bits == 64 && cg_is_index(n->arg[0]->type);
}

/* The index as consecutive slices, all of one place; false when it cannot be sliced so. */
bool cg_slices_of(cg *g, const ir *n, cg_shapes *out);
/* A scalar index. */
void cg_line_of(cg *g, const ir *n, cg_line *l);
/* a plus or minus b. */
void cg_add_line(cg *g, cg_line *a, const cg_line *b, bool minus);
/* a times b. */
void cg_multiply_line(cg *g, cg_line *a, const cg_line *b);
/* A line as one number. */
LLVMValueRef cg_whole(cg *g, const cg_line *l);
/* What changes in the innermost loop of a line, or NULL. */
LLVMValueRef cg_changing(cg *g, const cg_line *l);
/* a + b or a - b, where NULL is 0. */
LLVMValueRef cg_sum(cg *g, LLVMValueRef a, LLVMValueRef b, bool minus);

#endif
