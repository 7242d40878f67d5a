/* codegen/llvm_module.c: a lowered pipeline to an object, assembly, LLVM text or bitcode.
 *
 * One LLVM context, module and target machine per call, given back on every way out. The module has
 * three exported symbols, everything else is internal:
 *
 *     int NAME(const cb_env *env, cb_buffer *in, ..., scalars, ..., cb_buffer *out, ...)
 *     int NAME_argv(const cb_env *env, void **args)    args[i]: cb_buffer *, or points to a scalar
 *     const cb_metadata NAME_metadata
 *
 * Facts for LLVM. Each buffer, and the cb_buffer structs together, has an alias scope of its own,
 * and every access says which scope it is in and which it cannot touch: different buffers never
 * overlap. For internal storage that is so by construction; for arguments it is part of the calling
 * convention (an input may overlap another input, but not an output).
 */
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "llvm.h"

#define MOST_STACK 4194304 /* bytes of one frame; a thread mostly has twice as much */
#define STRING(x) #x
#define STRING_OF(x) STRING(x)

/* ---- types and constants --------------------------------------------------------------------- */

LLVMTypeRef cg_lanes_type(LLVMTypeRef t, unsigned lanes)
{
    return lanes == 1 ? t : LLVMVectorType(t, lanes);
}

LLVMTypeRef cg_element(LLVMValueRef v)
{
    LLVMTypeRef t = LLVMTypeOf(v);
    return LLVMGetTypeKind(t) == LLVMVectorTypeKind ? LLVMGetElementType(t) : t;
}

unsigned cg_lanes(LLVMValueRef v)
{
    LLVMTypeRef t = LLVMTypeOf(v);
    return LLVMGetTypeKind(t) == LLVMVectorTypeKind ? LLVMGetVectorSize(t) : 1;
}

LLVMTypeRef cg_type(cg *g, cb_type t)
{
    LLVMTypeRef scalar = LLVMIntTypeInContext(g->llvm, t.bits);
    if (type_is_float(t) && t.bits > 16)
        scalar = t.bits == 64 ? g->f64 : g->f32;
    return cg_lanes_type(scalar, t.lanes);
}

LLVMTypeRef cg_memory_type(cg *g, cb_type t)
{
    return type_is_bool(t) ? cg_lanes_type(g->i8, t.lanes) : cg_type(g, t);
}

static LLVMValueRef repeat(LLVMValueRef c, LLVMValueRef like)
{
    LLVMValueRef some[64], *all = some;
    unsigned n = cg_lanes(like);
    if (LLVMGetTypeKind(LLVMTypeOf(like)) != LLVMVectorTypeKind)
        return c;
    if (n <= COUNT_OF(some)) {
        for (unsigned i = 0; i < n; i++)
            all[i] = c;
        return LLVMConstVector(all, n);
    }
    /* Wider: the constant folder repeats lane 0. */
    LLVMTypeRef t = LLVMTypeOf(like), i32 = LLVMInt32TypeInContext(LLVMGetTypeContext(t));
    LLVMValueRef one = LLVMConstInsertElement(LLVMGetPoison(t), c, LLVMConstNull(i32));
    return LLVMConstShuffleVector(one, LLVMGetPoison(t), LLVMConstNull(LLVMVectorType(i32, n)));
}

LLVMValueRef cg_int_like(LLVMValueRef like, int64_t v)
{
    LLVMTypeRef t = LLVMTypeOf(like);
    if (LLVMGetTypeKind(t) == LLVMVectorTypeKind)
        t = LLVMGetElementType(t);
    return repeat(LLVMConstInt(t, (unsigned long long)v, 1), like);
}

LLVMValueRef cg_float_like(LLVMValueRef like, double v)
{
    LLVMTypeRef t = LLVMTypeOf(like);
    if (LLVMGetTypeKind(t) == LLVMVectorTypeKind)
        t = LLVMGetElementType(t);
    return repeat(LLVMConstReal(t, v), like);
}

