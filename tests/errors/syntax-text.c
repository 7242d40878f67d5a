/* A text begins and ends with a quotation mark. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define_text("f(x) = print(x, \"is x)");
}

Fixed
{
    Funcs(f);
    Vars(x);
    define_text("f(x) = print(x, \"is x\")");
}
