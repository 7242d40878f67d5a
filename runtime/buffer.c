/* runtime/buffer.c: the arithmetic of cb_buffer.
 *
 *     cb_dim d[2] = {{.extent = 640}, {.extent = 480}};
 *     cb_buffer b;
 *     cb_buffer_init(&b, pixels, (cb_type){CB_UINT, 16, 1}, 2, d);   d: {0, 640, 1}, {0, 480, 640}
 *
 * Sizes that do not fit saturate: a buffer too large to exist is then too large for any check. */
#include "env.h"

static uint64_t mul_sat(uint64_t a, uint64_t b)
{
    uint64_t r;
    return __builtin_mul_overflow(a, b, &r) ? UINT64_MAX : r;
}

static uint64_t add_sat(uint64_t a, uint64_t b)
{
    uint64_t r;
    return __builtin_add_overflow(a, b, &r) ? UINT64_MAX : r;
}

void cb_buffer_init(cb_buffer *b, void *host, cb_type type, int32_t rank, cb_dim *dims)
{
    uint64_t stride = 1;
    *b = (cb_buffer){.size = sizeof *b, .version = CB_BUFFER_VERSION};
    b->host = host;
    b->type = type;
    b->rank = rank;
    b->dim = dims;
    for (int32_t d = 0; d < rank; d++) {
        dims[d].min = 0;
        dims[d].stride = stride > INT64_MAX ? INT64_MAX : (int64_t)stride;
        /* An empty dimension keeps the strides after it distinct from 0. */
        stride = mul_sat(stride, dims[d].extent > 0 ? (uint64_t)dims[d].extent : 1);
    }
}

uint64_t cb_buffer_bytes(const cb_buffer *b)
{
    uint64_t span = 1;
    for (int32_t d = 0; d < b->rank; d++) {
        const cb_dim *m = &b->dim[d];
        if (m->extent <= 0)
            return 0;
        uint64_t step = m->stride < 0 ? 0 - (uint64_t)m->stride : (uint64_t)m->stride;
        span = add_sat(span, mul_sat(step, (uint64_t)m->extent - 1));
    }
    return mul_sat(span, element_bytes(b->type));
}

void *cb_buffer_at(const cb_buffer *b, const int32_t *coords)
{
    int64_t offset = 0;
    for (int32_t d = 0; d < b->rank; d++)
        offset += ((int64_t)coords[d] - b->dim[d].min) * b->dim[d].stride;
    return (char *)b->host + offset * (int64_t)element_bytes(b->type);
}
