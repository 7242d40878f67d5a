/* Each has room on the stack; together they do not. */
#include "case.h"

Mistake
{
    Funcs(f1, f2, f3, f4, f5, out);
    Vars(x, y);
    define(f1(x, y) = x*y);
    define(f2(x, y) = f1(x, y) + 1);
    define(f3(x, y) = f2(x, y)*3);
    define(f4(x, y) = f3(x, y) - x);
    define(f5(x, y) = f4(x, y)^y);
    define(out(x, y) = f1(x, y) + f5(x, y));
    schedule(out, bound(x, 0, 4096));
    schedule(f1, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(stack));
    schedule(f2, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(stack));
    schedule(f3, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(stack));
    schedule(f4, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(stack));
    schedule(f5, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(stack));
    run(out, 4096, 8);
}

Fixed
{
    Funcs(f1, f2, f3, f4, f5, out);
    Vars(x, y);
    define(f1(x, y) = x*y);
    define(f2(x, y) = f1(x, y) + 1);
    define(f3(x, y) = f2(x, y)*3);
    define(f4(x, y) = f3(x, y) - x);
    define(f5(x, y) = f4(x, y)^y);
    define(out(x, y) = f1(x, y) + f5(x, y));
    schedule(out, bound(x, 0, 4096));
    schedule(f1, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(heap));
    schedule(f2, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(heap));
    schedule(f3, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(heap));
    schedule(f4, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(heap));
    schedule(f5, compute_at(out, y), align_bounds(y, 64), bound_storage(y, 64), store_in(heap));
    run(out, 4096, 8);
}
