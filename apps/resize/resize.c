/* apps/resize/resize.c: pictures of f32 made smaller by the cubic kernel. */
#include "program.h"

Generator(resize)
{
    Setting(kernel, RESIZE_CUBIC);
    Setting(eight, 0); /* u8, not f32 */
    Setting(up, 0);
    resize_program(kernel, eight ? CB_u8 : CB_f32, up);
}
