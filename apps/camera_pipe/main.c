/* apps/camera_pipe/main.c: makes a colour picture of what a sensor saw, checks the result against plain C and times both. The sensor's
 * view of a picture is made of the picture: one colour at each site. */
#include <math.h>

#include "app.h"
#include "camera_pipe.h"

typedef struct call {
    cb_image *in, *m3200, *m7000, *out;
    float temp, gamma, contrast, sharpen;
    int32_t black, white;
} call;

static int run_pipe(void *arg)
{
    call *c = arg;
    return camera_pipe(NULL, &c->in->buffer, &c->m3200->buffer, &c->m7000->buffer, c->temp, c->gamma, c->contrast, c->sharpen, c->black,
                       c->white, &c->out->buffer);
}

/* ---- plain C: planes of the whole picture with MARGIN more on each side, one after another -------------- */

enum { MARGIN = 6 };

typedef struct plane {
    int w, h;
    int16_t *v;
} plane;

static int16_t *px(const plane *p, int x, int y)
{
    return p->v + (ptrdiff_t)(y + MARGIN) * p->w + x + MARGIN;
}

static int avg(int a, int b)
{
    return (a + b + 1) >> 1;
}

static int dist(const plane *p, int x0, int y0, int x1, int y1)
{
    return abs(*px(p, x0, y0) - *px(p, x1, y1));
}

/* Of the sites' values p and green g: the mean of two places, corrected by what that would do to green here. */
static int fill(const plane *p, const plane *g, int x, int y, int x0, int y0, int x1, int y1)
{
    return (int16_t)(*px(g, x, y) - avg(*px(g, x0, y0), *px(g, x1, y1)) + avg(*px(p, x0, y0), *px(p, x1, y1)));
}

/* Green everywhere, from the sites' values. */
static void all_green(const plane *p, plane *g)
{
    for (int y = -3; y < p->h - 2 * MARGIN + 3; y++)
        for (int x = -3; x < p->w - 2 * MARGIN + 3; x++)
            if ((x + y) % 2 == 0)
                *px(g, x, y) = *px(p, x, y);
            else
                *px(g, x, y) = (int16_t)(dist(p, x - 1, y, x + 1, y) < dist(p, x, y - 1, x, y + 1)
                                             ? avg(*px(p, x - 1, y), *px(p, x + 1, y))
                                             : avg(*px(p, x, y - 1), *px(p, x, y + 1)));
}

/* Red (odd columns of even rows) and blue (even columns of odd rows) are found alike. */
static int colour(const plane *p, const plane *g, int x, int y, int odd_row)
{
    bool in_row = (y & 1) == odd_row, in_column = (x & 1) != odd_row;
    if (in_row && in_column)
        return *px(p, x, y);
    if (in_row)
        return fill(p, g, x, y, x - 1, y, x + 1, y);
    if (in_column)
        return fill(p, g, x, y, x, y - 1, x, y + 1);
    if (dist(p, x + 1, y - 1, x - 1, y + 1) < dist(p, x - 1, y - 1, x + 1, y + 1))
        return fill(p, g, x, y, x + 1, y - 1, x - 1, y + 1);
    return fill(p, g, x, y, x - 1, y - 1, x + 1, y + 1);
}

static uint8_t tone(const call *c, int v)
{
    float l = (float)(v - c->black) / (float)(c->white - c->black), g = powf(l < 0 ? 0 : l > 1 ? 1 : l, 1 / c->gamma);
    float b = 2 - powf(2, c->contrast / 100), a = 2 - 2 * b;
    float z = 255 * (g > 0.5f ? 1 - (a * (1 - g) * (1 - g) + b * (1 - g)) : a * g * g + b * g) + 0.5f;
    return v <= c->black ? 0 : v > c->white ? 255 : (uint8_t)(z < 0 ? 0 : z > 255 ? 255 : z);
}

static int blur3(const uint8_t *v, ptrdiff_t step)
{
    return avg(avg(v[-step], v[step]), v[0]);
}

