/* carbide/imageio.h: pictures in files, as buffers. PNG and JPEG.
 *
 *     cb_image in;
 *     if (cb_image_load(NULL, "photo.jpg", (cb_type){CB_UINT, 8, 1}, 1, &in) == 0) {
 *         ... in.buffer: u8, rank 2, (x, y) ...
 *         cb_image_free(NULL, &in);
 *     }
 *
 * Buffers are planar: dimension 0 is x, 1 is y (downwards), 2 the channel. Values are scaled so that black is 0 and
 * full intensity is the largest value of an unsigned type (255, 65535) or 1.0 of a float type: u8 to u16 multiplies by
 * 257, u16 to u8 rounds to nearest, floats are clamped to [0, 1] and rounded when they are written. bool reads as
 * "at least half intensity" and is written as black and white.
 *
 * Link with -lcarbide_imageio -lcarbide_runtime -lpng -ljpeg.
 */
#ifndef CARBIDE_IMAGEIO_H
#define CARBIDE_IMAGEIO_H

#include <carbide/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A picture with its own memory. */
typedef struct cb_image {
    cb_buffer buffer;
    cb_dim dim[3]; /* what buffer.dim points to; dim[2] is set even when the rank is 2 */
} cb_image;

/* Reads a PNG or JPEG file, which the content tells, as elements of `type`: u8, u16, bool, f16, bf16, f32 or f64.
 * channels: 0 as in the file, 1 grey, 2 grey and opacity, 3 red green blue, 4 with opacity. Colour becomes grey as
 * 0.299 R + 0.587 G + 0.114 B; opacity that the file lacks is full, and what was not asked for is dropped. The rank is 2
 * for one channel and 3 otherwise. Returns 0 or a CB_ERR_ code, which env's error sink was told about; *im is
 * then empty. */
CB_API int cb_image_load(const cb_env *env, const char *path, cb_type type, int32_t channels,
                         cb_image *im);

/* A picture of the given size, memory set to 0. */
CB_API int cb_image_new(const cb_env *env, cb_type type, int32_t width, int32_t height,
                        int32_t channels, cb_image *im);

/* Writes a buffer of rank 2, or 3 with 1 to 4 channels (1 or 3 for JPEG), with any strides. The name's ending,
 * .png, .jpg or .jpeg, chooses the format. PNG keeps 16 bits of u16, f32 and f64; JPEG has 8. */
CB_API int cb_image_save(const cb_env *env, const char *path, const cb_buffer *b);

/* Frees what cb_image_load or cb_image_new took; an image of zeros is empty. */
CB_API void cb_image_free(const cb_env *env, cb_image *im);

#ifdef __cplusplus
}
#endif
#endif
