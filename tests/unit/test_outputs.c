/* tests/unit/test_outputs.c: several outputs in one pipeline: of different sizes, one read by another, with several
 * values, updated in place; and what a call says when one of them is too small. */
#include "lang_rig.h"

typedef struct told {
    int code;
    char text[256];
} told;

static void tell(const cb_env *env, int code, const char *text_)
{
    told *t = env->user;
    t->code = code;
    strncpy(t->text, text_, sizeof t->text - 1);
}

static void sizes_differ(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Output(image, u8, 2);
            OutputTuple(column, 1, (i32, u8));
            Output(all, i32, 0);
            Vars(x, y, yo, yi);
            RDom(r, (0, 6));
            RDom(c, (0, 9));
            define(image(x, y) = u8(x * 3 + y * 5));
            define(column(x) = (0, u8(0)));
            define(column(x) = (column(x)[0] + i32(image(x, r)), max(column(x)[1], image(x, r))));
            define(all() = sum(c, column(c)[0]));
            if (how)
                schedule(image, vectorize(x, 8));
            if (how == 2) {
                schedule(image, split(y, yo, yi, 2), parallel(yo));
                schedule(stage(column, 1), vectorize(x, 4));
            }
            cb_callable k = cb_compile_pipeline(
                cb_pipeline_of("sizes", 3, (const cb_func[]){image, column, all}, CB_HERE), "host", CB_HERE);
            assert_non_null(k.p);
            assert_int_equal(cb_callable_metadata(k)->nargs, 4);
            cb_buffer *b[] = {cb_buffer_new(NULL, CB_u8, 2, (const int32_t[]){12, 8}),
                              cb_buffer_new(NULL, CB_i32, 1, (const int32_t[]){10}),
                              cb_buffer_new(NULL, CB_u8, 1, (const int32_t[]){10}),
                              cb_buffer_new(NULL, CB_i32, 0, NULL)};
            void *args[] = {b[0], b[1], b[2], b[3]};
            told t = {0};
            cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = tell, .user = &t};
            assert_int_equal(cb_call_argv(k, &env, args), 0);
            int total = 0;
            for (int i = 0; i < 10; i++) {
                int sum_ = 0, most = 0;
                for (int j = 0; j < 6; j++) {
                    sum_ += i * 3 + j * 5;
                    most = i * 3 + j * 5;
                }
                total += i < 9 ? sum_ : 0;
                assert_int_equal(I32(b[1])[i], sum_);
                assert_int_equal(U8(b[2])[i], most);
            }
            assert_int_equal(I32(b[3])[0], total);
            b[0]->dim[1].extent = 5; /* the column needs six rows of the image */
            assert_int_equal(cb_call_argv(k, &env, args), CB_ERR_OUT_OF_BOUNDS);
            assert_non_null(strstr(t.text, "output 'image' is computed from 0 to 5 in dimension 1, but covers 0 to 4 only"));
            for (int i = 0; i < 4; i++)
                cb_buffer_free(b[i]);
            cb_callable_free(k);
        }
        world_free(w);
    }
}

/* An output that an update changes in place is read by another output after that. */
RIG_TEST(in_place_and_read)
{
    Output(mine, i32, 1);
    Output(twice, i32, 1);
    Vars(x);
    RDom(r, (1, 7));
    define(mine(x) = undef(i32));
    define(mine(r) += mine(r - 1));
    define(twice(x) = mine(x) * 2);
    cb_callable k = cb_compile_pipeline(cb_pipeline_of("both", 2, (const cb_func[]){mine, twice}, CB_HERE), "host", CB_HERE);
    cb_buffer *a = cb_buffer_new(NULL, CB_i32, 1, (const int32_t[]){8}), *b = cb_buffer_new(NULL, CB_i32, 1, (const int32_t[]){8});
    for (int i = 0; i < 8; i++)
        I32(a)[i] = i + 1;
    assert_int_equal(cb_call_argv(k, NULL, (void *[]){a, b}), 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(I32(a)[i], (i + 1) * (i + 2) / 2);
        assert_int_equal(I32(b)[i], (i + 1) * (i + 2));
    }
    cb_buffer_free(a);
    cb_buffer_free(b);
    cb_callable_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_differ),
        cmocka_unit_test(in_place_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
