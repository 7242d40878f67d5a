/* tests/errors/paste.h: puts a move that a report suggests into the text of a schedule, as its reader would. */
#ifndef ERR_PASTE_H
#define ERR_PASTE_H

#include "../../dsl/sched.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool in_word(char ch) { return isalnum((unsigned char)ch) || ch == '_' || ch == '.'; }

/* The directive around `at` in a line, as [from, to); else the stage that begins it. */
static inline void part_at(const char *line, size_t at, size_t *from, size_t *to)
{
    size_t end = strcspn(line, "\n");
    *from = 0;
    *to = strspn(line, " ");
    while (in_word(line[*to]))
        ++*to;
    if (*to > 7 && !strncmp(line + *to - 7, ".update", 7) && line[*to] == ' ')
        *to += 1 + strspn(line + *to + 1, "0123456789");
    for (size_t i = 0; i < end; i++) {
        if (!in_word(line[i]) || (i && in_word(line[i - 1])))
            continue;
        char word[64] = "";
        size_t n = i, depth = 0;
        while (in_word(line[n]) && n - i < sizeof word - 1)
            word[n - i] = line[n], n++;
        if (line[n] != '(' || dir_find(word) == DIR_COUNT)
            continue;
        do
            depth += (line[n] == '(') - (line[n] == ')');
        while (++n < end && depth);
        if (i <= at && at < n) {
            *from = i;
            *to = n;
        }
    }
}

/* The source with a move in place of what stands at line:col; to be freed. */
static inline char *pasted(const char *source, int line, int col, const char *move)
{
    const char *start = source;
    for (int i = 1; i < line && *start; i++)
        start += strcspn(start, "\n") + (start[strcspn(start, "\n")] == '\n');
    size_t from, to, len = strcspn(start, "\n");
    part_at(start, col > 0 ? (size_t)col - 1 : 0, &from, &to);
    if (!*move && from) { /* with a comma */
        size_t stage = strspn(start, " ");
        while (start[stage] && start[stage] != ' ')
            stage++;
        stage += strspn(start + stage, " 0123456789");
        if (start[to] == ',')
            to += 1 + strspn(start + to + 1, " ");
        else
            while (from > stage && (start[from - 1] == ' ' || start[from - 1] == ','))
                from--;
        if (from <= stage && to >= len)
            from = 0;
    }
    if (!*move && !from)
        to = len;
    size_t n = strlen(source) + strlen(move) + 1, before = (size_t)(start - source);
    char *out = malloc(n);
    if (out)
        snprintf(out, n, "%.*s%.*s%s%s", (int)before, source, (int)from, start, move, start + to);
    return out;
}

/* "the second parallel(y)": 1, and the part without these words. */
static inline int which_one(char *part)
{
    static const char *const words[] = {"the first ", "the second ", "the third ", "the fourth "};
    for (int k = 0; k < 4; k++) {
        size_t n = strlen(words[k]);
        if (!strncmp(part, words[k], n)) {
            memmove(part, part + n, strlen(part) - n + 1);
            return k;
        }
    }
    return 0;
}

/* The source without directives that have to go with a move, "parallel(y) and store_root() of f2" or "all of f2": those of
 * the line, or of the stage named. The source is freed, the result to be freed. */
static inline char *leave_out_too(char *source, int line, const char *list)
{
    while (source && list && *list) {
        size_t n = strcspn(list, "\n");
        const char *and = strstr(list, " and "), *rest = and ? and + 5 : list + n;
        char part[240], stage[240] = "";
        snprintf(part, sizeof part, "%.*s", (int)(and ? (size_t)(and - list) : n), list);
        char *of = strstr(part, ") of ");
        snprintf(stage, sizeof stage, "%s", of ? of + 5 : !strncmp(part, "all of ", 7) ? part + 7 : "");
        if (of)
            of[1] = 0;
        char *less = NULL;
        const int nth = which_one(part);
        int at = 1;
        for (char *s = source; *s && !less; at++, s += strcspn(s, "\n") + (s[strcspn(s, "\n")] == '\n')) {
            size_t end = strcspn(s, "\n"), len = strlen(stage);
            bool here = *stage ? end > len && !strncmp(s, stage, len) && s[len] == ' ' : at == line;
            char *found = here && (of || !*stage) ? strstr(s, part) : here ? s : NULL;
            for (int k = 0; found && k < nth; k++)
                found = strstr(found + 1, part);
            if (found && found < s + end)
                less = pasted(source, at, (int)(found - s) + 1, "");
        }
        free(source);
        source = less;
        list = rest;
    }
    return source;
}

#endif
