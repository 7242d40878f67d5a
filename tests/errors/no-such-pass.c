/* The passes of lowering have names: carbide list-passes. */
#include "case.h"

Mistake
{
    command("lower", "-g", "sample", "schedule=none", "--until=vectorise");
}

Fixed
{
    command("lower", "-g", "sample", "schedule=none", "--until=vectorize");
}
