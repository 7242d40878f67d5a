/* A table is made of a buffer that holds something. */
#include "case.h"

Mistake
{
    cb_buffer *b = array(u8, 4);
    cb_buffer query = *b;
    query.host = NULL;
    TableOf(w, &query);
}

Fixed
{
    cb_buffer *b = array(u8, 4);
    TableOf(w, b);
}
