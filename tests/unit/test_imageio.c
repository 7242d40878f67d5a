/* Pictures in files: round trips, conversions, and every way a file can be wrong. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <carbide/imageio.h>

static const cb_type u8 = {CB_UINT, 8, 1}, u16 = {CB_UINT, 16, 1}, f32 = {CB_FLOAT, 32, 1},
                     f64 = {CB_FLOAT, 64, 1}, boolean = {CB_UINT, 1, 1}, i32 = {CB_INT, 32, 1};

static char dir[150];

static const char *in_dir(const char *name)
{
    static _Thread_local char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

typedef struct report {
    int code;
    char text[512];
} report;

static void keep(const cb_env *env, int code, const char *text)
{
    report *r = env->user;
    r->code = code;
    snprintf(r->text, sizeof r->text, "%s", text);
}

static int make_dir(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/carbide-imageio.XXXXXX", base ? base : "/tmp");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char cmd[200];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

static void fill(cb_image *im)
{
    uint32_t seed = 12345;
    uint8_t *p = im->buffer.host;
    for (uint64_t i = 0; i < cb_buffer_bytes(&im->buffer); i++) {
        seed = seed * 1664525 + 1013904223;
        p[i] = (uint8_t)(seed >> 24);
    }
}

/* PNG gives back what it was given, in every width and number of channels. */
static void png_round_trip(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++)
        for (int channels = 1; channels <= 4; channels++) {
            cb_image a, b;
            assert_int_equal(cb_image_new(NULL, wide ? u16 : u8, 37, 19, channels, &a), 0);
            fill(&a);
            assert_int_equal(cb_image_save(NULL, in_dir("a.png"), &a.buffer), 0);
            assert_int_equal(cb_image_load(NULL, in_dir("a.png"), a.buffer.type, 0, &b), 0);
            assert_int_equal(b.buffer.rank, channels == 1 ? 2 : 3);
            assert_int_equal(b.dim[0].extent, 37);
            assert_int_equal(b.dim[1].extent, 19);
            assert_int_equal(b.dim[2].extent, channels);
            assert_memory_equal(a.buffer.host, b.buffer.host, cb_buffer_bytes(&a.buffer));
            cb_image_free(NULL, &a);
            cb_image_free(NULL, &b);
        }
}

static void conversions_of_type(void **state)
{
    (void)state;
    cb_image a, b;
    assert_int_equal(cb_image_new(NULL, u8, 256, 1, 1, &a), 0);
    for (int i = 0; i < 256; i++)
        ((uint8_t *)a.buffer.host)[i] = (uint8_t)i;
    assert_int_equal(cb_image_save(NULL, in_dir("ramp.png"), &a.buffer), 0);
    assert_int_equal(cb_image_load(NULL, in_dir("ramp.png"), u16, 1, &b), 0);
    for (int i = 0; i < 256; i++)
        assert_int_equal(((uint16_t *)b.buffer.host)[i], i * 257);
    assert_int_equal(cb_image_save(NULL, in_dir("ramp16.png"), &b.buffer), 0);
    cb_image_free(NULL, &b);
    assert_int_equal(cb_image_load(NULL, in_dir("ramp16.png"), u8, 1, &b), 0);
    assert_memory_equal(a.buffer.host, b.buffer.host, 256);
    cb_image_free(NULL, &b);
    assert_int_equal(cb_image_load(NULL, in_dir("ramp.png"), f32, 1, &b), 0);
    for (int i = 0; i < 256; i++)
        assert_true(((float *)b.buffer.host)[i] == (float)(i * 257) / 65535.0f);
    assert_int_equal(cb_image_save(NULL, in_dir("rampf.png"), &b.buffer), 0);
    cb_image_free(NULL, &b);
    assert_int_equal(cb_image_load(NULL, in_dir("rampf.png"), f64, 1, &b), 0);
    assert_true(((double *)b.buffer.host)[255] == 1.0);
    assert_true(((double *)b.buffer.host)[128] == 128 * 257 / 65535.0);
    cb_image_free(NULL, &b);
    static const cb_type small[2] = {{CB_FLOAT, 16, 1}, {CB_BFLOAT, 16, 1}};
    for (int k = 0; k < 2; k++) { /* written as 16 bits and read as 8: f16 keeps them, bf16 nearly */
        assert_int_equal(cb_image_load(NULL, in_dir("ramp.png"), small[k], 1, &b), 0);
        assert_int_equal(((uint16_t *)b.buffer.host)[0], 0);
        assert_int_equal(((uint16_t *)b.buffer.host)[255], k ? 0x3f80 : 0x3c00);
        assert_int_equal(((uint16_t *)b.buffer.host)[51], k ? 0x3e4d : 0x3266); /* 0.2 */
        assert_int_equal(cb_image_save(NULL, in_dir("ramph.png"), &b.buffer), 0);
        cb_image_free(NULL, &b);
        assert_int_equal(cb_image_load(NULL, in_dir("ramph.png"), u8, 1, &b), 0);
        for (int i = 0; i < 256; i++)
            assert_in_range(((uint8_t *)b.buffer.host)[i] + 1, i + 1 - k, i + 1 + k);
        cb_image_free(NULL, &b);
    }
    assert_int_equal(cb_image_load(NULL, in_dir("ramp.png"), boolean, 1, &b), 0);
    for (int i = 0; i < 256; i++)
        assert_int_equal(((uint8_t *)b.buffer.host)[i], i >= 128);
    cb_image_free(NULL, &b);
    cb_image_free(NULL, &a);
}

