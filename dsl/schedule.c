/* dsl/schedule.c: schedules as data: the table of directives, values, knobs and records. The table
 * is include/carbide/directives.def; its letters say what a directive's arguments are:
 *
 *     DIRECTIVE(VECTORIZE, vectorize, STAGE, "l[vt]", ...)   ->  vectorize(loop[, value[, tail]])
 */
#include "sched.h"

#include <string.h>

#define SCOPE_STAGE false
#define SCOPE_FUNC true
const dir_info dir_table[DIR_COUNT] = {
#define DIRECTIVE(ID, word, scope, args, brief) {#word, args, brief, SCOPE_##scope},
#include <carbide/directives.def>
#undef DIRECTIVE
};

const char *const tail_names[TAIL_COUNT] = {"auto", "guard", "round_up", "shift_inwards",
                                            "predicate", "predicate_loads", "predicate_stores",
                                            "shift_inwards_and_blend", "round_up_and_blend"};
const char *const policy_names[POLICY_NAMES] = {"auto", "never", "always"};
const char *const mem_names[MEM_NAMES] = {"auto", "heap", "stack", "register", "shared"};

static dir_arg_kind slot_kind(char letter)
{
    switch (letter) {
    case 'l': return DARG_LOOP;
    case 'n': return DARG_NEW;
    case 's': return DARG_STAGE;
    case 't': return DARG_TAIL;
    case 'd': return DARG_DIM;
    case 'm': return DARG_MEMORY;
    case 'w': return DARG_MADE;
    case 'f': return DARG_FUNC;
    case 'c': return DARG_COND;
    case 'x': return DARG_DIR;
    case 'q': return DARG_TEXT;
    case 'p': return DARG_POLICY;
    default: return DARG_VALUE;
    }
}

uint32_t dir_slots(dir_op op, dir_slot slot[DIR_MAX_SLOTS])
{
    uint32_t n = 0;
    bool optional = false;
    for (const char *s = dir_table[op].args; *s; s++) {
        if (*s == '[' || *s == ']')
            optional = *s == '[';
        else if (*s == '+')
            slot[n - 1].repeats = true;
        else
            slot[n++] = (dir_slot){slot_kind(*s), optional, false};
    }
    return n;
}

void dir_usage(text *t, dir_op op)
{
    static const char *const names[] = {
        [DARG_LOOP] = "loop",    [DARG_NEW] = "new",   [DARG_VALUE] = "value",
        [DARG_STAGE] = "stage",  [DARG_TAIL] = "tail", [DARG_DIM] = "dimension",
        [DARG_MEMORY] = "memory", [DARG_MADE] = "new Func", [DARG_FUNC] = "Func",
        [DARG_COND] = "condition", [DARG_DIR] = "directive", [DARG_TEXT] = "\"text\"",
        [DARG_POLICY] = "policy"};
    dir_slot slot[DIR_MAX_SLOTS];
    uint32_t n = dir_slots(op, slot), open = 0;
    text_printf(t, "%s(", dir_table[op].word);
    for (uint32_t i = 0; i < n; i++) {
        if (slot[i].optional)
            text_put(t, "["), open++;
        text_printf(t, "%s%s%s", i ? ", " : "", names[slot[i].kind],
                    slot[i].repeats ? ", ..." : "");
    }
    while (open--)
        text_put(t, "]");
    text_put(t, ")");
}

dir_op dir_find(const char *word)
{
    for (int i = 0; i < DIR_COUNT; i++)
        if (strcmp(dir_table[i].word, word) == 0)
            return (dir_op)i;
    return DIR_COUNT;
}

const char *dir_nearest(const char *word)
{
    const char *words[DIR_COUNT];
    for (int i = 0; i < DIR_COUNT; i++)
        words[i] = dir_table[i].word;
    return text_nearest(word, words, DIR_COUNT);
}

const char *dir_planned(const char *word)
{
    static const struct {
        const char *word, *what;
    } planned[] = {
        {"compute_with", "one nest of loops for several stages"},
        {"async", "a producer that runs beside its consumer"},
        {"ring_buffer", "several copies of the storage, used in turn"},
        {"memoize", "results that are kept between calls"},
        {"stream_loads", "loads that pass the caches by"},
    };
    for (uint32_t i = 0; i < COUNT_OF(planned); i++)
        if (strcmp(planned[i].word, word) == 0)
            return planned[i].what;
    return NULL;
}

directive *directive_new(cb_context *c, dir_op op, cb_loc loc, uint32_t nargs)
{
    directive *d = NEW(c->a, directive);
    d->op = op;
    d->nargs = nargs;
    d->arg = nargs ? NEW_ARRAY(c->a, dir_arg, nargs) : NULL;
    d->loc = loc;
    d->ctx = c;
    return d;
}

