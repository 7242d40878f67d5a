/* A table has its elements already. */
#include "case.h"

static const int32_t taps[3] = {1, 2, 1};

Mistake
{
    cb_buffer *b = array(i32, 3);
    Table(w, i32, (3), taps);
    set_input(w, b);
}

Fixed
{
    cb_buffer *b = array(i32, 3);
    Input(w, i32, 1);
    set_input(w, b);
}