LLVMValueRef cg_constant(cg *g, LLVMValueRef value)
{
    LLVMValueRef v = LLVMAddGlobal(g->module, LLVMTypeOf(value), "");
    LLVMSetInitializer(v, value);
    LLVMSetLinkage(v, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(v, 1);
    LLVMSetUnnamedAddress(v, LLVMGlobalUnnamedAddr);
    return v;
}

LLVMValueRef cg_text(cg *g, const char *s)
{
    const char *key = ctx_string(g->ctx, s);
    LLVMValueRef v = map_getp(&g->strings, key);
    if (!v) {
        v = cg_constant(g, LLVMConstStringInContext2(g->llvm, s, strlen(s), 0));
        map_putp(g->ctx->a, &g->strings, key, v);
    }
    return v;
}

/* ---- attributes and metadata ----------------------------------------------------------------- */

void cg_attribute(cg *g, LLVMValueRef fn, LLVMAttributeIndex where, const char *name,
                  uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    if (kind)
        LLVMAddAttributeAtIndex(fn, where, LLVMCreateEnumAttribute(g->llvm, kind, value));
}

static void text_attribute(cg *g, LLVMValueRef fn, const char *name, const char *value)
{
    LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex,
                            LLVMCreateStringAttribute(g->llvm, name, (unsigned)strlen(name), value,
                                                      (unsigned)strlen(value)));
}

LLVMValueRef cg_extern(cg *g, const char *name, LLVMTypeRef type)
{
    LLVMValueRef fn = LLVMGetNamedFunction(g->module, name);
    if (fn)
        return fn;
    fn = LLVMAddFunction(g->module, name, type);
    cg_attribute(g, fn, LLVMAttributeFunctionIndex, "nounwind", 0);
    return fn;
}

static bool collect_allocation(void *env, const ir *n)
{
    cg *g = env;
    if (n->op == IR_ALLOCATE && !map_get(&g->scope_of, n->u.info->sym, NULL))
        map_put(g->ctx->a, &g->scope_of, n->u.info->sym, 0);
    return ir_is_stmt(n);
}

static void collect_arguments(cg *g, const low_func *f)
{
    for (uint32_t v = 0; v < f->nvalues; v++)
        map_put(g->ctx->a, &g->scope_of, f->buffer[v], 0);
}

/* Numbers every buffer; beyond the limit all share the last scope. */
static void make_scopes(cg *g)
{
    low *L = g->L;
    for (uint32_t i = 0; i < L->inputs.n; i++)
        collect_arguments(g, L->inputs.at[i]);
    for (uint32_t i = 0; i < L->tables.n; i++)
        collect_arguments(g, L->tables.at[i]);
    for (uint32_t i = 0; i < L->outputs.n; i++)
        collect_arguments(g, L->outputs.at[i]);
    if (L->body)
        ir_visit(g->ctx, L->body, collect_allocation, g);
    for (uint32_t i = 0; i < L->functions.n; i++)
        if (L->functions.at[i]->body)
            ir_visit(g->ctx, L->functions.at[i]->body, collect_allocation, g);
    for (uint32_t i = 0; i < g->scope_of.n; i++)
        g->scope_of.entry[i].val = i + 1 < CG_SCOPES_MAX ? i + 1 : CG_SCOPES_MAX - 1;
    g->nscopes = g->scope_of.n + 1 < CG_SCOPES_MAX ? g->scope_of.n + 1 : CG_SCOPES_MAX;

    LLVMMetadataRef name = LLVMMDStringInContext2(g->llvm, g->name, strlen(g->name));
    LLVMMetadataRef domain = LLVMMDNodeInContext2(g->llvm, &name, 1);
    for (unsigned i = 0; i < g->nscopes; i++) {
        const char *label = arena_printf(g->ctx->a, "%s.%u", g->name, i);
        LLVMMetadataRef node[2] = {LLVMMDStringInContext2(g->llvm, label, strlen(label)), domain};
        g->scope[i] = LLVMMDNodeInContext2(g->llvm, node, 2);
    }
    for (unsigned i = 0; i < g->nscopes; i++) {
        LLVMMetadataRef rest[CG_SCOPES_MAX];
        unsigned n = 0;
        for (unsigned k = 0; k < g->nscopes; k++)
            if (k != i)
                rest[n++] = g->scope[k];
        g->own[i] = LLVMMetadataAsValue(g->llvm, LLVMMDNodeInContext2(g->llvm, &g->scope[i], 1));
        g->others[i] = LLVMMetadataAsValue(g->llvm, LLVMMDNodeInContext2(g->llvm, rest, n));
    }
}

