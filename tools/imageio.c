/* tools/imageio.c: PNG and JPEG files as planar buffers.
 *
 * A file is decoded to interleaved samples of 8 or 16 bits (struct pixels), and those are converted to the type and
 * the channels asked for; writing goes the other way. libpng and libjpeg report errors by a call that must not return:
 * ours keeps the text and jumps back into read_png, read_jpeg, write_png or write_jpeg, which hold everything that
 * must be released in structs that outlive the jump. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <png.h>

#include <jpeglib.h> /* after stdio.h, which it needs */

#include <carbide/imageio.h>

/* Interleaved samples, rows from top to bottom. */
typedef struct pixels {
    uint32_t width, height;
    int channels; /* 1 grey, 2 grey alpha, 3 rgb, 4 rgba */
    int bytes;    /* per sample: 1, or 2 in the machine's byte order */
    uint8_t *at;
} pixels;

/* One file being read or written. */
typedef struct job {
    const cb_env *env;
    const char *path;
    FILE *file;
    long size; /* of the file */
    pixels px;
    png_bytep *rows; /* pointers into px, for interlaced files */
    jmp_buf escape;
    char why[256]; /* what the library said */
    int code;      /* what to return */
} job;

static uint64_t word(const char *s)
{
    return (uint64_t)(uintptr_t)s;
}

static int fail(const cb_env *env, int code, const char *path, const char *what, const char *detail)
{
    return cb_rt_error(env, code, detail ? "%s: %s: %s" : "%s: %s",
                       (uint64_t[]){word(path), word(what), word(detail)}, detail ? 3 : 2);
}

/* Memory for px; the size is checked before anything is taken. */
static bool pixels_alloc(job *j)
{
    uint64_t samples = (uint64_t)j->px.width * j->px.height; /* both below 2^31 */
    if (samples > (uint64_t)INT64_MAX / 16) {
        j->code = CB_ERR_TOO_LARGE;
        return false;
    }
    j->px.at = cb_rt_alloc(j->env, (int64_t)(samples * (unsigned)(j->px.channels * j->px.bytes)));
    j->rows = j->px.at ? cb_rt_alloc(j->env, (int64_t)(j->px.height * sizeof *j->rows)) : NULL;
    if (!j->rows) {
        j->code = CB_ERR_OUT_OF_MEMORY;
        return false;
    }
    size_t row = (size_t)j->px.width * (size_t)(j->px.channels * j->px.bytes);
    for (uint32_t y = 0; y < j->px.height; y++)
        j->rows[y] = j->px.at + row * y;
    return true;
}

static void job_free(job *j)
{
    cb_rt_free(j->env, j->rows);
    cb_rt_free(j->env, j->px.at);
    if (j->file)
        fclose(j->file);
}

static bool little_endian(void)
{
    const uint16_t one = 1;
    return *(const uint8_t *)&one == 1;
}

/* ---- PNG --------------------------------------------------------------------------------------- */

static void png_failed(png_structp png, png_const_charp text)
{
    job *j = png_get_error_ptr(png);
    snprintf(j->why, sizeof j->why, "%s", text);
    longjmp(j->escape, 1);
}

static void png_warned(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void read_png(job *j)
{
    png_infop info = NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, j, png_failed, png_warned);
    if (png)
        info = png_create_info_struct(png);
    if (!info) {
        j->code = CB_ERR_OUT_OF_MEMORY;
        png_destroy_read_struct(&png, NULL, NULL);
        return;
    }
    if (setjmp(j->escape) == 0) {
        png_init_io(png, j->file);
        png_read_info(png, info);
        /* Deflate packs at most 1032 to 1: a file that claims more is not given memory. */
        if ((double)png_get_rowbytes(png, info) * png_get_image_height(png, info) > 1040.0 * (double)j->size)
            png_error(png, "it is too short for the size it claims");
        png_set_expand(png); /* palettes to rgb, 1-4 bits to 8, transparency to alpha */
        if (png_get_bit_depth(png, info) == 16 && little_endian())
            png_set_swap(png);
        png_set_interlace_handling(png);
        png_read_update_info(png, info);
        j->px.width = png_get_image_width(png, info);
        j->px.height = png_get_image_height(png, info);
        j->px.channels = png_get_channels(png, info);
        j->px.bytes = png_get_bit_depth(png, info) / 8;
        if (pixels_alloc(j)) {
            png_read_image(png, j->rows);
            png_read_end(png, NULL);
        }
    } else {
        j->code = CB_ERR_PICTURE;
    }
    png_destroy_read_struct(&png, &info, NULL);
}

