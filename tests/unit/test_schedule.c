/* tests/unit/test_schedule.c: schedules as text and data: reading, printing, plans, expansion and
 * every refusal. The program is that of sched_fixture.h. */
#include "sched_fixture.h"
#include "../errors/paste.h"

/* ---- text round trip, driven by the table of directives -------------------------------------- */

typedef struct rng {
    uint64_t s;
} rng;
static uint32_t roll(rng *r, uint32_t n)
{
    r->s = r->s * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((r->s >> 33) % n);
}

static const char *random_name(world *w, rng *r)
{
    static const char *const names[] = {"x",        "y",    "xo",    "r.x", "x.v",
                                        "a1.b_2.c", "knob", "stage", "min", "update"};
    return ctx_string(w->c, names[roll(r, COUNT_OF(names))]);
}

static const ir *random_value(world *w, rng *r, schedule *s, int depth)
{
    static const ir_op ops[] = {IR_ADD, IR_SUB, IR_MUL, IR_DIV, IR_MOD, IR_MIN, IR_MAX};
    if (depth == 0 || roll(r, 3) == 0) {
        if (roll(r, 2))
            return ir_var(w->c, s->knobs.at[roll(r, s->knobs.n)]->sym);
        return ir_i32(w->c, (int64_t)roll(r, 200) - 100);
    }
    const ir *a = random_value(w, r, s, depth - 1), *b = random_value(w, r, s, depth - 1);
    return ir_bin(w->c, ops[roll(r, COUNT_OF(ops))], a, b);
}

static const sched_cond *random_cond(world *w, rng *r, int depth)
{
    sched_cond *k = NEW(w->c->a, sched_cond);
    static const char *const names[] = {"gain", "strip", "stage", "when", "min", "a_1.b"};
    k->kind = depth == 0 || roll(r, 4) == 0 ? (cond_kind)roll(r, COND_OP) : COND_OP;
    k->op = (cond_op)roll(r, COP_COUNT);
    k->text = ctx_string(w->c, k->kind == COND_REAL ? "0.25" : names[roll(r, COUNT_OF(names))]);
    k->value = roll(r, 100);
    k->field = (int)(FIELD_MIN + roll(r, 3));
    k->dim = roll(r, 4);
    for (int i = 0; k->kind == COND_OP && i < cond_ops[k->op].operands; i++)
        k->arg[i] = random_cond(w, r, depth - 1);
    return k;
}

static directive *random_directive(world *w, rng *r, schedule *s, dir_op op, int depth);

static void random_arg(world *w, rng *r, schedule *s, dir_arg *a, int depth)
{
    switch (a->kind) {
    case DARG_LOOP:
    case DARG_NEW:
    case DARG_DIM:
    case DARG_MADE:
    case DARG_FUNC: a->name = random_name(w, r); break;
    case DARG_VALUE: a->value = random_value(w, r, s, 3); break;
    case DARG_STAGE:
        a->stage = (stage_ref){ctx_string(w->c, roll(r, 2) ? "out" : "when"), (int)roll(r, 3) - 1};
        break;
    case DARG_TAIL: a->tail = (tail)roll(r, TAIL_COUNT); break;
    case DARG_MEMORY: a->memory = (ir_memory)roll(r, MEM_NAMES); break;
    case DARG_COND: a->cond = random_cond(w, r, 4); break;
    case DARG_TEXT: a->name = ctx_string(w->c, roll(r, 2) ? "not # a comment, (" : ""); break;
    case DARG_DIR: {
        dir_op op = (dir_op)roll(r, DIR_COUNT);
        while (op == DIR_SPECIALIZE && depth > 3)
            op = (dir_op)roll(r, DIR_COUNT);
        a->dir = random_directive(w, r, s, op, depth + 1);
        break;
    }
    case DARG_POLICY: a->policy = (ir_partition)roll(r, POLICY_NAMES); break;
    }
}

static directive *random_directive(world *w, rng *r, schedule *s, dir_op op, int depth)
{
    dir_slot slot[DIR_MAX_SLOTS];
    uint32_t n = dir_slots(op, slot), needed = 0;
    while (needed < n && !slot[needed].optional)
        needed++;
    uint32_t count = needed + roll(r, n - needed + 1);
    if (n && slot[n - 1].repeats)
        count += roll(r, 3);
    directive *d = directive_new(w->c, op, (cb_loc){0}, count);
    for (uint32_t i = 0; i < count; i++) {
        d->arg[i].kind = slot[i < n ? i : n - 1].kind;
        random_arg(w, r, s, &d->arg[i], depth);
    }
    return d;
}

