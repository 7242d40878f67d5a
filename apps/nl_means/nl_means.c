/* apps/nl_means/nl_means.c: removes noise by non-local means.
 *
 * A pixel becomes the mean of those around it, each weighed by how alike the two are: by the difference of the patches around
 * them. differ(x, y, i, j) compares pixels (x, y) and (x + i, y + j); its sum over a patch, first down and then across, is the
 * distance of two patches. */
#include <carbide/dsl.h>

Generator(nl_means)
{
    Input(in, f32, 3);
    Param(patch_size, i32, 7, 1, 15);
    Param(search_area, i32, 7, 1, 15);
    Param(sigma, f32, 0.12, 0.01, 1);
    Output(out, f32, 3);
    Funcs(edge, differ, down, distance, weight, pixel, total);
    Vars(x, y, c, i, j);

    set_min(out, 2, 0);
    set_extent(out, 2, 3);
    repeat_edge(edge, in);

    Expr d[3];
    for (int k = 0; k < 3; k++) {
        Expr one = E_with((k), edge(x, y, k) - edge(x + i, y + j, k));
        d[k] = mul(one, one);
    }
    define(differ, (x, y, i, j), add(d[0], d[1], d[2]));

    RDom(p, (E(-(patch_size/2)), patch_size));
    define(down(x, y, i, j) = sum(p, differ(x, y + p, i, j)) as down_sum);
    define(distance(x, y, i, j) = sum(p, down(x + p, y, i, j)) as patch);

    Expr scale = E(-1.0f/(sigma*sigma*f32(patch_size)*f32(patch_size)));
    define_with((scale), weight(x, y, i, j) = fast_exp(distance(x, y, i, j)*scale));

    /* The sum of the weights is that of a fourth channel, of ones. */
    define(pixel(x, y, c) = mux(c, edge(x, y, 0), edge(x, y, 1), edge(x, y, 2), 1.0f));
    RDom(s, (E(-(search_area/2)), search_area), (E(-(search_area/2)), search_area));
    define(total(x, y, c) = 0.0f);
    define(total(x, y, c) += weight(x, y, s.x, s.y)*pixel(x + s.x, y + s.y, c));
    define(out(x, y, c) = clamp(total(x, y, c)/total(x, y, 3), 0.0f, 1.0f));
}
