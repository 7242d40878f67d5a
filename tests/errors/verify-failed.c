/* carbide verify compares compiled code with the reference interpreter. Schedules change no
 * result, so a difference is a bug in Carbide; here code of another program is compared. */
#include "case.h"

#include "../../driver/commands.h"

#include "../../dsl/front.h"

static void verify(Func f, Func compiled)
{
    cb_callable k = compile(compiled, "host");
    cb_pipeline p = cb_pipeline_of("f", 1, &f, CB_HERE);
    command_options o = {.out = stdout, .rounds = 4};
    if (schedule_resolve(p.p))
        verify_code(p.p, k, &o);
    cb_callable_free(k);
}

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x + 1);
    define(g(x) = x + 2);
    verify(f, g);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x + 1);
    define(g(x) = x + 1);
    verify(f, f);
}
