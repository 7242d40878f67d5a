/* dsl/table.c: arrays that are part of a program.
 *
 *     static const float taps[3] = {0.25f, 0.5f, 0.25f};
 *     Table(w, f32, (3), taps);
 *     define(out(x) = w(0)*in(x - 1) + w(1)*in(x) + w(2)*in(x + 1));
 *
 * A table is an input that no caller gives: its elements are copied when it is declared, go into the
 * read-only data of the object, and its region is known. So it is read by coordinates like an Input, and
 * what is read of it is checked like that, where possible before anything runs.
 */
#include "front.h"

#include <string.h>

enum { MOST_BYTES = 1 << 26 };

typedef struct tabling {
    cb_context *c;
    const char *name;
    cb_site at;
    cb_loc loc;
    cb_type type;
    int rank;
    const int32_t *extents; /* with data: dense, mins 0 */
    const void *data;
    size_t bytes;           /* of data, 0: not known */
    const cb_buffer *from;  /* or a buffer */
    cb_func_s *func;
} tabling;

static bool refuse(tabling *T, const char *say, const char *help)
{
    diag *d = diag_begin(&T->c->diags, DIAG_BAD_TABLE, T->loc, "table '%s' %s", T->name, say);
    diag_help(&T->c->diags, d, "%s", help);
    diag_end(&T->c->diags, d);
    return false;
}

static bool is_element(cb_type t)
{
    char b[16];
    cb_type same;
    return t.lanes == 1 && t.code != CB_HANDLE && type_parse(type_name(t, b), &same) && type_eq(t, same);
}

/* Takes type, rank and extents from the buffer. */
static bool describe(tabling *T)
{
    const cb_buffer *b = T->from;
    if (!b || b->size != sizeof *b || b->version != CB_BUFFER_VERSION)
        return refuse(T, b ? "is made from a buffer that was not initialised" : "is made from no buffer",
                      "make buffers by cb_buffer_new or cb_buffer_init");
    if (!b->host)
        return refuse(T, "is made from a buffer without host memory", "copy the data to the host first");
    T->type = b->type;
    T->rank = b->rank;
    T->data = b->host;
    int32_t *extents = NEW_ARRAY(T->c->a, int32_t, CB_MAX_RANK);
    for (int32_t d = 0; d < b->rank && d < CB_MAX_RANK; d++)
        extents[d] = b->dim[d].extent;
    T->extents = extents;
    return true;
}

/* Is it an array that a table can be made of? Its size in bytes. */
static bool measure(tabling *T, size_t *bytes)
{
    cb_context *c = T->c;
    char type[16];
    if (!is_element(T->type))
        return refuse(T, "has a type that buffers cannot hold",
                      "the types are bool, i8 to i64, u8 to u64, f16, bf16, f32, f64");
    if (T->rank < 0 || T->rank > CB_MAX_RANK)
        return refuse(T, arena_printf(c->a, "has %d dimensions", T->rank), "0 to 16 dimensions are possible");
    if (!T->data)
        return refuse(T, "is given no array", "write Table(w, f32, (3), array)");
    *bytes = type_bytes(T->type);
    for (int d = 0; d < T->rank; d++) {
        int32_t n = T->extents[d];
        int64_t min = T->from ? T->from->dim[d].min : 0;
        if (n < 1)
            return refuse(T, arena_printf(c->a, "has extent %d in dimension %d", n, d),
                          "a table has at least one element");
        if (min + n > INT32_MAX)
            return refuse(T, arena_printf(c->a, "begins at %lld in dimension %d", (long long)min, d),
                          "coordinates fit 32 bits");
        if (*bytes > MOST_BYTES / (size_t)n)
            return refuse(T, "has more than 64 MiB", "make it an Input: the caller keeps large arrays");
        *bytes *= (size_t)n;
    }
    if (!T->bytes || T->bytes == *bytes)
        return true;
    return refuse(T, arena_printf(c->a, "is %zu bytes of %s, but its array has %zu", *bytes,
                                  type_name(T->type, type), T->bytes),
                  "give an array of that type with an element for each coordinate, dimension 0 innermost");
}

