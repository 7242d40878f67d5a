/* It looks at every access. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x) + in(x + 1));
    set_input(in, array(u8, 8));
    interpret(f, array(u8, 8));
}

Fixed
{
    Input(in, u8, 1);
    Funcs(f, edged);
    Vars(x);
    repeat_edge(edged, in);
    define(f(x) = edged(x) + edged(x + 1));
    set_input(in, array(u8, 8));
    interpret(f, array(u8, 8));
}