static const char *printed(world *w, const schedule *s)
{
    text t;
    text_init(&t, w->c->a);
    schedule_print(&t, s);
    return text_str(&t);
}

static const char *value_text(world *w, const ir *v)
{
    text t;
    text_init(&t, w->c->a);
    sched_value_print(w->c, &t, v);
    return text_str(&t);
}

static void same_arg(world *w, const dir_arg *a, const dir_arg *b);

static void same_directive(world *w, const directive *d, const directive *g)
{
    assert_int_equal(d->op, g->op);
    assert_int_equal(d->nargs, g->nargs);
    for (uint32_t n = 0; n < d->nargs; n++)
        same_arg(w, &d->arg[n], &g->arg[n]);
}

static void same_arg(world *w, const dir_arg *a, const dir_arg *b)
{
    assert_int_equal(a->kind, b->kind);
    switch (a->kind) {
    case DARG_LOOP:
    case DARG_NEW:
    case DARG_DIM:
    case DARG_MADE:
    case DARG_FUNC: assert_string_equal(a->name, b->name); break;
    case DARG_VALUE: assert_string_equal(value_text(w, a->value), value_text(w, b->value)); break;
    case DARG_STAGE:
        assert_string_equal(a->stage.func, b->stage.func);
        assert_int_equal(a->stage.update, b->stage.update);
        break;
    case DARG_TAIL: assert_int_equal(a->tail, b->tail); break;
    case DARG_MEMORY: assert_int_equal(a->memory, b->memory); break;
    case DARG_COND: assert_true(sched_cond_same(a->cond, b->cond)); break;
    case DARG_TEXT: assert_string_equal(a->name, b->name); break;
    case DARG_DIR: same_directive(w, a->dir, b->dir); break;
    case DARG_POLICY: assert_int_equal(a->policy, b->policy); break;
    }
}

static void same_schedule(world *w, const schedule *a, const schedule *b)
{
    assert_int_equal(a->entries.n, b->entries.n);
    assert_int_equal(a->knobs.n, b->knobs.n);
    assert_int_equal(a->contracts.n, b->contracts.n);
    for (uint32_t i = 0; i < a->entries.n; i++) {
        const sched_entry *e = a->entries.at[i], *f = b->entries.at[i];
        assert_string_equal(e->stage.func, f->stage.func);
        assert_int_equal(e->stage.update, f->stage.update);
        assert_int_equal(e->dirs.n, f->dirs.n);
        for (uint32_t k = 0; k < e->dirs.n; k++)
            same_directive(w, e->dirs.at[k], f->dirs.at[k]);
    }
}

static void test_round_trip(world *w)
{
    rng r = {1};
    for (int round = 0; round < 200; round++) {
        schedule *s = schedule_read(
            w->c, "knob strip = 32 in 8..128 step 8\nknob k = -3 in -5..7\nknob j = 2", "k");
        assert_non_null(s);
        for (int op = 0; op < DIR_COUNT; op++) {
            sched_entry *e = NEW(w->c->a, sched_entry);
            e->stage = (stage_ref){
                ctx_string(w->c, roll(&r, 4) ? "out" : sched_keywords[roll(&r, SCHED_KEYWORDS)]),
                (int)roll(&r, 3) - 1};
            vec_push(w->c->a, &e->dirs, random_directive(w, &r, s, (dir_op)op, 0));
            if (roll(&r, 2))
                vec_push(w->c->a, &e->dirs,
                         random_directive(w, &r, s, (dir_op)roll(&r, DIR_COUNT), 0));
            vec_push(w->c->a, &s->entries, e);
        }
        contract k = {.stage = {"out", 0}, .value = random_value(w, &r, s, 2)};
        vec_push(w->c->a, &s->contracts, k);
        const char *first = printed(w, s);
        schedule *back = schedule_read(w->c, first, "printed");
        if (!back)
            fail_msg("%s\n%s", first, w->messages);
        same_schedule(w, s, back);
        assert_string_equal(printed(w, back), first);
    }
}

static void test_layout_is_free(world *w)
{
    const char *a = "stage out: split(x, xo,\n   xi, # the inner one\n 8),\n\n  parallel(y)\r\n"
                    "stage knob:\n  vectorize(x)\nknob  vectorize(y)\nexpect vectorized(out.update "
                    "1, 8)\nknob n = 4";
    schedule *s = schedule_read(w->c, a, "a");
    assert_non_null(s);
    assert_string_equal(printed(w, s), "knob n = 4\n\n"
                                       "out          split(x, xo, xi, 8), parallel(y)\n"
                                       "stage knob:  vectorize(x)\n"
                                       "stage knob:  vectorize(y)\n\n"
                                       "expect vectorized(out.update 1, 8)\n");
}

