/* Objects are no place for large arrays. */
#include "case.h"

Mistake
{
    static const uint8_t one;
    const uint8_t *large = &one;
    Table(w, u8, (100000, 100000), large);
}

Fixed
{
    Input(w, u8, 2);
}
