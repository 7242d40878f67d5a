/* support/support.h: what every layer stands on: regions of memory, growable arrays, one hash map,
 * text buffers and the diagnostics funnel.
 *
 * Memory. A context owns one arena; nothing inside is freed one by one. When memory runs out, or an
 * invariant of ours is broken, control jumps to the innermost guard (the public function the user
 * called), which returns its failure value: no path aborts. Whoever holds a resource that is not
 * arena memory across calls that may fail registers it with guard_defer.
 */
#ifndef CB_SUPPORT_H
#define CB_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CB_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define CB_PRINTF(fmt, args)
#endif

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- guards.c: the way out ------------------------------------------------------------------- */

typedef struct guard guard;
typedef struct deferred deferred;

/* The stack of guards of one context. */
typedef struct escape {
    guard *top;
    struct escape *outer; /* where failures go when no guard was pushed here; NULL: nowhere */
} escape;

struct guard {
    jmp_buf env;
    guard *prev;
    deferred *defers; /* run, last first, when control arrives here by guard_fail */
    bool active;
};

struct deferred {
    void (*fn)(void *arg);
    void *arg;
    deferred *next;
};

/* if (guard_enter(&g, esc)) { ...work...; guard_leave(&g, esc); } else { ...it failed... }
 * After a failure the guard has already left. The function using it declares locals that change
 * inside and are read after as volatile. */
#define guard_enter(g, esc) (guard_push((g), (esc)), setjmp((g)->env) == 0)
void guard_push(guard *g, escape *esc);
void guard_leave(guard *g, escape *esc);
/* Jumps to the innermost guard. With none on the stack it must not be called. */
_Noreturn void guard_fail(escape *esc);
/* `d` lives with the caller (typically on its stack or in its struct). */
void guard_defer(escape *esc, deferred *d, void (*fn)(void *), void *arg);
/* Takes `d` off again without running it. */
void guard_undefer(escape *esc, deferred *d);

/* ---- arena.c: regions ------------------------------------------------------------------------ */

typedef struct cb_allocator_fns {
    void *(*alloc)(void *user, size_t bytes); /* 16-byte aligned or NULL */
    void (*free)(void *user, void *p);
    void *user;
} cb_allocator_fns;

typedef struct arena arena;

/* NULL when out of memory. `fns` may be NULL (malloc and free); it is copied. */
arena *arena_new(const cb_allocator_fns *fns, escape *esc);
void arena_free(arena *a);
/* Zeroed, 16-byte aligned. Never NULL: failure goes to the guard. */
void *arena_alloc(arena *a, size_t bytes);
/* As arena_alloc but NULL on failure. */
void *arena_try_alloc(arena *a, size_t bytes);
void *arena_copy(arena *a, const void *p, size_t bytes);
char *arena_strdup(arena *a, const char *s);
char *arena_strndup(arena *a, const char *s, size_t n);
char *arena_printf(arena *a, const char *fmt, ...) CB_PRINTF(2, 3);
char *arena_vprintf(arena *a, const char *fmt, va_list ap);
size_t arena_bytes(const arena *a);
/* From now on memory runs out when the arena would have more than this. */
void arena_limit(arena *a, size_t bytes);
const cb_allocator_fns *arena_fns(const arena *a);

#define NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define NEW_ARRAY(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n)))

/* Growable arrays: vec(T) v = {0}; vec_push(arena, &v, x); v.at[i], v.n. */
#define vec(T)                                                                                   \
    struct {                                                                                     \
        T *at;                                                                                   \
        uint32_t n, cap;                                                                         \
    }
#define vec_push(a, v, ...)                                                                      \
    (vec_grow((a), (void **)&(v)->at, &(v)->cap, (v)->n, sizeof *(v)->at),                       \
     (void)((v)->at[(v)->n++] = (__VA_ARGS__)))
#define vec_pop(v) ((v)->at[--(v)->n])
void vec_grow(arena *a, void **at, uint32_t *cap, uint32_t n, size_t size);

/* The largest power of two that is at most n; n is at least 1. */
static inline uint64_t power_of_two_in(uint64_t n)
{
    uint64_t p = 1;
    while (p <= n / 2)
        p *= 2;
    return p;
}

/* ---- map.c: hash maps in an arena ---------------------------------------------------------------
 * Keys and values are 64-bit words; pointers are stored as words. Iteration is in order of first
 * insertion, never in hash order. A zeroed map is an empty one. */

typedef struct map_entry {
    uint64_t key, val;
} map_entry;

typedef struct map {
    map_entry *entry; /* n of them, in insertion order */
    uint32_t n, cap;
    uint32_t *slot; /* entry index + 1, open addressing */
    uint32_t nslots;
} map;