void cg_mark_access(cg *g, LLVMValueRef access, ir_sym buffer)
{
    uint64_t i = 0;
    if (!LLVMIsAInstruction(access) || (buffer && !map_get(&g->scope_of, buffer, &i)))
        return;
    LLVMSetMetadata(access, g->md_alias_scope, g->own[i]);
    LLVMSetMetadata(access, g->md_noalias, g->others[i]);
}

/* ---- the entry points ------------------------------------------------------------------------ */

/* One argument of the pipeline in calling order. */
typedef struct argument {
    const char *name;
    enum cb_arg_kind kind;
    cb_type type;
    low_func *func; /* buffers */
    uint32_t value; /* which of its values */
    cb_param_s *param;
    ir_sym sym; /* buffer or parameter */
} argument;
typedef vec(argument) arguments;

static void add_buffers(cg *g, arguments *out, low_func *f, enum cb_arg_kind kind)
{
    arena *a = g->ctx->a;
    for (uint32_t v = 0; v < f->nvalues; v++) {
        const char *name = f->nvalues == 1 ? f->name : arena_printf(a, "%s.%u", f->name, v);
        vec_push(a, out, (argument){.name = name, .kind = kind, .type = f->types[v], .func = f,
                                    .value = v, .sym = f->buffer[v]});
    }
}

static void collect(cg *g, arguments *out)
{
    low *L = g->L;
    for (uint32_t i = 0; i < L->inputs.n; i++)
        add_buffers(g, out, L->inputs.at[i], CB_ARG_INPUT);
    for (uint32_t i = 0; i < L->params.n; i++) {
        cb_param_s *p = L->pipe->params.at[i];
        vec_push(g->ctx->a, out, (argument){.name = p->name, .kind = CB_ARG_SCALAR, .type = p->type,
                                            .param = p, .sym = L->params.at[i]});
    }
    for (uint32_t i = 0; i < L->outputs.n; i++)
        add_buffers(g, out, L->outputs.at[i], CB_ARG_OUTPUT);
}

static LLVMTypeRef argument_type(cg *g, const argument *a)
{
    return a->kind == CB_ARG_SCALAR ? cg_memory_type(g, a->type) : g->ptr;
}

static void function_attributes(cg *g, LLVMValueRef fn)
{
    cg_attribute(g, fn, LLVMAttributeFunctionIndex, "nounwind", 0);
    /* Our calls of the C library mean that library; LLVM shall not trade them for others. */
    text_attribute(g, fn, "no-builtins", "true");
    if (g->target->features & FEATURE_AVX512)
        text_attribute(g, fn, "prefer-vector-width", "512");
    LLVMAddTargetDependentFunctionAttr(fn, "tune-cpu", target_tune(g->target));
    text_attribute(g, fn, "warn-stack-size", STRING_OF(MOST_STACK)); /* said to on_diagnostic */
}

LLVMValueRef cg_own_function(cg *g, const char *name, LLVMTypeRef type)
{
    LLVMValueRef fn = LLVMAddFunction(g->module, name, type);
    LLVMSetLinkage(fn, LLVMInternalLinkage);
    function_attributes(g, fn);
    return fn;
}

LLVMValueRef cg_helper(cg *g, const char *name, LLVMTypeRef type)
{
    LLVMValueRef fn = cg_own_function(g, name, type);
    cg_attribute(g, fn, LLVMAttributeFunctionIndex, "memory", 0);
    cg_attribute(g, fn, LLVMAttributeFunctionIndex, "willreturn", 0);
    return fn;
}

/* Loads the base and dimensions of an argument buffer, or NULLs when there is no buffer: the check
 * that reports this comes later. */
