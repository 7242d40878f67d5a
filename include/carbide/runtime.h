/* carbide/runtime.h: everything a compiled pipeline and its caller share.
 *
 * A pipeline compiled by Carbide is a plain C function:
 *
 *     int blur(const cb_env *env, cb_buffer *in, cb_buffer *out);   0, or a CB_ERR_... code
 *
 * This header declares the buffers it works on (cb_buffer), the environment it calls back into
 * (cb_env), the error codes it returns and the metadata that describes its arguments. It stands
 * alone: no other Carbide header is needed to call a pipeline, from C or from C++.
 */
#ifndef CARBIDE_RUNTIME_H
#define CARBIDE_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CB_API
#if defined(__GNUC__)
#define CB_API __attribute__((visibility("default")))
#else
#define CB_API
#endif
#endif

/* ---- types ---------------------------------------------------------------------------------- */

/* What the bits of a value mean. Stable numbers: they are part of the binary interface. */
typedef enum cb_type_code {
    CB_INT = 0,    /* two's complement */
    CB_UINT = 1,   /* unsigned; 1 bit wide is bool, stored as one byte holding 0 or 1 */
    CB_FLOAT = 2,  /* IEEE binary16, binary32, binary64 */
    CB_BFLOAT = 3, /* bfloat16 */
    CB_HANDLE = 4  /* an opaque 64-bit pointer */
} cb_type_code;

/* A scalar or vector type. `lanes` is 1 for everything a buffer can hold. */
typedef struct cb_type {
    uint8_t code;   /* cb_type_code */
    uint8_t bits;   /* 1, 8, 16, 32 or 64 */
    uint16_t lanes; /* at least 1 */
} cb_type;

/* ---- buffers -------------------------------------------------------------------------------- */

/* One dimension: coordinates min, min+1, ..., min+extent-1. Stride counts elements (not bytes) and
 * may be negative or 0. */
typedef struct cb_dim {
    int32_t min, extent;
    int64_t stride;
} cb_dim;

typedef struct cb_env cb_env; /* the environment of a call, below */

enum {
    CB_BUFFER_HOST_DIRTY = 1,  /* the host copy is newer than the device copy */
    CB_BUFFER_DEVICE_DIRTY = 2 /* the device copy is newer than the host copy */
};

/* A view of a dense or strided array. The caller owns all of it. Initialise with CB_BUFFER_INIT or
 * one of the helpers below; `size` lets later versions grow the struct. */
typedef struct cb_buffer {
    uint32_t size, version;
    void *host;             /* the element at (min, min, ...), or NULL */
    uint64_t device;        /* device handle, or 0 */
    const void *device_ops; /* the interface that made `device`, or NULL */
    uint32_t flags;         /* CB_BUFFER_... */
    cb_type type;
    int32_t rank;
    int32_t reserved;
    cb_dim *dim; /* rank of them */
} cb_buffer;

#define CB_BUFFER_VERSION 1u
#define CB_MAX_RANK 16

/* Fills *b for dense storage, dimension 0 innermost, all mins 0. `dims` has `rank` entries whose
 * extents are read and whose min and stride are written. */
CB_API void cb_buffer_init(cb_buffer *b, void *host, cb_type type, int32_t rank, cb_dim *dims);

/* Bytes spanned by the buffer's elements; 0 when any extent is 0. */
CB_API uint64_t cb_buffer_bytes(const cb_buffer *b);

/* The address of the element at `coords` (rank of them), not checked against the extents. */
CB_API void *cb_buffer_at(const cb_buffer *b, const int32_t *coords);

/* Memory for the region that *b describes (after a query that is what the pipeline asked for), with its
 * strides, from env's allocator or the default one: host is set. 0, CB_ERR_OUT_OF_MEMORY, or
 * CB_ERR_BAD_EXTENT when an extent is negative. cb_buffer_release gives it back and clears host; the
 * dimensions must be those it was allocated with. */
CB_API int cb_buffer_allocate(cb_buffer *b, const cb_env *env);
CB_API void cb_buffer_release(cb_buffer *b, const cb_env *env);

/* Views: other descriptions of the same host memory. *view becomes what b is, with dimensions of its own in
 * dims (at least rank of them) and without a device handle; the functions below then change it in place. They
 * return 0, or an error and leave it as it was: CB_ERR_BAD_RANK when there is no such dimension,
 * CB_ERR_OUT_OF_BOUNDS when the region is not inside. */
