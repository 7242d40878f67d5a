/* tests/unit/test_reduce.c: sum, saturating_sum, product, maximum, minimum, argmax and argmin as values: what they are, where the first
 * of equals is, empty domains, nesting, names that schedules can speak of, and what is refused. */
#include "lang_rig.h"

#include <math.h>

static void sums(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(total, out);
            Vars(x, y);
            RDom(r, (-1, 3), (0, 2));
            if (how < 2)
                define(out(x, y) = sum(r, x * (r.x + 2) + y * r.y) as total);
            else if (how == 2)
                define(out(x, y) = sum(r, x * (r.x + 2) + y * r.y));
            else
                define(out, (x, y), sum(r, add(mul(x, add(r.x, 2)), mul(y, r.y)), total));
            if (how == 1)
                schedule(total, compute_at(out, y), vectorize(x, 4));
            if (how == 1)
                schedule(update(total, 0), unroll(r.x), vectorize(x, 4));
            cb_buffer *b = RIG_RUN1(w, out, CB_i32, 10, 3);
            for (int j = 0; j < 3; j++)
                for (int i = 0; i < 10; i++)
                    assert_int_equal(I32(b)[j * 10 + i], 2 * i * 6 + 3 * j);
            cb_buffer_free(b);
        }
        world_free(w);
    }
}

/* Of unsigned values partial results may be joined in any order; of signed ones the order of the domain counts. */
static void saturating_sums(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(total, out, part, ends, low);
            Vars(x, u);
            RDom(r, (0, 12));
            define(out(x) = saturating_sum(r, u8(x * 3 + r)) as total);
            if (how == 1)
                schedule(update(total, 0), rfactor(part, r.x, u));
            if (how == 1)
                schedule(part, compute_root(), parallel(u));
            if (how == 2)
                schedule(update(total, 0), atomic(), vectorize(r.x, 4));
            if (how == 3)
                schedule(update(total, 0), atomic(), parallel(r.x));
            cb_buffer *b = RIG_RUN1(w, out, CB_u8, 11);
            for (int i = 0; i < 11; i++)
                assert_int_equal(U8(b)[i], 36 * i + 66 > 255 ? 255 : 36 * i + 66);
            cb_buffer_free(b);
            define(ends, (x), saturating_sum(r, cast(i8, sub(mul(r.x, 30), 128)), low)); /* -128, -98, ..., 112, -114, ... */
            b = RIG_RUN1(w, ends, CB_i8, 1);
            int want = 0;
            for (int i = 0; i < 12; i++) {
                want += (int8_t)(uint8_t)(i * 30 - 128);
                want = want < -128 ? -128 : want > 127 ? 127 : want;
            }
            assert_int_equal(*(int8_t *)b->host, want);
            cb_buffer_free(b);
        }
        world_free(w);
    }
}

/* Ends of the types, and what an empty domain gives. */
RIG_TEST(identities)
{
    Funcs(f, g, h, k, a);
    Vars(x);
    Param(n, i32);
    RDom(r, (0, n));
    set_param(n, 0);
    define(f(x) = (sum(r, u8(r + x)), product(r, u8(r + x)), maximum(r, u8(r + x)), minimum(r, u8(r + x))));
    cb_type t4[] = {CB_u8, CB_u8, CB_u8, CB_u8};
    cb_buffer *out[4];
    rig_run(w, f, 4, t4, 1, (const int32_t[]){2}, 9, out);
    assert_int_equal(U8(out[0])[1], 0);
    assert_int_equal(U8(out[1])[1], 1);
    assert_int_equal(U8(out[2])[1], 0);
    assert_int_equal(U8(out[3])[1], 255);
    for (int i = 0; i < 4; i++)
        cb_buffer_free(out[i]);
    define(g(x) = (maximum(r, i64(r + x)), minimum(r, i64(r + x)), maximum(r, f32(r + x)), minimum(r, f64(r + x))));
    cb_type g4[] = {CB_i64, CB_i64, CB_f32, CB_f64};
    rig_run(w, g, 4, g4, 1, (const int32_t[]){2}, 9, out);
    assert_true(((int64_t *)out[0]->host)[0] == INT64_MIN && ((int64_t *)out[1]->host)[0] == INT64_MAX);
    assert_true(((float *)out[2]->host)[0] < 0 && isinf(((float *)out[2]->host)[0]));
    assert_true(((double *)out[3]->host)[0] > 0 && isinf(((double *)out[3]->host)[0]));
    for (int i = 0; i < 4; i++)
        cb_buffer_free(out[i]);
    define(h(x) = argmin(r, x + r));
    cb_type h2[] = {CB_i32, CB_i32};
    rig_run(w, h, 2, h2, 1, (const int32_t[]){2}, 9, out);
    assert_int_equal(I32(out[0])[1], 0);
    assert_int_equal(I32(out[1])[1], INT32_MAX);
    cb_buffer_free(out[0]);
    cb_buffer_free(out[1]);
    set_param(n, 5);
    rig_run(w, h, 2, h2, 1, (const int32_t[]){2}, 9, out);
    assert_int_equal(I32(out[0])[1], 0);
    assert_int_equal(I32(out[1])[1], 1);
    cb_buffer_free(out[0]);
    cb_buffer_free(out[1]);
    define(k(x) = sum(r, 1));
    cb_buffer *b = RIG_RUN1(w, k, CB_i32, 3);
    assert_int_equal(I32(b)[2], 5);
    cb_buffer_free(b);
    /* a domain that does not start at 0: all values are the largest there is, so the first point it is */
    RDom(s, (3, 4));
    define(a(x) = argmin(s, u8(255) + u8(0) * u8(s)));
    cb_type a2[] = {CB_i32, CB_u8};
    rig_run(w, a, 2, a2, 1, (const int32_t[]){1}, 9, out);
    assert_int_equal(I32(out[0])[0], 3);
    assert_int_equal(U8(out[1])[0], 255);
    cb_buffer_free(out[0]);
    cb_buffer_free(out[1]);
}