static void bind_buffer(cg *g, ir_sym s, LLVMValueRef header)
{
    LLVMValueRef null = LLVMConstNull(g->ptr), host[2] = {null, NULL}, dims[2] = {null, NULL};
    LLVMBasicBlockRef from[2] = {LLVMGetInsertBlock(g->b), NULL};
    LLVMBasicBlockRef after = cg_begin_if(g, LLVMBuildIsNotNull(g->b, header, ""));
    LLVMValueRef host_at = LLVMBuildStructGEP2(g->b, g->buffer_type, header, 2, "");
    LLVMValueRef dims_at = LLVMBuildStructGEP2(g->b, g->buffer_type, header, 11, "");
    host[1] = LLVMBuildLoad2(g->b, g->ptr, host_at, "");
    dims[1] = LLVMBuildLoad2(g->b, g->ptr, dims_at, "");
    from[1] = LLVMGetInsertBlock(g->b);
    cg_mark_access(g, host[1], 0);
    cg_mark_access(g, dims[1], 0);
    cg_end_if(g, after);
    cg_memory *m = NEW(g->ctx->a, cg_memory);
    m->header = header;
    m->base = LLVMBuildPhi(g->b, g->ptr, ir_sym_name(g->ctx, s));
    m->dims = LLVMBuildPhi(g->b, g->ptr, "");
    LLVMAddIncoming(m->base, host, from, 2);
    LLVMAddIncoming(m->dims, dims, from, 2);
    map_putp(g->ctx->a, &g->memory, (const void *)(uintptr_t)s, m);
}

/* A scalar argument from its form in memory and in calls to its form in registers. */
static LLVMValueRef scalar_value(cg *g, cb_type t, LLVMValueRef v)
{
    return type_is_bool(t) ? cg_cast(g, T_BOOL, T_U8, v) : v;
}

static bool is_work(const ir *n) { return n->op == IR_FOR || n->op == IR_STORE || n->op == IR_ATOMIC; }

/* A function that checks, allocates and hands work to others runs once and in less than a microsecond: translating it well takes
 * half of the time that a small pipeline takes to compile. */
static void leave_plain(cg *g, LLVMValueRef fn, const ir *body)
{
    if (!ir_any_stmt(g->ctx, body, is_work))
        cg_attribute(g, fn, LLVMAttributeFunctionIndex, "optnone", 0);
}

static LLVMValueRef emit_entry(cg *g, const arguments *args)
{
    LLVMTypeRef *types = NEW_ARRAY(g->ctx->a, LLVMTypeRef, args->n + 1);
    types[0] = g->ptr;
    for (uint32_t i = 0; i < args->n; i++)
        types[i + 1] = argument_type(g, &args->at[i]);
    LLVMTypeRef type = LLVMFunctionType(g->i32, types, args->n + 1, 0);
    LLVMValueRef fn = LLVMAddFunction(g->module, g->name, type);
    function_attributes(g, fn);
    cg_attribute(g, fn, LLVMAttributeFunctionIndex, "noinline", 0);
    leave_plain(g, fn, g->L->body);
    cg_function_begin(g, fn);
    for (uint32_t i = 0; i < args->n; i++) {
        const argument *a = &args->at[i];
        LLVMValueRef v = LLVMGetParam(fn, i + 1);
        if (a->kind == CB_ARG_SCALAR)
            cg_bind(g, a->sym, scalar_value(g, a->type, v), ir_var(g->ctx, a->sym));
        else
            bind_buffer(g, a->sym, v);
    }
    cg_bind_tables(g);
    cg_stmt(g, g->L->body);
    cg_function_end(g);
    return fn;
}

static void emit_argv(cg *g, const arguments *args, LLVMValueRef entry)
{
    LLVMTypeRef types[2] = {g->ptr, g->ptr}, type = LLVMFunctionType(g->i32, types, 2, 0);
    LLVMValueRef fn = LLVMAddFunction(g->module, arena_printf(g->ctx->a, "%s_argv", g->name), type);
    LLVMValueRef *v = NEW_ARRAY(g->ctx->a, LLVMValueRef, args->n + 1);
    function_attributes(g, fn);
    cg_function_begin(g, fn);
    v[0] = g->env;
    for (uint32_t i = 0; i < args->n; i++) {
        LLVMValueRef k = cg_i64(g, i);
        LLVMValueRef at = LLVMBuildInBoundsGEP2(g->b, g->ptr, LLVMGetParam(fn, 1), &k, 1, "");
        v[i + 1] = LLVMBuildLoad2(g->b, g->ptr, at, "");
        if (args->at[i].kind == CB_ARG_SCALAR)
            v[i + 1] = LLVMBuildLoad2(g->b, argument_type(g, &args->at[i]), v[i + 1], "");
    }
    LLVMTypeRef entry_type = LLVMGlobalGetValueType(entry);
    LLVMValueRef code = LLVMBuildCall2(g->b, entry_type, entry, v, args->n + 1, "");
    LLVMBuildRet(g->b, code);
    LLVMDeleteBasicBlock(g->last_fail);
    cg_go_on_in(g, g->entry);
    LLVMBuildBr(g->b, g->start);
}