bool map_get(const map *m, uint64_t key, uint64_t *val);
void map_put(arena *a, map *m, uint64_t key, uint64_t val);
void map_clear(map *m);
static inline void *map_getp(const map *m, const void *key)
{
    uint64_t v;
    return map_get(m, (uint64_t)(uintptr_t)key, &v) ? (void *)(uintptr_t)v : NULL;
}
static inline void map_putp(arena *a, map *m, const void *key, const void *val)
{
    map_put(a, m, (uint64_t)(uintptr_t)key, (uint64_t)(uintptr_t)val);
}

/* Interned strings: equal texts give equal pointers. */
typedef struct strtab {
    const char **slot;
    uint32_t n, nslots;
} strtab;
const char *strtab_intern(arena *a, strtab *t, const char *s, size_t n);

/* ---- text.c: text buffers -------------------------------------------------------------------- */

typedef struct text {
    arena *a;
    char *at; /* always terminated once anything was written; NULL before */
    size_t n, cap;
} text;

void text_init(text *t, arena *a);
void text_put(text *t, const char *s);
void text_putn(text *t, const char *s, size_t n);
void text_printf(text *t, const char *fmt, ...) CB_PRINTF(2, 3);
const char *text_str(const text *t); /* "" when empty */
/* The word of `words` nearest to `word`, for "did you mean"; NULL when none is near. */
const char *text_nearest(const char *word, const char *const *words, size_t n);
/* How many letters are to be changed, added, dropped or swapped with their neighbours. */
size_t text_distance(const char *a, const char *b);
/* Reads a whole file into the arena; NULL (and errno) on failure. */
char *text_read_file(arena *a, const char *path, size_t *n);
/* Is a variable of the environment there, and neither empty nor "0"? */
bool env_is_set(const char *name);

/* ---- diag.c: the one funnel of diagnostics --------------------------------------------------- */

/* A place in a source file. line 0: unknown; col 0: no column. */
typedef struct cb_loc {
    const char *file;
    int line, col;
} cb_loc;

/* Codes, one row each in support/diag.def: DIAG(ID, "code", "one sentence") */
typedef enum diag_code {
#define DIAG(id, code, brief) DIAG_##id,
#include "diag.def"
#undef DIAG
    DIAG_COUNT
} diag_code;

const char *diag_code_name(diag_code c);
const char *diag_code_brief(diag_code c);

typedef enum diag_severity { DIAG_ERROR, DIAG_WARNING } diag_severity;

typedef struct diag_line {
    const char *kind; /* "note" or "help" */
    cb_loc loc;       /* file NULL: none */
    const char *text;
    const char *move; /* or NULL: schedule text that would be legal in place of what was refused; "": none at all */
    const char *without; /* then other directives have to go too: these; or NULL */
    struct diag_line *next;
} diag_line;

/* One report. Excerpt: a line of source and the 0-based column and width of the offending part. */
typedef struct diag {
    diag_code code;
    diag_severity severity;
    cb_loc loc;
    const char *text;
    const char *excerpt;
    int caret, width; /* width 0: no caret */
    diag_line *lines, *last;
    struct diag *next;
} diag;

/* Where diagnostics go. Every context has one. */
typedef struct diags diags;
struct diags {
    arena *a;
    escape *esc;
    diag *first, *last;
    int errors, warnings;
    int limit; /* errors reported at most; further ones are counted only. 0: no limit */
    void (*sink)(void *user, const diag *d); /* NULL: print to stderr */
    void *sink_user;
    diag *open; /* built but not yet delivered */
    bool quiet; /* nobody reads the texts: reports may lack what takes time to find */
    diags *parent; /* of a compile's context: delivered there, with all texts copied */
};

/* Starts a report; notes and help may follow; it is delivered by diag_end. */
diag *diag_begin(diags *D, diag_code code, cb_loc loc, const char *fmt, ...) CB_PRINTF(4, 5);
void diag_excerpt(diags *D, diag *d, const char *line, int caret, int width);
void diag_note(diags *D, diag *d, cb_loc loc, const char *fmt, ...) CB_PRINTF(4, 5);
void diag_help(diags *D, diag *d, const char *fmt, ...) CB_PRINTF(3, 4);
/* Help that can be pasted: what is legal in place of the directive or name refused; "": leaving it out. `without`: if these
 * directives go too; or NULL. */
void diag_move(diags *D, diag *d, const char *move, const char *without);
void diag_end(diags *D, diag *d);
/* begin and end in one call, for a report without notes. */
void diag_error(diags *D, diag_code code, cb_loc loc, const char *fmt, ...) CB_PRINTF(4, 5);
/* An invariant of ours is broken: reports `internal` and jumps to the guard. */
_Noreturn void diag_bug(diags *D, const char *where, const char *fmt, ...) CB_PRINTF(3, 4);

/* For the public function whose guard took a failure, with D->errors as it was before: when nothing
 * was reported since, memory ran out; this says so, without needing any, and returns true. */
bool diag_failed(diags *D, int errors, cb_loc loc);

/* file:line: error[code]: text ... exactly as printed, into t. */
void diag_render_text(text *t, const diag *d);
void diag_render_json(text *t, const diag *d);

#endif
