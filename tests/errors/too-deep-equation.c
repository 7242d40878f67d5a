/* So is the nesting of an equation. */
#include "case.h"

Mistake
{
    char text[4096] = "f(x) = ", *end = text + strlen(text);
    Funcs(f);
    Vars(x);
    memset(end, '(', 2000);
    strcpy(end + 2000, "x");
    define_text(text);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define_text("f(x) = ((((x))))");
}