/* ---- metadata -------------------------------------------------------------------------------- */

static LLVMValueRef type_constant(cg *g, cb_type t)
{
    LLVMValueRef v[3] = {LLVMConstInt(g->i8, t.code, 0), LLVMConstInt(g->i8, t.bits, 0),
                         LLVMConstInt(g->i16, t.lanes, 0)};
    return LLVMConstStructInContext(g->llvm, v, 3, 0);
}

static LLVMValueRef scalar_constant(cg *g, bool given, cb_type t, ir_value v)
{
    if (!given)
        return LLVMConstNull(g->ptr);
    cb_type plain = type_is_bool(t) ? T_U8 : t;
    const ir *n = type_is_float(t) ? ir_float(g->ctx, t, v.f) : ir_int(g->ctx, plain, v.i);
    cg_forget(g);
    return cg_constant(g, cg_expr(g, n));
}

static LLVMValueRef estimate_constant(cg *g, const argument *a)
{
    const int64_t *e = a->func && a->func->src ? pipeline_estimate(g->L->pipe, a->func->src) : NULL;
    if (!e || !a->func->rank)
        return LLVMConstNull(g->ptr);
    LLVMValueRef *v = NEW_ARRAY(g->ctx->a, LLVMValueRef, 2 * a->func->rank);
    for (uint32_t i = 0; i < 2 * a->func->rank; i++)
        v[i] = cg_i64(g, e[i]);
    return cg_constant(g, LLVMConstArray2(g->i64, v, 2 * a->func->rank));
}

static void emit_metadata(cg *g, const arguments *args)
{
    LLVMTypeRef type3[3] = {g->i8, g->i8, g->i16};
    LLVMTypeRef t = LLVMStructTypeInContext(g->llvm, type3, 3, 0);
    LLVMTypeRef fields[8] = {g->ptr, g->i32, t, g->i32, g->ptr, g->ptr, g->ptr, g->ptr};
    LLVMTypeRef info = LLVMStructTypeInContext(g->llvm, fields, 8, 0);
    LLVMValueRef *v = NEW_ARRAY(g->ctx->a, LLVMValueRef, args->n + 1);
    for (uint32_t i = 0; i < args->n; i++) {
        const argument *a = &args->at[i];
        const cb_param_s none = {0}, *p = a->param ? a->param : &none;
        LLVMValueRef f[8] = {
            cg_text(g, a->name), cg_i32(g, a->kind), type_constant(g, a->type),
            cg_i32(g, a->func ? a->func->rank : 0),
            scalar_constant(g, p->has_def, a->type, p->def),
            scalar_constant(g, p->has_min, a->type, p->min),
            scalar_constant(g, p->has_max, a->type, p->max), estimate_constant(g, a),
        };
        v[i] = LLVMConstStructInContext(g->llvm, f, 8, 0);
    }
    LLVMValueRef list = cg_constant(g, LLVMConstArray2(info, v, args->n));
    LLVMValueRef m[6] = {
        cg_i32(g, (int64_t)sizeof(cb_metadata)),
        cg_i32(g, CB_METADATA_VERSION),
        cg_text(g, g->name),
        cg_text(g, g->target->text),
        cg_i32(g, args->n),
        list,
    };
    LLVMValueRef value = LLVMConstStructInContext(g->llvm, m, 6, 0);
    LLVMValueRef global = LLVMAddGlobal(g->module, LLVMTypeOf(value),
                                        arena_printf(g->ctx->a, "%s_metadata", g->name));
    LLVMSetInitializer(global, value);
    LLVMSetGlobalConstant(global, 1);
}

/* ---- making the module ----------------------------------------------------------------------- */

