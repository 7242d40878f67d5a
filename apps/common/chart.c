/* apps/common/chart.c: what is below the table of `make bench`, and its results as one JSON file and as a picture.
 *
 *     chart OUT.json OUT.svg VERSIONS APP.json ...
 *
 * Reads the files that bench.c wrote. VERSIONS is a line about compilers and the machine. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

/* ---- reading JSON ---------------------------------------------------------------------------------- */

/* A value is a pointer to its text; NULL is no value. Everything here may be given any text that ends in 0. */
static const char *skip_space(const char *p)
{
    while (isspace((unsigned char)*p))
        p++;
    return p;
}

static const char *skip_string(const char *p)
{
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && p[1])
            p++;
    return *p ? p + 1 : p;
}

/* Behind the value at p. */
static const char *skip_value(const char *p)
{
    int depth = 0;
    do {
        p = skip_space(p);
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        else if (*p == '}' || *p == ']')
            depth--;
        if (*p)
            p++;
        while (depth == 0 && *p && !strchr(",]} \n", *p)) /* the rest of a number or word */
            p++;
    } while (depth > 0 && *p);
    return p;
}

/* The member of an object. */
static const char *member(const char *object, const char *key)
{
    if (!object || *object != '{')
        return NULL;
    for (const char *p = skip_space(object + 1); *p == '"';) {
        const char *name = p + 1;
        p = skip_string(p);
        size_t n = (size_t)(p - name) - 1;
        p = skip_space(p);
        if (*p == ':')
            p = skip_space(p + 1);
        if (strlen(key) == n && !strncmp(name, key, n))
            return p;
        p = skip_space(skip_value(p));
        if (*p == ',')
            p = skip_space(p + 1);
    }
    return NULL;
}

/* The first element of an array, and the one after another. */
static const char *first(const char *array)
{
    if (!array || *array != '[')
        return NULL;
    array = skip_space(array + 1);
    return *array && *array != ']' ? array : NULL;
}

static const char *next(const char *element)
{
    element = skip_space(skip_value(element));
    return *element == ',' ? skip_space(element + 1) : NULL;
}

/* A number; 0 for null and what is not there. */
static double number(const char *value)
{
    return value && (isdigit((unsigned char)*value) || *value == '-') ? strtod(value, NULL) : 0;
}

static table_ratio ratio(const char *value)
{
    return (table_ratio){number(member(value, "median")), number(member(value, "low")), number(member(value, "high"))};
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t n = 0, room = 0;
    while (f && !feof(f) && !ferror(f)) {
        if (n + 1 >= room) {
            char *more = realloc(text, room = 2 * room + 4096);
            if (!more)
                break;
            text = more;
        }
        n += fread(text + n, 1, room - n - 1, f);
        text[n] = 0;
    }
    if (f)
        fclose(f);
    return text;
}

/* ---- results --------------------------------------------------------------------------------------- */

enum { MOST_APPS = 64, RUNS = 2 };

typedef struct app {
    char *text;
    char name[64];
    int best_schedule;
    double compile, halide_compile;
    struct run {
        int threads;
        table_ratio same, best;
    } runs[RUNS];
    int nruns;
} app;

static int read_app(const char *path, app *a)
{
    memset(a, 0, sizeof *a);
    a->text = read_file(path);
    const char *object = a->text ? skip_space(a->text) : NULL, *name = member(object, "app");
    if (!name || *name != '"') {
        fprintf(stderr, "chart: %s: not a result of a benchmark\n", path);
        return 1;
    }
    snprintf(a->name, sizeof a->name, "%.*s", (int)(skip_string(name) - name) - 2, name + 1);
    const char *best = member(object, "best_schedule");
    a->best_schedule = best && *best == 't';
    a->compile = number(member(object, "compile_s"));
    a->halide_compile = number(member(object, "halide_compile_s"));
    for (const char *r = first(member(object, "runs")); r && a->nruns < RUNS; r = next(r))
        a->runs[a->nruns++] = (struct run){(int)number(member(r, "threads")), ratio(member(r, "same")), ratio(member(r, "best"))};
    return 0;
}