CB_API void cb_buffer_view(cb_buffer *view, cb_dim *dims, const cb_buffer *b);
/* Coordinates [min, min + extent) of dimension d alone; they keep their numbers. */
CB_API int cb_buffer_crop(cb_buffer *view, int32_t d, int32_t min, int32_t extent);
/* Dimension d at one coordinate: a buffer of one dimension less. */
CB_API int cb_buffer_slice(cb_buffer *view, int32_t d, int32_t at);
/* Dimensions a and b change places. */
CB_API int cb_buffer_transpose(cb_buffer *view, int32_t a, int32_t b);
/* Dimension d begins at min: the same elements under other coordinates. */
CB_API int cb_buffer_translate(cb_buffer *view, int32_t d, int32_t min);

/* 1 when both have the same type, rank and region (strides may differ), else 0. */
CB_API int cb_buffer_same_shape(const cb_buffer *a, const cb_buffer *b);
/* Copies the elements at coordinates that both have. 0, CB_ERR_BAD_TYPE, CB_ERR_BAD_RANK, or CB_ERR_NO_HOST. Their
 * memory must not overlap. */
CB_API int cb_buffer_copy(cb_buffer *to, const cb_buffer *from);

/* ---- the environment of a call ---------------------------------------------------------------- */

/* One task of a parallel loop: runs iterations [begin, end); returns 0 or an error code. */
typedef int (*cb_par_body)(const cb_env *env, int64_t begin, int64_t end, void *closure);

/* Everything a pipeline asks of its surroundings. NULL, for the whole or for any field, means the
 * default of the runtime library. Zero-initialise, then set size and version. */
struct cb_env {
    uint32_t size, version;
    /* At least `align`-aligned memory (align is a power of two), or NULL. */
    void *(*alloc)(const cb_env *env, size_t bytes, size_t align);
    void (*free)(const cb_env *env, void *p);
    /* Calls body for disjoint ranges that cover [begin, end), in any order, on any thread, and
     * returns when all are done: 0, or the first error. `width_hint` is the widest useful number of
     * threads, 0 for unknown. */
    int (*parallel_for)(const cb_env *env, int64_t begin, int64_t end, int32_t width_hint,
                        cb_par_body body, void *closure);
    /* Told about an error, with complete text, before the pipeline returns its code; in a parallel
     * loop by several threads at once, when each meets one. The default prints the text to stderr. */
    void (*error)(const cb_env *env, int code, const char *text);
    /* Told about trace events; reserved. */
    void (*trace)(const cb_env *env, const void *event);
    /* When not NULL and set to non-zero by another thread, the pipeline stops with
     * CB_ERR_CANCELLED. */
    const volatile int32_t *cancel;
    void *workspace; /* scratch memory of the caller, or NULL */
    uint64_t workspace_bytes;
    void *device_state;
    void *device_stream;
    void *user;
    /* Told each line that print() makes; from any thread of a parallel loop. The default prints it to
     * stderr. */
    void (*print)(const cb_env *env, const char *line);
};

#define CB_ENV_VERSION 1u

/* Number of threads the default parallel_for uses, the caller included (at least 1). Setting it
 * to 0 chooses the number of processors available, counted again. Takes effect at the next parallel loop. */
CB_API int cb_threads(void);
CB_API int cb_set_threads(int n);

/* Bytes of large blocks (1 MB and more) that the default allocator keeps from one call to the next, at most; 256 MB unless
 * set. 0: none, every call gets its memory from the system and gives it back. What is kept beyond the new limit is
 * given back at once. */
CB_API void cb_set_kept_memory(uint64_t bytes);

/* Destroys the default environment's thread pool, and gives the memory it keeps back; it is made again when next needed. */
CB_API void cb_default_env_destroy(void);

/* ---- errors ----------------------------------------------------------------------------------- */