static void clean_up(void *arg)
{
    cg *g = arg;
    if (g->output)
        LLVMDisposeMemoryBuffer(g->output);
    if (g->message)
        LLVMDisposeMessage(g->message);
    if (g->b)
        LLVMDisposeBuilder(g->b);
    if (g->module)
        LLVMDisposeModule(g->module);
    if (g->layout)
        LLVMDisposeTargetData(g->layout);
    if (g->machine)
        LLVMDisposeTargetMachine(g->machine);
    if (g->llvm)
        LLVMContextDispose(g->llvm);
}

/* "stack frame size (N) exceeds limit (M) in function 'f'" */
static void note_frame(cg *g, const char *warning)
{
    const char *at = strstr(warning, "stack frame size (");
    unsigned long long bytes = at ? strtoull(strchr(at, '(') + 1, NULL, 10) : 0;
    if (bytes > g->frame)
        g->frame = bytes;
}

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *arg)
{
    cg *g = arg;
    char *said = LLVMGetDiagInfoDescription(info);
    LLVMDiagnosticSeverity severity = LLVMGetDiagInfoSeverity(info);
    if (severity == LLVMDSError && !g->message) {
        g->message = said;
        g->error = said;
        return;
    }
    if (severity == LLVMDSWarning)
        note_frame(g, said);
    LLVMDisposeMessage(said);
}

static _Noreturn void llvm_failed(cg *g, const char *doing)
{
    diag_bug(&g->ctx->diags, "cg_llvm", "%s: %s", doing,
             g->message ? g->message : "no reason given");
}

static void open_machine(cg *g)
{
    text features;
    text_init(&features, g->ctx->a);
    target_llvm_features(g->target, &features);
    const char *triple = target_llvm_triple(g->target);
    LLVMTargetRef target = NULL;
    cg_register_targets();
    if (LLVMGetTargetFromTriple(triple, &target, &g->message))
        llvm_failed(g, triple);
    bool o0 = g->target->features & FEATURE_O0;
    g->machine = LLVMCreateTargetMachine(
        target, triple, target_llvm_cpu(g->target), text_str(&features),
        o0 ? LLVMCodeGenLevelNone : LLVMCodeGenLevelAggressive, LLVMRelocPIC, LLVMCodeModelSmall);
    if (!g->machine)
        llvm_failed(g, "target machine");
    g->layout = LLVMCreateTargetDataLayout(g->machine);
    LLVMSetTarget(g->module, triple);
    LLVMSetModuleDataLayout(g->module, g->layout);
}

static void open_module(cg *g)
{
    g->llvm = LLVMContextCreate();
    LLVMContextSetDiagnosticHandler(g->llvm, on_diagnostic, g);
    g->module = LLVMModuleCreateWithNameInContext(g->name, g->llvm);
    g->b = LLVMCreateBuilderInContext(g->llvm);
    open_machine(g);
    g->i1 = LLVMInt1TypeInContext(g->llvm);
    g->i8 = LLVMInt8TypeInContext(g->llvm);
    g->i16 = LLVMInt16TypeInContext(g->llvm);
    g->i32 = LLVMInt32TypeInContext(g->llvm);
    g->i64 = LLVMInt64TypeInContext(g->llvm);
    g->f32 = LLVMFloatTypeInContext(g->llvm);
    g->f64 = LLVMDoubleTypeInContext(g->llvm);
    g->ptr = LLVMPointerTypeInContext(g->llvm, 0);
    g->nothing = LLVMVoidTypeInContext(g->llvm);
    LLVMTypeRef dim[3] = {g->i32, g->i32, g->i64};
    g->dim_type = LLVMStructTypeInContext(g->llvm, dim, 3, 0);
    LLVMTypeRef buffer[12] = {g->i32, g->i32, g->ptr, g->i64, g->ptr, g->i32,
                              g->i8,  g->i8,  g->i16, g->i32, g->i32, g->ptr};
    g->buffer_type = LLVMStructTypeInContext(g->llvm, buffer, 12, 0);
    g->md_alias_scope = LLVMGetMDKindIDInContext(g->llvm, "alias.scope", 11);
    g->md_noalias = LLVMGetMDKindIDInContext(g->llvm, "noalias", 7);
    g->md_prof = LLVMGetMDKindIDInContext(g->llvm, "prof", 4);
    g->md_nontemporal = LLVMGetMDKindIDInContext(g->llvm, "nontemporal", 11);
}

