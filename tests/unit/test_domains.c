/* tests/unit/test_domains.c: reduction domains and dimensions: scans, conditions and bounds that read data, whole
 * buffers, many dimensions, the coordinates that are not written. By value, compiled and interpreted. */
#include "lang_rig.h"

static cb_buffer *ramp(int n, int (*value)(int))
{
    cb_buffer *b = cb_buffer_new(NULL, CB_u8, 1, (const int32_t[]){n});
    for (int i = 0; i < n; i++)
        U8(b)[i] = (uint8_t)value(i);
    return b;
}
static int seven(int i) { return i * 7 % 10; }

/* Prefix sums forwards, then backwards, in x and in y. */
static void scans(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(f, out);
            Vars(x, y);
            RDom(r, (1, 11));
            RDom(q, (0, 4));
            define(f(x, y) = x * 3 - y);
            define(f(r, y) += f(r - 1, y));
            define(f(10 - (r - 1), y) += f(11 - (r - 1), y));
            define(f(x, q + 1) = f(x, q + 1) + f(x, q));
            define(out(x, y) = f(x, y));
            if (how)
                schedule(stage(f, 1), vectorize(y, 4));
            if (how == 2)
                schedule(stage(f, 3), vectorize(x, 4));
            cb_buffer *b = RIG_RUN1(w, out, CB_i32, 12, 5);
            int v[5][12];
            for (int j = 0; j < 5; j++) {
                for (int i = 0; i < 12; i++)
                    v[j][i] = i * 3 - j;
                for (int i = 1; i < 12; i++)
                    v[j][i] += v[j][i - 1];
                for (int i = 10; i >= 0; i--)
                    v[j][i] += v[j][i + 1];
            }
            for (int j = 0; j < 4; j++)
                for (int i = 0; i < 12; i++)
                    v[j + 1][i] += v[j][i];
            for (int j = 0; j < 5; j++)
                for (int i = 0; i < 12; i++)
                    assert_int_equal(I32(b)[j * 12 + i], v[j][i]);
            cb_buffer_free(b);
        }
        world_free(w);
    }
}

/* Bounds read a Func and an input's element; conditions read data and Vars. */
static void data_in_domains(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        world *w = world_new();
        cb_buffer *b = ramp(40, seven);
        Carbide(w->c)
        {
            Input(in, u8, 1);
            Funcs(len, f);
            Vars(x);
            set_input(in, b);
            define(len(x) = clamp(i32(in(x)), 0, 9));
            RDom(r, (at(len, 3), add(at(len, 4), 10)), (0, at(len, 1)));
            where(r, in(r.x) != 4);
            where(r, r.x % 3 != r.y % 3);
            where(r, r.x > x);
            where(r, in(r.x) < in(r.y) || r.y == 0);
            define(f(x) = 0);
            define(f(x) += i32(in(r.x)) * (r.y + 1));
            if (how == 1)
                schedule(stage(f, 1), vectorize(x, 8));
            if (how == 2)
                schedule(len, compute_root());
            cb_buffer *out = RIG_RUN1(w, f, CB_i32, 20);
            for (int i = 0; i < 20; i++) {
                int sum_ = 0;
                for (int y = 0; y < seven(1); y++)
                    for (int k = seven(3); k < seven(3) + seven(4) + 10; k++)
                        if (seven(k) != 4 && k % 3 != y % 3 && k > i && (seven(k) < seven(y) || y == 0))
                            sum_ += seven(k) * (y + 1);
                assert_int_equal(I32(out)[i], sum_);
            }
            cb_buffer_free(out);
        }
        cb_buffer_free(b);
        world_free(w);
    }
}

/* A search that stops by its condition. */
static void early_out(void **state)
{
    (void)state;
    world *w = world_new();
    cb_buffer *b = ramp(30, seven);
    Carbide(w->c)
    {
        Input(in, u8, 1);
        Funcs(first, out);
        Vars(x);
        RDomOver(r, in);
        set_input(in, b);
        define(first(x) = (0, boolean(0)));
        define(first(x) = select(!first(x)[1] && i32(in(r)) == x, (r, boolean(1)), (first(x)[0], first(x)[1])));
        define(out(x) = select(first(x)[1], first(x)[0], 0 - 1));
        cb_buffer *v = RIG_RUN1(w, out, CB_i32, 12);
        for (int i = 0; i < 12; i++) {
            int at_ = -1;
            for (int k = 29; k >= 0; k--)
                at_ = seven(k) == i ? k : at_;
            assert_int_equal(I32(v)[i], at_);
        }
        cb_buffer_free(v);
    }
    cb_buffer_free(b);
    world_free(w);
}

