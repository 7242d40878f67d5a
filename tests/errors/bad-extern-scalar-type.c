/* Elements are numbers and truth values. */
#include "case.h"

Mistake
{
    CFunction(g, "lookup", i32, (i32, type(((cb_type){CB_HANDLE, 64, 1}))));
}

Fixed
{
    CFunction(g, "lookup", i32, (i32, u64));
}
