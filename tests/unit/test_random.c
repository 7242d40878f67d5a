/* tests/unit/test_random.c: random numbers: the same under every schedule and in the interpreter, different for each
 * call, the same for a seed, evenly spread. */
#include "lang_rig.h"

static uint32_t mix(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    return h ^ h >> 16;
}

static void known_values(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(noise, out);
            Vars(x, y, xo, xi);
            define(noise(x, y) = random_uint());
            define(out(x, y) = noise(x + 1, y) + noise(x, y - 1));
            if (how == 1)
                schedule(out, vectorize(x, 8), parallel(y));
            if (how == 2)
                schedule(noise, compute_root(), vectorize(x, 8));
            if (how == 3) {
                schedule(out, split(x, xo, xi, 4), unroll(xi));
                schedule(noise, store_root(), compute_at(out, y));
            }
            cb_buffer *b = RIG_RUN1(w, out, CB_u32, 11, 5);
            for (int j = 0; j < 5; j++)
                for (int i = 0; i < 11; i++) {
                    uint32_t h = mix(1), p = mix(mix(h ^ (uint32_t)j) ^ (uint32_t)(i + 1)),
                             q = mix(mix(h ^ (uint32_t)(j - 1)) ^ (uint32_t)i);
                    assert_int_equal(((uint32_t *)b->host)[j * 11 + i], p + q);
                }
            cb_buffer_free(b);
        }
        world_free(w);
    }
}

RIG_TEST(calls_and_seeds)
{
    Funcs(f, g, h);
    Vars(x);
    Param(s, i32);
    set_param(s, 77);
    define(f(x) = (random_uint(), random_uint(), random_uint(s), random_uint(77)));
    cb_type t[] = {CB_u32, CB_u32, CB_u32, CB_u32};
    cb_buffer *b[4];
    rig_run(w, f, 4, t, 1, (const int32_t[]){64}, 0, b);
    int equal = 0;
    for (int i = 0; i < 64; i++) {
        uint32_t *v[4];
        for (int k = 0; k < 4; k++)
            v[k] = b[k]->host;
        equal += v[0][i] == v[1][i] || v[0][i] == v[2][i] || v[1][i] == v[2][i];
        assert_int_equal(v[2][i], v[3][i]);
    }
    assert_int_equal(equal, 0);
    for (int k = 0; k < 4; k++)
        cb_buffer_free(b[k]);
    Expr e = random_int(); /* one call, used twice */
    define(g, (x), sub(e, e));
    cb_buffer *z = RIG_RUN1(w, g, CB_i32, 9);
    for (int i = 0; i < 9; i++)
        assert_int_equal(I32(z)[i], 0);
    cb_buffer_free(z);
    /* in an update: another number at each point of the domain */
    RDom(r, (0, 20));
    where(r, random_uint() % 2 == 0);
    define(h(x) = 0);
    define(h(x) += select(random_float() < 0.5, 1, 1000) + 0 * r);
    schedule(stage(h, 1), vectorize(x, 4));
    z = RIG_RUN1(w, h, CB_i32, 40);
    int same = 0;
    for (int i = 1; i < 40; i++) {
        same += I32(z)[i] == I32(z)[0];
        assert_int_equal(I32(z)[i] % 1000 + I32(z)[i] / 1000, I32(z)[0] % 1000 + I32(z)[0] / 1000);
    }
    assert_true(same < 30);
    cb_buffer_free(z);
}

RIG_TEST(spread)
{
    Funcs(f, g);
    Vars(x, y);
    define(f(x, y) = random_float());
    define(g(x, y) = random_int());
    schedule(f, vectorize(x, 8));
    enum { N = 256 };
    cb_buffer *b = realize(f, N, N), *k = realize(g, N, N);
    double sum_ = 0, neighbours = 0;
    int bin[16] = {0}, bit[32] = {0};
    for (int i = 0; i < N * N; i++) {
        float v = ((float *)b->host)[i];
        assert_true(v >= 0 && v < 1);
        sum_ += (double)v;
        bin[(int)(v * 16)]++;
        if (i)
            neighbours += ((double)v - 0.5) * ((double)((float *)b->host)[i - 1] - 0.5);
        for (int q = 0; q < 32; q++)
            bit[q] += ((uint32_t)I32(k)[i] >> q) & 1;
    }
    assert_true(sum_ / (N * N) > 0.495 && sum_ / (N * N) < 0.505);
    assert_true(neighbours / (N * N) < 0.002 && neighbours / (N * N) > -0.002);
    for (int q = 0; q < 16; q++)
        assert_in_range(bin[q], 3800, 4400);
    for (int q = 0; q < 32; q++)
        assert_in_range(bit[q], 32000, 33600);
    cb_buffer_free(b);
    cb_buffer_free(k);
}

/* The numbers of a program do not depend on what was built before it in the same context. */
static void repeatable(void **state)
{
    (void)state;
    world *w = world_new();
    uint32_t first = 0;
    for (int i = 0; i < 2; i++)
        Carbide(w->c)
        {
            Funcs(f);
            Vars(x);
            define(f(x) = random_uint());
            cb_buffer *b = RIG_RUN1(w, f, CB_u32, 3);
            if (i)
                assert_int_equal(((uint32_t *)b->host)[2], first);
            first = ((uint32_t *)b->host)[2];
            cb_buffer_free(b);
        }
    world_free(w);
}

RIG_TEST(refusals)
{
    Funcs(a, b);
    Vars(x);
    define(a(x) = random_float(1, 2));
    rig_one(w, "operand-count", "seed");
    define(b(x) = random_int(0.5));
    rig_one(w, "type-misfit", "seed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values), cmocka_unit_test(calls_and_seeds), cmocka_unit_test(spread),
        cmocka_unit_test(repeatable),   cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