static int run_plain(void *arg)
{
    call *c = arg;
    int w = c->out->dim[0].extent, h = c->out->dim[1].extent;
    plane p = {w + 2 * MARGIN, h + 2 * MARGIN, NULL}, g = p;
    size_t n = (size_t)p.w * (size_t)p.h;
    uint8_t curve[1024], *curved = calloc(n + 1, 1);
    p.v = calloc(n + 1, sizeof *p.v);
    g.v = calloc(n + 1, sizeof *g.v);
    int code = curved && p.v && g.v ? 0 : CB_ERR_OUT_OF_MEMORY;
    int64_t is = c->in->dim[1].stride;
    const uint16_t *in = c->in->buffer.host;
    float t = (1 / c->temp - 1.0f / 3200) / (1.0f / 7000 - 1.0f / 3200);
    int m[3][4];
    for (int k = 0; k < 12; k++)
        m[k / 4][k % 4] = (int16_t)((((float *)c->m3200->buffer.host)[k] * t + ((float *)c->m7000->buffer.host)[k] * (1 - t)) * 256);
    for (int k = 0; k < 1024; k++)
        curve[k] = tone(c, k);
    for (int y = -5; code == 0 && y < h + 5; y++)
        for (int x = -5; x < w + 5; x++) {
            const uint16_t *s = in + (y + 12 - c->in->dim[1].min) * is + (x + 16 - c->in->dim[0].min);
            int a = s[-2] > s[2] ? s[-2] : s[2], b = s[-2 * is] > s[2 * is] ? s[-2 * is] : s[2 * is], most = a > b ? a : b;
            *px(&p, x, y) = (int16_t)(s[0] < most ? s[0] : most);
        }
    if (code == 0)
        all_green(&p, &g);
    for (int k = 0; code == 0 && k < 3; k++) {
        for (int y = -1; y <= h; y++)
            for (int x = -1; x <= w; x++) {
                int v = (int16_t)((m[k][3] + m[k][0] * colour(&p, &g, x, y, 0) + m[k][1] * *px(&g, x, y) + m[k][2] * colour(&p, &g, x, y, 1)) >> 8);
                curved[(ptrdiff_t)(y + MARGIN) * p.w + x + MARGIN] = curve[v < 0 ? 0 : v > 1023 ? 1023 : v];
            }
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                const uint8_t *v = curved + (ptrdiff_t)(y + MARGIN) * p.w + x + MARGIN;
                int soft = avg(avg(avg(avg(v[-p.w - 1], v[p.w - 1]), v[-1]), avg(avg(v[-p.w + 1], v[p.w + 1]), v[1])), blur3(v, p.w));
                int sharp = v[0] + ((v[0] - soft) * (int)(c->sharpen * 32) >> 5);
                ((uint8_t *)c->out->buffer.host)[((ptrdiff_t)k * h + y) * w + x] = (uint8_t)(sharp < 0 ? 0 : sharp > 255 ? 255 : sharp);
            }
    }
    free(curved);
    free(p.v);
    free(g.v);
    return code;
}

/* ---- running ------------------------------------------------------------------------------------- */

/* Of a typical sensor, for noise; pictures are seen by one whose colours are those of the screen. */
static const float plain[12] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
static const float warm[12] = {1.6697f, -0.2693f, -0.4004f, -42.4346f, -0.3576f, 1.0615f, 1.5949f, -37.1158f, -0.2175f, -1.8751f, 6.9640f, -26.6970f};
static const float cold[12] = {2.2997f, -0.4478f, 0.1706f, -39.0923f, -0.3826f, 1.5906f, -0.2080f, -25.4311f, -0.0888f, -0.7344f, 2.2832f, -20.0826f};

static void release(call *c)
{
    for (int k = 0; k < 2; k++)
        cb_image_free(NULL, k ? c->m7000 : c->m3200);
    cb_image_free(NULL, c->out);
    cb_buffer_release(&c->in->buffer, NULL);
}

/* An output of the size, and an input as large as the pipeline says it needs, which is more than plain C does; `view` are the pixels, three
 * channels, or NULL for noise. */
