// apps/harris/peer_halide.cpp: harris in Halide, the same algorithm as harris.c. The schedule is that of Halide's app: strips of
// 32 rows, grey and the two derivatives kept in them, the derivatives computed in one loop.
#include "peer.hpp"

using namespace Halide;

static Var x("x"), y("y");

// Sums over three rows, then three columns.
static Expr sum3x3(Func f)
{
    Func column;
    column(x, y) = f(x, y - 1) + f(x, y) + f(x, y + 1);
    return column(x - 1, y) + column(x, y) + column(x + 1, y);
}

int main(int argc, char **argv)
{
    ImageParam in(Float(32), 3, "in");
    Func gray("gray"), dy("dy"), dx("dx"), xx("xx"), yy("yy"), xy("xy"), sxx("sxx"), syy("syy"), sxy("sxy"), out("out");
    Var yo("yo"), yi("yi");

    gray(x, y) = 0.299f * in(x, y, 0) + 0.587f * in(x, y, 1) + 0.114f * in(x, y, 2);
    dy(x, y) = gray(x - 1, y - 1) * (-1.0f / 12) + gray(x - 1, y + 1) * (1.0f / 12) + gray(x, y - 1) * (-2.0f / 12) +
               gray(x, y + 1) * (2.0f / 12) + gray(x + 1, y - 1) * (-1.0f / 12) + gray(x + 1, y + 1) * (1.0f / 12);
    dx(x, y) = gray(x - 1, y - 1) * (-1.0f / 12) + gray(x + 1, y - 1) * (1.0f / 12) + gray(x - 1, y) * (-2.0f / 12) +
               gray(x + 1, y) * (2.0f / 12) + gray(x - 1, y + 1) * (-1.0f / 12) + gray(x + 1, y + 1) * (1.0f / 12);
    yy(x, y) = dy(x, y) * dy(x, y);
    xx(x, y) = dx(x, y) * dx(x, y);
    xy(x, y) = dx(x, y) * dy(x, y);
    sxx(x, y) = sum3x3(xx);
    syy(x, y) = sum3x3(yy);
    sxy(x, y) = sum3x3(xy);
    Expr det = sxx(x, y) * syy(x, y) - sxy(x, y) * sxy(x, y);
    Expr trace = sxx(x, y) + syy(x, y);
    out(x, y) = det - 0.04f * trace * trace;

    const int vec = 16;
    out.split(y, yo, yi, 32).parallel(yo).vectorize(x, vec);
    gray.store_at(out, yo).compute_at(out, yi).vectorize(x, vec);
    dx.store_at(out, yo).compute_at(out, yi).vectorize(x, vec);
    dy.store_at(out, yo).compute_at(out, yi).vectorize(x, vec);
    dx.compute_with(dy, x);

    return peer_write(argc, argv, out, {in});
}
