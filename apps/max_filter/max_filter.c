/* apps/max_filter/max_filter.c: the largest value in a circle of radius 26 around each pixel.
 *
 * A circle is a row of columns. The maximum of a column of any height is that of two pieces, which may overlap, of a height
 * that is a power of two: tall(x, y, c, s) is the maximum of the 2^s pixels from y downwards, and each s is made of two of
 * the one before. So a column costs one comparison however high it is, and a pixel one for each column of its circle. */
#include <carbide/dsl.h>

Generator(max_filter)
{
    Input(in, f32, 3);
    Output(out, f32, 3);
    Setting(radius, 26);
    Funcs(edge, tall, piece, column, half, largest);
    Vars(x, y, c, s, t, d);

    int64_t last = 1;                              /* the tallest piece: 2^last > radius, at least */
    while ((int64_t)1 << last < radius)
        last++;

    repeat_edge(edge, in, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));

    /* Rows from `radius` above the picture on; below it all pieces are the last row. */
    RDom(r, (sub(min_coord(in, 1), radius), add(extent(in, 1), radius)), (1, last));
    define(tall(x, y, c, s) = edge(x, y, c));
    define_with((radius), tall(x, r.x, c, r.y) = max(tall(x, r.x, c, r.y - 1), tall(x, r.x + clamp(1 << (r.y - 1), 0, 2*radius), c, r.y - 1)));

    /* The piece for the column from y - t to y + t, and its maximum. */
    define(piece(t) = 31 - i32(count_leading_zeros(u32(2*t + 1))));
    Expr k = E_with((last), clamp(piece(t), 0, last));
    define_with((k, radius), column(x, y, c, t) = max(tall(x, y - t, c, k), tall(x, y + t + 1 - clamp(1 << k, 0, 2*radius), c, k)));

    /* How far up and down the circle goes, d columns from its centre; the centre row counts as one. */
    RDom(v, (0, radius + 1));
    define_with((radius), half(d) = sum(v, select(f32(d*d + v*v) < (radius + 0.25f)*(radius + 0.25f), 1, 0)) as rows);
    RDom(h, (-radius, 2*radius + 1));
    define_with((radius), out(x, y, c) = maximum(h, column(x + h, y, c, clamp(half(h), 0, radius + 1))) as largest);
}
