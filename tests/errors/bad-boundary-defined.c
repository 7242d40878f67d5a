/* repeat_edge and its like define the Func they are given. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(edge);
    Vars(x);
    define(edge(x) = in(x));
    repeat_edge(edge, in);
}

Fixed
{
    Input(in, u8, 1);
    Funcs(edge);
    repeat_edge(edge, in);
}
