/* tests/errors/moves.h: what holds of every refused schedule, whatever its texts are.
 *
 *   - It names a rule: a code with a sentence.
 *   - It suggests at least one move, and each move, put in place of what the report is about, is accepted: the schedule has
 *     this mistake no more and no other one instead, and when it was the only one, it compiles.
 *   - A refusal for bounds shows an access and where it would land.
 *   - A refusal because iterations depend on one another shows two of them.
 *
 * The moves are put into the text of the case, as a reader would paste them.
 */
#ifndef ERR_MOVES_H
#define ERR_MOVES_H

#include "paste.h"

enum { TOLD = 8, MOVES = 3 };

/* What was reported. */
typedef struct told {
    int n; /* all of them; the first few are kept */
    struct {
        diag_code code;
        int line, col, nmoves;
        char move[MOVES][240], without[MOVES][240];
    } at[TOLD];
} told;

static void tell(void *user, const diag *d)
{
    told *t = user;
    int i = t->n++;
    if (i >= TOLD)
        return;
    t->at[i].code = d->code;
    t->at[i].line = d->loc.line;
    t->at[i].col = d->loc.col;
    for (const diag_line *l = d->lines; l; l = l->next)
        if (l->move && t->at[i].nmoves < MOVES) {
            int k = t->at[i].nmoves++;
            snprintf(t->at[i].move[k], sizeof t->at[i].move[0], "%s", l->move);
            snprintf(t->at[i].without[k], sizeof t->at[i].without[0], "%s", l->without ? l->without : "");
        }
}

/* Is everything that is reported now a mistake that was reported before, and is mistake `i` gone? */
static bool one_less(const told *was, int i, const told *now)
{
    bool old = now->n < was->n;
    for (int k = 0; k < now->n && k < TOLD && old; k++) {
        old = false;
        for (int n = 0; n < was->n && n < TOLD; n++)
            old |= n != i && was->at[n].code == now->at[k].code && was->at[n].line == now->at[k].line;
    }
    return old;
}

/* Is this about the text alone, before anything is known about the pipeline? Or about no directive. */
static bool about_text(diag_code code)
{
    return code == DIAG_SCHEDULE_SYNTAX || code == DIAG_BAD_GUARD || code == DIAG_BAD_PROC || code == DIAG_NO_SUCH_PROC ||
           code == DIAG_PROC_ARGS || code == DIAG_BAD_INCLUDE || code == DIAG_RESERVED_WORD ||
           code == DIAG_NO_SUCH_DIRECTIVE || code == DIAG_DIRECTIVE_ARGS || code == DIAG_KNOB ||
           code == DIAG_CONTRACT_BROKEN;
}

static void try_source(const char *source, const char *path, told *t);

/* NULL, or what is wrong; the source ends where the fixed schedule begins. */
static const char *moves_fault(const char *source, const char *path)
{
    static char why[512]; /* the tests have one thread */
    told was = {0};
    try_source(source, path, &was);
    for (int i = 0; i < was.n && i < TOLD; i++) {
        diag_code code = was.at[i].code;
        if (!*diag_code_brief(code))
            return "it names no rule";
        if (!was.at[i].nmoves && !about_text(code))
            return "no move is suggested";
        for (int k = 0; k < was.at[i].nmoves; k++) {
            told now = {0};
            char *tried = pasted(source, was.at[i].line, was.at[i].col, was.at[i].move[k]);
            tried = leave_out_too(tried, was.at[i].line, was.at[i].without[k]);
            if (tried)
                try_source(tried, path, &now);
            snprintf(why, sizeof why, "'%s' is suggested and not accepted (%s):\n%.300s", was.at[i].move[k],
                     now.n ? diag_code_name(now.at[0].code) : "-", tried ? tried : "?");
            bool there = tried != NULL;
            free(tried);
            if (!there || !one_less(&was, i, &now))
                return why;
        }
    }
    return NULL;
}

/* Does every refusal about dependences show two iterations, as in "(r.y = 0, r.x = 1)"? */
static bool pairs_shown(const char *said)
{
    static const char *const codes[] = {"error[race]", "error[reduction-order]", "error[storage-race]"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        for (const char *s = said; (s = strstr(s, codes[i])); s++) {
            const char *end = strstr(s + 1, "error[");
            int pairs = 0;
            for (const char *p = s; (p = strstr(p, " (")) && (!end || p < end); p++) {
                size_t n = 2;
                while (in_word(p[n]))
                    n++;
                pairs += n > 2 && !strncmp(p + n, " = ", 3);
            }
            if (pairs < 2)
                return false;
        }
    return true;
}

/* Does a name with a parenthesis follow one of these words somewhere? */
static bool access_after(const char *said)
{
    static const char *const before[] = {" by ", ", for ", " reads ", "note: "};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        for (const char *p = said; (p = strstr(p, before[i]));) {
            p += strlen(before[i]);
            size_t n = 0;
            while (in_word(p[n]))
                n++;
            if (n && p[n] == '(')
                return true;
        }
    return false;
}

/* Does a refusal for bounds show an access, as in "in(x + 1)", and where it would land? */
static bool landing_shown(const char *said)
{
    static const char *const about[] = {"error[unbounded-access]", "error[storage-bound]", "error[input-bounds]",
                                        "is accessed from",        "fold_storage() keeps", "bound_storage() promised",
                                        "in use at a time"};
    static const char *const landed[] = {" may land ", " from ", " is outside of ", " to "};
    bool bounds = false, lands = false;
    for (size_t i = 0; i < sizeof about / sizeof *about; i++)
        bounds |= strstr(said, about[i]) != NULL;
    for (size_t i = 0; i < sizeof landed / sizeof *landed; i++)
        lands |= strstr(said, landed[i]) != NULL;
    return !bounds || (lands && access_after(said));
}

#endif