static void write_png(job *j)
{
    static const int color[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    png_infop info = NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, j, png_failed, png_warned);
    if (png)
        info = png_create_info_struct(png);
    if (!info) {
        j->code = CB_ERR_OUT_OF_MEMORY;
        png_destroy_write_struct(&png, NULL);
        return;
    }
    if (setjmp(j->escape) == 0) {
        png_init_io(png, j->file);
        png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
        png_set_IHDR(png, info, j->px.width, j->px.height, j->px.bytes * 8, color[j->px.channels],
                     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_set_compression_level(png, 3); /* a third of the time for some percent of size */
        png_write_info(png, info);
        if (j->px.bytes == 2 && little_endian())
            png_set_swap(png);
        png_write_image(png, j->rows);
        png_write_end(png, NULL);
    } else {
        j->code = CB_ERR_PICTURE;
    }
    png_destroy_write_struct(&png, &info);
}

/* ---- JPEG -------------------------------------------------------------------------------------- */

typedef struct jpeg_errors {
    struct jpeg_error_mgr base; /* first: libjpeg sees only this */
    job *j;
} jpeg_errors;

static void jpeg_failed(j_common_ptr cinfo)
{
    char text[JMSG_LENGTH_MAX];
    job *j = ((jpeg_errors *)cinfo->err)->j;
    cinfo->err->format_message(cinfo, text);
    snprintf(j->why, sizeof j->why, "%s", text);
    longjmp(j->escape, 1);
}

/* libjpeg only warns about a file that ends too early or has bad data, and invents the rest. We refuse. */
static void jpeg_message(j_common_ptr cinfo, int level)
{
    if (level < 0)
        jpeg_failed(cinfo);
}

static void jpeg_errors_init(jpeg_errors *e, job *j)
{
    jpeg_std_error(&e->base);
    e->base.error_exit = jpeg_failed;
    e->base.emit_message = jpeg_message;
    e->j = j;
}

static void read_jpeg(job *j)
{
    jpeg_errors errors;
    struct jpeg_decompress_struct d;
    memset(&d, 0, sizeof d); /* destroying it before it was made is then harmless */
    jpeg_errors_init(&errors, j);
    d.err = &errors.base;
    if (setjmp(j->escape) == 0) {
        jpeg_create_decompress(&d);
        jpeg_stdio_src(&d, j->file);
        jpeg_read_header(&d, TRUE);
        if (d.jpeg_color_space != JCS_GRAYSCALE)
            d.out_color_space = JCS_RGB;
        jpeg_start_decompress(&d);
        j->px = (pixels){d.output_width, d.output_height, d.output_components, 1, NULL};
        if (pixels_alloc(j)) {
            while (d.output_scanline < d.output_height)
                jpeg_read_scanlines(&d, j->rows + d.output_scanline, 1);
            jpeg_finish_decompress(&d);
        }
    } else {
        j->code = CB_ERR_PICTURE;
    }
    jpeg_destroy_decompress(&d);
}

static void write_jpeg(job *j)
{
    jpeg_errors errors;
    struct jpeg_compress_struct c;
    memset(&c, 0, sizeof c);
    jpeg_errors_init(&errors, j);
    c.err = &errors.base;
    if (setjmp(j->escape) == 0) {
        jpeg_create_compress(&c);
        jpeg_stdio_dest(&c, j->file);
        c.image_width = j->px.width;
        c.image_height = j->px.height;
        c.input_components = j->px.channels;
        c.in_color_space = j->px.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_set_defaults(&c);
        jpeg_set_quality(&c, 95, TRUE);
        jpeg_start_compress(&c, TRUE);
        while (c.next_scanline < c.image_height)
            jpeg_write_scanlines(&c, j->rows + c.next_scanline, 1);
        jpeg_finish_compress(&c);
    } else {
        j->code = CB_ERR_PICTURE;
    }
    jpeg_destroy_compress(&c);
}

/* ---- samples ----------------------------------------------------------------------------------- */

/* The element types a picture can have. */
typedef enum kind { KIND_NONE, KIND_BOOL, KIND_U8, KIND_U16, KIND_F16, KIND_BF16, KIND_F32, KIND_F64 } kind;

static kind kind_of(cb_type t)
{
    if (t.lanes != 1)
        return KIND_NONE;
    if (t.code == CB_UINT)
        return t.bits == 1 ? KIND_BOOL : t.bits == 8 ? KIND_U8 : t.bits == 16 ? KIND_U16 : KIND_NONE;
    if (t.code == CB_BFLOAT)
        return KIND_BF16;
    if (t.code == CB_FLOAT && t.bits == 16)
        return KIND_F16;
    if (t.code == CB_FLOAT)
        return t.bits == 32 ? KIND_F32 : t.bits == 64 ? KIND_F64 : KIND_NONE;
    return KIND_NONE;
}

/* Sample i of a pixel run as 16 bits. */
static uint32_t sample(const pixels *p, size_t i)
{
    uint16_t v;
    if (p->bytes == 1)
        return p->at[i] * 257u;
    memcpy(&v, p->at + 2 * i, 2);
    return v;
}

/* Channel c of pixel i, in a picture of `want` channels, as 16 bits. */
static uint32_t channel(const pixels *p, size_t i, int c, int want)
{
    size_t at = i * (size_t)p->channels;
    bool alpha = (want == 2 && c == 1) || c == 3;
    if (alpha)
        return p->channels % 2 == 0 ? sample(p, at + (size_t)p->channels - 1) : 65535;
    if (p->channels <= 2)
        return sample(p, at);
    if (want >= 3)
        return sample(p, at + (size_t)c);
    return (299 * sample(p, at) + 587 * sample(p, at + 1) + 114 * sample(p, at + 2) + 500) / 1000;
}

static uint32_t to_8(uint32_t v)
{
    return (v * 255 + 32767) / 65535;
}

/* 16-bit floats; numbers from 0 to 1 only are made. */
static uint16_t to_half(double v)
{
    int e;
    frexp(v, &e); /* v in [2^(e-1), 2^e) */
    if (v <= 0 || e < -13)
        return (uint16_t)rint(ldexp(v, 24));
    return (uint16_t)(((unsigned)(e + 13) << 10) + (unsigned)rint(ldexp(v, 11 - e)));
}

static double from_half(uint16_t h)
{
    int e = h >> 10 & 31, m = h & 1023;
    double v = e == 31 ? (m ? NAN : INFINITY) : e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);
    return h >> 15 ? -v : v;
}

