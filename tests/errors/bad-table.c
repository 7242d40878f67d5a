/* A table has as many elements as its extents say, of its type. */
#include "case.h"

Mistake
{
    static const double taps[3] = {0.25, 0.5, 0.25};
    Table(w, f32, (3), taps);
}

Fixed
{
    static const float taps[3] = {0.25f, 0.5f, 0.25f};
    Table(w, f32, (3), taps);
}