static void floats_are_clamped(void **state)
{
    (void)state;
    float v[5] = {-1.0f, 0.5f, 2.0f, 0.0f, 1.0f};
    v[3] = strtof("nan", NULL);
    cb_dim d[2] = {{.extent = 5}, {.extent = 1}};
    cb_buffer b;
    cb_image c;
    cb_buffer_init(&b, v, f32, 2, d);
    assert_int_equal(cb_image_save(NULL, in_dir("f.png"), &b), 0);
    assert_int_equal(cb_image_load(NULL, in_dir("f.png"), u16, 0, &c), 0);
    const uint16_t *p = c.buffer.host;
    assert_int_equal(p[0], 0);
    assert_int_equal(p[1], 32768);
    assert_int_equal(p[2], 65535);
    assert_int_equal(p[3], 0);
    assert_int_equal(p[4], 65535);
    cb_image_free(NULL, &c);
}

static void conversions_of_channels(void **state)
{
    (void)state;
    cb_image a, b;
    assert_int_equal(cb_image_new(NULL, u8, 1, 1, 3, &a), 0);
    memcpy(a.buffer.host, (uint8_t[]){200, 100, 50}, 3);
    assert_int_equal(cb_image_save(NULL, in_dir("rgb.png"), &a.buffer), 0);
    static const uint8_t want[5][4] = {{200, 100, 50}, {124}, {124, 255}, {200, 100, 50}, {200, 100, 50, 255}};
    for (int channels = 0; channels <= 4; channels++) {
        assert_int_equal(cb_image_load(NULL, in_dir("rgb.png"), u8, channels, &b), 0);
        assert_memory_equal(b.buffer.host, want[channels], channels ? (size_t)channels : 3);
        cb_image_free(NULL, &b);
    }
    cb_image_free(NULL, &a);
}

/* Strides, origins and negative steps: the picture is what the coordinates say. */
static void saving_strided(void **state)
{
    (void)state;
    uint8_t v[6] = {1, 2, 3, 4, 5, 6};
    cb_dim d[2] = {{10, 2, -1}, {-5, 3, 2}};
    cb_buffer b = {.size = sizeof b, .version = 1, .host = v + 1, .type = u8, .rank = 2, .dim = d};
    cb_image c;
    assert_int_equal(cb_image_save(NULL, in_dir("s.png"), &b), 0);
    assert_int_equal(cb_image_load(NULL, in_dir("s.png"), u8, 1, &c), 0);
    assert_memory_equal(c.buffer.host, ((uint8_t[]){2, 1, 4, 3, 6, 5}), 6);
    cb_image_free(NULL, &c);
}