static uint16_t to_bfloat(float v)
{
    uint32_t w;
    memcpy(&w, &v, sizeof w);
    return (uint16_t)((w + 0x7fff + (w >> 16 & 1)) >> 16);
}

static float from_bfloat(uint16_t b)
{
    uint32_t w = (uint32_t)b << 16;
    float v;
    memcpy(&v, &w, sizeof v);
    return v;
}

static void store(void *at, kind k, uint32_t v)
{
    switch (k) {
    case KIND_NONE: break;
    case KIND_BOOL: *(uint8_t *)at = v >= 32768; break;
    case KIND_U8: *(uint8_t *)at = (uint8_t)to_8(v); break;
    case KIND_U16: *(uint16_t *)at = (uint16_t)v; break;
    case KIND_F16: *(uint16_t *)at = to_half(v / 65535.0); break;
    case KIND_BF16: *(uint16_t *)at = to_bfloat((float)v / 65535.0f); break;
    case KIND_F32: *(float *)at = (float)v / 65535.0f; break;
    case KIND_F64: *(double *)at = v / 65535.0; break;
    }
}

static uint32_t from_unit(double v)
{
    return v > 0 ? v < 1 ? (uint32_t)(v * 65535.0 + 0.5) : 65535 : 0; /* NaN is black */
}

static uint32_t fetch(const void *at, kind k)
{
    switch (k) {
    case KIND_NONE: break;
    case KIND_BOOL: return *(const uint8_t *)at ? 65535 : 0;
    case KIND_U8: return *(const uint8_t *)at * 257u;
    case KIND_U16: return *(const uint16_t *)at;
    case KIND_F16: return from_unit(from_half(*(const uint16_t *)at));
    case KIND_BF16: return from_unit((double)from_bfloat(*(const uint16_t *)at));
    case KIND_F32: return from_unit((double)*(const float *)at);
    case KIND_F64: return from_unit(*(const double *)at);
    }
    return 0;
}

