/* tests/unit/test_view.c: memory for buffers, views of them, and what two buffers have in common. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <carbide/runtime.h>

static const cb_type i16 = {CB_INT, 16, 1}, u16 = {CB_UINT, 16, 1};

typedef struct picture {
    cb_buffer b;
    cb_dim dim[3];
    int16_t at[3][4][5];
} picture;

/* at[z][y][x] = 100 z + 10 y + x, from (-1, 2, 0) */
static void draw(picture *p)
{
    for (int z = 0; z < 3; z++)
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 5; x++)
                p->at[z][y][x] = (int16_t)(100 * z + 10 * y + x);
    memcpy(p->dim, (cb_dim[]){{.extent = 5}, {.extent = 4}, {.extent = 3}}, sizeof p->dim);
    cb_buffer_init(&p->b, p->at, i16, 3, p->dim);
    p->dim[0].min = -1;
    p->dim[1].min = 2;
}

static int value(const cb_buffer *b, int32_t x, int32_t y, int32_t z)
{
    return *(int16_t *)cb_buffer_at(b, (int32_t[]){x, y, z});
}

static void crops(void **state)
{
    (void)state;
    picture p;
    cb_buffer v;
    cb_dim d[3];
    draw(&p);
    cb_buffer_view(&v, d, &p.b);
    assert_int_equal(cb_buffer_crop(&v, 0, 1, 2), 0);
    assert_int_equal(cb_buffer_crop(&v, 1, 5, 1), 0);
    assert_int_equal(value(&v, 1, 5, 2), 200 + 30 + 2); /* coordinates keep their numbers */
    assert_ptr_equal(v.host, &p.at[0][3][2]);
    assert_int_equal(v.dim[0].extent, 2);
    assert_int_equal(p.dim[0].extent, 5); /* the original is as it was */
    assert_int_equal(cb_buffer_crop(&v, 0, 0, 2), CB_ERR_OUT_OF_BOUNDS);
    assert_int_equal(cb_buffer_crop(&v, 0, 1, 3), CB_ERR_OUT_OF_BOUNDS);
    assert_int_equal(cb_buffer_crop(&v, 0, 1, -1), CB_ERR_OUT_OF_BOUNDS);
    assert_int_equal(cb_buffer_crop(&v, 0, INT32_MAX, INT32_MAX), CB_ERR_OUT_OF_BOUNDS);
    assert_int_equal(cb_buffer_crop(&v, 3, 0, 0), CB_ERR_BAD_RANK);
    assert_int_equal(cb_buffer_crop(&v, -1, 0, 0), CB_ERR_BAD_RANK);
    assert_int_equal(v.dim[0].min, 1);
    assert_int_equal(cb_buffer_crop(&v, 0, 3, 0), 0); /* nothing, at the end */
    assert_int_equal(cb_buffer_bytes(&v), 0);
}

static void slices(void **state)
{
    (void)state;
    picture p;
    cb_buffer v;
    cb_dim d[3];
    draw(&p);
    cb_buffer_view(&v, d, &p.b);
    assert_int_equal(cb_buffer_slice(&v, 1, 6), CB_ERR_OUT_OF_BOUNDS);
    assert_int_equal(cb_buffer_slice(&v, 1, 1), CB_ERR_OUT_OF_BOUNDS);
    assert_int_equal(cb_buffer_slice(&v, 3, 0), CB_ERR_BAD_RANK);
    assert_int_equal(cb_buffer_slice(&v, 1, 4), 0);
    assert_int_equal(v.rank, 2);
    assert_int_equal(value(&v, 0, 2, 0), 200 + 20 + 1);
    assert_int_equal(cb_buffer_slice(&v, 1, 1), 0);
    assert_int_equal(cb_buffer_slice(&v, 0, -1), 0);
    assert_int_equal(v.rank, 0);
    assert_int_equal(*(int16_t *)v.host, 100 + 20);
    assert_int_equal(cb_buffer_slice(&v, 0, 0), CB_ERR_BAD_RANK);
}

static void turned_and_moved(void **state)
{
    (void)state;
    picture p;
    cb_buffer v;
    cb_dim d[3];
    draw(&p);
    p.b.device = 7;
    p.b.flags = CB_BUFFER_HOST_DIRTY;
    cb_buffer_view(&v, d, &p.b);
    assert_int_equal(v.device, 0);
    assert_int_equal(v.flags, 0);
    assert_int_equal(cb_buffer_transpose(&v, 0, 2), 0);
    assert_int_equal(value(&v, 2, 3, 0), value(&p.b, 0, 3, 2));
    assert_int_equal(cb_buffer_transpose(&v, 0, 3), CB_ERR_BAD_RANK);
    assert_int_equal(cb_buffer_translate(&v, 1, -50), 0);
    assert_int_equal(value(&v, 2, -49, 0), value(&p.b, 0, 3, 2));
    assert_int_equal(cb_buffer_translate(&v, 1, INT32_MAX), CB_ERR_OUT_OF_BOUNDS);
    assert_int_equal(cb_buffer_translate(&v, 4, 0), CB_ERR_BAD_RANK);
    assert_int_equal(cb_buffer_same_shape(&v, &p.b), 0);
    cb_buffer_view(&v, d, &p.b);
    assert_int_equal(cb_buffer_same_shape(&v, &p.b), 1);
    v.type = u16;
    assert_int_equal(cb_buffer_same_shape(&v, &p.b), 0);
    v.type = i16;
    v.rank = 2;
    assert_int_equal(cb_buffer_same_shape(&v, &p.b), 0);
}