static double geometric_mean(const app *apps, int n, int run, int best)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < n; i++) {
        const struct run *r = &apps[i].runs[run];
        double v = run < apps[i].nruns ? (best ? r->best : r->same).median : 0;
        if (v > 0) {
            sum += log(v);
            count++;
        }
    }
    return count ? exp(sum / count) : 0;
}

static void print_foot(const app *apps, int n)
{
    double log_compile = 0;
    int compiled = 0;
    for (int i = 0; i < n; i++)
        if (apps[i].compile > 0 && apps[i].halide_compile > 0) {
            log_compile += log(apps[i].halide_compile / apps[i].compile);
            compiled++;
        }
    for (int run = 0; run < RUNS; run++) {
        double same = geometric_mean(apps, n, run, 0), best = geometric_mean(apps, n, run, 1);
        if (same <= 0)
            continue;
        printf("%-26s %3d %10s %10s  %-19.2f %10s  %-19.2f", run ? "" : "geometric mean", apps[0].runs[run].threads, "", "", same, "", best);
        if (run == 0 && compiled)
            printf(" %12s %6s %6s  %8s %8.2f", "", "", "", "", exp(log_compile / compiled));
        printf("\n");
    }
}

static void put_escaped(FILE *f, const char *text, int xml)
{
    for (; *text; text++)
        if (xml && strchr("<>&", *text))
            fputs(*text == '<' ? "&lt;" : *text == '>' ? "&gt;" : "&amp;", f);
        else if (!xml && (*text == '"' || *text == '\\'))
            fprintf(f, "\\%c", *text);
        else if ((unsigned char)*text >= ' ')
            fputc(*text, f);
}

static int text_length(const char *text)
{
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    return (int)n;
}

static int write_json(const char *path, const char *versions, const char *pool, const app *apps, int n)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return 1;
    fputs("{\"versions\": \"", f);
    put_escaped(f, versions, 0);
    fputs("\",\n\"geometric_means\": [", f);
    for (int run = 0; run < RUNS && n > 0 && run < apps[0].nruns; run++)
        fprintf(f, "%s{\"threads\": %d, \"same\": %.4f, \"best\": %.4f}", run ? ", " : "", apps[0].runs[run].threads,
                geometric_mean(apps, n, run, 0), geometric_mean(apps, n, run, 1));
    if (pool)
        fprintf(f, "],\n\"pool\": %.*s,\n\"apps\": [\n", text_length(pool), pool);
    else
        fputs("],\n\"apps\": [\n", f);
    for (int i = 0; i < n; i++)
        fprintf(f, "%.*s%s\n", text_length(apps[i].text), apps[i].text, i + 1 < n ? "," : "");
    fputs("]}\n", f);
    return fclose(f) != 0;
}

/* ---- the picture ----------------------------------------------------------------------------------- */

/* Two panels, for one thread and two; in each, for each app a bar of the ratio by the schedule that is Halide's and one by
 * our best, with the interval as a line. */
enum { LEFT = 170, PANEL = 330, GAP = 40, TOP = 62, BAR = 9, GROUP = 28, BOTTOM = 42 };

static double most_shown(const app *apps, int n)
{
    double most = 1.5;
    for (int i = 0; i < n; i++)
        for (int run = 0; run < apps[i].nruns; run++) {
            most = fmax(most, apps[i].runs[run].same.high);
            most = fmax(most, apps[i].runs[run].best.high);
        }
    return fmin(ceil(2 * most) / 2, 8); /* longer bars are cut */
}

static void put_bar(FILE *f, double x0, double scale, double most, double y, const table_ratio *r, const char *colour)
{
    double end = fmin(r->median, most);
    if (r->median <= 0)
        return;
    fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", x0, y, end * scale, BAR, colour);
    fprintf(f, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#333\"/>\n", x0 + fmin(r->low, most) * scale, y + BAR / 2.0,
            x0 + fmin(r->high, most) * scale);
    fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" class=\"n\">%.2f</text>\n", x0 + fmin(r->high, most) * scale + 4, y + BAR - 1, r->median);
}