static void declare_bodies(cg *g)
{
    LLVMTypeRef types[4] = {g->ptr, g->i64, g->i64, g->ptr};
    LLVMTypeRef type = LLVMFunctionType(g->i32, types, 4, 0);
    g->closures = NEW_ARRAY(g->ctx->a, cg_closure, g->L->functions.n + 1);
    for (uint32_t i = 0; i < g->L->functions.n; i++) {
        LLVMValueRef fn = LLVMAddFunction(g->module, g->L->functions.at[i]->name, type);
        LLVMSetLinkage(fn, LLVMInternalLinkage);
        function_attributes(g, fn);
        g->closures[i].fn = fn;
    }
}

/* Bodies whose calls were emitted, until none is left: an inner one is called from an outer. */
static void emit_bodies(cg *g)
{
    unsigned n = g->L->functions.n, left = n;
    bool *done = NEW_ARRAY(g->ctx->a, bool, n + 1), more = true;
    while (more) {
        more = false;
        for (unsigned i = 0; i < n; i++) {
            if (done[i] || !g->closures[i].type)
                continue;
            cg_parallel_body(g, i);
            done[i] = more = true;
            left--;
        }
    }
    for (unsigned i = 0; i < n && left; i++)
        if (!done[i])
            LLVMDeleteFunction(g->closures[i].fn); /* its loop was found to be dead */
}

static void verify(cg *g)
{
    char *why = NULL;
    LLVMBool bad = LLVMVerifyModule(g->module, LLVMReturnStatusAction, &why);
    if (g->message)
        LLVMDisposeMessage(g->message);
    g->message = why;
    if (bad)
        llvm_failed(g, "the module does not verify");
    LLVMDisposeMessage(g->message);
    g->message = NULL;
}

/* What default<O3> finds to do in code like ours, in a quarter of its time. There is no inlining to do, loops come rotated and count
 * in 64 bits, what several blocks load is loaded once by lowering, and LLVM's own vectorisers and unroller have no place here: the
 * schedule decides. */
#define COMBINE "instcombine<no-verify-fixpoint>" /* one that verifies may end the process */
#define FIRST "function(sroa,early-cse<memssa>," COMBINE ",simplifycfg,"
#define LAST "loop-mssa(licm),gvn<no-memdep>,dse,vector-combine,early-cse<memssa>," COMBINE ",simplifycfg)"
static const char all_passes[] = FIRST "reassociate," LAST;
static const char for_large[] = FIRST LAST;

/* Reassociation makes one block of a sum of ten thousand terms, for which what follows takes quadratic time. */
enum { LARGE_STATEMENT = 3000 };

static void optimise(cg *g)
{
    if (g->target->features & FEATURE_O0)
        return;
    LLVMPassBuilderOptionsRef o = LLVMCreatePassBuilderOptions();
    LLVMErrorRef e = LLVMRunPasses(g->module, g->largest > LARGE_STATEMENT ? for_large : all_passes, g->machine, o);
    LLVMDisposePassBuilderOptions(o);
    if (e) {
        char *why = LLVMGetErrorMessage(e);
        const char *copy = arena_strdup(g->ctx->a, why);
        LLVMDisposeErrorMessage(why);
        diag_bug(&g->ctx->diags, "cg_llvm", "optimising: %s", copy);
    }
}

static void take(cg *g, const char **bytes, size_t *n)
{
    *n = LLVMGetBufferSize(g->output);
    char *copy = arena_alloc(g->ctx->a, *n + 1);
    memcpy(copy, LLVMGetBufferStart(g->output), *n);
    *bytes = copy;
}

