/* Knobs belong to schedules, which change no result; so they cannot occur in values. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    Knob(k, 8, 1, 64, 1);
    define(f(x) = x + k);
}

Fixed
{
    Funcs(f);
    Vars(x);
    Param(k, i32, 8);
    define(f(x) = x + k);
}