static void copies(void **state)
{
    (void)state;
    picture p, q;
    cb_buffer v;
    cb_dim d[3];
    draw(&p);
    draw(&q);
    memset(q.at, -1, sizeof q.at);
    q.dim[0].min = 1; /* p has x from -1 to 3 */
    q.dim[1].min = 0; /* and y from 2 to 5 */
    assert_int_equal(cb_buffer_copy(&q.b, &p.b), 0);
    for (int z = 0; z < 3; z++)
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 5; x++) {
                int px = x + 1 + 1, py = y - 2; /* places in p */
                assert_int_equal(q.at[z][y][x], px < 5 && py >= 0 ? 100 * z + 10 * py + px : -1);
            }
    draw(&q);
    cb_buffer_view(&v, d, &p.b); /* turned: other strides */
    cb_buffer_transpose(&v, 0, 1);
    memset(q.at, 0, sizeof q.at);
    q.dim[0] = (cb_dim){2, 4, 5};
    q.dim[1] = (cb_dim){-1, 5, 1};
    assert_int_equal(cb_buffer_copy(&q.b, &v), 0);
    assert_memory_equal(p.at, q.at, sizeof p.at);
    q.dim[2].min = 5; /* nothing in common */
    memset(q.at, 9, sizeof q.at);
    assert_int_equal(cb_buffer_copy(&q.b, &p.b), 0);
    assert_int_equal(q.at[0][0][0], 0x0909);
    q.dim[2].min = 2;
    q.b.host = NULL;
    assert_int_equal(cb_buffer_copy(&q.b, &v), CB_ERR_NO_HOST);
    q.b.type = u16;
    assert_int_equal(cb_buffer_copy(&q.b, &p.b), CB_ERR_BAD_TYPE);
    q.b.type = i16;
    q.b.rank = 2;
    assert_int_equal(cb_buffer_copy(&q.b, &p.b), CB_ERR_BAD_RANK);
    int16_t one = 1, two = 2;
    cb_buffer a, b;
    cb_buffer_init(&a, &one, i16, 0, NULL);
    cb_buffer_init(&b, &two, i16, 0, NULL);
    assert_int_equal(cb_buffer_copy(&a, &b), 0);
    assert_int_equal(one, 2);
}

static int taken;
static void *give(const cb_env *env, size_t bytes, size_t align)
{
    (void)bytes, (void)align;
    taken++;
    return env->user;
}
static void take_back(const cb_env *env, void *p)
{
    assert_ptr_equal(p, env->user);
    taken--;
}

/* Of strides below 0 the first element lies behind the others. */
static void allocated(void **state)
{
    (void)state;
    static char memory[4096] __attribute__((aligned(64)));
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .alloc = give, .free = take_back, .user = memory};
    cb_dim d[2] = {{0, 3, 1}, {-1, 4, -3}};
    cb_buffer b = {.size = sizeof b, .version = CB_BUFFER_VERSION, .type = i16, .rank = 2, .dim = d};
    for (int own = 0; own < 2; own++) {
        assert_int_equal(cb_buffer_allocate(&b, own ? &env : NULL), 0);
        for (int y = -1; y < 3; y++)
            for (int x = 0; x < 3; x++)
                *(int16_t *)cb_buffer_at(&b, (int32_t[]){x, y}) = (int16_t)(x + 10 * y);
        assert_int_equal(((int16_t *)b.host)[-3], 0);
        assert_int_equal(((int16_t *)b.host)[-9], 20);
        assert_int_equal(taken, own);
        cb_buffer_release(&b, own ? &env : NULL);
        assert_null(b.host);
        assert_int_equal(taken, 0);
    }
    cb_buffer_release(&b, NULL); /* nothing to do */
    d[0].extent = 0;
    assert_int_equal(cb_buffer_allocate(&b, NULL), 0);
    assert_non_null(b.host);
    cb_buffer_release(&b, NULL);
    d[0].extent = -1;
    assert_int_equal(cb_buffer_allocate(&b, NULL), CB_ERR_BAD_EXTENT);
    d[0] = (cb_dim){0, INT32_MAX, INT64_C(1) << 40};
    assert_int_equal(cb_buffer_allocate(&b, NULL), CB_ERR_OUT_OF_MEMORY);
    assert_null(b.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crops),  cmocka_unit_test(slices),    cmocka_unit_test(turned_and_moved),
        cmocka_unit_test(copies), cmocka_unit_test(allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
