/* Whatever asked for memory is given up, and all it had is given back; the program goes on. */
#include "case.h"

static void *little(void *left, size_t bytes)
{
    return --*(int *)left >= 0 ? malloc(bytes) : NULL;
}

static void give_back(void *left, void *p)
{
    (void)left;
    free(p);
}

Mistake
{
    int left = 3;
    cb_options o = {.size = sizeof o, .allocator = {little, give_back, &left}};
    cb_context *ctx = cb_context_new(&o);
    Carbide(ctx)
    {
        FuncArray(f, 4096);
    }
    cb_context_free(ctx);
}

Fixed
{
    int left = 4000;
    cb_options o = {.size = sizeof o, .allocator = {little, give_back, &left}};
    cb_context *ctx = cb_context_new(&o);
    Carbide(ctx)
    {
        FuncArray(f, 4096);
    }
    cb_context_free(ctx);
}