static int prepare(call *c, int w, int h, const uint8_t *view)
{
    int code = cb_image_new(NULL, app_f32, 4, 3, 1, c->m3200);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, 4, 3, 1, c->m7000);
    if (code == 0)
        code = cb_image_new(NULL, app_u8, w, h, 3, c->out);
    if (code != 0)
        return code;
    memcpy(c->m3200->buffer.host, view ? plain : warm, sizeof warm);
    memcpy(c->m7000->buffer.host, view ? plain : cold, sizeof cold);
    cb_buffer_init(&c->in->buffer, NULL, app_u16, 2, c->in->dim);
    code = run_pipe(c); /* a query */
    for (int d = 0; d < 2; d++) { /* and what the margins of plain C need */
        cb_dim *k = &c->in->dim[d];
        int lo = 5, hi = (d ? h + 12 : w + 16) + 10;
        int end = k->min + k->extent > hi ? k->min + k->extent : hi;
        k->min = k->min < lo ? k->min : lo;
        k->extent = end - k->min;
    }
    c->in->dim[0].stride = 1;
    c->in->dim[1].stride = c->in->dim[0].extent;
    if (code == 0)
        code = cb_buffer_allocate(&c->in->buffer, NULL);
    uint32_t seed = 5;
    for (int y = 0; code == 0 && y < c->in->dim[1].extent; y++)
        for (int x = 0; x < c->in->dim[0].extent; x++) {
            int px = x + c->in->dim[0].min - 16, py = y + c->in->dim[1].min - 12, k = py & 1 ? (px & 1 ? 1 : 2) : px & 1 ? 0 : 1;
            px = px < 0 ? 0 : px >= w ? w - 1 : px;
            py = py < 0 ? 0 : py >= h ? h - 1 : py;
            int v = view ? view[(k * (ptrdiff_t)h + py) * w + px] : 0; /* sensors count light, pictures its square root, about */
            ((uint16_t *)c->in->buffer.host)[y * c->in->dim[1].stride + x] =
                (uint16_t)(view ? 25 + v * v * 998 / (255 * 255) : (int)(300 + app_random(&seed) % 400));
        }
    return code;
}

/* The curve's entries may differ by one where a power is near a half: then what is sharpened may, by a little more. */
static int check(call *c)
{
    cb_image want = {0}, *out = c->out;
    int w = out->dim[0].extent, h = out->dim[1].extent, code = cb_image_new(NULL, app_u8, w, h, 3, &want);
    if (code == 0)
        code = run_pipe(c);
    c->out = &want;
    if (code == 0)
        code = run_plain(c);
    c->out = out;
    for (int i = 0; code == 0 && i < 3 * w * h; i++) {
        int a = ((uint8_t *)out->buffer.host)[i], b = ((uint8_t *)want.buffer.host)[i];
        if (abs(a - b) > 3) {
            fprintf(stderr, "camera_pipe: %d x %d: (%d, %d, %d) is %d, plain C has %d\n", w, h, i % w, i / w % h, i / w / h, a, b);
            code = 1;
        }
    }
    cb_image_free(NULL, &want);
    return code;
}

static int race(call *c)
{
    printf("three channels of %d x %d pixels, %d threads\n", c->out->dim[0].extent, c->out->dim[1].extent, cb_threads());
    return app_race((app_task){"pipe", run_pipe, c}, (app_task){"plain C", run_plain, c}, 11);
}

static int once(int w, int h, const uint8_t *view, const char *path)
{
    cb_image in = {0}, a = {0}, b = {0}, out = {0};
    call c = {&in, &a, &b, &out, 3700, 2, view ? 0 : 50, 1, 25, 1023};
    in.buffer.dim = in.dim;
    int code = prepare(&c, w, h, view);
    if (code == 0)
        code = check(&c);
    if (code == 0 && w >= 640)
        code = race(&c);
    if (code == 0 && path)
        code = cb_image_save(NULL, path, &out.buffer);
    if (code == 0 && path)
        printf("wrote %s\n", path);
    release(&c);
    return code;
}

int main(int argc, char **argv)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {64, 32}, {65, 33}, {130, 67}, {640, 480}};
    int files = app_arguments(argc, argv, "Looks at a picture through a sensor and makes a picture of what that saw."), code = 0;
    if (files < 0)
        return 2;
    if (files) {
        cb_image view = {0};
        code = cb_image_load(NULL, argv[1], app_u8, 3, &view);
        if (code == 0)
            code = once(view.dim[0].extent, view.dim[1].extent, view.buffer.host, argv[2]);
        cb_image_free(NULL, &view);
        return code != 0;
    }
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++)
        code = once(sizes[i][0], sizes[i][1], NULL, NULL);
    if (code == 0)
        printf("camera_pipe: agrees with plain C\n");
    return code != 0;
}