/* ---- public functions -------------------------------------------------------------------------- */

int cb_image_new(const cb_env *env, cb_type type, int32_t width, int32_t height, int32_t channels,
                 cb_image *im)
{
    memset(im, 0, sizeof *im);
    if (kind_of(type) == KIND_NONE)
        return cb_rt_error(env, CB_ERR_BAD_TYPE, "pictures have elements of type u8, u16, bool, f16, bf16, f32 or f64", NULL, 0);
    if (width < 0 || height < 0 || channels < 1 || channels > 4)
        return cb_rt_error(env, CB_ERR_BAD_EXTENT, "there is no picture of %d x %d pixels and %d channels",
                           (uint64_t[]){(uint64_t)(int64_t)width, (uint64_t)(int64_t)height,
                                        (uint64_t)(int64_t)channels}, 3);
    im->dim[0].extent = width;
    im->dim[1].extent = height;
    im->dim[2].extent = channels;
    cb_buffer_init(&im->buffer, NULL, type, 3, im->dim);
    uint64_t bytes = cb_buffer_bytes(&im->buffer);
    im->buffer.rank = channels == 1 ? 2 : 3;
    void *p = bytes > INT64_MAX ? NULL : cb_rt_alloc(env, (int64_t)bytes);
    if (!p) {
        memset(im, 0, sizeof *im);
        return cb_rt_error(env, CB_ERR_OUT_OF_MEMORY, "no memory for a picture of %d x %d pixels",
                           (uint64_t[]){(uint64_t)width, (uint64_t)height}, 2);
    }
    memset(p, 0, (size_t)bytes);
    im->buffer.host = p;
    return 0;
}

void cb_image_free(const cb_env *env, cb_image *im)
{
    cb_rt_free(env, im->buffer.host);
    memset(im, 0, sizeof *im);
}

/* Opens the file, tells its format by its first bytes and decodes it into j->px. */
static int decode(job *j)
{
    uint8_t head[8] = {0};
    j->file = fopen(j->path, "rb");
    if (!j->file)
        return fail(j->env, CB_ERR_PICTURE, j->path, "cannot be opened", strerror(errno));
    size_t n = fread(head, 1, sizeof head, j->file);
    if (n == 0 && ferror(j->file))
        return fail(j->env, CB_ERR_PICTURE, j->path, "cannot be read", strerror(errno));
    if (n == 0)
        return fail(j->env, CB_ERR_PICTURE, j->path, "the file is empty", NULL);
    bool png = n == 8 && png_sig_cmp(head, 0, 8) == 0;
    if (!png && !(head[0] == 0xff && head[1] == 0xd8 && head[2] == 0xff))
        return fail(j->env, CB_ERR_PICTURE, j->path, "is neither a PNG nor a JPEG file", NULL);
    if (fseek(j->file, 0, SEEK_END) != 0 || (j->size = ftell(j->file)) < 0 || fseek(j->file, 0, SEEK_SET) != 0)
        return fail(j->env, CB_ERR_PICTURE, j->path, "cannot be read twice (a pipe?)", NULL);
    if (png)
        read_png(j);
    else
        read_jpeg(j);
    switch (j->code) {
    case 0: return 0;
    case CB_ERR_PICTURE:
        return fail(j->env, j->code, j->path, png ? "damaged or truncated PNG file" : "damaged or truncated JPEG file",
                    j->why);
    default: return fail(j->env, j->code, j->path, cb_error_text(j->code), NULL);
    }
}

