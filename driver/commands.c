/* driver/commands.c: the subcommands of generator programs, each a few lines over what the layers
 * offer. `carbide WORD PROGRAM ...` runs `PROGRAM WORD ...`.
 */
#include "commands.h"

#include <string.h>

static void print(const command_options *o, const text *t)
{
    fwrite(text_str(t), 1, t->n, o->out);
    fflush(o->out);
}

static low *lowered(pipeline *p, const cg_target *t, const char *until)
{
    low_target lt;
    target_low(t, &lt);
    return schedule_resolve(p) ? low_run(p, &lt, until) : NULL;
}

static bool show_nest(pipeline *p, const cg_target *t, const command_options *o)
{
    low *L = lowered(p, t, o->until ? o->until : "simplify");
    if (!L)
        return false;
    text out;
    text_init(&out, p->ctx->a);
    low_print_nest(&out, L);
    print(o, &out);
    low_free(L);
    return true;
}

static bool show_lowered(pipeline *p, const cg_target *t, const command_options *o)
{
    low *L = lowered(p, t, o->until);
    if (!L)
        return false;
    text out;
    text_init(&out, p->ctx->a);
    if (L->body)
        ir_print(L->ctx, &out, L->body);
    for (uint32_t i = 0; i < L->functions.n; i++) {
        const low_function *f = L->functions.at[i];
        text_printf(&out, "\n%s, for each %s:\n", f->name, ir_sym_name(L->ctx, f->index));
        ir_print(L->ctx, &out, f->body);
    }
    print(o, &out);
    low_free(L);
    return true;
}

static bool show_expanded(pipeline *p, const cg_target *t, const command_options *o)
{
    (void)t;
    text out;
    text_init(&out, p->ctx->a);
    if (!schedule_resolve(p))
        return false;
    schedule_expand(&out, p);
    print(o, &out);
    return true;
}

static bool show_schedule(pipeline *p, const cg_target *t, const command_options *o)
{
    (void)t;
    text out;
    text_init(&out, p->ctx->a);
    if (p->sched) {
        p->sched->ctx = p->ctx;
        schedule_print(&out, p->sched);
    }
    print(o, &out);
    return true;
}

const command commands[] = {
    {"nest", "the loop nest", show_nest},
    {"expand", "the schedule with every default and its reason", show_expanded},
    {"schedule", "the schedule as text", show_schedule},
    {"lower", "the program after the pass --until=PASS, or after all", show_lowered},
    {"verify", "compares compiled code with the reference interpreter", command_verify},
    {"fuzz", "the same for random schedules", command_fuzz},
};
const unsigned ncommands = COUNT_OF(commands);

const command *command_find(const char *word)
{
    for (unsigned i = 0; i < ncommands; i++)
        if (strcmp(commands[i].word, word) == 0)
            return &commands[i];
    return NULL;
}
