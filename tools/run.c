/* tools/run.c: `carbide run`: any compiled pipeline, knowing nothing but its metadata.
 *
 *     carbide run blur.o in=photo.png out=blurred.png
 *     carbide run libmatmul.so a=random b=random --size=512x512 --bench
 *
 * The file is an object, linked into this process, or a shared library. The metadata says what the
 * arguments are; libffi builds the call of the plain C function. A query tells which region of each
 * input is read; a picture that is smaller is continued by repeating its edges.
 */
#define _POSIX_C_SOURCE 200809L
#include "run.h"

#include "../codegen/codegen.h"
#include "../dsl/front.h"

#include <carbide/imageio.h>

#include <dlfcn.h>
#include <errno.h>
#include <ffi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct argument {
    const cb_arg_info *info;
    const char *given; /* text after '=', or NULL */
    cb_image picture;  /* inputs: as read */
    cb_buffer buffer;
    cb_dim dim[CB_MAX_RANK];
    void *memory; /* of buffer, malloc */
    bool random, zero;
    uint64_t scalar;
} argument;

typedef struct runner {
    cb_context *c;
    const char *path, *name;
    int64_t size[CB_MAX_RANK];
    int nsize;
    int bench; /* runs to time; 0: none */
    bool help;
    jit_code *code;
    void *library;
    void *function;
    const cb_metadata *meta;
    argument *arg;
    uint32_t n;
    uint64_t seed;
} runner;

static bool fail(runner *R, diag_code code, const char *help, const char *fmt, ...) CB_PRINTF(4, 5);
static bool fail(runner *R, diag_code code, const char *help, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *say = arena_vprintf(R->c->a, fmt, ap);
    va_end(ap);
    diag *d = diag_begin(&R->c->diags, code, (cb_loc){0}, "%s", say);
    if (help)
        diag_help(&R->c->diags, d, "%s", help);
    diag_end(&R->c->diags, d);
    return false;
}

/* ---- the command line ------------------------------------------------------------------------ */

static void print_help(void)
{
    fputs("usage: carbide run FILE NAME=VALUE ... [--size=WxHx...] [--name=NAME] [--bench[=RUNS]] "
          "[--threads=N]\n\n"
          "FILE is an object (blur.o) or a shared library with a compiled pipeline.\n\n"
          "  input=FILE     a PNG or JPEG picture; or `random`, or `zero`\n"
          "  scalar=NUMBER  a parameter\n"
          "  output=FILE    where the result goes: .png, .jpg, or .raw for its bytes; without it "
          "nothing is written\n"
          "  --size=        of the outputs; default: of the first picture, or the pipeline's "
          "estimate\n"
          "  --name=        the pipeline's name; default: the file's\n"
          "  --bench        runs many times and prints the best and the median time\n",
          stdout);
}

static bool parse_size(runner *R, const char *s)
{
    R->nsize = 0;
    while (*s) {
        char *end;
        long v = strtol(s, &end, 10);
        if (end == s || v < 0 || v > INT32_MAX || R->nsize == CB_MAX_RANK || (*end && *end != 'x'))
            return fail(R, DIAG_USAGE, "write --size=640x480", "'%s' is not a size", s);
        R->size[R->nsize++] = v;
        s = *end ? end + 1 : end;
    }
    return true;
}

static bool parse_option(runner *R, const char *arg)
{
    if (!strcmp(arg, "--help") || !strcmp(arg, "-h"))
        return R->help = true;
    if (!strncmp(arg, "--size=", 7))
        return parse_size(R, arg + 7);
    if (!strncmp(arg, "--name=", 7))
        return R->name = arg + 7, true;
    if (!strcmp(arg, "--bench"))
        return R->bench = 21, true;
    if (!strncmp(arg, "--bench=", 8))
        return (R->bench = atoi(arg + 8)) > 0 ||
               fail(R, DIAG_USAGE, "write --bench, or --bench=21", "%s: at least one run", arg);
    if (!strncmp(arg, "--threads=", 10))
        return cb_set_threads(atoi(arg + 10)), true;
    return fail(R, DIAG_USAGE, "see carbide run --help", "there is no option '%s'", arg);
}

/* The function's name by the file's: lib/libblur.so is blur. */
static const char *name_of_file(runner *R)
{
    const char *base = strrchr(R->path, '/');
    base = base ? base + 1 : R->path;
    if (!strncmp(base, "lib", 3) && strstr(base, ".so"))
        base += 3;
    return arena_strndup(R->c->a, base, strcspn(base, "."));
}

