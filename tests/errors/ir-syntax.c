/* The text of the intermediate representation, as tools read it. */
#include "case.h"

#include "../../ir/ir.h"

Mistake
{
    ir_read(cb_current(), "(add i32 1", "text.ir");
}

Fixed
{
    Vars(x);
}