/* A dense copy of the elements. */
static void copy_elements(const tabling *T, char *to)
{
    size_t bytes = type_bytes(T->type), n = bytes;
    for (int d = 0; d < T->rank; d++)
        n *= (size_t)T->extents[d];
    if (!T->from) {
        memcpy(to, T->data, n);
    } else {
        int32_t at[CB_MAX_RANK] = {0};
        for (size_t done = 0; done < n; done += bytes) {
            int64_t from = 0;
            for (int d = 0; d < T->rank; d++)
                from += at[d] * T->from->dim[d].stride;
            memcpy(to + done, (const char *)T->data + from * (int64_t)bytes, bytes);
            for (int d = 0; d < T->rank && ++at[d] == T->extents[d]; d++)
                at[d] = 0;
        }
    }
    for (size_t i = 0; type_is_bool(T->type) && i < n; i++)
        to[i] = to[i] != 0;
}

/* What the compiler knows of its region and strides. */
static void fix(tabling *T, cb_func_s *f, size_t bytes)
{
    cb_context *c = T->c;
    cb_buffer *b = NEW(c->a, cb_buffer);
    cb_dim *dims = NEW_ARRAY(c->a, cb_dim, f->rank + 1);
    char *to = arena_alloc(c->a, bytes);
    int64_t stride = 1;
    copy_elements(T, to);
    f->rules = NEW_ARRAY(c->a, field_rule, 3 * f->rank + 1);
    for (uint32_t d = 0; d < f->rank; d++) {
        dims[d] = (cb_dim){T->from ? T->from->dim[d].min : 0, T->extents[d], stride};
        f->rules[3 * d].value = ir_i32(c, dims[d].min);
        f->rules[3 * d + 1].value = ir_i32(c, dims[d].extent);
        f->rules[3 * d + 2].value = ir_i64(c, stride);
        stride *= dims[d].extent;
    }
    *b = (cb_buffer){.size = sizeof *b, .version = CB_BUFFER_VERSION, .host = to, .type = T->type,
                     .rank = T->rank, .dim = dims};
    f->table = b;
}

static void declare(void *env)
{
    tabling *T = env;
    cb_context *c = T->c;
    size_t bytes = 0;
    T->loc = site_loc(c, T->at);
    T->name = ctx_string(c, T->name ? T->name : "anonymous");
    bool ok = (T->extents || describe(T)) && measure(T, &bytes);
    cb_func_s *f = T->func = func_new(c, T->name, T->loc);
    binding b = {.name = T->name, .kind = BIND_FUNC, .func = f, .loc = T->loc};
    scope_declare(scope_current(), &b);
    f->is_input = true;
    f->poisoned = !ok;
    f->has_rank = true;
    f->rank = ok ? (uint32_t)T->rank : 0;
    f->types = NEW(c->a, cb_type);
    f->types[0] = ok ? T->type : T_I32;
    ir_symbol *s = ir_symbol_of(c, f->sym);
    s->kind = SYM_IMAGE;
    s->type = f->types[0];
    if (ok)
        fix(T, f, bytes);
}

static cb_func declared(tabling T)
{
    T.c = cb_current();
    if (T.c)
        return front_try(T.c, declare, &T) ? (cb_func){T.func} : (cb_func){NULL};
    front_no_scope(T.at, "Table");
    return (cb_func){NULL};
}

cb_func cb_table(const char *name, cb_type t, int n, const int32_t *extents, const void *data, size_t bytes,
                 cb_site at)
{
    static const int32_t none[1] = {0};
    return declared((tabling){.name = name, .type = t, .rank = n, .extents = extents ? extents : none,
                              .data = data, .bytes = bytes, .at = at});
}

cb_func cb_table_of(const char *name, const cb_buffer *b, cb_site at)
{
    return declared((tabling){.name = name, .from = b, .at = at});
}
