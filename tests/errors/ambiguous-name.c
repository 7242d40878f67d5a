/* A loop is found by its name, and a domain of one dimension answers for its only loop. */
#include "case.h"

Mistake
{
    Funcs(f);
    Var v = cb_var("r", CB_HERE);
    Local()
    {
        RDom(r, (0, 64));
        define(f, (v), 0);
        define(f, (v), add(at(f, v), mul(v, r)));
        schedule(update(f, 0), unroll("r", 4));
    }
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Var v = cb_var("r", CB_HERE);
    Local()
    {
        RDom(r, (0, 64));
        define(f, (v), 0);
        define(f, (v), add(at(f, v), mul(v, r)));
        schedule(update(f, 0), unroll("r.x", 4));
    }
    run(f, 8);
}
