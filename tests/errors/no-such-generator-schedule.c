/* And its schedules. cb_generate finds both. */
#include "case.h"

Mistake
{
    cb_generate(cb_current(), CB_REGISTRY, "sample", "gpu", 0, NULL);
}

Fixed
{
    cb_generate(cb_current(), CB_REGISTRY, "sample", "cpu", 0, NULL);
}
