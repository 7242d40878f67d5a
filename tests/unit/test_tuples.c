/* tests/unit/test_tuples.c: several values at each point: definitions, choices, updates of all and of one,
 * simultaneous assignment, at every place of computation; compiled code equals the interpreter. */
#include "lang_rig.h"

static const cb_type i32_i32[] = {{CB_INT, 32, 1}, {CB_INT, 32, 1}};

RIG_TEST(values_and_choices)
{
    Funcs(f, g, h);
    Vars(x);
    define(f(x) = (x, x * x));
    define(g(x) = select(x < 4, f(x), (0 - x, f(x - 1)[1])));
    define(h, (x), select(lt(x, 2), tuple(7, 8), at(g, x))); /* the builders' way */
    cb_buffer *out[2];
    rig_run(w, h, 2, i32_i32, 1, (const int32_t[]){8}, 0, out);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(I32(out[0])[i], i < 2 ? 7 : i < 4 ? i : -i);
        assert_int_equal(I32(out[1])[i], i < 2 ? 8 : i < 4 ? i * i : (i - 1) * (i - 1));
    }
    cb_buffer_free(out[0]);
    cb_buffer_free(out[1]);
}

/* (a, b) = (b, a + b): both values are computed before either is stored. */
static void simultaneous(void **state)
{
    (void)state;
    for (int vector = 0; vector < 2; vector++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(f);
            Vars(x);
            RDom(r, (0, 10));
            define(f(x) = (x, x + 1));
            Stage fib = define(f(x) = (f(x)[1], f(x)[0] + f(x)[1] + (r - r)));
            if (vector) {
                schedule(f, vectorize(x, 4));
                schedule(fib, vectorize(x, 4));
            }
            cb_buffer *out[2];
            rig_run(w, f, 2, i32_i32, 1, (const int32_t[]){7}, 0, out);
            for (int i = 0; i < 7; i++) {
                int a = i, b = i + 1;
                for (int k = 0; k < 10; k++) {
                    int t = a + b;
                    a = b;
                    b = t;
                }
                assert_int_equal(I32(out[0])[i], a);
                assert_int_equal(I32(out[1])[i], b);
            }
            cb_buffer_free(out[0]);
            cb_buffer_free(out[1]);
        }
        world_free(w);
    }
}

RIG_TEST(one_value_updated)
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, 100));
    define(f(x)[1] += f(x)[0]);
    define(f(3)[0] = 77);
    define_element(f, 1, (4), 55);
    define(f(x) += (1, 2));
    cb_buffer *out[2];
    rig_run(w, f, 2, i32_i32, 1, (const int32_t[]){6}, 0, out);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(I32(out[0])[i], (i == 3 ? 77 : i) + 1);
        assert_int_equal(I32(out[1])[i], (i == 4 ? 55 : 100 + i) + 2);
    }
    cb_buffer_free(out[0]);
    cb_buffer_free(out[1]);
}

/* An intermediate with two values, one of another type, at every place. */
static void places(void **state)
{
    (void)state;
    for (int place = 0; place < 6; place++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(p, out);
            Vars(x, y);
            define(p(x, y) = (x * 3 + y, u8(x + y)));
            if (place != 5) {
                define(p(x, y)[0] += i32(p(x, y)[1]));
            }
            define(out(x, y) = p(x, y - 1)[0] + i32(p(x + 1, y)[1]) + p(x, y + 1)[0]);
            if (place == 1)
                schedule(p, compute_at(out, y));
            if (place == 2) /* a window of three rows, folded */
                schedule(p, store_root(), compute_at(out, y));
            if (place == 3)
                schedule(p, compute_at(out, x), vectorize(x, 4));
            if (place == 4) {
                Vars(yo, yi);
                schedule(out, split(y, yo, yi, 2), parallel(yo), vectorize(x, 8));
                schedule(p, store_at(out, yo), compute_at(out, yi), vectorize(x, 8));
            }
            cb_buffer *b = RIG_RUN1(w, out, CB_i32, 9, 7);
            for (int j = 0; j < 7; j++)
                for (int i = 0; i < 9; i++) {
                    int up = i * 3 + j - 1, down = i * 3 + j + 1;
                    if (place != 5) {
                        up += (uint8_t)(i + j - 1);
                        down += (uint8_t)(i + j + 1);
                    }
                    assert_int_equal(I32(b)[j * 9 + i], up + (uint8_t)(i + 1 + j) + down);
                }
            cb_buffer_free(b);
        }
        world_free(w);
    }
}

/* ---- undef ------------------------------------------------------------------------------------ */

static void outputs_in_place(void **state)
{
    (void)state;
    for (int vector = 0; vector < 2; vector++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Output(f, u8, 1);
            Vars(x);
            RDom(r, (2, 4));
            define(f(x) = undef(u8));
            define(f(r) = f(r) + u8(r));
            define(f(x) = select(x % 2 == 0, f(x), undef(u8)) );
            define(f(x) = select(x == 7, undef(u8), x == 6, u8(1), undef(u8)));
            if (vector)
                schedule(stage(f, 3), vectorize(x, 4));
            cb_buffer *out;
            cb_type t = CB_u8;
            rig_run(w, f, 1, &t, 1, (const int32_t[]){11}, 50, &out);
            for (int i = 0; i < 11; i++)
                assert_int_equal(U8(out)[i], i == 6 ? 1 : i >= 2 && i < 6 ? 50 + i : 50);
            cb_buffer_free(out);
        }
        world_free(w);
    }
}

/* What is read is given by updates; the pure step stores nothing. */
static void inner_undef(void **state)
{
    (void)state;
    for (int place = 0; place < 3; place++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(f, out);
            Vars(x, y);
            RDom(r, (1, 15));
            define(f(x, y) = undef(i32));
            define(f(0, y) = y);
            define(f(r, y) = f(r - 1, y) + r);
            define(out(x, y) = f(15 - x, y));
            if (place)
                schedule(f, compute_at(out, y));
            if (place == 2)
                schedule(out, vectorize(x, 8));
            cb_buffer *b = RIG_RUN1(w, out, CB_i32, 16, 3);
            for (int j = 0; j < 3; j++)
                for (int i = 0; i < 16; i++)
                    assert_int_equal(I32(b)[j * 16 + i], j + (15 - i) * (16 - i) / 2);
            cb_buffer_free(b);
        }
        world_free(w);
    }
}

RIG_TEST(refusals)
{
    Funcs(a, b, c, d, e, g, h);
    Vars(x);
    define(a(x) = undef(u8) + 1);
    rig_one(w, "undef-place", "part of a computation");
    define(b(x) = (x, 1));
    define(c(x) = b(x) + 1);
    rig_one(w, "value-count", "one is needed");
    define(b(x)[2] = 1);
    rig_one(w, "value-count", "no value 2");
    define(d(x)[0] = 1);
    rig_one(w, "update-before-definition", "one value");
    define(e(x) = select(x < 1, (1, 2), (1, 2, 3)));
    rig_one(w, "value-count", "2 values and 3");
    define(g(x) = (1, 2) * 2);
    rig_one(w, "value-count", "2 values stand");
    define(h(x) = select(undef(boolean), 1, 2));
    rig_one(w, "undef-place", "part of a computation");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_choices), cmocka_unit_test(simultaneous),
        cmocka_unit_test(one_value_updated),  cmocka_unit_test(places),
        cmocka_unit_test(outputs_in_place),   cmocka_unit_test(inner_undef),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
