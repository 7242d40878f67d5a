/* tests/unit/test_support.c: guards, arenas, maps, text and diagnostics. */
#include "../../ir/ir.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- guards ---- */

static void note(void *arg)
{
    text *t = arg;
    text_put(t, "x");
}

typedef struct tagged {
    char tag;
    char *out;
    size_t *n;
} tagged;

static void append_tag(void *arg)
{
    tagged *g = arg;
    g->out[(*g->n)++] = g->tag;
}

static void test_guards(void **state)
{
    (void)state;
    escape esc = {0}, inner = {.outer = &esc};
    char out[8] = "";
    size_t n = 0;
    tagged a = {'a', out, &n}, b = {'b', out, &n}, c = {'c', out, &n};
    deferred da, db, dc;
    guard g, h;
    volatile int failed = 0;
    if (guard_enter(&g, &esc)) {
        guard_defer(&esc, &da, append_tag, &a);
        guard_defer(&esc, &db, append_tag, &b);
        guard_defer(&inner, &dc, append_tag, &c); /* no guard of its own: goes to the outer */
        guard_undefer(&esc, &db);
        if (guard_enter(&h, &esc)) {
            guard_fail(&esc);
        } else {
            failed++;
            assert_int_equal(n, 0); /* only what was deferred in the inner guard */
        }
        guard_fail(&inner);
    } else {
        failed++;
    }
    assert_int_equal(failed, 2);
    assert_string_equal(out, "ca"); /* last first */
    assert_null(esc.top);
}

/* ---- arenas ---- */

typedef struct budget {
    size_t left;
    int live;
} budget;

static void *budget_alloc(void *user, size_t bytes)
{
    budget *b = user;
    if (bytes > b->left)
        return NULL;
    void *p = malloc(bytes);
    if (p) {
        b->left -= bytes;
        b->live++;
    }
    return p;
}

static void budget_free(void *user, void *p)
{
    budget *b = user;
    b->live -= p != NULL;
    free(p);
}

