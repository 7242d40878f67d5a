/* apps/matmul/main.c: multiplies matrices, checks against plain C and times both. */
#include <math.h>

#include "app.h"
#include "matmul.h"

typedef struct matrix {
    cb_buffer buffer;
    cb_dim dim[2];
    float *at;
} matrix;

static int matrix_new(matrix *m, int columns, int rows, uint32_t seed)
{
    size_t n = (size_t)columns * (size_t)rows;
    m->dim[0].extent = columns;
    m->dim[1].extent = rows;
    m->at = malloc((n ? n : 1) * sizeof *m->at);
    if (!m->at)
        return CB_ERR_OUT_OF_MEMORY;
    for (size_t i = 0; i < n; i++)
        m->at[i] = (float)app_random(&seed) / 8388608.0f - 1.0f;
    cb_buffer_init(&m->buffer, m->at, app_f32, 2, m->dim);
    return 0;
}

typedef struct call {
    matrix *a, *b, *c;
} call;

static int run_matmul(void *arg)
{
    call *p = arg;
    return matmul(NULL, &p->a->buffer, &p->b->buffer, &p->c->buffer);
}

/* Plain C: the order of loops that compilers can vectorise. */
static int run_plain(void *arg)
{
    call *p = arg;
    int n = p->c->dim[0].extent, rows = p->c->dim[1].extent, depth = p->a->dim[0].extent;
    for (int y = 0; y < rows; y++) {
        float *restrict c = p->c->at + (size_t)y * (size_t)n;
        for (int x = 0; x < n; x++)
            c[x] = 0;
        for (int k = 0; k < depth; k++) {
            float a = p->a->at[(size_t)y * (size_t)depth + (size_t)k];
            const float *restrict b = p->b->at + (size_t)k * (size_t)n;
            for (int x = 0; x < n; x++)
                c[x] += a * b[x];
        }
    }
    return 0;
}

static int check(int columns, int rows, int depth, int race)
{
    matrix a = {0}, b = {0}, c = {0}, want = {0};
    int code = matrix_new(&a, depth, rows, 1);
    if (code == 0)
        code = matrix_new(&b, columns, depth, 2);
    if (code == 0)
        code = matrix_new(&c, columns, rows, 3);
    if (code == 0)
        code = matrix_new(&want, columns, rows, 4);
    call p = {&a, &b, &c}, q = {&a, &b, &want};
    if (code == 0)
        code = run_matmul(&p);
    if (code == 0)
        code = run_plain(&q);
    for (size_t i = 0; code == 0 && i < (size_t)columns * (size_t)rows; i++)
        if (!(fabsf(c.at[i] - want.at[i]) <= 1e-6f * (float)(depth + 8))) {
            fprintf(stderr, "matmul: %d x %d x %d: element %zu is %g, plain C has %g\n", columns, rows, depth, i,
                    (double)c.at[i], (double)want.at[i]);
            code = 1;
        }
    if (code == 0 && race) {
        printf("%d x %d times %d x %d, %d threads\n", rows, depth, depth, columns, cb_threads());
        code = app_race((app_task){"matmul", run_matmul, &p}, (app_task){"plain C", run_plain, &q}, 21);
    }
    free(a.at);
    free(b.at);
    free(c.at);
    free(want.at);
    return code;
}

int main(void)
{
    static const int sizes[][3] = {{1, 1, 1}, {0, 3, 3}, {3, 3, 0}, {16, 8, 5}, {32, 8, 7}, {33, 9, 16}, {31, 7, 65}, {97, 101, 103}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++)
        code = check(sizes[i][0], sizes[i][1], sizes[i][2], 0);
    if (code == 0)
        code = check(512, 512, 512, 1);
    if (code == 0)
        printf("matmul: agrees with plain C\n");
    return code != 0;
}
