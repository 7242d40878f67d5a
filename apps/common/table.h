/* apps/common/table.h: the table of `make bench`. bench.c prints its rows, chart.c what stands above and below. */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

typedef struct table_ratio {
    double median, low, high; /* 95 % interval of the median; 0: none */
} table_ratio;

typedef struct table_row {
    const char *app; /* "" when it is that of the row above */
    int threads;
    double same_s, best_s, halide_s; /* seconds of a run; 0: none */
    table_ratio same, best;          /* Halide's time / ours */
    double rate;                     /* of the best schedule, in units of 10^9 a second; 0: not known */
    const char *unit;                /* what `rate` counts and `limit` is about */
    double share, halide_share;      /* of the limit */
    double compile_s, halide_compile_s; /* negative: not measured */
} table_row;

static inline void table_head(void)
{
    printf("%-26s %3s %10s %10s  %-19s %10s  %-19s %12s %6s %6s  %8s %8s\n", "", "", "same", "Halide", "Halide / same", "best",
           "Halide / best", "best", "of", "Halide", "compile", "Halide /");
    printf("%-26s %3s %10s %10s  %-19s %10s  %-19s %12s %6s %6s  %8s %8s\n", "app", "thr", "ms", "ms", "median (95 %)", "ms",
           "median (95 %)", "does", "limit", "does", "CPU s", "compile");
}

static inline void table_cell(int width, const char *format, double v, int known)
{
    char text[40] = "";
    if (known)
        snprintf(text, sizeof text, format, v);
    printf(" %*s", width, text);
}

static inline void table_cell_ratio(const table_ratio *r)
{
    char text[64] = "";
    if (r->median > 0)
        snprintf(text, sizeof text, "%.2f (%.2f to %.2f)", r->median, r->low, r->high);
    printf("  %-19s", text);
}

static inline void table_print(const table_row *r)
{
    char rate[40] = "";
    int compiled = r->compile_s >= 0, both = compiled && r->halide_compile_s >= 0;
    if (r->rate > 0)
        snprintf(rate, sizeof rate, "%.1f %s", r->rate, r->unit);
    printf("%-26s %3d", r->app, r->threads);
    table_cell(10, "%.3f", 1e3 * r->same_s, 1);
    table_cell(10, "%.3f", 1e3 * r->halide_s, r->halide_s > 0);
    table_cell_ratio(&r->same);
    table_cell(10, "%.3f", 1e3 * r->best_s, r->best_s > 0);
    table_cell_ratio(&r->best);
    printf(" %12s", rate);
    table_cell(6, "%.0f %%", 100 * r->share, r->share > 0);
    table_cell(6, "%.0f %%", 100 * r->halide_share, r->halide_share > 0);
    printf(" ");
    table_cell(8, "%.3f", r->compile_s, compiled);
    table_cell(8, "%.2f", r->halide_compile_s / r->compile_s, both);
    printf("\n");
    fflush(stdout);
}

#endif