/* ---- loading --------------------------------------------------------------------------------- */

static bool load_object(runner *R)
{
    size_t n;
    errno = 0;
    const char *bytes = text_read_file(R->c->a, R->path, &n);
    if (!bytes)
        return fail(R, DIAG_FILE, "give the object or shared library of a compiled pipeline",
                    "%s cannot be read: %s", R->path, strerror(errno));
    R->code = jit_load(R->c, bytes, n, R->name);
    if (!R->code)
        return false;
    R->function = jit_symbol(R->code, R->name);
    R->meta = jit_symbol(R->code, arena_printf(R->c->a, "%s_metadata", R->name));
    return true;
}

/* NAME.so, NAME.so.1: by the last part of the path, as a folder may be called anything. */
static bool is_library(const char *path)
{
    const char *slash = strrchr(path, '/'), *so = strstr(slash ? slash : path, ".so");
    return so && (so[3] == 0 || so[3] == '.');
}

static bool load_library(runner *R)
{
    const char *path = strchr(R->path, '/') ? R->path : arena_printf(R->c->a, "./%s", R->path);
    R->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!R->library)
        return fail(R, DIAG_FILE, "give the object or shared library of a compiled pipeline",
                    "%s cannot be loaded: %s", R->path, dlerror());
    R->function = dlsym(R->library, R->name);
    R->meta = dlsym(R->library, arena_printf(R->c->a, "%s_metadata", R->name));
    return true;
}

