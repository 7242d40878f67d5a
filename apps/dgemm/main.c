/* apps/dgemm/main.c: multiplies matrices of doubles; apps/common/gemm.h has the program. */
#define REAL double
#define GEMM dgemm
#define GEMM_NAME "dgemm"
#define GEMM_TYPE app_f64
#define CBLAS "cblas_dgemm"
#define GEMM_HEADER "dgemm.h"
#include "gemm.h"