/* ---- plans ----------------------------------------------------------------------------------- */

typedef struct loops_case {
    const char *source, *expected;
    int update;
    const char *func;
} loops_case;

static const loops_case loops_cases[] = {
    {"", "y x", -1, "out"},
    {"out split(x, xo, xi, 8)", "y xo xi", -1, "out"},
    {"out split(x, x, xi, 8)", "y x xi", -1, "out"},
    {"out split(y, yo, yi, 32), parallel(yo), vectorize(x, 8)", "yo:parallel yi x x.v:vector", -1,
     "out"},
    {"out vectorize(x, 8), unroll(x.v, 2)", NULL, -1, "out"},
    {"out unroll(y, 2), reorder(y.u, x)", "y x y.u:unroll", -1, "out"},
    {"out tile(x, y, xo, yo, xi, yi, 16, 4)", "yo xo yi xi", -1, "out"},
    {"out fuse(y, x, t), split(t, a, b, 64), rename(a, c)", "c b", -1, "out"},
    {"out reorder(y, x)", "x y", -1, "out"},
    {"out split(x, xo, xi, 8), reorder(y, xi)", "xi xo y", -1, "out"},
    {"out.update 0 vectorize(x, 4)", "x x.v:vector", 0, "out"},
    {"", "r.y r.x", 0, "hist"},
    {"hist.update 0 reorder(r.y, r.x)", "r.x r.y", 0, "hist"},
    {"hist.update 0 unroll(r.x, 4)", "r.y r.x r.x.u:unroll", 0, "hist"},
    {"", "y k.x", 0, "scan"},
    {"scan.update 0 reorder(y, k), vectorize(y, 8)", "k.x y y.v:vector", 0, "scan"},
    {"scan.update 0 unroll(k)", "y k.x:unroll", 0, "scan"},
    {"scan.update 0 split(k, ko, ki, 4), unroll(ki), parallel(y)", "y:parallel ko ki:unroll", 0,
     "scan"},
    {"wave.update 0 fuse(q.y, q.x, t)", "t", 0, "wave"},
    {"out bound(x, 0, 16), vectorize(x)", "y x:vector", -1, "out"},
    {"knob n = 4\nout bound(x, 0, n*4), vectorize(x)", "y x:vector", -1, "out"},
    {"out split(x, xo, xi, 12), split(xi, xi, v, 4), vectorize(v), unroll(xi)",
     "y xo xi:unroll v:vector", -1, "out"},
};

static void test_loops(world *w)
{
    for (size_t i = 0; i < COUNT_OF(loops_cases); i++) {
        const loops_case *k = &loops_cases[i];
        bool ok = world_schedule(w, k->source);
        if (ok != (k->expected != NULL))
            fail_msg("'%s': %s", k->source, w->messages);
        if (!ok)
            continue;
        const cb_func_s *f = NULL;
        for (uint32_t n = 0; n < w->p->funcs.n; n++)
            if (strcmp(w->p->funcs.at[n]->name, k->func) == 0)
                f = w->p->funcs.at[n];
        assert_string_equal(loops_of(w, stage_at(w, f, k->update)), k->expected);
    }
}

static void test_defaults(world *w)
{
    assert_true(world_schedule(w, ""));
    const char *plans = plans_text(w);
    assert_non_null(strstr(plans, "blur_x compute inline"));
    assert_non_null(strstr(plans, "hist compute root store root"));
    assert_non_null(strstr(plans, "out compute root store root"));
    w->p->sched = NULL;
    assert_true(schedule_resolve(w->p));
    assert_string_equal(plans_text(w), plans);
}

static void test_places(world *w)
{
    assert_true(world_schedule(
        w, "out split(y, yo, yi, 32), parallel(yo)\n"
           "blur_x store_at(out, yo), compute_at(out, yi)\n"
           "side compute_root(), store_in(heap), reorder_storage(y, x), align_bounds(x, 8, 1)"));
    const char *plans = plans_text(w);
    assert_non_null(strstr(plans, "blur_x compute out/0/yi store out/0/yo"));
    assert_non_null(
        strstr(plans, "side compute root store root memory 1 order 1 0 bound 0 [ ] 8 1"));
    /* through a Func that is computed, and through one computed inside it */
    assert_true(world_schedule(w, "mid compute_at(out, y)\nblur_x compute_at(mid, y)"));
    assert_true(world_schedule(w, "mid compute_at(out, x)\nblur_x compute_at(out, y)"));
    assert_non_null(strstr(plans_text(w), "blur_x compute out/0/y"));
    /* a value of parameters */
    assert_true(world_schedule(w, "out bound(x, 0, w/2*2)"));
    assert_non_null(strstr(plans_text(w), "bound 0 [0 w/2*2]"));
}