RIG_TEST(many_dimensions)
{
    Funcs(f, g, h, z);
    Vars(a, b, c, d, e, i, j, k);
    define(f(a, b, c, d, e, i, j, k) = a + 2 * b + 3 * c + 5 * d + 7 * e + 11 * i + 13 * j + 17 * k);
    RDom(r, (0, 2), (1, 2), (0, 1), (0, 2), (0, 1), (1, 2), (0, 1), (2, 2));
    define(g(k) = sum(r, k * f(r.x, r.y, r.z, r.w, r[4], r[5], r.v6, r[7])) as total);
    schedule(f, compute_root());
    cb_buffer *v = RIG_RUN1(w, g, CB_i32, 3);
    int sum_ = 0;
    for (int q = 0; q < 32; q++)
        sum_ += (q & 1) + 2 * (1 + (q >> 1 & 1)) + 5 * (q >> 2 & 1) + 11 * (1 + (q >> 3 & 1)) + 17 * (2 + (q >> 4 & 1));
    assert_int_equal(I32(v)[2], 2 * sum_);
    cb_buffer_free(v);
    cb_buffer *big = RIG_RUN1(w, f, CB_i32, 2, 1, 3, 2, 1, 2, 2, 2);
    assert_int_equal(I32(big)[95], 1 + 3 * 2 + 5 + 11 + 13 + 17);
    cb_buffer_free(big);
    define(h() = 5);
    define(z(a) = h + a);
    v = RIG_RUN1(w, z, CB_i32, 3);
    assert_int_equal(I32(v)[2], 7);
    cb_buffer_free(v);
    cb_type t = CB_i32;
    rig_run(w, h, 1, &t, 0, NULL, 0, &v);
    assert_int_equal(I32(v)[0], 5);
    cb_buffer_free(v);
}

RIG_TEST(sixteen)
{
    Funcs(f, g);
    FuncArray(unused, 1);
    Vars(x);
    (void)unused;
    cb_expr v[16];
    int32_t extents[16];
    for (int i = 0; i < 16; i++) {
        v[i] = cb_var(NULL, CB_HERE);
        extents[i] = 1 + (i % 5 == 0);
    }
    cb_expr sum_ = v[0];
    for (int i = 1; i < 16; i++)
        sum_ = add(sum_, mul(v[i], i + 1));
    cb_define(f, 16, v, 1, &sum_, CB_HERE);
    schedule(f, compute_root());
    cb_expr call = cb_at(f, 16, v);
    cb_define(g, 16, v, 1, &call, CB_HERE);
    cb_buffer *b = rig_run1(w, g, CB_i32, 16, extents);
    assert_int_equal(I32(b)[15], 1 + 6 + 11 + 16);
    cb_buffer_free(b);
}

/* `_` */
RIG_TEST(rest_of_coordinates)
{
    Funcs(f, g, h, k, m, n);
    Vars(x, y, z);
    RDom(r, (0, 3));
    define(f(x, y, z) = x + 10 * y + 100 * z);
    define(g(x, _) = f(x + 1, _) + f(_, x, 0) * 0);
    define(g(0, _) += 1000);
    define(h, (rest()), at(f, rest()));
    define(k(_) = sum(r, f(r, _)) as columns);
    define(m(_, z) = f(_, z) + z);
    define(n(x, _) = x);
    cb_buffer *b = RIG_RUN1(w, g, CB_i32, 2, 3, 2);
    assert_int_equal(I32(b)[11], 2 + 20 + 100);
    assert_int_equal(I32(b)[10], 1 + 20 + 100 + 1000);
    cb_buffer_free(b);
    b = RIG_RUN1(w, h, CB_i32, 2, 3, 2);
    assert_int_equal(I32(b)[11], 1 + 20 + 100);
    cb_buffer_free(b);
    b = RIG_RUN1(w, k, CB_i32, 3, 2);
    assert_int_equal(I32(b)[5], 3 + 60 + 300);
    cb_buffer_free(b);
    b = RIG_RUN1(w, m, CB_i32, 2, 3, 2);
    assert_int_equal(I32(b)[11], 1 + 20 + 100 + 1);
    cb_buffer_free(b);
    b = RIG_RUN1(w, n, CB_i32, 4);
    assert_int_equal(I32(b)[3], 3);
    cb_buffer_free(b);
}

RIG_TEST(refusals)
{
    Input(in, u8, 2);
    Funcs(a, b, c, d, e);
    Vars(x, y);
    RDom(r, (0, 3), (0, 3), (0, 3), (0, 3), (0, 3));
    define(a(x) = in(x, y, x, _));
    rig_one(w, "wrong-arity", "2 coordinates, but 3");
    define(b(x) = in(_, _));
    rig_one(w, "wrong-arity", "twice");
    define(c(x) = _ + 1);
    rig_one(w, "wrong-kind", "not a value");
    define(d(x) = 0);
    define(d(r[5]) = 0);
    rig_one(w, "wrong-arity", "no variable 5");
    define(e(x) = in(x, _));
    rig_one(w, "free-var", "_0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans),           cmocka_unit_test(data_in_domains),
        cmocka_unit_test(early_out),       cmocka_unit_test(many_dimensions),
        cmocka_unit_test(sixteen),         cmocka_unit_test(rest_of_coordinates),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