/* The stage whose vectors are widest. */
static void note_widest(cg *g, diag *d)
{
    const low_stage *widest = NULL;
    uint64_t most = 1, lanes;
    for (uint32_t i = 0; i < g->L->funcs.n; i++)
        for (uint32_t k = 0; k < g->L->funcs.at[i]->nstages; k++) {
            const low_stage *s = &g->L->funcs.at[i]->stages[k];
            for (uint32_t n = 0; n < s->nleaves; n++)
                if (map_get(&g->L->stage_lanes, (uint64_t)(uintptr_t)s->leaf[n], &lanes) && lanes > most) {
                    most = lanes;
                    widest = s;
                }
        }
    if (widest)
        diag_note(&g->ctx->diags, d, widest->plan->def->loc, "the widest vectors, of %llu lanes, are those of '%s'",
                  (unsigned long long)most, widest->f->name);
}

/* What was asked to lie on the stack: the first few. */
static void note_stack(cg *g, diag *d)
{
    uint32_t said = 0;
    for (uint32_t i = 0; i < g->L->funcs.n && said < 4; i++) {
        const low_func *f = g->L->funcs.at[i];
        if (!f->plan || f->plan->memory != MEM_STACK || !f->plan->memory_from)
            continue;
        said++;
        diag_note(&g->ctx->diags, d, f->plan->memory_from->loc, "store_in(stack) of '%s' is here", f->name);
    }
}

/* Values that do not fit the registers stay on the stack. A body with many vectors of hundreds of lanes may need more
 * of it than there is, and nothing but the end of the process would tell. */
static bool frames_fit(cg *g)
{
    diags *D = &g->ctx->diags;
    if (!g->frame)
        return true;
    diag *d = diag_begin(D, DIAG_FRAME_TOO_LARGE, g->L->outputs.at[0]->src->loc,
                         "the code for '%s' needs %.1f MB of stack, more than the %d MB that are safe", g->name,
                         (double)g->frame / (1 << 20), MOST_STACK >> 20);
    note_widest(g, d);
    note_stack(g, d);
    diag_help(D, d, "vectorize by fewer lanes, unroll less, or store Funcs in the heap");
    diag_end(D, d);
    return false;
}

/* False after a diagnostic. */
static bool write_out(cg *g, cg_output kind, const char **bytes, size_t *n)
{
    LLVMCodeGenFileType type = kind == CG_OBJECT ? LLVMObjectFile : LLVMAssemblyFile;
    LLVMBool bad;
    switch (kind) {
    case CG_OBJECT:
    case CG_ASSEMBLY:
        bad = LLVMTargetMachineEmitToMemoryBuffer(g->machine, g->module, type, &g->message,
                                                  &g->output);
        if (bad || g->error)
            llvm_failed(g, "generating code");
        if (!frames_fit(g))
            return false;
        take(g, bytes, n);
        break;
    case CG_BITCODE:
        g->output = LLVMWriteBitcodeToMemoryBuffer(g->module);
        take(g, bytes, n);
        break;
    case CG_LLVM_TEXT:
        g->message = LLVMPrintModuleToString(g->module);
        *bytes = arena_strdup(g->ctx->a, g->message);
        *n = strlen(*bytes);
        break;
    }
    return true;
}

static bool is_streamed(const ir *n) { return n->op == IR_STORE && n->u.info->mem & IR_MEM_STREAM; }

static bool has_streams(const low *L)
{
    bool found = ir_any_stmt(L->ctx, L->body, is_streamed);
    for (uint32_t i = 0; i < L->functions.n && !found; i++)
        found = ir_any_stmt(L->ctx, L->functions.at[i]->body, is_streamed);
    return found;
}

bool cg_llvm(low *L, const cg_target *t, const char *name, cg_output kind, const char **bytes,
             size_t *n)
{
    cg *g = NEW(L->ctx->a, cg);
    arguments args = {0};
    g->L = L;
    g->ctx = L->ctx;
    g->target = t;
    g->name = name;
    g->streams = has_streams(L);
    guard_defer(&L->ctx->esc, &g->cleanup, clean_up, g);
    open_module(g);
    make_scopes(g);
    declare_bodies(g);
    collect(g, &args);
    LLVMValueRef entry = emit_entry(g, &args);
    emit_bodies(g);
    emit_argv(g, &args, entry);
    emit_metadata(g, &args);
    verify(g);
    optimise(g);
    bool good = write_out(g, kind, bytes, n);
    guard_undefer(&L->ctx->esc, &g->cleanup);
    clean_up(g);
    return good;
}
