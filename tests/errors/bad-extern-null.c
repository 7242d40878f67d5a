/* set_extern gives the address of a function that is there. */
#include "case.h"

static int copy(const cb_env *env, cb_buffer *in, cb_buffer *out)
{
    (void)env;
    if (!out->host)
        in->dim[0] = out->dim[0];
    for (int i = 0; out->host && i < out->dim[0].extent; i++)
        ((int32_t *)out->host)[i] = ((int32_t *)in->host)[i];
    return 0;
}

Mistake
{
    set_extern("copy", NULL);
}

Fixed
{
    set_extern("copy", copy);
}
