/* The region of a table is that of its array. */
#include "case.h"

Mistake
{
    static const int32_t taps[3] = {1, 2, 1};
    Table(w, i32, (3), taps);
    set_min(w, 0, -1);
}

Fixed
{
    static int32_t taps[3] = {1, 2, 1};
    cb_dim dim[1] = {{-1, 3, 1}};
    cb_buffer b = {.size = sizeof b, .version = CB_BUFFER_VERSION, .host = taps, .type = CB_i32, .rank = 1, .dim = dim};
    TableOf(w, &b);
}
