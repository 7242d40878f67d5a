/* dsl/token.h: the words of an equation. Columns are 0-based offsets into the text. */
#ifndef CB_TOKEN_H
#define CB_TOKEN_H

#include "front.h"

typedef enum token_kind { TOK_END, TOK_NAME, TOK_TEXT, TOK_INT, TOK_FLOAT, TOK_SIGN, TOK_BAD } token_kind;

typedef struct token {
    token_kind kind;
    int col, width;
    const char *name; /* NAME: interned; TEXT: what it says; SIGN: the operator, e.g. "<<="; BAD: what is wrong */
    uint64_t i;
    double f;
} token;

/* The token at or after src[col]. */
token token_read(cb_context *c, const char *src, int col);
static inline bool token_is(const token *t, const char *sign)
{
    const char *s = t->name;
    if (t->kind != TOK_SIGN)
        return false;
    while (*s && *s == *sign)
        s++, sign++;
    return *s == *sign;
}

#endif