/* ---- values ---------------------------------------------------------------------------------- */

static const char *value_fault(cb_context *c, const ir *v, int depth)
{
    if (depth > SCHED_DEPTH)
        return "a value in a schedule nests too deeply";
    if (!type_eq(v->type, T_I32))
        return "a value in a schedule is a 32-bit signed integer";
    switch (v->op) {
    case IR_INT: return NULL;
    case IR_VAR: {
        ir_sym_kind kind = ir_symbol_of(c, v->u.sym)->kind;
        bool known = kind == SYM_KNOB || kind == SYM_PARAM;
        return known ? NULL : "a value in a schedule is made of integers, knobs and parameters";
    }
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_DIV:
    case IR_MOD:
    case IR_MIN:
    case IR_MAX: {
        const char *fault = value_fault(c, v->arg[0], depth + 1);
        return fault ? fault : value_fault(c, v->arg[1], depth + 1);
    }
    default: return "a value in a schedule is made by + - * / % min and max only";
    }
}

const char *sched_value_fault(cb_context *c, const ir *v) { return value_fault(c, v, 0); }

static bool knob_lookup(void *env, ir_sym s, ir_value *out)
{
    const schedule *sched = env;
    for (uint32_t i = 0; i < sched->knobs.n; i++)
        if (sched->knobs.at[i]->sym == s) {
            out->i = sched->knobs.at[i]->value;
            return true;
        }
    return false;
}

value_class sched_value_const(const schedule *s, const ir *v, int64_t *out)
{
    ir_value value = {0};
    bool overflow = false;
    if (ir_as_int(v, out))
        return VALUE_CONST;
    if (!ir_eval(s->ctx, v, knob_lookup, (void *)(uintptr_t)s, &value, &overflow))
        return VALUE_PARAM;
    *out = value.i;
    return overflow ? VALUE_OVERFLOW : VALUE_CONST;
}

/* ---- knobs ----------------------------------------------------------------------------------- */

const char *knob_fault(cb_context *c, const cb_knob_s *k, int64_t value)
{
    if (k->step < 1)
        return "the step must be at least 1";
    if (k->min > k->max)
        return "its range is empty";
    if (k->min < INT32_MIN || k->max > INT32_MAX)
        return "its range does not fit 32 bits";
    if (value < k->min || value > k->max)
        return arena_printf(c->a, "%lld is outside its range %lld..%lld", (long long)value,
                            (long long)k->min, (long long)k->max);
    if ((value - k->min) % k->step != 0)
        return arena_printf(c->a, "%lld is not one of its steps %lld, %lld, ...", (long long)value,
                            (long long)k->min, (long long)(k->min + k->step));
    return NULL;
}

cb_knob_s *schedule_knob(const schedule *s, const char *name)
{
    for (uint32_t i = 0; i < s->knobs.n; i++)
        if (strcmp(s->knobs.at[i]->name, name) == 0)
            return s->knobs.at[i];
    return NULL;
}

bool schedule_set_knob(schedule *s, const char *name, int64_t value)
{
    cb_context *c = s->ctx;
    cb_knob_s *k = schedule_knob(s, name);
    const char *fault = k ? knob_fault(c, k, value) : NULL;
    if (k && !fault) {
        k->value = value;
        return true;
    }
    diag *d;
    if (k) {
        d = diag_begin(&c->diags, DIAG_KNOB, (cb_loc){0}, "%s=%lld: %s", name, (long long)value,
                       fault);
        diag_note(&c->diags, d, k->loc, "the knob is declared here");
        diag_help(&c->diags, d, "give one of its values");
    } else {
        d = diag_begin(&c->diags, DIAG_KNOB, (cb_loc){0}, "%s=%lld: the schedule has no knob '%s'",
                       name, (long long)value, name);
        const char **names = NEW_ARRAY(c->a, const char *, s->knobs.n + 1);
        for (uint32_t i = 0; i < s->knobs.n; i++)
            names[i] = s->knobs.at[i]->name;
        const char *near = text_nearest(name, names, s->knobs.n);
        if (near)
            diag_help(&c->diags, d, "did you mean '%s'?", near);
        else if (!s->knobs.n)
            diag_help(&c->diags, d, "it has no knobs at all");
        else
            diag_help(&c->diags, d, "its first knob is '%s'", names[0]);
    }
    diag_end(&c->diags, d);
    return false;
}

schedule *schedule_new(cb_context *c, const char *name)
{
    schedule *s = NEW(c->a, schedule);
    s->ctx = c;
    s->name = name;
    return s;
}
