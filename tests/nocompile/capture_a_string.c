/* expect: cb_cannot_capture_this|incompatible type */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    const char *s = "a";
    Vars(x);
    define_with((s), f(x) = s);
}
