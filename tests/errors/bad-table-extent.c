/* A table has elements. */
#include "case.h"

Mistake
{
    static const int32_t none[1] = {0};
    const int32_t n = 0;
    Table(w, i32, (1, n), none);
}

Fixed
{
    static const int32_t none[1] = {0};
    const int32_t n = 1;
    Table(w, i32, (1, n), none);
}