static void test_split_plan(world *w)
{
    assert_true(world_schedule(w,
                               "knob n = 16\nside compute_root(), split(x, xo, xi, n*2, round_up), "
                               "split(y, y, yi, 3, shift_inwards)"));
    const stage_plan *s = stage_at(w, w->side, -1);
    assert_int_equal(s->splits.n, 2);
    const split_plan *p = &s->splits.at[0];
    assert_int_equal(p->factor, 32);
    assert_int_equal(p->tail, TAIL_ROUND_UP);
    assert_int_equal(s->dims_all.at[p->old].pure_dim, 0);
    assert_string_equal(s->dims_all.at[p->outer].name, "xo");
    assert_int_equal(s->dims_all.at[p->outer].pure_dim, -1);
    assert_int_equal(s->splits.at[1].tail, TAIL_SHIFT_INWARDS);
    assert_true(schedule_set_knob(w->p->sched, "n", 8));
    assert_true(schedule_resolve(w->p));
    assert_int_equal(stage_at(w, w->side, -1)->splits.at[0].factor, 16);
}

/* ---- expansion ------------------------------------------------------------------------------- */

static void test_expand(world *w)
{
    static const char *const sources[] = {
        "",
        "out split(y, yo, yi, 32), parallel(yo), vectorize(x, 8)\nblur_x store_at(out, yo), "
        "compute_at(out, yi), "
        "vectorize(x, 8, round_up)",
        "knob strip = 64 in 8..128 step 8\nout tile(x, y, xo, yo, xi, yi, strip, 4, "
        "shift_inwards), vectorize(xi, 8)",
        "hist compute_root(), store_root()\nhist.update 0 reorder(r.y, r.x), unroll(r.x, 3)\n"
        "wave.update 0 fuse(q.y, q.x, t), split(t, a, b, 4, predicate)\nexpect vectorized(out, 1)",
        "out reorder(y, x), fuse(x, y, t), parallel(t), bound(x, 2, w + 1), bound(y, 2, 8), "
        "align_bounds(x, 4, 2)",
        "scan.update 0 unroll(k), reorder(k, y), serial(y)\nscan compute_at(out, y), store_root()",
        "mid compute_at(out, x), store_in(stack)\nblur_x compute_root(), reorder_storage(y, x), "
        "bound(y, 0, 7)"};
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (!world_schedule(w, sources[i]))
            fail_msg("%s: %s", sources[i], w->messages);
        text t;
        text_init(&t, w->c->a);
        schedule_expand(&t, w->p);
        const char *plans = plans_text(w), *expanded = text_str(&t);
        if (!world_schedule(w, expanded))
            fail_msg("%s\n%s", expanded, w->messages);
        assert_string_equal(plans_text(w), plans);
    }
}

static void test_expand_text(world *w)
{
    assert_true(world_schedule(w, "out vectorize(x, 8)\nmid compute_root()"));
    text t;
    text_init(&t, w->c->a);
    schedule_expand(&t, w->p);
    const char *s = text_str(&t);
    const char *from = strstr(s, "stage out:");
    assert_non_null(from);
    const char *want =
        "stage out:\n"
        "    compute_root(),              # an output: computed at the root into the caller's "
        "buffer\n"
        "    split(x, x, x.v, 8, guard),  # from vectorize(x, 8); guard is the default tail\n"
        "    vectorize(x.v),              # from vectorize(x, 8)\n"
        "    reorder(x.v, x, y),          # the loops, innermost first\n"
        "    serial(y),                   # default\n"
        "    serial(x)                    # default\n";
    if (strncmp(from, want, strlen(want)) != 0)
        fail_msg("%s", from);
}

/* ---- refusals -------------------------------------------------------------------------------- */

typedef struct refusal {
    const char *source, *code;
    const char *says; /* part of the report; NULL: not looked at */
} refusal;