static bool load(runner *R)
{
    if (!R->name)
        R->name = name_of_file(R);
    bool ok = is_library(R->path) ? load_library(R) : load_object(R);
    if (!ok)
        return false;
    if (!R->function || !R->meta)
        return fail(R, DIAG_FILE, "give its name: --name=NAME", "%s has no pipeline '%s'", R->path,
                    R->name);
    if (R->meta->version != CB_METADATA_VERSION)
        return fail(R, DIAG_FILE, "compile it again", "%s was made for another version of Carbide", R->path);
    return true;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static const char *signature(runner *R)
{
    static const char *const kinds[] = {"input", "parameter", "output"};
    char type[16];
    text t;
    text_init(&t, R->c->a);
    for (uint32_t i = 0; i < R->n; i++) {
        const cb_arg_info *q = R->arg[i].info;
        text_printf(&t, "%s%s (%s %s", i ? ", " : "", q->name, kinds[q->kind],
                    type_name(q->type, type));
        if (q->kind != CB_ARG_SCALAR)
            text_printf(&t, ", %d dimensions", q->rank);
        text_put(&t, ")");
    }
    return text_str(&t);
}

static bool take_arguments(runner *R, int argc, char **argv)
{
    R->n = R->meta->nargs;
    R->arg = NEW_ARRAY(R->c->a, argument, R->n + 1);
    for (uint32_t i = 0; i < R->n; i++)
        R->arg[i].info = &R->meta->args[i];
    for (int i = 1; i < argc; i++) {
        const char *eq = strchr(argv[i], '=');
        if (argv[i][0] == '-' || argv[i] == R->path)
            continue;
        uint32_t k = 0;
        while (eq && k < R->n &&
               (strncmp(R->arg[k].info->name, argv[i], (size_t)(eq - argv[i])) ||
                R->arg[k].info->name[eq - argv[i]]))
            k++;
        if (!eq || k == R->n)
            return fail(R, DIAG_USAGE, signature(R), "'%s' is no argument of '%s'", argv[i],
                        R->name);
        R->arg[k].given = eq + 1;
    }
    return true;
}

static bool read_scalar(runner *R, argument *a)
{
    cb_type t = a->info->type;
    ir_value v = {0};
    if (!a->given) {
        if (!a->info->def)
            return fail(R, DIAG_USAGE, arena_printf(R->c->a, "give it one: %s=1", a->info->name),
                        "parameter '%s' has no value and no default", a->info->name);
        memcpy(&a->scalar, a->info->def, type_bytes(t));
        return true;
    }
    char *end;
    errno = 0;
    if (type_is_float(t))
        v.f = value_round(t, strtod(a->given, &end));
    else if (type_is_uint(t) && t.bits == 64)
        v.i = (int64_t)strtoull(a->given, &end, 0);
    else
        v.i = strtoll(a->given, &end, 0);
    bool fits = type_is_float(t) || (t.bits == 64 ? !errno : type_can_hold(t, v.i));
    if (end == a->given || *end || !fits) {
        char name[16];
        return fail(R, DIAG_USAGE, signature(R), "%s=%s: not a value of type %s", a->info->name, a->given,
                    type_name(t, name));
    }
    a->scalar = value_to_bits(t, v);
    return true;
}

static bool read_input(runner *R, argument *a)
{
    cb_type t = a->info->type;
    cb_buffer_init(&a->buffer, NULL, t, a->info->rank, a->dim);
    if (!a->given)
        return fail(R, DIAG_USAGE,
                    arena_printf(R->c->a, "give it one: %s=photo.png, or %s=random", a->info->name,
                                 a->info->name),
                    "input '%s' has no value", a->info->name);
    a->random = !strcmp(a->given, "random");
    a->zero = !strcmp(a->given, "zero");
    if (a->random || a->zero)
        return true;
    if (a->info->rank != 2 && a->info->rank != 3)
        return fail(R, DIAG_USAGE,
                    arena_printf(R->c->a, "use %s=random or %s=zero", a->info->name, a->info->name),
                    "input '%s' has %d dimensions, and a picture has 2 or 3", a->info->name,
                    a->info->rank);
    int rc = cb_image_load(NULL, a->given, t, a->info->rank == 2 ? 1 : 0, &a->picture);
    if (rc == 0 &&
        a->picture.buffer.rank != a->info->rank) { /* grey, where channels are asked for */
        cb_image_free(NULL, &a->picture);
        rc = cb_image_load(NULL, a->given, t, 3, &a->picture);
    }
    return rc == 0 || fail(R, DIAG_FILE, cb_error_text(rc), "%s cannot be read for input '%s'",
                           a->given, a->info->name);
}

/* Sizes of an output: --size, else the first picture's, else the estimate. */
static bool size_output(runner *R, argument *a)
{
    const argument *picture = NULL;
    cb_buffer_init(&a->buffer, NULL, a->info->type, a->info->rank, a->dim);
    for (uint32_t i = 0; i < R->n && !picture; i++)
        if (R->arg[i].picture.buffer.host)
            picture = &R->arg[i];
    for (int32_t d = 0; d < a->info->rank; d++) {
        const cb_buffer *b = picture ? &picture->picture.buffer : NULL;
        a->dim[d] = (cb_dim){0, 0, 0};
        if (d < R->nsize)
            a->dim[d].extent = (int32_t)R->size[d];
        else if (b && d < b->rank)
            a->dim[d].extent = b->dim[d].extent;
        else if (a->info->estimate) {
            a->dim[d].min = (int32_t)a->info->estimate[2 * d];
            a->dim[d].extent = (int32_t)a->info->estimate[2 * d + 1];
        } else
            return fail(R, DIAG_USAGE, "give it: --size=640x480",
                        "the size of output '%s' is not known", a->info->name);
    }
    return true;
}

static bool give_memory(runner *R, argument *a)
{
    uint64_t n = 1, size = type_bytes(a->info->type);
    for (int32_t d = 0; d < a->info->rank; d++) {
        a->dim[d].stride = (int64_t)n;
        uint64_t e = a->dim[d].extent > 0 ? (uint64_t)a->dim[d].extent : 0;
        if (e && n > (UINT64_C(1) << 40) / e)
            return fail(R, DIAG_OUT_OF_MEMORY, "give a smaller --size=", "'%s' would be too large", a->info->name);
        n *= e;
    }
    a->memory = calloc(n ? (size_t)n : 1, (size_t)size);
    if (!a->memory)
        return fail(R, DIAG_OUT_OF_MEMORY, "give a smaller --size=", "no memory for '%s'", a->info->name);
    a->buffer.host = a->memory;
    return true;
}

/* Steps `at` through the region of b; false after the last point. */
static bool step(const cb_buffer *b, int32_t *at)
{
    for (int32_t d = 0; d < b->rank; d++) {
        if (++at[d] < b->dim[d].min + b->dim[d].extent)
            return true;
        at[d] = b->dim[d].min;
    }
    return false;
}

static void fill(runner *R, argument *a)
{
    int32_t at[CB_MAX_RANK], from[CB_MAX_RANK];
    const cb_buffer *b = &a->buffer, *p = &a->picture.buffer;
    size_t size = type_bytes(a->info->type);
    for (int32_t d = 0; d < b->rank; d++) {
        if (b->dim[d].extent <= 0)
            return;
        at[d] = b->dim[d].min;
    }
    do {
        uint64_t bits = 0;
        if (p->host) { /* the nearest point of the picture */
            for (int32_t d = 0; d < b->rank; d++) {
                int32_t last = p->dim[d].min + p->dim[d].extent - 1;
                from[d] = at[d] < p->dim[d].min ? p->dim[d].min : at[d] > last ? last : at[d];
            }
            memcpy(&bits, cb_buffer_at(p, from), size);
        } else if (a->random) {
            R->seed = R->seed * 6364136223846793005u + 1442695040888963407u;
            ir_value v = {.i = (int64_t)(R->seed >> 40)};
            if (type_is_float(a->info->type))
                v.f = value_round(a->info->type, (double)(R->seed >> 40) / (1 << 24));
            else
                v.i = value_wrap(a->info->type, v.i);
            bits = value_to_bits(a->info->type, v);
        }
        memcpy(cb_buffer_at(b, at), &bits, size);
    } while (step(b, at));
}

/* ---- calling --------------------------------------------------------------------------------- */

static ffi_type *scalar_type(cb_type t)
{
    if (t.code == CB_HANDLE)
        return &ffi_type_pointer;
    if (t.code == CB_FLOAT && t.bits >= 32)
        return t.bits == 32 ? &ffi_type_float : &ffi_type_double;
    if (t.code == CB_FLOAT || t.code == CB_BFLOAT)
        return NULL;
    switch (t.bits) {
    case 64: return t.code == CB_INT ? &ffi_type_sint64 : &ffi_type_uint64;
    case 32: return t.code == CB_INT ? &ffi_type_sint32 : &ffi_type_uint32;
    case 16: return t.code == CB_INT ? &ffi_type_sint16 : &ffi_type_uint16;
    default: return t.code == CB_INT ? &ffi_type_sint8 : &ffi_type_uint8;
    }
}

typedef struct invocation {
    ffi_cif cif;
    ffi_type **types;
    void **values, **pointers;
} invocation;

/* int NAME(const cb_env *, arguments in order...) */
static bool prepare_call(runner *R, invocation *I)
{
    arena *a = R->c->a;
    I->types = NEW_ARRAY(a, ffi_type *, R->n + 1);
    I->values = NEW_ARRAY(a, void *, R->n + 1);
    I->pointers = NEW_ARRAY(a, void *, R->n + 1);
    I->types[0] = &ffi_type_pointer;
    I->values[0] = &I->pointers[0]; /* env NULL: the default */
    for (uint32_t i = 0; i < R->n; i++) {
        argument *k = &R->arg[i];
        bool scalar = k->info->kind == CB_ARG_SCALAR;
        I->pointers[i + 1] = &k->buffer;
        I->types[i + 1] = scalar ? scalar_type(k->info->type) : &ffi_type_pointer;
        I->values[i + 1] = scalar ? (void *)&k->scalar : (void *)&I->pointers[i + 1];
        if (!I->types[i + 1])
            return fail(R, DIAG_USAGE, "call it from a program in C",
                        "parameter '%s' has a type that cannot be passed by value from here",
                        k->info->name);
    }
    if (ffi_prep_cif(&I->cif, FFI_DEFAULT_ABI, R->n + 1, &ffi_type_sint, I->types) != FFI_OK)
        diag_bug(&R->c->diags, "run", "libffi refuses the signature");
    return true;
}

static bool call(runner *R, invocation *I)
{
    ffi_arg rc = 0;
    ffi_call(&I->cif, FFI_FN(R->function), &rc, I->values);
    return (int)rc == 0 || fail(R, DIAG_RUN_FAILED, "what it says about its arguments stands above", "'%s' failed with error %d: %s", R->name,
                                (int)rc, cb_error_text((int)rc));
}

static bool covers(const cb_buffer *a, const cb_buffer *b)
{
    for (int32_t d = 0; d < a->rank; d++)
        if (b->dim[d].min < a->dim[d].min ||
            b->dim[d].min + b->dim[d].extent > a->dim[d].min + a->dim[d].extent)
            return false;
    return true;
}

/* Asks which region of each input is read, and has it ready. */
static bool supply_inputs(runner *R, invocation *I)
{
    bool any = false;
    for (uint32_t i = 0; i < R->n; i++) {
        argument *a = &R->arg[i];
        if (a->info->kind != CB_ARG_INPUT)
            continue;
        any = true;
        for (int32_t d = 0; d < a->info->rank; d++)
            a->dim[d] = a->picture.buffer.host ? a->picture.buffer.dim[d]
                        : d < R->nsize         ? (cb_dim){0, (int32_t)R->size[d], 0}
                                               : (cb_dim){0, 0, 0};
    }
    if (any && !call(R, I))
        return false;
    for (uint32_t i = 0; i < R->n; i++) {
        argument *a = &R->arg[i];
        if (a->info->kind != CB_ARG_INPUT)
            continue;
        if (a->picture.buffer.host && covers(&a->picture.buffer, &a->buffer)) {
            a->buffer = a->picture.buffer;
        } else {
            if (!give_memory(R, a))
                return false;
            fill(R, a);
        }
    }
    return true;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool bench(runner *R, invocation *I)
{
    double *ms = NEW_ARRAY(R->c->a, double, R->bench);
    for (int i = 0; i < R->bench; i++) {
        double start = now();
        if (!call(R, I))
            return false;
        ms[i] = now() - start;
    }
    qsort(ms, (size_t)R->bench, sizeof *ms, by_value);
    printf("%s: best %.3f ms, median %.3f ms of %d runs, %d threads\n", R->name, ms[0],
           ms[R->bench / 2], R->bench, cb_threads());
    return true;
}

/* ---- results --------------------------------------------------------------------------------- */

static bool write_raw(runner *R, const argument *a)
{
    FILE *f = fopen(a->given, "wb");
    size_t n = (size_t)cb_buffer_bytes(&a->buffer);
    bool ok = f && fwrite(a->memory, 1, n, f) == n;
    if (f && fclose(f))
        ok = false;
    return ok || fail(R, DIAG_FILE, "give the path of a file that may be written", "%s cannot be written: %s",
                      a->given, strerror(errno));
}

static bool write_outputs(runner *R)
{
    for (uint32_t i = 0; i < R->n; i++) {
        argument *a = &R->arg[i];
        if (a->info->kind != CB_ARG_OUTPUT || !a->given)
            continue;
        size_t n = strlen(a->given);
        if (n > 4 && !strcmp(a->given + n - 4, ".raw")) {
            if (!write_raw(R, a))
                return false;
            continue;
        }
        int rc = cb_image_save(NULL, a->given, &a->buffer);
        if (rc)
            return fail(R, DIAG_FILE, cb_error_text(rc), "output '%s' cannot be written to %s",
                        a->info->name, a->given);
    }
    return true;
}

static bool run(runner *R, int argc, char **argv)
{
    invocation I;
    if (!load(R) || !take_arguments(R, argc, argv))
        return false;
    for (uint32_t i = 0; i < R->n; i++) {
        argument *a = &R->arg[i];
        bool ok = a->info->kind == CB_ARG_SCALAR  ? read_scalar(R, a)
                  : a->info->kind == CB_ARG_INPUT ? read_input(R, a)
                                                  : true;
        if (!ok)
            return false;
    }
    for (uint32_t i = 0; i < R->n; i++)
        if (R->arg[i].info->kind == CB_ARG_OUTPUT &&
            (!size_output(R, &R->arg[i]) || !give_memory(R, &R->arg[i])))
            return false;
    return prepare_call(R, &I) && supply_inputs(R, &I) && call(R, &I) &&
           (!R->bench || bench(R, &I)) && write_outputs(R);
}

static void clean(runner *R)
{
    for (uint32_t i = 0; i < R->n; i++) {
        cb_image_free(NULL, &R->arg[i].picture);
        free(R->arg[i].memory);
    }
    jit_free(R->code);
    if (R->library)
        dlclose(R->library);
}

typedef struct command_line {
    runner R;
    int argc;
    char **argv;
    bool ok;
} command_line;

static void work(void *env)
{
    command_line *L = env;
    runner *R = &L->R;
    for (int i = 1; i < L->argc; i++) {
        if (L->argv[i][0] == '-') {
            if (!parse_option(R, L->argv[i]))
                return;
        } else if (!R->path && !strchr(L->argv[i], '=')) {
            R->path = L->argv[i];
        }
    }
    if (R->help) {
        print_help();
        L->ok = true;
    } else if (!R->path) {
        fail(R, DIAG_USAGE, "carbide run blur.o in=photo.png out=blurred.png",
             "which compiled pipeline?");
    } else {
        L->ok = run(R, L->argc, L->argv);
    }
}

int run_main(int argc, char **argv)
{
    command_line L = {.argc = argc, .argv = argv};
    L.R.c = cb_context_new(NULL);
    if (!L.R.c) {
        fputs("out of memory\n", stderr);
        return 1;
    }
    front_of(L.R.c)->home = "command line";
    bool done = front_try(L.R.c, work, &L);
    clean(&L.R);
    cb_context_free(L.R.c);
    return done && L.ok ? 0 : 1;
}
