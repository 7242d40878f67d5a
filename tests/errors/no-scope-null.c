/* A context that could not be made has no scope. */
#include "case.h"

MistakeOutside
{
    Carbide((cb_context *)NULL)
    {
        Funcs(f);
    }
}

Fixed
{
    cb_context *ctx = cb_context_new(NULL);
    Carbide(ctx)
    {
        Funcs(f);
    }
    cb_context_free(ctx);
}