static const refusal refusals[] = {
    /* text */
    {"out split x", "schedule-syntax", "expected '('"},
    {"out vectorize(x", "schedule-syntax", NULL},
    {"out vectorize(x) parallel(y)", "schedule-syntax", "end of the line or ','"},
    {"out vectorize(x, 3a)", "schedule-syntax", "ends in 'a'"},
    {"out vectorize(x, 99999999999)", "schedule-syntax", "32 bits"},
    {"out vectorize(x) @", "schedule-syntax", "'@'"},
    {"out \"text", "schedule-syntax", "does not end"},
    {"out.update vectorize(x)", "schedule-syntax", "number of an update"},
    {"stage out vectorize(x)", "schedule-syntax", "expected ':'"},
    {"when (w > 3) { out vectorize(x) }", "bad-guard", "cannot stand in a guard"},
    {"proc p(x) {\n out vectorize(x)\n}\nq()", "no-such-procedure", "did you mean"},
    {"include \"other.sched\"", "bad-include", "cannot be read"},
    {"out vectorise(x)", "no-such-directive", "did you mean 'vectorize'?"},
    {"out split(x, xo, xi)", "directive-arguments", "write split(loop, new, new, value[, tail])"},
    {"out parallel(x, y)", "directive-arguments", "too many"},
    {"out reorder(x)", "directive-arguments", "too few"},
    {"out split(x, xo, xi, 8, gard)", "directive-arguments", "one of: auto, guard"},
    {"out store_in(cellar)", "directive-arguments", "heap"},
    {"knob k = 9 in 0..8", "bad-knob", "outside its range"},
    {"knob k = 5 in 0..8 step 2", "bad-knob", "steps"},
    {"knob k = 5 in 0..8 step 0", "bad-knob", NULL},
    {"knob k = 1\nknob k = 2", "bad-knob", "already"},
    {"expect vectorised(out, 3)", "directive-arguments", "vectorized"},
    /* names */
    {"ouf vectorize(x, 8)", "no-such-stage", "did you mean 'out'?"},
    {"in vectorize(x, 8)", "schedule-input", "is an input"},
    {"side compute_at(in, x)", "schedule-input", NULL},
    {"out.update 3 vectorize(x, 8)", "no-such-stage", "numbered 0 to 0"},
    {"blur_x compute_at(oot, x)", "no-such-stage", "did you mean 'out'?"},
    {"out vectorize(z, 8)", "no-such-loop", "outermost first: y, x"},
    {"out split(y, yo, yi, 8), parallel(y)", "no-such-loop", "split(y, yo, yi, 8) is here"},
    {"side compute_at(out, z)", "no-such-loop", "'out' has no loop 'z'"},
    {"out bound(z, 0, 8)", "no-such-dimension", "x, y"},
    {"out vectorize(x, stripe)", "no-such-value", "neither a knob"},
    {"expect vectorized(oot, 8)", "no-such-stage", NULL},
    /* loops */
    {"out split(x, y, xi, 8)", "loop-name-in-use", "already"},
    {"out split(x, xi, xi, 8)", "loop-name-in-use", NULL},
    {"out rename(x, y)", "loop-name-in-use", NULL},
    {"out split(x, xo, x.v, 8), vectorize(xo, 4), rename(xo, x), vectorize(x, 4)",
     "loop-name-in-use", NULL},
    {"out vectorize(x, 8), parallel(x.v)", "loop-has-kind", "vectorize(x, 8) is here"},
    {"out parallel(y), parallel(y)", "loop-has-kind", NULL},
    {"out parallel(y), split(y, yo, yi, 8)", "loop-has-kind", NULL},
    {"out serial(y), unroll(y, 4)", "loop-has-kind", NULL},
    {"out parallel(x), fuse(y, x, t)", "loop-has-kind", NULL},
    {"out split(x, xo, xi, 0)", "bad-factor", "at least 1"},
    {"out vectorize(x, 4 - 8)", "bad-factor", NULL},
    {"out vectorize(x, w)", "bad-factor", "parameter"},
    {"knob k = 2147483647\nout vectorize(x, k*k)", "bad-factor", "overflows"},
    {"out split(x, a, b, 100000), split(a, c, d, 100000)", "loop-too-large", NULL},
    {"out split(x, a, b, 2147483647), vectorize(b)", "loop-too-large", "vector lanes"},
    {"out unroll(x, 100), unroll(y, 100)", "loop-too-large", "copies"},
    {"out split(x, a, b, 100000), split(y, c, d, 100000), reorder(b, d, a, c), fuse(d, b, t)",
     "loop-too-large", NULL},
    {"out reorder(x, y, x)", "bad-reorder", "twice"},
    {"side compute_root(), reorder_storage(x, x)", "bad-reorder", NULL},
    {"out fuse(x, y, t)", "fuse-not-adjacent", "outermost first: y, x"},
    {"out fuse(x, x, t)", "fuse-not-adjacent", NULL},
    {"wave.update 0 reorder(q.y, q.x)", NULL, NULL}, /* q.x counts up all the same */
    {"wave.update 0 reorder(q.y, q.x), parallel(q.y)", NULL, NULL},
    {"slope.update 0 reorder(p.y, p.x)", "reduction-order", "innermost first: p.x, p.y"},
    {"wave.update 0 split(q.x, a, b, 4), reorder(a, b)", "reduction-order", NULL},
    {"hist.update 0 parallel(r.y)", "race", "which may be the same element"},
    {"scan.update 0 vectorize(k, 4)", "race", "(k.x = 0, k.x.v = 0) writes what (k.x = 0, k.x.v = 1) reads, scan(0, y)"},
    {"scan.update 0 fuse(y, k, t), parallel(t)", "race", NULL},
    {"scan.update 0 split(k, a, b, 4, round_up)", "illegal-tail", "reduction loop"},
    {"scan.update 0 vectorize(y, 4, shift_inwards)", "illegal-tail", "loop of an update"},
    {"side compute_root(), split(x, a, b, 5), split(a, c, d, 3, round_up)", "illegal-tail",
     "does not round up a dimension"},
    {"side compute_root(), split(x, a, b, 6), split(b, c, d, 4, round_up)", "illegal-tail", NULL},
    {"out reorder(y, x), vectorize(x, 8), parallel(y)", "parallel-in-vector", "reorder them"},
    {"out vectorize(x, 8), unroll(y, 4), parallel(y)", NULL, NULL},
    {"out vectorize(x, 8), reorder(y, x.v), parallel(y)", "parallel-in-vector",
     "stands inside vector loop 'x.v'"},
    {"out vectorize(x)", "not-constant", "vectorize(x, 8)"},
    {"hist.update 0 unroll(r.x)", "not-constant", NULL},
    {"out bound(x, 0, 0), vectorize(x)", "not-constant", "no iterations"},
    /* bounds, storage */
    {"out bound(x, 0, 3 - 5)", "bad-bound", "cannot be -2"},
    {"out bound(x, 2147483647, 5)", "bad-bound", "32 bits"},
    {"out bound(x, 0, gain)", "bad-bound", "not an integer"},
    {"out align_bounds(x, 4, 4)", "bad-bound", "remainder"},
    {"out align_bounds(x, 0)", "bad-factor", NULL},
    {"out bound(x, 0, 8), bound(x, 0, 8)", "duplicate-directive", NULL},
    {"out bound(x, 0, 8), bound(x, 0, 9)", "contradiction", NULL},
    {"out bound(x, 0, 9), align_bounds(x, 4)", "contradiction", "not aligned"},
    {"out bound(x, 0, 10), split(x, xo, xi, 4, round_up)", "contradiction", "rounded up"},
    {"side compute_root(), store_in(shared)", "bad-memory", "legal instead: store_in(stack)"},
    {"side compute_root(), store_in(heap), store_in(heap)", "duplicate-directive", NULL},
    /* places */
    {"side compute_root(), compute_root()", "duplicate-directive", NULL},
    {"side compute_root(), compute_at(out, x)", "contradiction", "contradicts compute_root()"},
    {"side compute_root(), store_root(), store_at(out, x)", "contradiction", NULL},
    {"hist.update 0 compute_root()", "whole-func", "hist  compute_root()"},
    {"side vectorize(x, 8)", "inlined-stage", "compute_root() or compute_at"},
    {"side store_root()", "inlined-stage", NULL},
    {"side store_in(heap)", "inlined-stage", NULL},
    {"side compute_inline(), vectorize(x, 8)", "contradiction", NULL},
    {"expect vectorized(side, 8)", "inlined-stage", NULL},
    {"hist compute_inline()", "inline-updates", "its last update"},
    {"out compute_inline()", "output-place", NULL},
    {"out compute_at(side, x)", "output-place", NULL},
    {"out store_in(heap)", "output-place", "caller's buffer"},
    {"out reorder_storage(y, x)", "output-place", NULL},
    {"blur_x compute_at(side, x)", "inlined-stage", "has no loops"},
    {"side compute_at(side, x)", "compute-cycle", "inside itself"},
    {"blur_x compute_at(mid, x)\nmid compute_at(blur_x, x)", "compute-cycle", NULL},
    {"blur_x compute_at(hist, i)", "not-a-consumer", "compute_at(out, y)"},
    {"side compute_at(out, x)", "use-outside-loop", "by 'out.update 0'"},
    {"blur_x compute_at(mid, x)\nmid compute_at(out, y)", NULL, NULL},
    {"size compute_at(sums.update 0, n)", "use-outside-loop", "bounds of the domain"},
    {"sums.update 0 reorder(x, n)\nsize compute_at(sums.update 0, x)", "use-outside-loop", NULL},
    {"size compute_at(sums.update 0, x)", NULL, NULL},
    {"mid compute_root()\nblur_x compute_at(out, y)", "not-a-consumer", "compute_at(mid, y)"},
    {"out vectorize(x, 8)\nblur_x compute_at(out, x.v)", "inside-vector", "vector loop 'x.v'"},
    {"out vectorize(x, 8)\nblur_x compute_at(out, x)", NULL, NULL},
    {"mid compute_at(out, x), vectorize(x, 4)\nout vectorize(x, 8)\nblur_x compute_at(mid, x.v)",
     "inside-vector", NULL},
    {"blur_x compute_at(out, y), store_at(out, x)", "store-level", NULL},
    {"blur_x compute_root(), store_at(out, y)", "store-level", NULL},
    {"hist store_at(out, y)", "store-level", "default"},
    {"out parallel(y)\nblur_x store_root(), compute_at(out, x)", "storage-race",
     "parallel loop 'y'"},
    {"out parallel(y)\nblur_x store_root(), compute_at(out, y)", "storage-race", NULL},
    {"out parallel(y)\nblur_x store_at(out, y), compute_at(out, x)", NULL, NULL},
    {"mid compute_at(out, y), parallel(x)\nblur_x compute_at(mid, x), store_at(out, y)",
     "storage-race", NULL},
};

