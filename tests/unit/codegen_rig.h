/* tests/unit/codegen_rig.h: a pipeline written by hand as flat IR, compiled, loaded and called.
 *
 *     rig r;
 *     rig_open(&r, "host");
 *     ir_sym out = argument(&r, "out", T_U8, 1, true);
 *     r.L->body = ir_store(r.c, out, ...);
 *     build(&r);
 *     r.argv(&r.env, args);
 *     rig_close(&r);
 */
#ifndef TEST_CODEGEN_RIG_H
#define TEST_CODEGEN_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../codegen/codegen.h"

/* ---- a pipeline made by hand ----------------------------------------------------------------- */

typedef struct rig {
    cb_context *c;
    low *L;
    pipeline *p;
    guard g;
    cg_target target;
    jit_code *code;
    int (*argv)(const cb_env *env, void **args);
    int errors;        /* reported at run time */
    char message[256]; /* the last of them */
    cb_env env;
} rig;

static inline void on_error(const cb_env *env, int code, const char *message)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER; /* in parallel loops there may be several */
    rig *r = env->user;
    (void)code;
    pthread_mutex_lock(&one_at_a_time);
    r->errors++;
    snprintf(r->message, sizeof r->message, "%s", message);
    pthread_mutex_unlock(&one_at_a_time);
}

static inline void rig_open(rig *r, const char *target)
{
    const char *near;
    memset(r, 0, sizeof *r);
    r->c = ctx_new(NULL);
    assert_non_null(r->c);
    r->L = NEW(r->c->a, low);
    r->p = NEW(r->c->a, pipeline);
    r->p->ctx = r->L->ctx = r->c;
    r->p->name = "f";
    r->L->pipe = r->p;
    assert_null(target_parse(target, &r->target, &near));
    r->env =
        (cb_env){.size = sizeof r->env, .version = CB_ENV_VERSION, .error = on_error, .user = r};
}

static inline void rig_close(rig *r)
{
    jit_free(r->code);
    ctx_free(r->c);
}

static inline ir_sym argument(rig *r, const char *name, cb_type t, uint32_t rank, bool output)
{
    low_func *f = NEW(r->c->a, low_func);
    f->L = r->L;
    f->name = name;
    f->rank = rank;
    f->nvalues = 1;
    f->types = NEW(r->c->a, cb_type);
    f->types[0] = t;
    f->is_output = output;
    f->is_input = !output;
    f->buffer = NEW(r->c->a, ir_sym);
    f->buffer[0] = ir_sym_new(r->c, name, SYM_BUFFER, t, NULL);
    if (output)
        vec_push(r->c->a, &r->L->outputs, f);
    else
        vec_push(r->c->a, &r->L->inputs, f);
    return f->buffer[0];
}

static inline ir_sym scalar(rig *r, const char *name, cb_type t)
{
    cb_param_s *p = NEW(r->c->a, cb_param_s);
    p->name = name;
    p->type = t;
    p->sym = ir_sym_new(r->c, name, SYM_PARAM, t, p);
    vec_push(r->c->a, &r->p->params, p);
    vec_push(r->c->a, &r->L->params, p->sym);
    return p->sym;
}

static inline const char *emit(rig *r, cg_output kind, size_t *n)
{
    const char *bytes = NULL;
    volatile bool ok = false;
    if (guard_enter(&r->g, &r->c->esc)) {
        ok = cg_llvm(r->L, &r->target, "f", kind, &bytes, n);
        guard_leave(&r->g, &r->c->esc);
    }
    assert_true(ok);
    return bytes;
}

static inline void build(rig *r)
{
    size_t n = 0;
    const char *object = emit(r, CG_OBJECT, &n);
    r->code = jit_load(r->c, object, n, "f");
    assert_non_null(r->code);
    void *at = jit_symbol(r->code, "f_argv");
    memcpy(&r->argv, &at, sizeof at);
    assert_non_null(at);
}

typedef struct plane {
    cb_buffer b;
    cb_dim dim[2];
} plane;

static inline void plane_init(plane *p, void *host, cb_type t, int32_t w)
{
    p->dim[0].extent = w;
    p->dim[1].extent = 1;
    cb_buffer_init(&p->b, host, t, 1, p->dim);
}

/* for i in [0, n/lanes): body, with the index i*lanes + (0 .. lanes-1) */
static inline const ir *loop(rig *r, ir_sym i, int64_t n, const ir *body)
{
    return ir_for(r->c, i, LOOP_SERIAL, ir_i32(r->c, 0), ir_i32(r->c, n), body);
}

static inline const ir *index_of(rig *r, ir_sym i, unsigned lanes)
{
    const ir *base = ir_muli(r->c, ir_cast(r->c, T_I64, ir_var(r->c, i)), lanes);
    return lanes == 1 ? base : ir_ramp(r->c, base, ir_i64(r->c, 1), lanes);
}

static inline const ir *yes(rig *r, unsigned lanes)
{
    return ir_broadcast(r->c, ir_bool(r->c, true), lanes);
}

#endif
