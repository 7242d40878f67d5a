/* runtime/view.c: memory for buffers, and views of them.
 *
 *     cb_dim d[2];                                    rows 10 .. 19 of a picture, as one dimension fewer
 *     cb_buffer v;
 *     cb_buffer_view(&v, d, &picture);
 *     cb_buffer_crop(&v, 1, 10, 10);                  v.dim[1] = {10, 10, stride}, v.host moved by 10 rows
 *     cb_buffer_slice(&v, 0, 3);                      column 3
 *
 * A view shares the elements; only the description is its own.
 */
#include <stdbool.h>
#include <string.h>

#include "env.h"

static bool has_dim(const cb_buffer *b, int32_t d) { return d >= 0 && d < b->rank; }

static void move(cb_buffer *b, int64_t elements)
{
    if (b->host)
        b->host = (char *)b->host + elements * (int64_t)element_bytes(b->type);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Bytes from the element at the lowest address to the one at min. */
static uint64_t bytes_below(const cb_buffer *b)
{
    uint64_t n = 0;
    for (int32_t d = 0; d < b->rank; d++)
        if (b->dim[d].stride < 0 && b->dim[d].extent > 1)
            n += (0 - (uint64_t)b->dim[d].stride) * (uint64_t)(b->dim[d].extent - 1);
    return n * element_bytes(b->type);
}

int cb_buffer_allocate(cb_buffer *b, const cb_env *env)
{
    uint64_t bytes = cb_buffer_bytes(b);
    for (int32_t d = 0; d < b->rank; d++)
        if (b->dim[d].extent < 0)
            return CB_ERR_BAD_EXTENT;
    char *base = bytes > INT64_MAX ? NULL : cb_rt_alloc(env, (int64_t)bytes);
    if (!base)
        return CB_ERR_OUT_OF_MEMORY;
    b->host = base + (bytes ? bytes_below(b) : 0);
    return 0;
}

void cb_buffer_release(cb_buffer *b, const cb_env *env)
{
    if (b->host)
        cb_rt_free(env, (char *)b->host - (cb_buffer_bytes(b) ? bytes_below(b) : 0));
    b->host = NULL;
}

/* ---- views ----------------------------------------------------------------------------------- */

void cb_buffer_view(cb_buffer *view, cb_dim *dims, const cb_buffer *b)
{
    cb_buffer v = *b;
    v.device = 0;
    v.device_ops = NULL;
    v.flags = 0;
    v.dim = dims;
    for (int32_t d = 0; d < b->rank; d++)
        dims[d] = b->dim[d];
    *view = v;
}

int cb_buffer_crop(cb_buffer *view, int32_t d, int32_t min, int32_t extent)
{
    if (!has_dim(view, d))
        return CB_ERR_BAD_RANK;
    cb_dim *m = &view->dim[d];
    int64_t from = (int64_t)min - m->min;
    if (extent < 0 || from < 0 || from + extent > m->extent)
        return CB_ERR_OUT_OF_BOUNDS;
    move(view, from * m->stride);
    m->min = min;
    m->extent = extent;
    return 0;
}

int cb_buffer_slice(cb_buffer *view, int32_t d, int32_t at)
{
    if (!has_dim(view, d))
        return CB_ERR_BAD_RANK;
    int64_t from = (int64_t)at - view->dim[d].min;
    if (from < 0 || from >= view->dim[d].extent)
        return CB_ERR_OUT_OF_BOUNDS;
    move(view, from * view->dim[d].stride);
    view->rank--;
    for (int32_t k = d; k < view->rank; k++)
        view->dim[k] = view->dim[k + 1];
    return 0;
}

int cb_buffer_transpose(cb_buffer *view, int32_t a, int32_t b)
{
    if (!has_dim(view, a) || !has_dim(view, b))
        return CB_ERR_BAD_RANK;
    cb_dim t = view->dim[a];
    view->dim[a] = view->dim[b];
    view->dim[b] = t;
    return 0;
}

int cb_buffer_translate(cb_buffer *view, int32_t d, int32_t min)
{
    if (!has_dim(view, d))
        return CB_ERR_BAD_RANK;
    if ((int64_t)min + view->dim[d].extent > INT32_MAX)
        return CB_ERR_OUT_OF_BOUNDS;
    view->dim[d].min = min;
    return 0;
}

/* ---- two buffers ----------------------------------------------------------------------------- */

static bool same_type(cb_type a, cb_type b) { return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes; }

int cb_buffer_same_shape(const cb_buffer *a, const cb_buffer *b)
{
    if (!same_type(a->type, b->type) || a->rank != b->rank)
        return 0;
    for (int32_t d = 0; d < a->rank; d++)
        if (a->dim[d].min != b->dim[d].min || a->dim[d].extent != b->dim[d].extent)
            return 0;
    return 1;
}

/* The region that both have; false: none. */
static bool common(const cb_buffer *a, const cb_buffer *b, int32_t *min, int64_t *extent)
{
    for (int32_t d = 0; d < a->rank; d++) {
        const cb_dim *m = &a->dim[d], *n = &b->dim[d];
        int64_t end = (int64_t)m->min + m->extent, other = (int64_t)n->min + n->extent;
        min[d] = m->min > n->min ? m->min : n->min;
        extent[d] = (end < other ? end : other) - min[d];
        if (extent[d] <= 0)
            return false;
    }
    return true;
}

/* Copies along dimension 0, of `n` elements, from and to the given addresses. */
static void copy_row(char *to, const char *from, int64_t n, int64_t step_to, int64_t step_from, size_t bytes)
{
    if (step_to == (int64_t)bytes && step_from == (int64_t)bytes) {
        memcpy(to, from, (size_t)n * bytes);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        memcpy(to + i * step_to, from + i * step_from, bytes);
}

int cb_buffer_copy(cb_buffer *to, const cb_buffer *from)
{
    int32_t min[CB_MAX_RANK], at[CB_MAX_RANK];
    int64_t extent[CB_MAX_RANK];
    size_t bytes = element_bytes(to->type);
    if (!same_type(to->type, from->type))
        return CB_ERR_BAD_TYPE;
    if (to->rank != from->rank || to->rank < 0 || to->rank > CB_MAX_RANK)
        return CB_ERR_BAD_RANK;
    if (!common(to, from, min, extent))
        return 0;
    if (!to->host || !from->host)
        return CB_ERR_NO_HOST;
    if (!to->rank) {
        memcpy(to->host, from->host, bytes);
        return 0;
    }
    memcpy(at, min, sizeof *at * (size_t)to->rank);
    for (;;) {
        copy_row(cb_buffer_at(to, at), cb_buffer_at(from, at), extent[0], to->dim[0].stride * (int64_t)bytes,
                 from->dim[0].stride * (int64_t)bytes, bytes);
        int32_t d = 1;
        while (d < to->rank && at[d] - min[d] == extent[d] - 1) {
            at[d] = min[d];
            d++;
        }
        if (d == to->rank)
            return 0;
        at[d]++;
    }
}
