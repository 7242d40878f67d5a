/* apps/scene/scene.c: draws a landscape, so that the demo has a picture when it is given none: a sky with a sun, three
 * ranges of hills, water with glitter, and a little grain. Everything is a formula of the coordinates. */
#include <carbide/dsl.h>

Generator(scene)
{
    Output(out, u8, 3);
    Param(width, f32, 1280.0, 1.0, 65536.0);
    Param(height, f32, 960.0, 1.0, 65536.0);
    Funcs(u, v, far, middle, near, sun, noise, sky, light);
    Vars(x, y, c);

    /* 0 to 1 across and down. */
    define(u(x) = (f32(x) + 0.5f)/width);
    define(v(y) = (f32(y) + 0.5f)/height);

    /* Heights of the hills, as positions from the top. */
    define(far(x) = 0.46f + 0.05f*sin(7*u(x)) + 0.02f*sin(23*u(x) + 1) + 0.006f*sin(71*u(x)));
    define(middle(x) = 0.56f + 0.06f*sin(5*u(x) + 2) + 0.02f*sin(17*u(x)) + 0.005f*sin(97*u(x) + 3));
    define(near(x) = 0.70f + 0.07f*sin(3*u(x) + 4) + 0.015f*sin(29*u(x) + 1) + 0.004f*sin(131*u(x)));

    /* Brightness around the sun, and grain from mixing the bits of the coordinates. */
    define(sun(x, y) = 1/(1 + 60*((u(x) - 0.68f)*(u(x) - 0.68f)*1.8f + (v(y) - 0.22f)*(v(y) - 0.22f))));
    define(noise(x, y) = f32((u32(x)*73856093 ^ u32(y)*19349663)*2654435761 >> 24)/255);

    define(sky(x, y, c) = select(c == 0, 0.30f, c == 1, 0.50f, 0.85f) + 0.35f*v(y) + 0.9f*sun(x, y)*select(c == 2, 0.5f, 1.0f));
    define(light(x, y, c) = select(
        v(y) > 0.82f, 0.5f*sky(x, y, c) + 0.25f*sin(900*v(y) + 40*sin(9*u(x) + 30*v(y))),
        v(y) > near(x), select(c == 1, 0.30f, 0.16f) + 0.10f*noise(x, y),
        v(y) > middle(x), select(c == 1, 0.42f, c == 2, 0.36f, 0.26f) + 0.05f*noise(x, y),
        v(y) > far(x), select(c == 2, 0.62f, 0.48f),
        sky(x, y, c)));
    define(out(x, y, c) = u8(255*clamp(light(x, y, c) + 0.02f*(noise(x, y) - 0.5f), 0.0f, 1.0f) + 0.5f));
}
