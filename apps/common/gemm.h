/* apps/common/gemm.h: the program of sgemm and dgemm: multiplies matrices, checks against plain C, and times. If there is an
 * OpenBLAS on this machine (libopenblas.so.0, found when the program runs), it is timed as well. The includer defines
 *   REAL, GEMM, GEMM_NAME, GEMM_TYPE, GEMM_HEADER: element type, the pipeline, its name, its cb_type, its header;
 *   CBLAS: what OpenBLAS calls it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>

#include "app.h"
#include GEMM_HEADER

typedef struct call {
    app_array *a, *b, *c;
} call;

static int run_gemm(void *arg)
{
    call *p = arg;
    return GEMM(NULL, &p->a->buffer, &p->b->buffer, &p->c->buffer);
}

/* Plain C: the order of loops that compilers can vectorise. */
static int run_plain(void *arg)
{
    call *p = arg;
    int columns = p->c->dim[0].extent, rows = p->c->dim[1].extent, depth = p->a->dim[0].extent;
    for (int y = 0; y < rows; y++) {
        REAL *restrict c = (REAL *)p->c->buffer.host + (size_t)y * (size_t)columns;
        for (int x = 0; x < columns; x++)
            c[x] = 0;
        for (int k = 0; k < depth; k++) {
            REAL a = ((const REAL *)p->a->buffer.host)[(size_t)y * (size_t)depth + (size_t)k];
            const REAL *restrict b = (const REAL *)p->b->buffer.host + (size_t)k * (size_t)columns;
            for (int x = 0; x < columns; x++)
                c[x] += a * b[x];
        }
    }
    return 0;
}

/* cblas_sgemm or cblas_dgemm. */
static void (*blas)(int order, int ta, int tb, int m, int n, int k, REAL alpha, const REAL *a, int lda, const REAL *b, int ldb,
                    REAL beta, REAL *c, int ldc);

static int run_blas(void *arg)
{
    call *p = arg;
    int columns = p->c->dim[0].extent, rows = p->c->dim[1].extent, depth = p->a->dim[0].extent;
    blas(101, 111, 111, rows, columns, depth, 1, p->a->buffer.host, depth, p->b->buffer.host, columns, 0, p->c->buffer.host,
         columns);
    return 0;
}

/* OpenBLAS takes processors that it does not know for very old ones: with AVX-512 it is told which kernels to use. */
static void find_blas(void)
{
    if (__builtin_cpu_supports("avx512f"))
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
    void *lib = dlopen("libopenblas.so.0", RTLD_NOW);
    void *f = lib ? dlsym(lib, CBLAS) : NULL, *threads = lib ? dlsym(lib, "openblas_set_num_threads") : NULL;
    void (*set)(int);
    memcpy(&blas, &f, sizeof blas);
    memcpy(&set, &threads, sizeof set);
    if (blas && set)
        set(cb_threads());
}

static int check(int columns, int rows, int depth, int race)
{
    app_array a = {0}, b = {0}, c = {0}, want = {0};
    double slack = sizeof(REAL) == 4 ? 1e-6 : 1e-14;
    int code = app_array_new(&a, GEMM_TYPE, 2, (int32_t[]){depth, rows}, 1);
    if (code == 0)
        code = app_array_new(&b, GEMM_TYPE, 2, (int32_t[]){columns, depth}, 2);
    if (code == 0)
        code = app_array_new(&c, GEMM_TYPE, 2, (int32_t[]){columns, rows}, 3);
    if (code == 0)
        code = app_array_new(&want, GEMM_TYPE, 2, (int32_t[]){columns, rows}, 4);
    call p = {&a, &b, &c}, q = {&a, &b, &want};
    if (code == 0)
        code = run_gemm(&p);
    if (code == 0)
        code = race && blas ? run_blas(&q) : run_plain(&q);
    for (size_t i = 0; code == 0 && i < (size_t)columns * (size_t)rows; i++) {
        double x = ((REAL *)c.buffer.host)[i], y = ((REAL *)want.buffer.host)[i];
        if (!(fabs(x - y) <= slack * (depth + 8))) {
            fprintf(stderr, "%s: %d x %d x %d: element %zu is %g, should be %g\n", GEMM_NAME, columns, rows, depth, i, x, y);
            code = 1;
        }
    }
    if (code == 0 && race) {
        printf("%d x %d times %d x %d, %d threads\n", rows, depth, depth, columns, cb_threads());
        code = app_race((app_task){GEMM_NAME, run_gemm, &p},
                        blas ? (app_task){"OpenBLAS", run_blas, &q} : (app_task){"plain C", run_plain, &q}, race);
    }
    app_array_free(&a);
    app_array_free(&b);
    app_array_free(&c);
    app_array_free(&want);
    return code;
}

/* PROGRAM [N ...]: without numbers a check, then a race at 512; with numbers a race for each. */
int main(int argc, char **argv)
{
    static const int sizes[][3] = {{1, 1, 1},   {0, 3, 3},    {3, 3, 0},      {16, 8, 5},      {32, 8, 7},
                                   {33, 9, 16}, {31, 265, 65}, {97, 101, 103}, {257, 263, 259}, {300, 17, 515}};
    int code = 0;
    find_blas();
    for (size_t i = 0; code == 0 && argc == 1 && i < sizeof sizes / sizeof *sizes; i++)
        code = check(sizes[i][0], sizes[i][1], sizes[i][2], 0);
    if (code == 0 && argc == 1)
        code = check(512, 512, 512, 9);
    for (int i = 1; code == 0 && i < argc; i++) {
        int n = atoi(argv[i]);
        code = check(n, n, n, 21);
    }
    if (code == 0)
        printf("%s: agrees with plain C\n", GEMM_NAME);
    return code != 0;
}