static int write_svg(const char *path, const char *versions, const app *apps, int n)
{
    double most = most_shown(apps, n), scale = (PANEL - 30) / most, step = most > 4 ? 1 : 0.5;
    int width = LEFT + RUNS * PANEL + GAP + 10, height = TOP + n * GROUP + BOTTOM;
    FILE *f = fopen(path, "w");
    if (!f)
        return 1;
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", width, height, width, height);
    fputs("<style>text{font:12px sans-serif;fill:#222}.n{font-size:9px;fill:#444}.h{font-size:14px;font-weight:bold}</style>\n", f);
    fprintf(f, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height);
    fputs("<text x=\"10\" y=\"20\" class=\"h\">Time of Halide 14 / time of Carbide (longer is faster)</text>\n"
          "<rect x=\"470\" y=\"10\" width=\"12\" height=\"10\" fill=\"#9db8d2\"/><text x=\"488\" y=\"20\">the same schedule</text>\n"
          "<rect x=\"620\" y=\"10\" width=\"12\" height=\"10\" fill=\"#2b6ca3\"/><text x=\"638\" y=\"20\">our best schedule</text>\n", f);
    for (int run = 0; run < RUNS; run++) {
        double x0 = LEFT + run * (PANEL + GAP), y1 = TOP + n * GROUP;
        fprintf(f, "<text x=\"%.0f\" y=\"%d\">%d thread%s</text>\n", x0, TOP - 18, run + 1, run ? "s" : "");
        for (double v = 0; v <= most; v += step) {
            double x = x0 + v * scale;
            fprintf(f, "<path d=\"M%.1f %dV%.1f\" stroke=\"%s\"/>\n", x, TOP - 6, y1, v == 1 ? "#c33" : "#ddd");
            fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" class=\"n\" text-anchor=\"middle\">%g</text>\n", x, y1 + 12, v);
        }
        for (int i = 0; i < n; i++)
            if (run < apps[i].nruns) {
                const struct run *r = &apps[i].runs[run];
                put_bar(f, x0, scale, most, TOP + i * GROUP, &r->same, "#9db8d2");
                if (apps[i].best_schedule)
                    put_bar(f, x0, scale, most, TOP + i * GROUP + BAR + 1, &r->best, "#2b6ca3");
            }
    }
    for (int i = 0; i < n; i++)
        fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", LEFT - 8, TOP + i * GROUP + BAR + 4, apps[i].name);
    fprintf(f, "<text x=\"10\" y=\"%d\" class=\"n\">Medians and their 95 %% intervals. ", height - 10);
    put_escaped(f, versions, 1);
    fputs("</text>\n</svg>\n", f);
    return fclose(f) != 0;
}

int main(int argc, char **argv)
{
    static app apps[MOST_APPS];
    char *pool = NULL;
    int n = 0, code = 0;
    if (argc < 5) {
        fprintf(stderr, "usage: %s OUT.json OUT.svg VERSIONS [pool=FILE.json] APP.json ...\n", argv[0]);
        return 2;
    }
    for (int i = 4; i < argc && n < MOST_APPS && code == 0; i++)
        if (!strncmp(argv[i], "pool=", 5))
            pool = pool ? pool : read_file(argv[i] + 5);
        else
            code = read_app(argv[i], &apps[n++]);
    if (code == 0) {
        print_foot(apps, n);
        code = write_json(argv[1], argv[3], pool, apps, n) || write_svg(argv[2], argv[3], apps, n);
        if (code != 0)
            fprintf(stderr, "chart: %s or %s cannot be written\n", argv[1], argv[2]);
    }
    while (n > 0)
        free(apps[--n].text);
    free(pool);
    return code;
}
