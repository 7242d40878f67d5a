/* Texts know the escapes of C for a new line, a tab, a quotation mark and the backslash. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = print(x, "\a beep"));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = print(x, "no beep"));
}
