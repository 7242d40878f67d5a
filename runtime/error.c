/* runtime/error.c: error codes, their texts, and the request to stop.
 *
 * Compiled code hands over a format and 64-bit slots, so that it needs neither printf nor varargs:
 *
 *     cb_rt_error(env, CB_ERR_BAD_RANK, "'%s' has %d dimensions, not %d", slots, 3)
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "env.h"

const char *cb_error_text(int code)
{
    switch (code) {
#define CB_X(name, number, text)                                                                 \
    case number:                                                                                 \
        return text;
        CB_ERRORS(CB_X)
#undef CB_X
    }
    return "unknown error";
}

/* A text of bounded length; what does not fit is dropped and the end marked by "...". */
typedef struct line {
    char at[2048];
    size_t n;
    bool full;
} line;

static void line_put(line *l, const char *s, size_t n)
{
    size_t room = sizeof l->at - 4 - l->n;
    if (n > room) {
        n = room;
        l->full = true;
    }
    memcpy(l->at + l->n, s, n);
    l->n += n;
}

static void line_slot(line *l, char directive, uint64_t slot)
{
    char number[64];
    const char *s = number;
    double d;
    switch (directive) {
    case 's':
        s = (const char *)(uintptr_t)slot;
        if (!s)
            s = "(null)";
        break;
    case 'd':
        snprintf(number, sizeof number, "%" PRId64, (int64_t)slot);
        break;
    case 'u':
        snprintf(number, sizeof number, "%" PRIu64, slot);
        break;
    case 't': {
        static const char *const kinds[] = {"i", "u", "f", "bf", "handle"};
        unsigned kind = (unsigned)(slot >> 8) & 255, bits = (unsigned)slot & 255;
        if (kind == CB_UINT && bits == 1)
            s = "bool";
        else
            snprintf(number, sizeof number, "%s%u", kind <= CB_HANDLE ? kinds[kind] : "unknown ", bits);
        break;
    }
    default:
        memcpy(&d, &slot, sizeof d);
        snprintf(number, sizeof number, "%g", d);
        break;
    }
    line_put(l, s, strlen(s));
}

static void default_sink(const char *text)
{
    fprintf(stderr, "%s\n", text);
}

static void line_format(line *l, const char *text, const uint64_t *args, int32_t nargs)
{
    int32_t used = 0;
    l->n = 0;
    l->full = false;
    while (*text) {
        size_t plain = strcspn(text, "%");
        line_put(l, text, plain);
        text += plain;
        if (!*text)
            break;
        char directive = text[1];
        if (directive && strchr("sdutf", directive) && used < nargs) {
            line_slot(l, directive, args[used++]);
            text += 2;
        } else { /* "%%", or a directive without a slot: shown as it stands */
            line_put(l, "%", 1);
            text += directive == '%' ? 2 : 1;
        }
    }
    memcpy(l->at + l->n, l->full ? "..." : "", l->full ? 4 : 1);
}

int cb_rt_error(const cb_env *env, int code, const char *text, const uint64_t *args,
                int32_t nargs)
{
    line l;
    line_format(&l, text ? text : cb_error_text(code), args, nargs);
    if (ENV_FIELD(env, error))
        env->error(env, code, l.at);
    else
        default_sink(l.at);
    return code;
}

void cb_rt_print(const cb_env *env, const char *text, const uint64_t *args, int32_t nargs)
{
    line l;
    line_format(&l, text, args, nargs);
    if (ENV_FIELD(env, print))
        env->print(env, l.at);
    else
        default_sink(l.at);
}

int cb_rt_cancelled(const cb_env *env)
{
    const volatile int32_t *cancel = ENV_FIELD(env, cancel);
    return cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
}