/* Codes a pipeline returns. Numbers are never reused. X(NAME, number, text) */
#define CB_ERRORS(X)                                                                             \
    X(OK, 0, "success")                                                                          \
    X(OUT_OF_MEMORY, 1, "out of memory")                                                         \
    X(NULL_BUFFER, 2, "a buffer argument is NULL")                                               \
    X(BAD_TYPE, 3, "a buffer has the wrong element type")                                        \
    X(BAD_RANK, 4, "a buffer has the wrong number of dimensions")                                \
    X(OUT_OF_BOUNDS, 5, "a buffer is smaller than the region accessed")                          \
    X(BAD_STRIDE, 6, "a buffer has a stride the pipeline was not compiled for")                  \
    X(BAD_EXTENT, 7, "a buffer has a negative extent, or coordinates beyond 32 bits")            \
    X(TOO_LARGE, 8, "a computation needs more than 2^31-1 iterations or 2^63-1 bytes")           \
    X(CONSTRAINT, 9, "a promise about buffers or regions (set_extent, bound, ...) does not hold")           \
    X(PARAM_RANGE, 10, "a parameter is outside its declared range")                              \
    X(CANCELLED, 11, "cancelled by the caller")                                                  \
    X(NO_HOST, 12, "a buffer has no host memory")                                                \
    X(BAD_VERSION, 13, "a buffer or environment has an unknown version or size")                 \
    X(NO_DEVICE, 14, "no usable device")                                                         \
    X(REQUIREMENT, 15, "a requirement stated by the pipeline does not hold")                     \
    X(INTERNAL, 16, "internal error")                                                            \
    X(THREADS, 17, "the thread pool could not be started")                                       \
    X(ALIAS, 18, "an output buffer maps two coordinates to one element")                         \
    X(PICTURE, 19, "a picture file could not be read or written")                                \
    X(EXTERN, 20, "a C function called by a pipeline broke the rules of queries")

enum cb_error {
#define CB_X(name, number, text) CB_ERR_##name = number,
    CB_ERRORS(CB_X)
#undef CB_X
};

/* The text of a code in the table above; "unknown error" otherwise. Never NULL. */
CB_API const char *cb_error_text(int code);

/* ---- metadata --------------------------------------------------------------------------------- */

enum cb_arg_kind { CB_ARG_INPUT = 0, CB_ARG_SCALAR = 1, CB_ARG_OUTPUT = 2 };

/* One argument of a pipeline, in calling order. */
typedef struct cb_arg_info {
    const char *name;
    uint32_t kind; /* cb_arg_kind */
    cb_type type;
    int32_t rank;        /* buffers only */
    const void *def;     /* scalars: default value of `type`, or NULL */
    const void *min;     /* scalars: smallest legal value, or NULL */
    const void *max;     /* scalars: largest legal value, or NULL */
    const int64_t *estimate; /* buffers: rank pairs (min, extent), or NULL */
} cb_arg_info;

typedef struct cb_metadata {
    uint32_t size, version;
    const char *name;
    const char *target;
    uint32_t nargs;
    const cb_arg_info *args;
} cb_metadata;

#define CB_METADATA_VERSION 1u

/* ---- called by compiled code only --------------------------------------------------------------- */

/* Allocation for internal storage, through env or the default. 64-byte aligned, with slack of 64
 * bytes before and after so that whole-vector accesses near the ends stay inside. NULL when out of
 * memory or when bytes is negative. */
CB_API void *cb_rt_alloc(const cb_env *env, int64_t bytes);
CB_API void cb_rt_free(const cb_env *env, void *p);

/* Runs a parallel loop through env or the default pool. */
CB_API int cb_rt_par_for(const cb_env *env, int64_t begin, int64_t end, cb_par_body body,
                         void *closure);

/* A line for env's print: a format and slots as those of cb_rt_error. */
CB_API void cb_rt_print(const cb_env *env, const char *text, const uint64_t *args, int32_t nargs);

/* Reports an error: `text` is a format whose directives are %s (const char *), %d (int64_t), %u
 * (uint64_t), %f (double) and %t (an element type, its code * 256 + bits) only, in the order of `args` (nargs
 * 64-bit slots); returns `code`. */
CB_API int cb_rt_error(const cb_env *env, int code, const char *text, const uint64_t *args,
                       int32_t nargs);

/* Non-zero when the caller has asked to stop. */
CB_API int cb_rt_cancelled(const cb_env *env);
/* A lock that is held for a few instructions, 0 when open: an update of several values that threads share. */
CB_API void cb_rt_lock(int32_t *lock);
CB_API void cb_rt_unlock(int32_t *lock);

#ifdef __cplusplus
}
#endif
#endif
