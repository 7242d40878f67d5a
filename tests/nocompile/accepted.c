/* Every way of writing that is meant to compile without a warning; the other files here must not compile. */
#include <carbide/dsl.h>

Generator(blur)
{
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(blur_x);
    Vars(x, y);

    define(blur_x(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3);
    define(out(x, y)    = (blur_x(x, y - 1) + blur_x(x, y) + blur_x(x, y + 1)) / 3);
}

Schedule(blur, cpu)
{
    Stages(out, blur_x);                           /* the generator's Funcs, looked up by name */
    Vars(x, y, yo, yi);
    Knob(strip, 32, 8, 128, 8);                    /* a tunable integer: default, range, step */

    schedule(out,    split(y, yo, yi, strip), parallel(yo), vectorize(x, 32));
    schedule(blur_x, store_at(out, yo), compute_at(out, yi), vectorize(x, 32));
}

static Expr avg3(Expr a, Expr b, Expr c) { return div(add(a, b, c), 3); }

Generator(all_words)
{
    Input(in, uint16_t, 2);
    Input(same, type(CB_f32), 0);
    OutputTuple(pair, 2, (u8, f32));
    Param(gain, f32);
    Param(shift, i32, 1);
    Param(limit, u8, 100, 0, 200);
    Setting(radius, 2);
    Funcs(f, g, h, total, edge, tiled, mir, inner, con);
    FuncArray(pyr, 4);
    Vars(x, y);
    RDom(r, (0, 10), (0, radius));
    RDom(k, (1, 7));
    where(r, r.x < r.y);
    where_with((k), k, k != 3);
    const int w = 3;
    const unsigned char tap = 2;
    define(f, (x, y), avg3(at(in, sub(x, 1), y), at(in, x, y), at(in, add(x, w), y)));
    define(total, (), 3);
    define(total, (), add(total, tap, at(total), 'a', 1.5f, (long)w, true));
    define(g(in(r.x, r.y)) += select(x < min(1, 2), 2, w));
    define_with((w, h, r), h(x, y) = f(2*x, 2*y) * w);
    define_text("h(x, y) += 1");
    define_tuple(pair, (x, y), (cast(u8, x), gain));
    Expr e = E_with((w), x * w + select(x < y, 1, 2));
    Stage s = define(h, (x, r.x), add(e, sat_cast(u8, e), extent(in, 0), min_coord(in, 1)));
    repeat_edge(edge, in);
    repeat_image(tiled, in);
    mirror(mir, in, (0, w), (0, 3));
    mirror_interior(inner, in, (0, w), (0, 3));
    constant_exterior(con, in, 0, (0, w), (0, 3));
    Directive d[] = {parallel(y), unroll(x, 4)};
    apply(f, d);
    schedule(s, reorder(r.x, x));
    schedule(stage(h, 0), serial(x), compute_root());
    for (int i = 1; i < 4; i++)
        Local() {
            Funcs(t);
            define_with((i), t(x) = pyr[i - 1](x));
        }
}

/* A word followed by no parenthesis stays free, and the C library can be reached. */
struct free_words { int min, at, select; };
int plain(struct free_words *p, int add);
int plain(struct free_words *p, int add) { return p->min + p->at + p->select + add + (abs)(-add) + (div)(7, 2).quot; }

#include <carbide/undef.h>
static int min(int a, int b) { return a < b ? a : b; }
int use_min(int a);
int use_min(int a) { return min(a, 3); }
