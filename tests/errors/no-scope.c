/* Declarations, definitions and values belong to the context of the scope around them. */
#include "case.h"

MistakeOutside
{
    Funcs(f);
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
