/* A pipeline is for its outputs. */
#include "case.h"

Generator(nothing)
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
}

Mistake
{
    command("-g", "nothing");
}

Fixed
{
    command("-g", "other");
}
