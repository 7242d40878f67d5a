/* Captured values must be of the same context as well. */
#include "case.h"

Mistake
{
    Vars(x);
    Expr twice = E(x*2);
    cb_context *other = cb_context_new(NULL);
    Carbide(other)
    {
        Funcs(g);
        Vars(u);
        define_with((twice), g(u) = twice + 1);
    }
    cb_context_free(other);
}

Fixed
{
    Vars(x);
    Funcs(g);
    Expr twice = E(x*2);
    define_with((twice), g(x) = twice + 1);
}