static void test_arena(void **state)
{
    (void)state;
    escape esc = {0};
    arena *a = arena_new(NULL, &esc);
    for (size_t n = 0; n < 300; n++) {
        unsigned char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    char *big = arena_alloc(a, 5 << 20);
    big[(5 << 20) - 1] = 1;
    assert_string_equal(arena_printf(a, "%d-%s", 42, "x"), "42-x");
    assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
    vec(int) v = {0};
    for (int i = 0; i < 1000; i++)
        vec_push(a, &v, i);
    assert_int_equal(v.at[999], 999);
    assert_int_equal(vec_pop(&v), 999);
    arena_free(a);
}

static bool runs_out(cb_context *c)
{
    guard g;
    if (guard_enter(&g, &c->esc)) {
        for (int i = 0; i < 100000; i++)
            ir_i32(c, i);
        guard_leave(&g, &c->esc);
        return false;
    }
    return true;
}

/* With any budget, an arena either gives memory or goes to the guard, and frees what it took. */
static void test_out_of_memory(void **state)
{
    (void)state;
    for (size_t left = 0; left < 200000; left += 7919) {
        budget b = {left, 0};
        cb_allocator_fns fns = {budget_alloc, budget_free, &b};
        cb_context *c = ctx_new(&fns);
        if (c) {
            assert_true(runs_out(c));
            ctx_free(c);
        }
        assert_int_equal(b.live, 0);
    }
}

/* ---- maps ---- */

static void test_map(void **state)
{
    (void)state;
    escape esc = {0};
    arena *a = arena_new(NULL, &esc);
    map m = {0};
    uint64_t v;
    assert_false(map_get(&m, 1, &v));
    for (uint64_t i = 0; i < 5000; i++)
        map_put(a, &m, i * 0x10001, i);
    for (uint64_t i = 0; i < 5000; i++) {
        assert_true(map_get(&m, i * 0x10001, &v));
        assert_int_equal(v, i);
        assert_int_equal(m.entry[i].key, i * 0x10001); /* in order of insertion */
    }
    assert_false(map_get(&m, 7, NULL));
    map_put(a, &m, 0, 77);
    assert_int_equal(m.n, 5000);
    assert_int_equal(m.entry[0].val, 77);
    map_clear(&m);
    assert_false(map_get(&m, 0, &v));
    for (uint64_t i = 0; i < 9; i++)
        map_put(a, &m, i, i);
    map_clear(&m); /* few in a large table */
    for (uint64_t i = 0; i < 9; i++)
        assert_false(map_get(&m, i, &v));
    for (uint32_t i = 0; i < m.nslots; i++)
        assert_int_equal(m.slot[i], 0);
    strtab t = {0};
    const char *s = strtab_intern(a, &t, "hello world", 5);
    assert_string_equal(s, "hello");
    assert_ptr_equal(s, strtab_intern(a, &t, "hello", 5));
    assert_ptr_not_equal(s, strtab_intern(a, &t, "hell", 4));
    for (int i = 0; i < 1000; i++) {
        char *w = arena_printf(a, "w%d", i);
        strtab_intern(a, &t, w, strlen(w));
    }
    assert_ptr_equal(s, strtab_intern(a, &t, "hello", 5));
    assert_ptr_not_equal(strtab_intern(a, &t, "a\0b", 3), strtab_intern(a, &t, "a\0c", 3));
    arena_free(a);
}

/* ---- text ---- */

static void test_text(void **state)
{
    (void)state;
    escape esc = {0};
    arena *a = arena_new(NULL, &esc);
    text t;
    text_init(&t, a);
    assert_string_equal(text_str(&t), "");
    for (int i = 0; i < 100; i++)
        text_printf(&t, "%d,", i);
    assert_int_equal(t.n, 290);
    note(&t);
    assert_string_equal(t.at + 285, "8,99,x");
    const char *loops[] = {"yo", "yi", "x"};
    assert_string_equal(text_nearest("z", loops, 3), "x"); /* the only one-letter word */
    const char *xy[] = {"x", "y"};
    assert_null(text_nearest("z", xy, 2)); /* either would be a wild guess */
    const char *words[] = {"vectorize", "parallel", "compute_at"};
    assert_string_equal(text_nearest("vectorise", words, 3), "vectorize");
    assert_string_equal(text_nearest("paralell", words, 3), "parallel");
    assert_null(text_nearest("unrelated", words, 3));
    assert_null(text_read_file(a, "/nonexistent/file", NULL));
    assert_int_equal(errno, ENOENT);
    size_t n;
    char *self = text_read_file(a, "/proc/self/status", &n);
    assert_non_null(self);
    assert_int_equal(strlen(self), n);
    assert_null(text_read_file(a, "/", NULL));
    arena_free(a);
}

/* ---- diagnostics ---- */

static void keep(void *user, const diag *d) { diag_render_text(user, d); }

static void test_diag_text(void **state)
{
    (void)state;
    cb_context *c = ctx_new(NULL);
    text t;
    text_init(&t, c->a);
    c->diags.sink = keep;
    c->diags.sink_user = &t;
    cb_loc loc = {"blur.c", 19, 0}, def = {"blur.c", 12, 3};
    diag *d = diag_begin(&c->diags, DIAG_TOO_DEEP, loc, "'%s' has no loop 'z'", "out");
    diag_excerpt(&c->diags, d, "    vectorize(zed, 8)\n", 14, 3);
    diag_note(&c->diags, d, def, "loops of 'out': x, y");
    diag_help(&c->diags, d, "did you mean 'x'?");
    diag_end(&c->diags, d);
    diag_end(&c->diags, d); /* once only */
    diag_error(&c->diags, DIAG_OUT_OF_MEMORY, (cb_loc){0}, "no memory");
    assert_string_equal(text_str(&t), "blur.c:19: error[too-deep]: 'out' has no loop 'z'\n"
                                      "    vectorize(zed, 8)\n"
                                      "              ^~~\n"
                                      "  note: blur.c:12:3: loops of 'out': x, y\n"
                                      "  help: did you mean 'x'?\n"
                                      "error[out-of-memory]: no memory\n");
    assert_int_equal(c->diags.errors, 2);
    text j;
    text_init(&j, c->a);
    diag_render_json(&j, d);
    assert_string_equal(
        text_str(&j),
        "{\"severity\":\"error\",\"code\":\"too-deep\",\"file\":\"blur.c\",\"line\":19,"
        "\"col\":0,\"text\":\"'out' has no loop 'z'\","
        "\"rule\":\"an expression or nest is deeper than the limit of the context\",\"excerpt\":\"vectorize(zed, 8)\","
        "\"caret\":10,\"width\":3,\"lines\":[{\"kind\":\"note\",\"file\":\"blur.c\","
        "\"line\":12,\"col\":3,\"text\":\"loops of 'out': x, y\"},{\"kind\":\"help\","
        "\"text\":\"did you mean 'x'?\"}]}\n");
    ctx_free(c);
}

static void test_diag_child(void **state)
{
    (void)state;
    cb_context *c = ctx_new(NULL);
    text t;
    text_init(&t, c->a);
    c->diags.sink = keep;
    c->diags.sink_user = &t;
    c->diags.limit = 2;
    cb_context *child = ctx_new_child(c);
    for (int i = 0; i < 5; i++)
        diag_error(&child->diags, DIAG_TOO_DEEP, (cb_loc){"f", i + 1, 0}, "%d", i);
    guard g;
    volatile bool failed = false;
    if (guard_enter(&g, &c->esc)) /* a bug in the child reaches the guard of the parent */
        diag_bug(&child->diags, "here", "broken");
    else
        failed = true;
    ctx_free(child);
    assert_true(failed);
    assert_string_equal(text_str(&t), "f:1: error[too-deep]: 0\nf:2: error[too-deep]: 1\n");
    assert_int_equal(c->diags.errors, 6);
    assert_string_equal(c->diags.first->text, "0"); /* outlives the child */
    ctx_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guards),        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_map),
        cmocka_unit_test(test_text),          cmocka_unit_test(test_diag_text),
        cmocka_unit_test(test_diag_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
