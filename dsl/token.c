/* dsl/token.c: cuts the text of an equation into names, numbers and signs, by the rules of C.
 *
 *     "in(x-1, y)*0.5f"   in ( x - 1 , y ) * 0.5
 */
#include "front.h"
#include "token.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char ch) { return ch >= '0' && ch <= '9'; }
static bool is_alpha(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}
static bool is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r' || ch == '\f' || ch == '\v';
}

static int hex_digit(char ch)
{
    return is_digit(ch)             ? ch - '0'
           : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10
           : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10
                                    : -1;
}

static token bad(int col, int width, const char *why)
{
    return (token){.kind = TOK_BAD, .col = col, .width = width, .name = why};
}

/* strtod reads the decimal point of the locale, the language has only ".". */
double token_decimal(cb_context *c, const char *s, int n)
{
    const char *dot = memchr(s, '.', (size_t)n);
    const char *point = localeconv()->decimal_point;
    const char *copy =
        dot ? arena_printf(c->a, "%.*s%s%.*s", (int)(dot - s), s, point && *point ? point : ".",
                           n - (int)(dot - s) - 1, dot + 1)
            : arena_strndup(c->a, s, (size_t)n);
    return strtod(copy, NULL);
}

static token integer(const char *src, int col, int end, unsigned base)
{
    token t = {.kind = TOK_INT, .col = col};
    bool over = false;
    for (int i = base == 16 ? col + 2 : col; i < end; i++) {
        unsigned d = (unsigned)hex_digit(src[i]);
        if (d >= base)
            return bad(col, end - col, "a digit is not one of its number's base");
        over |= t.i > (UINT64_MAX - d) / base;
        t.i = t.i * base + d;
    }
    int stop = end;
    while (src[stop] == 'u' || src[stop] == 'U' || src[stop] == 'l' || src[stop] == 'L')
        stop++;
    t.width = stop - col;
    if (is_alpha(src[stop]) || is_digit(src[stop]))
        return bad(col, stop + 1 - col, "a number runs into a name");
    return over ? bad(col, t.width, "the number does not fit 64 bits") : t;
}

static token number(cb_context *c, const char *src, int col)
{
    int i = col;
    if (src[i] == '0' && (src[i + 1] == 'x' || src[i + 1] == 'X')) {
        for (i += 2; hex_digit(src[i]) >= 0; i++)
            ;
        return i == col + 2 ? bad(col, 2, "a hexadecimal number has no digits")
                            : integer(src, col, i, 16);
    }
    while (is_digit(src[i]))
        i++;
    bool real = src[i] == '.';
    if (real)
        for (i++; is_digit(src[i]); i++)
            ;
    if (src[i] == 'e' || src[i] == 'E') {
        int e = i + 1 + (src[i + 1] == '+' || src[i + 1] == '-');
        if (is_digit(src[e])) {
            real = true;
            for (i = e; is_digit(src[i]); i++)
                ;
        }
    }
    if (!real)
        return integer(src, col, i, src[col] == '0' ? 8 : 10);
    token t = {.kind = TOK_FLOAT, .col = col, .f = token_decimal(c, src + col, i - col)};
    i += src[i] == 'f' || src[i] == 'F' || src[i] == 'l' || src[i] == 'L';
    t.width = i - col;
    if (is_alpha(src[i]) || is_digit(src[i]))
        return bad(col, t.width + 1, "a number runs into a name");
    return isinf(t.f) ? bad(col, t.width, "the number is too large") : t;
}

/* "text" with the escapes of C that one line can use. */
static token quoted(cb_context *c, const char *src, int col)
{
    text t;
    text_init(&t, c->a);
    int i = col + 1;
    for (; src[i] && src[i] != '"'; i++) {
        char ch = src[i];
        if (ch == '\\') {
            static const char from[] = "nt\\\"'", to[] = "\n\t\\\"'";
            const char *at = src[i + 1] ? strchr(from, src[i + 1]) : NULL;
            if (!at)
                return bad(i, 1, "this escape has no meaning in a text");
            ch = to[at - from];
            i++;
        }
        text_printf(&t, "%c", ch);
    }
    if (!src[i])
        return bad(col, i - col, "a text does not end");
    return (token){.kind = TOK_TEXT, .col = col, .width = i + 1 - col, .name = text_str(&t)};
}

token token_read(cb_context *c, const char *src, int col)
{
    static const char *const signs[] = {
        "<<=", ">>=", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=",
        "/=",  "%=",  "&=", "|=", "^=", "+",  "-",  "*",  "/",  "%",  "<",  ">",  "=",
        "!",   "~",   "&",  "|",  "^",  "?",  ":",  "(",  ")",  "[",  "]",  ",",  "."};
    while (is_space(src[col]))
        col++;
    if (!src[col])
        return (token){.kind = TOK_END, .col = col, .width = 1};
    if (src[col] == '"')
        return quoted(c, src, col);
    if (is_digit(src[col]) || (src[col] == '.' && is_digit(src[col + 1])))
        return number(c, src, col);
    if (is_alpha(src[col])) {
        int i = col;
        while (is_alpha(src[i]) || is_digit(src[i]))
            i++;
        return (token){.kind = TOK_NAME,
                       .col = col,
                       .width = i - col,
                       .name = strtab_intern(c->a, &c->strings, src + col, (size_t)(i - col))};
    }
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        size_t n = strlen(signs[i]);
        if (!strncmp(src + col, signs[i], n))
            return (token){.kind = TOK_SIGN, .col = col, .width = (int)n, .name = signs[i]};
    }
    return bad(col, 1, "this character has no meaning in an equation");
}