int cb_image_load(const cb_env *env, const char *path, cb_type type, int32_t channels, cb_image *im)
{
    job j = {.env = env, .path = path};
    memset(im, 0, sizeof *im);
    if (channels < 0 || channels > 4)
        return cb_rt_error(env, CB_ERR_BAD_EXTENT, "%s: a picture has 1 to 4 channels, not %d",
                           (uint64_t[]){word(path), (uint64_t)(int64_t)channels}, 2);
    int code = decode(&j);
    int want = channels ? channels : j.px.channels;
    if (code == 0 && (j.px.width > INT32_MAX || j.px.height > INT32_MAX))
        code = fail(env, CB_ERR_TOO_LARGE, path, "the picture is too large", NULL);
    if (code == 0)
        code = cb_image_new(env, type, (int32_t)j.px.width, (int32_t)j.px.height, want, im);
    if (code == 0) {
        kind k = kind_of(type);
        size_t n = (size_t)j.px.width * j.px.height, size = (size_t)(type.bits + 7) / 8;
        for (int c = 0; c < want; c++)
            for (size_t i = 0; i < n; i++)
                store((char *)im->buffer.host + (n * (size_t)c + i) * size, k, channel(&j.px, i, c, want));
    }
    job_free(&j);
    return code;
}

/* Interleaves b into j->px. */
static bool gather(job *j, const cb_buffer *b)
{
    kind k = kind_of(b->type);
    size_t i = 0;
    j->px.width = (uint32_t)b->dim[0].extent;
    j->px.height = (uint32_t)b->dim[1].extent;
    j->px.channels = b->rank == 3 ? b->dim[2].extent : 1;
    if (!pixels_alloc(j))
        return false;
    for (int32_t y = 0; y < b->dim[1].extent; y++)
        for (int32_t x = 0; x < b->dim[0].extent; x++)
            for (int32_t c = 0; c < j->px.channels; c++, i++) {
                int32_t at[3] = {b->dim[0].min + x, b->dim[1].min + y, b->rank == 3 ? b->dim[2].min + c : 0};
                uint32_t v = fetch(cb_buffer_at(b, at), k);
                if (j->px.bytes == 1)
                    j->px.at[i] = (uint8_t)to_8(v);
                else
                    memcpy(j->px.at + 2 * i, &(uint16_t){(uint16_t)v}, 2);
            }
    return true;
}

/* What is wrong with writing b, or NULL. */
static const char *unfit(const cb_buffer *b, bool jpeg)
{
    if (!b || !b->host)
        return "there is no picture in host memory";
    if (kind_of(b->type) == KIND_NONE)
        return "only u8, u16, bool, f16, bf16, f32 and f64 can be written as a picture";
    if (b->rank != 2 && b->rank != 3)
        return "a picture has two dimensions, or three with channels";
    if (b->dim[0].extent < 1 || b->dim[1].extent < 1)
        return "the picture is empty";
    int32_t channels = b->rank == 3 ? b->dim[2].extent : 1;
    if (channels < 1 || channels > 4)
        return "a picture has 1 to 4 channels";
    if (jpeg && channels != 1 && channels != 3)
        return "a JPEG picture has 1 or 3 channels";
    if (jpeg && (b->dim[0].extent > 65500 || b->dim[1].extent > 65500))
        return "a JPEG picture has at most 65500 pixels a side";
    return NULL;
}

int cb_image_save(const cb_env *env, const char *path, const cb_buffer *b)
{
    job j = {.env = env, .path = path};
    const char *dot = strrchr(path, '.');
    bool png = dot && strcasecmp(dot, ".png") == 0;
    bool jpeg = dot && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0);
    if (!png && !jpeg)
        return fail(env, CB_ERR_PICTURE, path, "pictures are written as .png, .jpg or .jpeg", NULL);
    const char *wrong = unfit(b, jpeg);
    if (wrong)
        return fail(env, CB_ERR_PICTURE, path, wrong, NULL);
    kind k = kind_of(b->type);
    j.px.bytes = png && k != KIND_U8 && k != KIND_BOOL ? 2 : 1;
    if (!gather(&j, b)) {
        int code = fail(env, j.code, path, cb_error_text(j.code), NULL);
        job_free(&j);
        return code;
    }
    j.file = fopen(path, "wb");
    if (!j.file) {
        int code = fail(env, CB_ERR_PICTURE, path, "cannot be written", strerror(errno));
        job_free(&j);
        return code;
    }
    if (png)
        write_png(&j);
    else
        write_jpeg(&j);
    if (j.code == 0 && fflush(j.file) != 0) {
        j.code = CB_ERR_PICTURE;
        snprintf(j.why, sizeof j.why, "%s", strerror(errno));
    }
    int code = j.code;
    job_free(&j);
    if (code != 0) {
        remove(path); /* no half a picture */
        return fail(env, code, path, "could not be written", j.why);
    }
    return 0;
}
