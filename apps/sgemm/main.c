/* apps/sgemm/main.c: multiplies matrices of floats; apps/common/gemm.h has the program. */
#define REAL float
#define GEMM sgemm
#define GEMM_NAME "sgemm"
#define GEMM_TYPE app_f32
#define CBLAS "cblas_sgemm"
#define GEMM_HEADER "sgemm.h"
#include "gemm.h"