static void jpeg_round_trip(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        cb_image a, b;
        assert_int_equal(cb_image_new(NULL, u8, 64, 48, channels, &a), 0);
        uint8_t *p = a.buffer.host;
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < 48; y++)
                for (int x = 0; x < 64; x++)
                    p[(c * 48 + y) * 64 + x] = (uint8_t)(2 * x + y + 20 * c);
        assert_int_equal(cb_image_save(NULL, in_dir("a.JPG"), &a.buffer), 0);
        assert_int_equal(cb_image_load(NULL, in_dir("a.JPG"), u8, 0, &b), 0);
        assert_int_equal(b.dim[2].extent, channels);
        for (int i = 0; i < 64 * 48 * channels; i++)
            assert_true(abs(p[i] - ((uint8_t *)b.buffer.host)[i]) <= 6);
        cb_image_free(NULL, &a);
        cb_image_free(NULL, &b);
    }
}

static void expect_load(const char *name, cb_type type, int channels, int code, const char *text)
{
    report r = {0, ""};
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = keep, .user = &r};
    cb_image im;
    memset(&im, 1, sizeof im);
    assert_int_equal(cb_image_load(&env, in_dir(name), type, channels, &im), code);
    assert_null(im.buffer.host);
    if (!strstr(r.text, text))
        print_message("'%s' is not in '%s'\n", text, r.text);
    assert_non_null(strstr(r.text, text));
    assert_int_equal(r.code, code);
}