static void test_refusals(world *w)
{
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        const refusal *k = &refusals[i];
        bool ok = world_schedule(w, k->source);
        if (ok != (k->code == NULL))
            fail_msg("'%s': %s", k->source, ok ? "accepted" : w->messages);
        if (ok)
            continue;
        if (strcmp(w->code, k->code) != 0)
            fail_msg("'%s': wanted %s: %s", k->source, k->code, w->messages);
        if (k->says && !strstr(w->messages, k->says))
            fail_msg("'%s': wanted '%s': %s", k->source, k->says, w->messages);
        if (strncmp(w->messages, "prog.sched:", 11) != 0)
            fail_msg("'%s': no place: %s", k->source, w->messages);
    }
}

/* Is every move of a report accepted in place of what it is about? */
static void check_moves(world *w, const char *source)
{
    char said[sizeof w->messages];
    int line = 1, col = 0;
    snprintf(said, sizeof said, "%s", w->messages);
    if (strncmp(said, "prog.sched:", 11) || sscanf(said, "prog.sched:%d:%d", &line, &col) < 1)
        fail_msg("'%s': no place: %s", source, said);
    static const char label[] = "legal instead: ";
    for (const char *m = said; (m = strstr(m, label)); m++) {
        char move[256];
        snprintf(move, sizeof move, "%.*s", (int)strcspn(m + strlen(label), "\n"), m + strlen(label));
        char *with = strstr(move, ", without "), *also = strstr(move, "leave it out, and ");
        bool none = !strncmp(move, "leave it out", 12);
        if (with)
            *with = 0;
        char *tried = leave_out_too(pasted(source, line, col, none ? "" : move), line,
                                    with ? with + 10 : also ? also + 18 : NULL);
        assert_non_null(tried);
        bool ok = world_schedule(w, tried);
        if (!ok)
            fail_msg("'%s': '%s' is suggested:\n%s\n%s", source, move, tried, w->messages);
        free(tried);
    }
}

