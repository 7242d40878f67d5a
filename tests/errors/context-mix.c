/* A context is a world of its own: two threads may build in two of them. What belongs
 * together is built in one. */
#include "case.h"

Mistake
{
    Vars(x);
    Funcs(f);
    cb_context *other = cb_context_new(NULL);
    Carbide(other)
    {
        Funcs(g);
        define(g, (x), 1);
    }
    cb_context_free(other);
}

Fixed
{
    Vars(x);
    Funcs(g);
    define(g, (x), 1);
}