/* Of equals the first, r.x fastest; under every kind of loop over the pure Vars. */
static void places_of_extremes(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(best, out);
            Vars(x);
            RDom(r, (0, 6), (-2, 5));
            /* values 0..4, several of each */
            define(out(x) = select(x % 2 == 0, argmax(r, (r.x * 3 + r.y * r.y + x) % 5) as best, (0, 0, 0)));
            if (how)
                schedule(out, vectorize(x, 4));
            if (how == 2) {
                schedule(best, compute_at(out, x), vectorize(x, 4));
                schedule(update(best, 0), vectorize(x, 4));
            }
            cb_type t[] = {CB_i32, CB_i32, CB_i32};
            cb_buffer *b[3];
            rig_run(w, out, 3, t, 1, (const int32_t[]){9}, 0, b);
            for (int i = 0; i < 9; i += 2) {
                int bx = 0, by = 0, bv = -1;
                for (int y = -2; y < 3; y++)
                    for (int k = 0; k < 6; k++)
                        if ((k * 3 + y * y + i) % 5 > bv)
                            bv = (k * 3 + y * y + i) % 5, bx = k, by = y;
                assert_int_equal(I32(b[0])[i], bx);
                assert_int_equal(I32(b[1])[i], by);
                assert_int_equal(I32(b[2])[i], bv);
            }
            for (int i = 0; i < 3; i++)
                cb_buffer_free(b[i]);
        }
        world_free(w);
    }
}

/* sum(s, minimum(r, ...)): r's stage has a dimension for s.x. */
RIG_TEST(nested)
{
    Funcs(out, inner, outer);
    Vars(x);
    RDom(r, (0, 4));
    RDom(s, (0, 3));
    where(r, r != x);
    define(out(x) = sum(s, minimum(r, (r * 5 + s * x) % 7) as inner) as outer);
    schedule(inner, compute_at(out, x));
    schedule(outer, compute_at(out, x));
    cb_buffer *b = RIG_RUN1(w, out, CB_i32, 6);
    for (int i = 0; i < 6; i++) {
        int sum_ = 0;
        for (int q = 0; q < 3; q++) {
            int m = INT32_MAX;
            for (int k = 0; k < 4; k++)
                if (k != i && (k * 5 + q * i) % 7 < m)
                    m = (k * 5 + q * i) % 7;
            sum_ += m;
        }
        assert_int_equal(I32(b)[i], sum_);
    }
    cb_buffer_free(b);
}

/* A stage named only in an equation can be used further down, and scheduled by text. */
RIG_TEST(named_in_text)
{
    Funcs(f, out);
    Vars(x);
    RDom(r, (0, 3));
    define(f(x) = sum(r, x + r) as total + 1);
    define(out(x) = f(x) + total(x + 1));
    cb_buffer *b = RIG_RUN1(w, out, CB_i32, 4);
    assert_int_equal(I32(b)[2], (3 * 2 + 3 + 1) + (3 * 3 + 3));
    cb_buffer_free(b);
}

RIG_TEST(refusals)
{
    Funcs(a, b, c, d, e, f, g, h);
    Vars(x);
    RDom(r, (0, 3));
    Input(in, u8, 1);
    define(a(x) = sum(r, x < r));
    rig_one(w, "type-misfit", "conditions");
    define(h(x) = saturating_sum(r, f32(r)));
    rig_one(w, "type-misfit", "'saturating_sum' adds integers");
    define(b(x) = sum(x, 1));
    rig_one(w, "syntax", "domain");
    define(c(x) = sum(r, 1) as x);
    rig_one(w, "reduction-name", "is a Var");
    define(d(x) = x);
    define(e(x) = sum(r, r) as d);
    rig_one(w, "reduction-name", "has a definition");
    define(f(x) = sum(r, r) as in);
    rig_one(w, "reduction-name", "an input");
    define(g(x) = argmin(r, r)[2]);
    rig_one(w, "value-count", "no value 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums), cmocka_unit_test(saturating_sums), cmocka_unit_test(identities),    cmocka_unit_test(places_of_extremes),
        cmocka_unit_test(nested), cmocka_unit_test(named_in_text), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