static void test_moves(world *w)
{
    static const char *const about_text[] = {"schedule-syntax", "reserved-word", "no-such-directive", "directive-arguments",
                                             "bad-knob", "bad-guard", "bad-include", "no-such-procedure"};
    int moved = 0, none = 0;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        const refusal *k = &refusals[i];
        bool textual = false;
        for (size_t t = 0; k->code && t < COUNT_OF(about_text); t++)
            textual |= !strcmp(k->code, about_text[t]);
        if (!k->code || textual || !strncmp(k->source, "expect", 6))
            continue;
        assert_false(world_schedule(w, k->source));
        const char *first = strstr(w->messages, "error[");
        if (first && strstr(first + 1, "error["))
            continue; /* several mistakes */
        bool any = strstr(w->messages, "legal instead: ") != NULL;
        moved += any;
        none += !any;
        if (!any)
            print_message("'%s': no move\n%s", k->source, w->messages);
        check_moves(w, k->source);
    }
    assert_int_equal(none, 0);
    assert_true(moved > 80);
}

/* Nothing is tried when nobody reads it. */
static void test_quiet(world *w)
{
    w->c->diags.quiet = true;
    assert_false(world_schedule(w, "out parallel(z)"));
    assert_string_equal(w->code, "no-such-loop");
    assert_null(strstr(w->messages, "legal instead"));
    w->c->diags.quiet = false;
    assert_false(world_schedule(w, "out parallel(z)"));
    assert_non_null(strstr(w->messages, "legal instead: parallel(x)"));
}