static void write_file(const char *name, const void *data, size_t n)
{
    FILE *f = fopen(in_dir(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static size_t read_file(const char *name, uint8_t *data, size_t most)
{
    FILE *f = fopen(in_dir(name), "rb");
    assert_non_null(f);
    size_t n = fread(data, 1, most, f);
    fclose(f);
    return n;
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    static uint8_t data[200000];
    cb_image a;
    expect_load("missing.png", u8, 0, CB_ERR_PICTURE, "cannot be opened: No such file");
    expect_load(".", u8, 0, CB_ERR_PICTURE, "cannot be read");
    write_file("empty.png", "", 0);
    expect_load("empty.png", u8, 0, CB_ERR_PICTURE, "the file is empty");
    write_file("text.png", "hello, world", 12);
    expect_load("text.png", u8, 0, CB_ERR_PICTURE, "is neither a PNG nor a JPEG file");

    assert_int_equal(cb_image_new(NULL, u8, 100, 100, 3, &a), 0);
    fill(&a);
    assert_int_equal(cb_image_save(NULL, in_dir("t.png"), &a.buffer), 0);
    assert_int_equal(cb_image_save(NULL, in_dir("t.jpg"), &a.buffer), 0);
    cb_image_free(NULL, &a);
    expect_load("t.png", i32, 0, CB_ERR_BAD_TYPE, "elements of type");
    expect_load("t.png", u8, 5, CB_ERR_BAD_EXTENT, "1 to 4 channels, not 5");

    size_t n = read_file("t.png", data, sizeof data);
    static const size_t cuts[] = {9, 20, 33, 40, 100, 5000};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        write_file("cut.png", data, cuts[i]);
        expect_load("cut.png", u8, 0, CB_ERR_PICTURE, "damaged or truncated PNG file");
    }
    data[n / 2] ^= 0x55;
    write_file("cut.png", data, n);
    expect_load("cut.png", u8, 0, CB_ERR_PICTURE, "damaged or truncated PNG file");
    n = read_file("t.jpg", data, sizeof data);
    static const double parts[] = {0.001, 0.01, 0.1, 0.5, 0.99};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        write_file("cut.jpg", data, 3 + (size_t)((double)n * parts[i]));
        expect_load("cut.jpg", u8, 0, CB_ERR_PICTURE, "damaged or truncated JPEG file");
    }
}

/* A header of 50 bytes that claims 900,000 x 900,000 pixels of 8 bytes. */
static void huge_claims_are_refused(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x89, 'P',  'N',  'G',  13,   10,   26,   10,   0,    0,   0,   13,
                                   'I',  'H',  'D',  'R',  0x00, 0x0d, 0xbb, 0xa0, 0x00, 0x0d, 0xbb, 0xa0,
                                   16,   6,    0,    0,    0};
    uint8_t file[64];
    memcpy(file, head, sizeof head);
    uint32_t crc = 0xffffffffu; /* of the bytes from "IHDR" on */
    for (size_t i = 12; i < sizeof head; i++) {
        crc ^= head[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? 0xedb88320u ^ (crc >> 1) : crc >> 1;
    }
    crc = ~crc;
    for (int i = 0; i < 4; i++)
        file[sizeof head + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    static const uint8_t data[] = {0, 0, 0, 2, 'I', 'D', 'A', 'T', 0x78, 0x9c, 0x90, 0x5a, 0x31, 0xcf};
    memcpy(file + sizeof head + 4, data, sizeof data);
    write_file("huge.png", file, sizeof head + 4 + sizeof data);
    expect_load("huge.png", u16, 0, CB_ERR_PICTURE, "too short for the size it claims");
}

static void *no_memory(const cb_env *env, size_t bytes, size_t align)
{
    (void)env, (void)bytes, (void)align;
    return NULL;
}

static void no_free(const cb_env *env, void *p)
{
    (void)env, (void)p;
}

static void bad_saves_are_refused(void **state)
{
    (void)state;
    report r = {0, ""};
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .error = keep, .user = &r};
    cb_image a;
    assert_int_equal(cb_image_new(NULL, u8, 4, 4, 4, &a), 0);
    assert_int_equal(cb_image_save(&env, in_dir("a.gif"), &a.buffer), CB_ERR_PICTURE);
    assert_non_null(strstr(r.text, ".png, .jpg or .jpeg"));
    assert_int_equal(cb_image_save(&env, in_dir("a.jpg"), &a.buffer), CB_ERR_PICTURE);
    assert_non_null(strstr(r.text, "1 or 3 channels"));
    assert_int_equal(cb_image_save(&env, in_dir("no/such/dir.png"), &a.buffer), CB_ERR_PICTURE);
    assert_non_null(strstr(r.text, "cannot be written"));
    a.dim[0].extent = 0;
    assert_int_equal(cb_image_save(&env, in_dir("a.png"), &a.buffer), CB_ERR_PICTURE);
    assert_non_null(strstr(r.text, "empty"));
    a.dim[0].extent = 4;
    if (access("/dev/full", W_OK) == 0 && symlink("/dev/full", in_dir("full.png")) == 0) {
        assert_int_equal(cb_image_save(&env, in_dir("full.png"), &a.buffer), CB_ERR_PICTURE);
        assert_non_null(strstr(r.text, "could not be written"));
    }
    cb_image_free(NULL, &a);
    env.alloc = no_memory;
    env.free = no_free;
    assert_int_equal(cb_image_new(&env, u8, 4, 4, 1, &a), CB_ERR_OUT_OF_MEMORY);
    assert_int_equal(cb_image_new(&env, u8, -1, 4, 1, &a), CB_ERR_BAD_EXTENT);
    assert_int_equal(cb_image_load(&env, in_dir("t.png"), u8, 0, &a), CB_ERR_OUT_OF_MEMORY);
    assert_int_equal(cb_image_load(&env, in_dir("t.jpg"), u8, 0, &a), CB_ERR_OUT_OF_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_round_trip),
        cmocka_unit_test(conversions_of_type),
        cmocka_unit_test(floats_are_clamped),
        cmocka_unit_test(conversions_of_channels),
        cmocka_unit_test(saving_strided),
        cmocka_unit_test(jpeg_round_trip),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(huge_claims_are_refused),
        cmocka_unit_test(bad_saves_are_refused),
    };
    return cmocka_run_group_tests_name("imageio", tests, make_dir, remove_dir);
}
