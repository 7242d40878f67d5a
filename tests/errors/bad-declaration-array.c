/* An array of Funcs has a size. */
#include "case.h"

Mistake
{
    cb_func f[1];
    cb_func_array("f", f, -1, CB_HERE);
}

Fixed
{
    cb_func f[1];
    cb_func_array("f", f, 1, CB_HERE);
}
