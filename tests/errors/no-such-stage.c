/* A schedule finds Funcs by name. */
#include "case.h"

Generator(typo)
{
    Output(out, i32, 1);
    Vars(x);
    define(out(x) = x);
}

Schedule(typo, cpu)
{
    Stages(ouut);
}

Mistake
{
    command("-g", "typo", "-e", "header");
}

Fixed
{
    command("-g", "typo", "-e", "header", "schedule=none");
}
