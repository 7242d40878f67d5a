/* A knob takes the values of its range. */
#include "case.h"

Generator(knobby)
{
    Output(out, i32, 1);
    Vars(x);
    define(out(x) = x);
}

Schedule(knobby, cpu)
{
    Stages(out);
    Vars(x);
    Knob(width, 8, 4, 16, 4);
    schedule(out, vectorize(x, width));
}

Mistake
{
    command("-g", "knobby", "-e", "header", "width=10");
}

Fixed
{
    command("-g", "knobby", "-e", "header", "width=12");
}
