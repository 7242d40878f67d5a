/* Names are looked up in the scope of the equation and those around it. C variables that were
 * not declared in Carbide must be captured. */
#include "case.h"

Mistake
{
    Funcs(blurred);
    Vars(x, y);
    define(blurred(x, y) = x + w*y);
}

Fixed
{
    Funcs(blurred);
    Vars(x, y);
    int w = 3;
    define_with((w), blurred(x, y) = x + w*y);
}
