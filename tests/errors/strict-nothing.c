/* strict(e) speaks of the operations written in e. The value of a Func is computed by its own definition, which strict does
 * not reach into. */
#include "case.h"

Mistake
{
    Input(in, f32, 1);
    Funcs(blurred, f);
    Vars(x);
    define(blurred(x) = (in(x - 1) + in(x) + in(x + 1))/3);
    define(f(x) = strict(blurred(x)));
}

Fixed
{
    Input(in, f32, 1);
    Funcs(blurred, f);
    Vars(x);
    define(blurred(x) = strict((in(x - 1) + in(x) + in(x + 1))/3));
    define(f(x) = blurred(x));
}
