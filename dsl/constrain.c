/* dsl/constrain.c: what a program says of the buffers of its inputs and outputs.
 *
 *     set_stride(in, 0, 3);  set_stride(in, 2, 1);  set_min(in, 2, 0);  set_extent(in, 2, 3);
 *
 * A call with a buffer that is otherwise fails (lower/checks.c), a query answers accordingly, and
 * compiled code has numbers in place of the fields.
 */
#include "front.h"

static const char *const field_words[] = {"min", "extent", "stride"};

typedef struct saying {
    cb_func_s *f;
    int d;
    cb_field what;
    int64_t value;
    bool any; /* any_stride */
    cb_site at;
    bool ok;
} saying;

static void refuse(saying *S, const char *say, const char *help)
{
    cb_context *c = S->f->ctx;
    diag *d = diag_begin(&c->diags, DIAG_BAD_CONSTRAINT, site_loc(c, S->at), "%s", say);
    diag_note(&c->diags, d, S->f->loc, "'%s' is declared here", S->f->name);
    diag_help(&c->diags, d, "%s", help);
    diag_end(&c->diags, d);
}

/* Is the value itself possible? */
static bool is_possible(saying *S)
{
    cb_context *c = S->f->ctx;
    const char *word = field_words[S->what];
    int64_t least = S->what == CB_FIELD_EXTENT ? 0 : S->what == CB_FIELD_MIN ? INT32_MIN : -INT64_C(0x7fffffffffff);
    int64_t most = S->what == CB_FIELD_STRIDE ? INT64_C(0x7fffffffffff) : INT32_MAX;
    if (S->value < least || S->value > most) {
        refuse(S, arena_printf(c->a, "%lld cannot be the %s of a dimension", (long long)S->value, word),
               "coordinates fit 32 bits, and extents are 0 or more");
        return false;
    }
    if (S->what == CB_FIELD_STRIDE && S->value == 0 && S->f->is_output) {
        refuse(S, "an output cannot have stride 0: its elements would share memory",
               "give a stride that keeps its elements apart");
        return false;
    }
    return true;
}

static bool agrees(saying *S, int64_t *fixed)
{
    cb_context *c = S->f->ctx;
    int64_t *old = &fixed[3 * S->d + (int)S->what];
    if (*old != FREE_FIELD && *old != S->value) {
        refuse(S, arena_printf(c->a, "the %s of '%s' in dimension %d is %lld and %lld", field_words[S->what],
                               S->f->name, S->d, (long long)*old, (long long)S->value),
               "say it once");
        return false;
    }
    *old = S->value;
    int64_t min = fixed[3 * S->d], extent = fixed[3 * S->d + 1];
    if (min == FREE_FIELD || extent == FREE_FIELD || min + extent <= INT32_MAX)
        return true;
    refuse(S, "the last coordinate does not fit 32 bits", "give a smaller min or extent");
    *old = FREE_FIELD;
    return false;
}

static void say_work(void *env)
{
    saying *S = env;
    cb_func_s *f = S->f;
    cb_context *c = f->ctx;
    if (f->poisoned)
        return;
    if (f->table) {
        refuse(S, arena_printf(c->a, "'%s' is a table: no caller gives a buffer for it", f->name),
               "the region and strides of a table are those of the array it was declared with");
        return;
    }
    if (!f->is_input && !f->is_output) {
        refuse(S, arena_printf(c->a, "'%s' is neither an input nor an output", f->name),
               "buffers of other Funcs are made by the compiler: see reorder_storage and bound in schedules");
        return;
    }
    if (S->any) {
        S->ok = f->any_stride = true;
        return;
    }
    if (S->d < 0 || (uint32_t)S->d >= f->rank) {
        refuse(S, arena_printf(c->a, "'%s' has no dimension %d", f->name, S->d),
               f->rank ? arena_printf(c->a, "its dimensions are 0 to %u", f->rank - 1) : "it has none");
        return;
    }
    if (!is_possible(S))
        return;
    if (!f->fixed) {
        f->fixed = NEW_ARRAY(c->a, int64_t, 3 * f->rank);
        for (uint32_t i = 0; i < 3 * f->rank; i++)
            f->fixed[i] = FREE_FIELD;
    }
    if (!agrees(S, f->fixed))
        return;
    if (S->what == CB_FIELD_STRIDE && S->d == 0 && S->value != 1)
        f->any_stride = true;
    S->ok = true;
}

static bool say(saying S, const char *word)
{
    if (S.f)
        return front_try(S.f->ctx, say_work, &S) && S.ok;
    front_null_func(S.at, word);
    return false;
}

bool cb_set_field(cb_func f, int d, cb_field what, int64_t value, cb_site at)
{
    static const char *const words[] = {"set_min()", "set_extent()", "set_stride()"};
    return say((saying){.f = f.p, .d = d, .what = what, .value = value, .at = at}, words[what]);
}

bool cb_any_stride(cb_func f, cb_site at)
{
    return say((saying){.f = f.p, .any = true, .at = at}, "any_stride()");
}