static void test_report_text(world *w)
{
    assert_false(world_schedule(
        w, "out     split(y, yo, yi, 32)\nblur_x  compute_at(out, z)  # too deep\n"));
    assert_string_equal(
        w->messages,
        "prog.sched:2:25: error[no-such-loop]: compute_at(out, z): 'out' has no loop 'z'\n"
        "    blur_x  compute_at(out, z)  # too deep\n"
        "                            ^\n"
        "  note: loops of 'out', outermost first: yo, yi, x\n"
                        "  help: did you mean 'x'?\n"
        "  help: legal instead: compute_at(out, x)\n"
        "  help: legal instead: compute_at(out, yo)\n"
        "  help: legal instead: compute_at(out, yi)\n");
}

static void test_all_mistakes_are_reported(world *w)
{
    assert_null(
        schedule_read(w->c, "out splitt(x)\nout vectorize(x\n\nout parallel(y)\nhist foo(x)", "f"));
    assert_true(w->reports >= 2);
    assert_false(world_schedule(
        w, "out vectorize(z, 8), parallel(q)\nhist.update 0 parallel(r.x)\nnone compute_root()"));
    assert_int_equal(w->reports, 3);
}

static void test_knobs(world *w)
{
    schedule *s = schedule_read(w->c, "knob strip = 32 in 8..128 step 8", "f");
    assert_true(schedule_set_knob(s, "strip", 64));
    assert_false(schedule_set_knob(s, "strip", 65));
    assert_string_equal(w->code, "bad-knob");
    assert_false(schedule_set_knob(s, "strop", 64));
    assert_non_null(strstr(w->messages, "did you mean 'strip'?"));
    assert_string_equal(printed(w, s), "knob strip = 32 in 8..128 step 8\n");
}

/* ---- hostile text ---------------------------------------------------------------------------- */

static void test_mutated_text(world *w)
{
    static const char bytes[] = "(),:=.#\"\n 0123-*xykrout.update{}$\x80\x01";
    rng r = {7};
    for (int round = 0; round < 3000; round++) {
        const char *base = roll(&r, 2) ? loops_cases[roll(&r, COUNT_OF(loops_cases))].source
                                       : refusals[roll(&r, COUNT_OF(refusals))].source;
        char *s = arena_printf(w->c->a, "%s\n%s", base,
                               loops_cases[roll(&r, COUNT_OF(loops_cases))].source);
        size_t n = strlen(s);
        for (uint32_t k = roll(&r, 3); k-- > 0 && n;)
            s[roll(&r, (uint32_t)n)] = bytes[roll(&r, sizeof bytes - 1)];
        bool ok = world_schedule(w, s);
        assert_int_equal(ok, w->reports == 0);
        if (strstr(w->messages, "[internal]"))
            fail_msg("'%s': %s", s, w->messages);
        if (!ok)
            continue;
        text t;
        text_init(&t, w->c->a);
        schedule_expand(&t, w->p);
        const char *plans = plans_text(w);
        if (!world_schedule(w, text_str(&t)))
            fail_msg("'%s' expands to\n%s%s", s, text_str(&t), w->messages);
        assert_string_equal(plans_text(w), plans);
    }
}

static void test_deep_value(world *w)
{
    text t;
    text_init(&t, w->c->a);
    text_put(&t, "out bound(x, 0, ");
    for (int i = 0; i < 100000; i++)
        text_put(&t, "(");
    assert_false(world_schedule(w, text_str(&t)));
    assert_string_equal(w->code, "too-deep");
    t.n = 0;
    text_put(&t, "out bound(x, 0, w");
    for (int i = 0; i < 1000; i++)
        text_put(&t, "+w");
    text_put(&t, ")");
    assert_false(world_schedule(w, text_str(&t)));
    assert_string_equal(w->code, "too-deep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_round_trip),
        WORLD_TEST(test_layout_is_free),
        WORLD_TEST(test_loops),
        WORLD_TEST(test_defaults),
        WORLD_TEST(test_places),
        WORLD_TEST(test_split_plan),
        WORLD_TEST(test_expand),
        WORLD_TEST(test_expand_text),
        WORLD_TEST(test_refusals),
        WORLD_TEST(test_moves),
        WORLD_TEST(test_quiet),
        WORLD_TEST(test_report_text),
        WORLD_TEST(test_all_mistakes_are_reported),
        WORLD_TEST(test_knobs),
        WORLD_TEST(test_mutated_text),
        WORLD_TEST(test_deep_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
