/* codegen/header.c: the C header of a compiled pipeline.
 *
 *     int blur(const cb_env *env, cb_buffer *in, cb_buffer *out);
 *     int blur_argv(const cb_env *env, void **args);
 *     extern const cb_metadata blur_metadata;
 */
#include <ctype.h>

#include "codegen.h"

/* The C type of a scalar argument; small floats are passed as their bits. */
static const char *scalar_type(cb_type t)
{
    if (type_is_bool(t))
        return "bool ";
    if (type_is_float(t))
        return t.bits == 64 ? "double " : t.bits == 32 ? "float " : "uint16_t ";
    if (t.code == CB_HANDLE)
        return "void *";
    switch (t.bits) {
    case 8: return t.code == CB_INT ? "int8_t " : "uint8_t ";
    case 16: return t.code == CB_INT ? "int16_t " : "uint16_t ";
    case 32: return t.code == CB_INT ? "int32_t " : "uint32_t ";
    default: return t.code == CB_INT ? "int64_t " : "uint64_t ";
    }
}

static void buffer_name(text *out, const cb_func_s *f, uint32_t value)
{
    text_put(out, f->name);
    if (f->nvalues > 1)
        text_printf(out, "_%u", value);
}

static void buffer_comment(text *t, const pipeline *p, const cb_func_s *f, const char *what)
{
    char name[16];
    for (uint32_t v = 0; v < f->nvalues; v++) {
        text_put(t, " *   ");
        buffer_name(t, f, v);
        text_printf(t, ": %s, %u dimension%s of %s\n", what, f->rank, f->rank == 1 ? "" : "s",
                    type_name(f->types[v], name));
    }
    said_print(t, p, f, " *     ");
}

static void comment(text *t, const pipeline *p)
{
    char name[16];
    for (uint32_t i = 0; i < p->inputs.n; i++)
        buffer_comment(t, p, p->inputs.at[i], "input");
    for (uint32_t i = 0; i < p->params.n; i++) {
        const cb_param_s *q = p->params.at[i];
        text_printf(t, " *   %s: parameter, %s\n", q->name, type_name(q->type, name));
    }
    for (uint32_t i = 0; i < p->outputs.n; i++)
        buffer_comment(t, p, p->outputs.at[i], "output");
    said_print_requirements(t, p, " *   required: ");
}

static void buffer_params(text *t, const cb_func_s *f)
{
    for (uint32_t v = 0; v < f->nvalues; v++) {
        text_put(t, ", cb_buffer *");
        buffer_name(t, f, v);
    }
}

static void prototype(text *t, const pipeline *p, const char *name)
{
    text_printf(t, "int %s(const cb_env *env", name);
    for (uint32_t i = 0; i < p->inputs.n; i++)
        buffer_params(t, p->inputs.at[i]);
    for (uint32_t i = 0; i < p->params.n; i++)
        text_printf(t, ", %s%s", scalar_type(p->params.at[i]->type), p->params.at[i]->name);
    for (uint32_t i = 0; i < p->outputs.n; i++)
        buffer_params(t, p->outputs.at[i]);
    text_put(t, ");\n");
}

typedef struct called_functions {
    text *t;
    cb_context *c;
    map *said;
} called_functions;

static const char to_be_linked[] = "/* To be linked with it: C functions that the pipeline calls. */\n";

static void put_called(void *env, const definition *def, const ir *call)
{
    called_functions *F = env;
    const char *name = ir_sym_name(F->c, call->u.ref.sym);
    (void)def;
    if (map_getp(F->said, name))
        return;
    if (!F->said->n)
        text_put(F->t, to_be_linked);
    map_putp(F->c->a, F->said, name, name);
    text_printf(F->t, "%s%s(", scalar_type(call->type), name);
    for (uint32_t i = 0; i + 1 < call->nargs; i++)
        text_printf(F->t, "%s%sscalar_%u", i ? ", " : "", scalar_type(call->arg[i]->type), i);
    text_put(F->t, call->nargs > 1 ? ");\n" : "void);\n");
}

/* The C functions that the object is to be linked with, each once. */
static void externals(text *t, const pipeline *p)
{
    map said = {0};
    for (uint32_t i = 0; i < p->funcs.n; i++) {
        const cb_func_s *f = p->funcs.at[i];
        const definition *d = f->defs.at[0];
        if (d->kind != DEF_EXTERN || map_getp(&said, d->function))
            continue;
        if (!said.n)
            text_put(t, to_be_linked);
        map_putp(p->ctx->a, &said, d->function, d->function);
        text_printf(t, "int %s(const cb_env *env", d->function);
        for (uint32_t k = 0; k < d->ngiven; k++) {
            const cb_func_s *g = given_func(p->ctx, d->given[k]);
            if (g)
                buffer_params(t, g);
            else
                text_printf(t, ", %sscalar_%u", scalar_type(d->given[k]->type), k);
        }
        buffer_params(t, f);
        text_put(t, ");\n");
    }
    called_functions F = {t, p->ctx, &said};
    c_calls_of(p, put_called, &F);
    if (said.n)
        text_put(t, "\n");
}

void cg_header(text *t, const pipeline *p, const char *name, const cg_target *target)
{
    char guard_name[64];
    size_t n = 0;
    for (; name[n] && n + 1 < sizeof guard_name; n++) {
        int c = (unsigned char)name[n];
        guard_name[n] = (char)(isalnum(c) ? toupper(c) : '_');
    }
    guard_name[n] = 0;
    text_printf(t, "/* %s, compiled by Carbide for %s. */\n", name, target->text);
    text_printf(t, "#ifndef CARBIDE_PIPELINE_%s_H\n#define CARBIDE_PIPELINE_%s_H\n\n", guard_name,
                guard_name);
    text_put(t, "#include <stdbool.h>\n#include <stdint.h>\n\n#include <carbide/runtime.h>\n\n"
                "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    text_printf(t, "/* Runs the pipeline: 0, or a CB_ERR_... code. env may be NULL.\n *\n");
    comment(t, p);
    text_put(t, " *\n"
                " * An output may overlap no other buffer. When any buffer has neither host\n"
                " * memory nor a device handle, the call computes nothing and writes min,\n"
                " * extent and stride of every such buffer. */\n");
    prototype(t, p, name);
    text_put(t, "\n/* The same; args[i] is argument i after env: a cb_buffer *, or a pointer to\n"
                " * the scalar. */\n");
    text_printf(t, "int %s_argv(const cb_env *env, void **args);\n\n", name);
    text_printf(t, "/* Names, types, ranks, ranges and estimates of the arguments. */\n"
                   "extern const cb_metadata %s_metadata;\n\n", name);
    externals(t, p);
    text_put(t, "#ifdef __cplusplus\n}\n#endif\n#endif\n");
}
